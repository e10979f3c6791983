/* Zones of configs and of texts. */
#include <string.h>

#include "loader/time_format.h"

struct TgTimeZone {
    GTimeZone *region; /* NULL: fixed */
    gint64 offset;
};

typedef struct {
    const char *name; /* lower case */
    gint16 minutes;
} NamedOffset;

/* The zones of Ruby's Date that people write; letters are the military ones. */
static const NamedOffset named[] = {
    {"utc", 0},    {"gmt", 0},     {"z", 0},       {"ut", 0},     {"zulu", 0},   {"est", -300},
    {"edt", -240}, {"cst", -360},  {"cdt", -300},  {"mst", -420}, {"mdt", -360}, {"pst", -480},
    {"pdt", -420}, {"akst", -540}, {"akdt", -480}, {"hst", -600}, {"hdt", -540}, {"ast", -240},
    {"adt", -180}, {"nst", -210},  {"ndt", -150},  {"brt", -180}, {"art", -180}, {"clt", -240},
    {"wet", 0},    {"west", 60},   {"bst", 60},    {"cet", 60},   {"cest", 120}, {"met", 60},
    {"mest", 120}, {"mez", 60},    {"mesz", 120},  {"eet", 120},  {"eest", 180}, {"sast", 120},
    {"msk", 180},  {"msd", 240},   {"eat", 180},   {"ist", 330},  {"pkt", 300},  {"ict", 420},
    {"wib", 420},  {"sgt", 480},   {"hkt", 480},   {"cct", 390},  {"awst", 480}, {"jst", 540},
    {"kst", 540},  {"acst", 570},  {"acdt", 630},  {"aest", 600}, {"aedt", 660}, {"nzst", 720},
    {"nzdt", 780}, {"a", 60},      {"b", 120},     {"c", 180},    {"d", 240},    {"e", 300},
    {"f", 360},    {"g", 420},     {"h", 480},     {"i", 540},    {"k", 600},    {"l", 660},
    {"m", 720},    {"n", -60},     {"o", -120},    {"p", -180},   {"q", -240},   {"r", -300},
    {"s", -360},   {"t", -420},    {"u", -480},    {"v", -540},   {"w", -600},   {"x", -660},
    {"y", -720},
};

/* Embulk reads these before anything else, and summer time as winter time
 * (LegacyEmbulkZones.java). */
static const NamedOffset legacy[] = {
    {"EST", -300}, {"EDT", -300}, {"CST", -360}, {"CDT", -360}, {"MST", -420},
    {"MDT", -420}, {"PST", -480}, {"PDT", -480}, {"HST", -600},
};

static gboolean find_legacy(const char *text, gsize size, gint64 *out_seconds)
{
    for (gsize i = 0; i < G_N_ELEMENTS(legacy); i++) {
        if (strlen(legacy[i].name) == size && memcmp(legacy[i].name, text, size) == 0) {
            *out_seconds = (gint64)legacy[i].minutes * 60;
            return TRUE;
        }
    }
    return FALSE;
}

/* Reads up to two digits. */
static const char *take_digits(const char *at, const char *end, guint digits_max, gint64 *out)
{
    const char *start = at;
    gint64 value = 0;

    while (at < end && at < start + digits_max && g_ascii_isdigit(*at)) {
        value = value * 10 + (*at++ - '0');
    }
    *out = value;
    return at == start ? NULL : at;
}

/* "9", "09", "0930", "093015", "09:30", "09:30:15" behind the sign. */
static gboolean parse_hours(const char *at, const char *end, gint64 *out_seconds)
{
    gint64 parts[3] = {0};
    gsize digits = 0;

    while (at + digits < end && g_ascii_isdigit(at[digits])) {
        digits++;
    }
    at = take_digits(at, end, digits % 2 == 1 ? 1 : 2, &parts[0]);
    for (gsize i = 1; i < 3 && at != NULL && at < end; i++) {
        if (*at == ':') {
            at++;
        }
        at = take_digits(at, end, 2, &parts[i]);
    }
    if (at == NULL || at != end) {
        return FALSE;
    }
    *out_seconds = parts[0] * 3600 + parts[1] * 60 + parts[2];
    return parts[0] < 24 && parts[1] < 60 && parts[2] < 60;
}

gboolean tg_time_zone_parse_offset(const char *text, gsize size_bytes, gint64 *out_seconds)
{
    static const char *const prefixes[] = {"utc", "gmt", "ut"};
    const char *end = text + size_bytes;

    if (find_legacy(text, size_bytes, out_seconds)) {
        return TRUE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(named); i++) {
        if (strlen(named[i].name) == size_bytes &&
            g_ascii_strncasecmp(named[i].name, text, size_bytes) == 0) {
            *out_seconds = (gint64)named[i].minutes * 60;
            return TRUE;
        }
    }
    for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        gsize length = strlen(prefixes[i]);

        if (size_bytes > length && g_ascii_strncasecmp(prefixes[i], text, length) == 0) {
            text += length;
            break;
        }
    }
    if (text == end || (*text != '+' && *text != '-')) {
        return FALSE;
    }
    if (!parse_hours(text + 1, end, out_seconds)) {
        return FALSE;
    }
    *out_seconds = *text == '-' ? -*out_seconds : *out_seconds;
    return TRUE;
}

TgTimeZone *tg_time_zone_new(const char *name, GError **error)
{
    TgTimeZone *zone = g_new0(TgTimeZone, 1);
    gsize size = strlen(name);

    if (strcmp(name, "UTC") == 0 || find_legacy(name, size, &zone->offset)) {
        return zone;
    }
    if (!g_ascii_isdigit(*name) && strchr("+-", *name) == NULL) {
        zone->region = g_time_zone_new_identifier(name);
    }
    if (zone->region != NULL || tg_time_zone_parse_offset(name, size, &zone->offset)) {
        return zone;
    }
    g_free(zone);
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "time zone '%s' is unknown; write an id such as Asia/Tokyo, or an offset such as "
                "+09:00",
                name);
    return NULL;
}

void tg_time_zone_free(TgTimeZone *zone)
{
    if (zone != NULL) {
        g_clear_pointer(&zone->region, g_time_zone_unref);
        g_free(zone);
    }
}

gint64 tg_time_zone_offset_at(const TgTimeZone *zone, gint64 utc_seconds)
{
    if (zone->region == NULL) {
        return zone->offset;
    }
    gint interval = g_time_zone_find_interval(zone->region, G_TIME_TYPE_UNIVERSAL, utc_seconds);

    return g_time_zone_get_offset(zone->region, MAX(interval, 0));
}

gint64 tg_time_zone_offset_of_local(const TgTimeZone *zone, gint64 local_seconds)
{
    if (zone->region == NULL) {
        return zone->offset;
    }
    gint64 before = tg_time_zone_offset_at(zone, local_seconds - 86400);
    gint64 at = tg_time_zone_offset_at(zone, local_seconds - before);

    if (at == before || tg_time_zone_offset_at(zone, local_seconds - at) != at) {
        return before; /* an overlap, or a gap */
    }
    return at;
}

char *tg_time_zone_abbreviation(const TgTimeZone *zone, gint64 utc_seconds)
{
    if (zone->region == NULL) {
        gint64 minutes = ABS(zone->offset) / 60;

        return zone->offset == 0 ? g_strdup("UTC")
                                 : g_strdup_printf("%c%02d:%02d", zone->offset < 0 ? '-' : '+',
                                                   (int)(minutes / 60), (int)(minutes % 60));
    }
    gint interval = g_time_zone_find_interval(zone->region, G_TIME_TYPE_UNIVERSAL, utc_seconds);

    return g_strdup(g_time_zone_get_abbreviation(zone->region, MAX(interval, 0)));
}

/* Times as texts by patterns that need not be known before. */
#include <string.h>

#include "engine/native.h"
#include "engine/time_pattern.h"

static void append_name(GString *out, const char *name, gboolean is_short)
{
    g_string_append_len(out, name, is_short ? 3 : -1);
}

static void append_padded(GString *out, gint64 value, guint digits)
{
    g_string_append_printf(out, "%s%0*" G_GINT64_FORMAT, value < 0 ? "-" : "", (int)digits,
                           ABS(value));
}

static void append_year(GString *out, gint64 year, guint count)
{
    append_padded(out, count == 2 ? ABS(year) % 100 : year, count);
}

/* "+09:00" or "+0900" */
static void append_offset(GString *out, gint64 seconds, const char *between)
{
    gint64 minutes = ABS(seconds) / 60;

    g_string_append_printf(out, "%c%02d%s%02d", seconds < 0 ? '-' : '+', (int)(minutes / 60),
                           between, (int)(minutes % 60));
}

typedef struct {
    TgCalendar at;
    TgNativeText zone; /* empty: the value has none */
    gint64 offset_seconds;
} Moment;

static void append_date_item(GString *out, const TgTimeItem *item, const TgCalendar *at)
{
    switch (item->letter) {
    case 'y':
    case 'Y':
        append_year(out, at->year, item->count);
        break;
    case 'x':
        append_year(out, at->week_year, item->count);
        break;
    case 'C':
        append_padded(out, at->year / 100, item->count);
        break;
    case 'G':
        g_string_append(out, at->year > 0 ? "AD" : "BC");
        break;
    case 'M':
        if (item->count >= 3) {
            append_name(out, tg_calendar_months[at->month - 1], item->count == 3);
        } else {
            append_padded(out, at->month, item->count);
        }
        break;
    case 'E':
        append_name(out, tg_calendar_week_days[at->day_of_week - 1], item->count < 4);
        break;
    case 'w':
        append_padded(out, at->week, item->count);
        break;
    case 'e':
        append_padded(out, at->day_of_week, item->count);
        break;
    case 'D':
        append_padded(out, at->day_of_year, item->count);
        break;
    default:
        append_padded(out, at->day, item->count);
    }
}

/* `digits` of the second's fraction, cut to milliseconds. */
static void append_fraction(GString *out, gint64 micro, guint digits)
{
    g_autofree char *text = g_strdup_printf("%03d", (int)(micro / 1000));

    for (guint i = 0; i < digits; i++) {
        g_string_append_c(out, i < 3 ? text[i] : '0');
    }
}

static void append_time_item(GString *out, const TgTimeItem *item, const TgCalendar *at)
{
    gint64 twelve = at->hour % 12;

    switch (item->letter) {
    case 'H':
        append_padded(out, at->hour, item->count);
        break;
    case 'k':
        append_padded(out, at->hour == 0 ? 24 : at->hour, item->count);
        break;
    case 'K':
        append_padded(out, twelve, item->count);
        break;
    case 'h':
        append_padded(out, twelve == 0 ? 12 : twelve, item->count);
        break;
    case 'm':
        append_padded(out, at->minute, item->count);
        break;
    case 's':
        append_padded(out, at->second, item->count);
        break;
    case 'f':
        append_fraction(out, at->micro, 6);
        break;
    case 'S':
        append_fraction(out, at->micro, item->count);
        break;
    default:
        g_string_append(out, at->hour < 12 ? "AM" : "PM");
    }
}

static gboolean append_zone_item(TgNativeCall *call, const TgTimeItem *item, const Moment *moment)
{
    gboolean is_offset = moment->zone.size > 0 && strchr("+-", *moment->zone.bytes) != NULL;

    if (moment->zone.size == 0) {
        return tg_native_fail(call, "the pattern has a time zone, but the time has none");
    }
    if (item->letter == 'Z' && item->count < 3) {
        append_offset(call->scratch, moment->offset_seconds, item->count == 2 ? ":" : "");
        return TRUE;
    }
    if (item->letter == 'z' && !is_offset &&
        strncmp(moment->zone.bytes, "UTC", moment->zone.size) != 0) {
        return tg_native_fail(call, "names of time zones ('z' in a pattern) are not supported");
    }
    g_string_append_len(call->scratch, moment->zone.bytes, (gssize)moment->zone.size);
    return TRUE;
}

static gboolean return_formatted(TgNativeCall *call, const TgTimePattern *pattern,
                                 const Moment *moment)
{
    for (guint i = 0; i < pattern->count; i++) {
        const TgTimeItem *item = &pattern->items[i];

        if (item->letter == 0) {
            g_string_append(call->scratch, item->text);
        } else if (strchr("yYxCGMEweDd", item->letter) != NULL) {
            append_date_item(call->scratch, item, &moment->at);
        } else if (strchr("zZ", item->letter) == NULL) {
            append_time_item(call->scratch, item, &moment->at);
        } else if (!append_zone_item(call, item, moment)) {
            return FALSE;
        }
    }
    return tg_native_return_scratch(call);
}

static gboolean date_format(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 1);
    TgTimePattern pattern;
    Moment moment = {.zone = {NULL, 0}};
    g_autofree char *wrong = tg_time_pattern_mysql(text.bytes, text.size, &pattern);

    if (wrong != NULL) {
        return tg_native_fail(call, "%s", wrong);
    }
    tg_calendar_split(tg_native_int64(call, 0), &moment.at);
    return return_formatted(call, &pattern, &moment);
}

/* Local time, pattern, zone or "", offset from UTC in seconds. */
static gboolean format_datetime(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 1);
    TgTimePattern pattern;
    Moment moment = {.zone = tg_native_text(call, 2), .offset_seconds = tg_native_int64(call, 3)};
    g_autofree char *wrong = tg_time_pattern_joda(text.bytes, text.size, &pattern);

    if (wrong != NULL) {
        return tg_native_fail(call, "%s", wrong);
    }
    tg_calendar_split(tg_native_int64(call, 0), &moment.at);
    return return_formatted(call, &pattern, &moment);
}

/* Local time, digits of the fraction, "" or the offset: 2024-03-05T04:05:06.789+09:00. */
static gboolean to_iso8601(TgNativeCall *call)
{
    gint64 digits = tg_native_int64(call, 1);
    TgNativeText zone = tg_native_text(call, 2);
    gint64 offset = tg_native_int64(call, 3);
    TgCalendar at;

    tg_calendar_split(tg_native_int64(call, 0), &at);
    append_padded(call->scratch, at.year, 4);
    g_string_append_printf(call->scratch, "-%02d-%02dT%02d:%02d:%02d", (int)at.month, (int)at.day,
                           (int)at.hour, (int)at.minute, (int)at.second);
    if (digits > 0) {
        g_autofree char *fraction = g_strdup_printf("%06d", (int)at.micro);

        g_string_append_printf(call->scratch, ".%.*s", (int)MIN(digits, 6), fraction);
    }
    if (zone.size > 0 && offset == 0) {
        g_string_append_c(call->scratch, 'Z');
    } else if (zone.size > 0) {
        append_offset(call->scratch, offset, ":");
    }
    return tg_native_return_scratch(call);
}

const TgNative tg_natives_time[] = {
    {"tg_date_format", "Tv", 'v', date_format},
    {"tg_format_datetime", "Tvvb", 'v', format_datetime},
    {"tg_to_iso8601", "Tbvb", 'v', to_iso8601},
    {NULL, NULL, 0, NULL},
};

/* Instant to text: Ruby's strftime. */
#include <string.h>

#include "loader/time_tokens.h"
#include "loader/value_text.h"

#define FRACTION_DIGITS 9
#define YEAR_MAX 9999
#define OFFSET_MAX 360000 /* seconds: the hours have two digits */

typedef struct {
    gint64 utc_seconds;
    gint64 offset;
    gint64 days; /* local */
    gint64 year;
    guint month, day;
    guint day_of_year; /* from 1 */
    guint day_of_week; /* 0: Sunday */
    guint hour, minute, second;
    guint nanos;
    gint64 week_year; /* ISO */
    guint week;
    const TgTimeZone *zone;
} Moment;

static const char *const month_names[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
static const char *const day_names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};

static void set_week(Moment *moment)
{
    /* The week belongs to the year of its Thursday. */
    gint64 thursday = moment->days - (moment->day_of_week + 6) % 7 + 3;
    guint month = 0;
    guint day = 0;

    tg_days_to_date(thursday, &moment->week_year, &month, &day);
    moment->week = (guint)((thursday - tg_days_from_date(moment->week_year, 1, 1)) / 7 + 1);
}

/* Nanoseconds as whole seconds and a rest from 0 on. */
static void split_nanos(TgInt128 nanos, gint64 *out_seconds, guint *out_rest)
{
    const gint64 second = (gint64)TG_NANOS_PER_SECOND;
    gint64 rest = 0;

    if (nanos >= G_MININT64 && nanos <= G_MAXINT64) { /* much cheaper than 128 bits */
        *out_seconds = (gint64)nanos / second;
        rest = (gint64)nanos % second;
    } else {
        *out_seconds = (gint64)(nanos / second);
        rest = (gint64)(nanos % second);
    }
    if (rest < 0) {
        *out_seconds -= 1;
        rest += second;
    }
    *out_rest = (guint)rest;
}

static void set_moment(Moment *moment, const TgTimeZone *zone, TgInt128 nanos)
{
    moment->zone = zone;
    split_nanos(nanos, &moment->utc_seconds, &moment->nanos);
    moment->offset = tg_time_zone_offset_at(zone, moment->utc_seconds);
    gint64 local = moment->utc_seconds + moment->offset;
    gint64 in_day = local % 86400 + (local % 86400 < 0 ? 86400 : 0);

    moment->days = (local - in_day) / 86400;
    moment->hour = (guint)(in_day / 3600);
    moment->minute = (guint)(in_day / 60 % 60);
    moment->second = (guint)(in_day % 60);
    tg_days_to_date(moment->days, &moment->year, &moment->month, &moment->day);
}

/* The days within year and week, which most formats do not ask for. */
static void set_days(Moment *moment)
{
    moment->day_of_year = (guint)(moment->days - tg_days_from_date(moment->year, 1, 1)) + 1;
    moment->day_of_week = (guint)(((moment->days + 4) % 7 + 7) % 7);
}

/* --- what nearly all formats are made of --- */

static void write_two(char *at, guint value)
{
    at[0] = (char)('0' + value / 10);
    at[1] = (char)('0' + value % 10);
}

/* The first `width` of nine digits. */
static void write_fraction(char *at, guint nanos, guint width)
{
    for (guint i = FRACTION_DIGITS; i > width; i--) {
        nanos /= 10;
    }
    for (guint i = width; i > 0; i--) {
        at[i - 1] = (char)('0' + nanos % 10);
        nanos /= 10;
    }
}

static void write_offset(char *at, gint64 offset)
{
    guint minutes = (guint)(ABS(offset) / 60);

    *at = (char)(offset < 0 ? '-' : '+');
    write_two(at + 1, minutes / 60);
    write_two(at + 3, minutes % 60);
}

static void write_field(char *at, const TgTimeField *field, const Moment *moment)
{
    switch (field->directive) {
    case 'Y':
        write_two(at, (guint)moment->year / 100);
        write_two(at + 2, (guint)moment->year % 100);
        break;
    case 'm':
        write_two(at, moment->month);
        break;
    case 'd':
        write_two(at, moment->day);
        break;
    case 'H':
        write_two(at, moment->hour);
        break;
    case 'M':
        write_two(at, moment->minute);
        break;
    case 'S':
        write_two(at, moment->second);
        break;
    case 'z':
        write_offset(at, moment->offset);
        break;
    default: /* 'N' and 'L' */
        write_fraction(at, moment->nanos, field->width);
        break;
    }
}

/* FALSE: the year or the offset has another number of digits, or the format has no fixed width. */
static gboolean write_plain(const TgTimePlain *plain, const Moment *moment, GString *out)
{
    char text[TG_TIME_PLAIN_BYTES];

    if (plain->size_bytes == 0 || moment->year < 0 || moment->year > YEAR_MAX ||
        ABS(moment->offset) >= OFFSET_MAX) {
        return FALSE;
    }
    memcpy(text, plain->text, sizeof text);
    for (guint i = 0; i < plain->count; i++) {
        write_field(text + plain->fields[i].at, &plain->fields[i], moment);
    }
    tg_string_append(out, text, plain->size_bytes);
    return TRUE;
}

/* --- all others --- */

static void put_number(GString *out, const TgTimeToken *token, gint64 value, int width, char pad)
{
    char digits[32];
    char used = (char)(token->padding == '_' ? ' ' : (token->padding == '0' ? '0' : pad));
    int length = g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT, ABS(value));
    int wanted = token->width > 0 ? token->width : width;

    if (token->padding == '-') {
        wanted = 0;
    }
    if (value < 0 && used == '0') {
        g_string_append_c(out, '-');
        wanted -= width == 4 && token->width == 0 ? 0 : 1;
    }
    for (int i = length + (value < 0 && used != '0' ? 1 : 0); i < wanted; i++) {
        g_string_append_c(out, used);
    }
    if (value < 0 && used != '0') {
        g_string_append_c(out, '-');
    }
    g_string_append(out, digits);
}

static void put_text(GString *out, const TgTimeToken *token, const char *text, gsize size)
{
    for (gsize i = size; (gint)i < token->width && token->padding != '-'; i++) {
        g_string_append_c(out, token->padding == '0' ? '0' : ' ');
    }
    for (gsize i = 0; i < size; i++) {
        gboolean upper = token->upper || (token->change && token->directive != 'p');
        char shown = (char)(upper ? g_ascii_toupper(text[i]) : text[i]);

        g_string_append_c(out, token->change && token->directive == 'p' ? g_ascii_tolower(shown)
                                                                        : shown);
    }
}

static void put_fraction(GString *out, const TgTimeToken *token, guint nanos, int usual)
{
    char digits[16];
    int width = token->width > 0 ? token->width : usual;

    (void)g_snprintf(digits, sizeof digits, "%09u", nanos);
    g_string_append_len(out, digits, MIN(width, 9));
    for (int i = 9; i < width; i++) {
        g_string_append_c(out, '0');
    }
}

static void put_offset(GString *out, const TgTimeToken *token, gint64 offset)
{
    gint64 rest = ABS(offset);
    int hours = (int)(rest / 3600);
    int minutes = (int)(rest / 60 % 60);
    int seconds = (int)(rest % 60);
    char text[24];
    char sign = offset < 0 ? '-' : '+';

    if (token->colons == 0) {
        (void)g_snprintf(text, sizeof text, "%c%02d%02d", sign, hours, minutes);
    } else if (token->colons == 1) {
        (void)g_snprintf(text, sizeof text, "%c%02d:%02d", sign, hours, minutes);
    } else {
        (void)g_snprintf(text, sizeof text, "%c%02d:%02d:%02d", sign, hours, minutes, seconds);
    }
    g_string_append(out, text);
}

static void put_directive(GString *out, const TgTimeToken *token, Moment *moment);

static void put_parts(GString *out, const TgTimeToken *token, const char *parts, Moment *moment)
{
    g_autoptr(GString) inner = g_string_new(NULL);

    for (; *parts != '\0'; parts++) {
        TgTimeToken part = {.directive = *parts};

        if (g_ascii_isalpha(*parts)) {
            put_directive(inner, &part, moment);
        } else {
            g_string_append_c(inner, *parts);
        }
    }
    put_text(out, token, inner->str, inner->len);
}

static void put_date_field(GString *out, const TgTimeToken *token, Moment *moment)
{
    guint since_monday = (moment->day_of_week + 6) % 7;

    switch (token->directive) {
    case 'Y':
        put_number(out, token, moment->year, 4, '0');
        break;
    case 'C':
        put_number(out, token, moment->year / 100, 2, '0');
        break;
    case 'y':
        put_number(out, token, ((moment->year % 100) + 100) % 100, 2, '0');
        break;
    case 'm':
        put_number(out, token, moment->month, 2, '0');
        break;
    case 'd':
        put_number(out, token, moment->day, 2, '0');
        break;
    case 'e':
        put_number(out, token, moment->day, 2, ' ');
        break;
    case 'j':
        put_number(out, token, moment->day_of_year, 3, '0');
        break;
    case 'u':
        put_number(out, token, moment->day_of_week == 0 ? 7 : moment->day_of_week, 1, '0');
        break;
    case 'w':
        put_number(out, token, moment->day_of_week, 1, '0');
        break;
    case 'U':
        put_number(out, token, (moment->day_of_year + 6 - moment->day_of_week) / 7, 2, '0');
        break;
    case 'W':
        put_number(out, token, (moment->day_of_year + 6 - since_monday) / 7, 2, '0');
        break;
    default:
        set_week(moment);
        if (token->directive == 'V') {
            put_number(out, token, moment->week, 2, '0');
        } else if (token->directive == 'G') {
            put_number(out, token, moment->week_year, 4, '0');
        } else { /* 'g': Embulk 0.11.4 prints the century here (fmt-strftime-4) */
            put_number(out, token, moment->week_year / 100, 2, '0');
        }
        break;
    }
}

static void put_name(GString *out, const TgTimeToken *token, const Moment *moment)
{
    gboolean is_month = strchr("Bbh", token->directive) != NULL;
    const char *name = is_month ? month_names[moment->month - 1] : day_names[moment->day_of_week];
    gboolean is_full = token->directive == 'A' || token->directive == 'B';

    put_text(out, token, name, is_full ? strlen(name) : 3);
}

static void put_time_field(GString *out, const TgTimeToken *token, const Moment *moment)
{
    guint hour_12 = moment->hour % 12 == 0 ? 12 : moment->hour % 12;

    switch (token->directive) {
    case 'H':
        put_number(out, token, moment->hour, 2, '0');
        break;
    case 'k':
        put_number(out, token, moment->hour, 2, ' ');
        break;
    case 'I':
        put_number(out, token, hour_12, 2, '0');
        break;
    case 'l':
        put_number(out, token, hour_12, 2, ' ');
        break;
    case 'M':
        put_number(out, token, moment->minute, 2, '0');
        break;
    case 'S':
        put_number(out, token, moment->second, 2, '0');
        break;
    case 'L':
        put_fraction(out, token, moment->nanos, 3);
        break;
    case 'N':
        put_fraction(out, token, moment->nanos, 9);
        break;
    case 's':
        put_number(out, token, moment->utc_seconds, 1, '0');
        break;
    case 'z':
        put_offset(out, token, moment->offset);
        break;
    case 'p':
        put_text(out, token, moment->hour < 12 ? "AM" : "PM", 2);
        break;
    default: /* 'P' */
        put_text(out, token, moment->hour < 12 ? "am" : "pm", 2);
        break;
    }
}

static void put_directive(GString *out, const TgTimeToken *token, Moment *moment)
{
    const char *parts = tg_time_expansion(token->directive);

    if (parts != NULL) {
        put_parts(out, token, parts, moment);
    } else if (strchr("AaBbh", token->directive) != NULL) {
        put_name(out, token, moment);
    } else if (token->directive == 'Z') {
        g_autofree char *name = tg_time_zone_abbreviation(moment->zone, moment->utc_seconds);

        put_text(out, token, name, strlen(name));
    } else if (token->directive == 'Q') { /* only for parsing: stands for itself */
        g_string_append_len(out, token->text, (gssize)token->size_bytes);
    } else if (strchr("HkIlMSLNszpP", token->directive) != NULL) {
        put_time_field(out, token, moment);
    } else {
        put_date_field(out, token, moment);
    }
}

void tg_time_format_write(const TgTimeFormat *format, const TgTimeZone *zone, TgInt128 nanos,
                          GString *out)
{
    Moment moment = {0};

    set_moment(&moment, zone, nanos);
    if (write_plain(&format->plain, &moment, out)) {
        return;
    }
    set_days(&moment);
    for (guint i = 0; i < format->count; i++) {
        const TgTimeToken *token = &format->tokens[i];

        if (token->directive == 0) {
            g_string_append_len(out, token->text, (gssize)token->size_bytes);
        } else {
            put_directive(out, token, &moment);
        }
    }
}

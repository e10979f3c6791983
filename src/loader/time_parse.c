/* Text to instant: the rules of Ruby's strptime and of Embulk's resolver. */
#include <string.h>

#include "loader/time_tokens.h"

#define YEAR_MAX 999999999 /* java.time's */

/* What a text said. */
typedef struct {
    const char *at;
    const char *end;
    gint64 year, century, year_of_century; /* -1 in the latter two: not said */
    gboolean has_year, has_month, has_day, has_epoch, has_offset, is_pm, has_meridian;
    gint64 month, day, day_of_year, hour, minute, second, nanos;
    gint64 epoch_ms;
    gint64 offset;
} Parsed;

static gboolean take_number(Parsed *parsed, guint digits_max, gint64 low, gint64 high, gint64 *out)
{
    const char *start = parsed->at;
    gint64 value = 0;

    while (parsed->at < parsed->end && (gsize)(parsed->at - start) < digits_max &&
           g_ascii_isdigit(*parsed->at)) {
        if (value > (G_MAXINT64 - 9) / 10) {
            return FALSE;
        }
        value = value * 10 + (*parsed->at++ - '0');
    }
    *out = value;
    return parsed->at > start && value >= low && value <= high;
}

/* Two digits, or a blank and one. */
static gboolean take_two(Parsed *parsed, gint64 low, gint64 high, gint64 *out)
{
    guint digits = 2;

    if (parsed->at < parsed->end && *parsed->at == ' ') {
        parsed->at++;
        digits = 1;
    }
    return take_number(parsed, digits, low, high, out);
}

static gboolean take_sign(Parsed *parsed, gboolean plus_too)
{
    if (parsed->at < parsed->end && (*parsed->at == '-' || (plus_too && *parsed->at == '+'))) {
        return *parsed->at++ == '-';
    }
    return FALSE;
}

static gboolean take_fraction(Parsed *parsed, guint digits_max)
{
    gboolean negative = take_sign(parsed, TRUE);
    const char *start = parsed->at;
    gint64 value = 0;
    guint counted = 0;

    while (parsed->at < parsed->end && (gsize)(parsed->at - start) < digits_max &&
           g_ascii_isdigit(*parsed->at)) {
        if (counted < 9) {
            value = value * 10 + (*parsed->at - '0');
            counted++;
        }
        parsed->at++;
    }
    for (guint i = counted; i < 9; i++) {
        value *= 10;
    }
    parsed->nanos = negative ? -value : value;
    return parsed->at > start;
}

/* Index of the name that the text goes on with; -1: none. */
static int take_name(Parsed *parsed, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++) {
        gsize length = strlen(names[i]);

        if ((gsize)(parsed->end - parsed->at) >= length &&
            g_ascii_strncasecmp(parsed->at, names[i], length) == 0) {
            parsed->at += length;
            return i;
        }
    }
    return -1;
}

static gboolean take_month_name(Parsed *parsed)
{
    static const char *const names[] = {
        "January", "February", "March",    "April", "May", "June", "July", "August", "September",
        "October", "November", "December", "Jan",   "Feb", "Mar",  "Apr",  "May",    "Jun",
        "Jul",     "Aug",      "Sep",      "Oct",   "Nov", "Dec",  NULL};
    int index = take_name(parsed, names);

    parsed->month = index % 12 + 1;
    parsed->has_month = TRUE;
    return index >= 0;
}

static gboolean take_day_name(Parsed *parsed)
{
    static const char *const names[] = {"Sunday", "Monday",   "Tuesday", "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sun",     "Mon",       "Tue",
                                        "Wed",    "Thu",      "Fri",     "Sat",       NULL};

    return take_name(parsed, names) >= 0;
}

static gboolean take_meridian(Parsed *parsed)
{
    static const char *const names[] = {"am", "pm", "a.m.", "p.m.", NULL};
    int index = take_name(parsed, names);

    parsed->has_meridian = TRUE;
    parsed->is_pm = index % 2 == 1;
    return index >= 0;
}

/* "+09:00", "UTC+9", "JST", as the regular expression of Ruby's date_strptime.c cuts it. */
static gboolean take_zone(Parsed *parsed)
{
    const char *at = parsed->at;

    while (at < parsed->end && g_ascii_isalpha(*at)) {
        at++;
    }
    gsize letters = (gsize)(at - parsed->at);
    gboolean may_have_number =
        letters == 0 || (letters <= 3 && (g_ascii_strncasecmp(parsed->at, "utc", letters) == 0 ||
                                          g_ascii_strncasecmp(parsed->at, "gmt", letters) == 0));

    if (may_have_number && at + 1 < parsed->end && (*at == '+' || *at == '-') &&
        g_ascii_isdigit(at[1])) {
        at++;
        while (at < parsed->end && (g_ascii_isdigit(*at) || (*at == ':' && at + 1 < parsed->end &&
                                                             g_ascii_isdigit(at[1])))) {
            at++;
        }
    }
    const char *start = parsed->at;

    parsed->at = at;
    parsed->has_offset = TRUE;
    return at > start && tg_time_zone_parse_offset(start, (gsize)(at - start), &parsed->offset);
}

static gboolean take_epoch(Parsed *parsed, gint64 scale_ms)
{
    gboolean negative = take_sign(parsed, FALSE);
    gint64 value = 0;

    if (!take_number(parsed, G_MAXUINT, 0, G_MAXINT64 / scale_ms, &value)) {
        return FALSE;
    }
    parsed->epoch_ms = (negative ? -value : value) * scale_ms;
    parsed->has_epoch = TRUE;
    return TRUE;
}

static gboolean take_year(Parsed *parsed, gboolean is_limited, gint64 *out)
{
    gboolean negative = take_sign(parsed, TRUE);

    if (!take_number(parsed, is_limited ? 4 : G_MAXUINT, 0, YEAR_MAX, out)) {
        return FALSE;
    }
    *out = negative ? -*out : *out;
    return TRUE;
}

static gboolean is_blank(char c)
{
    return g_ascii_isspace(c) || c == '\v';
}

static gboolean take_literal(Parsed *parsed, const char *text, gsize size)
{
    for (gsize i = 0; i < size; i++) {
        gboolean is_any = is_blank(text[i]); /* a blank stands for any number of them */

        while (is_any && parsed->at < parsed->end && is_blank(*parsed->at)) {
            parsed->at++;
        }
        if (!is_any && (parsed->at == parsed->end || *parsed->at++ != text[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean take_time_field(Parsed *parsed, char directive, gboolean next_numeric)
{
    switch (directive) {
    case 'H':
    case 'k':
        return take_two(parsed, 0, 24, &parsed->hour);
    case 'I':
    case 'l':
        return take_two(parsed, 1, 12, &parsed->hour);
    case 'M':
        return take_number(parsed, 2, 0, 59, &parsed->minute);
    case 'S':
        return take_number(parsed, 2, 0, 60, &parsed->second);
    case 'L':
        return take_fraction(parsed, next_numeric ? 3 : G_MAXUINT);
    case 'N':
        return take_fraction(parsed, next_numeric ? 9 : G_MAXUINT);
    case 'P':
    case 'p':
        return take_meridian(parsed);
    case 'Z':
    case 'z':
        return take_zone(parsed);
    case 's':
        return take_epoch(parsed, 1000);
    case 'Q':
        return take_epoch(parsed, 1);
    default:
        return FALSE;
    }
}

static gboolean take_date_field(Parsed *parsed, char directive, gboolean next_numeric)
{
    gint64 ignored = 0;

    switch (directive) {
    case 'Y':
        parsed->has_year = TRUE;
        return take_year(parsed, next_numeric, &parsed->year);
    case 'C':
        return take_number(parsed, next_numeric ? 2 : G_MAXUINT, 0, YEAR_MAX / 100,
                           &parsed->century);
    case 'y':
        return take_number(parsed, 2, 0, 99, &parsed->year_of_century);
    case 'm':
        parsed->has_month = TRUE;
        return take_number(parsed, 2, 1, 12, &parsed->month);
    case 'B':
    case 'b':
    case 'h':
        return take_month_name(parsed);
    case 'd':
    case 'e':
        parsed->has_day = TRUE;
        return take_two(parsed, 1, 31, &parsed->day);
    case 'j':
        return take_number(parsed, 3, 1, 366, &parsed->day_of_year);
    case 'A':
    case 'a':
        return take_day_name(parsed);
    case 'G': /* weeks are read and not used, as Ruby's Time does */
        return take_year(parsed, next_numeric, &ignored);
    case 'g':
        return take_number(parsed, 2, 0, 99, &ignored);
    case 'U':
    case 'W':
    case 'V':
        return take_number(parsed, 2, 0, 53, &ignored);
    case 'u':
    case 'w':
        return take_number(parsed, 1, 0, 7, &ignored);
    default:
        return FALSE;
    }
}

static gboolean take_directive(Parsed *parsed, const TgTimeToken *token)
{
    gboolean next_numeric = token->before_number;
    const char *parts = NULL;

    if (token->is_time) {
        return take_time_field(parsed, token->directive, next_numeric);
    }
    parts = tg_time_expansion(token->directive);
    if (parts == NULL) {
        return take_date_field(parsed, token->directive, next_numeric);
    }
    for (; *parts != '\0'; parts++) {
        gboolean ok = g_ascii_isalpha(*parts)
                          ? (strchr("HIMSp", *parts) != NULL
                                 ? take_time_field(parsed, *parts, FALSE)
                                 : take_date_field(parsed, *parts, next_numeric && parts[1] == 0))
                          : take_literal(parsed, parts, 1);

        if (!ok) {
            return FALSE;
        }
    }
    return TRUE;
}

static gint64 resolve_year(const Parsed *parsed, const TgTimeDefaults *defaults)
{
    if (parsed->has_year) {
        return parsed->year;
    }
    if (parsed->year_of_century >= 0) {
        gint64 century =
            parsed->century >= 0 ? parsed->century : (parsed->year_of_century >= 69 ? 19 : 20);

        return century * 100 + parsed->year_of_century;
    }
    return parsed->century >= 0 ? parsed->century * 100 : defaults->year;
}

static gboolean resolve_days(const Parsed *parsed, const TgTimeDefaults *defaults, gint64 *out)
{
    gint64 year = resolve_year(parsed, defaults);
    gboolean has_date =
        parsed->has_year || parsed->year_of_century >= 0 || parsed->has_month || parsed->has_day;

    if (parsed->day_of_year > 0) {
        gint64 days_in_year = tg_days_from_date(year + 1, 1, 1) - tg_days_from_date(year, 1, 1);

        *out = tg_days_from_date(year, 1, 1) + parsed->day_of_year - 1;
        return parsed->day_of_year <= days_in_year;
    }
    guint month = parsed->has_month ? (guint)parsed->month : (has_date ? 1 : defaults->month);
    guint day = parsed->has_day ? (guint)parsed->day : (has_date ? 1 : defaults->day);

    /* February 30 is March 2, as Ruby's Time.strptime has it. */
    *out = tg_days_from_date(year, month, 1) + (gint64)day - 1;
    return TRUE;
}

static gboolean resolve(const Parsed *parsed, const TgTimeDefaults *defaults, TgInt128 *out)
{
    gint64 days = 0;
    gint64 hour = parsed->hour;

    if (parsed->has_epoch) {
        TgInt128 nanos = (TgInt128)parsed->epoch_ms * 1000000;

        *out = parsed->epoch_ms >= 0 ? nanos + parsed->nanos : nanos - parsed->nanos;
        return TRUE;
    }
    if (!resolve_days(parsed, defaults, &days)) {
        return FALSE;
    }
    if (parsed->has_meridian) {
        hour = hour % 12 + (parsed->is_pm ? 12 : 0);
    }
    gint64 local = days * 86400 + hour * 3600 + parsed->minute * 60 + MIN(parsed->second, 59);
    gint64 offset =
        parsed->has_offset ? parsed->offset : tg_time_zone_offset_of_local(defaults->zone, local);

    *out = (TgInt128)(local - offset) * TG_NANOS_PER_SECOND + parsed->nanos;
    return TRUE;
}

static guint two_digits(const char *at)
{
    guint tens = (guint)(guchar)at[0] - '0';
    guint ones = (guint)(guchar)at[1] - '0';

    return tens > 9 || ones > 9 ? G_MAXUINT : tens * 10 + ones;
}

/* "2015-01-27 19:23:49" in digits that need no thought; FALSE: look closer. */
static gboolean parse_usual(const TgTimeDefaults *defaults, const char *text, TgInt128 *out_nanos)
{
    guint century = two_digits(text);
    guint year = two_digits(text + 2);
    guint month = two_digits(text + 5);
    guint day = two_digits(text + 8);
    guint hour = two_digits(text + 11);
    guint minute = two_digits(text + 14);
    guint second = two_digits(text + 17);

    if (century > 99 || year > 99 || month - 1 > 11 || day - 1 > 27 || hour > 23 || minute > 59 ||
        second > 59 || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' ||
        text[16] != ':') {
        return FALSE;
    }
    gint64 days = tg_days_from_date((gint64)century * 100 + year, month, day);
    gint64 local = days * 86400 + (gint64)hour * 3600 + (gint64)minute * 60 + second;

    *out_nanos = (TgInt128)(local - tg_time_zone_offset_of_local(defaults->zone, local)) *
                 TG_NANOS_PER_SECOND;
    return TRUE;
}

gboolean tg_time_format_parse(const TgTimeFormat *format, const TgTimeDefaults *defaults,
                              const char *text, gsize size_bytes, TgInt128 *out_nanos)
{
    if (format->is_usual && size_bytes == strlen("2015-01-27 19:23:49") &&
        parse_usual(defaults, text, out_nanos)) {
        return TRUE;
    }
    Parsed parsed = {.at = text, .end = text + size_bytes, .century = -1, .year_of_century = -1};

    for (guint i = 0; i < format->count; i++) {
        const TgTimeToken *token = &format->tokens[i];
        gboolean ok = token->directive == 0 ? take_literal(&parsed, token->text, token->size_bytes)
                                            : take_directive(&parsed, token);

        if (!ok) {
            return FALSE;
        }
    }
    if (format->is_strict && parsed.at != parsed.end) {
        return FALSE;
    }
    return resolve(&parsed, defaults, out_nanos);
}

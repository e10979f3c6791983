/* PostgreSQL's texts of values to Java's. */
#include "operators/support_pg_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loader/number_text.h"

#define PLAIN_EXPONENT_MIN (-6) /* BigDecimal.toString writes smaller numbers as 1E-7 */
#define DAY_S 86400

/* BigDecimal.toString: as the server writes it, but for tiny numbers. */
static char *numeric_text(const char *value)
{
    const char *point = strchr(value, '.');
    const char *digits = value + (*value == '-' ? 1 : 0);
    glong scale = point == NULL ? 0 : (glong)strlen(point + 1);
    const char *first = digits + strspn(digits, "0.");
    glong significant = *first == '\0' ? 1 : (glong)strlen(first);
    GString *text = NULL;

    if (point == NULL || !g_ascii_isdigit(*digits) || first < point ||
        significant - 1 - scale >= PLAIN_EXPONENT_MIN) {
        return g_strdup(value);
    }
    text = g_string_new(*value == '-' && *first != '\0' ? "-" : "");
    g_string_append(text, *first == '\0' ? "0" : first);
    if (significant > 1) {
        g_string_insert_c(text, (*value == '-' ? 1 : 0) + 1, '.');
    }
    g_string_append_printf(text, "E%ld", significant - 1 - scale);
    return g_string_free(text, FALSE);
}

static char *double_text(const char *value)
{
    char text[TG_DOUBLE_TEXT_BYTES];

    (void)tg_double_format(g_ascii_strtod(value, NULL), text); /* its length is not needed */
    return g_strdup(text);
}

/* "$1,234.50" without its marks. */
static double money_value(const char *value)
{
    g_autoptr(GString) plain = g_string_new(NULL);

    for (const char *c = value; *c != '\0'; c++) {
        if (g_ascii_isdigit(*c) || *c == '.' || *c == '-') {
            g_string_append_c(plain, *c);
        }
    }
    return g_ascii_strtod(plain->str, NULL);
}

/* What a date or timestamp consists of; FALSE for "infinity" and years before Christ. */
typedef struct {
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
    int micros;
    gboolean has_offset;
    int offset_s;
} Moment;

/* Reads `count` digits and the mark behind them ('\0': none). */
static gboolean read_part(const char **at, int digits_min, char mark, int *out)
{
    const char *c = *at;
    int value = 0;

    while (g_ascii_isdigit(*c) && c - *at < 7) {
        value = value * 10 + (*c++ - '0');
    }
    if (c - *at < digits_min || (mark != '\0' && *c != mark)) {
        return FALSE;
    }
    *at = c + (mark == '\0' ? 0 : 1);
    *out = value;
    return TRUE;
}

static gboolean read_fraction(const char **at, int *out_micros)
{
    int scale = 100000;

    *out_micros = 0;
    if (**at != '.') {
        return TRUE;
    }
    for ((*at)++; g_ascii_isdigit(**at); (*at)++, scale /= 10) {
        *out_micros += (**at - '0') * scale;
    }
    return TRUE;
}

/* "+09", "-03:30", "+00:19:32" or nothing. */
static gboolean read_offset(const char **at, Moment *moment)
{
    int sign = **at == '-' ? -1 : 1;
    int parts[3] = {0, 0, 0};

    moment->has_offset = **at == '+' || **at == '-';
    if (!moment->has_offset) {
        return TRUE;
    }
    for (int i = 0; i < 3 && (i == 0 || **at == ':'); i++) {
        (*at)++;
        if (!read_part(at, 1, '\0', &parts[i])) {
            return FALSE;
        }
    }
    moment->offset_s = sign * (parts[0] * 3600 + parts[1] * 60 + parts[2]);
    return TRUE;
}

static gboolean read_clock(const char **at, Moment *moment)
{
    return read_part(at, 1, ':', &moment->hour) && read_part(at, 1, ':', &moment->minute) &&
           read_part(at, 1, '\0', &moment->second) && read_fraction(at, &moment->micros) &&
           read_offset(at, moment) && **at == '\0';
}

static gboolean read_moment(const char *value, Moment *moment)
{
    const char *at = value;

    *moment = (Moment){.year = 0};
    if (!read_part(&at, 4, '-', &moment->year) || !read_part(&at, 1, '-', &moment->month) ||
        !read_part(&at, 1, '\0', &moment->day)) {
        return FALSE;
    }
    if (*at == '\0') {
        return TRUE;
    }
    return *at++ == ' ' && read_clock(&at, moment);
}

/* Timestamp.toString: at least one digit of the fraction, no zeros at its end, no offset. */
static char *timestamp_text(const char *value)
{
    Moment moment;
    g_autofree char *fraction = NULL;
    gsize length = 6;

    if (!read_moment(value, &moment)) {
        return g_strdup(value);
    }
    fraction = g_strdup_printf("%06d", moment.micros);
    while (length > 1 && fraction[length - 1] == '0') {
        fraction[--length] = '\0';
    }
    return g_strdup_printf("%04d-%02d-%02d %02d:%02d:%02d.%s", moment.year, moment.month,
                           moment.day, moment.hour, moment.minute, moment.second, fraction);
}

static int offset_at(GTimeZone *zone, GTimeType type, gint64 local_s)
{
    return g_time_zone_get_offset(zone, g_time_zone_find_interval(zone, type, local_s));
}

/* Milliseconds since 1970 of a date or timestamp; its text when it is none. */
static json_t *moment_json(const char *value, GTimeZone *zone)
{
    Moment moment;
    g_autoptr(GDateTime) utc = NULL;

    if (!read_moment(value, &moment) || moment.year > 9999) {
        return json_string(value);
    }
    utc = g_date_time_new_utc(moment.year, moment.month, moment.day, moment.hour, moment.minute, 0);
    if (utc == NULL) {
        return json_string(value);
    }
    gint64 seconds = g_date_time_to_unix(utc) + moment.second;

    seconds -= moment.has_offset ? moment.offset_s : offset_at(zone, G_TIME_TYPE_STANDARD, seconds);
    return json_integer(seconds * 1000 + moment.micros / 1000);
}

/* Time.toString: no fraction; with an offset moved to the session's zone. */
static char *time_text(const char *value, GTimeZone *zone)
{
    Moment moment = {.year = 0};
    const char *at = value;

    if (!read_clock(&at, &moment)) {
        return g_strdup(value);
    }
    int seconds = moment.hour * 3600 + moment.minute * 60 + moment.second;

    if (moment.has_offset) {
        seconds += offset_at(zone, G_TIME_TYPE_UNIVERSAL, 0) - moment.offset_s;
    }
    seconds = ((seconds % DAY_S) + DAY_S) % DAY_S;
    return g_strdup_printf("%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

/* PGInterval's parts. */
typedef struct {
    int years;
    int months;
    int days;
    int hours;
    int minutes;
    int seconds;
    int micros;
} Interval;

static void set_unit(Interval *interval, const char *unit, int amount)
{
    if (g_str_has_prefix(unit, "year")) {
        interval->years = amount;
    } else if (g_str_has_prefix(unit, "mon")) {
        interval->months = amount;
    } else if (g_str_has_prefix(unit, "day")) {
        interval->days = amount;
    }
}

static gboolean read_interval_clock(const char *word, Interval *interval)
{
    Moment moment = {.year = 0};
    const char *at = word + (*word == '-' || *word == '+' ? 1 : 0);
    int sign = *word == '-' ? -1 : 1;

    if (!read_clock(&at, &moment) || moment.has_offset) {
        return FALSE;
    }
    interval->hours = sign * moment.hour;
    interval->minutes = sign * moment.minute;
    interval->seconds = sign * moment.second;
    interval->micros = sign * moment.micros;
    return TRUE;
}

/* "1 year 2 mons -3 days -04:05:06.789": the server's default style; FALSE for others. */
static gboolean read_interval(const char *value, Interval *interval)
{
    g_auto(GStrv) words = g_strsplit(value, " ", -1);
    guint i = 0;

    *interval = (Interval){0};
    while (words[i] != NULL && strchr(words[i], ':') == NULL) {
        const char *digits = words[i] + (*words[i] == '-' || *words[i] == '+' ? 1 : 0);

        if (!g_ascii_isdigit(*digits) || words[i + 1] == NULL) {
            return FALSE;
        }
        set_unit(interval, words[i + 1], (int)strtol(words[i], NULL, 10));
        i += 2;
    }
    return words[i] == NULL || read_interval_clock(words[i], interval);
}

static double interval_seconds(const Interval *interval)
{
    return interval->seconds + interval->micros / 1e6;
}

static char *interval_text(const char *value)
{
    Interval interval;
    char seconds[TG_DOUBLE_TEXT_BYTES];

    if (!read_interval(value, &interval)) {
        return g_strdup(value);
    }
    (void)tg_double_format(interval_seconds(&interval), seconds); /* its length is not needed */
    return g_strdup_printf("%d years %d mons %d days %d hours %d mins %s secs", interval.years,
                           interval.months, interval.days, interval.hours, interval.minutes,
                           seconds);
}

/* The bean of org.postgresql.util.PGobject; its "null" is always true there. */
static json_t *object_json(const char *type, const char *value)
{
    return json_pack("{s:s, s:s, s:b}", "type", type, "value", value, "null", 1);
}

static json_t *interval_json(const char *value)
{
    g_autofree char *text = interval_text(value);
    json_t *object = object_json("interval", text);
    Interval interval;

    if (read_interval(value, &interval)) {
        json_object_set_new(object, "years", json_integer(interval.years));
        json_object_set_new(object, "months", json_integer(interval.months));
        json_object_set_new(object, "days", json_integer(interval.days));
        json_object_set_new(object, "hours", json_integer(interval.hours));
        json_object_set_new(object, "minutes", json_integer(interval.minutes));
        json_object_set_new(object, "wholeSeconds", json_integer(interval.seconds));
        json_object_set_new(object, "microSeconds", json_integer(interval.micros));
        json_object_set_new(object, "seconds", json_real(interval_seconds(&interval)));
    }
    return object;
}

/* "\x0102" as base64; a value in another form stays a text. */
static json_t *bytes_json(const char *value)
{
    gsize size = strlen(value) / 2;
    g_autofree guchar *bytes = g_malloc(size + 1);
    gsize count = 0;

    if (!g_str_has_prefix(value, "\\x")) {
        return json_string(value);
    }
    for (const char *c = value + 2; c[0] != '\0' && c[1] != '\0'; c += 2) {
        bytes[count++] = (guchar)(g_ascii_xdigit_value(c[0]) * 16 + g_ascii_xdigit_value(c[1]));
    }
    g_autofree char *text = g_base64_encode(bytes, count);

    return json_string(text);
}

/* JSON has no NaN: Jackson writes it as a text. */
static json_t *real_json(double number, const char *value)
{
    return isfinite(number) ? json_real(number) : json_string(value);
}

static json_t *numeric_json(const char *value)
{
    gint64 whole = 0;

    return tg_int64_parse(value, strlen(value), &whole)
               ? json_integer(whole)
               : real_json(g_ascii_strtod(value, NULL), value);
}

static gboolean is_one_bit(const TgPostgresqlField *field)
{
    return field->type == TG_POSTGRESQL_BIT && field->modifier == 1;
}

char *tg_pg_value_text(const TgPostgresqlField *field, const char *value)
{
    g_autoptr(GTimeZone) zone = NULL;

    switch ((TgPostgresqlType)field->type) {
    case TG_POSTGRESQL_BOOL:
        return g_strdup(*value == 't' ? "true" : "false");
    case TG_POSTGRESQL_BIT:
        return g_strdup(!is_one_bit(field) ? value : *value == '1' ? "true" : "false");
    case TG_POSTGRESQL_FLOAT4:
    case TG_POSTGRESQL_FLOAT8:
        return double_text(value);
    case TG_POSTGRESQL_NUMERIC:
        return numeric_text(value);
    case TG_POSTGRESQL_MONEY: {
        char text[TG_DOUBLE_TEXT_BYTES];

        (void)tg_double_format(money_value(value), text); /* its length is not needed */
        return g_strdup(text);
    }
    case TG_POSTGRESQL_TIMESTAMP:
    case TG_POSTGRESQL_TIMESTAMPTZ:
        return timestamp_text(value);
    case TG_POSTGRESQL_TIME:
    case TG_POSTGRESQL_TIMETZ:
        zone = g_time_zone_new_local();
        return time_text(value, zone);
    case TG_POSTGRESQL_INTERVAL:
        return interval_text(value);
    case TG_POSTGRESQL_BYTEA:
    case TG_POSTGRESQL_INT8:
    case TG_POSTGRESQL_INT2:
    case TG_POSTGRESQL_INT4:
    case TG_POSTGRESQL_TEXT:
    case TG_POSTGRESQL_OID:
    case TG_POSTGRESQL_JSON:
    case TG_POSTGRESQL_UNKNOWN:
    case TG_POSTGRESQL_BPCHAR:
    case TG_POSTGRESQL_VARCHAR:
    case TG_POSTGRESQL_DATE:
    case TG_POSTGRESQL_VARBIT:
    case TG_POSTGRESQL_UUID:
    case TG_POSTGRESQL_JSONB:
    default:
        return g_strdup(value);
    }
}

gboolean tg_pg_value_needs_name(guint type)
{
    static const guint known[] = {
        TG_POSTGRESQL_BOOL,    TG_POSTGRESQL_BYTEA,     TG_POSTGRESQL_INT8,
        TG_POSTGRESQL_INT2,    TG_POSTGRESQL_INT4,      TG_POSTGRESQL_TEXT,
        TG_POSTGRESQL_OID,     TG_POSTGRESQL_FLOAT4,    TG_POSTGRESQL_FLOAT8,
        TG_POSTGRESQL_UNKNOWN, TG_POSTGRESQL_MONEY,     TG_POSTGRESQL_BPCHAR,
        TG_POSTGRESQL_VARCHAR, TG_POSTGRESQL_DATE,      TG_POSTGRESQL_TIME,
        TG_POSTGRESQL_TIMETZ,  TG_POSTGRESQL_TIMESTAMP, TG_POSTGRESQL_TIMESTAMPTZ,
        TG_POSTGRESQL_NUMERIC, TG_POSTGRESQL_UUID,      TG_POSTGRESQL_INTERVAL,
    };

    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        if (known[i] == type) {
            return FALSE;
        }
    }
    return TRUE;
}

static json_t *time_json(const char *value, GTimeZone *zone)
{
    g_autofree char *text = time_text(value, zone);

    return json_string(text);
}

json_t *tg_pg_value_json(const TgPostgresqlField *field, const char *value, GTimeZone *zone,
                         const char *type_name)
{
    switch (field->type) {
    case TG_POSTGRESQL_BOOL:
        return json_boolean(*value == 't');
    case TG_POSTGRESQL_INT8:
    case TG_POSTGRESQL_INT2:
    case TG_POSTGRESQL_INT4:
    case TG_POSTGRESQL_OID:
    case TG_POSTGRESQL_NUMERIC:
        return numeric_json(value);
    case TG_POSTGRESQL_FLOAT4:
    case TG_POSTGRESQL_FLOAT8:
        return real_json(g_ascii_strtod(value, NULL), value);
    case TG_POSTGRESQL_MONEY:
        return json_real(money_value(value));
    case TG_POSTGRESQL_DATE:
    case TG_POSTGRESQL_TIMESTAMP:
    case TG_POSTGRESQL_TIMESTAMPTZ:
        return moment_json(value, zone);
    case TG_POSTGRESQL_TIME:
    case TG_POSTGRESQL_TIMETZ:
        return time_json(value, zone);
    case TG_POSTGRESQL_INTERVAL:
        return interval_json(value);
    case TG_POSTGRESQL_BYTEA:
        return bytes_json(value);
    default:
        break;
    }
    if (is_one_bit(field)) {
        return json_boolean(*value == '1');
    }
    return type_name == NULL ? json_string(value) : object_json(type_name, value);
}

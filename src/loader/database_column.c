/* Column options and times of database inputs. */
#include "loader/database_column.h"

#include <string.h>

#include "loader/column_config.h"
#include "params/params.h"

#define SECOND_MICROS ((gint64)1000000)
#define DAY_SECONDS ((gint64)86400)
#define USUAL_BYTES (sizeof "2015-01-27 19:23:49" - 1)
#define YEARS_MAX 6000000 /* PostgreSQL dates reach to 5874897 */

void tg_database_column_clear(TgDatabaseColumn *column)
{
    tg_time_format_free(column->format);
    tg_time_zone_free(column->zone);
}

/* Embulk finds names without regard to case. */
static const json_t *find_folded(const json_t *map, const char *name)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)map, key, value) {
        if (g_ascii_strcasecmp(key, name) == 0) {
            return value;
        }
    }
    return NULL;
}

static const json_t *find_options(const json_t *config, const TgDatabaseField *field)
{
    const json_t *own = find_folded(json_object_get(config, "column_options"), field->name);

    return own != NULL
               ? own
               : find_folded(json_object_get(config, "default_column_options"), field->type_name);
}

gboolean tg_database_column_is_typed(const json_t *config, const TgDatabaseField *field)
{
    const json_t *options = find_options(config, field);

    return tg_params_has(options, "type") || tg_params_has(options, "value_type");
}

/* The type that a value_type leads to. */
static const char *type_of_value(const char *value_type)
{
    if (strcmp(value_type, "float") == 0 || strcmp(value_type, "decimal") == 0) {
        return "double";
    }
    if (strcmp(value_type, "date") == 0 || strcmp(value_type, "time") == 0) {
        return "timestamp";
    }
    return value_type;
}

gboolean tg_database_column_read(TgDatabaseColumn *column, const json_t *config,
                                 const TgDatabaseField *field, gboolean exact, GError **error)
{
    const json_t *options = find_options(config, field);
    g_autofree char *type = NULL;
    g_autofree char *value_type = NULL;
    g_autofree char *format = NULL;
    g_autofree char *zone = NULL;
    g_autofree char *zone_default = NULL;

    if (!tg_params_dup_text_or(config, "default_timezone", "UTC", &zone_default, error) ||
        !tg_params_dup_text_or(options, "type", NULL, &type, error) ||
        !tg_params_dup_text_or(options, "value_type", NULL, &value_type, error) ||
        !tg_params_dup_text_or(options, "timestamp_format", NULL, &format, error) ||
        !tg_params_dup_text_or(options, "timezone", zone_default, &zone, error)) {
        return FALSE;
    }
    if (type == NULL && value_type != NULL && strcmp(value_type, "coalesce") != 0) {
        type = g_strdup(type_of_value(value_type));
    }
    if (type != NULL && !tg_column_type_parse(type, exact, &column->type, error)) {
        return FALSE;
    }
    if (format != NULL && column->type.id == TG_TYPE_STRING) {
        column->format = tg_time_format_new(format, error);
        column->zone = column->format == NULL ? NULL : tg_time_zone_new(zone, error);
        return column->zone != NULL;
    }
    return TRUE;
}

/* --- times --- */

/* Digits up to another character. */
static gint64 read_number(const char **at, const char *end)
{
    gint64 value = 0;

    for (; *at < end && g_ascii_isdigit(**at) && value < (gint64)YEARS_MAX * 10; (*at)++) {
        value = value * 10 + (**at - '0');
    }
    return value;
}

/* A character that must come. */
static gboolean skip(const char **at, const char *end, char expected)
{
    if (*at < end && **at == expected) {
        (*at)++;
        return TRUE;
    }
    return FALSE;
}

static gboolean ends_bc(const char *text, gsize size)
{
    return size > 3 && memcmp(text + size - 3, " BC", 3) == 0;
}

static gboolean read_date(const char **at, const char *end, gboolean is_bc, gint64 *out_days)
{
    gint64 year = read_number(at, end);
    gint64 month = skip(at, end, '-') ? read_number(at, end) : 0;
    gint64 day = skip(at, end, '-') ? read_number(at, end) : 0;

    if (month < 1 || month > 12 || day < 1 || day > 31 || year > YEARS_MAX) {
        return FALSE; /* zero dates have zeros there */
    }
    *out_days = tg_days_from_date(is_bc ? 1 - year : year, (guint)month, (guint)day);
    return TRUE;
}

/* "19:23:49.5" */
static gboolean read_clock(const char **at, const char *end, gint64 *out_micros)
{
    gint64 hours = read_number(at, end);
    gint64 minutes = skip(at, end, ':') ? read_number(at, end) : 0;
    gint64 seconds = skip(at, end, ':') ? read_number(at, end) : 0;
    gint64 micros = 0;
    gint64 scale = SECOND_MICROS / 10;

    if (skip(at, end, '.')) {
        for (; *at < end && g_ascii_isdigit(**at); (*at)++, scale /= 10) {
            micros += (**at - '0') * scale;
        }
    }
    *out_micros = (hours * 3600 + minutes * 60 + seconds) * SECOND_MICROS + micros;
    return minutes < 60 && seconds < 61;
}

/* "+09", "-03:30", "+00:00:08": seconds east. */
static gint64 read_offset(const char **at, const char *end)
{
    gint64 sign = 0;
    gint64 micros = 0;

    if (skip(at, end, '+')) {
        sign = 1;
    } else if (skip(at, end, '-')) {
        sign = -1;
    }
    return sign != 0 && read_clock(at, end, &micros) ? sign * micros / SECOND_MICROS : 0;
}

gboolean tg_database_parse_date(const char *text, gsize size, gint64 *out_days)
{
    const char *at = text;

    return read_date(&at, text + size, ends_bc(text, size), out_days);
}

/* Two digits at most 99; more when they are none. */
static guint two(const char *at)
{
    guint tens = (guint)(guchar)at[0] - '0';
    guint ones = (guint)(guchar)at[1] - '0';

    return tens > 9 || ones > 9 ? G_MAXINT16 : tens * 10 + ones;
}

/* "2015-01-27 19:23:49", what nearly all are; FALSE says nothing about the text. */
static gboolean parse_usual_timestamp(const char *text, gint64 *out_micros)
{
    gint64 year = (gint64)two(text) * 100 + two(text + 2);
    guint month = two(text + 5);
    guint day = two(text + 8);
    guint hour = two(text + 11);
    guint minute = two(text + 14);
    guint second = two(text + 17);

    if (year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
        second > 59 || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' ||
        text[16] != ':') {
        return FALSE;
    }
    gint64 clock = ((gint64)hour * 60 + minute) * 60 + second;

    *out_micros = (tg_days_from_date(year, month, day) * DAY_SECONDS + clock) * SECOND_MICROS;
    return TRUE;
}

gboolean tg_database_parse_timestamp(const char *text, gsize size, gint64 *out_micros)
{
    if (size == USUAL_BYTES && parse_usual_timestamp(text, out_micros)) {
        return TRUE;
    }
    const char *at = text;
    const char *end = text + size;
    gint64 days = 0;
    gint64 clock = 0;
    gint64 micros = 0;

    if (!read_date(&at, end, ends_bc(text, size), &days)) {
        return FALSE;
    }
    if (at < end && (*at == ' ' || *at == 'T')) {
        at++;
        if (!read_clock(&at, end, &clock)) {
            return FALSE;
        }
        clock -= read_offset(&at, end) * SECOND_MICROS;
    }
    if (__builtin_mul_overflow(days, DAY_SECONDS * SECOND_MICROS, &micros) ||
        __builtin_add_overflow(micros, clock, &micros)) {
        return FALSE;
    }
    *out_micros = micros;
    return TRUE;
}

gboolean tg_database_parse_time(const char *text, gsize size, gint64 *out_micros)
{
    const char *at = text;
    const char *end = text + size;
    gboolean is_negative = skip(&at, end, '-');

    if (!read_clock(&at, end, out_micros) || at != end) {
        return FALSE;
    }
    *out_micros = is_negative ? -*out_micros : *out_micros;
    return TRUE;
}

const char *tg_database_set_instant(const TgDatabaseColumn *column, gint64 micros, TgVector *vector,
                                    guint row)
{
    if (vector->type.id == TG_TYPE_DATE) {
        gint64 day_micros = SECOND_MICROS * DAY_SECONDS;
        gint64 wide = micros / day_micros - (micros % day_micros < 0 ? 1 : 0);
        gint32 days = (gint32)wide;

        tg_vector_set_fixed(vector, row, &days);
        return NULL;
    }
    if (vector->type.id == TG_TYPE_STRING) {
        g_autoptr(GString) out = g_string_new(NULL);

        tg_time_format_write(column->format, column->zone, (TgInt128)micros * 1000, out);
        tg_vector_set_bytes(vector, row, out->str, out->len);
        return NULL;
    }
    if (vector->type.unit == TG_UNIT_WIDE) {
        tg_vector_set_int128(vector, row, (TgInt128)micros * 1000);
    } else {
        tg_vector_set_int64(vector, row, micros);
    }
    return NULL;
}

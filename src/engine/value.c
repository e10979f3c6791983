/* Values as Athena prints them: 2024-01-02 03:04:05.000, [1, 2], {k=1}, 1.0E10, 65 66. */
#include <math.h>
#include <string.h>

#include "base/double_text.h"
#include "engine/engine_internal.h"

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

#define DAY_MICROS ((gint64)86400000000)

/* ---- numbers -------------------------------------------------------------------------------- */

static void append_int128(GString *out, Int128 value, guint scale)
{
    char digits[64];
    gsize at = sizeof digits;
    UInt128 left = value < 0 ? -(UInt128)value : (UInt128)value;
    guint count = 0;

    do {
        if (count == scale && scale > 0) {
            digits[--at] = '.';
        }
        digits[--at] = (char)('0' + (int)(left % 10));
        left /= 10;
        count++;
    } while (left > 0 || count <= scale);
    g_string_append(out, value < 0 ? "-" : "");
    g_string_append_len(out, digits + at, (gssize)(sizeof digits - at));
}

static gboolean append_special(GString *out, double value)
{
    if (isnan(value)) {
        g_string_append(out, "NaN");
        return TRUE;
    }
    if (isinf(value)) {
        g_string_append(out, value < 0 ? "-Infinity" : "Infinity");
        return TRUE;
    }
    return FALSE;
}

void tg_engine_append_double(GString *out, double value, gboolean is_real)
{
    char text[TG_DOUBLE_TEXT_BYTES];

    (void)(is_real ? tg_float_format(value, text) : tg_double_format(value, text));
    g_string_append(out, text);
}

/* Trino shows seven digits of a real, rounded. The exponent of the first. */
static int seven_digits(double value, char *digits)
{
    char text[TG_DOUBLE_TEXT_BYTES];
    gsize length = 7;

    (void)g_ascii_formatd(text, sizeof text, "%.6e", value);
    digits[0] = text[0];
    memcpy(digits + 1, text + 2, 6);
    while (length > 1 && digits[length - 1] == '0') {
        length--;
    }
    digits[length] = '\0';
    return (int)g_ascii_strtoll(strchr(text, 'e') + 1, NULL, 10);
}

void tg_engine_append_double_cast(GString *out, double value, gboolean is_real)
{
    char digits[TG_DOUBLE_TEXT_BYTES];
    int exponent = 0;

    if (append_special(out, value)) {
        return;
    }
    if (value == 0) {
        g_string_append(out, signbit(value) ? "-0E0" : "0E0");
        return;
    }
    exponent = is_real ? seven_digits(fabs(value), digits)
                       : tg_double_shortest(fabs(value), FALSE, digits);
    g_string_append_printf(out, "%s%c.%sE%d", value < 0 ? "-" : "", digits[0],
                           strlen(digits) > 1 ? digits + 1 : "0", exponent);
}

/* ---- times ---------------------------------------------------------------------------------- */

/* Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant's civil_from_days). */
static void append_date(GString *out, gint64 days)
{
    gint64 z = days + 719468;
    gint64 era = (z >= 0 ? z : z - 146096) / 146097;
    gint64 day_of_era = z - era * 146097;
    gint64 year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    gint64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    gint64 month = (5 * day_of_year + 2) / 153;
    gint64 day = day_of_year - (153 * month + 2) / 5 + 1;
    gint64 year = year_of_era + era * 400 + (month >= 10 ? 1 : 0);

    month = month < 10 ? month + 3 : month - 9;
    g_string_append_printf(out, "%s%04d-%02d-%02d", year < 0 ? "-" : (year > 9999 ? "+" : ""),
                           (int)ABS(year), (int)month, (int)day);
}

static void append_time(GString *out, gint64 micros, guint digits)
{
    gint64 seconds = micros / 1000000;
    g_autofree char *fraction = g_strdup_printf("%06d", (int)(micros % 1000000));

    g_string_append_printf(out, "%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                           (int)(seconds % 60));
    digits = CLAMP(digits, 3, 6); /* Athena shows milliseconds at least */
    g_string_append_printf(out, ".%.*s", (int)digits, fraction);
}

static void append_timestamp(GString *out, gint64 micros, const TgSqlType *type)
{
    gint64 days = micros / DAY_MICROS;
    gint64 rest = micros % DAY_MICROS;

    if (rest < 0) {
        rest += DAY_MICROS;
        days--;
    }
    append_date(out, days);
    g_string_append_c(out, ' ');
    append_time(out, rest, type->precision);
    g_string_append(out, type->id == TG_SQL_TIMESTAMP_TZ ? " UTC" : "");
}

/* STRUCT(t, l, z): the local time and its zone. */
static void append_zoned(const TgDuckdbApi *api, duckdb_vector vector, guint64 row,
                         const TgSqlType *type, GString *out)
{
    const gint64 *local =
        api->duckdb_vector_get_data(api->duckdb_struct_vector_get_child(vector, 1));
    const duckdb_string_t *zone =
        api->duckdb_vector_get_data(api->duckdb_struct_vector_get_child(vector, 2));
    const TgSqlType plain = {.id = TG_SQL_TIMESTAMP, .precision = type->precision};
    gsize size = 0;
    const char *name = tg_engine_string_bytes(&zone[row], &size);

    append_timestamp(out, local[row], &plain);
    g_string_append_c(out, ' ');
    g_string_append_len(out, name, (gssize)size);
}

static void append_interval(GString *out, const duckdb_interval *interval, const TgSqlType *type)
{
    gint64 micros = (gint64)interval->days * DAY_MICROS + interval->micros;

    if (type->id == TG_SQL_INTERVAL_MONTH) {
        gint32 months = ABS(interval->months);

        g_string_append_printf(out, "%s%d-%d", interval->months < 0 ? "-" : "", months / 12,
                               months % 12);
        return;
    }
    g_string_append(out, micros < 0 ? "-" : "");
    micros = ABS(micros);
    g_string_append_printf(out, "%d ", (int)(micros / DAY_MICROS));
    append_time(out, micros % DAY_MICROS, 3);
}

/* ---- bytes ---------------------------------------------------------------------------------- */

const char *tg_engine_string_bytes(const duckdb_string_t *text, gsize *out_size)
{
    *out_size = text->value.inlined.length;
    return *out_size <= 12 ? text->value.inlined.inlined : text->value.pointer.ptr;
}

static void append_binary(GString *out, const char *bytes, gsize size)
{
    for (gsize i = 0; i < size; i++) {
        g_string_append_printf(out, "%s%02x", i == 0 ? "" : " ", (guint)(guchar)bytes[i]);
    }
}

static void append_uuid(GString *out, const duckdb_hugeint *value)
{
    guint64 high = (guint64)value->upper ^ ((guint64)1 << 63U); /* DuckDB flips it for sorting */

    g_string_append_printf(out, "%08x-%04x-%04x-%04x-%012" G_GINT64_MODIFIER "x",
                           (guint)(high >> 32U), (guint)(high >> 16U & 0xFFFFU),
                           (guint)(high & 0xFFFFU), (guint)(value->lower >> 48U),
                           value->lower & G_GUINT64_CONSTANT(0xFFFFFFFFFFFF));
}

/* ---- nested values -------------------------------------------------------------------------- */

static void append_or_null(const TgDuckdbApi *api, duckdb_vector vector, guint64 row,
                           const TgSqlType *type, GString *out)
{
    if (!tg_engine_value_append(api, vector, row, type, out)) {
        g_string_append(out, "null");
    }
}

static const TgSqlType *child_type(const TgSqlType *type, guint index)
{
    return index < type->count ? type->items[index] : &tg_sql_type_unknown;
}

static void append_list(const TgDuckdbApi *api, duckdb_vector vector, guint64 row,
                        const TgSqlType *type, GString *out)
{
    const duckdb_list_entry *entry =
        &((const duckdb_list_entry *)api->duckdb_vector_get_data(vector))[row];
    duckdb_vector child = api->duckdb_list_vector_get_child(vector);

    g_string_append_c(out, '[');
    for (guint64 i = 0; i < entry->length; i++) {
        g_string_append(out, i == 0 ? "" : ", ");
        append_or_null(api, child, entry->offset + i, child_type(type, 0), out);
    }
    g_string_append_c(out, ']');
}

/* A map is a list of structs of key and value. */
static void append_map(const TgDuckdbApi *api, duckdb_vector vector, guint64 row,
                       const TgSqlType *type, GString *out)
{
    const duckdb_list_entry *entry =
        &((const duckdb_list_entry *)api->duckdb_vector_get_data(vector))[row];
    duckdb_vector child = api->duckdb_list_vector_get_child(vector);
    duckdb_vector keys = api->duckdb_struct_vector_get_child(child, 0);
    duckdb_vector values = api->duckdb_struct_vector_get_child(child, 1);

    g_string_append_c(out, '{');
    for (guint64 i = 0; i < entry->length; i++) {
        g_string_append(out, i == 0 ? "" : ", ");
        append_or_null(api, keys, entry->offset + i, child_type(type, 0), out);
        g_string_append_c(out, '=');
        append_or_null(api, values, entry->offset + i, child_type(type, 1), out);
    }
    g_string_append_c(out, '}');
}

static void append_row(const TgDuckdbApi *api, duckdb_vector vector, guint64 row,
                       const TgSqlType *type, GString *out)
{
    duckdb_logical_type logical = api->duckdb_vector_get_column_type(vector);
    guint64 count = api->duckdb_struct_type_child_count(logical);

    api->duckdb_destroy_logical_type(&logical);
    g_string_append_c(out, '{');
    for (guint64 i = 0; i < count; i++) {
        const char *name = i < type->count ? type->names[i] : NULL;

        g_string_append(out, i == 0 ? "" : ", ");
        if (name == NULL) {
            g_string_append_printf(out, "field%u=", (guint)i);
        } else {
            g_string_append_printf(out, "%s=", name);
        }
        append_or_null(api, api->duckdb_struct_vector_get_child(vector, i), row,
                       child_type(type, (guint)i), out);
    }
    g_string_append_c(out, '}');
}

/* ---- by DuckDB's type ----------------------------------------------------------------------- */

static Int128 read_huge(const duckdb_hugeint *value)
{
    return (Int128)((UInt128)(guint64)value->upper << 64U | value->lower);
}

static Int128 read_integer(duckdb_type id, const void *data, guint64 row)
{
    switch ((int)id) {
    case DUCKDB_TYPE_TINYINT:
        return ((const gint8 *)data)[row];
    case DUCKDB_TYPE_SMALLINT:
        return ((const gint16 *)data)[row];
    case DUCKDB_TYPE_INTEGER:
        return ((const gint32 *)data)[row];
    case DUCKDB_TYPE_UTINYINT:
        return ((const guint8 *)data)[row];
    case DUCKDB_TYPE_USMALLINT:
        return ((const guint16 *)data)[row];
    case DUCKDB_TYPE_UINTEGER:
        return ((const guint32 *)data)[row];
    case DUCKDB_TYPE_UBIGINT:
        return (Int128)((const guint64 *)data)[row];
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
        return read_huge(&((const duckdb_hugeint *)data)[row]);
    default:
        return ((const gint64 *)data)[row];
    }
}

static void append_decimal(const TgDuckdbApi *api, duckdb_vector vector, guint64 row, GString *out)
{
    duckdb_logical_type logical = api->duckdb_vector_get_column_type(vector);
    duckdb_type internal = api->duckdb_decimal_internal_type(logical);
    guint scale = api->duckdb_decimal_scale(logical);

    api->duckdb_destroy_logical_type(&logical);
    append_int128(out, read_integer(internal, api->duckdb_vector_get_data(vector), row), scale);
}

static void append_time_like(duckdb_type id, const void *data, guint64 row, const TgSqlType *type,
                             GString *out)
{
    gint64 value =
        id == DUCKDB_TYPE_DATE ? ((const gint32 *)data)[row] : ((const gint64 *)data)[row];

    switch ((int)id) {
    case DUCKDB_TYPE_DATE:
        append_date(out, value);
        break;
    case DUCKDB_TYPE_TIME:
        append_time(out, value, type->precision);
        break;
    case DUCKDB_TYPE_TIMESTAMP_S:
        append_timestamp(out, value * 1000000, type);
        break;
    case DUCKDB_TYPE_TIMESTAMP_MS:
        append_timestamp(out, value * 1000, type);
        break;
    case DUCKDB_TYPE_TIMESTAMP_NS:
        append_timestamp(out, value / 1000, type);
        break;
    default:
        append_timestamp(out, value, type);
    }
}

static void append_bytes(duckdb_type id, const duckdb_string_t *text, GString *out)
{
    gsize size = 0;
    const char *bytes = tg_engine_string_bytes(text, &size);

    if (id == DUCKDB_TYPE_BLOB) {
        append_binary(out, bytes, size);
    } else {
        g_string_append_len(out, bytes, (gssize)size);
    }
}

static void append_plain(const TgDuckdbApi *api, duckdb_vector vector, duckdb_type id, guint64 row,
                         const TgSqlType *type, GString *out)
{
    const void *data = api->duckdb_vector_get_data(vector);

    switch ((int)id) {
    case DUCKDB_TYPE_BOOLEAN:
        g_string_append(out, ((const bool *)data)[row] ? "true" : "false");
        break;
    case DUCKDB_TYPE_FLOAT:
        tg_engine_append_double(out, (double)((const float *)data)[row], TRUE);
        break;
    case DUCKDB_TYPE_DOUBLE:
        tg_engine_append_double(out, ((const double *)data)[row], FALSE);
        break;
    case DUCKDB_TYPE_DECIMAL:
        append_decimal(api, vector, row, out);
        break;
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB:
        append_bytes(id, &((const duckdb_string_t *)data)[row], out);
        break;
    case DUCKDB_TYPE_DATE:
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        append_time_like(id, data, row, type, out);
        break;
    case DUCKDB_TYPE_INTERVAL:
        append_interval(out, &((const duckdb_interval *)data)[row], type);
        break;
    case DUCKDB_TYPE_UUID:
        append_uuid(out, &((const duckdb_hugeint *)data)[row]);
        break;
    case DUCKDB_TYPE_LIST:
        append_list(api, vector, row, type, out);
        break;
    case DUCKDB_TYPE_MAP:
        append_map(api, vector, row, type, out);
        break;
    case DUCKDB_TYPE_STRUCT:
        if (type->id == TG_SQL_TIMESTAMP_TZ) {
            append_zoned(api, vector, row, type, out);
            break;
        }
        append_row(api, vector, row, type, out);
        break;
    default:
        append_int128(out, read_integer(id, data, row), 0);
    }
}

gboolean tg_engine_value_append(const TgDuckdbApi *api, duckdb_vector vector, guint64 row,
                                const TgSqlType *type, GString *out)
{
    uint64_t *validity = api->duckdb_vector_get_validity(vector);
    duckdb_logical_type logical = NULL;
    duckdb_type id = DUCKDB_TYPE_INVALID;

    if (validity != NULL && !api->duckdb_validity_row_is_valid(validity, row)) {
        return FALSE;
    }
    logical = api->duckdb_vector_get_column_type(vector);
    id = api->duckdb_get_type_id(logical);
    api->duckdb_destroy_logical_type(&logical);
    if (id == DUCKDB_TYPE_SQLNULL) {
        return FALSE;
    }
    append_plain(api, vector, id, row, type, out);
    return TRUE;
}

/* Texts of the PostgreSQL protocol to values. */
#include <string.h>

#include "loader/input/postgresql.h"
#include "loader/number_text.h"
#include "loader/utf8.h"

#define DAY_MICROS ((gint64)86400 * 1000000)

static gboolean is_text(const char *text, gsize size, const char *wanted)
{
    return size == strlen(wanted) && memcmp(text, wanted, size) == 0;
}

const char *pg_value_lose(const PgPlan *plan, TgVector *vector, guint row, const char *reason)
{
    if (plan->exact && !plan->is_lossy) {
        return reason;
    }
    tg_vector_set_null(vector, row);
    return NULL;
}

static const char *set_integer(const char *text, gsize size, TgVector *vector, guint row)
{
    gint64 value = 0;

    if (!tg_int64_parse(text, size, &value)) {
        return "does not fit 64 bits with a sign; load the column as a string";
    }
    tg_vector_set_fixed(vector, row, &value); /* little-endian: the low bytes come first */
    return NULL;
}

static const char *set_real(const char *text, gsize size, TgVector *vector, guint row)
{
    double value = 0.0;

    if (!tg_double_parse(text, size, &value)) {
        return "is no number";
    }
    if (vector->type.id == TG_TYPE_FLOAT) {
        float narrow = (float)value;

        tg_vector_set_fixed(vector, row, &narrow);
    } else {
        tg_vector_set_double(vector, row, value);
    }
    return NULL;
}

static const char *set_decimal(const PgPlan *plan, const char *text, gsize size, TgVector *vector,
                               guint row)
{
    TgInt128 value = 0;

    if (is_text(text, size, "NaN") || is_text(text, size, "Infinity") ||
        is_text(text, size, "-Infinity")) {
        return pg_value_lose(
            plan, vector, row,
            "is no number that a decimal holds; load the column as a string or a double, "
            "or write 'lossy: allow' to load such values as null");
    }
    if (!tg_decimal_parse(text, size, vector->type.precision, vector->type.scale, &value)) {
        return "has more digits than the column's type";
    }
    tg_vector_set_int128(vector, row, value);
    return NULL;
}

/* Any time as microseconds since 1970; Embulk puts times of the day on its first day. */
static gboolean parse_instant(PgKind kind, const char *text, gsize size, gint64 *out_micros)
{
    gint64 days = 0;

    if (kind == PG_TIME) {
        return tg_database_parse_time(text, size, out_micros);
    }
    if (kind == PG_DATE) {
        return tg_database_parse_date(text, size, &days) &&
               !__builtin_mul_overflow(days, DAY_MICROS, out_micros);
    }
    return tg_database_parse_timestamp(text, size, out_micros);
}

static const char *set_date(const PgPlan *plan, const char *text, gsize size, TgVector *vector,
                            guint row)
{
    gint64 days = 0;

    if (!tg_database_parse_date(text, size, &days) || days != (gint32)days) {
        return pg_value_lose(
            plan, vector, row,
            "is no date that can be stored; write 'lossy: allow' to load it as null");
    }
    gint32 narrow = (gint32)days;

    tg_vector_set_fixed(vector, row, &narrow);
    return NULL;
}

static const char *set_instant(const PgPlan *plan, guint column, const char *text, gsize size,
                               TgVector *vector, guint row)
{
    const PgColumn *about = &plan->columns[column];
    gint64 micros = 0;

    if (!parse_instant(about->kind, text, size, &micros)) {
        return pg_value_lose(
            plan, vector, row,
            "is no time that can be stored; write 'lossy: allow' to load it as null");
    }
    return tg_database_set_instant(&about->column, micros, vector, row);
}

static int hex_digit(char digit)
{
    return g_ascii_xdigit_value(digit);
}

/* "\x00ff": the server's hex form of bytea. */
static const char *set_bytes(const char *text, gsize size, TgVector *vector, guint row)
{
    g_autofree char *bytes = NULL;

    if (size < 2 || text[0] != '\\' || text[1] != 'x' || size % 2 != 0) {
        return "is no bytea in hexadecimal form; set bytea_output = hex on the server";
    }
    bytes = g_malloc(size / 2);
    for (gsize i = 0; i < size / 2 - 1; i++) {
        int high = hex_digit(text[2 + i * 2]);
        int low = hex_digit(text[3 + i * 2]);

        if (high < 0 || low < 0) {
            return "is no bytea in hexadecimal form; set bytea_output = hex on the server";
        }
        bytes[i] = (char)(high * 16 + low);
    }
    tg_vector_set_bytes(vector, row, bytes, size / 2 - 1);
    return NULL;
}

static const char *set_text(const PgPlan *plan, guint column, const char *text, gsize size,
                            TgVector *vector, guint row)
{
    const PgColumn *about = &plan->columns[column];

    if (about->column.format != NULL) {
        return set_instant(plan, column, text, size, vector, row);
    }
    tg_vector_set_bytes(vector, row, text, size);
    return NULL;
}

const char *pg_value_set(const PgPlan *plan, guint column, const char *text, gsize size_bytes,
                         TgVector *vector, guint row)
{
    PgKind kind = plan->columns[column].kind;
    gint64 micros = 0;

    switch ((int)vector->type.id) {
    case TG_TYPE_BOOLEAN:
        tg_vector_set_boolean(vector, row,
                              kind == PG_BOOLEAN ? *text == 't' : !is_text(text, size_bytes, "0"));
        return NULL;
    case TG_TYPE_FLOAT:
    case TG_TYPE_DOUBLE:
        return set_real(text, size_bytes, vector, row);
    case TG_TYPE_DECIMAL:
        return set_decimal(plan, text, size_bytes, vector, row);
    case TG_TYPE_DATE:
        return set_date(plan, text, size_bytes, vector, row);
    case TG_TYPE_TIMESTAMP:
        return set_instant(plan, column, text, size_bytes, vector, row);
    case TG_TYPE_TIME:
        if (!tg_database_parse_time(text, size_bytes, &micros)) {
            return "is no time of the day";
        }
        tg_vector_set_int64(vector, row, micros);
        return NULL;
    case TG_TYPE_BINARY:
        return set_bytes(text, size_bytes, vector, row);
    case TG_TYPE_JSON:
    case TG_TYPE_STRING:
        return set_text(plan, column, text, size_bytes, vector, row);
    default:
        if (kind == PG_BOOLEAN) {
            gint64 value = *text == 't' ? 1 : 0;

            tg_vector_set_fixed(vector, row, &value);
            return NULL;
        }
        return set_integer(text, size_bytes, vector, row);
    }
}

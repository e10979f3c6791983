/* Values of the MySQL protocol into vectors. */
#include <string.h>

#include "loader/input/mysql.h"
#include "loader/number_text.h"
#include "loader/utf8.h"

#define SECOND_MICROS ((gint64)1000000)
#define YEAR_MAX 9999 /* of four digits */
#define DAY_SECONDS ((gint64)86400)

/* Any time of the server as microseconds since 1970; FALSE: a zero date. */
static gboolean parse_instant(TgMysqlKind kind, const char *text, gsize size, gint64 *out_micros)
{
    gint64 days = 0;
    gint64 year = 0;

    switch ((int)kind) {
    case TG_MYSQL_DATE:
        return tg_database_parse_date(text, size, &days) &&
               !__builtin_mul_overflow(days, DAY_SECONDS * SECOND_MICROS, out_micros);
    case TG_MYSQL_TIME: /* Embulk: on the first day of 1970, without the fraction */
        if (!tg_database_parse_time(text, size, out_micros)) {
            return FALSE;
        }
        *out_micros = *out_micros / SECOND_MICROS * SECOND_MICROS;
        return TRUE;
    case TG_MYSQL_YEAR:
        if (!tg_int64_parse(text, size, &year) || year < 0 || year > YEAR_MAX) {
            return FALSE;
        }
        *out_micros = tg_days_from_date(year, 1, 1) * DAY_SECONDS * SECOND_MICROS;
        return TRUE;
    default:
        return tg_database_parse_timestamp(text, size, out_micros);
    }
}

static const char *zero_date(const MysqlPlan *plan, TgVector *vector, guint row)
{
    if (plan->exact && !plan->is_lossy) {
        return "is no date; write 'lossy: allow' in 'in' to load such dates as null";
    }
    tg_vector_set_null(vector, row);
    return NULL;
}

static const char *set_instant(const MysqlPlan *plan, guint column, const char *text, gsize size,
                               TgVector *vector, guint row)
{
    gint64 micros = 0;

    if (!parse_instant(plan->columns[column].kind, text, size, &micros)) {
        return zero_date(plan, vector, row);
    }
    return tg_database_set_instant(&plan->columns[column].column, micros, vector, row);
}

static guint64 bits_value(const char *bytes, gsize size)
{
    guint64 value = 0;

    for (gsize i = 0; i < size; i++) {
        value = value << 8u | (guint8)bytes[i];
    }
    return value;
}

static gboolean parse_unsigned(const char *text, gsize size, guint64 *out)
{
    guint64 value = 0;

    for (gsize i = 0; i < size; i++) {
        guint digit = (guint)(guchar)text[i] - '0';

        if (digit > 9 || value > (G_MAXUINT64 - digit) / 10) {
            return FALSE;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return size > 0;
}

static const char *set_integer(TgMysqlKind kind, const char *text, gsize size, TgVector *vector,
                               guint row)
{
    guint64 wide = 0;
    gint64 value = 0;

    if (kind == TG_MYSQL_BIT) {
        wide = bits_value(text, size);
    } else if (vector->type.id == TG_TYPE_UINT64) {
        if (!parse_unsigned(text, size, &wide)) {
            return "is no integer";
        }
    } else {
        if (!tg_int64_parse(text, size, &value)) {
            return "does not fit 64 bits with a sign; load the column as a string";
        }
        wide = (guint64)value;
    }
    tg_vector_set_fixed(vector, row, &wide); /* little-endian: the low bytes come first */
    return NULL;
}

static const char *set_real(const MysqlPlan *plan, TgMysqlKind kind, const char *text, gsize size,
                            TgVector *vector, guint row)
{
    double value = 0.0;

    if (!tg_double_parse(text, size, &value)) {
        return "is no number";
    }
    if (vector->type.id == TG_TYPE_FLOAT) {
        float narrow = (float)value;

        tg_vector_set_fixed(vector, row, &narrow);
        return NULL;
    }
    /* Embulk reads a FLOAT through 32 bits, so 1.1 becomes 1.100000023841858. */
    tg_vector_set_double(vector, row,
                         kind == TG_MYSQL_FLOAT && !plan->exact ? (double)(float)value : value);
    return NULL;
}

static const char *set_text(const MysqlPlan *plan, guint column, const char *text, gsize size,
                            TgVector *vector, guint row)
{
    const MysqlColumn *about = &plan->columns[column];

    if (about->column.format != NULL) {
        return set_instant(plan, column, text, size, vector, row);
    }
    if (about->kind == TG_MYSQL_BYTES && !tg_utf8_is_valid(text, size)) {
        return "holds bytes that are no UTF-8 text";
    }
    tg_vector_set_bytes(vector, row, text, size);
    return NULL;
}

static const char *set_from_text(const MysqlPlan *plan, guint column, const TgMysqlValue *value,
                                 TgVector *vector, guint row)
{
    TgMysqlKind kind = plan->columns[column].kind;
    const char *text = value->text;
    gsize size_bytes = value->size_bytes;
    TgInt128 decimal = 0;
    gint64 micros = 0;

    switch (vector->type.id) {
    case TG_TYPE_BOOLEAN:
        tg_vector_set_boolean(vector, row,
                              kind == TG_MYSQL_BIT ? bits_value(text, size_bytes) != 0
                                                   : !(size_bytes == 1 && *text == '0'));
        return NULL;
    case TG_TYPE_FLOAT:
    case TG_TYPE_DOUBLE:
        return set_real(plan, kind, text, size_bytes, vector, row);
    case TG_TYPE_DECIMAL:
        if (!tg_decimal_parse(text, size_bytes, vector->type.precision, vector->type.scale,
                              &decimal)) {
            return "has more digits than the column's type";
        }
        tg_vector_set_int128(vector, row, decimal);
        return NULL;
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        return set_instant(plan, column, text, size_bytes, vector, row);
    case TG_TYPE_TIME:
        if (!tg_database_parse_time(text, size_bytes, &micros)) {
            return "is no time";
        }
        tg_vector_set_int64(vector, row, micros);
        return NULL;
    case TG_TYPE_BINARY:
    case TG_TYPE_JSON:
        tg_vector_set_bytes(vector, row, text, size_bytes);
        return NULL;
    case TG_TYPE_STRING:
        return set_text(plan, column, text, size_bytes, vector, row);
    case TG_TYPE_INT8:
    case TG_TYPE_INT16:
    case TG_TYPE_INT32:
    case TG_TYPE_INT64:
    case TG_TYPE_UINT8:
    case TG_TYPE_UINT16:
    case TG_TYPE_UINT32:
    case TG_TYPE_UINT64:
    default:
        return set_integer(kind, text, size_bytes, vector, row);
    }
}

/* --- values in binary form --- */

static const char *set_native_integer(const TgMysqlValue *value, gboolean is_unsigned,
                                      TgVector *vector, guint row)
{
    if (is_unsigned && vector->type.id == TG_TYPE_INT64 && value->as.integer < 0) {
        return "does not fit 64 bits with a sign; load the column as a string";
    }
    tg_vector_set_fixed(vector, row, &value->as.integer); /* the low bytes come first */
    return NULL;
}

static const char *set_native_double(const TgMysqlValue *value, TgVector *vector, guint row)
{
    if (vector->type.id == TG_TYPE_FLOAT) {
        float narrow = (float)value->as.real;

        tg_vector_set_fixed(vector, row, &narrow);
    } else {
        tg_vector_set_double(vector, row, value->as.real);
    }
    return NULL;
}

static const char *set_native_moment(const MysqlPlan *plan, guint column, const TgMysqlMoment *at,
                                     TgVector *vector, guint row)
{
    gint64 clock = ((((gint64)at->hour * 60) + at->minute) * 60 + at->second) * SECOND_MICROS;
    gint64 micros = clock + at->micros;

    if (plan->columns[column].kind == TG_MYSQL_TIME) {
        micros += (gint64)at->day * DAY_SECONDS * SECOND_MICROS;
        micros = at->is_negative ? -micros : micros;
        if (vector->type.id == TG_TYPE_TIME) {
            tg_vector_set_int64(vector, row, micros);
            return NULL;
        }
        micros = micros / SECOND_MICROS * SECOND_MICROS; /* Embulk: without the fraction */
    } else if (at->month == 0 || at->day == 0) {
        return zero_date(plan, vector, row);
    } else {
        micros += tg_days_from_date(at->year, at->month, at->day) * DAY_SECONDS * SECOND_MICROS;
    }
    return tg_database_set_instant(&plan->columns[column].column, micros, vector, row);
}

const char *mysql_value_set(const MysqlPlan *plan, guint column, const TgMysqlValue *value,
                            TgVector *vector, guint row)
{
    switch (value->form) {
    case TG_MYSQL_AS_INTEGER:
        return set_native_integer(value, plan->columns[column].is_unsigned, vector, row);
    case TG_MYSQL_AS_DOUBLE:
        return set_native_double(value, vector, row);
    case TG_MYSQL_AS_MOMENT:
        return set_native_moment(plan, column, &value->as.moment, vector, row);
    case TG_MYSQL_AS_TEXT:
    default:
        return set_from_text(plan, column, value, vector, row);
    }
}

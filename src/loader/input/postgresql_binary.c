/* Rows of PostgreSQL's COPY in binary form: https://www.postgresql.org/docs/current/sql-copy.html,
 * and of each type what its function …send() writes (src/backend/utils/adt). Everything is
 * big-endian. */
#include <string.h>

#include "loader/input/postgresql.h"
#include "loader/number_text.h"

#define SIGNATURE "PGCOPY\n\377\r\n" /* and a NUL */
#define SIGNATURE_BYTES 11u
#define HEADER_BYTES 19u /* with flags and the size of the rest */
#define EPOCH_DAYS 10957 /* 2000-01-01 since 1970-01-01 */
#define DAY_MICROS ((gint64)86400 * 1000000)
#define NUMERIC_HEAD_BYTES 8u /* four words before the digits */
#define NUMERIC_BASE 10000
#define NUMERIC_BASE_DIGITS 4
#define NUMERIC_DIGITS_MAX                                                                         \
    32 /* of base 10,000: more than 38 decimal ones need, with zeros around */
#define NUMERIC_NEGATIVE 0x4000u
#define NUMERIC_NAN 0xC000u
#define NUMERIC_INFINITY 0xD000u
#define NUMERIC_MINUS_INFINITY 0xF000u
#define DECIMAL_DIGITS_MAX 38

static guint16 read_u16(const char *at)
{
    guint16 value = 0;

    memcpy(&value, at, sizeof value);
    return GUINT16_FROM_BE(value);
}

static guint32 read_u32(const char *at)
{
    guint32 value = 0;

    memcpy(&value, at, sizeof value);
    return GUINT32_FROM_BE(value);
}

static guint64 read_u64(const char *at)
{
    guint64 value = 0;

    memcpy(&value, at, sizeof value);
    return GUINT64_FROM_BE(value);
}

/* --- rows --- */

/* Where the first row is; NULL: this is no header. */
static const char *skip_header(const char *message, gsize size)
{
    if (size < HEADER_BYTES || memcmp(message, SIGNATURE, SIGNATURE_BYTES) != 0) {
        return NULL;
    }
    guint32 rest = read_u32(message + HEADER_BYTES - sizeof rest);

    return rest > size - HEADER_BYTES ? NULL : message + HEADER_BYTES + rest;
}

gint pg_binary_cut(const char *message, gsize size, gboolean *has_header, PgField *fields,
                   guint count)
{
    const char *at = *has_header ? message : skip_header(message, size);
    const char *end = message + size;

    if (at == NULL) {
        return -1;
    }
    *has_header = TRUE;
    if (at == end) {
        return 0;
    }
    if (end - at < (gssize)sizeof(guint16)) {
        return -1;
    }
    guint16 found = read_u16(at);

    at += sizeof found;
    if (found == G_MAXUINT16) { /* -1: the end */
        return at == end ? 0 : -1;
    }
    for (guint i = 0; i < MIN(found, count); i++) {
        if (end - at < (gssize)sizeof(guint32)) {
            return -1;
        }
        guint32 bytes = read_u32(at);

        at += sizeof bytes;
        fields[i] = (PgField){NULL, 0};
        if (bytes == G_MAXUINT32) { /* -1: null */
            continue;
        }
        if (bytes > (gsize)(end - at)) {
            return -1;
        }
        fields[i] = (PgField){at, bytes};
        at += bytes;
    }
    return found == count && at != end ? -1 : (gint)found;
}

/* --- values --- */

typedef struct {
    guint oid;
    PgForm form;
    TgTypeId types[3]; /* of columns that take it so; others get the printed text */
} FormRow;

static const FormRow forms[] = {
    {TG_POSTGRESQL_BOOL, PG_AS_BOOLEAN, {TG_TYPE_BOOLEAN, TG_TYPE_BOOLEAN, TG_TYPE_BOOLEAN}},
    {TG_POSTGRESQL_INT2, PG_AS_INTEGER, {TG_TYPE_INT16, TG_TYPE_INT32, TG_TYPE_INT64}},
    {TG_POSTGRESQL_INT4, PG_AS_INTEGER, {TG_TYPE_INT32, TG_TYPE_INT64, TG_TYPE_INT64}},
    {TG_POSTGRESQL_INT8, PG_AS_INTEGER, {TG_TYPE_INT64, TG_TYPE_INT64, TG_TYPE_INT64}},
    {TG_POSTGRESQL_FLOAT4, PG_AS_REAL, {TG_TYPE_FLOAT, TG_TYPE_FLOAT, TG_TYPE_FLOAT}},
    {TG_POSTGRESQL_FLOAT8, PG_AS_REAL, {TG_TYPE_DOUBLE, TG_TYPE_DOUBLE, TG_TYPE_DOUBLE}},
    {TG_POSTGRESQL_NUMERIC, PG_AS_NUMERIC, {TG_TYPE_DECIMAL, TG_TYPE_DECIMAL, TG_TYPE_DECIMAL}},
    {TG_POSTGRESQL_DATE, PG_AS_DATE, {TG_TYPE_DATE, TG_TYPE_TIMESTAMP, TG_TYPE_TIMESTAMP}},
    {TG_POSTGRESQL_TIME, PG_AS_TIME, {TG_TYPE_TIME, TG_TYPE_TIMESTAMP, TG_TYPE_TIMESTAMP}},
    {TG_POSTGRESQL_TIMESTAMP,
     PG_AS_TIMESTAMP,
     {TG_TYPE_TIMESTAMP, TG_TYPE_TIMESTAMP, TG_TYPE_TIMESTAMP}},
    {TG_POSTGRESQL_TIMESTAMPTZ,
     PG_AS_TIMESTAMP,
     {TG_TYPE_TIMESTAMP, TG_TYPE_TIMESTAMP, TG_TYPE_TIMESTAMP}},
    {TG_POSTGRESQL_BYTEA, PG_AS_BYTES, {TG_TYPE_BINARY, TG_TYPE_BINARY, TG_TYPE_BINARY}},
};

PgForm pg_binary_form(guint oid, TgType type)
{
    if (oid == TG_POSTGRESQL_TEXT || oid == TG_POSTGRESQL_VARCHAR || oid == TG_POSTGRESQL_BPCHAR ||
        oid == TG_POSTGRESQL_JSON) {
        return PG_AS_WRITTEN;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        const TgTypeId *types = forms[i].types;

        if (forms[i].oid == oid &&
            (types[0] == type.id || types[1] == type.id || types[2] == type.id)) {
            return forms[i].form;
        }
    }
    return PG_AS_PRINTED;
}

static const char *set_integer(const PgField *field, TgVector *vector, guint row)
{
    gint64 value = 0;

    switch (field->size) {
    case sizeof(gint16):
        value = (gint16)read_u16(field->bytes);
        break;
    case sizeof(gint32):
        value = (gint32)read_u32(field->bytes);
        break;
    default:
        value = (gint64)read_u64(field->bytes);
        break;
    }
    tg_vector_set_fixed(vector, row, &value); /* little-endian: the low bytes come first */
    return NULL;
}

static const char *set_real(const PgField *field, TgVector *vector, guint row)
{
    gboolean is_single = field->size == sizeof(float);
    guint32 narrow_bits = is_single ? read_u32(field->bytes) : 0;
    guint64 wide_bits = is_single ? 0 : read_u64(field->bytes);
    float narrow = 0.0F;
    double wide = 0.0;

    memcpy(&narrow, &narrow_bits, sizeof narrow);
    memcpy(&wide, &wide_bits, sizeof wide);
    if (is_single != (vector->type.id == TG_TYPE_FLOAT)) {
        return "has another size than its type; was the column changed meanwhile?";
    }
    tg_vector_set_fixed(vector, row, is_single ? (const void *)&narrow : (const void *)&wide);
    return NULL;
}

static TgInt128 power_of_ten(guint exponent)
{
    TgInt128 power = 1;

    while (exponent-- > 0) {
        power *= 10;
    }
    return power;
}

/* Digits of base 10,000 as an integer with `scale` decimal places; FALSE: it has more. */
static gboolean join_digits(const char *digits, gint count, gint weight, gint scale, TgInt128 *out)
{
    static const gint group_powers[] = {1, 10, 100, 1000, NUMERIC_BASE};
    gint places = weight * NUMERIC_BASE_DIGITS + scale; /* of the group's last digit */
    TgInt128 value = 0;

    for (gint i = 0; i < count; i++, places -= NUMERIC_BASE_DIGITS) {
        gint digit = read_u16(digits + i * (gssize)sizeof(guint16));
        gint kept = CLAMP(NUMERIC_BASE_DIGITS + places, 0, NUMERIC_BASE_DIGITS);
        gint cut = group_powers[NUMERIC_BASE_DIGITS - kept];

        if (digit >= NUMERIC_BASE || digit % cut != 0 ||
            __builtin_mul_overflow(value, group_powers[kept], &value) ||
            __builtin_add_overflow(value, digit / cut, &value)) {
            return FALSE;
        }
    }
    for (places += NUMERIC_BASE_DIGITS; places > 0 && count > 0; places--) {
        if (__builtin_mul_overflow(value, 10, &value)) {
            return FALSE;
        }
    }
    *out = value;
    return TRUE;
}

static const char *set_numeric(const PgPlan *plan, const PgField *field, TgVector *vector,
                               guint row)
{
    guint16 count = read_u16(field->bytes);
    gint16 weight = (gint16)read_u16(field->bytes + 2);
    guint16 sign = read_u16(field->bytes + 4);
    TgInt128 value = 0;

    if (sign != 0 && sign != NUMERIC_NEGATIVE) {
        return pg_value_lose(plan, vector, row,
                             "is no number that a decimal holds; load the column as a string or a "
                             "double, or write 'lossy: allow' to load such values as null");
    }
    if (field->size != NUMERIC_HEAD_BYTES + count * sizeof count || count > NUMERIC_DIGITS_MAX ||
        ABS(weight) > NUMERIC_DIGITS_MAX ||
        !join_digits(field->bytes + NUMERIC_HEAD_BYTES, count, weight, vector->type.scale,
                     &value) ||
        value >= power_of_ten(MIN(vector->type.precision, DECIMAL_DIGITS_MAX))) {
        return "has more digits than the column's type";
    }
    tg_vector_set_int128(vector, row, sign == NUMERIC_NEGATIVE ? -value : value);
    return NULL;
}

static const char *set_date(const PgPlan *plan, guint column, const PgField *field,
                            TgVector *vector, guint row)
{
    gint32 days = (gint32)read_u32(field->bytes);
    gint64 since_1970 = (gint64)days + EPOCH_DAYS;
    gint64 micros = 0;

    if (days == G_MAXINT32 || days == G_MININT32 || since_1970 != (gint32)since_1970) {
        return pg_value_lose(plan, vector, row,
                             "is no date that can be stored; write 'lossy: allow' to load it as "
                             "null");
    }
    if (vector->type.id == TG_TYPE_DATE) {
        gint32 narrow = (gint32)since_1970;

        tg_vector_set_fixed(vector, row, &narrow);
        return NULL;
    }
    if (__builtin_mul_overflow(since_1970, DAY_MICROS, &micros)) {
        return pg_value_lose(plan, vector, row, "is no time that can be stored");
    }
    return tg_database_set_instant(&plan->columns[column].column, micros, vector, row);
}

static const char *set_timestamp(const PgPlan *plan, guint column, const PgField *field,
                                 TgVector *vector, guint row)
{
    gint64 since_2000 = (gint64)read_u64(field->bytes);
    gint64 micros = 0;

    if (since_2000 == G_MAXINT64 || since_2000 == G_MININT64 ||
        __builtin_add_overflow(since_2000, EPOCH_DAYS * DAY_MICROS, &micros)) {
        return pg_value_lose(plan, vector, row,
                             "is no time that can be stored; write 'lossy: allow' to load it as "
                             "null");
    }
    return tg_database_set_instant(&plan->columns[column].column, micros, vector, row);
}

static const char *set_time(const PgPlan *plan, guint column, const PgField *field,
                            TgVector *vector, guint row)
{
    gint64 micros = (gint64)read_u64(field->bytes);

    if (vector->type.id == TG_TYPE_TIME) {
        tg_vector_set_int64(vector, row, micros);
        return NULL;
    }
    return tg_database_set_instant(&plan->columns[column].column, micros, vector, row);
}

/* Whether a value has as many bytes as its form. */
static gboolean has_size(PgForm form, gsize size)
{
    switch (form) {
    case PG_AS_BOOLEAN:
        return size == 1;
    case PG_AS_INTEGER:
        return size == 2 || size == 4 || size == 8;
    case PG_AS_REAL:
        return size == 4 || size == 8;
    case PG_AS_DATE:
        return size == 4;
    case PG_AS_TIME:
    case PG_AS_TIMESTAMP:
        return size == 8;
    case PG_AS_NUMERIC:
        return size >= NUMERIC_HEAD_BYTES;
    case PG_AS_WRITTEN:
    case PG_AS_PRINTED:
    case PG_AS_BYTES:
    default:
        return TRUE;
    }
}

const char *pg_binary_show(PgForm form, const PgField *field)
{
    if (!has_size(form, field->size)) {
        return "a value";
    }
    switch ((int)form) {
    case PG_AS_NUMERIC:
        switch (read_u16(field->bytes + 4)) {
        case NUMERIC_NAN:
            return "NaN";
        case NUMERIC_INFINITY:
            return "Infinity";
        case NUMERIC_MINUS_INFINITY:
            return "-Infinity";
        default:
            return "a value";
        }
    case PG_AS_DATE:
        return (gint32)read_u32(field->bytes) == G_MAXINT32   ? "infinity"
               : (gint32)read_u32(field->bytes) == G_MININT32 ? "-infinity"
                                                              : "a date";
    case PG_AS_TIMESTAMP:
        return (gint64)read_u64(field->bytes) == G_MAXINT64   ? "infinity"
               : (gint64)read_u64(field->bytes) == G_MININT64 ? "-infinity"
                                                              : "a time";
    default:
        return "a value";
    }
}

const char *pg_binary_set(const PgPlan *plan, guint column, const PgField *field, TgVector *vector,
                          guint row)
{
    PgForm form = plan->columns[column].form;

    if (!has_size(form, field->size)) {
        return "has another size than its type; was the column changed meanwhile?";
    }
    switch (form) {
    case PG_AS_BOOLEAN:
        tg_vector_set_boolean(vector, row, *field->bytes != 0);
        return NULL;
    case PG_AS_INTEGER:
        return set_integer(field, vector, row);
    case PG_AS_REAL:
        return set_real(field, vector, row);
    case PG_AS_NUMERIC:
        return set_numeric(plan, field, vector, row);
    case PG_AS_DATE:
        return set_date(plan, column, field, vector, row);
    case PG_AS_TIME:
        return set_time(plan, column, field, vector, row);
    case PG_AS_TIMESTAMP:
        return set_timestamp(plan, column, field, vector, row);
    case PG_AS_WRITTEN:
    case PG_AS_PRINTED:
    case PG_AS_BYTES:
    default:
        tg_vector_set_bytes(vector, row, field->bytes, field->size);
        return NULL;
    }
}

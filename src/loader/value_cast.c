/* Casts between the types of columns. */
#include "loader/value_cast.h"

#include <math.h>

#include "loader/number_text.h"
#include "loader/utf8.h"
#include "loader/value_text.h"

#define IS_IMPOSSIBLE "cannot become a value of that type"
#define TWO_TO_63 9223372036854775808.0

typedef enum {
    KIND_BOOLEAN,
    KIND_INTEGER,
    KIND_REAL,
    KIND_DECIMAL,
    KIND_INSTANT,
    KIND_TIME,
    KIND_TEXT,
    KIND_BINARY,
    KIND_JSON
} Kind;

static Kind kind_of(TgType type)
{
    switch (type.id) {
    case TG_TYPE_BOOLEAN:
        return KIND_BOOLEAN;
    case TG_TYPE_FLOAT:
    case TG_TYPE_DOUBLE:
        return KIND_REAL;
    case TG_TYPE_DECIMAL:
        return KIND_DECIMAL;
    case TG_TYPE_DATE:
    case TG_TYPE_TIMESTAMP:
        return KIND_INSTANT;
    case TG_TYPE_TIME:
        return KIND_TIME;
    case TG_TYPE_STRING:
        return KIND_TEXT;
    case TG_TYPE_BINARY:
        return KIND_BINARY;
    case TG_TYPE_JSON:
        return KIND_JSON;
    case TG_TYPE_INT8:
    case TG_TYPE_INT16:
    case TG_TYPE_INT32:
    case TG_TYPE_INT64:
    case TG_TYPE_UINT8:
    case TG_TYPE_UINT16:
    case TG_TYPE_UINT32:
    case TG_TYPE_UINT64:
    default:
        return KIND_INTEGER;
    }
}

static gboolean is_number(Kind kind)
{
    return kind == KIND_INTEGER || kind == KIND_REAL || kind == KIND_DECIMAL;
}

static gboolean types_are_equal(TgType a, TgType b)
{
    return a.id == b.id && a.unit == b.unit && a.precision == b.precision && a.scale == b.scale &&
           a.is_utc == b.is_utc;
}

gboolean tg_cast_is_possible(TgType from, TgType to)
{
    Kind source = kind_of(from);
    Kind target = kind_of(to);

    if (source == KIND_TEXT || target == KIND_TEXT || types_are_equal(from, to)) {
        return TRUE;
    }
    if (is_number(source) && is_number(target)) {
        return TRUE;
    }
    switch (target) {
    case KIND_BOOLEAN:
        return source == KIND_INTEGER;
    case KIND_INTEGER:
        return source == KIND_BOOLEAN || from.id == TG_TYPE_TIMESTAMP;
    case KIND_REAL:
        return from.id == TG_TYPE_TIMESTAMP;
    case KIND_INSTANT:
        return source == KIND_INSTANT ||
               (to.id == TG_TYPE_TIMESTAMP && (source == KIND_INTEGER || source == KIND_REAL));
    case KIND_DECIMAL:
    case KIND_TIME:
    case KIND_TEXT:
    case KIND_BINARY:
    case KIND_JSON:
    default:
        return FALSE;
    }
}

void tg_cast_append(const TgCast *cast, GString *out, const TgVector *from, guint row)
{
    if (from->type.id == TG_TYPE_TIMESTAMP ||
        (from->type.id == TG_TYPE_DATE && cast->format != NULL)) {
        tg_time_format_write(cast->format, cast->zone, tg_vector_get_nanos(from, row), out);
    } else {
        tg_value_append(out, from, row);
    }
}

static double get_real(const TgVector *from, guint row)
{
    float narrow = 0.0F;

    if (from->type.id == TG_TYPE_DOUBLE) {
        return tg_vector_get_double(from, row);
    }
    memcpy(&narrow, from->data + (gsize)row * sizeof narrow, sizeof narrow);
    return (double)narrow;
}

/* (long) of Java stops at the ends; exactly, what does not fit is refused. */
static const char *set_long_of_real(const TgCast *cast, double real, TgVector *into, guint row)
{
    gboolean fits = real >= -TWO_TO_63 && real < TWO_TO_63;

    if (cast->rules.exact && (!fits || trunc(real) != real)) {
        return "is not an integer of 64 bits";
    }
    gint64 value = real < 0 ? G_MININT64 : G_MAXINT64;

    if (fits) {
        value = (gint64)real;
    } else if (isnan(real)) {
        value = 0;
    }
    tg_vector_set_int64(into, row, value);
    return NULL;
}

/* The integer part of a decimal; FALSE when there is more. */
static gboolean cut_fraction(const TgVector *from, guint row, TgInt128 *out)
{
    TgInt128 unit = 1;
    TgInt128 value = tg_vector_get_int128(from, row);

    for (guint i = 0; i < from->type.scale; i++) {
        unit *= 10;
    }
    *out = value / unit;
    return value % unit == 0;
}

static const char *set_long(const TgCast *cast, const TgVector *from, guint row, TgVector *into,
                            guint into_row)
{
    TgInt128 value = 0;

    switch (kind_of(from->type)) {
    case KIND_BOOLEAN:
        value = tg_vector_get_boolean(from, row) ? 1 : 0;
        break;
    case KIND_REAL:
        return set_long_of_real(cast, get_real(from, row), into, into_row);
    case KIND_DECIMAL:
        if (!cut_fraction(from, row, &value) && cast->rules.exact) {
            return "is not an integer";
        }
        break;
    case KIND_INSTANT: /* whole seconds, as Instant.getEpochSecond() */
        value = tg_vector_get_nanos(from, row);
        value = value / TG_NANOS_PER_SECOND - (value % TG_NANOS_PER_SECOND < 0 ? 1 : 0);
        break;
    case KIND_INTEGER:
        value = tg_vector_get_integer(from, row);
        break;
    case KIND_TIME:
    case KIND_TEXT:
    case KIND_BINARY:
    case KIND_JSON:
    default:
        return IS_IMPOSSIBLE;
    }
    if (value > G_MAXINT64 || value < G_MININT64) {
        return "is not an integer of 64 bits";
    }
    tg_vector_set_int64(into, into_row, (gint64)value);
    return NULL;
}

static const char *set_double(const TgVector *from, guint row, TgVector *into, guint into_row,
                              GString *scratch)
{
    double value = 0.0;
    TgInt128 nanos = 0;
    TgInt128 seconds = 0;

    switch (kind_of(from->type)) {
    case KIND_REAL:
        value = get_real(from, row);
        break;
    case KIND_INTEGER:
        value = (double)tg_vector_get_integer(from, row);
        break;
    case KIND_DECIMAL:
        g_string_truncate(scratch, 0);
        tg_value_append(scratch, from, row);
        value = g_ascii_strtod(scratch->str, NULL);
        break;
    case KIND_INSTANT:
        nanos = tg_vector_get_nanos(from, row);
        seconds = nanos / TG_NANOS_PER_SECOND;
        value = (double)seconds + (double)(nanos - seconds * TG_NANOS_PER_SECOND) / 1e9;
        break;
    case KIND_BOOLEAN:
    case KIND_TIME:
    case KIND_TEXT:
    case KIND_BINARY:
    case KIND_JSON:
    default:
        return IS_IMPOSSIBLE;
    }
    tg_vector_set_double(into, into_row, value);
    return NULL;
}

/* Through text: a double with as many digits as the column has must mean the same double. */
static const char *set_decimal(const TgVector *from, guint row, TgVector *into, guint into_row,
                               GString *scratch)
{
    TgInt128 value = 0;

    g_string_truncate(scratch, 0);
    if (kind_of(from->type) == KIND_REAL) {
        char text[G_ASCII_DTOSTR_BUF_SIZE * 12];
        char format[16];
        double real = get_real(from, row);

        if (!isfinite(real) || fabs(real) > 1e38) {
            return "is not a number of the column's precision and scale";
        }
        g_snprintf(format, sizeof format, "%%.%uf", into->type.scale);
        g_string_append(scratch, g_ascii_formatd(text, sizeof text, format, real));
        if ((from->type.id == TG_TYPE_DOUBLE
                 ? g_ascii_strtod(scratch->str, NULL) != real
                 : (float)g_ascii_strtod(scratch->str, NULL) != (float)real)) {
            return "has more digits than the column's scale";
        }
    } else if (is_number(kind_of(from->type))) {
        tg_value_append(scratch, from, row);
    } else {
        return IS_IMPOSSIBLE;
    }
    if (from->type.id == TG_TYPE_DECIMAL && from->type.scale > into->type.scale) {
        gsize dot = scratch->len;

        /* zeros behind the point may go */
        while (scratch->str[dot - 1] == '0' &&
               scratch->len - dot < (gsize)(from->type.scale - into->type.scale)) {
            dot--;
        }
        g_string_truncate(scratch, dot);
    }
    if (!tg_decimal_parse(scratch->str, scratch->len, into->type.precision, into->type.scale,
                          &value)) {
        return "is not a number of the column's precision and scale";
    }
    tg_vector_set_int128(into, into_row, value);
    return NULL;
}

/* Seconds with a fraction; FALSE: beyond all calendars, or no number. */
static gboolean nanos_of_real(double seconds, TgInt128 *out)
{
    if (!(fabs(seconds) < 1e15)) {
        return FALSE;
    }
    *out = (TgInt128)(gint64)seconds * TG_NANOS_PER_SECOND +
           (TgInt128)((seconds - (double)(gint64)seconds) * 1e9);
    return TRUE;
}

static const char *set_instant(const TgVector *from, guint row, TgVector *into, guint into_row)
{
    const char *reason = NULL;
    TgInt128 nanos = 0;

    switch (kind_of(from->type)) {
    case KIND_INSTANT:
        nanos = tg_vector_get_nanos(from, row);
        break;
    case KIND_INTEGER:
        nanos = tg_vector_get_integer(from, row) * TG_NANOS_PER_SECOND;
        break;
    case KIND_REAL:
        if (!nanos_of_real(get_real(from, row), &nanos)) {
            return "is no time";
        }
        break;
    case KIND_BOOLEAN:
    case KIND_DECIMAL:
    case KIND_TIME:
    case KIND_TEXT:
    case KIND_BINARY:
    case KIND_JSON:
    default:
        return IS_IMPOSSIBLE;
    }
    return tg_timestamp_set_nanos(into, into_row, nanos, &reason) ? NULL : reason;
}

static const char *set_boolean(const TgVector *from, guint row, TgVector *into, guint into_row)
{
    TgInt128 value = 2;

    if (kind_of(from->type) == KIND_INTEGER) {
        value = tg_vector_get_integer(from, row);
    }
    if (value != 0 && value != 1) {
        return "is neither true (1) nor false (0)";
    }
    tg_vector_set_boolean(into, into_row, value == 1);
    return NULL;
}

const char *tg_cast_value(const TgCast *cast, const TgVector *from, guint row, TgVector *into,
                          guint into_row, GString *scratch)
{
    gsize size = 0;

    if (types_are_equal(from->type, into->type)) {
        tg_vector_copy(into, into_row, from, row);
        return NULL;
    }
    if (from->type.id == TG_TYPE_STRING) {
        const char *text = tg_vector_get_bytes(from, row, &size);

        return tg_text_value_set(&cast->rules, text, size, into, into_row);
    }
    switch (kind_of(into->type)) {
    case KIND_TEXT:
        g_string_truncate(scratch, 0);
        tg_cast_append(cast, scratch, from, row);
        if (from->type.id == TG_TYPE_BINARY && !tg_utf8_is_valid(scratch->str, scratch->len)) {
            return "is not valid UTF-8";
        }
        tg_vector_set_bytes(into, into_row, scratch->str, scratch->len);
        return NULL;
    case KIND_INTEGER:
        return into->type.id == TG_TYPE_INT64 ? set_long(cast, from, row, into, into_row)
                                              : IS_IMPOSSIBLE;
    case KIND_REAL:
        return into->type.id == TG_TYPE_DOUBLE ? set_double(from, row, into, into_row, scratch)
                                               : IS_IMPOSSIBLE;
    case KIND_DECIMAL:
        return set_decimal(from, row, into, into_row, scratch);
    case KIND_INSTANT:
        return set_instant(from, row, into, into_row);
    case KIND_BOOLEAN:
        return set_boolean(from, row, into, into_row);
    case KIND_TIME:
    case KIND_BINARY:
    case KIND_JSON:
    default:
        return IS_IMPOSSIBLE;
    }
}

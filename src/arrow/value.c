/* Values that are not nested. Buffers need not be aligned, so all is copied out. */
#include "arrow/value.h"

#include <math.h>

#include "arrow/check.h"
#include "loader/number_text.h"
#include "loader/utf8.h"

#define VIEW_INLINE_BYTES 12
#define DAY_MICROS (G_GINT64_CONSTANT(86400) * 1000000)

gboolean tg_arrow_is_valid(const TgArrowField *field, const struct ArrowArray *array, gint64 index)
{
    const guint8 *bits = field->layout == TG_ARROW_NULL ? NULL : array->buffers[0];

    if (field->layout == TG_ARROW_NULL) {
        return FALSE;
    }
    return bits == NULL || ((guint)(bits[index >> 3] >> (index & 7)) & 1u) != 0;
}

static const void *value_at(const TgArrowField *field, const struct ArrowArray *array, gint64 index)
{
    return (const char *)array->buffers[1] + index * (gint64)field->width;
}

static TgInt128 get_integer(const TgArrowField *field, const struct ArrowArray *array, gint64 index)
{
    const void *at = value_at(field, array, index);
    guint64 bits = 0;

    memcpy(&bits, at, field->width);
    if (!field->is_signed) {
        return (TgInt128)bits;
    }
    guint unused = 64 - (guint)field->width * 8;

    return (TgInt128)((gint64)(bits << unused) >> unused);
}

static float half_to_float(guint16 half)
{
    int exponent = (half >> 10) & 31;
    int fraction = half & 1023;
    float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;

    if (exponent == 31) {
        return fraction == 0 ? sign * HUGE_VALF : nanf("");
    }
    return sign * (exponent == 0 ? ldexpf((float)fraction, -24)
                                 : ldexpf((float)(fraction + 1024), exponent - 25));
}

static double get_double(const TgArrowField *field, const struct ArrowArray *array, gint64 index)
{
    const void *at = value_at(field, array, index);
    double wide = 0;
    float narrow = 0.0F;
    guint16 half = 0;

    if (field->layout == TG_ARROW_DOUBLE) {
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
    if (field->layout == TG_ARROW_FLOAT) {
        memcpy(&narrow, at, sizeof narrow);
        return (double)narrow;
    }
    memcpy(&half, at, sizeof half);
    return (double)half_to_float(half);
}

/* Two's complement of 4 to 32 bytes; FALSE: more than 128 bits, or more digits than it says. */
static gboolean get_decimal(const TgArrowField *field, const struct ArrowArray *array, gint64 index,
                            TgInt128 *out)
{
    const guint8 *at = value_at(field, array, index);
    gsize width = MIN(field->width, sizeof *out);
    gboolean is_negative = (at[width - 1] & 0x80) != 0;
    TgInt128 limit = 1;

    memset(out, is_negative ? 0xff : 0, sizeof *out);
    memcpy(out, at, width);
    for (gsize i = width; i < field->width; i++) {
        if (at[i] != (is_negative ? 0xff : 0)) {
            return FALSE;
        }
    }
    for (guint i = 0; i < field->type.precision; i++) {
        limit *= 10;
    }
    return *out<limit && * out> - limit;
}

const char *tg_arrow_get_bytes(const TgArrowField *field, const struct ArrowArray *array,
                               gint64 index, gsize *out_size_bytes)
{
    gint32 view[4];

    if (field->layout == TG_ARROW_FIXED_BYTES) {
        *out_size_bytes = field->width;
        return field->width == 0 ? "" : value_at(field, array, index);
    }
    if (field->layout == TG_ARROW_BYTES) {
        gint64 from = tg_arrow_offset(array->buffers[1], field->offset_width, index);
        gint64 to = tg_arrow_offset(array->buffers[1], field->offset_width, index + 1);

        *out_size_bytes = (gsize)(to - from);
        return to == from ? "" : (const char *)array->buffers[2] + from;
    }
    memcpy(view, value_at(field, array, index), sizeof view);
    *out_size_bytes = (gsize)view[0];
    return view[0] <= VIEW_INLINE_BYTES
               ? (const char *)value_at(field, array, index) + sizeof view[0]
               : (const char *)array->buffers[2 + view[2]] + view[3];
}

const char *tg_arrow_resolve(const TgArrowField **field, const struct ArrowArray **array,
                             gint64 *index)
{
    const struct ArrowArray *values = (*array)->dictionary;
    TgInt128 at = 0;

    if ((*field)->dictionary == NULL) {
        return NULL;
    }
    at = get_integer(*field, *array, *index);
    if (at < 0 || at >= values->length) {
        return "is an index that its dictionary does not have";
    }
    *field = (*field)->dictionary;
    *array = values;
    *index = values->offset + (gint64)at;
    return NULL;
}

/* --- into vectors --- */

static const char *set_double(double value, TgVector *vector, guint row)
{
    float narrow = (float)value; /* it came from one when the vector has floats */

    if (vector->type.id == TG_TYPE_DOUBLE) {
        tg_vector_set_double(vector, row, value);
    } else {
        tg_vector_set_fixed(vector, row, &narrow);
    }
    return NULL;
}

static const char *set_decimal(const TgArrowField *field, const struct ArrowArray *array,
                               gint64 index, TgVector *vector, guint row)
{
    TgInt128 value = 0;

    if (!get_decimal(field, array, index, &value)) {
        return "has more digits than its type says";
    }
    if (vector->type.id == TG_TYPE_DECIMAL) {
        tg_vector_set_int128(vector, row, value);
        return NULL;
    }
    char text[TG_DECIMAL_TEXT_BYTES];
    gsize size = tg_decimal_format(value, field->type.scale, text);
    double number = 0;

    (void)tg_double_parse(text, size, &number); /* it is a number */
    return set_double(number, vector, row);
}

static const char *set_bytes(const TgArrowField *field, const struct ArrowArray *array,
                             gint64 index, TgVector *vector, guint row)
{
    gsize size = 0;
    const char *bytes = tg_arrow_get_bytes(field, array, index, &size);

    if (size > TG_ARROW_VALUE_BYTES_MAX) {
        return "is larger than 64 MiB";
    }
    if (field->type.id == TG_TYPE_BINARY && vector->type.id == TG_TYPE_STRING) {
        g_autofree char *encoded = g_base64_encode((const guchar *)bytes, size);

        tg_vector_set_bytes(vector, row, encoded, strlen(encoded));
        return NULL;
    }
    if (field->type.id != TG_TYPE_BINARY && !tg_utf8_is_valid(bytes, size)) {
        return "is no UTF-8; hand it over as binary, or repair it in the source";
    }
    tg_vector_set_bytes(vector, row, bytes, size);
    return NULL;
}

/* In the unit of the field's own type. */
static const char *scale(const TgArrowField *field, gint64 value, gint64 *out)
{
    if (field->multiplier != 0) {
        return __builtin_mul_overflow(value, field->multiplier, out)
                   ? "lies too far from 1970 for microseconds of 64 bits"
                   : NULL;
    }
    if (value % field->divisor != 0) {
        return field->type.id == TG_TYPE_DATE
                   ? "is a date with a time; hand it over as a timestamp"
                   : "has nanoseconds, and a time only microseconds; cut them off in the source";
    }
    *out = value / field->divisor;
    return NULL;
}

static void set_time_text(gint64 micros, TgVector *vector, guint row)
{
    char text[sizeof "23:59:59.999999"];
    gint64 seconds = micros / 1000000;
    int size = g_snprintf(text, sizeof text, "%02d:%02d:%02d.%06d", (int)(seconds / 3600),
                          (int)(seconds / 60 % 60), (int)(seconds % 60), (int)(micros % 1000000));

    tg_vector_set_bytes(vector, row, text, micros % 1000000 == 0 ? 8 : (gsize)size);
}

static const char *set_time(const TgArrowField *field, gint64 value, TgVector *vector, guint row)
{
    gint64 scaled = 0;
    const char *reason = scale(field, value, &scaled);
    gint32 days = (gint32)scaled;

    if (reason != NULL) {
        return reason;
    }
    if (field->type.id == TG_TYPE_TIME && (scaled < 0 || scaled >= DAY_MICROS)) {
        return "is no time of a day";
    }
    if (field->type.id == TG_TYPE_DATE && scaled != days) {
        return "lies too far from 1970";
    }
    if (vector->type.id == TG_TYPE_STRING) {
        set_time_text(scaled, vector, row);
    } else if (vector->type.id == TG_TYPE_DATE) {
        tg_vector_set_fixed(vector, row, &days);
    } else if (vector->type.id == TG_TYPE_TIMESTAMP && vector->type.unit == TG_UNIT_WIDE) {
        TgInt128 nanos = field->type.id == TG_TYPE_DATE      ? (TgInt128)DAY_MICROS * 1000
                         : field->type.unit == TG_UNIT_MICRO ? 1000
                                                             : 1;

        tg_vector_set_int128(vector, row, nanos * scaled);
    } else {
        tg_vector_set_int64(vector, row, scaled);
    }
    return NULL;
}

static const char *set_integer(const TgArrowField *field, const struct ArrowArray *array,
                               gint64 index, TgVector *vector, guint row)
{
    TgInt128 value = get_integer(field, array, index);

    if (field->multiplier != 0 || field->divisor != 0) {
        return set_time(field, (gint64)value, vector, row);
    }
    if (vector->type.id == TG_TYPE_INT64 && value > G_MAXINT64) {
        return "is too large for a long; 'tegaru load' has unsigned integers";
    }
    tg_vector_set_fixed(vector, row, &value); /* little-endian: the low bytes come first */
    return NULL;
}

gboolean tg_arrow_append_number(const TgArrowField *field, const struct ArrowArray *array,
                                gint64 index, GString *out)
{
    char text[TG_DECIMAL_TEXT_BYTES];
    gsize size = 0;

    if (field->layout == TG_ARROW_INTEGER && field->multiplier == 0 && field->divisor == 0) {
        size = tg_decimal_format(get_integer(field, array, index), 0, text);
    } else if (field->layout == TG_ARROW_FLOAT || field->layout == TG_ARROW_HALF) {
        size = tg_float_format(get_double(field, array, index), text);
    } else if (field->layout == TG_ARROW_DOUBLE) {
        size = tg_double_format(get_double(field, array, index), text);
    } else {
        return FALSE;
    }
    g_string_append_len(out, text, (gssize)size);
    return TRUE;
}

const char *tg_arrow_set(const TgArrowField *field, const struct ArrowArray *array, gint64 index,
                         TgVector *vector, guint row)
{
    const guint8 *bits = NULL;

    switch ((int)field->layout) {
    case TG_ARROW_BOOLEAN:
        bits = array->buffers[1];
        tg_vector_set_boolean(vector, row, ((guint)(bits[index >> 3] >> (index & 7)) & 1u) != 0);
        return NULL;
    case TG_ARROW_INTEGER:
        return set_integer(field, array, index, vector, row);
    case TG_ARROW_HALF:
    case TG_ARROW_FLOAT:
    case TG_ARROW_DOUBLE:
        return set_double(get_double(field, array, index), vector, row);
    case TG_ARROW_DECIMAL:
        return set_decimal(field, array, index, vector, row);
    default:
        return set_bytes(field, array, index, vector, row);
    }
}

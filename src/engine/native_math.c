/* Numbers where DuckDB raises an error and Java answers NaN, and whole numbers in other bases. */
#include <math.h>
#include <string.h>

#include "engine/native.h"

#define UNARY(name)                                                                                \
    static gboolean run_##name(TgNativeCall *call)                                                 \
    {                                                                                              \
        return tg_native_return_double(call, name(tg_native_double(call, 0)));                     \
    }
UNARY(log)
UNARY(log2)
UNARY(log10)
UNARY(sin)
UNARY(cos)
UNARY(tan)
UNARY(asin)
UNARY(acos)
UNARY(sinh)
UNARY(cosh)
UNARY(tanh)

/* Java: anything to the power of NaN is NaN, and 1 to infinity, too. */
static gboolean run_pow(TgNativeCall *call)
{
    double base = tg_native_double(call, 0);
    double exponent = tg_native_double(call, 1);

    if (isnan(exponent) || (fabs(base) == 1 && isinf(exponent))) {
        return tg_native_return_double(call, (double)NAN);
    }
    return tg_native_return_double(call, pow(base, exponent));
}

static gboolean run_mod(TgNativeCall *call)
{
    return tg_native_return_double(call,
                                   fmod(tg_native_double(call, 0), tg_native_double(call, 1)));
}

static gboolean run_log_base(TgNativeCall *call)
{
    return tg_native_return_double(call,
                                   log(tg_native_double(call, 1)) / log(tg_native_double(call, 0)));
}

/* Half away from zero at a digit, as Trino does: in decimal where a double holds it. */
static gboolean run_round(TgNativeCall *call)
{
    double value = tg_native_double(call, 0);
    gint64 digits = tg_native_int64(call, 1);
    double factor = 0;

    if (!isfinite(value)) {
        return tg_native_return_double(call, value);
    }
    factor = pow(10, (double)digits);
    double scaled = value * factor;

    if (!isfinite(scaled)) {
        return tg_native_return_double(call, value);
    }
    return tg_native_return_double(call, round(scaled) / factor);
}

static gboolean run_width_bucket(TgNativeCall *call)
{
    double value = tg_native_double(call, 0);
    double low = tg_native_double(call, 1);
    double high = tg_native_double(call, 2);
    gint64 count = tg_native_int64(call, 3);
    double from = MIN(low, high);
    double to = MAX(low, high);
    gint64 bucket = 0;

    if (isnan(value) || !isfinite(low) || !isfinite(high) || count <= 0 || low == high) {
        return tg_native_fail(call, "width_bucket() needs a number, two different finite bounds "
                                    "and at least one bucket");
    }
    if (value < from) {
        bucket = 0;
    } else if (value >= to) {
        bucket = count + 1;
    } else {
        bucket = (gint64)((double)count * (value - from) / (to - from) + 1);
    }
    if (low > high) {
        bucket = count - bucket + 1;
    }
    return tg_native_return_int64(call, bucket);
}

static gboolean from_base(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 0);
    gint64 base = tg_native_int64(call, 1);
    g_autofree char *copy = g_strndup(text.bytes, text.size);
    char *end = NULL;
    gint64 value = 0;
    const char *digits = *copy == '-' || *copy == '+' ? copy + 1 : copy;

    if (base < 2 || base > 36) {
        return tg_native_fail(call, "from_base(): the base is a number from 2 to 36");
    }
    errno = 0;
    value = g_ascii_strtoll(copy, &end, (guint)base);
    if (!g_ascii_isalnum(*digits) || *end != '\0' || errno != 0 ||
        (base == 16 && (digits[1] == 'x' || digits[1] == 'X'))) {
        return tg_native_fail(call, "from_base(): '%s' is no bigint of base %d", copy, (int)base);
    }
    return tg_native_return_int64(call, value);
}

static gboolean to_base(TgNativeCall *call)
{
    gint64 value = tg_native_int64(call, 0);
    gint64 base = tg_native_int64(call, 1);
    guint64 left = value < 0 ? 0 - (guint64)value : (guint64)value;

    if (base < 2 || base > 36) {
        return tg_native_fail(call, "to_base(): the base is a number from 2 to 36");
    }
    do {
        g_string_prepend_c(call->scratch,
                           "0123456789abcdefghijklmnopqrstuvwxyz"[left % (guint64)base]);
        left /= (guint64)base;
    } while (left > 0);
    if (value < 0) {
        g_string_prepend_c(call->scratch, '-');
    }
    return tg_native_return_scratch(call);
}

static gboolean bit_count(TgNativeCall *call)
{
    gint64 value = tg_native_int64(call, 0);
    gint64 bits = tg_native_int64(call, 1);
    gint64 limit = 0;

    if (bits < 2 || bits > 64) {
        return tg_native_fail(call, "bit_count(): the number of bits is from 2 to 64");
    }
    limit = bits == 64 ? 0 : (gint64)1 << (bits - 1);
    if (limit != 0 && (value >= limit || value < -limit)) {
        return tg_native_fail(call, "bit_count(): the number does not fit into %d bits", (int)bits);
    }
    guint64 mask = bits == 64 ? G_MAXUINT64 : ((guint64)1 << (guint64)bits) - 1;

    return tg_native_return_int64(call, __builtin_popcountll((guint64)value & mask));
}

/* Shifts within the width of the type, which is argument 2 in bits; kinds: l, r (logical), a. */
static gboolean shift(TgNativeCall *call, char kind)
{
    gint64 value = tg_native_int64(call, 0);
    gint64 by = tg_native_int64(call, 1);
    guint width = (guint)tg_native_int64(call, 2);
    guint64 mask = width == 64 ? G_MAXUINT64 : ((guint64)1 << width) - 1;
    guint64 bits = 0;

    if (by < 0) {
        return tg_native_fail(call, "a shift by a negative number of bits");
    }
    if (kind == 'a') {
        return tg_native_return_int64(call, by >= width ? (value < 0 ? -1 : 0) : value >> by);
    }
    if (by >= width) {
        return tg_native_return_int64(call, 0);
    }
    bits = (guint64)value & mask;
    bits = (kind == 'l' ? bits << by : bits >> by) & mask;
    if (width < 64 && (bits >> (width - 1)) != 0) {
        bits |= ~mask;
    }
    return tg_native_return_int64(call, (gint64)bits);
}

static gboolean left_shift(TgNativeCall *call)
{
    return shift(call, 'l');
}

static gboolean right_shift(TgNativeCall *call)
{
    return shift(call, 'r');
}

static gboolean right_shift_arithmetic(TgNativeCall *call)
{
    return shift(call, 'a');
}

/* Kilometres over the sphere; Trino's formula, so that the digits are the same. */
static gboolean great_circle(TgNativeCall *call)
{
    double latitude1 = tg_native_double(call, 0) * G_PI / 180;
    double longitude1 = tg_native_double(call, 1) * G_PI / 180;
    double latitude2 = tg_native_double(call, 2) * G_PI / 180;
    double longitude2 = tg_native_double(call, 3) * G_PI / 180;
    double delta = longitude1 - longitude2;
    double t1 = cos(latitude2) * sin(delta);
    double t2 = cos(latitude1) * sin(latitude2) - sin(latitude1) * cos(latitude2) * cos(delta);
    double t3 = sin(latitude1) * sin(latitude2) + cos(latitude1) * cos(latitude2) * cos(delta);

    return tg_native_return_double(call, atan2(sqrt(t1 * t1 + t2 * t2), t3) * 6371.01);
}

const TgNative tg_natives_math[] = {
    {"tg_ln", "d", 'd', run_log},
    {"tg_log2", "d", 'd', run_log2},
    {"tg_log10", "d", 'd', run_log10},
    {"tg_sin", "d", 'd', run_sin},
    {"tg_cos", "d", 'd', run_cos},
    {"tg_tan", "d", 'd', run_tan},
    {"tg_asin", "d", 'd', run_asin},
    {"tg_acos", "d", 'd', run_acos},
    {"tg_sinh", "d", 'd', run_sinh},
    {"tg_cosh", "d", 'd', run_cosh},
    {"tg_tanh", "d", 'd', run_tanh},
    {"tg_pow", "dd", 'd', run_pow},
    {"tg_fmod", "dd", 'd', run_mod},
    {"tg_log_base", "dd", 'd', run_log_base},
    {"tg_round", "db", 'd', run_round},
    {"tg_width_bucket", "dddb", 'b', run_width_bucket},
    {"tg_from_base", "vb", 'b', from_base},
    {"tg_to_base", "bb", 'v', to_base},
    {"tg_bit_count", "bb", 'b', bit_count},
    {"tg_left_shift", "bbb", 'b', left_shift},
    {"tg_right_shift", "bbb", 'b', right_shift},
    {"tg_right_shift_arithmetic", "bbb", 'b', right_shift_arithmetic},
    {"tg_great_circle", "dddd", 'd', great_circle},
    {NULL, NULL, 0, NULL},
};

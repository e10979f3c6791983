/* Distributions: normal, beta, Student's t; and durations and sizes written with a unit. */
#include <math.h>
#include <string.h>

#include "engine/native.h"

#define STEPS_MAX 500
#define TINY 1e-300
#define ENOUGH 1e-15

/* ---- functions behind the distributions ----------------------------------------------------- */

/* The continued fraction of the incomplete beta function, by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);
    double sum = 0;

    d = 1 / (fabs(d) < TINY ? TINY : d);
    sum = d;
    for (int m = 1; m <= STEPS_MAX; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double step = 0;

        d = 1 + even * d;
        d = 1 / (fabs(d) < TINY ? TINY : d);
        c = 1 + even / c;
        c = fabs(c) < TINY ? TINY : c;
        sum *= d * c;
        d = 1 + odd * d;
        d = 1 / (fabs(d) < TINY ? TINY : d);
        c = 1 + odd / c;
        c = fabs(c) < TINY ? TINY : c;
        step = d * c;
        sum *= step;
        if (fabs(step - 1) < ENOUGH) {
            break;
        }
    }
    return sum;
}

/* I_x(a, b) */
static double beta_regularized(double a, double b, double x)
{
    double front = 0;

    if (isnan(x) || x <= 0 || x >= 1) {
        return isnan(x) ? x : (x <= 0 ? 0 : 1);
    }
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                     : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* The standard normal distribution's inverse: Acklam's approximation, then Halley's steps. */
static double invert_normal(double p)
{
    double x = 0;

    if (p <= 0 || p >= 1) {
        return p <= 0 ? (double)-INFINITY : (double)INFINITY;
    }
    double t = sqrt(-2 * log(p < 0.5 ? p : 1 - p));

    x = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    x = p < 0.5 ? -x : x;
    for (int i = 0; i < 4; i++) {
        double e = 0.5 * erfc(-x / M_SQRT2) - p;
        double u = e * sqrt(2 * M_PI) * exp(x * x / 2);

        x -= u / (1 + x * u / 2);
    }
    return x;
}

/* ---- distributions -------------------------------------------------------------------------- */

static gboolean run_normal_cdf(TgNativeCall *call)
{
    double mean = tg_native_double(call, 0);
    double deviation = tg_native_double(call, 1);
    double value = tg_native_double(call, 2);

    if (!(deviation > 0)) {
        return tg_native_fail(call, "tg_error: normal_cdf(): the standard deviation must be > 0");
    }
    return tg_native_return_double(call, 0.5 * erfc(-(value - mean) / (deviation * M_SQRT2)));
}

static gboolean run_inverse_normal_cdf(TgNativeCall *call)
{
    double mean = tg_native_double(call, 0);
    double deviation = tg_native_double(call, 1);
    double p = tg_native_double(call, 2);

    if (!(p > 0 && p < 1)) {
        return tg_native_fail(call, "tg_error: inverse_normal_cdf(): p must be > 0 and < 1");
    }
    if (!(deviation > 0)) {
        return tg_native_fail(call,
                              "tg_error: inverse_normal_cdf(): the standard deviation must be > 0");
    }
    return tg_native_return_double(call, mean + deviation * invert_normal(p));
}

static gboolean run_beta_cdf(TgNativeCall *call)
{
    double a = tg_native_double(call, 0);
    double b = tg_native_double(call, 1);
    double value = tg_native_double(call, 2);

    if (!(value >= 0 && value <= 1) || !(a > 0) || !(b > 0)) {
        return tg_native_fail(call,
                              "tg_error: beta_cdf(): a and b must be > 0, the value from 0 to 1");
    }
    return tg_native_return_double(call, beta_regularized(a, b, value));
}

static gboolean run_t_cdf(TgNativeCall *call)
{
    double x = tg_native_double(call, 0);
    double df = tg_native_double(call, 1);

    if (!(df > 0)) {
        return tg_native_fail(call, "tg_error: t_cdf(): the degrees of freedom must be > 0");
    }
    double tail = 0.5 * beta_regularized(df / 2, 0.5, df / (df + x * x));

    return tg_native_return_double(call, x < 0 ? tail : 1 - tail);
}

static gboolean run_t_pdf(TgNativeCall *call)
{
    double x = tg_native_double(call, 0);
    double df = tg_native_double(call, 1);

    if (!(df > 0)) {
        return tg_native_fail(call, "tg_error: t_pdf(): the degrees of freedom must be > 0");
    }
    return tg_native_return_double(call,
                                   exp(lgamma((df + 1) / 2) - lgamma(df / 2) -
                                       0.5 * log(df * M_PI) - (df + 1) / 2 * log1p(x * x / df)));
}

/* Wilson's interval; `sign` -1 gives the lower end. */
static gboolean wilson(TgNativeCall *call, double sign)
{
    double successes = (double)tg_native_int64(call, 0);
    double n = (double)tg_native_int64(call, 1);
    double z = tg_native_double(call, 2);
    double p = successes / n;

    if (successes < 0 || n <= 0 || successes > n || !(z >= 0)) {
        return tg_native_fail(call, "tg_error: a Wilson interval needs successes from 0 to the "
                                    "number of trials, and z from 0");
    }
    return tg_native_return_double(
        call, (p + z * z / (2 * n) + sign * z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) /
                  (1 + z * z / n));
}

static gboolean run_wilson_lower(TgNativeCall *call)
{
    return wilson(call, -1);
}

static gboolean run_wilson_upper(TgNativeCall *call)
{
    return wilson(call, 1);
}

/* ---- numbers with a unit -------------------------------------------------------------------- */

/* "3.81 d": the number; *out_unit behind it. FALSE: it is none. */
static gboolean read_number(const char *text, gboolean takes_blanks, double *out,
                            const char **out_unit)
{
    gsize digits = strspn(text, "0123456789");
    gsize length = digits;

    if (text[digits] == '.') {
        length += 1 + strspn(text + digits + 1, "0123456789");
    }
    if (digits == 0 || length == digits + 1) {
        return FALSE;
    }
    *out = g_ascii_strtod(text, NULL);
    text += length;
    while (takes_blanks && *text == ' ') {
        text++;
    }
    *out_unit = text;
    return TRUE;
}

/* Where a unit stands in a list; the list's length when it is not there. */
static gsize find_unit(const char *unit, const char *const *units)
{
    gsize i = 0;

    while (units[i] != NULL && strcmp(unit, units[i]) != 0) {
        i++;
    }
    return i;
}

/* Milliseconds, rounded. */
static gboolean run_parse_duration(TgNativeCall *call)
{
    static const char *const units[] = {"ns", "us", "ms", "s", "m", "h", "d", NULL};
    static const double millis[] = {1e-6, 1e-3, 1, 1000, 60000, 3.6e6, 86400000, 0};
    TgNativeText given = tg_native_text(call, 0);
    const char *unit = "";
    double number = 0;
    gboolean is_number = FALSE;

    g_string_append_len(call->scratch, given.bytes, (gssize)given.size);
    g_strstrip(call->scratch->str);
    is_number = read_number(call->scratch->str, TRUE, &number, &unit);
    if (!is_number || millis[find_unit(unit, units)] == 0) {
        return tg_native_fail(call, "tg_error: no duration: %s", call->scratch->str);
    }
    return tg_native_return_int64(call,
                                  (gint64)floor(number * millis[find_unit(unit, units)] + 0.5));
}

/* Bytes, as digits: up to 2^80 and beyond. */
static gboolean run_parse_data_size(TgNativeCall *call)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB", NULL};
    TgNativeText given = tg_native_text(call, 0);
    const char *unit = "";
    double number = 0;
    gboolean is_number = FALSE;
    gsize power = 0;

    g_string_append_len(call->scratch, given.bytes, (gssize)given.size);
    is_number = read_number(call->scratch->str, FALSE, &number, &unit);
    power = find_unit(unit, units);
    if (!is_number || units[power] == NULL) {
        return tg_native_fail(call, "tg_error: no size of data: %s", call->scratch->str);
    }
    g_string_printf(call->scratch, "%.0f", floor(ldexp(number, 10 * (int)power)));
    return tg_native_return_scratch(call);
}

const TgNative tg_natives_statistics[] = {
    {"tg_normal_cdf", "ddd", 'd', run_normal_cdf},
    {"tg_inverse_normal_cdf", "ddd", 'd', run_inverse_normal_cdf},
    {"tg_beta_cdf", "ddd", 'd', run_beta_cdf},
    {"tg_t_cdf", "dd", 'd', run_t_cdf},
    {"tg_t_pdf", "dd", 'd', run_t_pdf},
    {"tg_wilson_lower", "bbd", 'd', run_wilson_lower},
    {"tg_wilson_upper", "bbd", 'd', run_wilson_upper},
    {"tg_parse_duration", "v", 'b', run_parse_duration},
    {"tg_parse_data_size", "v", 'v', run_parse_data_size},
    {NULL, NULL, 0, NULL},
};

/* Floating point numbers as text, as Java prints them. */
#include "base/double_text.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define PRECISION_MAX 17  /* digits that tell any two doubles apart */
#define PRECISION_SURE 15 /* digits that a double keeps, whatever they are */
#define PRECISION_SURE_SINGLE 6
#define DIGITS_LIMIT 1e15 /* PRECISION_SURE digits are less */
#define PLACES_USUAL 2    /* of most that are not whole */
#define POWERS_COUNT 23   /* of ten, that a double holds exactly */

static const double powers[POWERS_COUNT] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static guint count_digits(guint64 value)
{
    guint count = 1;

    for (; value >= 10000; value /= 10000) {
        count += 4;
    }
    return count + (value >= 10) + (value >= 100) + (value >= 1000);
}

gsize tg_digits_write(guint64 value, char text[TG_DIGITS_BYTES])
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    guint count = count_digits(value);
    guint at = count;

    for (; at >= 2; value /= 100) {
        at -= 2;
        memcpy(text + at, pairs + value % 100 * 2, 2);
    }
    if (at == 1) {
        text[0] = (char)('0' + value);
    }
    return count;
}

/* Whether the value is m / 10^places with at most 15 digits. */
static gboolean is_decimal(double value, int places, guint64 *out_scaled)
{
    double scaled = value * powers[places];

    if (scaled >= DIGITS_LIMIT) {
        return FALSE;
    }
    *out_scaled = (guint64)(scaled + 0.5);
    return *out_scaled != 0 && (double)*out_scaled / powers[places] == value;
}

/**
 * What most numbers of people are: m / 10^k with at most 15 digits. Both are exact doubles, so
 * their quotient is the double nearest to that decimal, as a reader would get it (W. D. Clinger,
 * "How to read floating point numbers accurately", 1990); and 15 digits are never two decimals for
 * one double, so there is no shorter one.
 *
 * @out_places k, at least 0 and as small as can be
 * @return FALSE for all other numbers
 */
static gboolean find_decimal(double value, guint64 *out_scaled, int *out_places)
{
    int whole = 0; /* digits before the point */

    if (value < 1e-7 || value >= DIGITS_LIMIT) {
        return FALSE;
    }
    *out_places = PLACES_USUAL;
    if (!is_decimal(value, PLACES_USUAL, out_scaled)) {
        while (whole < PRECISION_SURE && value >= powers[whole]) {
            whole++;
        }
        *out_places = PRECISION_SURE - whole;
        if (!is_decimal(value, *out_places, out_scaled)) {
            return FALSE;
        }
    }
    while (*out_places > 0 && *out_scaled % 10 == 0) {
        *out_scaled /= 10;
        *out_places -= 1;
    }
    return TRUE;
}

/* Fewer digits than those that are kept anyway would be the same with zeros behind; but numbers
 * that are nearly 0 keep less. */
static int precision_to_begin(double value, gboolean is_single)
{
    if (value < (is_single ? (double)FLT_MIN : DBL_MIN)) {
        return 1;
    }
    return is_single ? PRECISION_SURE_SINGLE : PRECISION_SURE;
}

int tg_double_shortest(double value, gboolean is_single, char digits[TG_DOUBLE_TEXT_BYTES])
{
    char text[TG_DOUBLE_TEXT_BYTES];
    gsize used = 0;
    guint64 scaled = 0;
    int places = 0;

    if (!is_single && find_decimal(value, &scaled, &places)) {
        used = tg_digits_write(scaled, digits);
        int exponent = (int)used - 1 - places;

        while (used > 1 && digits[used - 1] == '0') {
            used--;
        }
        digits[used] = '\0';
        return exponent;
    }
    for (int precision = precision_to_begin(value, is_single); precision <= PRECISION_MAX;
         precision++) {
        (void)g_snprintf(text, sizeof text, "%.*e", precision - 1, value);
        double back = g_ascii_strtod(text, NULL);

        if (is_single ? (float)back == (float)value : back == value) {
            break;
        }
    }
    char *mark = strchr(text, 'e');

    for (const char *at = text; at < mark; at++) {
        if (g_ascii_isdigit(*at)) {
            digits[used++] = *at;
        }
    }
    while (used > 1 && digits[used - 1] == '0') {
        used--;
    }
    digits[used] = '\0';
    return (int)g_ascii_strtoll(mark + 1, NULL, 10);
}

/* "0.00123", "12.0"; the number of bytes. */
static gsize layout_plain(char *text, const char *digits, int exponent)
{
    int length = (int)strlen(digits);
    gsize used = 0;

    if (exponent < 0) {
        text[used++] = '0';
        text[used++] = '.';
        for (int i = -1; i > exponent; i--) {
            text[used++] = '0';
        }
    }
    for (int i = 0; i <= exponent || i < length; i++) {
        if (exponent >= 0 && i == exponent + 1) {
            text[used++] = '.';
        }
        text[used++] = (char)(i < length ? digits[i] : '0');
    }
    if (exponent >= 0 && length <= exponent + 1) {
        text[used++] = '.';
        text[used++] = '0';
    }
    text[used] = '\0';
    return used;
}

/* "12.5", "0.001", "7.0" of a number that is no smaller and less than ten million. */
static gsize layout_decimal(char *text, guint64 scaled, int places)
{
    guint64 power = (guint64)powers[places];
    guint64 rest = scaled % power;
    gsize used = tg_digits_write(scaled / power, text);

    text[used++] = '.';
    text[used] = '0';
    for (int i = places; i > 0; i--, rest /= 10) {
        text[used + (gsize)i - 1] = (char)('0' + rest % 10);
    }
    used += (gsize)MAX(places, 1);
    text[used] = '\0';
    return used;
}

static gsize format(double value, gboolean is_single, char text[TG_DOUBLE_TEXT_BYTES])
{
    char digits[TG_DOUBLE_TEXT_BYTES] = "";

    if (isnan(value)) {
        return g_strlcpy(text, "NaN", TG_DOUBLE_TEXT_BYTES);
    }
    if (isinf(value)) {
        return g_strlcpy(text, value < 0 ? "-Infinity" : "Infinity", TG_DOUBLE_TEXT_BYTES);
    }
    if (value == 0.0) {
        return g_strlcpy(text, signbit(value) ? "-0.0" : "0.0", TG_DOUBLE_TEXT_BYTES);
    }
    if (fabs(value) == 4.9406564584124654e-324) {
        /* Java prints two digits where one would do */
        return g_strlcpy(text, value < 0 ? "-4.9E-324" : "4.9E-324", TG_DOUBLE_TEXT_BYTES);
    }
    gsize sign = value < 0 ? 1 : 0;
    guint64 scaled = 0;
    int places = 0;

    text[0] = '-';
    if (!is_single && fabs(value) >= 1e-3 && fabs(value) < 1e7 &&
        find_decimal(fabs(value), &scaled, &places)) {
        return sign + layout_decimal(text + sign, scaled, places);
    }
    int exponent = tg_double_shortest(fabs(value), is_single, digits);

    if (exponent >= -3 && exponent < 7) {
        return sign + layout_plain(text + sign, digits, exponent);
    }
    return sign + (gsize)g_snprintf(text + sign, TG_DOUBLE_TEXT_BYTES - sign, "%c.%sE%d", digits[0],
                                    digits[1] == '\0' ? "0" : digits + 1, exponent);
}

gsize tg_double_format(double value, char text[TG_DOUBLE_TEXT_BYTES])
{
    return format(value, FALSE, text);
}

gsize tg_float_format(double value, char text[TG_DOUBLE_TEXT_BYTES])
{
    return format(value, TRUE, text);
}

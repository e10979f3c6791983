/* Floating point numbers as text, as Java prints them. */
#include "base/double_text.h"

#include <math.h>
#include <string.h>

#define PRECISION_MAX 17 /* digits that tell any two doubles apart */

int tg_double_shortest(double value, gboolean is_single, char digits[TG_DOUBLE_TEXT_BYTES])
{
    char text[TG_DOUBLE_TEXT_BYTES];
    gsize used = 0;

    for (int precision = 1; precision <= PRECISION_MAX; precision++) {
        (void)g_snprintf(text, sizeof text, "%.*e", precision - 1, value);
        double back = g_ascii_strtod(text, NULL);

        if (is_single ? (float)back == (float)value : back == value) {
            break;
        }
    }
    char *exponent = strchr(text, 'e');

    for (const char *at = text; at < exponent; at++) {
        if (g_ascii_isdigit(*at)) {
            digits[used++] = *at;
        }
    }
    while (used > 1 && digits[used - 1] == '0') {
        used--;
    }
    digits[used] = '\0';
    return (int)g_ascii_strtoll(exponent + 1, NULL, 10);
}

static void layout_plain(GString *out, const char *digits, int exponent)
{
    int length = (int)strlen(digits);

    if (exponent < 0) {
        g_string_append(out, "0.");
        for (int i = -1; i > exponent; i--) {
            g_string_append_c(out, '0');
        }
        g_string_append(out, digits);
        return;
    }
    for (int i = 0; i <= exponent || i < length; i++) {
        if (i == exponent + 1) {
            g_string_append_c(out, '.');
        }
        g_string_append_c(out, i < length ? digits[i] : '0');
    }
    if (length <= exponent + 1) {
        g_string_append(out, ".0");
    }
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
    g_autoptr(GString) out = g_string_new(value < 0 ? "-" : "");
    int exponent = tg_double_shortest(fabs(value), is_single, digits);

    if (exponent >= -3 && exponent < 7) {
        layout_plain(out, digits, exponent);
    } else {
        g_string_append_printf(out, "%c.%sE%d", digits[0], digits[1] == '\0' ? "0" : digits + 1,
                               exponent);
    }
    return g_strlcpy(text, out->str, TG_DOUBLE_TEXT_BYTES);
}

gsize tg_double_format(double value, char text[TG_DOUBLE_TEXT_BYTES])
{
    return format(value, FALSE, text);
}

gsize tg_float_format(double value, char text[TG_DOUBLE_TEXT_BYTES])
{
    return format(value, TRUE, text);
}

/* Floating point numbers as text, as Java prints them. */
#pragma once

#include <glib.h>

#define TG_DOUBLE_TEXT_BYTES 32

/**
 * The fewest digits that read back as the value, without a point.
 *
 * @value finite and not negative
 * @is_single read back as a float, not as a double
 * @return the decimal exponent of the first digit
 */
int tg_double_shortest(double value, gboolean is_single, char digits[TG_DOUBLE_TEXT_BYTES]);

/* Double.toString (Float.toString when is_single): "0.1", "1.0E10" from ten million on, "NaN",
 * "-Infinity". Writes a NUL; the number of bytes before it. */
gsize tg_double_format(double value, char text[TG_DOUBLE_TEXT_BYTES]);
gsize tg_float_format(double value, char text[TG_DOUBLE_TEXT_BYTES]);

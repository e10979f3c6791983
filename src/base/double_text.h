/* Numbers as text: floating point as Java prints it. */
#pragma once

#include <glib.h>

#define TG_DOUBLE_TEXT_BYTES 32
#define TG_DIGITS_BYTES 20

/* The digits of a number, without a NUL; how many they are. */
gsize tg_digits_write(guint64 value, char text[TG_DIGITS_BYTES]);

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

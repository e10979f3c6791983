/* Numbers from and to text as Java has them. */
#pragma once

#include <glib.h>

#include "base/double_text.h"
#include "columns/type.h"

/* Long.parseLong: an optional sign and digits. */
gboolean tg_int64_parse(const char *text, gsize size_bytes, gint64 *out);

/* Double.parseDouble: blanks around, NaN, Infinity, exponents, hexadecimal floats, a trailing d or
 * f. */
gboolean tg_double_parse(const char *text, gsize size_bytes, double *out);

/* "-12.30" as an unscaled integer; FALSE when it has more digits than precision and scale allow. */
gboolean tg_decimal_parse(const char *text, gsize size_bytes, guint precision, guint scale,
                          TgInt128 *out);

#define TG_DECIMAL_TEXT_BYTES 48

/* Long.toString; writes a NUL, and returns the number of bytes before it. */
gsize tg_int64_format(gint64 value, char text[TG_DECIMAL_TEXT_BYTES]);

/* An unscaled integer with its point: "-12.30". */
gsize tg_decimal_format(TgInt128 value, guint scale, char text[TG_DECIMAL_TEXT_BYTES]);

/* What the bytes of a sample say about charset and line ends. */
#pragma once

#include <glib.h>

/**
 * "UTF-8", "Shift_JIS" or "EUC-JP". A multi-byte charset is only named when the sample has enough
 * characters to tell: `sure_characters` of them.
 */
const char *tg_sample_charset(const guint8 *bytes, gsize size_bytes, guint sure_characters);

/* "CRLF", "LF" or "CR": the most frequent. */
const char *tg_sample_newline(const guint8 *bytes, gsize size_bytes);

/* The sample as UTF-8, NUL-terminated, without a byte order mark. The caller frees. */
char *tg_sample_to_utf8(const guint8 *bytes, gsize size_bytes, const char *charset,
                        gsize *out_size_bytes);

/* Bytes that should be UTF-8. */
#pragma once

#include <glib.h>

/* Whether no byte is beyond ASCII. */
gboolean tg_bytes_are_ascii(const char *bytes, gsize size_bytes);

/* Well-formed UTF-8; NUL bytes are fine. */
gboolean tg_utf8_is_valid(const char *bytes, gsize size_bytes);

/* Appends with U+FFFD for what is malformed, one for each maximal part, as Java's decoder does. */
void tg_utf8_append_repaired(GString *out, const char *bytes, gsize size_bytes);

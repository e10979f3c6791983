/* Streams of bytes that the frame itself makes. */
#pragma once

#include "loader/plugin.h"

/* Reads bytes in memory, which must outlive the stream. */
TgStream *tg_stream_new_memory(const char *name, const guint8 *bytes, gsize size_bytes);

/**
 * Turns a charset into UTF-8. Malformed bytes become U+FFFD, as Java's decoders do, or with
 * `is_strict` a CONFIG error naming the offset. "utf-8" itself gives the source back (its reader
 * checks). A charset that nobody knows is CONFIG. Takes the source even on failure.
 */
TgStream *tg_stream_new_charset(TgStream *take_source, const char *charset, gboolean is_strict,
                                GError **error);

/* Whether a Java charset name means UTF-8. */
gboolean tg_charset_is_utf8(const char *charset);

/* The name that iconv knows a Java charset by; NULL with CONFIG. Lent. */
const char *tg_charset_iconv_name(const char *charset, GError **error);

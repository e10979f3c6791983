/* Which charset a sample is written in, as Embulk guesses it. */
#pragma once

#include <glib.h>

/**
 * Asks ICU's detector (unicode-org.github.io/icu, CharsetDetector), as embulk-util-guess does:
 * below a confidence of 50 it is UTF-8; ISO-8859-1 is taken for UTF-8, Shift_JIS for MS932. ICU is
 * loaded when it is asked for the first time.
 *
 * @return the caller frees; NULL when ICU is not installed
 */
char *tg_charset_detect(const guint8 *bytes, gsize size_bytes);

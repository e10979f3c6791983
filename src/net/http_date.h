/* Dates as HTTP's headers write them. */
#pragma once

#include <glib.h>

/**
 * "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110; the obsolete forms are not read).
 *
 * @out_ms Unix time in milliseconds; stays as it is when the text is none
 */
gboolean tg_http_date_parse(const char *text, gint64 *out_ms);

/* The same form. The caller frees. */
char *tg_http_date_format(gint64 ms);

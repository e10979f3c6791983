/* Durations: "1d 2h 3m 4s". Digdag's Durations.java. */
#pragma once

#include <glib.h>

/* Each part optional, in this order, blanks allowed; FALSE when the text is something else. */
gboolean tg_duration_parse(const char *text, gint64 *out_seconds);

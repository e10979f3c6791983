/* Names and texts in SQL: nothing that stands in them ends the quotes. */
#pragma once

#include <glib.h>

/* Appends the text in quotes, each quote within it doubled. @quote '\'' for texts, '"' for names */
void tg_sql_append_quoted(GString *out, const char *text, char quote);

/* The same as a new text: 'it''s', "a ""b""". The caller frees. */
char *tg_sql_quote(const char *text, char quote);

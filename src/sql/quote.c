/* Quoting as SQL has it in all of its dialects here. */
#include "sql/quote.h"

void tg_sql_append_quoted(GString *out, const char *text, char quote)
{
    g_string_append_c(out, quote);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == quote) {
            g_string_append_c(out, quote);
        }
        g_string_append_c(out, *at);
    }
    g_string_append_c(out, quote);
}

char *tg_sql_quote(const char *text, char quote)
{
    GString *out = g_string_new(NULL);

    tg_sql_append_quoted(out, text, quote);
    return g_string_free(out, FALSE);
}

/* Texts and names as DuckDB's SQL quotes them. */
#include "engine/engine_internal.h"

void tg_engine_append_text(GString *out, const char *text)
{
    g_string_append_c(out, '\'');
    for (; *text != '\0'; text++) {
        g_string_append(out, *text == '\'' ? "'" : "");
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, '\'');
}

void tg_engine_append_name(GString *out, const char *name)
{
    g_string_append_c(out, '"');
    for (; *name != '\0'; name++) {
        g_string_append(out, *name == '"' ? "\"" : "");
        g_string_append_c(out, *name);
    }
    g_string_append_c(out, '"');
}

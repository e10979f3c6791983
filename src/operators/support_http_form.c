/* application/x-www-form-urlencoded. */
#include "operators/support_http_form.h"

#include <string.h>

/* As Java's URLEncoder writes it. */
static char *form_encode(const char *text)
{
    GString *out = g_string_new(NULL);

    for (const guchar *c = (const guchar *)text; *c != '\0'; c++) {
        if (g_ascii_isalnum(*c) || strchr(".-*_", *c) != NULL) {
            g_string_append_c(out, (char)*c);
        } else if (*c == ' ') {
            g_string_append_c(out, '+');
        } else {
            g_string_append_printf(out, "%%%02X", *c);
        }
    }
    return g_string_free(out, FALSE);
}

void tg_operator_form_append(GString *text, const char *name, const char *value)
{
    g_autofree char *safe_name = form_encode(name);
    g_autofree char *safe_value = form_encode(value);

    g_string_append_printf(text, "%s%s=%s", text->len == 0 ? "" : "&", safe_name, safe_value);
}

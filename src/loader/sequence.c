/* `sequence_format` of file outputs. */
#include "loader/sequence.h"

#include <string.h>

#define WIDTH_MAX 20

char *tg_sequence_format(const char *format, guint task, guint index, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    guint numbers[] = {task, index};
    gsize used = 0;

    for (const char *at = format; *at != '\0'; at++) {
        gboolean zeros = FALSE;
        int width = 0;

        if (*at != '%') {
            g_string_append_c(out, *at);
            continue;
        }
        if (*++at == '%') {
            g_string_append_c(out, '%');
            continue;
        }
        for (; g_ascii_isdigit(*at); at++) {
            zeros = zeros || (width == 0 && *at == '0');
            width = MIN(width * 10 + (*at - '0'), WIDTH_MAX);
        }
        if (*at != 'd' || used == G_N_ELEMENTS(numbers)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "sequence_format '%s' must hold at most two of %%d, such as %%03d.%%02d.",
                        format);
            return NULL;
        }
        g_string_append_printf(out, zeros ? "%0*u" : "%*u", width, numbers[used++]);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

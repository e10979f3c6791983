/* Durations as Digdag writes them. */
#include "params/duration.h"

#include <string.h>

#define PART_MAX 100000000u /* three centuries in minutes; keeps the sum far from overflow */

gboolean tg_duration_parse(const char *text, gint64 *out_seconds)
{
    static const struct {
        char unit;
        gint64 seconds;
    } units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
    const char *c = text;
    gsize next = 0; /* units come in this order */
    gint64 sum = 0;
    gboolean any = FALSE;

    while (*(c += strspn(c, " \t\n")) != '\0') {
        char *end = NULL;
        guint64 number = g_ascii_strtoull(c, &end, 10);

        if (!g_ascii_isdigit(*c) || number > PART_MAX) {
            return FALSE;
        }
        end += strspn(end, " \t\n");
        while (next < G_N_ELEMENTS(units) && units[next].unit != g_ascii_tolower(*end)) {
            next++;
        }
        if (next == G_N_ELEMENTS(units)) {
            return FALSE;
        }
        sum += (gint64)number * units[next++].seconds;
        any = TRUE;
        c = end + 1;
    }
    if (any) {
        *out_seconds = sum;
    }
    return any;
}

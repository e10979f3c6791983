/* Durations as Digdag writes them. */
#include "operators/support_duration.h"

#include <string.h>

#include "params/params.h"

#define PART_MAX 100000000u /* three centuries in minutes; keeps the sum far from overflow */

gboolean tg_operator_duration_parse(const char *text, gint64 *out_seconds)
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

gboolean tg_operator_duration_get(const json_t *params, const char *key, gint64 fallback_seconds,
                                  gint64 *out_seconds, GError **error)
{
    const json_t *value = json_object_get(params, key);
    g_autofree char *shown = NULL;

    if (!tg_params_has(params, key)) {
        *out_seconds = fallback_seconds;
        return TRUE;
    }
    if (json_is_string(value) &&
        tg_operator_duration_parse(json_string_value(value), out_seconds)) {
        return TRUE;
    }
    shown = tg_params_to_json(value);
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "Expected a duration for key '%s' but got %s; write it as 10s, 5m or 1h 30m", key,
                shown);
    return FALSE;
}

/* Durations as Digdag writes them. */
#include "operators/support_duration.h"

#include "params/duration.h"
#include "params/params.h"

gboolean tg_operator_duration_get(const json_t *params, const char *key, gint64 fallback_seconds,
                                  gint64 *out_seconds, GError **error)
{
    const json_t *value = json_object_get(params, key);
    g_autofree char *shown = NULL;

    if (!tg_params_has(params, key)) {
        *out_seconds = fallback_seconds;
        return TRUE;
    }
    if (json_is_string(value) && tg_duration_parse(json_string_value(value), out_seconds)) {
        return TRUE;
    }
    shown = tg_params_to_json(value);
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "Expected a duration for key '%s' but got %s; write it as 10s, 5m or 1h 30m", key,
                shown);
    return FALSE;
}

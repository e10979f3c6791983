/* Digdag's RetryControl. */
#include "workflow/retry.h"

#include "params/params.h"

#define INTERVAL_S_MAX ((gint64)366 * 24 * 3600)

static gint64 count_of(const json_t *state)
{
    return json_integer_value(json_object_get(state, "retry_count"));
}

static gint64 exponential(gint64 interval_s, gint64 count, gint64 max_s)
{
    gint64 value = interval_s;

    for (gint64 i = 0; i < count && value < INTERVAL_S_MAX; i++) {
        value *= 2;
    }
    return max_s >= 0 ? MIN(value, max_s) : value;
}

static gboolean read_map(const json_t *retry, gint64 count, gint64 *limit, gint64 *interval_s,
                         GError **error)
{
    g_autofree char *type = NULL;
    gint64 max_s = -1;

    if (!tg_params_has(retry, "limit")) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "_retry: {…} needs a limit");
        return FALSE;
    }
    if (!tg_params_get_int64(retry, "limit", 0, limit, error) ||
        !tg_params_get_int64(retry, "interval", 0, interval_s, error) ||
        !tg_params_get_int64(retry, "max_interval", -1, &max_s, error) ||
        !tg_params_dup_text_or(retry, "interval_type", "constant", &type, error)) {
        g_prefix_error(error, "_retry: ");
        return FALSE;
    }
    if (g_ascii_strcasecmp(type, "exponential") == 0) {
        *interval_s = exponential(*interval_s, count, max_s);
    } else if (g_ascii_strcasecmp(type, "constant") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Invalid retry_interval_type: %s; it is constant or exponential", type);
        return FALSE;
    }
    return TRUE;
}

gboolean tg_retry_decide(const json_t *config, const json_t *state, gboolean *out_retry,
                         gint64 *out_interval_ms, GError **error)
{
    const json_t *retry = json_object_get(config, "_retry");
    gint64 limit = 0;
    gint64 interval_s = 0;

    if (json_is_object(retry)) {
        if (!read_map(retry, count_of(state), &limit, &interval_s, error)) {
            return FALSE;
        }
    } else if (json_is_number(retry) || json_is_string(retry)) {
        if (!tg_params_get_int64(config, "_retry", 0, &limit, error)) {
            return FALSE;
        }
    } else if (retry != NULL && !json_is_null(retry)) {
        g_autofree char *shown = tg_params_to_json(retry);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Invalid _retry format:%s", shown);
        return FALSE;
    }
    *out_retry = limit > count_of(state);
    *out_interval_ms = CLAMP(interval_s, 0, INTERVAL_S_MAX) * 1000;
    return TRUE;
}

json_t *tg_retry_next_state(const json_t *state)
{
    json_t *next = json_is_object(state) ? json_deep_copy(state) : json_object();

    json_object_set_new(next, "retry_count", json_integer(count_of(state) + 1));
    return next;
}

gboolean tg_retry_has_happened(const json_t *state)
{
    return count_of(state) > 0;
}

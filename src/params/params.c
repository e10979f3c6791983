/* Typed access to ordered JSON objects. */
#include "params/params.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_CHARS 80

static json_t *lookup(const json_t *params, const char *key)
{
    json_t *value = json_object_get(params, key);

    return json_is_null(value) ? NULL : value;
}

char *tg_params_to_json(const json_t *value)
{
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    char *text = g_strdup(dumped == NULL ? "null" : dumped);

    free(dumped);
    return text;
}

char *tg_params_to_text(const json_t *value)
{
    return json_is_string(value) ? g_strdup(json_string_value(value)) : tg_params_to_json(value);
}

static void fail_type(GError **error, const char *key, const char *wanted, const json_t *found)
{
    g_autofree char *text = tg_params_to_json(found);
    g_autofree char *shown = g_strndup(text, SHOWN_CHARS);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Expected %s for key '%s' but got %s%s", wanted,
                key, shown, strlen(text) > SHOWN_CHARS ? "…" : "");
}

static void fail_missing(GError **error, const char *key)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter '%s' is required but not set", key);
}

gboolean tg_params_has(const json_t *params, const char *key)
{
    return lookup(params, key) != NULL;
}

gboolean tg_params_dup_text_or(const json_t *params, const char *key, const char *fallback,
                               char **out, GError **error)
{
    json_t *value = lookup(params, key);

    if (value == NULL) {
        *out = g_strdup(fallback);
        return TRUE;
    }
    if (json_is_object(value) || json_is_array(value)) {
        fail_type(error, key, "a text", value);
        return FALSE;
    }
    *out = tg_params_to_text(value);
    return TRUE;
}

char *tg_params_dup_text(const json_t *params, const char *key, GError **error)
{
    char *text = NULL;

    if (!tg_params_has(params, key)) {
        fail_missing(error, key);
        return NULL;
    }
    return tg_params_dup_text_or(params, key, NULL, &text, error) ? text : NULL;
}

static gboolean parse_int64(const char *text, gint64 *out)
{
    char *end = NULL;
    gint64 value = 0;

    errno = 0;
    value = g_ascii_strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0') {
        return FALSE;
    }
    *out = value;
    return TRUE;
}

gboolean tg_params_get_int64(const json_t *params, const char *key, gint64 fallback, gint64 *out,
                             GError **error)
{
    json_t *value = lookup(params, key);

    if (value == NULL) {
        *out = fallback;
        return TRUE;
    }
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
        return TRUE;
    }
    if (json_is_real(value) && json_real_value(value) >= -9e18 && json_real_value(value) <= 9e18) {
        *out = (gint64)json_real_value(value);
        return TRUE;
    }
    if (json_is_string(value) && parse_int64(json_string_value(value), out)) {
        return TRUE;
    }
    fail_type(error, key, "an integer", value);
    return FALSE;
}

gboolean tg_params_get_boolean(const json_t *params, const char *key, gboolean fallback,
                               gboolean *out, GError **error)
{
    json_t *value = lookup(params, key);
    const char *text = json_string_value(value);

    if (value == NULL) {
        *out = fallback;
        return TRUE;
    }
    if (json_is_boolean(value)) {
        *out = json_is_true(value);
        return TRUE;
    }
    if (text != NULL && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
        *out = strcmp(text, "true") == 0;
        return TRUE;
    }
    fail_type(error, key, "true or false", value);
    return FALSE;
}

/* The value itself or, for a text, the JSON in it; NULL with the error set. A new reference. */
static json_t *parse_nested(const json_t *params, const char *key, const char *wanted,
                            GError **error)
{
    json_t *value = lookup(params, key);
    json_error_t problem;
    json_t *parsed = NULL;

    if (value == NULL) {
        fail_missing(error, key);
        return NULL;
    }
    if (!json_is_string(value)) {
        return json_incref(value);
    }
    parsed = json_loadb(json_string_value(value), json_string_length(value),
                        JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &problem);
    if (parsed == NULL) {
        fail_type(error, key, wanted, value);
        g_prefix_error(error, "%s (character %d): ", problem.text, problem.position);
    }
    return parsed;
}

json_t *tg_params_parse_map(const json_t *params, const char *key, GError **error)
{
    g_autoptr(json_t) value = parse_nested(params, key, "a map", error);

    if (value != NULL && !json_is_object(value)) {
        fail_type(error, key, "a map", value);
        return NULL;
    }
    return g_steal_pointer(&value);
}

json_t *tg_params_parse_list(const json_t *params, const char *key, GError **error)
{
    g_autoptr(json_t) value = parse_nested(params, key, "a list", error);

    if (value != NULL && !json_is_array(value)) {
        fail_type(error, key, "a list", value);
        return NULL;
    }
    return g_steal_pointer(&value);
}

json_t *tg_params_get_map_or_empty(const json_t *params, const char *key, GError **error)
{
    json_t *value = lookup(params, key);

    if (value == NULL) {
        return json_object();
    }
    if (!json_is_object(value)) {
        fail_type(error, key, "a map", value);
        return NULL;
    }
    return json_incref(value);
}

void tg_params_merge(json_t *into, const json_t *from)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)from, key, value) {
        json_t *there = json_object_get(into, key);

        if (json_is_object(there) && json_is_object(value)) {
            tg_params_merge(there, value);
        } else {
            json_object_set_new(into, key, json_deep_copy(value));
        }
    }
}

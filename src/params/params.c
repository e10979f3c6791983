/* Typed access to ordered JSON objects. */
#include "params/params.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_CHARS 97

static json_t *lookup(const json_t *params, const char *key)
{
    json_t *value = json_object_get(params, key);

    return json_is_null(value) ? NULL : value;
}

/* Jackson's JsonNodeType. */
static const char *type_name(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "object",  [JSON_ARRAY] = "array", [JSON_STRING] = "string",
        [JSON_INTEGER] = "number", [JSON_REAL] = "number", [JSON_TRUE] = "boolean",
        [JSON_FALSE] = "boolean",  [JSON_NULL] = "null"};

    return names[json_typeof(value)];
}

static void fail_type(GError **error, const char *key, const char *wanted, const json_t *found)
{
    g_autofree char *text = tg_params_to_json(found);
    gboolean is_long = g_utf8_strlen(text, -1) > SHOWN_CHARS + 2;
    g_autofree char *shown = is_long ? g_utf8_substring(text, 0, SHOWN_CHARS) : g_strdup(text);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Expected %s for key '%s' but got %s%s (%s)",
                wanted, key, shown, is_long ? "..." : "", type_name(found));
}

static void fail_missing(GError **error, const json_t *params, const char *key)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter '%s' is required but %s", key,
                json_object_get(params, key) == NULL ? "not set" : "null");
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
        fail_type(error, key, "string type", value);
        return FALSE;
    }
    *out = tg_params_to_text(value);
    return TRUE;
}

char *tg_params_dup_text(const json_t *params, const char *key, GError **error)
{
    char *text = NULL;

    if (!tg_params_has(params, key)) {
        fail_missing(error, params, key);
        return NULL;
    }
    return tg_params_dup_text_or(params, key, NULL, &text, error) ? text : NULL;
}

/* As Jackson makes a number of a text: blanks around do not count, none at all and "null" is 0. */
static gboolean parse_int64(const char *padded, gint64 *out)
{
    g_autofree char *text = g_strstrip(g_strdup(padded));
    char *end = NULL;
    gint64 value = 0;

    if (*text == '\0' || strcmp(text, "null") == 0) {
        *out = 0;
        return TRUE;
    }
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
    fail_type(error, key, "integer (int) type", value);
    return FALSE;
}

gboolean tg_params_check_range(const char *key, gint64 value, gint64 min, gint64 max,
                               GError **error)
{
    if (value < min || value > max) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' must be %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, key, min, max);
        return FALSE;
    }
    return TRUE;
}

/* As Jackson makes a boolean of a text. */
static gboolean parse_boolean(const char *padded, gboolean *out)
{
    static const char *const truths[] = {"true", "True", NULL};
    static const char *const others[] = {"false", "False", "", "null", NULL};
    g_autofree char *text = g_strstrip(g_strdup(padded));

    *out = g_strv_contains(truths, text);
    return *out || g_strv_contains(others, text);
}

gboolean tg_params_get_boolean(const json_t *params, const char *key, gboolean fallback,
                               gboolean *out, GError **error)
{
    json_t *value = lookup(params, key);
    const char *text = json_string_value(value);
    gboolean is_true = FALSE;

    if (value == NULL) {
        *out = fallback;
        return TRUE;
    }
    if (json_is_boolean(value)) {
        *out = json_is_true(value);
        return TRUE;
    }
    if (json_is_integer(value)) {
        *out = json_integer_value(value) != 0;
        return TRUE;
    }
    if (text != NULL && parse_boolean(text, &is_true)) {
        *out = is_true;
        return TRUE;
    }
    fail_type(error, key, "'true' or 'false'", value);
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
        fail_missing(error, params, key);
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
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter '%s' must be an object", key);
        return NULL;
    }
    return g_steal_pointer(&value);
}

json_t *tg_params_parse_list(const json_t *params, const char *key, GError **error)
{
    g_autoptr(json_t) value = parse_nested(params, key, "a list", error);

    if (value != NULL && !json_is_array(value)) {
        fail_type(error, key, "array type", value);
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
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter '%s' must be an object", key);
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
            json_t *merged = json_copy(there); /* `there` may be shared */

            tg_params_merge(merged, value);
            json_object_set_new(into, key, merged);
        } else {
            json_object_set(into, key, value);
        }
    }
}

const json_t *tg_params_find_pointer(const json_t *value, const char *pointer)
{
    g_auto(GStrv) parts = g_strsplit(pointer, "/", -1);

    for (guint i = 1; parts[0] != NULL && parts[i] != NULL && value != NULL; i++) {
        g_auto(GStrv) tildes = g_strsplit(parts[i], "~1", -1);
        g_autofree char *slashes = g_strjoinv("/", tildes);
        g_auto(GStrv) zeros = g_strsplit(slashes, "~0", -1);
        g_autofree char *key = g_strjoinv("~", zeros);

        value = json_is_array(value)
                    ? json_array_get(value, (size_t)g_ascii_strtoull(key, NULL, 10))
                    : json_object_get(value, key);
    }
    return value;
}

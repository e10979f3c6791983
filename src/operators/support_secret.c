/* Looks up, remaps and fills in secrets. */
#include "operators/support_secret.h"

#include <string.h>

#include "params/params.h"

static gboolean check_key(const char *key, GError **error)
{
    g_auto(GStrv) segments = g_strsplit(key, ".", -1);
    gboolean ok = segments[0] != NULL && strchr(key, '*') == NULL;

    for (guint i = 0; ok && segments[i] != NULL; i++) {
        ok = segments[i][0] != '\0';
    }
    if (!ok) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Illegal key: '%s'", key);
    }
    return ok;
}

/* `_secrets: {pg: other.pg}` sends pg.password to other.pg.password. */
static char *remap(const TgTurn *turn, const char *key, GError **error)
{
    const json_t *scope = json_object_get(turn->params, "_secrets");
    g_auto(GStrv) segments = g_strsplit(key, ".", -1);

    if (scope != NULL && !json_is_null(scope) && !json_is_object(scope)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter '_secrets' must be an object");
        return NULL;
    }
    for (guint i = 0; segments[i] != NULL && json_is_object(scope); i++) {
        scope = json_object_get(scope, segments[i]);
        if (json_is_string(scope)) {
            g_autofree char *rest = g_strjoinv(".", segments + i + 1);

            return g_strconcat(json_string_value(scope), *rest == '\0' ? "" : ".", rest, NULL);
        }
    }
    if (scope == NULL || json_is_null(scope) || json_is_object(scope) || json_is_true(scope)) {
        return g_strdup(key);
    }
    g_autofree char *shown = tg_params_to_json(scope);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Illegal value in _secrets: %s", shown);
    return NULL;
}

static gboolean look_up(const TgTurn *turn, const char *key, char **out, GError **error)
{
    *out = NULL;
    return turn->services->secret == NULL ||
           turn->services->secret(turn->services, key, out, error);
}

gboolean tg_operator_secret_or_null(const TgTurn *turn, const char *key, char **out, GError **error)
{
    g_autofree char *mapped = NULL;

    if (!check_key(key, error)) {
        return FALSE;
    }
    mapped = remap(turn, key, error);
    return mapped != NULL && look_up(turn, mapped, out, error);
}

static void fail_missing(const char *key, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                "Secret not found for key: '%s' (secret not found)", key);
}

char *tg_operator_secret(const TgTurn *turn, const char *key, GError **error)
{
    char *value = NULL;

    if (!tg_operator_secret_or_null(turn, key, &value, error)) {
        return NULL;
    }
    if (value == NULL) {
        fail_missing(key, error);
    }
    return value;
}

/* One that `_secrets` does not send elsewhere. */
static char *plain_secret(const TgTurn *turn, const char *key, GError **error)
{
    char *value = NULL;

    if (!check_key(key, error) || !look_up(turn, key, &value, error)) {
        return NULL;
    }
    if (value == NULL) {
        fail_missing(key, error);
    }
    return value;
}

typedef char *(*Lookup)(const TgTurn *turn, const char *key, GError **error);

/* The value of "name:key" between "${" and "}". */
static char *value_of(const TgTurn *turn, const char *reference, Lookup secret_of, GError **error)
{
    const char *colon = strchr(reference, ':');
    g_autofree char *command = g_strstrip(g_strndup(reference, (gsize)(colon - reference)));
    g_autofree char *key = g_strstrip(g_strdup(colon + 1));

    if (strcmp(command, "secret") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Invalid parametrization: '${%s}'",
                    reference);
        return NULL;
    }
    return secret_of(turn, key, error);
}

/* The end of a reference that begins at `text`: its "}", behind a ":" and at least one byte. NULL:
 * it is no reference. */
static const char *end_of_reference(const char *text)
{
    const char *colon = strchr(text, ':');

    return colon == NULL || colon[1] == '\0' ? NULL : strchr(colon + 2, '}');
}

static char *fill(const TgTurn *turn, const char *text, Lookup secret_of, GError **error)
{
    g_autoptr(GString) filled = g_string_new(NULL);
    const char *at = text;
    const char *start = NULL;

    while ((start = strstr(at, "${")) != NULL) {
        const char *end = end_of_reference(start + 2);

        if (end == NULL) {
            break;
        }
        g_autofree char *reference = g_strndup(start + 2, (gsize)(end - start - 2));
        g_autofree char *value = value_of(turn, reference, secret_of, error);

        if (value == NULL) {
            return NULL;
        }
        g_string_append_len(filled, at, start - at);
        g_string_append(filled, value);
        at = end + 1;
    }
    g_string_append(filled, at);
    return g_string_free(g_steal_pointer(&filled), FALSE);
}

char *tg_operator_fill_secrets(const TgTurn *turn, const char *text, GError **error)
{
    return fill(turn, text, tg_operator_secret, error);
}

gboolean tg_operator_is_variable_name(const char *name)
{
    if (!g_ascii_isalpha(*name) && *name != '_') {
        return FALSE;
    }
    for (const char *c = name; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && *c != '_') {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean add_variable(const TgTurn *turn, json_t *env, const char *name, const json_t *value,
                             GError **error)
{
    g_autofree char *text = tg_params_to_text(value);
    g_autofree char *filled = NULL;

    if (!tg_operator_is_variable_name(name)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Invalid _env key name: %s", name);
        return FALSE;
    }
    if (json_is_object(value) || json_is_array(value)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Expected string type for key '%s' but got %s (%s)", name, text,
                    json_is_array(value) ? "array" : "object");
        return FALSE;
    }
    filled = fill(turn, text, plain_secret, error);
    if (filled == NULL) {
        return FALSE;
    }
    json_object_set_new(env, name, json_string(filled));
    return TRUE;
}

json_t *tg_operator_env(const TgTurn *turn, GError **error)
{
    g_autoptr(json_t) env = json_object();
    const json_t *given = json_object_get(turn->params, "_env");
    const char *name = NULL;
    json_t *value = NULL;

    /* That of an _export does not count. */
    if (!tg_params_has(turn->local, "_env") || json_is_null(given)) {
        return g_steal_pointer(&env);
    }
    if (!json_is_object(given)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter '_env' must be an object");
        return NULL;
    }
    json_object_foreach ((json_t *)given, name, value) {
        if (!add_variable(turn, env, name, value, error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&env);
}

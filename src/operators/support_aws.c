/* Named profiles and secrets as options of aws/auth_method.h. */
#include "operators/support_aws.h"

#include <string.h>

#include "aws/named.h"
#include "operators/support_secret.h"
#include "params/params.h"

const char *tg_operator_aws_name(const TgTurn *turn)
{
    const json_t *aws = json_object_get(turn->params, "aws");

    return json_is_string(aws) ? json_string_value(aws)
                               : json_string_value(json_object_get(aws, "use"));
}

/* The secret SCOPE.NAME, else aws.NAME, as an option unless there is one already. */
static gboolean add_secret(const TgTurn *turn, const char *scope, const char *name, json_t *options,
                           GError **error)
{
    g_autofree char *own = g_strconcat(scope, ".", name, NULL);
    g_autofree char *general = g_strconcat("aws.", name, NULL);
    g_autofree char *value = NULL;

    if (json_object_get(options, name) != NULL) {
        return TRUE;
    }
    if (!tg_operator_secret_or_null(turn, own, &value, error) ||
        (value == NULL && !tg_operator_secret_or_null(turn, general, &value, error))) {
        return FALSE;
    }
    if (value != NULL) {
        json_object_set_new(options, name, json_string(value));
    }
    return TRUE;
}

static gboolean add_secrets(const TgTurn *turn, const char *scope, gboolean is_named,
                            json_t *options, GError **error)
{
    static const char *const keys[] = {"access_key_id", "secret_access_key", "session_token"};
    static const char *const others[] = {"role_arn", "role_session_name"};
    gboolean has_keys = json_object_get(options, "profile_name") != NULL ||
                        json_object_get(options, "role_source") != NULL;

    for (gsize i = 0; !has_keys && i < G_N_ELEMENTS(keys); i++) {
        if (!add_secret(turn, scope, keys[i], options, error)) {
            return FALSE;
        }
    }
    for (gsize i = 0; !is_named && i < G_N_ELEMENTS(others); i++) {
        if (!add_secret(turn, scope, others[i], options, error)) {
            return FALSE;
        }
    }
    return add_secret(turn, scope, "region", options, error);
}

/* Keys come in pairs. */
static gboolean check_keys(const json_t *options, const char *scope, GError **error)
{
    gboolean has_id = json_object_get(options, "access_key_id") != NULL;

    if (has_id != (json_object_get(options, "secret_access_key") != NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "Secret not found for key: '%s.%s'", scope,
                    has_id ? "secret_access_key" : "access_key_id");
        return FALSE;
    }
    return TRUE;
}

/* Options of the task that a profile may lack. */
static void add_params(const TgTurn *turn, json_t *options)
{
    static const char *const keys[] = {"region", "catalog_id"};

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        json_t *value = json_object_get(turn->params, keys[i]);

        if (value != NULL && json_object_get(options, keys[i]) == NULL) {
            json_object_set(options, keys[i], value);
        }
    }
}

gboolean tg_operator_aws(const TgTurn *turn, const char *scope, TgAwsSettings *out, GError **error)
{
    const char *name = tg_operator_aws_name(turn);
    const json_t *profiles = json_object_get(turn->params, "aws");
    g_autoptr(json_t) options =
        name == NULL ? json_object() : tg_aws_named_find(profiles, name, error);

    if (options == NULL || !add_secrets(turn, scope, name != NULL, options, error) ||
        !check_keys(options, scope, error)) {
        return FALSE;
    }
    add_params(turn, options);
    if (json_object_get(options, "role_arn") != NULL) {
        json_object_set_new(options, "auth_method", json_string("assume_role"));
    }
    return tg_aws_settings_read(options, out, error);
}

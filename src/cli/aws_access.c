/* The command line's view of profiles and secrets. */
#include "cli/aws_access.h"

#include "aws/named.h"
#include "cli/config.h"
#include "params/params.h"

json_t *tg_cli_aws_profiles(const json_t *file)
{
    const json_t *of_workflow = json_object_get(json_object_get(file, "_export"), "aws");
    json_t *aws = of_workflow != NULL ? (json_t *)of_workflow : json_object_get(file, "aws");

    return json_is_object(aws) ? json_incref(aws) : NULL;
}

/* Adds the secrets of one scope; FALSE with an error when one cannot be read. */
static gboolean add_secrets(const TgSecretFolder *secrets, const char *scope,
                            const char *const *names, json_t *options, GError **error)
{
    for (; *names != NULL; names++) {
        g_autofree char *key = g_strconcat(scope, ".", *names, NULL);
        g_autofree char *value = NULL;

        if (json_object_get(options, *names) != NULL) {
            continue;
        }
        if (!tg_secret_folder_get(secrets, key, &value, error)) {
            return FALSE;
        }
        if (value != NULL) {
            json_object_set_new(options, *names, json_string(value));
        }
    }
    return TRUE;
}

/* Keys, region and role of secrets, where the profile leaves room for them. */
static gboolean add_all_secrets(json_t *options, gboolean is_named, GError **error)
{
    static const char *const scopes[] = {"athena", "aws"};
    static const char *const keys[] = {"access_key_id", "secret_access_key", "session_token",
                                       "region", NULL};
    static const char *const roles[] = {"role_arn", "role_session_name", NULL};
    g_autoptr(TgSecretFolder) secrets = tg_cli_secrets();
    gboolean has_keys = json_object_get(options, "profile_name") != NULL ||
                        json_object_get(options, "role_source") != NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(scopes); i++) {
        if ((!has_keys && !add_secrets(secrets, scopes[i], keys, options, error)) ||
            (!is_named && !add_secrets(secrets, scopes[i], roles, options, error))) {
            return FALSE;
        }
    }
    return TRUE;
}

static json_t *options_of(const TgCliAwsAccess *access, const char *name, GError **error)
{
    if (access->profile != NULL) {
        return json_pack("{s:s, s:s}", "auth_method", "profile", "profile_name", access->profile);
    }
    return name == NULL ? json_object() : tg_aws_named_find(access->profiles, name, error);
}

gboolean tg_cli_aws_access(const TgCliAwsAccess *access, TgAwsSettings *out, char **out_source,
                           GError **error)
{
    const char *name = access->name != NULL
                           ? access->name
                           : json_string_value(json_object_get(access->profiles, "use"));
    g_autoptr(json_t) options = options_of(access, name, error);
    gboolean is_named = name != NULL || access->profile != NULL;

    if (options == NULL || !add_all_secrets(options, is_named, error)) {
        return FALSE;
    }
    gboolean has_keys = json_object_get(options, "access_key_id") != NULL;

    if (json_object_get(options, "role_arn") != NULL) {
        json_object_set_new(options, "auth_method", json_string("assume_role"));
    }
    if (!tg_aws_settings_read(options, out, error)) {
        return FALSE;
    }
    g_autofree char *source = tg_aws_credentials_describe(out->credentials);

    *out_source = g_strconcat(
        source, has_keys ? " (secrets of this machine)" : "",
        name != NULL && access->profile == NULL ? "; profile of the file: " : NULL, name, NULL);
    return TRUE;
}

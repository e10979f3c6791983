/* From `auth_method` to credentials. */
#include "aws/auth_method.h"

#include <string.h>

#include "params/params.h"

#define SESSION_NAME "tegaru"

/* The options of one block; all owned. */
typedef struct {
    char *method;
    char *key_id;
    char *secret;
    char *token;
    char *profile;
    char *profile_file;
    char *role_arn;
    char *session_name;
    char *external_id;
    char *policy;
    char *token_file;
    gint64 duration_s;
    const json_t *source; /* lent */
} Options;

static void options_clear(Options *options)
{
    g_free(options->method);
    g_free(options->key_id);
    g_free(options->secret);
    g_free(options->token);
    g_free(options->profile);
    g_free(options->profile_file);
    g_free(options->role_arn);
    g_free(options->session_name);
    g_free(options->external_id);
    g_free(options->policy);
    g_free(options->token_file);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean read_texts(const json_t *config, Options *out, GError **error)
{
    const struct {
        const char *key;
        char **into;
    } texts[] = {{"auth_method", &out->method},
                 {"access_key_id", &out->key_id},
                 {"secret_access_key", &out->secret},
                 {"session_token", &out->token},
                 {"profile_name", &out->profile},
                 {"profile_file", &out->profile_file},
                 {"role_arn", &out->role_arn},
                 {"role_session_name", &out->session_name},
                 {"role_external_id", &out->external_id},
                 {"scope_down_policy", &out->policy},
                 {"web_identity_token_file", &out->token_file}};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (!tg_params_dup_text_or(config, texts[i].key, NULL, texts[i].into, error)) {
            return FALSE;
        }
    }
    out->source = json_object_get(config, "role_source");
    if (out->source != NULL && !json_is_object(out->source)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'role_source' must be a map of options such as auth_method");
        return FALSE;
    }
    return tg_params_get_int64(config, "role_session_duration_seconds", 0, &out->duration_s, error);
}

static gboolean need(const Options *options, const char *key, const char *value, GError **error)
{
    if (value == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "auth_method '%s' needs '%s'",
                    options->method, key);
    }
    return value != NULL;
}

static TgAwsCredentials *read_keys(const Options *options, GError **error)
{
    gboolean is_session = strcmp(options->method, "session") == 0;

    if (!need(options, "access_key_id", options->key_id, error) ||
        !need(options, "secret_access_key", options->secret, error) ||
        (is_session && !need(options, "session_token", options->token, error))) {
        return NULL;
    }
    return tg_aws_credentials_new_static(options->key_id, options->secret, options->token);
}

/* Who assumes the role. */
static TgAwsCredentials *read_base(const Options *options, GError **error)
{
    if (options->source != NULL) {
        TgAwsCredentials *base = tg_aws_auth_read(options->source, error);

        if (base == NULL) {
            g_prefix_error(error, "role_source: ");
        }
        return base;
    }
    return options->key_id != NULL
               ? read_keys(options, error)
               : tg_aws_credentials_new_default(options->profile, options->profile_file);
}

static TgAwsCredentials *read_role(const Options *options, GError **error)
{
    gboolean is_web = strcmp(options->method, "web_identity_token") == 0;
    g_autoptr(TgAwsCredentials) base = NULL;
    const char *token_file =
        options->token_file == NULL ? g_getenv("AWS_WEB_IDENTITY_TOKEN_FILE") : options->token_file;
    const char *role_arn =
        options->role_arn == NULL && is_web ? g_getenv("AWS_ROLE_ARN") : options->role_arn;

    if (!need(options, "role_arn", role_arn, error) ||
        (is_web && !need(options, "web_identity_token_file", token_file, error))) {
        return NULL;
    }
    if (!is_web) {
        base = read_base(options, error);
        if (base == NULL) {
            return NULL;
        }
    }
    TgAwsRole role = {.base = base,
                      .role_arn = role_arn,
                      .session_name =
                          options->session_name == NULL ? SESSION_NAME : options->session_name,
                      .external_id = options->external_id,
                      .policy = options->policy,
                      .token_file = token_file,
                      .duration_s = (guint)CLAMP(options->duration_s, 0, 43200)};

    return tg_aws_credentials_new_role(&role);
}

static TgAwsCredentials *read_profile(const Options *options, GError **error G_GNUC_UNUSED)
{
    return tg_aws_credentials_new_default(options->profile == NULL ? "default" : options->profile,
                                          options->profile_file);
}

static TgAwsCredentials *read_default(const Options *options, GError **error)
{
    return options->key_id != NULL ? read_keys(options, error)
                                   : tg_aws_credentials_new_default(NULL, NULL);
}

static TgAwsCredentials *read_environment(const Options *options G_GNUC_UNUSED,
                                          GError **error G_GNUC_UNUSED)
{
    return tg_aws_credentials_new_environment();
}

static TgAwsCredentials *read_instance(const Options *options G_GNUC_UNUSED,
                                       GError **error G_GNUC_UNUSED)
{
    return tg_aws_credentials_new_instance();
}

static TgAwsCredentials *read_anonymous(const Options *options G_GNUC_UNUSED,
                                        GError **error G_GNUC_UNUSED)
{
    return tg_aws_credentials_new_anonymous();
}

TgAwsCredentials *tg_aws_auth_read(const json_t *config, GError **error)
{
    static const struct {
        const char *name;
        TgAwsCredentials *(*read)(const Options *options, GError **error);
    } methods[] = {{"default", read_default},        {"basic", read_keys},
                   {"session", read_keys},           {"env", read_environment},
                   {"instance", read_instance},      {"profile", read_profile},
                   {"anonymous", read_anonymous},    {"assume_role", read_role},
                   {"web_identity_token", read_role}};
    g_auto(Options) options = {0};

    if (!read_texts(config, &options, error)) {
        return NULL;
    }
    if (options.method == NULL) {
        options.method = g_strdup("default");
    }
    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
        if (strcmp(methods[i].name, options.method) == 0) {
            return methods[i].read(&options, error);
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "'auth_method' must be basic, session, env, instance, profile, anonymous, "
                "assume_role, web_identity_token or default, not '%s'%s",
                options.method,
                strcmp(options.method, "properties") == 0
                    ? " (there is no Java here whose properties could be read; use env)"
                    : "");
    return NULL;
}

gboolean tg_aws_environment_is_configured(void)
{
    static const char *const variables[] = {
        "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"};

    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
        if (g_getenv(variables[i]) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean tg_aws_auth_is_configured(const json_t *config)
{
    static const char *const keys[] = {"auth_method", "access_key_id", "endpoint", "profile_name",
                                       "role_arn"};

    if (tg_aws_environment_is_configured()) {
        return TRUE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (tg_params_has(config, keys[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

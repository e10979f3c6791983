/* digdag-operator-athena's AwsConf, from its options, secrets and system properties. */
#include "operators/support_athena_auth.h"

#include <string.h>

#include "operators/support.h"
#include "operators/support_aws.h"
#include "operators/support_duration.h"
#include "operators/support_secret.h"
#include "params/params.h"

#define REGION_DEFAULT "us-west-2" /* the original's */

void tg_athena_auth_clear(TgAthenaAuth *auth)
{
    tg_aws_settings_clear(&auth->aws);
    g_clear_pointer(&auth->proxy, g_free);
    g_clear_pointer(&auth->athena_endpoint, g_free);
    g_clear_pointer(&auth->glue_endpoint, g_free);
    g_clear_pointer(&auth->s3_endpoint, g_free);
}

/* --- where --- */

static gboolean read_endpoints(const TgTurn *turn, const char *op, TgAthenaAuth *out,
                               GError **error)
{
    const struct {
        const char *key;
        char **into;
    } rows[] = {{"athena_endpoint", &out->athena_endpoint},
                {"glue_endpoint", &out->glue_endpoint},
                {"s3_endpoint", &out->s3_endpoint}};
    g_autofree char *all = NULL;

    if (!tg_operator_athena_text(turn, op, "endpoint", NULL, &all, error)) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!tg_operator_athena_text(turn, op, rows[i].key, all, rows[i].into, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The secrets athena.http_proxy.*; the scheme is that of the way to the proxy. */
static gboolean read_proxy(const TgTurn *turn, const char *op, TgAthenaAuth *out, GError **error)
{
    static const char *const keys[] = {"host", "port", "scheme", "user", "password"};
    g_autoptr(GString) url = g_string_new(NULL);
    gboolean is_used = FALSE;
    gboolean ok = tg_operator_athena_boolean(turn, op, "use_http_proxy", FALSE, &is_used, error);
    char *parts[G_N_ELEMENTS(keys)] = {NULL};

    for (gsize i = 0; ok && is_used && i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *key = g_strconcat("athena.http_proxy.", keys[i], NULL);

        if (i == 0) {
            parts[i] = tg_operator_secret(turn, key, error);
            ok = parts[i] != NULL;
        } else {
            ok = tg_operator_secret_or_null(turn, key, &parts[i], error);
        }
    }
    if (ok && is_used && parts[2] != NULL && strcmp(parts[2], "http") != 0 &&
        strcmp(parts[2], "https") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "`athena.http_proxy.scheme` must be \"http\" or \"https\".");
        ok = FALSE;
    }
    if (ok && is_used) {
        g_string_append_printf(url, "%s://", parts[2] == NULL ? "https" : parts[2]);
        if (parts[3] != NULL) {
            g_string_append_uri_escaped(url, parts[3], NULL, TRUE);
            g_string_append_c(url, ':');
            g_string_append_uri_escaped(url, parts[4] == NULL ? "" : parts[4], NULL, TRUE);
            g_string_append_c(url, '@');
        }
        g_string_append(url, parts[0]);
        if (parts[1] != NULL) {
            g_string_append_printf(url, ":%s", parts[1]);
        }
        out->proxy = g_strdup(url->str);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_free(parts[i]);
    }
    return ok;
}

/* --- who --- */

typedef struct {
    const TgTurn *turn;
    const char *op;
    const char *method;
    json_t *options; /* of aws/auth_method.h */
} Reading;

static const char *system_text(const Reading *r, const char *key)
{
    return json_string_value(json_object_get(r->turn->services->system_config, key));
}

/* A server's owner says which of its own identities workflows may use. */
static gboolean check_allowed(const Reading *r, GError **error)
{
    g_autofree char *key = g_strconcat("athena.allow_auth_method_", r->method, NULL);

    if (g_strcmp0(system_text(r, key), "true") == 0) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "auth_method: \"%s\" is not allowed. The owner of this machine allows it by "
                "'%s = true' in the configuration (or -X %s=true)",
                r->method, key, key);
    return FALSE;
}

static gboolean take_option(const Reading *r, const char *key, const char *fallback, GError **error)
{
    g_autofree char *value = NULL;

    if (!tg_operator_athena_text(r->turn, r->op, key, fallback, &value, error)) {
        return FALSE;
    }
    if (value != NULL) {
        json_object_set_new(r->options, key, json_string(value));
    }
    return TRUE;
}

static gboolean take_secret(const Reading *r, const char *key, GError **error)
{
    g_autofree char *full = g_strconcat("athena.", key, NULL);
    g_autofree char *value = NULL;

    if (!tg_operator_secret_or_null(r->turn, full, &value, error)) {
        return FALSE;
    }
    if (value == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "`%s` must be set when `auth_method` is \"%s\": tegaru secrets --local --set "
                    "athena.%s",
                    key, r->method, key);
        return FALSE;
    }
    json_object_set_new(r->options, key, json_string(value));
    return TRUE;
}

static gboolean take_keys(const Reading *r, GError **error)
{
    return take_secret(r, "access_key_id", error) && take_secret(r, "secret_access_key", error) &&
           (strcmp(r->method, "session") != 0 || take_secret(r, "session_token", error));
}

static gboolean take_nothing(const Reading *r G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return TRUE;
}

/* What the Java program calls system properties stands in this one's configuration. */
static gboolean take_properties(const Reading *r, GError **error)
{
    const char *id = system_text(r, "aws.accessKeyId");
    const char *key = system_text(r, "aws.secretKey");

    if (id == NULL || key == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "auth_method: \"properties\" needs 'aws.accessKeyId' and 'aws.secretKey' in "
                    "the configuration");
        return FALSE;
    }
    json_object_set_new(r->options, "auth_method", json_string("basic"));
    json_object_set_new(r->options, "access_key_id", json_string(id));
    json_object_set_new(r->options, "secret_access_key", json_string(key));
    return TRUE;
}

static gboolean take_profile(const Reading *r, GError **error)
{
    return take_option(r, "profile_name", "default", error) &&
           take_option(r, "profile_file", g_getenv("AWS_CREDENTIAL_PROFILES_FILE"), error);
}

static gboolean take_web_identity(const Reading *r, GError **error)
{
    g_autofree char *role = NULL;

    if (!take_option(r, "web_identity_token_file",
                     system_text(r, "athena.default_web_identity_token_file"), error) ||
        !tg_operator_athena_text(r->turn, r->op, "web_identity_role_arn",
                                 system_text(r, "athena.default_web_identity_role_arn"), &role,
                                 error)) {
        return FALSE;
    }
    if (role != NULL) {
        json_object_set_new(r->options, "role_arn", json_string(role));
    }
    return TRUE;
}

static const struct {
    const char *name;
    gboolean must_be_allowed;
    gboolean (*take)(const Reading *r, GError **error);
} methods[] = {
    {"basic", FALSE, take_keys},           {"session", FALSE, take_keys},
    {"anonymous", FALSE, take_nothing},    {"env", TRUE, take_nothing},
    {"properties", TRUE, take_properties}, {"profile", TRUE, take_profile},
    {"instance", TRUE, take_nothing},      {"web_identity_token", TRUE, take_web_identity}};

static gboolean take_method(const Reading *r, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
        if (strcmp(methods[i].name, r->method) == 0) {
            return (!methods[i].must_be_allowed || check_allowed(r, error)) &&
                   methods[i].take(r, error);
        }
    }
    g_set_error(
        error, TG_ERROR, TG_ERROR_CONFIG,
        "auth_method: \"%s\" is not supported. available `auth_method`s are \"basic\", "
        "\"profile\", \"env\", \"instance\", \"properties\", \"anonymous\", \"session\" and "
        "\"web_identity_token\".",
        r->method);
    return FALSE;
}

/* The secret role_arn is assumed by whom the method gives. Takes the options. */
static json_t *wrap_role(const TgTurn *turn, json_t *take_options, GError **error)
{
    g_autoptr(json_t) options = take_options;
    g_autofree char *role = NULL;
    g_autofree char *session = NULL;
    gint64 duration_s = 0;
    const char *uuid = json_string_value(json_object_get(turn->params, "session_uuid"));

    if (!tg_operator_secret_or_null(turn, "athena.role_arn", &role, error) ||
        !tg_operator_secret_or_null(turn, "athena.role_session_name", &session, error) ||
        !tg_operator_duration_get(turn->services->system_config,
                                  "athena.assume_role_timeout_duration", 3600, &duration_s,
                                  error)) {
        return NULL;
    }
    if (role == NULL) {
        return g_steal_pointer(&options);
    }
    g_autofree char *by_session = g_strconcat("digdag-athena-", uuid == NULL ? "0" : uuid, NULL);

    return json_pack("{s:s, s:s, s:O, s:s, s:I}", "auth_method", "assume_role", "role_arn", role,
                     "role_source", options, "role_session_name",
                     session != NULL ? session : by_session, "role_session_duration_seconds",
                     (json_int_t)duration_s);
}

static gboolean read_method(const TgTurn *turn, const char *op, const char *method,
                            TgAthenaAuth *out, GError **error)
{
    const Reading r = {turn, op, method, json_pack("{s:s}", "auth_method", method)};
    g_autofree char *region = NULL;
    g_autofree char *catalog_id = NULL;

    if (!take_method(&r, error) ||
        !tg_operator_athena_text(turn, op, "region", NULL, &region, error) ||
        !tg_operator_athena_text(turn, op, "catalog_id", NULL, &catalog_id, error)) {
        json_decref(r.options);
        return FALSE;
    }
    g_autoptr(json_t) options = wrap_role(turn, r.options, error);

    if (options == NULL) {
        return FALSE;
    }
    if (region != NULL) {
        json_object_set_new(options, "region", json_string(region));
    }
    if (catalog_id != NULL) {
        json_object_set_new(options, "catalog_id", json_string(catalog_id));
    }
    if (!tg_aws_settings_read(options, &out->aws, error)) {
        return FALSE;
    }
    if (out->aws.region == NULL) {
        out->aws.region = g_strdup(REGION_DEFAULT);
    }
    return TRUE;
}

gboolean tg_athena_auth_read(const TgTurn *turn, const char *op, TgAthenaAuth *out, GError **error)
{
    g_autofree char *method = NULL;

    if (!read_endpoints(turn, op, out, error) || !read_proxy(turn, op, out, error) ||
        !tg_operator_athena_text(turn, op, "auth_method", NULL, &method, error)) {
        return FALSE;
    }
    return method != NULL ? read_method(turn, op, method, out, error)
                          : tg_operator_aws(turn, "athena", &out->aws, error);
}

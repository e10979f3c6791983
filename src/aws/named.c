/* From names to options. */
#include "aws/named.h"

#include <string.h>

#include "base/suggest.h"
#include "params/params.h"

#define SOURCES_MAX 5 /* roles that assume each other; AWS's own limit of time is met earlier */

/* Plug-ins that take the options of aws/auth_method.h. */
static const char *const plugins[] = {"s3", "s3_parquet", "dynamodb", "redshift", NULL};

/* Key of a profile -> option; in the order of the documentation. */
static const char *const keys[][2] = {
    {"profile", "profile_name"},
    {"role_arn", "role_arn"},
    {"external_id", "role_external_id"},
    {"session_name", "role_session_name"},
    {"duration_seconds", "role_session_duration_seconds"},
    {"region", "region"},
    {"catalog_id", "catalog_id"},
};

static char *suggestion(const json_t *profiles, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)profiles, key, value) {
        if (json_is_object(value)) {
            g_ptr_array_add(names, (gpointer)key);
        }
    }
    g_ptr_array_add(names, NULL);
    return tg_suggest_phrase(name, (const char *const *)names->pdata);
}

/* Reads one key; FALSE with CONFIG for one that a profile does not have. */
static gboolean read_key(const char *name, const char *key, json_t *value, json_t *into,
                         GError **error)
{
    const char *names[G_N_ELEMENTS(keys) + 2] = {NULL};

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        names[i] = keys[i][0];
        if (strcmp(key, keys[i][0]) == 0) {
            /* a catalog's number is easily written without quotes */
            g_autofree char *text = tg_params_to_text(value);

            json_object_set_new(into, keys[i][1], json_string(text));
            return TRUE;
        }
    }
    names[G_N_ELEMENTS(keys)] = "source";
    if (strcmp(key, "source") == 0) {
        return TRUE;
    }
    g_autofree char *hint = tg_suggest_phrase(key, names);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "aws: profile '%s': there is no key '%s'%s; it has profile, role_arn, external_id, "
                "session_name, duration_seconds, region, catalog_id and source",
                name, key, hint);
    return FALSE;
}

static json_t *find(const json_t *profiles, const char *name, guint depth, GError **error)
{
    const json_t *profile = json_object_get(profiles, name);
    g_autoptr(json_t) options = json_object();
    const char *source = json_string_value(json_object_get(profile, "source"));
    const char *key = NULL;
    json_t *value = NULL;

    if (!json_is_object(profile)) {
        g_autofree char *hint = suggestion(profiles, name);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "aws: there is no profile '%s'%s; write it as aws: {%s: {role_arn: …}}", name,
                    hint, name);
        return NULL;
    }
    json_object_foreach ((json_t *)profile, key, value) {
        if (!json_is_null(value) && !read_key(name, key, value, options, error)) {
            return NULL;
        }
    }
    gboolean has_role = json_object_get(options, "role_arn") != NULL;

    if (source != NULL && (!has_role || depth == SOURCES_MAX)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "aws: profile '%s': %s", name,
                    has_role ? "its sources go in a circle, or are more than five"
                             : "'source' assumes a role: write 'role_arn', too");
        return NULL;
    }
    if (source != NULL) {
        json_t *of_source = find(profiles, source, depth + 1, error);

        if (of_source == NULL) {
            return NULL;
        }
        json_object_set_new(options, "role_source", of_source);
    }
    json_object_set_new(options, "auth_method",
                        json_string(has_role ? "assume_role"
                                    : json_object_get(options, "profile_name") != NULL
                                        ? "profile"
                                        : "default"));
    return g_steal_pointer(&options);
}

json_t *tg_aws_named_find(const json_t *profiles, const char *name, GError **error)
{
    return find(profiles, name, 0, error);
}

/* Whether the options of a profile mean something to a plug-in, and it does not say itself who
 * asks. */
static gboolean takes_default(const json_t *plugin)
{
    const char *type = json_string_value(json_object_get(plugin, "type"));

    return type != NULL && g_strv_contains(plugins, type) &&
           !tg_params_has(plugin, "auth_method") && !tg_params_has(plugin, "access_key_id");
}

/* Replaces `aws` of one plug-in's map. */
static gboolean expand(json_t *plugin, const json_t *profiles, const char *name, GError **error)
{
    const char *own = json_string_value(json_object_get(plugin, "aws"));
    g_autoptr(json_t) options = NULL;

    if (own == NULL && (name == NULL || !takes_default(plugin))) {
        return TRUE;
    }
    options = tg_aws_named_find(profiles, own == NULL ? name : own, error);
    if (options == NULL) {
        return FALSE;
    }
    json_object_del(options, "catalog_id"); /* no plug-in asks for it */
    json_object_update_missing(plugin, options);
    json_object_del(plugin, "aws");
    return TRUE;
}

gboolean tg_aws_named_expand_load(json_t *config, const json_t *profiles, const char *name,
                                  GError **error)
{
    static const char *const roles[] = {"in", "out"};
    g_autoptr(json_t) all = json_object();
    const json_t *own = json_object_get(config, "aws");
    const char *own_name = json_string_value(json_object_get(own, "use"));

    if (json_is_object(profiles)) {
        tg_params_merge(all, profiles);
    }
    if (json_is_object(own)) {
        tg_params_merge(all, own);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
        json_t *plugin = json_object_get(config, roles[i]);

        if (json_is_object(plugin) &&
            !expand(plugin, all, own_name == NULL ? name : own_name, error)) {
            g_prefix_error(error, "%s: ", roles[i]);
            return FALSE;
        }
    }
    json_object_del(config, "aws");
    return TRUE;
}

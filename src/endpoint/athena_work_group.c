/* Athena: workgroups, engine versions, tags. */
#include <string.h>

#include "base/clock.h"
#include "endpoint/athena_internal.h"

#define PAGE_MAX 50
#define CUTOFF_BYTES_MIN 10000000

static json_t *configuration_default(void)
{
    return json_pack("{s:{}, s:b, s:b, s:b, s:{s:s, s:s}}", "ResultConfiguration",
                     "EnforceWorkGroupConfiguration", 0, "PublishCloudWatchMetricsEnabled", 0,
                     "RequesterPaysEnabled", 0, "EngineVersion", "SelectedEngineVersion", "AUTO",
                     "EffectiveEngineVersion", TG_ATHENA_ENGINE);
}

static json_t *primary_new(void)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:f}", "Name", "primary", "State", "ENABLED",
                     "Description", "", "Configuration", configuration_default(), "CreationTime",
                     (double)tg_clock_now_ms() / 1000.0);
}

json_t *tg_endpoint_athena_work_group(TgEndpoint *endpoint, const char *name, GError **error)
{
    json_t *group = NULL;

    if (!tg_kept_get(endpoint->kept, TG_ATHENA_WORK_GROUPS, "", name, &group, error)) {
        return NULL;
    }
    if (group == NULL && strcmp(name, "primary") == 0) {
        return primary_new();
    }
    if (group == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "WorkGroup %s is not found.", name);
    }
    return group;
}

static json_t *get_work_group(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "WorkGroup", error);
    json_t *group =
        name == NULL ? NULL : tg_endpoint_athena_work_group(call->endpoint, name, error);

    json_object_del(group, "Tags");
    return group == NULL ? NULL : json_pack("{s:o}", "WorkGroup", group);
}

static gboolean check_configuration(const json_t *configuration, GError **error)
{
    const json_t *cutoff = json_object_get(configuration, "BytesScannedCutoffPerQuery");

    if (json_is_integer(cutoff) && json_integer_value(cutoff) < CUTOFF_BYTES_MIN) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "BytesScannedCutoffPerQuery is at least %d bytes", CUTOFF_BYTES_MIN);
        return FALSE;
    }
    return TRUE;
}

static gboolean put(TgActionCall *call, const char *name, const json_t *group, GError **error)
{
    return tg_kept_put(call->endpoint->kept, TG_ATHENA_WORK_GROUPS, "", name, group, error);
}

static json_t *create_work_group(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "Name", error);
    const json_t *given = json_object_get(call->input, "Configuration");
    g_autoptr(json_t) present =
        name == NULL ? NULL : tg_endpoint_athena_work_group(call->endpoint, name, NULL);
    g_autoptr(json_t) group = primary_new();
    json_t *configuration = json_object_get(group, "Configuration");
    json_t *tags = json_object_get(call->input, "Tags");

    if (name == NULL || !check_configuration(given, error)) {
        return NULL;
    }
    if (present != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "WorkGroup %s is already created", name);
        return NULL;
    }
    json_object_set_new(group, "Name", json_string(name));
    json_object_set_new(group, "Description",
                        json_string(tg_action_text_or(call, "Description", "")));
    /* Athena enforces a workgroup's configuration unless it is told not to. */
    json_object_set_new(configuration, "EnforceWorkGroupConfiguration", json_true());
    if (json_is_object(given)) {
        (void)json_object_update(configuration, (json_t *)given);
        json_object_set_new(configuration, "EngineVersion",
                            json_pack("{s:s, s:s}", "SelectedEngineVersion", "AUTO",
                                      "EffectiveEngineVersion", TG_ATHENA_ENGINE));
    }
    if (json_is_array(tags)) {
        json_object_set(group, "Tags", tags);
    }
    return put(call, name, group, error) ? json_object() : NULL;
}

/* Remove…: true takes a member away. */
static void update_result(json_t *result, const json_t *updates)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)updates, key, value) {
        gboolean is_removal = g_str_has_prefix(key, "Remove");

        if (is_removal && json_is_true(value)) {
            (void)json_object_del(result, key + strlen("Remove")); /* not there: fine */
        } else if (!is_removal) {
            json_object_set(result, key, value);
        }
    }
}

/* ConfigurationUpdates say what changes. */
static void update_configuration(json_t *configuration, const json_t *updates)
{
    static const char *const others[] = {"ResultConfigurationUpdates", "EngineVersion",
                                         "RemoveBytesScannedCutoffPerQuery", NULL};
    const char *key = NULL;
    json_t *value = NULL;

    update_result(json_object_get(configuration, "ResultConfiguration"),
                  json_object_get(updates, "ResultConfigurationUpdates"));
    if (json_is_true(json_object_get(updates, "RemoveBytesScannedCutoffPerQuery"))) {
        (void)json_object_del(configuration, "BytesScannedCutoffPerQuery"); /* not there: fine */
    }
    json_object_foreach ((json_t *)updates, key, value) {
        if (!g_strv_contains(others, key)) {
            json_object_set(configuration, key, value);
        }
    }
}

static json_t *update_work_group(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "WorkGroup", error);
    const json_t *updates = json_object_get(call->input, "ConfigurationUpdates");
    g_autoptr(json_t) group =
        name == NULL ? NULL : tg_endpoint_athena_work_group(call->endpoint, name, error);
    static const char *const copied[] = {"Description", "State"};

    if (group == NULL || !check_configuration(updates, error)) {
        return NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(copied); i++) {
        json_t *value = json_object_get(call->input, copied[i]);

        if (json_is_string(value)) {
            json_object_set(group, copied[i], value);
        }
    }
    update_configuration(json_object_get(group, "Configuration"), updates);
    return put(call, name, group, error) ? json_object() : NULL;
}

static gboolean holds_something(TgActionCall *call, const char *name)
{
    g_autoptr(json_t) prepared = tg_kept_list(call->endpoint->kept, TG_ATHENA_PREPARED, name, NULL);
    g_autoptr(json_t) named = tg_kept_list(call->endpoint->kept, TG_ATHENA_NAMED, name, NULL);

    return json_array_size(prepared) + json_array_size(named) > 0;
}

static json_t *delete_work_group(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "WorkGroup", error);
    gboolean is_recursive = json_is_true(json_object_get(call->input, "RecursiveDeleteOption"));
    g_autoptr(json_t) group =
        name == NULL ? NULL : tg_endpoint_athena_work_group(call->endpoint, name, error);

    if (group == NULL) {
        return NULL;
    }
    if (strcmp(name, "primary") == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "WorkGroup primary cannot be deleted");
        return NULL;
    }
    if (!is_recursive && holds_something(call, name)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "WorkGroup %s is not empty", name);
        return NULL;
    }
    return tg_kept_remove_scope(call->endpoint->kept, TG_ATHENA_PREPARED, name, error) &&
                   tg_kept_remove_scope(call->endpoint->kept, TG_ATHENA_NAMED, name, error) &&
                   tg_kept_remove(call->endpoint->kept, TG_ATHENA_WORK_GROUPS, "", name, NULL,
                                  error)
               ? json_object()
               : NULL;
}

static json_t *list_work_groups(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) all = tg_kept_list(call->endpoint->kept, TG_ATHENA_WORK_GROUPS, "", error);
    g_autoptr(json_t) primary = tg_endpoint_athena_work_group(call->endpoint, "primary", NULL);
    json_t *list = all == NULL ? NULL : json_array();
    json_t *group = NULL;
    gsize i = 0;

    for (i = 0; i <= json_array_size(all) && list != NULL; i++) {
        group = i == 0 ? primary : json_array_get(all, i - 1);
        if (i > 0 && strcmp(json_string_value(json_object_get(group, "Name")), "primary") == 0) {
            continue; /* it stands first */
        }
        json_array_append_new(
            list, json_pack("{s:O, s:O, s:O*, s:O*, s:O}", "Name", json_object_get(group, "Name"),
                            "State", json_object_get(group, "State"), "Description",
                            json_object_get(group, "Description"), "CreationTime",
                            json_object_get(group, "CreationTime"), "EngineVersion",
                            tg_params_find_pointer(group, "/Configuration/EngineVersion")));
    }
    return list == NULL ? NULL : tg_action_page(call, "WorkGroups", list, PAGE_MAX);
}

static json_t *list_engine_versions(TgActionCall *call, GError **error)
{
    (void)call;
    (void)error;
    return json_pack("{s:[{s:s, s:s}, {s:s, s:s}]}", "EngineVersions", "SelectedEngineVersion",
                     "AUTO", "EffectiveEngineVersion", TG_ATHENA_ENGINE, "SelectedEngineVersion",
                     TG_ATHENA_ENGINE, "EffectiveEngineVersion", TG_ATHENA_ENGINE);
}

/* ---- tags ------------------------------------------------------------------------------------ */

#define TAGS "athena-tags"

/* [{"Key", "Value"}] of a resource; of a workgroup those that it was made with, too. */
static json_t *load_tags(TgActionCall *call, const char *arn, GError **error)
{
    const char *group_name = strstr(arn, ":workgroup/");
    g_autoptr(json_t) group = group_name == NULL
                                  ? NULL
                                  : tg_endpoint_athena_work_group(
                                        call->endpoint, group_name + strlen(":workgroup/"), NULL);
    json_t *tags = NULL;

    if (!tg_kept_get(call->endpoint->kept, TAGS, "", arn, &tags, error)) {
        return NULL;
    }
    if (tags == NULL) {
        json_t *made = json_object_get(group, "Tags");

        tags = made == NULL ? json_array() : json_incref(made);
    }
    return tags;
}

static json_t *list_tags(TgActionCall *call, GError **error)
{
    const char *arn = tg_action_text(call, "ResourceARN", error);
    json_t *tags = arn == NULL ? NULL : load_tags(call, arn, error);

    return tags == NULL ? NULL : json_pack("{s:o}", "Tags", tags);
}

/* The tags without those of a key. */
static json_t *without(json_t *take_tags, const char *key)
{
    json_t *left = json_array();
    json_t *tag = NULL;
    gsize i = 0;

    json_array_foreach (take_tags, i, tag) {
        if (g_strcmp0(json_string_value(json_object_get(tag, "Key")), key) != 0) {
            json_array_append(left, tag);
        }
    }
    json_decref(take_tags);
    return left;
}

static json_t *change_tags(TgActionCall *call, const char *key, GError **error)
{
    const char *arn = tg_action_text(call, "ResourceARN", error);
    json_t *tags = arn == NULL ? NULL : load_tags(call, arn, error);
    json_t *change = NULL;
    gsize i = 0;
    gboolean ok = FALSE;

    if (tags == NULL) {
        return NULL;
    }
    json_array_foreach (json_object_get(call->input, key), i, change) {
        const char *name = json_is_string(change)
                               ? json_string_value(change)
                               : json_string_value(json_object_get(change, "Key"));

        tags = without(tags, name);
        if (json_is_object(change)) {
            json_array_append(tags, change);
        }
    }
    ok = tg_kept_put(call->endpoint->kept, TAGS, "", arn, tags, error);
    json_decref(tags);
    return ok ? json_object() : NULL;
}

static json_t *tag_resource(TgActionCall *call, GError **error)
{
    return change_tags(call, "Tags", error);
}

static json_t *untag_resource(TgActionCall *call, GError **error)
{
    return change_tags(call, "TagKeys", error);
}

const TgAction tg_endpoint_athena_work_group_actions[] = {
    {"GetWorkGroup", get_work_group},       {"CreateWorkGroup", create_work_group},
    {"UpdateWorkGroup", update_work_group}, {"DeleteWorkGroup", delete_work_group},
    {"ListWorkGroups", list_work_groups},   {"ListEngineVersions", list_engine_versions},
    {"ListTagsForResource", list_tags},     {"TagResource", tag_resource},
    {"UntagResource", untag_resource},      {NULL, NULL},
};

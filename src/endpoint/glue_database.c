/* Glue: databases, tags, and answers that never change. */
#include "catalog/table.h"
#include "endpoint/endpoint_internal.h"

#define PAGE_MAX 100

static json_t *shown_database(json_t *take_database)
{
    json_object_set_new(take_database, "CatalogId", json_string(TG_ENDPOINT_ACCOUNT));
    return take_database;
}

static json_t *get_database(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "Name", error);
    g_autoptr(GError) problem = NULL;
    json_t *database =
        name == NULL ? NULL : tg_catalog_get_database(call->endpoint->catalog, name, &problem);

    if (name != NULL && database == NULL) {
        if (problem->code == TG_ERROR_NOT_FOUND) {
            g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "Database %s not found.", name);
        } else {
            g_propagate_error(error, g_steal_pointer(&problem));
        }
    }
    return database == NULL ? NULL : json_pack("{s:o}", "Database", shown_database(database));
}

static json_t *get_databases(TgActionCall *call, GError **error)
{
    json_t *all = tg_catalog_list_databases(call->endpoint->catalog, error);
    json_t *database = NULL;
    gsize i = 0;

    json_array_foreach (all, i, database) {
        (void)shown_database(database);
    }
    return all == NULL ? NULL : tg_action_page(call, "DatabaseList", all, PAGE_MAX);
}

/* The object below a key; NULL with CONFIG. */
static const json_t *input_object(const TgActionCall *call, const char *key, GError **error)
{
    const json_t *input = json_object_get(call->input, key);

    if (!json_is_object(input) || !json_is_string(json_object_get(input, "Name"))) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is missing or has no Name", key);
        return NULL;
    }
    return input;
}

static json_t *create_database(TgActionCall *call, GError **error)
{
    const json_t *input = input_object(call, "DatabaseInput", error);

    return input != NULL && tg_catalog_create_database(call->endpoint->catalog, input, error)
               ? json_object()
               : NULL;
}

static json_t *update_database(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "Name", error);
    const json_t *input = name == NULL ? NULL : input_object(call, "DatabaseInput", error);

    return input != NULL && tg_catalog_update_database(call->endpoint->catalog, name, input, error)
               ? json_object()
               : NULL;
}

static json_t *delete_database(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "Name", error);

    return name != NULL && tg_catalog_drop_database(call->endpoint->catalog, name, TRUE, error)
               ? json_object()
               : NULL;
}

/* ---- tags ------------------------------------------------------------------------------------ */

static json_t *tag_resource(TgActionCall *call, GError **error)
{
    const char *arn = tg_action_text(call, "ResourceArn", error);
    json_t *tags = NULL;
    gboolean ok =
        arn != NULL && tg_kept_get(call->endpoint->kept, "glue-tags", "", arn, &tags, error);

    if (!ok) {
        return NULL;
    }
    tags = tags == NULL ? json_object() : tags;
    (void)json_object_update(tags, json_object_get(call->input, "TagsToAdd"));
    ok = tg_kept_put(call->endpoint->kept, "glue-tags", "", arn, tags, error);
    json_decref(tags);
    return ok ? json_object() : NULL;
}

static json_t *untag_resource(TgActionCall *call, GError **error)
{
    const char *arn = tg_action_text(call, "ResourceArn", error);
    json_t *tags = NULL;
    json_t *key = NULL;
    gsize i = 0;
    gboolean ok =
        arn != NULL && tg_kept_get(call->endpoint->kept, "glue-tags", "", arn, &tags, error);

    json_array_foreach (json_object_get(call->input, "TagsToRemove"), i, key) {
        if (json_is_string(key)) {
            (void)json_object_del(tags, json_string_value(key)); /* one that is not there is fine */
        }
    }
    ok = ok &&
         (tags == NULL || tg_kept_put(call->endpoint->kept, "glue-tags", "", arn, tags, error));
    json_decref(tags);
    return ok ? json_object() : NULL;
}

static json_t *get_tags(TgActionCall *call, GError **error)
{
    const char *arn = tg_action_text(call, "ResourceArn", error);
    json_t *tags = NULL;

    if (arn == NULL || !tg_kept_get(call->endpoint->kept, "glue-tags", "", arn, &tags, error)) {
        return NULL;
    }
    return json_pack("{s:o}", "Tags", tags == NULL ? json_object() : tags);
}

/* ---- what a local catalog has none of ---------------------------------------------------------
 */

static json_t *get_user_defined_functions(TgActionCall *call, GError **error)
{
    (void)call;
    (void)error;
    return json_pack("{s:[]}", "UserDefinedFunctions");
}

static json_t *get_user_defined_function(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "FunctionName", error);

    if (name != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "Function %s not found.", name);
    }
    return NULL;
}

static json_t *get_catalog_import_status(TgActionCall *call, GError **error)
{
    (void)call;
    (void)error;
    return json_pack("{s:{s:b}}", "ImportStatus", "ImportCompleted", 1);
}

static json_t *get_encryption_settings(TgActionCall *call, GError **error)
{
    (void)call;
    (void)error;
    return json_pack("{s:{}}", "DataCatalogEncryptionSettings");
}

const TgAction tg_endpoint_glue_database_actions[] = {
    {"GetDatabase", get_database},
    {"GetDatabases", get_databases},
    {"CreateDatabase", create_database},
    {"UpdateDatabase", update_database},
    {"DeleteDatabase", delete_database},
    {"TagResource", tag_resource},
    {"UntagResource", untag_resource},
    {"GetTags", get_tags},
    {"GetUserDefinedFunctions", get_user_defined_functions},
    {"GetUserDefinedFunction", get_user_defined_function},
    {"GetCatalogImportStatus", get_catalog_import_status},
    {"GetDataCatalogEncryptionSettings", get_encryption_settings},
    {NULL, NULL},
};

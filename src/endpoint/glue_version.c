/* Glue: older versions of tables. */
#include "catalog/table.h"
#include "endpoint/endpoint_internal.h"
#include "endpoint/glue_internal.h"

#define PAGE_MAX 100
#define BATCH_MAX 100

/* The versions of the table that the call names, newest first. A new reference. */
static json_t *versions_of(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);

    return table == NULL
               ? NULL
               : tg_catalog_list_table_versions(call->endpoint->catalog, tg_table_database(table),
                                                tg_table_name(table), error);
}

static json_t *shown(json_t *table)
{
    return json_pack("{s:O, s:O}", "Table", table, "VersionId",
                     json_object_get(table, "VersionId"));
}

static json_t *get_table_versions(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) versions = versions_of(call, error);
    json_t *list = versions == NULL ? NULL : json_array();
    json_t *version = NULL;
    gsize i = 0;

    json_array_foreach (versions, i, version) {
        json_array_append_new(list, shown(version));
    }
    return list == NULL ? NULL : tg_action_page(call, "TableVersions", list, PAGE_MAX);
}

static json_t *get_table_version(TgActionCall *call, GError **error)
{
    const char *wanted = tg_action_text_or(call, "VersionId", NULL);
    g_autoptr(json_t) versions = versions_of(call, error);
    json_t *version = NULL;
    gsize i = 0;

    json_array_foreach (versions, i, version) {
        const char *id = json_string_value(json_object_get(version, "VersionId"));

        if (wanted == NULL || g_strcmp0(id, wanted) == 0) {
            return json_pack("{s:o}", "TableVersion", shown(version));
        }
    }
    if (versions != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "Version %s of the table not found.",
                    wanted);
    }
    return NULL;
}

static gboolean drop_version(TgActionCall *call, const json_t *table, const char *version,
                             GError **error)
{
    return tg_catalog_drop_table_version(call->endpoint->catalog, tg_table_database(table),
                                         tg_table_name(table), g_ascii_strtoll(version, NULL, 10),
                                         error);
}

static json_t *delete_table_version(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    const char *version = table == NULL ? NULL : tg_action_text(call, "VersionId", error);

    return version != NULL && drop_version(call, table, version, error) ? json_object() : NULL;
}

static json_t *batch_delete_table_version(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    const json_t *ids =
        table == NULL ? NULL : tg_endpoint_glue_batch(call, "VersionIds", BATCH_MAX, error);
    json_t *errors = ids == NULL ? NULL : json_array();

    for (gsize i = 0; i < json_array_size(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        g_autoptr(GError) problem = NULL;

        if (id != NULL && !drop_version(call, table, id, &problem)) {
            json_array_append_new(
                errors, json_pack("{s:s, s:s, s:o}", "TableName", tg_table_name(table), "VersionId",
                                  id, "ErrorDetail", tg_endpoint_glue_error_detail(problem)));
        }
    }
    return errors == NULL ? NULL : json_pack("{s:o}", "Errors", errors);
}

const TgAction tg_endpoint_glue_version_actions[] = {
    {"GetTableVersions", get_table_versions},
    {"GetTableVersion", get_table_version},
    {"DeleteTableVersion", delete_table_version},
    {"BatchDeleteTableVersion", batch_delete_table_version},
    {NULL, NULL},
};

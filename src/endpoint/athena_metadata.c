/* Athena: data catalogs, and the catalog in Athena's shapes. */
#include <string.h>

#include "catalog/table.h"
#include "endpoint/athena_internal.h"
#include "endpoint/glue_internal.h"

#define PAGE_MAX 50
#define DEFAULT_CATALOG "AwsDataCatalog"

/* Whether the catalog that is named is the local one; other kinds have nothing here. */
static gboolean check_catalog(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text_or(call, "CatalogName", DEFAULT_CATALOG);
    g_autoptr(json_t) other = NULL;

    if (g_ascii_strcasecmp(name, DEFAULT_CATALOG) == 0) {
        return TRUE;
    }
    if (!tg_kept_get(call->endpoint->kept, TG_ATHENA_CATALOGS, "", name, &other, error)) {
        return FALSE;
    }
    if (g_strcmp0(json_string_value(json_object_get(other, "Type")), "GLUE") == 0) {
        return TRUE; /* any account's Glue is the local catalog */
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "CatalogName %s does not exist here", name);
    return FALSE;
}

/* Athena wraps Glue's refusals. */
static void wrap(TgActionCall *call, GError *take_problem, GError **error)
{
    if (take_problem->code == TG_ERROR_NOT_FOUND) {
        tg_action_fail(call, error, "MetadataException",
                       "%s (Service: AWSGlue; Status Code: 400; Error Code: "
                       "EntityNotFoundException)",
                       take_problem->message);
        g_error_free(take_problem);
    } else {
        g_propagate_error(error, take_problem);
    }
}

static json_t *shown_database(const json_t *database)
{
    return json_pack("{s:O, s:O*, s:O*}", "Name", json_object_get(database, "Name"), "Description",
                     json_object_get(database, "Description"), "Parameters",
                     json_object_get(database, "Parameters"));
}

static json_t *get_database(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "DatabaseName", error);
    GError *problem = NULL;
    g_autoptr(json_t) database = NULL;

    if (name == NULL || !check_catalog(call, error)) {
        return NULL;
    }
    database = tg_catalog_get_database(call->endpoint->catalog, name, &problem);
    if (database == NULL) {
        wrap(call, problem, error);
        return NULL;
    }
    return json_pack("{s:o}", "Database", shown_database(database));
}

static json_t *list_databases(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) all = check_catalog(call, error)
                                ? tg_catalog_list_databases(call->endpoint->catalog, error)
                                : NULL;
    json_t *list = all == NULL ? NULL : json_array();
    json_t *database = NULL;
    gsize i = 0;

    json_array_foreach (all, i, database) {
        json_array_append_new(list, shown_database(database));
    }
    return list == NULL ? NULL : tg_action_page(call, "DatabaseList", list, PAGE_MAX);
}

static json_t *shown_columns(const json_t *columns)
{
    json_t *list = json_array();
    json_t *column = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)columns, i, column) {
        json_array_append_new(list, json_pack("{s:O, s:O*, s:O*}", "Name",
                                              json_object_get(column, "Name"), "Type",
                                              json_object_get(column, "Type"), "Comment",
                                              json_object_get(column, "Comment")));
    }
    return list;
}

/* A table's facts as Athena tells them: the storage is among the parameters. */
static json_t *shown_parameters(const json_t *table)
{
    static const char *const pairs[][2] = {
        {"Location", "location"},
        {"InputFormat", "inputformat"},
        {"OutputFormat", "outputformat"},
    };
    const json_t *storage = json_object_get(table, "StorageDescriptor");
    const json_t *serde = json_object_get(storage, "SerdeInfo");
    json_t *given = json_object_get(table, "Parameters");
    json_t *parameters = json_is_object(given) ? json_copy(given) : json_object();
    json_t *library = json_object_get(serde, "SerializationLibrary");
    const char *key = NULL;
    json_t *value = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
        json_t *text = json_object_get(storage, pairs[i][0]);

        if (json_is_string(text)) {
            json_object_set(parameters, pairs[i][1], text);
        }
    }
    if (json_is_string(library)) {
        json_object_set(parameters, "serde.serialization.lib", library);
    }
    json_object_foreach (json_object_get(serde, "Parameters"), key, value) {
        g_autofree char *name = g_strconcat("serde.param.", key, NULL);

        json_object_set(parameters, name, value);
    }
    return parameters;
}

static json_t *shown_table(const json_t *table)
{
    json_t *type = json_object_get(table, "TableType");

    return json_pack(
        "{s:O, s:O*, s:O, s:o, s:o, s:o}", "Name", json_object_get(table, "Name"), "CreateTime",
        json_object_get(table, "CreateTime"), "TableType", type == NULL ? json_null() : type,
        "Columns", shown_columns(tg_table_columns(table)), "PartitionKeys",
        shown_columns(tg_table_partition_keys(table)), "Parameters", shown_parameters(table));
}

static json_t *get_table_metadata(TgActionCall *call, GError **error)
{
    const char *database = tg_action_text(call, "DatabaseName", error);
    const char *name = database == NULL ? NULL : tg_action_text(call, "TableName", error);
    GError *problem = NULL;
    g_autoptr(json_t) table = NULL;

    if (name == NULL || !check_catalog(call, error)) {
        return NULL;
    }
    table = tg_catalog_get_table(call->endpoint->catalog, database, name, &problem);
    if (table == NULL) {
        wrap(call, problem, error);
        return NULL;
    }
    return json_pack("{s:o}", "TableMetadata", shown_table(table));
}

static json_t *list_table_metadata(TgActionCall *call, GError **error)
{
    const char *database = tg_action_text(call, "DatabaseName", error);
    g_autoptr(GRegex) pattern = NULL;
    GError *problem = NULL;
    json_t *list = NULL;
    json_t *table = NULL;
    gsize i = 0;

    if (database == NULL || !check_catalog(call, error) ||
        !tg_endpoint_glue_pattern(tg_action_text_or(call, "Expression", NULL), &pattern, error)) {
        return NULL;
    }
    g_autoptr(json_t) all = tg_catalog_list_tables(call->endpoint->catalog, database, &problem);

    if (all == NULL) {
        wrap(call, problem, error);
        return NULL;
    }
    list = json_array();
    json_array_foreach (all, i, table) {
        if (pattern == NULL || g_regex_match(pattern, tg_table_name(table), 0, NULL)) {
            json_array_append_new(list, shown_table(table));
        }
    }
    return tg_action_page(call, "TableMetadataList", list, PAGE_MAX);
}

/* ---- data catalogs -----------------------------------------------------------------------------
 */

static json_t *default_catalog(void)
{
    return json_pack("{s:s, s:s, s:s, s:{s:s}}", "Name", DEFAULT_CATALOG, "Description",
                     "the local catalog", "Type", "GLUE", "Parameters", "catalog-id",
                     TG_ENDPOINT_ACCOUNT);
}

/* A new reference. */
static json_t *find_catalog(TgActionCall *call, const char *name, GError **error)
{
    json_t *catalog = NULL;

    if (g_ascii_strcasecmp(name, DEFAULT_CATALOG) == 0) {
        return default_catalog();
    }
    if (!tg_kept_get(call->endpoint->kept, TG_ATHENA_CATALOGS, "", name, &catalog, error)) {
        return NULL;
    }
    if (catalog == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "DataCatalog %s is not found", name);
    }
    return catalog;
}

static json_t *get_data_catalog(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "Name", error);
    json_t *catalog = name == NULL ? NULL : find_catalog(call, name, error);

    return catalog == NULL ? NULL : json_pack("{s:o}", "DataCatalog", catalog);
}

static json_t *list_data_catalogs(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) all = tg_kept_list(call->endpoint->kept, TG_ATHENA_CATALOGS, "", error);
    json_t *list = all == NULL
                       ? NULL
                       : json_pack("[{s:s, s:s}]", "CatalogName", DEFAULT_CATALOG, "Type", "GLUE");
    json_t *catalog = NULL;
    gsize i = 0;

    json_array_foreach (all, i, catalog) {
        json_array_append_new(list, json_pack("{s:O, s:O*}", "CatalogName",
                                              json_object_get(catalog, "Name"), "Type",
                                              json_object_get(catalog, "Type")));
    }
    return list == NULL ? NULL : tg_action_page(call, "DataCatalogsSummary", list, PAGE_MAX);
}

/* Creates, or with `must_exist` replaces. */
static json_t *put_data_catalog(TgActionCall *call, gboolean must_exist, GError **error)
{
    const char *name = tg_action_text(call, "Name", error);
    const char *type = name == NULL ? NULL : tg_action_text(call, "Type", error);
    g_autoptr(json_t) before = type == NULL ? NULL : find_catalog(call, name, NULL);
    g_autoptr(json_t) catalog =
        type == NULL ? NULL
                     : json_pack("{s:s, s:s, s:s, s:O*}", "Name", name, "Type", type, "Description",
                                 tg_action_text_or(call, "Description", ""), "Parameters",
                                 json_object_get(call->input, "Parameters"));

    if (type == NULL) {
        return NULL;
    }
    if (must_exist != (before != NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    must_exist ? "DataCatalog %s is not found" : "DataCatalog %s already exists",
                    name);
        return NULL;
    }
    return tg_kept_put(call->endpoint->kept, TG_ATHENA_CATALOGS, "", name, catalog, error)
               ? json_object()
               : NULL;
}

static json_t *create_data_catalog(TgActionCall *call, GError **error)
{
    return put_data_catalog(call, FALSE, error);
}

static json_t *update_data_catalog(TgActionCall *call, GError **error)
{
    return put_data_catalog(call, TRUE, error);
}

static json_t *delete_data_catalog(TgActionCall *call, GError **error)
{
    const char *name = tg_action_text(call, "Name", error);
    g_autoptr(json_t) catalog = name == NULL ? NULL : find_catalog(call, name, error);

    return catalog != NULL &&
                   tg_kept_remove(call->endpoint->kept, TG_ATHENA_CATALOGS, "", name, NULL, error)
               ? json_object()
               : NULL;
}

const TgAction tg_endpoint_athena_metadata_actions[] = {
    {"GetDatabase", get_database},
    {"ListDatabases", list_databases},
    {"GetTableMetadata", get_table_metadata},
    {"ListTableMetadata", list_table_metadata},
    {"GetDataCatalog", get_data_catalog},
    {"ListDataCatalogs", list_data_catalogs},
    {"CreateDataCatalog", create_data_catalog},
    {"UpdateDataCatalog", update_data_catalog},
    {"DeleteDataCatalog", delete_data_catalog},
    {NULL, NULL},
};

/* Statements that change the catalog. */
#include <string.h>

#include "params/params.h"
#include "query/query_internal.h"

typedef struct {
    TgQuery *query;
    const TgStatement *statement;
    const TgQueryRequest *request;
    const char *database;
} Ddl;

static gboolean is_code(const GError *error, TgErrorCode code)
{
    return g_error_matches(error, TG_ERROR, (gint)code);
}

/* Whether a failure is what IF EXISTS or IF NOT EXISTS forgives; takes the error. */
static gboolean forgive(const Ddl *ddl, GError *take_local, TgErrorCode code, GError **error)
{
    if (ddl->statement->if_exists && is_code(take_local, code)) {
        g_error_free(take_local);
        return TRUE;
    }
    g_propagate_error(error, take_local);
    return FALSE;
}

/* ---- databases ------------------------------------------------------------------------------ */

static gboolean create_database(const Ddl *ddl, GError **error)
{
    const TgStatement *statement = ddl->statement;
    GError *local = NULL;
    json_t *input = json_pack("{s:s, s:s*, s:s*, s:O*}", "Name", statement->database, "Description",
                              statement->comment, "LocationUri", statement->location, "Parameters",
                              statement->properties);
    gboolean ok = tg_catalog_create_database(ddl->query->catalog, input, &local);

    json_decref(input);
    return ok || forgive(ddl, local, TG_ERROR_CONFLICT, error);
}

static gboolean drop_database(const Ddl *ddl, GError **error)
{
    GError *local = NULL;

    return tg_catalog_drop_database(ddl->query->catalog, ddl->statement->database,
                                    ddl->statement->cascade, &local) ||
           forgive(ddl, local, TG_ERROR_NOT_FOUND, error);
}

/* ---- tables --------------------------------------------------------------------------------- */

static const char *storage_text(const TgStatement *statement, const char *key)
{
    return json_string_value(json_object_get(statement->storage, key));
}

static gboolean storage_format(const TgStatement *statement, TgTableFormat *out, GError **error)
{
    const char *stored_as = storage_text(statement, "stored_as");
    const char *serde = storage_text(statement, "serde");

    *out = TG_FORMAT_CSV; /* Hive's default is a text file */
    if ((serde != NULL && strstr(serde, "ParquetHiveSerDe") != NULL) ||
        (serde == NULL && stored_as != NULL && strcmp(stored_as, "parquet") == 0)) {
        *out = TG_FORMAT_PARQUET;
    } else if (serde != NULL && strstr(serde, "JsonSerDe") != NULL) {
        *out = TG_FORMAT_JSON;
    } else if (stored_as != NULL && strcmp(stored_as, "textfile") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "STORED AS %s: the local engine reads PARQUET and TEXTFILE (CSV, JSON)",
                    stored_as);
        return FALSE;
    }
    return TRUE;
}

static void set_storage(const TgStatement *statement, json_t *table)
{
    json_t *storage = json_object_get(table, "StorageDescriptor");
    json_t *serde = json_object_get(storage, "SerdeInfo");
    const char *texts[][2] = {{"input_format", "InputFormat"}, {"output_format", "OutputFormat"}};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (storage_text(statement, texts[i][0]) != NULL) {
            json_object_set_new(storage, texts[i][1],
                                json_string(storage_text(statement, texts[i][0])));
        }
    }
    if (storage_text(statement, "serde") != NULL) {
        json_object_set_new(serde, "SerializationLibrary",
                            json_string(storage_text(statement, "serde")));
    }
    if (json_object_get(statement->storage, "serde_properties") != NULL) {
        (void)json_object_update(json_object_get(serde, "Parameters"),
                                 json_object_get(statement->storage, "serde_properties"));
    }
}

static gboolean create_table(const Ddl *ddl, GError **error)
{
    const TgStatement *statement = ddl->statement;
    TgTableFormat format = TG_FORMAT_CSV;
    GError *local = NULL;
    json_t *table = NULL;
    gboolean ok = FALSE;

    if (statement->location == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "CREATE EXTERNAL TABLE %s: LOCATION 's3://…/' is missing", statement->table);
        return FALSE;
    }
    if (!storage_format(statement, &format, error)) {
        return FALSE;
    }
    table = tg_table_new(ddl->database, statement->table, format, statement->location, NULL);
    json_object_set(json_object_get(table, "StorageDescriptor"), "Columns", statement->columns);
    if (statement->partition_keys != NULL) {
        json_object_set(table, "PartitionKeys", statement->partition_keys);
    }
    set_storage(statement, table);
    if (statement->properties != NULL) {
        (void)json_object_update(json_object_get(table, "Parameters"), statement->properties);
    }
    if (statement->comment != NULL) {
        json_object_set_new(table, "Description", json_string(statement->comment));
    }
    ok = tg_catalog_create_table(ddl->query->catalog, ddl->database, table, &local);
    json_decref(table);
    return ok || forgive(ddl, local, TG_ERROR_CONFLICT, error);
}

static gboolean drop_table(const Ddl *ddl, GError **error)
{
    GError *local = NULL;

    return tg_catalog_drop_table(ddl->query->catalog, ddl->database, ddl->statement->table,
                                 &local) ||
           forgive(ddl, local, TG_ERROR_NOT_FOUND, error);
}

/* ---- partitions ----------------------------------------------------------------------------- */

/* {"Values", "StorageDescriptor": {"Location"}} of one PARTITION (…) LOCATION '…' */
static json_t *partition_input(const json_t *table, const json_t *written, GError **error)
{
    const char *location = json_string_value(json_object_get(written, "location"));
    char **values = tg_table_partition_values(table, json_object_get(written, "spec"), error);
    json_t *list = NULL;
    json_t *input = NULL;

    if (values == NULL) {
        return NULL;
    }
    g_autofree char *path = tg_table_partition_path(table, (TgPartitionValues)values);
    const char *base = tg_table_location(table);
    g_autofree char *below =
        g_strconcat(base == NULL ? "" : base,
                    base != NULL && g_str_has_suffix(base, "/") ? "" : "/", path, NULL);

    list = json_array();
    for (guint i = 0; values[i] != NULL; i++) {
        json_array_append_new(list, json_string(values[i]));
    }
    g_strfreev(values);
    input = json_pack("{s:o, s:{s:s}}", "Values", list, "StorageDescriptor", "Location",
                      location == NULL ? below : location);
    return input;
}

static gboolean add_partitions(const Ddl *ddl, GError **error)
{
    const TgStatement *statement = ddl->statement;
    json_t *table =
        tg_catalog_get_table(ddl->query->catalog, ddl->database, statement->table, error);
    json_t *inputs = json_array();
    gboolean ok = table != NULL;

    for (gsize i = 0; ok && i < json_array_size(statement->partitions); i++) {
        json_t *input = partition_input(table, json_array_get(statement->partitions, i), error);

        ok = input != NULL;
        json_array_append_new(inputs, input);
    }
    ok = ok && tg_catalog_create_partitions(ddl->query->catalog, ddl->database, statement->table,
                                            inputs, statement->if_exists, error);
    json_decref(inputs);
    json_decref(table);
    return ok;
}

static gboolean drop_partitions(const Ddl *ddl, GError **error)
{
    const TgStatement *statement = ddl->statement;
    json_t *table =
        tg_catalog_get_table(ddl->query->catalog, ddl->database, statement->table, error);
    gboolean ok = table != NULL;

    for (gsize i = 0; ok && i < json_array_size(statement->partitions); i++) {
        const json_t *spec = json_object_get(json_array_get(statement->partitions, i), "spec");
        g_auto(GStrv) values = tg_table_partition_values(table, spec, error);
        GError *local = NULL;

        ok = values != NULL &&
             (tg_catalog_drop_partition(ddl->query->catalog, ddl->database, statement->table,
                                        (TgPartitionValues)values, &local) ||
              forgive(ddl, local, TG_ERROR_NOT_FOUND, error));
    }
    json_decref(table);
    return ok;
}

/* ---- ALTER TABLE ---------------------------------------------------------------------------- */

static gboolean set_partition_location(const Ddl *ddl, const json_t *table, GError **error)
{
    json_t *written = json_array_get(ddl->statement->partitions, 0);
    json_t *input = NULL;
    gboolean ok = FALSE;

    json_object_set_new(written, "location", json_string(ddl->statement->location));
    input = partition_input(table, written, error);
    ok = input != NULL && tg_catalog_update_partition(ddl->query->catalog, ddl->database,
                                                      ddl->statement->table, input, error);
    json_decref(input);
    return ok;
}

/* Where a column stands among the table's own; the size of the list when it is not there. */
static gsize find_column(const json_t *columns, const char *name)
{
    gsize at = 0;

    while (
        at < json_array_size(columns) &&
        g_ascii_strcasecmp(json_string_value(json_object_get(json_array_get(columns, at), "Name")),
                           name) != 0) {
        at++;
    }
    return at;
}

static gboolean fail_column(const Ddl *ddl, const char *name, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "there is no column '%s' in %s.%s", name,
                ddl->database, ddl->statement->table);
    return FALSE;
}

/* CHANGE COLUMN: another name, type, comment or place. The files stay as they are. */
static gboolean change_column(const Ddl *ddl, json_t *columns, GError **error)
{
    const TgStatement *statement = ddl->statement;
    json_t *column = json_array_get(statement->columns, 0);
    const char *name = json_string_value(json_object_get(column, "Name"));
    gsize at = find_column(columns, statement->column_name);
    gsize to = at;

    if (at == json_array_size(columns)) {
        return fail_column(ddl, statement->column_name, error);
    }
    if (find_column(columns, name) != json_array_size(columns) &&
        find_column(columns, name) != at) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT, "%s.%s has a column '%s' already",
                    ddl->database, statement->table, name);
        return FALSE;
    }
    (void)json_array_remove(columns, at);
    if (statement->after != NULL && *statement->after == '\0') {
        to = 0;
    } else if (statement->after != NULL) {
        to = find_column(columns, statement->after) + 1;
        if (to > json_array_size(columns)) {
            return fail_column(ddl, statement->after, error);
        }
    }
    (void)json_array_insert(columns, to, column);
    return TRUE;
}

/* PARTITION (…) RENAME TO PARTITION (…): other values, the files where they are. */
static gboolean rename_partition(const Ddl *ddl, const json_t *table, GError **error)
{
    const json_t *specs = ddl->statement->partitions;
    const json_t *from_spec = json_object_get(json_array_get(specs, 0), "spec");
    const json_t *to_spec = json_object_get(json_array_get(specs, 1), "spec");
    g_auto(GStrv) from = tg_table_partition_values(table, from_spec, error);
    g_auto(GStrv) to = from == NULL ? NULL : tg_table_partition_values(table, to_spec, error);
    json_t *partition = NULL;
    json_t *inputs = NULL;
    json_t *values = json_array();
    gboolean ok = FALSE;

    for (guint i = 0; to != NULL && to[i] != NULL; i++) {
        json_array_append_new(values, json_string(to[i]));
    }
    if (to != NULL) {
        partition = tg_catalog_get_partition(ddl->query->catalog, ddl->database,
                                             ddl->statement->table, (TgPartitionValues)from, error);
    }
    if (partition != NULL) {
        inputs = json_pack("[{s:O, s:O*, s:O*}]", "Values", values, "StorageDescriptor",
                           json_object_get(partition, "StorageDescriptor"), "Parameters",
                           json_object_get(partition, "Parameters"));
        ok = tg_catalog_create_partitions(ddl->query->catalog, ddl->database, ddl->statement->table,
                                          inputs, FALSE, error) &&
             tg_catalog_drop_partition(ddl->query->catalog, ddl->database, ddl->statement->table,
                                       (TgPartitionValues)from, error);
    }
    json_decref(values);
    json_decref(inputs);
    json_decref(partition);
    return ok;
}

/* What ALTER TABLE does to the table's description. */
static gboolean change_table(const Ddl *ddl, json_t *table, GError **error)
{
    const TgStatement *statement = ddl->statement;
    json_t *storage = json_object_get(table, "StorageDescriptor");

    switch ((int)statement->kind) {
    case TG_STATEMENT_SET_LOCATION:
        json_object_set_new(storage, "Location", json_string(statement->location));
        return TRUE;
    case TG_STATEMENT_ADD_COLUMNS:
        return json_array_extend(json_object_get(storage, "Columns"), statement->columns) == 0;
    case TG_STATEMENT_REPLACE_COLUMNS:
        return json_object_set(storage, "Columns", statement->columns) == 0;
    case TG_STATEMENT_CHANGE_COLUMN:
        return change_column(ddl, json_object_get(storage, "Columns"), error);
    case TG_STATEMENT_SET_PROPERTIES:
        return json_object_update(json_object_get(table, "Parameters"), statement->properties) == 0;
    default:
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s cannot be run here",
                    tg_statement_kind_name(statement->kind));
        return FALSE;
    }
}

static gboolean alter_table(const Ddl *ddl, GError **error)
{
    const TgStatement *statement = ddl->statement;
    json_t *table =
        tg_catalog_get_table(ddl->query->catalog, ddl->database, statement->table, error);
    gboolean ok = FALSE;

    if (table == NULL) {
        return FALSE;
    }
    if (statement->kind == TG_STATEMENT_SET_LOCATION && statement->partitions != NULL) {
        ok = set_partition_location(ddl, table, error);
    } else if (statement->kind == TG_STATEMENT_RENAME_PARTITION) {
        ok = rename_partition(ddl, table, error);
    } else {
        ok = change_table(ddl, table, error) &&
             tg_catalog_update_table(ddl->query->catalog, ddl->database, table, error);
    }
    json_decref(table);
    return ok;
}

/* ---- MSCK REPAIR TABLE: adds what lies in k=v folders, drops nothing --------------------------
 */

static json_t *found_partitions(const Ddl *ddl, const json_t *table, GError **error)
{
    const json_t *keys = tg_table_partition_keys(table);
    g_autofree char *prefix =
        g_strconcat(tg_table_location(table),
                    g_str_has_suffix(tg_table_location(table), "/") ? NULL : "/", NULL);
    g_autoptr(GPtrArray) objects = tg_object_list(ddl->query->objects, prefix, error);
    json_t *partitions = objects == NULL ? NULL : tg_partition_files_list(keys, prefix, objects);

    for (gsize i = 0; i < json_array_size(partitions); i++) {
        json_t *partition = json_array_get(partitions, i);
        json_t *list = json_object_get(partition, "Values");
        g_autoptr(GPtrArray) values = g_ptr_array_new();

        for (gsize j = 0; j < json_array_size(list); j++) {
            g_ptr_array_add(values, (gpointer)json_string_value(json_array_get(list, j)));
        }
        g_ptr_array_add(values, NULL);
        g_autofree char *path = tg_table_partition_path(table, (TgPartitionValues)values->pdata);
        g_autofree char *location = g_strconcat(prefix, path, NULL);

        json_object_set_new(partition, "StorageDescriptor",
                            json_pack("{s:s}", "Location", location));
    }
    return partitions;
}

static gboolean repair(const Ddl *ddl, GError **error)
{
    json_t *table =
        tg_catalog_get_table(ddl->query->catalog, ddl->database, ddl->statement->table, error);
    json_t *partitions = NULL;
    gboolean ok = FALSE;

    if (table == NULL) {
        return FALSE;
    }
    if (json_array_size(tg_table_partition_keys(table)) == 0 || tg_table_location(table) == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "table %s.%s is not partitioned.",
                    ddl->database, ddl->statement->table);
    } else {
        partitions = found_partitions(ddl, table, error);
        ok = partitions != NULL &&
             tg_catalog_create_partitions(ddl->query->catalog, ddl->database, ddl->statement->table,
                                          partitions, TRUE, error);
    }
    json_decref(partitions);
    json_decref(table);
    return ok;
}

/* ---- views ---------------------------------------------------------------------------------- */

/* Presto's form: base64 of JSON in a comment. */
static char *view_text(const TgStatement *statement, const char *database, const TgEnginePlan *plan)
{
    json_t *view = json_pack("{s:s, s:s, s:s, s:[]}", "originalSql", statement->query_text,
                             "catalog", "awsdatacatalog", "schema", database, "columns");
    g_autofree char *text = NULL;
    g_autofree char *base64 = NULL;

    for (guint i = 0; i < tg_engine_plan_column_count(plan); i++) {
        const TgEngineColumn *column = tg_engine_plan_column(plan, i);

        json_array_append_new(
            json_object_get(view, "columns"),
            json_pack("{s:s, s:s}", "name", column->name, "type", column->athena_type));
    }
    text = tg_params_to_json(view);
    json_decref(view);
    base64 = g_base64_encode((const guchar *)text, strlen(text));
    return g_strdup_printf("/* Presto View: %s */", base64);
}

static gboolean store_view(const Ddl *ddl, const TgEnginePlan *plan, json_t *columns,
                           GError **error)
{
    const TgStatement *statement = ddl->statement;
    g_autofree char *text = view_text(statement, ddl->database, plan);
    json_t *table =
        json_pack("{s:s, s:s, s:s, s:s, s:{s:O}, s:[], s:{s:s, s:s}}", "Name", statement->table,
                  "TableType", "VIRTUAL_VIEW", "ViewOriginalText", text, "ViewExpandedText",
                  "/* Presto View */", "StorageDescriptor", "Columns", columns, "PartitionKeys",
                  "Parameters", "presto_view", "true", "comment", "Presto View");
    GError *local = NULL;
    gboolean ok = tg_catalog_create_table(ddl->query->catalog, ddl->database, table, &local);

    if (!ok && statement->or_replace && is_code(local, TG_ERROR_CONFLICT)) {
        g_clear_error(&local);
        ok = tg_catalog_update_table(ddl->query->catalog, ddl->database, table, error);
    } else if (!ok) {
        g_propagate_error(error, local);
    }
    json_decref(table);
    return ok;
}

static gboolean create_view(const Ddl *ddl, GError **error)
{
    TgEngineRequest engine = {.statement = (TgStatement *)ddl->statement,
                              .source_name = ddl->request->source_name,
                              .database = ddl->database,
                              .now_ms = ddl->request->now_ms};
    g_autoptr(TgEnginePlan) plan = tg_engine_plan(ddl->query->engine, &engine, error);
    json_t *columns = plan == NULL ? NULL : tg_engine_plan_hive_columns(plan, error);
    gboolean ok = columns != NULL && store_view(ddl, plan, columns, error);

    json_decref(columns);
    return ok;
}

/* ---- all ------------------------------------------------------------------------------------ */

static gboolean run(const Ddl *ddl, GError **error)
{
    switch ((int)ddl->statement->kind) {
    case TG_STATEMENT_CREATE_DATABASE:
        return create_database(ddl, error);
    case TG_STATEMENT_DROP_DATABASE:
        return drop_database(ddl, error);
    case TG_STATEMENT_CREATE_TABLE:
        return create_table(ddl, error);
    case TG_STATEMENT_DROP_TABLE:
    case TG_STATEMENT_DROP_VIEW:
        return drop_table(ddl, error);
    case TG_STATEMENT_ADD_PARTITIONS:
        return add_partitions(ddl, error);
    case TG_STATEMENT_DROP_PARTITIONS:
        return drop_partitions(ddl, error);
    case TG_STATEMENT_CREATE_VIEW:
        return create_view(ddl, error);
    case TG_STATEMENT_REPAIR:
        return repair(ddl, error);
    default:
        return alter_table(ddl, error);
    }
}

TgQueryResult *tg_query_ddl(TgQuery *query, const TgStatement *statement,
                            const TgQueryRequest *request, GError **error)
{
    Ddl ddl = {.query = query,
               .statement = statement,
               .request = request,
               .database = statement->database != NULL ? statement->database : request->database};

    return run(&ddl, error) ? tg_query_result_new(TG_QUERY_DDL) : NULL;
}

/* A partition by SELECT: compare, stage, test, one switch. */
#include <string.h>

#include "base/random.h"
#include "params/params.h"
#include "query/query_internal.h"

typedef struct {
    TgQuery *query;
    const TgApasRequest *request;
    const char *database;
    char *query_id;
    json_t *table;
    char **values;
    gboolean exists; /* the partition is there already */
    TgTableFormat format;
    TgEnginePlan *plan;
} Apas;

static void apas_clear(Apas *apas)
{
    tg_engine_plan_free(apas->plan);
    json_decref(apas->table);
    g_strfreev(apas->values);
    g_free(apas->query_id);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Apas, apas_clear)

static gboolean find_table(Apas *apas, GError **error)
{
    const TgApasRequest *request = apas->request;
    json_t *database = tg_catalog_get_database(apas->query->catalog, apas->database, error);

    if (database == NULL) {
        g_prefix_error(error, "database %s does not exist: ", apas->database);
        return FALSE;
    }
    json_decref(database);
    apas->table = tg_catalog_get_table(apas->query->catalog, apas->database, request->table, error);
    if (apas->table == NULL) {
        g_prefix_error(error, "table %s.%s does not exist: ", apas->database, request->table);
        return FALSE;
    }
    if (json_array_size(tg_table_partition_keys(apas->table)) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "table %s.%s is not partitioned.",
                    apas->database, request->table);
        return FALSE;
    }
    apas->values = tg_table_partition_values(apas->table, request->partition_kv, error);
    if (apas->values == NULL) {
        return FALSE;
    }
    apas->format = tg_table_format(apas->table);
    return request->format == NULL || tg_query_parse_format(request->format, &apas->format, error);
}

/* *out_done when nothing is to be done (skip_if_exists). */
static gboolean check_present(Apas *apas, gboolean *out_done, GError **error)
{
    const char *mode = apas->request->save_mode;
    g_autoptr(GError) local = NULL;
    json_t *partition =
        tg_catalog_get_partition(apas->query->catalog, apas->database, apas->request->table,
                                 (TgPartitionValues)apas->values, &local);

    mode = mode == NULL ? "overwrite" : mode;
    apas->exists = partition != NULL;
    json_decref(partition);
    if (!apas->exists && !g_error_matches(local, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (strcmp(mode, "skip_if_exists") == 0) {
        *out_done = apas->exists;
        return TRUE;
    }
    if (strcmp(mode, "error_if_exists") == 0 && apas->exists) {
        g_autofree char *path =
            tg_table_partition_path(apas->table, (TgPartitionValues)apas->values);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT, "the partition %s of %s.%s already exists",
                    path, apas->database, apas->request->table);
        return FALSE;
    }
    if (strcmp(mode, "overwrite") != 0 && strcmp(mode, "error_if_exists") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "save_mode '%s' is unsupported; it may be overwrite, skip_if_exists or "
                    "error_if_exists",
                    mode);
        return FALSE;
    }
    return TRUE;
}

/* The SELECT's columns against the table's, before anything is touched. */
static gboolean plan(Apas *apas, GError **error)
{
    const TgApasRequest *request = apas->request;
    TgEngineRequest engine = {.sql = request->sql,
                              .source_name = request->source_name,
                              .database = apas->database,
                              .is_cancelled = request->is_cancelled,
                              .now_ms = request->now_ms};
    json_t *columns = NULL;
    gboolean ok = FALSE;

    apas->plan = tg_engine_plan(apas->query->engine, &engine, error);
    columns = apas->plan == NULL ? NULL : tg_engine_plan_hive_columns(apas->plan, error);
    ok = columns != NULL && (request->ignore_schema_diff ||
                             tg_table_compare_columns(apas->table, columns, "the SELECT", error));
    json_decref(columns);
    return ok;
}

static json_t *nothing_written(const Apas *apas)
{
    json_t *values = json_array();

    for (guint i = 0; apas->values[i] != NULL; i++) {
        json_array_append_new(values, json_string(apas->values[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:i, s:[]}", "query_id", apas->query_id, "database",
                     apas->database, "table", apas->request->table, "partition", values, "rows", 0,
                     "objects");
}

/* Compression that the table was written with: "SNAPPY" → "snappy". */
static char *table_compression(const Apas *apas)
{
    const char *named = apas->request->compression != NULL
                            ? apas->request->compression
                            : tg_table_parameter(apas->table, "parquet.compression");

    return g_ascii_strdown(named == NULL ? "snappy" : named, -1);
}

static const char *table_delimiter(const Apas *apas)
{
    const json_t *serde =
        json_object_get(json_object_get(apas->table, "StorageDescriptor"), "SerdeInfo");
    const char *named =
        json_string_value(json_object_get(json_object_get(serde, "Parameters"), "field.delim"));

    return apas->request->field_delimiter != NULL ? apas->request->field_delimiter : named;
}

static gboolean stage_and_commit(Apas *apas, json_t **out_receipt, GError **error)
{
    const TgApasRequest *request = apas->request;
    TgPublishTarget target = {.database = apas->database,
                              .table = request->table,
                              .location = request->location,
                              .task_name = request->task_name,
                              .now_ms = request->now_ms};
    g_autoptr(TgPublish) publish =
        tg_publish_begin(apas->query->catalog, apas->query->objects, &target, error);
    g_autofree char *folder = tg_table_partition_path(apas->table, (TgPartitionValues)apas->values);
    g_autofree char *compression = table_compression(apas);
    TgQueryWrite write = {.query = apas->query,
                          .plan = apas->plan,
                          .format = apas->format,
                          .compression = compression,
                          .delimiter = table_delimiter(apas),
                          .columns = tg_table_columns(apas->table),
                          .keys = tg_table_partition_keys(apas->table),
                          .folder = folder,
                          .table = apas->format == TG_FORMAT_PARQUET ? NULL : apas->table,
                          .tests = request->tests,
                          .database = apas->database};
    json_t *tests = NULL;
    gint64 rows = 0;

    if (publish == NULL ||
        !tg_publish_build_on_partition(publish, (TgPartitionValues)apas->values, error) ||
        !tg_query_write(&write, publish, &rows, error) ||
        !tg_query_test(&write, publish, &tests, error)) {
        return FALSE;
    }
    if (rows == 0 && !apas->exists) {
        *out_receipt = nothing_written(apas);
    } else {
        TgPublishFacts facts = {.rows = rows, .query_id = apas->query_id, .tests = tests};

        *out_receipt =
            tg_publish_commit_partition(publish, (TgPartitionValues)apas->values, &facts, error);
    }
    json_decref(tests);
    return *out_receipt != NULL;
}

gboolean tg_query_apas(TgQuery *query, const TgApasRequest *request, json_t **out_receipt,
                       GError **error)
{
    g_auto(Apas) apas = {.query = query,
                         .request = request,
                         .database = request->database == NULL ? "default" : request->database,
                         .query_id = tg_random_uuid()};
    gboolean is_done = FALSE;

    if (!find_table(&apas, error) || !check_present(&apas, &is_done, error)) {
        return FALSE;
    }
    if (is_done) {
        *out_receipt = json_pack("{s:b, s:s, s:s}", "skipped", 1, "database", apas.database,
                                 "table", request->table);
        return TRUE;
    }
    return plan(&apas, error) && stage_and_commit(&apas, out_receipt, error);
}

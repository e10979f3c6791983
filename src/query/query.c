/* Statements in, results out. */
#include "query/query.h"

#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "query/query_internal.h"

TgQuery *tg_query_new(TgCatalog *catalog, TgObjectStore *objects, const TgQueryOptions *options)
{
    TgQuery *query = g_new0(TgQuery, 1);
    TgEngineOptions engine = {0};

    if (options != NULL) {
        engine.memory_max_bytes = options->memory_max_bytes;
        engine.threads = options->threads;
        engine.temp_folder = options->temp_folder;
        engine.leave_open = options->leave_open;
    }
    query->catalog = catalog;
    query->objects = objects;
    query->engine = tg_engine_new(catalog, objects, &engine);
    query->prepared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_mutex_init(&query->mutex);
    return query;
}

void tg_query_free(TgQuery *query)
{
    if (query != NULL) {
        tg_engine_free(query->engine);
        g_hash_table_unref(query->prepared);
        g_mutex_clear(&query->mutex);
        g_free(query);
    }
}

TgEngine *tg_query_engine(TgQuery *query)
{
    return query->engine;
}

/* ---- results -------------------------------------------------------------------------------- */

static void free_column(gpointer data)
{
    TgQueryColumn *column = data;

    g_free(column->name);
    g_free(column->type);
    g_free(column);
}

TgQueryResult *tg_query_result_new(TgQueryKind kind)
{
    TgQueryResult *result = g_new0(TgQueryResult, 1);

    result->id = tg_random_uuid();
    result->kind = kind;
    result->columns = g_ptr_array_new_with_free_func(free_column);
    result->list = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    return result;
}

void tg_query_result_add_column(TgQueryResult *result, const char *name, const char *type)
{
    TgQueryColumn *column = g_new0(TgQueryColumn, 1);

    column->name = g_strdup(name);
    column->type = g_strdup(type);
    g_ptr_array_add(result->columns, column);
}

void tg_query_result_add_row(TgQueryResult *result, guint count, const char *const *texts)
{
    GPtrArray *row = g_ptr_array_new_full(count, g_free);

    for (guint i = 0; i < count; i++) {
        g_ptr_array_add(row, g_strdup(texts[i]));
    }
    g_ptr_array_add(result->list, row);
}

void tg_query_result_free(TgQueryResult *result)
{
    if (result == NULL) {
        return;
    }
    tg_engine_rows_free(result->rows);
    tg_statement_free(result->statement);
    json_decref(result->receipt);
    g_ptr_array_unref(result->columns);
    g_ptr_array_unref(result->list);
    g_free(result->url);
    g_free(result->id);
    g_free(result);
}

const char *tg_query_result_id(const TgQueryResult *result)
{
    return result->id;
}

TgQueryKind tg_query_result_kind(const TgQueryResult *result)
{
    return result->kind;
}

const char *tg_query_result_url(const TgQueryResult *result)
{
    return result->url;
}

const json_t *tg_query_result_receipt(const TgQueryResult *result)
{
    return result->receipt;
}

guint tg_query_result_column_count(const TgQueryResult *result)
{
    return result->columns->len;
}

const char *tg_query_result_column_name(const TgQueryResult *result, guint column)
{
    return ((const TgQueryColumn *)result->columns->pdata[column])->name;
}

const char *tg_query_result_column_type(const TgQueryResult *result, guint column)
{
    return ((const TgQueryColumn *)result->columns->pdata[column])->type;
}

TgQueryStatistics tg_query_result_statistics(const TgQueryResult *result)
{
    return result->statistics;
}

static void stop_clock(TgQueryResult *result)
{
    result->statistics.exec_millis = (tg_clock_monotonic_us() - result->started_us) / 1000;
}

gboolean tg_query_result_next(TgQueryResult *result, const char *const **out_row, GError **error)
{
    *out_row = NULL;
    if (result->rows != NULL) {
        if (!tg_engine_rows_next(result->rows, out_row, error)) {
            return FALSE;
        }
    } else if (result->at < result->list->len) {
        const GPtrArray *row = result->list->pdata[result->at++];

        *out_row = (const char *const *)row->pdata;
    }
    result->statistics.rows += *out_row != NULL ? 1 : 0;
    stop_clock(result);
    return TRUE;
}

/* ---- running -------------------------------------------------------------------------------- */

static TgQueryResult *run_select(TgQuery *query, TgStatement *statement,
                                 const TgQueryRequest *request, GError **error)
{
    TgEngineRequest engine = {.statement = statement,
                              .source_name = request->source_name,
                              .database = request->database,
                              .is_cancelled = request->is_cancelled,
                              .now_ms = request->now_ms};
    TgEnginePlan *plan = tg_engine_plan(query->engine, &engine, error);
    TgEngineRows *rows = plan == NULL ? NULL : tg_engine_plan_select(plan, error);
    TgQueryResult *result = NULL;

    if (rows == NULL) {
        return NULL;
    }
    result = tg_query_result_new(TG_QUERY_DML);
    result->rows = rows;
    result->statistics.scanned_bytes = tg_engine_plan_scanned_bytes(tg_engine_rows_plan(rows));
    for (guint i = 0; i < tg_engine_plan_column_count(tg_engine_rows_plan(rows)); i++) {
        const TgEngineColumn *column = tg_engine_plan_column(tg_engine_rows_plan(rows), i);

        tg_query_result_add_column(result, column->name, column->athena_type);
    }
    return result;
}

static TgQueryResult *run_explain(TgQuery *query, TgStatement *statement,
                                  const TgQueryRequest *request, GError **error)
{
    TgEngineRequest engine = {.statement = statement,
                              .source_name = request->source_name,
                              .database = request->database,
                              .is_cancelled = request->is_cancelled,
                              .now_ms = request->now_ms};
    g_autoptr(TgEnginePlan) plan = tg_engine_plan(query->engine, &engine, error);
    TgEngineExplain how = {statement->is_analyze, statement->explain_format};
    g_autofree char *text = NULL;
    TgQueryResult *result = NULL;

    if (plan == NULL) {
        return NULL;
    }
    if (g_strcmp0(statement->explain_type, "io") == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "EXPLAIN (TYPE IO) is not supported by the local engine; it knows LOGICAL, "
                    "DISTRIBUTED and VALIDATE");
        return NULL;
    }
    if (g_strcmp0(statement->explain_type, "validate") == 0) {
        const char *valid = "true";

        result = tg_query_result_new(TG_QUERY_UTILITY);
        tg_query_result_add_column(result, "Valid", "boolean");
        tg_query_result_add_row(result, 1, &valid);
        return result;
    }
    text = tg_engine_plan_explain(plan, &how, error);
    if (text == NULL) {
        return NULL;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    result = tg_query_result_new(TG_QUERY_UTILITY);
    tg_query_result_add_column(result, "Query Plan", "varchar");
    for (guint i = 0; lines[i] != NULL; i++) {
        tg_query_result_add_row(result, 1, (const char *const *)&lines[i]);
    }
    return result;
}

static void set_receipt(TgQueryResult *result, json_t *take_receipt)
{
    const json_t *rows = json_object_get(take_receipt, "rows");

    result->receipt = take_receipt;
    result->statistics.rows = json_is_integer(rows) ? json_integer_value(rows) : 0;
}

/* Athena's own CTAS: a table that exists is an error. */
static TgQueryResult *run_ctas(TgQuery *query, TgStatement *statement,
                               const TgQueryRequest *request, GError **error)
{
    const json_t *properties = statement->properties;
    const char *compression = json_string_value(json_object_get(properties, "write_compression"));
    TgCtasRequest ctas = {
        .source_name = request->source_name,
        .database = statement->database != NULL ? statement->database : request->database,
        .table = statement->table,
        .location = json_string_value(json_object_get(properties, "external_location")),
        .format = json_string_value(json_object_get(properties, "format")),
        .compression = compression,
        .field_delimiter = json_string_value(json_object_get(properties, "field_delimiter")),
        .partitioned_by = json_object_get(properties, "partitioned_by"),
        .table_mode = statement->no_data ? "empty" : "default",
        .save_mode = statement->if_exists ? "ignore" : "error_if_exists",
        .is_in_place = request->is_in_place,
        .task_name = request->task_name,
        .is_cancelled = request->is_cancelled,
        .now_ms = request->now_ms};
    json_t *receipt = NULL;
    TgQueryResult *result = NULL;

    g_autofree char *folder = NULL;

    if (ctas.location == NULL) {
        ctas.location = request->ctas_location;
    }
    if (ctas.is_in_place && ctas.location != NULL && !g_str_has_suffix(ctas.location, "/")) {
        folder = g_strconcat(ctas.location, "/", NULL);
        ctas.location = folder;
    }
    if (compression == NULL) {
        ctas.compression = json_string_value(json_object_get(properties, "parquet_compression"));
    }
    if (ctas.compression == NULL) {
        ctas.compression = "gzip"; /* Athena's default for CTAS in SQL */
    }
    if (!tg_query_ctas_statement(query, &ctas, statement, &receipt, error)) {
        return NULL;
    }
    result = tg_query_result_new(TG_QUERY_DDL);
    set_receipt(result, receipt);
    return result;
}

static TgQueryResult *run_insert(TgQuery *query, TgStatement *statement,
                                 const TgQueryRequest *request, GError **error)
{
    json_t *receipt = NULL;
    TgQueryResult *result = NULL;

    if (!tg_query_insert(query, statement, request, &receipt, error)) {
        return NULL;
    }
    result = tg_query_result_new(TG_QUERY_DML);
    set_receipt(result, receipt);
    return result;
}

static TgQueryResult *run_statement(TgQuery *query, TgStatement *statement,
                                    const TgQueryRequest *request, GError **error)
{
    switch ((int)statement->kind) {
    case TG_STATEMENT_SELECT:
        return run_select(query, statement, request, error);
    case TG_STATEMENT_EXPLAIN:
        return run_explain(query, statement, request, error);
    case TG_STATEMENT_CTAS:
        return run_ctas(query, statement, request, error);
    case TG_STATEMENT_INSERT:
        return run_insert(query, statement, request, error);
    case TG_STATEMENT_UNLOAD:
        return tg_query_unload(query, statement, request, error);
    case TG_STATEMENT_PREPARE:
        tg_query_prepare(query, statement->prepared_name, statement->query_text);
        return tg_query_result_new(TG_QUERY_DDL);
    case TG_STATEMENT_DEALLOCATE:
        return tg_query_deallocate(query, statement->prepared_name, error)
                   ? tg_query_result_new(TG_QUERY_DDL)
                   : NULL;
    case TG_STATEMENT_SHOW_DATABASES:
    case TG_STATEMENT_SHOW_TABLES:
    case TG_STATEMENT_SHOW_PARTITIONS:
    case TG_STATEMENT_SHOW_COLUMNS:
    case TG_STATEMENT_SHOW_CREATE_TABLE:
    case TG_STATEMENT_SHOW_PROPERTIES:
    case TG_STATEMENT_SHOW_VIEWS:
    case TG_STATEMENT_DESCRIBE:
        return tg_query_show(query, statement, request, error);
    default:
        return tg_query_ddl(query, statement, request, error);
    }
}

/* The statement outlives the rows that read it; a result takes it along. */
TgQueryResult *tg_query_run(TgQuery *query, const TgQueryRequest *request, GError **error)
{
    gint64 started_us = tg_clock_monotonic_us();
    TgStatement *statement = tg_query_parse(query, request, error);
    TgQueryRequest full = *request;
    g_autoptr(TgQueryResult) result = NULL;

    if (statement == NULL) {
        return NULL;
    }
    full.database = request->database == NULL ? "default" : request->database;
    result = run_statement(query, statement, &full, error);
    if (result == NULL) {
        tg_statement_free(statement);
        return NULL;
    }
    result->statement = statement;
    result->started_us = started_us;
    stop_clock(result);
    if (request->save_result && !tg_query_save(query, result, error)) {
        return NULL;
    }
    return g_steal_pointer(&result);
}

gboolean tg_query_export(TgQuery *query, const TgQueryRequest *request, const char *path,
                         gint64 *out_rows, GError **error)
{
    TgEngineRequest engine = {.sql = request->sql,
                              .source_name = request->source_name,
                              .database = request->database,
                              .is_cancelled = request->is_cancelled,
                              .now_ms = request->now_ms};
    g_autoptr(TgEnginePlan) plan = tg_engine_plan(query->engine, &engine, error);
    TgEngineCopy copy = {.format = TG_FORMAT_PARQUET, .compression = "zstd", .path = path};

    return plan != NULL && tg_engine_plan_copy(plan, &copy, out_rows, error);
}

gboolean tg_query_parse_format(const char *text, TgTableFormat *out, GError **error)
{
    static const struct {
        const char *name;
        TgTableFormat format;
    } names[] = {{"parquet", TG_FORMAT_PARQUET},
                 {"textfile", TG_FORMAT_CSV},
                 {"csv", TG_FORMAT_CSV},
                 {"json", TG_FORMAT_JSON}};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (text == NULL || g_ascii_strcasecmp(text, names[i].name) == 0) {
            *out = names[i].format;
            return TRUE;
        }
    }
    g_set_error(
        error, TG_ERROR, TG_ERROR_CONFIG,
        "the local engine does not write the format '%s'; it writes parquet, textfile, json", text);
    return FALSE;
}

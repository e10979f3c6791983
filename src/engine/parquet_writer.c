/* A table function that hands batches to DuckDB's COPY … TO (FORMAT parquet). */
#include "engine/parquet_writer.h"

#include "engine/batch_scan.h"
#include "engine/engine_internal.h"

typedef struct {
    const TgParquetOptions *options;
    TgBatchScan scan;
} Write;

static gboolean run_sql(Write *write, duckdb_connection connection, const char *sql, GError **error)
{
    duckdb_result result = {0};
    gboolean ok = write->scan.api->duckdb_query(connection, sql, &result) == DuckDBSuccess;

    if (!ok && write->scan.error != NULL) {
        g_propagate_error(error, g_steal_pointer(&write->scan.error));
    } else if (!ok) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot write the Parquet file '%s': %s",
                    write->options->path, write->scan.api->duckdb_result_error(&result));
    }
    write->scan.api->duckdb_destroy_result(&result);
    return ok;
}

static void append_names(GString *sql, const char *const *names)
{
    for (guint i = 0; names[i] != NULL; i++) {
        g_string_append(sql, i == 0 ? "" : ", ");
        tg_engine_append_name(sql, names[i]);
    }
}

char *tg_engine_copy_statement(const TgParquetOptions *options, const char *query)
{
    GString *sql = g_string_new("COPY (");

    g_string_append(sql, query);
    if (options->sort_by != NULL) {
        g_string_append(sql, " ORDER BY ");
        append_names(sql, options->sort_by);
    }
    g_string_append(sql, ") TO ");
    tg_engine_append_text(sql, options->path);
    g_string_append_printf(sql, " (FORMAT parquet, COMPRESSION %s, WRITE_BLOOM_FILTER %s",
                           options->compression, options->bloom_filters ? "true" : "false");
    if (options->partition_by != NULL) {
        g_string_append(sql, ", PARTITION_BY (");
        append_names(sql, options->partition_by);
        g_string_append_c(sql, ')');
    }
    if (options->file_bytes > 0) {
        g_string_append_printf(sql, ", FILE_SIZE_BYTES %" G_GINT64_FORMAT, options->file_bytes);
    }
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

/* Sorted rows must stay so; and a sort may need the disk. */
static char *settings(const TgParquetOptions *options)
{
    GString *sql = g_string_new(NULL);

    g_string_printf(sql,
                    "SET threads = %u; SET memory_limit = '%" G_GINT64_FORMAT
                    "B'; SET preserve_insertion_order = %s; SET temp_directory = ",
                    options->threads, options->memory_bytes,
                    options->sort_by != NULL || options->keeps_order ? "true" : "false");
    tg_engine_append_text(sql, options->temp_folder == NULL ? "" : options->temp_folder);
    g_string_append_c(sql, ';');
    return g_string_free(sql, FALSE);
}

static gboolean write_with(Write *write, duckdb_connection connection, GError **error)
{
    g_autofree char *copy = tg_engine_copy_statement(write->options, "SELECT * FROM tegaru_rows()");
    g_autofree char *set = settings(write->options);

    return run_sql(write, connection, set, error) &&
           tg_batch_scan_register(&write->scan, connection, error) &&
           run_sql(write, connection, copy, error);
}

gboolean tg_parquet_write(const TgBatchSource *source, const TgParquetOptions *options,
                          GError **error)
{
    Write write = {.options = options,
                   .scan = {.api = tg_duckdb_api_get(error),
                            .source = source,
                            .schema = options->schema,
                            .threads = options->threads,
                            .lends_texts = TRUE}};
    duckdb_database database = NULL;
    duckdb_connection connection = NULL;
    char *problem = NULL;
    gboolean ok = FALSE;

    if (write.scan.api == NULL) {
        return FALSE;
    }
    tg_batch_scan_init(&write.scan);
    if (write.scan.api->duckdb_open_ext(NULL, &database, NULL, &problem) != DuckDBSuccess ||
        write.scan.api->duckdb_connect(database, &connection) != DuckDBSuccess) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot start DuckDB: %s",
                    problem == NULL ? "no connection" : problem);
    } else {
        ok = write_with(&write, connection, error);
    }
    write.scan.api->duckdb_free(problem);
    write.scan.api->duckdb_disconnect(&connection);
    write.scan.api->duckdb_close(&database);
    tg_batch_scan_clear(&write.scan);
    return ok;
}

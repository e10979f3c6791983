/* The merge by DuckDB: the keys of the new rows in a table of its own, joins against old files. */
#include "engine/parquet_merge.h"

#include <string.h>

#include "engine/engine_internal.h"

#define HIVE_NULL "__HIVE_DEFAULT_PARTITION__"
#define FILE_SHIFT 40 /* rows of one file: more than Parquet files have */

struct TgParquetMerge {
    TgEngineRun run;
    duckdb_database database;
    char *source; /* SQL: the new rows with tegaru_position */
    char **keys;
    char *first_file; /* has all key columns, which an old file may lack */
    gint64 rows;
};

static void append_list(GString *sql, const char *const *names, const char *prefix)
{
    for (guint i = 0; names[i] != NULL; i++) {
        g_string_append(sql, i == 0 ? "" : ", ");
        g_string_append(sql, prefix);
        tg_engine_append_name(sql, names[i]);
    }
}

/* The new rows of all files, each with its place in their order. */
static char *source_sql(const char *const *files)
{
    GString *sql = g_string_new("(");

    for (guint i = 0; files[i] != NULL; i++) {
        g_string_append_printf(sql,
                               "%sSELECT *, (%u::BIGINT << %d) + file_row_number AS "
                               "tegaru_position FROM read_parquet(",
                               i == 0 ? "" : " UNION ALL ", i, FILE_SHIFT);
        tg_engine_append_text(sql, files[i]);
        g_string_append_c(sql, ')');
    }
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

static gboolean make_winners(TgParquetMerge *self, GError **error)
{
    g_autoptr(GString) sql = g_string_new("CREATE TEMP TABLE winners AS SELECT ");
    const char *const *keys = (const char *const *)self->keys;

    append_list(sql, keys, "");
    g_string_append_printf(sql, ", max(tegaru_position) AS tegaru_position FROM %s GROUP BY ",
                           self->source);
    append_list(sql, keys, "");
    return tg_engine_run(&self->run, sql->str, FALSE, NULL, error) &&
           tg_engine_run_number(&self->run, "SELECT count(*) FROM winners", &self->rows, error);
}

static gboolean set_limits(TgParquetMerge *self, const TgParquetMergeOptions *options,
                           GError **error)
{
    g_autofree char *numbers = g_strdup_printf("SET threads = %u", MAX(options->threads, 1));
    g_autofree char *memory =
        g_strdup_printf("SET memory_limit = '%" G_GINT64_FORMAT "B'", options->memory_bytes);
    g_autoptr(GString) temp = g_string_new("SET temp_directory = ");

    tg_engine_append_text(temp, options->temp_folder);
    return tg_engine_run(&self->run, numbers, FALSE, NULL, error) &&
           tg_engine_run(&self->run, memory, FALSE, NULL, error) &&
           tg_engine_run(&self->run, temp->str, FALSE, NULL, error);
}

static gboolean open_database(TgParquetMerge *self, GError **error)
{
    char *problem = NULL;
    gboolean ok =
        self->run.api->duckdb_open_ext(NULL, &self->database, NULL, &problem) == DuckDBSuccess &&
        self->run.api->duckdb_connect(self->database, &self->run.connection) == DuckDBSuccess;

    if (!ok) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot start DuckDB: %s",
                    problem == NULL ? "no connection" : problem);
    }
    self->run.api->duckdb_free(problem);
    return ok;
}

TgParquetMerge *tg_parquet_merge_new(const TgParquetMergeOptions *options, GError **error)
{
    g_autoptr(TgParquetMerge) self = g_new0(TgParquetMerge, 1);

    self->run.source_name = "merge";
    self->run.api = tg_duckdb_api_get(error);
    if (self->run.api == NULL) {
        return NULL;
    }
    self->keys = g_strdupv((char **)options->keys);
    self->source = source_sql(options->files);
    self->first_file = g_strdup(options->files[0]);
    if (!open_database(self, error) || !set_limits(self, options, error) ||
        !make_winners(self, error)) {
        return NULL;
    }
    return g_steal_pointer(&self);
}

void tg_parquet_merge_free(TgParquetMerge *merge)
{
    if (merge == NULL) {
        return;
    }
    if (merge->database != NULL) {
        merge->run.api->duckdb_disconnect(&merge->run.connection);
        merge->run.api->duckdb_close(&merge->database);
    }
    g_strfreev(merge->keys);
    g_free(merge->source);
    g_free(merge->first_file);
    g_free(merge);
}

gint64 tg_parquet_merge_rows(const TgParquetMerge *merge)
{
    return merge->rows;
}

gboolean tg_parquet_merge_write(TgParquetMerge *merge, const TgParquetOptions *options,
                                GError **error)
{
    g_autoptr(GString) from = g_string_new("SELECT ");
    g_autofree char *copy = NULL;

    for (guint i = 0; i < options->schema->count; i++) {
        g_string_append(from, i == 0 ? "n." : ", n.");
        tg_engine_append_name(from, options->schema->columns[i].name);
    }
    g_string_append_printf(from, " FROM %s n SEMI JOIN winners w USING (tegaru_position)",
                           merge->source);
    copy = tg_engine_copy_statement(options, from->str);
    return tg_engine_run(&merge->run, copy, FALSE, NULL, error);
}

/* The value that a partition key has in all rows of the old files; FALSE: it is no such key. */
static gboolean append_partition_value(GString *sql, const TgParquetOld *old, const char *key)
{
    for (guint i = 0; old->names != NULL && old->names[i] != NULL; i++) {
        if (g_ascii_strcasecmp(old->names[i], key) != 0) {
            continue;
        }
        if (strcmp(old->values[i], HIVE_NULL) == 0) {
            g_string_append(sql, "NULL");
        } else {
            tg_engine_append_text(sql, old->values[i]);
        }
        return TRUE;
    }
    return FALSE;
}

static gboolean is_partition_key(const TgParquetOld *old, const char *key)
{
    g_autoptr(GString) unused = g_string_new(NULL);

    return append_partition_value(unused, old, key);
}

/* "o.k IS NOT DISTINCT FROM w.k AND …". `lacks` are keys that the old file does not have. */
static void append_condition(const TgParquetMerge *self, const TgParquetOld *old,
                             const gboolean *lacks, GString *sql)
{
    for (guint i = 0; self->keys[i] != NULL; i++) {
        g_string_append(sql, i == 0 ? "" : " AND ");
        if (append_partition_value(sql, old, self->keys[i])) {
            /* a constant, which takes the type of the other side */
        } else if (lacks != NULL && lacks[i]) {
            g_string_append(sql, "NULL");
        } else {
            g_string_append(sql, "o.");
            tg_engine_append_name(sql, self->keys[i]);
        }
        g_string_append(sql, " IS NOT DISTINCT FROM w.");
        tg_engine_append_name(sql, self->keys[i]);
    }
}

/* Reads path and number of each row of a result. */
static void take_counts(const TgParquetMerge *self, duckdb_result result, GHashTable *into)
{
    const TgDuckdbApi *api = self->run.api;
    duckdb_data_chunk chunk = NULL;

    while ((chunk = api->duckdb_fetch_chunk(result)) != NULL) {
        duckdb_string_t *paths =
            api->duckdb_vector_get_data(api->duckdb_data_chunk_get_vector(chunk, 0));
        gint64 *counts = api->duckdb_vector_get_data(api->duckdb_data_chunk_get_vector(chunk, 1));

        for (guint64 i = 0; i < api->duckdb_data_chunk_get_size(chunk); i++) {
            gsize size = 0;
            const char *path = tg_engine_string_bytes(&paths[i], &size);
            gint64 *count = g_new(gint64, 1);

            *count = counts[i];
            g_hash_table_insert(into, g_strndup(path, size), count);
        }
        api->duckdb_destroy_data_chunk(&chunk);
    }
}

gboolean tg_parquet_merge_find(TgParquetMerge *merge, const TgParquetOld *old, GHashTable *into,
                               GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT o.filename, count(*) FROM (SELECT filename");
    duckdb_result result;

    for (char **key = merge->keys; *key != NULL; key++) {
        if (!is_partition_key(old, *key)) {
            g_string_append(sql, ", ");
            tg_engine_append_name(sql, *key);
        }
    }
    /* the new file among them gives columns that no old file has; it is left out again */
    g_string_append(sql, " FROM read_parquet([");
    tg_engine_append_text(sql, merge->first_file);
    for (guint i = 0; old->paths[i] != NULL; i++) {
        g_string_append(sql, ", ");
        tg_engine_append_text(sql, old->paths[i]);
    }
    g_string_append(sql, "], union_by_name = true, hive_partitioning = false) WHERE filename <> ");
    tg_engine_append_text(sql, merge->first_file);
    g_string_append(sql, ") o SEMI JOIN winners w ON ");
    append_condition(merge, old, NULL, sql);
    g_string_append(sql, " GROUP BY 1");
    if (!tg_engine_run(&merge->run, sql->str, FALSE, &result, error)) {
        return FALSE;
    }
    take_counts(merge, result, into);
    merge->run.api->duckdb_destroy_result(&result);
    return TRUE;
}

/* Whether a file has a column. */
static gboolean has_column(const TgParquetMerge *self, const char *path, const char *name)
{
    g_autoptr(GString) sql = g_string_new("SELECT ");

    tg_engine_append_name(sql, name);
    g_string_append(sql, " FROM read_parquet(");
    tg_engine_append_text(sql, path);
    g_string_append(sql, ", hive_partitioning = false) LIMIT 0");
    return tg_engine_run(&self->run, sql->str, FALSE, NULL, NULL);
}

gboolean tg_parquet_merge_rewrite(TgParquetMerge *merge, const TgParquetOld *old, const char *path,
                                  const char *compression, gint64 *out_rows, GError **error)
{
    g_autofree gboolean *lacks = g_new0(gboolean, g_strv_length(merge->keys));
    g_autoptr(GString) from = g_string_new("SELECT o.* FROM read_parquet(");
    g_autofree char *count = NULL;
    g_autofree char *copy = NULL;

    for (guint i = 0; merge->keys[i] != NULL; i++) {
        lacks[i] = !is_partition_key(old, merge->keys[i]) &&
                   !has_column(merge, old->paths[0], merge->keys[i]);
    }
    tg_engine_append_text(from, old->paths[0]);
    g_string_append(from, ", hive_partitioning = false) o ANTI JOIN winners w ON ");
    append_condition(merge, old, lacks, from);
    count = g_strdup_printf("SELECT count(*) FROM (%s)", from->str);
    if (!tg_engine_run_number(&merge->run, count, out_rows, error)) {
        return FALSE;
    }
    if (*out_rows == 0) {
        return TRUE;
    }
    TgParquetOptions options = {.path = path, .compression = compression};

    copy = tg_engine_copy_statement(&options, from->str);
    return tg_engine_run(&merge->run, copy, FALSE, NULL, error);
}

/* One execution: runs, and leaves the files that clients of Athena look for. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "endpoint/athena_internal.h"

typedef struct {
    TgEndpoint *endpoint;
    TgExecution *execution;
    TgQueryResult *result;
    gint64 started_us;
    char *url; /* of the file with the rows; NULL: none */
    char *manifest_url;
} Run;

static void run_clear(Run *run)
{
    tg_query_result_free(run->result);
    g_free(run->url);
    g_free(run->manifest_url);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

/* ---- files ----------------------------------------------------------------------------------- */

/* "a","b": a NULL is nothing at all, an empty text "". */
static void append_csv(GString *line, guint count, const char *const *cells)
{
    for (guint i = 0; i < count; i++) {
        g_string_append(line, i == 0 ? "" : ",");
        if (cells[i] == NULL) {
            continue;
        }
        g_string_append_c(line, '"');
        for (const char *p = cells[i]; *p != '\0';) {
            gsize size = strcspn(p, "\"");

            g_string_append_len(line, p, (gssize)size);
            g_string_append(line, p[size] == '"' ? "\"\"" : "");
            p += p[size] == '"' ? size + 1 : size;
        }
        g_string_append_c(line, '"');
    }
    g_string_append_c(line, '\n');
}

/* Cells between tabs; DESCRIBE pads them as Hive does. */
static void append_text(GString *line, guint count, const char *const *cells)
{
    for (guint i = 0; i < count; i++) {
        const char *cell = cells[i] == NULL ? "" : cells[i];

        g_string_append_printf(line, count == 3 ? "%s%-20s" : "%s%s", i == 0 ? "" : "\t", cell);
    }
    g_string_append_c(line, '\n');
}

static void append_row(const Run *run, GString *line, guint count, const char *const *cells)
{
    if (run->execution->statement.has_rows) {
        append_csv(line, count, cells);
    } else {
        append_text(line, count, cells);
    }
}

static gboolean write_rows(const Run *run, FILE *file, GError **error)
{
    guint count = tg_query_result_column_count(run->result);
    g_autofree const char **names = g_new0(const char *, count + 1);
    g_autoptr(GString) line = g_string_new(NULL);
    const char *const *row = NULL;

    for (guint i = 0; i < count; i++) {
        names[i] = tg_query_result_column_name(run->result, i);
    }
    if (run->execution->statement.has_rows) {
        append_csv(line, count, names);
    }
    do {
        if (fwrite(line->str, 1, line->len, file) != line->len) {
            tg_error_set_file(error, errno, "write", "the result");
            return FALSE;
        }
        g_string_truncate(line, 0);
        if (!tg_query_result_next(run->result, &row, error)) {
            return FALSE;
        }
        if (row != NULL) {
            append_row(run, line, count, row);
        }
    } while (row != NULL);
    return TRUE;
}

typedef gboolean (*WriteFile)(const Run *run, FILE *file, GError **error);

static gboolean write_object(const Run *run, const char *url, WriteFile write, GError **error)
{
    TgObjectStore *objects = run->endpoint->objects;
    TgObjectDraft draft = {NULL, NULL};
    FILE *file = NULL;
    gboolean ok = FALSE;

    if (!tg_object_begin(objects, url, &draft, error)) {
        return FALSE;
    }
    file = fopen(draft.path, "wb");
    if (file == NULL) {
        tg_error_set_file(error, errno, "write", url);
    } else {
        ok = write(run, file, error);
        if (fclose(file) != 0 && ok) {
            tg_error_set_file(error, errno, "write", url);
            ok = FALSE;
        }
    }
    if (!ok) {
        tg_object_abort(objects, &draft);
        return FALSE;
    }
    /* A query can be run again, and there may be thousands a minute. */
    return tg_object_commit_unflushed(objects, &draft, NULL, error);
}

/* The objects that were written, one a line. */
static gboolean write_manifest(const Run *run, FILE *file, GError **error)
{
    const json_t *receipt = tg_query_result_receipt(run->result);
    json_t *object = NULL;
    gsize i = 0;

    json_array_foreach (json_object_get(receipt, "objects"), i, object) {
        const char *url = json_string_value(json_object_get(object, "url"));

        if (url != NULL && fprintf(file, "%s\n", url) < 0) {
            tg_error_set_file(error, errno, "write", "the manifest");
            return FALSE;
        }
    }
    return TRUE;
}

/* Athena writes a protobuf that is documented nowhere; this says the same as JSON. */
static gboolean write_metadata(const Run *run, FILE *file, GError **error)
{
    json_t *columns = json_array();
    json_t *metadata = json_pack("{s:s, s:o}", "id", run->execution->id, "columns", columns);
    gboolean ok = FALSE;

    for (guint i = 0; i < tg_query_result_column_count(run->result); i++) {
        json_array_append_new(
            columns, tg_endpoint_athena_column_info(tg_query_result_column_name(run->result, i),
                                                    tg_query_result_column_type(run->result, i)));
    }
    ok = json_dumpf(metadata, file, JSON_COMPACT) == 0;
    json_decref(metadata);
    if (!ok) {
        tg_error_set_file(error, errno, "write", "the metadata");
    }
    return ok;
}

/* <id>.csv of rows, tables/<id> of CTAS, <id> of INSERT, <id>.txt of all else. */
static gboolean write_files(Run *run, GError **error)
{
    const TgExecution *execution = run->execution;
    const TgAthenaStatement *statement = &execution->statement;
    const char *suffix = statement->has_rows ? ".csv" : statement->is_update ? "" : ".txt";
    g_autofree char *metadata_url = NULL;

    run->url = g_strconcat(execution->output, statement->is_ctas ? "tables/" : "", execution->id,
                           suffix, NULL);
    metadata_url = g_strconcat(run->url, ".metadata", NULL);
    if (statement->is_update) {
        run->manifest_url = g_strconcat(run->url, "-manifest.csv", NULL);
        return write_object(run, run->manifest_url, write_manifest, error) &&
               write_object(run, metadata_url, write_metadata, error);
    }
    return write_object(run, run->url, write_rows, error) &&
           write_object(run, metadata_url, write_metadata, error);
}

/* ---- what is told ------------------------------------------------------------------------------
 */

static void set_statistics(const Run *run, json_t *body)
{
    json_t *statistics = json_object_get(body, "Statistics");
    gint64 queue_ms = json_integer_value(json_object_get(statistics, "QueryQueueTimeInMillis"));
    gint64 total_ms = (tg_clock_monotonic_us() - run->started_us) / 1000;
    TgQueryStatistics counted = {0};

    if (run->result != NULL) {
        counted = tg_query_result_statistics(run->result);
    }
    json_object_set_new(statistics, "EngineExecutionTimeInMillis", json_integer(total_ms));
    json_object_set_new(statistics, "TotalExecutionTimeInMillis",
                        json_integer(total_ms + queue_ms));
    json_object_set_new(statistics, "DataScannedInBytes", json_integer(counted.scanned_bytes));
    json_object_set_new(statistics, "QueryPlanningTimeInMillis", json_integer(0));
    json_object_set_new(statistics, "ServicePreProcessingTimeInMillis", json_integer(0));
    json_object_set_new(statistics, "ServiceProcessingTimeInMillis", json_integer(0));
    json_object_set_new(statistics, "ResultReuseInformation",
                        json_pack("{s:b}", "ReusedPreviousResult", 0));
    if (run->manifest_url != NULL) {
        json_object_set_new(statistics, "DataManifestLocation", json_string(run->manifest_url));
    }
}

/* What GetQueryResults needs. */
static json_t *result_facts(const Run *run)
{
    const TgAthenaStatement *statement = &run->execution->statement;
    json_t *columns = json_array();
    gint64 rows = run->result == NULL ? 0 : tg_query_result_statistics(run->result).rows;
    guint count = run->result == NULL ? 0 : tg_query_result_column_count(run->result);

    for (guint i = 0; i < count; i++) {
        json_array_append_new(
            columns, tg_endpoint_athena_column_info(tg_query_result_column_name(run->result, i),
                                                    tg_query_result_column_type(run->result, i)));
    }
    if (statement->is_update) {
        json_array_append_new(columns, tg_endpoint_athena_column_info("rows", "bigint"));
    }
    return json_pack("{s:o, s:s*, s:b, s:b, s:I}", "columns", columns, "url",
                     statement->is_update ? NULL : run->url, "is_csv", (int)statement->has_rows,
                     "has_header", (int)statement->has_header, "update_count",
                     (json_int_t)(statement->is_update ? rows : 0));
}

static void set_success(const Run *run)
{
    json_t *body = run->execution->body;

    g_mutex_lock(tg_endpoint_athena_mutex(run->endpoint->athena));
    json_object_set_new(body, "_result", result_facts(run));
    if (run->url != NULL) {
        json_object_set_new(json_object_get(body, "ResultConfiguration"), "OutputLocation",
                            json_string(run->url));
    }
    set_statistics(run, body);
    g_mutex_unlock(tg_endpoint_athena_mutex(run->endpoint->athena));
    tg_endpoint_athena_set_state(run->endpoint->athena, run->execution, "SUCCEEDED", NULL);
}

static void set_failure(const Run *run, const GError *error)
{
    json_t *body = run->execution->body;
    g_autofree char *message = tg_endpoint_athena_message(error);
    gboolean is_user = error->code != TG_ERROR_RETRY && error->code != TG_ERROR_BUG;

    g_mutex_lock(tg_endpoint_athena_mutex(run->endpoint->athena));
    set_statistics(run, body);
    json_object_set_new(json_object_get(body, "Status"), "AthenaError",
                        json_pack("{s:i, s:i, s:b, s:s}", "ErrorCategory", is_user ? 2 : 1,
                                  "ErrorType", is_user ? 1000 : 100, "Retryable",
                                  error->code == TG_ERROR_RETRY, "ErrorMessage", message));
    g_mutex_unlock(tg_endpoint_athena_mutex(run->endpoint->athena));
    tg_endpoint_athena_set_state(run->endpoint->athena, run->execution,
                                 error->code == TG_ERROR_CANCELLED ? "CANCELLED" : "FAILED",
                                 message);
}

/* ---- running -----------------------------------------------------------------------------------
 */

/* PREPARE and DEALLOCATE change what is kept. */
static gboolean run_prepare(const Run *run, GError **error)
{
    const TgAthenaStatement *statement = &run->execution->statement;
    const char *group = run->execution->work_group;
    g_autoptr(json_t) prepared = NULL;
    gboolean found = FALSE;

    if (statement->prepare_sql != NULL) {
        prepared = json_pack("{s:s, s:s, s:s, s:o}", "StatementName", statement->prepare_name,
                             "WorkGroupName", group, "QueryStatement", statement->prepare_sql,
                             "LastModifiedTime", tg_action_now());
        return tg_kept_put(run->endpoint->kept, TG_ATHENA_PREPARED, group, statement->prepare_name,
                           prepared, error);
    }
    if (!tg_kept_remove(run->endpoint->kept, TG_ATHENA_PREPARED, group, statement->prepare_name,
                        &found, error)) {
        return FALSE;
    }
    if (!found) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "PreparedStatement %s was not found",
                    statement->prepare_name);
    }
    return found;
}

static gboolean check_cutoff(const Run *run, GError **error)
{
    gint64 scanned = tg_query_result_statistics(run->result).scanned_bytes;

    if (run->execution->cutoff_bytes > 0 && scanned > run->execution->cutoff_bytes) {
        g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED,
                    "Query cancelled! : Bytes scanned limit was exceeded");
        return FALSE;
    }
    return TRUE;
}

static gboolean execute(Run *run, GError **error)
{
    TgExecution *execution = run->execution;
    g_autofree char *location = g_strconcat(execution->output, "tables/", execution->id, "/", NULL);
    TgQueryRequest request = {.sql = execution->statement.sql,
                              .database = execution->database,
                              .task_name = execution->id,
                              .is_cancelled = &execution->is_cancelled,
                              .ctas_location = location,
                              .is_in_place = execution->statement.is_ctas,
                              .now_ms = tg_clock_now_ms()};

    if (execution->statement.prepare_name != NULL) {
        return run_prepare(run, error);
    }
    run->result = tg_query_run(run->endpoint->query, &request, error);
    return run->result != NULL && check_cutoff(run, error) && write_files(run, error);
}

void tg_endpoint_athena_run(TgEndpoint *endpoint, TgExecution *execution)
{
    g_auto(Run)
        run = {.endpoint = endpoint, .execution = execution, .started_us = tg_clock_monotonic_us()};
    g_autoptr(GError) error = NULL;
    json_t *statistics = json_object_get(execution->body, "Statistics");

    if (g_atomic_int_get(&execution->is_cancelled) != 0) {
        return;
    }
    g_mutex_lock(tg_endpoint_athena_mutex(endpoint->athena));
    json_object_set_new(statistics, "QueryQueueTimeInMillis",
                        json_integer(tg_clock_now_ms() - execution->submitted_ms));
    g_mutex_unlock(tg_endpoint_athena_mutex(endpoint->athena));
    tg_endpoint_athena_set_state(endpoint->athena, execution, "RUNNING", NULL);
    if (execute(&run, &error)) {
        set_success(&run);
    } else {
        set_failure(&run, error);
    }
}

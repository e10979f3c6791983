/* One statement, in small steps, so that it can be cancelled. */
#include "engine/engine_internal.h"

#define CHECK_MS 1 /* how long to wait when other threads do all the work */

static gboolean is_cancelled(const TgEngineRun *run, GError **error)
{
    if (run->is_cancelled == NULL || g_atomic_int_get(run->is_cancelled) == 0) {
        return FALSE;
    }
    run->api->duckdb_interrupt(run->connection);
    g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED, "%s: the query was cancelled",
                run->source_name);
    return TRUE;
}

/* Does the query's tasks until its result (or first chunk) is there. */
static gboolean work(const TgEngineRun *run, duckdb_pending_result pending, GError **error)
{
    if (run->is_cancelled == NULL) {
        return TRUE; /* nobody can cancel it: duckdb_execute_pending waits better than we do */
    }
    for (;;) {
        duckdb_pending_state state = run->api->duckdb_pending_execute_task(pending);

        if (state == DUCKDB_PENDING_ERROR) {
            tg_engine_set_error(error, run->source_name, run->api->duckdb_pending_error(pending));
            return FALSE;
        }
        if (run->api->duckdb_pending_execution_is_finished(state)) {
            return TRUE;
        }
        if (is_cancelled(run, error)) {
            return FALSE;
        }
        if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE) {
            (void)g_poll(NULL, 0, CHECK_MS);
        }
    }
}

static gboolean execute(const TgEngineRun *run, duckdb_prepared_statement prepared,
                        gboolean is_streaming, duckdb_result *out_result, GError **error)
{
    const TgDuckdbApi *api = run->api;
    duckdb_pending_result pending = NULL;
    duckdb_state state = is_streaming ? api->duckdb_pending_prepared_streaming(prepared, &pending)
                                      : api->duckdb_pending_prepared(prepared, &pending);
    gboolean ok = FALSE;

    if (state != DuckDBSuccess) {
        tg_engine_set_error(error, run->source_name, api->duckdb_pending_error(pending));
    } else if (work(run, pending, error)) {
        ok = api->duckdb_execute_pending(pending, out_result) == DuckDBSuccess;
        if (!ok) {
            tg_engine_set_error(error, run->source_name, api->duckdb_result_error(out_result));
            api->duckdb_destroy_result(out_result);
        }
    }
    api->duckdb_destroy_pending(&pending);
    return ok;
}

gboolean tg_engine_run(const TgEngineRun *run, const char *sql, gboolean is_streaming,
                       duckdb_result *out_result, GError **error)
{
    const TgDuckdbApi *api = run->api;
    duckdb_prepared_statement prepared = NULL;
    duckdb_result result;
    gboolean ok = FALSE;

    if (is_cancelled(run, error)) {
        return FALSE;
    }
    if (api->duckdb_prepare(run->connection, sql, &prepared) != DuckDBSuccess) {
        tg_engine_set_error(error, run->source_name, api->duckdb_prepare_error(prepared));
    } else {
        ok = execute(run, prepared, is_streaming, &result, error);
    }
    api->duckdb_destroy_prepare(&prepared);
    if (ok && out_result != NULL) {
        *out_result = result;
    } else if (ok) {
        api->duckdb_destroy_result(&result);
    }
    return ok;
}

gboolean tg_engine_run_number(const TgEngineRun *run, const char *sql, gint64 *out, GError **error)
{
    const TgDuckdbApi *api = run->api;
    duckdb_result result;
    duckdb_data_chunk chunk = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    if (!tg_engine_run(run, sql, FALSE, &result, error)) {
        return FALSE;
    }
    chunk = api->duckdb_fetch_chunk(result);
    if (chunk != NULL && api->duckdb_data_chunk_get_size(chunk) > 0) {
        (void)tg_engine_value_append(api, api->duckdb_data_chunk_get_vector(chunk, 0), 0,
                                     &tg_sql_type_bigint, text);
    }
    api->duckdb_destroy_data_chunk(&chunk);
    api->duckdb_destroy_result(&result);
    *out = g_ascii_strtoll(text->str, NULL, 10);
    return TRUE;
}

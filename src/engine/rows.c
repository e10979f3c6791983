/* Rows of a query, a chunk of DuckDB's at a time. */
#include "engine/engine_internal.h"

struct TgEngineRows {
    TgEnginePlan *plan;
    duckdb_result result;
    duckdb_data_chunk chunk; /* NULL: none fetched, or all read */
    guint64 row;
    guint64 count;      /* rows of the chunk */
    GString **texts;    /* one a column */
    const char **cells; /* texts, or NULL */
};

TgEngineRows *tg_engine_plan_select(TgEnginePlan *take_plan, GError **error)
{
    g_autoptr(TgEnginePlan) plan = take_plan;
    TgEngineRun run = {plan->api, plan->connection, plan->source_name, plan->is_cancelled};
    duckdb_result result;
    TgEngineRows *rows = NULL;

    if (!tg_engine_run(&run, plan->translation.sql, TRUE, &result, error)) {
        return NULL;
    }
    rows = g_new0(TgEngineRows, 1);
    rows->result = result;
    rows->texts = g_new0(GString *, plan->translation.count + 1);
    rows->cells = g_new0(const char *, plan->translation.count + 1);
    for (guint i = 0; i < plan->translation.count; i++) {
        rows->texts[i] = g_string_new(NULL);
    }
    rows->plan = g_steal_pointer(&plan);
    return rows;
}

TgEngineRows *tg_engine_select(TgEngine *engine, const TgEngineRequest *request, GError **error)
{
    TgEnginePlan *plan = tg_engine_plan(engine, request, error);

    return plan == NULL ? NULL : tg_engine_plan_select(plan, error);
}

void tg_engine_rows_free(TgEngineRows *rows)
{
    if (rows == NULL) {
        return;
    }
    rows->plan->api->duckdb_destroy_data_chunk(&rows->chunk);
    rows->plan->api->duckdb_destroy_result(&rows->result);
    for (guint i = 0; i < rows->plan->translation.count; i++) {
        g_string_free(rows->texts[i], TRUE);
    }
    g_free(rows->texts);
    g_free(rows->cells);
    tg_engine_plan_free(rows->plan);
    g_free(rows);
}

const TgEnginePlan *tg_engine_rows_plan(const TgEngineRows *rows)
{
    return rows->plan;
}

/* After the last chunk: was it the end, or a failure? */
static gboolean check_end(TgEngineRows *rows, GError **error)
{
    const char *message = rows->plan->api->duckdb_result_error(&rows->result);

    if (message != NULL && *message != '\0') {
        tg_engine_set_error(error, rows->plan->source_name, message);
        return FALSE;
    }
    return TRUE;
}

/* The next chunk that has rows; count 0 at the end. */
static gboolean fetch(TgEngineRows *rows, GError **error)
{
    const TgDuckdbApi *api = rows->plan->api;
    const gint *cancelled = rows->plan->is_cancelled;

    rows->count = 0;
    rows->row = 0;
    while (rows->count == 0) {
        api->duckdb_destroy_data_chunk(&rows->chunk);
        if (cancelled != NULL && g_atomic_int_get(cancelled) != 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED, "%s: the query was cancelled",
                        rows->plan->source_name);
            return FALSE;
        }
        rows->chunk = api->duckdb_fetch_chunk(rows->result);
        if (rows->chunk == NULL) {
            return check_end(rows, error);
        }
        rows->count = api->duckdb_data_chunk_get_size(rows->chunk);
    }
    return TRUE;
}

gboolean tg_engine_rows_next(TgEngineRows *rows, const char *const **out_row, GError **error)
{
    const TgDuckdbApi *api = rows->plan->api;

    if (rows->row == rows->count && !fetch(rows, error)) {
        return FALSE;
    }
    if (rows->count == 0) {
        *out_row = NULL;
        return TRUE;
    }
    for (guint i = 0; i < rows->plan->translation.count; i++) {
        duckdb_vector vector = api->duckdb_data_chunk_get_vector(rows->chunk, i);

        g_string_truncate(rows->texts[i], 0);
        rows->cells[i] =
            tg_engine_value_append(api, vector, rows->row, rows->plan->translation.columns[i].type,
                                   rows->texts[i])
                ? rows->texts[i]->str
                : NULL;
    }
    rows->row++;
    *out_row = rows->cells;
    return TRUE;
}

/* athena.query>: runs SQL and remembers the query. Spec: shared/spec/athena.md 1.2. */
#include <string.h>

#include "operators/support.h"
#include "operators/support_athena_statement.h"
#include "params/params.h"

#define OP "query"
#define PREVIEW_ROWS_KEPT 1000

static const char *kind_name(TgQueryKind kind)
{
    static const char *const names[] = {"DML", "DDL", "UTILITY"};

    return names[kind];
}

/* athena.last_query, in the shape that the original stores. */
static json_t *last_query(const TgTurn *turn, const char *sql, const char *database,
                          const TgQueryResult *result)
{
    TgQueryStatistics statistics = tg_query_result_statistics(result);
    json_t *last = json_object();

    json_object_set_new(last, "id", json_string(tg_query_result_id(result)));
    json_object_set_new(last, "database", database == NULL ? json_null() : json_string(database));
    json_object_set_new(last, "workgroup", json_string("primary"));
    json_object_set_new(last, "query", json_string(sql));
    json_object_set_new(last, "output",
                        tg_query_result_url(result) == NULL
                            ? json_null()
                            : json_string(tg_query_result_url(result)));
    json_object_set_new(last, "scan_bytes", json_integer(statistics.scanned_bytes));
    json_object_set_new(last, "exec_millis", json_integer(statistics.exec_millis));
    json_object_set_new(last, "state", json_string("SUCCEEDED"));
    json_object_set_new(last, "state_change_reason", json_null());
    json_object_set_new(last, "submitted_at", json_integer(turn->now_ms / 1000));
    json_object_set_new(last, "completed_at",
                        json_integer((turn->now_ms + statistics.exec_millis) / 1000));
    return last;
}

/* Proof of what ran; with the receipt of the publish when the statement published. */
static json_t *receipt_of(const TgQueryResult *result)
{
    const json_t *published = tg_query_result_receipt(result);
    TgQueryStatistics statistics = tg_query_result_statistics(result);
    json_t *receipt = published != NULL ? json_deep_copy(published) : json_object();

    json_object_set_new(receipt, "query_id", json_string(tg_query_result_id(result)));
    json_object_set_new(receipt, "statement", json_string(kind_name(tg_query_result_kind(result))));
    json_object_set_new(receipt, "scanned_bytes", json_integer(statistics.scanned_bytes));
    if (tg_query_result_kind(result) == TG_QUERY_DML && !tg_params_has(receipt, "rows")) {
        json_object_set_new(receipt, "rows", json_integer(statistics.rows));
    }
    return receipt;
}

/* What the task itself says of the engine and who asks counts for its preview, too. */
static json_t *preview_task(const TgTurn *turn, const char *id, gboolean is_local)
{
    static const char *const keys[] = {TG_ATHENA_AUTH_OPTIONS, NULL};
    json_t *task = json_pack("{s:s, s:i}", "athena.preview>", id, "max_rows", 10);

    for (gsize i = 0; keys[i] != NULL; i++) {
        json_t *value = json_object_get(turn->local, keys[i]);

        if (value != NULL) {
            json_object_set(task, keys[i], value);
        }
    }
    if (is_local) {
        json_object_set_new(task, "engine", json_string("local"));
    }
    return json_pack("{s:o}", "+preview", task);
}

static gboolean run_sql(TgTurn *turn, const char *sql, const char *name, const char *database,
                        GError **error)
{
    TgQuery *query = turn->services->query(turn->services, error);
    TgQueryRequest request = {.sql = sql,
                              .source_name = name,
                              .database = database,
                              .task_name = turn->task_name,
                              .is_cancelled = turn->services->is_cancelled,
                              .now_ms = turn->now_ms,
                              .save_result = TRUE};
    g_autoptr(TgQueryResult) result = query == NULL ? NULL : tg_query_run(query, &request, error);
    gboolean preview = FALSE;

    if (result == NULL || !tg_params_get_boolean(turn->params, "preview", FALSE, &preview, error)) {
        return FALSE;
    }
    turn->store =
        json_pack("{s:{s:o}}", "athena", "last_query", last_query(turn, sql, database, result));
    turn->reset_store = json_pack("[s]", "athena.last_query");
    turn->receipt = receipt_of(result);
    if (preview) {
        turn->subtasks = preview_task(turn, tg_query_result_id(result), FALSE);
    }
    return TRUE;
}

/* --- Athena --- */

static json_t *or_null(const json_t *value)
{
    return value == NULL ? json_null() : json_incref((json_t *)value);
}

static json_t *seconds_of(const json_t *time)
{
    return json_is_number(time) ? json_integer((json_int_t)json_number_value(time)) : json_null();
}

/* athena.last_query of a QueryExecution, as the original stores it. */
static json_t *last_execution(const json_t *execution, const char *sql)
{
    const json_t *status = json_object_get(execution, "Status");
    const json_t *statistics = json_object_get(execution, "Statistics");
    const json_t *context = json_object_get(execution, "QueryExecutionContext");
    const json_t *result = json_object_get(execution, "ResultConfiguration");
    json_t *last = json_object();

    json_object_set_new(last, "id", or_null(json_object_get(execution, "QueryExecutionId")));
    json_object_set_new(last, "database", or_null(json_object_get(context, "Database")));
    json_object_set_new(last, "workgroup", or_null(json_object_get(execution, "WorkGroup")));
    json_object_set_new(last, "query", json_string(sql));
    json_object_set_new(last, "output", or_null(json_object_get(result, "OutputLocation")));
    json_object_set_new(last, "scan_bytes",
                        or_null(json_object_get(statistics, "DataScannedInBytes")));
    json_object_set_new(last, "exec_millis",
                        or_null(json_object_get(statistics, "EngineExecutionTimeInMillis")));
    json_object_set_new(last, "state", or_null(json_object_get(status, "State")));
    json_object_set_new(last, "state_change_reason",
                        or_null(json_object_get(status, "StateChangeReason")));
    json_object_set_new(last, "submitted_at",
                        seconds_of(json_object_get(status, "SubmissionDateTime")));
    json_object_set_new(last, "completed_at",
                        seconds_of(json_object_get(status, "CompletionDateTime")));
    return last;
}

/* Trino keeps no results: the first rows become a saved result of this project. */
static gboolean keep_rows(const TgTurn *turn, const TgAthenaChain *chain, json_t *execution,
                          const char *id, GError **error)
{
    TgQuery *query = turn->services->query(turn->services, error);
    g_autoptr(json_t) rows =
        query == NULL ? NULL : tg_athena_chain_rows(chain, execution, PREVIEW_ROWS_KEPT, error);

    return rows != NULL && tg_query_save_rows(query, id, json_object_get(rows, "columns"),
                                              json_object_get(rows, "rows"), error);
}

/* An INSERT or CTAS is proven by the number of its rows. */
static gboolean take_execution(TgTurn *turn, const TgAthenaChain *chain, const char *sql,
                               json_t *execution, GError **error)
{
    const char *id = json_string_value(json_object_get(execution, "QueryExecutionId"));
    const json_t *type = json_object_get(execution, "StatementType");
    const char *kind = json_string_value(json_object_get(execution, "SubstatementType"));
    gboolean preview = FALSE;
    gint64 rows = -1;

    if (!tg_params_get_boolean(turn->params, "preview", FALSE, &preview, error) ||
        (kind != NULL &&
         (strcmp(kind, "INSERT") == 0 || strstr(kind, "AS_SELECT") != NULL ||
          strcmp(kind, "CREATE TABLE") == 0) &&
         !tg_athena_chain_count(chain, execution, &rows, error))) {
        return FALSE;
    }
    turn->store = json_pack("{s:{s:o}}", "athena", "last_query", last_execution(execution, sql));
    turn->reset_store = json_pack("[s]", "athena.last_query");
    turn->receipt = json_pack("{s:s, s:O*}", "query_id", id, "statement", type);
    tg_athena_chain_note(chain, turn->receipt);
    if (rows >= 0) {
        json_object_set_new(turn->receipt, "rows", json_integer(rows));
    }
    if (!preview) {
        return TRUE;
    }
    turn->subtasks = preview_task(turn, id, chain->place->trino != NULL);
    return chain->place->trino == NULL || keep_rows(turn, chain, execution, id, error);
}

static gboolean run_athena(TgTurn *turn, const TgAthenaPlace *place, const char *database,
                           TgOutcome *out, GError **error)
{
    g_auto(TgAthenaChain) chain = {NULL};
    g_autofree char *sql = NULL;
    g_autofree char *name = NULL;
    g_autoptr(json_t) execution = NULL;

    if (!tg_athena_read_sql(turn, place, &sql, &name, error) ||
        !tg_athena_chain_open(turn, OP, place, &chain, error)) {
        return FALSE;
    }
    const TgAthenaStatement statement = {"query", sql, database};

    if (!tg_athena_chain_run(&chain, &statement, &execution, error)) {
        return FALSE;
    }
    *out = execution == NULL ? TG_OUTCOME_POLL : TG_OUTCOME_DONE;
    return execution == NULL || take_execution(turn, &chain, sql, execution, error);
}

static gboolean run_local(TgTurn *turn, const TgAthenaPlace *place, const char *database,
                          GError **error)
{
    g_autofree char *sql = NULL;
    g_autofree char *name = NULL;

    return tg_athena_read_sql(turn, place, &sql, &name, error) &&
           run_sql(turn, sql, name, database, error);
}

static gboolean athena_query_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(TgAthenaPlace) place = {NULL};
    g_autofree char *database = NULL;

    *out = TG_OUTCOME_DONE;
    if (!tg_operator_athena_text(turn, OP, "database", NULL, &database, error) ||
        !tg_athena_place_open(turn, OP, &place, error)) {
        return FALSE;
    }
    if (place.athena == NULL && place.trino == NULL) {
        return run_local(turn, &place, database, error);
    }
    if (turn->is_cancelled) {
        return tg_athena_chain_stop(turn, &place, error);
    }
    gboolean ok = run_athena(turn, &place, database, out, error);

    if (!ok) {
        tg_athena_chain_reset(turn);
    }
    return ok;
}

static const char *const options[] = {"database", "preview", TG_ATHENA_CHAIN_OPTIONS,
                                      TG_ATHENA_AUTH_OPTIONS, NULL};

const TgOperator tg_operator_athena_query = {.name = "athena.query",
                                             .help = "Runs SQL",
                                             .options = options,
                                             .honours_retry = TRUE,
                                             .run = athena_query_run};

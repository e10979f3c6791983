/* athena.query>: runs SQL and remembers the query. Spec: shared/spec/athena.md 1.2. */
#include "operators/support.h"
#include "params/params.h"

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

static json_t *preview_task(const char *id)
{
    return json_pack("{s:{s:s, s:i}}", "+preview", "athena.preview>", id, "max_rows", 10);
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
        turn->subtasks = preview_task(tg_query_result_id(result));
    }
    return TRUE;
}

static gboolean athena_query_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autofree char *sql = NULL;
    g_autofree char *name = NULL;
    g_autofree char *database = NULL;

    *out = TG_OUTCOME_DONE;
    return tg_operator_athena_text(turn, "query", "database", NULL, &database, error) &&
           tg_operator_read_sql(turn, &sql, &name, error) &&
           run_sql(turn, sql, name, database, error);
}

static const char *const options[] = {"database",
                                      "workgroup",
                                      "token_prefix",
                                      "timeout",
                                      "preview",
                                      "auth_method",
                                      "profile_name",
                                      "profile_file",
                                      "region",
                                      "endpoint",
                                      "use_http_proxy",
                                      "web_identity_token_file",
                                      "web_identity_role_arn",
                                      NULL};

const TgOperator tg_operator_athena_query = {.name = "athena.query",
                                             .help = "Runs SQL",
                                             .options = options,
                                             .honours_retry = TRUE,
                                             .run = athena_query_run};

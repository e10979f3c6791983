/* Athena: starting, watching, stopping queries. */
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "endpoint/athena_internal.h"

#define HOLD_MS 300 /* how long an answer waits for the end of a query that just began */
#define BATCH_MAX 50
#define LIST_MAX 50

static const char *text_at(const json_t *value, const char *pointer)
{
    return json_string_value(tg_params_find_pointer(value, pointer));
}

/* ---- starting ---------------------------------------------------------------------------------
 */

/* Where results go: the workgroup's when it enforces, else the request's, else the workgroup's. */
static char *output_location(const TgActionCall *call, const json_t *group, GError **error)
{
    const char *own = text_at(group, "/Configuration/ResultConfiguration/OutputLocation");
    const char *asked = text_at(call->input, "/ResultConfiguration/OutputLocation");
    gboolean is_enforced =
        json_is_true(tg_params_find_pointer(group, "/Configuration/EnforceWorkGroupConfiguration"));
    const char *chosen = asked == NULL || (is_enforced && own != NULL) ? own : asked;

    if (chosen == NULL || *chosen == '\0') {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "No output location provided. An output location is required either through "
                    "the Workgroup result configuration setting or as an API input.");
        return NULL;
    }
    if (!g_str_has_prefix(chosen, "s3://") || strlen(chosen) < 6) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "outputLocation is not a valid S3 path: %s",
                    chosen);
        return NULL;
    }
    return g_strconcat(chosen, g_str_has_suffix(chosen, "/") ? "" : "/", NULL);
}

static json_t *body_new(const TgActionCall *call, const TgExecution *execution, const char *sql)
{
    json_t *body = json_pack(
        "{s:s, s:s, s:s, s:s*, s:{s:s}, s:{s:s*, s:s}, s:{s:s, s:f}, s:{}, s:s, s:{s:s, s:s}}",
        "QueryExecutionId", execution->id, "Query", sql, "StatementType",
        execution->statement.statement_type, "SubstatementType", execution->statement.substatement,
        "ResultConfiguration", "OutputLocation", execution->output, "QueryExecutionContext",
        "Database", text_at(call->input, "/QueryExecutionContext/Database"), "Catalog",
        "awsdatacatalog", "Status", "State", "QUEUED", "SubmissionDateTime",
        (double)execution->submitted_ms / 1000.0, "Statistics", "WorkGroup", execution->work_group,
        "EngineVersion", "SelectedEngineVersion", "AUTO", "EffectiveEngineVersion",
        TG_ATHENA_ENGINE);
    static const char *const copied[] = {"ExecutionParameters", "ResultReuseConfiguration"};

    for (gsize i = 0; i < G_N_ELEMENTS(copied); i++) {
        json_t *value = json_object_get(call->input, copied[i]);

        if (value != NULL) {
            json_object_set(body, copied[i], value);
        }
    }
    return body;
}

static void free_execution(TgExecution *execution)
{
    tg_endpoint_athena_statement_clear(&execution->statement);
    g_free(execution->queue);
    g_free(execution->database);
    g_free(execution->output);
    g_free(execution->work_group);
    g_free(execution->id);
    g_free(execution);
}

/* Some clients write it in quotes, as in a statement. */
static char *database_of(const TgActionCall *call)
{
    const char *name = text_at(call->input, "/QueryExecutionContext/Database");
    gsize size = name == NULL ? 0 : strlen(name);

    if (size > 2 && (*name == '`' || *name == '"') && name[size - 1] == *name) {
        return g_strndup(name + 1, size - 2);
    }
    return size == 0 ? NULL : g_strdup(name);
}

static TgExecution *execution_new(TgActionCall *call, const json_t *group, const char *sql,
                                  GError **error)
{
    const char *name = json_string_value(json_object_get(group, "Name"));
    const json_t *cutoff =
        tg_params_find_pointer(group, "/Configuration/BytesScannedCutoffPerQuery");
    TgExecution *execution = g_new0(TgExecution, 1);

    execution->id = tg_random_uuid();
    execution->work_group = g_strdup(name);
    execution->queue = g_strdup_printf("%s/%s", name, call->caller);
    execution->database = database_of(call);
    execution->submitted_ms = tg_clock_now_ms();
    execution->cutoff_bytes = json_is_integer(cutoff) ? json_integer_value(cutoff) : 0;
    execution->output = output_location(call, group, error);
    if (execution->output == NULL ||
        !tg_endpoint_athena_statement_read(call->endpoint, name, sql,
                                           json_object_get(call->input, "ExecutionParameters"),
                                           &execution->statement, error)) {
        free_execution(execution);
        return NULL;
    }
    execution->body = body_new(call, execution, sql);
    return execution;
}

/* The id of an earlier start with this token; *out NULL: there was none. Other parameters under
 * the same token are CONFIG. */
static gboolean find_token(const TgActionCall *call, const char *group, const char *token,
                           json_t **out, GError **error)
{
    json_t *known = NULL;

    *out = NULL;
    if (token == NULL) {
        return TRUE;
    }
    if (!tg_kept_get(call->endpoint->kept, TG_ATHENA_TOKENS, group, token, &known, error)) {
        return FALSE;
    }
    if (known != NULL && !json_equal(json_object_get(known, "input"), call->input)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Idempotent parameters do not match: the ClientRequestToken was used for "
                    "another query");
        json_decref(known);
        return FALSE;
    }
    *out =
        known == NULL ? NULL : json_pack("{s:O}", "QueryExecutionId", json_object_get(known, "id"));
    json_decref(known);
    return TRUE;
}

static gboolean keep_token(const TgActionCall *call, const char *group, const char *token,
                           const char *id, GError **error)
{
    g_autoptr(json_t) known =
        token == NULL ? NULL
                      : json_pack("{s:s, s:O, s:I}", "id", id, "input", (json_t *)call->input,
                                  "at_ms", (json_int_t)tg_clock_now_ms());

    return known == NULL ||
           tg_kept_put(call->endpoint->kept, TG_ATHENA_TOKENS, group, token, known, error);
}

/* Problems of the text are told at once, as Athena does. */
static TgExecution *checked_execution(TgActionCall *call, const json_t *group, const char *sql,
                                      GError **error)
{
    g_autoptr(GError) problem = NULL;
    TgExecution *execution = execution_new(call, group, sql, &problem);

    if (execution == NULL) {
        g_autofree char *message = tg_endpoint_athena_message(problem);

        call->error_code = g_str_has_prefix(message, "SYNTAX_ERROR") ? "MALFORMED_QUERY" : NULL;
        g_set_error_literal(error, TG_ERROR, TG_ERROR_CONFIG,
                            call->error_code == NULL ? message
                                                     : message + strlen("SYNTAX_ERROR: "));
    }
    return execution;
}

static json_t *start_query_execution(TgActionCall *call, GError **error)
{
    static GMutex tokens; /* two starts with one token at a time are one query */
    const char *sql = tg_action_text(call, "QueryString", error);
    const char *group_name = tg_action_text_or(call, "WorkGroup", "primary");
    const char *token = tg_action_text_or(call, "ClientRequestToken", NULL);
    g_autoptr(json_t) group =
        sql == NULL ? NULL : tg_endpoint_athena_work_group(call->endpoint, group_name, error);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&tokens);
    json_t *known = NULL;
    TgExecution *execution = NULL;

    (void)locker;
    if (group == NULL || !find_token(call, group_name, token, &known, error)) {
        return NULL;
    }
    if (known != NULL) {
        return known;
    }
    if (g_strcmp0(json_string_value(json_object_get(group, "State")), "DISABLED") == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "WorkGroup %s is disabled.", group_name);
        return NULL;
    }
    execution = checked_execution(call, group, sql, error);
    if (execution == NULL) {
        return NULL;
    }
    g_autofree char *id = g_strdup(execution->id);

    return keep_token(call, group_name, token, id, error) &&
                   tg_endpoint_athena_submit(call->endpoint->athena, execution, error)
               ? json_pack("{s:s}", "QueryExecutionId", id)
               : NULL;
}

/* ---- watching ---------------------------------------------------------------------------------
 */

/* Without what is ours. */
static json_t *shown(json_t *take_body)
{
    json_object_del(take_body, "_result");
    return take_body;
}

static json_t *get_query_execution(TgActionCall *call, GError **error)
{
    const char *id = tg_action_text(call, "QueryExecutionId", error);
    json_t *body =
        id == NULL ? NULL : tg_endpoint_athena_find(call->endpoint->athena, id, HOLD_MS, error);

    return body == NULL ? NULL : json_pack("{s:o}", "QueryExecution", shown(body));
}

static json_t *batch_get_query_execution(TgActionCall *call, GError **error)
{
    const json_t *ids = json_object_get(call->input, "QueryExecutionIds");
    json_t *found = NULL;
    json_t *missing = NULL;

    if (json_array_size(ids) == 0 || json_array_size(ids) > BATCH_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "QueryExecutionIds is a list of 1 to 50");
        return NULL;
    }
    found = json_array();
    missing = json_array();
    for (gsize i = 0; i < json_array_size(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        g_autoptr(GError) problem = NULL;
        json_t *body =
            id == NULL ? NULL : tg_endpoint_athena_find(call->endpoint->athena, id, 0, &problem);

        if (body != NULL) {
            json_array_append_new(found, shown(body));
        } else {
            json_array_append_new(
                missing, json_pack("{s:s, s:s, s:s}", "QueryExecutionId", id == NULL ? "" : id,
                                   "ErrorCode", "INVALID_QUERY_EXECUTION_ID", "ErrorMessage",
                                   problem == NULL ? "no text" : problem->message));
        }
    }
    return json_pack("{s:o, s:o}", "QueryExecutions", found, "UnprocessedQueryExecutionIds",
                     missing);
}

static json_t *list_query_executions(TgActionCall *call, GError **error)
{
    const char *group = tg_action_text_or(call, "WorkGroup", "primary");
    gint64 limit = tg_action_limit(call, "MaxResults", LIST_MAX);
    json_t *ids = tg_kept_list_queries(call->endpoint->kept, group,
                                       tg_action_text_or(call, "NextToken", NULL), limit, error);
    json_t *reply = ids == NULL ? NULL : json_pack("{s:o}", "QueryExecutionIds", ids);

    if (ids != NULL && (gint64)json_array_size(ids) == limit) {
        json_object_set(reply, "NextToken", json_array_get(ids, (gsize)limit - 1));
    }
    return reply;
}

static json_t *stop_query_execution(TgActionCall *call, GError **error)
{
    const char *id = tg_action_text(call, "QueryExecutionId", error);

    return id != NULL && tg_endpoint_athena_cancel(call->endpoint->athena, id, error)
               ? json_object()
               : NULL;
}

static json_t *get_query_results(TgActionCall *call, GError **error)
{
    const char *id = tg_action_text(call, "QueryExecutionId", error);
    g_autoptr(json_t) body =
        id == NULL ? NULL : tg_endpoint_athena_find(call->endpoint->athena, id, 0, error);

    return body == NULL ? NULL : tg_endpoint_athena_results(call, body, error);
}

static json_t *get_runtime_statistics(TgActionCall *call, GError **error)
{
    const char *id = tg_action_text(call, "QueryExecutionId", error);
    g_autoptr(json_t) body =
        id == NULL ? NULL : tg_endpoint_athena_find(call->endpoint->athena, id, 0, error);
    const json_t *statistics = json_object_get(body, "Statistics");
    static const char *const times[] = {"EngineExecutionTimeInMillis", "QueryPlanningTimeInMillis",
                                        "QueryQueueTimeInMillis", "ServiceProcessingTimeInMillis",
                                        "TotalExecutionTimeInMillis"};
    json_t *timeline = NULL;

    if (body == NULL) {
        return NULL;
    }
    timeline = json_object();
    for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
        json_t *value = json_object_get(statistics, times[i]);

        json_object_set(timeline, times[i], value == NULL ? json_null() : value);
    }
    return json_pack("{s:{s:o, s:{s:O*}}}", "QueryRuntimeStatistics", "Timeline", timeline, "Rows",
                     "InputBytes", json_object_get(statistics, "DataScannedInBytes"));
}

const TgAction tg_endpoint_athena_execution_actions[] = {
    {"StartQueryExecution", start_query_execution},
    {"GetQueryExecution", get_query_execution},
    {"BatchGetQueryExecution", batch_get_query_execution},
    {"ListQueryExecutions", list_query_executions},
    {"StopQueryExecution", stop_query_execution},
    {"GetQueryResults", get_query_results},
    {"GetQueryRuntimeStatistics", get_runtime_statistics},
    {NULL, NULL},
};

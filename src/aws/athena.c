/* Athena: its errors, its calls, one step of a query. */
#include "aws/athena.h"

#include <string.h>

#include "base/random.h"
#include "params/params.h"

#define IDS_PER_CALL 50
#define FIRST_POLL_MS 250
#define POLL_MS_MAX 5000
#define FAILURES_MAX 10 /* in a row, of steps */
#define FAILURE_MS_MAX 60000
#define REASON_BYTES_MAX 2000
#define CATEGORY_SYSTEM 1 /* of AthenaError */

static const TgAwsCode codes[] = {
    {"InvalidRequestException", TG_ERROR_CONFIG,
     "Athena does not take it; check query, workgroup and output location"},
    {"TooManyRequestsException", TG_ERROR_RETRY,
     "Athena is asked too much at a time; start fewer queries, or ask AWS for a higher quota"},
    {"ResourceNotFoundException", TG_ERROR_NOT_FOUND, "it is not there; check its name"},
    {"MetadataException", TG_ERROR_CONFIG,
     "the data catalog does not answer as it should; check its name and its function"},
    {0}};

static const TgAwsService service = {
    .name = "Athena", .id = "athena", .target = "AmazonAthena", .version = "1.1", .codes = codes};

struct TgAthena {
    TgAwsClient *client;
};

TgAthena *tg_athena_new(const TgAwsClientOptions *options, GError **error)
{
    TgAwsClient *client = tg_aws_client_new(&service, options, error);
    TgAthena *athena = NULL;

    if (client != NULL) {
        athena = g_new0(TgAthena, 1);
        athena->client = client;
    }
    return athena;
}

void tg_athena_free(TgAthena *athena)
{
    if (athena != NULL) {
        tg_aws_client_free(athena->client);
        g_free(athena);
    }
}

TgAwsClient *tg_athena_client(TgAthena *athena)
{
    return athena->client;
}

char *tg_athena_token(const char *text)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

/* --- single calls --- */

/* Sends; takes the request. A member of the answer, or with NULL the answer itself. */
static json_t *ask(TgAthena *athena, const TgAwsCall *call, json_t *take_request,
                   const char *member, GError **error)
{
    g_autoptr(json_t) request = take_request;
    TgAwsCall own = *call;

    own.request = request;
    g_autoptr(json_t) answer = tg_aws_client_call(athena->client, &own, NULL, error);
    json_t *found = member == NULL ? answer : json_object_get(answer, member);

    if (answer != NULL && found == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Athena %s at %s: the server answers without '%s'; check the endpoint",
                    call->action, tg_aws_client_host(athena->client), member);
    }
    return found == NULL ? NULL : json_incref(found);
}

static json_t *request_of_id(const char *id)
{
    return json_pack("{s:s}", "QueryExecutionId", id);
}

static char *start(TgAthena *athena, const json_t *request, const char *token, gboolean is_once,
                   GError **error)
{
    json_t *with_token = json_copy((json_t *)request);
    TgAwsCall call = {.action = "StartQueryExecution", .is_once = is_once};
    gsize bytes = json_string_length(json_object_get(request, "QueryString"));
    g_autofree char *by_chance = token == NULL ? tg_random_uuid() : NULL;

    json_object_set_new(with_token, "ClientRequestToken",
                        json_string(token == NULL ? by_chance : token));
    if (bytes == 0 || bytes > TG_ATHENA_SQL_BYTES_MAX) {
        json_decref(with_token);
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    bytes == 0 ? "the query is empty; write one (Athena takes up to %d bytes)"
                               : "the query is longer than Athena's %d bytes; shorten it, or "
                                 "make views of its parts",
                    TG_ATHENA_SQL_BYTES_MAX);
        return NULL;
    }
    g_autoptr(json_t) answer = ask(athena, &call, with_token, "QueryExecutionId", error);

    if (answer != NULL && json_string_length(answer) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "Athena StartQueryExecution: the server gives no id; check the endpoint");
        return NULL;
    }
    return answer == NULL ? NULL : g_strdup(json_string_value(answer));
}

char *tg_athena_start(TgAthena *athena, const json_t *request, const char *token, GError **error)
{
    return start(athena, request, token, FALSE, error);
}

static json_t *get(TgAthena *athena, const char *id, gboolean is_once, GError **error)
{
    TgAwsCall call = {.action = "GetQueryExecution", .is_once = is_once};
    json_t *execution = ask(athena, &call, request_of_id(id), "QueryExecution", error);

    if (execution == NULL) {
        g_prefix_error(error, "query %s: ", id);
    }
    return execution;
}

json_t *tg_athena_get(TgAthena *athena, const char *id, GError **error)
{
    return get(athena, id, FALSE, error);
}

json_t *tg_athena_get_many(TgAthena *athena, const json_t *ids, GError **error)
{
    static const char *const members[] = {"QueryExecutions", "UnprocessedQueryExecutionIds"};
    g_autoptr(json_t) all = json_pack("{s:[], s:[]}", members[0], members[1]);
    TgAwsCall call = {.action = "BatchGetQueryExecution"};

    for (gsize from = 0; from < json_array_size(ids); from += IDS_PER_CALL) {
        json_t *slice = json_array();

        for (gsize i = from; i < json_array_size(ids) && i - from < IDS_PER_CALL; i++) {
            json_array_append(slice, json_array_get(ids, i));
        }
        g_autoptr(json_t) answer =
            ask(athena, &call, json_pack("{s:o}", "QueryExecutionIds", slice), NULL, error);

        for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
            json_array_extend(json_object_get(all, members[i]),
                              json_object_get(answer, members[i])); /* it may not be there */
        }
        if (answer == NULL) {
            return NULL;
        }
    }
    return g_steal_pointer(&all);
}

gboolean tg_athena_stop(TgAthena *athena, const char *id, GError **error)
{
    TgAwsCall call = {.action = "StopQueryExecution"};
    g_autoptr(json_t) answer = ask(athena, &call, request_of_id(id), NULL, error);

    if (answer == NULL) {
        g_prefix_error(error, "query %s: ", id);
    }
    return answer != NULL;
}

gboolean tg_athena_update_count(TgAthena *athena, const char *id, gint64 *out_rows, GError **error)
{
    TgAwsCall call = {.action = "GetQueryResults"};
    json_t *request = json_pack("{s:s, s:i}", "QueryExecutionId", id, "MaxResults", 1);
    g_autoptr(json_t) answer = ask(athena, &call, request, NULL, error);
    const json_t *count = json_object_get(answer, "UpdateCount");

    *out_rows = json_is_integer(count) ? json_integer_value(count) : -1;
    return answer != NULL;
}

json_t *tg_athena_get_workgroup(TgAthena *athena, const char *name, GError **error)
{
    TgAwsCall call = {.action = "GetWorkGroup"};
    json_t *group = ask(athena, &call, json_pack("{s:s}", "WorkGroup", name), "WorkGroup", error);

    if (group == NULL) {
        g_prefix_error(error, "workgroup %s: ", name);
    }
    return group;
}

/* --- a step --- */

static gint64 number_in(const json_t *state, const char *key)
{
    return json_integer_value(json_object_get(state, key));
}

static void wait_until(TgAthenaStep *step, gint64 pause_ms)
{
    step->poll_at_ms = step->now_ms + pause_ms;
    json_object_set_new(step->state, "poll_at_ms", json_integer(step->poll_at_ms));
}

/* Grows by half from look to look. */
static void wait_for_query(TgAthenaStep *step)
{
    gint64 polls = number_in(step->state, "polls");
    double pause = FIRST_POLL_MS;

    for (gint64 i = 0; i < polls && pause < POLL_MS_MAX; i++) {
        pause *= 1.5;
    }
    json_object_set_new(step->state, "polls", json_integer(polls + 1));
    json_object_del(step->state, "failures");
    wait_until(step, (gint64)MIN(pause, POLL_MS_MAX));
}

/* A failure that may pass: FALSE with *error when it was one too many. */
static gboolean wait_for_service(TgAthenaStep *step, GError *take_problem, GError **error)
{
    g_autoptr(GError) problem = take_problem;
    gint64 failures = number_in(step->state, "failures") + 1;
    guint full = (guint)MIN((gint64)1000 << MIN(failures - 1, 10), FAILURE_MS_MAX);

    if (!tg_error_is_retryable(problem)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (failures > FAILURES_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "%s; failed %d times in a row",
                    problem->message, (int)failures);
        return FALSE;
    }
    json_object_set_new(step->state, "failures", json_integer(failures));
    wait_until(step, full / 2 + tg_random_below(full / 2 + 1));
    return TRUE;
}

static const char *state_of(const json_t *execution)
{
    const json_t *status = json_object_get(execution, "Status");
    const char *state = json_string_value(json_object_get(status, "State"));

    return state == NULL ? "" : state;
}

static gboolean has_ended(const json_t *execution)
{
    const char *state = state_of(execution);

    return strcmp(state, "SUCCEEDED") == 0 || strcmp(state, "FAILED") == 0 ||
           strcmp(state, "CANCELLED") == 0;
}

gboolean tg_athena_step(TgAthena *athena, TgAthenaStep *step, GError **error)
{
    const char *id = json_string_value(json_object_get(step->state, "id"));
    g_autoptr(GError) problem = NULL;

    if (id == NULL) {
        g_autofree char *started = start(athena, step->request, step->token, TRUE, &problem);

        if (started == NULL) {
            return wait_for_service(step, g_steal_pointer(&problem), error);
        }
        json_object_set_new(step->state, "id", json_string(started));
        wait_for_query(step);
        return TRUE;
    }
    g_autoptr(json_t) execution = get(athena, id, TRUE, &problem);

    if (execution == NULL) {
        return wait_for_service(step, g_steal_pointer(&problem), error);
    }
    step->scanned_bytes = number_in(json_object_get(execution, "Statistics"), "DataScannedInBytes");
    if (has_ended(execution)) {
        step->execution = g_steal_pointer(&execution);
    } else {
        wait_for_query(step);
    }
    return TRUE;
}

gboolean tg_athena_check(const json_t *execution, GError **error)
{
    const char *state = state_of(execution);
    const json_t *status = json_object_get(execution, "Status");
    const json_t *fault = json_object_get(status, "AthenaError");
    const char *id = json_string_value(json_object_get(execution, "QueryExecutionId"));
    const char *reason = json_string_value(json_object_get(status, "StateChangeReason"));
    gboolean may_pass =
        json_is_true(json_object_get(fault, "Retryable")) ||
        json_integer_value(json_object_get(fault, "ErrorCategory")) == CATEGORY_SYSTEM;
    gboolean is_cancelled = strcmp(state, "CANCELLED") == 0;

    if (strcmp(state, "SUCCEEDED") == 0) {
        return TRUE;
    }
    if (reason == NULL) {
        reason = json_string_value(json_object_get(fault, "ErrorMessage"));
    }
    g_set_error(error, TG_ERROR,
                is_cancelled ? TG_ERROR_CANCELLED
                : may_pass   ? TG_ERROR_RETRY
                             : TG_ERROR_TASK,
                "query %s %s: %.*s%s", id == NULL ? "?" : id,
                is_cancelled ? "was stopped" : "failed", REASON_BYTES_MAX,
                reason == NULL ? "Athena gives no reason; look at it in Athena's history" : reason,
                may_pass && !is_cancelled ? " (Athena says that it may work later)" : "");
    return FALSE;
}

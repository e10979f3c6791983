/* Executions: in fair order, a few at a time, known as long as anybody may ask. */
#include <string.h>

#include "base/clock.h"
#include "endpoint/athena_internal.h"

#define QUEUED_MAX 10000
#define KEPT_MS ((gint64)45 * 24 * 3600 * 1000) /* as long as Athena's history */

#define TOKENS_MS ((gint64)24 * 3600 * 1000) /* how long a ClientRequestToken is known */

struct TgEndpointAthena {
    TgEndpoint *endpoint;
    GMutex mutex;
    GCond changed;
    GHashTable *active; /* id → TgExecution: queued and running; those that end are in the file */
    GHashTable *queues; /* name → GQueue of TgExecution */
    GQueue turns;       /* of names with something in their queue: the first is next */
    GPtrArray *workers;
    guint running_max;
    guint waiting; /* workers without work */
    gboolean is_stopping;
};

static void execution_free(gpointer data)
{
    TgExecution *execution = data;

    tg_endpoint_athena_statement_clear(&execution->statement);
    json_decref(execution->body);
    g_free(execution->id);
    g_free(execution->queue);
    g_free(execution->work_group);
    g_free(execution->database);
    g_free(execution->output);
    g_free(execution);
}

GMutex *tg_endpoint_athena_mutex(TgEndpointAthena *athena)
{
    return &athena->mutex;
}

/* ---- turns ----------------------------------------------------------------------------------- */

/* Under the mutex: the next of whoever waited longest for a turn. */
static TgExecution *take_next(TgEndpointAthena *athena)
{
    char *name = g_queue_pop_head(&athena->turns);
    GQueue *queue = name == NULL ? NULL : g_hash_table_lookup(athena->queues, name);
    TgExecution *execution = queue == NULL ? NULL : g_queue_pop_head(queue);

    if (queue != NULL && !g_queue_is_empty(queue)) {
        g_queue_push_tail(&athena->turns, g_strdup(name));
    } else if (queue != NULL) {
        g_hash_table_remove(athena->queues, name);
    }
    g_free(name);
    return execution;
}

static void add_to_queue(TgEndpointAthena *athena, TgExecution *execution)
{
    GQueue *queue = g_hash_table_lookup(athena->queues, execution->queue);

    if (queue == NULL) {
        queue = g_queue_new();
        g_hash_table_insert(athena->queues, g_strdup(execution->queue), queue);
    }
    if (g_queue_is_empty(queue)) {
        g_queue_push_tail(&athena->turns, g_strdup(execution->queue));
    }
    g_queue_push_tail(queue, execution);
}

static gpointer work(gpointer data)
{
    TgEndpointAthena *athena = data;

    g_mutex_lock(&athena->mutex);
    while (!athena->is_stopping) {
        TgExecution *execution = take_next(athena);

        if (execution == NULL) {
            athena->waiting++;
            g_cond_wait(&athena->changed, &athena->mutex);
            athena->waiting--;
            continue;
        }
        g_mutex_unlock(&athena->mutex);
        tg_endpoint_athena_run(athena->endpoint, execution);
        g_mutex_lock(&athena->mutex);
        g_hash_table_remove(athena->active, execution->id); /* frees it */
        g_cond_broadcast(&athena->changed);
    }
    g_mutex_unlock(&athena->mutex);
    return NULL;
}

/* ---- states -----------------------------------------------------------------------------------
 */

static gboolean is_ended(const json_t *body)
{
    const char *state =
        json_string_value(json_object_get(json_object_get(body, "Status"), "State"));

    return strcmp(state, "QUEUED") != 0 && strcmp(state, "RUNNING") != 0;
}

static void set_state(json_t *body, const char *state, const char *reason)
{
    json_t *status = json_object_get(body, "Status");

    json_object_set_new(status, "State", json_string(state));
    if (reason != NULL) {
        g_autofree char *valid = g_utf8_make_valid(reason, -1);

        json_object_set_new(status, "StateChangeReason", json_string(valid));
    }
    if (is_ended(body)) {
        json_object_set_new(status, "CompletionDateTime", tg_action_now());
    }
}

static gboolean keep(TgEndpointAthena *athena, const TgExecution *execution, GError **error)
{
    return tg_kept_put_query(athena->endpoint->kept, execution->id, execution->work_group,
                             execution->submitted_ms, execution->body, error);
}

void tg_endpoint_athena_set_state(TgEndpointAthena *athena, TgExecution *execution,
                                  const char *state, const char *reason)
{
    g_autoptr(GError) error = NULL;

    g_mutex_lock(&athena->mutex);
    if (!is_ended(execution->body)) {
        set_state(execution->body, state, reason);
        if (is_ended(execution->body) && !keep(athena, execution, &error)) {
            g_warning("query %s: its end is not kept: %s", execution->id, error->message);
        }
        g_cond_broadcast(&athena->changed);
    }
    g_mutex_unlock(&athena->mutex);
}

/* ---- what actions ask -------------------------------------------------------------------------
 */

gboolean tg_endpoint_athena_submit(TgEndpointAthena *athena, TgExecution *take_execution,
                                   GError **error)
{
    gboolean ok = FALSE;

    g_mutex_lock(&athena->mutex);
    if (athena->is_stopping || g_hash_table_size(athena->active) >= QUEUED_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Rate exceeded: too many queries wait");
    } else {
        ok = keep(athena, take_execution, error);
    }
    if (ok) {
        g_hash_table_insert(athena->active, take_execution->id, take_execution);
        add_to_queue(athena, take_execution);
        if (athena->waiting == 0 && athena->workers->len < athena->running_max) {
            g_ptr_array_add(athena->workers, g_thread_new("athena", work, athena));
        }
        g_cond_broadcast(&athena->changed);
    } else {
        execution_free(take_execution);
    }
    g_mutex_unlock(&athena->mutex);
    return ok;
}

/* Under the mutex, which waiting gives away. */
static json_t *find_active(TgEndpointAthena *athena, const char *id, gint64 wait_ms)
{
    gint64 until_us = tg_clock_monotonic_us() + wait_ms * 1000;
    const TgExecution *execution = g_hash_table_lookup(athena->active, id);

    while (execution != NULL && !is_ended(execution->body) && !athena->is_stopping &&
           g_cond_wait_until(&athena->changed, &athena->mutex, until_us)) {
        execution = g_hash_table_lookup(athena->active, id);
    }
    execution = g_hash_table_lookup(athena->active, id);
    return execution == NULL ? NULL : json_deep_copy(execution->body);
}

json_t *tg_endpoint_athena_find(TgEndpointAthena *athena, const char *id, gint64 wait_ms,
                                GError **error)
{
    json_t *body = NULL;

    g_mutex_lock(&athena->mutex);
    body = find_active(athena, id, wait_ms);
    g_mutex_unlock(&athena->mutex);
    if (body == NULL && !tg_kept_get_query(athena->endpoint->kept, id, &body, error)) {
        return NULL;
    }
    if (body == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "QueryExecution %s was not found", id);
    }
    return body;
}

gboolean tg_endpoint_athena_cancel(TgEndpointAthena *athena, const char *id, GError **error)
{
    TgExecution *execution = NULL;
    json_t *known = tg_endpoint_athena_find(athena, id, 0, error);

    if (known == NULL) {
        return FALSE;
    }
    json_decref(known);
    g_mutex_lock(&athena->mutex);
    execution = g_hash_table_lookup(athena->active, id);
    if (execution != NULL && !is_ended(execution->body)) {
        g_atomic_int_set(&execution->is_cancelled, 1);
        set_state(execution->body, "CANCELLED", "Query cancelled by user");
        (void)keep(athena, execution, NULL); /* asked for again, it is in memory */
        g_cond_broadcast(&athena->changed);
    }
    g_mutex_unlock(&athena->mutex);
    return TRUE;
}

/* ---- start and stop ---------------------------------------------------------------------------
 */

/* What ran when an endpoint was killed. */
static gboolean fail_left(TgEndpoint *endpoint, GError **error)
{
    g_autoptr(json_t) left =
        tg_kept_sweep_queries(endpoint->kept, tg_clock_now_ms() - KEPT_MS, error);
    json_t *body = NULL;
    gsize i = 0;

    json_array_foreach (left, i, body) {
        const char *id = json_string_value(json_object_get(body, "QueryExecutionId"));
        const char *group = json_string_value(json_object_get(body, "WorkGroup"));
        const json_t *at = tg_params_find_pointer(body, "/Status/SubmissionDateTime");

        set_state(body, "FAILED",
                  "INTERNAL_ERROR: the endpoint was stopped while the query ran; "
                  "start it again");
        json_object_set_new(json_object_get(body, "Status"), "AthenaError",
                            json_pack("{s:i, s:i, s:b, s:s}", "ErrorCategory", 1, "ErrorType", 100,
                                      "Retryable", 1, "ErrorMessage", "the endpoint was stopped"));
        if (!tg_kept_put_query(endpoint->kept, id, group, (gint64)(json_number_value(at) * 1000.0),
                               body, error)) {
            return FALSE;
        }
    }
    return left != NULL;
}

TgEndpointAthena *tg_endpoint_athena_new(TgEndpoint *endpoint, guint running_max, GError **error)
{
    TgEndpointAthena *athena = NULL;

    if (!fail_left(endpoint, error) ||
        !tg_kept_sweep(endpoint->kept, TG_ATHENA_TOKENS, tg_clock_now_ms() - TOKENS_MS, error)) {
        return NULL;
    }
    athena = g_new0(TgEndpointAthena, 1);
    athena->endpoint = endpoint;
    athena->running_max = running_max == 0 ? TG_ENDPOINT_RUNNING_MAX : running_max;
    athena->active = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, execution_free);
    athena->queues =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_queue_free);
    athena->workers = g_ptr_array_new();
    g_queue_init(&athena->turns);
    g_mutex_init(&athena->mutex);
    g_cond_init(&athena->changed);
    return athena;
}

void tg_endpoint_athena_stop(TgEndpointAthena *athena)
{
    GHashTableIter iterator;
    gpointer value = NULL;

    if (athena == NULL) {
        return;
    }
    g_mutex_lock(&athena->mutex);
    athena->is_stopping = TRUE;
    g_hash_table_iter_init(&iterator, athena->active);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        TgExecution *execution = value;

        g_atomic_int_set(&execution->is_cancelled, 1);
        if (!is_ended(execution->body)) {
            set_state(execution->body, "CANCELLED", "the endpoint was stopped");
            (void)keep(athena, execution, NULL); /* the next start says FAILED instead */
        }
    }
    g_cond_broadcast(&athena->changed);
    g_mutex_unlock(&athena->mutex);
    for (guint i = 0; i < athena->workers->len; i++) {
        (void)g_thread_join(athena->workers->pdata[i]);
    }
    g_ptr_array_unref(athena->workers);
    g_hash_table_unref(athena->queues);
    g_hash_table_unref(athena->active);
    g_queue_clear_full(&athena->turns, g_free);
    g_cond_clear(&athena->changed);
    g_mutex_clear(&athena->mutex);
    g_free(athena);
}

/* The state machine. Digdag's WorkflowExecutor.java, without its database. */
#include "workflow/attempt.h"

#include <string.h>

#include "params/params.h"
#include "workflow/attempt_internal.h"
#include "workflow/retry.h"

/* A task that waits for its time. */
typedef struct {
    gint64 at_ms;
    guint id;
} Waiting;

static const char *const state_names[] = {
    "blocked", "ready", "retry_waiting", "group_retry_waiting", "running", "planned", "group_error",
    "success", "error", "canceled"};

const char *tg_task_state_name(TgTaskState state)
{
    return state_names[state];
}

gboolean tg_task_state_is_done(TgTaskState state)
{
    return state == TG_TASK_GROUP_ERROR || state == TG_TASK_SUCCESS || state == TG_TASK_ERROR ||
           state == TG_TASK_CANCELED;
}

/* A blocked task counts as active once nothing holds it back: it starts in the same step. */
static gboolean is_active(TgTaskState state)
{
    return state != TG_TASK_BLOCKED && !tg_task_state_is_done(state);
}

static TgTask *parent_of(const TgAttempt *attempt, const TgTask *task)
{
    return task->parent_id < 0 ? NULL : tg_attempt_at(attempt, (guint)task->parent_id);
}

static void task_free(gpointer data)
{
    TgTask *task = data;

    g_free(task->full_name);
    json_decref(task->local);
    json_decref(task->export);
    json_decref(task->runtime_export);
    json_decref(task->store);
    json_decref(task->reset_store);
    json_decref(task->state_params);
    json_decref(task->error);
    json_decref(task->receipt);
    g_array_unref(task->upstreams);
    g_array_unref(task->downstreams);
    g_array_unref(task->children);
    g_free(task);
}

/* ---- changing a state ---- */

static int compare_waiting(gconstpointer a, gconstpointer b, gpointer data G_GNUC_UNUSED)
{
    const Waiting *one = a;
    const Waiting *other = b;

    if (one->at_ms != other->at_ms) {
        return one->at_ms < other->at_ms ? -1 : 1;
    }
    return one->id < other->id ? -1 : one->id > other->id;
}

static void set_state(TgAttempt *attempt, TgTask *task, TgTaskState state)
{
    TgTask *parent = parent_of(attempt, task);
    gboolean was_active = is_active(task->state);

    task->state = state;
    g_queue_push_tail(&attempt->changed, GUINT_TO_POINTER(task->id));
    if (parent == NULL || was_active == is_active(state)) {
        return;
    }
    if (is_active(state)) {
        parent->children_active++;
        return;
    }
    parent->children_active--;
    if (parent->children_active == 0) {
        g_queue_push_tail(&attempt->groups, GUINT_TO_POINTER(parent->id));
    }
}

static void set_waiting(TgAttempt *attempt, TgTask *task, TgTaskState state, gint64 at_ms)
{
    Waiting *waiting = g_new(Waiting, 1);

    *waiting = (Waiting){.at_ms = at_ms, .id = task->id};
    task->retry_at_ms = at_ms;
    g_sequence_insert_sorted(attempt->waiting, waiting, compare_waiting, NULL);
    set_state(attempt, task, state);
}

static void set_planned(TgAttempt *attempt, TgTask *task);

/* A blocked task whose upstreams are done and whose parent is planned. */
static void start(TgAttempt *attempt, TgTask *task)
{
    if (attempt->cancelled) {
        set_state(attempt, task, TG_TASK_CANCELED);
    } else if (task->is_group) {
        set_planned(attempt, task);
    } else {
        set_state(attempt, task, TG_TASK_READY);
        g_queue_push_tail(&attempt->ready, GUINT_TO_POINTER(task->id));
    }
}

static void start_if_free(TgAttempt *attempt, TgTask *task)
{
    const TgTask *parent = parent_of(attempt, task);

    if (task->state == TG_TASK_BLOCKED && task->upstreams_open == 0 && !task->is_superseded &&
        (parent == NULL || parent->state == TG_TASK_PLANNED)) {
        start(attempt, task);
    }
}

/* Its children may go; when there is none to go it is looked at again by settle(). */
static void set_planned(TgAttempt *attempt, TgTask *task)
{
    set_state(attempt, task, TG_TASK_PLANNED);
    tg_attempt_start_children(attempt, task, 0);
    if (task->children_active == 0) {
        g_queue_push_tail(&attempt->groups, GUINT_TO_POINTER(task->id));
    }
}

static void set_success(TgAttempt *attempt, TgTask *task)
{
    for (guint i = 0; i < task->downstreams->len; i++) {
        tg_attempt_at(attempt, g_array_index(task->downstreams, guint, i))->upstreams_open--;
    }
    /* Downstreams start first: the parent must not look idle in between. */
    for (guint i = 0; i < task->downstreams->len; i++) {
        start_if_free(attempt, tg_attempt_at(attempt, g_array_index(task->downstreams, guint, i)));
    }
    set_state(attempt, task, TG_TASK_SUCCESS);
}

/* A key of the task's configuration, local or exported: getMerged() in TaskConfig.java. */
static const json_t *own_map(const TgTask *task, const char *key)
{
    const json_t *value = json_object_get(task->local, key);

    value = value != NULL ? value : json_object_get(task->export, key);
    return json_is_object(value) && json_object_size(value) > 0 ? value : NULL;
}

/* ---- a task whose children are done ---- */

static gboolean has_failed_child(const TgAttempt *attempt, const TgTask *task)
{
    for (guint i = 0; i < task->children->len; i++) {
        const TgTask *child = tg_attempt_at(attempt, g_array_index(task->children, guint, i));

        if (!child->is_superseded &&
            (child->state == TG_TASK_ERROR || child->state == TG_TASK_GROUP_ERROR)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void collect_errors(const TgAttempt *attempt, const TgTask *task, json_t *export,
                           json_t *errors)
{
    for (guint i = 0; i < task->children->len; i++) {
        const TgTask *child = tg_attempt_at(attempt, g_array_index(task->children, guint, i));

        if (child->store != NULL) {
            tg_params_merge(export, child->store);
        }
        if (child->error != NULL) {
            tg_params_merge(errors, child->error);
        }
        collect_errors(attempt, child, export, errors);
    }
}

/* Starts the task's `_error` with the variable `error`; FALSE: it has none, or it does not fit. */
static gboolean add_error_task(TgAttempt *attempt, TgTask *task, const json_t *extra_export,
                               const json_t *error_value)
{
    const json_t *config = own_map(task, "_error");
    g_autoptr(json_t) copy = NULL;
    json_t *export = NULL;

    if (config == NULL) {
        return FALSE;
    }
    copy = json_copy((json_t *)config);
    export = json_object_get(copy, "_export");
    export = json_is_object(export) ? json_copy(export) : json_object();
    json_object_set_new(copy, "_export", export);
    if (extra_export != NULL) {
        tg_params_merge(export, extra_export);
    }
    json_object_set_new(export, "error", json_deep_copy(error_value));
    return tg_attempt_add_generated(attempt, task, "^error", copy, -1, NULL);
}

/* Whether a failed group starts anew, and when. A wrong `_retry` counts as none, as in Digdag. */
static gboolean group_retries(TgAttempt *attempt, TgTask *task)
{
    g_autoptr(json_t) merged = json_copy(task->export);
    gboolean retry = FALSE;
    gint64 interval_ms = 0;

    tg_params_merge(merged, task->local);
    if (!tg_retry_decide(merged, task->state_params, &retry, &interval_ms, NULL) || !retry) {
        return FALSE;
    }
    json_t *next = tg_retry_next_state(task->state_params);

    json_decref(task->state_params);
    task->state_params = next;
    /* The delay starts at the next tick: only events carry the time. */
    set_waiting(attempt, task, TG_TASK_GROUP_RETRY_WAITING, -interval_ms);
    return TRUE;
}

/* Someone is told of an attempt that fails, even when it has all the tasks it may have. */
static void add_failure_alert(TgAttempt *attempt, TgTask *root)
{
    g_autoptr(json_t) config =
        json_pack("{s:s, s:s}", "_type", "notify", "_command", "Workflow session attempt failed");
    g_autoptr(TgGraph) graph =
        tg_graph_compile(root->full_name, "^failure-alert", config, NULL, NULL);

    (void)tg_attempt_add_graph(attempt, root, graph);
}

void tg_attempt_start_children(TgAttempt *attempt, const TgTask *task, guint first)
{
    for (guint i = first; i < task->children->len; i++) {
        start_if_free(attempt, tg_attempt_at(attempt, g_array_index(task->children, guint, i)));
    }
}

static void finish_failed(TgAttempt *attempt, TgTask *task)
{
    g_autoptr(json_t) export = json_object();
    g_autoptr(json_t) errors = json_object();
    guint first_new = task->children->len;

    if (group_retries(attempt, task)) {
        return;
    }
    collect_errors(attempt, task, export, errors);
    if (task->parent_id < 0) {
        add_failure_alert(attempt, task);
    }
    (void)add_error_task(attempt, task, export, errors);
    if (task->children->len == first_new) {
        set_state(attempt, task, TG_TASK_GROUP_ERROR);
        return;
    }
    task->error_delayed = TRUE;
    tg_attempt_start_children(attempt, task, first_new);
}

/* setDoneFromDoneChildren */
static void finish(TgAttempt *attempt, TgTask *task)
{
    if (task->state != TG_TASK_PLANNED || task->children_active > 0) {
        return;
    }
    if (attempt->cancelled) {
        set_state(attempt, task, TG_TASK_CANCELED);
    } else if (task->error_delayed) {
        set_state(attempt, task, task->error != NULL ? TG_TASK_ERROR : TG_TASK_GROUP_ERROR);
    } else if (has_failed_child(attempt, task)) {
        finish_failed(attempt, task);
    } else {
        set_success(attempt, task);
    }
}

static void settle(TgAttempt *attempt)
{
    while (!g_queue_is_empty(&attempt->groups)) {
        finish(attempt,
               tg_attempt_at(attempt, GPOINTER_TO_UINT(g_queue_pop_head(&attempt->groups))));
    }
}

/* ---- public ---- */

TgAttempt *tg_attempt_new(const TgGraph *graph, const json_t *params, guint tasks_max,
                          GError **error)
{
    g_autoptr(TgAttempt) attempt = g_new0(TgAttempt, 1);

    attempt->tasks = g_ptr_array_new_with_free_func(task_free);
    attempt->params = json_deep_copy(params);
    attempt->tasks_max = tasks_max;
    attempt->waiting = g_sequence_new(g_free);
    g_queue_init(&attempt->ready);
    g_queue_init(&attempt->changed);
    g_queue_init(&attempt->groups);
    if (!tg_attempt_check_limit(attempt, graph->tasks->len, error)) {
        return NULL;
    }
    (void)tg_attempt_add_graph(attempt, NULL, graph);
    return g_steal_pointer(&attempt);
}

void tg_attempt_free(TgAttempt *attempt)
{
    if (attempt == NULL) {
        return;
    }
    g_ptr_array_unref(attempt->tasks);
    json_decref(attempt->params);
    g_sequence_free(attempt->waiting);
    g_queue_clear(&attempt->ready);
    g_queue_clear(&attempt->changed);
    g_queue_clear(&attempt->groups);
    g_free(attempt);
}

gboolean tg_attempt_has_ready(const TgAttempt *attempt)
{
    for (const GList *at = attempt->ready.head; at != NULL; at = at->next) {
        if (tg_attempt_at(attempt, GPOINTER_TO_UINT(at->data))->state == TG_TASK_READY) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean tg_attempt_take_ready(TgAttempt *attempt, guint *out_id)
{
    while (!g_queue_is_empty(&attempt->ready)) {
        TgTask *task = tg_attempt_at(attempt, GPOINTER_TO_UINT(g_queue_pop_head(&attempt->ready)));

        if (task->state == TG_TASK_READY) {
            set_state(attempt, task, TG_TASK_RUNNING);
            *out_id = task->id;
            return TRUE;
        }
    }
    return FALSE;
}

/* The task, when it runs and was not cancelled meanwhile; else NULL. */
static TgTask *running(TgAttempt *attempt, guint id)
{
    TgTask *task = id < attempt->tasks->len ? tg_attempt_at(attempt, id) : NULL;

    if (task == NULL || task->state != TG_TASK_RUNNING) {
        return NULL;
    }
    if (attempt->cancelled) {
        set_state(attempt, task, TG_TASK_CANCELED);
        settle(attempt);
        return NULL;
    }
    return task;
}

/* An empty map or list is nothing, too: what later tasks look for stays short. */
static json_t *ref_or_null(const json_t *value)
{
    gboolean is_empty = json_object_size(value) == 0 && json_array_size(value) == 0 &&
                        (json_is_object(value) || json_is_array(value));

    return value == NULL || json_is_null(value) || is_empty ? NULL : json_incref((json_t *)value);
}

/* A retried task may have kept something before. */
static void replace(json_t **kept, const json_t *value)
{
    json_decref(*kept);
    *kept = ref_or_null(value);
}

static void keep_result(TgAttempt *attempt, TgTask *task, const TgTaskResult *result)
{
    replace(&task->store, result->store);
    replace(&task->reset_store, result->reset_store);
    replace(&task->runtime_export, result->export);
    replace(&task->receipt, result->receipt);
    if (task->store == NULL && task->reset_store == NULL) {
        return;
    }
    for (TgTask *t = task; t != NULL && !t->tree_stores; t = parent_of(attempt, t)) {
        t->tree_stores = TRUE;
    }
}

static void fail(TgAttempt *attempt, TgTask *task, const json_t *error)
{
    json_decref(task->error);
    task->error = json_deep_copy(error);
    if (add_error_task(attempt, task, NULL, error)) {
        task->error_delayed = TRUE;
        set_planned(attempt, task);
    } else {
        set_state(attempt, task, TG_TASK_ERROR);
    }
    settle(attempt);
}

static gboolean add_followers(TgAttempt *attempt, TgTask *task, const TgTaskResult *result,
                              GError **error)
{
    const json_t *check = own_map(task, "_check");
    int upstream = -1;

    if (json_is_object(result->subtasks) && json_object_size(result->subtasks) > 0) {
        upstream = (int)attempt->tasks->len;
        if (!tg_attempt_add_generated(attempt, task, "^sub", result->subtasks, -1, error)) {
            return FALSE;
        }
    }
    return check == NULL ||
           tg_attempt_add_generated(attempt, task, "^check", check, upstream, error);
}

void tg_attempt_succeed(TgAttempt *attempt, guint id, const TgTaskResult *result)
{
    TgTask *task = running(attempt, id);
    guint children = task == NULL ? 0 : task->children->len;
    g_autoptr(GError) problem = NULL;

    if (task == NULL) {
        return;
    }
    if (!add_followers(attempt, task, result, &problem)) {
        g_autoptr(json_t) error = json_pack("{s:s}", "message", problem->message);

        for (guint i = children; i < task->children->len; i++) { /* ^sub without its ^check */
            tg_attempt_at(attempt, g_array_index(task->children, guint, i))->is_superseded = TRUE;
        }
        fail(attempt, task, error);
        return;
    }
    keep_result(attempt, task, result);
    if (task->children->len > children) {
        set_planned(attempt, task);
    } else {
        set_success(attempt, task);
    }
    settle(attempt);
}

void tg_attempt_fail(TgAttempt *attempt, guint id, const json_t *error)
{
    TgTask *task = running(attempt, id);

    if (task != NULL) {
        fail(attempt, task, error);
    }
}

void tg_attempt_wait(TgAttempt *attempt, guint id, const json_t *state, gint64 at_ms)
{
    TgTask *task = running(attempt, id);

    if (task == NULL) {
        return;
    }
    if (state != NULL) {
        json_decref(task->state_params);
        task->state_params = json_deep_copy(state);
    }
    set_waiting(attempt, task, TG_TASK_RETRY_WAITING, at_ms);
}

static void wake(TgAttempt *attempt, TgTask *task)
{
    if (task->state == TG_TASK_GROUP_RETRY_WAITING && task->is_group) {
        tg_attempt_copy_for_retry(attempt, task);
        set_planned(attempt, task);
    } else if (task->state == TG_TASK_GROUP_RETRY_WAITING || task->state == TG_TASK_RETRY_WAITING) {
        for (guint i = 0; i < task->children->len; i++) { /* an operator's subtasks come anew */
            tg_attempt_at(attempt, g_array_index(task->children, guint, i))->is_superseded = TRUE;
        }
        set_state(attempt, task, TG_TASK_READY);
        g_queue_push_tail(&attempt->ready, GUINT_TO_POINTER(task->id));
    }
}

/* Group retries were noted with a delay as a negative time: from now on they have an instant. */
static void date_group_retries(TgAttempt *attempt, gint64 now_ms)
{
    GSequenceIter *first = g_sequence_get_begin_iter(attempt->waiting);

    while (!g_sequence_iter_is_end(first) && ((Waiting *)g_sequence_get(first))->at_ms <= 0) {
        Waiting waiting = *(Waiting *)g_sequence_get(first);
        TgTask *task = tg_attempt_at(attempt, waiting.id);
        Waiting *dated = g_new(Waiting, 1);

        task->retry_at_ms = now_ms - waiting.at_ms;
        *dated = (Waiting){.at_ms = task->retry_at_ms, .id = waiting.id};
        g_sequence_remove(first);
        g_sequence_insert_sorted(attempt->waiting, dated, compare_waiting, NULL);
        first = g_sequence_get_begin_iter(attempt->waiting);
    }
}

void tg_attempt_tick(TgAttempt *attempt, gint64 now_ms)
{
    GSequenceIter *first = NULL;

    start_if_free(attempt, tg_attempt_at(attempt, 0));
    date_group_retries(attempt, now_ms);
    first = g_sequence_get_begin_iter(attempt->waiting);
    while (!g_sequence_iter_is_end(first)) {
        Waiting waiting = *(Waiting *)g_sequence_get(first);

        if (waiting.at_ms > now_ms) {
            break;
        }
        g_sequence_remove(first);
        wake(attempt, tg_attempt_at(attempt, waiting.id));
        first = g_sequence_get_begin_iter(attempt->waiting);
    }
    settle(attempt);
}

gint64 tg_attempt_next_due_ms(const TgAttempt *attempt)
{
    GSequenceIter *first = g_sequence_get_begin_iter(attempt->waiting);

    return g_sequence_iter_is_end(first) ? G_MAXINT64 : ((Waiting *)g_sequence_get(first))->at_ms;
}

void tg_attempt_cancel(TgAttempt *attempt)
{
    attempt->cancelled = TRUE;
    for (guint id = 0; id < attempt->tasks->len; id++) {
        TgTask *task = tg_attempt_at(attempt, id);

        if (task->state == TG_TASK_READY || task->state == TG_TASK_RETRY_WAITING ||
            task->state == TG_TASK_GROUP_RETRY_WAITING) {
            set_state(attempt, task, TG_TASK_CANCELED);
        }
    }
    settle(attempt);
}

gboolean tg_attempt_is_done(const TgAttempt *attempt)
{
    return tg_task_state_is_done(tg_attempt_at(attempt, 0)->state);
}

gboolean tg_attempt_is_success(const TgAttempt *attempt)
{
    return tg_attempt_at(attempt, 0)->state == TG_TASK_SUCCESS;
}

gboolean tg_attempt_is_cancelled(const TgAttempt *attempt)
{
    return attempt->cancelled;
}

guint tg_attempt_task_count(const TgAttempt *attempt)
{
    return attempt->tasks->len;
}

const TgTask *tg_attempt_task(const TgAttempt *attempt, guint id)
{
    return tg_attempt_at(attempt, id);
}

gboolean tg_attempt_take_changed(TgAttempt *attempt, guint *out_id)
{
    if (g_queue_is_empty(&attempt->changed)) {
        return FALSE;
    }
    *out_id = GPOINTER_TO_UINT(g_queue_pop_head(&attempt->changed));
    return TRUE;
}

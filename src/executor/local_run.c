/* The loop: hand out ready tasks, take answers, save states. */
#include "executor/local_run.h"

#include <string.h>

#include "base/clock.h"
#include "executor/reuse.h"
#include "executor/task_inputs.h"
#include "params/params.h"

#define TICK_US ((gint64)100 * 1000)
#define JOBS_MAX 1000 /* handed out at a time: Digdag's most tasks */

typedef struct {
    const TgLocalRun *run;
    TgTurnContext turns;
    json_t *session_builtins;
    TgAttempt *attempt;
    GThreadPool *pool;
    GAsyncQueue *answers; /* of TgTurnJob */
    TgReuse *reuse;
    GHashTable *subtasks; /* task id -> json_t: what operators gave, for the saved state */
    GHashTable *reused;   /* task ids whose state is saved already, or need not be */
    GHashTable *ended;    /* task ids that were told of as ended */
    GHashTable *waiting;  /* task id -> char *: what the journal says is running */
    guint running;
    gboolean is_cancelled;
    gboolean sla_is_over; /* it was due, and its tasks are there */
} Loop;

static void work(gpointer data, gpointer user_data)
{
    tg_turn_job_run(data);
    g_async_queue_push(user_data, data);
}

static void tell(const Loop *loop, const TgTask *task, TgRunEvent event, const char *message)
{
    loop->run->watcher.happened(loop->run->watcher.data, task, event, message);
}

/* Gives a task the result of an earlier run. */
static void reuse(Loop *loop, guint id, const json_t *saved)
{
    const json_t *result = json_object_get(saved, "result");
    const json_t *subtasks = json_object_get(result, "subtaskConfig");
    TgTaskResult given = {
        .subtasks = json_object_size(subtasks) == 0 ? NULL : subtasks,
        .store = json_object_get(result, "storeParams"),
        .reset_store = json_object_get(result, "resetStoreParams"),
        .export = json_object_get(result, "exportParams"),
        .receipt = json_object_get(result, "receipt"),
    };

    g_hash_table_add(loop->reused, GUINT_TO_POINTER(id));
    tell(loop, tg_attempt_task(loop->attempt, id), TG_RUN_REUSED, NULL);
    tg_attempt_succeed(loop->attempt, id, &given);
}

static void skip(Loop *loop, guint id)
{
    static const TgTaskResult nothing;

    g_hash_table_add(loop->reused, GUINT_TO_POINTER(id));
    tell(loop, tg_attempt_task(loop->attempt, id), TG_RUN_SKIPPED, NULL);
    tg_attempt_succeed(loop->attempt, id, &nothing);
}

static void take_answer(Loop *loop, TgTurnJob *take_job);

/* Whether nothing else can happen while this one task runs: then it runs in this thread, which
 * saves two switches between threads. */
static gboolean is_alone(const Loop *loop)
{
    return !loop->run->watcher.is_live && loop->run->sla == NULL && loop->running == 0 &&
           !tg_attempt_has_ready(loop->attempt) &&
           tg_attempt_next_due_ms(loop->attempt) == G_MAXINT64;
}

/* The operator of a key such as "echo>"; NULL: it is none, or unknown. */
static const TgOperator *operator_of(const Loop *loop, const char *key)
{
    gsize size = strlen(key);

    if (size < 2 || key[size - 1] != '>') {
        return NULL;
    }
    for (guint i = 0; loop->turns.operators[i] != NULL; i++) {
        const TgOperator *found = loop->turns.operators[i];

        if (strncmp(found->name, key, size - 1) == 0 && found->name[size - 1] == '\0') {
            return found;
        }
    }
    return NULL;
}

/* Whether its turn takes no time worth a thread. */
static gboolean is_instant(const Loop *loop, const TgTask *task)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach (task->local, key, value) {
        const TgOperator *found = operator_of(loop, key);

        if (found != NULL) {
            return found->is_instant;
        }
    }
    return FALSE;
}

/* ---- what runs elsewhere: a query of Athena ------------------------------------------------- */

/* What of a task runs elsewhere, in the operator's words; NULL: nothing. */
static const char *running_of(const json_t *state)
{
    return json_string_value(json_object_get(state, "running"));
}

/* What a process that died was waiting for, when it is still the same wish. */
static json_t *adopt(const Loop *loop, const TgTask *task)
{
    const TgLocalRun *run = loop->run;
    g_autoptr(json_t) noted = NULL;
    g_autofree char *difference = NULL;

    if (run->status == NULL || run->turns.dry_run || json_object_size(task->state_params) > 0) {
        return NULL;
    }
    noted = tg_status_folder_load_waiting(run->status, task->full_name);
    if (noted == NULL) {
        return NULL;
    }
    difference = tg_task_inputs_difference(json_object_get(noted, "inputs"),
                                           tg_reuse_inputs(loop->reuse, task->id));
    if (difference != NULL) {
        return NULL;
    }
    g_hash_table_insert(loop->waiting, GUINT_TO_POINTER(task->id),
                        g_strdup(running_of(json_object_get(noted, "waiting"))));
    run->turns.warns(run->turns.data, task->full_name,
                     "goes on with what an earlier run that did not end had started");
    return json_incref(json_object_get(noted, "waiting"));
}

static void warn(const Loop *loop, const char *full_name, const char *message)
{
    loop->run->turns.warns(loop->run->turns.data, full_name, message);
}

/* Failing to note it costs no more than that a crash starts the query anew. */
static void note_waiting(Loop *loop, const TgTask *task, const json_t *state)
{
    gpointer key = GUINT_TO_POINTER(task->id);
    const char *running = running_of(state);
    const char *noted = g_hash_table_lookup(loop->waiting, key);
    g_autoptr(GError) problem = NULL;

    if (loop->run->status == NULL || g_strcmp0(running, noted) == 0) {
        return;
    }
    if (!tg_status_folder_save_waiting(loop->run->status, task->full_name,
                                       running == NULL ? NULL : state,
                                       tg_reuse_inputs(loop->reuse, task->id), &problem)) {
        warn(loop, task->full_name, problem->message);
    }
    if (running != NULL) {
        g_hash_table_insert(loop->waiting, key, g_strdup(running));
    } else {
        (void)g_hash_table_remove(loop->waiting, key);
    }
}

/* The task is cancelled: its operator stops what runs elsewhere. */
static void stop_running(Loop *loop, const TgTask *task, const json_t *state)
{
    g_autoptr(TgTurnJob) job = NULL;

    if (running_of(state) == NULL) {
        return;
    }
    job = tg_turn_job_new(&loop->turns, task->id, task->full_name,
                          tg_attempt_collect_params(loop->attempt, task->id),
                          json_incref(task->local), state);
    job->is_stop = TRUE;
    tg_turn_job_run(job);
    if (job->end == TG_TURN_FAILED) {
        warn(loop, task->full_name, job->message);
    }
    note_waiting(loop, task, NULL);
}

static void hand_out(Loop *loop, guint id)
{
    const TgTask *task = tg_attempt_task(loop->attempt, id);
    const TgLocalRun *run = loop->run;
    g_autoptr(json_t) params = NULL;
    g_autoptr(json_t) saved = NULL;
    g_autofree char *reason = NULL;

    if (run->run_names != NULL && !g_hash_table_contains(run->run_names, task->full_name)) {
        skip(loop, id);
        return;
    }
    params = tg_attempt_collect_params(loop->attempt, id);
    saved = tg_reuse_decide(loop->reuse, task, params, &reason);
    if (saved != NULL) {
        reuse(loop, id, saved);
        return;
    }
    if (reason != NULL) {
        tell(loop, task, TG_RUN_AGAIN, reason);
    }
    g_autoptr(json_t) adopted = adopt(loop, task);
    TgTurnJob *job =
        tg_turn_job_new(&loop->turns, id, task->full_name, g_steal_pointer(&params),
                        json_incref(task->local), adopted != NULL ? adopted : task->state_params);

    if (is_alone(loop) || is_instant(loop, task)) {
        loop->running++;
        tg_turn_job_run(job);
        take_answer(loop, job);
        return;
    }
    loop->running++;
    (void)g_thread_pool_push(loop->pool, job, NULL); /* fails only to start one more thread */
}

/* Whether what a task gave holds a secret. A state file without it would give later tasks a wrong
 * value, so there is none, and the task runs again. */
static gboolean gave_secret(const Loop *loop, const TgTask *task)
{
    TgRedactor *redactor = loop->run->turns.redactor;

    return tg_redactor_finds(redactor, task->store) ||
           tg_redactor_finds(redactor, task->runtime_export) ||
           tg_redactor_finds(redactor,
                             g_hash_table_lookup(loop->subtasks, GUINT_TO_POINTER(task->id)));
}

/* Saves a task that just became SUCCESS. */
static gboolean save(const Loop *loop, const TgTask *task, GError **error)
{
    const TgTurnContext *turns = &loop->run->turns;
    gpointer key = GUINT_TO_POINTER(task->id);

    if (loop->run->status == NULL || turns->dry_run || g_hash_table_contains(loop->reused, key)) {
        return TRUE;
    }
    if (gave_secret(loop, task)) {
        turns->warns(turns->data, task->full_name,
                     "its result holds a secret and is not saved: the task will run again");
        return TRUE;
    }
    return tg_status_folder_save(loop->run->status, task, g_hash_table_lookup(loop->subtasks, key),
                                 tg_reuse_inputs(loop->reuse, task->id), error);
}

/* A task that nothing follows: saved, then told. */
static gboolean end_task(Loop *loop, const TgTask *task, GError **error)
{
    if (task->state == TG_TASK_SUCCESS) {
        tg_reuse_note_success(loop->reuse, task);
        if (!save(loop, task, error)) {
            return FALSE;
        }
        tg_reuse_forget_inputs(loop->reuse, task->id);
        (void)g_hash_table_remove(loop->subtasks, GUINT_TO_POINTER(task->id));
    }
    tell(loop, task, TG_RUN_ENDED,
         task->error == NULL ? NULL : json_string_value(json_object_get(task->error, "message")));
    return TRUE;
}

/* Takes note of every change of state. */
static gboolean follow_changes(Loop *loop, GError **error)
{
    guint id = 0;

    while (tg_attempt_take_changed(loop->attempt, &id)) {
        const TgTask *task = tg_attempt_task(loop->attempt, id);

        /* A task that went through several states at once stands in the list for each. */
        if (tg_task_state_is_done(task->state) &&
            g_hash_table_add(loop->ended, GUINT_TO_POINTER(id)) && !end_task(loop, task, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void take_answer(Loop *loop, TgTurnJob *take_job)
{
    g_autoptr(TgTurnJob) job = take_job;
    TgTaskResult result = {.subtasks = job->subtasks,
                           .store = job->store,
                           .reset_store = job->reset_store,
                           .export = job->export,
                           .receipt = job->receipt};

    loop->running--;
    const TgTask *task = tg_attempt_task(loop->attempt, job->task_id);

    if (job->end == TG_TURN_FAILED) {
        g_autoptr(json_t) error = json_pack("{s:s}", "message", job->message);

        note_waiting(loop, task, NULL);

        tg_attempt_fail(loop->attempt, job->task_id, error);
        return;
    }
    if (job->end == TG_TURN_AGAIN) {
        if (job->message != NULL) {
            tell(loop, task, TG_RUN_RETRIES, job->message);
        }
        note_waiting(loop, task, job->state);
        if (loop->is_cancelled) {
            stop_running(loop, task, job->state);
        }
        tg_attempt_wait(loop->attempt, job->task_id, job->state, job->again_at_ms);
        return;
    }
    if (job->subtasks != NULL) {
        g_hash_table_insert(loop->subtasks, GUINT_TO_POINTER(job->task_id),
                            json_incref(job->subtasks));
    }
    tg_attempt_succeed(loop->attempt, job->task_id, &result);
}

/* Waits for an answer, the next timer, or a tick, whichever comes first. */
static void wait_for_answer(Loop *loop)
{
    gint64 due_in_us = tg_attempt_next_due_ms(loop->attempt) == G_MAXINT64
                           ? TICK_US
                           : (tg_attempt_next_due_ms(loop->attempt) - tg_clock_now_ms()) * 1000;
    TgTurnJob *job =
        g_async_queue_timeout_pop(loop->answers, (guint64)CLAMP(due_in_us, 1000, TICK_US));

    for (; job != NULL; job = g_async_queue_try_pop(loop->answers)) {
        take_answer(loop, job);
    }
}

static void stop_all_running(Loop *loop)
{
    for (guint id = 0; id < tg_attempt_task_count(loop->attempt); id++) {
        const TgTask *task = tg_attempt_task(loop->attempt, id);

        if (task->state == TG_TASK_RETRY_WAITING) {
            stop_running(loop, task, task->state_params);
        }
    }
}

static void stop_if_cancelled(Loop *loop)
{
    if (!loop->is_cancelled && g_atomic_int_get(loop->run->is_cancelled) != 0) {
        loop->is_cancelled = TRUE;
        stop_all_running(loop);
        tg_attempt_cancel(loop->attempt);
    }
}

static void add_monitor(const Loop *loop, const char *name, const json_t *config)
{
    g_autoptr(GError) error = NULL;

    if (!tg_attempt_add_monitor(loop->attempt, name, config, &error)) {
        loop->run->turns.warns(loop->run->turns.data, name, error->message);
    }
}

/* What `sla:` asks for, once it is due: WorkflowExecutor.addSlaMonitorTasks. A mistake in its tasks
 * is told and stops nothing, as in Digdag. */
static void watch_sla(Loop *loop, gint64 now_ms)
{
    const TgSla *sla = loop->run->sla;

    if (sla == NULL || loop->sla_is_over || now_ms < loop->run->sla_due_ms ||
        tg_attempt_task(loop->attempt, 0)->state != TG_TASK_PLANNED) {
        return;
    }
    loop->sla_is_over = TRUE;
    if (sla->alert) {
        g_autoptr(json_t) config =
            json_pack("{s:s, s:s}", "_type", "notify", "_command", "SLA violation");

        add_monitor(loop, "^sla^alert", config);
    }
    if (sla->fail) {
        g_autoptr(json_t) config = json_pack("{s:s}", "fail>", "SLA violation");

        add_monitor(loop, "^sla^fail", config);
    }
    if (json_object_size(sla->tasks) > 0) {
        add_monitor(loop, "^sla", sla->tasks);
    }
}

static gboolean hand_out_all(Loop *loop, GError **error)
{
    guint id = 0;

    while (loop->running < JOBS_MAX && tg_attempt_take_ready(loop->attempt, &id)) {
        hand_out(loop, id);
        if (!follow_changes(loop, error)) {
            return FALSE;
        }
        stop_if_cancelled(loop);
    }
    return TRUE;
}

static gboolean run_to_the_end(Loop *loop, GError **error)
{
    while (!tg_attempt_is_done(loop->attempt) || loop->running > 0) {
        stop_if_cancelled(loop);
        tg_attempt_tick(loop->attempt, tg_clock_now_ms());
        watch_sla(loop, tg_clock_now_ms());
        /* What is done is told before what starts. */
        if (!follow_changes(loop, error) || !hand_out_all(loop, error)) {
            return FALSE;
        }
        if (loop->running > 0 || !tg_attempt_is_done(loop->attempt)) {
            loop->run->watcher.tick(loop->run->watcher.data);
        }
        if (loop->running > 0 || tg_attempt_next_due_ms(loop->attempt) != G_MAXINT64) {
            wait_for_answer(loop);
        }
    }
    return follow_changes(loop, error);
}

static void loop_clear(Loop *loop)
{
    g_thread_pool_free(loop->pool, FALSE, TRUE);
    for (TgTurnJob *job = NULL; (job = g_async_queue_try_pop(loop->answers)) != NULL;) {
        tg_turn_job_free(job);
    }
    g_async_queue_unref(loop->answers);
    tg_reuse_free(loop->reuse);
    json_decref(loop->session_builtins);
    g_hash_table_unref(loop->subtasks);
    g_hash_table_unref(loop->reused);
    g_hash_table_unref(loop->ended);
    g_hash_table_unref(loop->waiting);
}

TgAttempt *tg_local_run(const TgLocalRun *run, GError **error)
{
    g_autoptr(TgAttempt) attempt = tg_attempt_new(run->graph, run->params, run->tasks_max, error);
    Loop loop = {.run = run, .attempt = attempt};

    if (attempt == NULL) {
        return NULL;
    }
    loop.answers = g_async_queue_new();
    loop.reuse = tg_reuse_new(run, attempt);
    loop.session_builtins = tg_builtins_of_session(run->turns.identity);
    loop.turns = run->turns;
    loop.turns.session_builtins = loop.session_builtins;
    loop.subtasks = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)json_decref);
    loop.reused = g_hash_table_new(NULL, NULL);
    loop.ended = g_hash_table_new(NULL, NULL);
    loop.waiting = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    loop.pool = g_thread_pool_new(work, loop.answers,
                                  run->threads_max == 0 ? -1 : (gint)run->threads_max, FALSE, NULL);
    gboolean ok = run_to_the_end(&loop, error);

    loop_clear(&loop);
    return ok ? g_steal_pointer(&attempt) : NULL;
}

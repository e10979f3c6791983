/* Digdag's OperatorManager: parameters, templates, operator, unused keys. */
#include "executor/turn.h"

#include <string.h>

#include "base/clock.h"
#include "base/suggest.h"
#include "params/params.h"
#include "script/script.h"
#include "workflow/retry.h"

TgTurnJob *tg_turn_job_new(const TgTurnContext *context, guint task_id, const char *task_name,
                           json_t *take_params, json_t *take_local, const json_t *state)
{
    TgTurnJob *job = g_new0(TgTurnJob, 1);

    job->context = context;
    job->task_id = task_id;
    job->task_name = g_strdup(task_name);
    job->params = take_params;
    job->local = take_local;
    job->state = json_is_object(state) ? json_deep_copy(state) : json_object();
    return job;
}

void tg_turn_job_free(TgTurnJob *job)
{
    if (job == NULL) {
        return;
    }
    g_free(job->task_name);
    g_free(job->message);
    json_decref(job->params);
    json_decref(job->local);
    json_decref(job->state);
    json_decref(job->store);
    json_decref(job->reset_store);
    json_decref(job->export);
    json_decref(job->subtasks);
    json_decref(job->receipt);
    g_free(job);
}

/* Digdag's formatExceptionMessage marks what the workflow's author must change: `(config)`. */
static void fail(TgTurnJob *job, const GError *error)
{
    job->end = TG_TURN_FAILED;
    job->code = error->domain == TG_ERROR ? (TgErrorCode)error->code : TG_ERROR_BUG;
    g_free(job->message);
    g_autofree char *marked = job->code == TG_ERROR_CONFIG
                                  ? g_strconcat(error->message, " (config)", NULL)
                                  : g_strdup(error->message);

    job->message = tg_redactor_text(job->context->redactor, marked);
}

/* `aws: prod` on a task chooses one of the profiles that `aws: {prod: …}` exports: it stands beside
 * them, as `aws: {use: prod}`, and does not replace them. A new reference. */
static json_t *local_of(const TgTurnJob *job)
{
    json_t *local = json_copy(job->local);
    json_t *chosen = json_object_get(local, "aws");

    if (json_is_string(chosen) && json_is_object(json_object_get(job->params, "aws"))) {
        json_object_set_new(local, "aws", json_pack("{s:O}", "use", chosen));
    }
    return local;
}

/* Everything the task sees with templates filled in; NULL with an error. */
static json_t *evaluate(TgTurnJob *job, GError **error)
{
    const TgAttemptIdentity *identity = job->context->identity;
    g_autoptr(json_t) builtins =
        tg_builtins_new(identity, job->context->session_builtins, job->task_name, job->params);
    g_autoptr(json_t) all = NULL;
    g_autoptr(TgScript) script = tg_script_new(identity->zone);

    tg_params_merge(job->params, builtins);
    all = json_copy(job->params);
    g_autoptr(json_t) local = local_of(job);

    tg_params_merge(all, local);
    json_object_del(all, "_check");
    json_object_del(all, "_error");
    return tg_script_fill_params(script, all, job->params, error);
}

/* The first key that ends in '>', which may be an exported one; NULL: the task has no operator. */
static const char *operator_key(const json_t *params)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)params, key, value) {
        if (strlen(key) > 1 && g_str_has_suffix(key, ">")) {
            return key;
        }
    }
    return NULL;
}

/* Sets _type and _command; FALSE: the task has no operator. */
static gboolean set_type(json_t *params)
{
    const char *key = NULL;
    json_t *value = NULL;

    if (json_is_string(json_object_get(params, "_type"))) {
        return TRUE;
    }
    key = operator_key(params);
    if (key == NULL) {
        return FALSE;
    }
    g_autofree char *type = g_strndup(key, strlen(key) - 1);

    value = json_object_get(params, key);
    if (json_is_null(value)) { /* as if there were none */
        (void)json_object_del(params, "_command");
    } else {
        json_object_set(params, "_command", value);
    }
    json_object_set_new(params, "_type", json_string(type));
    return TRUE;
}

static const TgOperator *find_operator(const TgTurnContext *context, const char *type,
                                       GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; context->operators[i] != NULL; i++) {
        if (strcmp(context->operators[i]->name, type) == 0) {
            return context->operators[i];
        }
        g_ptr_array_add(names, (char *)context->operators[i]->name);
    }
    if (context->external != NULL) {
        return context->external;
    }
    g_ptr_array_add(names, NULL);
    g_autofree char *hint = tg_suggest_phrase(type, (const char *const *)names->pdata);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Unknown task type: %s%s", type, hint);
    return NULL;
}

char *tg_turn_work_folder(const char *project_folder, const json_t *params)
{
    const char *below = json_string_value(json_object_get(params, "_workdir"));

    return below == NULL ? g_strdup(project_folder) : g_build_filename(project_folder, below, NULL);
}

/* Digdag tells of keys that no operator reads: most often they are misspelt. */
static void warn_unused(const TgTurnJob *job, const TgOperator *operator)
{
    static const char *const always[] = {"_type",  "_command",  "_export",     "_retry", "_error",
                                         "_check", "_parallel", "_background", "_after", "_secrets",
                                         "_env",   "_disable",  NULL};
    const char *key = NULL;
    json_t *value = NULL;

    if (operator->options == NULL) {
        return;
    }
    json_object_foreach (job->local, key, value) {
        if (g_strv_contains(operator->options, key) || g_strv_contains(always, key) ||
            g_str_has_suffix(key, ">")) {
            continue;
        }
        g_autofree char *hint = tg_suggest_phrase(key, operator->options);
        g_autofree char *line =
            g_strdup_printf("Parameter '%s' is not used at task %s.%s", key, job->task_name, hint);

        job->context->warns(job->context->data, job->task_name, line);
    }
}

/* A failure: again later, when `_retry` says so, or for good. */
static void decide_failure(TgTurnJob *job, const TgOperator *operator, const json_t * params,
                           const GError *problem)
{
    g_autoptr(GError) error = NULL;
    gboolean retry = FALSE;
    gint64 interval_ms = 0;

    fail(job, problem);
    if (!operator->honours_retry || job->code == TG_ERROR_CANCELLED) {
        return;
    }
    if (!tg_retry_decide(params, job->state, &retry, &interval_ms, &error)) {
        fail(job, error);
        return;
    }
    if (retry) {
        json_t *next = tg_retry_next_state(job->state);

        json_decref(job->state);
        job->state = next;
        job->end = TG_TURN_AGAIN;
        job->again_at_ms = tg_clock_now_ms() + interval_ms;
    }
}

/* A wrong `_retry` is told of before anything runs, as BaseOperator does. */
static gboolean check_retry(const TgTurnJob *job, const TgOperator *operator, const json_t * params,
                            GError **error)
{
    gboolean retry = FALSE;
    gint64 interval_ms = 0;

    return !operator->honours_retry ||
            tg_retry_decide(params, job->state, &retry, &interval_ms, error);
}

static void run_operator(TgTurnJob *job, const TgOperator *operator, const json_t * params)
{
    const TgTurnContext *context = job->context;
    g_autofree char *folder = tg_turn_work_folder(context->project_folder, params);
    g_autoptr(GError) error = NULL;
    TgOutcome outcome = TG_OUTCOME_DONE;
    TgTurn turn = {.params = params,
                   .local = job->local,
                   .scope = params,
                   .task_name = job->task_name,
                   .timezone = context->identity->timezone_name,
                   .work_folder = folder,
                   .now_ms = tg_clock_now_ms(),
                   .is_cancelled = job->is_stop,
                   .services = context->services,
                   .state = job->state};
    gboolean ok =
        check_retry(job, operator, params, &error) && operator->run(&turn, &outcome, &error);

    job->store = turn.store;
    job->reset_store = turn.reset_store;
    job->export = turn.export;
    job->subtasks = turn.subtasks;
    job->receipt = tg_redactor_json(context->redactor, turn.receipt);
    json_decref(turn.receipt);
    if (!ok) {
        decide_failure(job, operator, params, error);
        return;
    }
    job->end = outcome == TG_OUTCOME_POLL ? TG_TURN_AGAIN : TG_TURN_DONE;
    job->again_at_ms = turn.poll_at_ms;
    if (outcome == TG_OUTCOME_DONE) {
        warn_unused(job, operator);
    }
}

void tg_turn_job_run(TgTurnJob *job)
{
    const TgTurnContext *context = job->context;
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) params = evaluate(job, &error);

    job->end = TG_TURN_DONE;
    if (params == NULL) {
        fail(job, error);
        return;
    }
    if (!set_type(params)) {
        return;
    }
    const char *type = json_string_value(json_object_get(params, "_type"));

    if (json_object_size(job->state) == 0) { /* not again each time it looks whether it is done */
        context->starts(context->data, job->task_name, type, json_object_get(params, "_command"));
    }
    if (context->show_params) {
        g_autoptr(json_t) shown = tg_redactor_json(context->redactor, params);

        context->shows_params(context->data, job->task_name, shown);
    }
    if (context->dry_run) {
        return;
    }
    const TgOperator *operator= find_operator(context, type, &error);

    if (operator== NULL) {
        fail(job, error);
        return;
    }
    run_operator(job, operator, params);
}

/* Goes through an attempt as a run does; only what makes subtasks of values known now has a turn.
 */
#include "cli/plan_walk.h"

#include <string.h>

#include "base/clock.h"
#include "cli/operators.h"
#include "cli/plan_sql.h"
#include "cli/run_services.h"
#include "executor/local_run.h"
#include "executor/reuse.h"
#include "operators/support.h"
#include "params/params.h"

typedef struct {
    const TgRunSetup *setup;
    TgPlan *plan;
    TgLocalRun run;
    TgAttempt *attempt;
    TgReuse *reuse;
    TgRunServices *services;
    json_t *session_builtins;
    json_t *shown; /* what the turn at hand sees, filled in */
} Walk;

static void task_free(gpointer data)
{
    TgPlanTask *task = data;

    if (task == NULL) {
        return;
    }
    g_free(task->full_name);
    g_free(task->why);
    g_free(task->type);
    g_free(task->command);
    g_free(task->unknown);
    json_decref(task->options);
    g_free(task->sql);
    g_free(task->sql_name);
    json_decref(task->tables);
    g_free(task);
}

void tg_plan_free(TgPlan *plan)
{
    if (plan != NULL) {
        g_ptr_array_unref(plan->tasks);
        g_free(plan);
    }
}

const char *tg_plan_kind_name(TgPlanKind kind)
{
    static const char *const names[] = {"run", "reuse", "skip", "group"};

    return names[kind];
}

/* ---- what a turn says ---- */

static void starts(gpointer data G_GNUC_UNUSED, const char *task_name G_GNUC_UNUSED,
                   const char *type G_GNUC_UNUSED, const json_t *command G_GNUC_UNUSED)
{
}

static void warns(gpointer data G_GNUC_UNUSED, const char *task_name G_GNUC_UNUSED,
                  const char *message G_GNUC_UNUSED)
{
}

static void shows_params(gpointer data, const char *task_name G_GNUC_UNUSED, const json_t *params)
{
    Walk *walk = data;

    json_decref(walk->shown);
    walk->shown = json_deep_copy(params);
}

static TgTurnContext context_of(Walk *walk, gboolean dry_run)
{
    const TgRunSetup *setup = walk->setup;

    return (TgTurnContext){.identity = &setup->identity,
                           .session_builtins = walk->session_builtins,
                           .operators = tg_cli_operators(),
                           .services = tg_run_services_get(walk->services),
                           .redactor = setup->redactor,
                           .project_folder = setup->project->folder,
                           .dry_run = dry_run,
                           .show_params = TRUE,
                           .starts = starts,
                           .warns = warns,
                           .shows_params = shows_params,
                           .data = walk};
}

/* Whether the operator only makes tasks of values: its turn has no effect outside. */
static gboolean is_pure(const char *type)
{
    static const char *const types[] = {"for_each", "for_range", "loop", "if", "call", NULL};

    return type != NULL && g_strv_contains(types, type);
}

/* ---- one task ---- */

/* The operator as written, for what could not be filled in. */
static void describe_as_written(TgPlanTask *task, const json_t *local)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)local, key, value) {
        gsize size = strlen(key);

        if (size > 1 && key[size - 1] == '>' && task->type == NULL) {
            task->type = g_strndup(key, size - 1);
            task->command = json_is_null(value) ? NULL : tg_params_to_text(value);
        } else if (key[0] != '_') {
            json_object_set(task->options, key, value);
        }
    }
}

static void describe(TgPlanTask *task, const json_t *local, const json_t *shown)
{
    const json_t *command = json_object_get(shown, "_command");
    const char *key = NULL;
    json_t *value = NULL;

    task->type = g_strdup(json_string_value(json_object_get(shown, "_type")));
    task->command = command == NULL ? NULL : tg_params_to_text(command);
    json_object_foreach ((json_t *)local, key, value) {
        json_t *filled = json_object_get(shown, key);

        if (key[0] != '_' && !g_str_has_suffix(key, ">") && filled != NULL) {
            json_object_set(task->options, key, filled);
        }
    }
}

static gboolean has_sql(const char *type)
{
    static const char *const types[] = {"athena.query", "athena.ctas", "athena.apas",
                                        "pg",           "redshift",    NULL};

    return type != NULL && g_strv_contains(types, type);
}

/* The first line of a message, without the mark of what the author must change. */
static char *first_line(const char *message)
{
    char *line = g_strndup(message, strcspn(message, "\n"));

    if (g_str_has_suffix(line, " (config)")) {
        line[strlen(line) - strlen(" (config)")] = '\0';
    }
    return line;
}

static void read_sql(Walk *walk, TgPlanTask *task, const json_t *local, const json_t *shown)
{
    g_autofree char *folder = tg_turn_work_folder(walk->setup->project->folder, shown);
    const TgTurn turn = {.params = shown,
                         .local = local,
                         .scope = shown,
                         .task_name = task->full_name,
                         .timezone = walk->setup->identity.timezone_name,
                         .work_folder = folder,
                         .services = tg_run_services_get(walk->services)};
    g_autoptr(GError) error = NULL;
    g_autofree char *database = NULL;
    g_autofree char *name = NULL;

    if (!tg_operator_read_sql(&turn, &task->sql, &name, &error)) {
        task->unknown = first_line(error->message);
        return;
    }
    if (strcmp(name, task->full_name) != 0) {
        task->sql_name = g_steal_pointer(&name);
    }
    if (!g_str_has_prefix(task->type, "athena.")) {
        return;
    }
    (void)tg_operator_athena_text(&turn, task->type + strlen("athena."), "database", "default",
                                  &database, NULL);
    task->tables =
        tg_plan_sql_tables(walk->setup->state, database == NULL ? "default" : database, task->sql);
}

/* Subtasks whose number is not known yet: what each of them does, once. */
static json_t *subtasks_as_written(const json_t *local)
{
    const json_t *inner = json_object_get(local, "_do");
    const json_t *otherwise = json_object_get(local, "_else_do");
    json_t *subtasks = json_object();

    if (json_is_object(inner)) {
        json_object_set(subtasks, otherwise == NULL ? "+each" : "+then", (json_t *)inner);
    }
    if (json_is_object(otherwise)) {
        json_object_set(subtasks, "+else", (json_t *)otherwise);
    }
    return subtasks;
}

/* A turn of the task; its subtasks as a new reference, or NULL. */
static json_t *take_turn(Walk *walk, const TgTask *at, TgPlanTask *task, json_t *params)
{
    const TgTurnContext dry = context_of(walk, TRUE);
    const TgTurnContext real = context_of(walk, FALSE);
    g_autoptr(TgTurnJob) job = tg_turn_job_new(&dry, at->id, at->full_name, json_deep_copy(params),
                                               json_incref(at->local), NULL);
    g_autoptr(TgTurnJob) second = NULL;

    g_clear_pointer(&walk->shown, json_decref);
    tg_turn_job_run(job);
    if (job->end == TG_TURN_FAILED || walk->shown == NULL) {
        describe_as_written(task, at->local);
        task->unknown = job->message == NULL ? NULL : first_line(job->message);
        return subtasks_as_written(at->local);
    }
    describe(task, at->local, walk->shown);
    if (has_sql(task->type)) {
        g_autoptr(json_t) shown = json_incref(walk->shown);

        read_sql(walk, task, at->local, shown);
    }
    if (!is_pure(task->type)) {
        return NULL;
    }
    second = tg_turn_job_new(&real, at->id, at->full_name, json_deep_copy(params),
                             json_incref(at->local), NULL);
    tg_turn_job_run(second);
    if (second->end == TG_TURN_FAILED) {
        task->unknown = first_line(second->message);
        return subtasks_as_written(at->local);
    }
    return json_incref(second->subtasks);
}

static TgPlanTask *add_task(Walk *walk, const TgTask *at, TgPlanKind kind)
{
    TgPlanTask *task = g_new0(TgPlanTask, 1);

    task->id = at->id;
    task->parent_id = at->parent_id;
    task->full_name = g_strdup(at->full_name);
    task->kind = kind;
    task->options = json_object();
    if (walk->plan->tasks->len <= at->id) {
        g_ptr_array_set_size(walk->plan->tasks, (gint)at->id + 1);
    }
    walk->plan->tasks->pdata[at->id] = task;
    return task;
}

static const char *why_it_runs(const Walk *walk, const TgTask *at)
{
    const TgRunOptions *options = walk->setup->options;
    gboolean is_named = walk->setup->reuse_names != NULL &&
                        !g_hash_table_contains(walk->setup->reuse_names, at->full_name);

    return options->no_save                    ? "--no-save"
           : is_named && options->rerun        ? "--rerun"
           : is_named && options->goal != NULL ? "it is part of the goal"
           : is_named                          ? "it comes at or after --start"
                                               : "it has no result in this session";
}

static void succeed_as_saved(Walk *walk, guint id, const json_t *saved)
{
    const json_t *result = json_object_get(saved, "result");
    const json_t *subtasks = json_object_get(result, "subtaskConfig");
    const TgTaskResult given = {
        .subtasks = json_object_size(subtasks) == 0 ? NULL : subtasks,
        .store = json_object_get(result, "storeParams"),
        .reset_store = json_object_get(result, "resetStoreParams"),
        .export = json_object_get(result, "exportParams"),
        .receipt = json_object_get(result, "receipt"),
    };

    tg_attempt_succeed(walk->attempt, id, &given);
}

static void plan_task(Walk *walk, guint id)
{
    const TgTask *at = tg_attempt_task(walk->attempt, id);
    GHashTable *names = walk->setup->run_names;
    TgTaskResult result = {0};
    g_autoptr(json_t) params = NULL;
    g_autoptr(json_t) saved = NULL;
    g_autoptr(json_t) subtasks = NULL;
    g_autofree char *reason = NULL;

    if (names != NULL && !g_hash_table_contains(names, at->full_name)) {
        TgPlanTask *skipped = add_task(walk, at, TG_PLAN_SKIP);

        skipped->why = g_strdup("left out by --goal or --end");
        describe_as_written(skipped, at->local);
        tg_attempt_succeed(walk->attempt, id, &result);
        return;
    }
    params = tg_attempt_collect_params(walk->attempt, id);
    saved = tg_reuse_decide(walk->reuse, at, params, &reason);
    TgPlanTask *task = add_task(walk, at, saved != NULL ? TG_PLAN_REUSE : TG_PLAN_RUN);

    task->why = saved != NULL    ? g_strdup("nothing that it depends on changed")
                : reason != NULL ? g_steal_pointer(&reason)
                                 : g_strdup(why_it_runs(walk, at));
    subtasks = take_turn(walk, at, task, params);
    if (saved != NULL) {
        succeed_as_saved(walk, id, saved);
        return;
    }
    result.subtasks = json_object_size(subtasks) == 0 ? NULL : subtasks;
    tg_attempt_succeed(walk->attempt, id, &result);
}

/* ---- all tasks ---- */

static void follow_changes(Walk *walk)
{
    guint id = 0;

    while (tg_attempt_take_changed(walk->attempt, &id)) {
        const TgTask *task = tg_attempt_task(walk->attempt, id);

        if (task->state == TG_TASK_SUCCESS) {
            tg_reuse_note_success(walk->reuse, task);
        }
    }
}

static gboolean walk_all(Walk *walk, GError **error)
{
    gint64 now_ms = tg_clock_now_ms();
    gboolean more = TRUE;
    guint id = 0;

    while (more && !tg_attempt_is_done(walk->attempt)) {
        tg_attempt_tick(walk->attempt, now_ms);
        follow_changes(walk);
        more = FALSE;
        while (tg_attempt_take_ready(walk->attempt, &id)) {
            plan_task(walk, id);
            follow_changes(walk);
            more = TRUE;
        }
    }
    for (guint i = 0; i < tg_attempt_task_count(walk->attempt); i++) {
        const TgTask *task = tg_attempt_task(walk->attempt, i);
        const char *message = json_string_value(json_object_get(task->error, "message"));

        if (message != NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: %s", task->full_name, message);
            return FALSE;
        }
        if (i >= walk->plan->tasks->len || walk->plan->tasks->pdata[i] == NULL) {
            TgPlanTask *rest = add_task(walk, task, TG_PLAN_INSIDE);

            describe_as_written(rest, task->local);
        }
    }
    return TRUE;
}

static void walk_clear(Walk *walk)
{
    tg_reuse_free(walk->reuse);
    tg_attempt_free(walk->attempt);
    tg_run_services_free(walk->services);
    json_decref(walk->session_builtins);
    json_decref(walk->shown);
}

TgPlan *tg_plan_new(const TgRunSetup *setup, GError **error)
{
    g_autoptr(TgPlan) plan = g_new0(TgPlan, 1);
    const TgRunServicesOptions options = {.state = setup->state,
                                          .project = setup->project,
                                          .display = setup->display,
                                          .redactor = setup->redactor,
                                          .system_config = setup->system_config,
                                          .subtasks_max = TG_PLAN_TASKS_MAX};
    Walk walk = {.setup = setup, .plan = plan};

    plan->tasks = g_ptr_array_new_with_free_func(task_free);
    walk.attempt = tg_attempt_new(setup->graph, setup->params, TG_PLAN_TASKS_MAX, error);
    if (walk.attempt == NULL) {
        return NULL;
    }
    walk.services = tg_run_services_new(&options);
    walk.session_builtins = tg_builtins_of_session(&setup->identity);
    walk.run = (TgLocalRun){.graph = setup->graph,
                            .params = setup->params,
                            .turns = context_of(&walk, FALSE),
                            .status = setup->options->no_save ? NULL : setup->status,
                            .run_names = setup->run_names,
                            .reuse_names = setup->reuse_names,
                            .is_like_digdag = setup->cli->program == TG_PROGRAM_DIGDAG};
    walk.reuse = tg_reuse_new(&walk.run, walk.attempt);
    gboolean ok = walk_all(&walk, error);

    walk_clear(&walk);
    return ok ? g_steal_pointer(&plan) : NULL;
}

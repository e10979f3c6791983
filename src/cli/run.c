/* tegaru run: one attempt of a workflow on this machine. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/operators.h"
#include "cli/run_display.h"
#include "cli/run_options.h"
#include "cli/run_services.h"
#include "cli/run_tree.h"
#include "cli/state.h"
#include "executor/local_run.h"
#include "executor/selection.h"
#include "params/params.h"
#include "params/yaml_write.h"
#include "schedule/zone.h"

#define TASKS_MAX                                                                                  \
    1000 /* of an attempt under the name digdag (Limits.java); tegaru has no limit                 \
          */

static gint is_cancelled; /* set by signals */

static void on_signal(int number G_GNUC_UNUSED)
{
    static const char message[] = "\nStopping; again to give up at once.\n";

    if (g_atomic_int_add(&is_cancelled, 1) > 0) {
        _exit(130);
    }
    (void)!write(STDERR_FILENO, message, sizeof message - 1);
}

/* A run under construction and under way. */
typedef struct {
    const TgCli *cli;
    const TgRunOptions *options;
    TgProject *project;
    const TgWorkflowFile *workflow;
    TgGraph *graph;
    json_t *system_config;
    json_t *cli_params; /* -p, -P: what attempts that are required see, too */
    json_t *params;
    TgRedactor *redactor;
    GTimeZone *zone;
    TgCliState *state;
    char *status_root;
    TgStatusFolder *status;
    char *session_uuid;
    TgAttemptIdentity identity;
    GHashTable *run_names;
    GHashTable *reuse_names;
    TgRunDisplay *display;
} Run;

static void run_clear(Run *run)
{
    tg_project_free(run->project);
    tg_graph_free(run->graph);
    json_decref(run->system_config);
    json_decref(run->cli_params);
    json_decref(run->params);
    g_clear_pointer(&run->zone, g_time_zone_unref);
    tg_cli_state_free(run->state);
    g_free(run->status_root);
    tg_status_folder_free(run->status);
    g_free(run->session_uuid);
    g_clear_pointer(&run->run_names, g_hash_table_unref);
    g_clear_pointer(&run->reuse_names, g_hash_table_unref);
    tg_run_display_free(run->display);
    tg_redactor_free(run->redactor);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static gboolean compile(Run *run, GError **error)
{
    g_autofree char *root = g_strconcat("+", run->workflow->name, NULL);
    g_autofree char *path = NULL;
    g_autoptr(GError) problem = NULL;
    guint index = 0;

    run->graph = tg_graph_compile("", root, run->workflow->config, &path, &problem);
    if (run->graph == NULL) {
        tg_yaml_error(run->workflow->yaml, path, error, "%s", problem->message);
        return FALSE;
    }
    if (run->options->task_pattern == NULL) {
        return TRUE;
    }
    if (!tg_selection_find(run->graph, run->options->task_pattern, &index, error)) {
        return FALSE;
    }
    TgGraph *part = tg_selection_extract(run->graph, index);

    tg_graph_free(run->graph);
    run->graph = part;
    return TRUE;
}

static gboolean find_index(const Run *run, const char *pattern, guint *out, GError **error)
{
    return tg_selection_find(run->graph, pattern, out, error);
}

/* --rerun, --start, --goal, --end. */
static gboolean select_tasks(Run *run, GError **error)
{
    const TgRunOptions *o = run->options;
    guint index = 0;

    if (o->goal != NULL) {
        if (!find_index(run, o->goal, &index, error)) {
            return FALSE;
        }
        run->reuse_names = tg_selection_before(run->graph, index);
        run->run_names = tg_selection_before(run->graph, index);
        tg_selection_add_tree(run->graph, index, run->run_names);
    }
    if (o->start != NULL) {
        if (!find_index(run, o->start, &index, error)) {
            return FALSE;
        }
        run->reuse_names = tg_selection_before(run->graph, index);
    }
    if (o->rerun) {
        run->reuse_names = g_hash_table_new(g_str_hash, g_str_equal);
    }
    if (o->end != NULL) {
        if (!find_index(run, o->end, &index, error)) {
            return FALSE;
        }
        run->run_names = tg_selection_before(run->graph, index);
    }
    return TRUE;
}

/* A schedule that cannot be read does not stop a run by hand (case s12); `check` tells of it. */
static void set_schedule_params(const Run *run)
{
    g_autoptr(GError) problem = NULL;

    tg_run_set_schedule_params(run->params, json_object_get(run->workflow->config, "schedule"),
                               &run->identity, &problem);
    if (problem != NULL) {
        tg_run_display_warn(run->display, NULL, problem->message);
    }
}

static gboolean choose_session(Run *run, GError **error)
{
    const TgRunOptions *o = run->options;
    const char *zone_name = run->workflow->timezone;
    g_autofree char *note = NULL;
    gint64 session_ms = 0;

    if (o->timezone != NULL && !tg_params_has(tg_yaml_root(run->workflow->yaml), "timezone")) {
        zone_name = o->timezone;
    }
    run->zone = tg_zone_new(zone_name, error);
    TgSessionChoice choice = {.text = o->session,
                              .workflow_name = run->workflow->name,
                              .status_root = run->status_root,
                              .zone = run->zone,
                              .schedule = json_object_get(run->workflow->config, "schedule")};

    if (run->zone == NULL || !tg_run_options_session(&choice, &session_ms, &note, error)) {
        return FALSE;
    }
    if (note != NULL) {
        tg_run_display_note(run->display, NULL, note);
    }
    g_autofree char *folder = tg_zone_format(run->zone, session_ms, TG_ZONE_FOLDER);

    run->status =
        tg_status_folder_new(run->status_root, folder,
                             run->cli->program == TG_PROGRAM_DIGDAG ? NULL : run->workflow->name);
    run->session_uuid = tg_random_uuid();
    run->identity = (TgAttemptIdentity){.timezone_name = zone_name,
                                        .zone = run->zone,
                                        .session_uuid = run->session_uuid,
                                        .session_time_ms = session_ms,
                                        .session_id = 1,
                                        .attempt_id = 1,
                                        .project_id = 1};
    set_schedule_params(run);
    return TRUE;
}

/* Digdag keeps its states in .digdag/status, so that either program goes on with the other's. */
static char *status_root_of(const Run *run)
{
    if (run->options->save_folder != NULL) {
        return g_canonicalize_filename(run->options->save_folder, run->project->folder);
    }
    return run->cli->program == TG_PROGRAM_DIGDAG
               ? g_build_filename(run->project->folder, ".digdag", "status", NULL)
               : g_build_filename(run->state->folder, "status", NULL);
}

/* Plug-ins that the real Digdag would load: which are built in, and which cannot run. */
static void tell_of_plugins(const Run *run)
{
    const json_t *export = json_object_get(run->workflow->config, "_export");
    const json_t *plugins = json_object_get(export, "plugin");
    const json_t *names = json_object_get(plugins, "dependencies");
    json_t *name = NULL;
    gsize i = 0;

    json_array_foreach (names, i, name) {
        gboolean is_athena = json_is_string(name) &&
                             strstr(json_string_value(name), "digdag-operator-athena") != NULL;
        g_autofree char *shown = tg_params_to_text(name);
        g_autofree char *line =
            is_athena ? g_strdup_printf("The plug-in '%s' is built in.", shown)
                      : g_strdup_printf("The plug-in '%s' is not loaded: Java plug-ins cannot run "
                                        "here. An executable tegaru-operator-NAME takes the place "
                                        "of an operator (docs/plugin-operators.md).",
                                        shown);

        tg_run_display_note(run->display, NULL, line);
    }
}

static gboolean prepare(Run *run, GError **error)
{
    const TgRunOptions *o = run->options;

    run->system_config = tg_cli_config_load(o->config_file, o->system_properties, error);
    if (run->system_config == NULL) {
        return FALSE;
    }
    run->params = tg_run_options_params(run->system_config, o->param_files, o->params, error);
    if (run->params == NULL) {
        return FALSE;
    }
    run->cli_params = json_deep_copy(run->params);
    run->project = tg_project_load(o->project_folder == NULL ? "." : o->project_folder, error);
    if (run->project == NULL) {
        return FALSE;
    }
    run->workflow = tg_project_find(run->project, o->workflow_name, error);
    if (run->workflow == NULL || !compile(run, error)) {
        return FALSE;
    }
    run->state = tg_cli_state_new(run->project->folder);
    run->status_root = status_root_of(run);
    run->redactor = tg_redactor_new();
    run->display =
        tg_run_display_new(run->cli, o->is_quiet, o->is_json ? stderr : stdout, run->redactor);
    if (!tg_run_display_set_log(run->display, o->log_level, o->log_file, error)) {
        return FALSE;
    }
    tell_of_plugins(run);
    return choose_session(run, error) && select_tasks(run, error);
}

static void starts(gpointer data, const char *task_name, const char *type, const json_t *command)
{
    tg_run_display_start(data, task_name, type, command);
}

static void warns(gpointer data, const char *task_name, const char *message)
{
    tg_run_display_warn(data, task_name, message);
}

static void shows_params(gpointer data, const char *task_name, const json_t *params)
{
    g_autofree char *text = tg_yaml_write(params);
    g_autofree char *lines = g_strconcat("\n", text, NULL);

    tg_run_display_warn(data, task_name, lines);
}

static void happened(gpointer data, const TgTask *task, TgRunEvent event, const char *message)
{
    tg_run_display_happened(data, task, event, message);
}

static void tick(gpointer data)
{
    tg_run_display_tick(data);
}

/* Digdag counts what failed before a group started anew, too, and so fails although the group
 * succeeded in the end; its name keeps its exit codes. */
static gboolean counts_as_failed(const Run *run, const TgTask *task)
{
    return task->state == TG_TASK_ERROR &&
           (!task->is_superseded || run->cli->program == TG_PROGRAM_DIGDAG);
}

static gboolean is_success(const Run *run, const TgAttempt *attempt)
{
    gboolean success = tg_attempt_is_success(attempt);

    for (guint i = 0; i < tg_attempt_task_count(attempt) && success; i++) {
        success = !counts_as_failed(run, tg_attempt_task(attempt, i));
    }
    return success;
}

/* What failed, in Digdag's words. */
static void print_failures(const Run *run, const TgAttempt *attempt)
{
    (void)fputs("\n", stderr);
    for (guint i = 0; i < tg_attempt_task_count(attempt); i++) {
        const TgTask *task = tg_attempt_task(attempt, i);
        const char *message = json_string_value(json_object_get(task->error, "message"));

        if (counts_as_failed(run, task) && message != NULL) {
            g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
            g_autofree char *indented = g_strjoinv("\n    ", lines);

            (void)fprintf(stderr, "  * %s:\n    %s\n\n", task->full_name, indented);
        }
    }
    if (tg_attempt_is_cancelled(attempt)) {
        (void)fputs("Stopped.\n", stderr);
    }
    if (!run->options->no_save) {
        (void)fprintf(stderr,
                      "Task state is saved at %s directory.\n"
                      "  * Run again to continue where it failed.\n"
                      "  * Use --session <daily | hourly | \"yyyy-MM-dd[ HH:mm:ss]\"> to not reuse "
                      "the last session time.\n"
                      "  * Use --rerun, --start +NAME, or --goal +NAME argument to rerun skipped "
                      "tasks.\n",
                      run->status->folder);
    }
}

static void print_success(const Run *run)
{
    if (run->options->no_save || run->options->dry_run) {
        (void)fputs("Success.\n", stderr);
    } else if (run->cli->program == TG_PROGRAM_DIGDAG) {
        (void)fprintf(stderr, "Success. Task state is saved at %s directory.\n",
                      run->status->folder);
    } else {
        (void)fputs("Success. (--rerun runs it all again.)\n", stderr);
    }
}

/* One object a task: what scripts read. */
static void print_json(const Run *run, const TgAttempt *attempt)
{
    g_autofree char *session =
        tg_zone_format(run->zone, run->identity.session_time_ms, TG_ZONE_TIME);
    g_autoptr(json_t) all =
        json_pack("{s:s, s:s, s:b, s:[]}", "workflow", run->workflow->name, "session_time", session,
                  "success", tg_attempt_is_success(attempt), "tasks");

    for (guint i = 0; i < tg_attempt_task_count(attempt); i++) {
        const TgTask *task = tg_attempt_task(attempt, i);
        json_t *one = json_pack("{s:s, s:s}", "name", task->full_name, "state",
                                tg_task_state_name(task->state));

        if (task->error != NULL) {
            json_object_set(one, "error", task->error);
        }
        if (task->receipt != NULL) {
            json_object_set(one, "receipt", task->receipt);
        }
        json_array_append_new(json_object_get(all, "tasks"), one);
    }
    g_autofree char *text = json_dumps(all, JSON_INDENT(2) | JSON_REAL_PRECISION(17));

    (void)puts(text);
}

static int report(const Run *run, const TgAttempt *attempt)
{
    gboolean success = is_success(run, attempt);

    tg_run_display_finish(run->display);
    if (run->options->is_json) {
        print_json(run, attempt);
    } else if (success && !run->options->is_quiet) {
        print_success(run);
    }
    if (!success) {
        print_failures(run, attempt);
    }
    return success ? 0 : tg_attempt_is_cancelled(attempt) ? 130 : 1;
}

/* The most tasks of an attempt; the system configuration sets it, as in Digdag. */
static guint tasks_max_of(const Run *run)
{
    const json_t *set = json_object_get(run->system_config, "executor.task_max_run");
    guint max = run->cli->program == TG_PROGRAM_DIGDAG ? TASKS_MAX : 0;

    return set == NULL ? max : (guint)g_ascii_strtoull(json_string_value(set), NULL, 10);
}

static int execute(Run *run)
{
    guint tasks_max = tasks_max_of(run);
    const TgRunServicesOptions services_options = {.state = run->state,
                                                   .project = run->project,
                                                   .display = run->display,
                                                   .redactor = run->redactor,
                                                   .system_config = run->system_config,
                                                   .is_cancelled = &is_cancelled,
                                                   .subtasks_max = tasks_max};
    g_autoptr(TgRunServices) services = tg_run_services_new(&services_options);
    g_autoptr(GError) error = NULL;
    TgLocalRun local = {.graph = run->graph,
                        .params = run->params,
                        .turns = {.identity = &run->identity,
                                  .operators = tg_cli_operators(),
                                  .external = tg_cli_external_operator(),
                                  .services = tg_run_services_get(services),
                                  .redactor = run->redactor,
                                  .project_folder = run->project->folder,
                                  .dry_run = run->options->dry_run,
                                  .show_params = run->options->show_params,
                                  .starts = starts,
                                  .warns = warns,
                                  .shows_params = shows_params,
                                  .data = run->display},
                        .status = run->options->no_save ? NULL : run->status,
                        .run_names = run->run_names,
                        .reuse_names = run->reuse_names,
                        .is_like_digdag = run->cli->program == TG_PROGRAM_DIGDAG,
                        .tasks_max = tasks_max,
                        .threads_max = (guint)MAX(run->options->threads_max, 0),
                        .is_cancelled = &is_cancelled,
                        .watcher = {.happened = happened,
                                    .tick = tick,
                                    .is_live = tg_run_display_is_live(run->display),
                                    .data = run->display}};
    struct sigaction action = {.sa_handler = on_signal};

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    g_autoptr(TgRunRequired) required =
        tg_run_required_new(&local, run->project, run->workflow->name, run->cli_params);

    tg_run_services_set_required(services, required);
    g_autoptr(TgAttempt) attempt = tg_local_run(&local, &error);

    return attempt == NULL ? tg_cli_fail(run->cli, g_steal_pointer(&error)) : report(run, attempt);
}

static int run_run(const TgCli *cli, int argc, char **argv)
{
    g_auto(TgRunOptions) options = {NULL};
    g_auto(Run) run = {.cli = cli, .options = &options};
    g_autoptr(GError) error = NULL;
    int status = 0;

    if (!tg_run_options_parse(cli, argc, argv, &options, &status)) {
        return status;
    }
    if (!prepare(&run, &error)) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    return execute(&run);
}

const TgCommand tg_command_run = {
    .name = "run", .summary = "Run a workflow on this machine", .run = run_run};

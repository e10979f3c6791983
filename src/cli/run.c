/* tegaru run: one attempt of a workflow on this machine. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/operators.h"
#include "cli/run_services.h"
#include "cli/run_setup.h"
#include "cli/run_tree.h"
#include "executor/local_run.h"
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
static gboolean counts_as_failed(const TgRunSetup *run, const TgTask *task)
{
    return task->state == TG_TASK_ERROR &&
           (!task->is_superseded || run->cli->program == TG_PROGRAM_DIGDAG);
}

static gboolean is_success(const TgRunSetup *run, const TgAttempt *attempt)
{
    gboolean success = tg_attempt_is_success(attempt);

    for (guint i = 0; i < tg_attempt_task_count(attempt) && success; i++) {
        success = !counts_as_failed(run, tg_attempt_task(attempt, i));
    }
    return success;
}

/* What failed, in Digdag's words. */
static void print_failures(const TgRunSetup *run, const TgAttempt *attempt)
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

static void print_success(const TgRunSetup *run)
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
static void print_json(const TgRunSetup *run, const TgAttempt *attempt)
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
        json_t *reuse = tg_run_display_reuse(run->display, task->full_name);

        if (reuse != NULL) {
            json_object_set_new(one, "reuse", reuse);
        }
        json_array_append_new(json_object_get(all, "tasks"), one);
    }
    g_autofree char *text = json_dumps(all, JSON_INDENT(2) | JSON_REAL_PRECISION(17));

    (void)puts(text);
}

static int report(const TgRunSetup *run, const TgAttempt *attempt)
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
static guint tasks_max_of(const TgRunSetup *run)
{
    const json_t *set = json_object_get(run->system_config, "executor.task_max_run");
    guint max = run->cli->program == TG_PROGRAM_DIGDAG ? TASKS_MAX : 0;

    return set == NULL ? max : (guint)g_ascii_strtoull(json_string_value(set), NULL, 10);
}

static int execute(TgRunSetup *run)
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
                        .sla = run->has_sla ? &run->sla : NULL,
                        .sla_due_ms =
                            tg_sla_due_ms(&run->sla, run->options->scheduled_at_ms, run->zone),
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
    g_auto(TgRunSetup) run = {.cli = cli, .options = &options};
    g_autoptr(GError) error = NULL;
    int status = 0;

    if (!tg_run_options_parse(cli, argc, argv, &options, &status)) {
        return status;
    }
    if (!tg_run_setup_prepare(&run, &error)) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    return execute(&run);
}

const TgCommand tg_command_run = {
    .name = "run", .summary = "Run a workflow on this machine", .run = run_run};

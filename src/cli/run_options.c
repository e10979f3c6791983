/* Options, parameters and the session time of a run. */
#include "cli/run_options.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "params/params.h"
#include "params/yaml.h"
#include "schedule/schedule.h"
#include "schedule/zone.h"
#include "store/status_folder.h"

#define DESCRIPTION                                                                                \
    "Examples:\n"                                                                                  \
    "  %s %s main.dig                    continue the last session, or start today's\n"            \
    "  %s %s main.dig --session daily    a session for today\n"                                    \
    "  %s %s main.dig --rerun            run everything again\n"                                   \
    "  %s %s main.dig --start +load      this task and what comes after it\n"                      \
    "  %s %s main.dig -p day=2020-01-01  with a parameter\n"

void tg_run_options_clear(TgRunOptions *o)
{
    g_free(o->project_folder);
    g_free(o->workflow_name);
    g_free(o->task_pattern);
    g_free(o->start);
    g_free(o->goal);
    g_free(o->end);
    g_free(o->save_folder);
    g_strfreev(o->params);
    g_strfreev(o->param_files);
    g_free(o->session);
    g_free(o->timezone);
    g_free(o->log_level);
    g_free(o->log_file);
    g_free(o->task_log);
    g_free(o->config_file);
    g_strfreev(o->system_properties);
}

static char *workflow_name_of(const char *argument)
{
    return g_str_has_suffix(argument, ".dig")
               ? g_strndup(argument, strlen(argument) - strlen(".dig"))
               : g_strdup(argument);
}

/* Digdag's rules, in its order; for --goal with --end it names the wrong option. */
static gboolean check_combination(const TgCli *cli, const TgRunOptions *o, int *out_status)
{
    const char *message =
        o->start != NULL && o->goal != NULL ? "-s, --start and -g, --goal don't work together"
        : o->goal != NULL && o->end != NULL ? "-g, --goal and -e, --end don't work together"
        : o->rerun && o->start != NULL      ? "-a, --rerun and -s, --start don't work together"
        : o->rerun && o->goal != NULL       ? "-a, --rerun and -g, --goal don't work together"
                                            : NULL;

    if (message != NULL) {
        *out_status = tg_cli_usage(cli, "%s", message);
    }
    return message == NULL;
}

/* "sub/main.dig" in no project of its own belongs to the current folder, as in Digdag; tegaru goes
 * to the file's project, so that any path can be given. */
static void set_project(const TgCli *cli, TgRunOptions *o, const char *argument)
{
    g_autofree char *folder = g_path_get_dirname(argument);

    if (o->project_folder == NULL && cli->program == TG_PROGRAM_TEGARU &&
        g_str_has_suffix(argument, ".dig") && strcmp(folder, ".") != 0 &&
        g_file_test(argument, G_FILE_TEST_IS_REGULAR)) {
        g_autofree char *base = g_path_get_basename(argument);

        o->project_folder = g_steal_pointer(&folder);
        o->workflow_name = workflow_name_of(base);
        return;
    }
    o->workflow_name = workflow_name_of(g_str_has_prefix(argument, "./") ? argument + 2 : argument);
}

/* The examples of run, or of plan, which has the same options. */
static char *describe(const char *program, const char *command)
{
    g_auto(GStrv) parts = g_strsplit(DESCRIPTION, "%s %s", -1);
    g_autofree char *both = g_strconcat(program, " ", command, NULL);

    return g_strjoinv(both, parts);
}

gboolean tg_run_options_parse(const TgCli *cli, int argc, char **argv, TgRunOptions *o,
                              int *out_status)
{
    const GOptionEntry entries[] = {
        {"project", 0, 0, G_OPTION_ARG_FILENAME, &o->project_folder, "The project's folder", "DIR"},
        {"session", 't', 0, G_OPTION_ARG_STRING, &o->session,
         "last (default), schedule, daily, hourly, or \"yyyy-MM-dd[ HH:mm:ss]\"", "TIME"},
        {"rerun", 'a', 0, G_OPTION_ARG_NONE, &o->rerun, "Run also what succeeded before", NULL},
        {"start", 's', 0, G_OPTION_ARG_STRING, &o->start, "Run this task and all after it again",
         "+TASK"},
        {"goal", 'g', 0, G_OPTION_ARG_STRING, &o->goal, "Run this task and what it needs", "+TASK"},
        {"end", 'e', 0, G_OPTION_ARG_STRING, &o->end, "Leave out this task and all after it",
         "+TASK"},
        {"param", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &o->params, "A parameter", "KEY=VALUE"},
        {"params-file", 'P', 0, G_OPTION_ARG_FILENAME_ARRAY, &o->param_files,
         "Parameters from a YAML or JSON file", "FILE"},
        {"dry-run", 'd', 0, G_OPTION_ARG_NONE, &o->dry_run, "Fill in templates, run nothing", NULL},
        {"show-params", 'E', 0, G_OPTION_ARG_NONE, &o->show_params, "Show each task's parameters",
         NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &o->is_json, "Print the result as JSON", NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &o->is_quiet, "Show only output and failures", NULL},
        {"save", 'o', 0, G_OPTION_ARG_FILENAME, &o->save_folder, "Where task states are kept",
         "DIR"},
        {"no-save", 0, 0, G_OPTION_ARG_NONE, &o->no_save, "Keep no task states", NULL},
        {"timezone", 0, 0, G_OPTION_ARG_STRING, &o->timezone, "Zone of workflows that name none",
         "ZONE"},
        {"max-task-threads", 0, 0, G_OPTION_ARG_INT, &o->threads_max, "Most tasks at a time", "N"},
        {"log-level", 'l', 0, G_OPTION_ARG_STRING, &o->log_level, "error, warn, info, debug, trace",
         "LEVEL"},
        {"log", 'L', 0, G_OPTION_ARG_FILENAME, &o->log_file, "Where log lines go (-: stderr)",
         "FILE"},
        {"task-log", 'O', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &o->task_log, "", "DIR"},
        {"scheduled-at", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT64, &o->scheduled_at_ms, "",
         "MS"},
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &o->config_file,
         "System configuration, instead of ~/.config/digdag/config", "FILE"},
        {"property", 'X', 0, G_OPTION_ARG_STRING_ARRAY, &o->system_properties,
         "One value of the system configuration", "KEY=VALUE"},
        G_OPTION_ENTRY_NULL};
    const char *name = cli->program_name;
    g_autofree char *description = describe(name, argv[0]);

    const TgCliHelp help = {"WORKFLOW[.dig] [+TASK]", description};

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, out_status)) {
        return FALSE;
    }
    if (argc < 2 || argc > 3 || (argc == 3 && argv[2][0] != '+')) {
        *out_status = tg_cli_usage(cli,
                                   "%s needs a workflow, and at most one +task: %s %s "
                                   "main.dig",
                                   argv[0], name, argv[0]);
        if (cli->program == TG_PROGRAM_DIGDAG && (argc < 2 || argc > 3)) {
            *out_status = 0; /* as there: the usage was all that was wanted */
        }
        return FALSE;
    }
    set_project(cli, o, argv[1]);
    o->task_pattern = argc == 3 ? g_strdup(argv[2]) : NULL;
    o->is_quiet = o->is_quiet || o->is_json;
    return check_combination(cli, o, out_status);
}

static gboolean merge_file(json_t *into, const char *path, GError **error)
{
    g_autoptr(TgYaml) yaml = tg_yaml_load(path, path, TG_YAML_DIGDAG, error);

    if (yaml == NULL) {
        return FALSE;
    }
    tg_params_merge(into, tg_yaml_root(yaml));
    return TRUE;
}

/* Sets "a.b=v" as {"a": {"b": "v"}}, as Digdag does. */
static void set_pair(json_t *into, const char *key, const char *value)
{
    g_auto(GStrv) parts = g_strsplit(key, ".", -1);
    json_t *map = into;

    for (guint i = 0; parts[i] != NULL; i++) {
        if (parts[i + 1] == NULL) {
            json_object_set_new(map, parts[i], json_string(value));
            return;
        }
        if (!json_is_object(json_object_get(map, parts[i]))) {
            json_object_set_new(map, parts[i], json_object());
        }
        map = json_object_get(map, parts[i]);
    }
}

json_t *tg_run_options_params(const json_t *system_config, char *const *files, char *const *pairs,
                              GError **error)
{
    g_autoptr(json_t) params = json_object();
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)system_config, name, value) {
        if (g_str_has_prefix(name, "params.")) {
            set_pair(params, name + strlen("params."), json_string_value(value));
        }
    }
    for (guint i = 0; files != NULL && files[i] != NULL; i++) {
        if (!merge_file(params, files[i], error)) {
            return NULL;
        }
    }
    for (guint i = 0; pairs != NULL && pairs[i] != NULL; i++) {
        const char *equals = strchr(pairs[i], '=');

        if (equals == NULL || equals == pairs[i]) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "-p %s: a parameter is written as KEY=VALUE", pairs[i]);
            return NULL;
        }
        g_autofree char *key = g_strndup(pairs[i], (gsize)(equals - pairs[i]));

        set_pair(params, key, equals + 1);
    }
    return g_steal_pointer(&params);
}

static gboolean session_of_text(const char *text, GTimeZone *zone, gint64 now_ms, gint64 *out_ms)
{
    if (strcmp(text, "daily") == 0) {
        *out_ms = tg_zone_start_of_day_ms(zone, now_ms);
        return TRUE;
    }
    if (strcmp(text, "hourly") == 0) {
        *out_ms = tg_zone_start_of_hour_ms(zone, now_ms);
        return TRUE;
    }
    return tg_zone_parse_local(zone, text, out_ms) || tg_zone_parse_time(text, out_ms);
}

/* The schedule's last time; FALSE without an error when there is none. A schedule that cannot be
 * read counts as none for `last` (case s12). */
static gboolean session_of_schedule(const TgSessionChoice *choice, gint64 now_ms, gint64 *out_ms,
                                    GError **error)
{
    g_autoptr(TgSchedule) schedule =
        choice->schedule == NULL ? NULL : tg_schedule_parse(choice->schedule, choice->zone, error);
    TgScheduleTime time = {0};

    if (schedule == NULL || !tg_schedule_last(schedule, now_ms, &time)) {
        return FALSE;
    }
    *out_ms = time.session_ms;
    return TRUE;
}

static void session_of_last(const TgSessionChoice *choice, gint64 now_ms, gint64 *out_ms,
                            char **out_note)
{
    const char *note = "Reusing the last session time %s.";

    if (!tg_status_folder_find_last(choice->status_root, choice->workflow_name, out_ms)) {
        note = "Using a new session time %s based on schedule.";
        if (!session_of_schedule(choice, now_ms, out_ms, NULL)) {
            note = "Using a new session time %s.";
            *out_ms = tg_zone_start_of_day_ms(choice->zone, now_ms);
        }
    }
    g_autofree char *shown = tg_zone_format(choice->zone, *out_ms, TG_ZONE_TIME);
    g_auto(GStrv) around = g_strsplit(note, "%s", 2);

    *out_note = g_strconcat(around[0], shown, around[1], NULL);
}

gboolean tg_run_options_session(const TgSessionChoice *choice, gint64 *out_ms, char **out_note,
                                GError **error)
{
    const char *text = choice->text == NULL ? "last" : choice->text;
    gint64 now_ms = tg_clock_now_ms();
    g_autoptr(GError) problem = NULL;

    *out_note = NULL;
    if (strcmp(text, "last") == 0) {
        session_of_last(choice, now_ms, out_ms, out_note);
        return TRUE;
    }
    if (strcmp(text, "schedule") == 0) {
        if (session_of_schedule(choice, now_ms, out_ms, &problem)) {
            return TRUE;
        }
        if (problem != NULL) {
            g_propagate_error(error, g_steal_pointer(&problem));
        } else {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "--session schedule is set but schedule is not set to this workflow.");
        }
        return FALSE;
    }
    if (!session_of_text(text, choice->zone, now_ms, out_ms)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "--session must be hourly, daily, last, schedule, \"yyyy-MM-dd\", or "
                    "\"yyyy-MM-dd HH:mm:SS\" format: %s",
                    text);
        return FALSE;
    }
    return TRUE;
}

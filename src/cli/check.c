/* tegaru check: reads and compiles workflows without running anything. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/workflow_file.h"
#include "params/params.h"
#include "params/yaml_write.h"
#include "project/project.h"
#include "schedule/schedule.h"
#include "schedule/zone.h"
#include "workflow/graph.h"

/* One workflow that compiles; its schedule, when it has one. */
typedef struct {
    const TgWorkflowFile *workflow;
    guint tasks;
    gboolean has_schedule;
    TgScheduleTime first;
} Checked;

static gboolean check_schedule(const TgWorkflowFile *workflow, GTimeZone *zone, Checked *out,
                               GError **error)
{
    const json_t *config = json_object_get(workflow->config, "schedule");
    g_autoptr(GError) problem = NULL;
    g_autoptr(TgSchedule) schedule = NULL;

    if (config == NULL) {
        return TRUE;
    }
    schedule = tg_schedule_parse(config, zone, &problem);
    if (schedule == NULL) {
        tg_yaml_error(workflow->yaml, "schedule", error, "%s", problem->message);
        return FALSE;
    }
    out->has_schedule = TRUE;
    g_autofree char *unused = tg_schedule_unused_keys(config);

    if (unused != NULL) {
        (void)fprintf(stderr, "%s: %s\n", workflow->path, unused);
    }
    if (!tg_schedule_first(schedule, tg_clock_now_ms(), &out->first)) {
        out->first = (TgScheduleTime){-1, -1}; /* it has ended */
    }
    return TRUE;
}

static gboolean check_workflow(const TgWorkflowFile *workflow, Checked *out, GError **error)
{
    g_autoptr(TgGraph) graph = tg_cli_workflow_compile(workflow, error);
    g_autoptr(GTimeZone) zone = NULL;

    if (graph == NULL) {
        return FALSE;
    }
    zone = tg_zone_new(workflow->timezone, error);
    out->workflow = workflow;
    out->tasks = graph->tasks->len;
    return zone != NULL && check_schedule(workflow, zone, out, error);
}

static void print_indented(const char *text, const char *indent)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        if (*lines[i] != '\0') {
            (void)printf("%s%s\n", indent, lines[i]);
        }
    }
}

static void print_schedule(const Checked *checked)
{
    g_autoptr(GTimeZone) zone = tg_zone_new(checked->workflow->timezone, NULL);
    g_autofree char *config = tg_yaml_write(json_object_get(checked->workflow->config, "schedule"));

    (void)printf("    %s:\n", checked->workflow->name);
    print_indented(config, "      ");
    if (checked->first.session_ms == -1) {
        (void)puts("      ended: no session follows");
        return;
    }
    g_autofree char *session = tg_zone_format(zone, checked->first.session_ms, TG_ZONE_TIME);
    g_autofree char *run = tg_zone_format(zone, checked->first.run_ms, TG_ZONE_TIME);

    (void)printf("      first session time: %s\n      first scheduled to run at: %s\n", session,
                 run);
}

static void print_text(const GArray *all, const json_t *params)
{
    g_autofree char *shown = tg_yaml_write(params);
    guint schedules = 0;

    (void)printf("  System default timezone: UTC\n\n  Definitions (%u workflows):\n", all->len);
    for (guint i = 0; i < all->len; i++) {
        const Checked *one = &g_array_index(all, Checked, i);

        (void)printf("    %s (%u tasks)\n", one->workflow->name, one->tasks);
        schedules += one->has_schedule ? 1 : 0;
    }
    (void)printf("\n  Parameters:\n");
    print_indented(shown, "    ");
    (void)printf("\n  Schedules (%u entries):\n", schedules);
    for (guint i = 0; i < all->len; i++) {
        const Checked *one = &g_array_index(all, Checked, i);

        if (one->has_schedule) {
            print_schedule(one);
        }
    }
    (void)printf("\n");
}

static void print_json(const GArray *all)
{
    g_autoptr(json_t) list = json_array();

    for (guint i = 0; i < all->len; i++) {
        const Checked *one = &g_array_index(all, Checked, i);
        g_autoptr(GTimeZone) zone = tg_zone_new(one->workflow->timezone, NULL);
        json_t *entry = json_pack("{s:s, s:i, s:s}", "workflow", one->workflow->name, "tasks",
                                  (int)one->tasks, "timezone", one->workflow->timezone);

        if (one->has_schedule && one->first.session_ms != -1) {
            g_autofree char *session = tg_zone_format(zone, one->first.session_ms, TG_ZONE_TIME);
            g_autofree char *run = tg_zone_format(zone, one->first.run_ms, TG_ZONE_TIME);

            json_object_set_new(entry, "next_session_time", json_string(session));
            json_object_set_new(entry, "next_run_time", json_string(run));
        }
        json_array_append_new(list, entry);
    }
    g_autofree char *text = json_dumps(list, JSON_INDENT(2));

    (void)puts(text);
}

/* Checks all, or the one named; every problem is told, not only the first. */
static int check_all(const TgCli *cli, const TgProject *project, const char *only, GArray *all)
{
    int status = 0;

    for (guint i = 0; i < project->workflows->len; i++) {
        const TgWorkflowFile *workflow = project->workflows->pdata[i];
        g_autoptr(GError) error = NULL;
        Checked checked = {0};

        if (only != NULL && strcmp(only, workflow->name) != 0) {
            continue;
        }
        if (check_workflow(workflow, &checked, &error)) {
            g_array_append_val(all, checked);
        } else {
            status = tg_cli_fail(cli, g_steal_pointer(&error));
        }
    }
    return status;
}

static int check_run(const TgCli *cli, int argc, char **argv)
{
    g_autofree char *folder = NULL;
    gboolean as_json = FALSE;
    g_auto(GStrv) params = NULL;
    g_auto(GStrv) files = NULL;
    const GOptionEntry entries[] = {
        {"project", 0, 0, G_OPTION_ARG_FILENAME, &folder, "The project's folder", "DIR"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {"param", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &params, "A parameter", "KEY=VALUE"},
        {"params-file", 'P', 0, G_OPTION_ARG_FILENAME_ARRAY, &files, "Parameters from a file",
         "FILE"},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Checked));
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) no_params = json_object();
    int status = 0;

    const TgCliHelp help = {"[WORKFLOW[.dig]]", NULL};

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    g_autoptr(TgProject) project = tg_project_load(folder == NULL ? "." : folder, &error);

    if (project == NULL) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    g_autofree char *only = argc < 2 ? NULL
                            : g_str_has_suffix(argv[1], ".dig")
                                ? g_strndup(argv[1], strlen(argv[1]) - strlen(".dig"))
                                : g_strdup(argv[1]);

    /* Digdag checks nothing, and says so, when the name is unknown; tegaru calls it a mistake. */
    if (only != NULL && cli->program == TG_PROGRAM_TEGARU &&
        tg_project_find(project, only, &error) == NULL) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    status = check_all(cli, project, only, all);
    if (status == 0 && as_json) {
        print_json(all);
    } else if (status == 0) {
        print_text(all, no_params);
    }
    return status;
}

const TgCommand tg_command_check = {
    .name = "check", .summary = "Check workflows without running them", .run = check_run};

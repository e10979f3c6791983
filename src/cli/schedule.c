/* tegaru schedule: what the schedules of a workflow mean. */
#include "schedule/schedule.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/command.h"
#include "params/params.h"
#include "project/project.h"
#include "schedule/explain.h"
#include "schedule/sla.h"
#include "schedule/zone.h"

#define COUNT_MAX 10000

static const char description[] =
    "Examples:\n"
    "  tegaru schedule explain main.dig                     the next ten sessions\n"
    "  tegaru schedule explain main.dig --from 2026-03-27   those around a change of clocks\n";

/* What is explained. */
typedef struct {
    const TgWorkflowFile *workflow;
    const json_t *config;
    TgSchedule *schedule;
    GTimeZone *zone;
    gboolean has_sla;
    TgSla sla;
    gint64 from_ms;
    gint count;
} Explained;

static void explained_clear(Explained *explained)
{
    tg_schedule_free(explained->schedule);
    g_clear_pointer(&explained->zone, g_time_zone_unref);
    tg_sla_clear(&explained->sla);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Explained, explained_clear)

static gboolean explained_read(Explained *out, const char *from, GError **error)
{
    const TgWorkflowFile *workflow = out->workflow;
    const json_t *sla = json_object_get(workflow->config, "sla");
    g_autoptr(GError) problem = NULL;
    TgScheduleSkip skip = {0};

    out->config = json_object_get(workflow->config, "schedule");
    out->zone = tg_zone_new(workflow->timezone, error);
    if (out->zone == NULL) {
        return FALSE;
    }
    if (out->config == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "%s has no schedule: write `schedule: {daily>: 07:00:00}` at its top",
                    workflow->path);
        return FALSE;
    }
    out->schedule = tg_schedule_parse(out->config, out->zone, &problem);
    if (out->schedule == NULL || !tg_schedule_parse_skip(out->config, &skip, &problem)) {
        tg_yaml_error(workflow->yaml, "schedule", error, "%s", problem->message);
        return FALSE;
    }
    if (sla != NULL && !tg_sla_parse(sla, &out->sla, &problem)) {
        tg_yaml_error(workflow->yaml, "sla", error, "%s", problem->message);
        return FALSE;
    }
    out->has_sla = sla != NULL;
    out->from_ms = tg_clock_now_ms();
    if (from != NULL && !tg_zone_parse_local(out->zone, from, &out->from_ms) &&
        !tg_zone_parse_time(from, &out->from_ms)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "--from %s: write it as 2026-03-29, \"2026-03-29 01:00:00\" or with an offset",
                    from);
        return FALSE;
    }
    return TRUE;
}

static char *utc_of(gint64 at_ms)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();

    return tg_zone_format(utc, at_ms, TG_ZONE_TIME);
}

static json_t *session_json(const Explained *explained, const TgScheduleTime *previous,
                            const TgScheduleTime *time)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    TgZoneClock clock = tg_zone_clock(explained->zone, time->session_ms / 1000);
    g_autofree char *session = tg_zone_format(explained->zone, time->session_ms, TG_ZONE_TIME);
    g_autofree char *run = tg_zone_format(explained->zone, time->run_ms, TG_ZONE_TIME);
    g_autofree char *session_utc = utc_of(time->session_ms);
    g_autofree char *run_utc = utc_of(time->run_ms);
    g_autoptr(GPtrArray) notes =
        tg_schedule_notes(explained->config, explained->schedule, previous, time);
    json_t *entry = json_pack("{s:s, s:s, s:s, s:s, s:s, s:[]}", "session_time", session, "weekday",
                              days[tg_zone_clock_weekday(&clock)], "run_time", run,
                              "session_time_utc", session_utc, "run_time_utc", run_utc, "notes");

    for (guint i = 0; i < notes->len; i++) {
        json_array_append_new(json_object_get(entry, "notes"), json_string(notes->pdata[i]));
    }
    if (explained->has_sla) {
        g_autofree char *due = tg_zone_format(
            explained->zone, tg_sla_due_ms(&explained->sla, time->run_ms, explained->zone),
            TG_ZONE_TIME);

        json_object_set_new(entry, "sla_time", json_string(due));
    }
    return entry;
}

static json_t *sessions_json(const Explained *explained)
{
    json_t *list = json_array();
    TgScheduleTime previous = {0};
    TgScheduleTime time = {0};
    gboolean found = tg_schedule_first(explained->schedule, explained->from_ms, &time);

    for (gint i = 0; i < explained->count && found; i++) {
        json_array_append_new(list, session_json(explained, i == 0 ? NULL : &previous, &time));
        previous = time;
        found = tg_schedule_next(explained->schedule, time.session_ms, &time);
    }
    return list;
}

static const char *text_of(const json_t *entry, const char *key)
{
    return json_string_value(json_object_get(entry, key));
}

static void print_text(const Explained *explained, const json_t *sessions, const char *meaning)
{
    json_t *entry = NULL;
    gsize i = 0;

    (void)printf("%s (%s)\n  %s\n", explained->workflow->path, explained->workflow->timezone,
                 meaning);
    if (explained->has_sla) {
        g_autofree char *sla = tg_sla_explain(&explained->sla);

        (void)printf("  %s\n", sla);
    }
    if (json_array_size(sessions) == 0) {
        (void)puts("\n  No session follows.");
        return;
    }
    (void)printf("\n  %-3s  %-25s  %-25s  %s\n", "", "session", "runs", "runs (UTC)");
    json_array_foreach (sessions, i, entry) {
        const json_t *notes = json_object_get(entry, "notes");
        json_t *note = NULL;
        gsize n = 0;

        (void)printf("  %s  %s  %s  %.19sZ\n", text_of(entry, "weekday"),
                     text_of(entry, "session_time"), text_of(entry, "run_time"),
                     text_of(entry, "run_time_utc"));
        json_array_foreach (notes, n, note) {
            (void)printf("       ! %s\n", json_string_value(note));
        }
    }
}

static int explain(const TgCli *cli, const TgProject *project, const char *name,
                   Explained *explained, const char *from, gboolean as_json)
{
    GError *error = NULL;

    explained->workflow = tg_project_find(project, name, &error);
    if (explained->workflow == NULL || !explained_read(explained, from, &error)) {
        return tg_cli_fail(cli, error);
    }
    g_autofree char *unused = tg_schedule_unused_keys(explained->config);
    g_autofree char *meaning = tg_schedule_explain(explained->config, explained->schedule);
    g_autoptr(json_t) sessions = sessions_json(explained);

    if (unused != NULL) {
        (void)fprintf(stderr, "%s: %s\n", explained->workflow->path, unused);
    }
    if (as_json) {
        g_autoptr(json_t) all =
            json_pack("{s:s, s:s, s:s, s:O}", "workflow", name, "timezone",
                      explained->workflow->timezone, "meaning", meaning, "sessions", sessions);
        g_autofree char *text = json_dumps(all, JSON_INDENT(2));

        (void)puts(text);
    } else {
        print_text(explained, sessions, meaning);
    }
    return 0;
}

static int schedule_run(const TgCli *cli, int argc, char **argv)
{
    g_autofree char *folder = NULL;
    g_autofree char *from = NULL;
    gboolean as_json = FALSE;
    g_auto(Explained) explained = {.count = 10};
    const GOptionEntry entries[] = {
        {"count", 'n', 0, G_OPTION_ARG_INT, &explained.count, "How many sessions (10)", "N"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &from, "From this time on (now)", "TIME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {"project", 0, 0, G_OPTION_ARG_FILENAME, &folder, "The project's folder", "DIR"},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GError) error = NULL;
    int status = 0;
    const TgCliHelp help = {"explain WORKFLOW[.dig]", description};

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    if (argc != 3 || strcmp(argv[1], "explain") != 0) {
        return tg_cli_usage(cli, "schedule: write `%s schedule explain main.dig`",
                            cli->program_name);
    }
    if (explained.count < 1 || explained.count > COUNT_MAX) {
        return tg_cli_usage(cli, "--count must be 1 to %d", COUNT_MAX);
    }
    g_autofree char *above = g_path_get_dirname(argv[2]);
    g_autofree char *base = g_path_get_basename(argv[2]);
    g_autofree char *name = g_str_has_suffix(base, ".dig")
                                ? g_strndup(base, strlen(base) - strlen(".dig"))
                                : g_strdup(base);
    g_autoptr(TgProject) project = tg_project_load(folder == NULL ? above : folder, &error);

    if (project == NULL) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    return explain(cli, project, name, &explained, from, as_json);
}

const TgCommand tg_command_schedule = {.name = "schedule",
                                       .summary = "Tell when a workflow's sessions are",
                                       .words = "explain",
                                       .run = schedule_run};

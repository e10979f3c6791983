/* The first half of `run`, which `plan` shares. */
#include "cli/run_setup.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "cli/config.h"
#include "cli/run_required.h"
#include "cli/workflow_file.h"
#include "executor/selection.h"
#include "params/params.h"
#include "schedule/zone.h"

void tg_run_setup_clear(TgRunSetup *run)
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
    tg_sla_clear(&run->sla);
}

static gboolean compile(TgRunSetup *run, GError **error)
{
    guint index = 0;

    run->graph = tg_cli_workflow_compile(run->workflow, error);
    if (run->graph == NULL) {
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

static gboolean find_index(const TgRunSetup *run, const char *pattern, guint *out, GError **error)
{
    return tg_selection_find(run->graph, pattern, out, error);
}

/* --rerun, --start, --goal, --end. */
static gboolean select_tasks(TgRunSetup *run, GError **error)
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
static void set_schedule_params(const TgRunSetup *run)
{
    g_autoptr(GError) problem = NULL;

    tg_run_set_schedule_params(run->params, json_object_get(run->workflow->config, "schedule"),
                               &run->identity, &problem);
    if (problem != NULL) {
        tg_run_display_warn(run->display, NULL, problem->message);
    }
}

static gboolean choose_session(TgRunSetup *run, GError **error)
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
static char *status_root_of(const TgRunSetup *run)
{
    if (run->options->save_folder != NULL) {
        return g_canonicalize_filename(run->options->save_folder, run->project->folder);
    }
    return run->cli->program == TG_PROGRAM_DIGDAG
               ? g_build_filename(run->project->folder, ".digdag", "status", NULL)
               : g_build_filename(run->state->folder, "status", NULL);
}

/* Plug-ins that the real Digdag would load: which are built in, and which cannot run. */
static void tell_of_plugins(const TgRunSetup *run)
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

/* Only attempts of the scheduler are watched, as in Digdag. */
static gboolean read_sla(TgRunSetup *run, GError **error)
{
    const json_t *config = json_object_get(run->workflow->config, "sla");
    g_autoptr(GError) problem = NULL;

    if (config == NULL || run->options->scheduled_at_ms == 0) {
        return TRUE;
    }
    run->has_sla = tg_sla_parse(config, &run->sla, &problem);
    if (!run->has_sla) {
        tg_yaml_error(run->workflow->yaml, "sla", error, "%s", problem->message);
    }
    return run->has_sla;
}

gboolean tg_run_setup_prepare(TgRunSetup *run, GError **error)
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
    return choose_session(run, error) && select_tasks(run, error) && read_sla(run, error);
}

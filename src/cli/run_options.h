/* The command line of `run`. */
#pragma once

#include <jansson.h>

#include "cli/command.h"
#include "project/project.h"

typedef struct {
    char *project_folder;
    char *workflow_name;
    char *task_pattern; /* "+task" after the workflow, or NULL */
    gboolean rerun;
    char *start;
    char *goal;
    char *end;
    char *save_folder; /* relative to the project; NULL: the default */
    gboolean no_save;
    char **params; /* "k=v" */
    char **param_files;
    char *session;
    gboolean dry_run;
    gboolean show_params;
    gboolean is_json;
    gboolean is_quiet;
    char *timezone;
    int threads_max;
    char *log_level;
    char *log_file;
    char *task_log;         /* accepted for Digdag's sake */
    gint64 scheduled_at_ms; /* when the scheduler was to start it: then `sla:` counts; else 0 */
    char *config_file;
    char **system_properties;
} TgRunOptions;

/* Parses; FALSE when the program should exit with *out_status (also after --help). */
gboolean tg_run_options_parse(const TgCli *cli, int argc, char **argv, TgRunOptions *out,
                              int *out_status);
void tg_run_options_clear(TgRunOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgRunOptions, tg_run_options_clear)

/* Parameters: `params.*` of the system configuration, -P files (typed), -p (always text), in this
 * order. A new reference. Digdag's Arguments.java. */
json_t *tg_run_options_params(const json_t *system_config, char *const *files, char *const *pairs,
                              GError **error);

/* How a session time is chosen; lent. */
typedef struct {
    const char *text; /* `--session`: last, schedule, daily, hourly, "yyyy-MM-dd[ HH:mm:ss]", or an
                         instant with offset; NULL: last */
    const char *workflow_name;
    const char *status_root; /* where earlier runs kept their state */
    GTimeZone *zone;         /* of the workflow */
    const json_t *schedule;  /* `schedule:` of the workflow; NULL: none */
} TgSessionChoice;

/**
 * The session time.
 *
 * @out_note a line that says which was chosen, or NULL; the caller frees
 */
gboolean tg_run_options_session(const TgSessionChoice *choice, gint64 *out_ms, char **out_note,
                                GError **error);

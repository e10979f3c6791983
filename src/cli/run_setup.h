/* From the command line to a run that could start: project, tasks, session, saved states. */
#pragma once

#include "base/redact.h"
#include "cli/run_display.h"
#include "cli/run_options.h"
#include "cli/state.h"
#include "project/project.h"
#include "schedule/sla.h"
#include "store/status_folder.h"
#include "workflow/builtins.h"
#include "workflow/graph.h"

/* All that a run needs; `cli` and `options` are lent and set before it is prepared. */
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
    gboolean has_sla; /* the scheduler started it, and the workflow has `sla:` */
    TgSla sla;
} TgRunSetup;

/* Fills in all but `cli` and `options`. Writes nothing. */
gboolean tg_run_setup_prepare(TgRunSetup *run, GError **error);
void tg_run_setup_clear(TgRunSetup *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgRunSetup, tg_run_setup_clear)

/* Attempts that require> starts beside the one that was asked for: each in a thread of its own,
 * known by workflow, session time and name of the retry. */
#pragma once

#include "executor/local_run.h"
#include "operators/services.h"
#include "project/project.h"

typedef struct TgRunRequired TgRunRequired;

/**
 * @run how the first attempt runs: its operators, watcher and limits hold for the others, too; lent
 * @project where workflows are found; lent
 * @params of every attempt, as -p gave them; lent
 */
TgRunRequired *tg_run_required_new(const TgLocalRun *run, const TgProject *project,
                                   const char *workflow_name, const json_t *params);

/* Waits for all that still runs. */
void tg_run_required_free(TgRunRequired *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgRunRequired, tg_run_required_free)

/* last_session_time and next_session_time, when the workflow has a schedule that can be read; an
 * error only tells that it cannot. */
void tg_run_set_schedule_params(json_t *params, const json_t *schedule_config,
                                const TgAttemptIdentity *identity, GError **error);

/* As TgServices.start_session. */
gboolean tg_run_required_start(TgRunRequired *self, const TgSessionRequest *request,
                               TgSessionAnswer *out, GError **error);

/* One turn of one task: templates filled in, operator run, outcome. Runs in a worker thread. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/redact.h"
#include "workflow/builtins.h"
#include "workflow/operator.h"

/* What a turn may use; lent, the same for all turns of a run. */
typedef struct {
    const TgAttemptIdentity *identity;
    const json_t *session_builtins;     /* tg_builtins_of_session, made once for all */
    const TgOperator *const *operators; /* NULL-terminated */
    const TgOperator *external; /* runs types that are not in the table; NULL: there are none */
    TgServices *services;
    TgRedactor *redactor;       /* takes secrets out of messages and receipts; may be NULL */
    const char *project_folder; /* absolute */
    gboolean dry_run;           /* fill in templates, run nothing */
    gboolean show_params;       /* tell about the filled-in parameters */

    /* Tell whoever watches; called from worker threads. */
    void (*starts)(gpointer data, const char *task_name, const char *type, const json_t *command);
    void (*warns)(gpointer data, const char *task_name, const char *message);
    void (*shows_params)(gpointer data, const char *task_name, const json_t *params);
    gpointer data;
} TgTurnContext;

typedef enum { TG_TURN_DONE, TG_TURN_AGAIN, TG_TURN_FAILED } TgTurnEnd;

/* One turn: what goes in, and what came out. */
typedef struct {
    const TgTurnContext *context;
    guint task_id;
    char *task_name;
    json_t *params;   /* what the task sees: tg_attempt_collect_params */
    json_t *local;    /* its own keys as written */
    json_t *state;    /* from its turn before; an object */
    gboolean is_stop; /* the task was cancelled while something of it runs elsewhere: its operator
                         is called once more to stop that */

    TgTurnEnd end;
    gint64 again_at_ms; /* AGAIN */
    char *message;      /* FAILED, and AGAIN after a failure that is retried */
    TgErrorCode code;   /* FAILED */
    json_t *store;      /* results as in TgTurn; each may be NULL */
    json_t *reset_store;
    json_t *export;
    json_t *subtasks;
    json_t *receipt;
} TgTurnJob;

/* @take_params, @take_local, @state: see the struct; `state` is copied and may be NULL */
TgTurnJob *tg_turn_job_new(const TgTurnContext *context, guint task_id, const char *task_name,
                           json_t *take_params, json_t *take_local, const json_t *state);
void tg_turn_job_free(TgTurnJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgTurnJob, tg_turn_job_free)

/* The folder of a task: the project's, or `_workdir` of a called workflow below it. The caller
 * frees. */
char *tg_turn_work_folder(const char *project_folder, const json_t *params);

/* Runs it and fills in the second half. Digdag's OperatorManager.java. */
void tg_turn_job_run(TgTurnJob *job);

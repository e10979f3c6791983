/* One attempt of a workflow as a pure state machine: no clock, no I/O, no thread. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "workflow/graph.h"

/* States of a task; names and numbers are Digdag's (TaskStateCode.java). */
typedef enum {
    TG_TASK_BLOCKED = 0,             /* waits for upstreams or for its parent */
    TG_TASK_READY = 1,               /* may be run now */
    TG_TASK_RETRY_WAITING = 2,       /* runs again at retry_at_ms */
    TG_TASK_GROUP_RETRY_WAITING = 3, /* its children start anew at retry_at_ms */
    TG_TASK_RUNNING = 4,             /* handed out by tg_attempt_take_ready */
    TG_TASK_PLANNED = 5,             /* itself done or a group; its children go on */
    TG_TASK_GROUP_ERROR = 6,         /* a child failed */
    TG_TASK_SUCCESS = 7,
    TG_TASK_ERROR = 8,
    TG_TASK_CANCELED = 9
} TgTaskState;

/* One task in its present state. Read-only outside attempt*.c. */
typedef struct {
    guint id;      /* from 0, the root; children have larger ids */
    int parent_id; /* -1: the root */
    char *full_name;
    gboolean is_group;
    gboolean is_superseded; /* a group retry made a newer copy of it */
    TgTaskState state;
    gboolean error_delayed; /* ends in ERROR (GROUP_ERROR for a group) once its ^error is done */
    json_t *local;          /* as written, without _export */
    json_t *export;         /* its _export */
    json_t *runtime_export; /* exported by its operator; NULL: nothing */
    json_t *store;          /* stored by its operator; NULL: nothing */
    json_t *reset_store;    /* list of keys removed before storing; NULL: none */
    json_t *state_params;   /* kept between its turns; NULL at first */
    json_t *error;          /* why it failed: {"message": …}; NULL */
    json_t *receipt;        /* proof of what it changed; NULL: it changes no data */
    gint64 retry_at_ms;     /* in the WAITING states; Unix time */
    GArray *upstreams;      /* of guint ids */
    GArray *downstreams;    /* of guint ids */
    GArray *children;       /* of guint ids, oldest first */
    guint upstreams_open;   /* upstreams that are not SUCCESS yet */
    guint children_active;  /* children that run or could */
    gboolean tree_stores;   /* it or a descendant has store or reset_store */
} TgTask;

/* What a successful turn gives. All members may be NULL; they are shared and must not change. */
typedef struct {
    const json_t *subtasks;    /* a map of tasks, run below ^sub */
    const json_t *store;       /* parameters for all later tasks */
    const json_t *reset_store; /* list of keys to remove first; "a.b" is b in the map a */
    const json_t *export;      /* parameters for its subtasks */
    const json_t *receipt;
} TgTaskResult;

typedef struct TgAttempt TgAttempt;

/**
 * A new attempt: the root is ready to be started by the first tick.
 *
 * @params parameters of the attempt (-p, start params); copied
 * @tasks_max more tasks than this fail the task that adds them (Digdag: 1000); 0: no limit
 */
TgAttempt *tg_attempt_new(const TgGraph *graph, const json_t *params, guint tasks_max,
                          GError **error);
void tg_attempt_free(TgAttempt *attempt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgAttempt, tg_attempt_free)

/* Hands out the next task to run, which is RUNNING from now on; FALSE: none at present. */
gboolean tg_attempt_take_ready(TgAttempt *attempt, guint *out_id);

/* Whether tg_attempt_take_ready would hand one out. */
gboolean tg_attempt_has_ready(const TgAttempt *attempt);

/* Events on a RUNNING task; on any other they are ignored (a stale answer). */

/* It succeeded. Subtasks or a `_check` that do not compile, or too many, make it fail instead. */
void tg_attempt_succeed(TgAttempt *attempt, guint id, const TgTaskResult *result);

/* It failed for good. `error` {"message": …} is copied. `_error` tasks start. */
void tg_attempt_fail(TgAttempt *attempt, guint id, const json_t *error);

/* It wants another turn at at_ms, with this state (copied; NULL: keeps what it had). */
void tg_attempt_wait(TgAttempt *attempt, guint id, const json_t *state, gint64 at_ms);

/* Lets time pass: waiting tasks that are due become READY. Call once at the start, too. */
void tg_attempt_tick(TgAttempt *attempt, gint64 now_ms);

/* When the next waiting task is due; G_MAXINT64: none waits. */
gint64 tg_attempt_next_due_ms(const TgAttempt *attempt);

/**
 * Adds a task below the root while the attempt runs (`sla:`), also beyond the limit of tasks. On a
 * done attempt nothing happens. The attempt ends only when the task has, and fails with it.
 *
 * @name "^sla"
 */
gboolean tg_attempt_add_monitor(TgAttempt *attempt, const char *name, const json_t *config,
                                GError **error);

/* Stops: what does not run is CANCELED now, what runs when its turn ends. */
void tg_attempt_cancel(TgAttempt *attempt);

gboolean tg_attempt_is_done(const TgAttempt *attempt);
gboolean tg_attempt_is_success(const TgAttempt *attempt);
gboolean tg_attempt_is_cancelled(const TgAttempt *attempt);

/* All tasks by id, also finished and superseded ones. Lent. */
guint tg_attempt_task_count(const TgAttempt *attempt);
const TgTask *tg_attempt_task(const TgAttempt *attempt, guint id);

/* The next task whose state changed since it was last told, in the order of the changes. */
gboolean tg_attempt_take_changed(TgAttempt *attempt, guint *out_id);

/**
 * The parameters a task sees, without its own local keys: those of the attempt, then exports of its
 * ancestors and what tasks before it stored, from far to near, then its own `_export`. Digdag's
 * WorkflowExecutor.collectParams and TaskTree.java.
 *
 * @return a new reference
 */
json_t *tg_attempt_collect_params(const TgAttempt *attempt, guint id);

/* Whether the state is one that nothing follows. */
gboolean tg_task_state_is_done(TgTaskState state);

/* Digdag's name: "blocked", "group_error", … Static. */
const char *tg_task_state_name(TgTaskState state);

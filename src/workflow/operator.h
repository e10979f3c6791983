/* What `name>:` does in a workflow: the interface that each file in operators/ fills. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"

/* Of one turn that did not fail. */
typedef enum {
    TG_OUTCOME_DONE, /* success; results stand in the turn */
    TG_OUTCOME_POLL  /* call again at poll_at_ms with the state */
} TgOutcome;

/* What operators share: files, catalog, engine, output. Defined in operators/services.h; the
 * workflow only passes it through. */
typedef struct TgServices TgServices;

/* One turn of one task; it borrows all it points to but the results. */
typedef struct {
    const json_t *params;    /* options with templates filled in; "_command" is what follows `>` */
    const json_t *local;     /* the task's own keys as written; their values stand in params */
    const json_t *scope;     /* what templates in files see: all parameters but the task's own */
    const char *task_name;   /* "+main+a" */
    const char *timezone;    /* of the workflow */
    const char *work_folder; /* relative paths of the task start here (absolute) */
    gint64 now_ms;           /* Unix time; operators never read a clock */
    gboolean is_cancelled;   /* only stop what runs elsewhere (a query), as the state tells */
    TgServices *services;

    /* Kept between turns; an object, empty on the first; change it in place. With a key "running",
     * a text, the state is saved whenever that changes, so that another process goes on with it
     * after a crash, and there is a last turn with is_cancelled when the task is stopped. */
    json_t *state;
    gint64 poll_at_ms; /* set by the operator together with TG_OUTCOME_POLL */

    /* Results of DONE; each NULL or a new reference that the caller takes. */
    json_t *store;       /* parameters for all later tasks */
    json_t *reset_store; /* list of keys that are removed before storing */
    json_t *export;      /* parameters for the subtasks */
    json_t *subtasks;    /* a map of tasks that run below ^sub */
    json_t *receipt;     /* proof of what was changed: rows, bytes, objects, table version */
} TgTurn;

/**
 * An operator. run() takes one turn and blocks for one request at most; it may be called from any
 * thread, and again after a crash, so repeating an effect must change nothing. Success stores DONE
 * or POLL in *out. Failure is TG_ERROR_CONFIG (the workflow must change) or any other code;
 * `_retry` applies to all when retries is TRUE.
 */
typedef struct {
    const char *name;           /* as written before `>`, for example "athena.ctas" */
    const char *help;           /* one sentence */
    const char *const *options; /* the keys it reads beside `_command`, NULL-terminated, or NULL:
                                   any key is fine (they are passed on, as sh> does) */
    gboolean honours_retry;     /* Digdag's BaseOperator does, if> and echo> do not */
    gboolean is_instant;        /* it never waits for anything: no thread is needed for its turn */
    gboolean (*run)(TgTurn *turn, TgOutcome *out, GError **error);
} TgOperator;

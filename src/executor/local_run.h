/* Runs one attempt of a workflow on this machine: the loop behind `tegaru run`. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "executor/turn.h"
#include "schedule/sla.h"
#include "store/status_folder.h"
#include "workflow/attempt.h"

/* What happened to a task, for whoever watches. */
typedef enum {
    TG_RUN_REUSED,  /* its result of an earlier run was taken */
    TG_RUN_AGAIN,   /* it has one that no longer holds: the message says why */
    TG_RUN_SKIPPED, /* left out by --goal or --end */
    TG_RUN_RETRIES, /* failed and will run again */
    TG_RUN_ENDED    /* in a state that nothing follows */
} TgRunEvent;

/* All functions are called in the thread of tg_local_run. */
typedef struct {
    void (*happened)(gpointer data, const TgTask *task, TgRunEvent event, const char *message);
    void (*tick)(gpointer data); /* some ten times a second while tasks run */
    gboolean is_live;            /* the ticks matter: no task may run in the thread of the run */
    gpointer data;
} TgRunWatcher;

/* Everything is lent for the time of the run. */
typedef struct {
    const TgGraph *graph;
    const json_t *params; /* of the attempt */
    TgTurnContext turns;
    const TgStatusFolder *status; /* NULL: nothing is saved, nothing reused */
    GHashTable *run_names;        /* full names that run, others are skipped; NULL: all */
    GHashTable *reuse_names;      /* whose saved state is reused; NULL: all */
    gboolean is_like_digdag;      /* every saved state holds: without a look at what it depends
                                     on, and that of ^error, too */
    guint tasks_max;              /* 0: no limit */
    const TgSla *sla;             /* NULL: none */
    gint64 sla_due_ms;            /* when it is due */
    guint threads_max;            /* 0: as many as tasks are ready */
    const gint *is_cancelled;     /* looked at with g_atomic_int_get */
    TgRunWatcher watcher;
} TgLocalRun;

/**
 * Runs until all tasks are done. A task counts as successful only once its state, with its
 * receipt, is saved.
 *
 * @return the finished attempt; NULL when state cannot be saved or the workflow has too many tasks
 */
TgAttempt *tg_local_run(const TgLocalRun *run, GError **error);

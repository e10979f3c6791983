/* What the attempt*.c files share. */
#pragma once

#include "workflow/attempt.h"

struct TgAttempt {
    GPtrArray *tasks; /* of TgTask by id */
    json_t *params;
    guint tasks_max;
    GQueue ready;       /* ids as pointers */
    GQueue changed;     /* ids as pointers */
    GSequence *waiting; /* of Waiting, earliest first */
    GQueue groups;      /* ids of groups whose children may all be done */
    gboolean cancelled;
};

static inline TgTask *tg_attempt_at(const TgAttempt *attempt, guint id)
{
    return attempt->tasks->pdata[id];
}

/* Whether so many more tasks are allowed; else "Too many tasks". */
gboolean tg_attempt_check_limit(const TgAttempt *attempt, guint adding, GError **error);

/* Adds a compiled list below `parent`; the id of its first task. */
guint tg_attempt_add_graph(TgAttempt *attempt, const TgTask *parent, const TgGraph *graph);

/* Adds `config` as task `name` below `parent`, to wait for `upstream` (-1: for none). */
gboolean tg_attempt_add_generated(TgAttempt *attempt, TgTask *parent, const char *name,
                                  const json_t *config, int upstream, GError **error);

/* Copies a group's tasks as the definition has them; the copies run, the old ones stay to see. */
void tg_attempt_copy_for_retry(TgAttempt *attempt, TgTask *group);

/* Starts what may start of a task's children, from this place in its list on. */
void tg_attempt_start_children(TgAttempt *attempt, const TgTask *task, guint first);

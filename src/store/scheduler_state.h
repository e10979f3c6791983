/* Where the local scheduler stands: kept in .tegaru/scheduler, so that a restart neither loses nor
 * repeats a session. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "schedule/plan.h"

/* A session that was started and is not known to have ended. */
typedef struct {
    TgScheduleTime time;
    gint64 last_executed_ms; /* TG_PLAN_NEVER: none */
} TgSchedulerSession;

/* One workflow with a schedule. */
typedef struct {
    char *workflow;
    char *text; /* zone and schedule: when it changes the plan changes */
    TgPlan plan;
    GArray *open; /* of TgSchedulerSession, oldest first */
} TgSchedulerEntry;

typedef struct {
    char *path;
    GPtrArray *entries; /* of TgSchedulerEntry */
} TgSchedulerState;

/* Reads the file; a missing one is an empty state. A damaged or newer one is an error. */
TgSchedulerState *tg_scheduler_state_load(const char *path, GError **error);
void tg_scheduler_state_free(TgSchedulerState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgSchedulerState, tg_scheduler_state_free)

/* Writes it durably. */
gboolean tg_scheduler_state_save(const TgSchedulerState *state, GError **error);

/* The entry of a workflow, lent; NULL: none. */
TgSchedulerEntry *tg_scheduler_state_find(const TgSchedulerState *state, const char *workflow);

/* A new entry, lent. */
TgSchedulerEntry *tg_scheduler_state_add(TgSchedulerState *state, const char *workflow);

/* Forgets a workflow. */
void tg_scheduler_state_remove(TgSchedulerState *state, const char *workflow);

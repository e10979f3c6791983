/* What a scheduler does next with one workflow: pure, so that tests turn the clock. Digdag's
 * ScheduleExecutor.runSchedule and ProjectControl.updateSchedules. */
#pragma once

#include <glib.h>

#include "schedule/schedule.h"

#define TG_PLAN_NEVER G_MININT64

/* The place of a schedule: kept over restarts. */
typedef struct {
    gboolean has_next; /* FALSE: the schedule has ended */
    TgScheduleTime next;
    gint64 last_executed_ms; /* session time of the last one that was started, or TG_PLAN_NEVER */
} TgPlan;

typedef enum {
    TG_PLAN_START,
    TG_PLAN_SKIP_LATE,    /* skip_delayed_by */
    TG_PLAN_SKIP_OVERTIME /* skip_on_overtime */
} TgPlanAct;

typedef struct {
    TgPlanAct act;
    TgScheduleTime time;
    gint64 last_executed_ms; /* before this one: what last_executed_session_time tells */
} TgPlanCommand;

/* A schedule that is new: from now on. */
void tg_plan_begin(TgPlan *plan, const TgSchedule *schedule, gint64 now_ms);

/* A schedule whose text changed: after the last session that was started, or else from now on. */
void tg_plan_change(TgPlan *plan, const TgSchedule *schedule, gint64 now_ms);

/**
 * The next thing to do, when it is due; then the plan stands behind it. Call until FALSE: times
 * that were missed come one by one.
 *
 * @active how many attempts of the workflow run
 */
gboolean tg_plan_step(TgPlan *plan, const TgSchedule *schedule, const TgScheduleSkip *skip,
                      guint active, gint64 now_ms, TgPlanCommand *out);

/* The place of a schedule and how it moves. */
#include "schedule/plan.h"

void tg_plan_begin(TgPlan *plan, const TgSchedule *schedule, gint64 now_ms)
{
    plan->last_executed_ms = TG_PLAN_NEVER;
    plan->has_next = tg_schedule_first(schedule, now_ms, &plan->next);
}

void tg_plan_change(TgPlan *plan, const TgSchedule *schedule, gint64 now_ms)
{
    plan->has_next = plan->last_executed_ms == TG_PLAN_NEVER
                         ? tg_schedule_first(schedule, now_ms, &plan->next)
                         : tg_schedule_next(schedule, plan->last_executed_ms, &plan->next);
}

gboolean tg_plan_step(TgPlan *plan, const TgSchedule *schedule, const TgScheduleSkip *skip,
                      guint active, gint64 now_ms, TgPlanCommand *out)
{
    if (!plan->has_next || plan->next.run_ms > now_ms) {
        return FALSE;
    }
    *out = (TgPlanCommand){
        .act = TG_PLAN_START, .time = plan->next, .last_executed_ms = plan->last_executed_ms};
    if (skip->skip_delayed_ms >= 0 && now_ms > plan->next.run_ms + skip->skip_delayed_ms) {
        out->act = TG_PLAN_SKIP_LATE;
    } else if (skip->skip_on_overtime && active > 0) {
        out->act = TG_PLAN_SKIP_OVERTIME;
    } else {
        plan->last_executed_ms = plan->next.session_ms;
    }
    plan->has_next = tg_schedule_next(schedule, plan->next.session_ms, &plan->next);
    return TRUE;
}

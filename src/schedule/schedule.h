/* `schedule:` of a workflow: when sessions are due. Pure functions of an instant. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"

/* One session: the time that it is about, and when it runs. Unix time in milliseconds. */
typedef struct {
    gint64 session_ms;
    gint64 run_ms;
} TgScheduleTime;

typedef struct TgSchedule TgSchedule;

/**
 * Reads `schedule:`. Kinds: hourly> MM:SS, daily> HH:MM:SS, weekly> DDD,HH:MM:SS, monthly>
 * D,HH:MM:SS, minutes_interval> N, seconds_interval> N, cron> five fields; `delay` in seconds for
 * the last three. Facts: shared/spec/digdag.md (d).
 *
 * @config the map
 * @zone of the workflow; a reference is kept
 * @return NULL with TG_ERROR_CONFIG
 */
TgSchedule *tg_schedule_parse(const json_t *config, GTimeZone *zone, GError **error);
void tg_schedule_free(TgSchedule *schedule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgSchedule, tg_schedule_free)

/* The first session whose time is after the instant; FALSE when there is none (within ten years, or
 * before `end:`). */
gboolean tg_schedule_next(const TgSchedule *schedule, gint64 after_ms, TgScheduleTime *out);

/* The last session whose time is before the instant, without regard to start and end; FALSE as
 * above. */
gboolean tg_schedule_last(const TgSchedule *schedule, gint64 before_ms, TgScheduleTime *out);

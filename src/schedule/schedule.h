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
 * the last three; `start` and `end` but for seconds_interval. `_type: daily` with `at:` is the same
 * as `daily>:`. Facts: shared/spec/digdag.md (d), tests/cases/schedule.
 *
 * @config the map
 * @zone of the workflow; a reference is kept
 * @return NULL with TG_ERROR_CONFIG
 */
TgSchedule *tg_schedule_parse(const json_t *config, GTimeZone *zone, GError **error);
void tg_schedule_free(TgSchedule *schedule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgSchedule, tg_schedule_free)

/* What is wrong with keys that no scheduler reads ("Parameter 'strat' is not used …"); NULL when
 * all are read. The caller frees. */
char *tg_schedule_unused_keys(const json_t *config);

/* When a slot is left out. */
typedef struct {
    gboolean skip_on_overtime; /* while an attempt of the workflow runs */
    gint64 skip_delayed_ms;    /* when it would start later than this after its time; -1: never */
} TgScheduleSkip;

/* Reads skip_on_overtime and skip_delayed_by ("10m"). */
gboolean tg_schedule_parse_skip(const json_t *config, TgScheduleSkip *out, GError **error);

/* The zone, lent. */
GTimeZone *tg_schedule_zone(const TgSchedule *schedule);

/* The first session that runs at the instant or after it; FALSE when there is none (within a
 * hundred years, or before `end:`). */
gboolean tg_schedule_first(const TgSchedule *schedule, gint64 from_ms, TgScheduleTime *out);

/* The first session whose time is after the instant; FALSE as above. */
gboolean tg_schedule_next(const TgSchedule *schedule, gint64 after_ms, TgScheduleTime *out);

/* The last session whose time is before the instant, without regard to start and end; FALSE as
 * above. */
gboolean tg_schedule_last(const TgSchedule *schedule, gint64 before_ms, TgScheduleTime *out);

/* The kinds by number, from 0: "hourly", …; NULL after the last. Static. */
const char *tg_schedule_kind_name(guint index);

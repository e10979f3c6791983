/* A schedule in plain words, and what is odd about one of its sessions. Pure functions. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "schedule/schedule.h"
#include "schedule/sla.h"

/* What `schedule:` means: "Every day. The session is 00:00 of the day; it runs 7 h later." It must
 * be one that tg_schedule_parse takes. The caller frees. */
char *tg_schedule_explain(const json_t *config, const TgSchedule *schedule);

/**
 * What is odd about a session because clocks change or months differ: days of 23 or 25 hours, times
 * that clocks skip or show twice, months that have no session.
 *
 * @previous the session before it in the list; NULL: none
 * @return of char *, maybe empty; unref it
 */
GPtrArray *tg_schedule_notes(const json_t *config, const TgSchedule *schedule,
                             const TgScheduleTime *previous, const TgScheduleTime *session);

/* What `sla:` means, in a sentence. The caller frees. */
char *tg_sla_explain(const TgSla *sla);

/* The schedules of a project, as its files are now: what the scheduler works on. */
#pragma once

#include "project/project.h"
#include "schedule/schedule.h"

/* A workflow with a schedule. */
typedef struct {
    char *name;
    char *text; /* its zone and schedule: when it changes the plan changes */
    GTimeZone *zone;
    TgSchedule *schedule;
    TgScheduleSkip skip;
} TgSchedulerJob;

/* All schedules of a folder, of TgSchedulerJob; one that cannot be read fails all. Unref it. */
GPtrArray *tg_scheduler_jobs_load(const char *folder, GError **error);

/* Names, sizes and times of the .dig files: a text that changes when one of them does. The caller
 * frees. */
char *tg_scheduler_jobs_fingerprint(const char *folder);

/* Cron patterns of five fields, as cron4j reads them. Pure functions. */
#pragma once

#include <glib.h>

#include "base/error.h"

/* Which values of each field match: bit N is the value N. */
typedef struct {
    guint64 minutes;
    guint64 hours;
    guint64 days;      /* of the month, 1 to 31 */
    gboolean last_day; /* 'L': the last of the month */
    guint64 months;    /* 1 to 12 */
    guint64 weekdays;  /* 0 Sunday to 6 */
} TgCron;

/**
 * Parses "minute hour day month weekday": numbers, names (jan, sun), lists, ranges, steps, star, L.
 * All five fields must match (cron4j; other crons take day or weekday). Several patterns joined by
 * '|' are refused. TG_ERROR_CONFIG names the field.
 */
gboolean tg_cron_parse(const char *text, TgCron *out, GError **error);

/* Whether a local date and time matches; seconds do not count. */
gboolean tg_cron_matches_day(const TgCron *cron, GDateTime *at);

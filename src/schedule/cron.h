/* Cron patterns of five fields, as cron4j reads them. Pure functions. */
#pragma once

#include <glib.h>

#include "base/error.h"

#define TG_CRON_PATTERNS_MAX 16

/* Which values of each field match: bit N is the value N. */
typedef struct {
    guint64 minutes;
    guint64 hours;
    guint64 days;      /* of the month, 1 to 31 */
    gboolean last_day; /* 'L': the last of the month */
    guint64 months;    /* 1 to 12 */
    guint64 weekdays;  /* 0 Sunday to 6 */
} TgCronPattern;

/* A time matches when one of the patterns does. */
typedef struct {
    TgCronPattern patterns[TG_CRON_PATTERNS_MAX];
    guint count;
} TgCron;

/**
 * Parses "minute hour day month weekday": numbers, names (jan, sun), lists, ranges, steps, star, L.
 * All five fields must match (cron4j; other crons take day or weekday). '|' joins patterns.
 * TG_ERROR_CONFIG names the field.
 */
gboolean tg_cron_parse(const char *text, TgCron *out, GError **error);

/**
 * The first full minute after an instant that matches on the zone's clock, as cron4j finds it: an
 * hour that clocks skip counts as the next one, and of an hour that they show twice the second is
 * taken, unless the minute after the instant lies in the first and matches.
 *
 * @after_s Unix time in seconds, as all here
 * @return FALSE when there is none within a hundred years
 */
gboolean tg_cron_next(const TgCron *cron, GTimeZone *zone, gint64 after_s, gint64 *out_s);

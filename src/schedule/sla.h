/* `sla:` of a workflow: what happens when an attempt is not done in time. Pure functions. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"

typedef struct {
    gboolean is_duration; /* after the start; else a time of the day */
    int hour;
    int minute;
    int second;
    gboolean alert; /* notify> "SLA violation" */
    gboolean fail;  /* the attempt fails */
    json_t *tasks;  /* what else runs: a map of tasks, or empty */
} TgSla;

/* Reads it: exactly one of time and duration, HH:MM or HH:MM:SS. */
gboolean tg_sla_parse(const json_t *config, TgSla *out, GError **error);
void tg_sla_clear(TgSla *sla);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgSla, tg_sla_clear)

/* When it is due for an attempt that was to run at run_ms. A time of the day that has passed by
 * then counts 24 hours later. Digdag's SlaCalculator. */
gint64 tg_sla_due_ms(const TgSla *sla, gint64 run_ms, GTimeZone *zone);

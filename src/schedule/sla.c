/* Digdag's SlaCalculator and addSlaMonitorTasks. */
#include "schedule/sla.h"

#include <string.h>

#include "params/params.h"
#include "schedule/zone.h"

#define DAY_MS ((gint64)24 * 3600 * 1000)
#define NUMBER_MAX 100000 /* hours, minutes, seconds */

void tg_sla_clear(TgSla *sla)
{
    json_decref(sla->tasks);
    sla->tasks = NULL;
}

static gboolean parse_clock(const char *text, TgSla *out)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", -1);
    guint count = g_strv_length(parts);
    int *const numbers[] = {&out->hour, &out->minute, &out->second};

    if (count < 2 || count > 3) {
        return FALSE;
    }
    out->second = 0;
    for (guint i = 0; i < count; i++) {
        guint64 number = 0;

        if (!g_ascii_string_to_unsigned(parts[i], 10, 0, NUMBER_MAX, &number, NULL)) {
            return FALSE;
        }
        *numbers[i] = (int)number;
    }
    return TRUE;
}

gboolean tg_sla_parse(const json_t *config, TgSla *out, GError **error)
{
    static const char *const options[] = {"time", "duration", "alert", "fail"};
    g_auto(TgSla) sla = {.tasks = json_object()};
    g_autofree char *time = NULL;
    g_autofree char *duration = NULL;

    if (!json_is_object(config)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "sla: must be a map: {time: 09:00}");
        return FALSE;
    }
    if (!tg_params_dup_text_or(config, "time", NULL, &time, error) ||
        !tg_params_dup_text_or(config, "duration", NULL, &duration, error) ||
        !tg_params_get_boolean(config, "alert", TRUE, &sla.alert, error) ||
        !tg_params_get_boolean(config, "fail", FALSE, &sla.fail, error)) {
        return FALSE;
    }
    if ((time == NULL) == (duration == NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "SLA must be specified using either the 'time' or 'duration' option");
        return FALSE;
    }
    sla.is_duration = duration != NULL;
    if (!parse_clock(sla.is_duration ? duration : time, &sla)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "SLA %s option needs to be HH:MM or HH:MM:SS format: %s",
                    sla.is_duration ? "duration" : "time", sla.is_duration ? duration : time);
        return FALSE;
    }
    json_object_update(sla.tasks, (json_t *)config);
    for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
        (void)json_object_del(sla.tasks, options[i]); /* fails only when it is not there */
    }
    *out = sla;
    sla.tasks = NULL;
    return TRUE;
}

gint64 tg_sla_due_ms(const TgSla *sla, gint64 run_ms, GTimeZone *zone)
{
    gint64 seconds = ((gint64)sla->hour * 60 + sla->minute) * 60 + sla->second;

    if (sla->is_duration) {
        return run_ms + seconds * 1000;
    }
    TgZoneClock clock = tg_zone_clock(zone, run_ms / 1000);

    clock.hour = sla->hour;
    clock.minute = sla->minute;
    gint64 due_ms = (tg_zone_clock_instant(zone, &clock) + sla->second) * 1000 + run_ms % 1000;

    return due_ms < run_ms ? due_ms + DAY_MS : due_ms;
}

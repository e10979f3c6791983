/* Digdag's RuntimeParams. */
#include "workflow/builtins.h"

#include <string.h>

#include "schedule/zone.h"

static void set_text(json_t *into, const char *prefix, const char *name, const char *text)
{
    g_autofree char *key = g_strconcat(prefix, name, NULL);

    json_object_set_new(into, key, json_string(text));
}

static void set_form(json_t *into, const char *prefix, const char *name, GTimeZone *zone,
                     gint64 at_ms, TgZoneForm form)
{
    g_autofree char *text = tg_zone_format(zone, at_ms, form);

    set_text(into, prefix, name, text);
}

static void set_times(json_t *into, const char *prefix, GTimeZone *zone, gint64 at_ms)
{
    g_autofree char *unixtime = g_strconcat(prefix, "unixtime", NULL);

    set_form(into, prefix, "date", zone, at_ms, TG_ZONE_DATE);
    set_form(into, prefix, "date_compact", zone, at_ms, TG_ZONE_DATE_COMPACT);
    set_form(into, prefix, "local_time", zone, at_ms, TG_ZONE_LOCAL_TIME);
    set_form(into, prefix, "tz_offset", zone, at_ms, TG_ZONE_OFFSET);
    json_object_set_new(into, unixtime, json_integer(at_ms / 1000));
}

static void set_empty_times(json_t *into, const char *prefix, GTimeZone *zone)
{
    static const char *const names[] = {"time", "date", "date_compact", "local_time"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        set_text(into, prefix, names[i], "");
    }
    set_form(into, prefix, "tz_offset", zone, 0, TG_ZONE_OFFSET);
    set_text(into, prefix, "unixtime", "");
}

/* From `<prefix>time` in the parameters, where a scheduler put it. */
static gboolean set_times_of(json_t *into, const char *prefix, GTimeZone *zone,
                             const json_t *params)
{
    g_autofree char *key = g_strconcat(prefix, "time", NULL);
    const char *text = json_string_value(json_object_get(params, key));
    gint64 at_ms = 0;

    if (text == NULL || !tg_zone_parse_time(text, &at_ms)) {
        return FALSE;
    }
    set_text(into, prefix, "time", text);
    set_times(into, prefix, zone, at_ms);
    return TRUE;
}

json_t *tg_builtins_of_session(const TgAttemptIdentity *identity)
{
    json_t *all = json_object();
    GTimeZone *zone = identity->zone;

    json_object_set_new(all, "timezone", json_string(identity->timezone_name));
    json_object_set_new(all, "session_uuid", json_string(identity->session_uuid));
    set_form(all, "session_", "time", zone, identity->session_time_ms, TG_ZONE_TIME);
    json_object_set_new(all, "session_id", json_integer(identity->session_id));
    set_times(all, "session_", zone, identity->session_time_ms);
    set_empty_times(all, "last_executed_session_", zone);
    json_object_set_new(all, "project_id", json_integer(identity->project_id));
    if (identity->retry_attempt_name != NULL) { /* absent, not null: a template that asks fails */
        set_text(all, "", "retry_attempt_name", identity->retry_attempt_name);
    }
    json_object_set_new(all, "attempt_id", json_integer(identity->attempt_id));
    return all;
}

json_t *tg_builtins_new(const TgAttemptIdentity *identity, const json_t *session,
                        const char *task_name, const json_t *params)
{
    json_t *all = json_copy((json_t *)session);

    (void)set_times_of(all, "last_session_", identity->zone, params); /* absent: no schedule */
    (void)set_times_of(all, "last_executed_session_", identity->zone, params);
    (void)set_times_of(all, "next_session_", identity->zone, params);
    json_object_set_new(all, "task_name", json_string(task_name));
    return all;
}

/* One JSON file, written in one step. */
#include "store/scheduler_state.h"

#include <string.h>

#include "base/file.h"
#include "params/params.h"

#define VERSION 1
#define SIZE_MAX_BYTES ((gsize)64 * 1024 * 1024)

static void entry_free(gpointer data)
{
    TgSchedulerEntry *entry = data;

    g_free(entry->workflow);
    g_free(entry->text);
    g_array_unref(entry->open);
    g_free(entry);
}

void tg_scheduler_state_free(TgSchedulerState *state)
{
    if (state != NULL) {
        g_free(state->path);
        g_ptr_array_unref(state->entries);
        g_free(state);
    }
}

TgSchedulerEntry *tg_scheduler_state_find(const TgSchedulerState *state, const char *workflow)
{
    for (guint i = 0; i < state->entries->len; i++) {
        TgSchedulerEntry *entry = state->entries->pdata[i];

        if (strcmp(entry->workflow, workflow) == 0) {
            return entry;
        }
    }
    return NULL;
}

TgSchedulerEntry *tg_scheduler_state_add(TgSchedulerState *state, const char *workflow)
{
    TgSchedulerEntry *entry = g_new0(TgSchedulerEntry, 1);

    entry->workflow = g_strdup(workflow);
    entry->text = g_strdup("");
    entry->plan.last_executed_ms = TG_PLAN_NEVER;
    entry->open = g_array_new(FALSE, FALSE, sizeof(TgSchedulerSession));
    g_ptr_array_add(state->entries, entry);
    return entry;
}

void tg_scheduler_state_remove(TgSchedulerState *state, const char *workflow)
{
    g_ptr_array_remove(state->entries, tg_scheduler_state_find(state, workflow));
}

static json_t *instant_json(gint64 at_ms)
{
    return at_ms == TG_PLAN_NEVER ? json_null() : json_integer(at_ms);
}

static gint64 instant_of(const json_t *map, const char *key)
{
    const json_t *value = json_object_get(map, key);

    return json_is_integer(value) ? json_integer_value(value) : TG_PLAN_NEVER;
}

static gboolean read_entry(TgSchedulerState *state, const char *workflow, const json_t *map)
{
    TgSchedulerEntry *entry = tg_scheduler_state_add(state, workflow);
    const json_t *open = json_object_get(map, "open");
    const char *text = json_string_value(json_object_get(map, "schedule"));
    json_t *one = NULL;
    gsize i = 0;

    if (text == NULL) {
        return FALSE;
    }
    g_free(entry->text);
    entry->text = g_strdup(text);
    entry->plan.next =
        (TgScheduleTime){instant_of(map, "next_session_ms"), instant_of(map, "next_run_ms")};
    entry->plan.has_next =
        entry->plan.next.session_ms != TG_PLAN_NEVER && entry->plan.next.run_ms != TG_PLAN_NEVER;
    entry->plan.last_executed_ms = instant_of(map, "last_executed_ms");
    json_array_foreach (open, i, one) {
        TgSchedulerSession session = {
            .time = {instant_of(one, "session_ms"), instant_of(one, "run_ms")},
            .last_executed_ms = instant_of(one, "last_executed_ms")};

        if (session.time.session_ms == TG_PLAN_NEVER || session.time.run_ms == TG_PLAN_NEVER) {
            return FALSE;
        }
        g_array_append_val(entry->open, session);
    }
    return TRUE;
}

static gboolean read_all(TgSchedulerState *state, const char *text, GError **error)
{
    g_autoptr(json_t) all = json_loads(text, 0, NULL);
    const json_t *workflows = json_object_get(all, "workflows");
    json_int_t version = json_integer_value(json_object_get(all, "version"));
    const char *name = NULL;
    json_t *map = NULL;

    if (version > VERSION) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' was written by a newer tegaru; use that one", state->path);
        return FALSE;
    }
    gboolean ok = version == VERSION && json_is_object(workflows);

    json_object_foreach ((json_t *)workflows, name, map) {
        ok = ok && read_entry(state, name, map);
    }
    if (!ok) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' is damaged; remove it to start all schedules from now on", state->path);
    }
    return ok;
}

TgSchedulerState *tg_scheduler_state_load(const char *path, GError **error)
{
    g_autoptr(TgSchedulerState) state = g_new0(TgSchedulerState, 1);
    g_autoptr(GError) problem = NULL;
    g_autofree char *text = NULL;

    state->path = g_strdup(path);
    state->entries = g_ptr_array_new_with_free_func(entry_free);
    if (!tg_file_read(path, SIZE_MAX_BYTES, &text, NULL, &problem)) {
        if (g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
            return g_steal_pointer(&state);
        }
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return read_all(state, text, error) ? g_steal_pointer(&state) : NULL;
}

static json_t *entry_json(const TgSchedulerEntry *entry)
{
    const TgPlan *plan = &entry->plan;
    json_t *open = json_array();

    for (guint i = 0; i < entry->open->len; i++) {
        const TgSchedulerSession *one = &g_array_index(entry->open, TgSchedulerSession, i);

        json_array_append_new(open, json_pack("{s:I, s:I, s:o}", "session_ms",
                                              (json_int_t)one->time.session_ms, "run_ms",
                                              (json_int_t)one->time.run_ms, "last_executed_ms",
                                              instant_json(one->last_executed_ms)));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "schedule", entry->text, "next_session_ms",
                     plan->has_next ? json_integer(plan->next.session_ms) : json_null(),
                     "next_run_ms", plan->has_next ? json_integer(plan->next.run_ms) : json_null(),
                     "last_executed_ms", instant_json(plan->last_executed_ms), "open", open);
}

gboolean tg_scheduler_state_save(const TgSchedulerState *state, GError **error)
{
    g_autoptr(json_t) all = json_pack("{s:i, s:{}}", "version", VERSION, "workflows");

    for (guint i = 0; i < state->entries->len; i++) {
        const TgSchedulerEntry *entry = state->entries->pdata[i];

        json_object_set_new(json_object_get(all, "workflows"), entry->workflow, entry_json(entry));
    }
    g_autofree char *text = json_dumps(all, JSON_INDENT(1));

    return tg_file_write(state->path, text, strlen(text), error);
}

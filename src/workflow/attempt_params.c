/* Which parameters a task sees. */
#include <string.h>

#include "params/params.h"
#include "workflow/attempt_internal.h"

static void merge_exports(json_t *params, const TgTask *task)
{
    tg_params_merge(params, task->export);
    if (task->runtime_export != NULL) {
        tg_params_merge(params, task->runtime_export);
    }
}

/* Removes "a.b" from the map below `a`; maps are shared, so those on the way are copied first.
 * Digdag's ParameterUpdate.java. */
static void remove_key(json_t *params, const char *key)
{
    const char *dot = strchr(key, '.');
    g_autofree char *first = dot == NULL ? NULL : g_strndup(key, (gsize)(dot - key));
    const json_t *below = dot == NULL ? NULL : json_object_get(params, first);

    if (dot == NULL) {
        (void)json_object_del(params, key);
    } else if (json_is_object(below)) {
        json_t *copy = json_copy((json_t *)below);

        remove_key(copy, dot + 1);
        json_object_set_new(params, first, copy);
    }
}

static void apply_store(json_t *params, const TgTask *task)
{
    json_t *key = NULL;
    size_t index = 0;

    json_array_foreach (task->reset_store, index, key) {
        if (json_is_string(key)) {
            remove_key(params, json_string_value(key));
        }
    }
    if (task->store != NULL) {
        tg_params_merge(params, task->store);
    }
}

static void apply_tree(const TgAttempt *attempt, json_t *params, const TgTask *task)
{
    if (!task->tree_stores) {
        return;
    }
    apply_store(params, task);
    for (guint i = 0; i < task->children->len; i++) {
        apply_tree(attempt, params,
                   tg_attempt_at(attempt, g_array_index(task->children, guint, i)));
    }
}

/* Marks the siblings that a task waits for, directly or through others. Siblings wait only for
 * earlier ones, so the chain is no longer than the list. */
static void mark_upstreams(const TgAttempt *attempt, const TgTask *task, GHashTable *marked)
{
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));

    g_array_append_vals(open, task->upstreams->data, task->upstreams->len);
    while (open->len > 0) {
        guint id = g_array_index(open, guint, open->len - 1);
        const GArray *more = tg_attempt_at(attempt, id)->upstreams;

        g_array_set_size(open, open->len - 1);
        if (g_hash_table_add(marked, GUINT_TO_POINTER(id)) && more->len > 0) {
            g_array_append_vals(open, more->data, more->len);
        }
    }
}

/* What the siblings before `task` stored, oldest first. */
static void apply_upstreams(const TgAttempt *attempt, json_t *params, const TgTask *task)
{
    const TgTask *parent = NULL;
    g_autoptr(GHashTable) marked = NULL;

    if (task->parent_id < 0 || task->upstreams->len == 0) {
        return;
    }
    parent = tg_attempt_at(attempt, (guint)task->parent_id);
    if (!parent->tree_stores) {
        return;
    }
    marked = g_hash_table_new(NULL, NULL);
    mark_upstreams(attempt, task, marked);
    for (guint i = 0; i < parent->children->len; i++) {
        guint id = g_array_index(parent->children, guint, i);

        if (g_hash_table_contains(marked, GUINT_TO_POINTER(id))) {
            apply_tree(attempt, params, tg_attempt_at(attempt, id));
        }
    }
}

json_t *tg_attempt_collect_params(const TgAttempt *attempt, guint id)
{
    json_t *params = json_copy(attempt->params);
    const TgTask *task = tg_attempt_at(attempt, id);
    g_autoptr(GPtrArray) line = g_ptr_array_new(); /* the task, its parent, … the root */

    g_ptr_array_add(line, (gpointer)task);
    for (int at = task->parent_id; at >= 0; at = tg_attempt_at(attempt, (guint)at)->parent_id) {
        g_ptr_array_add(line, tg_attempt_at(attempt, (guint)at));
    }
    for (guint i = line->len; i-- > 0;) {
        const TgTask *ancestor = line->pdata[i];

        apply_upstreams(attempt, params, ancestor);
        if (ancestor != task) {
            merge_exports(params, ancestor);
            apply_store(params, ancestor);
        }
    }
    tg_params_merge(params, task->export);
    return params;
}

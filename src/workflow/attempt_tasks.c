/* Adding tasks to an attempt: compiled lists, generated tasks, copies for a group retry. */
#include <string.h>

#include "workflow/attempt_internal.h"

/* ---- adding tasks ---- */

static TgTask *add_task(TgAttempt *attempt, const TgTask *parent, const char *full_name)
{
    TgTask *task = g_new0(TgTask, 1);

    task->id = attempt->tasks->len;
    task->parent_id = parent == NULL ? -1 : (int)parent->id;
    task->full_name = g_strdup(full_name);
    task->upstreams = g_array_new(FALSE, FALSE, sizeof(guint));
    task->downstreams = g_array_new(FALSE, FALSE, sizeof(guint));
    task->children = g_array_new(FALSE, FALSE, sizeof(guint));
    g_ptr_array_add(attempt->tasks, task);
    if (parent != NULL) {
        g_array_append_val(parent->children, task->id);
    }
    return task;
}

static void add_upstream(TgAttempt *attempt, TgTask *task, guint upstream_id)
{
    TgTask *upstream = tg_attempt_at(attempt, upstream_id);

    g_array_append_val(task->upstreams, upstream_id);
    g_array_append_val(upstream->downstreams, task->id);
    task->upstreams_open += upstream->state == TG_TASK_SUCCESS ? 0 : 1;
}

gboolean tg_attempt_check_limit(const TgAttempt *attempt, guint adding, GError **error)
{
    if (attempt->tasks_max == 0 || attempt->tasks->len + adding <= attempt->tasks_max) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "Too many tasks. Limit: %u, Current: %u, Adding: %u", attempt->tasks_max,
                attempt->tasks->len, adding);
    return FALSE;
}

/* Adds a compiled list below `parent`; the id of its first task. */
guint tg_attempt_add_graph(TgAttempt *attempt, const TgTask *parent, const TgGraph *graph)
{
    guint first = attempt->tasks->len;

    for (guint i = 0; i < graph->tasks->len; i++) {
        const TgTaskDefinition *definition = graph->tasks->pdata[i];
        const TgTask *its_parent =
            definition->parent_index < 0
                ? parent
                : tg_attempt_at(attempt, first + (guint)definition->parent_index);
        TgTask *task = add_task(attempt, its_parent, definition->full_name);

        task->is_group = definition->is_group;
        task->local = json_incref(definition->local);
        task->export = json_incref(definition->export);
        for (guint u = 0; u < definition->upstreams->len; u++) {
            add_upstream(attempt, task, first + g_array_index(definition->upstreams, guint, u));
        }
    }
    return first;
}

/* Adds `config` as task `name` below `parent`, to wait for `upstream` (-1: for none). */
gboolean tg_attempt_add_generated(TgAttempt *attempt, TgTask *parent, const char *name,
                                  const json_t *config, int upstream, GError **error)
{
    g_autoptr(TgGraph) graph = tg_graph_compile(parent->full_name, name, config, NULL, error);
    guint id = 0;

    if (graph == NULL || !tg_attempt_check_limit(attempt, graph->tasks->len, error)) {
        return FALSE;
    }
    id = tg_attempt_add_graph(attempt, parent, graph);
    if (upstream >= 0) {
        add_upstream(attempt, tg_attempt_at(attempt, id), (guint)upstream);
    }
    return TRUE;
}

gboolean tg_attempt_add_monitor(TgAttempt *attempt, const char *name, const json_t *config,
                                GError **error)
{
    const TgTask *root = tg_attempt_at(attempt, 0);
    g_autoptr(TgGraph) graph = NULL;
    guint first_new = root->children->len;

    if (tg_task_state_is_done(root->state)) {
        return TRUE;
    }
    graph = tg_graph_compile(root->full_name, name, config, NULL, error);
    if (graph == NULL) {
        return FALSE;
    }
    (void)tg_attempt_add_graph(attempt, root, graph);
    tg_attempt_start_children(attempt, root, first_new);
    return TRUE;
}

/* ---- group retry ---- */

static void supersede_children(TgAttempt *attempt, TgTask *task, GArray *initial)
{
    for (guint i = 0; i < task->children->len; i++) {
        TgTask *child = tg_attempt_at(attempt, g_array_index(task->children, guint, i));
        gboolean is_generated = strstr(child->full_name + strlen(task->full_name), "^") != NULL;

        if (child->is_superseded) { /* of the round before */
            continue;
        }
        child->is_superseded = TRUE;
        if (!is_generated) {
            g_array_append_val(initial, child->id);
            supersede_children(attempt, child, initial);
        }
    }
}

/* Copies the group's tasks as the definition has them; the copies run, the old ones stay to see. */
void tg_attempt_copy_for_retry(TgAttempt *attempt, TgTask *group)
{
    g_autoptr(GArray) initial = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GHashTable) new_ids = g_hash_table_new(NULL, NULL);

    supersede_children(attempt, group, initial);
    g_hash_table_insert(new_ids, GUINT_TO_POINTER(group->id), GUINT_TO_POINTER(group->id));
    for (guint i = 0; i < initial->len; i++) {
        const TgTask *old = tg_attempt_at(attempt, g_array_index(initial, guint, i));
        guint parent =
            GPOINTER_TO_UINT(g_hash_table_lookup(new_ids, GINT_TO_POINTER(old->parent_id)));
        TgTask *copy = add_task(attempt, tg_attempt_at(attempt, parent), old->full_name);

        copy->is_group = old->is_group;
        copy->local = json_incref(old->local);
        copy->export = json_incref(old->export);
        g_hash_table_insert(new_ids, GUINT_TO_POINTER(old->id), GUINT_TO_POINTER(copy->id));
        for (guint u = 0; u < old->upstreams->len; u++) {
            add_upstream(attempt, copy,
                         GPOINTER_TO_UINT(g_hash_table_lookup(
                             new_ids, GUINT_TO_POINTER(g_array_index(old->upstreams, guint, u)))));
        }
    }
}

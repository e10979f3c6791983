/* Sets of tasks. */
#include "executor/selection.h"

#include <jansson.h>
#include <string.h>

static const TgTaskDefinition *task_at(const TgGraph *graph, guint index)
{
    return graph->tasks->pdata[index];
}

/* The pattern begins a name: "+b" is in "+main+a+b", not in "+main+a+bb" or "+main+ab". */
static gboolean matches(const char *full_name, const char *pattern)
{
    if (*pattern != '+' && *pattern != '^') {
        return FALSE;
    }
    return g_str_has_suffix(full_name, pattern);
}

gboolean tg_selection_find(const TgGraph *graph, const char *pattern, guint *out_index,
                           GError **error)
{
    g_autoptr(GString) found = g_string_new(NULL);
    g_autoptr(GString) all = g_string_new(NULL);
    guint count = 0;

    for (guint i = 0; i < graph->tasks->len; i++) {
        const char *name = task_at(graph, i)->full_name;

        g_string_append_printf(all, "\n  %s", name);
        if (strcmp(name, pattern) == 0) {
            *out_index = i;
            return TRUE;
        }
        if (matches(name, pattern)) {
            g_string_append_printf(found, "\n  %s", name);
            *out_index = i;
            count++;
        }
    }
    if (count != 1) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    count == 0 ? "no task matches '%s'; there are:%s"
                               : "'%s' matches several tasks:%s",
                    pattern, count == 0 ? all->str : found->str);
        return FALSE;
    }
    return TRUE;
}

static gboolean is_below(const TgGraph *graph, guint index, guint ancestor)
{
    int at = (int)index;

    while (at > (int)ancestor) {
        at = task_at(graph, (guint)at)->parent_index;
    }
    return at == (int)ancestor;
}

static TgTaskDefinition *copy_task(const TgTaskDefinition *task, const GArray *new_index)
{
    TgTaskDefinition *copy = g_new0(TgTaskDefinition, 1);
    gboolean is_root = g_array_index(new_index, gint, task->index) == 0;

    copy->index = (guint)g_array_index(new_index, gint, task->index);
    copy->parent_index = is_root ? -1 : g_array_index(new_index, gint, (guint)task->parent_index);
    copy->name = g_strdup(task->name);
    copy->full_name = g_strdup(task->full_name);
    copy->is_group = task->is_group;
    copy->local = json_incref(task->local);
    copy->export = json_incref(task->export);
    copy->upstreams = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; !is_root && i < task->upstreams->len; i++) {
        guint upstream =
            (guint)g_array_index(new_index, gint, g_array_index(task->upstreams, guint, i));

        g_array_append_val(copy->upstreams, upstream);
    }
    return copy;
}

TgGraph *tg_selection_extract(const TgGraph *graph, guint index)
{
    TgGraph *part = tg_graph_new();
    g_autoptr(GArray) new_index = g_array_new(FALSE, TRUE, sizeof(gint));
    gint next = 0;

    g_array_set_size(new_index, graph->tasks->len);
    for (guint i = index; i < graph->tasks->len; i++) {
        if (is_below(graph, i, index)) {
            g_array_index(new_index, gint, i) = next++;
            g_ptr_array_add(part->tasks, copy_task(task_at(graph, i), new_index));
        }
    }
    return part;
}

void tg_selection_add_tree(const TgGraph *graph, guint index, GHashTable *names)
{
    for (guint i = index; i < graph->tasks->len; i++) {
        if (is_below(graph, i, index)) {
            g_hash_table_add(names, g_strdup(task_at(graph, i)->full_name));
        }
    }
}

static void add_upstreams(const TgGraph *graph, guint index, GHashTable *names)
{
    const TgTaskDefinition *task = task_at(graph, index);

    for (guint i = 0; i < task->upstreams->len; i++) {
        guint upstream = g_array_index(task->upstreams, guint, i);

        if (!g_hash_table_contains(names, task_at(graph, upstream)->full_name)) {
            tg_selection_add_tree(graph, upstream, names);
            add_upstreams(graph, upstream, names);
        }
    }
}

GHashTable *tg_selection_before(const TgGraph *graph, guint index)
{
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    add_upstreams(graph, index, names);
    for (int at = task_at(graph, index)->parent_index; at >= 0;
         at = task_at(graph, (guint)at)->parent_index) {
        g_hash_table_add(names, g_strdup(task_at(graph, (guint)at)->full_name));
        add_upstreams(graph, (guint)at, names);
    }
    return names;
}

/* From compiled tasks to boxes. */
#include "cli/graph_figure.h"

#include <string.h>

#include "params/params.h"

#define ELLIPSIS "…"

void tg_figure_free(TgFigure *figure)
{
    if (figure == NULL) {
        return;
    }
    g_free(figure->name);
    g_free(figure->full_name);
    g_free(figure->what);
    g_ptr_array_unref(figure->children);
    g_array_unref(figure->after);
    g_free(figure);
}

static void free_figure(gpointer data)
{
    tg_figure_free(data);
}

/* "sh> echo a" in one line. */
static char *what_of(const json_t *config)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)config, key, value) {
        if (strlen(key) > 1 && g_str_has_suffix(key, ">")) {
            g_autofree char *text = json_is_null(value) ? g_strdup("") : tg_params_to_text(value);
            g_autofree char *line = g_strdelimit(g_strdup(text), "\t\r\n", ' ');

            return g_strconcat(key, " ", g_strstrip(line), NULL);
        }
    }
    const char *type = json_string_value(json_object_get(config, "_type"));

    return type == NULL ? NULL : g_strconcat(type, ">", NULL);
}

static TgFigure *figure_new(guint *next_id, TgFigureKind kind, const char *name,
                            const char *full_name)
{
    TgFigure *figure = g_new0(TgFigure, 1);

    figure->id = (*next_id)++;
    figure->kind = kind;
    figure->name = g_strdup(name);
    figure->full_name = g_strdup(full_name);
    figure->children = g_ptr_array_new_with_free_func(free_figure);
    figure->after = g_array_new(FALSE, FALSE, sizeof(guint));
    return figure;
}

static TgFigure *child_at(const TgFigure *figure, guint place)
{
    return figure->children->pdata[place];
}

static void wait_for(const TgFigure *parent, TgFigure *figure, guint place)
{
    g_array_append_val(figure->after, place);
    figure->layer = MAX(figure->layer, child_at(parent, place)->layer + 1);
}

static void add_tasks(TgFigure *figure, const TgGraph *graph, guint index, guint *next_id);

/* The tasks below one of `_do`, `_else_do`, `_error`, `_check`; NULL when it has none. */
static TgFigure *generated(const TgTaskDefinition *task, const char *key, const char *suffix,
                           guint *next_id)
{
    const json_t *config = json_object_get(task->local, key);
    g_autoptr(TgGraph) graph = NULL;

    if (!json_is_object(config) || json_object_size(config) == 0) {
        return NULL;
    }
    graph = tg_graph_compile(task->full_name, suffix, config, NULL, NULL);
    if (graph == NULL) {
        return NULL; /* what a template makes of it is known when it runs */
    }
    const TgTaskDefinition *root = graph->tasks->pdata[0];
    TgFigure *figure = figure_new(next_id, root->is_group ? TG_FIGURE_GROUP : TG_FIGURE_TASK, key,
                                  root->full_name);

    figure->what = what_of(root->local);
    add_tasks(figure, graph, 0, next_id);
    return figure;
}

/* `_do` and `_else_do` become the inside of the task. */
static void add_inside(TgFigure *figure, const TgTaskDefinition *task, guint *next_id)
{
    static const char *const keys[] = {"_do", "_else_do"};

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        TgFigure *inside = generated(task, keys[i], "^sub", next_id);

        if (inside != NULL) {
            figure->kind = TG_FIGURE_LOOP;
            g_ptr_array_add(figure->children, inside);
        }
    }
}

/* `_check` and `_error` stand beside their task, after it. */
static void add_beside(TgFigure *parent, guint place, const TgTaskDefinition *task, guint *next_id)
{
    static const struct {
        const char *key;
        const char *suffix;
        gboolean is_on_error;
    } rows[] = {{"_check", "^check", FALSE}, {"_error", "^error", TRUE}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        TgFigure *beside = generated(task, rows[i].key, rows[i].suffix, next_id);

        if (beside != NULL) {
            beside->is_on_error = rows[i].is_on_error;
            wait_for(parent, beside, place);
            g_ptr_array_add(parent->children, beside);
        }
    }
}

static TgFigure *figure_of(const TgGraph *graph, guint index, guint *next_id)
{
    const TgTaskDefinition *task = graph->tasks->pdata[index];
    TgFigure *figure = figure_new(next_id, task->is_group ? TG_FIGURE_GROUP : TG_FIGURE_TASK,
                                  task->name, task->full_name);

    figure->what = what_of(task->local);
    add_inside(figure, task, next_id);
    add_tasks(figure, graph, index, next_id);
    return figure;
}

static gboolean is_disabled(const TgTaskDefinition *task)
{
    return task->is_group && json_object_size(task->local) == 0 &&
           json_object_size(task->export) == 0;
}

/* The children of a task of the graph. */
static void add_tasks(TgFigure *figure, const TgGraph *graph, guint index, guint *next_id)
{
    g_autoptr(GHashTable) places = g_hash_table_new(NULL, NULL); /* index -> place */

    for (guint i = index + 1; i < graph->tasks->len; i++) {
        const TgTaskDefinition *task = graph->tasks->pdata[i];

        if (task->parent_index != (int)index) {
            continue;
        }
        TgFigure *child = figure_of(graph, i, next_id);

        for (guint k = 0; k < task->upstreams->len; k++) {
            guint upstream = g_array_index(task->upstreams, guint, k);

            wait_for(figure, child,
                     GPOINTER_TO_UINT(g_hash_table_lookup(places, GUINT_TO_POINTER(upstream))));
        }
        child->is_disabled = is_disabled(task) && child->children->len == 0;
        g_hash_table_insert(places, GUINT_TO_POINTER(i), GUINT_TO_POINTER(figure->children->len));
        g_ptr_array_add(figure->children, child);
        add_beside(figure, figure->children->len - 1, task, next_id);
    }
}

TgFigure *tg_figure_new(const TgGraph *graph)
{
    guint next_id = 0;
    TgFigure *root = figure_of(graph, 0, &next_id);
    const TgTaskDefinition *task = graph->tasks->pdata[0];
    TgFigure *beside = NULL;

    if (root->kind == TG_FIGURE_GROUP) { /* what a workflow does when it fails comes last */
        beside = generated(task, "_error", "^error", &next_id);
    }
    if (beside != NULL) {
        beside->is_on_error = TRUE;
        beside->layer = tg_figure_layer_count(root);
        g_ptr_array_add(root->children, beside);
    }
    return root;
}

guint tg_figure_layer_count(const TgFigure *figure)
{
    guint count = 0;

    for (guint i = 0; i < figure->children->len; i++) {
        count = MAX(count, child_at(figure, i)->layer + 1);
    }
    return count;
}

GPtrArray *tg_figure_layer(const TgFigure *figure, guint layer)
{
    GPtrArray *all = g_ptr_array_new();

    for (guint i = 0; i < figure->children->len; i++) {
        if (child_at(figure, i)->layer == layer) {
            g_ptr_array_add(all, child_at(figure, i));
        }
    }
    return all;
}

static gboolean waits_for_layer(const TgFigure *figure, const TgFigure *child, guint layer)
{
    for (guint i = 0; i < child->after->len; i++) {
        if (child_at(figure, g_array_index(child->after, guint, i))->layer != layer) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean tg_figure_is_complete(const TgFigure *figure, guint layer)
{
    guint before = 0;

    for (guint i = 0; i < figure->children->len && layer > 0; i++) {
        before += child_at(figure, i)->layer == layer - 1 ? 1 : 0;
    }
    for (guint i = 0; i < figure->children->len; i++) {
        const TgFigure *child = child_at(figure, i);

        if (child->layer == layer && (child->after->len != before || child->is_on_error ||
                                      !waits_for_layer(figure, child, layer - 1))) {
            return FALSE;
        }
    }
    return before > 0;
}

guint tg_figure_count(const TgFigure *figure)
{
    guint count = 0;

    for (guint i = 0; i < figure->children->len; i++) {
        count += 1 + tg_figure_count(child_at(figure, i));
    }
    return count;
}

guint tg_figure_columns(const char *text)
{
    guint columns = 0;

    for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
        columns += g_unichar_iswide(g_utf8_get_char(c)) ? 2 : 1;
    }
    return columns;
}

char *tg_figure_cut(const char *text, guint columns)
{
    guint used = 0;

    if (tg_figure_columns(text) <= columns) {
        return g_strdup(text);
    }
    for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
        used += g_unichar_iswide(g_utf8_get_char(c)) ? 2 : 1;
        if (used >= columns) {
            g_autofree char *kept = g_strndup(text, (gsize)(c - text));

            return g_strconcat(kept, ELLIPSIS, NULL);
        }
    }
    return g_strdup(text);
}

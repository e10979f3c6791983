/* From a map of `+tasks` to the list of tasks. */
#include "workflow/graph.h"

#include <string.h>

#include "base/suggest.h"
#include "params/params.h"

#define NAME_BYTES_MAX 255
#define DEPTH_MAX 100

static const char *const group_keys[] = {"timezone",    "schedule", "sla",      "_parallel",
                                         "_background", "_after",   "_error",   "_check",
                                         "_retry",      "_export",  "_secrets", NULL};

typedef struct {
    TgGraph *graph;
    GString *path; /* keys from the top to where the compiler is */
    guint depth;
    GError **error;
} Compiler;

static void definition_free(gpointer data)
{
    TgTaskDefinition *task = data;

    g_free(task->name);
    g_free(task->full_name);
    json_decref(task->local);
    json_decref(task->export);
    g_array_unref(task->upstreams);
    g_free(task);
}

const char *const *tg_graph_group_keys(void)
{
    return group_keys;
}

TgGraph *tg_graph_new(void)
{
    TgGraph *graph = g_new0(TgGraph, 1);

    graph->tasks = g_ptr_array_new_with_free_func(definition_free);
    return graph;
}

void tg_graph_free(TgGraph *graph)
{
    if (graph != NULL) {
        g_ptr_array_unref(graph->tasks);
        g_free(graph);
    }
}

static TgTaskDefinition *task_at(const Compiler *c, guint index)
{
    return c->graph->tasks->pdata[index];
}

static gsize enter(Compiler *c, const char *key)
{
    gsize before = c->path->len;

    g_string_append_printf(c->path, "%s%s", before > 0 ? "/" : "", key);
    return before;
}

/* Fails at a key of the present task. */
static gboolean fail_at(Compiler *c, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);

static gboolean fail_at(Compiler *c, const char *key, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    (void)enter(c, key);
    g_set_error_literal(c->error, TG_ERROR, TG_ERROR_CONFIG, message);
    return FALSE;
}

gboolean tg_graph_read_parallel(const json_t *config, gboolean *out_parallel, gint64 *out_limit,
                                GError **error)
{
    const json_t *value = json_object_get(config, "_parallel");

    *out_parallel = FALSE;
    *out_limit = 0;
    if (json_is_object(value)) {
        *out_parallel = TRUE;
        if (!tg_params_has(value, "limit")) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "_parallel: {limit: N} needs a limit, or write `_parallel: true`");
            return FALSE;
        }
        return tg_params_get_int64(value, "limit", 0, out_limit, error);
    }
    if (value != NULL && !json_is_boolean(value) && !json_is_string(value)) {
        g_autofree char *shown = tg_params_to_json(value);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Invalid _parallel format: %s", shown);
        return FALSE;
    }
    return tg_params_get_boolean(config, "_parallel", FALSE, out_parallel, error);
}

/* ModelValidator.checkRawTaskName */
static gboolean check_name(Compiler *c, const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "_-=[]{}%&@`,.+^";
    gsize good = strspn(name + 1, allowed);

    if (strlen(name) > NAME_BYTES_MAX) {
        return fail_at(c, name, "task name must be %d characters or less", NAME_BYTES_MAX);
    }
    if (name[1 + good] != '\0') {
        g_autofree char *bad = g_utf8_substring(name + 1 + good, 0, 1);

        return fail_at(c, name, "task name \"%s\" must not contain character '%s'", name, bad);
    }
    return TRUE;
}

static gboolean check_group_keys(Compiler *c, const char *full_name, const json_t *config)
{
    g_autoptr(GString) unknown = g_string_new(NULL);
    const char *first = NULL;
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)config, key, value) {
        const char *likely = NULL;

        if (key[0] == '+' || g_strv_contains(group_keys, key)) {
            continue;
        }
        likely = tg_suggest_one(key, group_keys);
        g_string_append_printf(unknown, "%s'%s'", unknown->len > 0 ? ", " : "", key);
        if (likely != NULL) {
            g_string_append_printf(unknown, " (did you mean [%s]?)", likely);
        }
        first = first == NULL ? key : first;
    }
    if (first == NULL) {
        return TRUE;
    }
    return fail_at(c, first,
                   "%s contains invalid keys: %s; a task runs something by a key that "
                   "ends with '>', for example `sh>: …`",
                   full_name, unknown->str);
}

static TgTaskDefinition *add_task(Compiler *c, int parent, const char *parent_full_name,
                                  const char *name, gboolean is_group)
{
    TgTaskDefinition *task = g_new0(TgTaskDefinition, 1);

    task->index = c->graph->tasks->len;
    task->parent_index = parent;
    task->name = g_strdup(name);
    task->full_name = g_strconcat(parent_full_name, name, NULL);
    task->is_group = is_group;
    task->local = json_object();
    task->export = json_object();
    task->upstreams = g_array_new(FALSE, FALSE, sizeof(guint));
    g_ptr_array_add(c->graph->tasks, task);
    return task;
}

static gboolean copy_config(Compiler *c, TgTaskDefinition *task, const json_t *config)
{
    const json_t *export = json_object_get(config, "_export");
    const char *key = NULL;
    json_t *value = NULL;

    if (export != NULL && !json_is_object(export) && !json_is_null(export)) {
        return fail_at(c, "_export", "_export must be a map");
    }
    json_object_foreach ((json_t *)config, key, value) {
        if (key[0] != '+' && strcmp(key, "_export") != 0) {
            json_object_set(task->local, key, value);
        }
    }
    if (json_is_object(export)) {
        json_decref(task->export);
        task->export = json_incref((json_t *)export);
    }
    return TRUE;
}

/* What makes a task of a map: operators, children, `_type`. */
typedef struct {
    guint operators;
    guint children;
    gboolean has_type;
    const char *second_operator;
} Shape;

static Shape shape_of(const json_t *config)
{
    Shape shape = {0};
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)config, key, value) {
        if (key[0] == '+') {
            shape.children++;
        } else if (g_str_has_suffix(key, ">")) {
            shape.operators++;
            shape.second_operator = shape.operators == 2 ? key : shape.second_operator;
        }
        shape.has_type = shape.has_type || strcmp(key, "_type") == 0;
    }
    return shape;
}

static gboolean compile_task(Compiler *c, int parent, const char *parent_full_name,
                             const char *name, const json_t *config);

/* `_error` can only be generated when it is too late to complain, so it is tried now. */
static gboolean try_error_task(Compiler *c, const char *full_name, const json_t *config)
{
    const json_t *error_task = json_object_get(config, "_error");
    g_autoptr(TgGraph) trial = NULL;
    g_autofree char *path = NULL;

    if (error_task == NULL || json_is_null(error_task)) {
        return TRUE;
    }
    if (!json_is_object(error_task)) {
        return fail_at(c, "_error", "_error must be a map: an operator or tasks");
    }
    if (json_object_size(error_task) == 0) {
        return TRUE;
    }
    trial = tg_graph_compile(full_name, "^error", error_task, &path, c->error);
    if (trial == NULL) {
        (void)enter(c, "_error");
        if (path != NULL && *path != '\0') {
            (void)enter(c, path);
        }
        return FALSE;
    }
    return TRUE;
}

/* ---- who waits for whom ---- */

static void wait_for_all(TgTaskDefinition *task, const GArray *before)
{
    g_array_append_vals(task->upstreams, before->data, before->len);
}

static gboolean read_flag(Compiler *c, const TgTaskDefinition *task, const char *key, gboolean *out)
{
    if (!tg_params_get_boolean(task->local, key, FALSE, out, c->error)) {
        (void)enter(c, task->name);
        (void)enter(c, key);
        return FALSE;
    }
    return TRUE;
}

static gboolean link_after(Compiler *c, TgTaskDefinition *task, GHashTable *earlier)
{
    json_t *after = json_object_get(task->local, "_after");
    json_t *name = NULL;
    size_t i = 0;

    if (after != NULL && !json_is_array(after)) {
        (void)enter(c, task->name);
        return fail_at(c, "_after", "_after must be a list of task names: [+a, +b]");
    }
    json_array_foreach (after, i, name) {
        gpointer index = NULL;

        if (!g_hash_table_lookup_extended(
                earlier, json_is_string(name) ? json_string_value(name) : "", NULL, &index)) {
            g_autofree char *shown = tg_params_to_text(name);

            (void)enter(c, task->name);
            return fail_at(c, "_after",
                           "Dependency task '%s' does not exist; _after names tasks that stand "
                           "earlier in the same group",
                           shown);
        }
        guint upstream = GPOINTER_TO_UINT(index);

        g_array_append_val(task->upstreams, upstream);
    }
    json_object_del(task->local, "_after");
    return TRUE;
}

static gboolean link_parallel(Compiler *c, const GArray *children, gint64 limit)
{
    g_autoptr(GHashTable) earlier = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GArray) chunk = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GArray) before = g_array_new(FALSE, FALSE, sizeof(guint));

    for (guint i = 0; i < children->len; i++) {
        guint index = g_array_index(children, guint, i);
        TgTaskDefinition *task = task_at(c, index);
        gboolean background = FALSE;

        if (!read_flag(c, task, "_background", &background)) {
            return FALSE;
        }
        if (background) {
            (void)enter(c, task->name);
            return fail_at(c, "_background",
                           "Setting \"_background: true\" option is invalid (unnecessary) if its "
                           "parent task has \"_parallel: true\" option");
        }
        if (limit > 0 && i > 0 && i % (guint)limit == 0) {
            g_array_set_size(before, 0);
            g_array_append_vals(before, chunk->data, chunk->len);
            g_array_set_size(chunk, 0);
        }
        if (!link_after(c, task, earlier)) {
            return FALSE;
        }
        wait_for_all(task, before);
        g_array_append_val(chunk, index);
        g_hash_table_replace(earlier, task->name, GUINT_TO_POINTER(index));
    }
    return TRUE;
}

static gboolean link_sequence(Compiler *c, const GArray *children)
{
    g_autoptr(GArray) before = g_array_new(FALSE, FALSE, sizeof(guint));

    for (guint i = 0; i < children->len; i++) {
        guint index = g_array_index(children, guint, i);
        TgTaskDefinition *task = task_at(c, index);
        gboolean background = FALSE;

        if (json_object_get(task->local, "_after") != NULL) {
            (void)enter(c, task->name);
            return fail_at(c, "_after",
                           "Setting \"_after\" option is invalid if its parent task doesn't have "
                           "\"_parallel: true\" option");
        }
        if (!read_flag(c, task, "_background", &background)) {
            return FALSE;
        }
        if (!background) {
            wait_for_all(task, before);
            g_array_set_size(before, 0);
        }
        g_array_append_val(before, index);
        json_object_del(task->local, "_background");
    }
    return TRUE;
}

/* ---- groups and tasks ---- */

static gboolean compile_children(Compiler *c, const TgTaskDefinition *group, const json_t *config,
                                 GArray *children)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)config, key, value) {
        guint index = c->graph->tasks->len;

        if (key[0] != '+') {
            continue;
        }
        if (!json_is_object(value)) {
            return fail_at(
                c, key, "the task %s must be a map: an operator such as `sh>: …`, or tasks", key);
        }
        if (!check_name(c, key)) {
            return FALSE;
        }
        gsize before = enter(c, key);

        if (!compile_task(c, (int)group->index, group->full_name, key, value)) {
            return FALSE;
        }
        g_string_truncate(c->path, before);
        g_array_append_val(children, index);
    }
    return TRUE;
}

static gboolean compile_group(Compiler *c, TgTaskDefinition *group, const json_t *config)
{
    g_autoptr(GArray) children = g_array_new(FALSE, FALSE, sizeof(guint));
    gboolean parallel = FALSE;
    gint64 limit = 0;

    if (!check_group_keys(c, group->full_name, config) ||
        !compile_children(c, group, config, children)) {
        return FALSE;
    }
    if (!tg_graph_read_parallel(config, &parallel, &limit, c->error)) {
        (void)enter(c, "_parallel");
        return FALSE;
    }
    if (!(parallel ? link_parallel(c, children, limit) : link_sequence(c, children))) {
        return FALSE;
    }
    return try_error_task(c, group->full_name, config);
}

static gboolean check_operator(Compiler *c, const json_t *config, Shape shape)
{
    g_autofree char *shown = NULL;

    if (shape.children == 0 && shape.operators <= 1) {
        return TRUE;
    }
    shown = tg_params_to_json(config);
    if (shape.children > 0) {
        return fail_at(c, "", "A task can't have subtasks: %s", shown);
    }
    return fail_at(c, shape.second_operator, "A task can't have more than one operator: %s", shown);
}

static gboolean compile_task(Compiler *c, int parent, const char *parent_full_name,
                             const char *name, const json_t *config)
{
    Shape shape = shape_of(config);
    gboolean disabled = FALSE;
    TgTaskDefinition *task = NULL;
    gboolean ok = FALSE;

    if (!tg_params_get_boolean(config, "_disable", FALSE, &disabled, c->error)) {
        (void)enter(c, "_disable");
        return FALSE;
    }
    if (++c->depth > DEPTH_MAX) {
        return fail_at(c, "", "tasks are nested more than %d deep", DEPTH_MAX);
    }
    task = add_task(c, parent, parent_full_name, name,
                    disabled || (shape.operators == 0 && !shape.has_type));
    if (disabled) {
        c->depth--;
        return TRUE;
    }
    if (!copy_config(c, task, config)) {
        return FALSE;
    }
    if (task->is_group) {
        ok = compile_group(c, task, config);
    } else {
        ok = check_operator(c, config, shape) && try_error_task(c, task->full_name, config);
    }
    c->depth--;
    return ok;
}

TgGraph *tg_graph_compile(const char *parent_full_name, const char *name, const json_t *config,
                          char **out_path, GError **error)
{
    g_autoptr(TgGraph) graph = tg_graph_new();
    g_autoptr(GString) path = g_string_new(NULL);
    Compiler c = {.graph = graph, .path = path, .error = error};

    if (!compile_task(&c, -1, parent_full_name, name, config)) {
        if (out_path != NULL) {
            *out_path = g_strdup(path->str);
        }
        return NULL;
    }
    return g_steal_pointer(&graph);
}

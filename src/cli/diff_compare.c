/* Compares tasks by their full names, key by key. */
#include "cli/diff_compare.h"

#include <string.h>

#include "base/file.h"
#include "cli/workflow_file.h"
#include "params/params.h"

#define FILE_BYTES_MAX ((gsize)4 * 1024 * 1024)

typedef struct {
    const TgRevision *from;
    const TgRevision *to;
    json_t *files; /* name -> hunks */
    GError **error;
} Diff;

/* The tasks of one workflow at one revision. */
typedef struct {
    TgGraph *graph;      /* NULL: there is no such workflow */
    GHashTable *by_name; /* full name -> TgTaskDefinition, lent */
} Side;

static void side_clear(Side *side)
{
    tg_graph_free(side->graph);
    g_clear_pointer(&side->by_name, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Side, side_clear)

static const TgWorkflowFile *find(const TgRevision *revision, const char *name)
{
    return tg_project_find(revision->project, name, NULL);
}

static gboolean side_init(Side *side, const TgRevision *revision, const char *name, GError **error)
{
    const TgWorkflowFile *workflow = find(revision, name);

    side->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    if (workflow == NULL) {
        return TRUE;
    }
    side->graph = tg_cli_workflow_compile(workflow, error);
    if (side->graph == NULL) {
        g_prefix_error(error, "%s: ", revision->name);
        return FALSE;
    }
    for (guint i = 0; i < side->graph->tasks->len; i++) {
        TgTaskDefinition *task = side->graph->tasks->pdata[i];

        g_hash_table_insert(side->by_name, task->full_name, task);
    }
    const TgTaskDefinition *root = side->graph->tasks->pdata[0];

    json_object_set_new(root->local, "timezone", json_string(workflow->timezone));
    return TRUE;
}

static const TgTaskDefinition *task_named(const Side *side, const char *full_name)
{
    return g_hash_table_lookup(side->by_name, full_name);
}

/* ---- keys ---- */

static gboolean add_key(const Diff *diff, json_t *keys, const char *key, const json_t *old_value,
                        const json_t *new_value)
{
    json_t *one = json_pack("{s:s}", "key", key);
    g_autofree char *old_text = old_value == NULL ? NULL : tg_params_to_text(old_value);
    g_autofree char *new_text = new_value == NULL ? NULL : tg_params_to_text(new_value);
    g_autofree char *hunks = NULL;

    json_array_append_new(keys, one);
    if (old_value != NULL) {
        json_object_set(one, "old", (json_t *)old_value);
    }
    if (new_value != NULL) {
        json_object_set(one, "new", (json_t *)new_value);
    }
    if ((old_text == NULL || strchr(old_text, '\n') == NULL) &&
        (new_text == NULL || strchr(new_text, '\n') == NULL)) {
        return TRUE;
    }
    hunks = tg_revision_text_hunks(old_text == NULL ? "" : old_text,
                                   new_text == NULL ? "" : new_text, diff->error);
    if (hunks != NULL) {
        json_object_set_new(one, "hunks", json_string(hunks));
    }
    return hunks != NULL;
}

static gboolean compare_values(const Diff *diff, json_t *keys, const char *path,
                               const json_t *old_value, const json_t *new_value);

static gboolean compare_member(const Diff *diff, json_t *keys, const char *path, const char *key,
                               const json_t *const *both)
{
    g_autofree char *inner = *path == '\0' ? g_strdup(key) : g_strconcat(path, "/", key, NULL);

    return compare_values(diff, keys, inner, json_object_get(both[0], key),
                          json_object_get(both[1], key));
}

/* Maps key by key: those of the old one first. */
static gboolean compare_values(const Diff *diff, json_t *keys, const char *path,
                               const json_t *old_value, const json_t *new_value)
{
    const json_t *const both[] = {old_value, new_value};
    const char *key = NULL;
    json_t *value = NULL;
    gboolean ok = TRUE;

    if (old_value != NULL && new_value != NULL && json_equal(old_value, new_value)) {
        return TRUE;
    }
    if (!json_is_object(old_value) || !json_is_object(new_value)) {
        return add_key(diff, keys, path, old_value, new_value);
    }
    json_object_foreach ((json_t *)old_value, key, value) {
        ok = ok && compare_member(diff, keys, path, key, both);
    }
    json_object_foreach ((json_t *)new_value, key, value) {
        ok = ok && (json_object_get(old_value, key) != NULL ||
                    compare_member(diff, keys, path, key, both));
    }
    return ok;
}

/* Names of the children that both sides have, in the order of one side. */
static json_t *order_of(const Side *side, const Side *other, const TgTaskDefinition *group)
{
    json_t *names = json_array();

    for (guint i = group->index + 1; i < side->graph->tasks->len; i++) {
        const TgTaskDefinition *task = side->graph->tasks->pdata[i];

        if (task->parent_index == (int)group->index && task_named(other, task->full_name) != NULL) {
            json_array_append_new(names, json_string(task->name));
        }
    }
    return names;
}

/* ---- files ---- */

static char *read_file(const TgRevision *revision, const char *name)
{
    g_autofree char *path = tg_file_resolve_below(revision->folder, name, NULL);
    char *text = NULL;

    if (path == NULL || !g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
        !tg_file_read(path, FILE_BYTES_MAX, &text, NULL, NULL)) {
        return NULL;
    }
    return text;
}

/* A word of a value may name a file that changed. */
static gboolean compare_file(const Diff *diff, json_t *files, const char *name)
{
    g_autofree char *old_text = NULL;
    g_autofree char *new_text = NULL;

    if (*name == '\0' || strchr(name, '.') == NULL || g_str_has_suffix(name, ".dig")) {
        return TRUE;
    }
    old_text = read_file(diff->from, name);
    new_text = read_file(diff->to, name);
    if (g_strcmp0(old_text, new_text) == 0) {
        return TRUE;
    }
    json_object_set_new(files, name, json_true());
    if (json_object_get(diff->files, name) != NULL) {
        return TRUE;
    }
    g_autofree char *old_path = g_build_filename(diff->from->folder, name, NULL);
    g_autofree char *new_path = g_build_filename(diff->to->folder, name, NULL);
    g_autofree char *hunks = tg_revision_hunks(old_path, new_path, diff->error);

    if (hunks != NULL) {
        json_object_set_new(diff->files, name, json_string(hunks));
    }
    return hunks != NULL;
}

/* "tasks.load" of py> is tasks.py. */
static gboolean compare_word(const Diff *diff, json_t *files, const char *word)
{
    const char *dot = strrchr(word, '.');
    g_autofree char *module = NULL;

    if (!compare_file(diff, files, word)) {
        return FALSE;
    }
    if (dot == NULL || strchr(word, '/') != NULL) {
        return TRUE;
    }
    module = g_strndup(word, (gsize)(dot - word));
    g_strdelimit(module, ".", '/');
    g_autofree char *file = g_strconcat(module, ".py", NULL);

    return compare_file(diff, files, file);
}

static gboolean compare_files(const Diff *diff, json_t *files, const json_t *value)
{
    const char *key = NULL;
    json_t *inner = NULL;
    gsize index = 0;
    gboolean ok = TRUE;

    json_object_foreach ((json_t *)value, key, inner) {
        ok = ok && compare_files(diff, files, inner);
    }
    json_array_foreach (value, index, inner) {
        ok = ok && compare_files(diff, files, inner);
    }
    if (json_is_string(value)) {
        g_auto(GStrv) words = g_strsplit_set(json_string_value(value), " \t\n'\"=;|&<>()", -1);

        for (guint i = 0; ok && words[i] != NULL; i++) {
            ok = compare_word(diff, files, words[i]);
        }
    }
    return ok;
}

/* ---- tasks ---- */

static char *what_of(const TgTaskDefinition *task)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach (task->local, key, value) {
        if (strlen(key) > 1 && g_str_has_suffix(key, ">")) {
            g_autofree char *text = json_is_null(value) ? g_strdup("") : tg_params_to_text(value);

            return g_strconcat(key, " ", text, NULL);
        }
    }
    return g_strdup("");
}

static guint count_below(const Side *side, const TgTaskDefinition *task)
{
    gsize size = strlen(task->full_name);
    guint count = 0;

    for (guint i = task->index + 1; i < side->graph->tasks->len; i++) {
        const TgTaskDefinition *other = side->graph->tasks->pdata[i];

        count += strncmp(other->full_name, task->full_name, size) == 0 &&
                         other->full_name[size] == '+' && !other->is_group
                     ? 1
                     : 0;
    }
    return count;
}

/* A task that only one side has, unless its group stands for it. */
static void add_single(json_t *tasks, const Side *side, const Side *other,
                       const TgTaskDefinition *task, const char *change)
{
    const TgTaskDefinition *parent =
        task->parent_index < 0 ? NULL : side->graph->tasks->pdata[task->parent_index];

    if (parent != NULL && task_named(other, parent->full_name) == NULL) {
        return;
    }
    g_autofree char *what = what_of(task);

    json_array_append_new(tasks,
                          json_pack("{s:s, s:s, s:s, s:i}", "task", task->full_name, "change",
                                    change, "what", what, "below", (int)count_below(side, task)));
}

static gboolean add_changed(const Diff *diff, json_t *tasks, const Side *old_side,
                            const Side *new_side, const TgTaskDefinition *now)
{
    const TgTaskDefinition *then = task_named(old_side, now->full_name);
    g_autoptr(json_t) keys = json_array();
    g_autoptr(json_t) files = json_object();
    g_autoptr(json_t) old_order = order_of(old_side, new_side, then);
    g_autoptr(json_t) new_order = order_of(new_side, old_side, now);
    g_autofree char *what = what_of(now);
    json_t *names = json_array();
    const char *name = NULL;
    json_t *value = NULL;

    if (!compare_values(diff, keys, "", then->local, now->local) ||
        !compare_values(diff, keys, "_export", then->export, now->export) ||
        !compare_values(diff, keys, "order", old_order, new_order) ||
        !compare_files(diff, files, now->local)) {
        json_decref(names);
        return FALSE;
    }
    json_object_foreach (files, name, value) {
        json_array_append_new(names, json_string(name));
    }
    if (json_array_size(keys) + json_array_size(names) > 0) {
        json_array_append_new(tasks, json_pack("{s:s, s:s, s:s, s:O, s:O}", "task", now->full_name,
                                               "change", "changed", "what", what, "keys", keys,
                                               "files", names));
    }
    json_decref(names);
    return TRUE;
}

static gboolean compare_workflow(const Diff *diff, json_t *workflows, const char *name)
{
    g_auto(Side) old_side = {NULL};
    g_auto(Side) new_side = {NULL};
    g_autoptr(json_t) tasks = json_array();
    g_autofree char *path = g_strconcat(name, ".dig", NULL);

    if (!side_init(&old_side, diff->from, name, diff->error) ||
        !side_init(&new_side, diff->to, name, diff->error)) {
        return FALSE;
    }
    for (guint i = 0; new_side.graph != NULL && i < new_side.graph->tasks->len; i++) {
        const TgTaskDefinition *task = new_side.graph->tasks->pdata[i];

        if (task_named(&old_side, task->full_name) == NULL) {
            add_single(tasks, &new_side, &old_side, task, "added");
        } else if (!add_changed(diff, tasks, &old_side, &new_side, task)) {
            return FALSE;
        }
    }
    for (guint i = 0; old_side.graph != NULL && i < old_side.graph->tasks->len; i++) {
        const TgTaskDefinition *task = old_side.graph->tasks->pdata[i];

        if (task_named(&new_side, task->full_name) == NULL) {
            add_single(tasks, &old_side, &new_side, task, "removed");
        }
    }
    if (json_array_size(tasks) > 0) {
        json_array_append_new(workflows, json_pack("{s:s, s:O}", "workflow", path, "tasks", tasks));
    }
    return TRUE;
}

static gboolean compare_all(const Diff *diff, json_t *workflows)
{
    for (guint i = 0; i < diff->to->project->workflows->len; i++) {
        const TgWorkflowFile *workflow = diff->to->project->workflows->pdata[i];

        if (!compare_workflow(diff, workflows, workflow->name)) {
            return FALSE;
        }
    }
    for (guint i = 0; i < diff->from->project->workflows->len; i++) {
        const TgWorkflowFile *workflow = diff->from->project->workflows->pdata[i];

        if (find(diff->to, workflow->name) == NULL &&
            !compare_workflow(diff, workflows, workflow->name)) {
            return FALSE;
        }
    }
    return TRUE;
}

static int count_changes(const json_t *workflows, const char *change)
{
    json_t *workflow = NULL;
    json_t *task = NULL;
    gsize i = 0;
    gsize k = 0;
    int count = 0;

    json_array_foreach (workflows, i, workflow) {
        json_array_foreach (json_object_get(workflow, "tasks"), k, task) {
            count +=
                strcmp(json_string_value(json_object_get(task, "change")), change) == 0 ? 1 : 0;
        }
    }
    return count;
}

json_t *tg_diff_new(const TgRevision *from, const TgRevision *to, GError **error)
{
    g_autoptr(json_t) workflows = json_array();
    g_autoptr(json_t) by_name = json_object();
    json_t *files = NULL;
    const Diff diff = {.from = from, .to = to, .files = by_name, .error = error};
    const char *name = NULL;
    json_t *hunks = NULL;

    if (!compare_all(&diff, workflows)) {
        return NULL;
    }
    files = json_array();
    json_object_foreach (by_name, name, hunks) {
        json_array_append_new(files, json_pack("{s:s, s:O}", "file", name, "hunks", hunks));
    }
    return json_pack("{s:s, s:s, s:i, s:i, s:i, s:O, s:o}", "from", from->name, "to", to->name,
                     "added", count_changes(workflows, "added"), "removed",
                     count_changes(workflows, "removed"), "changed",
                     count_changes(workflows, "changed"), "workflows", workflows, "files", files);
}

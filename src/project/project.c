/* Finds and reads the `.dig` files of a folder. */
#include "project/project.h"

#include <string.h>

#include "base/file.h"
#include "base/suggest.h"
#include "params/params.h"

#define SUFFIX ".dig"

static void workflow_free(gpointer data)
{
    TgWorkflowFile *workflow = data;

    g_free(workflow->name);
    g_free(workflow->path);
    g_free(workflow->timezone);
    json_decref(workflow->config);
    tg_yaml_free(workflow->yaml);
    g_free(workflow);
}

void tg_project_free(TgProject *project)
{
    if (project == NULL) {
        return;
    }
    g_free(project->folder);
    if (project->workflows != NULL) {
        g_ptr_array_unref(project->workflows);
    }
    g_free(project);
}

static char *name_of(const char *path)
{
    return g_strndup(path, strlen(path) - strlen(SUFFIX));
}

/* What may stand at the top beside timezone and tasks, in this order. */
static const char *const first[] = {"_export", "schedule", "sla",       "_error",
                                    "_check",  "_retry",   "_parallel", NULL};

const char *const *tg_project_top_keys(void)
{
    return first;
}

/* A workflow's map in Digdag's order: _export, what else belongs to the whole, tasks. Digdag's
 * WorkflowFile.java. A new reference; NULL when there is another key. */
static json_t *order_keys(const TgYaml *yaml, const char *name, GError **error)
{
    json_t *root = tg_yaml_root(yaml);
    g_autoptr(json_t) ordered = json_object();
    const char *key = NULL;
    json_t *value = NULL;

    for (guint i = 0; first[i] != NULL; i++) {
        json_object_set(ordered, first[i], json_object_get(root, first[i]));
    }
    json_object_foreach (root, key, value) {
        if (key[0] == '+') {
            json_object_set(ordered, key, value);
        } else if (!g_strv_contains(first, key) && strcmp(key, "timezone") != 0) {
            g_autofree char *hint = tg_suggest_phrase(key, first);

            tg_yaml_error(yaml, key, error,
                          "Workflow '%s' includes unknown keys: [%s]%s; at the top stand tasks "
                          "(+name:), timezone, _export, schedule, sla, _error, _check, _retry, "
                          "_parallel",
                          name, key, hint);
            return NULL;
        }
    }
    return g_steal_pointer(&ordered);
}

static TgWorkflowFile *load_file(const char *folder, const char *path, GError **error)
{
    g_autofree char *full = g_build_filename(folder, path, NULL);
    TgYaml *yaml = tg_yaml_load(full, path, TG_YAML_DIGDAG, error);
    TgWorkflowFile *workflow = NULL;
    g_autoptr(GError) problem = NULL;

    if (yaml == NULL) {
        return NULL;
    }
    workflow = g_new0(TgWorkflowFile, 1);
    workflow->path = g_strdup(path);
    workflow->name = name_of(path);
    workflow->yaml = yaml;
    workflow->config = order_keys(yaml, workflow->name, error);
    if (workflow->config == NULL) {
        workflow_free(workflow);
        return NULL;
    }
    if (!tg_params_dup_text_or(tg_yaml_root(yaml), "timezone", "UTC", &workflow->timezone,
                               &problem)) {
        tg_yaml_error(yaml, "timezone", error, "%s", problem->message);
        workflow_free(workflow);
        return NULL;
    }
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(workflow->timezone);

    if (zone == NULL) {
        tg_yaml_error(yaml, "timezone", error,
                      "there is no time zone '%s'; use a name such as Asia/Tokyo or an offset such "
                      "as +09:00",
                      workflow->timezone);
        workflow_free(workflow);
        return NULL;
    }
    return workflow;
}

/* As in Digdag, workflows are the files at the top of the project; those below are for call>. */
static gboolean scan(TgProject *project, GError **error)
{
    g_autoptr(GPtrArray) names = tg_file_list_folder(project->folder, error);

    for (guint i = 0; names != NULL && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *full = g_build_filename(project->folder, name, NULL);

        if (name[0] == '.' || !g_str_has_suffix(name, SUFFIX) || strlen(name) == strlen(SUFFIX) ||
            !g_file_test(full, G_FILE_TEST_IS_REGULAR)) {
            continue;
        }
        if (project->workflows->len == TG_PROJECT_WORKFLOWS_MAX) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' holds more than %d workflows",
                        project->folder, TG_PROJECT_WORKFLOWS_MAX);
            return FALSE;
        }
        TgWorkflowFile *workflow = load_file(project->folder, name, error);

        if (workflow == NULL) {
            return FALSE;
        }
        g_ptr_array_add(project->workflows, workflow);
    }
    return names != NULL;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    const TgWorkflowFile *const *one = a;
    const TgWorkflowFile *const *other = b;

    return strcmp((*one)->name, (*other)->name);
}

TgProject *tg_project_load(const char *folder, GError **error)
{
    g_autoptr(TgProject) project = g_new0(TgProject, 1);

    project->folder = g_canonicalize_filename(folder, NULL);
    project->workflows = g_ptr_array_new_with_free_func(workflow_free);
    if (!g_file_test(project->folder, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "there is no project folder '%s'", folder);
        return NULL;
    }
    if (!scan(project, error)) {
        return NULL;
    }
    g_ptr_array_sort(project->workflows, compare_names);
    return g_steal_pointer(&project);
}

static void fail_not_found(const TgProject *project, const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *hint = NULL;

    for (guint i = 0; i < project->workflows->len; i++) {
        g_ptr_array_add(names, ((TgWorkflowFile *)project->workflows->pdata[i])->name);
    }
    g_ptr_array_add(names, NULL);
    hint = tg_suggest_phrase(name, (const char *const *)names->pdata);
    if (strchr(name, '/') != NULL) {
        g_autofree char *folder = g_path_get_dirname(name);

        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "Workflow '%s' does not exist in the project. You may need to type \"cd %s\" "
                    "first, or set the \"--project %s\" option%s",
                    name, folder, folder, hint);
        return;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                "Workflow '%s' does not exist in '%s'%s. Change the folder first, or set the "
                "--project option",
                name, project->folder, hint);
}

const TgWorkflowFile *tg_project_find(const TgProject *project, const char *name, GError **error)
{
    for (guint i = 0; i < project->workflows->len; i++) {
        const TgWorkflowFile *workflow = project->workflows->pdata[i];

        if (strcmp(workflow->name, name) == 0) {
            return workflow;
        }
    }
    fail_not_found(project, name, error);
    return NULL;
}

/* The path of a file below the project's folder, relative to it; NULL when it is not below. */
static char *relative_to(const char *folder, const char *path)
{
    g_autofree char *prefix = g_strconcat(folder, "/", NULL);

    return g_str_has_prefix(path, prefix) ? g_strdup(path + strlen(prefix)) : NULL;
}

json_t *tg_project_load_called(const TgProject *project, const char *work_folder, const char *path,
                               GError **error)
{
    g_autofree char *with_suffix =
        g_str_has_suffix(path, SUFFIX) ? g_strdup(path) : g_strconcat(path, SUFFIX, NULL);
    g_autofree char *full = tg_file_resolve_below(work_folder, with_suffix, error);
    g_autofree char *relative = full == NULL ? NULL : relative_to(project->folder, full);
    TgWorkflowFile *workflow = NULL;
    json_t *config = NULL;

    if (relative == NULL) {
        if (full != NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is not in the project", path);
        }
        return NULL;
    }
    workflow = load_file(project->folder, relative, error);
    if (workflow == NULL) {
        return NULL;
    }
    config = json_deep_copy(workflow->config);
    if (strchr(relative, '/') != NULL) {
        g_autofree char *folder = g_path_get_dirname(relative);
        json_t *export = json_object_get(config, "_export");

        if (!json_is_object(export)) {
            json_t *whole = json_pack("{s:{}}", "_export"); /* it stands first, as in Digdag */

            json_object_update(whole, config);
            json_decref(config);
            config = whole;
            export = json_object();
            json_object_set_new(config, "_export", export);
        }
        json_object_set_new(export, "_workdir", json_string(folder));
    }
    workflow_free(workflow);
    return config;
}

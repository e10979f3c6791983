/* Finding and compiling the workflow that a command is about. */
#include "cli/workflow_file.h"

#include <string.h>

void tg_cli_workflow_free(TgCliWorkflow *file)
{
    if (file != NULL) {
        tg_project_free(file->project);
        g_free(file);
    }
}

TgCliWorkflow *tg_cli_workflow_load(const char *folder, const char *argument, GError **error)
{
    g_autoptr(TgCliWorkflow) file = g_new0(TgCliWorkflow, 1);
    gboolean is_path = folder == NULL && g_str_has_suffix(argument, ".dig");
    g_autofree char *name = is_path                            ? g_path_get_basename(argument)
                            : g_str_has_prefix(argument, "./") ? g_strdup(argument + 2)
                                                               : g_strdup(argument);
    g_autofree char *where =
        is_path ? g_path_get_dirname(argument) : g_strdup(folder == NULL ? "." : folder);

    if (g_str_has_suffix(name, ".dig")) {
        name[strlen(name) - strlen(".dig")] = '\0';
    }
    file->project = tg_project_load(where, error);
    if (file->project == NULL) {
        return NULL;
    }
    file->workflow = tg_project_find(file->project, name, error);
    return file->workflow == NULL ? NULL : g_steal_pointer(&file);
}

TgGraph *tg_cli_workflow_compile(const TgWorkflowFile *workflow, GError **error)
{
    g_autofree char *root = g_strconcat("+", workflow->name, NULL);
    g_autofree char *path = NULL;
    g_autoptr(GError) problem = NULL;
    TgGraph *graph = tg_graph_compile("", root, workflow->config, &path, &problem);

    if (graph == NULL) {
        tg_yaml_error(workflow->yaml, path, error, "%s", problem->message);
    }
    return graph;
}

/* tegaru complete-tasks FILE: names of a workflow's tasks, one a line; for completion scripts. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/workflow_file.h"

static int complete_tasks_run(const TgCli *cli, int argc, char **argv)
{
    static const TgCliHelp help = {"WORKFLOW[.dig]", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(TgCliWorkflow) file = NULL;
    g_autoptr(TgGraph) graph = NULL;
    int status = 0;

    if (!tg_cli_options(cli, NULL, &help, &argc, &argv, &status)) {
        return status;
    }
    if (argc != 2) {
        return tg_cli_usage(cli, "complete-tasks needs one workflow");
    }
    file = tg_cli_workflow_load(NULL, argv[1], &error);
    graph = file == NULL ? NULL : tg_cli_workflow_compile(file->workflow, &error);
    if (graph == NULL) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    const TgTaskDefinition *root = graph->tasks->pdata[0];

    for (guint i = 1; i < graph->tasks->len; i++) {
        const TgTaskDefinition *task = graph->tasks->pdata[i];

        (void)puts(task->full_name + strlen(root->full_name));
    }
    return 0;
}

const TgCommand tg_command_complete_tasks = {.name = "complete-tasks", .run = complete_tasks_run};

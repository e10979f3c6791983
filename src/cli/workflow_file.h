/* The workflow that a command's argument names: "main", "main.dig", "some/folder/main.dig". */
#pragma once

#include "project/project.h"
#include "workflow/graph.h"

/* A loaded project and one workflow of it, lent by the project. */
typedef struct {
    TgProject *project;
    const TgWorkflowFile *workflow;
} TgCliWorkflow;

/**
 * Loads the project that the argument lies in.
 *
 * @folder the project's folder, or NULL: that of the argument's path, else the current one
 * @return NULL with the error of what is missing or broken
 */
TgCliWorkflow *tg_cli_workflow_load(const char *folder, const char *argument, GError **error);
void tg_cli_workflow_free(TgCliWorkflow *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgCliWorkflow, tg_cli_workflow_free)

/* Its tasks as compiled; an error has its place in the file. */
TgGraph *tg_cli_workflow_compile(const TgWorkflowFile *workflow, GError **error);

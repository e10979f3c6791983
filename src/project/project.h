/* A project: a folder whose `.dig` files, at its top, are workflows. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "params/yaml.h"

#define TG_PROJECT_WORKFLOWS_MAX 10000

/* One `.dig` file. */
typedef struct {
    char *name;     /* without `.dig`: "main" */
    char *path;     /* the same with `.dig`: what errors show */
    TgYaml *yaml;   /* the text with places */
    json_t *config; /* its map without timezone: _export, schedule, …, tasks */
    char *timezone; /* as written, or "UTC" */
} TgWorkflowFile;

typedef struct {
    char *folder;         /* absolute */
    GPtrArray *workflows; /* of TgWorkflowFile by name */
} TgProject;

/**
 * Loads all workflows of a folder; names that start with '.' are skipped. One broken file fails
 * the whole project, as in Digdag (case r12).
 *
 * @folder absolute or relative to the current one
 */
TgProject *tg_project_load(const char *folder, GError **error);

void tg_project_free(TgProject *project);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgProject, tg_project_free)

/* The workflow of a name; NULL with TG_ERROR_NOT_FOUND and a likely name. Lent. */
const TgWorkflowFile *tg_project_find(const TgProject *project, const char *name, GError **error);

/**
 * The map of a workflow that another one calls, ready to be run below it: with `_workdir` exported
 * when it lies in a sub-folder (Digdag's call>, case d35). A new reference.
 *
 * @path as written after `call>`, relative to work_folder, `.dig` optional
 * @work_folder absolute, at or below the project's folder
 */
json_t *tg_project_load_called(const TgProject *project, const char *work_folder, const char *path,
                               GError **error);

/* The keys that a workflow may have at its top beside timezone and tasks; NULL-terminated. */
const char *const *tg_project_top_keys(void);

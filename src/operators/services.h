/* What operators share. Built by the command line and handed down; operators never open the
 * catalog, the store or the terminal on their own. */
#pragma once

#include "workflow/operator.h"

/* All members are lent and live as long as the run. Members may be used from any thread. */
struct TgServices {
    const char *project_folder; /* absolute; files named in a workflow are looked up here */
    const char *state_folder;   /* absolute: objects, catalog, receipts of this project */
    const char *program_name;   /* "tegaru" or "digdag": decides on limits and defaults */
    guint subtasks_max;         /* most subtasks of a loop (Digdag: 1000); 0: no limit */

    /* Passes on what a task prints; text need not end with a newline. */
    void (*print)(TgServices *services, const char *task_name, const char *text, gsize size_bytes);

    /* Loads and compiles nothing: only reads another workflow of the project for call>.
     * `path` is relative to the project. A new reference to its map. */
    json_t *(*load_workflow)(TgServices *services, const char *path, GError **error);

    gpointer data; /* of whoever built it */
};

/* Which tasks of a workflow to run: `+task`, --start, --goal, --end. Digdag's Run.java. */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "workflow/graph.h"

/**
 * The task whose full name is, or ends with, the pattern. None, or several, is TG_ERROR_CONFIG that
 * lists what there is. Digdag's TaskMatchPattern.java.
 */
gboolean tg_selection_find(const TgGraph *graph, const char *pattern, guint *out_index,
                           GError **error);

/* A graph of one task and all below it; full names stay. Digdag's SubtreeExtract.java. */
TgGraph *tg_selection_extract(const TgGraph *graph, guint index);

/**
 * Full names of the tasks that must be done before a task: its ancestors, what those and the task
 * itself wait for, and all below these. A set; unref it.
 */
GHashTable *tg_selection_before(const TgGraph *graph, guint index);

/* Adds the full names of a task and all below it to a set. */
void tg_selection_add_tree(const TgGraph *graph, guint index, GHashTable *names);

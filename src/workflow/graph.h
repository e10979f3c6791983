/* A workflow's definition as a list of tasks: who is whose child and who waits for whom. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"

/* One task as written. Immutable once compiled; its values are shared with the map. */
typedef struct {
    guint index;       /* its place in the list; parents and upstreams come before it */
    int parent_index;  /* -1: the first task of the list */
    char *name;        /* "+a", "^sub", … */
    char *full_name;   /* "+main+a" */
    gboolean is_group; /* no operator: never run by itself */
    json_t *local;     /* its keys without +children and _export */
    json_t *export;    /* its _export, maybe empty */
    GArray *upstreams; /* of guint: indexes of the siblings it waits for */
} TgTaskDefinition;

/* The tasks in the order of the file, the root first. */
typedef struct {
    GPtrArray *tasks; /* of TgTaskDefinition */
} TgGraph;

/**
 * Compiles a map to tasks: `+name` keys are children in file order; `_parallel` (with chunks of
 * `limit`), `_background`, `_after`, `_disable` decide who waits for whom; `_error` is compiled as
 * a trial. Rules and messages: Digdag's WorkflowCompiler.java and ModelValidator.java, rows a4–a19
 * of shared/spec/digdag.md.
 *
 * @parent_full_name "" for a workflow
 * @name "+main" for a workflow, "^sub", "^error", "^check" for generated tasks
 * @out_path with an error: the keys from the top of `config` to the culprit joined by '/', for
 *           tg_yaml_error; the caller frees; may be NULL
 * @return free with tg_graph_free
 */
TgGraph *tg_graph_compile(const char *parent_full_name, const char *name, const json_t *config,
                          char **out_path, GError **error);

/* A graph without tasks, which own the TgTaskDefinition put into them. */
TgGraph *tg_graph_new(void);

void tg_graph_free(TgGraph *graph);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgGraph, tg_graph_free)

/**
 * `_parallel` of a task: false, true or {limit: N}; text is accepted as templates give it.
 *
 * @out_limit 0 without a limit
 */
gboolean tg_graph_read_parallel(const json_t *config, gboolean *out_parallel, gint64 *out_limit,
                                GError **error);

/* The keys that a group may have beside its tasks, NULL-terminated. Static. */
const char *const *tg_graph_group_keys(void);

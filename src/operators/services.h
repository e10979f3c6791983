/* What operators share. Built by the command line and handed down; operators never open the
 * catalog, the store or the terminal on their own. */
#pragma once

#include "loader/loader.h"
#include "query/query.h"
#include "workflow/operator.h"

/* A session that require> needs; all is lent. */
typedef struct {
    const char *workflow;
    const char *project_name;       /* NULL: this project */
    gint64 project_id;              /* 0: this project */
    const char *retry_attempt_name; /* NULL: the first attempt of the session */
    const char *session_time;       /* with offset: 2020-01-31T00:00:00+09:00 */
    gint64 attempt_id;              /* who asks */
    const json_t *params;           /* for the attempt, when it has to be started */
} TgSessionRequest;

/* How it is with that session. */
typedef struct {
    gboolean is_new; /* it was started by this very call */
    gboolean is_done;
    gboolean is_success;
    gint64 session_id;
    gint64 attempt_id;
} TgSessionAnswer;

/* All members are lent and live as long as the run. Members may be used from any thread. */
struct TgServices {
    const char *project_folder; /* absolute; files named in a workflow are looked up here */
    guint subtasks_max;         /* most subtasks of a loop (Digdag: 1000); 0: no limit */
    const gint *is_cancelled;   /* g_atomic_int_get: the run is being stopped */
    const TgLoaderPlugins *plugins;
    const TgOperator *const *operators; /* all there are; NULL-terminated */
    const json_t *system_config; /* a flat object of strings: what -X, -c and the config file say */

    /* The local catalog, store and engine; opened by the first who asks. Lent; NULL with an error,
     * but the store, which is never NULL. */
    TgCatalog *(*catalog)(TgServices *services, GError **error);
    TgObjectStore *(*objects)(TgServices *services);
    TgQuery *(*query)(TgServices *services, GError **error);

    /* As TgLoaderServices.run_tests. */
    gboolean (*run_tests)(TgServices *services, const json_t *tests, const TgLoaderStaged *staged,
                          json_t **out_results, GError **error);

    /* Passes on what a task prints; text need not end with a newline. */
    void (*print)(TgServices *services, const char *task_name, const char *text, gsize size_bytes);

    /* One line about a task that is not its output: "guessed 19 columns". */
    void (*note)(TgServices *services, const char *task_name, const char *message);

    /* How far a load has come. */
    void (*progress)(TgServices *services, const char *task_name, const TgLoaderProgress *progress);

    /* The map of another workflow, for call>; `path` is relative to work_folder. A new reference.
     */
    json_t *(*load_workflow)(TgServices *services, const char *work_folder, const char *path,
                             GError **error);

    /* Starts an attempt of another workflow unless the session has one, and tells how it is. */
    gboolean (*start_session)(TgServices *services, const TgSessionRequest *request,
                              TgSessionAnswer *out, GError **error);

    /**
     * A secret of this machine, by its full key; *out is NULL when there is none. From then on its
     * value is replaced wherever something is shown or saved. Operators use support_secret.h.
     */
    gboolean (*secret)(TgServices *services, const char *key, char **out, GError **error);

    /* A value that an operator got in another way (a session token) is a secret, too. */
    void (*hide)(TgServices *services, const char *value);

    gpointer data; /* of whoever built it */
};

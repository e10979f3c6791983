/* State of local runs: what each task that succeeded gave. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "store/journal.h"
#include "workflow/attempt.h"

/**
 * The states of one session. Digdag's layout is a file for each task,
 * <folder>/<session time>/<full name>.yml, so that either program goes on where the other stopped
 * (cases r05, r13); Tegaru's own is one journal for each workflow, <folder>/<session
 * time>/+<workflow>.jsonl, ten times as fast, with the same content. Files of the other layout are
 * found, too. Tegaru adds `inputs` and `receipt` below `result`; a state is written in one step
 * together with its receipt: no receipt, no success.
 */
typedef struct {
    char *folder;       /* of one session, absolute */
    TgJournal *journal; /* NULL: a file for each task */
} TgStatusFolder;

/* @root absolute, ".tegaru/status" or ".digdag/status" of the project
 * @session_folder name of the session, as TG_ZONE_FOLDER gives it
 * @journal_of the workflow whose journal is written; NULL: Digdag's layout */
TgStatusFolder *tg_status_folder_new(const char *root, const char *session_folder,
                                     const char *journal_of);
void tg_status_folder_free(TgStatusFolder *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgStatusFolder, tg_status_folder_free)

/* Saves a task that is SUCCESS. `subtasks` is what its operator gave, or NULL; `inputs` what its
 * result depends on, or NULL. */
gboolean tg_status_folder_save(const TgStatusFolder *status, const TgTask *task,
                               const json_t *subtasks, const json_t *inputs, GError **error);

/**
 * Saves what a task that waits for something elsewhere (a query) needs to go on with it in another
 * process; NULL: it waits no more. In Digdag's layout nothing is saved.
 *
 * @inputs as with tg_status_folder_save
 */
gboolean tg_status_folder_save_waiting(const TgStatusFolder *status, const char *full_name,
                                       const json_t *state, const json_t *inputs, GError **error);

/* What was saved last by that: {"waiting", "inputs"}; NULL: nothing. A new reference. */
json_t *tg_status_folder_load_waiting(const TgStatusFolder *status, const char *full_name);

/**
 * What was saved for a task: {"result": {…}}. A new reference; NULL without an error when there is
 * nothing. A damaged file counts as nothing: the task runs again.
 */
json_t *tg_status_folder_load(const TgStatusFolder *status, const char *full_name);

/* The newest session below root that has a state of the workflow; FALSE: none. */
gboolean tg_status_folder_find_last(const char *root, const char *workflow, gint64 *out_session_ms);

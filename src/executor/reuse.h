/* Which results of earlier runs still hold: saved states, and hashes of what they depend on. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "executor/local_run.h"

typedef struct TgReuse TgReuse;

/* @run, @attempt lent, and live longer */
TgReuse *tg_reuse_new(const TgLocalRun *run, const TgAttempt *attempt);
void tg_reuse_free(TgReuse *reuse);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgReuse, tg_reuse_free)

/**
 * The saved state of a task that is about to run, when it can be taken instead.
 *
 * @params what the task sees
 * @out_reason why there was a state that is not taken, for whoever watches; NULL otherwise; the
 *             caller frees
 * @return a new reference, or NULL: the task runs
 */
json_t *tg_reuse_decide(TgReuse *reuse, const TgTask *task, const json_t *params,
                        char **out_reason);

/* Takes note of a task that is SUCCESS: others depend on it. */
void tg_reuse_note_success(TgReuse *reuse, const TgTask *task);

/* The task is saved: what it depended on is not needed any more. */
void tg_reuse_forget_inputs(TgReuse *reuse, guint id);

/* What the task's result depends on, to be saved with it; NULL: nobody asked. Lent. */
const json_t *tg_reuse_inputs(const TgReuse *reuse, guint id);

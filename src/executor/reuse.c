/* Saved states and whether they still hold. */
#include "executor/reuse.h"

#include <string.h>

#include "executor/task_inputs.h"
#include "params/params.h"
#include "workflow/retry.h"

struct TgReuse {
    const TgLocalRun *run;
    const TgAttempt *attempt;
    GHashTable *inputs; /* task id -> json_t */
    GHashTable *hashes; /* id of a task that is SUCCESS -> its hash, with all below */
};

TgReuse *tg_reuse_new(const TgLocalRun *run, const TgAttempt *attempt)
{
    TgReuse *reuse = g_new0(TgReuse, 1);

    reuse->run = run;
    reuse->attempt = attempt;
    reuse->inputs = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)json_decref);
    reuse->hashes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return reuse;
}

void tg_reuse_free(TgReuse *reuse)
{
    if (reuse == NULL) {
        return;
    }
    g_hash_table_unref(reuse->inputs);
    g_hash_table_unref(reuse->hashes);
    g_free(reuse);
}

static const TgTask *parent_of(const TgReuse *reuse, const TgTask *task)
{
    return task->parent_id < 0 ? NULL : tg_attempt_task(reuse->attempt, (guint)task->parent_id);
}

/* A saved state is from before: a group that starts anew, or a task that had a turn in this run,
 * needs what happens now. */
static gboolean starts_anew(const TgReuse *reuse, const TgTask *task)
{
    if (json_object_size(task->state_params) > 0) {
        return TRUE;
    }
    for (const TgTask *at = parent_of(reuse, task); at != NULL; at = parent_of(reuse, at)) {
        if (tg_retry_has_happened(at->state_params)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What deals with a failure deals with that of this run: an alert that was sent yesterday says
 * nothing of today's. Digdag skips it. */
static gboolean is_about_failure(const char *full_name)
{
    return strstr(full_name, "^error") != NULL || strstr(full_name, "^failure-alert") != NULL;
}

static json_t *load(const TgReuse *reuse, const TgTask *task)
{
    const TgLocalRun *run = reuse->run;

    if (run->status == NULL || starts_anew(reuse, task) ||
        (is_about_failure(task->full_name) && !run->is_like_digdag) ||
        (run->reuse_names != NULL && !g_hash_table_contains(run->reuse_names, task->full_name))) {
        return NULL;
    }
    return tg_status_folder_load(run->status, task->full_name);
}

/* The hashes of all that the task, or a group around it, waits for. */
static json_t *upstreams_of(const TgReuse *reuse, const TgTask *task)
{
    json_t *all = json_object();

    for (const TgTask *at = task; at != NULL; at = parent_of(reuse, at)) {
        for (guint i = 0; i < at->upstreams->len; i++) {
            guint id = g_array_index(at->upstreams, guint, i);
            const char *hash = g_hash_table_lookup(reuse->hashes, GUINT_TO_POINTER(id));

            json_object_set_new(all, tg_attempt_task(reuse->attempt, id)->full_name,
                                json_string(hash == NULL ? "" : hash));
        }
    }
    return all;
}

static json_t *inputs_of(const TgReuse *reuse, const TgTask *task, const json_t *params)
{
    g_autofree char *folder = tg_turn_work_folder(reuse->run->turns.project_folder, params);
    g_autoptr(json_t) upstreams = upstreams_of(reuse, task);
    TgTaskInputsRequest request = {
        .task = task, .params = params, .work_folder = folder, .upstreams = upstreams};

    return tg_task_inputs_new(&request);
}

json_t *tg_reuse_decide(TgReuse *reuse, const TgTask *task, const json_t *params, char **out_reason)
{
    g_autoptr(json_t) saved = load(reuse, task);
    json_t *now = NULL;

    *out_reason = NULL;
    if (reuse->run->is_like_digdag || reuse->run->status == NULL || reuse->run->turns.dry_run) {
        return g_steal_pointer(&saved);
    }
    now = inputs_of(reuse, task, params);
    g_hash_table_replace(reuse->inputs, GUINT_TO_POINTER(task->id), now);
    const json_t *then = json_object_get(json_object_get(saved, "result"), "inputs");

    if (then == NULL) { /* none is saved, or Digdag did it and did not say of what */
        return g_steal_pointer(&saved);
    }
    *out_reason = tg_task_inputs_difference(then, now);
    return *out_reason == NULL ? g_steal_pointer(&saved) : NULL;
}

void tg_reuse_note_success(TgReuse *reuse, const TgTask *task)
{
    gpointer key = GUINT_TO_POINTER(task->id);
    g_autoptr(GPtrArray) children = g_ptr_array_new();

    if (reuse->run->is_like_digdag || reuse->run->status == NULL) {
        return;
    }
    for (guint i = 0; i < task->children->len; i++) {
        guint id = g_array_index(task->children, guint, i);
        char *hash = g_hash_table_lookup(reuse->hashes, GUINT_TO_POINTER(id));

        if (hash != NULL && !tg_attempt_task(reuse->attempt, id)->is_superseded) {
            g_ptr_array_add(children, hash);
        }
    }
    g_hash_table_replace(
        reuse->hashes, key,
        tg_task_inputs_hash(g_hash_table_lookup(reuse->inputs, key), task->receipt, children));
}

void tg_reuse_forget_inputs(TgReuse *reuse, guint id)
{
    (void)g_hash_table_remove(reuse->inputs, GUINT_TO_POINTER(id));
}

const json_t *tg_reuse_inputs(const TgReuse *reuse, guint id)
{
    return g_hash_table_lookup(reuse->inputs, GUINT_TO_POINTER(id));
}

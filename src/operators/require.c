/* require>: makes sure that a session of another workflow has run; waits for it. Digdag's
 * RequireOperatorFactory.java. */
#include <string.h>

#include "base/random.h"
#include "operators/support.h"
#include "params/params.h"

#define POLL_MS_FIRST 20
#define POLL_MS_MAX 1000

typedef struct {
    char *workflow;
    char *retry_attempt_name;
    char *project_name;
    char *rerun_on;
    char *session_time;
    json_t *params;
    gboolean ignore_failure;
    TgSessionRequest request;
} Wanted;

static void wanted_clear(Wanted *wanted)
{
    g_free(wanted->workflow);
    g_free(wanted->retry_attempt_name);
    g_free(wanted->project_name);
    g_free(wanted->rerun_on);
    g_free(wanted->session_time);
    json_decref(wanted->params);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wanted, wanted_clear)

/* Only the task's own key names a project or a retry: those of this attempt are parameters, too. */
static gboolean read_own(const TgTurn *turn, Wanted *wanted, GError **error)
{
    static const char *const own[] = {"project_id", "project_name", "retry_attempt_name"};
    g_autoptr(json_t) mine = json_object();

    for (gsize i = 0; i < G_N_ELEMENTS(own); i++) {
        if (tg_params_has(turn->local, own[i])) {
            json_object_set(mine, own[i], json_object_get(turn->params, own[i]));
        }
    }
    if (tg_params_has(mine, "project_id") && tg_params_has(mine, "project_name")) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Both project_id and project_name can't be set");
        return FALSE;
    }
    const char *again = json_string_value(json_object_get(turn->state, "rerun_name"));

    if (!tg_params_dup_text_or(mine, "project_name", NULL, &wanted->project_name, error) ||
        !tg_params_get_int64(mine, "project_id", 0, &wanted->request.project_id, error) ||
        !tg_params_dup_text_or(mine, "retry_attempt_name", NULL, &wanted->retry_attempt_name,
                               error)) {
        return FALSE;
    }
    if (again != NULL) {
        g_free(wanted->retry_attempt_name);
        wanted->retry_attempt_name = g_strdup(again);
    }
    return TRUE;
}

static gboolean read_wanted(const TgTurn *turn, Wanted *wanted, GError **error)
{
    static const char *const kinds[] = {"none", "failed", "all", NULL};

    wanted->workflow = tg_params_dup_text(turn->params, "_command", error);
    wanted->session_time = tg_params_dup_text(turn->params, "session_time", error);
    if (wanted->workflow == NULL || wanted->session_time == NULL ||
        !tg_params_get_boolean(turn->params, "ignore_failure", FALSE, &wanted->ignore_failure,
                               error) ||
        !tg_params_dup_text_or(turn->params, "rerun_on", "none", &wanted->rerun_on, error)) {
        return FALSE;
    }
    if (!g_strv_contains(kinds, wanted->rerun_on)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "invalid rerun_on option:%s; it is none, failed or all", wanted->rerun_on);
        return FALSE;
    }
    wanted->params = tg_params_get_map_or_empty(turn->params, "params", error);
    if (wanted->params == NULL || !read_own(turn, wanted, error)) {
        return FALSE;
    }
    wanted->request.workflow = wanted->workflow;
    wanted->request.session_time = wanted->session_time;
    wanted->request.project_name = wanted->project_name;
    wanted->request.retry_attempt_name = wanted->retry_attempt_name;
    wanted->request.params = wanted->params;
    return tg_params_get_int64(turn->params, "attempt_id", 0, &wanted->request.attempt_id, error);
}

static void poll_later(TgTurn *turn, TgOutcome *out)
{
    gint64 wait_ms = json_integer_value(json_object_get(turn->state, "poll_ms"));

    wait_ms = CLAMP(wait_ms * 2, POLL_MS_FIRST, POLL_MS_MAX);
    json_object_set_new(turn->state, "poll_ms", json_integer(wait_ms));
    turn->poll_at_ms = turn->now_ms + wait_ms;
    *out = TG_OUTCOME_POLL;
}

/* What follows from an attempt that is done. */
static gboolean finish(TgTurn *turn, const Wanted *wanted, const TgSessionAnswer *answer,
                       TgOutcome *out, GError **error)
{
    gboolean is_mine = json_is_true(json_object_get(turn->state, "require_kicked"));
    gboolean again = strcmp(wanted->rerun_on, "all") == 0 ||
                     (strcmp(wanted->rerun_on, "failed") == 0 && !answer->is_success);

    if (!is_mine && again) {
        g_autofree char *name = tg_random_uuid();

        json_object_set_new(turn->state, "rerun_name", json_string(name));
        poll_later(turn, out);
        return TRUE;
    }
    if (!answer->is_success && !wanted->ignore_failure) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK,
                    "Dependent workflow failed. Session id: %" G_GINT64_FORMAT
                    ", attempt id: %" G_GINT64_FORMAT,
                    answer->session_id, answer->attempt_id);
        return FALSE;
    }
    *out = TG_OUTCOME_DONE;
    return TRUE;
}

static gboolean require_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(Wanted) wanted = {NULL};
    TgSessionAnswer answer = {0};

    if (!read_wanted(turn, &wanted, error) ||
        !turn->services->start_session(turn->services, &wanted.request, &answer, error)) {
        return FALSE;
    }
    if (answer.is_new) {
        json_object_set_new(turn->state, "require_kicked", json_true());
    }
    if (!answer.is_done) {
        poll_later(turn, out);
        return TRUE;
    }
    return finish(turn, &wanted, &answer, out, error);
}

static const char *const options[] = {
    "project_id",         "project_name",   "session_time", "params",
    "retry_attempt_name", "ignore_failure", "rerun_on",     NULL};

const TgOperator tg_operator_require = {
    .name = "require",
    .help = "Waits for a session of another workflow, and starts it when there is none",
    .options = options,
    .honours_retry = TRUE,
    .run = require_run};

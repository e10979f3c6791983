/* wait>: done a while after its first turn; holds no thread meanwhile. Digdag's
 * WaitOperatorFactory.java and Durations.java. */
#include "operators/support.h"
#include "params/duration.h"
#include "params/params.h"

static gboolean wait_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autofree char *text = tg_params_dup_text(turn->params, "_command", error);
    gint64 duration_s = 0;
    gint64 started_ms = 0;

    if (text == NULL) {
        return FALSE;
    }
    if (!tg_duration_parse(text, &duration_s)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "wait>: '%s' is no duration; write it as 10s, 5m or 1h 30m", text);
        return FALSE;
    }
    if (!tg_params_get_int64(turn->state, "started_ms", turn->now_ms, &started_ms, error)) {
        return FALSE;
    }
    /* An instant, not a remainder: a restart must not make the wait longer. */
    json_object_set_new(turn->state, "started_ms", json_integer(started_ms));
    turn->poll_at_ms = started_ms + duration_s * 1000;
    *out = turn->now_ms < turn->poll_at_ms ? TG_OUTCOME_POLL : TG_OUTCOME_DONE;
    return TRUE;
}

static const char *const options[] = {"blocking", "poll_interval", NULL};

const TgOperator tg_operator_wait = {.name = "wait",
                                     .help = "Waits for a while",
                                     .options = options,
                                     .honours_retry = TRUE,
                                     .run = wait_run};

/* wait>: done a while after its first turn; holds no thread meanwhile. Digdag's
 * WaitOperatorFactory.java and Durations.java. */
#include <string.h>

#include "operators/support.h"
#include "params/params.h"

#define DAY_MS ((gint64)24 * 3600 * 1000)

/* "1d 2h 3m 4s", each part optional, blanks allowed; FALSE when the text is something else. */
static gboolean parse_duration(const char *text, gint64 *out_ms)
{
    static const struct {
        char unit;
        gint64 ms;
    } units[] = {{'d', DAY_MS}, {'h', 3600000}, {'m', 60000}, {'s', 1000}};
    const char *c = text;
    gsize next = 0; /* units come in this order */
    gboolean any = FALSE;

    *out_ms = 0;
    while (*(c += strspn(c, " \t")) != '\0') {
        char *end = NULL;
        guint64 number = g_ascii_strtoull(c, &end, 10);

        if (end == c || !g_ascii_isdigit(*c) || number > 100000000) {
            return FALSE;
        }
        end += strspn(end, " \t");
        while (next < G_N_ELEMENTS(units) && units[next].unit != *end) {
            next++;
        }
        if (next == G_N_ELEMENTS(units)) {
            return FALSE;
        }
        *out_ms += (gint64)number * units[next++].ms;
        any = TRUE;
        c = end + 1;
    }
    return any;
}

static gboolean wait_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autofree char *text = tg_params_dup_text(turn->params, "_command", error);
    gint64 duration_ms = 0;
    gint64 started_ms = 0;

    if (text == NULL) {
        return FALSE;
    }
    if (!parse_duration(text, &duration_ms)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "wait>: '%s' is no duration; write it as 10s, 5m or 1h 30m", text);
        return FALSE;
    }
    if (!tg_params_get_int64(turn->state, "started_ms", turn->now_ms, &started_ms, error)) {
        return FALSE;
    }
    /* An instant, not a remainder: a restart must not make the wait longer. */
    json_object_set_new(turn->state, "started_ms", json_integer(started_ms));
    turn->poll_at_ms = started_ms + duration_ms;
    *out = turn->now_ms < turn->poll_at_ms ? TG_OUTCOME_POLL : TG_OUTCOME_DONE;
    return TRUE;
}

static const char *const options[] = {"blocking", "poll_interval", NULL};

const TgOperator tg_operator_wait = {.name = "wait",
                                     .help = "Waits for a while",
                                     .options = options,
                                     .honours_retry = TRUE,
                                     .run = wait_run};

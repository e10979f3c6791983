/* http>: one HTTP request. Digdag's HttpOperatorFactory.java. */
#include "operators/support_http.h"
#include "params/params.h"

#define STORED_MAX 65536 /* unless config.http.max_stored_response_content_size says another */

static gboolean http_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(TgOperatorHttpAnswer) answer = {0};
    gint64 max =
        tg_operator_system_int64(turn, "config.http.max_stored_response_content_size", STORED_MAX);
    gboolean stores = FALSE;

    /* A character has four bytes at most; one more shows that there are too many. */
    if (!tg_params_get_boolean(turn->params, "store_content", FALSE, &stores, error) ||
        !tg_operator_http_run(turn, (gsize)max * 4 + 1, TRUE, &answer, out, error)) {
        return FALSE;
    }
    if (*out != TG_OUTCOME_DONE) {
        return TRUE;
    }
    if (stores && answer.characters > (gsize)max) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK,
                    "Response content too large: %" G_GSIZE_FORMAT " > %" G_GINT64_FORMAT,
                    answer.characters, max);
        return FALSE;
    }
    turn->store = json_pack("{s:{s:i}}", "http", "last_status", (int)answer.status);
    turn->reset_store = json_pack("[s]", "http.last_status");
    if (stores) {
        json_object_set_new(json_object_get(turn->store, "http"), "last_content",
                            json_string(answer.text));
        json_array_append_new(turn->reset_store, json_string("http.last_content"));
    }
    return TRUE;
}

static const char *const options[] = {"method", "content", "content_format",   "content_type",
                                      "query",  "headers", "timeout",          "store_content",
                                      "retry",  "http",    "follow_redirects", "insecure",
                                      "proxy",  NULL};

const TgOperator tg_operator_http = {.name = "http",
                                     .help = "Sends an HTTP request",
                                     .options = options,
                                     .honours_retry = TRUE,
                                     .run = http_run};

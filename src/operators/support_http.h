/* A request as http> and http_call> describe it. */
#pragma once

#include "net/http.h"
#include "operators/services.h"

/* What came back. */
typedef struct {
    guint status;
    char *text;       /* the body as UTF-8, by the charset of its Content-Type; cut at the limit */
    gsize characters; /* of the whole body, also what was not kept */
    char *content_type; /* NULL: none was sent */
} TgOperatorHttpAnswer;

void tg_operator_http_answer_clear(TgOperatorHttpAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgOperatorHttpAnswer, tg_operator_http_answer_clear)

/**
 * Sends the request of a task: method, content, query, headers, secrets, proxy, time limit. What
 * may work later (5xx, the network, when `retry` allows; 408 and 429 always) makes the turn poll,
 * each time later: 1, 2, 4 … 30 seconds, without end. Digdag's HttpOperatorFactory.java.
 *
 * @content_bytes_max most that is kept of a body
 * @uses_secret_url whether the secret `http.uri` beats `_command`
 * @out DONE: the answer is there (2xx and 3xx)
 */
gboolean tg_operator_http_run(TgTurn *turn, gsize content_bytes_max, gboolean uses_secret_url,
                              TgOperatorHttpAnswer *out_answer, TgOutcome *out, GError **error);

/* A number of the system configuration, as "config.http.max_redirects". */
gint64 tg_operator_system_int64(const TgTurn *turn, const char *key, gint64 fallback);

/* A text of it; NULL when it is not there. Lent. */
const char *tg_operator_system_text(const TgTurn *turn, const char *key);

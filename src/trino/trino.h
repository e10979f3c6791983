/* Statements on a Trino server, step by step. Source: Trino's "Client REST API". */
#pragma once

#include <jansson.h>

#include "base/error.h"

#define TG_TRINO_ROWS_MAX 100000 /* that a step keeps at most */

/* Where the server is and who asks; copied. */
typedef struct {
    const char *url;          /* "https://host:port" */
    const char *user;         /* NULL: "tegaru" */
    const char *password;     /* basic authentication, over https alone; NULL: none */
    const char *token;        /* a bearer token; NULL: none */
    const char *catalog;      /* for names without one; may be NULL */
    const char *schema;       /* may be NULL */
    const json_t *session;    /* properties: {"name": value}; may be NULL */
    const gint *is_cancelled; /* g_atomic_int_get; may be NULL */
} TgTrinoOptions;

/* Any thread may use it. */
typedef struct TgTrino TgTrino;

/* CONFIG for a URL that is none, and for a password over plain http. */
TgTrino *tg_trino_new(const TgTrinoOptions *options, GError **error);
void tg_trino_free(TgTrino *trino);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgTrino, tg_trino_free)

/**
 * One step of a statement's life.
 *
 * The state is an object, {} at first, to be stored between steps: "id", "next" (where the next
 * page lies), "columns" [{"name", "type"}], "rows" [[value, …]] (JSON values as Trino sends them),
 * "rows_seen", "update_type", "update_count", "scanned_bytes", "elapsed_ms", "failures".
 */
typedef struct {
    const char *sql;   /* not needed once the state has an id; lent */
    gint64 now_ms;     /* Unix time */
    json_t *state;     /* changed */
    guint rows_keep;   /* how many rows stay in the state; the others are counted */
    gint64 poll_at_ms; /* set while it goes on */
    gboolean is_done;  /* set: it is FINISHED */
} TgTrinoStep;

/**
 * Makes one call, which the server answers within a second or so. A statement is done when the
 * server says FINISHED and gives no next page, and nothing else.
 *
 * A start whose answer is lost is not tried again, for Trino has no tokens: RETRY says so. Pages
 * are asked for again.
 *
 * Errors: TASK for what the statement is to blame for, with line and column; RETRY for the server
 * or the network; CANCELLED; DENIED; CONFIG.
 */
gboolean tg_trino_step(TgTrino *trino, TgTrinoStep *step, GError **error);

/* Stops a statement; one that has ended is fine. */
gboolean tg_trino_cancel(TgTrino *trino, const json_t *state, GError **error);

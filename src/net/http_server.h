/* An HTTP server: requests in, answers out, with limits on all of it. */
#pragma once

#include <glib.h>

#include "base/error.h"

#define TG_HTTP_SERVER_CONNECTIONS_MAX 256
#define TG_HTTP_SERVER_HEAD_BYTES_MAX ((gsize)128 * 1024) /* of a request's line and headers */
#define TG_HTTP_SERVER_IDLE_S 60 /* no byte for so long closes the connection */
#define TG_HTTP_SERVER_BODY_BYTES_MAX ((gsize)8 << 20) /* that is kept in memory */

/**
 * A server. Each connection has a thread of its own out of connections_max, so a handler may block;
 * connections are kept open between requests.
 */
typedef struct TgHttpServer TgHttpServer;

/* One request and its answer: lent to the handler, used by the thread of the connection alone. */
typedef struct TgHttpCall TgHttpCall;

/* Takes a body in pieces; FALSE with an error: no more is wanted. */
typedef gboolean (*TgHttpBodyWrite)(gpointer data, const char *bytes, gsize size_bytes,
                                    GError **error);

/* Gives the next piece of an answer: at most size_max bytes; 0 is the end, -1 breaks the connection
 * off. */
typedef gssize (*TgHttpBodyRead)(gpointer data, char *into, gsize size_max);

/* What a server is started with. Zero means the default; all is lent for the call but `data`. */
typedef struct {
    const char *bind;      /* an address; NULL: "127.0.0.1" */
    guint16 port;          /* 0: any free one */
    guint connections_max; /* others wait, or are refused */
    guint idle_s;

    /**
     * The head of a request is there and its body is not: sets where the body goes and how large it
     * may be. Answering already is allowed; then the body is not read. May be NULL.
     */
    void (*begin)(gpointer data, TgHttpCall *call);

    /* All of a request is there; must answer (500 otherwise). */
    void (*answer)(gpointer data, TgHttpCall *call);
    gpointer data;
} TgHttpServerOptions;

/* Listens. NULL with CONFLICT when somebody else has the port, CONFIG for an address that is none.
 */
TgHttpServer *tg_http_server_start(const TgHttpServerOptions *options, GError **error);

/* The port it listens on. */
guint16 tg_http_server_port(const TgHttpServer *server);

/* Takes no more connections, lets requests that run end for at most wait_ms, and closes. */
void tg_http_server_stop(TgHttpServer *server, gint64 wait_ms);

/* Lent as long as the call. Path and query are as they were sent, with their escapes; the query is
 * without '?', NULL when there is none. */
const char *tg_http_call_method(const TgHttpCall *call);
const char *tg_http_call_path(const TgHttpCall *call);
const char *tg_http_call_query(const TgHttpCall *call);

/* The first header of this name (any case), or NULL. */
const char *tg_http_call_header(const TgHttpCall *call, const char *name);

/* Headers of this name as AWS's signature wants them: joined with ','; NULL without. */
char *tg_http_call_header_all(const TgHttpCall *call, const char *name);

/* Names of all headers in lower case, each once. Unref it. */
GPtrArray *tg_http_call_header_names(const TgHttpCall *call);

/* The value of a query's parameter, unescaped ('+' is a space); NULL without. The caller frees. */
char *tg_http_call_parameter(const TgHttpCall *call, const char *name);
gboolean tg_http_call_has_parameter(const TgHttpCall *call, const char *name);

/* In begin(): how much of a body is kept in memory. A larger one is answered with 413. */
void tg_http_call_set_body_max(TgHttpCall *call, gsize size_bytes);

/* In begin(): the body goes there in pieces, however large it is. */
void tg_http_call_set_body_write(TgHttpCall *call, TgHttpBodyWrite write);

/* The body that was kept; a NUL follows. Lent. */
const GByteArray *tg_http_call_body(const TgHttpCall *call);

/* What the writer of the body failed with, or NULL. Lent. */
const GError *tg_http_call_body_error(const TgHttpCall *call);

/* Something of the handler's that lives as long as the call; its writer gets it, too. */
void tg_http_call_set_data(TgHttpCall *call, gpointer take_data, GDestroyNotify free_data);
gpointer tg_http_call_data(const TgHttpCall *call);

/* A header of the answer; before answering. Control characters in the value become spaces. */
void tg_http_call_add_header(TgHttpCall *call, const char *name, const char *value);

gboolean tg_http_call_is_answered(const TgHttpCall *call);

/* Answers, once. The bytes are freed by this. */
void tg_http_call_answer(TgHttpCall *call, guint status, char *take_bytes, gsize size_bytes);

/* An answer out of a file, from a place on; the descriptor is closed by this. */
void tg_http_call_answer_file(TgHttpCall *call, guint status, int take_fd, gint64 from,
                              gint64 size_bytes);

/**
 * An answer in pieces.
 *
 * @size_bytes -1: not known, the answer goes in chunks
 */
void tg_http_call_answer_stream(TgHttpCall *call, guint status, gint64 size_bytes,
                                TgHttpBodyRead read, gpointer take_data, GDestroyNotify free_data);

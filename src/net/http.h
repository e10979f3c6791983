/* An HTTP client: one request, one answer, with limits on all of it. */
#pragma once

#include <glib.h>

#include "base/error.h"

#define TG_HTTP_ANSWER_BYTES_MAX ((gsize)64 * 1024 * 1024) /* when a request sets no limit */
#define TG_HTTP_HEADER_BYTES_MAX ((gsize)256 * 1024)       /* of an answer's head */
#define TG_HTTP_CONNECT_TIMEOUT_MS 30000                   /* when a request sets none */

/**
 * Keeps connections open between requests. Any thread may send; requests of several threads do not
 * wait for each other. Loads libcurl with the first request.
 */
typedef struct TgHttp TgHttp;

TgHttp *tg_http_new(void);
void tg_http_free(TgHttp *http);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgHttp, tg_http_free)

typedef struct {
    const char *name;
    const char *value;
} TgHttpHeader;

/* A request; everything is lent, zero means the default. */
typedef struct {
    const char *method;          /* NULL: GET */
    const char *url;             /* http or https, escaped as it goes over the wire */
    const char *shown_url;       /* what messages call it; NULL: tg_http_safe_url(url) */
    const TgHttpHeader *headers; /* sent as they are; one that libcurl would add is replaced */
    gsize headers_count;
    const char *body; /* NULL: none */
    gsize body_size_bytes;
    const char *user; /* basic authentication; NULL: none */
    const char *password;

    gint64 timeout_ms;         /* of all of it; 0: none */
    gint64 connect_timeout_ms; /* 0: TG_HTTP_CONNECT_TIMEOUT_MS */
    guint stall_s;             /* no byte for so long is a failure; 0: timeout_ms alone counts */
    gsize answer_bytes_max;    /* 0: TG_HTTP_ANSWER_BYTES_MAX; more is an error of code CONFIG */
    guint redirects_max;       /* 0: a redirect is an answer like any other */
    gboolean decodes;          /* ask for gzip and the like, and unpack it */
    gboolean is_insecure;      /* trust every certificate */
    const char *ca_file;       /* PEM file of those to trust; NULL: the system's */
    const char *proxy;         /* "http://host:port"; NULL: $http_proxy, $https_proxy, $no_proxy;
                                  "": none */
    const gint *is_cancelled;  /* looked at with g_atomic_int_get, within a second; may be NULL */

    /* Takes the body of an answer in pieces, instead of keeping it; FALSE with an error stops the
     * request. NULL: the answer keeps it. answer_bytes_max counts all the same, unless it is 0. */
    gboolean (*write)(gpointer data, const char *bytes, gsize size_bytes, GError **error);
    gpointer data;
} TgHttpRequest;

/* An answer, whatever its status. */
typedef struct {
    guint status;
    GPtrArray *header_names; /* of texts in lower case, in the order they came */
    GPtrArray *header_values;
    GByteArray *body; /* a NUL follows its bytes that is not counted */
} TgHttpAnswer;

void tg_http_answer_free(TgHttpAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgHttpAnswer, tg_http_answer_free)

/* The first header of this name (in lower case), or NULL. Lent. */
const char *tg_http_answer_header(const TgHttpAnswer *answer, const char *name);

/**
 * Sends and waits. No status is an error.
 *
 * @http may be NULL: a connection for this request alone
 * @return NULL with CONFIG (URL, too large an answer, too many redirects), DENIED (a certificate
 *         that is not trusted), RETRY (network, time limit), CANCELLED, or what write() set. No
 *         message holds the URL's query, user or password
 */
TgHttpAnswer *tg_http_send(TgHttp *http, const TgHttpRequest *request, GError **error);

/* "scheme://host[:port]/path" of a URL, for messages: without user, password, query, fragment. */
char *tg_http_safe_url(const char *url);

/* The words of a status ("Not Found"); "" when it has none. */
const char *tg_http_status_text(guint status);

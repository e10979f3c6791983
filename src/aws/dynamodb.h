/* Calls to DynamoDB, or a server that speaks like it. */
#pragma once

#include <jansson.h>

#include "aws/credentials.h"

/* Where it is and who asks; lent for the time of the call, but `data`. */
typedef struct {
    const char *endpoint;          /* "https://host[:port]"; NULL: AWS's own of the region */
    const char *region;            /* NULL: us-east-1 */
    TgAwsCredentials *credentials; /* a reference is kept */
    const char *proxy; /* "http://[user:password@]host:port"; NULL: that of the environment */
    guint tries_max;   /* of one call; 0: 21 */
    gint64 retry_ms;   /* a call is tried again for so long; 0: 5 minutes */
    /* FALSE with an error: stop waiting between tries. NULL: nobody stops it. */
    gboolean (*check)(gpointer data, GError **error);
    void (*tell_retry)(gpointer data, const char *message); /* before each pause; may be NULL */
    gpointer data;
} TgDynamodbOptions;

/* Any thread may use it. */
typedef struct TgDynamodb TgDynamodb;

/* CONFIG for an endpoint that is no address. */
TgDynamodb *tg_dynamodb_new(const TgDynamodbOptions *options, GError **error);
void tg_dynamodb_free(TgDynamodb *dynamodb);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgDynamodb, tg_dynamodb_free)

/**
 * One call, "Scan" for example. Throttling and failures of server and network are tried again after
 * pauses that double, each by chance somewhat shorter, within the limits of the options. Errors:
 * NOT_FOUND for a table that is not there, DENIED for credentials and rights, RETRY, what check()
 * set, else CONFIG.
 *
 * @request the call's JSON
 * @out_bytes of the answer
 * @return the answer, an object; a new reference
 */
json_t *tg_dynamodb_call(TgDynamodb *dynamodb, const char *action, const json_t *request,
                         gsize *out_bytes, GError **error);

/* One call to a service of AWS that speaks JSON (Glue, Athena, DynamoDB), or a server like it. */
#pragma once

#include <jansson.h>

#include "aws/credentials.h"
#include "aws/reply.h"

/* A service; constant, one stands in the file of each. */
typedef struct {
    const char *name;       /* "Glue", for messages */
    const char *id;         /* "glue": of its host, signatures, AWS_ENDPOINT_URL_GLUE */
    const char *target;     /* "AWSGlue": before the action in x-amz-target */
    const char *version;    /* "1.1": of the JSON protocol */
    const TgAwsCode *codes; /* its own; ends with {0} */
} TgAwsService;

/* Where it is and who asks; lent for the time of the call, but check, tell_retry, data,
 * is_cancelled. */
typedef struct {
    const char *endpoint;          /* "https://host[:port]"; NULL: as tg_aws_endpoint_find */
    const char *region;            /* NULL: as tg_aws_region_find, else us-east-1 */
    const char *profile;           /* whose region and endpoints count; NULL: AWS_PROFILE's */
    TgAwsCredentials *credentials; /* a reference is kept */
    const char *proxy;             /* "http://[user:password@]host:port"; NULL: the environment's */
    const char *ca_file;           /* PEM; NULL: AWS_CA_BUNDLE, else the system's */
    guint tries_max;               /* of one call; 0: 8 */
    gint64 retry_ms;               /* a call is tried again for so long; 0: 2 minutes */
    guint timeout_ms;              /* of one try; 0: a minute */
    const gint *is_cancelled;      /* g_atomic_int_get; may be NULL */
    /* FALSE with an error: stop waiting between tries. NULL: nobody stops it. */
    gboolean (*check)(gpointer data, GError **error);
    void (*tell_retry)(gpointer data, const char *message); /* before each pause; may be NULL */
    gpointer data;
} TgAwsClientOptions;

/* Any thread may use it. */
typedef struct TgAwsClient TgAwsClient;

/* CONFIG for an endpoint that is no address. @service lives as long */
TgAwsClient *tg_aws_client_new(const TgAwsService *service, const TgAwsClientOptions *options,
                               GError **error);
void tg_aws_client_free(TgAwsClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgAwsClient, tg_aws_client_free)

/* The region that requests are signed for, and the host they go to. Lent. */
const char *tg_aws_client_region(const TgAwsClient *client);
const char *tg_aws_client_host(const TgAwsClient *client);

/* A call; all lent. */
typedef struct {
    const char *action;     /* "GetTable" */
    const json_t *request;  /* an object */
    gsize answer_bytes_max; /* 0: 32 MiB; more is CONFIG */
    gboolean is_once;       /* no waiting: one try, or two where the second needs no pause */
} TgAwsCall;

/**
 * Sends it. Tried again after pauses that double, each by chance somewhat shorter, and not before
 * the time that Retry-After names: throttling within the limits of the options; failures of server
 * and network also within a budget that all calls of the client share, so that a service that is
 * down is not asked over and over. At once, and once: keys that have expired are asked for anew; a
 * clock that differs by more than 4 minutes from the header Date is corrected for this client.
 *
 * Errors: what the service's table says, DENIED for credentials and rights, RETRY, CANCELLED, what
 * check() set, else CONFIG. Messages name the call, what to do, what the service said and the
 * request's id.
 *
 * @out_reply may be NULL; filled in also when the call fails; {0} or cleared before
 * @return the answer, an object; a new reference
 */
json_t *tg_aws_client_call(TgAwsClient *client, const TgAwsCall *call, TgAwsReply *out_reply,
                           GError **error);

/* Takes one page: the array of its items, lent. FALSE with an error ends the list. */
typedef gboolean (*TgAwsTakePage)(gpointer data, const json_t *items, GError **error);

/**
 * Pages of a list, one call after another, handed out as they come. A server that gives the same
 * token twice is CONFIG.
 *
 * @call its request is that of all pages, without NextToken
 * @list the member of the answers that holds the items: "TableList"; a page may lack it
 */
gboolean tg_aws_client_each_page(TgAwsClient *client, const TgAwsCall *call, const char *list,
                                 TgAwsTakePage take, gpointer data, GError **error);

/**
 * The same, all in one array.
 *
 * @items_max more of them is CONFIG
 * @return a new reference
 */
json_t *tg_aws_client_list(TgAwsClient *client, const TgAwsCall *call, const char *list,
                           gsize items_max, GError **error);

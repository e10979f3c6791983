/* A local AWS for its own clients: Athena, Glue, S3 and STS over HTTP on one port. */
#pragma once

#include "catalog/catalog.h"
#include "net/http_server.h"
#include "object/store.h"
#include "query/query.h"

#define TG_ENDPOINT_ACCOUNT "000000000000"
#define TG_ENDPOINT_RUNNING_MAX 4 /* queries at a time when nothing else is said */

typedef struct TgEndpoint TgEndpoint;

/* All is lent and outlives the endpoint. Source: shared/spec/athena.md 2, botocore's models. */
typedef struct {
    TgCatalog *catalog;
    TgObjectStore *objects; /* one in a folder: objects are read and written as files */
    TgQuery *query;
    const char *folder;        /* for what the endpoint itself keeps; made when missing */
    const char *bind;          /* NULL: 127.0.0.1 */
    guint16 port;              /* 0: a free one */
    const char *region;        /* NULL: us-east-1 */
    const char *access_key_id; /* NULL: requests are not checked */
    const char *secret_access_key;
    guint running_max; /* queries at a time; 0: TG_ENDPOINT_RUNNING_MAX */
} TgEndpointOptions;

/* Starts serving. What a killed endpoint left running is FAILED afterwards. */
TgEndpoint *tg_endpoint_start(const TgEndpointOptions *options, GError **error);
guint16 tg_endpoint_port(const TgEndpoint *endpoint);

/* Lets requests end for a while, cancels queries, and frees it. */
void tg_endpoint_stop(TgEndpoint *endpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgEndpoint, tg_endpoint_stop)

/* Inside of endpoint/. */
#pragma once

#include <jansson.h>

#include "endpoint/endpoint.h"
#include "endpoint/kept.h"
#include "params/params.h"

typedef struct TgEndpointAthena TgEndpointAthena;
typedef struct TgSigner TgSigner;

struct TgEndpoint {
    TgCatalog *catalog;
    TgObjectStore *objects;
    TgQuery *query;
    char *folder;
    char *region;
    TgKept *kept;
    TgSigner *signer; /* NULL: requests are not checked */
    TgEndpointAthena *athena;
    TgHttpServer *server;
};

/* One call of a JSON service. */
typedef struct {
    TgEndpoint *endpoint;
    const json_t *input;     /* an object */
    const char *caller;      /* the access key's id, or "" */
    const char *error_class; /* set beside an error whose code does not say which class it is */
    const char *error_code;  /* AthenaErrorCode; or NULL */
} TgActionCall;

/* One row an action. run() gives the reply's object, NULL with an error. */
typedef struct {
    const char *name;
    json_t *(*run)(TgActionCall *call, GError **error);
} TgAction;

/* The tables of the files; each ends with a row without a name. */
extern const TgAction tg_endpoint_glue_database_actions[];
extern const TgAction tg_endpoint_glue_table_actions[];
extern const TgAction tg_endpoint_glue_version_actions[];
extern const TgAction tg_endpoint_glue_partition_actions[];
extern const TgAction tg_endpoint_glue_statistics_actions[];
extern const TgAction tg_endpoint_athena_execution_actions[];
extern const TgAction tg_endpoint_athena_work_group_actions[];
extern const TgAction tg_endpoint_athena_saved_actions[];
extern const TgAction tg_endpoint_athena_metadata_actions[];

/* json.c: POST / with X-Amz-Target. */
void tg_endpoint_json(TgEndpoint *endpoint, TgHttpCall *call);

/* sts.c: forms with Action=. */
void tg_endpoint_sts(TgEndpoint *endpoint, TgHttpCall *call);

/* A text of the input that must be there (not empty); NULL with CONFIG. Lent. */
const char *tg_action_text(const TgActionCall *call, const char *key, GError **error);

/* A text of the input, or the fallback. Lent. */
const char *tg_action_text_or(const TgActionCall *call, const char *key, const char *fallback);

/* An integer of the input from 1 to max, or `max` when there is none. */
gint64 tg_action_limit(const TgActionCall *call, const char *key, gint64 max);

/**
 * A page of a list: {key: [...], "NextToken"?} by MaxResults and NextToken of the input.
 *
 * @take_all freed
 */
json_t *tg_action_page(const TgActionCall *call, const char *key, json_t *take_all, gint64 max);

/* Sets an error of a class of AWS. */
void tg_action_fail(TgActionCall *call, GError **error, const char *error_class, const char *format,
                    ...) G_GNUC_PRINTF(4, 5);

/* Now, as AWS's JSON writes it: seconds with a fraction. */
json_t *tg_action_now(void);

/* An x-amzn-RequestId for the answer. */
void tg_endpoint_add_request_id(TgHttpCall *call);

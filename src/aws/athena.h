/* Calls to Athena, or a server that speaks like it: start a query, look at it, read it, stop it. */
#pragma once

#include <jansson.h>

#include "aws/client.h"

#define TG_ATHENA_SQL_BYTES_MAX 262144 /* of one query */

/**
 * Documents are Athena's own JSON, in and out: QueryExecution, WorkGroup, ResultSet, as its API
 * reference has them. Times are seconds since 1970 with a fraction. Errors of all calls: as
 * tg_aws_client_call; what Athena calls InvalidRequestException is CONFIG, an unknown id, too.
 *
 * Any thread may use it.
 */
typedef struct TgAthena TgAthena;

/* CONFIG for an endpoint that is no address. */
TgAthena *tg_athena_new(const TgAwsClientOptions *options, GError **error);
void tg_athena_free(TgAthena *athena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgAthena, tg_athena_free)

/* The client behind it, for calls that stand not here. Lent. */
TgAwsClient *tg_athena_client(TgAthena *athena);

/* The ClientRequestToken of a text that names the wish ("ATTEMPT/TASK"): the same text gives the
 * same token, and Athena gives the same query for it. The caller frees. */
char *tg_athena_token(const char *text);

/**
 * Starts a query. Tried again it does not start a second one.
 *
 * @request StartQueryExecution's: {"QueryString", "QueryExecutionContext", "ResultConfiguration",
 *          "WorkGroup", "ExecutionParameters", "ResultReuseConfiguration"}
 * @token 32 to 128 characters; NULL: one by chance
 * @return its id; the caller frees
 */
char *tg_athena_start(TgAthena *athena, const json_t *request, const char *token, GError **error);

/* A QueryExecution; a new reference. */
json_t *tg_athena_get(TgAthena *athena, const char *id, GError **error);

/**
 * Many at a time, 50 a call.
 *
 * @ids an array of texts
 * @return {"QueryExecutions", "UnprocessedQueryExecutionIds"}, both arrays; a new reference
 */
json_t *tg_athena_get_many(TgAthena *athena, const json_t *ids, GError **error);

/* Stops a query; one that has ended is fine with Athena. */
gboolean tg_athena_stop(TgAthena *athena, const char *id, GError **error);

/* How many rows a CTAS or INSERT that succeeded wrote; -1: Athena does not say. */
gboolean tg_athena_update_count(TgAthena *athena, const char *id, gint64 *out_rows, GError **error);

/* A WorkGroup; a new reference. */
json_t *tg_athena_get_workgroup(TgAthena *athena, const char *name, GError **error);

/* --- results --- */

/* Takes the rows of one page: [[text or null, …], …], lent, and the ColumnInfo of all of them. */
typedef gboolean (*TgAthenaTakeRows)(gpointer data, const json_t *columns, const json_t *rows,
                                     GError **error);

/* Which rows; lent. */
typedef struct {
    const char *id;
    gboolean has_header; /* the first row names the columns: of a SELECT, not of SHOW or DDL */
    gint64 rows_max;     /* data rows at most, the rest is not read; negative: all */
} TgAthenaRows;

/* Pages of a result as they come; the first is handed out even when it has no row. RETRY for an
 * answer that is no result. */
gboolean tg_athena_each_rows(TgAthena *athena, const TgAthenaRows *which, TgAthenaTakeRows take,
                             gpointer data, GError **error);

/* The same in one object: {"columns": [ColumnInfo], "rows": [[text or null, …], …]}; a new
 * reference. */
json_t *tg_athena_list_rows(TgAthena *athena, const TgAthenaRows *which, GError **error);

/* --- one step of a query's life, which holds no thread --- */

typedef struct {
    const json_t *request; /* as tg_athena_start; not needed once state has an id. Lent */
    const char *token;     /* as tg_athena_start. Lent; a restart must give the same */
    gint64 now_ms;         /* Unix time */
    json_t *state;         /* an object, {} at first, to be stored between steps: "id", "polls",
                              "failures", "poll_at_ms". Changed */
    gint64 scanned_bytes;  /* so far, as Athena tells while it runs */
    gint64 poll_at_ms;     /* set while it goes on: not to be called again before */
    json_t *execution;     /* set when it has ended: the QueryExecution; a new reference */
} TgAthenaStep;

/**
 * Makes one call: starts the query, or looks at it. Does not wait and does not try again: failures
 * that may pass are counted in the state, and the eleventh in a row is the error.
 *
 * @return FALSE with an error. Else step->execution is set, or step->poll_at_ms
 */
gboolean tg_athena_step(TgAthena *athena, TgAthenaStep *step, GError **error);

/**
 * Whether an execution that has ended succeeded. Errors: TASK for what the query itself is to
 * blame for, RETRY when Athena says that it may work later, CANCELLED.
 */
gboolean tg_athena_check(const json_t *execution, GError **error);

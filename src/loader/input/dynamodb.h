/* What the parts of the dynamodb input share (embulk-input-dynamodb). */
#pragma once

#include "aws/dynamodb.h"
#include "columns/batch.h"
#include "loader/column_config.h"
#include "loader/lanes.h"
#include "loader/plugin.h"

/* What an attribute value is; the order is that of dynamodb_kind_names. */
typedef enum {
    DYNAMODB_S,
    DYNAMODB_N,
    DYNAMODB_B,
    DYNAMODB_BOOL,
    DYNAMODB_NULL,
    DYNAMODB_M,
    DYNAMODB_L,
    DYNAMODB_SS,
    DYNAMODB_NS,
    DYNAMODB_BS,
    DYNAMODB_KINDS /* none of them; any */
} DynamodbKind;

extern const char *const dynamodb_kind_names[]; /* ends with NULL */

/* The kind and the value of {"S": "text"}; DYNAMODB_KINDS when it is no attribute value. */
DynamodbKind dynamodb_kind_of(const json_t *attribute, const json_t **out_value);

typedef struct {
    DynamodbKind only; /* values of other kinds are null; DYNAMODB_KINDS: none are */
    TgTimestampReader reader;
} DynamodbColumn;

/* How items become rows. */
typedef struct {
    const TgSchema *schema; /* lent */
    DynamodbColumn *columns;
    guint count;
    gboolean exact;
    gboolean is_record;     /* one json column holds the whole item */
    gboolean fills_missing; /* `operation`: what is missing is "", 0 and false */
    gboolean refuses_extra; /* an attribute without a column stops the load */
} DynamodbPlan;

/* --- dynamodb_plan.c --- */

/**
 * Reads `columns`, or one column `json_column_name` without them; fills the schema.
 *
 * @columns the list; those of a sample have "sampled" with what was seen
 */
gboolean dynamodb_plan_read(DynamodbPlan *plan, const json_t *config, const json_t *columns,
                            TgSchema *schema, GError **error);
void dynamodb_plan_clear(DynamodbPlan *plan);

/**
 * Columns for a sample of items, by name. What is always S, BOOL or B is string, boolean or binary;
 * N is long, else decimal, else string, as the sample needs it; M, L and sets are json. Of several
 * kinds S, N and BOOL are string, all else is json. NULL says nothing.
 *
 * @return [{"name", "type", "sampled"}], a new reference; NOT_FOUND for no items
 */
json_t *dynamodb_plan_sample(const GPtrArray *items, GError **error);

/* --- dynamodb_value.c --- */

/* Appends an item as a row. CONFIG names attribute, value and what to do. */
gboolean dynamodb_value_add_item(const DynamodbPlan *plan, const json_t *item, TgBatch *batch,
                                 GError **error);

/* "1E+3" as "1000", "1.50" as "1.5"; FALSE for no number of DynamoDB's. Appends nothing then. */
gboolean dynamodb_number_append(GString *out, const char *text);

/* --- dynamodb_request.c --- */

/* What is asked for, page after page. */
typedef struct {
    const char *action;  /* "Scan" or "Query" */
    json_t *base;        /* of all requests; owned */
    gint64 page_items;   /* at most so many to look at in one request; 0: as the server likes */
    gint64 items_max;    /* in all; -1: all */
    gint64 segments;     /* of a scan; 1: it is not split */
    gint64 segment_only; /* the one to be read; -1: all */
} DynamodbRequest;

/* Reads `table`, `scan`, `query`, `segments`, or `operation` and what goes with it. */
gboolean dynamodb_request_read(DynamodbRequest *request, const TgLoaderContext *context,
                               const json_t *config, GError **error);
void dynamodb_request_clear(DynamodbRequest *request);

/* --- dynamodb.c --- */

/* Where the reading of a segment stands. */
typedef struct {
    gint64 segment;
    json_t *start_key; /* of the next page; NULL: the first */
    json_t *items;     /* of this page; NULL: the next must be asked for */
    size_t at;         /* the next of them */
    gint64 items_read;
    gboolean has_ended;
} DynamodbCursor;

typedef struct {
    TgInput input;
    TgLoaderContext *context;
    TgAwsClient *dynamodb;
    char *table;
    DynamodbRequest request;
    DynamodbPlan plan;
    gint64 items_left; /* of items_max; under the mutex */
    GMutex mutex;
    TgLanes turns;
    DynamodbCursor lanes[TG_LANES_MAX];
} DynamodbInput;

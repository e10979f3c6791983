/* What the parts of the postgresql input share (embulk-input-postgresql, embulk-input-jdbc). */
#pragma once

#include "columns/batch.h"
#include "database/postgresql.h"
#include "loader/database_column.h"
#include "loader/database_query.h"
#include "loader/lanes.h"
#include "loader/plugin.h"

#define PG_BEGIN "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
/* A table that is read twice comes in one order, which a lost connection needs. */
#define PG_SAME_ORDER "SET LOCAL synchronize_seqscans = off"

/* What the server sends for a column. */
typedef enum {
    PG_BOOLEAN,
    PG_INTEGER,
    PG_REAL,
    PG_NUMERIC,
    PG_DATE,
    PG_TIME,
    PG_TIMESTAMP, /* with or without zone */
    PG_BYTEA,
    PG_TEXT /* any text, JSON too */
} PgKind;

typedef struct {
    PgKind kind;
    TgDatabaseColumn column;
    gboolean is_list; /* an array or a composite: asked for as JSON */
} PgColumn;

typedef struct {
    guint count;
    PgColumn *columns;
    gboolean exact;
    gboolean is_lossy; /* infinity and the like may become null */
} PgPlan;

/**
 * Decides on types by the query's fields and `column_options`; fills the schema.
 *
 * @cursor of the query
 * @types type names and categories by oid, of pg_type: {"23": {"name": "int4", "category": "N"}}
 */
gboolean pg_plan_read(PgPlan *plan, const TgPostgresqlCursor *cursor, const json_t *types,
                      const json_t *config, TgSchema *schema, GError **error);
void pg_plan_clear(PgPlan *plan);

/* Puts a text of the server into a vector. NULL, or why it cannot be (lent). */
const char *pg_value_set(const PgPlan *plan, guint column, const char *text, gsize size_bytes,
                         TgVector *vector, guint row);

/* A connection that reads one split after the other. */
typedef struct {
    TgPostgresql *server;
    TgPostgresqlCopy *copy;     /* of the split under way; NULL: none */
    TgPostgresqlCursor *cursor; /* instead, where there is no COPY TO STDOUT */
    GString *text;              /* of values with escapes */
} PgLane;

typedef struct {
    TgInput input;
    TgLoaderContext *context;
    const json_t *config; /* lent for the time of open() */
    gboolean is_redshift;
    TgPostgresqlOptions options;
    char *texts[6]; /* that the options lend */
    PgPlan plan;
    TgDatabaseQuery query;
    char *sql;    /* the whole query */
    char *select; /* of a split: "SELECT … FROM t" with where, to which a range is added; or NULL */
    gboolean has_where;
    char *after_select;
    gint64 pages;
    TgLanes turns;
    PgLane lanes[TG_LANES_MAX];
    char *snapshots[TG_LANES_MAX]; /* that the lanes have exported; under the mutex of `turns` */
} PgInput;

/* --- postgresql_read.c --- */

/* Starts the reader of all rows; several threads may pull from it. */
TgReader *pg_read_open(PgInput *input);

/* Ends a lane's statement and connection. */
void pg_lane_clear(PgLane *lane);

/* --- postgresql_snapshot.c --- */

/* The first column of all rows of a statement, of texts; NULL with the error set. The caller frees
 * with g_ptr_array_unref. */
GPtrArray *pg_ask_list(TgPostgresql *server, const char *sql, const char *value, GError **error);

/* Decides how many lanes there are and lets all see what the first one does. */
gboolean pg_snapshot_share(PgInput *input, GError **error);

/* Makes a lane's connection anew, with the snapshot of the others. CONFLICT: nobody has it. */
gboolean pg_snapshot_rejoin(PgInput *input, guint lane, GError **error);

/* What the parts of the postgresql input share (embulk-input-postgresql, embulk-input-jdbc). */
#pragma once

#include "columns/batch.h"
#include "loader/connection/postgresql_config.h"
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

/* How COPY in binary form has the values of a column. */
typedef enum {
    PG_AS_WRITTEN, /* the server's text in its own bytes */
    PG_AS_PRINTED, /* asked for as the text that the server would print */
    PG_AS_BOOLEAN,
    PG_AS_INTEGER,
    PG_AS_REAL,
    PG_AS_NUMERIC,
    PG_AS_DATE,
    PG_AS_TIME,
    PG_AS_TIMESTAMP,
    PG_AS_BYTES
} PgForm;

typedef struct {
    PgKind kind;
    PgForm form; /* counts when the plan is binary */
    TgDatabaseColumn column;
    gboolean is_list; /* an array or a composite: asked for as JSON */
} PgColumn;

/* A value as it came. */
typedef struct {
    const char *bytes; /* NULL: null */
    gsize size;
} PgField;

typedef struct {
    guint count;
    PgColumn *columns;
    gboolean exact;
    gboolean is_lossy;  /* infinity and the like may become null */
    gboolean is_binary; /* rows come by COPY in binary form, not as texts */
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

/* A value that the type cannot hold: null where the user allowed it (then NULL), or the reason. */
const char *pg_value_lose(const PgPlan *plan, TgVector *vector, guint row, const char *reason);

/* --- postgresql_binary.c --- */

/* How a column comes at its best. */
PgForm pg_binary_form(guint oid, TgType type);

/**
 * Cuts a message of COPY … (FORMAT binary) into `count` fields.
 *
 * @has_header whether the header was seen before; set once it is
 * @return how many fields there are; 0 for the header alone and behind the last row; -1: no such
 * row
 */
gint pg_binary_cut(const char *message, gsize size, gboolean *has_header, PgField *fields,
                   guint count);

/* Puts a value in a form other than text into a vector. NULL, or why it cannot be (lent). */
const char *pg_binary_set(const PgPlan *plan, guint column, const PgField *field, TgVector *vector,
                          guint row);

/* What is special about a value in a form other than text, for messages. Lent. */
const char *pg_binary_show(PgForm form, const PgField *field);

/* A connection that reads one split after the other. */
typedef struct {
    TgPostgresql *server;
    TgPostgresqlCopy *copy;     /* of the split under way; NULL: none */
    TgPostgresqlCursor *cursor; /* instead, where there is no COPY TO STDOUT */
    GString *text;              /* of values with escapes */
    gboolean has_header;        /* that of a binary COPY was seen */
} PgLane;

typedef struct {
    TgInput input;
    TgLoaderContext *context;
    const json_t *config; /* lent for the time of open() */
    gboolean is_redshift;
    TgPostgresqlConfig server;
    char *application_name; /* lent by the options */
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

/* Decides how many lanes there are and lets all see what the first one does. */
gboolean pg_snapshot_share(PgInput *input, GError **error);

/* Makes a lane's connection anew, with the snapshot of the others. CONFLICT: nobody has it. */
gboolean pg_snapshot_rejoin(PgInput *input, guint lane, GError **error);

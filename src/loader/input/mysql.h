/* What the parts of the mysql input share (embulk-input-mysql, embulk-input-jdbc). */
#pragma once

#include "columns/batch.h"
#include "loader/connection/mysql_config.h"
#include "loader/database_column.h"
#include "loader/database_query.h"
#include "loader/lanes.h"
#include "loader/plugin.h"

/* How one column of the query becomes one of the load. */
typedef struct {
    TgMysqlKind kind;
    gboolean is_unsigned;
    TgDatabaseColumn column;
} MysqlColumn;

typedef struct {
    guint count;
    MysqlColumn *columns;
    TgMysqlForm *forms; /* how the value of each column comes */
    gboolean exact;
    gboolean is_lossy; /* zero dates may become null */
} MysqlPlan;

/* Decides on types by the query's fields and `column_options`; fills the schema. */
gboolean mysql_plan_read(MysqlPlan *plan, const TgMysqlStatement *statement, const json_t *config,
                         TgSchema *schema, GError **error);
void mysql_plan_clear(MysqlPlan *plan);

/* Puts a value of the server that is not null into a vector. NULL, or why it cannot be (lent). */
const char *mysql_value_set(const MysqlPlan *plan, guint column, const TgMysqlValue *value,
                            TgVector *vector, guint row);

/* A connection that reads one split after the other. */
typedef struct {
    TgMysql *mysql;
    TgMysqlStatement *statement; /* of the split under way; NULL: none */
    guint64 rows;                /* read so far */
} MysqlLane;

typedef struct {
    TgInput input;
    TgLoaderContext *context;
    const json_t *config; /* lent for the time of open() */
    TgMysqlConfig server;
    MysqlPlan plan;
    TgDatabaseQuery query;
    char *sql;
    char *after_select;
    char *split_column; /* quoted; NULL: one split */
    gint64 split_first; /* least and greatest value of it */
    gint64 split_last;
    char *position; /* of the binary log, at the snapshot; NULL: not known */
    TgLanes turns;
    MysqlLane lanes[TG_LANES_MAX];
} MysqlInput;

/* A name in backquotes, as TgDatabaseDialect wants it; `data` is not used. The caller frees. */
char *mysql_quote_name(gpointer data, const char *name);

/* --- mysql_read.c --- */

/* Starts the reader of all rows; several threads may pull from it. */
TgReader *mysql_read_open(MysqlInput *input);

/* --- mysql_split.c --- */

/**
 * Cuts a large table with an integer key into ranges, and opens a connection for each thread, all
 * in one snapshot. Without the right to lock for a moment, or for other tables, there is one split.
 */
gboolean mysql_split_plan(MysqlInput *input, GError **error);

/**
 * Makes a lane's connection anew, in the state that the snapshot has: CONFLICT when the server's
 * binary log says that anything was written since.
 */
gboolean mysql_split_rejoin(MysqlInput *input, guint lane, GError **error);

/* The statement of a split. The caller frees. */
char *mysql_split_sql(const MysqlInput *input, guint split);

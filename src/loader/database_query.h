/* The statement of a database input (embulk-input-jdbc): table or query, and going on behind the
 * last record. */
#pragma once

#include <jansson.h>

#include "columns/type.h"
#include "loader/database_overlap.h"

#define TG_DATABASE_INCREMENTAL_MAX 16u /* columns, with those of the key */

/* How a server writes names and texts; both return what the caller frees. */
typedef struct {
    char *(*quote_name)(gpointer data, const char *name);
    char *(*quote_text)(gpointer data, const char *text);
    gpointer data;
} TgDatabaseDialect;

/* What the config says; all owned. */
typedef struct {
    char *table; /* one of the two */
    char *query;
    char *select;
    char *where;
    char *order_by;
    gboolean is_incremental;
    gboolean is_raw; /* use_raw_query_with_incremental: the query has :column for the last values */
    guint count;     /* of the incremental columns */
    guint key_count; /* of those behind them that tell rows of an overlap apart */
    char *names[TG_DATABASE_INCREMENTAL_MAX];
    guint columns[TG_DATABASE_INCREMENTAL_MAX]; /* in the schema */
    json_t *last_record;                        /* a value for each; NULL: from the start */
    TgDatabaseOverlap *overlap;                 /* NULL: none */
} TgDatabaseQuery;

/* Reads table, query, select, where, order_by, incremental, incremental_columns, last_record,
 * use_raw_query_with_incremental. CONFIG when they do not go together. */
gboolean tg_database_query_read(TgDatabaseQuery *query, const json_t *config, GError **error);
void tg_database_query_clear(TgDatabaseQuery *query);

/* Whether the primary key of the table must be looked up, as nothing names incremental columns. */
gboolean tg_database_query_needs_key(const TgDatabaseQuery *query);

gboolean tg_database_query_add_column(TgDatabaseQuery *query, const char *name, GError **error);

/**
 * The statement.
 *
 * @quoted_table the table as the server wants it; NULL with a query
 * @return the caller frees; NULL with CONFIG
 */
char *tg_database_query_to_sql(const TgDatabaseQuery *query, const TgDatabaseDialect *dialect,
                               const char *quoted_table, GError **error);

/* Finds the incremental columns in the schema of the result. */
gboolean tg_database_query_find_columns(TgDatabaseQuery *query, const TgSchema *schema,
                                        GError **error);

/**
 * Takes notice of a row of an incremental load; the last one is where the next load goes on.
 *
 * @take_values an array with a value for each incremental and key column; a null of an incremental
 *              one is CONFIG
 * @out_is_new FALSE when the load before had the row, which then is left out
 */
gboolean tg_database_query_remember(TgDatabaseQuery *query, json_t *take_values,
                                    gboolean *out_is_new, GError **error);

/* Where the next load goes on: the config diff of the input, {} without one. A new reference. */
json_t *tg_database_query_position(const TgDatabaseQuery *query, GError **error);

/* Rows of an option table for the keys that are read here. */
#define TG_DATABASE_QUERY_OPTIONS                                                                  \
    {"table", "text", "null", "The table; or give query."},                                        \
        {"query", "text", "null", "The SELECT; or give table."},                                   \
        {"select", "text", "*", "Columns of the table."},                                          \
        {"where", "text", "null", "Which rows of the table."},                                     \
        {"order_by", "text", "null", "Their order."},                                              \
        {"incremental", "boolean", "false", "Go on behind the last record of the previous run."},  \
        {"incremental_columns", "list", "primary key", "By what rows are ordered for that."},      \
        {"last_record", "list", "null", "Their values in the last record."},                       \
        {"incremental_overlap", "text", "null",                                                    \
         "Read that much before the last record again, as 10m or 1000, without what was read."},   \
        {"incremental_key", "list", "incremental_columns when they are the primary key",           \
         "Columns that, with those, tell rows of the overlap apart."},                             \
        {"overlap_rows", "text", "", "Rows of the overlap that were read; written by a load."},    \
    {                                                                                              \
        "use_raw_query_with_incremental", "boolean", "false",                                      \
            "The query itself has :column where the last values go."                               \
    }

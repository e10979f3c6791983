/* A table as the target of a load: modes, statements, rows as text. What the outputs postgresql and
 * mysql have in common (embulk-output-jdbc). */
#pragma once

#include "loader/plugin.h"
#include "loader/time_format.h"

/* merge_direct does what merge does: nothing is half visible. */
typedef enum {
    TG_DATABASE_INSERT,
    TG_DATABASE_INSERT_DIRECT,
    TG_DATABASE_TRUNCATE_INSERT,
    TG_DATABASE_REPLACE,
    TG_DATABASE_MERGE
} TgDatabaseMode;

/* A column of the table. */
typedef struct {
    guint source; /* column of the load's schema */
    char *name;
    char *quoted;
    char *type;           /* the server's words, in lower case unless the user's */
    gboolean is_null;     /* value_type null */
    gboolean is_binary;   /* the load's values are bytes */
    gboolean has_digits;  /* booleans as 1 and 0 */
    TgTimeFormat *format; /* of timestamps, in `zone` */
    TgTimeZone *zone;     /* NULL: UTC */
} TgDatabaseTarget;

/* A kind of server; connections are its own. */
typedef struct TgDatabaseServer TgDatabaseServer;
typedef struct TgDatabaseServerClass TgDatabaseServerClass;

typedef struct {
    const TgDatabaseServerClass *server;
    TgDatabaseMode mode;
    gboolean exact;
    char *name;              /* quoted, with its schema */
    char *bare_name;         /* quoted, without it */
    char *stage;             /* the same of the intermediate table; NULL with insert_direct */
    gboolean has_row_number; /* the intermediate table counts its rows in tegaru_row_ */
    char *constraint;        /* create_table_constraint and -option; may be NULL */
    char *option;
    char *before_load; /* may be NULL */
    char *after_load;
    guint key_count;
    char **keys;  /* quoted; of a merge */
    char **rules; /* merge_rule; NULL: every column that is no key is overwritten */
    guint count;
    TgDatabaseTarget *columns;
} TgDatabaseTable;

/* Texts of rows to be loaded: tabs between, \N for null, escapes by a backslash. */
typedef struct TgDatabaseRows TgDatabaseRows;

/* The next texts of whole rows, lent until the next call; *out is NULL at the end. */
gboolean tg_database_rows_next(TgDatabaseRows *rows, const GString **out, GError **error);

struct TgDatabaseServerClass {
    char quote;             /* around names; doubled inside */
    gboolean ddl_commits;   /* CREATE and DROP end a transaction */
    gboolean has_booleans;  /* a type of their own, with true and false */
    gboolean has_offsets;   /* times may have an offset; it counts where the type has a zone */
    gboolean bytes_as_text; /* binary is written as PostgreSQL's bytea; else bare hexadecimal */
    gpointer (*connect)(const TgDatabaseServer *server, GError **error);
    void (*disconnect)(gpointer connection);
    gboolean (*execute)(gpointer connection, const char *sql, GError **error);
    /* Rows (GStrv) of name and type of a table by its quoted name; empty: there is none. The caller
     * frees with g_ptr_array_unref, also of find_key(). */
    GPtrArray *(*describe)(gpointer connection, const char *table, GError **error);
    /* Rows (GStrv) of the names of the primary key's columns; empty: there is none. */
    GPtrArray *(*find_key)(gpointer connection, const char *table, GError **error);
    /* Puts rows into the table `into`. */
    gboolean (*load)(gpointer connection, const TgDatabaseTable *table, const char *into,
                     TgDatabaseRows *rows, GError **error);
    /* The type for a column of a new table. The caller frees. */
    char *(*type_for)(TgType type, gboolean exact);
    /* Appends the statements that merge the intermediate table; texts are owned by the list. */
    void (*add_merge)(const TgDatabaseTable *table, GPtrArray *statements);
    void (*free)(TgDatabaseServer *server);
};
struct TgDatabaseServer {
    const TgDatabaseServerClass *class;
    char *schema;       /* of the table; NULL: the connection's */
    char *stage_schema; /* of intermediate tables; NULL: the same */
};

void tg_database_server_free(TgDatabaseServer *server);

/* Opens the output; takes the server even on failure. */
TgOutput *tg_database_output_open(TgLoaderContext *context, const json_t *config,
                                  const TgSchema *schema, TgDatabaseServer *take_server,
                                  GError **error);

/* How each column would be stored in a new table; see TgOutputPlugin. */
json_t *tg_database_output_describe(const TgLoaderContext *context, const json_t *config,
                                    const TgSchema *schema, const TgDatabaseServerClass *server);

/* Rows of an option table for what is read here. */
#define TG_DATABASE_OUTPUT_OPTIONS                                                                 \
    {"table", "text", NULL, "The table; made when it is not there."},                              \
        {"mode", "text", NULL,                                                                     \
         "insert, insert_direct, truncate_insert, replace, merge or merge_direct (as merge)."},    \
        {"merge_keys", "list", "primary key", "By which columns a row replaces another."},         \
        {"merge_rule", "list", "all columns", "Assignments of a merge, as 'n = t.n + S.n'."},      \
        {"column_options", "map", "{}",                                                            \
         "By column: type, value_type, timestamp_format, timezone."},                              \
        {"default_timezone", "text", "UTC", "Zone of timestamps without one of their own."},       \
        {"create_table_constraint", "text", "null", "Goes into CREATE TABLE behind the columns."}, \
        {"create_table_option", "text", "null", "Goes behind CREATE TABLE (…)."},                  \
        {"before_load", "text", "null", "A statement before the rows come into the table."},       \
        {"after_load", "text", "null", "A statement behind them, in the same transaction."},       \
        {"transaction_isolation", "text", "null",                                                  \
         "read_uncommitted, read_committed, repeatable_read or serializable."},                    \
        {"batch_size", "integer", "16777216", "Accepted; rows are streamed."},                     \
        {"retry_limit", "integer", "12",                                                           \
         "How often a commit that met a deadlock is tried again."},                                \
        {"retry_wait", "integer", "1000", "Milliseconds before that, doubled each time."},         \
    {                                                                                              \
        "max_retry_wait", "integer", "1800000", "The longest of these waits."                      \
    }

/* --- what its parts share --- */

/* A name in the server's quotes. The caller frees. */
char *tg_database_quote(const TgDatabaseServerClass *server, const char *name);

/* "a, b" of the quoted columns, each with `prefix` before it. The caller frees. */
char *tg_database_list_columns(const TgDatabaseTable *table, const char *prefix);

/* "CREATE TABLE name (a type, …)"; `words` goes behind CREATE. The caller frees. */
char *tg_database_create_sql(const TgDatabaseTable *table, const char *words, const char *name,
                             gboolean has_constraint);

/* Reads columns (column_options, the table's types) and merge keys. `existing` is what describe()
 * said. */
gboolean tg_database_table_read_columns(TgDatabaseTable *table, const TgLoaderContext *context,
                                        const json_t *config, const TgSchema *schema,
                                        const GPtrArray *existing, GError **error);
void tg_database_table_clear(TgDatabaseTable *table);

struct TgDatabaseRows {
    const TgDatabaseTable *table;
    TgCursor *cursor;
    GString *text;
    GString *scratch;
};

/* Athena's SQL: statements to trees, and queries to DuckDB's SQL. No I/O. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "base/source.h"
#include "sql/ast.h"

#define TG_SQL_BYTES_MAX ((gsize)262144) /* of a statement, as in Athena */
#define TG_SQL_DEPTH_MAX 150             /* of parentheses, subqueries and operators */

typedef enum {
    TG_STATEMENT_SELECT, /* a query */
    TG_STATEMENT_EXPLAIN,
    TG_STATEMENT_CTAS,
    TG_STATEMENT_INSERT,
    TG_STATEMENT_UNLOAD,
    TG_STATEMENT_PREPARE,
    TG_STATEMENT_EXECUTE,
    TG_STATEMENT_DEALLOCATE,
    TG_STATEMENT_CREATE_DATABASE,
    TG_STATEMENT_DROP_DATABASE,
    TG_STATEMENT_CREATE_TABLE,
    TG_STATEMENT_DROP_TABLE,
    TG_STATEMENT_ADD_PARTITIONS,
    TG_STATEMENT_DROP_PARTITIONS,
    TG_STATEMENT_SET_LOCATION,
    TG_STATEMENT_SET_PROPERTIES,
    TG_STATEMENT_ADD_COLUMNS,
    TG_STATEMENT_REPLACE_COLUMNS,
    TG_STATEMENT_CHANGE_COLUMN,
    TG_STATEMENT_RENAME_PARTITION,
    TG_STATEMENT_CREATE_VIEW,
    TG_STATEMENT_DROP_VIEW,
    TG_STATEMENT_SHOW_DATABASES,
    TG_STATEMENT_SHOW_TABLES,
    TG_STATEMENT_SHOW_PARTITIONS,
    TG_STATEMENT_SHOW_COLUMNS,
    TG_STATEMENT_SHOW_CREATE_TABLE,
    TG_STATEMENT_SHOW_PROPERTIES,
    TG_STATEMENT_SHOW_VIEWS,
    TG_STATEMENT_DESCRIBE,
    TG_STATEMENT_REPAIR
} TgStatementKind;

/* One statement. Members that a kind does not have are NULL, 0 or FALSE. Texts lie in the arena. */
typedef struct {
    TgStatementKind kind;
    TgSqlArena *arena;
    char *source_name;
    char *source_text;    /* NUL-terminated copy */
    TgSource source;      /* of these two */
    const char *database; /* lower case; NULL: the current one */
    const char *table;    /* lower case; of views, too */
    guint32 table_offset; /* where the name stands */
    gboolean if_exists;   /* IF EXISTS, IF NOT EXISTS */
    gboolean cascade;
    gboolean or_replace;
    gboolean is_external;
    gboolean no_data;           /* WITH NO DATA */
    gboolean is_analyze;        /* EXPLAIN ANALYZE */
    TgNode *query;              /* SELECT, EXPLAIN, CTAS, INSERT, CREATE VIEW, UNLOAD */
    const char *query_text;     /* CREATE VIEW, PREPARE: as written */
    const char *prepared_name;  /* PREPARE, EXECUTE, DEALLOCATE; lower case */
    GPtrArray *arguments;       /* EXECUTE … USING: texts of expressions, then NULL */
    const char *explain_format; /* "text", "json", "graphviz"; NULL: text */
    const char *explain_type;   /* "logical", "distributed", "io", "validate"; NULL: distributed */
    const char *column_name;    /* CHANGE COLUMN: the column as it was */
    const char *after;          /* CHANGE COLUMN … AFTER this one; "": FIRST; NULL: where it is */
    GPtrArray *views;           /* statements of the views that a translation read; or NULL */
    GPtrArray *column_names;    /* INSERT INTO t (a, b): of char *; NULL: all */
    const char *pattern;        /* SHOW … LIKE, the property of SHOW TBLPROPERTIES */
    const char *location;
    const char *comment;
    json_t *columns;        /* [{"Name", "Type", "Comment"}] with Hive types */
    json_t *partition_keys; /* the same */
    json_t *properties; /* WITH (…) of CTAS, TBLPROPERTIES, DBPROPERTIES: text or list of texts */
    json_t *partitions; /* [{"spec": {"k": "v"}, "location": "…"}]; RENAME: from and to */
    json_t *storage;    /* CREATE TABLE: {"stored_as", "serde", "input_format",
                           "output_format", "serde_properties": {}} as far as written */
} TgStatement;

/**
 * Parses one statement; one trailing ';' is allowed. TG_ERROR_CONFIG with
 * `name:line:column: message`, the line, a caret and a likely word.
 *
 * @source_name as the message shows it; NULL: "<query>"
 */
TgStatement *tg_statement_parse(const char *text, gsize size_bytes, const char *source_name,
                                GError **error);
void tg_statement_free(TgStatement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgStatement, tg_statement_free)

/**
 * A statement's text with its `?` replaced by values, which are SQL expressions themselves
 * (Athena's ExecutionParameters): 'text', 5, DATE '2024-01-01'. Each must be one whole expression,
 * so that it cannot change the statement around it. CONFIG when one is not, or when their number is
 * not that of the `?`.
 *
 * @values NULL-terminated
 * @out the caller frees
 */
gboolean tg_sql_bind(const char *text, const char *source_name, const char *const *values,
                     char **out, GError **error);

/* A word for the kind: "SELECT", "CREATE TABLE AS". Lent. */
const char *tg_statement_kind_name(TgStatementKind kind);

/* What a name after FROM stands for. */
typedef struct {
    const char *from_sql; /* DuckDB's SQL of a relation that has these columns: "(SELECT …)" */
    guint count;
    const char **names;
    const TgSqlType **types;
    guint hidden;         /* the last so many columns are no part of `*` ("$path") */
    const char *view_sql; /* a view's text in Athena's SQL; then all above is unused */
} TgSqlTable;

/* What a translation asks its owner. */
typedef struct {
    /**
     * Finds a table. Texts that are stored must be of `arena`.
     *
     * @database NULL: the current one
     */
    gboolean (*resolve)(gpointer data, TgSqlArena *arena, const char *database, const char *table,
                        TgSqlTable *out, GError **error);
    gpointer data;
    gint64 now_ms; /* current_timestamp, current_date, now() */
} TgSqlContext;

/* A column of a translated query. */
typedef struct {
    const char *name; /* "_col0" when it has none */
    const TgSqlType *type;
} TgSqlColumn;

/* All of the arena of the statement. */
typedef struct {
    const char *sql; /* for DuckDB */
    guint count;
    const TgSqlColumn *columns;
} TgSqlTranslation;

/**
 * Translates the query of a statement. A name that is not there, types that do not fit and whatever
 * cannot be said faithfully in DuckDB's SQL is TG_ERROR_CONFIG with its place; errors of resolve
 * pass through with the place before them.
 */
gboolean tg_sql_translate(TgStatement *statement, const TgSqlContext *context,
                          TgSqlTranslation *out, GError **error);

/* The statements that make DuckDB's macros tg_…; a translation works after those that it calls were
 * run. NULL-terminated. */
extern const char *const tg_sql_macros[];
extern const char *const tg_sql_macros_collection[];

/* Inside of the engine. */
#pragma once

#include "engine/duckdb_api.h"
#include "engine/engine.h"
#include "engine/parquet_writer.h"

struct TgEngine {
    TgCatalog *catalog;
    TgObjectStore *objects;
    gint64 memory_max_bytes;
    guint threads;
    char *temp_folder;
    gboolean leave_open;
    GMutex mutex; /* over what follows */
    const TgDuckdbApi *api;
    duckdb_database database; /* NULL until the first query */
    GHashTable *macros;       /* entries of tg_sql_macros that were made */
};

struct TgEnginePlan {
    TgEngine *engine;
    const TgDuckdbApi *api;
    duckdb_connection connection;
    TgStatement *statement;
    TgStatement *owned_statement; /* the same when it was parsed here */
    TgSqlTranslation translation;
    TgEngineColumn *columns;
    char *source_name;
    char *database;
    const gint *is_cancelled;
    const TgStagedData *staged;
    gint64 scanned_bytes;
    gboolean wants_files;     /* the statement names "$path" or its like */
    gboolean has_zoned_files; /* files hold, or may hold, timestamps with a zone */
};

/* engine.c: opens DuckDB, or finds it open. */
gboolean tg_engine_open(TgEngine *engine, GError **error);

/* quote.c: appends a text as '…', a name as "…". */
void tg_engine_append_text(GString *out, const char *text);
void tg_engine_append_name(GString *out, const char *name);

/* message.c: what DuckDB said, as our error. `prefix` names the query. */
void tg_engine_set_error(GError **error, const char *prefix, const char *message);

/* run.c: one statement on a connection. With out_result NULL the result is dropped. */
typedef struct {
    const TgDuckdbApi *api;
    duckdb_connection connection;
    const char *source_name;
    const gint *is_cancelled;
} TgEngineRun;
gboolean tg_engine_run(const TgEngineRun *run, const char *sql, gboolean is_streaming,
                       duckdb_result *out_result, GError **error);

/* The one number of a result of one row and column; frees the result. */
gboolean tg_engine_run_number(const TgEngineRun *run, const char *sql, gint64 *out, GError **error);

/* parquet_writer.c: COPY of a query's rows, as the options say. The caller frees. */
char *tg_engine_copy_statement(const TgParquetOptions *options, const char *query);

/* relation.c: whether a text may name a column of the files themselves. */
gboolean tg_engine_names_files(const char *text);

/* relation.c: a table of the catalog, or `staged`, as a relation in DuckDB's SQL. */
gboolean tg_engine_resolve(gpointer data, TgSqlArena *arena, const char *database,
                           const char *table, TgSqlTable *out, GError **error);

/* information_schema.c: relations of the catalog's own contents; "t$partitions" of a table. */
gboolean tg_engine_resolve_information(TgEnginePlan *plan, TgSqlArena *arena, const char *table,
                                       TgSqlTable *out, GError **error);
gboolean tg_engine_resolve_partitions(TgEnginePlan *plan, TgSqlArena *arena, const json_t *table,
                                      TgSqlTable *out, GError **error);

/* The columns of the files themselves, after all others: "$path", "$file_size",
 * "$file_modified_time". */
#define TG_ENGINE_FILE_COLUMNS 3
extern const char *const tg_engine_file_columns[TG_ENGINE_FILE_COLUMNS];

/* relation_read.c: SQL that reads objects. */
typedef struct {
    const json_t *table; /* Glue's, for SerDe and parameters; NULL: plain Parquet */
    TgTableFormat format;
    const json_t *columns;  /* [{"Name", "Type"}] */
    const json_t *keys;     /* the same for partition keys */
    const GPtrArray *parts; /* of TgEnginePart */
    gboolean with_files;    /* parts have their files: the columns "$path" and so on are there */
} TgEngineRelation;

/* The objects of one partition, or of an unpartitioned table. */
typedef struct {
    char **values;    /* of the keys; NULL without keys. "__HIVE_DEFAULT_PARTITION__" is NULL */
    GPtrArray *paths; /* of char *: what DuckDB opens */
    GPtrArray *files; /* of char *: "('path', 'url', size, modified)" of each; NULL: not wanted */
    gboolean is_hive_path; /* the folder's name is k=v for each key */
    char *
        publish; /* the publish that wrote all files, so that they have the same columns; or NULL */
} TgEnginePart;

void tg_engine_part_free(TgEnginePart *part);
const char *tg_engine_relation_sql(TgEnginePlan *plan, TgSqlArena *arena,
                                   const TgEngineRelation *relation, GError **error);

/* value.c: one value of a vector as Athena prints it; FALSE: it is NULL. */
gboolean tg_engine_value_append(const TgDuckdbApi *api, duckdb_vector vector, guint64 row,
                                const TgSqlType *type, GString *out);

/* "1.5", "1.0E10" as Java prints it; `digits` 17 for double, 9 for real. */
void tg_engine_append_double(GString *out, double value, gboolean is_real);

/* "1.5E0": what CAST(double AS varchar) gives in Trino. */
void tg_engine_append_double_cast(GString *out, double value, gboolean is_real);

/* The bytes of a text, which DuckDB keeps inline when it is short. Lent. */
const char *tg_engine_string_bytes(const duckdb_string_t *text, gsize *out_size);

/* scalar.c: functions of ours that macros and translations call. */
gboolean tg_engine_register_functions(const TgDuckdbApi *api, duckdb_connection connection,
                                      GError **error);

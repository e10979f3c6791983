/* Athena's SQL over the catalog, run by DuckDB. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/table.h"
#include "object/store.h"
#include "sql/sql.h"

/* Opened lazily: a TgEngine costs nothing until its first query. Any thread may use it; each query
 * has a connection of its own. */
typedef struct TgEngine TgEngine;
typedef struct TgStagedData TgStagedData; /* engine/data_test.h */

typedef struct {
    gint64 memory_max_bytes; /* 0: 1 GiB */
    guint threads;           /* 0: as many as the machine has */
    const char *temp_folder; /* spill files; NULL: the system's */
    gboolean leave_open;     /* the process is about to end: DuckDB is left to the kernel, which is
                                15 to 40 ms faster than taking it down */
} TgEngineOptions;

/* Catalog and store are lent and outlive the engine; `options` may be NULL. */
TgEngine *tg_engine_new(TgCatalog *catalog, TgObjectStore *objects, const TgEngineOptions *options);
void tg_engine_free(TgEngine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgEngine, tg_engine_free)

/* A query to run. Members are lent for the call; `statement` and `is_cancelled` as long as the plan
 * and its rows. */
typedef struct {
    const char *sql;         /* a query; or NULL, and then */
    TgStatement *statement;  /* one that was parsed already and has a query */
    const char *source_name; /* in messages; NULL: "<query>" */
    const char *database;    /* NULL: "default" */
    const gint *is_cancelled;
    gint64 now_ms;              /* what current_timestamp gives */
    const TgStagedData *staged; /* readable as the table `staged`; NULL: none */
} TgEngineRequest;

/* A column of a result. */
typedef struct {
    const char *name;
    const char *athena_type; /* "varchar", "timestamp(3)", "decimal(10,2)" */
    const char
        *hive_type; /* "string", "timestamp": for the catalog; NULL: a table cannot hold it */
} TgEngineColumn;

/* A query whose tables and types are known, not yet run. */
typedef struct TgEnginePlan TgEnginePlan;

/* Errors: CONFIG with place, NOT_FOUND for tables. */
TgEnginePlan *tg_engine_plan(TgEngine *engine, const TgEngineRequest *request, GError **error);
void tg_engine_plan_free(TgEnginePlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgEnginePlan, tg_engine_plan_free)

guint tg_engine_plan_column_count(const TgEnginePlan *plan);
const TgEngineColumn *tg_engine_plan_column(const TgEnginePlan *plan, guint column);

/* The columns as [{"Name", "Type"}] of the catalog, names in lower case; CONFIG when a type does
 * not fit a table or two columns have one name. A new reference. */
json_t *tg_engine_plan_hive_columns(const TgEnginePlan *plan, GError **error);

/* Size of the objects that the query reads. */
gint64 tg_engine_plan_scanned_bytes(const TgEnginePlan *plan);

/* The query in DuckDB's SQL. Lent. */
const char *tg_engine_plan_sql(const TgEnginePlan *plan);

/* Rows of a query, streamed in bounded memory. */
typedef struct TgEngineRows TgEngineRows;

/* Runs a plan once. Errors: CONFIG, CANCELLED, RETRY when memory or disk ran out. */
TgEngineRows *tg_engine_plan_select(TgEnginePlan *take_plan, GError **error);

/* Both steps at once. */
TgEngineRows *tg_engine_select(TgEngine *engine, const TgEngineRequest *request, GError **error);
void tg_engine_rows_free(TgEngineRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgEngineRows, tg_engine_rows_free)

const TgEnginePlan *tg_engine_rows_plan(const TgEngineRows *rows);

/* The next row as texts (NULL for NULL) as Athena prints them, lent until the next call; *out_row
 * NULL after the last. */
gboolean tg_engine_rows_next(TgEngineRows *rows, const char *const **out_row, GError **error);

/* How and where the rows of a plan are written. */
typedef struct {
    TgTableFormat format;            /* PARQUET, CSV or JSON */
    const char *compression;         /* "snappy", "zstd", "gzip", "none" */
    const char *delimiter;           /* CSV: one character */
    const char *const *partition_by; /* names of columns, NULL-terminated; or NULL */
    const json_t *columns;    /* [{"Name", "Type"}] that are written, in this order: found by name,
                                 NULL when the query has none; NULL: the query's own */
    const char *const *names; /* names for the query's columns by position; NULL: its own */
    const char *path;         /* the file; with partition_by a folder, made by this */
} TgEngineCopy;

/* Writes all rows; values have the catalog's types. */
gboolean tg_engine_plan_copy(TgEnginePlan *plan, const TgEngineCopy *copy, gint64 *out_rows,
                             GError **error);

/* Rows that the footers of Parquet files claim. `paths` is an array of char *. */
gboolean tg_engine_count_parquet(TgEngine *engine, const GPtrArray *paths, gint64 *out_rows,
                                 GError **error);

/* How a plan is shown. */
typedef struct {
    gboolean is_analyze; /* the query is run */
    const char *format;  /* "text", "json", "graphviz"; NULL: text */
} TgEngineExplain;

/* DuckDB's plan as text. The caller frees. */
char *tg_engine_plan_explain(TgEnginePlan *plan, const TgEngineExplain *how, GError **error);

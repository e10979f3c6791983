/* "Run this SQL, say where the rows are": what operators and the command line call. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "catalog/catalog.h"
#include "object/store.h"

#define TG_QUERY_RESULTS_URL "s3://aws-athena-query-results-local/" /* saved results, by id */
#define TG_QUERY_SQL_BYTES_MAX 262144                               /* Athena's limit of a text */

/**
 * Runs Athena's SQL over a catalog and an object store with the local engine. DuckDB is opened by
 * the first statement that needs it. Any thread may use one TgQuery; statements run at the same
 * time.
 */
typedef struct TgQuery TgQuery;

typedef struct {
    gint64 memory_max_bytes; /* 0: 1 GiB */
    guint threads;           /* 0: as many as the machine has */
    const char *temp_folder; /* where sorts and joins spill, absolute; NULL: the system's */
    gboolean leave_open;     /* as TgEngineOptions.leave_open */
} TgQueryOptions;

/* The catalog and the store are lent and must outlive the query. `options` may be NULL. */
TgQuery *tg_query_new(TgCatalog *catalog, TgObjectStore *objects, const TgQueryOptions *options);
void tg_query_free(TgQuery *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgQuery, tg_query_free)

/* The engine behind it, lent: for data tests of what the loader stages. */
typedef struct TgEngine TgEngine;
TgEngine *tg_query_engine(TgQuery *query);

/* One statement; all members are lent for the call, and `is_cancelled` as long as the result. */
typedef struct {
    const char *sql;          /* one statement; a trailing ';' is allowed */
    const char *source_name;  /* as errors show it: "daily.sql"; NULL: "<query>" */
    const char *database;     /* for names without one; NULL: "default" */
    const char *task_name;    /* for the history of what it publishes; may be NULL */
    const gint *is_cancelled; /* checked while it runs (g_atomic_int_get); may be NULL */
    gint64 now_ms;            /* Unix time: what current_timestamp gives, and times of results */
    const char *const *parameters; /* values of `?`, each an SQL expression; NULL-terminated, or
                                      NULL */
    const char *ctas_location;     /* of CREATE TABLE AS without external_location; NULL: as
                                      tg_publish_begin */
    gboolean is_in_place;          /* as TgCtasRequest's */
    gboolean save_result; /* write the rows to TG_QUERY_RESULTS_URL instead of handing them out */
} TgQueryRequest;

/* Prepared statements by name, in any case, as PREPARE keeps them; they live as long as the
 * TgQuery. An unknown name is NOT_FOUND. */
void tg_query_prepare(TgQuery *query, const char *name, const char *sql);
gboolean tg_query_deallocate(TgQuery *query, const char *name, GError **error);

/* What was run: SELECT and the like give rows; SHOW, DESCRIBE and EXPLAIN are UTILITY. */
typedef enum { TG_QUERY_DML, TG_QUERY_DDL, TG_QUERY_UTILITY } TgQueryKind;

/* Counted so far; complete when all rows were read. */
typedef struct {
    gint64 rows;          /* read from the result, or written by CTAS and INSERT */
    gint64 scanned_bytes; /* size of the objects that the statement reads */
    gint64 exec_millis;
} TgQueryStatistics;

/* The rows of one statement, read once from first to last in bounded memory. */
typedef struct TgQueryResult TgQueryResult;

/**
 * Runs a statement. Errors of the text are TG_ERROR_CONFIG with place and line; a table that is not
 * there is NOT_FOUND. CREATE TABLE AS and INSERT INTO publish in one switch (catalog/publish.h).
 */
TgQueryResult *tg_query_run(TgQuery *query, const TgQueryRequest *request, GError **error);
void tg_query_result_free(TgQueryResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgQueryResult, tg_query_result_free)

/* A UUID; with save_result the name of the saved result. Lent. */
const char *tg_query_result_id(const TgQueryResult *result);
TgQueryKind tg_query_result_kind(const TgQueryResult *result);

/* "s3://…/<id>.csv" when it was saved, else NULL. Lent. */
const char *tg_query_result_url(const TgQueryResult *result);

/* The receipt of a statement that published (CTAS, INSERT), else NULL. Lent. */
const json_t *tg_query_result_receipt(const TgQueryResult *result);

/* Columns of the rows; 0 for statements without rows. Types are Athena's: "bigint", "varchar",
 * "timestamp(3)", "array(integer)". Lent. */
guint tg_query_result_column_count(const TgQueryResult *result);
const char *tg_query_result_column_name(const TgQueryResult *result, guint column);
const char *tg_query_result_column_type(const TgQueryResult *result, guint column);

/**
 * The next row: one text a column as Athena prints it, NULL for NULL. Rows of a saved result were
 * written already: use tg_query_load_result.
 *
 * @out_row set to NULL after the last row; lent until the next call
 */
gboolean tg_query_result_next(TgQueryResult *result, const char *const **out_row, GError **error);
TgQueryStatistics tg_query_result_statistics(const TgQueryResult *result);

/* Writes the rows of a query to a Parquet file (zstd) of the file system, replacing it. */
gboolean tg_query_export(TgQuery *query, const TgQueryRequest *request, const char *path,
                         gint64 *out_rows, GError **error);

/**
 * Saves a small result that another engine gave, so that it can be read as one of this.
 *
 * @id letters, digits and _ - of the other engine
 * @columns [{"Name", "Type"}] @rows [[text or null]]
 */
gboolean tg_query_save_rows(TgQuery *query, const char *id, const json_t *columns,
                            const json_t *rows, GError **error);

/**
 * Reads a saved result: "<id>.csv" is in Athena's CSV form (each value in quotes, NULL is nothing),
 * "<id>.csv.metadata" is our JSON.
 *
 * @rows_max how many data rows at most
 * @return {"id", "kind", "columns": [{"name", "type"}], "rows": [[text or null]], "rows_total"}; a
 *         new reference. An unknown id is NOT_FOUND
 */
json_t *tg_query_load_result(TgQuery *query, const char *id, guint rows_max, GError **error);

/* athena.ctas> (spec: shared/spec/athena.md 1.4). Members are lent; NULL gives the default. */
typedef struct {
    const char *sql; /* the SELECT; a trailing ';' is cut */
    const char *source_name;
    const char *database;         /* "default" */
    const char *table;            /* required */
    const char *location;         /* "s3://b/p/"; NULL: as tg_publish_begin */
    const char *format;           /* "parquet", "textfile" (also "csv"), "json" */
    const char *compression;      /* "snappy", "zstd", "gzip", "none" */
    const char *field_delimiter;  /* textfile; NULL: \001 as Athena */
    const json_t *partitioned_by; /* list of names; they come last in the SELECT */
    const char *table_mode;       /* "default", "empty", "data_only" */
    const char *save_mode;        /* "overwrite", "none", "error_if_exists", "ignore" */
    const json_t *tests;          /* `test:` block (engine/data_test.h) */
    gboolean is_in_place; /* objects lie at the location itself, as Athena leaves them, which
                             must be empty; the table gets no history */
    const char *task_name;
    const gint *is_cancelled;
    gint64 now_ms;
} TgCtasRequest;

/**
 * Makes a table of a SELECT. Staged, counted, tested, then one switch: readers see the old or the
 * new table. Nothing is changed when it fails.
 *
 * `data_only` writes the objects below the location and leaves no table; `none` is an error when
 * the table exists, as error_if_exists.
 *
 * @out_receipt that of tg_publish_commit_table with "query_id" and "tests", or {"skipped": true}
 */
gboolean tg_query_ctas(TgQuery *query, const TgCtasRequest *request, json_t **out_receipt,
                       GError **error);

/* athena.apas> (spec 1.5). Members are lent; NULL gives the default. */
typedef struct {
    const char *sql;
    const char *source_name;
    const char *database;        /* "default" */
    const char *table;           /* required; exists and is partitioned */
    const json_t *partition_kv;  /* {"k": "v"} for every partition key */
    const char *location;        /* as TgPublishTarget's */
    const char *format;          /* NULL: that of the table */
    const char *compression;     /* NULL: that of the table */
    const char *field_delimiter; /* NULL: that of the table */
    const char *save_mode;       /* "overwrite", "skip_if_exists", "error_if_exists" */
    gboolean ignore_schema_diff; /* publish what fits by name; missing columns read as NULL */
    const json_t *tests;
    const char *task_name;
    const gint *is_cancelled;
    gint64 now_ms;
} TgApasRequest;

/**
 * Makes or replaces one partition by a SELECT. The SELECT's columns are compared with the table's
 * before anything is touched. A SELECT without rows publishes an empty partition when it exists
 * already (old rows must not stay) and else nothing; the receipt says rows 0.
 */
gboolean tg_query_apas(TgQuery *query, const TgApasRequest *request, json_t **out_receipt,
                       GError **error);

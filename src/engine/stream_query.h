/* SQL over a stream of batches: DuckDB's own SQL, with the rows as the table `input`. */
#pragma once

#include "engine/batch_source.h"

typedef struct TgStreamQuery TgStreamQuery;

typedef struct {
    const char *sql;         /* one query in DuckDB's SQL; `input` may be read once */
    const TgSchema *input;   /* lent until the query is freed; NULL: there is no `input` */
    gboolean exact_types;    /* FALSE: the result has Embulk's six types */
    guint threads;           /* DuckDB's */
    gint64 memory_bytes;     /* DuckDB's limit */
    const char *temp_folder; /* where it spills to */
} TgStreamQueryOptions;

/* Starts a DuckDB and finds the result's columns without running anything. CONFIG with what DuckDB
 * says about the query, NOT_FOUND without DuckDB. */
TgStreamQuery *tg_stream_query_new(const TgStreamQueryOptions *options, GError **error);

/* Stops a query that runs. */
void tg_stream_query_free(TgStreamQuery *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgStreamQuery, tg_stream_query_free)

/* Lent. */
const TgSchema *tg_stream_query_schema(const TgStreamQuery *query);

/* Runs the query, once; the source is lent until the query is freed, NULL without `input`. */
gboolean tg_stream_query_start(TgStreamQuery *query, const TgBatchSource *source, GError **error);

/* Fills a cleared batch of the result's schema; no rows: the end. Any thread. */
gboolean tg_stream_query_next(TgStreamQuery *query, TgBatch *batch, GError **error);

/* Texts as '…' and names as "…" of DuckDB's SQL. */
void tg_stream_query_append_text(GString *sql, const char *text);
void tg_stream_query_append_name(GString *sql, const char *name);

/* Batches as a table function of DuckDB's: what the Parquet writer and queries over streams read.
 */
#pragma once

#include "columns/batch.h"
#include "engine/batch_source.h"
#include "engine/duckdb_api.h"

/* What DuckDB says when a statement reads the rows a second time: they come only once. */
#define TG_BATCH_SCAN_TWICE "the rows are read twice"

/* One read of all rows; shared by DuckDB's threads. Members above `mutex` are set by the caller and
 * outlive the statement. */
typedef struct {
    const TgDuckdbApi *api;
    const TgBatchSource *source;
    const TgSchema *schema;
    guint threads;
    gboolean lends_texts; /* only when a chunk is used up before the next is pulled */
    gboolean names_json;  /* json columns are DuckDB's JSON, not texts */
    GMutex mutex;         /* over error */
    GError *error;        /* the first */
    gint scans;           /* how often DuckDB began */
} TgBatchScan;

void tg_batch_scan_init(TgBatchScan *scan);
void tg_batch_scan_clear(TgBatchScan *scan);

/* Makes the table function tegaru_rows() of a connection. */
gboolean tg_batch_scan_register(TgBatchScan *scan, duckdb_connection connection, GError **error);

/* Batches to a Parquet file, by DuckDB's writer on several threads. */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "columns/batch.h"
#include "engine/batch_source.h"

typedef struct {
    const char *path;        /* overwritten */
    const TgSchema *schema;  /* names unique without regard to case; no TG_UNIT_WIDE */
    const char *compression; /* "zstd", "snappy", "gzip", "brotli", "lz4" or "uncompressed" */
    guint threads;
    gint64 memory_bytes; /* limit of the writer's buffers */

    /* With one of the next two `path` becomes a folder of files. */
    const char *const *partition_by; /* columns: path/k=v/…, as Hive; they are left out of the
                                        files. NULL: none */
    gint64 file_bytes;               /* about how large a file gets; 0: one file */
    const char *const *sort_by;      /* columns, ascending; NULL: as the rows come */
    gboolean
        bloom_filters;    /* of columns with few values; they stay in memory until the file ends */
    gboolean keeps_order; /* of the rows; with one thread */
    const char *temp_folder; /* where a sort puts what memory does not hold; NULL: nowhere */
} TgParquetOptions;

/**
 * Pulls all rows and writes them; all columns are OPTIONAL, in the order of the schema. With more
 * than one thread the order of the rows is not defined.
 *
 * Errors: what pull() said; RETRY when the file cannot be written; CONFIG for a value that Parquet
 * cannot hold.
 */
gboolean tg_parquet_write(const TgBatchSource *source, const TgParquetOptions *options,
                          GError **error);

/* A merge by key of new rows, in Parquet files, into old Parquet files: rows of the old files whose
 * key comes again are replaced. NULL is equal to NULL. */
#pragma once

#include "engine/parquet_writer.h"

/* Names of columns that the merge itself uses: rows must not have them. */
#define TG_PARQUET_MERGE_NAMES "filename", "file_row_number", "tegaru_position"

typedef struct TgParquetMerge TgParquetMerge;

/* Lent for the call. */
typedef struct {
    const char *const *files; /* of new rows, with one schema; NULL-terminated. Of several rows with
                                 one key the last wins: later files, later rows */
    const char *const *keys;  /* columns, NULL-terminated */
    guint threads;
    gint64 memory_bytes;
    const char *temp_folder; /* for what memory does not hold */
} TgParquetMergeOptions;

/* Finds which of the new rows count. Errors: RETRY for disk and memory. */
TgParquetMerge *tg_parquet_merge_new(const TgParquetMergeOptions *options, GError **error);
void tg_parquet_merge_free(TgParquetMerge *merge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgParquetMerge, tg_parquet_merge_free)

/* How many there are: one for each key. */
gint64 tg_parquet_merge_rows(const TgParquetMerge *merge);

/* Writes them; options as for tg_parquet_write, of which threads and memory are the merge's. */
gboolean tg_parquet_merge_write(TgParquetMerge *merge, const TgParquetOptions *options,
                                GError **error);

/* Old files with the same values of their partition keys; lent. */
typedef struct {
    const char *const *paths;  /* NULL-terminated */
    const char *const *names;  /* of partition keys; NULL: none */
    const char *const *values; /* theirs, as many; "__HIVE_DEFAULT_PARTITION__" is NULL */
} TgParquetOld;

/* Which files hold rows that are replaced: path to number of rows (gint64 *), added to `into`. */
gboolean tg_parquet_merge_find(TgParquetMerge *merge, const TgParquetOld *old, GHashTable *into,
                               GError **error);

/**
 * Writes an old file without the rows that are replaced, in its own columns and order.
 *
 * @old one path
 * @out_rows how many rows stay; without any no file is written
 */
gboolean tg_parquet_merge_rewrite(TgParquetMerge *merge, const TgParquetOld *old, const char *path,
                                  const char *compression, gint64 *out_rows, GError **error);

/* Partitioned tables as files and objects: Hive folders "k=v/". */
#pragma once

#include "catalog/publish.h"

/* Takes a file; `folder` is its Hive folder: "day=2024-01-01/". */
typedef gboolean (*TgPartitionFileTake)(gpointer data, const char *path, const char *folder,
                                        GError **error);

/**
 * Calls `take` for each file below a folder that DuckDB wrote with PARTITION_BY. DuckDB's folders
 * become Hive's, which escape other characters; an empty value is __HIVE_DEFAULT_PARTITION__.
 *
 * @keys [{"Name", "Type"}], outermost first
 * @path a missing folder is one without files
 */
gboolean tg_partition_files_walk(const json_t *keys, const char *path, TgPartitionFileTake take,
                                 gpointer data, GError **error);

/**
 * The partitions that objects below a prefix make up.
 *
 * @objects of TgObjectInfo, below prefix
 * @return [{"Values": […]}] for tg_publish_commit_table; a new reference
 */
json_t *tg_partition_files_list(const json_t *keys, const char *prefix, const GPtrArray *objects);

/* Objects with names that begin so were taken over from an older version of their table: they may
 * lack columns that were added since. */
#define TG_PARTITION_FILES_KEPT "kept-"

/* An object of a table, and what its copy is called in a publish. */
typedef struct {
    TgObjectInfo *object;
    char *to_url;   /* below the prefix, its name begins with TG_PARTITION_FILES_KEPT */
    json_t *values; /* of the partition; NULL: the table has none */
} TgPartitionFile;

/**
 * All objects that a table holds, partition by partition.
 *
 * @table Glue's table, with its location
 * @prefix of the publish
 * @return of TgPartitionFile, freed with the array
 */
GPtrArray *tg_partition_files_all(TgCatalog *catalog, TgObjectStore *objects, const json_t *table,
                                  const char *prefix, GError **error);

/**
 * Takes what a table holds over into a publish of it: its objects are copied below the prefix,
 * under names that begin with TG_PARTITION_FILES_KEPT.
 *
 * @table Glue's table, with its location
 */
gboolean tg_partition_files_keep(TgCatalog *catalog, TgObjectStore *objects, const json_t *table,
                                 const char *prefix, GError **error);

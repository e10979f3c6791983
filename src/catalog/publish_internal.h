/* What the publish*.c files share. */
#pragma once

#include "catalog/local_catalog.h"
#include "catalog/publish.h"

/* What publishing does differently in each kind of catalog. */
typedef struct {
    /* Sets publish->before. */
    gboolean (*find)(TgPublish *publish, GError **error);
    /* Notes that it goes on, before the first object is written. */
    gboolean (*begin)(TgPublish *publish, const TgPublishTarget *target, GError **error);
    void (*forget)(TgPublish *publish); /* takes the note back */
    void (*end)(TgPublish *publish);    /* lets go what was taken, however it ended */
    /* {"table", "partitions"}, or {"partition"} with values; null when there is none. */
    json_t *(*snapshot)(TgPublish *publish, TgPartitionValues values, GError **error);
    /* The switch; puts "version" and "partition" into the receipt. */
    gboolean (*commit_table)(TgPublish *publish, const json_t *table, const json_t *partitions,
                             json_t *receipt, GError **error);
    gboolean (*commit_partition)(TgPublish *publish, TgPartitionValues values, json_t *receipt,
                                 GError **error);
} TgPublishClass;

extern const TgPublishClass tg_publish_local;
extern const TgPublishClass tg_publish_glue;

struct TgPublish {
    const TgPublishClass *class;
    TgCatalog *catalog;
    TgObjectStore *objects;
    char *id;
    char *database;
    char *table;
    char *task_name;
    char *root;     /* "s3://b/db/t.tegaru/" */
    char *prefix;   /* below the root */
    json_t *before; /* the table when the publish began; NULL: there was none */
    json_t *base;   /* where the table and its partitions lay that this builds on; NULL: none */
    json_t *base_partition; /* where the partition lay, or null; NULL: it does not matter */
    gint64 now_ms;
    int lock_fd;
    gboolean is_known;     /* objects may lie below the prefix, and are ours to remove */
    gboolean is_committed; /* its objects belong to the table */
};

/* Whether what is there now is still what the publish was prepared for; else CONFLICT.
 * @present the table; NULL: none. @snapshot as class->snapshot gives it */
gboolean tg_publish_check_unchanged(const TgPublish *publish, const json_t *present,
                                    GError **error);
gboolean tg_publish_check_base(const TgPublish *publish, const json_t *snapshot, GError **error);
gboolean tg_publish_check_partition(const TgPublish *publish, const json_t *snapshot,
                                    GError **error);

/* The description with the location and the figures of this publish. A new reference. */
json_t *tg_publish_table_here(const TgPublish *publish, const json_t *table, const json_t *receipt);

/* Where the partition of these values (an array) lies below the prefix; NULL with BUG. */
char *tg_publish_partition_location(const TgPublish *publish, const json_t *table,
                                    const json_t *values, GError **error);

/* A PartitionInput of this publish. A new reference. */
json_t *tg_publish_partition_here(const TgPublish *publish, const json_t *table,
                                  TgPartitionValues values);

/* The lock of a publish: held as long as its process lives. */

/* Makes and takes the lock; -1 with an error. The caller closes it. */
int tg_publish_lock_take(TgCatalog *catalog, const char *id, GError **error);

/* Whether the process that held the lock is gone. */
gboolean tg_publish_lock_is_dead(TgCatalog *catalog, const char *id);

void tg_publish_lock_remove(TgCatalog *catalog, const char *id);

/* Removes the objects of one publish, or only counts them; added to @out. */
gboolean tg_publish_remove_objects(TgObjectStore *objects, const char *prefix, gboolean dry_run,
                                   TgPublishCollected *out, GError **error);

/* A table, and its partitions, as a snapshot {"table", "partitions"}, or null when there is none;
 * inside a transaction. A new reference. */
json_t *tg_publish_snapshot_table(TgCatalog *catalog, const char *database, const char *table,
                                  GError **error);

/* {"partition"} of one partition, or null when there is none. */
json_t *tg_publish_snapshot_partition(TgCatalog *catalog, const char *database, const char *table,
                                      const char *values_json, GError **error);

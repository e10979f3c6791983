/* Publishing: write aside, check, make visible with one switch, roll back, collect. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "catalog/catalog.h"
#include "object/store.h"

#define TG_PUBLISH_GRACE_MS_DEFAULT ((gint64)24 * 3600 * 1000) /* how long old objects stay */

/**
 * One publish. Its objects are written below `prefix`, which no reader lists: for a table at
 * s3://b/db/t/ it is s3://b/db/t.tegaru/<id>/. The publish is known to the catalog before the first
 * object is written, and holds a lock as long as its process lives, so that gc finds what a crash
 * left behind. Used by one thread at a time.
 */
typedef struct TgPublish TgPublish;

typedef struct {
    const char *database;
    const char *table;
    const char *location; /* "s3://b/db/t/": where the table lies by name; NULL: that of the present
                             table, or s3://<database>/<table>/ for a new one */
    const char *task_name; /* who publishes, for the history; may be NULL */
    const char *id;        /* in Glue: of a publish that was left to go on; NULL: a new one */
    const char *base;      /* what tg_publish_base gave then; NULL: nothing */
    gint64 now_ms;
} TgPublishTarget;

/* Starts a publish. The database is made when missing. In Glue a new table needs a location. */
TgPublish *tg_publish_begin(TgCatalog *catalog, TgObjectStore *objects,
                            const TgPublishTarget *target, GError **error);

/* It goes on in another process, or later: free removes nothing. For publishes in Glue. */
void tg_publish_leave(TgPublish *publish);

/* Ends it; what was not committed is removed. */
void tg_publish_free(TgPublish *publish);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgPublish, tg_publish_free)

/**
 * Says that the result is made of what the table is now: rows that another publish adds before the
 * commit would be lost, so the commit is then CONFLICT. May be called again after that.
 */
gboolean tg_publish_build_on_present(TgPublish *publish, GError **error);

/* The same for one partition: of two publishes of it at a time one is CONFLICT. */
gboolean tg_publish_build_on_partition(TgPublish *publish, TgPartitionValues values,
                                       GError **error);

/* What it builds on, as text for TgPublishTarget. The caller frees; NULL: nothing. */
char *tg_publish_base(const TgPublish *publish);

const char *tg_publish_id(const TgPublish *publish);

/* "s3://b/db/t.tegaru/<id>/": write objects below it, partitions as <prefix>k=v/. Lent. */
const char *tg_publish_prefix(const TgPublish *publish);

/* The objects staged so far, of TgObjectInfo; unref it. */
GPtrArray *tg_publish_list(const TgPublish *publish, GError **error);

/* Facts for the receipt beside objects and version; each lent. */
typedef struct {
    gint64 rows;          /* -1: not known */
    const char *query_id; /* NULL: none */
    const json_t *tests;  /* results of the data tests; NULL: none ran */
} TgPublishFacts;

/**
 * The switch: in one transaction the table gets the description (its location becomes the prefix)
 * and the publish is recorded. What the table had before stays for the grace time. A table changed
 * by somebody else since begin is CONFLICT when its columns or keys differ.
 *
 * @table Glue's TableInput without a location; for a partitioned table with PartitionKeys, then
 *        @partitions is an array of {"Values": […]} (objects lie below <prefix>k=v/, in Glue where
 *        their own StorageDescriptor.Location says) and replaces all partitions; else NULL
 * @return the receipt {"publish_id", "database", "table", "version", "rows", "bytes", "objects":
 *         [{"url", "size", "etag"}], …}; a new reference
 */
json_t *tg_publish_commit_table(TgPublish *publish, const json_t *table, const json_t *partitions,
                                const TgPublishFacts *facts, GError **error);

/**
 * The switch of one partition of a table that exists: it is made or its location becomes the prefix
 * of this publish (objects lie below <prefix>k=v/).
 */
json_t *tg_publish_commit_partition(TgPublish *publish, TgPartitionValues values,
                                    const TgPublishFacts *facts, GError **error);

/* What was published to a table, newest first: [{"publish_id", "at_ms", "version", "partition",
 * "rows", "bytes", "task", "state", "is_current", "can_roll_back"}]. A new reference. */
json_t *tg_publish_history(TgCatalog *catalog, TgObjectStore *objects, const char *database,
                           const char *table, GError **error);

/* What to go back to. Lent. */
typedef struct {
    const char *database;
    const char *table;
    TgPartitionValues values; /* of one partition; NULL: the whole table */
    const char *to_id;        /* what this publish made; NULL: what was before the newest */
    gint64 now_ms;
} TgPublishRollback;

/**
 * Makes visible again what a table (or one partition) was. CONFLICT when its objects were collected
 * already, NOT_FOUND when there was nothing.
 *
 * @return what is visible now, as an entry of the history
 */
json_t *tg_publish_rollback(TgCatalog *catalog, TgObjectStore *objects, const TgPublishRollback *to,
                            GError **error);

/* What gc removed, or would remove. */
typedef struct {
    guint publishes; /* crashed or superseded ones */
    guint objects;
    gint64 bytes;
} TgPublishCollected;

/* What to collect. */
typedef struct {
    gint64 now_ms;
    gint64 grace_ms;  /* keep what was superseded less than this ago */
    gboolean dry_run; /* only count */
} TgPublishCollect;

/**
 * Removes the objects and drafts of publishes that crashed, and the objects of those that were
 * superseded (or whose table was dropped) longer than the grace time ago. In Glue a crashed one is
 * told by its age, a day at least, and tables that were dropped are not found.
 */
gboolean tg_publish_collect(TgCatalog *catalog, TgObjectStore *objects,
                            const TgPublishCollect *options, TgPublishCollected *out,
                            GError **error);

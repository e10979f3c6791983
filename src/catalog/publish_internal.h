/* What the publish*.c files share. */
#pragma once

#include "catalog/local_catalog.h"
#include "catalog/publish.h"

/* The lock of a publish: held as long as its process lives. */

/* Makes and takes the lock; -1 with an error. The caller closes it. */
int tg_publish_lock_take(TgCatalog *catalog, const char *id, GError **error);

/* Whether the process that held the lock is gone. */
gboolean tg_publish_lock_is_dead(TgCatalog *catalog, const char *id);

void tg_publish_lock_remove(TgCatalog *catalog, const char *id);

/* A table, and its partitions, as a snapshot {"table", "partitions"}, or null when there is none;
 * inside a transaction. A new reference. */
json_t *tg_publish_snapshot_table(TgCatalog *catalog, const char *database, const char *table,
                                  GError **error);

/* {"partition"} of one partition, or null when there is none. */
json_t *tg_publish_snapshot_partition(TgCatalog *catalog, const char *database, const char *table,
                                      const char *values_json, GError **error);

/* Inside of publishing in Glue: what publish_glue.c and publish_glue_history.c share. */
#pragma once

#include "aws/glue.h"
#include "catalog/publish_internal.h"

/* Makes the table, and its partitions, as a snapshot has them; CONFLICT when somebody else changes
 * it. `before` is what is there. publish->is_committed once readers see it. */
gboolean tg_publish_glue_put_table(TgPublish *publish, const json_t *before, const json_t *after,
                                   GError **error);

/* The same for one partition, under its lock: what it is becomes `after`. */
gboolean tg_publish_glue_put_partition(TgPublish *publish, TgPartitionValues values,
                                       const json_t *after, json_t *receipt, GError **error);

/* Writes the entry of the history: before the switch. @receipt "partition", "rows", "bytes" */
gboolean tg_publish_glue_note(const TgPublish *publish, const json_t *receipt, const json_t *before,
                              const json_t *after, GError **error);

/* As tg_publish_history, tg_publish_rollback and tg_publish_collect. */
json_t *tg_publish_glue_history(TgCatalog *catalog, TgObjectStore *objects, const char *database,
                                const char *table, GError **error);
json_t *tg_publish_glue_rollback(TgCatalog *catalog, TgObjectStore *objects,
                                 const TgPublishRollback *to, GError **error);
gboolean tg_publish_glue_collect(TgCatalog *catalog, TgObjectStore *objects,
                                 const TgPublishCollect *options, TgPublishCollected *out,
                                 GError **error);

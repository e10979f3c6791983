/* What local_*.c and publish*.c share: the open file, and steps inside one transaction. */
#pragma once

#include "catalog/catalog_class.h"
#include "database/sqlite.h"

typedef struct {
    TgCatalog base;
    TgSqlite *database;
    GMutex mutex; /* over the connection */
    char *folder; /* of the file: locks of publishes lie in it */
} TgLocalCatalog;

/* The same, which must be a local one. */
TgLocalCatalog *tg_local_catalog(TgCatalog *catalog);

/* Takes the mutex and starts a transaction; tg_catalog_leave ends both: commits when `ok`. */
gboolean tg_catalog_enter(TgCatalog *catalog, GError **error);
gboolean tg_catalog_leave(TgCatalog *catalog, gboolean ok, GError **error);

/* The following run inside a transaction. Names are lower case. */

/* The stored table or NULL without an error. A new reference. */
gboolean tg_catalog_find_table(TgCatalog *catalog, const char *database, const char *table,
                               json_t **out, GError **error);

/* The stored partition or NULL without an error. A new reference. */
gboolean tg_catalog_find_partition(TgCatalog *catalog, const char *database, const char *table,
                                   const char *values_json, json_t **out, GError **error);

/* Stores a table as its next version; *out_version gets it. */
gboolean tg_catalog_put_table(TgCatalog *catalog, const char *database, const char *table,
                              const json_t *body, gint64 *out_version, GError **error);
gboolean tg_catalog_put_partition(TgCatalog *catalog, const char *database, const char *table,
                                  const json_t *table_body, const json_t *input, GError **error);
gboolean tg_catalog_remove_partitions(TgCatalog *catalog, const char *database, const char *table,
                                      const char *values_json_or_null, GError **error);
gboolean tg_catalog_remove_table(TgCatalog *catalog, const char *database, const char *table,
                                 GError **error);

/* All partitions of a table. A new reference. */
json_t *tg_catalog_all_partitions(TgCatalog *catalog, const char *database, const char *table,
                                  GError **error);

/* Publishes whose objects no table shows any more get the time; those shown again lose it. */
gboolean tg_catalog_mark_superseded(TgCatalog *catalog, const char *database, const char *table,
                                    gint64 now_ms, GError **error);

/* ["v1","v2"] as text: the key of a partition. The caller frees. */
char *tg_catalog_values_key(TgPartitionValues values);

/* The part of the class that is in local_partitions.c. */
gboolean tg_local_create_partitions(TgCatalog *catalog, const char *database, const char *table,
                                    const json_t *inputs, gboolean if_not_exists, GError **error);
gboolean tg_local_update_partition(TgCatalog *catalog, const char *database, const char *table,
                                   const json_t *input, GError **error);
gboolean tg_local_drop_partition(TgCatalog *catalog, const char *database, const char *table,
                                 TgPartitionValues values, GError **error);

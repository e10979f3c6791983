/* What a kind of catalog implements; catalog.h says what each function must do. */
#pragma once

#include "catalog/catalog.h"

/* Names come as the caller wrote them: each kind folds them. */
typedef struct {
    json_t *(*get_database)(TgCatalog *catalog, const char *database, GError **error);
    json_t *(*get_table)(TgCatalog *catalog, const char *database, const char *table,
                         GError **error);
    json_t *(*get_partition)(TgCatalog *catalog, const char *database, const char *table,
                             TgPartitionValues values, GError **error);
    json_t *(*list_databases)(TgCatalog *catalog, GError **error);
    json_t *(*list_tables)(TgCatalog *catalog, const char *database, GError **error);
    json_t *(*list_partitions)(TgCatalog *catalog, const char *database, const char *table,
                               GError **error);
    gboolean (*create_database)(TgCatalog *catalog, const json_t *input, GError **error);
    gboolean (*create_table)(TgCatalog *catalog, const char *database, const json_t *input,
                             GError **error);
    gboolean (*update_table)(TgCatalog *catalog, const char *database, const json_t *input,
                             GError **error);
    gboolean (*drop_table)(TgCatalog *catalog, const char *database, const char *table,
                           GError **error);
    gboolean (*drop_database)(TgCatalog *catalog, const char *database, gboolean cascade,
                              GError **error);
    gboolean (*create_partitions)(TgCatalog *catalog, const char *database, const char *table,
                                  const json_t *inputs, gboolean if_not_exists, GError **error);
    gboolean (*update_partition)(TgCatalog *catalog, const char *database, const char *table,
                                 const json_t *input, GError **error);
    gboolean (*drop_partition)(TgCatalog *catalog, const char *database, const char *table,
                               TgPartitionValues values, GError **error);
    void (*free)(TgCatalog *catalog);
} TgCatalogClass;

struct TgCatalog {
    const TgCatalogClass *class;
};

/* NOT_FOUND with a likely name out of a list of {"Name": …}; NULL: none is suggested. */
void tg_catalog_fail_not_found(GError **error, const char *what, const char *name,
                               json_t *take_all);

/* Glue's PartitionInput: the table's storage with what the input says instead. A new reference. */
json_t *tg_catalog_partition_input(const json_t *table, const json_t *input);

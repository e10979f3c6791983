/* One interface over the kinds of catalogs. */
#include "catalog/catalog.h"

#include <string.h>

#include "base/suggest.h"
#include "catalog/catalog_class.h"
#include "catalog/table.h"
#include "params/params.h"

void tg_catalog_free(TgCatalog *catalog)
{
    if (catalog != NULL) {
        catalog->class->free(catalog);
    }
}

void tg_catalog_fail_not_found(GError **error, const char *what, const char *name, json_t *take_all)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *bare = strrchr(name, '.') == NULL ? name : strrchr(name, '.') + 1;
    json_t *body = NULL;
    gsize i = 0;

    json_array_foreach (take_all, i, body) {
        g_ptr_array_add(names, (char *)tg_table_name(body));
    }
    g_ptr_array_add(names, NULL);
    g_autofree char *hint = tg_suggest_phrase(bare, (const char *const *)names->pdata);

    g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "%s '%s' does not exist%s", what, name, hint);
    json_decref(take_all);
}

json_t *tg_catalog_partition_input(const json_t *table, const json_t *input)
{
    json_t *partition = json_deep_copy(input);
    json_t *storage = json_deep_copy(json_object_get(table, "StorageDescriptor"));
    json_t *given = json_object_get(input, "StorageDescriptor");

    json_object_del(storage, "Location");
    if (json_is_object(given)) {
        json_object_update(storage, given);
    }
    json_object_set_new(partition, "StorageDescriptor", storage);
    return partition;
}

json_t *tg_catalog_get_database(TgCatalog *catalog, const char *database, GError **error)
{
    return catalog->class->get_database(catalog, database, error);
}

json_t *tg_catalog_get_table(TgCatalog *catalog, const char *database, const char *table,
                             GError **error)
{
    return catalog->class->get_table(catalog, database, table, error);
}

json_t *tg_catalog_get_partition(TgCatalog *catalog, const char *database, const char *table,
                                 TgPartitionValues values, GError **error)
{
    return catalog->class->get_partition(catalog, database, table, values, error);
}

json_t *tg_catalog_list_databases(TgCatalog *catalog, GError **error)
{
    return catalog->class->list_databases(catalog, error);
}

json_t *tg_catalog_list_tables(TgCatalog *catalog, const char *database, GError **error)
{
    return catalog->class->list_tables(catalog, database, error);
}

json_t *tg_catalog_list_partitions(TgCatalog *catalog, const char *database, const char *table,
                                   GError **error)
{
    return catalog->class->list_partitions(catalog, database, table, error);
}

gboolean tg_catalog_create_database(TgCatalog *catalog, const json_t *input, GError **error)
{
    return catalog->class->create_database(catalog, input, error);
}

/* Asked for first: who may write tables need not be allowed to create databases. */
gboolean tg_catalog_ensure_database(TgCatalog *catalog, const char *database, GError **error)
{
    g_autoptr(json_t) input = json_pack("{s:s}", "Name", database);
    g_autoptr(GError) problem = NULL;
    g_autoptr(json_t) present = tg_catalog_get_database(catalog, database, &problem);

    if (present != NULL) {
        return TRUE;
    }
    if (g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        g_clear_error(&problem);
        if (tg_catalog_create_database(catalog, input, &problem) ||
            g_error_matches(problem, TG_ERROR, TG_ERROR_CONFLICT)) {
            return TRUE;
        }
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

gboolean tg_catalog_create_table(TgCatalog *catalog, const char *database, const json_t *input,
                                 GError **error)
{
    return catalog->class->create_table(catalog, database, input, error);
}

gboolean tg_catalog_update_table(TgCatalog *catalog, const char *database, const json_t *input,
                                 GError **error)
{
    return catalog->class->update_table(catalog, database, input, error);
}

gboolean tg_catalog_drop_table(TgCatalog *catalog, const char *database, const char *table,
                               GError **error)
{
    return catalog->class->drop_table(catalog, database, table, error);
}

gboolean tg_catalog_drop_database(TgCatalog *catalog, const char *database, gboolean cascade,
                                  GError **error)
{
    return catalog->class->drop_database(catalog, database, cascade, error);
}

gboolean tg_catalog_create_partitions(TgCatalog *catalog, const char *database, const char *table,
                                      const json_t *inputs, gboolean if_not_exists, GError **error)
{
    return catalog->class->create_partitions(catalog, database, table, inputs, if_not_exists,
                                             error);
}

gboolean tg_catalog_update_partition(TgCatalog *catalog, const char *database, const char *table,
                                     const json_t *input, GError **error)
{
    return catalog->class->update_partition(catalog, database, table, input, error);
}

gboolean tg_catalog_drop_partition(TgCatalog *catalog, const char *database, const char *table,
                                   TgPartitionValues values, GError **error)
{
    return catalog->class->drop_partition(catalog, database, table, values, error);
}

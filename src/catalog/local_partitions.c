/* Partitions of the local catalog. */
#include <string.h>

#include "base/clock.h"
#include "catalog/local_catalog.h"
#include "catalog/table.h"
#include "params/params.h"

json_t *tg_catalog_all_partitions(TgCatalog *catalog, const char *database, const char *table,
                                  GError **error)
{
    g_autoptr(json_t) rows =
        tg_sqlite_select(tg_local_catalog(catalog)->database, error,
                         "SELECT body FROM partitions WHERE db = ? AND tbl = ? ORDER BY vals", "ss",
                         database, table);
    json_t *all = rows == NULL ? NULL : json_array();
    json_t *row = NULL;
    gsize i = 0;

    json_array_foreach (rows, i, row) {
        json_array_append_new(all, json_loads(json_string_value(json_array_get(row, 0)), 0, NULL));
    }
    return all;
}

gboolean tg_catalog_remove_partitions(TgCatalog *catalog, const char *database, const char *table,
                                      const char *values_json_or_null, GError **error)
{
    if (values_json_or_null == NULL) {
        return tg_sqlite_run(tg_local_catalog(catalog)->database, error,
                             "DELETE FROM partitions WHERE db = ? AND tbl = ?", "ss", database,
                             table);
    }
    return tg_sqlite_run(tg_local_catalog(catalog)->database, error,
                         "DELETE FROM partitions WHERE db = ? AND tbl = ? AND vals = ?", "sss",
                         database, table, values_json_or_null);
}

/* The text of a partition's key, or NULL with an error when the values do not fit the table. */
static char *key_of_input(const json_t *table, const json_t *input, GError **error)
{
    json_t *values = json_object_get(input, "Values");
    gsize expected = json_array_size(tg_table_partition_keys(table));

    if (expected == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "table %s.%s is not partitioned",
                    tg_table_database(table), tg_table_name(table));
        return NULL;
    }
    if (json_array_size(values) != expected) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "a partition of %s.%s needs %zu values, not %zu", tg_table_database(table),
                    tg_table_name(table), expected, json_array_size(values));
        return NULL;
    }
    return tg_params_to_json(values);
}

/* Glue's Partition. */
static json_t *partition_new(const json_t *table, const json_t *input)
{
    json_t *partition = tg_catalog_partition_input(table, input);

    json_object_set(partition, "DatabaseName", json_object_get(table, "DatabaseName"));
    json_object_set(partition, "TableName", json_object_get(table, "Name"));
    if (json_object_get(partition, "CreationTime") == NULL) {
        json_object_set_new(partition, "CreationTime",
                            json_real((double)tg_clock_now_ms() / 1000.0));
    }
    return partition;
}

gboolean tg_catalog_put_partition(TgCatalog *catalog, const char *database, const char *table,
                                  const json_t *table_body, const json_t *input, GError **error)
{
    g_autofree char *key = key_of_input(table_body, input, error);
    g_autoptr(json_t) partition = NULL;
    g_autofree char *text = NULL;

    if (key == NULL) {
        return FALSE;
    }
    partition = partition_new(table_body, input);
    if (tg_table_location(partition) == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "a partition of %s.%s needs a location",
                    database, table);
        return FALSE;
    }
    text = tg_params_to_json(partition);
    return tg_sqlite_run(tg_local_catalog(catalog)->database, error,
                         "INSERT OR REPLACE INTO partitions VALUES (?,?,?,?,?)", "sssss", database,
                         table, key, tg_table_location(partition), text);
}

static gboolean create_one(TgCatalog *catalog, const json_t *table, const json_t *input,
                           gboolean if_not_exists, GError **error)
{
    const char *database = tg_table_database(table);
    const char *name = tg_table_name(table);
    g_autofree char *key = key_of_input(table, input, error);
    g_autoptr(json_t) before = NULL;

    if (key == NULL || !tg_catalog_find_partition(catalog, database, name, key, &before, error)) {
        return FALSE;
    }
    if (before != NULL && if_not_exists) {
        return TRUE;
    }
    if (before != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT, "partition %s of %s.%s exists already", key,
                    database, name);
        return FALSE;
    }
    return tg_catalog_put_partition(catalog, database, name, table, input, error);
}

gboolean tg_local_create_partitions(TgCatalog *catalog, const char *database, const char *table,
                                    const json_t *inputs, gboolean if_not_exists, GError **error)
{
    g_autoptr(json_t) body = tg_catalog_get_table(catalog, database, table, error);
    json_t *input = NULL;
    gboolean ok = TRUE;
    gsize i = 0;

    if (body == NULL || !tg_catalog_enter(catalog, error)) {
        return FALSE;
    }
    json_array_foreach ((json_t *)inputs, i, input) {
        ok = ok && create_one(catalog, body, input, if_not_exists, error);
    }
    return tg_catalog_leave(catalog, ok, error);
}

gboolean tg_local_update_partition(TgCatalog *catalog, const char *database, const char *table,
                                   const json_t *input, GError **error)
{
    g_autoptr(json_t) body = tg_catalog_get_table(catalog, database, table, error);

    if (body == NULL || !tg_catalog_enter(catalog, error)) {
        return FALSE;
    }
    gboolean ok = tg_catalog_put_partition(catalog, tg_table_database(body), tg_table_name(body),
                                           body, input, error) &&
                  tg_catalog_mark_superseded(catalog, tg_table_database(body), tg_table_name(body),
                                             tg_clock_now_ms(), error);

    return tg_catalog_leave(catalog, ok, error);
}

gboolean tg_local_drop_partition(TgCatalog *catalog, const char *database, const char *table,
                                 TgPartitionValues values, GError **error)
{
    g_autoptr(json_t) partition = tg_catalog_get_partition(catalog, database, table, values, error);
    g_autofree char *key = tg_catalog_values_key(values);

    if (partition == NULL || !tg_catalog_enter(catalog, error)) {
        return FALSE;
    }
    const char *db = json_string_value(json_object_get(partition, "DatabaseName"));
    const char *name = json_string_value(json_object_get(partition, "TableName"));
    gboolean ok = tg_catalog_remove_partitions(catalog, db, name, key, error) &&
                  tg_catalog_mark_superseded(catalog, db, name, tg_clock_now_ms(), error);

    return tg_catalog_leave(catalog, ok, error);
}

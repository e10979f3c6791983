/* Tables and partitions of the catalog as operators see them. */
#include "operators/support_athena_catalog.h"

#include "catalog/table.h"
#include "operators/support.h"
#include "params/params.h"

/* What a getter found: NOT_FOUND means nothing, any other problem is one. Takes both. */
static gboolean take_found(json_t *take_found, GError *take_problem, json_t **out, GError **error)
{
    *out = take_found;
    if (take_found == NULL && !g_error_matches(take_problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        g_propagate_error(error, take_problem);
        return FALSE;
    }
    g_clear_error(&take_problem);
    return TRUE;
}

gboolean tg_athena_table_find(const TgAthenaPlace *place, const char *database, const char *table,
                              json_t **out, GError **error)
{
    GError *problem = NULL;
    json_t *found = tg_catalog_get_table(place->catalog, database, table, &problem);

    return take_found(found, problem, out, error);
}

void tg_athena_partition_clear(TgAthenaPartition *partition)
{
    g_free(partition->database);
    g_free(partition->table);
    json_decref(partition->table_json);
    g_strfreev(partition->values);
    json_decref(partition->partition);
    g_free(partition->path);
    *partition = (TgAthenaPartition){NULL};
}

/* The table must be there, and partitioned. */
static gboolean require_table(TgCatalog *catalog, TgAthenaPartition *out, GError **error)
{
    out->table_json = tg_catalog_get_table(catalog, out->database, out->table, error);
    if (out->table_json == NULL) {
        return FALSE;
    }
    if (json_array_size(tg_table_partition_keys(out->table_json)) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "table %s.%s is not partitioned.",
                    out->database, out->table);
        return FALSE;
    }
    return TRUE;
}

gboolean tg_athena_partition_find(const TgTurn *turn, const char *op, const TgAthenaPlace *place,
                                  TgAthenaPartition *out, GError **error)
{
    GError *problem = NULL;

    if (!tg_operator_athena_required(turn, op, "database", &out->database, error) ||
        !tg_operator_athena_required(turn, op, "table", &out->table, error)) {
        return FALSE;
    }
    g_autoptr(json_t) key_values = tg_params_parse_map(turn->params, "partition_kv", error);

    if (key_values == NULL || !require_table(place->catalog, out, error)) {
        return FALSE;
    }
    out->values = tg_table_partition_values(out->table_json, key_values, error);
    if (out->values == NULL) {
        return FALSE;
    }
    out->path = tg_table_partition_path(out->table_json, (TgPartitionValues)out->values);
    json_t *found = tg_catalog_get_partition(place->catalog, out->database, out->table,
                                             (TgPartitionValues)out->values, &problem);

    return take_found(found, problem, &out->partition, error);
}

void tg_athena_store_exists(TgTurn *turn, const char *what, gboolean exists,
                            const gboolean *location_exists)
{
    g_autofree char *last = g_strdup_printf("last_%s_exists", what);
    g_autofree char *path = g_strconcat("athena.", last, NULL);
    g_autofree char *key = g_strconcat(what, "_exists", NULL);
    json_t *told = json_pack("{s:b}", key, exists);

    if (location_exists != NULL) {
        json_object_set_new(told, "location_exists", json_boolean(*location_exists));
    }
    turn->receipt = json_deep_copy(told);
    turn->store = json_pack("{s:{s:o}}", "athena", last, told);
    turn->reset_store = json_pack("[s]", path);
}

/* "s3://b/p/": a prefix of its own, not of what begins with the same letters. NULL: none. */
static char *prefix_of(const json_t *located)
{
    const char *location = tg_table_location(located);

    return location == NULL || g_str_has_suffix(location, "/") ? g_strdup(location)
                                                               : g_strconcat(location, "/", NULL);
}

gboolean tg_athena_has_objects(const TgAthenaPlace *place, const json_t *located, gboolean *out,
                               GError **error)
{
    g_autofree char *prefix = prefix_of(located);
    g_autoptr(GPtrArray) objects =
        prefix == NULL ? g_ptr_array_new() : tg_object_list(place->objects, prefix, error);

    *out = objects != NULL && objects->len > 0;
    return objects != NULL;
}

gboolean tg_athena_remove_objects(const TgAthenaPlace *place, const json_t *located, gint64 *bytes,
                                  GError **error)
{
    g_autofree char *prefix = prefix_of(located);
    gint64 removed = 0;

    if (prefix == NULL) {
        return TRUE;
    }
    gboolean ok = tg_object_remove_prefix(place->objects, prefix, NULL, &removed, error);

    *bytes += removed;
    return ok;
}

static gboolean remove_all(const TgAthenaPlace *place, const json_t *located, gint64 *bytes,
                           GError **error)
{
    json_t *one = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)located, i, one) {
        if (!tg_athena_remove_objects(place, one, bytes, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean tg_athena_table_drop(const TgAthenaPlace *place, const json_t *table,
                              gboolean with_location, gint64 *bytes, GError **error)
{
    const char *database = tg_table_database(table);
    const char *name = tg_table_name(table);
    g_autoptr(json_t) located = tg_catalog_list_partitions(place->catalog, database, name, error);

    if (located == NULL) {
        return FALSE;
    }
    json_array_append(located, (json_t *)table);
    return tg_catalog_drop_table(place->catalog, database, name, error) &&
           (!with_location || remove_all(place, located, bytes, error));
}

/* Glue: partitions. */
#include <string.h>

#include "catalog/table.h"
#include "endpoint/endpoint_internal.h"
#include "endpoint/glue_internal.h"
#include "endpoint/partition_filter.h"

#define PAGE_MAX 1000
#define BATCH_MAX 1000 /* Glue takes 100 to create and 25 to delete; here more do no harm */

/* A list of texts as C has it; NULL with CONFIG. Unref it; texts are lent. */
static GPtrArray *values_of(const json_t *list, GError **error)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new();

    for (gsize i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));

        if (text == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "a partition's value is no text");
            return NULL;
        }
        g_ptr_array_add(values, (gpointer)text);
    }
    if (values->len == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "the values of the partition are missing");
        return NULL;
    }
    g_ptr_array_add(values, NULL);
    return g_steal_pointer(&values);
}

static gboolean fits_table(const json_t *table, const json_t *values, GError **error)
{
    if (json_array_size(values) != json_array_size(tg_table_partition_keys(table))) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "The number of partition keys do not match the number of partition values");
        return FALSE;
    }
    return TRUE;
}

/* A partition, or NOT_FOUND in Glue's words. A new reference. */
static json_t *find(TgActionCall *call, const json_t *table, const json_t *list, GError **error)
{
    g_autoptr(GPtrArray) values = fits_table(table, list, error) ? values_of(list, error) : NULL;
    g_autoptr(GError) problem = NULL;
    json_t *partition =
        values == NULL ? NULL
                       : tg_catalog_get_partition(call->endpoint->catalog, tg_table_database(table),
                                                  tg_table_name(table),
                                                  (TgPartitionValues)values->pdata, &problem);

    if (problem != NULL && problem->code == TG_ERROR_NOT_FOUND) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "Cannot find partition.");
    } else if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
    }
    return partition;
}

static json_t *shown(json_t *take_partition)
{
    json_object_set_new(take_partition, "CatalogId", json_string(TG_ENDPOINT_ACCOUNT));
    return take_partition;
}

static json_t *get_partition(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    json_t *partition =
        table == NULL ? NULL
                      : find(call, table, json_object_get(call->input, "PartitionValues"), error);

    return partition == NULL ? NULL : json_pack("{s:o}", "Partition", shown(partition));
}

/* Whether a partition belongs to the segment that is asked for. */
static gboolean in_segment(const TgActionCall *call, gsize index)
{
    const json_t *segment = json_object_get(call->input, "Segment");
    json_int_t number = json_integer_value(json_object_get(segment, "SegmentNumber"));
    json_int_t total = json_integer_value(json_object_get(segment, "TotalSegments"));

    return total <= 1 || (json_int_t)index % total == number;
}

/* Those of a segment that fit a filter. */
static json_t *choose(const TgActionCall *call, const json_t *all, const TgPartitionFilter *filter)
{
    gboolean is_bare = json_is_true(json_object_get(call->input, "ExcludeColumnSchema"));
    json_t *chosen = json_array();
    json_t *partition = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)all, i, partition) {
        const json_t *values = json_object_get(partition, "Values");

        if (!in_segment(call, i) ||
            (filter != NULL && !tg_partition_filter_matches(filter, values))) {
            continue;
        }
        if (is_bare) {
            json_object_del(json_object_get(partition, "StorageDescriptor"), "Columns");
        }
        json_array_append(chosen, shown(partition));
    }
    return chosen;
}

static json_t *get_partitions(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    const char *expression = tg_action_text_or(call, "Expression", NULL);
    g_autoptr(TgPartitionFilter) filter = NULL;
    g_autoptr(json_t) all = NULL;

    if (table == NULL) {
        return NULL;
    }
    if (expression != NULL) {
        filter = tg_partition_filter_parse(expression, tg_table_partition_keys(table), error);
        if (filter == NULL) {
            return NULL;
        }
    }
    all = tg_catalog_list_partitions(call->endpoint->catalog, tg_table_database(table),
                                     tg_table_name(table), error);
    return all == NULL ? NULL
                       : tg_action_page(call, "Partitions", choose(call, all, filter), PAGE_MAX);
}

static json_t *batch_get_partition(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    const json_t *list =
        table == NULL ? NULL : tg_endpoint_glue_batch(call, "PartitionsToGet", BATCH_MAX, error);
    json_t *found = list == NULL ? NULL : json_array();

    /* Those that are not there are not told, as in Glue. */
    for (gsize i = 0; i < json_array_size(list); i++) {
        json_t *values = json_object_get(json_array_get(list, i), "Values");
        json_t *partition = find(call, table, values, NULL);

        if (partition != NULL) {
            json_array_append_new(found, shown(partition));
        }
    }
    return found == NULL ? NULL : json_pack("{s:o, s:[]}", "Partitions", found, "UnprocessedKeys");
}

/* ---- changing ------------------------------------------------------------------------------- */

/* A PartitionInput with a location: Glue allows none, and readers then look below the table. */
static json_t *full_input(const json_t *table, const json_t *input, GError **error)
{
    const json_t *list = json_object_get(input, "Values");
    g_autoptr(GPtrArray) values = fits_table(table, list, error) ? values_of(list, error) : NULL;
    json_t *full = values == NULL ? NULL : json_deep_copy(input);
    const char *base = tg_table_location(table);

    if (full == NULL || tg_table_location(full) != NULL) {
        return full;
    }
    g_autofree char *path = tg_table_partition_path(table, (TgPartitionValues)values->pdata);
    g_autofree char *location =
        g_strconcat(base == NULL ? "s3://none/" : base,
                    base == NULL || g_str_has_suffix(base, "/") ? "" : "/", path, NULL);
    json_t *storage = json_object_get(full, "StorageDescriptor");

    if (!json_is_object(storage)) {
        storage = json_object();
        json_object_set_new(full, "StorageDescriptor", storage);
    }
    json_object_set_new(storage, "Location", json_string(location));
    return full;
}

static gboolean create_one(TgActionCall *call, const json_t *table, const json_t *input,
                           GError **error)
{
    json_t *full = full_input(table, input, error);
    g_autoptr(json_t) inputs = full == NULL ? NULL : json_pack("[o]", full);
    g_autoptr(GError) problem = NULL;

    if (full == NULL) {
        return FALSE;
    }
    if (!tg_catalog_create_partitions(call->endpoint->catalog, tg_table_database(table),
                                      tg_table_name(table), inputs, FALSE, &problem)) {
        if (problem->code == TG_ERROR_CONFLICT) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT, "Partition already exists.");
        } else {
            g_propagate_error(error, g_steal_pointer(&problem));
        }
        return FALSE;
    }
    return TRUE;
}

static gboolean delete_one(TgActionCall *call, const json_t *table, const json_t *list,
                           GError **error)
{
    g_autoptr(json_t) there = find(call, table, list, error);
    g_autoptr(GPtrArray) values = there == NULL ? NULL : values_of(list, error);

    return values != NULL &&
           tg_catalog_drop_partition(call->endpoint->catalog, tg_table_database(table),
                                     tg_table_name(table), (TgPartitionValues)values->pdata, error);
}

/* Replaces the partition of these values; the input may give it others. */
static gboolean update_one(TgActionCall *call, const json_t *table, const json_t *list,
                           const json_t *input, GError **error)
{
    g_autoptr(json_t) there = find(call, table, list, error);
    g_autoptr(json_t) named = json_deep_copy(input);
    g_autoptr(json_t) full = NULL;

    if (there == NULL) {
        return FALSE;
    }
    if (json_array_size(json_object_get(named, "Values")) == 0) {
        json_object_set(named, "Values", (json_t *)list);
    }
    if (!json_equal(json_object_get(named, "Values"), list)) {
        return create_one(call, table, named, error) && delete_one(call, table, list, error);
    }
    full = full_input(table, named, error);
    json_object_set(full, "CreationTime", json_object_get(there, "CreationTime"));
    return full != NULL &&
           tg_catalog_update_partition(call->endpoint->catalog, tg_table_database(table),
                                       tg_table_name(table), full, error);
}

static json_t *create_partition(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);

    return table != NULL &&
                   create_one(call, table, json_object_get(call->input, "PartitionInput"), error)
               ? json_object()
               : NULL;
}

static json_t *update_partition(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);

    return table != NULL &&
                   update_one(call, table, json_object_get(call->input, "PartitionValueList"),
                              json_object_get(call->input, "PartitionInput"), error)
               ? json_object()
               : NULL;
}

static json_t *delete_partition(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);

    return table != NULL &&
                   delete_one(call, table, json_object_get(call->input, "PartitionValues"), error)
               ? json_object()
               : NULL;
}

/* ---- batches --------------------------------------------------------------------------------- */

static void add_failure(json_t *errors, const char *key, json_t *values, const GError *problem)
{
    json_array_append_new(errors,
                          json_pack("{s:O, s:o}", key, values == NULL ? json_null() : values,
                                    "ErrorDetail", tg_endpoint_glue_error_detail(problem)));
}

/* All in one transaction; TRUE when that went. */
static gboolean create_all(TgActionCall *call, const json_t *table, const json_t *list)
{
    g_autoptr(json_t) inputs = json_array();

    for (gsize i = 0; i < json_array_size(list); i++) {
        json_t *full = full_input(table, json_array_get(list, i), NULL);

        if (full == NULL) {
            return FALSE;
        }
        json_array_append_new(inputs, full);
    }
    return tg_catalog_create_partitions(call->endpoint->catalog, tg_table_database(table),
                                        tg_table_name(table), inputs, FALSE, NULL);
}

/* One by one, with what cannot be made. */
static void create_each(TgActionCall *call, const json_t *table, const json_t *list, json_t *errors)
{
    for (gsize i = 0; i < json_array_size(list); i++) {
        const json_t *input = json_array_get(list, i);
        g_autoptr(GError) problem = NULL;

        if (!create_one(call, table, input, &problem)) {
            add_failure(errors, "PartitionValues", json_object_get(input, "Values"), problem);
        }
    }
}

static json_t *batch_create_partition(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    const json_t *list =
        table == NULL ? NULL : tg_endpoint_glue_batch(call, "PartitionInputList", BATCH_MAX, error);
    json_t *errors = list == NULL ? NULL : json_array();

    if (errors == NULL) {
        return NULL;
    }
    if (!create_all(call, table, list)) {
        create_each(call, table, list, errors);
    }
    return json_pack("{s:o}", "Errors", errors);
}

static json_t *batch_delete_partition(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    const json_t *list =
        table == NULL ? NULL : tg_endpoint_glue_batch(call, "PartitionsToDelete", BATCH_MAX, error);
    json_t *errors = list == NULL ? NULL : json_array();

    for (gsize i = 0; i < json_array_size(list); i++) {
        json_t *values = json_object_get(json_array_get(list, i), "Values");
        g_autoptr(GError) problem = NULL;

        if (!delete_one(call, table, values, &problem)) {
            add_failure(errors, "PartitionValues", values, problem);
        }
    }
    return errors == NULL ? NULL : json_pack("{s:o}", "Errors", errors);
}

static json_t *batch_update_partition(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    const json_t *list =
        table == NULL ? NULL : tg_endpoint_glue_batch(call, "Entries", BATCH_MAX, error);
    json_t *errors = list == NULL ? NULL : json_array();

    for (gsize i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        json_t *values = json_object_get(entry, "PartitionValueList");
        g_autoptr(GError) problem = NULL;

        if (!update_one(call, table, values, json_object_get(entry, "PartitionInput"), &problem)) {
            add_failure(errors, "PartitionValueList", values, problem);
        }
    }
    return errors == NULL ? NULL : json_pack("{s:o}", "Errors", errors);
}

const TgAction tg_endpoint_glue_partition_actions[] = {
    {"GetPartition", get_partition},
    {"GetPartitions", get_partitions},
    {"BatchGetPartition", batch_get_partition},
    {"CreatePartition", create_partition},
    {"UpdatePartition", update_partition},
    {"DeletePartition", delete_partition},
    {"BatchCreatePartition", batch_create_partition},
    {"BatchDeletePartition", batch_delete_partition},
    {"BatchUpdatePartition", batch_update_partition},
    {NULL, NULL},
};

/* Glue: column statistics and partition indexes, kept as they were given. */
#include "catalog/table.h"
#include "endpoint/endpoint_internal.h"
#include "endpoint/glue_internal.h"

#define COLUMNS_MAX 1000

char *tg_endpoint_glue_scope(const json_t *table)
{
    return g_strdup_printf("%s.%s", tg_table_database(table), tg_table_name(table));
}

/* The name below which a column's statistics are kept: of a partition, its values come first. */
static char *kept_name(const TgActionCall *call, const char *column)
{
    const json_t *values = json_object_get(call->input, "PartitionValues");
    g_autofree char *text = values == NULL ? g_strdup("") : tg_params_to_json(values);

    return g_strconcat(text, "/", column, NULL);
}

static json_t *update_statistics(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    g_autofree char *scope = table == NULL ? NULL : tg_endpoint_glue_scope(table);
    const json_t *list =
        table == NULL ? NULL
                      : tg_endpoint_glue_batch(call, "ColumnStatisticsList", COLUMNS_MAX, error);

    for (gsize i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *column = json_string_value(json_object_get(one, "ColumnName"));
        g_autofree char *name = column == NULL ? NULL : kept_name(call, column);

        if (name != NULL &&
            !tg_kept_put(call->endpoint->kept, TG_GLUE_STATISTICS, scope, name, one, error)) {
            return NULL;
        }
    }
    return list == NULL ? NULL : json_pack("{s:[]}", "Errors");
}

static json_t *get_statistics(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    g_autofree char *scope = table == NULL ? NULL : tg_endpoint_glue_scope(table);
    const json_t *names =
        table == NULL ? NULL : tg_endpoint_glue_batch(call, "ColumnNames", COLUMNS_MAX, error);
    json_t *found = json_array();
    json_t *errors = json_array();

    for (gsize i = 0; i < json_array_size(names); i++) {
        const char *column = json_string_value(json_array_get(names, i));
        g_autofree char *name = column == NULL ? NULL : kept_name(call, column);
        json_t *one = NULL;

        if (name != NULL &&
            tg_kept_get(call->endpoint->kept, TG_GLUE_STATISTICS, scope, name, &one, NULL) &&
            one != NULL) {
            json_array_append_new(found, one);
        } else if (column != NULL) {
            json_array_append_new(errors,
                                  json_pack("{s:s, s:{s:s, s:s}}", "ColumnName", column, "Error",
                                            "ErrorCode", "EntityNotFoundException", "ErrorMessage",
                                            "The column has no statistics"));
        }
    }
    if (names == NULL) {
        json_decref(found);
        json_decref(errors);
        return NULL;
    }
    return json_pack("{s:o, s:o}", "ColumnStatisticsList", found, "Errors", errors);
}

static json_t *delete_statistics(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    g_autofree char *scope = table == NULL ? NULL : tg_endpoint_glue_scope(table);
    const char *column = table == NULL ? NULL : tg_action_text(call, "ColumnName", error);
    g_autofree char *name = column == NULL ? NULL : kept_name(call, column);

    return name != NULL && tg_kept_remove(call->endpoint->kept, TG_GLUE_STATISTICS, scope, name,
                                          NULL, error)
               ? json_object()
               : NULL;
}

/* ---- indexes --------------------------------------------------------------------------------- */

static json_t *get_indexes(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    g_autofree char *scope = table == NULL ? NULL : tg_endpoint_glue_scope(table);
    json_t *list =
        scope == NULL ? NULL : tg_kept_list(call->endpoint->kept, TG_GLUE_INDEXES, scope, error);

    return list == NULL ? NULL : json_pack("{s:o}", "PartitionIndexDescriptorList", list);
}

/* The keys of an index with their types; NULL with CONFIG for one that the table lacks. */
static json_t *index_keys(const json_t *table, const json_t *names, GError **error)
{
    json_t *keys = json_array();

    for (gsize i = 0; i < json_array_size(names); i++) {
        json_t *found = NULL;
        json_t *key = NULL;
        gsize j = 0;

        json_array_foreach ((json_t *)tg_table_partition_keys(table), j, key) {
            found =
                json_equal(json_object_get(key, "Name"), json_array_get(names, i)) ? key : found;
        }
        if (found == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "an index is made of partition keys");
            json_decref(keys);
            return NULL;
        }
        json_array_append(keys, found);
    }
    return keys;
}

static json_t *create_index(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    g_autofree char *scope = table == NULL ? NULL : tg_endpoint_glue_scope(table);
    const json_t *given = json_object_get(call->input, "PartitionIndex");
    const char *name = json_string_value(json_object_get(given, "IndexName"));
    json_t *keys = table == NULL ? NULL : index_keys(table, json_object_get(given, "Keys"), error);
    g_autoptr(json_t) index = keys == NULL || name == NULL
                                  ? NULL
                                  : json_pack("{s:s, s:O, s:s}", "IndexName", name, "Keys", keys,
                                              "IndexStatus", "ACTIVE");

    if (keys != NULL && name == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'IndexName' is missing");
    }
    json_decref(keys);
    return index != NULL &&
                   tg_kept_put(call->endpoint->kept, TG_GLUE_INDEXES, scope, name, index, error)
               ? json_object()
               : NULL;
}

static json_t *delete_index(TgActionCall *call, GError **error)
{
    g_autoptr(json_t) table = tg_endpoint_glue_table_of(call, "TableName", error);
    g_autofree char *scope = table == NULL ? NULL : tg_endpoint_glue_scope(table);
    const char *name = table == NULL ? NULL : tg_action_text(call, "IndexName", error);
    gboolean found = FALSE;

    if (name == NULL ||
        !tg_kept_remove(call->endpoint->kept, TG_GLUE_INDEXES, scope, name, &found, error)) {
        return NULL;
    }
    if (!found) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "Index %s not found.", name);
        return NULL;
    }
    return json_object();
}

const TgAction tg_endpoint_glue_statistics_actions[] = {
    {"UpdateColumnStatisticsForTable", update_statistics},
    {"UpdateColumnStatisticsForPartition", update_statistics},
    {"GetColumnStatisticsForTable", get_statistics},
    {"GetColumnStatisticsForPartition", get_statistics},
    {"DeleteColumnStatisticsForTable", delete_statistics},
    {"DeleteColumnStatisticsForPartition", delete_statistics},
    {"GetPartitionIndexes", get_indexes},
    {"CreatePartitionIndex", create_index},
    {"DeletePartitionIndex", delete_index},
    {NULL, NULL},
};

/* Glue's partitions: pages, batches, single ones. */
#include "aws/glue.h"
#include "aws/glue_internal.h"
#include "params/params.h"

#define GET_PER_CALL 1000
#define CREATE_PER_CALL 100
#define DELETE_PER_CALL 25
#define IDLE_ROUNDS_MAX 10 /* answers in a row that leave all of it undone */

static json_t *request_of(const TgGlue *glue, const char *database, const char *table)
{
    return tg_glue_request(glue, database, "TableName", table);
}

json_t *tg_glue_get_partition(TgGlue *glue, const char *database, const char *table,
                              const json_t *values, GError **error)
{
    json_t *request = request_of(glue, database, table);

    json_object_set(request, "PartitionValues", (json_t *)values);
    return tg_glue_ask(glue, "GetPartition", request, "Partition", error);
}

static json_t *request_of_list(const TgGlue *glue, const TgGluePartitions *which)
{
    json_t *request = request_of(glue, which->database, which->table);

    if (which->expression != NULL) {
        json_object_set_new(request, "Expression", json_string(which->expression));
    }
    if (which->segments > 0) {
        json_object_set_new(request, "Segment",
                            json_pack("{s:i, s:i}", "SegmentNumber", (int)which->segment,
                                      "TotalSegments", (int)which->segments));
    }
    if (which->excludes_columns) {
        json_object_set_new(request, "ExcludeColumnSchema", json_true());
    }
    return request;
}

gboolean tg_glue_each_partitions(TgGlue *glue, const TgGluePartitions *which, TgAwsTakePage take,
                                 gpointer data, GError **error)
{
    g_autoptr(json_t) request = request_of_list(glue, which);
    TgAwsCall call = {.action = "GetPartitions", .request = request};

    if (!tg_aws_client_each_page(glue->client, &call, "Partitions", take, data, error)) {
        tg_glue_prefix_error(request, error);
        return FALSE;
    }
    return TRUE;
}

json_t *tg_glue_list_partitions(TgGlue *glue, const TgGluePartitions *which, GError **error)
{
    g_autoptr(json_t) request = request_of_list(glue, which);
    TgAwsCall call = {.action = "GetPartitions", .request = request};
    json_t *partitions =
        tg_aws_client_list(glue->client, &call, "Partitions", TG_GLUE_ITEMS_MAX, error);

    if (partitions == NULL) {
        tg_glue_prefix_error(request, error);
    }
    return partitions;
}

/* [["a"], …] as [{"Values": ["a"]}, …]; a new reference. */
static json_t *wrap_values(const json_t *values_list, gsize from, gsize count)
{
    json_t *wrapped = json_array();

    for (gsize i = from; i < json_array_size(values_list) && i - from < count; i++) {
        json_array_append_new(wrapped,
                              json_pack("{s:O}", "Values", json_array_get(values_list, i)));
    }
    return wrapped;
}

/* One slice, asked for until nothing of it is undone. Adds what is there. */
static gboolean get_slice(TgGlue *glue, json_t *request, json_t *into, GError **error)
{
    gsize idle = 0;

    while (json_array_size(json_object_get(request, "PartitionsToGet")) > 0) {
        gsize before = json_array_size(json_object_get(request, "PartitionsToGet"));
        g_autoptr(json_t) answer =
            tg_glue_ask(glue, "BatchGetPartition", json_incref(request), NULL, error);
        json_t *undone = json_object_get(answer, "UnprocessedKeys");

        if (answer == NULL) {
            return FALSE;
        }
        json_array_extend(into, json_object_get(answer, "Partitions")); /* it may not be there */
        idle = json_array_size(undone) < before ? 0 : idle + 1;
        if (idle == IDLE_ROUNDS_MAX || json_array_size(undone) > before) {
            g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                        "Glue BatchGetPartition: %" G_GSIZE_FORMAT
                        " partitions stay undone; try again later",
                        json_array_size(undone));
            tg_glue_prefix_error(request, error);
            return FALSE;
        }
        json_object_set_new(request, "PartitionsToGet",
                            undone == NULL ? json_array() : json_incref(undone));
    }
    return TRUE;
}

json_t *tg_glue_get_partitions(TgGlue *glue, const char *database, const char *table,
                               const json_t *values_list, GError **error)
{
    g_autoptr(json_t) found = json_array();

    for (gsize from = 0; from < json_array_size(values_list); from += GET_PER_CALL) {
        g_autoptr(json_t) request = request_of(glue, database, table);

        json_object_set_new(request, "PartitionsToGet",
                            wrap_values(values_list, from, GET_PER_CALL));
        if (!get_slice(glue, request, found, error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&found);
}

gboolean tg_glue_create_partitions(TgGlue *glue, const char *database, const char *table,
                                   const json_t *inputs, json_t **out_errors, GError **error)
{
    static const TgGlueBatch batch = {"BatchCreatePartition", "PartitionInputList",
                                      CREATE_PER_CALL};

    return tg_glue_send_batches(glue, &batch, request_of(glue, database, table), inputs, out_errors,
                                error);
}

gboolean tg_glue_update_partitions(TgGlue *glue, const char *database, const char *table,
                                   const json_t *entries, json_t **out_errors, GError **error)
{
    static const TgGlueBatch batch = {"BatchUpdatePartition", "Entries", CREATE_PER_CALL};

    return tg_glue_send_batches(glue, &batch, request_of(glue, database, table), entries,
                                out_errors, error);
}

gboolean tg_glue_delete_partitions(TgGlue *glue, const char *database, const char *table,
                                   const json_t *values_list, json_t **out_errors, GError **error)
{
    static const TgGlueBatch batch = {"BatchDeletePartition", "PartitionsToDelete",
                                      DELETE_PER_CALL};
    g_autoptr(json_t) wrapped = wrap_values(values_list, 0, json_array_size(values_list));

    return tg_glue_send_batches(glue, &batch, request_of(glue, database, table), wrapped,
                                out_errors, error);
}

gboolean tg_glue_update_partition(TgGlue *glue, const char *database, const char *table,
                                  const json_t *values, const json_t *input, GError **error)
{
    json_t *request = request_of(glue, database, table);

    json_object_set(request, "PartitionValueList", (json_t *)values);
    json_object_set(request, "PartitionInput", (json_t *)input);
    return tg_glue_do(glue, "UpdatePartition", request, error);
}

gboolean tg_glue_delete_partition(TgGlue *glue, const char *database, const char *table,
                                  const json_t *values, GError **error)
{
    json_t *request = request_of(glue, database, table);

    json_object_set(request, "PartitionValues", (json_t *)values);
    return tg_glue_do(glue, "DeletePartition", request, error);
}

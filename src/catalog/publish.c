/* Staging and the switch. */
#include "catalog/publish.h"

#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "catalog/publish_internal.h"
#include "catalog/table.h"
#include "params/params.h"

#define BESIDE ".tegaru/"

/* Where a table lies by name: what stands before ".tegaru/<id>/" in a published location. */
static char *base_location(const char *location)
{
    const char *beside = strstr(location, BESIDE);
    gsize size = beside == NULL ? strlen(location) : (gsize)(beside - location);

    while (size > 0 && location[size - 1] == '/') {
        size--;
    }
    return g_strndup(location, size);
}

/* The folder of all publishes of the table. */
static char *choose_root(const TgPublish *publish, const TgPublishTarget *target)
{
    const char *present = publish->before == NULL ? NULL : tg_table_location(publish->before);
    g_autofree char *by_name = g_strdup_printf("s3://%s/%s", publish->database, publish->table);
    g_autofree char *base = base_location(target->location != NULL ? target->location
                                          : present != NULL        ? present
                                                                   : by_name);

    gboolean is_root = strchr(base + strlen("s3://"), '/') == NULL; /* beside it is no bucket */

    return g_strconcat(base, is_root ? "/" : "", is_root ? publish->table : "", BESIDE, NULL);
}

/* Sorts by time. */
static char *new_id(gint64 now_ms)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(now_ms / 1000);
    g_autofree char *time = g_date_time_format(at, "%Y%m%dt%H%M%S");
    g_autofree char *random = tg_random_id(8);

    return g_strdup_printf("%s-%s", time, random);
}

/* A bucket named like the database is there in a local store alone. */
static gboolean check_location(const TgPublish *publish, const TgPublishTarget *target,
                               GError **error)
{
    if (publish->class == &tg_publish_local || target->location != NULL ||
        (publish->before != NULL && tg_table_location(publish->before) != NULL)) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "table %s.%s is new: say where its objects go by 'location: s3://BUCKET/PREFIX/'",
                publish->database, publish->table);
    return FALSE;
}

TgPublish *tg_publish_begin(TgCatalog *catalog, TgObjectStore *objects,
                            const TgPublishTarget *target, GError **error)
{
    g_autoptr(TgPublish) publish = g_new0(TgPublish, 1);
    g_auto(TgObjectUrl) url = {NULL, NULL};

    publish->class = tg_catalog_glue(catalog) == NULL ? &tg_publish_local : &tg_publish_glue;
    publish->catalog = catalog;
    publish->objects = objects;
    publish->database = tg_catalog_fold_name(target->database);
    publish->table = tg_catalog_fold_name(target->table);
    publish->task_name = g_strdup(target->task_name);
    publish->id = target->id != NULL ? g_strdup(target->id) : new_id(target->now_ms);
    publish->now_ms = target->now_ms;
    publish->lock_fd = -1;
    publish->base_partition =
        target->base == NULL ? NULL : json_loads(target->base, JSON_DECODE_ANY, NULL);
    if (!tg_catalog_ensure_database(catalog, publish->database, error) ||
        !publish->class->find(publish, error) || !check_location(publish, target, error)) {
        return NULL;
    }
    publish->root = choose_root(publish, target);
    publish->prefix = g_strconcat(publish->root, publish->id, "/", NULL);
    if (!tg_object_url_parse(publish->prefix, &url, error) ||
        !publish->class->begin(publish, target, error)) {
        return NULL;
    }
    publish->is_known = TRUE;
    return g_steal_pointer(&publish);
}

/* Nothing of it was seen by anybody: objects first, so that a crash here leaves them to gc. */
static void withdraw(TgPublish *publish)
{
    g_autoptr(GError) problem = NULL;

    if (!tg_object_remove_prefix(publish->objects, publish->prefix, NULL, NULL, &problem)) {
        g_debug("publish %s: %s; gc removes the rest", publish->id, problem->message);
        return;
    }
    publish->class->forget(publish);
}

void tg_publish_leave(TgPublish *publish)
{
    publish->is_known = FALSE;
}

void tg_publish_free(TgPublish *publish)
{
    if (publish == NULL) {
        return;
    }
    if (publish->is_known && !publish->is_committed) {
        withdraw(publish);
    }
    publish->class->end(publish);
    json_decref(publish->before);
    json_decref(publish->base);
    json_decref(publish->base_partition);
    g_free(publish->id);
    g_free(publish->database);
    g_free(publish->table);
    g_free(publish->task_name);
    g_free(publish->root);
    g_free(publish->prefix);
    g_free(publish);
}

/* Where a table and its partitions lie: what a snapshot's rows depend on. A new reference. */
static json_t *places_of(const json_t *snapshot)
{
    json_t *places = json_object();
    json_t *partition = NULL;
    gsize i = 0;
    const json_t *table = json_object_get(snapshot, "table");

    if (table != NULL) {
        json_object_set_new(places, "", json_string(tg_table_location(table)));
    }
    json_array_foreach (json_object_get(snapshot, "partitions"), i, partition) {
        g_autofree char *values = tg_params_to_json(json_object_get(partition, "Values"));

        json_object_set_new(places, values, json_string(tg_table_location(partition)));
    }
    return places;
}

gboolean tg_publish_build_on_present(TgPublish *publish, GError **error)
{
    g_autoptr(json_t) snapshot = publish->class->snapshot(publish, NULL, error);

    if (snapshot == NULL) {
        return FALSE;
    }
    json_decref(publish->base);
    publish->base = places_of(snapshot);
    json_decref(publish->before);
    publish->before = json_incref(json_object_get(snapshot, "table"));
    return TRUE;
}

/* What tells one content of a partition from the next. */
static json_t *mark_of(const json_t *snapshot)
{
    const char *location = tg_table_location(json_object_get(snapshot, "partition"));

    return location == NULL ? json_null() : json_string(location);
}

gboolean tg_publish_build_on_partition(TgPublish *publish, TgPartitionValues values, GError **error)
{
    g_autoptr(json_t) snapshot = publish->class->snapshot(publish, values, error);

    if (snapshot == NULL) {
        return FALSE;
    }
    json_decref(publish->base_partition);
    publish->base_partition = mark_of(snapshot);
    return TRUE;
}

gboolean tg_publish_check_base(const TgPublish *publish, const json_t *snapshot, GError **error)
{
    g_autoptr(json_t) places = publish->base == NULL ? NULL : places_of(snapshot);

    if (places == NULL || json_equal(places, publish->base)) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                "table %s.%s was published to by somebody else in the meantime; nothing was "
                "published, run again",
                publish->database, publish->table);
    return FALSE;
}

gboolean tg_publish_check_partition(const TgPublish *publish, const json_t *snapshot,
                                    GError **error)
{
    g_autoptr(json_t) mark = mark_of(snapshot);

    if (publish->base_partition == NULL || json_equal(mark, publish->base_partition)) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                "the partition of %s.%s was published by somebody else in the meantime; nothing "
                "was published, run again",
                publish->database, publish->table);
    return FALSE;
}

char *tg_publish_base(const TgPublish *publish)
{
    return publish->base_partition == NULL ? NULL : tg_params_to_json(publish->base_partition);
}

const char *tg_publish_id(const TgPublish *publish)
{
    return publish->id;
}

const char *tg_publish_prefix(const TgPublish *publish)
{
    return publish->prefix;
}

GPtrArray *tg_publish_list(const TgPublish *publish, GError **error)
{
    return tg_object_list(publish->objects, publish->prefix, error);
}

gboolean tg_publish_check_unchanged(const TgPublish *publish, const json_t *present, GError **error)
{
    g_autoptr(GError) difference = NULL;

    if (publish->before == NULL || present == NULL) {
        return TRUE; /* made or dropped meanwhile: the newest publish wins */
    }
    if (json_equal(tg_table_partition_keys(publish->before), tg_table_partition_keys(present)) &&
        tg_table_compare_columns(publish->before, tg_table_columns(present), "the table now",
                                 &difference)) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                "table %s.%s was given other columns by somebody else in the meantime; nothing was "
                "published, run again",
                publish->database, publish->table);
    return FALSE;
}

json_t *tg_publish_table_here(const TgPublish *publish, const json_t *table, const json_t *receipt)
{
    json_t *body = json_deep_copy(table);
    json_t *storage = json_object_get(body, "StorageDescriptor");
    json_t *parameters = json_object_get(body, "Parameters");
    const json_t *rows = json_object_get(receipt, "rows");

    json_object_set_new(storage, "Location", json_string(publish->prefix));
    if (!json_is_object(parameters)) {
        parameters = json_object();
        json_object_set_new(body, "Parameters", parameters);
    }
    json_object_set_new(parameters, "tegaru.publish_id", json_string(publish->id));
    if (rows != NULL) {
        g_autofree char *text = g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(rows));

        json_object_set_new(parameters, "numRows", json_string(text));
    }
    return body;
}

char *tg_publish_partition_location(const TgPublish *publish, const json_t *table,
                                    const json_t *values, GError **error)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    json_t *value = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)values, i, value) {
        g_ptr_array_add(texts, (char *)json_string_value(value));
    }
    if (texts->len != json_array_size(tg_table_partition_keys(table))) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "a partition without all of its values");
        return NULL;
    }
    g_ptr_array_add(texts, NULL);
    g_autofree char *path = tg_table_partition_path(table, (TgPartitionValues)texts->pdata);

    return g_strconcat(publish->prefix, path, NULL);
}

json_t *tg_publish_partition_here(const TgPublish *publish, const json_t *table,
                                  TgPartitionValues values)
{
    g_autofree char *path = tg_table_partition_path(table, values);
    g_autofree char *location = g_strconcat(publish->prefix, path, NULL);
    json_t *input = json_pack("{s:[], s:{s:s}, s:{s:s}}", "Values", "StorageDescriptor", "Location",
                              location, "Parameters", "tegaru.publish_id", publish->id);

    for (guint i = 0; values[i] != NULL; i++) {
        json_array_append_new(json_object_get(input, "Values"), json_string(values[i]));
    }
    return input;
}

/* The receipt without the version, from what lies staged. */
static json_t *receipt_new(const TgPublish *publish, const TgPublishFacts *facts, GError **error)
{
    g_autoptr(GPtrArray) staged = tg_publish_list(publish, error);
    json_t *objects = staged == NULL ? NULL : json_array();
    json_int_t bytes = 0;

    if (objects == NULL) {
        return NULL;
    }
    for (guint i = 0; i < staged->len; i++) {
        const TgObjectInfo *info = staged->pdata[i];

        bytes += info->size_bytes;
        json_array_append_new(objects, json_pack("{s:s, s:I, s:s}", "url", info->url, "size",
                                                 (json_int_t)info->size_bytes, "etag", info->etag));
    }
    json_t *receipt = json_pack("{s:s, s:s, s:s, s:I}", "publish_id", publish->id, "database",
                                publish->database, "table", publish->table, "bytes", bytes);

    json_object_set_new(receipt, "objects", objects);
    if (facts->rows >= 0) {
        json_object_set_new(receipt, "rows", json_integer(facts->rows));
    }
    if (facts->query_id != NULL) {
        json_object_set_new(receipt, "query_id", json_string(facts->query_id));
    }
    if (facts->tests != NULL) {
        json_object_set(receipt, "tests", (json_t *)facts->tests);
    }
    return receipt;
}

json_t *tg_publish_commit_table(TgPublish *publish, const json_t *table, const json_t *partitions,
                                const TgPublishFacts *facts, GError **error)
{
    g_autoptr(json_t) receipt = receipt_new(publish, facts, error);

    if (receipt == NULL ||
        !publish->class->commit_table(publish, table, partitions, receipt, error)) {
        return NULL;
    }
    publish->is_committed = TRUE;
    return g_steal_pointer(&receipt);
}

json_t *tg_publish_commit_partition(TgPublish *publish, TgPartitionValues values,
                                    const TgPublishFacts *facts, GError **error)
{
    g_autoptr(json_t) receipt = receipt_new(publish, facts, error);

    if (receipt == NULL || !publish->class->commit_partition(publish, values, receipt, error)) {
        return NULL;
    }
    publish->is_committed = TRUE;
    return g_steal_pointer(&receipt);
}

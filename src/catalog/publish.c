/* Staging and the switch. */
#include "catalog/publish.h"

#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "catalog/publish_internal.h"
#include "catalog/table.h"
#include "params/params.h"

#define BESIDE ".tegaru/"

struct TgPublish {
    TgCatalog *catalog;
    TgObjectStore *objects;
    char *id;
    char *database;
    char *table;
    char *prefix;
    json_t *before; /* the table when the publish began; NULL: there was none */
    json_t *base;   /* where the table and its partitions lay that this builds on; NULL: none */
    gint64 now_ms;
    int lock_fd;
    gboolean is_known;     /* the catalog has its row */
    gboolean is_committed; /* its objects belong to the table */
};

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

static char *choose_prefix(const TgPublish *publish, const TgPublishTarget *target)
{
    const char *present = publish->before == NULL ? NULL : tg_table_location(publish->before);
    g_autofree char *by_name = g_strdup_printf("s3://%s/%s", publish->database, publish->table);
    g_autofree char *base = base_location(target->location != NULL ? target->location
                                          : present != NULL        ? present
                                                                   : by_name);

    gboolean is_root = strchr(base + strlen("s3://"), '/') == NULL; /* beside it is no bucket */

    return g_strconcat(base, is_root ? "/" : "", is_root ? publish->table : "", BESIDE, publish->id,
                       "/", NULL);
}

/* Sorts by time. */
static char *new_id(gint64 now_ms)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(now_ms / 1000);
    g_autofree char *time = g_date_time_format(at, "%Y%m%dt%H%M%S");
    g_autofree char *random = tg_random_id(8);

    return g_strdup_printf("%s-%s", time, random);
}

static gboolean find_before(TgPublish *publish, GError **error)
{
    g_mutex_lock(&tg_local_catalog(publish->catalog)->mutex);
    gboolean ok = tg_catalog_find_table(publish->catalog, publish->database, publish->table,
                                        &publish->before, error);

    g_mutex_unlock(&tg_local_catalog(publish->catalog)->mutex);
    return ok;
}

static gboolean record_begin(TgPublish *publish, const TgPublishTarget *target, GError **error)
{
    g_mutex_lock(&tg_local_catalog(publish->catalog)->mutex);
    gboolean ok =
        tg_sqlite_run(tg_local_catalog(publish->catalog)->database, error,
                      "INSERT INTO publishes (id, db, tbl, state, prefix, begun_at_ms, task)"
                      " VALUES (?, ?, ?, 'staging', ?, ?, ?)",
                      "ssssis", publish->id, publish->database, publish->table, publish->prefix,
                      target->now_ms, target->task_name);

    g_mutex_unlock(&tg_local_catalog(publish->catalog)->mutex);
    publish->is_known = ok;
    return ok;
}

TgPublish *tg_publish_begin(TgCatalog *catalog, TgObjectStore *objects,
                            const TgPublishTarget *target, GError **error)
{
    g_autoptr(TgPublish) publish = g_new0(TgPublish, 1);
    g_auto(TgObjectUrl) url = {NULL, NULL};

    publish->catalog = catalog;
    publish->objects = objects;
    publish->database = tg_catalog_fold_name(target->database);
    publish->table = tg_catalog_fold_name(target->table);
    publish->id = new_id(target->now_ms);
    publish->now_ms = target->now_ms;
    publish->lock_fd = -1;
    if (!tg_catalog_ensure_database(catalog, publish->database, error) ||
        !find_before(publish, error)) {
        return NULL;
    }
    publish->prefix = choose_prefix(publish, target);
    if (!tg_object_url_parse(publish->prefix, &url, error)) {
        return NULL;
    }
    publish->lock_fd = tg_publish_lock_take(catalog, publish->id, error);
    if (publish->lock_fd < 0 || !record_begin(publish, target, error)) {
        return NULL;
    }
    return g_steal_pointer(&publish);
}

/* Nothing of it was seen by anybody: objects first, so that a crash here leaves the row for gc. */
static void withdraw(TgPublish *publish)
{
    g_autoptr(GError) problem = NULL;

    if (!tg_object_remove_prefix(publish->objects, publish->prefix, NULL, NULL, &problem)) {
        g_debug("publish %s: %s; gc removes the rest", publish->id, problem->message);
        return;
    }
    g_mutex_lock(&tg_local_catalog(publish->catalog)->mutex);
    if (!tg_sqlite_run(tg_local_catalog(publish->catalog)->database, &problem,
                       "DELETE FROM publishes WHERE id = ?", "s", publish->id)) {
        g_debug("publish %s: %s; gc removes the row", publish->id, problem->message);
    }
    g_mutex_unlock(&tg_local_catalog(publish->catalog)->mutex);
}

void tg_publish_free(TgPublish *publish)
{
    if (publish == NULL) {
        return;
    }
    if (publish->is_known && !publish->is_committed) {
        withdraw(publish);
    }
    if (publish->lock_fd >= 0) {
        tg_publish_lock_remove(publish->catalog, publish->id);
        (void)close(publish->lock_fd);
    }
    json_decref(publish->before);
    json_decref(publish->base);
    g_free(publish->id);
    g_free(publish->database);
    g_free(publish->table);
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
    g_autoptr(json_t) snapshot = NULL;

    g_mutex_lock(&tg_local_catalog(publish->catalog)->mutex);
    snapshot =
        tg_publish_snapshot_table(publish->catalog, publish->database, publish->table, error);
    g_mutex_unlock(&tg_local_catalog(publish->catalog)->mutex);
    if (snapshot == NULL) {
        return FALSE;
    }
    json_decref(publish->base);
    publish->base = places_of(snapshot);
    json_decref(publish->before);
    publish->before = json_incref(json_object_get(snapshot, "table"));
    return TRUE;
}

/* Inside the transaction. */
static gboolean check_base(const TgPublish *publish, const json_t *snapshot, GError **error)
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

/* Inside the transaction: what is there now must still be what the publish was prepared for. */
static gboolean check_unchanged(const TgPublish *publish, const json_t *present, GError **error)
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

/* The rows of the switch in the history. */
static gboolean record_switch(const TgPublish *publish, const json_t *receipt,
                              const char *values_json, const json_t *before, const json_t *after,
                              GError **error)
{
    g_autofree char *receipt_text = tg_params_to_json(receipt);
    g_autofree char *before_text = tg_params_to_json(before);
    g_autofree char *after_text = tg_params_to_json(after);
    const json_t *rows = json_object_get(receipt, "rows");

    return tg_sqlite_run(tg_local_catalog(publish->catalog)->database, error,
                         "UPDATE publishes SET state = 'published', published_at_ms = ?, vals = ?,"
                         " version = ?, n_rows = ?, n_bytes = ?, receipt = ?, before = ?, after = ?"
                         " WHERE id = ?",
                         "isinissss", publish->now_ms, values_json,
                         (gint64)json_integer_value(json_object_get(receipt, "version")),
                         rows == NULL ? (gint64)-1 : (gint64)json_integer_value(rows),
                         (gint64)json_integer_value(json_object_get(receipt, "bytes")),
                         receipt_text, before_text, after_text, publish->id) &&
           tg_catalog_mark_superseded(publish->catalog, publish->database, publish->table,
                                      publish->now_ms, error);
}

/* The description with the location and the figures of this publish. */
static json_t *table_here(const TgPublish *publish, const json_t *table, const json_t *receipt)
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

/* Inside the transaction: all partitions become those given, each below the prefix. */
static gboolean replace_partitions(const TgPublish *publish, const json_t *table,
                                   const json_t *partitions, GError **error)
{
    json_t *input = NULL;
    gsize i = 0;

    if (!tg_catalog_remove_partitions(publish->catalog, publish->database, publish->table, NULL,
                                      error)) {
        return FALSE;
    }
    json_array_foreach ((json_t *)partitions, i, input) {
        g_autoptr(GPtrArray) values = g_ptr_array_new();
        g_autoptr(json_t) located = json_deep_copy(input);
        json_t *value = NULL;
        gsize j = 0;

        json_array_foreach (json_object_get(input, "Values"), j, value) {
            g_ptr_array_add(values, (char *)json_string_value(value));
        }
        if (values->len != json_array_size(tg_table_partition_keys(table))) {
            g_set_error(error, TG_ERROR, TG_ERROR_BUG, "a partition without all of its values");
            return FALSE;
        }
        g_ptr_array_add(values, NULL);
        g_autofree char *path = tg_table_partition_path(table, (TgPartitionValues)values->pdata);
        g_autofree char *location = g_strconcat(publish->prefix, path, NULL);

        json_object_set_new(located, "StorageDescriptor", json_pack("{s:s}", "Location", location));
        if (!tg_catalog_put_partition(publish->catalog, publish->database, publish->table, table,
                                      located, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Inside the transaction. */
static gboolean switch_table(TgPublish *publish, const json_t *table, const json_t *partitions,
                             json_t *receipt, GError **error)
{
    g_autoptr(json_t) before =
        tg_publish_snapshot_table(publish->catalog, publish->database, publish->table, error);
    g_autoptr(json_t) body = table_here(publish, table, receipt);
    g_autoptr(json_t) after = NULL;
    gint64 version = 0;

    if (before == NULL || !check_unchanged(publish, json_object_get(before, "table"), error) ||
        !check_base(publish, before, error) ||
        !tg_catalog_put_table(publish->catalog, publish->database, publish->table, body, &version,
                              error)) {
        return FALSE;
    }
    json_object_set_new(body, "DatabaseName", json_string(publish->database));
    json_object_set_new(body, "Name", json_string(publish->table));
    json_object_set_new(receipt, "version", json_integer(version));
    if (!replace_partitions(publish, body, partitions, error)) {
        return FALSE;
    }
    after = tg_publish_snapshot_table(publish->catalog, publish->database, publish->table, error);
    return after != NULL && record_switch(publish, receipt, NULL, before, after, error);
}

json_t *tg_publish_commit_table(TgPublish *publish, const json_t *table, const json_t *partitions,
                                const TgPublishFacts *facts, GError **error)
{
    g_autoptr(json_t) receipt = receipt_new(publish, facts, error);

    if (receipt == NULL || !tg_catalog_enter(publish->catalog, error)) {
        return NULL;
    }
    gboolean ok = switch_table(publish, table, partitions, receipt, error);

    if (!tg_catalog_leave(publish->catalog, ok, error)) {
        return NULL;
    }
    publish->is_committed = TRUE;
    return g_steal_pointer(&receipt);
}

/* Inside the transaction. */
static gboolean switch_partition(TgPublish *publish, TgPartitionValues values, json_t *receipt,
                                 GError **error)
{
    g_autofree char *key = tg_catalog_values_key(values);
    g_autoptr(json_t) present = NULL;
    g_autoptr(json_t) before = NULL;
    g_autoptr(json_t) after = NULL;

    if (!tg_catalog_find_table(publish->catalog, publish->database, publish->table, &present,
                               error)) {
        return FALSE;
    }
    if (present == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "table '%s.%s' does not exist (any more)",
                    publish->database, publish->table);
        return FALSE;
    }
    g_autofree char *path = tg_table_partition_path(present, values);
    g_autofree char *location = g_strconcat(publish->prefix, path, NULL);
    g_autoptr(json_t) input =
        json_pack("{s:[], s:{s:s}, s:{s:s}}", "Values", "StorageDescriptor", "Location", location,
                  "Parameters", "tegaru.publish_id", publish->id);

    for (guint i = 0; values[i] != NULL; i++) {
        json_array_append_new(json_object_get(input, "Values"), json_string(values[i]));
    }
    before = tg_publish_snapshot_partition(publish->catalog, publish->database, publish->table, key,
                                           error);
    if (before == NULL || !check_unchanged(publish, present, error) ||
        !tg_catalog_put_partition(publish->catalog, publish->database, publish->table, present,
                                  input, error)) {
        return FALSE;
    }
    json_object_set_new(receipt, "partition", json_string(path));
    json_object_set_new(receipt, "version", json_integer(tg_table_version(present)));
    after = tg_publish_snapshot_partition(publish->catalog, publish->database, publish->table, key,
                                          error);
    return after != NULL && record_switch(publish, receipt, key, before, after, error);
}

json_t *tg_publish_commit_partition(TgPublish *publish, TgPartitionValues values,
                                    const TgPublishFacts *facts, GError **error)
{
    g_autoptr(json_t) receipt = receipt_new(publish, facts, error);

    if (receipt == NULL || !tg_catalog_enter(publish->catalog, error)) {
        return NULL;
    }
    gboolean ok = switch_partition(publish, values, receipt, error);

    if (!tg_catalog_leave(publish->catalog, ok, error)) {
        return NULL;
    }
    publish->is_committed = TRUE;
    return g_steal_pointer(&receipt);
}

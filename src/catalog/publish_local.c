/* The switch in a local catalog: one transaction of SQLite. */
#include <unistd.h>

#include "catalog/local_catalog.h"
#include "catalog/publish_internal.h"
#include "catalog/table.h"
#include "params/params.h"

static gboolean local_find(TgPublish *publish, GError **error)
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
    return ok;
}

static gboolean local_begin(TgPublish *publish, const TgPublishTarget *target, GError **error)
{
    publish->lock_fd = tg_publish_lock_take(publish->catalog, publish->id, error);
    return publish->lock_fd >= 0 && record_begin(publish, target, error);
}

static void local_forget(TgPublish *publish)
{
    TgLocalCatalog *catalog = tg_local_catalog(publish->catalog);
    g_autoptr(GError) problem = NULL;

    g_mutex_lock(&catalog->mutex);
    if (!tg_sqlite_run(catalog->database, &problem, "DELETE FROM publishes WHERE id = ?", "s",
                       publish->id)) {
        g_debug("publish %s: %s; gc removes the row", publish->id, problem->message);
    }
    g_mutex_unlock(&catalog->mutex);
}

static void local_end(TgPublish *publish)
{
    if (publish->lock_fd >= 0) {
        tg_publish_lock_remove(publish->catalog, publish->id);
        (void)close(publish->lock_fd);
    }
}

static json_t *local_snapshot(TgPublish *publish, TgPartitionValues values, GError **error)
{
    TgLocalCatalog *catalog = tg_local_catalog(publish->catalog);
    g_autofree char *key = values == NULL ? NULL : tg_catalog_values_key(values);

    g_mutex_lock(&catalog->mutex);
    json_t *snapshot =
        key == NULL
            ? tg_publish_snapshot_table(publish->catalog, publish->database, publish->table, error)
            : tg_publish_snapshot_partition(publish->catalog, publish->database, publish->table,
                                            key, error);

    g_mutex_unlock(&catalog->mutex);
    return snapshot;
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
        g_autoptr(json_t) located = json_deep_copy(input);
        g_autofree char *location =
            tg_publish_partition_location(publish, table, json_object_get(input, "Values"), error);

        if (location == NULL) {
            return FALSE;
        }
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
    g_autoptr(json_t) body = tg_publish_table_here(publish, table, receipt);
    g_autoptr(json_t) after = NULL;
    gint64 version = 0;

    if (before == NULL ||
        !tg_publish_check_unchanged(publish, json_object_get(before, "table"), error) ||
        !tg_publish_check_base(publish, before, error) ||
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

static gboolean local_commit_table(TgPublish *publish, const json_t *table,
                                   const json_t *partitions, json_t *receipt, GError **error)
{
    return tg_catalog_enter(publish->catalog, error) &&
           tg_catalog_leave(publish->catalog,
                            switch_table(publish, table, partitions, receipt, error), error);
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
    g_autoptr(json_t) input = tg_publish_partition_here(publish, present, values);

    before = tg_publish_snapshot_partition(publish->catalog, publish->database, publish->table, key,
                                           error);
    if (before == NULL || !tg_publish_check_unchanged(publish, present, error) ||
        !tg_publish_check_partition(publish, before, error) ||
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

static gboolean local_commit_partition(TgPublish *publish, TgPartitionValues values,
                                       json_t *receipt, GError **error)
{
    return tg_catalog_enter(publish->catalog, error) &&
           tg_catalog_leave(publish->catalog, switch_partition(publish, values, receipt, error),
                            error);
}

const TgPublishClass tg_publish_local = {.find = local_find,
                                         .begin = local_begin,
                                         .forget = local_forget,
                                         .end = local_end,
                                         .snapshot = local_snapshot,
                                         .commit_table = local_commit_table,
                                         .commit_partition = local_commit_partition};

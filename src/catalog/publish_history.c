/* What was published, and going back to it. */
#include "base/random.h"
#include "catalog/publish_glue.h"
#include "catalog/table.h"
#include "params/params.h"

gboolean tg_catalog_mark_superseded(TgCatalog *catalog, const char *database, const char *table,
                                    gint64 now_ms, GError **error)
{
    /* char(1114111) sorts after every character of a location. */
    return tg_sqlite_run(tg_local_catalog(catalog)->database, error,
                         "UPDATE publishes SET superseded_at_ms = CASE WHEN"
                         " EXISTS (SELECT 1 FROM tables WHERE location >= prefix"
                         "         AND location < prefix || char(1114111)) OR"
                         " EXISTS (SELECT 1 FROM partitions WHERE location >= prefix"
                         "         AND location < prefix || char(1114111))"
                         " THEN NULL ELSE coalesce(superseded_at_ms, ?) END"
                         " WHERE db = ? AND tbl = ? AND state = 'published'",
                         "iss", now_ms, database, table);
}

json_t *tg_publish_snapshot_table(TgCatalog *catalog, const char *database, const char *table,
                                  GError **error)
{
    g_autoptr(json_t) body = NULL;
    g_autoptr(json_t) partitions = NULL;

    if (!tg_catalog_find_table(catalog, database, table, &body, error)) {
        return NULL;
    }
    if (body == NULL) {
        return json_null();
    }
    partitions = tg_catalog_all_partitions(catalog, database, table, error);
    return partitions == NULL ? NULL
                              : json_pack("{s:O, s:O}", "table", body, "partitions", partitions);
}

json_t *tg_publish_snapshot_partition(TgCatalog *catalog, const char *database, const char *table,
                                      const char *values_json, GError **error)
{
    g_autoptr(json_t) body = NULL;

    if (!tg_catalog_find_partition(catalog, database, table, values_json, &body, error)) {
        return NULL;
    }
    return body == NULL ? json_null() : json_pack("{s:O}", "partition", body);
}

static json_t *entry_of(const json_t *row)
{
    json_t *entry = json_object();
    const char *state = json_string_value(json_array_get(row, 8));
    gboolean is_current = json_is_null(json_array_get(row, 7)) && g_str_equal(state, "published");

    json_object_set(entry, "publish_id", json_array_get(row, 0));
    json_object_set(entry, "at_ms", json_array_get(row, 1));
    json_object_set(entry, "version", json_array_get(row, 2));
    json_object_set(entry, "partition", json_array_get(row, 3));
    json_object_set(entry, "rows", json_array_get(row, 4));
    json_object_set(entry, "bytes", json_array_get(row, 5));
    json_object_set(entry, "task", json_array_get(row, 6));
    json_object_set_new(entry, "state", json_string(state));
    json_object_set_new(entry, "is_current", json_boolean(is_current));
    json_object_set_new(entry, "can_roll_back",
                        json_boolean(!is_current && g_str_equal(state, "published")));
    return entry;
}

static json_t *local_history(TgCatalog *catalog, const char *database, const char *table,
                             GError **error)
{
    g_autofree char *db = tg_catalog_fold_name(database);
    g_autofree char *name = tg_catalog_fold_name(table);

    g_mutex_lock(&tg_local_catalog(catalog)->mutex);
    g_autoptr(json_t) rows = tg_sqlite_select(
        tg_local_catalog(catalog)->database, error,
        "SELECT id, published_at_ms, version, vals, n_rows, n_bytes, task, superseded_at_ms, state"
        " FROM publishes WHERE db = ? AND tbl = ? AND published_at_ms IS NOT NULL"
        " ORDER BY seq DESC",
        "ss", db, name);

    g_mutex_unlock(&tg_local_catalog(catalog)->mutex);
    json_t *entries = rows == NULL ? NULL : json_array();
    json_t *row = NULL;
    gsize i = 0;

    json_array_foreach (rows, i, row) {
        json_array_append_new(entries, entry_of(row));
    }
    return entries;
}

json_t *tg_publish_history(TgCatalog *catalog, TgObjectStore *objects, const char *database,
                           const char *table, GError **error)
{
    return tg_catalog_glue(catalog) != NULL
               ? tg_publish_glue_history(catalog, objects, database, table, error)
               : local_history(catalog, database, table, error);
}

/* A going back under way; inside the transaction. */
typedef struct {
    TgCatalog *catalog;
    const char *database;
    const char *table;
    const char *values_json; /* NULL: the whole table */
    gint64 now_ms;
} Rollback;

/* The snapshot to go back to: `after` of a named publish, or `before` of the one that is visible.
 */
static json_t *find_snapshot(const Rollback *back, const char *to_id, GError **error)
{
    static const char by_id[] = "SELECT after FROM publishes WHERE id = ? AND db = ? AND tbl = ?"
                                " AND vals IS ? AND state = 'published'";
    static const char by_location[] =
        "SELECT before FROM publishes WHERE substr(?, 1, length(prefix)) = prefix AND db = ?"
        " AND tbl = ? AND vals IS ? AND state = 'published'";
    g_autoptr(json_t) present = NULL;
    g_autoptr(json_t) rows = NULL;
    const char *key = to_id;

    if (to_id == NULL) {
        gboolean ok =
            back->values_json == NULL
                ? tg_catalog_find_table(back->catalog, back->database, back->table, &present, error)
                : tg_catalog_find_partition(back->catalog, back->database, back->table,
                                            back->values_json, &present, error);

        if (!ok) {
            return NULL;
        }
        key = present == NULL ? NULL : tg_table_location(present);
    }
    rows = tg_sqlite_select(tg_local_catalog(back->catalog)->database, error,
                            to_id == NULL ? by_location : by_id, "ssss", key, back->database,
                            back->table, back->values_json);
    if (rows == NULL) {
        return NULL;
    }
    const char *text = json_string_value(json_array_get(json_array_get(rows, 0), 0));
    json_t *snapshot = text == NULL ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);

    if (!json_is_object(snapshot)) {
        json_decref(snapshot);
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    to_id != NULL ? "table %s.%s has no publish '%s' that can be shown again"
                                  : "table %s.%s was nothing before its newest publish%s; nothing "
                                    "to go back to",
                    back->database, back->table, to_id != NULL ? to_id : "");
        return NULL;
    }
    return snapshot;
}

/* Objects of a publish that gc collected cannot be shown again. */
static gboolean check_objects(const Rollback *back, const char *location, GError **error)
{
    g_autoptr(json_t) rows =
        tg_sqlite_select(tg_local_catalog(back->catalog)->database, error,
                         "SELECT id FROM publishes WHERE substr(?, 1, length(prefix)) = prefix"
                         " AND state IN ('collecting', 'collected')",
                         "s", location);

    if (rows != NULL && json_array_size(rows) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "what %s.%s was before has been collected by gc: the objects of publish %s are "
                    "gone; 'tegaru catalog history' shows what is still there",
                    back->database, back->table,
                    json_string_value(json_array_get(json_array_get(rows, 0), 0)));
        return FALSE;
    }
    return rows != NULL;
}

static gboolean restore_partition(const Rollback *back, const json_t *partition, GError **error)
{
    g_autoptr(json_t) table = NULL;

    if (!check_objects(back, tg_table_location(partition), error) ||
        !tg_catalog_find_table(back->catalog, back->database, back->table, &table, error)) {
        return FALSE;
    }
    return tg_catalog_put_partition(back->catalog, back->database, back->table, table, partition,
                                    error);
}

static gboolean restore_table(const Rollback *back, const json_t *snapshot, gint64 *out_version,
                              GError **error)
{
    const json_t *table = json_object_get(snapshot, "table");
    json_t *partition = NULL;
    gsize i = 0;

    if (!check_objects(back, tg_table_location(table), error) ||
        !tg_catalog_put_table(back->catalog, back->database, back->table, table, out_version,
                              error) ||
        !tg_catalog_remove_partitions(back->catalog, back->database, back->table, NULL, error)) {
        return FALSE;
    }
    json_array_foreach (json_object_get(snapshot, "partitions"), i, partition) {
        if (!restore_partition(back, partition, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static json_t *snapshot_now(const Rollback *back, GError **error)
{
    return back->values_json == NULL
               ? tg_publish_snapshot_table(back->catalog, back->database, back->table, error)
               : tg_publish_snapshot_partition(back->catalog, back->database, back->table,
                                               back->values_json, error);
}

/* Going back is an event of the history, too. */
static gboolean record_rollback(const Rollback *back, const json_t *before, const json_t *after,
                                gint64 version, GError **error)
{
    g_autofree char *random = tg_random_id(8);
    g_autofree char *id = g_strconcat("rollback-", random, NULL);
    g_autofree char *before_text = tg_params_to_json(before);
    g_autofree char *after_text = tg_params_to_json(after);

    return tg_sqlite_run(tg_local_catalog(back->catalog)->database, error,
                         "INSERT INTO publishes (id, db, tbl, vals, state, prefix, begun_at_ms,"
                         " published_at_ms, version, before, after)"
                         " VALUES (?, ?, ?, ?, 'rollback', '', ?, ?, ?, ?, ?)",
                         "ssssiinss", id, back->database, back->table, back->values_json,
                         back->now_ms, back->now_ms, version, before_text, after_text) &&
           tg_catalog_mark_superseded(back->catalog, back->database, back->table, back->now_ms,
                                      error);
}

static gboolean go_back(const Rollback *back, const char *to_id, GError **error)
{
    g_autoptr(json_t) before = snapshot_now(back, error);
    g_autoptr(json_t) snapshot = before == NULL ? NULL : find_snapshot(back, to_id, error);
    gint64 version = -1;

    if (snapshot == NULL) {
        return FALSE;
    }
    gboolean ok = back->values_json == NULL
                      ? restore_table(back, snapshot, &version, error)
                      : restore_partition(back, json_object_get(snapshot, "partition"), error);

    return ok && record_rollback(back, before, snapshot, version, error);
}

/* The entry of the history that is visible now; an empty object when none is. */
static json_t *current_entry(const Rollback *back, GError **error)
{
    g_autoptr(json_t) history = local_history(back->catalog, back->database, back->table, error);
    json_t *entry = NULL;
    gsize i = 0;

    json_array_foreach (history, i, entry) {
        const char *partition = json_string_value(json_object_get(entry, "partition"));

        if (json_is_true(json_object_get(entry, "is_current")) &&
            g_strcmp0(partition, back->values_json) == 0) {
            return json_incref(entry);
        }
    }
    return history == NULL ? NULL : json_object();
}

static json_t *local_rollback(TgCatalog *catalog, const TgPublishRollback *to, GError **error)
{
    g_autofree char *db = tg_catalog_fold_name(to->database);
    g_autofree char *name = tg_catalog_fold_name(to->table);
    g_autofree char *key = to->values == NULL ? NULL : tg_catalog_values_key(to->values);
    Rollback back = {.catalog = catalog,
                     .database = db,
                     .table = name,
                     .values_json = key,
                     .now_ms = to->now_ms};

    if (!tg_catalog_enter(catalog, error)) {
        return NULL;
    }
    gboolean ok = go_back(&back, to->to_id, error);

    return tg_catalog_leave(catalog, ok, error) ? current_entry(&back, error) : NULL;
}

json_t *tg_publish_rollback(TgCatalog *catalog, TgObjectStore *objects, const TgPublishRollback *to,
                            GError **error)
{
    return tg_catalog_glue(catalog) != NULL ? tg_publish_glue_rollback(catalog, objects, to, error)
                                            : local_rollback(catalog, to, error);
}

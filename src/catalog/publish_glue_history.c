/* What was published in Glue, going back to it, and collecting: from the entries in S3 that
 * publishes leave beside their table (publish_glue.c says in what form). */
#include <string.h>

#include "base/random.h"
#include "catalog/publish_glue.h"
#include "catalog/table.h"
#include "params/params.h"

#define ENTRY_BYTES_MAX ((gsize)64 << 20) /* a table with 100,000 partitions, twice */
#define ENTRIES_MAX 1000                  /* the newest that are read */
#define UNKNOWN_GRACE_MS ((gint64)24 * 3600 * 1000)

/* --- entries --- */

static json_t *read_entry(TgObjectStore *objects, const char *url, GError **error)
{
    g_autofree char *text = NULL;
    gsize size = 0;
    json_t *entry = NULL;

    if (!tg_object_read(objects, url, ENTRY_BYTES_MAX, &text, &size, error)) {
        return NULL;
    }
    entry = json_loadb(text, size, 0, NULL);
    if (!json_is_object(entry)) {
        json_decref(entry);
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s is no entry of a publish", url);
        return NULL;
    }
    return entry;
}

/* All entries below a root, the newest first: ids begin with their time. */
static json_t *read_entries(TgObjectStore *objects, const char *root, GError **error)
{
    g_autofree char *folder = g_strconcat(root, "history/", NULL);
    g_autoptr(GPtrArray) all = tg_object_list(objects, folder, error);
    g_autoptr(json_t) entries = json_array();

    for (guint i = all == NULL ? 0 : all->len; i > 0 && json_array_size(entries) < ENTRIES_MAX;
         i--) {
        const TgObjectInfo *info = all->pdata[i - 1];
        json_t *entry = read_entry(objects, info->url, error);

        if (entry == NULL) {
            return NULL;
        }
        json_array_append_new(entries, entry);
    }
    return all == NULL ? NULL : g_steal_pointer(&entries);
}

/* Whether a snapshot is what is there: the table's location, or the partition's. */
static gboolean is_shown(const json_t *after, const json_t *now)
{
    const char *one = json_object_get(after, "table") != NULL ? "table" : "partition";
    const char *then = tg_table_location(json_object_get(after, one));

    return then != NULL && g_strcmp0(then, tg_table_location(json_object_get(now, one))) == 0;
}

/* ["v"] of the partition that an entry is about, as a list of texts; NULL: a whole table. */
static char **values_of(const json_t *entry)
{
    const json_t *partition = json_object_get(json_object_get(entry, "after"), "partition");
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    json_t *value = NULL;
    gsize i = 0;

    if (partition == NULL) {
        return NULL;
    }
    json_array_foreach (json_object_get(partition, "Values"), i, value) {
        g_ptr_array_add(values, g_strdup(json_string_value(value)));
    }
    g_ptr_array_add(values, NULL);
    g_ptr_array_set_free_func(values, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&values), FALSE);
}

/* Where the table, or the partition that an entry is about, lies now; "" when it is not there. Each
 * is asked for once. Lent by `places`; NULL with an error. */
static const char *place_now(TgPublish *publish, const json_t *entry, GHashTable *places,
                             GError **error)
{
    g_auto(GStrv) values = values_of(entry);
    g_autofree char *key = values == NULL ? g_strdup("") : g_strjoinv("\n", values);
    const char *known = g_hash_table_lookup(places, key);
    g_autoptr(json_t) one = NULL;
    GError *problem = NULL;

    if (known != NULL) {
        return known;
    }
    one = values == NULL
              ? tg_catalog_get_table(publish->catalog, publish->database, publish->table, &problem)
              : tg_catalog_get_partition(publish->catalog, publish->database, publish->table,
                                         (TgPartitionValues)values, &problem);
    if (one == NULL && !g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return NULL;
    }
    g_clear_error(&problem);
    const char *location = one == NULL ? NULL : tg_table_location(one);
    char *place = g_strdup(location == NULL ? "" : location);

    g_hash_table_insert(places, g_steal_pointer(&key), place);
    return place;
}

/* What of an entry is told, as the local catalog does. */
static json_t *told(TgPublish *publish, const json_t *entry, GHashTable *places, GError **error)
{
    const json_t *after = json_object_get(entry, "after");
    const char *one = json_object_get(after, "table") != NULL ? "table" : "partition";
    const char *then = tg_table_location(json_object_get(after, one));
    const char *now = place_now(publish, entry, places, error);

    if (now == NULL) {
        return NULL;
    }
    gboolean is_current = g_strcmp0(then, now) == 0;

    return json_pack("{s:O*, s:O*, s:O*, s:O*, s:O*, s:O*, s:s, s:b, s:b}", "publish_id",
                     json_object_get(entry, "publish_id"), "at_ms", json_object_get(entry, "at_ms"),
                     "partition", json_object_get(entry, "partition"), "rows",
                     json_object_get(entry, "rows"), "bytes", json_object_get(entry, "bytes"),
                     "task", json_object_get(entry, "task"), "state", "published", "is_current",
                     is_current, "can_roll_back", !is_current);
}

/* A publish of the table that writes no object of its own. */
static TgPublish *open_table(TgCatalog *catalog, TgObjectStore *objects, const char *database,
                             const char *table, gint64 now_ms, GError **error)
{
    const TgPublishTarget target = {.database = database, .table = table, .now_ms = now_ms};
    g_autoptr(json_t) present = tg_catalog_get_table(catalog, database, table, error);
    TgPublish *publish =
        present == NULL ? NULL : tg_publish_begin(catalog, objects, &target, error);

    if (publish != NULL) {
        tg_publish_leave(publish);
    }
    return publish;
}

json_t *tg_publish_glue_history(TgCatalog *catalog, TgObjectStore *objects, const char *database,
                                const char *table, GError **error)
{
    g_autoptr(TgPublish) publish = open_table(catalog, objects, database, table, 0, error);
    g_autoptr(json_t) entries =
        publish == NULL ? NULL : read_entries(objects, publish->root, error);
    g_autoptr(json_t) lines = json_array();
    g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    json_t *entry = NULL;
    gsize i = 0;

    json_array_foreach (entries, i, entry) {
        json_t *line = told(publish, entry, places, error);

        if (line == NULL) {
            return NULL;
        }
        json_array_append_new(lines, line);
    }
    return entries == NULL ? NULL : g_steal_pointer(&lines);
}

/* --- going back --- */

static gboolean is_about(const json_t *entry, TgPartitionValues values)
{
    g_auto(GStrv) own = values_of(entry);

    return values == NULL ? own == NULL
                          : own != NULL && g_strv_equal((const char *const *)own, values);
}

/* The snapshot to show again; a new reference, NULL with NOT_FOUND. */
static json_t *find_snapshot(const TgPublish *publish, const json_t *entries,
                             const TgPublishRollback *to, const json_t *now, GError **error)
{
    json_t *entry = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)entries, i, entry) {
        const char *id = json_string_value(json_object_get(entry, "publish_id"));
        const json_t *after = json_object_get(entry, "after");
        json_t *before = json_object_get(entry, "before");

        if (!is_about(entry, to->values)) {
            continue;
        }
        if (to->to_id != NULL && g_strcmp0(id, to->to_id) == 0) {
            return json_incref((json_t *)after);
        }
        if (to->to_id == NULL && is_shown(after, now) && json_is_object(before)) {
            return json_incref(before);
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                to->to_id != NULL ? "table %s.%s has no publish '%s' that can be shown again"
                                  : "table %s.%s was nothing before its newest publish%s; nothing "
                                    "to go back to",
                publish->database, publish->table, to->to_id != NULL ? to->to_id : "");
    return NULL;
}

/* A publish whose objects were collected, or removed by somebody, cannot be shown again. */
static gboolean check_objects(const TgPublish *publish, const json_t *snapshot, GError **error)
{
    const json_t *table = json_object_get(snapshot, "table");
    const json_t *one = table != NULL ? table : json_object_get(snapshot, "partition");
    const char *location = tg_table_location(one);
    g_autoptr(GPtrArray) all =
        location == NULL ? NULL : tg_object_list(publish->objects, location, error);

    if (all != NULL && all->len == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "what %s.%s was before has no objects any more (%s); 'tegaru catalog history' "
                    "shows what was published",
                    publish->database, publish->table, location);
        return FALSE;
    }
    return all != NULL;
}

json_t *tg_publish_glue_rollback(TgCatalog *catalog, TgObjectStore *objects,
                                 const TgPublishRollback *to, GError **error)
{
    g_autoptr(TgPublish) publish =
        open_table(catalog, objects, to->database, to->table, to->now_ms, error);
    g_autoptr(json_t) now =
        publish == NULL ? NULL : publish->class->snapshot(publish, to->values, error);
    g_autoptr(json_t) entries = now == NULL ? NULL : read_entries(objects, publish->root, error);
    g_autoptr(json_t) snapshot =
        entries == NULL ? NULL : find_snapshot(publish, entries, to, now, error);
    g_autoptr(json_t) receipt = json_object();

    if (snapshot == NULL || !check_objects(publish, snapshot, error)) {
        return NULL;
    }
    if (to->values != NULL) {
        if (!tg_publish_glue_put_partition(publish, to->values, snapshot, receipt, error)) {
            return NULL;
        }
    } else if (!tg_publish_glue_note(publish, receipt, now, snapshot, error) ||
               !tg_publish_glue_put_table(publish, now, snapshot, error)) {
        return NULL;
    }
    g_autofree char *url = g_strconcat(publish->root, "history/", publish->id, ".json", NULL);
    g_autoptr(json_t) entry = read_entry(objects, url, error);
    g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    return entry == NULL ? NULL : told(publish, entry, places, error);
}

/* --- collecting --- */

typedef struct {
    TgCatalog *catalog;
    TgObjectStore *objects;
    const TgPublishCollect *options;
    TgPublishCollected *out;
} Collection;

/* Where readers look: the table and its partitions. */
static void add_places(const json_t *snapshot, GPtrArray *places)
{
    json_t *partition = NULL;
    gsize i = 0;
    const char *location = tg_table_location(json_object_get(snapshot, "table"));

    if (location != NULL) {
        g_ptr_array_add(places, (char *)location);
    }
    location = tg_table_location(json_object_get(snapshot, "partition"));
    if (location != NULL) {
        g_ptr_array_add(places, (char *)location);
    }
    json_array_foreach (json_object_get(snapshot, "partitions"), i, partition) {
        if (tg_table_location(partition) != NULL) {
            g_ptr_array_add(places, (char *)tg_table_location(partition));
        }
    }
}

static gboolean any_below(const GPtrArray *places, const char *prefix)
{
    for (guint i = 0; i < places->len; i++) {
        if (g_str_has_prefix(places->pdata[i], prefix)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* "20261125t123926-…" -> when; 0: it is no id. */
static gint64 time_of_id(const char *id)
{
    g_autofree char *start = g_strndup(id, strlen("20261125t123926"));
    g_autofree char *upper = g_ascii_strup(start, -1);
    g_autofree char *text = g_strconcat(upper, "Z", NULL);
    g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(text, NULL);

    return at == NULL ? 0 : g_date_time_to_unix(at) * 1000;
}

/* When readers stopped to see what lies below a prefix: the entry that went away from it last. 0:
 * no entry tells. */
static gint64 superseded_at(const json_t *entries, const char *prefix)
{
    json_t *entry = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)entries, i, entry) { /* the newest first */
        g_autoptr(GPtrArray) places = g_ptr_array_new();

        add_places(json_object_get(entry, "before"), places);
        if (any_below(places, prefix)) {
            return json_integer_value(json_object_get(entry, "at_ms"));
        }
    }
    return 0;
}

/* Whether nobody needs a publish any more. */
static gboolean is_garbage(const Collection *run, const json_t *entries, const char *id,
                           const char *prefix)
{
    gint64 at_ms = superseded_at(entries, prefix);
    gint64 grace_ms = run->options->grace_ms;

    if (at_ms == 0) { /* it crashed, or is under way */
        at_ms = time_of_id(id);
        grace_ms = MAX(grace_ms, UNKNOWN_GRACE_MS);
    }
    return at_ms != 0 && run->options->now_ms - at_ms >= grace_ms;
}

/* The first part of each object's name below the root, once. */
static GPtrArray *list_ids(const Collection *run, const char *root, GError **error)
{
    g_autoptr(GPtrArray) all = tg_object_list(run->objects, root, error);
    GPtrArray *ids = all == NULL ? NULL : g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; all != NULL && i < all->len; i++) {
        const char *rest = ((const TgObjectInfo *)all->pdata[i])->url + strlen(root);
        const char *slash = strchr(rest, '/');
        gsize size = slash == NULL ? 0 : (gsize)(slash - rest);
        const char *last = ids->len == 0 ? "" : ids->pdata[ids->len - 1];

        if (size > 0 && (strlen(last) != size || strncmp(last, rest, size) != 0)) {
            g_ptr_array_add(ids, g_strndup(rest, size));
        }
    }
    return ids;
}

static gboolean collect_table(const Collection *run, const char *database, const char *table,
                              GError **error)
{
    g_autoptr(TgPublish) publish =
        open_table(run->catalog, run->objects, database, table, run->options->now_ms, error);
    g_autoptr(json_t) now = publish == NULL ? NULL : publish->class->snapshot(publish, NULL, error);
    g_autoptr(GPtrArray) ids = now == NULL ? NULL : list_ids(run, publish->root, error);
    g_autoptr(json_t) entries =
        ids == NULL ? NULL : read_entries(run->objects, publish->root, error);
    g_autoptr(GPtrArray) places = g_ptr_array_new();

    if (entries == NULL) {
        return FALSE;
    }
    add_places(now, places);
    for (guint i = 0; i < ids->len; i++) {
        const char *id = ids->pdata[i];
        g_autofree char *prefix = g_strconcat(publish->root, id, "/", NULL);

        if (!any_below(places, prefix) && is_garbage(run, entries, id, prefix) &&
            !tg_publish_remove_objects(run->objects, prefix, run->options->dry_run, run->out,
                                       error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean collect_database(const Collection *run, const char *database, GError **error)
{
    g_autoptr(json_t) tables = tg_catalog_list_tables(run->catalog, database, error);
    json_t *table = NULL;
    gsize i = 0;

    json_array_foreach (tables, i, table) {
        const char *location = tg_table_location(table);

        if (location != NULL && g_str_has_prefix(location, "s3") &&
            !collect_table(run, database, tg_table_name(table), error)) {
            return FALSE;
        }
    }
    return tables != NULL;
}

gboolean tg_publish_glue_collect(TgCatalog *catalog, TgObjectStore *objects,
                                 const TgPublishCollect *options, TgPublishCollected *out,
                                 GError **error)
{
    const Collection run = {catalog, objects, options, out};
    g_autoptr(json_t) databases = tg_catalog_list_databases(catalog, error);
    json_t *database = NULL;
    gsize i = 0;

    json_array_foreach (databases, i, database) {
        if (!collect_database(&run, tg_table_name(database), error)) {
            return FALSE;
        }
    }
    return databases != NULL;
}

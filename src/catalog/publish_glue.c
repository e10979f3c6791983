/**
 * The switch in Glue.
 *
 * A table is switched by one UpdateTable with the VersionId that was seen: somebody else's change
 * in between is a conflict, and readers see the old or the new. Partitions have no version in Glue:
 * a publish of one takes a lock first, an object beside the table's that S3 creates for one of many
 * (If-None-Match). All partitions of a table that is published as a whole are changed one batch
 * after the other, new ones first: readers may see some of each for that time, every partition
 * whole.
 *
 * What was published stands in S3 beside the table, `<root>history/<id>.json`, as any machine may
 * publish, roll back and collect: {"publish_id", "database", "table", "partition", "at_ms", "task",
 * "rows", "bytes", "before", "after"}, the last two as tg_publish_snapshot_table gives them.
 */
#include "catalog/publish_glue.h"

#include <string.h>

#include "base/clock.h"
#include "catalog/table.h"
#include "params/params.h"

#define LOCK_MS ((gint64)60 * 1000) /* a publish whose process died stands in the way so long */
#define LOCK_BYTES_MAX ((gsize)65536)

static TgGlue *glue_of(const TgPublish *publish)
{
    return tg_catalog_glue(publish->catalog);
}

/* NULL without an error when there is none. */
static gboolean get_table(const TgPublish *publish, json_t **out, GError **error)
{
    GError *problem = NULL;

    *out = tg_glue_get_table(glue_of(publish), publish->database, publish->table, &problem);
    if (problem != NULL && !g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    g_clear_error(&problem);
    return TRUE;
}

static gboolean glue_find(TgPublish *publish, GError **error)
{
    return get_table(publish, &publish->before, error);
}

static gboolean glue_begin(TgPublish *publish G_GNUC_UNUSED,
                           const TgPublishTarget *target G_GNUC_UNUSED,
                           GError **error G_GNUC_UNUSED)
{
    return TRUE; /* the prefix tells gc all it needs: which table, and since when */
}

static void glue_nothing(TgPublish *publish G_GNUC_UNUSED)
{
}

static json_t *snapshot_table(const TgPublish *publish, GError **error)
{
    g_autoptr(json_t) table = NULL;
    const TgGluePartitions which = {.database = publish->database, .table = publish->table};
    json_t *partitions = NULL;

    if (!get_table(publish, &table, error)) {
        return NULL;
    }
    if (table == NULL) {
        return json_null();
    }
    partitions = json_array_size(tg_table_partition_keys(table)) == 0
                     ? json_array()
                     : tg_glue_list_partitions(glue_of(publish), &which, error);
    return partitions == NULL ? NULL
                              : json_pack("{s:O, s:o}", "table", table, "partitions", partitions);
}

static json_t *glue_snapshot(TgPublish *publish, TgPartitionValues values, GError **error)
{
    GError *problem = NULL;
    json_t *partition = NULL;

    if (values == NULL) {
        return snapshot_table(publish, error);
    }
    partition = tg_catalog_get_partition(publish->catalog, publish->database, publish->table,
                                         values, &problem);
    if (partition != NULL) {
        return json_pack("{s:o}", "partition", partition);
    }
    if (g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        g_error_free(problem);
        return json_null();
    }
    g_propagate_error(error, problem);
    return NULL;
}

/* An entry whose `after` never came to be seen changes nothing. */
gboolean tg_publish_glue_note(const TgPublish *publish, const json_t *receipt, const json_t *before,
                              const json_t *after, GError **error)
{
    g_autofree char *url = g_strconcat(publish->root, "history/", publish->id, ".json", NULL);
    g_autoptr(json_t) entry =
        json_pack("{s:s, s:s, s:s, s:O*, s:I, s:s*, s:O*, s:O*, s:O, s:O}", "publish_id",
                  publish->id, "database", publish->database, "table", publish->table, "partition",
                  json_object_get(receipt, "partition"), "at_ms", (json_int_t)publish->now_ms,
                  "task", publish->task_name, "rows", json_object_get(receipt, "rows"), "bytes",
                  json_object_get(receipt, "bytes"), "before", before, "after", after);
    g_autofree char *text = tg_params_to_json(entry);
    TgObjectDraft draft = {NULL, NULL};

    if (!tg_object_begin(publish->objects, url, &draft, error)) {
        return FALSE;
    }
    if (!g_file_set_contents(draft.path, text, -1, error)) {
        tg_object_abort(publish->objects, &draft);
        return FALSE;
    }
    return tg_object_commit(publish->objects, &draft, NULL, error);
}

/* ---- a whole table -------------------------------------------------------------------------- */

/* The answer to a switch was no, or none: it may come after a first try that was carried out. When
 * that cannot be known, the objects stay, for readers may see them. */
static gboolean settle(TgPublish *publish, TgPartitionValues values, GError *take_problem,
                       GError **error)
{
    g_autoptr(json_t) snapshot = glue_snapshot(publish, values, NULL);
    const json_t *one = json_object_get(snapshot, values == NULL ? "table" : "partition");

    if (snapshot == NULL) {
        tg_publish_leave(publish);
    } else if (g_strcmp0(tg_table_parameter(one, "tegaru.publish_id"), publish->id) == 0) {
        g_error_free(take_problem);
        return TRUE;
    }
    if (g_error_matches(take_problem, TG_ERROR, TG_ERROR_CONFLICT)) {
        g_error_free(take_problem);
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "table %s.%s was changed by somebody else in this moment; nothing was "
                    "published, run again",
                    publish->database, publish->table);
    } else {
        g_propagate_error(error, take_problem);
    }
    return FALSE;
}

static gboolean put_table(TgPublish *publish, const json_t *present, const json_t *body,
                          GError **error)
{
    g_autoptr(json_t) input = tg_table_input(body);
    const TgGlueUpdate update = {.version_id =
                                     json_string_value(json_object_get(present, "VersionId"))};
    GError *problem = NULL;
    gboolean ok =
        present == NULL
            ? tg_glue_create_table(glue_of(publish), publish->database, input, &problem)
            : tg_glue_update_table(glue_of(publish), publish->database, input, &update, &problem);

    return ok || settle(publish, NULL, problem, error);
}

/* The changes that make the partitions those that were given. */
typedef struct {
    json_t *creates; /* of PartitionInput */
    json_t *updates; /* of {"PartitionValueList", "PartitionInput"} */
    json_t *deletes; /* of values */
} Changes;

static void changes_clear(Changes *changes)
{
    json_decref(changes->creates);
    json_decref(changes->updates);
    json_decref(changes->deletes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Changes, changes_clear)

/* Present ones by the text of their values, so that 100,000 of them are matched at once. */
static GHashTable *index_partitions(const json_t *partitions)
{
    GHashTable *index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    json_t *partition = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)partitions, i, partition) {
        g_hash_table_insert(index, tg_params_to_json(json_object_get(partition, "Values")),
                            partition);
    }
    return index;
}

/* PartitionInputs of this publish: each lies where it says, else below the prefix. */
static json_t *locate_all(const TgPublish *publish, const json_t *table, const json_t *partitions,
                          GError **error)
{
    g_autoptr(json_t) all = json_array();
    json_t *one = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)partitions, i, one) {
        json_t *values = json_object_get(one, "Values");
        const char *lies_at = tg_table_location(one);
        g_autofree char *location =
            lies_at != NULL ? g_strdup(lies_at)
                            : tg_publish_partition_location(publish, table, values, error);

        if (location == NULL) {
            return NULL;
        }
        json_array_append_new(all, json_pack("{s:O, s:{s:s}}", "Values", values,
                                             "StorageDescriptor", "Location", location));
    }
    return g_steal_pointer(&all);
}

static void plan_changes(const json_t *table, const json_t *wanted, const json_t *present,
                         Changes *out)
{
    g_autoptr(GHashTable) index = index_partitions(present);
    GHashTableIter iter;
    gpointer left = NULL;
    json_t *one = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)wanted, i, one) {
        json_t *values = json_object_get(one, "Values");
        g_autofree char *key = tg_params_to_json(values);
        g_autoptr(json_t) whole = tg_catalog_partition_input(table, one);
        json_t *input = tg_table_partition_input(whole);

        if (g_hash_table_remove(index, key)) {
            json_array_append_new(out->updates, json_pack("{s:O, s:o}", "PartitionValueList",
                                                          values, "PartitionInput", input));
        } else {
            json_array_append_new(out->creates, input);
        }
    }
    g_hash_table_iter_init(&iter, index);
    while (g_hash_table_iter_next(&iter, NULL, &left)) {
        json_array_append(out->deletes, json_object_get(left, "Values"));
    }
}

static gboolean check_failures(const TgPublish *publish, const char *what, const json_t *failures,
                               const char *but, GError **error)
{
    json_t *failure = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)failures, i, failure) {
        const json_t *detail = json_object_get(failure, "ErrorDetail");
        const char *code = json_string_value(json_object_get(detail, "ErrorCode"));
        const char *said = json_string_value(json_object_get(detail, "ErrorMessage"));

        if (g_strcmp0(code, but) != 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                        "%s.%s: some partitions could not be %s (%s: %s); run again, it begins "
                        "anew",
                        publish->database, publish->table, what, code == NULL ? "?" : code,
                        said == NULL ? "" : said);
            return FALSE;
        }
    }
    return TRUE;
}

/* @wanted, @present what they become, and are; with locations */
static gboolean replace_partitions(const TgPublish *publish, const json_t *table,
                                   const json_t *wanted, const json_t *present, GError **error)
{
    g_auto(Changes) changes = {json_array(), json_array(), json_array()};
    g_autoptr(json_t) not_updated = NULL;
    g_autoptr(json_t) not_created = NULL;
    g_autoptr(json_t) not_deleted = NULL;
    TgGlue *glue = glue_of(publish);

    plan_changes(table, wanted, present, &changes);
    return (json_array_size(changes.updates) == 0 ||
            (tg_glue_update_partitions(glue, publish->database, publish->table, changes.updates,
                                       &not_updated, error) &&
             check_failures(publish, "changed", not_updated, NULL, error))) &&
           (json_array_size(changes.creates) == 0 ||
            (tg_glue_create_partitions(glue, publish->database, publish->table, changes.creates,
                                       &not_created, error) &&
             check_failures(publish, "added", not_created, "AlreadyExistsException", error))) &&
           (json_array_size(changes.deletes) == 0 ||
            (tg_glue_delete_partitions(glue, publish->database, publish->table, changes.deletes,
                                       &not_deleted, error) &&
             check_failures(publish, "removed", not_deleted, "EntityNotFoundException", error)));
}

static void note_version(const TgPublish *publish, json_t *receipt)
{
    g_autoptr(json_t) table = NULL;

    if (get_table(publish, &table, NULL) && table != NULL) {
        json_object_set_new(receipt, "version", json_integer(tg_table_version(table)));
    }
}

gboolean tg_publish_glue_put_table(TgPublish *publish, const json_t *before, const json_t *after,
                                   GError **error)
{
    const json_t *body = json_object_get(after, "table");
    const json_t *had = json_object_get(before, "partitions");

    if (!put_table(publish, json_object_get(before, "table"), body, error)) {
        return FALSE;
    }
    publish->is_committed = TRUE;
    return (json_array_size(tg_table_partition_keys(body)) == 0 && json_array_size(had) == 0) ||
           replace_partitions(publish, body, json_object_get(after, "partitions"), had, error);
}

static gboolean glue_commit_table(TgPublish *publish, const json_t *table, const json_t *partitions,
                                  json_t *receipt, GError **error)
{
    g_autoptr(json_t) before = snapshot_table(publish, error);

    if (before == NULL ||
        !tg_publish_check_unchanged(publish, json_object_get(before, "table"), error) ||
        !tg_publish_check_base(publish, before, error)) {
        return FALSE;
    }
    g_autoptr(json_t) body = tg_publish_table_here(publish, table, receipt);

    json_object_set_new(body, "Name", json_string(publish->table));
    g_autoptr(json_t) located = locate_all(publish, body, partitions, error);
    g_autoptr(json_t) after =
        located == NULL ? NULL : json_pack("{s:O, s:O}", "table", body, "partitions", located);

    if (after == NULL || !tg_publish_glue_note(publish, receipt, before, after, error) ||
        !tg_publish_glue_put_table(publish, before, after, error)) {
        return FALSE;
    }
    note_version(publish, receipt);
    return TRUE;
}

/* ---- one partition -------------------------------------------------------------------------- */

typedef struct {
    char *folder; /* "<root>lock/<hash>/" */
    char *url;    /* ours */
} Lock;

static void lock_clear(Lock *lock)
{
    g_free(lock->folder);
    g_free(lock->url);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lock, lock_clear)

/* Whether a lock holds; *out_id gets who has it, unless it is ours, over, or let go just now. */
static gboolean read_claim(const TgPublish *publish, const char *url, char **out_id, GError **error)
{
    g_autofree char *text = NULL;
    GError *problem = NULL;
    gsize size = 0;

    if (!tg_object_read(publish->objects, url, LOCK_BYTES_MAX, &text, &size, &problem)) {
        if (g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
            g_error_free(problem);
            return TRUE;
        }
        g_propagate_error(error, problem);
        return FALSE;
    }
    g_autoptr(json_t) claim = json_loads(text, 0, NULL);

    if (json_integer_value(json_object_get(claim, "until_ms")) > tg_clock_now_ms()) {
        g_free(*out_id);
        *out_id = g_strdup(json_string_value(json_object_get(claim, "id")));
    }
    return TRUE;
}

/* Who else holds the lock: the id, or NULL. *out_last is the highest number there is. */
static gboolean find_holder(const TgPublish *publish, const Lock *lock, char **out_id,
                            gint64 *out_last, GError **error)
{
    g_autoptr(GPtrArray) all = tg_object_list(publish->objects, lock->folder, error);

    *out_id = NULL;
    *out_last = 0;
    for (guint i = 0; all != NULL && i < all->len; i++) {
        const char *url = ((const TgObjectInfo *)all->pdata[i])->url;

        *out_last = MAX(*out_last, g_ascii_strtoll(url + strlen(lock->folder), NULL, 10));
        if (g_strcmp0(url, lock->url) != 0 && !read_claim(publish, url, out_id, error)) {
            return FALSE;
        }
    }
    return all != NULL;
}

static gboolean fail_locked(const TgPublish *publish, const char *holder, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                "the partition of %s.%s is being published by another run in this moment (%s); "
                "nothing was published, run again",
                publish->database, publish->table, holder == NULL ? "another" : holder);
    return FALSE;
}

static void unlock(const TgPublish *publish, const Lock *lock)
{
    g_autoptr(GError) problem = NULL;

    if (lock->url != NULL && !tg_object_remove(publish->objects, lock->url, &problem)) {
        g_debug("%s: %s; it ends by itself", lock->url, problem->message);
    }
}

/**
 * Numbers go up while dead locks lie there, and each is created for one caller alone. Who has
 * created one looks again: of two that hold one at a time both see the other, or one saw it before.
 */
static gboolean take_lock(const TgPublish *publish, TgPartitionValues values, Lock *lock,
                          GError **error)
{
    g_autofree char *key = tg_catalog_values_key(values);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA1, key, -1);
    g_autofree char *holder = NULL;
    g_autofree char *other = NULL;
    gboolean is_created = FALSE;
    gint64 last = 0;

    lock->folder = g_strconcat(publish->root, "lock/", hash, "/", NULL);
    if (!find_holder(publish, lock, &holder, &last, error)) {
        return FALSE;
    }
    if (holder != NULL) {
        return fail_locked(publish, holder, error);
    }
    g_autofree char *text = g_strdup_printf("{\"id\": \"%s\", \"until_ms\": %" G_GINT64_FORMAT "}",
                                            publish->id, tg_clock_now_ms() + LOCK_MS);
    g_autofree char *url = g_strdup_printf("%s%" G_GINT64_FORMAT ".json", lock->folder, last + 1);

    if (!tg_object_create(publish->objects, url, text, &is_created, error)) {
        return FALSE;
    }
    if (!is_created) {
        return fail_locked(publish, NULL, error);
    }
    lock->url = g_steal_pointer(&url);
    if (!find_holder(publish, lock, &other, &last, error)) {
        unlock(publish, lock);
        return FALSE;
    }
    if (other != NULL) {
        unlock(publish, lock);
        return fail_locked(publish, other, error);
    }
    return TRUE;
}

static gboolean put_partition(TgPublish *publish, TgPartitionValues values, const json_t *before,
                              const json_t *input, GError **error)
{
    g_autoptr(json_t) inputs = json_pack("[O]", input);
    GError *problem = NULL;
    gboolean ok = json_is_null(before)
                      ? tg_catalog_create_partitions(publish->catalog, publish->database,
                                                     publish->table, inputs, FALSE, &problem)
                      : tg_catalog_update_partition(publish->catalog, publish->database,
                                                    publish->table, input, &problem);

    return ok || settle(publish, values, problem, error);
}

/* Under the lock. @after {"partition"}; NULL: that of this publish */
static gboolean switch_partition(TgPublish *publish, TgPartitionValues values, const json_t *given,
                                 json_t *receipt, GError **error)
{
    g_autoptr(json_t) table = NULL;
    g_autoptr(json_t) before = NULL;

    if (!get_table(publish, &table, error)) {
        return FALSE;
    }
    if (table == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "table '%s.%s' does not exist (any more)",
                    publish->database, publish->table);
        return FALSE;
    }
    before = glue_snapshot(publish, values, error);
    if (before == NULL || !tg_publish_check_unchanged(publish, table, error) ||
        !tg_publish_check_partition(publish, before, error)) {
        return FALSE;
    }
    g_autofree char *path = tg_table_partition_path(table, values);
    g_autoptr(json_t) input = given != NULL ? json_incref(json_object_get(given, "partition"))
                                            : tg_publish_partition_here(publish, table, values);
    g_autoptr(json_t) after = json_pack("{s:O}", "partition", input);

    json_object_set_new(receipt, "partition", json_string(path));
    json_object_set_new(receipt, "version", json_integer(tg_table_version(table)));
    return tg_publish_glue_note(publish, receipt, before, after, error) &&
           put_partition(publish, values, before, input, error);
}

gboolean tg_publish_glue_put_partition(TgPublish *publish, TgPartitionValues values,
                                       const json_t *after, json_t *receipt, GError **error)
{
    g_auto(Lock) lock = {NULL};

    if (!take_lock(publish, values, &lock, error)) {
        return FALSE;
    }
    gboolean ok = switch_partition(publish, values, after, receipt, error);

    unlock(publish, &lock);
    return ok;
}

static gboolean glue_commit_partition(TgPublish *publish, TgPartitionValues values, json_t *receipt,
                                      GError **error)
{
    return tg_publish_glue_put_partition(publish, values, NULL, receipt, error);
}

const TgPublishClass tg_publish_glue = {.find = glue_find,
                                        .begin = glue_begin,
                                        .forget = glue_nothing,
                                        .end = glue_nothing,
                                        .snapshot = glue_snapshot,
                                        .commit_table = glue_commit_table,
                                        .commit_partition = glue_commit_partition};

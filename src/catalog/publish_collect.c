/* gc: what crashes and superseded publishes left behind. */
#include <string.h>

#include "base/file.h"
#include "catalog/publish_glue.h"
#include "params/params.h"

/* One run; the counts go to `out`. */
typedef struct {
    TgCatalog *catalog;
    TgObjectStore *objects;
    gboolean dry_run;
    TgPublishCollected *out;
} Collection;

static json_t *select_locked(TgCatalog *catalog, const char *sql, const char *types, gint64 value,
                             GError **error)
{
    g_mutex_lock(&tg_local_catalog(catalog)->mutex);
    json_t *rows = tg_sqlite_select(tg_local_catalog(catalog)->database, error, sql, types, value);

    g_mutex_unlock(&tg_local_catalog(catalog)->mutex);
    return rows;
}

static gboolean run_locked(TgCatalog *catalog, const char *sql, const char *id, GError **error)
{
    g_mutex_lock(&tg_local_catalog(catalog)->mutex);
    gboolean ok = tg_sqlite_run(tg_local_catalog(catalog)->database, error, sql, "s", id);

    g_mutex_unlock(&tg_local_catalog(catalog)->mutex);
    return ok;
}

gboolean tg_publish_remove_objects(TgObjectStore *objects, const char *prefix, gboolean dry_run,
                                   TgPublishCollected *out, GError **error)
{
    out->publishes++;
    if (!dry_run) {
        return tg_object_remove_prefix(objects, prefix, &out->objects, &out->bytes, error);
    }
    g_autoptr(GPtrArray) all = tg_object_list(objects, prefix, error);

    for (guint i = 0; all != NULL && i < all->len; i++) {
        out->objects++;
        out->bytes += ((const TgObjectInfo *)all->pdata[i])->size_bytes;
    }
    return all != NULL;
}

static gboolean remove_objects(const Collection *run, const char *prefix, GError **error)
{
    return tg_publish_remove_objects(run->objects, prefix, run->dry_run, run->out, error);
}

static const char *text_at(const json_t *row, gsize column)
{
    return json_string_value(json_array_get(row, column));
}

/* Publishes that never reached the switch and whose process is gone. */
static gboolean collect_crashed(const Collection *run, GError **error)
{
    g_autoptr(json_t) rows = select_locked(
        run->catalog, "SELECT id, prefix FROM publishes WHERE state = 'staging'", "", 0, error);
    json_t *row = NULL;
    gsize i = 0;

    json_array_foreach (rows, i, row) {
        const char *id = text_at(row, 0);

        if (!tg_publish_lock_is_dead(run->catalog, id)) {
            continue;
        }
        if (!remove_objects(run, text_at(row, 1), error)) {
            return FALSE;
        }
        if (!run->dry_run &&
            !run_locked(run->catalog, "DELETE FROM publishes WHERE id = ? AND state = 'staging'",
                        id, error)) {
            return FALSE;
        }
        if (!run->dry_run) {
            tg_publish_lock_remove(run->catalog, id);
        }
    }
    return rows != NULL;
}

/* Claims a superseded publish, unless somebody shows it again at this moment. */
static gboolean claim(TgCatalog *catalog, const char *id, gboolean *out_claimed, GError **error)
{
    g_mutex_lock(&tg_local_catalog(catalog)->mutex);
    gboolean ok = tg_sqlite_run(
        tg_local_catalog(catalog)->database, error,
        "UPDATE publishes SET state = 'collecting' WHERE id = ? AND state IN ('published',"
        " 'collecting') AND superseded_at_ms IS NOT NULL AND NOT EXISTS (SELECT 1 FROM tables"
        " WHERE location >= prefix AND location < prefix || char(1114111)) AND NOT EXISTS (SELECT 1"
        " FROM partitions WHERE location >= prefix AND location < prefix || char(1114111))",
        "s", id);

    *out_claimed = ok && tg_sqlite_changes(tg_local_catalog(catalog)->database) != 0;
    g_mutex_unlock(&tg_local_catalog(catalog)->mutex);
    return ok;
}

static gboolean collect_one(const Collection *run, const char *id, const char *prefix,
                            GError **error)
{
    gboolean claimed = FALSE;

    if (run->dry_run) {
        return remove_objects(run, prefix, error);
    }
    if (!claim(run->catalog, id, &claimed, error)) {
        return FALSE;
    }
    return !claimed || (remove_objects(run, prefix, error) &&
                        run_locked(run->catalog,
                                   "UPDATE publishes SET state = 'collected', before = NULL,"
                                   " after = NULL WHERE id = ?",
                                   id, error));
}

static gboolean collect_superseded(const Collection *run, gint64 older_than_ms, GError **error)
{
    g_autoptr(json_t) rows = select_locked(run->catalog,
                                           "SELECT id, prefix FROM publishes WHERE state IN"
                                           " ('published', 'collecting') AND superseded_at_ms <= ?",
                                           "i", older_than_ms, error);
    json_t *row = NULL;
    gsize i = 0;

    json_array_foreach (rows, i, row) {
        if (!collect_one(run, text_at(row, 0), text_at(row, 1), error)) {
            return FALSE;
        }
    }
    return rows != NULL;
}

/* Locks of processes that died just after the switch, or just before their row was written. */
static gboolean collect_locks(const Collection *run, GError **error)
{
    g_autofree char *folder =
        g_build_filename(tg_local_catalog(run->catalog)->folder, "publishing", NULL);
    g_autoptr(GPtrArray) names = tg_file_list_folder(folder, error);
    g_autoptr(json_t) rows =
        names == NULL
            ? NULL
            : select_locked(run->catalog, "SELECT id FROM publishes WHERE state = 'staging'", "", 0,
                            error);
    g_autoptr(GHashTable) staging = g_hash_table_new(g_str_hash, g_str_equal);
    json_t *row = NULL;
    gsize i = 0;

    json_array_foreach (rows, i, row) {
        g_hash_table_add(staging, (char *)text_at(row, 0));
    }
    for (guint k = 0; !run->dry_run && rows != NULL && k < names->len; k++) {
        const char *name = g_ptr_array_index(names, k);
        const char *dot = strrchr(name, '.');
        g_autofree char *id = g_strndup(name, dot == NULL ? 0 : (gsize)(dot - name));

        if (!g_hash_table_contains(staging, id) && tg_publish_lock_is_dead(run->catalog, id)) {
            tg_publish_lock_remove(run->catalog, id);
        }
    }
    return rows != NULL;
}

gboolean tg_publish_collect(TgCatalog *catalog, TgObjectStore *objects,
                            const TgPublishCollect *options, TgPublishCollected *out,
                            GError **error)
{
    const Collection run = {
        .catalog = catalog, .objects = objects, .dry_run = options->dry_run, .out = out};

    memset(out, 0, sizeof *out);
    if (tg_catalog_glue(catalog) != NULL) {
        return tg_publish_glue_collect(catalog, objects, options, out, error);
    }
    return collect_crashed(&run, error) &&
           collect_superseded(&run, options->now_ms - options->grace_ms, error) &&
           collect_locks(&run, error) &&
           (options->dry_run ||
            tg_object_collect_drafts(objects, &out->objects, &out->bytes, error));
}

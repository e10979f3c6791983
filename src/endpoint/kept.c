/* Objects and queries in one SQLite file. */
#include "endpoint/kept.h"

#include "database/sqlite.h"
#include "params/params.h"

static const char *const schema_steps[] = {
    "CREATE TABLE objects (kind TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL,"
    "  body TEXT NOT NULL, PRIMARY KEY (kind, scope, name)) WITHOUT ROWID;"
    "CREATE TABLE queries (id TEXT PRIMARY KEY, work_group TEXT NOT NULL, at_ms INTEGER NOT NULL,"
    "  state TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX queries_at ON queries (work_group, at_ms, id);",
    NULL};

struct TgKept {
    TgSqlite *database;
    GMutex mutex;
};

TgKept *tg_kept_open(const char *path, GError **error)
{
    g_autoptr(TgSqlite) database = tg_sqlite_open(path, error);
    TgKept *kept = NULL;

    /* A commit is not flushed to the device: thousands of queries a minute are bookkeeping. */
    if (database == NULL || !tg_sqlite_migrate(database, schema_steps, error) ||
        !tg_sqlite_run(database, error, "PRAGMA synchronous = OFF", "")) {
        return NULL;
    }
    kept = g_new0(TgKept, 1);
    kept->database = g_steal_pointer(&database);
    g_mutex_init(&kept->mutex);
    return kept;
}

void tg_kept_free(TgKept *kept)
{
    if (kept != NULL) {
        tg_sqlite_free(kept->database);
        g_mutex_clear(&kept->mutex);
        g_free(kept);
    }
}

/* The first column of each row: JSON that is parsed, or a text. */
static json_t *first_column(json_t *take_rows, gboolean is_json)
{
    json_t *list = take_rows == NULL ? NULL : json_array();
    json_t *row = NULL;
    gsize i = 0;

    json_array_foreach (take_rows, i, row) {
        json_t *cell = json_array_get(row, 0);

        json_array_append_new(list, is_json ? json_loads(json_string_value(cell), 0, NULL)
                                            : json_incref(cell));
    }
    json_decref(take_rows);
    return list;
}

static json_t *first_of(json_t *take_list)
{
    json_t *first = json_incref(json_array_get(take_list, 0));

    json_decref(take_list);
    return first;
}

gboolean tg_kept_get(TgKept *kept, const char *kind, const char *scope, const char *name,
                     json_t **out, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&kept->mutex);
    json_t *rows = tg_sqlite_select(
        kept->database, error, "SELECT body FROM objects WHERE kind = ? AND scope = ? AND name = ?",
        "sss", kind, scope, name);

    (void)locker;
    if (rows == NULL) {
        return FALSE;
    }
    *out = first_of(first_column(rows, TRUE));
    return TRUE;
}

gboolean tg_kept_put(TgKept *kept, const char *kind, const char *scope, const char *name,
                     const json_t *body, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&kept->mutex);
    g_autofree char *text = tg_params_to_json(body);

    (void)locker;
    return tg_sqlite_run(kept->database, error, "INSERT OR REPLACE INTO objects VALUES (?,?,?,?)",
                         "ssss", kind, scope, name, text);
}

gboolean tg_kept_remove(TgKept *kept, const char *kind, const char *scope, const char *name,
                        gboolean *out_found, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&kept->mutex);
    gboolean ok = tg_sqlite_run(kept->database, error,
                                "DELETE FROM objects WHERE kind = ? AND scope = ? AND name = ?",
                                "sss", kind, scope, name);

    (void)locker;
    if (ok && out_found != NULL) {
        *out_found = tg_sqlite_changes(kept->database) > 0;
    }
    return ok;
}

gboolean tg_kept_remove_scope(TgKept *kept, const char *kind, const char *scope, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&kept->mutex);

    (void)locker;
    return tg_sqlite_run(kept->database, error, "DELETE FROM objects WHERE kind = ? AND scope = ?",
                         "ss", kind, scope);
}

gboolean tg_kept_sweep(TgKept *kept, const char *kind, gint64 before_ms, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&kept->mutex);

    (void)locker;
    return tg_sqlite_run(kept->database, error,
                         "DELETE FROM objects WHERE kind = ? AND json_extract(body, '$.at_ms') < ?",
                         "si", kind, before_ms);
}

json_t *tg_kept_list(TgKept *kept, const char *kind, const char *scope, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&kept->mutex);

    (void)locker;
    return first_column(
        tg_sqlite_select(kept->database, error,
                         "SELECT body FROM objects WHERE kind = ? AND scope = ? ORDER BY name",
                         "ss", kind, scope),
        TRUE);
}

/* ---- queries -------------------------------------------------------------------------------- */

gboolean tg_kept_put_query(TgKept *kept, const char *id, const char *work_group, gint64 at_ms,
                           const json_t *body, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&kept->mutex);
    g_autofree char *text = tg_params_to_json(body);
    const json_t *state = tg_params_find_pointer(body, "/Status/State");

    (void)locker;
    return tg_sqlite_run(kept->database, error, "INSERT OR REPLACE INTO queries VALUES (?,?,?,?,?)",
                         "ssiss", id, work_group, at_ms, json_string_value(state), text);
}

json_t *tg_kept_list_queries(TgKept *kept, const char *work_group, const char *before,
                             gint64 count_max, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&kept->mutex);

    (void)locker;
    if (before == NULL) {
        return first_column(tg_sqlite_select(kept->database, error,
                                             "SELECT id FROM queries WHERE work_group = ?"
                                             " ORDER BY at_ms DESC, id DESC LIMIT ?",
                                             "si", work_group, count_max),
                            FALSE);
    }
    return first_column(
        tg_sqlite_select(kept->database, error,
                         "SELECT id FROM queries WHERE work_group = ? AND (at_ms, id) <"
                         " (SELECT at_ms, id FROM queries WHERE id = ?)"
                         " ORDER BY at_ms DESC, id DESC LIMIT ?",
                         "ssi", work_group, before, count_max),
        FALSE);
}

gboolean tg_kept_get_query(TgKept *kept, const char *id, json_t **out, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&kept->mutex);
    json_t *rows =
        tg_sqlite_select(kept->database, error, "SELECT body FROM queries WHERE id = ?", "s", id);

    (void)locker;
    if (rows == NULL) {
        return FALSE;
    }
    *out = first_of(first_column(rows, TRUE));
    return TRUE;
}

json_t *tg_kept_sweep_queries(TgKept *kept, gint64 before_ms, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&kept->mutex);

    (void)locker;
    if (!tg_sqlite_run(kept->database, error, "DELETE FROM queries WHERE at_ms < ?", "i",
                       before_ms)) {
        return NULL;
    }
    return first_column(tg_sqlite_select(kept->database, error,
                                         "SELECT body FROM queries WHERE state IN ('QUEUED',"
                                         " 'RUNNING')",
                                         ""),
                        TRUE);
}

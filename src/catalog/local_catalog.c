/* The local catalog: Glue's model in one SQLite file. */
#include "catalog/local_catalog.h"

#include <string.h>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "catalog/table.h"
#include "params/params.h"

/* One text a version; a released one is never edited. Documented in docs/formats.md. */
static const char *const schema_steps[] = {
    "CREATE TABLE databases (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE tables (db TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,"
    "  location TEXT, body TEXT NOT NULL, PRIMARY KEY (db, name)) WITHOUT ROWID;"
    "CREATE INDEX tables_location ON tables (location);"
    "CREATE TABLE table_versions (db TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,"
    "  body TEXT NOT NULL, PRIMARY KEY (db, name, version)) WITHOUT ROWID;"
    "CREATE TABLE partitions (db TEXT NOT NULL, tbl TEXT NOT NULL, vals TEXT NOT NULL,"
    "  location TEXT, body TEXT NOT NULL, PRIMARY KEY (db, tbl, vals)) WITHOUT ROWID;"
    "CREATE INDEX partitions_location ON partitions (location);"
    "CREATE TABLE publishes (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, db TEXT NOT NULL,"
    "  tbl TEXT NOT NULL, vals TEXT, state TEXT NOT NULL, prefix TEXT NOT NULL,"
    "  begun_at_ms INTEGER NOT NULL, published_at_ms INTEGER, superseded_at_ms INTEGER,"
    "  version INTEGER, n_rows INTEGER, n_bytes INTEGER, task TEXT, receipt TEXT,"
    "  before TEXT, after TEXT);"
    "CREATE INDEX publishes_of_table ON publishes (db, tbl, seq);",
    NULL};

static void local_free(TgCatalog *catalog)
{
    tg_sqlite_free(tg_local_catalog(catalog)->database);
    g_mutex_clear(&tg_local_catalog(catalog)->mutex);
    g_free(tg_local_catalog(catalog)->folder);
    g_free(catalog);
}

gboolean tg_catalog_enter(TgCatalog *catalog, GError **error)
{
    g_mutex_lock(&tg_local_catalog(catalog)->mutex);
    if (!tg_sqlite_begin(tg_local_catalog(catalog)->database, error)) {
        g_mutex_unlock(&tg_local_catalog(catalog)->mutex);
        return FALSE;
    }
    return TRUE;
}

gboolean tg_catalog_leave(TgCatalog *catalog, gboolean ok, GError **error)
{
    if (ok) {
        ok = tg_sqlite_commit(tg_local_catalog(catalog)->database, error);
    } else {
        tg_sqlite_rollback(tg_local_catalog(catalog)->database);
    }
    g_mutex_unlock(&tg_local_catalog(catalog)->mutex);
    return ok;
}

/* The JSON in the first column of each row, as one array. Takes the mutex. */
static json_t *select_bodies(TgCatalog *catalog, GError **error, const char *sql, const char *a,
                             const char *b)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&tg_local_catalog(catalog)->mutex);
    g_autoptr(json_t) rows = tg_sqlite_select(tg_local_catalog(catalog)->database, error, sql,
                                              a == NULL   ? ""
                                              : b == NULL ? "s"
                                                          : "ss",
                                              a, b);
    json_t *bodies = NULL;
    json_t *row = NULL;
    gsize i = 0;

    (void)locker;
    if (rows == NULL) {
        return NULL;
    }
    bodies = json_array();
    json_array_foreach (rows, i, row) {
        json_array_append_new(
            bodies, json_loads(json_string_value(json_array_get(row, 0)), JSON_DECODE_ANY, NULL));
    }
    return bodies;
}

static json_t *body_of_one(const json_t *rows)
{
    const char *text = json_string_value(json_array_get(json_array_get(rows, 0), 0));

    return text == NULL ? NULL : json_loads(text, 0, NULL);
}

gboolean tg_catalog_find_table(TgCatalog *catalog, const char *database, const char *table,
                               json_t **out, GError **error)
{
    g_autoptr(json_t) rows = tg_sqlite_select(tg_local_catalog(catalog)->database, error,
                                              "SELECT body FROM tables WHERE db = ? AND name = ?",
                                              "ss", database, table);

    *out = rows == NULL ? NULL : body_of_one(rows);
    return rows != NULL;
}

gboolean tg_catalog_find_partition(TgCatalog *catalog, const char *database, const char *table,
                                   const char *values_json, json_t **out, GError **error)
{
    g_autoptr(json_t) rows =
        tg_sqlite_select(tg_local_catalog(catalog)->database, error,
                         "SELECT body FROM partitions WHERE db = ? AND tbl = ? AND vals = ?", "sss",
                         database, table, values_json);

    *out = rows == NULL ? NULL : body_of_one(rows);
    return rows != NULL;
}

static json_t *local_get_database(TgCatalog *catalog, const char *database, GError **error)
{
    g_autofree char *name = tg_catalog_fold_name(database);
    g_autoptr(json_t) found =
        select_bodies(catalog, error, "SELECT body FROM databases WHERE name = ?", name, NULL);

    if (found == NULL) {
        return NULL;
    }
    if (json_array_size(found) == 0) {
        tg_catalog_fail_not_found(error, "database", name,
                                  tg_catalog_list_databases(catalog, NULL));
        return NULL;
    }
    return json_incref(json_array_get(found, 0));
}

static json_t *local_get_table(TgCatalog *catalog, const char *database, const char *table,
                               GError **error)
{
    g_autofree char *db = tg_catalog_fold_name(database);
    g_autofree char *name = tg_catalog_fold_name(table);
    g_autofree char *both = g_strdup_printf("%s.%s", db, name);
    g_autoptr(json_t) parent = tg_catalog_get_database(catalog, db, error);
    g_autoptr(json_t) found = NULL;

    if (parent == NULL) {
        return NULL;
    }
    found = select_bodies(catalog, error, "SELECT body FROM tables WHERE db = ? AND name = ?", db,
                          name);
    if (found == NULL) {
        return NULL;
    }
    if (json_array_size(found) == 0) {
        tg_catalog_fail_not_found(error, "table", both, tg_catalog_list_tables(catalog, db, NULL));
        return NULL;
    }
    return json_incref(json_array_get(found, 0));
}

char *tg_catalog_values_key(TgPartitionValues values)
{
    g_autoptr(json_t) array = json_array();

    for (guint i = 0; values[i] != NULL; i++) {
        json_array_append_new(array, json_string(values[i]));
    }
    return tg_params_to_json(array);
}

static json_t *local_get_partition(TgCatalog *catalog, const char *database, const char *table,
                                   TgPartitionValues values, GError **error)
{
    g_autofree char *db = tg_catalog_fold_name(database);
    g_autofree char *name = tg_catalog_fold_name(table);
    g_autofree char *key = tg_catalog_values_key(values);
    g_autoptr(json_t) parent = tg_catalog_get_table(catalog, db, name, error);
    json_t *found = NULL;

    if (parent == NULL) {
        return NULL;
    }
    g_mutex_lock(&tg_local_catalog(catalog)->mutex);
    gboolean ok = tg_catalog_find_partition(catalog, db, name, key, &found, error);

    g_mutex_unlock(&tg_local_catalog(catalog)->mutex);
    if (ok && found == NULL) {
        g_autofree char *path = tg_table_partition_path(parent, values);

        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "table %s.%s has no partition %s", db,
                    name, path);
    }
    return found;
}

static json_t *local_list_databases(TgCatalog *catalog, GError **error)
{
    return select_bodies(catalog, error, "SELECT body FROM databases ORDER BY name", NULL, NULL);
}

static json_t *local_list_tables(TgCatalog *catalog, const char *database, GError **error)
{
    g_autofree char *db = tg_catalog_fold_name(database);
    g_autoptr(json_t) parent = tg_catalog_get_database(catalog, db, error);

    return parent == NULL
               ? NULL
               : select_bodies(catalog, error, "SELECT body FROM tables WHERE db = ? ORDER BY name",
                               db, NULL);
}

static json_t *local_list_partitions(TgCatalog *catalog, const char *database, const char *table,
                                     GError **error)
{
    g_autofree char *db = tg_catalog_fold_name(database);
    g_autofree char *name = tg_catalog_fold_name(table);
    g_autoptr(json_t) parent = tg_catalog_get_table(catalog, db, name, error);

    return parent == NULL
               ? NULL
               : select_bodies(catalog, error,
                               "SELECT body FROM partitions WHERE db = ? AND tbl = ? ORDER BY vals",
                               db, name);
}

/* Time stamps of Glue: seconds with three decimals. */
static json_t *now_seconds(void)
{
    return json_real((double)tg_clock_now_ms() / 1000.0);
}

static gboolean check_name(const char *what, const char *name, GError **error)
{
    if (name == NULL || *name == '\0' || strlen(name) > 255 || strpbrk(name, "/\\\"'`") != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' cannot be the name of a %s: 1 to 255 bytes without quotes and slashes",
                    name == NULL ? "" : name, what);
        return FALSE;
    }
    return TRUE;
}

static gboolean local_create_database(TgCatalog *catalog, const json_t *input, GError **error)
{
    const char *given = tg_table_name(input);
    g_autofree char *name = tg_catalog_fold_name(given == NULL ? "" : given);
    g_autoptr(json_t) body = json_deep_copy(input);
    g_autofree char *text = NULL;

    if (!check_name("database", name, error)) {
        return FALSE;
    }
    json_object_set_new(body, "Name", json_string(name));
    json_object_set_new(body, "CreateTime", now_seconds());
    text = tg_params_to_json(body);
    if (!tg_catalog_enter(catalog, error)) {
        return FALSE;
    }
    gboolean ok = tg_sqlite_run(tg_local_catalog(catalog)->database, error,
                                "INSERT INTO databases VALUES (?, ?) ON CONFLICT DO NOTHING", "ss",
                                name, text);

    if (ok && tg_sqlite_changes(tg_local_catalog(catalog)->database) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT, "database '%s' exists already", name);
        ok = FALSE;
    }
    return tg_catalog_leave(catalog, ok, error);
}

gboolean tg_catalog_put_table(TgCatalog *catalog, const char *database, const char *table,
                              const json_t *body, gint64 *out_version, GError **error)
{
    g_autoptr(json_t) copy = json_deep_copy(body);
    g_autoptr(json_t) before = NULL;
    g_autoptr(json_t) newest = tg_sqlite_select(
        tg_local_catalog(catalog)->database, error,
        "SELECT max(version) FROM table_versions WHERE db = ? AND name = ?", "ss", database, table);
    g_autofree char *text = NULL;
    g_autofree char *version_text = NULL;

    if (newest == NULL || !tg_catalog_find_table(catalog, database, table, &before, error)) {
        return FALSE;
    }
    const json_t *last = json_array_get(json_array_get(newest, 0), 0);
    gint64 version = json_is_integer(last) ? json_integer_value(last) + 1 : 0;
    json_t *created = before == NULL ? NULL : json_object_get(before, "CreateTime");

    version_text = g_strdup_printf("%" G_GINT64_FORMAT, version);
    json_object_set_new(copy, "Name", json_string(table));
    json_object_set_new(copy, "DatabaseName", json_string(database));
    json_object_set_new(copy, "VersionId", json_string(version_text));
    json_object_set_new(copy, "UpdateTime", now_seconds());
    json_object_set_new(copy, "CreateTime", created == NULL ? now_seconds() : json_incref(created));
    text = tg_params_to_json(copy);
    *out_version = version;
    return tg_sqlite_run(tg_local_catalog(catalog)->database, error,
                         "INSERT OR REPLACE INTO tables VALUES (?,?,?,?,?)", "ssiss", database,
                         table, version, tg_table_location(copy), text) &&
           tg_sqlite_run(tg_local_catalog(catalog)->database, error,
                         "INSERT INTO table_versions VALUES (?,?,?,?)", "ssis", database, table,
                         version, text);
}

/* Inside a transaction: whether the database is there. */
static gboolean check_database(TgCatalog *catalog, const char *database, GError **error)
{
    g_autoptr(json_t) rows =
        tg_sqlite_select(tg_local_catalog(catalog)->database, error,
                         "SELECT 1 FROM databases WHERE name = ?", "s", database);

    if (rows != NULL && json_array_size(rows) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "database '%s' does not exist", database);
        return FALSE;
    }
    return rows != NULL;
}

static gboolean store_table(TgCatalog *catalog, const char *database, const json_t *input,
                            gboolean must_exist, GError **error)
{
    const char *given = tg_table_name(input);
    g_autofree char *db = tg_catalog_fold_name(database);
    g_autofree char *name = tg_catalog_fold_name(given == NULL ? "" : given);
    g_autoptr(json_t) before = NULL;
    gint64 version = 0;

    if (!check_name("table", name, error) ||
        (strcmp(db, "default") == 0 && !tg_catalog_ensure_database(catalog, db, error)) ||
        !tg_catalog_enter(catalog, error)) {
        return FALSE;
    }
    gboolean ok = check_database(catalog, db, error) &&
                  tg_catalog_find_table(catalog, db, name, &before, error);

    if (ok && must_exist != (before != NULL)) {
        g_set_error(error, TG_ERROR, must_exist ? TG_ERROR_NOT_FOUND : TG_ERROR_CONFLICT,
                    must_exist ? "table '%s.%s' does not exist" : "table '%s.%s' exists already",
                    db, name);
        ok = FALSE;
    }
    ok = ok && tg_catalog_put_table(catalog, db, name, input, &version, error) &&
         tg_catalog_mark_superseded(catalog, db, name, tg_clock_now_ms(), error);
    return tg_catalog_leave(catalog, ok, error);
}

static gboolean local_create_table(TgCatalog *catalog, const char *database, const json_t *input,
                                   GError **error)
{
    return store_table(catalog, database, input, FALSE, error);
}

static gboolean local_update_table(TgCatalog *catalog, const char *database, const json_t *input,
                                   GError **error)
{
    return store_table(catalog, database, input, TRUE, error);
}

gboolean tg_catalog_remove_table(TgCatalog *catalog, const char *database, const char *table,
                                 GError **error)
{
    return tg_sqlite_run(tg_local_catalog(catalog)->database, error,
                         "DELETE FROM tables WHERE db = ? AND name = ?", "ss", database, table) &&
           tg_catalog_remove_partitions(catalog, database, table, NULL, error);
}

static gboolean local_drop_table(TgCatalog *catalog, const char *database, const char *table,
                                 GError **error)
{
    g_autofree char *db = tg_catalog_fold_name(database);
    g_autofree char *name = tg_catalog_fold_name(table);
    g_autoptr(json_t) before = tg_catalog_get_table(catalog, db, name, error);

    if (before == NULL || !tg_catalog_enter(catalog, error)) {
        return FALSE;
    }
    gboolean ok = tg_catalog_remove_table(catalog, db, name, error) &&
                  tg_catalog_mark_superseded(catalog, db, name, tg_clock_now_ms(), error);

    return tg_catalog_leave(catalog, ok, error);
}

/* Inside a transaction: drops all tables of a database. */
static gboolean drop_all_tables(TgCatalog *catalog, const char *database, GError **error)
{
    g_autoptr(json_t) rows =
        tg_sqlite_select(tg_local_catalog(catalog)->database, error,
                         "SELECT name FROM tables WHERE db = ?", "s", database);
    json_t *row = NULL;
    gsize i = 0;

    json_array_foreach (rows, i, row) {
        const char *name = json_string_value(json_array_get(row, 0));

        if (!tg_catalog_remove_table(catalog, database, name, error) ||
            !tg_catalog_mark_superseded(catalog, database, name, tg_clock_now_ms(), error)) {
            return FALSE;
        }
    }
    return rows != NULL;
}

static gboolean local_drop_database(TgCatalog *catalog, const char *database, gboolean cascade,
                                    GError **error)
{
    g_autofree char *db = tg_catalog_fold_name(database);
    g_autoptr(json_t) tables = tg_catalog_list_tables(catalog, db, error);

    if (tables == NULL) {
        return FALSE;
    }
    if (!cascade && json_array_size(tables) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "database '%s' still has %zu tables; drop them first, or add CASCADE", db,
                    json_array_size(tables));
        return FALSE;
    }
    if (!tg_catalog_enter(catalog, error)) {
        return FALSE;
    }
    gboolean ok = drop_all_tables(catalog, db, error) &&
                  tg_sqlite_run(tg_local_catalog(catalog)->database, error,
                                "DELETE FROM databases WHERE name = ?", "s", db);

    return tg_catalog_leave(catalog, ok, error);
}

static const TgCatalogClass local_class = {.get_database = local_get_database,
                                           .get_table = local_get_table,
                                           .get_partition = local_get_partition,
                                           .list_databases = local_list_databases,
                                           .list_tables = local_list_tables,
                                           .list_partitions = local_list_partitions,
                                           .create_database = local_create_database,
                                           .create_table = local_create_table,
                                           .update_table = local_update_table,
                                           .drop_table = local_drop_table,
                                           .drop_database = local_drop_database,
                                           .create_partitions = tg_local_create_partitions,
                                           .update_partition = tg_local_update_partition,
                                           .drop_partition = tg_local_drop_partition,
                                           .free = local_free};

TgLocalCatalog *tg_local_catalog(TgCatalog *catalog)
{
    g_assert(catalog->class == &local_class);
    return (TgLocalCatalog *)catalog;
}

TgCatalog *tg_catalog_open(const char *path, GError **error)
{
    g_autoptr(TgSqlite) database = tg_sqlite_open(path, error);
    TgLocalCatalog *catalog = NULL;

    if (database == NULL || !tg_sqlite_migrate(database, schema_steps, error)) {
        return NULL;
    }
    catalog = g_new0(TgLocalCatalog, 1);
    catalog->base.class = &local_class;
    catalog->database = g_steal_pointer(&database);
    catalog->folder = g_path_get_dirname(path);
    g_mutex_init(&catalog->mutex);
    return &catalog->base;
}

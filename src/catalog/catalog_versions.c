/* What Glue's API has beside the rest, of a local catalog: databases that change, versions. */
#include "base/clock.h"
#include "catalog/local_catalog.h"
#include "catalog/table.h"
#include "params/params.h"

gboolean tg_catalog_update_database(TgCatalog *catalog, const char *database, const json_t *input,
                                    GError **error)
{
    g_autofree char *name = tg_catalog_fold_name(database);
    g_autoptr(json_t) before = tg_catalog_get_database(catalog, name, error);
    g_autoptr(json_t) body = json_deep_copy(input);
    g_autofree char *text = NULL;

    if (before == NULL) {
        return FALSE;
    }
    json_object_set_new(body, "Name", json_string(name));
    json_object_set(body, "CreateTime", json_object_get(before, "CreateTime"));
    text = tg_params_to_json(body);
    if (!tg_catalog_enter(catalog, error)) {
        return FALSE;
    }
    gboolean ok = tg_sqlite_run(tg_local_catalog(catalog)->database, error,
                                "UPDATE databases SET body = ? WHERE name = ?", "ss", text, name);

    return tg_catalog_leave(catalog, ok, error);
}

/* Inside a transaction. */
static gboolean replace(TgCatalog *catalog, const json_t *before, const json_t *input,
                        gint64 expected_version, gboolean keeps_version, GError **error)
{
    const char *database = tg_table_database(before);
    const char *name = tg_table_name(before);
    gint64 version = 0;

    if (expected_version >= 0 && tg_table_version(before) != expected_version) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "table %s.%s is at version %" G_GINT64_FORMAT ", not at %" G_GINT64_FORMAT
                    ": somebody else changed it",
                    database, name, tg_table_version(before), expected_version);
        return FALSE;
    }
    return tg_catalog_put_table(catalog, database, name, input, &version, error) &&
           (keeps_version ||
            tg_sqlite_run(tg_local_catalog(catalog)->database, error,
                          "DELETE FROM table_versions WHERE db = ? AND name = ? AND version = ?",
                          "ssi", database, name, tg_table_version(before))) &&
           tg_catalog_mark_superseded(catalog, database, name, tg_clock_now_ms(), error);
}

gboolean tg_catalog_replace_table(TgCatalog *catalog, const char *database, const json_t *input,
                                  gint64 expected_version, gboolean keeps_version, GError **error)
{
    const char *given = tg_table_name(input);
    g_autofree char *db = tg_catalog_fold_name(database);
    g_autofree char *name = tg_catalog_fold_name(given == NULL ? "" : given);
    g_autoptr(json_t) before = NULL;

    if (!tg_catalog_enter(catalog, error)) {
        return FALSE;
    }
    gboolean ok = tg_catalog_find_table(catalog, db, name, &before, error);

    if (ok && before == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "table '%s.%s' does not exist", db, name);
        ok = FALSE;
    }
    ok = ok && replace(catalog, before, input, expected_version, keeps_version, error);
    return tg_catalog_leave(catalog, ok, error);
}

json_t *tg_catalog_list_table_versions(TgCatalog *catalog, const char *database, const char *table,
                                       GError **error)
{
    g_autoptr(json_t) present = tg_catalog_get_table(catalog, database, table, error);
    g_autoptr(json_t) rows = NULL;
    json_t *versions = NULL;
    json_t *row = NULL;
    gsize i = 0;

    if (present == NULL) {
        return NULL;
    }
    g_mutex_lock(&tg_local_catalog(catalog)->mutex);
    rows = tg_sqlite_select(tg_local_catalog(catalog)->database, error,
                            "SELECT body FROM table_versions WHERE db = ? AND name = ?"
                            " ORDER BY version DESC",
                            "ss", tg_table_database(present), tg_table_name(present));
    g_mutex_unlock(&tg_local_catalog(catalog)->mutex);
    versions = rows == NULL ? NULL : json_array();
    json_array_foreach (rows, i, row) {
        json_array_append_new(versions,
                              json_loads(json_string_value(json_array_get(row, 0)), 0, NULL));
    }
    return versions;
}

gboolean tg_catalog_drop_table_version(TgCatalog *catalog, const char *database, const char *table,
                                       gint64 version, GError **error)
{
    g_autoptr(json_t) present = tg_catalog_get_table(catalog, database, table, error);

    if (present == NULL) {
        return FALSE;
    }
    if (tg_table_version(present) == version) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "version %" G_GINT64_FORMAT " is what table %s.%s is now", version,
                    tg_table_database(present), tg_table_name(present));
        return FALSE;
    }
    if (!tg_catalog_enter(catalog, error)) {
        return FALSE;
    }
    gboolean ok =
        tg_sqlite_run(tg_local_catalog(catalog)->database, error,
                      "DELETE FROM table_versions WHERE db = ? AND name = ? AND version = ?", "ssi",
                      tg_table_database(present), tg_table_name(present), version);

    if (ok && tg_sqlite_changes(tg_local_catalog(catalog)->database) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "table %s.%s has no version %" G_GINT64_FORMAT, tg_table_database(present),
                    tg_table_name(present), version);
        ok = FALSE;
    }
    return tg_catalog_leave(catalog, ok, error);
}

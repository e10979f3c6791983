/* A thin cover of SQLite's C interface. */
#include "database/sqlite.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"

#define RETRY_MS 5

struct TgSqlite {
    sqlite3 *handle;
    char *path;
    GHashTable *statements; /* SQL text -> sqlite3_stmt */
};

/* Which of our codes fits a result of SQLite. */
static TgErrorCode code_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return TG_ERROR_RETRY;
    case SQLITE_CONSTRAINT:
        return TG_ERROR_CONFLICT;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return TG_ERROR_DENIED;
    case SQLITE_CANTOPEN:
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return TG_ERROR_CONFIG;
    default:
        return TG_ERROR_BUG;
    }
}

static void set_error(const TgSqlite *database, GError **error)
{
    int result = sqlite3_extended_errcode(database->handle);

    g_set_error(error, TG_ERROR, code_of(result), "%s: %s", database->path,
                sqlite3_errmsg(database->handle));
}

static void finalize(gpointer statement)
{
    (void)sqlite3_finalize(statement); /* repeats the error of the last step, known already */
}

static gboolean execute(TgSqlite *database, const char *sql, GError **error)
{
    if (sqlite3_exec(database->handle, sql, NULL, NULL, NULL) != SQLITE_OK) {
        set_error(database, error);
        return FALSE;
    }
    return TRUE;
}

/* The switch to a log does not wait for others as statements do: two programs that open a new file
 * at a time meet here. */
static gboolean use_log(TgSqlite *database, GError **error)
{
    gint64 end_us = tg_clock_monotonic_us() + TG_SQLITE_BUSY_MS * (gint64)1000;

    for (;;) {
        g_autoptr(GError) problem = NULL;

        if (execute(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", &problem)) {
            return TRUE;
        }
        if (((guint)sqlite3_errcode(database->handle) & 0xffu) != SQLITE_BUSY ||
            tg_clock_monotonic_us() > end_us) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
        (void)tg_clock_pause(RETRY_MS, NULL); /* nobody cancels it */
    }
}

TgSqlite *tg_sqlite_open(const char *path, GError **error)
{
    g_autoptr(TgSqlite) database = g_new0(TgSqlite, 1);
    g_autofree char *folder = g_path_get_dirname(path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

    database->path = g_strdup(path);
    database->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finalize);
    if (strcmp(path, ":memory:") != 0 && !tg_file_make_folder(folder, error)) {
        return NULL;
    }
    if (sqlite3_open_v2(path, &database->handle, flags, NULL) != SQLITE_OK) {
        set_error(database, error);
        return NULL;
    }
    (void)sqlite3_extended_result_codes(database->handle, 1);
    (void)sqlite3_busy_timeout(database->handle, TG_SQLITE_BUSY_MS);
    /* The log is moved into the file when it has grown, not by each command that ends. */
    (void)sqlite3_db_config(database->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return use_log(database, error) ? g_steal_pointer(&database) : NULL;
}

void tg_sqlite_free(TgSqlite *database)
{
    if (database == NULL) {
        return;
    }
    g_hash_table_unref(database->statements);
    (void)sqlite3_close(database->handle); /* all statements are gone, so it cannot fail */
    g_free(database->path);
    g_free(database);
}

static sqlite3_stmt *prepare(TgSqlite *database, const char *sql, GError **error)
{
    sqlite3_stmt *statement = g_hash_table_lookup(database->statements, sql);

    if (statement != NULL) {
        return statement;
    }
    if (sqlite3_prepare_v3(database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                           NULL) != SQLITE_OK) {
        set_error(database, error);
        return NULL;
    }
    g_hash_table_insert(database->statements, g_strdup(sql), statement);
    return statement;
}

/* Texts are lent until the statement was run. */
static int bind_one(sqlite3_stmt *statement, int index, char type, va_list *values)
{
    if (type == 's') {
        return sqlite3_bind_text(statement, index, va_arg(*values, const char *), -1,
                                 SQLITE_STATIC);
    }
    gint64 number = va_arg(*values, gint64);

    return type == 'n' && number == -1 ? sqlite3_bind_null(statement, index)
                                       : sqlite3_bind_int64(statement, index, number);
}

/* A value that is not bound would be null: a DELETE would remove nothing and succeed. */
static gboolean bind_all(TgSqlite *database, sqlite3_stmt *statement, const char *types,
                         va_list *values, GError **error)
{
    for (int i = 0; types[i] != '\0'; i++) {
        if (bind_one(statement, i + 1, types[i], values) != SQLITE_OK) {
            set_error(database, error);
            (void)sqlite3_clear_bindings(statement);
            return FALSE;
        }
    }
    return TRUE;
}

/* NULL: a text for which there is no memory, or that is no UTF-8. */
static json_t *cell(sqlite3_stmt *statement, int column)
{
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(statement, column));
    case SQLITE_NULL:
        return json_null();
    default:
        return json_stringn((const char *)sqlite3_column_text(statement, column),
                            (gsize)sqlite3_column_bytes(statement, column));
    }
}

static gboolean append_row(const TgSqlite *database, sqlite3_stmt *statement, json_t *rows,
                           GError **error)
{
    json_t *row = json_array();

    json_array_append_new(rows, row);
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        if (json_array_append_new(row, cell(statement, i)) != 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "%s: a text in column '%s' cannot be read: it is no UTF-8, or memory is "
                        "out",
                        database->path, sqlite3_column_name(statement, i));
            return FALSE;
        }
    }
    return TRUE;
}

/* Steps to the end; rows are appended to `rows` when it is not NULL. */
static gboolean step_all(TgSqlite *database, sqlite3_stmt *statement, json_t *rows, GError **error)
{
    int result = SQLITE_ROW;
    gboolean ok = TRUE;

    while (ok && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        ok = rows == NULL || append_row(database, statement, rows, error);
    }
    if (ok && result != SQLITE_DONE) {
        set_error(database, error);
        ok = FALSE;
    }
    (void)sqlite3_reset(statement); /* the error was read above */
    (void)sqlite3_clear_bindings(statement);
    return ok;
}

gboolean tg_sqlite_run(TgSqlite *database, GError **error, const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement = prepare(database, sql, error);
    va_list values;

    if (statement == NULL) {
        return FALSE;
    }
    va_start(values, types);
    gboolean ok = bind_all(database, statement, types, &values, error);

    va_end(values);
    return ok && step_all(database, statement, NULL, error);
}

json_t *tg_sqlite_select(TgSqlite *database, GError **error, const char *sql, const char *types,
                         ...)
{
    sqlite3_stmt *statement = prepare(database, sql, error);
    json_t *rows = NULL;
    va_list values;

    if (statement == NULL) {
        return NULL;
    }
    va_start(values, types);
    gboolean ok = bind_all(database, statement, types, &values, error);

    va_end(values);
    rows = json_array();
    if (!ok || !step_all(database, statement, rows, error)) {
        json_decref(rows);
        return NULL;
    }
    return rows;
}

guint tg_sqlite_changes(const TgSqlite *database)
{
    return (guint)sqlite3_changes(database->handle);
}

gboolean tg_sqlite_begin(TgSqlite *database, GError **error)
{
    return execute(database, "BEGIN IMMEDIATE", error);
}

gboolean tg_sqlite_commit(TgSqlite *database, GError **error)
{
    if (!execute(database, "COMMIT", error)) {
        tg_sqlite_rollback(database);
        return FALSE;
    }
    return TRUE;
}

void tg_sqlite_rollback(TgSqlite *database)
{
    /* Fails only when SQLite has rolled back by itself, which is what is wanted. */
    (void)sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
}

static gboolean read_version(TgSqlite *database, gint64 *out, GError **error)
{
    json_t *rows = tg_sqlite_select(database, error, "PRAGMA user_version", "");

    if (rows == NULL) {
        return FALSE;
    }
    *out = json_integer_value(json_array_get(json_array_get(rows, 0), 0));
    json_decref(rows);
    return TRUE;
}

static gboolean run_steps(TgSqlite *database, const char *const *steps, gint64 newest,
                          GError **error)
{
    gint64 version = 0;

    /* Read again: another process may have migrated while this one waited for the lock. */
    if (!read_version(database, &version, error)) {
        return FALSE;
    }
    for (; version < newest; version++) {
        g_autofree char *pragma =
            g_strdup_printf("PRAGMA user_version = %" G_GINT64_FORMAT, version + 1);

        if (!execute(database, steps[version], error) || !execute(database, pragma, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean tg_sqlite_migrate(TgSqlite *database, const char *const *steps, GError **error)
{
    gint64 newest = g_strv_length((char **)steps);
    gint64 version = 0;

    if (!read_version(database, &version, error)) {
        return FALSE;
    }
    if (version > newest) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s was written by a newer Tegaru (format %" G_GINT64_FORMAT
                    ", this one knows %" G_GINT64_FORMAT "); upgrade this program",
                    database->path, version, newest);
        return FALSE;
    }
    if (version == newest) {
        return TRUE;
    }
    if (!tg_sqlite_begin(database, error)) {
        return FALSE;
    }
    if (!run_steps(database, steps, newest, error)) {
        tg_sqlite_rollback(database);
        return FALSE;
    }
    return tg_sqlite_commit(database, error);
}

/* Reading SQLite files: no trust in the file, no change to it. */
#include "database/sqlite_reader.h"

#include <sqlite3.h>

#include "database/sqlite.h"

#define VALUE_BYTES_MAX (512 * 1024 * 1024)

struct TgSqliteReader {
    sqlite3 *handle;
    sqlite3_stmt *statement;
    char *path;
};

static gboolean fail(const TgSqliteReader *reader, GError **error)
{
    guint result = (guint)sqlite3_errcode(reader->handle) & 0xffu;
    TgErrorCode code = TG_ERROR_CONFIG;

    if (result == SQLITE_BUSY || result == SQLITE_LOCKED || result == SQLITE_IOERR) {
        code = TG_ERROR_RETRY;
    } else if (result == SQLITE_CANTOPEN) {
        code = TG_ERROR_NOT_FOUND;
    }
    g_set_error(error, TG_ERROR, (int)code, "%s: %s", reader->path, sqlite3_errmsg(reader->handle));
    return FALSE;
}

TgSqliteReader *tg_sqlite_reader_open(const char *path, GError **error)
{
    g_autoptr(TgSqliteReader) reader = g_new0(TgSqliteReader, 1);

    reader->path = g_strdup(path);
    if (sqlite3_open_v2(path, &reader->handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        (void)fail(reader, error);
        return NULL;
    }
    (void)sqlite3_busy_timeout(reader->handle, TG_SQLITE_BUSY_MS);
    /* A file's own views and triggers may not reach beyond it. */
    (void)sqlite3_db_config(reader->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(reader->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(reader->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    (void)sqlite3_limit(reader->handle, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
    (void)sqlite3_limit(reader->handle, SQLITE_LIMIT_ATTACHED, 0);
    return g_steal_pointer(&reader);
}

void tg_sqlite_reader_free(TgSqliteReader *reader)
{
    if (reader == NULL) {
        return;
    }
    (void)sqlite3_finalize(reader->statement); /* repeats the error of the last step */
    (void)sqlite3_close(reader->handle);
    g_free(reader->path);
    g_free(reader);
}

gboolean tg_sqlite_reader_query(TgSqliteReader *reader, const char *sql, GError **error)
{
    const char *rest = NULL;

    (void)sqlite3_finalize(reader->statement);
    reader->statement = NULL;
    if (sqlite3_prepare_v2(reader->handle, sql, -1, &reader->statement, &rest) != SQLITE_OK) {
        return fail(reader, error);
    }
    if (reader->statement == NULL || sqlite3_column_count(reader->statement) == 0 ||
        !sqlite3_stmt_readonly(reader->statement)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: the query returns no rows: %s",
                    reader->path, sql);
        return FALSE;
    }
    while (g_ascii_isspace(*rest) || *rest == ';') {
        rest++;
    }
    if (*rest != '\0') {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: only one statement can be read, but behind it comes: %s", reader->path,
                    rest);
        return FALSE;
    }
    return TRUE;
}

guint tg_sqlite_reader_count(const TgSqliteReader *reader)
{
    return (guint)sqlite3_column_count(reader->statement);
}

const char *tg_sqlite_reader_name(const TgSqliteReader *reader, guint column)
{
    return sqlite3_column_name(reader->statement, (int)column);
}

const char *tg_sqlite_reader_declared(const TgSqliteReader *reader, guint column)
{
    return sqlite3_column_decltype(reader->statement, (int)column);
}

gboolean tg_sqlite_reader_next(TgSqliteReader *reader, gboolean *out_has_row, GError **error)
{
    int result = sqlite3_step(reader->statement);

    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        return fail(reader, error);
    }
    *out_has_row = result == SQLITE_ROW;
    return TRUE;
}

/* SQLite has a NULL for what it has no memory for, which must not become a null of the data. */
static const char *bytes_or_end(const TgSqliteReader *reader, const void *bytes)
{
    if (bytes == NULL && sqlite3_errcode(sqlite3_db_handle(reader->statement)) == SQLITE_NOMEM) {
        g_error("out of memory while SQLite reads a value");
    }
    return bytes == NULL ? "" : bytes;
}

TgSqliteValue tg_sqlite_reader_value(const TgSqliteReader *reader, guint column)
{
    sqlite3_stmt *statement = reader->statement;
    int index = (int)column;
    TgSqliteValue value = {.kind = TG_SQLITE_NULL};

    switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
        value.kind = TG_SQLITE_INTEGER;
        value.integer = sqlite3_column_int64(statement, index);
        return value;
    case SQLITE_FLOAT:
        value.kind = TG_SQLITE_REAL;
        value.real = sqlite3_column_double(statement, index);
        return value;
    case SQLITE_TEXT:
        value.kind = TG_SQLITE_TEXT;
        value.bytes = bytes_or_end(reader, sqlite3_column_text(statement, index));
        value.size = (gsize)sqlite3_column_bytes(statement, index);
        return value;
    case SQLITE_BLOB:
        value.kind = TG_SQLITE_BLOB;
        value.bytes = bytes_or_end(reader, sqlite3_column_blob(statement, index));
        value.size = (gsize)sqlite3_column_bytes(statement, index);
        return value;
    default:
        return value;
    }
}

/* SQLite: one connection, statements kept, rows as JSON. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"

#define TG_SQLITE_BUSY_MS 30000 /* how long a statement waits for another process */

/* A connection. One thread at a time. */
typedef struct TgSqlite TgSqlite;

/**
 * Opens or makes a database in WAL mode, every commit flushed to the device.
 *
 * @path absolute, or ":memory:"; missing folders are made
 */
TgSqlite *tg_sqlite_open(const char *path, GError **error);
void tg_sqlite_free(TgSqlite *database);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgSqlite, tg_sqlite_free)

/**
 * Brings the schema to the newest version, in one transaction. PRAGMA user_version holds the
 * version; a newer one than known is TG_ERROR_CONFIG.
 *
 * @steps NULL-terminated: steps[i] is the SQL (several statements) from version i to i + 1
 */
gboolean tg_sqlite_migrate(TgSqlite *database, const char *const *steps, GError **error);

/**
 * Runs one statement.
 *
 * @types one letter a value that follows: 's' const char * (NULL is null), 'i' gint64, 'n' gint64
 *        where -1 is null
 */
gboolean tg_sqlite_run(TgSqlite *database, GError **error, const char *sql, const char *types, ...);

/* The rows of one statement as an array of arrays (text, integers, null). A new reference. */
json_t *tg_sqlite_select(TgSqlite *database, GError **error, const char *sql, const char *types,
                         ...);

/* Rows that the last statement changed. */
guint tg_sqlite_changes(const TgSqlite *database);

/* A transaction that takes the write lock at once; end it with exactly one of the other two. */
gboolean tg_sqlite_begin(TgSqlite *database, GError **error);
gboolean tg_sqlite_commit(TgSqlite *database, GError **error);
void tg_sqlite_rollback(TgSqlite *database);

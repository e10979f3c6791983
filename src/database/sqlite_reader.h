/* Rows of a SQLite file that is only read, as it lies there; it may come from anyone. */
#pragma once

#include <glib.h>

#include "base/error.h"

typedef struct TgSqliteReader TgSqliteReader;

/* Opens a file that must be there. Errors: NOT_FOUND; CONFIG when it is no database. */
TgSqliteReader *tg_sqlite_reader_open(const char *path, GError **error);
void tg_sqlite_reader_free(TgSqliteReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgSqliteReader, tg_sqlite_reader_free)

/* Starts a statement that returns rows, instead of the one before; a mistake in it, or one that
 * would change something, is CONFIG. All rows are of one moment. */
gboolean tg_sqlite_reader_query(TgSqliteReader *reader, const char *sql, GError **error);

guint tg_sqlite_reader_count(const TgSqliteReader *reader); /* of columns */
const char *tg_sqlite_reader_name(const TgSqliteReader *reader, guint column);
/* The type as the table declares it; NULL for an expression or a column without one. */
const char *tg_sqlite_reader_declared(const TgSqliteReader *reader, guint column);

typedef enum {
    TG_SQLITE_NULL,
    TG_SQLITE_INTEGER,
    TG_SQLITE_REAL,
    TG_SQLITE_TEXT,
    TG_SQLITE_BLOB
} TgSqliteKind;

/* A value, whose type is its own and not the column's. */
typedef struct {
    TgSqliteKind kind;
    gint64 integer;
    double real;
    const char *bytes; /* of TEXT and BLOB; lent until the next row */
    gsize size;
} TgSqliteValue;

/* Steps to the next row; *out_has_row is FALSE behind the last. */
gboolean tg_sqlite_reader_next(TgSqliteReader *reader, gboolean *out_has_row, GError **error);

TgSqliteValue tg_sqlite_reader_value(const TgSqliteReader *reader, guint column);

/* What the parts of the sqlite input share. */
#pragma once

#include "database/sqlite_reader.h"
#include "loader/database_column.h"
#include "loader/plugin.h"

/* How one column of the query becomes one of the load. */
typedef struct {
    TgDatabaseColumn column;
} SqliteColumn;

typedef struct {
    guint count;
    SqliteColumn *columns;
    gboolean exact;
    gboolean is_lossy; /* values of another type may become null */
} SqlitePlan;

/**
 * Decides on types: by `column_options`, else the declared type, else the value of the first row;
 * fills the schema.
 *
 * @has_row whether the reader stands on the first row
 */
gboolean sqlite_plan_read(SqlitePlan *plan, const TgSqliteReader *reader, gboolean has_row,
                          const json_t *config, TgSchema *schema, GError **error);
void sqlite_plan_clear(SqlitePlan *plan);

/* Puts a value that is not null into a vector. NULL, or why it cannot be (lent). */
const char *sqlite_value_set(const SqlitePlan *plan, guint column, const TgSqliteValue *value,
                             TgVector *vector, guint row);

/* What the parts of the mysql input share (embulk-input-mysql, embulk-input-jdbc). */
#pragma once

#include "database/mysql.h"
#include "loader/plugin.h"
#include "loader/time_format.h"

/* How one column of the query becomes one of the load. */
typedef struct {
    TgMysqlKind kind;
    TgType type;
    TgTimeFormat *format; /* of times that become texts; NULL: as MySQL writes them */
    TgTimeZone *zone;     /* of such texts */
} MysqlColumn;

typedef struct {
    guint count;
    MysqlColumn *columns;
    gboolean exact;
    gboolean is_lossy; /* zero dates may become null */
} MysqlPlan;

/* Decides on types by the query's fields and `column_options`; fills the schema. */
gboolean mysql_plan_read(MysqlPlan *plan, const TgMysqlCursor *cursor, const json_t *config,
                         TgSchema *schema, GError **error);
void mysql_plan_clear(MysqlPlan *plan);

/* Puts a text of the server into a vector. NULL, or why it cannot be (lent). */
const char *mysql_value_set(const MysqlPlan *plan, guint column, const char *text, gsize size_bytes,
                            TgVector *vector, guint row);

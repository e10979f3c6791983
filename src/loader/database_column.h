/* `column_options` of a database input (embulk-input-jdbc), and times as servers write them. */
#pragma once

#include <jansson.h>

#include "columns/batch.h"
#include "loader/time_format.h"

/* How a column becomes one of the load. */
typedef struct {
    TgType type;
    TgTimeFormat *format; /* of times that become texts; NULL: as the server writes them */
    TgTimeZone *zone;     /* of such texts */
} TgDatabaseColumn;

void tg_database_column_clear(TgDatabaseColumn *column);

/* A field of the result. */
typedef struct {
    const char *name;
    const char *type_name; /* the server's, for default_column_options */
} TgDatabaseField;

/* Whether the options name a type for the field, which then goes before the usual one. */
gboolean tg_database_column_is_typed(const json_t *config, const TgDatabaseField *field);

/* Reads `type`, else what follows from `value_type`, and `timestamp_format`, `timezone` into a
 * column that has its usual type. */
gboolean tg_database_column_read(TgDatabaseColumn *column, const json_t *config,
                                 const TgDatabaseField *field, gboolean exact, GError **error);

/* --- times as texts of a server --- */

/* "2015-01-27", "12015-01-27", "0044-03-15 BC" as days since 1970; FALSE: no date, as a zero one.
 */
gboolean tg_database_parse_date(const char *text, gsize size, gint64 *out_days);

/* "2015-01-27 19:23:49.5", also with "+09", "+09:30" and " BC" behind, as microseconds since 1970.
 */
gboolean tg_database_parse_timestamp(const char *text, gsize size, gint64 *out_micros);

/* "-838:59:59.5" as microseconds. */
gboolean tg_database_parse_time(const char *text, gsize size, gint64 *out_micros);

/* Puts an instant (microseconds since 1970) into a DATE, TIMESTAMP or STRING vector. NULL, or why
 * it does not fit (lent). */
const char *tg_database_set_instant(const TgDatabaseColumn *column, gint64 micros, TgVector *vector,
                                    guint row);

/* Rows of an option table. */
#define TG_DATABASE_COLUMN_OPTIONS                                                                 \
    {"column_options", "map", "{}", "By column: type, value_type, timestamp_format, timezone."},   \
        {"default_column_options", "map", "{}", "The same by the server's type."},                 \
    {                                                                                              \
        "default_timezone", "text", "UTC", "Zone of timestamps that become texts."                 \
    }

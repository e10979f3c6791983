/* Values of PostgreSQL as Digdag shows them, which is as its JDBC driver and Java do. */
#pragma once

#include <jansson.h>

#include "database/postgresql.h"

/* What Java's toString() gives, for CSV. The caller frees. */
char *tg_pg_value_text(const TgPostgresqlField *field, const char *value);

/**
 * What Jackson makes of the driver's object, for last_results: numbers, booleans, texts, dates and
 * timestamps as milliseconds, bytes as base64, and of all other types {type, value, null}. A new
 * reference.
 *
 * @zone the session's time zone
 * @type_name of a type that the driver has no class for ("inet"); NULL: a text
 */
json_t *tg_pg_value_json(const TgPostgresqlField *field, const char *value, GTimeZone *zone,
                         const char *type_name);

/* Whether `type_name` is needed for a type. */
gboolean tg_pg_value_needs_name(guint type);

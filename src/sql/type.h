/* Athena's types, and their names in Hive (catalog), Trino (SQL) and DuckDB (engine). */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "sql/arena.h"

typedef enum {
    TG_SQL_UNKNOWN, /* of NULL */
    TG_SQL_BOOLEAN,
    TG_SQL_TINYINT,
    TG_SQL_SMALLINT,
    TG_SQL_INTEGER,
    TG_SQL_BIGINT,
    TG_SQL_DECIMAL,
    TG_SQL_REAL,
    TG_SQL_DOUBLE,
    TG_SQL_VARCHAR,
    TG_SQL_CHAR,
    TG_SQL_VARBINARY,
    TG_SQL_DATE,
    TG_SQL_TIME,
    TG_SQL_TIMESTAMP,
    TG_SQL_TIMESTAMP_TZ,
    TG_SQL_INTERVAL_DAY,   /* day to second */
    TG_SQL_INTERVAL_MONTH, /* year to month */
    TG_SQL_JSON,
    TG_SQL_UUID,
    TG_SQL_ARRAY,
    TG_SQL_MAP,
    TG_SQL_ROW
} TgSqlTypeId;

/* How a timestamp with time zone is kept: as an instant, which is shown in UTC, or together with
 * its local time and zone: STRUCT(t TIMESTAMPTZ, l TIMESTAMP, z VARCHAR). */
typedef enum {
    TG_SQL_ZONE_UTC,
    TG_SQL_ZONE_ONE, /* all values of the expression have the same zone */
    TG_SQL_ZONE_ANY
} TgSqlZone;

typedef struct TgSqlType TgSqlType;

/* Immutable; lies in an arena or is one of the constants below. */
struct TgSqlType {
    TgSqlTypeId id;
    guint precision;         /* DECIMAL: digits; CHAR, VARCHAR: length (0: any); TIMESTAMP, TIME:
                                digits of the second's fraction */
    guint scale;             /* DECIMAL; TIMESTAMP_TZ: a TgSqlZone */
    guint count;             /* of items: ARRAY 1, MAP 2, ROW n */
    const TgSqlType **items; /* element; key and value; fields */
    const char **names;      /* ROW: a name or NULL for each field */
};

extern const TgSqlType tg_sql_type_unknown;
extern const TgSqlType tg_sql_type_boolean;
extern const TgSqlType tg_sql_type_integer;
extern const TgSqlType tg_sql_type_bigint;
extern const TgSqlType tg_sql_type_double;
extern const TgSqlType tg_sql_type_varchar;
extern const TgSqlType tg_sql_type_varbinary;
extern const TgSqlType tg_sql_type_date;
extern const TgSqlType tg_sql_type_timestamp;    /* (3) */
extern const TgSqlType tg_sql_type_timestamp_tz; /* (3) */
extern const TgSqlType tg_sql_type_interval_day;
extern const TgSqlType tg_sql_type_interval_month;
extern const TgSqlType tg_sql_type_json;

/* A type with nothing but an id, with a precision and scale, of elements. */
const TgSqlType *tg_sql_type_new(TgSqlArena *arena, TgSqlTypeId id, guint precision, guint scale);
const TgSqlType *tg_sql_type_array(TgSqlArena *arena, const TgSqlType *element);
const TgSqlType *tg_sql_type_map(TgSqlArena *arena, const TgSqlType *key, const TgSqlType *value);

/* A row; `names` and `items` are copied, `names` may be NULL. */
const TgSqlType *tg_sql_type_row(TgSqlArena *arena, guint count, const TgSqlType *const *items,
                                 const char *const *names);

/* The type without parameters of a Trino or Hive name ("string", "int", "varchar"); FALSE: none. */
gboolean tg_sql_type_find(const char *name, TgSqlTypeId *out);

/**
 * Parses a type as Hive writes it ("array<struct<a:int>>") or as Trino does ("array(row(a
 * integer))"). TG_ERROR_CONFIG names the type and a likely name.
 */
const TgSqlType *tg_sql_type_parse(TgSqlArena *arena, const char *text, GError **error);

/* "varchar(10)", "timestamp(3) with time zone", "array(integer)": as Athena shows it. */
const char *tg_sql_type_trino(TgSqlArena *arena, const TgSqlType *type);

/* "string", "array<int>": for the catalog; NULL when Hive tables cannot hold it (time, json …). */
const char *tg_sql_type_hive(TgSqlArena *arena, const TgSqlType *type);

/* "VARCHAR", "TIMESTAMP", "STRUCT(a INTEGER)": as DuckDB writes it. */
const char *tg_sql_type_duckdb(TgSqlArena *arena, const TgSqlType *type);

/* Equal in all but the names of rows' fields and lengths of texts. */
gboolean tg_sql_type_equal(const TgSqlType *a, const TgSqlType *b);

/* The type both turn into by themselves (Trino's rules of coercion), or NULL. */
const TgSqlType *tg_sql_type_common(TgSqlArena *arena, const TgSqlType *a, const TgSqlType *b);

/* The decimal that holds every value of an integer or decimal type; NULL for others. */
const TgSqlType *tg_sql_type_as_decimal(TgSqlArena *arena, const TgSqlType *type);

/* Whether values keep a zone of their own. */
gboolean tg_sql_type_is_zoned(const TgSqlType *type);

gboolean tg_sql_type_is_integer(const TgSqlType *type);
gboolean tg_sql_type_is_numeric(const TgSqlType *type);

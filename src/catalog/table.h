/* Making and reading Glue's table objects. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "catalog/catalog.h"

/* A name of a database, table or column in lower case, as Glue keeps it. The caller frees. */
char *tg_catalog_fold_name(const char *name);

/* Storage formats that tables are written and read in. */
typedef enum { TG_FORMAT_PARQUET, TG_FORMAT_CSV, TG_FORMAT_JSON, TG_FORMAT_OTHER } TgTableFormat;

/**
 * An external table in Glue's shape, without columns.
 *
 * @location "s3://bucket/prefix/"; may be NULL
 * @compression for the parameter parquet.compression ("ZSTD"); NULL: none
 */
json_t *tg_table_new(const char *database, const char *name, TgTableFormat format,
                     const char *location, const char *compression);

/* Appends a column, or a partition key. `type` is Hive's; `comment` may be NULL. */
void tg_table_add_column(json_t *table, const char *name, const char *type, const char *comment);
void tg_table_add_partition_key(json_t *table, const char *name, const char *type);

/* Lent texts; NULL when there is none. */
const char *tg_table_name(const json_t *table);
const char *tg_table_database(const json_t *table);
const char *tg_table_location(const json_t *table); /* of a partition, too */
const char *tg_table_parameter(const json_t *table, const char *key);

/* Lent arrays of {"Name", "Type"}; never NULL. */
const json_t *tg_table_columns(const json_t *table);
const json_t *tg_table_partition_keys(const json_t *table);

/* Glue's TableInput, PartitionInput and DatabaseInput of a Table, Partition and Database: what
 * stands in both. New references. */
json_t *tg_table_input(const json_t *table);
json_t *tg_table_partition_input(const json_t *partition);
json_t *tg_table_database_input(const json_t *database);

gboolean tg_table_is_view(const json_t *table);

/* The SELECT of a view, out of the JSON in a Presto view's comment ("originalSql"); NULL when there
 * is none that can be read. The caller frees. */
char *tg_table_view_sql(const json_t *table);

TgTableFormat tg_table_format(const json_t *table);

/* The version as a number; -1 when there is none. */
gint64 tg_table_version(const json_t *table);

/**
 * Values in the order of a table's partition keys from a map of key to value (numbers and booleans
 * become text). A missing or unknown key is TG_ERROR_CONFIG. The caller frees with g_strfreev.
 */
char **tg_table_partition_values(const json_t *table, const json_t *key_values, GError **error);

/* "k=v/k2=v2/", values escaped as Hive does. The caller frees. */
char *tg_table_partition_path(const json_t *table, TgPartitionValues values);

/**
 * Compares columns by name and type; order is ignored. A difference is TG_ERROR_CONFIG that lists
 * each: missing, unknown, or of another type.
 *
 * @what names the second list in the message: "the SELECT", "'flights.csv'"
 */
gboolean tg_table_compare_columns(const json_t *table, const json_t *columns, const char *what,
                                  GError **error);

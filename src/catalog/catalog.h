/* Databases, tables and partitions in Glue's model. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"

/**
 * Databases, tables and partitions are JSON objects in the shapes of Glue's API (Database, Table,
 * Partition): {"Name", "DatabaseName", "StorageDescriptor": {"Columns": [{"Name", "Type",
 * "Comment"}], "Location", "InputFormat", "OutputFormat", "SerdeInfo": {"SerializationLibrary",
 * "Parameters"}, "Parameters"}, "PartitionKeys", "TableType", "Parameters", "VersionId",
 * "CreateTime", "UpdateTime"}. Times are seconds since 1970 with a fraction. Types are Hive's
 * ("bigint", "string", "decimal(10,2)"). Names of databases, tables and columns are folded to lower
 * case, as Glue does. catalog/table.h makes and reads such objects.
 */
typedef struct TgCatalog TgCatalog;

/* One partition to be found or made: values in the order of the table's PartitionKeys. */
typedef const char *const *TgPartitionValues; /* NULL-terminated */

/**
 * Opens, or makes, the local catalog: one SQLite file in WAL mode. A file of a newer version is
 * TG_ERROR_CONFIG. May be used from any thread, and by several processes at a time.
 *
 * @path absolute
 */
TgCatalog *tg_catalog_open(const char *path, GError **error);
void tg_catalog_free(TgCatalog *catalog);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgCatalog, tg_catalog_free)

/* How a catalog in Glue is reached. */
typedef struct TgGlue TgGlue;

/**
 * A catalog in AWS's Glue, or a server that speaks like it. Nothing is cached: what another program
 * changes is seen at once. Adding partitions is not one step in Glue: when some cannot be added,
 * those that this call made are removed again.
 *
 * @take_glue freed with the catalog
 */
TgCatalog *tg_catalog_new_glue(TgGlue *take_glue);

/* The client behind a catalog in Glue, lent; NULL for a local one. */
TgGlue *tg_catalog_glue(TgCatalog *catalog);

/* Getters give a new reference; NULL with NOT_FOUND names the thing and a likely name. "Not there"
 * is NOT_FOUND and nothing else. */
json_t *tg_catalog_get_database(TgCatalog *catalog, const char *database, GError **error);
json_t *tg_catalog_get_table(TgCatalog *catalog, const char *database, const char *table,
                             GError **error);
json_t *tg_catalog_get_partition(TgCatalog *catalog, const char *database, const char *table,
                                 TgPartitionValues values, GError **error);

/* Lists by name: JSON arrays, new references. */
json_t *tg_catalog_list_databases(TgCatalog *catalog, GError **error);
json_t *tg_catalog_list_tables(TgCatalog *catalog, const char *database, GError **error);
json_t *tg_catalog_list_partitions(TgCatalog *catalog, const char *database, const char *table,
                                   GError **error);

/* Creating what is there already is CONFLICT. Creating a table makes version 0. */
gboolean tg_catalog_create_database(TgCatalog *catalog, const json_t *input, GError **error);
gboolean tg_catalog_create_table(TgCatalog *catalog, const char *database, const json_t *input,
                                 GError **error);

/* A database "default" and every one that is written to is made when missing. */
gboolean tg_catalog_ensure_database(TgCatalog *catalog, const char *database, GError **error);

/* Replaces a table's description: a new version. */
gboolean tg_catalog_update_table(TgCatalog *catalog, const char *database, const json_t *input,
                                 GError **error);

/* Drops with all partitions; objects stay for gc. NOT_FOUND when missing. A database that still has
 * tables is CONFLICT unless `cascade`. */
gboolean tg_catalog_drop_table(TgCatalog *catalog, const char *database, const char *table,
                               GError **error);
gboolean tg_catalog_drop_database(TgCatalog *catalog, const char *database, gboolean cascade,
                                  GError **error);

/**
 * Adds partitions, all or none.
 *
 * @inputs array of Glue's PartitionInput: {"Values": […], "StorageDescriptor": {"Location"}}; what
 *         the descriptor leaves out is taken from the table's
 * @if_not_exists leave present ones as they are; else CONFLICT
 */
gboolean tg_catalog_create_partitions(TgCatalog *catalog, const char *database, const char *table,
                                      const json_t *inputs, gboolean if_not_exists, GError **error);
gboolean tg_catalog_update_partition(TgCatalog *catalog, const char *database, const char *table,
                                     const json_t *input, GError **error);
gboolean tg_catalog_drop_partition(TgCatalog *catalog, const char *database, const char *table,
                                   TgPartitionValues values, GError **error);

/* ---- catalog_versions.c: what Glue has beside, of a local catalog alone
 * ---------------------------------------------------
 */

/* Replaces a database's description; its name stays. */
gboolean tg_catalog_update_database(TgCatalog *catalog, const char *database, const json_t *input,
                                    GError **error);

/**
 * As tg_catalog_update_table, when the table is at the version that is expected; else CONFLICT.
 *
 * @expected_version -1: any
 * @keeps_version FALSE: the version before is forgotten (Glue's SkipArchive)
 */
gboolean tg_catalog_replace_table(TgCatalog *catalog, const char *database, const json_t *input,
                                  gint64 expected_version, gboolean keeps_version, GError **error);

/* All versions of a table that exists, newest first: tables; a new reference. */
json_t *tg_catalog_list_table_versions(TgCatalog *catalog, const char *database, const char *table,
                                       GError **error);

/* Forgets one; the present one is CONFIG, one that is not there NOT_FOUND. */
gboolean tg_catalog_drop_table_version(TgCatalog *catalog, const char *database, const char *table,
                                       gint64 version, GError **error);

/* The catalog to files and back. */
#include "cli/catalog_export.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "catalog/table.h"
#include "catalog/table_export.h"
#include "params/params.h"

#define FILE_BYTES_MAX ((gsize)256 * 1024 * 1024)

typedef enum { AS_SQL, AS_JSON, AS_TERRAFORM } Format;

/* What an export gathers: {"databases": [Database], "tables": [Table with "Partitions"]}. */
static gboolean gather_table(TgCatalog *catalog, const char *database, json_t *table, json_t *into,
                             GError **error)
{
    json_t *partitions =
        json_array_size(tg_table_partition_keys(table)) == 0
            ? json_array()
            : tg_catalog_list_partitions(catalog, database, tg_table_name(table), error);

    if (partitions == NULL) {
        return FALSE;
    }
    json_object_set_new(table, "Partitions", partitions);
    json_array_append(json_object_get(into, "tables"), table);
    return TRUE;
}

static gboolean gather_database(TgCatalog *catalog, const char *name, const char *only_table,
                                json_t *into, GError **error)
{
    json_t *database = tg_catalog_get_database(catalog, name, error);
    g_autoptr(json_t) tables = NULL;
    json_t *table = NULL;
    gsize i = 0;

    if (database == NULL) {
        return FALSE;
    }
    json_array_append_new(json_object_get(into, "databases"), database);
    if (only_table != NULL) {
        table = tg_catalog_get_table(catalog, name, only_table, error);
        tables = table == NULL ? NULL : json_pack("[o]", table);
    } else {
        tables = tg_catalog_list_tables(catalog, name, error);
    }
    json_array_foreach (tables, i, table) {
        if (!gather_table(catalog, name, table, into, error)) {
            return FALSE;
        }
    }
    return tables != NULL;
}

static gboolean gather(TgCatalog *catalog, const char *database, const char *table, json_t *into,
                       GError **error)
{
    g_autoptr(json_t) databases = database == NULL ? tg_catalog_list_databases(catalog, error)
                                                   : json_pack("[{s:s}]", "Name", database);
    json_t *one = NULL;
    gsize i = 0;

    json_array_foreach (databases, i, one) {
        if (!gather_database(catalog, tg_table_name(one), table, into, error)) {
            return FALSE;
        }
    }
    return databases != NULL;
}

static void print_database(Format format, const json_t *database)
{
    if (format == AS_TERRAFORM) {
        g_autofree char *text = tg_database_to_terraform(database);

        (void)puts(text);
    } else {
        (void)printf("CREATE DATABASE IF NOT EXISTS `%s`;\n\n", tg_table_name(database));
    }
}

static void print_table(Format format, const json_t *table)
{
    if (format == AS_TERRAFORM) {
        g_autofree char *text = tg_table_to_terraform(table);

        (void)puts(text);
        return;
    }
    g_autofree char *sql = tg_table_to_sql(table);
    g_autofree char *partitions =
        tg_table_partitions_to_sql(table, json_object_get(table, "Partitions"));

    (void)printf("%s;\n\n%s%s", sql, partitions, *partitions == '\0' ? "" : "\n");
}

static void print_tables(Format format, const json_t *tables, gboolean views)
{
    json_t *one = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)tables, i, one) {
        if (tg_table_is_view(one) == views) {
            print_table(format, one);
        }
    }
}

static void print_all(Format format, const json_t *all)
{
    const json_t *tables = json_object_get(all, "tables");
    json_t *database = NULL;
    gsize i = 0;

    json_array_foreach (json_object_get(all, "databases"), i, database) {
        print_database(format, database);
    }
    print_tables(format, tables, FALSE);
    print_tables(format, tables, TRUE); /* which look at tables */
}

gboolean tg_cli_catalog_export(TgCatalog *catalog, const char *database, const char *table,
                               const char *format_name, GError **error)
{
    static const char *const names[] = {"sql", "json", "terraform", NULL};
    g_autoptr(json_t) all = json_pack("{s:[], s:[]}", "databases", "tables");
    Format format = AS_SQL;

    while (names[format] != NULL && strcmp(names[format], format_name) != 0) {
        format++;
    }
    if (names[format] == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "--as must be sql, json or terraform, not '%s'", format_name);
        return FALSE;
    }
    if (!gather(catalog, database, table, all, error)) {
        return FALSE;
    }
    if (format == AS_JSON) {
        g_autofree char *text = json_dumps(all, JSON_INDENT(2));

        (void)puts(text);
        return TRUE;
    }
    print_all(format, all);
    return TRUE;
}

/* --- apply --- */

/* What a user decides about a table; versions, times and counts are the catalog's. */
static json_t *decided(const json_t *table)
{
    static const char *const keys[] = {"Description",      "Owner",     "StorageDescriptor",
                                       "PartitionKeys",    "TableType", "ViewOriginalText",
                                       "ViewExpandedText", "Parameters"};
    json_t *picked = json_object();

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        json_t *value = json_object_get(table, keys[i]);

        if (value != NULL && !json_is_null(value)) {
            json_object_set_new(picked, keys[i], json_deep_copy(value));
        }
    }
    return picked;
}

/* The first key in which two tables differ; NULL: none. Lent by either. */
static const char *first_difference(const json_t *one, const json_t *other)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)one, key, value) {
        if (!json_equal(value, json_object_get(other, key))) {
            return key;
        }
    }
    json_object_foreach ((json_t *)other, key, value) {
        if (json_object_get(one, key) == NULL) {
            return key;
        }
    }
    return NULL;
}

static void tell(gboolean dry_run, const char *what, const json_t *table, const char *detail)
{
    (void)printf("%s%s %s.%s%s%s\n", dry_run ? "would be " : "", what, tg_table_database(table),
                 tg_table_name(table), detail == NULL ? "" : ": ", detail == NULL ? "" : detail);
}

static gboolean add_partitions(TgCatalog *catalog, const json_t *table, GError **error)
{
    const json_t *partitions = json_object_get(table, "Partitions");

    return json_array_size(partitions) == 0 ||
           tg_catalog_create_partitions(catalog, tg_table_database(table), tg_table_name(table),
                                        partitions, TRUE, error);
}

static gboolean create_table(TgCatalog *catalog, const json_t *table, gboolean dry_run,
                             GError **error)
{
    g_autoptr(json_t) input = decided(table);

    json_object_set(input, "Name", json_object_get(table, "Name"));
    if (!dry_run && (!tg_catalog_ensure_database(catalog, tg_table_database(table), error) ||
                     !tg_catalog_create_table(catalog, tg_table_database(table), input, error) ||
                     !add_partitions(catalog, table, error))) {
        return FALSE;
    }
    tell(dry_run, "created", table, NULL);
    return TRUE;
}

static gboolean change_table(TgCatalog *catalog, const json_t *table, const json_t *now,
                             gboolean dry_run, GError **error)
{
    g_autoptr(json_t) wanted = decided(table);
    g_autoptr(json_t) present = decided(now);
    const char *difference = first_difference(wanted, present);

    if (difference != NULL) {
        tell(dry_run, "changed", table, difference);
        json_object_set(wanted, "Name", json_object_get(table, "Name"));
    }
    return dry_run ||
           ((difference == NULL ||
             tg_catalog_update_table(catalog, tg_table_database(table), wanted, error)) &&
            add_partitions(catalog, table, error));
}

static gboolean apply_table(TgCatalog *catalog, const json_t *table, gboolean dry_run,
                            GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(json_t) now = NULL;

    if (tg_table_name(table) == NULL || tg_table_database(table) == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "a table needs \"Name\" and \"DatabaseName\", as `catalog export --as json` "
                    "writes it");
        return FALSE;
    }
    now = tg_catalog_get_table(catalog, tg_table_database(table), tg_table_name(table), &problem);
    if (now != NULL) {
        return change_table(catalog, table, now, dry_run, error);
    }
    if (!g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    return create_table(catalog, table, dry_run, error);
}

gboolean tg_cli_catalog_apply(TgCatalog *catalog, const char *path, gboolean dry_run,
                              GError **error)
{
    g_autofree char *text = NULL;
    json_error_t problem;
    json_t *table = NULL;
    gsize size = 0;
    gsize i = 0;

    if (!tg_file_read(path, FILE_BYTES_MAX, &text, &size, error)) {
        return FALSE;
    }
    g_autoptr(json_t) all = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);

    if (!json_is_array(json_object_get(all, "tables"))) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' is no file of `catalog export --as json`: %s", path,
                    all == NULL ? problem.text : "it has no list of \"tables\"");
        return FALSE;
    }
    json_array_foreach (json_object_get(all, "tables"), i, table) {
        if (!apply_table(catalog, table, dry_run, error)) {
            g_prefix_error(error, "%s: table %" G_GSIZE_FORMAT ": ", path, i + 1);
            return FALSE;
        }
    }
    return TRUE;
}

/* tegaru catalog export, diff and apply: the catalog as files that stand in a repository. */
#pragma once

#include "catalog/catalog.h"

/**
 * Prints databases and tables.
 *
 * @database NULL: all
 * @table NULL: all of the database
 * @format "sql", "json" or "terraform"
 */
gboolean tg_cli_catalog_export(TgCatalog *catalog, const char *database, const char *table,
                               const char *format, GError **error);

/**
 * Makes the catalog as a file of `export --as json` has it, table by table, and tells what it did:
 * what is missing is created, what differs gets a new version; nothing is removed.
 *
 * @dry_run only tell
 */
gboolean tg_cli_catalog_apply(TgCatalog *catalog, const char *path, gboolean dry_run,
                              GError **error);

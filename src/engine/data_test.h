/* `test:` blocks: SQL checks on staged data that stop publication. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "catalog/table.h"
#include "engine/engine.h"

#define TG_DATA_TESTS_MAX 100
#define TG_DATA_TEST_ROWS_SHOWN 5

/* Data that was written but that no reader sees yet; read as the table `staged`. Lent. */
struct TgStagedData {
    TgTableFormat format;         /* PARQUET, or as the description in `table` */
    const json_t *columns;        /* [{"Name", "Type"}] in Hive's types, without partition keys */
    const json_t *partition_keys; /* the same for partition keys; NULL: none. Their values are read
                                     from the objects' URLs: <prefix>k=v/… */
    const char *prefix;           /* of the publish, ends in '/' */
    const GPtrArray *objects;     /* of TgObjectInfo: all staged objects */
    const json_t *table;          /* Glue's table for the SerDe of CSV and JSON; NULL for Parquet */
    const char *database;         /* for other tables' names; NULL: "default" */
};

/**
 * Runs a `test:` block. Each key is a test's name and its value a SELECT in Athena's SQL that must
 * return no rows; table `staged` is the staged data, other tables of the catalog may be used. Three
 * names are shorthands: `not_null: [columns]` and `unique: [columns]` (or a text for one column;
 * `unique` of a list: together), `min_rows: N`.
 *
 * The first failure is TG_ERROR_CONFIG with the test's name, how many rows it returned and the
 * first of them as a small table. A SELECT that is wrong is TG_ERROR_CONFIG, too.
 *
 * @tests a JSON object; NULL: no tests
 * @return [{"name", "ok": true, "rows": 0}] for the receipt; a new reference
 */
json_t *tg_data_tests_run(TgEngine *engine, const json_t *tests, const TgStagedData *staged,
                          GError **error);

/* Checks the block's shape alone (names, types of values, SQL syntax), so that a mistake is found
 * before rows are read. `source_name` is shown in messages; may be NULL. */
gboolean tg_data_tests_check(const json_t *tests, const char *source_name, GError **error);

/* One test as a SELECT on the table `staged` that must return no rows. */
typedef struct {
    char *name; /* "not_null: id" */
    char *sql;
} TgDataTest;

void tg_data_test_free(TgDataTest *test);

/* The tests of a block, for an engine that is not this one; none for NULL. Of TgDataTest, freed
 * with the array. CONFIG as tg_data_tests_check. */
GPtrArray *tg_data_tests_list(const json_t *tests, GError **error);

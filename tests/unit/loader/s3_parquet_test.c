/* Parquet objects: what arrives, and what a reader sees when a load fails. */
#include <string.h>

#include "catalog/publish.h"
#include "catalog/table.h"
#include "engine/duckdb_api.h"
#include "params/params.h"
#include "support/loader.h"

#define IN "in: {type: file, path_prefix: a.csv, parser: {type: csv, columns: ["
#define CATALOG                                                                                    \
    "out: {type: s3_parquet, bucket: b, path_prefix: raw/t/, catalog: {database: raw, table: t}"

/* The answer of DuckDB to a query over all Parquet files of the store, as CSV. The caller frees. */
static char *query(const TgTestLoad *load, const char *select)
{
    g_autoptr(GError) error = NULL;
    const TgDuckdbApi *api = tg_duckdb_api_get(&error);
    g_autofree char *sql =
        g_strdup_printf("COPY (SELECT %s FROM read_parquet('%s/objects/b/**/*.parquet')) TO "
                        "'%s/answer.csv' (HEADER false, NULLSTR 'NULL')",
                        select, load->folder, load->folder);
    duckdb_database database = NULL;
    duckdb_connection connection = NULL;
    duckdb_result result = {0};

    g_assert_no_error(error);
    g_assert_true(api->duckdb_open_ext(NULL, &database, NULL, NULL) == DuckDBSuccess);
    g_assert_true(api->duckdb_connect(database, &connection) == DuckDBSuccess);
    if (api->duckdb_query(connection, sql, &result) != DuckDBSuccess) {
        g_error("%s", api->duckdb_result_error(&result));
    }
    api->duckdb_destroy_result(&result);
    api->duckdb_disconnect(&connection);
    api->duckdb_close(&database);
    return tg_test_load_read(load, "answer.csv");
}

static void test_exact_types_arrive(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    tg_test_load_write_text(
        load, "a.csv",
        "1,1.5,true,2015-01-27 19:23:49.123456,12.30,2015-01-27,{\"a\":1},\"\"\n"
        ",,,,,,,\n");
    tg_test_load_run(load,
                     IN "{name: l, type: long}, {name: d, type: double}, {name: b, type: boolean}, "
                        "{name: t, type: timestamp, format: '%Y-%m-%d %H:%M:%S.%N'}, {name: m, "
                        "type: 'decimal(10,2)'}, {name: dt, type: date, format: '%Y-%m-%d'}, "
                        "{name: j, type: json}, {name: s, type: string}]}}\n" CATALOG "}\n",
                     TRUE);
    g_autofree char *values = query(load, "* ");
    g_autofree char *types =
        query(load, "typeof(l), typeof(d), typeof(b), typeof(t), typeof(m), typeof(dt), typeof(s)");

    g_assert_cmpstr(values, ==,
                    "1,1.5,true,2015-01-27 19:23:49.123456,12.30,2015-01-27,\"{\"\"a\"\":1}\",\n"
                    "NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL\n");
    g_assert_nonnull(
        strstr(types, "BIGINT,DOUBLE,BOOLEAN,TIMESTAMP,\"DECIMAL(10,2)\",DATE,VARCHAR"));
}

static void test_a_load_with_catalog_is_a_table(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    g_autoptr(GError) error = NULL;

    tg_test_load_write_text(load, "a.csv", "1,x\n2,y\n");
    tg_test_load_run(load, IN "{name: n, type: long}, {name: s, type: string}]}}\n" CATALOG "}\n",
                     TRUE);
    g_autoptr(json_t) table = tg_catalog_get_table(load->catalog, "raw", "t", &error);
    const json_t *columns = NULL;

    g_assert_no_error(error);
    columns = tg_table_columns(table);
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(columns, 0), "Type")), ==,
                    "bigint");
    g_assert_true(g_str_has_prefix(tg_table_location(table), "s3://b/raw/t.tegaru/"));
    const json_t *published = json_object_get(load->report.receipt, "table");

    g_assert_cmpint(json_integer_value(json_object_get(published, "rows")), ==, 2);
    g_assert_cmpint(json_integer_value(json_object_get(load->report.receipt, "rows_written")), ==,
                    2);
}

static void assert_nothing_visible(TgTestLoad *load)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) objects = tg_object_list(load->objects, "s3://b/", &error);
    g_autoptr(json_t) table = tg_catalog_get_table(load->catalog, "raw", "t", NULL);

    g_assert_no_error(error);
    g_assert_cmpuint(objects->len, ==, 0);
    g_assert_null(table);
}

static void test_a_failed_load_leaves_nothing_visible(void)
{
    static const char *const outs[] = {CATALOG "}\n", "out: {type: s3_parquet, bucket: b}\n"};

    for (gsize i = 0; i < G_N_ELEMENTS(outs); i++) {
        g_autoptr(TgTestLoad) load = tg_test_load_new();
        g_autofree char *yaml = g_strconcat(IN "{name: n, type: long}]}}\n", outs[i], NULL);

        tg_test_load_write_text(load, "a.csv", "1\n2\nx\n");
        g_autofree char *message = tg_test_load_fail(load, yaml, TRUE);

        g_assert_nonnull(strstr(message, "a.csv:3:1: column 'n' (long): 'x'"));
        assert_nothing_visible(load);
    }
}

static void test_a_failed_data_test_stops_publication(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    load->fails_tests = TRUE;
    tg_test_load_write_text(load, "a.csv", "1\n");
    g_autofree char *message = tg_test_load_fail(
        load, IN "{name: n, type: long}]}}\n" CATALOG ", tests: [{rows: '> 0'}]}\n", TRUE);

    g_assert_nonnull(strstr(message, "a data test failed"));
    assert_nothing_visible(load);
    load->fails_tests = FALSE;
    tg_test_load_run(load, IN "{name: n, type: long}]}}\n" CATALOG ", tests: [{rows: '> 0'}]}\n",
                     TRUE);
    g_assert_nonnull(json_object_get(load->report.receipt, "tests"));
}

static void test_a_cancelled_load_leaves_nothing_visible(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < 50000; i++) {
        g_string_append_printf(text, "%u\n", i);
    }
    tg_test_load_write_text(load, "a.csv", text->str);
    load->cancel_after = 5;
    g_autofree char *message =
        tg_test_load_fail(load, IN "{name: n, type: long}]}}\n" CATALOG "}\n", TRUE);

    g_assert_nonnull(strstr(message, "cancelled"));
    assert_nothing_visible(load);
}

static void test_embulk_writes_timestamps_as_texts(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    tg_test_load_write_text(load, "a.csv", "2015-01-27 19:23:49.5,300,2015-01-27 00:00:00\n");
    tg_test_load_run(
        load,
        IN
        "{name: t, type: timestamp, format: '%Y-%m-%d %H:%M:%S.%N'}, {name: n, type: long}, "
        "{name: d, type: timestamp, format: '%Y-%m-%d %H:%M:%S'}]}}\n"
        "out: {type: s3_parquet, bucket: b, path_prefix: p/x, column_options: {n: {logical_type: "
        "{name: int, bit_width: 16}}, d: {converted_type: date}}}\n"
        "exec: {min_output_tasks: 1}\n",
        FALSE);
    g_autofree char *values = query(load, "t, n, typeof(n), d, typeof(d)");
    g_autoptr(GPtrArray) objects = tg_object_list(load->objects, "s3://b/", NULL);

    g_assert_cmpstr(values, ==, "2015-01-27 19:23:49.500000 +0000,300,SMALLINT,2015-01-27,DATE\n");
    g_assert_cmpstr(((TgObjectInfo *)objects->pdata[0])->url, ==, "s3://b/p/x000.00.parquet");
}

static void test_what_does_not_fit_is_refused(void)
{
    static const struct {
        const char *text, *columns, *out, *expected;
    } rows[] = {
        {"2015-01-27 19:23:49.1234567\n",
         "{name: t, type: timestamp, format: '%Y-%m-%d %H:%M:%S.%N'}", "bucket: b",
         "digits beyond microseconds"},
        {"1,2\n", "{name: a, type: long}, {name: A, type: long}", "bucket: b",
         "two columns are named 'A'"},
        {"1\n", "{name: a, type: long}", "path_prefix: x", "'bucket' is missing"},
        {"1\n", "{name: a, type: long}", "bucket: b, compression_codec: lzo",
         "'compression_codec' must be"},
        {"1\n", "{name: a, type: long}", "bucket: b, column_options: {b: {}}",
         "there is no column 'b'"},
        {"1\n", "{name: a, type: long}", "bucket: b, tests: [x]", "'tests' need a 'catalog'"},
        {"1\n", "{name: a, type: long}", "bucket: b, catalog: {database: d}", "table"},
        {"300\n", "{name: a, type: long}", "bucket: b, column_options: {a: {converted_type: int8}}",
         "does not fit"},
        {"1\n", "{name: a, type: long}", "bucket: b, sequence_format: '%s'", "sequence_format"},
        {"1\n", "{name: a, type: long}", "bucket: b, lossy: maybe", "'lossy' must be"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TgTestLoad) load = tg_test_load_new();
        g_autofree char *yaml = g_strconcat(IN, rows[i].columns, "]}}\nout: {type: s3_parquet, ",
                                            rows[i].out, "}\n", NULL);

        tg_test_load_write_text(load, "a.csv", rows[i].text);
        g_autofree char *message = tg_test_load_fail(load, yaml, TRUE);

        g_test_message("%s", message);
        g_assert_nonnull(strstr(message, rows[i].expected));
        assert_nothing_visible(load);
    }
}

static void test_a_store_that_cannot_be_written_is_told(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    tg_test_load_write_text(load, "a.csv", "1\n");
    tg_test_load_write_text(load, "objects", "a file where the folder should be");
    g_autofree char *message = tg_test_load_fail(
        load, IN "{name: n, type: long}]}}\nout: {type: s3_parquet, bucket: b}\n", TRUE);

    g_test_message("%s", message);
    g_assert_nonnull(strstr(message, "objects"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loader/s3_parquet/a-cancelled-load-leaves-nothing-visible",
                    test_a_cancelled_load_leaves_nothing_visible);
    g_test_add_func("/loader/s3_parquet/a-failed-data-test-stops-publication",
                    test_a_failed_data_test_stops_publication);
    g_test_add_func("/loader/s3_parquet/a-failed-load-leaves-nothing-visible",
                    test_a_failed_load_leaves_nothing_visible);
    g_test_add_func("/loader/s3_parquet/a-load-with-catalog-is-a-table",
                    test_a_load_with_catalog_is_a_table);
    g_test_add_func("/loader/s3_parquet/a-store-that-cannot-be-written-is-told",
                    test_a_store_that_cannot_be_written_is_told);
    g_test_add_func("/loader/s3_parquet/embulk-writes-timestamps-as-texts",
                    test_embulk_writes_timestamps_as_texts);
    g_test_add_func("/loader/s3_parquet/exact-types-arrive", test_exact_types_arrive);
    g_test_add_func("/loader/s3_parquet/what-does-not-fit-is-refused",
                    test_what_does_not_fit_is_refused);
    return g_test_run();
}

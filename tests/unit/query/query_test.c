/* Statements end to end over a catalog and a store in a temporary folder. */
#include "query/query.h"

#include <string.h>

#include "catalog/publish.h"
#include "catalog/table.h"
#include "params/params.h"
#include "world.h"

/* Values of a column in the order of the first. */
static json_t *ctas(World *world, TgCtasRequest request)
{
    g_autoptr(GError) error = NULL;
    json_t *receipt = NULL;

    request.now_ms = NOW_MS;
    (void)tg_query_ctas(world->query, &request, &receipt, &error);
    g_assert_no_error(error);
    return receipt;
}

static void ctas_fails(World *world, TgCtasRequest request, const char *message)
{
    g_autoptr(GError) error = NULL;
    json_t *receipt = NULL;

    request.now_ms = NOW_MS;
    g_assert_false(tg_query_ctas(world->query, &request, &receipt, &error));
    if (strstr(error->message, message) == NULL) {
        g_error("expected: %s\ngot: %s", message, error->message);
    }
}

static gint64 number(const json_t *receipt, const char *key)
{
    return json_integer_value(json_object_get(receipt, key));
}

/* ---- statements ----------------------------------------------------------------------------- */

static void test_ctas_insert_and_select(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(world, "create table t as select * from (values (1, 'a'), (2, null)) v(id, name)", "");
    expect(world, "select * from t order by id", "1,a;2,NULL");
    expect(world, "insert into t select 3, 'c'", "");
    expect(world, "insert into t (name) values 'd'", "");
    expect(world, "select * from default.t order by id nulls first", "NULL,d;1,a;2,NULL;3,c");
    expect(world, "create table t as select 1 as id", "!'default.t' already exists");
    expect(world, "create table if not exists t as select 1 as id", "");
    expect(world, "insert into t values (1, 2)",
           "!column 'name' is varchar, but the query gives "
           "integer; cast it");
    expect(world, "insert into t values (1)", "!the query gives 1 columns, but 2 are to be filled");
    expect(world, "insert into t (nope) values 1", "!there is no column 'nope'");
    expect(world, "create table u as select 1 as a, 2 as \"A\"", "!two columns have the name 'A'");
    expect(world, "create table u as select time '01:02:03' as a", "!which a table cannot hold");
}

static void test_all_types_come_back(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(
        world,
        "create table t as select true a, tinyint '1' b, smallint '2' c, 3 d, bigint '4' e, real "
        "'1.5' f, 2.5e0 g, decimal '12.30' h, 'x' i, cast('yz' as varchar(5)) j, x'00ff' k, date "
        "'2024-02-29' l, timestamp '2024-01-02 03:04:05.678' m, array[1, null] n, "
        "map(array['k'], array[1]) o, cast(row(1, 'a') as row(p integer, q varchar)) r, "
        "cast(null as double) s",
        "");
    expect(world, "select * from t",
           "true,1,2,3,4,1.5,2.5,12.30,x,yz,00 ff,2024-02-29,2024-01-02 03:04:05.678,[1, "
           "null],{k=1},{p=1, q=a},NULL");
    expect(
        world, "describe t",
        "a,boolean,;b,tinyint,;c,smallint,;d,int,;e,bigint,;f,float,;g,double,;h,decimal(4,2),;i,"
        "string,;j,varchar(5),;k,binary,;l,date,;m,timestamp,;n,array<int>,;o,map<string,int>,;r,"
        "struct<p:int,q:string>,;s,double,");
    expect(world, "select typeof(h), typeof(m), r.q, o['k'], n[1] from t",
           "decimal(4,2),timestamp(3),a,1,1");
}

static void test_partitions_are_read_by_their_keys(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(
        world,
        "create table t with (partitioned_by = array['d', 'n']) as select * from (values (1, date "
        "'2024-01-01', 5), (2, date '2024-01-02', 5), (3, null, 6)) v(id, d, n)",
        "");
    expect(world, "show partitions t",
           "d=2024-01-01/n=5;d=2024-01-02/n=5;d=__HIVE_DEFAULT_PARTITION__/n=6");
    expect(world, "select id from t where d = date '2024-01-02' and n + 1 = 6", "2");
    expect(world, "select id, d from t where d is null", "3,NULL");
    expect(world, "insert into t values (4, date '2024-01-02', 5)", "");
    expect(world, "select id from t where d = date '2024-01-02' order by 1", "2;4");
    expect(world, "alter table t add partition (d='2024-02-01', n=1) location 's3://x/empty/'", "");
    expect(world, "select count(*) from t", "4");
    expect(world, "alter table t drop partition (d='2024-01-02', n='5')", "");
    expect(world, "select id from t order by 1", "1;3");
    expect(world, "alter table t drop partition (d='2024-01-02', n='5')", "!has no partition");
    expect(world, "alter table t drop if exists partition (d='2024-01-02', n='5')", "");
}

static void put(World *world, const char *url, const char *text)
{
    TgObjectDraft draft = {NULL, NULL};
    g_autoptr(GError) error = NULL;

    g_assert_true(tg_object_begin(world->objects, url, &draft, &error));
    g_assert_true(g_file_set_contents(draft.path, text, -1, &error));
    g_assert_true(tg_object_commit(world->objects, &draft, NULL, &error));
}

static void test_csv_and_json_tables(World *world, gconstpointer data G_GNUC_UNUSED)
{
    put(world, "s3://b/csv/a.csv", "id,name\n1,x\ny,\\N\n3\n");
    put(world, "s3://b/csv/_hidden", "9,hidden\n");
    put(world, "s3://b/quoted/a.csv", "\"1\",\"a,\"\"b\"\"\"\n");
    put(world, "s3://b/json/a.json", "{\"id\": 1, \"tags\": [\"a\", \"b\"]}\n{\"other\": 1}\n");
    expect(world, "create database raw", "");
    expect(
        world,
        "create external table raw.c (id int, name string) row format delimited fields terminated "
        "by ',' location 's3://b/csv/' tblproperties ('skip.header.line.count'='1')",
        "");
    expect(world, "select * from raw.c", "1,x;NULL,NULL;3,NULL");
    expect(world,
           "create external table raw.q (a string, b string) row format serde "
           "'org.apache.hadoop.hive.serde2.OpenCSVSerde' location 's3://b/quoted/'",
           "");
    expect(world, "select * from raw.q", "1,a,\"b\"");
    expect(world,
           "create external table raw.j (id bigint, tags array<string>) row format serde "
           "'org.openx.data.jsonserde.JsonSerDe' location 's3://b/json/'",
           "");
    expect(world, "select id, tags[1] from raw.j where id is not null", "1,a");
    expect(world, "create external table raw.o (a int) stored as orc location 's3://b/orc/'",
           "!STORED AS orc: the local engine reads");
    expect(world, "show tables in raw like 'c|q*'", "c;q");
}

static void test_missing_columns_read_as_null(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(world, "create table t as select 1 as id, 'a' as name", "");
    expect(world, "alter table t add columns (extra double)", "");
    expect(world, "select id, extra from t where extra is null", "1,NULL");
    expect(world, "insert into t values (2, 'b', 1.5)", "");
    expect(world, "select id, extra, name from t order by id", "1,NULL,a;2,1.5,b");
}

static void test_an_empty_table_has_its_types(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(world, "create table t as select 1 as id, date '2024-01-01' as d with no data", "");
    expect(world, "select * from t", "");
    expect(world, "select count(*), typeof(d) from t group by 2", "");
    expect(world, "select coalesce(max(id), 0) + 1 from t", "1");
}

static void test_ddl(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(world, "create database a comment 'x'", "");
    expect(world, "create database a", "!exists already");
    expect(world, "create schema if not exists a", "");
    expect(world, "create table a.t as select 1 as id", "");
    expect(world, "drop database a", "!");
    expect(world, "alter table a.t set tblproperties ('k'='v')", "");
    expect(world, "show tblproperties a.t('k')", "k,v");
    expect(world, "show columns in a.t", "id");
    expect(world, "create or replace view a.v as select id + 1 as n from a.t", "");
    expect(world, "create or replace view a.v as select id + 2 as n from a.t", "");
    expect(world, "select n * 10 from a.v", "30");
    expect(world, "show views in a", "v");
    expect(world, "drop view a.v", "");
    expect(world, "drop table a.t", "");
    expect(world, "drop table a.t", "!");
    expect(world, "drop table if exists a.t", "");
    expect(world, "drop database a cascade", "");
    expect(world, "select * from a.t", "!t.sql:1:15:");
    expect(world, "create external table b.t (a int)", "!LOCATION");
}

static void test_repair_adds_folders(World *world, gconstpointer data G_GNUC_UNUSED)
{
    put(world, "s3://b/p/d=1/a.csv", "x\n");
    put(world, "s3://b/p/d=2/a.csv", "y\n");
    put(world, "s3://b/p/other/a.csv", "z\n");
    expect(world, "create database raw", "");
    expect(world,
           "create external table raw.p (a string) partitioned by (d int) location 's3://b/p/'",
           "");
    expect(world, "select * from raw.p", "");
    expect(world, "msck repair table raw.p", "");
    expect(world, "select * from raw.p order by d", "x,1;y,2");
}

/* ---- saved results -------------------------------------------------------------------------- */

static void test_a_saved_result_reads_back(World *world, gconstpointer data G_GNUC_UNUSED)
{
    TgQueryRequest request = {.sql = "select * from (values (1, 'a\"b,\n'), (2, ''), (3, null)) "
                                     "t(id, s) order by id",
                              .now_ms = NOW_MS,
                              .save_result = TRUE};
    g_autoptr(GError) error = NULL;
    g_autoptr(TgQueryResult) result = tg_query_run(world->query, &request, &error);
    g_autofree char *text = NULL;
    g_autofree char *csv = NULL;
    gsize size = 0;
    json_t *loaded = NULL;

    g_assert_no_error(error);
    g_assert_true(
        tg_object_read(world->objects, tg_query_result_url(result), 1000, &csv, &size, &error));
    g_assert_cmpstr(csv, ==, "\"id\",\"s\"\n\"1\",\"a\"\"b,\n\"\n\"2\",\"\"\n\"3\",\n");
    loaded = tg_query_load_result(world->query, tg_query_result_id(result), 10, &error);
    g_assert_no_error(error);
    text = tg_params_to_json(json_object_get(loaded, "rows"));
    g_assert_cmpstr(text, ==, "[[\"1\",\"a\\\"b,\\n\"],[\"2\",\"\"],[\"3\",null]]");
    g_assert_cmpint(number(loaded, "rows_total"), ==, 3);
    json_decref(loaded);
    loaded = tg_query_load_result(world->query, tg_query_result_id(result), 1, &error);
    g_assert_cmpuint(json_array_size(json_object_get(loaded, "rows")), ==, 1);
    json_decref(loaded);
    g_assert_null(tg_query_load_result(world->query, "../x", 1, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    g_clear_error(&error);
    g_assert_null(
        tg_query_load_result(world->query, "00000000-0000-0000-0000-000000000000", 1, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
}

static void test_a_cancelled_query_stops(World *world, gconstpointer data G_GNUC_UNUSED)
{
    gint cancelled = 1;
    TgQueryRequest request = {
        .sql = "select count(*) from unnest(sequence(1, 10000)) a(x), unnest(sequence(1, 10000)) "
               "b(y), unnest(sequence(1, 100)) c(z)",
        .now_ms = NOW_MS,
        .is_cancelled = &cancelled};
    g_autoptr(GError) error = NULL;

    g_assert_null(tg_query_run(world->query, &request, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CANCELLED);
}

/* ---- athena.ctas> --------------------------------------------------------------------------- */

static void test_ctas_replaces_in_one_switch(World *world, gconstpointer data G_GNUC_UNUSED)
{
    TgCtasRequest request = {.sql = "select 1 as id;", .database = "shop", .table = "t"};
    json_t *receipt = ctas(world, request);

    g_assert_cmpint(number(receipt, "rows"), ==, 1);
    g_assert_cmpuint(json_array_size(json_object_get(receipt, "objects")), ==, 1);
    json_decref(receipt);
    request.sql = "select id + 1 as id from t union all select 9";
    receipt = ctas(world, request);
    g_assert_cmpint(number(receipt, "rows"), ==, 2);
    json_decref(receipt);
    expect(world, "select * from shop.t order by 1", "2;9");
    request.save_mode = "ignore";
    receipt = ctas(world, request);
    g_assert_true(json_is_true(json_object_get(receipt, "skipped")));
    json_decref(receipt);
    request.save_mode = "error_if_exists";
    ctas_fails(world, request, "'shop.t' already exists");
    request.save_mode = "none";
    ctas_fails(world, request, "'shop.t' already exists");
    request.save_mode = "appnd";
    ctas_fails(world, request, "save_mode 'appnd' is unsupported");
    request = (TgCtasRequest){.sql = "select 1 as id", .table = "t", .table_mode = "x"};
    ctas_fails(world, request, "table_mode 'x' is unsupported");
    request = (TgCtasRequest){.sql = "select 1 as id", .table = "t", .format = "orc"};
    ctas_fails(world, request, "does not write the format 'orc'");
    request = (TgCtasRequest){.sql = "drop table t", .table = "t"};
    ctas_fails(world, request, "a SELECT is needed here");
}

static void test_a_failed_test_leaves_the_old_table(World *world, gconstpointer data G_GNUC_UNUSED)
{
    json_t *tests = json_pack("{s:s, s:i}", "unique", "id", "min_rows", 1);
    TgCtasRequest request = {
        .sql = "select 1 as id", .database = "shop", .table = "t", .tests = tests};
    json_t *receipt = ctas(world, request);
    TgPublishCollected collected = {0};

    g_assert_cmpuint(json_array_size(json_object_get(receipt, "tests")), ==, 2);
    json_decref(receipt);
    request.sql = "select 5 as id union all select 5";
    ctas_fails(world, request, "test 'unique: id' failed: 1 row should not be there");
    expect(world, "select * from shop.t", "1");
    TgPublishCollect options = {.now_ms = NOW_MS, .dry_run = TRUE};

    g_assert_true(tg_publish_collect(world->catalog, world->objects, &options, &collected, NULL));
    g_assert_cmpuint(collected.objects, ==, 0); /* nothing was left behind */
    json_decref(tests);
}

static void test_ctas_forms(World *world, gconstpointer data G_GNUC_UNUSED)
{
    json_t *keys = json_pack("[s]", "g");
    TgCtasRequest request = {
        .sql = "select 1 as id, 'a/b' as g", .table = "p", .partitioned_by = keys};
    json_t *receipt = ctas(world, request);

    json_decref(receipt);
    expect(world, "select * from p", "1,a/b");
    request.sql = "select 'x' as g, 1 as id";
    ctas_fails(world, request, "the last columns of the SELECT must be the partition keys");
    request = (TgCtasRequest){.sql = "select 1 as id, 'x' as s",
                              .table = "c",
                              .format = "textfile",
                              .field_delimiter = "|"};
    json_decref(ctas(world, request));
    expect(world, "select s, id from c", "x,1");
    request =
        (TgCtasRequest){.sql = "select 1 as id, array['x'] as s", .table = "j", .format = "json"};
    json_decref(ctas(world, request));
    expect(world, "select s[1], id from j", "x,1");
    request = (TgCtasRequest){.sql = "select 1 as id", .table = "e", .table_mode = "empty"};
    json_decref(ctas(world, request));
    expect(world, "select * from e", "");
    request = (TgCtasRequest){.sql = "select 1 as id",
                              .table = "d",
                              .table_mode = "data_only",
                              .location = "s3://b/out/"};
    receipt = ctas(world, request);
    g_assert_cmpuint(json_array_size(json_object_get(receipt, "objects")), ==, 1);
    json_decref(receipt);
    expect(world, "select * from d", "!");
    expect(world, "create external table d (id int) stored as parquet location 's3://b/out/'", "");
    expect(world, "select * from d", "1");
    request.location = NULL;
    ctas_fails(world, request, "data_only needs a location");
    json_decref(keys);
}

/* ---- athena.apas> --------------------------------------------------------------------------- */

static json_t *apas(World *world, const char *sql, const char *day, const char *mode,
                    GError **error)
{
    json_t *values = json_pack("{s:s}", "d", day);
    TgApasRequest request = {.sql = sql,
                             .database = "shop",
                             .table = "days",
                             .partition_kv = values,
                             .save_mode = mode,
                             .now_ms = NOW_MS};
    json_t *receipt = NULL;

    (void)tg_query_apas(world->query, &request, &receipt, error);
    json_decref(values);
    return receipt;
}

static void test_apas_makes_and_replaces_one_partition(World *world,
                                                       gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    json_t *receipt = NULL;

    expect(world, "create database shop", "");
    expect(
        world,
        "create external table shop.days (id int, name string) partitioned by (d date) stored as "
        "parquet location 's3://shop/days/'",
        "");
    receipt = apas(world, "select 1 as id, 'a' as name", "2024-01-01", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(number(receipt, "rows"), ==, 1);
    json_decref(receipt);
    json_decref(apas(world, "select 'b' as name, 2 as id", "2024-01-02", NULL, &error));
    json_decref(apas(world, "select 3 as id, 'c' as name", "2024-01-01", NULL, &error));
    g_assert_no_error(error);
    expect(world, "select id, d from shop.days order by d", "3,2024-01-01;2,2024-01-02");
    receipt = apas(world, "select 9 as id, 'z' as name", "2024-01-01", "skip_if_exists", &error);
    g_assert_true(json_is_true(json_object_get(receipt, "skipped")));
    json_decref(receipt);
    g_assert_null(
        apas(world, "select 9 as id, 'z' as name", "2024-01-01", "error_if_exists", &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFLICT);
    g_clear_error(&error);
    receipt = apas(world, "select 9 as id, 'z' as name where 1 = 2", "2024-01-01", NULL, &error);
    g_assert_cmpint(number(receipt, "rows"), ==, 0); /* old rows do not stay */
    json_decref(receipt);
    receipt = apas(world, "select 9 as id, 'z' as name where 1 = 2", "2024-01-09", NULL, &error);
    g_assert_cmpint(number(receipt, "rows"), ==, 0); /* no partition is made */
    json_decref(receipt);
    expect(world, "select id, d from shop.days", "2,2024-01-02");
    expect(world, "show partitions shop.days", "d=2024-01-01;d=2024-01-02");
}

static void test_apas_refuses_other_columns(World *world, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(apas(world, "select 1 as id", "2024-01-01", NULL, &error));
    g_assert_nonnull(strstr(error->message, "database shop does not exist"));
    g_clear_error(&error);
    expect(world, "create database shop", "");
    g_assert_null(apas(world, "select 1 as id", "2024-01-01", NULL, &error));
    g_assert_nonnull(strstr(error->message, "table shop.days does not exist"));
    g_clear_error(&error);
    expect(world, "create table shop.days as select 1 as id", "");
    g_assert_null(apas(world, "select 1 as id", "2024-01-01", NULL, &error));
    g_assert_nonnull(strstr(error->message, "is not partitioned."));
    g_clear_error(&error);
    expect(world, "drop table shop.days", "");
    expect(world,
           "create external table shop.days (id int) partitioned by (d date) stored as parquet "
           "location 's3://shop/days/'",
           "");
    g_assert_null(apas(world, "select bigint '1' as id, 2 as more", "2024-01-01", NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    g_assert_nonnull(strstr(error->message, "more"));
    expect(world, "show partitions shop.days", "");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(World *world, gconstpointer data);
    } tests[] = {
        {"ctas-insert-and-select", test_ctas_insert_and_select},
        {"all-types-come-back", test_all_types_come_back},
        {"partitions-are-read-by-their-keys", test_partitions_are_read_by_their_keys},
        {"csv-and-json-tables", test_csv_and_json_tables},
        {"missing-columns-read-as-null", test_missing_columns_read_as_null},
        {"an-empty-table-has-its-types", test_an_empty_table_has_its_types},
        {"ddl", test_ddl},
        {"repair-adds-folders", test_repair_adds_folders},
        {"a-saved-result-reads-back", test_a_saved_result_reads_back},
        {"a-cancelled-query-stops", test_a_cancelled_query_stops},
        {"ctas-replaces-in-one-switch", test_ctas_replaces_in_one_switch},
        {"a-failed-test-leaves-the-old-table", test_a_failed_test_leaves_the_old_table},
        {"ctas-forms", test_ctas_forms},
        {"apas-makes-and-replaces-one-partition", test_apas_makes_and_replaces_one_partition},
        {"apas-refuses-other-columns", test_apas_refuses_other_columns},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/query/query/", tests[i].name, NULL);

        g_test_add(path, World, NULL, set_up, tests[i].test, tear_down);
    }
    return g_test_run();
}

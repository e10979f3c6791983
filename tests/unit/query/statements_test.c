/* Prepared statements, UNLOAD, hidden columns, information_schema, ALTER TABLE, options of EXPLAIN.
 */
#include <string.h>

#include "query/query.h"
#include "world.h"

/* As expect(), with values for `?`. */
static void expect_with(World *world, const char *sql, const char *const *parameters,
                        const char *expected)
{
    world->parameters = parameters;
    expect(world, sql, expected);
    world->parameters = NULL;
}

static void test_prepared_statements(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(world, "create table t as select * from (values (1, 'a'), (2, 'b'), (3, 'c')) v(id, s)",
           "");
    expect(world, "prepare Q1 from select s from t where id > ? and s <> ? order by s limit ?", "");
    expect(world, "execute q1 using 1, 'x', 5", "b;c");
    expect(world, "execute q1 using 1, 'b', 5", "c");
    expect(world, "execute q1 using 0, concat('a', ''), 1", "b");
    expect(world, "execute q1 using 1", "!expected 3 but found 1");
    expect(world, "execute q2", "!there is no prepared statement 'q2'");
    expect(world, "prepare ins from insert into t values (?, ?)", "");
    expect(world, "execute ins using 4, 'it''s'", "");
    expect(world, "select s from t where id = 4", "it's");
    expect(world, "deallocate prepare q1", "");
    expect(world, "execute q1 using 1, 'x', 5", "!there is no prepared statement");
    expect(world, "deallocate prepare q1", "!there is no prepared statement");
    expect(world, "prepare p from prepare q from select 1", "!cannot be prepared");
    expect(world, "prepare p from selec 1", "!t.sql:1:16:");
}

static void test_values_for_marks(World *world, gconstpointer data G_GNUC_UNUSED)
{
    static const char *const two[] = {"'a'", "date '2024-02-29'", NULL};
    static const char *const negative[] = {"-5", NULL};
    static const char *const comment[] = {"1 -- one", NULL};
    static const char *const bad[] = {"1) or (1 = 1", NULL};
    static const char *const words[] = {"1 union select 2", NULL};

    expect_with(world, "select ? || '?', ? + interval '1' day -- ?", two, "a?,2024-03-01");
    expect_with(world, "select 3 - ?", negative, "8");
    expect_with(world, "select ? + 1", comment, "2");
    expect_with(world, "select ?", two, "!expected 1 but found 2");
    expect_with(world, "select ?", bad, "!parameter 1:1:2: expected the end of the value");
    expect_with(world, "select ?", words, "!parameter 1:1:3: expected the end of the value");
    expect(world, "select ?", "!the parameter ? has no value");
    expect(world, "prepare p from select ? + 1", "");
    expect_with(world, "execute p", negative, "-4");
}

static void test_unload(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(world,
           "unload (select * from (values (1, 'a'), (2, 'b')) t(id, s)) to 's3://b/out/' "
           "with (format = 'PARQUET', compression = 'zstd')",
           "");
    expect(world, "create database raw", "");
    expect(
        world,
        "create external table raw.r (id int, s string) stored as parquet location 's3://b/out/'",
        "");
    expect(world, "select * from raw.r order by id", "1,a;2,b");
    expect(world, "unload (select 1 as x) to 's3://b/out' with (format = 'PARQUET')",
           "!HIVE_PATH_ALREADY_EXISTS");
    expect(world,
           "unload (select * from (values (1, 'a'), (2, 'b')) t(id, s)) to 's3://b/parts/' "
           "with (format = 'TEXTFILE', field_delimiter = ',', compression = 'none', "
           "partitioned_by = array['s'])",
           "");
    expect(world,
           "create external table raw.p (id int) partitioned by (s string) row format delimited "
           "fields terminated by ',' location 's3://b/parts/'",
           "");
    expect(world, "msck repair table raw.p", "");
    expect(world, "select * from raw.p order by id", "1,a;2,b");
    expect(world, "unload (select 1 as x) to 's3://b/n/' with (format = 'AVRO')", "!AVRO");
    expect(world, "unload (select 1 as x) to 's3://b/n/'", "!format");
    expect(world, "unload (select 1 as x) to 's3://b/n/' with (format = 'json', bucket = '1')",
           "!no property 'bucket'");
    expect(world,
           "unload (select 1 as x, 2 as y) to 's3://b/n/' with (format = 'json', partitioned_by = "
           "array['x'])",
           "!come last");
}

static void test_columns_of_files(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(world,
           "create table t with (partitioned_by = array['d']) as select * from (values (1, 'a'), "
           "(2, 'b'), (3, 'b')) v(id, d)",
           "");
    expect(world, "select * from t order by id", "1,a;2,b;3,b");
    expect(world, "select id from t where \"$path\" like 's3://%/d=a/%'", "1");
    expect(world, "select count(distinct \"$path\"), min(\"$file_size\") > 100 from t", "2,true");
    expect(world, "select * from t where \"$path\" like '%d=b%' order by id", "2,b;3,b");
    expect(world, "select x.* from t as x (i, p) where x.\"$file_size\" > 0 order by i",
           "1,a;2,b;3,b");
    expect(world, "select typeof(\"$file_modified_time\") from t limit 1",
           "timestamp(3) with time zone");
    expect(world,
           "select a.id, b.id from t a join t b on a.\"$path\" = b.\"$path\" and a.id < b.id",
           "2,3");
    expect(world, "create table e as select 1 as x with no data", "");
    expect(world, "select \"$path\" from e", "");
    expect(world, "select \"$path\" from (values 1) v(x)", "!there is no column '$path'");
}

static void test_partitions_of_a_table(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(world,
           "create table t with (partitioned_by = array['d', 'n']) as select * from (values (1, "
           "date '2024-01-01', 7), (2, null, 8)) v(id, d, n)",
           "");
    expect(world, "select * from \"t$partitions\" order by n", "2024-01-01,7;NULL,8");
    expect(world, "select max(n) + 1 from default.\"t$partitions\"", "9");
    expect(world, "create table u as select 1 as x", "");
    expect(world, "select * from \"u$partitions\"", "!not partitioned");
}

static void test_information_schema(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(world, "create database shop", "");
    expect(world,
           "create external table shop.o (id bigint comment 'key', amount decimal(10,2)) "
           "partitioned by (d date) stored as parquet location 's3://b/o/'",
           "");
    expect(world, "create view shop.v as select 1 as one", "");
    expect(world, "select schema_name from information_schema.schemata order by 1",
           "information_schema;shop");
    expect(world,
           "select table_name, table_type from information_schema.tables where table_schema = "
           "'shop' order by 1",
           "o,BASE TABLE;v,VIEW");
    expect(world,
           "select column_name, ordinal_position, data_type, comment, extra_info from "
           "awsdatacatalog.information_schema.columns where table_name = 'o' order by 2",
           "id,1,bigint,key,NULL;amount,2,decimal(10,2),NULL,NULL;d,3,date,NULL,partition key");
    expect(world, "select view_definition from information_schema.views", "select 1 as one");
    expect(world, "select * from information_schema.nope", "!but no 'nope'");
}

static void test_alter_columns(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(world, "create table t as select 1 as a, 'x' as b, 2.5e0 as c", "");
    expect(world, "alter table t change column a a bigint comment 'wider' after b", "");
    expect(world, "describe t", "b,string,;a,bigint,wider;c,double,");
    expect(world, "select * from t", "x,1,2.5");
    expect(world, "alter table t change c c double first", "");
    expect(world, "show columns in t", "c;b;a");
    expect(world, "alter table t change column b a string", "!has a column 'a' already");
    expect(world, "alter table t change column q r string", "!there is no column 'q'");
    expect(world, "alter table t replace columns (a int, z string)", "");
    expect(world, "select * from t", "1,NULL");
}

static void test_rename_partition(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(world,
           "create table t with (partitioned_by = array['d']) as select * from (values (1, 'a'), "
           "(2, 'b')) v(id, d)",
           "");
    expect(world, "alter table t partition (d='a') rename to partition (d='z')", "");
    expect(world, "show partitions t", "d=b;d=z");
    expect(world, "select * from t order by id", "1,z;2,b");
    expect(world, "alter table t partition (d='q') rename to partition (d='r')", "!");
    expect(world, "alter table t partition (d='z') rename to partition (d='b')", "!");
}

static void test_explain_options(World *world, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *json = run(world, "explain (format json) select 1 as x");
    g_autofree char *analyzed = run(world, "explain analyze verbose select 1 as x");

    g_assert_true(g_str_has_prefix(json, "["));
    g_assert_nonnull(strstr(analyzed, "Total Time"));
    expect(world, "explain (type validate) select 1", "true");
    expect(world, "explain (type validate) select nope", "!there is no column 'nope'");
    expect(world, "explain (type io, format json) select 1", "!TYPE IO");
    expect(world, "explain (format xml) select 1", "!expected text, json, graphviz");
}

static void test_samples(World *world, gconstpointer data G_GNUC_UNUSED)
{
    expect(world, "create table t as select x from unnest(sequence(1, 1000)) v(x)", "");
    expect(world, "select count(*) from t tablesample bernoulli (100)", "1000");
    expect(world, "select count(*) from t as a tablesample system (0)", "0");
    expect(world, "select count(*) between 1 and 999 from t tablesample bernoulli (50.5)", "true");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(World *world, gconstpointer data);
    } tests[] = {{"/query/statements/prepared", test_prepared_statements},
                 {"/query/statements/values-for-marks", test_values_for_marks},
                 {"/query/statements/unload", test_unload},
                 {"/query/statements/columns-of-files", test_columns_of_files},
                 {"/query/statements/partitions-of-a-table", test_partitions_of_a_table},
                 {"/query/statements/information-schema", test_information_schema},
                 {"/query/statements/alter-columns", test_alter_columns},
                 {"/query/statements/rename-partition", test_rename_partition},
                 {"/query/statements/explain-options", test_explain_options},
                 {"/query/statements/samples", test_samples}};

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add(tests[i].name, World, NULL, set_up, tests[i].test, tear_down);
    }
    return g_test_run();
}

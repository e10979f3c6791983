/* Types between Hive, Trino and DuckDB, and the type two of them share. */
#include "sql/type.h"

static void assert_maps(const char *from, const char *trino, const char *hive, const char *duckdb)
{
    g_autoptr(TgSqlArena) arena = tg_sql_arena_new();
    g_autoptr(GError) error = NULL;
    const TgSqlType *type = tg_sql_type_parse(arena, from, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(tg_sql_type_trino(arena, type), ==, trino);
    g_assert_cmpstr(tg_sql_type_hive(arena, type), ==, hive);
    g_assert_cmpstr(tg_sql_type_duckdb(arena, type), ==, duckdb);
}

static void test_names_in_the_three_worlds(void)
{
    assert_maps("string", "varchar", "string", "VARCHAR");
    assert_maps("VARCHAR(10)", "varchar(10)", "varchar(10)", "VARCHAR");
    assert_maps("int", "integer", "int", "INTEGER");
    assert_maps("double precision", "double", "double", "DOUBLE");
    assert_maps("float", "real", "float", "FLOAT");
    assert_maps("decimal(10, 2)", "decimal(10,2)", "decimal(10,2)", "DECIMAL(10,2)");
    assert_maps("timestamp", "timestamp(3)", "timestamp", "TIMESTAMP");
    assert_maps("timestamp(6) with time zone", "timestamp(6) with time zone", NULL, "TIMESTAMPTZ");
    assert_maps("array<struct<a:int,b:array<string>>>", "array(row(a integer, b array(varchar)))",
                "array<struct<a:int,b:array<string>>>", "STRUCT(\"a\" INTEGER, \"b\" VARCHAR[])[]");
    assert_maps("map(varchar, row(x bigint))", "map(varchar, row(x bigint))",
                "map<string,struct<x:bigint>>", "MAP(VARCHAR, STRUCT(\"x\" BIGINT))");
    assert_maps("row(integer, varchar)", "row(integer, varchar)", NULL,
                "STRUCT(\"field0\" INTEGER, \"field1\" VARCHAR)");
    assert_maps("interval day to second", "interval day to second", NULL, "INTERVAL");
}

static void test_wrong_types_are_named(void)
{
    static const char *const wrong[] = {
        "",          "strng",    "decimal(39,1)", "decimal(2,3)",  "array",
        "array<int", "map<int>", "row(a)b",       "timestamp(13)", "int x"};
    g_autoptr(TgSqlArena) arena = tg_sql_arena_new();

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(tg_sql_type_parse(arena, wrong[i], &error));
        g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    }
    g_autoptr(GString) deep = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < 1000; i++) {
        g_string_append(deep, "array<");
    }
    g_assert_null(tg_sql_type_parse(arena, deep->str, &error));
    g_assert_nonnull(g_strstr_len(error->message, -1, "too deeply"));
}

static void assert_common(const char *a, const char *b, const char *common)
{
    g_autoptr(TgSqlArena) arena = tg_sql_arena_new();
    const TgSqlType *type = tg_sql_type_common(arena, tg_sql_type_parse(arena, a, NULL),
                                               tg_sql_type_parse(arena, b, NULL));

    g_assert_cmpstr(type == NULL ? NULL : tg_sql_type_trino(arena, type), ==, common);
}

static void test_common_types_follow_trino(void)
{
    assert_common("integer", "bigint", "bigint");
    assert_common("integer", "decimal(5,2)", "decimal(12,2)");
    assert_common("decimal(10,2)", "decimal(5,4)", "decimal(12,4)");
    assert_common("bigint", "double", "double");
    assert_common("date", "timestamp", "timestamp(3)");
    assert_common("varchar(3)", "varchar(5)", "varchar");
    assert_common("array(integer)", "array(double)", "array(double)");
    assert_common("varchar", "integer", NULL);
    assert_common("date", "varchar", NULL);
    assert_common("array(integer)", "map(integer,integer)", NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sql/type/names-in-the-three-worlds", test_names_in_the_three_worlds);
    g_test_add_func("/sql/type/wrong-types-are-named", test_wrong_types_are_named);
    g_test_add_func("/sql/type/common-types-follow-trino", test_common_types_follow_trino);
    return g_test_run();
}

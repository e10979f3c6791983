/* Statements: what is understood, what stays the same when printed and read again, and how mistakes
 * are shown. */
#include <string.h>

#include "sql/sql.h"

static TgStatement *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    TgStatement *statement = tg_statement_parse(text, strlen(text), "a.sql", &error);

    g_assert_no_error(error);
    return statement;
}

static void assert_fails(const char *text, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TgStatement) statement = tg_statement_parse(text, strlen(text), "a.sql", &error);

    g_assert_null(statement);
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    if (strstr(error->message, message) == NULL) {
        g_error("'%s' gives: %s", text, error->message);
    }
}

static void test_printing_and_reading_again_gives_the_same(void)
{
    static const char *const queries[] = {
        "select 1",
        "select distinct a, b as \"B c\", t.*, * from t as t where a = 1 and not b is null or c",
        "select a from db.t left join u using (k) natural join v cross join w, x full join y on "
        "1=1",
        "select count(*), sum(distinct x) filter (where y) from t group by grouping sets ((a),()), "
        "cube (a, b), rollup (c), (), d having count(*) > 1",
        "select lag(x, 1) ignore nulls over (partition by a order by b desc nulls first rows "
        "between 1 preceding and unbounded following), f(x) over w from t window w as (order by a)",
        "with a (x) as (select 1), b as (table a) select * from a union all select * from b "
        "intersect (select 2 order by 1 limit 1) except values 1, (2) order by 1 offset 2 limit 3",
        "with recursive t(n) as (values 1 union all select n + 1 from t) select * from t",
        "select case when a then 1 else 2 end, case x when 1 then 'a' end, cast(a as "
        "decimal(10,2)), "
        "try_cast(b as array(row(a integer, b varchar(5)))), x between 1 and 2, x not in (1, 2), "
        "x in (select 1), a like 'b!%' escape '!', exists (select 1), a is not distinct from b",
        "select date '2024-01-01', interval -'3' day, timestamp '2024-01-01 00:00:00', X'6566', "
        "1e5, "
        "1.50, 'it''s', -x, array[1, 2][1], row(1, 2), m['k'].f, (x, y) -> x + y, z -> z",
        "select extract(year from d), trim(both 'x' from y), position('a' in b), substring(a from "
        "2 "
        "for 3), d at time zone 'UTC', listagg(a, ',') within group (order by a), array_agg(x "
        "order "
        "by y), current_date, grouping(a), \"select\"",
        "select * from unnest(a, b) with ordinality as u(x, n), lateral (select 1) l, (values 1) "
        "v, "
        "t tablesample bernoulli (10), ((select 1) s join t2 on true)",
        "select a > all (select 1), b = any (select 2), c <> some (select 3) fetch first 5 rows "
        "only",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
        g_autoptr(TgStatement) first = parse(queries[i]);
        g_autofree char *once = tg_node_format(first->query);
        g_autoptr(TgStatement) second = parse(once);
        g_autofree char *twice = tg_node_format(second->query);

        g_assert_cmpstr(once, ==, twice);
    }
}

static void test_operators_bind_as_in_trino(void)
{
    g_autoptr(TgStatement) statement =
        parse("select a or b and not c = 1 + 2 * -3 || 'x' and d between 1 and 2 + 1");
    g_autofree char *text = tg_node_format(statement->query);

    g_assert_cmpstr(text, ==,
                    "select (\"a\" or (\"b\" and (not (\"c\" = ((1 + (2 * (- 3))) || 'x'))) and "
                    "(\"d\" between 1 and (2 + 1))))");
}

static void test_mistakes_are_shown_with_place_line_and_caret(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(tg_statement_parse("select a\nform t", 15, "daily.sql", &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    g_assert_cmpstr(error->message, ==,
                    "daily.sql:2:6: expected the end of the statement, found 't'\n"
                    "     2 | form t\n"
                    "       |      ^");
}

static void test_mistakes_get_a_likely_word(void)
{
    assert_fails("selct 1",
                 "a.sql:1:1: expected a statement: SELECT, WITH, INSERT, CREATE …, found "
                 "'selct' (did you mean 'select'?)");
    assert_fails("select 1 from t whre x", "1:22: expected the end of the statement");
    assert_fails("select * from t order x", "1:23: expected");
    assert_fails("select cast(1 as intger)", "there is no 'intger' (did you mean 'integer'?)");
}

static void test_open_texts_and_comments_are_found(void)
{
    assert_fails("select 'abc", "a.sql:1:8: this text is not closed");
    assert_fails("select /* x", "a.sql:1:8: this comment is not closed");
    assert_fails("select \"abc", "a.sql:1:8: this name is not closed");
    assert_fails("select \"\"", "a name of no characters");
    assert_fails("select \xff", "bytes that are not UTF-8");
    assert_fails("select 1a", "must not begin with a digit");
    assert_fails("select #", "a character that SQL does not have");
    assert_fails("", "there is no statement");
    assert_fails("select 1; select 2", "expected the end of the statement");
    assert_fails("select (1", "the statement ends too early: expected ')'");
}

static void test_a_nul_is_refused(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(tg_statement_parse("select 1\0", 9, "a.sql", &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
}

/* A text without a NUL behind it is read to its last byte and no further. */
static void test_nothing_is_read_past_the_end(void)
{
    static const char *const texts[] = {"",          "select 1", "select a.",  "select 'x",
                                        "select x'", "--",       "select 1 /", "select \"",
                                        "select 1e", "x",        "select -"};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        gsize size = strlen(texts[i]);
        g_autofree char *exact = g_malloc(MAX(size, 1));
        g_autoptr(TgStatement) statement = NULL;

        memcpy(exact, texts[i], size);
        statement = tg_statement_parse(exact, size, "a.sql", NULL);
        g_assert_true((statement != NULL) == (i == 1));
    }
}

static void test_what_is_not_supported_is_named(void)
{
    assert_fails("merge into t", "MERGE is not supported");
    assert_fails("select * from t for timestamp as of now()", "time travel");
    assert_fails("select * from t match_recognize (x)", "MATCH_RECOGNIZE");
    assert_fails("select x is true", "Trino has no IS TRUE");
    assert_fails("select 1 limit 1 offset 1", "OFFSET stands before LIMIT");
    assert_fails("select * from `t`", "backquotes are for DDL");
    assert_fails("create table t (a int)", "CREATE EXTERNAL TABLE");
    assert_fails("create external table t (a int) clustered by (a) into 2 buckets", "CLUSTERED BY");
    assert_fails("create external table t (a time)", "cannot have a column of type time");
}

/* Deep nesting and long chains end with a message, not with the stack. */
static void test_depth_and_length_have_limits(void)
{
    g_autoptr(GString) deep = g_string_new("select ");
    g_autoptr(GString) chain = g_string_new("select 1");
    g_autoptr(GString) ands = g_string_new("select true");
    g_autofree char *huge = g_strnfill(TG_SQL_BYTES_MAX + 1, ' ');

    for (guint i = 0; i < 10000; i++) {
        g_string_append(deep, "(");
        g_string_append(chain, "+1");
        g_string_append(ands, " and true");
    }
    assert_fails(deep->str, "nested more than 150 levels deep");
    assert_fails(chain->str, "operators in one row");
    assert_fails(huge, "more than 262144");
    g_autoptr(TgStatement) flat = parse(ands->str);

    g_assert_nonnull(flat);
}

static void test_create_table_in_full(void)
{
    g_autoptr(TgStatement) statement = parse(
        "CREATE EXTERNAL TABLE IF NOT EXISTS `logs`.`hits` (`id` bigint COMMENT 'it''s', tags "
        "array<string>, props map<string,struct<a:int,b:double>>) COMMENT 'all hits' PARTITIONED "
        "BY "
        "(day date) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' COLLECTION "
        "ITEMS TERMINATED BY '|' NULL DEFINED AS '' STORED AS TEXTFILE LOCATION 's3://b/hits/' "
        "TBLPROPERTIES ('skip.header.line.count'='1', \"classification\"=\"csv\");");
    const json_t *serde = json_object_get(statement->storage, "serde_properties");

    g_assert_cmpint(statement->kind, ==, TG_STATEMENT_CREATE_TABLE);
    g_assert_cmpstr(statement->database, ==, "logs");
    g_assert_cmpstr(statement->table, ==, "hits");
    g_assert_true(statement->if_exists);
    g_assert_cmpuint(json_array_size(statement->columns), ==, 3);
    g_assert_cmpstr(
        json_string_value(json_object_get(json_array_get(statement->columns, 2), "Type")), ==,
        "map<string,struct<a:int,b:double>>");
    g_assert_cmpuint(json_array_size(statement->partition_keys), ==, 1);
    g_assert_cmpstr(json_string_value(json_object_get(serde, "field.delim")), ==, "\t");
    g_assert_cmpstr(json_string_value(json_object_get(serde, "escape.delim")), ==, "\\");
    g_assert_cmpstr(statement->location, ==, "s3://b/hits/");
    g_assert_cmpstr(
        json_string_value(json_object_get(statement->properties, "skip.header.line.count")), ==,
        "1");
}

static void test_alter_table_and_show(void)
{
    g_autoptr(TgStatement) add = parse("ALTER TABLE a.t ADD IF NOT EXISTS PARTITION (d='1', e=2) "
                                       "LOCATION 's3://b/x/' PARTITION (d='2', e=3)");
    g_autoptr(TgStatement) show = parse("SHOW TABLES IN a LIKE 'x*|y'");
    g_autoptr(TgStatement) ctas = parse(
        "create table if not exists t with (format = 'PARQUET', partitioned_by = array['a', 'b']) "
        "as select 1 with no data");
    g_autoptr(TgStatement) view = parse("create or replace view v as select 1 as a");

    g_assert_cmpuint(json_array_size(add->partitions), ==, 2);
    g_assert_cmpstr(show->database, ==, "a");
    g_assert_cmpstr(show->pattern, ==, "x*|y");
    g_assert_true(ctas->no_data);
    g_assert_cmpuint(json_array_size(json_object_get(ctas->properties, "partitioned_by")), ==, 2);
    g_assert_cmpstr(view->query_text, ==, "select 1 as a");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sql/parse/printing-and-reading-again-gives-the-same",
                    test_printing_and_reading_again_gives_the_same);
    g_test_add_func("/sql/parse/operators-bind-as-in-trino", test_operators_bind_as_in_trino);
    g_test_add_func("/sql/parse/mistakes-are-shown-with-place-line-and-caret",
                    test_mistakes_are_shown_with_place_line_and_caret);
    g_test_add_func("/sql/parse/mistakes-get-a-likely-word", test_mistakes_get_a_likely_word);
    g_test_add_func("/sql/parse/open-texts-and-comments-are-found",
                    test_open_texts_and_comments_are_found);
    g_test_add_func("/sql/parse/a-nul-is-refused", test_a_nul_is_refused);
    g_test_add_func("/sql/parse/nothing-is-read-past-the-end", test_nothing_is_read_past_the_end);
    g_test_add_func("/sql/parse/what-is-not-supported-is-named",
                    test_what_is_not_supported_is_named);
    g_test_add_func("/sql/parse/depth-and-length-have-limits", test_depth_and_length_have_limits);
    g_test_add_func("/sql/parse/create-table-in-full", test_create_table_in_full);
    g_test_add_func("/sql/parse/alter-table-and-show", test_alter_table_and_show);
    return g_test_run();
}

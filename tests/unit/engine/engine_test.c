/* Values as Athena prints them, errors in our words, queries that are stopped. */
#include "engine/engine.h"

#include <string.h>

static TgEngine *engine;

static char *first_cell(const char *sql, GError **error)
{
    TgEngineRequest request = {.sql = sql, .source_name = "q.sql", .now_ms = 1700000000000};
    g_autoptr(TgEngineRows) rows = tg_engine_select(engine, &request, error);
    const char *const *row = NULL;

    if (rows == NULL || !tg_engine_rows_next(rows, &row, error)) {
        return NULL;
    }
    return g_strdup(row == NULL ? "" : (row[0] == NULL ? "NULL" : row[0]));
}

static void assert_cell(const char *sql, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *got = first_cell(sql, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(got, ==, expected);
}

static void assert_fails(const char *sql, TgErrorCode code, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *got = first_cell(sql, &error);

    g_assert_null(got);
    g_assert_cmpint(error->code, ==, code);
    if (strstr(error->message, message) == NULL) {
        g_error("%s\nexpected: %s\ngot: %s", sql, message, error->message);
    }
}

static void test_values_print_as_in_athena(void)
{
    assert_cell("select 1e7", "1.0E7");
    assert_cell("select 9999999e0", "9999999.0");
    assert_cell("select 0.001e0", "0.001");
    assert_cell("select 0.0009e0", "9.0E-4");
    assert_cell("select 100e0", "100.0");
    assert_cell("select 2.2250738585072014E-308", "2.2250738585072014E-308");
    assert_cell("select real '3.4028235E38'", "3.4028235E38");
    assert_cell("select real '0.1'", "0.1");
    assert_cell("select -0.0e0", "-0.0");
    assert_cell("select nan()", "NaN");
    assert_cell("select -infinity()", "-Infinity");
    assert_cell("select decimal '-0.05'", "-0.05");
    assert_cell("select decimal '-12345678901234567890123456789012345678'",
                "-12345678901234567890123456789012345678");
    assert_cell("select date '0001-01-01'", "0001-01-01");
    assert_cell("select date '1969-12-31'", "1969-12-31");
    assert_cell("select timestamp '1969-12-31 23:59:59.999'", "1969-12-31 23:59:59.999");
    assert_cell("select timestamp '9999-12-31 23:59:59'", "9999-12-31 23:59:59.000");
    assert_cell("select time '01:02:03.5'", "01:02:03.500");
    assert_cell("select x''", "");
    assert_cell("select array[array[1], null, array[]]", "[[1], null, []]");
    assert_cell("select map(array[1, 2], array[row('a', null), null])",
                "{1={field0=a, field1=null}, 2=null}");
    assert_cell("select uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59'",
                "12151fd2-7586-11e9-8f9e-2a86e4085a59");
    assert_cell("select repeat('x', 3)", "[x, x, x]");
    assert_cell("select 'a long text that DuckDB does not keep inline'",
                "a long text that DuckDB does not keep inline");
}

static void test_errors_are_in_our_words(void)
{
    assert_fails("select cast('abc' as integer)", TG_ERROR_CONFIG,
                 "q.sql: Could not convert string 'not a whole number: abc' to integer");
    assert_fails("select x / y from (values (1, 0)) t(x, y)", TG_ERROR_CONFIG,
                 "q.sql: Division by zero");
    assert_fails("select (select x from (values 1, 2) t(x))", TG_ERROR_CONFIG, "q.sql: ");
    assert_fails("select a from (values 1) t(b)", TG_ERROR_CONFIG,
                 "q.sql:1:8: there is no column 'a'");
    assert_fails("select count(*), x from (values 1) t(x)", TG_ERROR_CONFIG, "q.sql: ");
    assert_fails("show tables", TG_ERROR_CONFIG, "a SELECT is needed here, not SHOW TABLES");
}

static void test_no_words_of_the_translation_show(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(first_cell("select count(*), x from (values 1) t(x)", &error));
    g_assert_null(strstr(error->message, "LINE 1"));
    g_assert_null(strstr(error->message, "Binder Error"));
}

static void test_rows_stream(void)
{
    TgEngineRequest request = {.sql = "select x from unnest(sequence(1, 10000)) t(x), "
                                      "unnest(sequence(1, 10)) u(y)"};
    g_autoptr(GError) error = NULL;
    g_autoptr(TgEngineRows) rows = tg_engine_select(engine, &request, &error);
    const char *const *row = NULL;
    guint count = 0;

    g_assert_no_error(error);
    do {
        g_assert_true(tg_engine_rows_next(rows, &row, &error));
        count += row != NULL ? 1 : 0;
    } while (row != NULL);
    g_assert_cmpuint(count, ==, 100000);
}

static void test_a_flag_stops_between_rows(void)
{
    gint cancelled = 0;
    TgEngineRequest request = {.sql = "select x from unnest(sequence(1, 10000)) t(x), "
                                      "unnest(sequence(1, 10)) u(y)",
                               .is_cancelled = &cancelled};
    g_autoptr(GError) error = NULL;
    g_autoptr(TgEngineRows) rows = tg_engine_select(engine, &request, &error);
    const char *const *row = NULL;

    g_assert_no_error(error);
    g_assert_true(tg_engine_rows_next(rows, &row, &error));
    g_atomic_int_set(&cancelled, 1);
    while (tg_engine_rows_next(rows, &row, &error)) {
        g_assert_nonnull(row);
    }
    g_assert_error(error, TG_ERROR, TG_ERROR_CANCELLED);
}

static gpointer query_in_thread(gpointer number)
{
    g_autofree char *sql = g_strdup_printf("select split_part('a-b', '-', 1), %d + count(*) from "
                                           "unnest(sequence(1, 1000)) t(x)",
                                           GPOINTER_TO_INT(number));

    assert_cell(sql, "a");
    return NULL;
}

static void test_threads_query_at_the_same_time(void)
{
    GThread *threads[4] = {NULL};

    for (gint i = 0; i < 4; i++) {
        threads[i] = g_thread_new("query", query_in_thread, GINT_TO_POINTER(i));
    }
    for (gint i = 0; i < 4; i++) {
        (void)g_thread_join(threads[i]);
    }
}

static void test_explain_shows_a_plan(void)
{
    TgEngineRequest request = {.sql = "select sum(x) from (values 1, 2) t(x)"};
    g_autoptr(GError) error = NULL;
    g_autoptr(TgEnginePlan) plan = tg_engine_plan(engine, &request, &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = tg_engine_plan_explain(plan, &(TgEngineExplain){FALSE, NULL}, &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(text, "AGGREGATE"));
}

int main(int argc, char **argv)
{
    int status = 0;

    g_test_init(&argc, &argv, NULL);
    engine = tg_engine_new(NULL, NULL, NULL);
    g_test_add_func("/engine/engine/values-print-as-in-athena", test_values_print_as_in_athena);
    g_test_add_func("/engine/engine/errors-are-in-our-words", test_errors_are_in_our_words);
    g_test_add_func("/engine/engine/no-words-of-the-translation-show",
                    test_no_words_of_the_translation_show);
    g_test_add_func("/engine/engine/rows-stream", test_rows_stream);
    g_test_add_func("/engine/engine/a-flag-stops-between-rows", test_a_flag_stops_between_rows);
    g_test_add_func("/engine/engine/threads-query-at-the-same-time",
                    test_threads_query_at_the_same_time);
    g_test_add_func("/engine/engine/explain-shows-a-plan", test_explain_shows_a_plan);
    status = g_test_run();
    tg_engine_free(engine);
    return status;
}

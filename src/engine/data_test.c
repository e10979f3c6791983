/* `test:` blocks. */
#include "engine/data_test.h"

#include <string.h>

#include "sql/quote.h"

#define NOT_NULL "not_null"
#define UNIQUE "unique"
#define MIN_ROWS "min_rows"

typedef struct {
    TgEngine *engine;
    const TgStagedData *staged;
} Run;

static gboolean fail_shape(const char *name, const char *source_name, const char *what,
                           GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s%stest: '%s': %s",
                source_name == NULL ? "" : source_name, source_name == NULL ? "" : ": ", name,
                what);
    return FALSE;
}

static gboolean is_columns(const json_t *value)
{
    if (json_is_string(value)) {
        return TRUE;
    }
    for (gsize i = 0; i < json_array_size(value); i++) {
        if (!json_is_string(json_array_get(value, i))) {
            return FALSE;
        }
    }
    return json_array_size(value) > 0;
}

static gboolean check_sql(const char *name, const json_t *value, const char *source_name,
                          GError **error)
{
    g_autofree char *shown =
        g_strdup_printf("%s%stest '%s'", source_name == NULL ? "" : source_name,
                        source_name == NULL ? "" : ": ", name);
    const char *sql = json_string_value(value);
    g_autoptr(TgStatement) statement = NULL;

    if (sql == NULL) {
        return fail_shape(name, source_name, "a SELECT that must return no rows is needed", error);
    }
    statement = tg_statement_parse(sql, strlen(sql), shown, error);
    if (statement == NULL) {
        return FALSE;
    }
    return statement->kind == TG_STATEMENT_SELECT ||
           fail_shape(name, source_name, "only a SELECT can be a test", error);
}

static gboolean check_one(const char *name, const json_t *value, const char *source_name,
                          GError **error)
{
    if (strcmp(name, NOT_NULL) == 0 || strcmp(name, UNIQUE) == 0) {
        return is_columns(value) ||
               fail_shape(name, source_name, "the name of a column, or a list of names", error);
    }
    if (strcmp(name, MIN_ROWS) == 0) {
        return (json_is_integer(value) && json_integer_value(value) >= 0) ||
               fail_shape(name, source_name, "a number of rows", error);
    }
    return check_sql(name, value, source_name, error);
}

gboolean tg_data_tests_check(const json_t *tests, const char *source_name, GError **error)
{
    const char *name = NULL;
    json_t *value = NULL;

    if (tests == NULL) {
        return TRUE;
    }
    if (!json_is_object(tests) || json_object_size(tests) > TG_DATA_TESTS_MAX) {
        return fail_shape("", source_name, "a map of at most 100 tests: name: SELECT", error);
    }
    json_object_foreach ((json_t *)tests, name, value) {
        if (!check_one(name, value, source_name, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- running -------------------------------------------------------------------------------- */

/* The rows that should not be, as a small table: names, then lines of cells. */
static gboolean collect(TgEngineRows *rows, GString *table, gint64 *out_count, GError **error)
{
    const TgEnginePlan *plan = tg_engine_rows_plan(rows);
    guint columns = tg_engine_plan_column_count(plan);
    const char *const *row = NULL;

    *out_count = 0;
    for (guint i = 0; i < columns; i++) {
        g_string_append_printf(table, "%s%s", i == 0 ? "\n  " : " | ",
                               tg_engine_plan_column(plan, i)->name);
    }
    for (;;) {
        if (!tg_engine_rows_next(rows, &row, error)) {
            return FALSE;
        }
        if (row == NULL) {
            return TRUE;
        }
        for (guint i = 0; *out_count < TG_DATA_TEST_ROWS_SHOWN && i < columns; i++) {
            g_string_append_printf(table, "%s%.80s", i == 0 ? "\n  " : " | ",
                                   row[i] == NULL ? "NULL" : row[i]);
        }
        (*out_count)++;
    }
}

static gboolean run_sql(const Run *run, const char *name, const char *sql, GError **error)
{
    g_autofree char *shown = g_strdup_printf("test '%s'", name);
    TgEngineRequest request = {
        .sql = sql, .source_name = shown, .database = run->staged->database, .staged = run->staged};
    g_autoptr(TgEngineRows) rows = tg_engine_select(run->engine, &request, error);
    g_autoptr(GString) table = g_string_new(NULL);
    gint64 count = 0;

    if (rows == NULL || !collect(rows, table, &count, error)) {
        return FALSE;
    }
    if (count > 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "test '%s' failed: %" G_GINT64_FORMAT
                    " row%s should not be there; nothing was published%s%s",
                    name, count, count == 1 ? "" : "s", table->str,
                    count > TG_DATA_TEST_ROWS_SHOWN ? "\n  …" : "");
        return FALSE;
    }
    return TRUE;
}

/* ---- the SELECT of each test ---------------------------------------------------------------- */

void tg_data_test_free(TgDataTest *test)
{
    g_free(test->name);
    g_free(test->sql);
    g_free(test);
}

static void add_test(GPtrArray *all, char *take_name, char *take_sql)
{
    TgDataTest *test = g_new0(TgDataTest, 1);

    test->name = take_name;
    test->sql = take_sql;
    g_ptr_array_add(all, test);
}

static void add_not_null(GPtrArray *all, const char *column)
{
    g_autofree char *quoted = tg_sql_quote(column, '"');

    add_test(all, g_strdup_printf("not_null: %s", column),
             g_strdup_printf("SELECT * FROM staged WHERE %s IS NULL", quoted));
}

static void add_all_not_null(GPtrArray *all, const json_t *value)
{
    if (json_is_string(value)) {
        add_not_null(all, json_string_value(value));
    }
    for (gsize i = 0; i < json_array_size(value); i++) {
        add_not_null(all, json_string_value(json_array_get(value, i)));
    }
}

static void add_unique(GPtrArray *all, const json_t *value)
{
    g_autoptr(GString) list = g_string_new(NULL);
    g_autoptr(GString) name = g_string_new("unique: ");

    for (gsize i = 0; i < (json_is_array(value) ? json_array_size(value) : 1); i++) {
        const char *column =
            json_string_value(json_is_array(value) ? json_array_get(value, i) : value);
        g_autofree char *quoted = tg_sql_quote(column, '"');

        g_string_append_printf(list, "%s%s", i == 0 ? "" : ", ", quoted);
        g_string_append_printf(name, "%s%s", i == 0 ? "" : ", ", column);
    }
    add_test(all, g_strdup(name->str),
             g_strdup_printf("SELECT %s, count(*) AS \"rows\" FROM staged GROUP BY %s HAVING "
                             "count(*) > 1",
                             list->str, list->str));
}

static void add_tests(GPtrArray *all, const char *name, const json_t *value)
{
    if (strcmp(name, NOT_NULL) == 0) {
        add_all_not_null(all, value);
    } else if (strcmp(name, UNIQUE) == 0) {
        add_unique(all, value);
    } else if (strcmp(name, MIN_ROWS) == 0) {
        add_test(all, g_strdup(name),
                 g_strdup_printf("SELECT count(*) AS \"rows\" FROM staged HAVING count(*) < "
                                 "%" JSON_INTEGER_FORMAT,
                                 json_integer_value(value)));
    } else {
        add_test(all, g_strdup(name), g_strdup(json_string_value(value)));
    }
}

GPtrArray *tg_data_tests_list(const json_t *tests, GError **error)
{
    GPtrArray *all = NULL;
    const char *name = NULL;
    json_t *value = NULL;

    if (!tg_data_tests_check(tests, NULL, error)) {
        return NULL;
    }
    all = g_ptr_array_new_with_free_func((GDestroyNotify)tg_data_test_free);
    json_object_foreach ((json_t *)tests, name, value) {
        add_tests(all, name, value);
    }
    return all;
}

static gboolean run_min_rows(const Run *run, const json_t *value, GError **error)
{
    TgEngineRequest request = {.sql = "SELECT count(*) FROM staged",
                               .source_name = "test 'min_rows'",
                               .database = run->staged->database,
                               .staged = run->staged};
    g_autoptr(TgEngineRows) rows = tg_engine_select(run->engine, &request, error);
    const char *const *row = NULL;

    if (rows == NULL || !tg_engine_rows_next(rows, &row, error)) {
        return FALSE;
    }
    if (g_ascii_strtoll(row[0], NULL, 10) < json_integer_value(value)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "test 'min_rows' failed: %s rows, but at least %" JSON_INTEGER_FORMAT
                    " are expected; nothing was published",
                    row[0], json_integer_value(value));
        return FALSE;
    }
    return TRUE;
}

static gboolean run_one(const Run *run, const char *name, const json_t *value, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)tg_data_test_free);

    if (strcmp(name, MIN_ROWS) == 0) {
        return run_min_rows(run, value, error); /* tells how many there are */
    }
    add_tests(all, name, value);
    for (guint i = 0; i < all->len; i++) {
        const TgDataTest *test = g_ptr_array_index(all, i);

        if (!run_sql(run, test->name, test->sql, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

json_t *tg_data_tests_run(TgEngine *engine, const json_t *tests, const TgStagedData *staged,
                          GError **error)
{
    Run run = {engine, staged};
    json_t *results = NULL;
    const char *name = NULL;
    json_t *value = NULL;

    if (!tg_data_tests_check(tests, NULL, error)) {
        return NULL;
    }
    results = json_array();
    json_object_foreach ((json_t *)tests, name, value) {
        if (!run_one(&run, name, value, error)) {
            json_decref(results);
            return NULL;
        }
        json_array_append_new(results,
                              json_pack("{s:s, s:b, s:i}", "name", name, "ok", 1, "rows", 0));
    }
    return results;
}

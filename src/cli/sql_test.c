/**
 * tegaru sql test: a query runs over rows that the test gives, and its rows are held against those
 * that it expects. Each test has a catalog, a store and an engine of its own in a temporary folder.
 *
 *     database: shop                      # for names without one; default
 *     now: "2026-01-02 03:04:05"          # current_timestamp, in UTC; else the present
 *     tests:
 *       - name: one day alone
 *         query: daily.sql                # a file beside this one, or the SQL itself
 *         params: {day: 2026-01-01}       # for ${…}
 *         given:
 *           orders:
 *             columns: {id: bigint, day: date}     # left out: as the project's table has them
 *             rows: [{id: 1, day: 2026-01-01}]
 *           other: [{id: 1}]              # types from the project, else from the values
 *         expect: [{id: 1, amount: 10}]   # cells as Athena prints them; in any order
 *         ordered: true                   # the order counts, too
 *         error: DIVISION                 # instead of expect: a part of the message
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "catalog/table.h"
#include "cli/sql_actions.h"
#include "cli/state.h"
#include "params/params.h"
#include "params/yaml.h"
#include "query/query.h"
#include "script/script.h"
#include "sql/quote.h"
#include "sql/type.h"

#define ROWS_MAX 100000
#define CELL_CHARACTERS_MAX 40

/* Where one test runs. */
typedef struct {
    char *folder;
    TgCatalog *catalog;
    TgObjectStore *objects;
    TgQuery *query;
} Bench;

static void bench_clear(Bench *bench)
{
    tg_query_free(bench->query);
    tg_catalog_free(bench->catalog);
    tg_object_store_free(bench->objects);
    if (bench->folder != NULL) {
        (void)tg_file_remove_folder(bench->folder, NULL);
    }
    g_free(bench->folder);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bench, bench_clear)

static gboolean bench_open(Bench *bench, GError **error)
{
    const TgQueryOptions options = {.leave_open = TRUE};

    bench->folder = g_dir_make_tmp("tegaru-sql-XXXXXX", error);
    if (bench->folder == NULL) {
        return FALSE;
    }
    g_autofree char *file = g_build_filename(bench->folder, "catalog.sqlite", NULL);
    g_autofree char *objects = g_build_filename(bench->folder, "objects", NULL);

    bench->catalog = tg_catalog_open(file, error);
    if (bench->catalog == NULL) {
        return FALSE;
    }
    bench->objects = tg_object_store_new_folder(objects);
    bench->query = tg_query_new(bench->catalog, bench->objects, &options);
    return TRUE;
}

/* One test of a file; lent but the counts. */
typedef struct {
    const char *file;
    const json_t *top;  /* of the file */
    const json_t *test; /* of it */
    TgCatalog *project; /* whose tables give types; may be NULL */
    const char *database;
    gint64 now_ms;
} Case;

/* --- given rows --- */

static const char *type_of_value(const json_t *value)
{
    return json_is_integer(value)   ? "bigint"
           : json_is_real(value)    ? "double"
           : json_is_boolean(value) ? "boolean"
                                    : "varchar";
}

static void add_known_types(const json_t *columns, json_t *types)
{
    json_t *column = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)columns, i, column) {
        json_object_set(types, json_string_value(json_object_get(column, "Name")),
                        json_object_get(column, "Type"));
    }
}

/* Of each column the first value that is not null. */
static void add_types_of_row(const json_t *row, json_t *types)
{
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)row, name, value) {
        if (!json_is_null(value) && json_object_get(types, name) == NULL) {
            json_object_set_new(types, name, json_string(type_of_value(value)));
        }
    }
}

/* The types of the columns: as given, as the project's table has them, else of the values.
 * {"id": "bigint"}; a new reference. */
static json_t *types_of(const Case *test, const char *database, const char *table,
                        const json_t *columns, const json_t *rows)
{
    json_t *types = json_is_object(columns) ? json_deep_copy(columns) : json_object();
    g_autoptr(json_t) known =
        test->project == NULL ? NULL : tg_catalog_get_table(test->project, database, table, NULL);

    if (json_object_size(types) > 0) {
        return types;
    }
    if (known != NULL) {
        add_known_types(tg_table_columns(known), types);
        add_known_types(tg_table_partition_keys(known), types);
        return types;
    }
    for (gsize i = 0; i < json_array_size(rows); i++) {
        add_types_of_row(json_array_get(rows, i), types);
    }
    return types;
}

/* CAST('1' AS bigint), or of JSON for lists and maps. */
static gboolean append_cell(GString *sql, const json_t *value, const char *type, GError **error)
{
    g_autoptr(TgSqlArena) arena = tg_sql_arena_new();
    const TgSqlType *parsed = tg_sql_type_parse(arena, type, error);

    if (parsed == NULL) {
        return FALSE;
    }
    g_string_append(sql, "CAST(");
    if (value == NULL || json_is_null(value)) {
        g_string_append(sql, "NULL");
    } else {
        gboolean is_nested = json_is_array(value) || json_is_object(value);
        g_autofree char *text = is_nested ? tg_params_to_json(value) : tg_params_to_text(value);

        g_string_append(sql, is_nested ? "json_parse(" : "");
        tg_sql_append_quoted(sql, text, '\'');
        g_string_append(sql, is_nested ? ")" : "");
    }
    g_string_append_printf(sql, " AS %s)", tg_sql_type_trino(arena, parsed));
    return TRUE;
}

/* SELECT CAST(…) AS "id", … */
static gboolean append_row(GString *sql, const json_t *types, const json_t *row, GError **error)
{
    const char *comma = "SELECT ";
    const char *name = NULL;
    json_t *type = NULL;

    json_object_foreach ((json_t *)types, name, type) {
        const char *text = json_string_value(type);

        g_string_append(sql, comma);
        if (!append_cell(sql, json_object_get(row, name), text == NULL ? "" : text, error)) {
            return FALSE;
        }
        g_string_append(sql, " AS ");
        tg_sql_append_quoted(sql, name, '"');
        comma = ", ";
    }
    return TRUE;
}

/* One SELECT a row, by UNION ALL; without rows the columns alone. NULL with an error. */
static char *rows_sql(const json_t *types, const json_t *rows, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    gsize count = MAX(json_array_size(rows), 1);

    for (gsize i = 0; i < count; i++) {
        g_string_append(sql, i == 0 ? "" : "\nUNION ALL ");
        if (!append_row(sql, types, json_array_get(rows, i), error)) {
            return NULL;
        }
    }
    if (json_array_size(rows) == 0) {
        g_string_append(sql, " WHERE false");
    }
    return g_string_free(g_steal_pointer(&sql), FALSE);
}

/* A column that the table has not is misspelt; NULL: all are there. Lent. */
static const char *find_unknown(const json_t *types, const json_t *row)
{
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)row, name, value) {
        if (json_object_get(types, name) == NULL) {
            return name;
        }
    }
    return NULL;
}

static gboolean check_rows(const char *table, const json_t *types, const json_t *rows,
                           GError **error)
{
    if (!json_is_array(rows) || json_object_size(types) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "given: %s: a list of rows is needed ({column: value}), or 'columns' with "
                    "types",
                    table);
        return FALSE;
    }
    for (gsize i = 0; i < json_array_size(rows); i++) {
        const char *unknown = find_unknown(types, json_array_get(rows, i));

        if (unknown != NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "given: %s has no column '%s'", table,
                        unknown);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean make_table(const Case *test, const Bench *bench, const char *full_name,
                           const json_t *given, GError **error)
{
    const char *dot = strchr(full_name, '.');
    g_autofree char *database =
        dot == NULL ? g_strdup(test->database) : g_strndup(full_name, (gsize)(dot - full_name));
    const char *table = dot == NULL ? full_name : dot + 1;
    const json_t *rows = json_is_object(given) ? json_object_get(given, "rows") : given;
    g_autoptr(json_t) none = json_array();
    g_autoptr(json_t) types = NULL;
    g_autofree char *sql = NULL;
    g_autoptr(json_t) receipt = NULL;

    rows = rows == NULL ? none : rows;
    types = types_of(test, database, table, json_object_get(given, "columns"), rows);
    if (!check_rows(full_name, types, rows, error)) {
        return FALSE;
    }
    sql = rows_sql(types, rows, error);
    if (sql == NULL) {
        g_prefix_error(error, "given: %s: ", full_name);
        return FALSE;
    }
    const TgCtasRequest request = {.sql = sql,
                                   .source_name = full_name,
                                   .database = database,
                                   .table = table,
                                   .compression = "zstd",
                                   .now_ms = test->now_ms};

    if (!tg_query_ctas(bench->query, &request, &receipt, error)) {
        g_prefix_error(error, "given: %s: ", full_name);
        return FALSE;
    }
    return TRUE;
}

static gboolean make_tables(const Case *test, const Bench *bench, GError **error)
{
    const json_t *given = json_object_get(test->test, "given");
    const char *name = NULL;
    json_t *rows = NULL;

    json_object_foreach ((json_t *)given, name, rows) {
        if (!make_table(test, bench, name, rows, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- the query --- */

/* Its text with templates filled in. */
static char *read_query(const Case *test, GError **error)
{
    const char *query = json_string_value(json_object_get(test->test, "query"));
    const json_t *params = json_object_get(test->test, "params");
    g_autoptr(json_t) none = json_object();
    g_autofree char *text = NULL;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    gsize size = 0;

    if (query == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'query' is missing: a file or the SQL");
        return NULL;
    }
    if (g_str_has_suffix(query, ".sql") && strchr(query, '\n') == NULL) {
        g_autofree char *folder = g_path_get_dirname(test->file);
        g_autofree char *path = g_build_filename(folder, query, NULL);

        if (!tg_file_read(path, TG_QUERY_SQL_BYTES_MAX, &text, &size, error)) {
            return NULL;
        }
    } else {
        text = g_strdup(query);
    }
    g_autoptr(TgScript) script = tg_script_new(utc);

    return tg_script_fill(script, text, params == NULL ? none : params, error);
}

/* Rows as {"column": text or null}; NULL with an error. */
static json_t *run_query(const Case *test, const Bench *bench, GError **error)
{
    g_autofree char *sql = read_query(test, error);
    const TgQueryRequest request = {.sql = sql, .database = test->database, .now_ms = test->now_ms};
    g_autoptr(TgQueryResult) result =
        sql == NULL ? NULL : tg_query_run(bench->query, &request, error);
    g_autoptr(json_t) rows = json_array();
    const char *const *row = NULL;

    while (result != NULL) {
        if (!tg_query_result_next(result, &row, error)) {
            return NULL;
        }
        if (row == NULL || json_array_size(rows) == ROWS_MAX) {
            return g_steal_pointer(&rows);
        }
        json_t *cells = json_object();

        for (guint i = 0; i < tg_query_result_column_count(result); i++) {
            json_object_set_new(cells, tg_query_result_column_name(result, i),
                                row[i] == NULL ? json_null() : json_string(row[i]));
        }
        json_array_append_new(rows, cells);
    }
    return NULL;
}

/* --- expected rows --- */

/* Numbers are equal as numbers, whatever their spelling: 1.5 and 1.5E0. */
static gboolean is_equal(const json_t *wanted, const json_t *got)
{
    const char *text = json_string_value(got);
    g_autofree char *plain = json_is_null(wanted) ? NULL : tg_params_to_text(wanted);
    char *end = NULL;

    if (plain == NULL || text == NULL) {
        return plain == NULL && text == NULL;
    }
    if (strcmp(plain, text) == 0) {
        return TRUE;
    }
    return json_is_number(wanted) && *text != '\0' &&
           g_ascii_strtod(text, &end) == json_number_value(wanted) && *end == '\0';
}

/* The columns that are expected; others of the query do not matter. */
static gboolean row_is_equal(const json_t *wanted, const json_t *got)
{
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)wanted, name, value) {
        const json_t *cell = json_object_get(got, name);

        if (cell == NULL || !is_equal(value, cell)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void print_row(char mark, const json_t *row)
{
    const char *name = NULL;
    json_t *value = NULL;
    const char *comma = "";

    (void)printf("    %c ", mark);
    json_object_foreach ((json_t *)row, name, value) {
        g_autofree char *text = json_is_null(value) ? g_strdup("NULL") : tg_params_to_text(value);

        (void)printf("%s%s: %.*s", comma, name, CELL_CHARACTERS_MAX, text);
        comma = ", ";
    }
    (void)puts("");
}

/* Takes out of `left` the row that is equal; its index counts when the order does. */
static gboolean take_row(json_t *left, const json_t *wanted, gboolean is_ordered)
{
    gsize count = is_ordered ? MIN(json_array_size(left), 1) : json_array_size(left);

    for (gsize i = 0; i < count; i++) {
        if (row_is_equal(wanted, json_array_get(left, i))) {
            json_array_remove(left, i);
            return TRUE;
        }
    }
    return FALSE;
}

/* Tells what is missing (-) and what should not be there (+). */
static gboolean compare(const Case *test, const json_t *rows)
{
    const json_t *expected = json_object_get(test->test, "expect");
    gboolean is_ordered = json_is_true(json_object_get(test->test, "ordered"));
    g_autoptr(json_t) left = json_copy((json_t *)rows);
    g_autoptr(json_t) missing = json_array();
    json_t *row = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)expected, i, row) {
        if (!take_row(left, row, is_ordered)) {
            json_array_append(missing, row);
        }
    }
    if (json_array_size(missing) == 0 && json_array_size(left) == 0) {
        return TRUE;
    }
    (void)printf("    %zu rows are expected, %zu came; - is missing, + should not be there%s\n",
                 json_array_size(expected), json_array_size(rows),
                 is_ordered ? " (in this order)" : "");
    json_array_foreach (missing, i, row) {
        print_row('-', row);
    }
    json_array_foreach (left, i, row) {
        print_row('+', row);
    }
    return FALSE;
}

/* A query that is to fail: its message has the text. */
static gboolean check_failure(const char *wanted, GError *take_problem)
{
    g_autoptr(GError) problem = take_problem;

    if (problem != NULL && strstr(problem->message, wanted) != NULL) {
        return TRUE;
    }
    (void)printf("    an error with '%s' is expected, but %s%s\n", wanted,
                 problem == NULL ? "the query succeeded" : "it was: ",
                 problem == NULL ? "" : problem->message);
    return FALSE;
}

static gboolean run_case(const Case *test)
{
    g_auto(Bench) bench = {NULL};
    g_autoptr(json_t) rows = NULL;
    const char *failure = json_string_value(json_object_get(test->test, "error"));
    GError *problem = NULL;

    if (failure == NULL && !json_is_array(json_object_get(test->test, "expect"))) {
        (void)puts("    'expect' (a list of rows) or 'error' is missing");
        return FALSE;
    }
    if (bench_open(&bench, &problem) && make_tables(test, &bench, &problem)) {
        rows = run_query(test, &bench, &problem);
        if (failure != NULL) {
            return check_failure(failure, problem);
        }
    }
    if (rows == NULL) {
        (void)printf("    %s\n", problem->message);
        g_error_free(problem);
        return FALSE;
    }
    return compare(test, rows);
}

/* --- files --- */

static gboolean read_now(const json_t *top, gint64 *out_ms, GError **error)
{
    const char *text = json_string_value(json_object_get(top, "now"));
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autofree char *iso = text == NULL ? NULL : g_strdelimit(g_strdup(text), " ", 'T');
    g_autoptr(GDateTime) at = iso == NULL ? NULL : g_date_time_new_from_iso8601(iso, utc);

    if (text != NULL && at == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "now: '%s' is no time; write it as "
                    "\"2026-01-02 03:04:05\"",
                    text);
        return FALSE;
    }
    *out_ms = at == NULL ? tg_clock_now_ms() : g_date_time_to_unix(at) * 1000;
    return TRUE;
}

/* Counts what failed. FALSE with an error for a file that is none. */
static gboolean run_file(const char *file, const TgCliSqlOptions *options, TgCatalog *project,
                         guint *counts, GError **error)
{
    g_autoptr(TgYaml) yaml = tg_yaml_load(file, file, TG_YAML_DIGDAG, error);
    const json_t *top = yaml == NULL ? NULL : tg_yaml_root(yaml);
    const char *database = json_string_value(json_object_get(top, "database"));
    gint64 now_ms = 0;
    json_t *test = NULL;
    gsize i = 0;

    if (top == NULL || !read_now(top, &now_ms, error)) {
        return FALSE;
    }
    if (!json_is_array(json_object_get(top, "tests"))) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: 'tests' (a list) is missing", file);
        return FALSE;
    }
    json_array_foreach (json_object_get(top, "tests"), i, test) {
        const char *name = json_string_value(json_object_get(test, "name"));
        const Case one = {.file = file,
                          .top = top,
                          .test = test,
                          .project = project,
                          .database = database != NULL            ? database
                                      : options->database != NULL ? options->database
                                                                  : "default",
                          .now_ms = now_ms};

        (void)printf("%s: %s\n", file, name == NULL ? "(no name)" : name);
        gboolean ok = run_case(&one);

        counts[ok ? 0 : 1]++;
        (void)printf("  %s\n", ok ? "ok" : "FAILED");
    }
    return TRUE;
}

int tg_cli_sql_test(const TgCli *cli, const TgCliSqlOptions *options, char **files)
{
    g_autoptr(TgCliState) state = tg_cli_state_new(options->project);
    g_autofree char *catalog = g_build_filename(state->folder, "catalog.sqlite", NULL);
    gboolean has_catalog = g_file_test(catalog, G_FILE_TEST_EXISTS);
    GError *error = NULL;
    TgCatalog *project = has_catalog ? tg_cli_state_catalog(state, &error) : NULL;
    guint counts[2] = {0, 0};

    if (has_catalog && project == NULL) {
        return tg_cli_fail(cli, error);
    }
    for (guint i = 0; files[i] != NULL; i++) {
        if (!run_file(files[i], options, project, counts, &error)) {
            return tg_cli_fail(cli, error);
        }
    }
    (void)printf("%u passed, %u failed\n", counts[0], counts[1]);
    return counts[1] == 0 ? 0 : 1;
}

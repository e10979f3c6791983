/* PostgreSQL connections against a real server. */
#include "database/postgresql.h"

#include <string.h>

#include "support/postgresql.h"

static TgTestPostgresql *server;

static TgPostgresql *open_server(void)
{
    TgPostgresqlOptions options = tg_test_postgresql_options(server);
    g_autoptr(GError) error = NULL;
    TgPostgresql *postgresql = tg_postgresql_open(&options, &error);

    g_assert_no_error(error);
    return postgresql;
}

static void run(TgPostgresql *postgresql, const char *sql)
{
    g_autoptr(GError) error = NULL;

    (void)tg_postgresql_execute(postgresql, sql, NULL, &error);
    g_assert_no_error(error);
}

/* The first value of the first row. */
static char *ask(TgPostgresql *postgresql, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TgPostgresqlCursor) cursor = tg_postgresql_query(postgresql, sql, &error);
    const char *const *values = NULL;

    g_assert_no_error(error);
    g_assert_true(tg_postgresql_cursor_next(cursor, &values, NULL, &error));
    return values == NULL ? NULL : g_strdup(values[0]);
}

static void expect(TgPostgresql *postgresql, const char *sql, const char *wanted)
{
    g_autofree char *got = ask(postgresql, sql);

    g_assert_cmpstr(got, ==, wanted);
}

static void test_rows_are_streamed(void)
{
    g_autoptr(TgPostgresql) postgresql = open_server();
    g_autoptr(GError) error = NULL;
    g_autoptr(TgPostgresqlCursor) cursor =
        tg_postgresql_query(postgresql,
                            "SELECT g AS id, CASE WHEN g % 2 = 0 THEN 'é' || g END AS name, "
                            "1.50::numeric(5,2) AS price "
                            "FROM generate_series(1, 1000) g",
                            &error);
    const char *const *values = NULL;
    const gsize *sizes = NULL;

    g_assert_no_error(error);
    g_assert_cmpuint(tg_postgresql_cursor_count(cursor), ==, 3);
    g_assert_cmpstr(tg_postgresql_cursor_field(cursor, 1)->name, ==, "name");
    g_assert_cmpuint(tg_postgresql_cursor_field(cursor, 0)->type, ==, TG_POSTGRESQL_INT4);
    g_assert_cmpuint(tg_postgresql_cursor_field(cursor, 1)->type, ==, TG_POSTGRESQL_TEXT);
    g_assert_cmpuint(tg_postgresql_cursor_field(cursor, 2)->type, ==, TG_POSTGRESQL_NUMERIC);
    for (int i = 1; i <= 1000; i++) {
        g_autofree char *id = g_strdup_printf("%d", i);
        g_autofree char *name = i % 2 == 0 ? g_strdup_printf("é%d", i) : NULL;

        g_assert_true(tg_postgresql_cursor_next(cursor, &values, &sizes, &error));
        g_assert_cmpstr(values[0], ==, id);
        g_assert_cmpstr(values[1], ==, name);
        g_assert_cmpuint(sizes[1], ==, name == NULL ? 0 : strlen(name));
    }
    g_assert_true(tg_postgresql_cursor_next(cursor, &values, &sizes, &error));
    g_assert_null(values);
    g_assert_true(tg_postgresql_cursor_next(cursor, &values, &sizes, &error));
    g_assert_null(values);
}

static void test_no_rows_still_has_columns(void)
{
    g_autoptr(TgPostgresql) postgresql = open_server();
    g_autoptr(TgPostgresqlCursor) cursor =
        tg_postgresql_query(postgresql, "SELECT 1 AS a, 2 AS b WHERE false", NULL);
    const char *const *values = NULL;

    g_assert_cmpuint(tg_postgresql_cursor_count(cursor), ==, 2);
    g_assert_true(tg_postgresql_cursor_next(cursor, &values, NULL, NULL));
    g_assert_null(values);
}

static void test_a_cursor_left_early_frees_the_connection(void)
{
    g_autoptr(TgPostgresql) postgresql = open_server();
    TgPostgresqlCursor *cursor =
        tg_postgresql_query(postgresql, "SELECT * FROM generate_series(1, 50000000)", NULL);
    const char *const *values = NULL;

    g_assert_true(tg_postgresql_cursor_next(cursor, &values, NULL, NULL));
    tg_postgresql_cursor_free(cursor);
    expect(postgresql, "SELECT 'still here'", "still here");
}

static void test_scripts_and_counts(void)
{
    g_autoptr(TgPostgresql) postgresql = open_server();
    const char *const values[] = {"7", NULL};
    gint64 rows = 0;

    g_assert_true(tg_postgresql_execute(
        postgresql,
        "CREATE TABLE counted (n int, t text); INSERT INTO counted SELECT g FROM "
        "generate_series(1, 10) g; SELECT * FROM counted; DELETE FROM counted WHERE n > 7",
        &rows, NULL));
    g_assert_cmpint(rows, ==, 13);
    g_assert_true(tg_postgresql_execute_params(
        postgresql, "INSERT INTO counted VALUES ($1::int, $2)", values, 2, NULL));
    expect(postgresql, "SELECT count(*) FROM counted WHERE n = 7", "2");
    expect(postgresql, "SELECT count(*) FROM counted WHERE t IS NULL", "8");
}

static void test_a_failed_script_changes_nothing(void)
{
    g_autoptr(TgPostgresql) postgresql = open_server();
    g_autoptr(GError) error = NULL;

    g_assert_false(tg_postgresql_execute(
        postgresql, "CREATE TABLE never (n int); INSERT INTO never VALUES ('x')", NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    expect(postgresql, "SELECT to_regclass('never')", NULL);
}

static const struct {
    const char *sql;
    const char *state;
    TgErrorCode code;
    const char *message;
} refused[] = {
    {"SELECT nothing FROM nowhere", "42P01", TG_ERROR_CONFIG,
     "ERROR: relation \"nowhere\" does not exist\n  Position: 21"},
    {"SELECT 1 AS a; SELECT 2 AS b", "", TG_ERROR_CONFIG,
     "Multiple ResultSets were returned by the query."},
    {"SET search_path = public", "", TG_ERROR_CONFIG, "No results were returned by the query."},
    {"", "", TG_ERROR_CONFIG, "No results were returned by the query."},
    {"SELECT 1 / 0", "22012", TG_ERROR_CONFIG, "ERROR: division by zero"},
    {"SELECT no_such(1)", "42883", TG_ERROR_CONFIG,
     "ERROR: function no_such(integer) does not exist\n  Hint: No function matches the given "
     "name and argument types. You might need to add explicit type casts.\n  Position: 8"},
    {"COPY (SELECT 1) TO STDOUT", "", TG_ERROR_CONFIG,
     "COPY from STDIN and to STDOUT cannot be run here; use a file or an S3 address"},
};

/* Reads all rows; some statements fail only then. */
static void read_all(TgPostgresql *postgresql, const char *sql, GError **error)
{
    g_autoptr(TgPostgresqlCursor) cursor = tg_postgresql_query(postgresql, sql, error);
    const char *const *values = NULL;

    if (cursor == NULL) {
        return;
    }
    while (tg_postgresql_cursor_next(cursor, &values, NULL, error) && values != NULL) {
    }
}

static void test_refused_statements(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(TgPostgresql) postgresql = open_server();
        g_autoptr(GError) error = NULL;

        read_all(postgresql, refused[i].sql, &error);
        g_assert_error(error, TG_ERROR, (int)refused[i].code);
        g_assert_cmpstr(error->message, ==, refused[i].message);
        g_assert_cmpstr(tg_postgresql_sqlstate(postgresql), ==, refused[i].state);
    }
}

static void test_quoting(void)
{
    g_autoptr(TgPostgresql) postgresql = open_server();
    g_autofree char *literal = tg_postgresql_quote(postgresql, "it's a \\ \"text\"", NULL);
    g_autofree char *name = tg_postgresql_quote_name(postgresql, "odd \"name\"", NULL);
    g_autofree char *sql = g_strdup_printf("SELECT %s AS %s", literal, name);
    g_autoptr(GError) error = NULL;

    expect(postgresql, sql, "it's a \\ \"text\"");
    g_assert_cmpstr(name, ==, "\"odd \"\"name\"\"\"");
    g_assert_null(tg_postgresql_quote(postgresql, "\xff", &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
}

static void test_the_options_reach_the_session(void)
{
    TgPostgresqlOptions options = tg_test_postgresql_options(server);

    options.schema = "my \\ schema";
    options.time_zone = "Asia/Tokyo";
    options.statement_timeout_s = 7;
    g_autoptr(GError) error = NULL;
    g_autoptr(TgPostgresql) postgresql = tg_postgresql_open(&options, &error);

    g_assert_error(error, TG_ERROR, TG_ERROR_RETRY); /* the name of a schema has to be quoted */
    g_clear_error(&error);
    options.schema = "\"my \\ schema\", public";
    postgresql = tg_postgresql_open(&options, &error);
    g_assert_no_error(error);
    expect(postgresql, "SHOW search_path", "\"my \\ schema\", public");
    expect(postgresql, "SHOW TimeZone", "Asia/Tokyo");
    expect(postgresql, "SHOW statement_timeout", "7s");
    expect(postgresql, "SHOW client_encoding", "UTF8");
}

static void test_connections_that_fail(void)
{
    TgPostgresqlOptions good = tg_test_postgresql_options(server);
    g_autoptr(GError) error = NULL;

    TgPostgresqlOptions options = good;
    options.password = "wrong";
    g_assert_null(tg_postgresql_open(&options, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_DENIED);
    g_assert_nonnull(strstr(error->message, "password authentication failed"));
    g_assert_null(strstr(error->message, "wrong"));
    g_clear_error(&error);

    options = good;
    options.password = NULL;
    g_assert_null(tg_postgresql_open(&options, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_DENIED);
    g_clear_error(&error);

    options = good;
    options.database = "nowhere";
    g_assert_null(tg_postgresql_open(&options, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
    g_clear_error(&error);

    options = good;
    options.host = "/nonexistent";
    g_assert_null(tg_postgresql_open(&options, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_RETRY);
    g_clear_error(&error);

    options = good;
    options.host = "127.0.0.1";
    options.tls = TRUE; /* this server has no certificate */
    g_assert_null(tg_postgresql_open(&options, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_RETRY);
    g_assert_nonnull(strstr(error->message, "SSL"));
}

/* Cancels as soon as the server runs the statement. */
static gpointer cancel_it(gpointer data)
{
    TgPostgresql *sleeper = data;
    g_autoptr(TgPostgresql) watcher = open_server();
    g_autofree char *count = NULL;

    do {
        g_free(count);
        count = ask(watcher, "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT "
                             "pg_sleep(600)' AND state = 'active'");
    } while (strcmp(count, "1") != 0);
    g_assert_true(tg_postgresql_cancel(sleeper, NULL));
    return NULL;
}

static void test_another_thread_cancels(void)
{
    g_autoptr(TgPostgresql) postgresql = open_server();
    GThread *thread = g_thread_new("cancel", cancel_it, postgresql);
    g_autoptr(GError) error = NULL;

    g_assert_false(tg_postgresql_execute(postgresql, "SELECT pg_sleep(600)", NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CANCELLED);
    (void)g_thread_join(thread);
    expect(postgresql, "SELECT 'usable'", "usable");
}

static gint stop_flag;

static gpointer raise_flag(gpointer data)
{
    TgPostgresql *watcher = data;
    g_autofree char *count = NULL;

    do {
        g_free(count);
        count = ask(watcher, "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT "
                             "pg_sleep(601)' AND state = 'active'");
    } while (strcmp(count, "1") != 0);
    g_atomic_int_set(&stop_flag, 1);
    return NULL;
}

static void test_the_flag_of_the_run_stops_it(void)
{
    TgPostgresqlOptions options = tg_test_postgresql_options(server);
    g_autoptr(TgPostgresql) watcher = open_server();
    g_autoptr(GError) error = NULL;

    options.is_cancelled = &stop_flag;
    g_autoptr(TgPostgresql) postgresql = tg_postgresql_open(&options, NULL);
    GThread *thread = g_thread_new("flag", raise_flag, watcher);

    g_assert_false(tg_postgresql_execute(postgresql, "SELECT pg_sleep(601)", NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CANCELLED);
    (void)g_thread_join(thread);
    expect(watcher,
           "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(601)' AND state = "
           "'active'",
           "0");
    g_clear_error(&error);
    g_assert_false(tg_postgresql_execute(postgresql, "SELECT 1", NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CANCELLED);
}

static void test_timeouts(void)
{
    TgPostgresqlOptions options = tg_test_postgresql_options(server);
    g_autoptr(GError) error = NULL;

    options.statement_timeout_s = 1;
    g_autoptr(TgPostgresql) by_server = tg_postgresql_open(&options, NULL);

    g_assert_false(tg_postgresql_execute(by_server, "SELECT pg_sleep(30)", NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_RETRY);
    g_assert_nonnull(strstr(error->message, "statement timeout"));
    g_clear_error(&error);

    options.statement_timeout_s = 0;
    options.socket_timeout_s = 1;
    g_autoptr(TgPostgresql) by_us = tg_postgresql_open(&options, NULL);

    g_assert_false(tg_postgresql_execute(by_us, "SELECT pg_sleep(30)", NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_RETRY);
    g_assert_nonnull(strstr(error->message, "socket_timeout"));
}

static void test_a_long_text_is_sent(void)
{
    g_autoptr(TgPostgresql) postgresql = open_server();
    g_autofree char *x = g_strnfill((gsize)8000000, 'x');
    g_autofree char *sql = g_strdup_printf("SELECT length('%s')", x);

    expect(postgresql, sql, "8000000");
}

/* The last test: it takes the server down. */
static void test_a_lost_connection(void)
{
    g_autoptr(TgPostgresql) postgresql = open_server();
    g_autoptr(GError) error = NULL;
    const char *const *values = NULL;

    run(postgresql, "SELECT 1");
    g_autoptr(TgPostgresqlCursor) cursor = tg_postgresql_query(
        postgresql, "SELECT g, repeat('x', 1000) FROM generate_series(1, 10000000) g", &error);

    g_assert_no_error(error);
    g_assert_true(tg_postgresql_cursor_next(cursor, &values, NULL, &error));
    tg_test_postgresql_kill(server);
    while (tg_postgresql_cursor_next(cursor, &values, NULL, &error) && values != NULL) {
    }
    g_assert_error(error, TG_ERROR, TG_ERROR_RETRY);
    g_assert_nonnull(strstr(error->message, " rows: "));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    server = tg_test_postgresql_start();
    if (server == NULL) {
        g_print("1..0 # SKIP no PostgreSQL server is installed\n");
        return 0;
    }
    g_test_add_func("/database/postgresql/streams-rows", test_rows_are_streamed);
    g_test_add_func("/database/postgresql/knows-columns-without-rows",
                    test_no_rows_still_has_columns);
    g_test_add_func("/database/postgresql/frees-the-connection-of-a-cursor-left-early",
                    test_a_cursor_left_early_frees_the_connection);
    g_test_add_func("/database/postgresql/runs-scripts-and-counts-rows", test_scripts_and_counts);
    g_test_add_func("/database/postgresql/a-failed-script-changes-nothing",
                    test_a_failed_script_changes_nothing);
    g_test_add_func("/database/postgresql/tells-refused-statements-as-jdbc",
                    test_refused_statements);
    g_test_add_func("/database/postgresql/quotes", test_quoting);
    g_test_add_func("/database/postgresql/hands-options-to-the-session",
                    test_the_options_reach_the_session);
    g_test_add_func("/database/postgresql/tells-why-it-cannot-connect", test_connections_that_fail);
    g_test_add_func("/database/postgresql/is-cancelled-by-another-thread",
                    test_another_thread_cancels);
    g_test_add_func("/database/postgresql/is-stopped-by-the-run",
                    test_the_flag_of_the_run_stops_it);
    g_test_add_func("/database/postgresql/has-timeouts", test_timeouts);
    g_test_add_func("/database/postgresql/sends-long-texts", test_a_long_text_is_sent);
    g_test_add_func("/database/postgresql/tells-after-how-many-rows-it-was-lost",
                    test_a_lost_connection);
    int status = g_test_run();

    tg_test_postgresql_free(server);
    return status;
}

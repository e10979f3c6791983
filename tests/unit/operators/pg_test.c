/* pg> against a real server: values, statements that run once, locks. */
#include <string.h>

#include "operators/services.h"
#include "operators/support_duration.h"
#include "operators/support_pg_value.h"
#include "params/duration.h"
#include "params/params.h"
#include "support/postgresql.h"

extern const TgOperator tg_operator_pg;

static TgTestPostgresql *server;

static gboolean secret(TgServices *services G_GNUC_UNUSED, const char *key, char **out,
                       GError **error G_GNUC_UNUSED)
{
    *out = strcmp(key, "pg.password") == 0 ? g_strdup(TG_TEST_POSTGRESQL_PASSWORD) : NULL;
    return TRUE;
}

/* A task of several turns. */
typedef struct {
    TgServices services;
    TgTurn turn;
    json_t *config;
} Task;

static void task_init(Task *task, const char *command)
{
    task->config = json_object();
    task->services = (TgServices){.secret = secret, .system_config = task->config};
    task->turn =
        (TgTurn){.params = json_pack("{s:{s:s}, s:{s:s, s:i, s:s, s:s}}", "_command", "data",
                                     command, "pg", "host", server->folder, "port",
                                     (int)server->port, "user", "postgres", "database", "postgres"),
                 .task_name = "+t",
                 .now_ms = 1000,
                 .services = &task->services,
                 .state = json_object()};
}

static void task_clear(Task *task)
{
    json_decref((json_t *)task->turn.params);
    json_decref(task->turn.state);
    json_decref(task->turn.store);
    json_decref(task->turn.receipt);
    json_decref(task->config);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Task, task_clear)

static TgOutcome take_turn(Task *task)
{
    g_autoptr(GError) error = NULL;
    TgOutcome outcome = TG_OUTCOME_DONE;

    g_clear_pointer(&task->turn.receipt, json_decref);
    (void)tg_operator_pg.run(&task->turn, &outcome, &error);
    g_assert_no_error(error);
    return outcome;
}

static TgPostgresql *open_server(void)
{
    TgPostgresqlOptions options = tg_test_postgresql_options(server);
    TgPostgresql *postgresql = tg_postgresql_open(&options, NULL);

    g_assert_nonnull(postgresql);
    return postgresql;
}

static void expect(const char *sql, const char *wanted)
{
    g_autoptr(TgPostgresql) postgresql = open_server();
    g_autoptr(TgPostgresqlCursor) cursor = tg_postgresql_query(postgresql, sql, NULL);
    const char *const *values = NULL;

    g_assert_true(tg_postgresql_cursor_next(cursor, &values, NULL, NULL));
    g_assert_cmpstr(values[0], ==, wanted);
}

static void execute(TgPostgresql *postgresql, const char *sql)
{
    g_autoptr(GError) error = NULL;

    (void)tg_postgresql_execute(postgresql, sql, NULL, &error);
    g_assert_no_error(error);
}

static void test_a_repeated_turn_changes_nothing(void)
{
    g_autoptr(TgPostgresql) postgresql = open_server();
    g_auto(Task) task = {0};

    execute(postgresql, "CREATE TABLE once (n int)");
    task_init(&task, "INSERT INTO once VALUES (1)");
    g_assert_cmpint(take_turn(&task), ==, TG_OUTCOME_POLL);
    expect("SELECT count(*) FROM once", "0"); /* the id is saved first */
    g_assert_cmpint(take_turn(&task), ==, TG_OUTCOME_DONE);
    expect("SELECT count(*) FROM once", "1");
    g_assert_false(json_boolean_value(json_object_get(task.turn.receipt, "was_done_before")));
    g_assert_cmpint(take_turn(&task), ==, TG_OUTCOME_DONE); /* as after a crash before the answer */
    expect("SELECT count(*) FROM once", "1");
    g_assert_true(json_boolean_value(json_object_get(task.turn.receipt, "was_done_before")));
}

static void test_a_lock_is_awaited_without_a_connection(void)
{
    g_autoptr(TgPostgresql) holder = open_server();
    g_auto(Task) task = {0};
    g_autofree char *insert = NULL;
    g_autofree char *lock = NULL;

    execute(holder, "CREATE TABLE locked (n int)");
    task_init(&task, "INSERT INTO locked VALUES (1)");
    g_assert_cmpint(take_turn(&task), ==, TG_OUTCOME_POLL);
    const char *id = json_string_value(json_object_get(task.turn.state, "queryId"));

    execute(holder, "CREATE TABLE IF NOT EXISTS __digdag_status (query_id text NOT NULL UNIQUE, "
                    "created_at timestamptz NOT NULL, completed_at timestamptz)");
    insert = g_strdup_printf("INSERT INTO __digdag_status VALUES ('%s', now(), NULL)", id);
    execute(holder, insert);
    lock = g_strdup_printf("BEGIN; SELECT * FROM __digdag_status WHERE query_id = '%s' FOR UPDATE",
                           id);
    execute(holder, lock);
    for (gint64 wait_s = 1; wait_s <= 4; wait_s *= 2) {
        g_assert_cmpint(take_turn(&task), ==, TG_OUTCOME_POLL);
        g_assert_cmpint(task.turn.poll_at_ms, ==, 1000 + wait_s * 1000);
    }
    execute(holder, "ROLLBACK");
    g_assert_cmpint(take_turn(&task), ==, TG_OUTCOME_DONE);
    expect("SELECT count(*) FROM locked", "1");
}

static const struct {
    guint type;
    gint modifier;
    const char *value;
    const char *text;
    const char *json;
} values[] = {
    {TG_POSTGRESQL_NUMERIC, -1, "12.50", "12.50", "12.5"},
    {TG_POSTGRESQL_NUMERIC, -1, "0.0000001", "1E-7", "1e-7"},
    {TG_POSTGRESQL_NUMERIC, -1, "-0.00000012", "-1.2E-7", "-1.2e-7"},
    {TG_POSTGRESQL_NUMERIC, -1, "0.000001", "0.000001", "1e-6"},
    {TG_POSTGRESQL_NUMERIC, -1, "0.0000000", "0E-7", "0.0"},
    {TG_POSTGRESQL_NUMERIC, -1, "NaN", "NaN", "\"NaN\""},
    {TG_POSTGRESQL_FLOAT8, -1, "1e+20", "1.0E20", "1e20"},
    {TG_POSTGRESQL_FLOAT4, -1, "0.1", "0.1", "0.1"},
    {TG_POSTGRESQL_FLOAT8, -1, "-Infinity", "-Infinity", "\"-Infinity\""},
    {TG_POSTGRESQL_INT8, -1, "-9223372036854775808", "-9223372036854775808",
     "-9223372036854775808"},
    {TG_POSTGRESQL_BOOL, -1, "f", "false", "false"},
    {TG_POSTGRESQL_BIT, 1, "1", "true", "true"},
    {TG_POSTGRESQL_MONEY, -1, "-$1,234.50", "-1234.5", "-1234.5"},
    {TG_POSTGRESQL_DATE, -1, "2020-01-02", "2020-01-02", "1577923200000"},
    {TG_POSTGRESQL_TIMESTAMP, -1, "2020-01-02 03:04:05", "2020-01-02 03:04:05.0", "1577934245000"},
    {TG_POSTGRESQL_TIMESTAMP, -1, "2020-01-02 03:04:05.678", "2020-01-02 03:04:05.678",
     "1577934245678"},
    {TG_POSTGRESQL_TIMESTAMPTZ, -1, "2020-01-02 03:04:05+09:30", "2020-01-02 03:04:05.0",
     "1577900045000"},
    {TG_POSTGRESQL_TIMESTAMP, -1, "infinity", "infinity", "\"infinity\""},
    {TG_POSTGRESQL_TIMESTAMP, -1, "0044-03-15 00:00:00 BC", "0044-03-15 00:00:00 BC",
     "\"0044-03-15 00:00:00 BC\""},
    {TG_POSTGRESQL_TIME, -1, "01:02:03.5", "01:02:03", "\"01:02:03\""},
    {TG_POSTGRESQL_TIMETZ, -1, "01:02:03+02", "23:02:03", "\"23:02:03\""},
    {TG_POSTGRESQL_BYTEA, -1, "\\x0102", "\\x0102", "\"AQI=\""},
    {TG_POSTGRESQL_BYTEA, -1, "\\x", "\\x", "\"\""},
    {TG_POSTGRESQL_INTERVAL, -1, "1 year 2 mons -3 days -04:05:06.5",
     "1 years 2 mons -3 days -4 hours -5 mins -6.5 secs",
     "{\"type\":\"interval\",\"value\":\"1 years 2 mons -3 days -4 hours -5 mins -6.5 secs\","
     "\"null\":true,\"years\":1,\"months\":2,\"days\":-3,\"hours\":-4,\"minutes\":-5,"
     "\"wholeSeconds\":-6,\"microSeconds\":-500000,\"seconds\":-6.5}"},
    {TG_POSTGRESQL_INTERVAL, -1, "P1Y", "P1Y",
     "{\"type\":\"interval\",\"value\":\"P1Y\",\"null\":true}"},
    {TG_POSTGRESQL_TEXT, -1, "é", "é", "\"é\""},
};

static void test_values(void)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();

    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        TgPostgresqlField field = {.type = values[i].type, .modifier = values[i].modifier};
        g_autofree char *text = tg_pg_value_text(&field, values[i].value);
        g_autoptr(json_t) json = tg_pg_value_json(&field, values[i].value, utc, NULL);
        g_autoptr(json_t) wanted = json_loads(values[i].json, JSON_DECODE_ANY, NULL);

        g_assert_cmpstr(text, ==, values[i].text);
        if (!json_equal(json, wanted)) {
            g_autofree char *got = tg_params_to_json(json);

            g_error("%s: got %s, wanted %s", values[i].value, got, values[i].json);
        }
    }
}

static void test_durations(void)
{
    static const struct {
        const char *text;
        gint64 seconds; /* -1: none */
    } rows[] = {{"30s", 30}, {"1d 2h 3m 4s", 93784}, {" 5 M", 300}, {"1h30m", 5400}, {"", -1},
                {"5", -1},   {"5s 1m", -1},          {"x", -1},     {"-5s", -1}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gint64 seconds = -1;

        g_assert_cmpint(tg_duration_parse(rows[i].text, &seconds), ==, rows[i].seconds >= 0);
        g_assert_cmpint(seconds, ==, rows[i].seconds);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/operators/pg/values-as-java-has-them", test_values);
    g_test_add_func("/operators/duration/parses", test_durations);
    server = tg_test_postgresql_start();
    if (server != NULL) {
        g_test_add_func("/operators/pg/a-repeated-turn-changes-nothing",
                        test_a_repeated_turn_changes_nothing);
        g_test_add_func("/operators/pg/awaits-a-lock-without-a-connection",
                        test_a_lock_is_awaited_without_a_connection);
    }
    int status = g_test_run();

    tg_test_postgresql_free(server);
    return status;
}

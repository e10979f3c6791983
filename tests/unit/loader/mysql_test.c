/* The mysql input, against a private MariaDB. */
#include "database/mysql.h"

#include <string.h>

#include "params/params.h"
#include "support/loader.h"
#include "support/mariadb.h"

static TgTestMariadb *server;

static gboolean has_server(void)
{
    if (server == NULL) {
        g_test_skip("no mariadbd here");
    }
    return server != NULL;
}

static void execute(const char *const *statements)
{
    TgMysqlOptions options = {.socket = server->socket,
                              .user = "root",
                              .password = "",
                              .connect_timeout_s = 10,
                              .read_timeout_s = 60};
    g_autoptr(GError) error = NULL;
    g_autoptr(TgMysql) mysql = tg_mysql_open(&options, &error);

    g_assert_no_error(error);
    for (; *statements != NULL; statements++) {
        (void)tg_mysql_execute(mysql, *statements, &error);
        g_assert_no_error(error);
    }
}

static char *config(const char *options, const char *out)
{
    return g_strdup_printf("in: {type: mysql, socket: '%s', user: root, database: t, %s}\nout: %s\n"
                           "exec: {min_output_tasks: 1}\n",
                           server->socket, options, out);
}

static void test_types_arrive(void)
{
    static const char *const statements[] = {
        "CREATE DATABASE IF NOT EXISTS t CHARACTER SET utf8mb4",
        "USE t",
        "CREATE TABLE k (a TINYINT, b SMALLINT UNSIGNED PRIMARY KEY, c BIGINT UNSIGNED, "
        "d DECIMAL(20,4), e FLOAT, f DOUBLE, g DATE, h DATETIME(6), j TIME(3), l VARCHAR(20), "
        "o BIT(1), q ENUM('x','y'), z TINYINT(1))",
        "INSERT INTO k VALUES (-1, 65535, 18446744073709551615, -1234567890123456.7891, 1.5, 2.5, "
        "'2015-01-27', '2015-01-27 19:23:49.123456', '-12:00:01.5', '日本', b'1', 'y', 1)",
        "INSERT INTO k (b) VALUES (1)",
        NULL};

    if (!has_server()) {
        return;
    }
    execute(statements);
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    g_autofree char *exact = config("table: k, order_by: b DESC", "{type: stdout}");

    tg_test_load_run(load, exact, TRUE);
    g_assert_cmpstr(load->printed->str, ==,
                    "-1,65535,18446744073709551615,-1234567890123456.7891,1.5,2.5,2015-01-27,"
                    "2015-01-27 19:23:49.123456 +0000,-12:00:01.500000,日本,true,y,1\n"
                    ",1,,,,,,,,,,,\n");
    g_autofree char *embulk =
        config("table: k, select: 'a, b, d, e, g, h, l, o, z', where: b > 1", "{type: stdout}");

    tg_test_load_run(load, embulk, FALSE);
    g_assert_cmpstr(load->printed->str, ==,
                    "-1,65535,-1.2345678901234568E15,1.5,2015-01-27 00:00:00.000000 +0000,"
                    "2015-01-27 19:23:49.123456 +0000,日本,true,true\n");
    g_autofree char *overflow = config("query: SELECT c FROM k", "{type: stdout}");
    g_autofree char *message = tg_test_load_fail(load, overflow, FALSE);

    g_assert_nonnull(strstr(message, "column 'c': '18446744073709551615' does not fit 64 bits"));
}

static void test_unsigned_and_times_arrive_in_parquet(void)
{
    if (!has_server()) {
        return;
    }
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    g_autofree char *yaml =
        config("query: \"SELECT CAST(18446744073709551615 AS UNSIGNED) u, CAST('-12:00:01.5' AS "
               "TIME(1)) t\"",
               "{type: s3_parquet, bucket: b, catalog: {database: d, table: u}}");

    tg_test_load_run(load, yaml, TRUE);
    g_autoptr(json_t) table = tg_catalog_get_table(load->catalog, "d", "u", NULL);
    g_autofree char *text = tg_params_to_json(table);

    g_assert_nonnull(strstr(text, "\"decimal(20,0)\""));
}

static void test_zero_dates_are_refused_or_null(void)
{
    static const char *const statements[] = {
        "CREATE DATABASE IF NOT EXISTS t CHARACTER SET utf8mb4",
        "USE t",
        "SET sql_mode = ''",
        "CREATE TABLE z (d DATE, h DATETIME)",
        "INSERT INTO z VALUES ('0000-00-00', 0)",
        NULL};

    if (!has_server()) {
        return;
    }
    execute(statements);
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    g_autofree char *yaml = config("table: z", "{type: stdout}");
    g_autofree char *lossy = config("table: z, lossy: allow", "{type: stdout}");
    g_autofree char *message = tg_test_load_fail(load, yaml, TRUE);

    g_assert_nonnull(strstr(message, "row 1: column 'd': '0000-00-00' is no date"));
    tg_test_load_run(load, lossy, TRUE);
    g_assert_cmpstr(load->printed->str, ==, ",\n");
    tg_test_load_run(load, yaml, FALSE);
    g_assert_cmpstr(load->printed->str, ==, ",\n");
}

static void test_incremental_goes_on_behind_the_last_record(void)
{
    static const char *const first[] = {
        "CREATE DATABASE IF NOT EXISTS t CHARACTER SET utf8mb4", "USE t",
        "CREATE TABLE i (a INT, b VARCHAR(5), PRIMARY KEY (a, b))",
        "INSERT INTO i VALUES (1, 'x'), (2, 'a'), (2, \"o'k\")", NULL};
    static const char *const second[] = {"USE t", "INSERT INTO i VALUES (2, 'z'), (3, 'a')", NULL};

    if (!has_server()) {
        return;
    }
    execute(first);
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    g_autofree char *yaml = config("table: i, incremental: true", "{type: stdout}");

    tg_test_load_run(load, yaml, TRUE);
    g_autofree char *diff = tg_params_to_json(load->report.config_diff);

    g_assert_cmpstr(diff, ==, "{\"in\":{\"last_record\":[2,\"o'k\"]},\"out\":{}}");
    execute(second);
    g_autofree char *next =
        config("table: i, incremental: true, last_record: [2, \"o'k\"]", "{type: stdout}");

    tg_test_load_run(load, next, TRUE);
    g_assert_cmpstr(load->printed->str, ==, "2,z\n3,a\n");
}

static void test_mistakes_are_named(void)
{
    static const struct {
        const char *options, *expected;
    } rows[] = {
        {"table: nope", "nope"},
        {"query: SELEC", "refused by MySQL"},
        {"table: a, query: b", "give either 'table'"},
        {"query: SELECT 1, where: x", "give either 'table'"},
        {"query: SELECT 1 a, ssl: perhaps", "'ssl' must be"},
        {"query: SELECT 1 a, incremental: true", "needs 'incremental_columns'"},
        {"query: SELECT 1 a, incremental: true, incremental_columns: [b]", "'b'"},
    };

    if (!has_server()) {
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TgTestLoad) load = tg_test_load_new();
        g_autofree char *yaml = config(rows[i].options, "{type: stdout}");
        g_autofree char *message = tg_test_load_fail(load, yaml, TRUE);

        g_test_message("%s", message);
        g_assert_nonnull(strstr(message, rows[i].expected));
    }
}

static void kill_server(gpointer data G_GNUC_UNUSED, const TgLoaderProgress *progress)
{
    if (progress->rows > 0) {
        tg_test_mariadb_kill(server);
    }
}

/* Last: it takes the server down. */
static void test_a_server_that_dies_in_mid_read_is_told(void)
{
    if (!has_server()) {
        return;
    }
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    g_autofree char *yaml =
        config("query: \"SELECT seq, REPEAT('x', 1000) t FROM seq_1_to_500000\"",
               "{type: s3_parquet, bucket: b, catalog: {database: d, table: x}}");

    load->threads = 1;
    load->services.progress = kill_server;
    g_autofree char *message = tg_test_load_fail(load, yaml, TRUE);
    g_autoptr(json_t) table = tg_catalog_get_table(load->catalog, "d", "x", NULL);

    g_test_message("%s", message);
    g_assert_nonnull(strstr(message, "rows: lost the connection to MySQL"));
    g_assert_null(table);
    load->services.progress = NULL;
    g_autofree char *again = tg_test_load_fail(load, yaml, TRUE);

    g_assert_nonnull(strstr(again, "cannot connect to MySQL"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    server = tg_test_mariadb_start();
    g_test_add_func("/loader/mysql/types-arrive", test_types_arrive);
    g_test_add_func("/loader/mysql/unsigned-and-times-arrive-in-parquet",
                    test_unsigned_and_times_arrive_in_parquet);
    g_test_add_func("/loader/mysql/zero-dates-are-refused-or-null",
                    test_zero_dates_are_refused_or_null);
    g_test_add_func("/loader/mysql/incremental-goes-on-behind-the-last-record",
                    test_incremental_goes_on_behind_the_last_record);
    g_test_add_func("/loader/mysql/mistakes-are-named", test_mistakes_are_named);
    g_test_add_func("/loader/mysql/a-server-that-dies-in-mid-read-is-told",
                    test_a_server_that_dies_in_mid_read_is_told);
    int status = g_test_run();

    tg_test_mariadb_free(server);
    return status;
}

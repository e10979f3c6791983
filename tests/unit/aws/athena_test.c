/* The Athena client against moto, whose requests botocore's model has checked, and against prepared
 * answers: moto keeps no real states. */
#include "aws/athena.h"

#include <string.h>

#include "params/params.h"
#include "support/http_server.h"
#include "support/moto.h"

#define OK(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body
#define REFUSED(body) "HTTP/1.1 400 x\r\nConnection: close\r\n\r\n" body
#define EXECUTION(state)                                                                           \
    OK("{\"QueryExecution\": {\"QueryExecutionId\": \"q1\", \"Status\": {\"State\": \"" state      \
       "\"}}}")

static TgTestMoto *moto;

static TgAthena *open_athena(const char *endpoint)
{
    g_autoptr(TgAwsCredentials) credentials =
        tg_aws_credentials_new_static("AKIDTEST", "secret", NULL);
    TgAwsClientOptions options = {
        .endpoint = endpoint, .region = "eu-west-1", .credentials = credentials, .tries_max = 2};
    g_autoptr(GError) error = NULL;
    TgAthena *athena = tg_athena_new(&options, &error);

    g_assert_no_error(error);
    return athena;
}

static TgAthena *open_fake(TgTestServer *server)
{
    g_autofree char *endpoint = g_strdup_printf("http://127.0.0.1:%u", tg_test_server_port(server));

    return open_athena(endpoint);
}

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);

    g_assert_nonnull(value);
    return value;
}

static guint count_of(TgTestServer *server, const char *what)
{
    g_autofree char *received = tg_test_server_received(server);
    guint count = 0;

    for (const char *at = strstr(received, what); at != NULL; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

static void test_calls_are_athenas(void)
{
    g_autoptr(json_t) request =
        parse("{\"QueryString\": \"SELECT 1\", \"ResultConfiguration\": {\"OutputLocation\": "
              "\"s3://results/\"}, \"QueryExecutionContext\": {\"Database\": \"d\"}}");
    g_autoptr(GError) error = NULL;

    if (moto == NULL) {
        g_test_skip("no moto is installed: run 'make deps'");
        return;
    }
    g_autoptr(TgAthena) athena = open_athena(tg_test_moto_endpoint(moto));
    g_autofree char *token = tg_athena_token("attempt 7/+daily");
    g_autofree char *id = tg_athena_start(athena, request, token, &error);

    g_assert_no_error(error);
    g_autoptr(json_t) execution = tg_athena_get(athena, id, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(json_string_value(json_object_get(execution, "QueryExecutionId")), ==, id);
    g_assert_true(tg_athena_check(execution, &error));
    TgAthenaRows which = {.id = id, .rows_max = 10};
    g_autoptr(json_t) rows = tg_athena_list_rows(athena, &which, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(json_object_get(rows, "rows")), ==, 0);
    (void)tg_athena_stop(athena, id, &error);
    g_assert_no_error(error);
    g_autoptr(json_t) group = tg_athena_get_workgroup(athena, "primary", &error);

    g_assert_no_error(error);
    g_assert_cmpstr(json_string_value(json_object_get(group, "Name")), ==, "primary");
}

static void test_tokens_are_stable(void)
{
    g_autofree char *one = tg_athena_token("a");
    g_autofree char *again = tg_athena_token("a");
    g_autofree char *other = tg_athena_token("b");

    g_assert_cmpstr(one, ==, again);
    g_assert_cmpstr(one, !=, other);
    g_assert_cmpuint(strlen(one), ==, 64); /* of 32 to 128 */
}

/* The answer to the first try is lost; both carry the same token, though nobody gave one. */
static void test_a_lost_answer_starts_no_second_query(void)
{
    static const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
                                          OK("{\"QueryExecutionId\": \"q1\"}"), NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    g_autoptr(TgAthena) athena = open_fake(server);
    g_autoptr(json_t) request = parse("{\"QueryString\": \"SELECT 1\"}");
    g_autoptr(GError) error = NULL;
    g_autofree char *id = tg_athena_start(athena, request, NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(id, ==, "q1");
    g_autofree char *received = tg_test_server_received(server);
    const char *first = strstr(received, "\"ClientRequestToken\":\"");
    g_autofree char *token = g_strndup(first, 60);

    g_assert_cmpuint(count_of(server, token), ==, 2);
}

static void test_texts_that_athena_would_refuse(void)
{
    static const char *const answers[] = {OK("{}"), NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    g_autoptr(TgAthena) athena = open_fake(server);
    g_autofree char *text = g_strnfill(TG_ATHENA_SQL_BYTES_MAX + 1, 'x');
    const char *const texts[] = {"", text};

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(json_t) request = json_pack("{s:s}", "QueryString", texts[i]);
        g_autoptr(GError) error = NULL;

        g_assert_null(tg_athena_start(athena, request, NULL, &error));
        g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    }
    g_assert_cmpuint(count_of(server, "POST"), ==, 0);
}

static void test_many_at_a_time(void)
{
    static const char *const answers[] = {
        OK("{\"QueryExecutions\": [{}, {}], \"UnprocessedQueryExecutionIds\": [{}]}"),
        OK("{\"QueryExecutions\": [{}]}"), NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    g_autoptr(TgAthena) athena = open_fake(server);
    g_autoptr(json_t) ids = json_array();
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < 60; i++) {
        json_array_append_new(ids, json_string("q"));
    }
    g_autoptr(json_t) all = tg_athena_get_many(athena, ids, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(json_object_get(all, "QueryExecutions")), ==, 3);
    g_assert_cmpuint(json_array_size(json_object_get(all, "UnprocessedQueryExecutionIds")), ==, 1);
    g_assert_cmpuint(count_of(server, "\"q\""), ==, 60);
    g_assert_cmpuint(count_of(server, "POST"), ==, 2);
}

/* --- results --- */

#define COLUMNS "\"ResultSetMetadata\": {\"ColumnInfo\": [{\"Name\": \"a\"}, {\"Name\": \"b\"}]}"
#define ROW(a, b) "{\"Data\": [{\"VarCharValue\": \"" a "\"}, " b "]}"
#define PAGE(rows, more) OK("{\"ResultSet\": {\"Rows\": [" rows "], " COLUMNS "}" more "}")

static const char *const two_pages[] = {
    PAGE(ROW("a", "{\"VarCharValue\": \"b\"}") ", " ROW("1", "{}") ", " ROW(
             "2", "{\"VarCharValue\": \"\"}"),
         ", \"NextToken\": \"n\""),
    PAGE(ROW("3", "{}"), ""), NULL};

static void test_rows_come_without_the_header(void)
{
    g_autoptr(TgTestServer) server = tg_test_server_new(two_pages);
    g_autoptr(TgAthena) athena = open_fake(server);
    TgAthenaRows which = {.id = "q1", .has_header = TRUE, .rows_max = -1};
    g_autoptr(json_t) wanted = parse("[[\"1\", null], [\"2\", \"\"], [\"3\", null]]");
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) all = tg_athena_list_rows(athena, &which, &error);

    g_assert_no_error(error);
    g_assert_true(json_equal(json_object_get(all, "rows"), wanted));
    g_assert_cmpuint(json_array_size(json_object_get(all, "columns")), ==, 2);
    g_assert_cmpuint(count_of(server, "\"NextToken\":\"n\""), ==, 1);
}

static void test_no_more_rows_than_are_wanted(void)
{
    g_autoptr(TgTestServer) server = tg_test_server_new(two_pages);
    g_autoptr(TgAthena) athena = open_fake(server);
    TgAthenaRows which = {.id = "q1", .has_header = TRUE, .rows_max = 1};
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) all = tg_athena_list_rows(athena, &which, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(json_object_get(all, "rows")), ==, 1);
    g_assert_cmpuint(count_of(server, "\"MaxResults\":2"), ==, 1);
    g_assert_cmpuint(count_of(server, "POST"), ==, 1);
}

static void test_results_that_are_none(void)
{
    static const char *const bad[] = {OK("{}"), PAGE("{\"Data\": [{}]}", ""), PAGE("7", ""),
                                      PAGE("", ", \"NextToken\": \"same\"")};

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        const char *const answers[] = {bad[i], NULL};
        g_autoptr(TgTestServer) server = tg_test_server_new(answers);
        g_autoptr(TgAthena) athena = open_fake(server);
        TgAthenaRows which = {.id = "q1", .rows_max = -1};
        g_autoptr(GError) error = NULL;

        g_assert_null(tg_athena_list_rows(athena, &which, &error));
        g_assert_error(error, TG_ERROR, TG_ERROR_RETRY);
        g_assert_nonnull(strstr(error->message, "check the endpoint"));
    }
}

/* --- steps --- */

static void test_a_query_step_by_step(void)
{
    static const char *const answers[] = {
        REFUSED("{\"__type\": \"TooManyRequestsException\", \"Reason\": "
                "\"CONCURRENT_QUERY_LIMIT_EXCEEDED\"}"),
        OK("{\"QueryExecutionId\": \"q1\"}"),
        EXECUTION("QUEUED"),
        EXECUTION("RUNNING"),
        EXECUTION("SUCCEEDED"),
        NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    g_autoptr(TgAthena) athena = open_fake(server);
    g_autoptr(json_t) request = parse("{\"QueryString\": \"SELECT 1\"}");
    g_autoptr(json_t) state = json_object();
    g_autofree char *token = tg_athena_token("x");
    TgAthenaStep step = {.request = request, .token = token, .now_ms = 1000, .state = state};
    gint64 polls[4];
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(polls); i++) {
        (void)tg_athena_step(athena, &step, &error);
        g_assert_no_error(error);
        g_assert_null(step.execution);
        polls[i] = step.poll_at_ms - step.now_ms;
    }
    g_assert_cmpint(polls[0], >=, 500); /* throttled */
    g_assert_cmpint(polls[1], ==, 250); /* started */
    g_assert_cmpint(polls[2], ==, 375);
    g_assert_cmpint(polls[3], ==, 562);
    g_assert_cmpstr(json_string_value(json_object_get(state, "id")), ==, "q1");
    step.request = NULL; /* after a restart the state is enough */
    (void)tg_athena_step(athena, &step, &error);
    g_assert_no_error(error);
    g_assert_true(tg_athena_check(step.execution, &error));
    json_decref(step.execution);
    g_assert_cmpuint(count_of(server, token), ==, 2);
}

static void test_steps_give_up_in_the_end(void)
{
    static const char *const answers[] = {"HTTP/1.1 503 x\r\nConnection: close\r\n\r\n", NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    g_autoptr(TgAthena) athena = open_fake(server);
    g_autoptr(json_t) state = parse("{\"id\": \"q1\"}");
    TgAthenaStep step = {.state = state};
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < 10; i++) {
        (void)tg_athena_step(athena, &step, &error);
        g_assert_no_error(error);
        g_assert_cmpint(step.poll_at_ms, <=, 60000);
    }
    g_assert_false(tg_athena_step(athena, &step, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_RETRY);
    g_assert_true(g_str_has_suffix(error->message, "; failed 11 times in a row"));
    g_assert_cmpuint(count_of(server, "POST"), ==, 11);
}

static void test_a_step_that_cannot_pass_fails_at_once(void)
{
    static const char *const answers[] = {
        REFUSED("{\"__type\": \"InvalidRequestException\", \"Message\": \"line 1:8: no\", "
                "\"AthenaErrorCode\": \"MALFORMED_QUERY\"}"),
        NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    g_autoptr(TgAthena) athena = open_fake(server);
    g_autoptr(json_t) request = parse("{\"QueryString\": \"SELECT\"}");
    g_autoptr(json_t) state = json_object();
    TgAthenaStep step = {.request = request, .state = state};
    g_autoptr(GError) error = NULL;

    g_assert_false(tg_athena_step(athena, &step, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    g_assert_nonnull(strstr(error->message, "line 1:8: no"));
}

static const struct {
    const char *status;
    int error; /* -1: none */
    const char *words;
} ends[] = {
    {"{\"State\": \"SUCCEEDED\"}", -1, NULL},
    {"{\"State\": \"CANCELLED\"}", TG_ERROR_CANCELLED, "query q was stopped: "},
    {"{\"State\": \"FAILED\", \"StateChangeReason\": \"line 1:1: bad\", \"AthenaError\": "
     "{\"ErrorCategory\": 2}}",
     TG_ERROR_TASK, "query q failed: line 1:1: bad"},
    {"{\"State\": \"FAILED\", \"AthenaError\": {\"ErrorCategory\": 1, \"ErrorMessage\": \"oops\"}}",
     TG_ERROR_RETRY, "query q failed: oops (Athena says that it may work later)"},
    {"{\"State\": \"FAILED\", \"AthenaError\": {\"Retryable\": true}}", TG_ERROR_RETRY,
     "gives no reason"},
    {"{}", TG_ERROR_TASK, "gives no reason"},
};

static void test_ends_of_queries(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autoptr(json_t) execution =
            json_pack("{s:s, s:o}", "QueryExecutionId", "q", "Status", parse(ends[i].status));
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(tg_athena_check(execution, &error), ==, ends[i].error < 0);
        if (ends[i].error >= 0) {
            g_assert_error(error, TG_ERROR, ends[i].error);
            g_assert_nonnull(strstr(error->message, ends[i].words));
        }
    }
}

int main(int argc, char **argv)
{
    int status = 0;

    g_test_init(&argc, &argv, NULL);
    moto = tg_test_moto_new();
    g_test_add_func("/aws/athena/calls-are-athenas", test_calls_are_athenas);
    g_test_add_func("/aws/athena/tokens-are-stable", test_tokens_are_stable);
    g_test_add_func("/aws/athena/a-lost-answer-starts-no-second-query",
                    test_a_lost_answer_starts_no_second_query);
    g_test_add_func("/aws/athena/texts-that-athena-would-refuse-are-not-sent",
                    test_texts_that_athena_would_refuse);
    g_test_add_func("/aws/athena/many-at-a-time", test_many_at_a_time);
    g_test_add_func("/aws/athena/rows-come-without-the-header", test_rows_come_without_the_header);
    g_test_add_func("/aws/athena/no-more-rows-than-are-wanted", test_no_more_rows_than_are_wanted);
    g_test_add_func("/aws/athena/results-that-are-none", test_results_that_are_none);
    g_test_add_func("/aws/athena/a-query-step-by-step", test_a_query_step_by_step);
    g_test_add_func("/aws/athena/steps-give-up-in-the-end", test_steps_give_up_in_the_end);
    g_test_add_func("/aws/athena/a-step-that-cannot-pass-fails-at-once",
                    test_a_step_that_cannot_pass_fails_at_once);
    g_test_add_func("/aws/athena/ends-of-queries", test_ends_of_queries);
    status = g_test_run();
    tg_test_moto_free(moto);
    return status;
}

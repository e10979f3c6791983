/* The JSON calls of AWS against prepared answers: refusals, throttling, clocks, hostile servers. */
#include "aws/client.h"

#include <glib/gstdio.h>
#include <string.h>

#include "aws/config_file.h"
#include "aws/endpoint.h"
#include "base/clock.h"
#include "params/params.h"
#include "support/http_server.h"

static const TgAwsCode codes[] = {
    {"EntityNotFoundException", TG_ERROR_NOT_FOUND, "it is not there; look for its name"}, {0}};
static const TgAwsService service = {
    .name = "Glue", .id = "glue", .target = "AWSGlue", .version = "1.1", .codes = codes};

/* An answer of HTTP; the caller frees. */
static char *answer_of(guint status, const char *headers, const char *body)
{
    return g_strdup_printf("HTTP/1.1 %u x\r\nContent-Length: %" G_GSIZE_FORMAT
                           "\r\nConnection: close\r\nx-amzn-RequestId: id-%u\r\n%s\r\n%s",
                           status, strlen(body), status, headers, body);
}

/* A server and its client. */
typedef struct {
    char *answers[8];
    TgTestServer *server;
    TgAwsClient *client;
} Fixture;

static void start(Fixture *f, TgAwsClientOptions options)
{
    g_autoptr(TgAwsCredentials) credentials =
        tg_aws_credentials_new_static("AKIDTEST", "secret", "token-of-session");
    g_autofree char *endpoint = NULL;
    g_autoptr(GError) error = NULL;

    f->server = tg_test_server_new((const char *const *)f->answers);
    endpoint = g_strdup_printf("http://127.0.0.1:%u", tg_test_server_port(f->server));
    options.endpoint = endpoint;
    options.credentials = credentials;
    options.region = "eu-west-1";
    f->client = tg_aws_client_new(&service, &options, &error);
    g_assert_no_error(error);
}

static void stop(Fixture *f)
{
    tg_aws_client_free(f->client);
    tg_test_server_free(f->server);
    for (gsize i = 0; i < G_N_ELEMENTS(f->answers); i++) {
        g_free(f->answers[i]);
    }
}

static json_t *call(Fixture *f, TgAwsReply *reply, GError **error)
{
    g_autoptr(json_t) request = json_pack("{s:s}", "Name", "t");
    TgAwsCall one = {.action = "GetTable", .request = request};

    return tg_aws_client_call(f->client, &one, reply, error);
}

/* How often something stands in what the server got. */
static guint count_of(Fixture *f, const char *what)
{
    g_autofree char *received = tg_test_server_received(f->server);
    guint count = 0;

    for (const char *at = strstr(received, what); at != NULL; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

static void test_sends_what_the_protocol_wants(void)
{
    Fixture f = {{answer_of(200, "", "{\"a\": \"\\u0000\"}")}, NULL, NULL};
    g_auto(TgAwsReply) reply = {0};
    g_autoptr(GError) error = NULL;

    start(&f, (TgAwsClientOptions){0});
    g_autoptr(json_t) answer = call(&f, &reply, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(json_string_length(json_object_get(answer, "a")), ==, 1);
    g_assert_cmpstr(reply.request_id, ==, "id-200");
    g_assert_cmpuint(reply.tries, ==, 1);
    g_assert_cmpuint(reply.answer_bytes, ==, 15);
    g_assert_cmpuint(count_of(&f, "x-amz-target: AWSGlue.GetTable\r\n"), ==, 1);
    g_assert_cmpuint(count_of(&f, "content-type: application/x-amz-json-1.1\r\n"), ==, 1);
    g_assert_cmpuint(count_of(&f, "/eu-west-1/glue/aws4_request"), ==, 1);
    g_assert_cmpuint(count_of(&f, "X-Amz-Security-Token: token-of-session\r\n"), ==, 1);
    stop(&f);
}

/* Refusals, and what becomes of them; none is tried again. */
static const struct {
    guint status;
    const char *headers;
    const char *body;
    const char *code; /* NULL: none */
    TgErrorCode error;
    const char *words; /* of the message */
} refusals[] = {
    {400, "", "{\"__type\":\"EntityNotFoundException\",\"Message\":\"no t\"}",
     "EntityNotFoundException", TG_ERROR_NOT_FOUND,
     "it is not there; look for its name (EntityNotFoundException: no t; request id id-400)"},
    {400, "", "{\"__type\":\"com.amazonaws.glue#EntityNotFoundException\"}",
     "EntityNotFoundException", TG_ERROR_NOT_FOUND, "no message"},
    {400, "x-amzn-ErrorType: EntityNotFoundException:http://internal/\r\n", "{\"message\":\"m\"}",
     "EntityNotFoundException", TG_ERROR_NOT_FOUND, ": m;"},
    {404, "", "<html>", NULL, TG_ERROR_CONFIG, "check the endpoint (HTTP status 404 Not Found"},
    {404, "", "{\"__type\":\"Other\"}", "Other", TG_ERROR_CONFIG, "check the endpoint"},
    {403, "", "", NULL, TG_ERROR_DENIED, "check the credentials"},
    {400, "", "{\"__type\":\"AccessDeniedException\",\"message\":\"a\\u0007b\\n\"}",
     "AccessDeniedException", TG_ERROR_DENIED, "AccessDeniedException: a b;"},
    {400, "", "{\"__type\":[1],\"message\":{}}", NULL, TG_ERROR_CONFIG, "no message"},
    {400, "",
     "{\"__type\":\"InvalidSignatureException\",\"message\":\"wrong. The Canonical String is "
     "x-amz-security-token:token-of-session\"}",
     "InvalidSignatureException", TG_ERROR_DENIED, "InvalidSignatureException: wrong.;"},
    {301, "Location: http://elsewhere/\r\n", "", NULL, TG_ERROR_CONFIG, "HTTP status 301"},
};

static void test_refusals(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        Fixture f = {
            {answer_of(refusals[i].status, refusals[i].headers, refusals[i].body)}, NULL, NULL};
        g_auto(TgAwsReply) reply = {0};
        g_autoptr(GError) error = NULL;

        g_test_message("row %" G_GSIZE_FORMAT, i);
        start(&f, (TgAwsClientOptions){0});
        g_assert_null(call(&f, &reply, &error));
        g_assert_error(error, TG_ERROR, (int)refusals[i].error);
        g_assert_cmpstr(reply.code, ==, refusals[i].code);
        g_assert_cmpuint(reply.tries, ==, 1);
        g_assert_nonnull(strstr(error->message, refusals[i].words));
        g_assert_null(strstr(error->message, "token-of-session"));
        g_assert_cmpint(tg_aws_reply_is(&reply, "EntityNotFoundException"), ==,
                        error->code == TG_ERROR_NOT_FOUND);
        stop(&f);
    }
}

/* What is tried again: throttling, the server's own trouble, halves of answers. */
static void test_what_may_pass_is_tried_again(void)
{
    Fixture f = {{answer_of(400, "", "{\"__type\":\"ThrottlingException\"}"),
                  answer_of(500, "", "{\"__type\":\"InternalServiceException\"}"),
                  answer_of(200, "", "{\"half\": "), answer_of(200, "", "[]"),
                  g_strdup("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\": 1}"),
                  answer_of(200, "", "{\"a\": 1}")},
                 NULL,
                 NULL};
    g_auto(TgAwsReply) reply = {0};
    g_autoptr(GError) error = NULL;

    start(&f, (TgAwsClientOptions){0});
    g_autoptr(json_t) answer = call(&f, &reply, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(reply.tries, ==, 6);
    g_assert_null(reply.code);
    stop(&f);
}

static void test_a_call_that_is_once_does_not_wait(void)
{
    Fixture f = {{answer_of(400, "", "{\"__type\":\"ThrottlingException\"}")}, NULL, NULL};
    g_autoptr(json_t) request = json_object();
    TgAwsCall once = {.action = "GetTable", .request = request, .is_once = TRUE};
    g_auto(TgAwsReply) reply = {0};
    g_autoptr(GError) error = NULL;

    start(&f, (TgAwsClientOptions){0});
    g_assert_null(tg_aws_client_call(f.client, &once, &reply, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_RETRY);
    g_assert_true(tg_aws_reply_is(&reply, "ThrottlingException"));
    g_assert_cmpuint(count_of(&f, "POST / "), ==, 1);
    stop(&f);
}

static void test_retry_after_is_waited_for(void)
{
    Fixture f = {{answer_of(503, "Retry-After: 1\r\n", ""), answer_of(200, "", "{}")}, NULL, NULL};
    gint64 started_us = tg_clock_monotonic_us();
    g_autoptr(GError) error = NULL;

    start(&f, (TgAwsClientOptions){0});
    g_autoptr(json_t) answer = call(&f, NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpint(tg_clock_monotonic_us() - started_us, >=, G_USEC_PER_SEC);
    stop(&f);
}

static void test_limits_of_one_call(void)
{
    Fixture f = {{answer_of(503, "", "")}, NULL, NULL};
    g_autoptr(GError) error = NULL;

    start(&f, (TgAwsClientOptions){.tries_max = 3});
    g_assert_null(call(&f, NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_RETRY);
    g_assert_nonnull(strstr(error->message, "; tried 3 times in "));
    stop(&f);

    Fixture g = {{answer_of(503, "Retry-After: 30\r\n", "")}, NULL, NULL};

    g_clear_error(&error);
    start(&g, (TgAwsClientOptions){.retry_ms = 2000});
    g_assert_null(call(&g, NULL, &error));
    g_assert_nonnull(strstr(error->message, "; tried 1 time in "));
    stop(&g);
}

static void test_the_budget_is_shared_by_calls(void)
{
    Fixture f = {{answer_of(503, "", "")}, NULL, NULL};
    g_autoptr(GError) error = NULL;

    start(&f, (TgAwsClientOptions){.tries_max = 2});
    for (guint i = 0; i < 100; i++) {
        g_clear_error(&error);
        g_assert_null(call(&f, NULL, &error));
    }
    g_assert_nonnull(strstr(error->message, "; tried 2 times"));
    g_clear_error(&error);
    g_assert_null(call(&f, NULL, &error));
    g_assert_nonnull(strstr(error->message, "; tried 1 time in 0.0 s, and too much has failed"));
    stop(&f);
}

/* The date of a server whose clock differs. */
static char *date_header(gint64 skew_s)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(tg_clock_now_ms() / 1000 + skew_s);
    g_autofree char *date = g_date_time_format(time, "%a, %d %b %Y %H:%M:%S GMT");

    return g_strconcat("Date: ", date, "\r\n", NULL);
}

static void test_a_clock_is_corrected_once(void)
{
    g_autofree char *date = date_header(86400 * 2);
    const char *skewed = "{\"__type\":\"InvalidSignatureException\",\"message\":\"expired\"}";
    Fixture f = {{answer_of(400, date, skewed), answer_of(200, "", "{}"), answer_of(200, "", "{}"),
                  answer_of(400, date, skewed)},
                 NULL,
                 NULL};
    g_autoptr(GDateTime) later =
        g_date_time_new_from_unix_utc(tg_clock_now_ms() / 1000 + 86400 * 2);
    g_autofree char *day = g_date_time_format(later, "AKIDTEST/%Y%m%d/");
    g_auto(TgAwsReply) reply = {0};
    g_autoptr(GError) error = NULL;

    start(&f, (TgAwsClientOptions){0});
    g_autoptr(json_t) first = call(&f, &reply, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(reply.tries, ==, 2);
    g_autoptr(json_t) second = call(&f, &reply, &error); /* the client remembers it */

    g_assert_no_error(error);
    g_assert_cmpuint(reply.tries, ==, 1);
    g_assert_cmpuint(count_of(&f, day), ==, 2);
    g_assert_null(call(&f, &reply, &error)); /* now it is right: the key is wrong */
    g_assert_error(error, TG_ERROR, TG_ERROR_DENIED);
    g_assert_cmpuint(reply.tries, ==, 1);
    stop(&f);
}

static gboolean refuse(gpointer data, GError **error)
{
    (void)data;
    g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED, "stopped by the test");
    return FALSE;
}

static void test_stopping(void)
{
    Fixture f = {{answer_of(503, "Retry-After: 60\r\n", "")}, NULL, NULL};
    gint is_cancelled = 1;
    g_autoptr(GError) error = NULL;

    start(&f, (TgAwsClientOptions){.check = refuse});
    g_assert_null(call(&f, NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CANCELLED);
    g_assert_cmpstr(error->message, ==, "stopped by the test");
    stop(&f);
    g_clear_error(&error);

    Fixture g = {{answer_of(200, "", "{}")}, NULL, NULL};

    start(&g, (TgAwsClientOptions){.is_cancelled = &is_cancelled});
    g_assert_null(call(&g, NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CANCELLED);
    stop(&g);
}

static void test_hostile_answers(void)
{
    g_autoptr(GString) deep = g_string_new("{\"a\": ");
    g_autoptr(json_t) request = json_object();
    TgAwsCall small = {.action = "GetTable", .request = request, .answer_bytes_max = 1000};
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < 100000; i++) {
        g_string_append(deep, "[");
    }
    Fixture f = {{answer_of(200, "", deep->str)}, NULL, NULL};

    start(&f, (TgAwsClientOptions){.tries_max = 1});
    g_assert_null(call(&f, NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_RETRY);
    g_clear_error(&error);
    g_assert_null(tg_aws_client_call(f.client, &small, NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG); /* too large: not again and again */
    stop(&f);
}

static void test_lists_follow_their_pages(void)
{
    Fixture f = {{answer_of(200, "", "{\"L\": [1, 2], \"NextToken\": \"p2\"}"),
                  answer_of(200, "", "{\"L\": [], \"NextToken\": \"p3\"}"),
                  answer_of(200, "", "{\"L\": [3], \"NextToken\": \"\"}"),
                  answer_of(200, "", "{\"L\": [4, 5, 6], \"NextToken\": \"same\"}")},
                 NULL,
                 NULL};
    g_autoptr(json_t) request = json_object();
    TgAwsCall pages = {.action = "GetTables", .request = request};
    g_autoptr(GError) error = NULL;

    start(&f, (TgAwsClientOptions){0});
    g_autoptr(json_t) items = tg_aws_client_list(f.client, &pages, "L", 3, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(json_array_size(items), ==, 3);
    g_assert_cmpuint(count_of(&f, "{\"NextToken\":\"p3\"}"), ==, 1);
    g_assert_cmpuint(json_object_size(request), ==, 0);
    g_assert_null(tg_aws_client_list(f.client, &pages, "L", 2, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    g_clear_error(&error);
    g_assert_null(tg_aws_client_list(f.client, &pages, "L", 1000, &error));
    g_assert_nonnull(strstr(error->message, "the same page over and over"));
    stop(&f);
}

static void test_where_endpoints_and_regions_stand(void)
{
    g_autofree char *folder = g_dir_make_tmp("tegaru-aws-XXXXXX", NULL);
    g_autofree char *config = g_build_filename(folder, "config", NULL);
    static const char text[] = "[default]\nregion = eu-north-1\nendpoint_url = http://all:1\n"
                               "[profile p]\nregion = eu-south-1\nservices = mine\n"
                               "[services mine]\nglue =\n  endpoint_url = http://glue:2\n";

    g_assert_true(g_file_set_contents(config, text, -1, NULL));
    g_setenv("AWS_CONFIG_FILE", config, TRUE);
    g_setenv("AWS_SHARED_CREDENTIALS_FILE", folder, TRUE);
    for (gsize i = 0; i < 2; i++) {
        g_autofree char *all = tg_aws_endpoint_find("athena", NULL);
        g_autofree char *glue = tg_aws_endpoint_find("glue", "p");
        g_autofree char *none = tg_aws_endpoint_find("athena", "p");
        g_autofree char *region = tg_aws_region_find(NULL);
        g_autofree char *of_profile = tg_aws_region_find("p");

        g_assert_cmpstr(all, ==, i == 0 ? "http://all:1" : "http://any:3");
        g_assert_cmpstr(glue, ==, i == 0 ? "http://glue:2" : "http://own:4");
        g_assert_cmpstr(none, ==, i == 0 ? NULL : "http://any:3");
        g_assert_cmpstr(region, ==, i == 0 ? "eu-north-1" : "ap-east-1");
        g_assert_cmpstr(of_profile, ==, "eu-south-1");
        g_setenv("AWS_ENDPOINT_URL", "http://any:3", TRUE);
        g_setenv("AWS_ENDPOINT_URL_GLUE", "http://own:4", TRUE);
        g_setenv("AWS_REGION", "ap-east-1", TRUE);
    }
    g_setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE", TRUE);
    g_assert_null(tg_aws_endpoint_find("glue", "p"));
    g_unsetenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    g_unsetenv("AWS_ENDPOINT_URL");
    g_unsetenv("AWS_ENDPOINT_URL_GLUE");
    g_unsetenv("AWS_REGION");
    g_assert_cmpint(g_remove(config), ==, 0);
    g_assert_null(tg_aws_config_file_get(NULL, "region")); /* no file: no settings */
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void test_hosts_of_partitions(void)
{
    static const char *const hosts[][2] = {{"us-east-1", "glue.us-east-1.amazonaws.com"},
                                           {"cn-north-1", "glue.cn-north-1.amazonaws.com.cn"},
                                           {"us-gov-west-1", "glue.us-gov-west-1.amazonaws.com"},
                                           {"us-iso-east-1", "glue.us-iso-east-1.c2s.ic.gov"}};

    for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autofree char *host = tg_aws_endpoint_own_host("glue", hosts[i][0]);

        g_assert_cmpstr(host, ==, hosts[i][1]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_unsetenv("AWS_PROFILE");
    g_unsetenv("AWS_DEFAULT_REGION");
    g_test_add_func("/aws/client/sends-what-the-protocol-wants",
                    test_sends_what_the_protocol_wants);
    g_test_add_func("/aws/client/refusals-have-names-and-meanings", test_refusals);
    g_test_add_func("/aws/client/what-may-pass-is-tried-again", test_what_may_pass_is_tried_again);
    g_test_add_func("/aws/client/a-call-that-is-once-does-not-wait",
                    test_a_call_that_is_once_does_not_wait);
    g_test_add_func("/aws/client/retry-after-is-waited-for", test_retry_after_is_waited_for);
    g_test_add_func("/aws/client/limits-of-one-call", test_limits_of_one_call);
    g_test_add_func("/aws/client/the-budget-is-shared-by-calls",
                    test_the_budget_is_shared_by_calls);
    g_test_add_func("/aws/client/a-clock-is-corrected-once", test_a_clock_is_corrected_once);
    g_test_add_func("/aws/client/can-be-stopped", test_stopping);
    g_test_add_func("/aws/client/hostile-answers-are-errors", test_hostile_answers);
    g_test_add_func("/aws/client/lists-follow-their-pages", test_lists_follow_their_pages);
    g_test_add_func("/aws/endpoint/stands-in-the-environment-and-in-files",
                    test_where_endpoints_and_regions_stand);
    g_test_add_func("/aws/endpoint/hosts-of-partitions", test_hosts_of_partitions);
    return g_test_run();
}

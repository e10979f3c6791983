/* S3 calls against the small server of the black-box tests, and answers that are no good. */
#include "aws/s3.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIG_BYTES 25600

/* The server lives as long as its input is open. */
typedef struct {
    GPid pid;
    int input;
    int output; /* open as long as the server, which may write its line in pieces */
    char *endpoint;
} Server;

static Server start_server(void)
{
    g_autofree char *script =
        g_build_filename(g_getenv("TG_SOURCE_DIR"), "tests/e2e/s3_server.py", NULL);
    const char *argv[] = {"/usr/bin/env", "python3", script, NULL};
    Server server = {0};
    char port[16] = "";

    g_assert_true(g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
                                           NULL, NULL, &server.pid, &server.input, &server.output,
                                           NULL, NULL));
    g_assert_cmpint(read(server.output, port, sizeof(port) - 1), >, 0);
    server.endpoint = g_strdup_printf("http://127.0.0.1:%s", g_strchomp(port));
    return server;
}

static void stop_server(Server *server)
{
    g_assert_cmpint(close(server->input), ==, 0);
    g_assert_cmpint(close(server->output), ==, 0);
    (void)waitpid(server->pid, NULL, 0);
    g_spawn_close_pid(server->pid);
    g_free(server->endpoint);
}

static Server server;

static TgS3 *open_s3(gint64 part_bytes, const gint *is_cancelled)
{
    g_autoptr(TgAwsCredentials) credentials =
        tg_aws_credentials_new_static("AKIDTEST", "secret/of+test", NULL);
    TgS3Options options = {.endpoint = server.endpoint,
                           .credentials = credentials,
                           .part_bytes = part_bytes,
                           .is_cancelled = is_cancelled};
    g_autoptr(GError) error = NULL;
    TgS3 *s3 = tg_s3_new(&options, &error);

    g_assert_no_error(error);
    return s3;
}

static void test_put_get_delete(void)
{
    g_autoptr(TgS3) s3 = open_s3(0, NULL);
    TgS3Place place = {.bucket = "data", .key = "a b/é+&=?.txt"};
    g_autofree char *etag = NULL;
    g_autoptr(GByteArray) bytes = NULL;
    g_autoptr(GError) error = NULL;

    (void)tg_s3_put(s3, &place, "hello", 5, &etag, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(etag, ==, "5d41402abc4b2a76b9719d911017c592");
    bytes = tg_s3_get(s3, &place, 1, 3, 100, NULL);
    g_assert_cmpmem(bytes->data, bytes->len, "ell", 3);
    g_assert_true(tg_s3_delete(s3, &place, NULL));
    g_assert_true(tg_s3_delete(s3, &place, NULL)); /* a missing one is fine */
    g_assert_null(tg_s3_get(s3, &place, 0, -1, 100, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
}

static void test_a_large_object_is_copied_in_parts(void)
{
    g_autoptr(TgS3) s3 = open_s3(10000, NULL);
    TgS3Place from = {.bucket = "data", .key = "big"};
    TgS3Place to = {.bucket = "other", .key = "big copy"};
    g_autofree char *etag = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) bytes = NULL;

    (void)tg_s3_copy(s3, &from, &to, BIG_BYTES, &etag, &error);
    g_assert_no_error(error);
    g_assert_true(g_str_has_suffix(etag, "-3"));
    bytes = tg_s3_get(s3, &to, 0, -1, BIG_BYTES, NULL);
    g_assert_cmpuint(bytes->len, ==, BIG_BYTES);
    g_assert_cmpuint(bytes->data[20001], ==, 20001 % 256);
}

static void test_a_copy_that_fails_leaves_no_parts(void)
{
    g_autoptr(TgS3) s3 = open_s3(10000, NULL);
    TgS3Place from = {.bucket = "data", .key = "absent"};
    TgS3Place to = {.bucket = "other", .key = "never"};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) objects = NULL;

    g_assert_false(tg_s3_copy(s3, &from, &to, BIG_BYTES, NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
    objects = tg_s3_list(s3, "other", "never", 10, NULL);
    g_assert_cmpuint(objects->len, ==, 0);
}

static void test_limits(void)
{
    g_autoptr(TgS3) s3 = open_s3(0, NULL);
    TgS3Place place = {.bucket = "data", .key = "big"};
    g_autoptr(GError) error = NULL;

    g_assert_null(tg_s3_get(s3, &place, 0, -1, 100, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    g_clear_error(&error);
    g_assert_null(tg_s3_list(s3, "data", "", 0, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
}

static void test_a_cancelled_run_asks_no_more(void)
{
    gint is_cancelled = 1;
    g_autoptr(TgS3) s3 = open_s3(0, &is_cancelled);
    g_autoptr(GError) error = NULL;

    g_assert_null(tg_s3_list(s3, "data", "", 10, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CANCELLED);
}

static const struct {
    const char *text;
    gboolean is_good;
    const char *code;
} answers[] = {
    {"<Error><Code>A&amp;B</Code><Message>m</Message></Error>", TRUE, "A&B"},
    {"<R><Contents><Key>a+b%2F</Key></Contents><Contents/></R>", TRUE, NULL},
    {"<html><body>gateway", FALSE, NULL},
    {"", FALSE, NULL},
    {"<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></a></a></"
     "a>"
     "</a></a></a></a></a></a>",
     FALSE, NULL},
};

static void check_answer(const char *text, gboolean is_good, const char *code)
{
    g_auto(TgS3Answer) answer = {NULL};
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(tg_s3_answer_parse(text, strlen(text), &answer, &error), ==, is_good);
    g_assert_cmpstr(answer.code, ==, code);
    g_assert_true(is_good || g_error_matches(error, TG_ERROR, TG_ERROR_RETRY));
}

static void test_answers(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        check_answer(answers[i].text, answers[i].is_good, answers[i].code);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    server = start_server();
    g_test_add_func("/aws/s3/puts-gets-deletes", test_put_get_delete);
    g_test_add_func("/aws/s3/copies-in-parts", test_a_large_object_is_copied_in_parts);
    g_test_add_func("/aws/s3/leaves-no-parts", test_a_copy_that_fails_leaves_no_parts);
    g_test_add_func("/aws/s3/has-limits", test_limits);
    g_test_add_func("/aws/s3/stops-when-cancelled", test_a_cancelled_run_asks_no_more);
    g_test_add_func("/aws/s3/reads-answers", test_answers);
    int status = g_test_run();

    stop_server(&server);
    return status;
}

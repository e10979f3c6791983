/* Requests as they go out, answers as they come in, and each way to fail. */
#include "net/http.h"

#include <string.h>

#include "net/http_date.h"
#include "support/http_server.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Two:  b \r\n\r\nhi"

/* A request to a server with these answers; `url` holds the path. */
static TgHttpAnswer *send_to(TgTestServer *server, TgHttpRequest *request, const char *path,
                             GError **error)
{
    g_autofree char *url =
        g_strdup_printf("http://user:pw@127.0.0.1:%u%s", tg_test_server_port(server), path);

    request->url = url;
    request->proxy = "";
    return tg_http_send(NULL, request, error);
}

static void check_received(TgTestServer *server, const char *part, gboolean is_there)
{
    g_autofree char *received = tg_test_server_received(server);

    if ((strstr(received, part) != NULL) != is_there) {
        g_test_message("'%s' %s in:\n%s", part, is_there ? "is not" : "is", received);
        g_test_fail();
    }
}

static void test_an_answer_has_status_headers_and_body(void)
{
    static const char *const answers[] = {OK, NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    TgHttpHeader headers[] = {{"X-One", "a"}, {"X-Empty", ""}, {"User-Agent", "me"}};
    TgHttpRequest request = {.headers = headers, .headers_count = 3};
    g_autoptr(TgHttpAnswer) answer = send_to(server, &request, "/a%20b?c=d", NULL);

    g_assert_cmpuint(answer->status, ==, 200);
    g_assert_cmpstr((const char *)answer->body->data, ==, "hi");
    g_assert_cmpstr(tg_http_answer_header(answer, "x-two"), ==, "b");
    g_assert_null(tg_http_answer_header(answer, "x-none"));
    check_received(server, "GET /a%20b?c=d HTTP/1.1\r\n", TRUE);
    check_received(server, "X-One: a\r\n", TRUE);
    check_received(server, "X-Empty:\r\n", TRUE);
    check_received(server, "User-Agent: me\r\n", TRUE);
}

static void test_methods_and_bodies(void)
{
    static const struct {
        const char *method;
        const char *body;
        const char *sent;
    } rows[] = {{"POST", "x=1", "POST / HTTP/1.1"},    {"PUT", "abc", "PUT / HTTP/1.1"},
                {"DELETE", NULL, "DELETE / HTTP/1.1"}, {"POST", NULL, "Content-Length: 0"},
                {"PATCH", "p", "\r\n\r\np"},           {"POST", "", "Content-Length: 0"}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        static const char *const answers[] = {OK, NULL};
        g_autoptr(TgTestServer) server = tg_test_server_new(answers);
        TgHttpRequest request = {.method = rows[i].method,
                                 .body = rows[i].body,
                                 .body_size_bytes =
                                     rows[i].body == NULL ? 0 : strlen(rows[i].body)};
        g_autoptr(TgHttpAnswer) answer = send_to(server, &request, "/", NULL);

        g_assert_nonnull(answer);
        check_received(server, rows[i].sent, TRUE);
        check_received(server, "Expect:", FALSE);
    }
}

static void test_a_head_has_no_body(void)
{
    static const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    TgHttpRequest request = {.method = "HEAD"};
    g_autoptr(TgHttpAnswer) answer = send_to(server, &request, "/", NULL);

    g_assert_cmpuint(answer->body->len, ==, 0);
    check_received(server, "HEAD / ", TRUE);
}

static void test_redirects_are_followed_when_asked(void)
{
    static const char *const answers[] = {
        "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 3\r\nConnection: "
        "close\r\n\r\nold",
        OK, NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    g_autoptr(TgTestServer) other = tg_test_server_new(answers);
    TgHttpRequest request = {.redirects_max = 0};
    g_autoptr(TgHttpAnswer) first = send_to(server, &request, "/", NULL);

    request.redirects_max = 3;
    g_autoptr(TgHttpAnswer) last = send_to(other, &request, "/", NULL);

    g_assert_cmpuint(first->status, ==, 302);
    g_assert_cmpuint(last->status, ==, 200);
    g_assert_cmpstr((const char *)last->body->data, ==, "hi");
    g_assert_null(tg_http_answer_header(last, "location"));
}

/* Requests that fail: the code and a part of the message. */
static const struct {
    const char *answer;
    TgHttpRequest request;
    TgErrorCode code;
    const char *says;
} failures[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789",
     {.answer_bytes_max = 8},
     TG_ERROR_CONFIG,
     "larger than 8 bytes"},
    {"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
     {.redirects_max = 2},
     TG_ERROR_CONFIG,
     "redirects"},
    {"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
     {.redirects_max = 2},
     TG_ERROR_CONFIG,
     "rotocol"},
    {"", {.timeout_ms = 200}, TG_ERROR_RETRY, "imed out"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123", {0}, TG_ERROR_RETRY, "bytes"},
    {"garbage\r\n\r\n", {0}, TG_ERROR_CONFIG, "HTTP/0.9"},
};

static void test_each_failure_has_its_code(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
        const char *const answers[] = {failures[i].answer, NULL};
        g_autoptr(TgTestServer) server = tg_test_server_new(answers);
        TgHttpRequest request = failures[i].request;
        g_autoptr(GError) error = NULL;
        g_autoptr(TgHttpAnswer) answer = send_to(server, &request, "/?token=secretquery", &error);

        g_assert_null(answer);
        if (!g_error_matches(error, TG_ERROR, failures[i].code) ||
            strstr(error->message, failures[i].says) == NULL ||
            strstr(error->message, "secretquery") != NULL || strstr(error->message, "pw") != NULL) {
            g_test_message("row %zu: %d %s", i, error->code, error->message);
            g_test_fail();
        }
    }
}

static void test_what_cannot_be_sent(void)
{
    TgHttpHeader split = {"X", "a\r\nY: b"};
    TgHttpRequest bad_header = {
        .url = "http://127.0.0.1:1/", .headers = &split, .headers_count = 1};
    TgHttpRequest bad_url = {.url = "nonsense://x"};
    TgHttpRequest nobody = {.url = "http://127.0.0.1:1/", .proxy = ""};
    g_autoptr(GError) header_error = NULL;
    g_autoptr(GError) url_error = NULL;
    g_autoptr(GError) connect_error = NULL;

    g_assert_null(tg_http_send(NULL, &bad_header, &header_error));
    g_assert_error(header_error, TG_ERROR, TG_ERROR_CONFIG);
    g_assert_null(tg_http_send(NULL, &bad_url, &url_error));
    g_assert_error(url_error, TG_ERROR, TG_ERROR_CONFIG);
    g_assert_null(tg_http_send(NULL, &nobody, &connect_error));
    g_assert_error(connect_error, TG_ERROR, TG_ERROR_RETRY);
}

static void test_a_flag_stops_a_request(void)
{
    static const char *const answers[] = {"", NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    gint flag = 1;
    TgHttpRequest request = {.is_cancelled = &flag, .timeout_ms = 20000};
    g_autoptr(GError) error = NULL;

    g_assert_null(send_to(server, &request, "/", &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CANCELLED);
}

static gboolean refuse(gpointer data, const char *bytes G_GNUC_UNUSED, gsize size_bytes,
                       GError **error)
{
    *(gsize *)data += size_bytes;
    if (*(gsize *)data > 1) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT, "enough");
        return FALSE;
    }
    return TRUE;
}

static void test_a_writer_gets_the_body_and_can_stop(void)
{
    static const char *const answers[] = {OK, NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    gsize seen = 0;
    TgHttpRequest request = {.write = refuse, .data = &seen};
    g_autoptr(GError) error = NULL;

    g_assert_null(send_to(server, &request, "/", &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFLICT);
    g_assert_cmpuint(seen, ==, 2);
}

static void test_a_connection_serves_again(void)
{
    static const char *const answers[] = {OK, NULL};
    g_autoptr(TgTestServer) server = tg_test_server_new(answers);
    g_autoptr(TgHttp) http = tg_http_new();
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u/", tg_test_server_port(server));
    TgHttpRequest request = {
        .url = url, .proxy = "", .method = "DELETE", .user = "u", .password = "p"};
    g_autoptr(TgHttpAnswer) first = tg_http_send(http, &request, NULL);

    request = (TgHttpRequest){.url = url, .proxy = ""};
    g_autoptr(TgHttpAnswer) second = tg_http_send(http, &request, NULL);

    g_assert_cmpuint(first->status, ==, 200);
    g_assert_cmpuint(second->status, ==, 200);
    check_received(server, "Authorization: Basic dTpw\r\n", TRUE);
    check_received(server, "GET / HTTP/1.1\r\n", TRUE);
}

static void test_safe_urls(void)
{
    static const char *const rows[][2] = {{"http://u:p@h:1/a/b?c=d#e", "http://h:1/a/b"},
                                          {"https://h", "https://h"},
                                          {"http://h/a@b", "http://h/a@b"},
                                          {"http://h?x=u@v", "http://h"},
                                          {"plain", "plain"},
                                          {"http://a@b@c/d", "http://c/d"}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *safe = tg_http_safe_url(rows[i][0]);

        g_assert_cmpstr(safe, ==, rows[i][1]);
    }
}

static const struct {
    const char *text;
    gint64 ms; /* -1: none */
} dates[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", G_GINT64_CONSTANT(784111777000)},
    {"Thu, 01 Jan 1970 00:00:60 GMT", 59000},
    {"Sun, 06 ovD 1994 08:49:37 GMT", -1},
    {"Sun, 31 Feb 1994 08:49:37 GMT", -1},
    {"Sun, 06 Nov 1994 08:49 GMT", -1},
    {"Sun, -6 Nov 1994 08:49:37 GMT", -1},
    {"Sunday, 06-Nov-94 08:49:37 GMT", -1},
    {"", -1},
};

static void test_dates(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(dates); i++) {
        gint64 at_ms = -1;

        g_assert_cmpint(tg_http_date_parse(dates[i].text, &at_ms), ==, dates[i].ms >= 0);
        g_assert_cmpint(at_ms, ==, dates[i].ms);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/http/an-answer-has-status-headers-and-body",
                    test_an_answer_has_status_headers_and_body);
    g_test_add_func("/net/http/methods-and-bodies", test_methods_and_bodies);
    g_test_add_func("/net/http/a-head-has-no-body", test_a_head_has_no_body);
    g_test_add_func("/net/http/redirects-are-followed-when-asked",
                    test_redirects_are_followed_when_asked);
    g_test_add_func("/net/http/each-failure-has-its-code", test_each_failure_has_its_code);
    g_test_add_func("/net/http/what-cannot-be-sent", test_what_cannot_be_sent);
    g_test_add_func("/net/http/a-flag-stops-a-request", test_a_flag_stops_a_request);
    g_test_add_func("/net/http/a-writer-gets-the-body-and-can-stop",
                    test_a_writer_gets_the_body_and_can_stop);
    g_test_add_func("/net/http/a-connection-serves-again", test_a_connection_serves_again);
    g_test_add_func("/net/http/safe-urls", test_safe_urls);
    g_test_add_func("/net/http-date/reads-what-servers-send", test_dates);
    return g_test_run();
}

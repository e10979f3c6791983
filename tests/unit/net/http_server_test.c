/* Requests over real connections: bodies, answers, limits, the end. */
#include "net/http_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX 65536

/* ---- a client ---- */

static int connect_to(guint16 port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static void send_text(int fd, const char *text, gsize size)
{
    while (size > 0) {
        gssize sent = send(fd, text, size, MSG_NOSIGNAL);

        if (sent <= 0) {
            return; /* the server has closed it: the answer tells */
        }
        text += sent;
        size -= (gsize)sent;
    }
}

/* One answer with Content-Length (its body, too), or all until the end. The caller frees. */
static char *receive(int fd)
{
    GString *got = g_string_new(NULL);
    char byte = 0;
    gsize wanted = G_MAXSIZE;

    while (got->len < wanted && got->len < ANSWER_BYTES_MAX && recv(fd, &byte, 1, 0) == 1) {
        g_string_append_c(got, byte);
        if (wanted == G_MAXSIZE && g_str_has_suffix(got->str, "\r\n\r\n")) {
            const char *length = strstr(got->str, "Content-Length: ");

            if (length != NULL) {
                wanted = got->len + (gsize)g_ascii_strtoull(length + 16, NULL, 10);
            }
        }
    }
    return g_string_free(got, FALSE);
}

static char *ask(guint16 port, const char *text)
{
    int fd = connect_to(port);
    char *got = NULL;

    send_text(fd, text, strlen(text));
    got = receive(fd);
    (void)close(fd);
    return got;
}

static void check_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        g_test_message("'%s' is not in:\n%s", part, text);
        g_test_fail();
    }
}

/* ---- a server: what it does stands in the path ---- */

typedef struct {
    gsize streamed;
    GMutex mutex; /* held by the test: the answer waits */
    GMutex begun_mutex;
    GCond begun;
    gboolean has_begun;
} World;

static gboolean count(gpointer data, const char *bytes G_GNUC_UNUSED, gsize size,
                      GError **error G_GNUC_UNUSED)
{
    *(gsize *)data += size;
    return TRUE;
}

static void begin(gpointer data, TgHttpCall *call)
{
    World *world = data;
    const char *path = tg_http_call_path(call);

    if (strcmp(path, "/small") == 0) {
        tg_http_call_set_body_max(call, 10);
    } else if (strcmp(path, "/stream") == 0) {
        tg_http_call_set_data(call, &world->streamed, NULL);
        tg_http_call_set_body_write(call, count);
    } else if (strcmp(path, "/refuse") == 0) {
        tg_http_call_answer(call, 403, g_strdup("no"), 2);
    }
}

static gssize give_pieces(gpointer data, char *into, gsize size_max)
{
    gint *left = data;

    g_assert_cmpuint(size_max, >, 4);
    if (*left == 0) {
        return 0;
    }
    (*left)--;
    (void)memcpy(into, "abcd", 4);
    return 4;
}

static void wait_for_test(World *world)
{
    g_mutex_lock(&world->begun_mutex);
    world->has_begun = TRUE;
    g_cond_signal(&world->begun);
    g_mutex_unlock(&world->begun_mutex);
    g_mutex_lock(&world->mutex);
    g_mutex_unlock(&world->mutex);
}

static void answer(gpointer data, TgHttpCall *call)
{
    World *world = data;
    const char *path = tg_http_call_path(call);
    const char *header = tg_http_call_header(call, "X-One");
    const char *query = tg_http_call_query(call);
    char *text = NULL;

    if (strcmp(path, "/nothing") == 0) {
        return;
    }
    if (strcmp(path, "/pieces") == 0) {
        gint *left = g_new0(gint, 1);

        *left = 3;
        tg_http_call_answer_stream(call, 200, -1, give_pieces, left, g_free);
        return;
    }
    if (strcmp(path, "/file") == 0) {
        tg_http_call_answer_file(call, 206, open("/proc/self/exe", O_RDONLY | O_CLOEXEC), 1, 3);
        return;
    }
    if (strcmp(path, "/wait") == 0) {
        wait_for_test(world);
    }
    tg_http_call_add_header(call, "X-Split", "a\r\nX-Bad: b");
    text = g_strdup_printf("%s %s ?%s %s %u %zu", tg_http_call_method(call), path,
                           query == NULL ? "" : query, header == NULL ? "-" : header,
                           tg_http_call_body(call)->len, world->streamed);
    tg_http_call_answer(call, 200, text, strlen(text));
}

static TgHttpServer *start(World *world)
{
    const TgHttpServerOptions options = {.begin = begin, .answer = answer, .data = world};
    g_autoptr(GError) error = NULL;
    TgHttpServer *server = tg_http_server_start(&options, &error);

    g_assert_no_error(error);
    return server;
}

/* ---- tests ---- */

static void test_a_connection_serves_again(void)
{
    World world = {0};
    TgHttpServer *server = start(&world);
    int fd = connect_to(tg_http_server_port(server));
    static const char first[] = "GET /a%20b/%2e?c=%41&d HTTP/1.1\r\nHost: x\r\nx-ONE: v\r\n\r\n";
    static const char second[] = "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";

    send_text(fd, first, strlen(first));
    g_autofree char *one = receive(fd);

    send_text(fd, second, strlen(second));
    g_autofree char *two = receive(fd);

    check_has(one, "GET /a%20b/%2e ?c=%41&d v 0 0");
    check_has(two, "POST /b ? - 3 0");
    g_assert_null(strstr(one, "\nX-Bad"));
    (void)close(fd);
    tg_http_server_stop(server, 1000);
}

static void test_bodies_have_limits(void)
{
    World world = {0};
    TgHttpServer *server = start(&world);
    guint16 port = tg_http_server_port(server);
    g_autofree char *fits =
        ask(port, "PUT /small HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789");
    g_autofree char *larger =
        ask(port, "PUT /small HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n0123456789a");
    g_autofree char *unsaid = ask(port, "PUT /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                                        "chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n");

    check_has(fits, "HTTP/1.1 200");
    check_has(larger, "HTTP/1.1 413");
    g_assert_null(strstr(unsaid, "HTTP/1.1 200"));
    tg_http_server_stop(server, 1000);
}

static void test_large_bodies_are_streamed(void)
{
    World world = {0};
    TgHttpServer *server = start(&world);
    int fd = connect_to(tg_http_server_port(server));
    static const char head[] =
        "PUT /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n";
    g_autofree char *body = g_strnfill(20000000, 'x');

    send_text(fd, head, strlen(head));
    send_text(fd, body, 20000000);
    g_autofree char *got = receive(fd);

    check_has(got, "PUT /stream ? - 0 20000000");
    (void)close(fd);
    tg_http_server_stop(server, 1000);
}

/* Who asks first hears the refusal instead of "go on". */
static void test_a_refusal_comes_before_the_body(void)
{
    World world = {0};
    TgHttpServer *server = start(&world);
    g_autofree char *got = ask(tg_http_server_port(server),
                               "PUT /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
                               "Expect: 100-continue\r\n\r\n");

    check_has(got, "HTTP/1.1 403");
    g_assert_null(strstr(got, "100 Continue"));
    tg_http_server_stop(server, 1000);
}

static void test_answers_come_in_pieces_and_from_files(void)
{
    World world = {0};
    TgHttpServer *server = start(&world);
    guint16 port = tg_http_server_port(server);
    g_autofree char *pieces =
        ask(port, "GET /pieces HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    g_autofree char *file = ask(port, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autofree char *head =
        ask(port, "HEAD /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    check_has(pieces, "abcd");
    check_has(file, "206");
    check_has(file, "\r\n\r\nELF");
    check_has(head, "Content-Length: 3");
    g_assert_true(g_str_has_suffix(head, "\r\n\r\n"));
    tg_http_server_stop(server, 1000);
}

static void test_no_answer_is_an_error(void)
{
    World world = {0};
    TgHttpServer *server = start(&world);
    g_autofree char *got =
        ask(tg_http_server_port(server), "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");

    check_has(got, "HTTP/1.1 500");
    tg_http_server_stop(server, 1000);
}

/* Whatever comes, the next one is served. */
static void test_bad_requests_harm_nobody(void)
{
    World world = {0};
    TgHttpServer *server = start(&world);
    guint16 port = tg_http_server_port(server);
    g_autofree char *many = g_strnfill(400000, 'h');
    g_autofree char *huge =
        g_strdup_printf("GET / HTTP/1.1\r\nHost: x\r\nX-Huge: %s\r\n\r\n", many);
    g_autofree char *path = g_strdup_printf("GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", many);
    const char *const requests[] = {
        huge,
        path,
        "nonsense\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"};

    for (gsize i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_autofree char *got = NULL;
        int fd = connect_to(port);

        send_text(fd, requests[i], strlen(requests[i]));
        (void)shutdown(fd, SHUT_WR);
        got = receive(fd);
        (void)close(fd);
        if (i < 2) {
            g_assert_null(strstr(got, "HTTP/1.1 200"));
        }
    }
    g_autofree char *after = ask(port, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");

    check_has(after, "HTTP/1.1 200");
    tg_http_server_stop(server, 1000);
}

static gpointer stop_server(gpointer server)
{
    tg_http_server_stop(server, 60000);
    return NULL;
}

/* A request that runs gets its answer; nobody new comes in. */
static void test_stopping_waits_for_answers(void)
{
    World world = {0};
    TgHttpServer *server = start(&world);
    guint16 port = tg_http_server_port(server);
    int fd = connect_to(port);
    static const char text[] = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
    GThread *thread = NULL;

    g_mutex_lock(&world.mutex);
    send_text(fd, text, strlen(text));
    g_mutex_lock(&world.begun_mutex);
    while (!world.has_begun) {
        g_cond_wait(&world.begun, &world.begun_mutex);
    }
    g_mutex_unlock(&world.begun_mutex);
    thread = g_thread_new("stop", stop_server, server);
    g_mutex_unlock(&world.mutex);
    g_autofree char *got = receive(fd);

    (void)g_thread_join(thread);
    check_has(got, "GET /wait");
    (void)close(fd);
    g_assert_cmpint(connect_to(port), ==, -1);
}

static void test_what_cannot_be_listened_at(void)
{
    World world = {0};
    TgHttpServer *server = start(&world);
    TgHttpServerOptions options = {
        .answer = answer, .data = &world, .port = tg_http_server_port(server)};
    g_autoptr(GError) taken = NULL;
    g_autoptr(GError) bad = NULL;

    g_assert_null(tg_http_server_start(&options, &taken));
    g_assert_error(taken, TG_ERROR, TG_ERROR_CONFLICT);
    options.bind = "not an address";
    g_assert_null(tg_http_server_start(&options, &bad));
    g_assert_error(bad, TG_ERROR, TG_ERROR_CONFIG);
    tg_http_server_stop(server, 1000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/http_server/a-connection-serves-again", test_a_connection_serves_again);
    g_test_add_func("/net/http_server/bodies-have-limits", test_bodies_have_limits);
    g_test_add_func("/net/http_server/large-bodies-are-streamed", test_large_bodies_are_streamed);
    g_test_add_func("/net/http_server/a-refusal-comes-before-the-body",
                    test_a_refusal_comes_before_the_body);
    g_test_add_func("/net/http_server/answers-come-in-pieces-and-from-files",
                    test_answers_come_in_pieces_and_from_files);
    g_test_add_func("/net/http_server/no-answer-is-an-error", test_no_answer_is_an_error);
    g_test_add_func("/net/http_server/bad-requests-harm-nobody", test_bad_requests_harm_nobody);
    g_test_add_func("/net/http_server/stopping-waits-for-answers", test_stopping_waits_for_answers);
    g_test_add_func("/net/http_server/what-cannot-be-listened-at", test_what_cannot_be_listened_at);
    return g_test_run();
}

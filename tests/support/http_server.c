/* One thread, one connection at a time. */
#include "support/http_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct TgTestServer {
    const char *const *answers;
    int fd;
    guint port;
    GThread *thread;
    gint is_stopped;
    GMutex mutex; /* over received */
    GString *received;
};

static gboolean is_whole(const GString *text)
{
    const char *end = strstr(text->str, "\r\n\r\n");
    const char *length = strstr(text->str, "Content-Length: ");

    if (end == NULL) {
        return FALSE;
    }
    gsize body = length == NULL ? 0 : g_ascii_strtoull(length + 16, NULL, 10);

    return text->len >= (gsize)(end + 4 - text->str) + body;
}

static gboolean wait_readable(TgTestServer *server, int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    while (g_atomic_int_get(&server->is_stopped) == 0) {
        if (poll(&poll_fd, 1, 20) > 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static void serve(TgTestServer *server, int client, const char *answer)
{
    g_autoptr(GString) request = g_string_new(NULL);
    char block[4096];
    gssize got = 1;

    while (got > 0 && !is_whole(request) && wait_readable(server, client)) {
        got = read(client, block, sizeof block);
        g_string_append_len(request, block, MAX(got, 0));
    }
    g_mutex_lock(&server->mutex);
    g_string_append_len(server->received, request->str, request->len);
    g_mutex_unlock(&server->mutex);
    if (*answer == '\0') {
        (void)wait_readable(server, client); /* until the other side gives up */
    }
    for (gsize done = 0; done < strlen(answer);) {
        gssize sent = send(client, answer + done, strlen(answer) - done, MSG_NOSIGNAL);

        if (sent <= 0) {
            break;
        }
        done += (gsize)sent;
    }
}

static gpointer work(gpointer data)
{
    TgTestServer *server = data;
    guint next = 0;

    while (wait_readable(server, server->fd)) {
        int client = accept(server->fd, NULL, NULL);

        serve(server, client, server->answers[next]);
        (void)close(client);
        next += server->answers[next + 1] != NULL ? 1 : 0;
    }
    return NULL;
}

TgTestServer *tg_test_server_new(const char *const *answers)
{
    TgTestServer *server = g_new0(TgTestServer, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    server->answers = answers;
    server->received = g_string_new(NULL);
    g_mutex_init(&server->mutex);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(server->fd, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(listen(server->fd, 16), ==, 0);
    g_assert_cmpint(getsockname(server->fd, (struct sockaddr *)&address, &size), ==, 0);
    server->port = ntohs(address.sin_port);
    server->thread = g_thread_new("server", work, server);
    return server;
}

void tg_test_server_free(TgTestServer *server)
{
    g_atomic_int_set(&server->is_stopped, 1);
    g_thread_join(server->thread);
    (void)close(server->fd);
    (void)g_string_free(server->received, TRUE);
    g_mutex_clear(&server->mutex);
    g_free(server);
}

guint tg_test_server_port(const TgTestServer *server)
{
    return server->port;
}

char *tg_test_server_received(TgTestServer *server)
{
    g_mutex_lock(&server->mutex);
    char *text = g_strdup(server->received->str);

    g_mutex_unlock(&server->mutex);
    return text;
}

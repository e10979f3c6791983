/* The server over libmicrohttpd: a thread a connection. */
#include "net/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/http_server_internal.h"

/* Called with the first line, before anything else of a request. */
static void *on_uri(void *data, const char *uri, struct MHD_Connection *connection)
{
    TgHttpServer *server = data;
    TgHttpCall *call = tg_http_call_new(server, uri);

    call->connection = connection;
    g_mutex_lock(&server->mutex);
    server->running++;
    g_mutex_unlock(&server->mutex);
    return call;
}

static void on_completed(void *data, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    TgHttpServer *server = data;

    (void)connection;
    (void)code; /* broken off or not, it is over */
    if (*context == NULL) {
        return;
    }
    tg_http_call_free(*context);
    *context = NULL;
    g_mutex_lock(&server->mutex);
    server->running--;
    g_cond_broadcast(&server->idle);
    g_mutex_unlock(&server->mutex);
}

/* Paths are handed on as they were sent. */
static size_t leave_escapes(void *data, struct MHD_Connection *connection, char *text)
{
    (void)data;
    (void)connection;
    return strlen(text);
}

static void keep_piece(TgHttpCall *call, const char *bytes, gsize size_bytes)
{
    if (size_bytes > call->body_max - call->body->len) {
        call->is_too_large = TRUE;
        g_byte_array_set_size(call->body, 0);
    } else {
        g_byte_array_append(call->body, (const guint8 *)bytes, (guint)size_bytes);
    }
}

static void take_piece(TgHttpCall *call, const char *bytes, gsize size_bytes)
{
    if (call->body_error != NULL || call->is_too_large) {
        return; /* the rest is read and forgotten, so that the client hears the answer */
    }
    if (call->write == NULL) {
        keep_piece(call, bytes, size_bytes);
    } else {
        gboolean ok = call->write(call->data, bytes, size_bytes, &call->body_error);

        g_assert(ok || call->body_error != NULL);
    }
}

static enum MHD_Result begin(TgHttpCall *call, const char *method)
{
    TgHttpServer *server = call->server;

    call->is_begun = TRUE;
    call->method = method;
    if (server->begin != NULL) {
        server->begin(server->data, call);
    }
    return tg_http_call_is_answered(call) ? tg_http_call_send(call) : MHD_YES;
}

static enum MHD_Result answer(TgHttpCall *call)
{
    TgHttpServer *server = call->server;

    if (call->is_too_large) {
        tg_http_call_answer(call, 413, NULL, 0);
    } else {
        server->answer(server->data, call);
    }
    return tg_http_call_send(call);
}

/* The library's form of a handler. */
/* NOLINTNEXTLINE(readability-function-size) */
static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    TgHttpCall *call = *context;

    (void)data;
    (void)connection;
    (void)url;
    (void)version;
    if (!call->is_begun) {
        return begin(call, method);
    }
    if (*upload_size > 0) {
        take_piece(call, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return answer(call);
}

/* ---- starting and stopping ------------------------------------------------------------------- */

static gboolean read_address(const TgHttpServerOptions *options, struct sockaddr_storage *out,
                             GError **error)
{
    const char *text = options->bind == NULL ? "127.0.0.1" : options->bind;
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(options->port);
    } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(options->port);
    } else {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' is no address to listen on; write one like 127.0.0.1 or ::1", text);
        return FALSE;
    }
    return TRUE;
}

static gboolean start_daemon(TgHttpServer *server, const TgHttpServerOptions *options,
                             const struct sockaddr_storage *address, GError **error)
{
    guint connections = options->connections_max;
    guint idle_s = options->idle_s;
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
    const union MHD_DaemonInfo *info = NULL;

    flags |= address->ss_family == AF_INET6 ? (unsigned)MHD_USE_IPv6 : 0;
    errno = 0;
    server->daemon = server->api->MHD_start_daemon(
        flags, options->port, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR, address,
        MHD_OPTION_URI_LOG_CALLBACK, on_uri, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        server, MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL, MHD_OPTION_CONNECTION_LIMIT,
        connections == 0 ? TG_HTTP_SERVER_CONNECTIONS_MAX : connections,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_s == 0 ? TG_HTTP_SERVER_IDLE_S : idle_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, TG_HTTP_SERVER_HEAD_BYTES_MAX, MHD_OPTION_END);
    if (server->daemon == NULL) {
        g_set_error(error, TG_ERROR, errno == EADDRINUSE ? TG_ERROR_CONFLICT : TG_ERROR_CONFIG,
                    "cannot listen on %s port %u: %s; choose another port",
                    options->bind == NULL ? "127.0.0.1" : options->bind, options->port,
                    g_strerror(errno));
        return FALSE;
    }
    info = server->api->MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    server->port = info == NULL ? options->port : info->port;
    return TRUE;
}

TgHttpServer *tg_http_server_start(const TgHttpServerOptions *options, GError **error)
{
    const TgHttpServerApi *api = tg_http_server_api_get(error);
    struct sockaddr_storage address;
    TgHttpServer *server = NULL;

    if (api == NULL || !read_address(options, &address, error)) {
        return NULL;
    }
    server = g_new0(TgHttpServer, 1);
    server->api = api;
    server->begin = options->begin;
    server->answer = options->answer;
    server->data = options->data;
    g_mutex_init(&server->mutex);
    g_cond_init(&server->idle);
    if (!start_daemon(server, options, &address, error)) {
        tg_http_server_stop(server, 0);
        return NULL;
    }
    return server;
}

guint16 tg_http_server_port(const TgHttpServer *server)
{
    return server->port;
}

void tg_http_server_stop(TgHttpServer *server, gint64 wait_ms)
{
    gint64 until_us = tg_clock_monotonic_us() + wait_ms * 1000;

    if (server == NULL) {
        return;
    }
    if (server->daemon != NULL) {
        MHD_socket listening = server->api->MHD_quiesce_daemon(server->daemon);

        g_mutex_lock(&server->mutex);
        while (server->running > 0 && g_cond_wait_until(&server->idle, &server->mutex, until_us)) {
        }
        g_mutex_unlock(&server->mutex);
        server->api->MHD_stop_daemon(server->daemon);
        if (listening != MHD_INVALID_SOCKET) {
            (void)close(listening);
        }
    }
    g_cond_clear(&server->idle);
    g_mutex_clear(&server->mutex);
    g_free(server);
}

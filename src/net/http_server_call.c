/* One request and its answer. */
#include <string.h>
#include <unistd.h>

#include "net/http_server_internal.h"

#define PIECE_BYTES ((gsize)256 * 1024)

TgHttpCall *tg_http_call_new(TgHttpServer *server, const char *uri)
{
    TgHttpCall *call = g_new0(TgHttpCall, 1);
    const char *mark = strchr(uri, '?');

    call->server = server;
    call->path = mark == NULL ? g_strdup(uri) : g_strndup(uri, (gsize)(mark - uri));
    call->query = mark == NULL ? NULL : g_strdup(mark + 1);
    call->body = g_byte_array_new();
    call->body_max = TG_HTTP_SERVER_BODY_BYTES_MAX;
    call->headers = g_ptr_array_new_with_free_func(g_free);
    return call;
}

void tg_http_call_free(TgHttpCall *call)
{
    if (call == NULL) {
        return;
    }
    if (call->response != NULL) {
        call->server->api->MHD_destroy_response(call->response);
    }
    if (call->free_data != NULL) {
        call->free_data(call->data);
    }
    g_clear_error(&call->body_error);
    g_byte_array_unref(call->body);
    g_ptr_array_unref(call->headers);
    g_free(call->path);
    g_free(call->query);
    g_free(call);
}

const char *tg_http_call_method(const TgHttpCall *call)
{
    return call->method;
}

const char *tg_http_call_path(const TgHttpCall *call)
{
    return call->path;
}

const char *tg_http_call_query(const TgHttpCall *call)
{
    return call->query;
}

const char *tg_http_call_header(const TgHttpCall *call, const char *name)
{
    return call->server->api->MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

typedef struct {
    const char *name;
    GString *values;
    GPtrArray *names;
} HeaderSearch;

static enum MHD_Result join_value(void *data, enum MHD_ValueKind kind, const char *key,
                                  const char *value)
{
    HeaderSearch *search = data;

    (void)kind;
    if (g_ascii_strcasecmp(key, search->name) == 0) {
        if (search->values == NULL) {
            search->values = g_string_new(value);
        } else {
            g_string_append_printf(search->values, ",%s", value);
        }
    }
    return MHD_YES;
}

char *tg_http_call_header_all(const TgHttpCall *call, const char *name)
{
    HeaderSearch search = {.name = name};

    (void)call->server->api->MHD_get_connection_values(call->connection, MHD_HEADER_KIND,
                                                       join_value, &search);
    return search.values == NULL ? NULL : g_string_free(search.values, FALSE);
}

static enum MHD_Result add_name(void *data, enum MHD_ValueKind kind, const char *key,
                                const char *value)
{
    HeaderSearch *search = data;
    char *lower = g_ascii_strdown(key, -1);

    (void)kind;
    (void)value;
    if (g_ptr_array_find_with_equal_func(search->names, lower, g_str_equal, NULL)) {
        g_free(lower);
    } else {
        g_ptr_array_add(search->names, lower);
    }
    return MHD_YES;
}

GPtrArray *tg_http_call_header_names(const TgHttpCall *call)
{
    HeaderSearch search = {.names = g_ptr_array_new_with_free_func(g_free)};

    (void)call->server->api->MHD_get_connection_values(call->connection, MHD_HEADER_KIND, add_name,
                                                       &search);
    return search.names;
}

/* Finds a parameter; *out_value lent, not unescaped, NULL when it has none. */
static gboolean find_parameter(const TgHttpCall *call, const char *name, const char **out_value,
                               gsize *out_size)
{
    gsize name_size = strlen(name);

    for (const char *p = call->query; p != NULL && *p != '\0';) {
        const char *end = strchrnul(p, '&');
        const char *equals = memchr(p, '=', (gsize)(end - p));
        gsize size = (gsize)((equals == NULL ? end : equals) - p);

        if (size == name_size && memcmp(p, name, size) == 0) {
            *out_value = equals == NULL ? end : equals + 1;
            *out_size = (gsize)(end - *out_value);
            return TRUE;
        }
        p = *end == '&' ? end + 1 : end;
    }
    return FALSE;
}

char *tg_http_call_parameter(const TgHttpCall *call, const char *name)
{
    const char *value = NULL;
    gsize size = 0;

    if (!find_parameter(call, name, &value, &size)) {
        return NULL;
    }
    g_autofree char *raw = g_strndup(value, size);

    g_strdelimit(raw, "+", ' ');
    return g_uri_unescape_string(raw, NULL); /* NULL for broken escapes, too */
}

gboolean tg_http_call_has_parameter(const TgHttpCall *call, const char *name)
{
    const char *value = NULL;
    gsize size = 0;

    return find_parameter(call, name, &value, &size);
}

void tg_http_call_set_body_max(TgHttpCall *call, gsize size_bytes)
{
    call->body_max = size_bytes;
}

void tg_http_call_set_body_write(TgHttpCall *call, TgHttpBodyWrite write)
{
    call->write = write;
}

const GByteArray *tg_http_call_body(const TgHttpCall *call)
{
    guint size = call->body->len;

    g_byte_array_append(call->body, (const guint8 *)"", 1);
    g_byte_array_set_size(call->body, size);
    return call->body;
}

const GError *tg_http_call_body_error(const TgHttpCall *call)
{
    return call->body_error;
}

void tg_http_call_set_data(TgHttpCall *call, gpointer take_data, GDestroyNotify free_data)
{
    call->data = take_data;
    call->free_data = free_data;
}

gpointer tg_http_call_data(const TgHttpCall *call)
{
    return call->data;
}

/* ---- answering ------------------------------------------------------------------------------ */

void tg_http_call_add_header(TgHttpCall *call, const char *name, const char *value)
{
    char *copy = g_strdup(value);

    for (char *p = copy; *p != '\0'; p++) {
        *p = g_ascii_iscntrl(*p) ? ' ' : *p;
    }
    g_ptr_array_add(call->headers, g_strdup(name));
    g_ptr_array_add(call->headers, copy);
}

gboolean tg_http_call_is_answered(const TgHttpCall *call)
{
    return call->response != NULL;
}

static void set_response(TgHttpCall *call, guint status, struct MHD_Response *response)
{
    g_assert(call->response == NULL);
    call->response = response;
    call->status = status;
}

void tg_http_call_answer(TgHttpCall *call, guint status, char *take_bytes, gsize size_bytes)
{
    /* The library frees what malloc gave, and GLib's memory is malloc's. */
    struct MHD_Response *response = call->server->api->MHD_create_response_from_buffer(
        size_bytes, take_bytes,
        take_bytes == NULL ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE);

    set_response(call, status, response);
}

void tg_http_call_answer_file(TgHttpCall *call, guint status, int take_fd, gint64 from,
                              gint64 size_bytes)
{
    struct MHD_Response *response = call->server->api->MHD_create_response_from_fd_at_offset64(
        (guint64)size_bytes, take_fd, (guint64)from);

    if (response == NULL) {
        (void)close(take_fd);
    }
    set_response(call, status, response);
}

typedef struct {
    TgHttpBodyRead read;
    gpointer data;
    GDestroyNotify free_data;
} Stream;

static ssize_t read_stream(void *data, uint64_t position, char *into, size_t size_max)
{
    const Stream *stream = data;
    gssize size = stream->read(stream->data, into, size_max);

    (void)position; /* pieces are asked for in their order */
    if (size < 0) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    return size == 0 ? MHD_CONTENT_READER_END_OF_STREAM : size;
}

static void free_stream(void *data)
{
    Stream *stream = data;

    if (stream->free_data != NULL) {
        stream->free_data(stream->data);
    }
    g_free(stream);
}

void tg_http_call_answer_stream(TgHttpCall *call, guint status, gint64 size_bytes,
                                TgHttpBodyRead read, gpointer take_data, GDestroyNotify free_data)
{
    Stream *stream = g_new0(Stream, 1);

    *stream = (Stream){read, take_data, free_data};
    set_response(call, status,
                 call->server->api->MHD_create_response_from_callback(
                     size_bytes < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)size_bytes, PIECE_BYTES,
                     read_stream, stream, free_stream));
}

enum MHD_Result tg_http_call_send(TgHttpCall *call)
{
    const TgHttpServerApi *api = call->server->api;
    enum MHD_Result result = MHD_NO;

    if (call->response == NULL) {
        tg_http_call_answer(call, 500, NULL, 0);
    }
    if (call->response == NULL) {
        return MHD_NO; /* no memory: the connection is closed */
    }
    for (guint i = 0; i + 1 < call->headers->len; i += 2) {
        /* A header that the library refuses is left out: the name is ours, the value cleaned. */
        (void)api->MHD_add_response_header(call->response, call->headers->pdata[i],
                                           call->headers->pdata[i + 1]);
    }
    result = api->MHD_queue_response(call->connection, call->status, call->response);
    return result;
}

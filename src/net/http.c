/* libcurl's easy handles, kept for the next request. */
#include "net/http.h"

#include <string.h>

#include "net/curl_api.h"

#define KEPT_HANDLES_MAX 16

struct TgHttp {
    GMutex mutex;
    GPtrArray *handles; /* of CURL, each with its open connections */
};

/* A request under way. */
typedef struct {
    const TgCurlApi *api;
    CURL *handle;
    const TgHttpRequest *request;
    TgHttpAnswer *answer;
    struct curl_slist *headers;
    gsize received;
    gsize head_size;
    gboolean is_too_large;
    gsize max;
    GError *error;
    char message[CURL_ERROR_SIZE];
} Transfer;

TgHttp *tg_http_new(void)
{
    TgHttp *http = g_new0(TgHttp, 1);

    g_mutex_init(&http->mutex);
    http->handles = g_ptr_array_new();
    return http;
}

void tg_http_free(TgHttp *http)
{
    if (http == NULL) {
        return;
    }
    for (guint i = 0; i < http->handles->len; i++) {
        tg_curl_api_get(NULL)->curl_easy_cleanup(http->handles->pdata[i]);
    }
    g_ptr_array_unref(http->handles);
    g_mutex_clear(&http->mutex);
    g_free(http);
}

static CURL *take_handle(TgHttp *http, const TgCurlApi *api)
{
    CURL *handle = NULL;

    if (http != NULL) {
        g_mutex_lock(&http->mutex);
        if (http->handles->len > 0) {
            handle = g_ptr_array_steal_index(http->handles, http->handles->len - 1);
        }
        g_mutex_unlock(&http->mutex);
    }
    return handle != NULL ? handle : api->curl_easy_init();
}

static void give_back(TgHttp *http, const TgCurlApi *api, CURL *handle)
{
    gboolean is_kept = FALSE;

    api->curl_easy_reset(handle); /* options go, connections stay */
    if (http != NULL) {
        g_mutex_lock(&http->mutex);
        is_kept = http->handles->len < KEPT_HANDLES_MAX;
        if (is_kept) {
            g_ptr_array_add(http->handles, handle);
        }
        g_mutex_unlock(&http->mutex);
    }
    if (!is_kept) {
        api->curl_easy_cleanup(handle);
    }
}

static TgHttpAnswer *answer_new(void)
{
    TgHttpAnswer *answer = g_new0(TgHttpAnswer, 1);

    answer->header_names = g_ptr_array_new_with_free_func(g_free);
    answer->header_values = g_ptr_array_new_with_free_func(g_free);
    answer->body = g_byte_array_new();
    return answer;
}

void tg_http_answer_free(TgHttpAnswer *answer)
{
    if (answer != NULL) {
        g_ptr_array_unref(answer->header_names);
        g_ptr_array_unref(answer->header_values);
        g_byte_array_unref(answer->body);
        g_free(answer);
    }
}

const char *tg_http_answer_header(const TgHttpAnswer *answer, const char *name)
{
    for (guint i = 0; i < answer->header_names->len; i++) {
        if (strcmp(answer->header_names->pdata[i], name) == 0) {
            return answer->header_values->pdata[i];
        }
    }
    return NULL;
}

/* A line of a head. A status line begins a new one: that of a redirect or of 100 Continue is over.
 */
static size_t take_header(char *bytes, size_t size, size_t count, void *data)
{
    Transfer *transfer = data;
    gsize length = size * count;
    g_autofree char *line = g_strchomp(g_strndup(bytes, length));
    char *colon = strchr(line, ':');

    transfer->head_size += length;
    if (transfer->head_size > TG_HTTP_HEADER_BYTES_MAX) {
        transfer->is_too_large = TRUE;
        return 0;
    }
    if (g_str_has_prefix(line, "HTTP/")) {
        g_ptr_array_set_size(transfer->answer->header_names, 0);
        g_ptr_array_set_size(transfer->answer->header_values, 0);
        g_byte_array_set_size(transfer->answer->body, 0);
    } else if (colon != NULL) {
        g_ptr_array_add(transfer->answer->header_names, g_ascii_strdown(line, colon - line));
        g_ptr_array_add(transfer->answer->header_values, g_strstrip(g_strdup(colon + 1)));
    }
    return length;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
    Transfer *transfer = data;
    gsize length = size * count;

    transfer->received += length;
    if (transfer->received > transfer->max) {
        transfer->is_too_large = TRUE;
        return 0;
    }
    if (transfer->request->write != NULL) {
        return transfer->request->write(transfer->request->data, bytes, length, &transfer->error)
                   ? length
                   : 0;
    }
    g_byte_array_append(transfer->answer->body, (const guint8 *)bytes, (guint)length);
    return length;
}

static int check_cancelled(void *data, curl_off_t total_down G_GNUC_UNUSED,
                           curl_off_t down G_GNUC_UNUSED, curl_off_t total_up G_GNUC_UNUSED,
                           curl_off_t up G_GNUC_UNUSED)
{
    const gint *flag = ((Transfer *)data)->request->is_cancelled;

    return flag != NULL && g_atomic_int_get(flag) != 0 ? 1 : 0;
}

static gboolean is_plain(const char *text)
{
    return strpbrk(text, "\r\n") == NULL;
}

static gboolean add_headers(Transfer *transfer, GError **error)
{
    const TgHttpRequest *request = transfer->request;
    gboolean has_type = FALSE;

    for (gsize i = 0; i < request->headers_count; i++) {
        const TgHttpHeader *header = &request->headers[i];
        /* libcurl sends an empty header only when it ends with ';'. */
        g_autofree char *line = *header->value == '\0'
                                    ? g_strconcat(header->name, ";", NULL)
                                    : g_strconcat(header->name, ": ", header->value, NULL);

        has_type = has_type || g_ascii_strcasecmp(header->name, "Content-Type") == 0;
        if (*header->name == '\0' || !is_plain(line)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "the HTTP header '%s' is empty or has a line end in it",
                        is_plain(header->name) ? header->name : "?");
            return FALSE;
        }
        transfer->headers = transfer->api->curl_slist_append(transfer->headers, line);
    }
    /* Waiting for "100 Continue" costs a second with servers that never send it. */
    transfer->headers = transfer->api->curl_slist_append(transfer->headers, "Expect:");
    if (!has_type) {
        /* libcurl would call every body a form. */
        transfer->headers = transfer->api->curl_slist_append(transfer->headers, "Content-Type:");
    }
    return TRUE;
}

#define SET(option, value)                                                                         \
    (void)transfer->api->curl_easy_setopt(transfer->handle, CURLOPT_##option, value)

static void set_limits(Transfer *transfer)
{
    const TgHttpRequest *request = transfer->request;

    SET(TIMEOUT_MS, (long)request->timeout_ms);
    SET(CONNECTTIMEOUT_MS, request->connect_timeout_ms > 0 ? (long)request->connect_timeout_ms
                                                           : (long)TG_HTTP_CONNECT_TIMEOUT_MS);
    if (request->stall_s > 0) {
        SET(LOW_SPEED_LIMIT, 1L); /* bytes a second */
        SET(LOW_SPEED_TIME, (long)request->stall_s);
    }
    SET(FOLLOWLOCATION, request->redirects_max > 0 ? 1L : 0L);
    SET(MAXREDIRS, (long)request->redirects_max);
    SET(PROTOCOLS_STR, "http,https");
    SET(REDIR_PROTOCOLS_STR, "http,https");
    SET(NOPROGRESS, 0L);
    SET(XFERINFOFUNCTION, check_cancelled);
    SET(XFERINFODATA, transfer);
    SET(NOSIGNAL, 1L);
}

static void set_security(Transfer *transfer)
{
    const TgHttpRequest *request = transfer->request;

    SET(SSL_VERIFYPEER, request->is_insecure ? 0L : 1L);
    SET(SSL_VERIFYHOST, request->is_insecure ? 0L : 2L);
    if (request->ca_file != NULL) {
        SET(CAINFO, request->ca_file);
    }
    if (request->proxy != NULL) {
        SET(PROXY, request->proxy);
    }
    if (request->user != NULL) {
        SET(HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(USERNAME, request->user);
        SET(PASSWORD, request->password == NULL ? "" : request->password);
    }
}

static void set_method(Transfer *transfer)
{
    const TgHttpRequest *request = transfer->request;
    const char *method = request->method == NULL ? "GET" : request->method;

    if (request->body != NULL) {
        SET(POST, 1L);
        SET(POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size_bytes);
        SET(POSTFIELDS, request->body);
        if (strcmp(method, "POST") != 0) {
            SET(CUSTOMREQUEST, method);
        }
    } else if (strcmp(method, "HEAD") == 0) {
        SET(NOBODY, 1L);
    } else if (strcmp(method, "POST") == 0) {
        SET(POST, 1L);
        SET(POSTFIELDSIZE_LARGE, (curl_off_t)0);
    } else if (strcmp(method, "GET") != 0) {
        SET(CUSTOMREQUEST, method);
    }
}

static void set_all(Transfer *transfer)
{
    SET(URL, transfer->request->url);
    SET(ERRORBUFFER, transfer->message);
    SET(HEADERFUNCTION, take_header);
    SET(HEADERDATA, transfer);
    SET(WRITEFUNCTION, take_body);
    SET(WRITEDATA, transfer);
    SET(HTTPHEADER, transfer->headers);
    if (transfer->request->decodes) {
        SET(ACCEPT_ENCODING, "");
    }
    set_method(transfer);
    set_limits(transfer);
    set_security(transfer);
}

#undef SET

char *tg_http_safe_url(const char *url)
{
    const char *rest = strstr(url, "://");
    const char *host = rest == NULL ? url : rest + 3;
    gsize size = strcspn(host, "?#");
    gsize authority = strcspn(host, "/?#");
    const char *at = g_strrstr_len(host, (gssize)authority, "@");
    gsize skipped = at == NULL ? 0 : (gsize)(at + 1 - host);

    return g_strdup_printf("%.*s%.*s", (int)(host - url), url, (int)(size - skipped),
                           host + skipped);
}

static void fail(const Transfer *transfer, CURLcode code, GError **error)
{
    const char *shown = transfer->request->shown_url;
    g_autofree char *url =
        shown != NULL ? g_strdup(shown) : tg_http_safe_url(transfer->request->url);
    const char *message =
        *transfer->message != '\0' ? transfer->message : transfer->api->curl_easy_strerror(code);
    TgErrorCode meaning = tg_curl_api_code(code);

    if (transfer->is_too_large) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the answer of %s is larger than %" G_GSIZE_FORMAT " bytes", url,
                    transfer->head_size > TG_HTTP_HEADER_BYTES_MAX ? TG_HTTP_HEADER_BYTES_MAX
                                                                   : transfer->max);
    } else if (meaning == TG_ERROR_CANCELLED) {
        g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED, "the request to %s was stopped", url);
    } else {
        g_set_error(error, TG_ERROR, (int)meaning, "%s: %s", url, message);
    }
}

/* Runs the prepared transfer; FALSE with an error when there was no answer. */
static gboolean perform(Transfer *transfer, GError **error)
{
    long status = 0;
    CURLcode code = transfer->api->curl_easy_perform(transfer->handle);

    if (transfer->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&transfer->error));
        return FALSE;
    }
    if (code != CURLE_OK) {
        fail(transfer, code, error);
        return FALSE;
    }
    (void)transfer->api->curl_easy_getinfo(transfer->handle, CURLINFO_RESPONSE_CODE, &status);
    transfer->answer->status = (guint)status;
    g_byte_array_append(transfer->answer->body, (const guint8 *)"", 1);
    g_byte_array_set_size(transfer->answer->body, transfer->answer->body->len - 1);
    return TRUE;
}

static gsize max_of(const TgHttpRequest *request)
{
    if (request->answer_bytes_max > 0) {
        return request->answer_bytes_max;
    }
    return request->write != NULL ? G_MAXSIZE : TG_HTTP_ANSWER_BYTES_MAX;
}

TgHttpAnswer *tg_http_send(TgHttp *http, const TgHttpRequest *request, GError **error)
{
    const TgCurlApi *api = tg_curl_api_get(error);
    g_autoptr(TgHttpAnswer) answer = answer_new();
    Transfer transfer = {.api = api, .request = request, .answer = answer, .max = max_of(request)};

    if (api == NULL) {
        return NULL;
    }
    gboolean ok = add_headers(&transfer, error);

    if (ok) {
        transfer.handle = take_handle(http, api);
        set_all(&transfer);
        ok = perform(&transfer, error);
        give_back(http, api, transfer.handle);
    }
    api->curl_slist_free_all(transfer.headers);
    return ok ? g_steal_pointer(&answer) : NULL;
}

const char *tg_http_status_text(guint status)
{
    static const struct {
        guint status;
        const char *text;
    } rows[] = {{200, "OK"},
                {201, "Created"},
                {202, "Accepted"},
                {204, "No Content"},
                {301, "Moved Permanently"},
                {302, "Found"},
                {303, "See Other"},
                {304, "Not Modified"},
                {307, "Temporary Redirect"},
                {308, "Permanent Redirect"},
                {400, "Bad Request"},
                {401, "Unauthorized"},
                {402, "Payment Required"},
                {403, "Forbidden"},
                {404, "Not Found"},
                {405, "Method Not Allowed"},
                {406, "Not Acceptable"},
                {407, "Proxy Authentication Required"},
                {408, "Request Timeout"},
                {409, "Conflict"},
                {410, "Gone"},
                {411, "Length Required"},
                {412, "Precondition Failed"},
                {413, "Payload Too Large"},
                {414, "URI Too Long"},
                {415, "Unsupported Media Type"},
                {422, "Unprocessable Entity"},
                {429, "Too Many Requests"},
                {500, "Server Error"},
                {501, "Not Implemented"},
                {502, "Bad Gateway"},
                {503, "Service Unavailable"},
                {504, "Gateway Timeout"},
                {505, "HTTP Version Not Supported"}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].status == status) {
            return rows[i].text;
        }
    }
    return "";
}

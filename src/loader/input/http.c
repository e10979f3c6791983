/* in http: the answers of a web API, page after page (embulk-input-http, with more ways to page).
 */
#include "net/http.h"

#include <string.h>

#include "base/clock.h"
#include "loader/plugin.h"
#include "params/params.h"

#define PAGES_DEFAULT 10000
#define RETRY_AFTER_MS_MAX ((gint64)300 * 1000)
#define PAUSE_STEP_MS 100
#define HEADERS_MAX 62u /* of a request, of the config */

/* How the next page is found. */
typedef enum {
    PAGING_NONE,
    PAGING_PAGE, /* a number of the page, or of the first record, that counts up */
    PAGING_LINK, /* a URL in the answer, or in its header Link */
    PAGING_TOKEN /* a text in the answer that becomes a parameter */
} Paging;

typedef struct {
    TgFiles files;
    TgLoaderContext *context;
    TgHttp *http;
    json_t *config; /* kept for what is lent from it */
    char *url;
    char *method;
    char *body; /* NULL: none */
    char *user; /* NULL: none */
    char *password;
    char *user_agent;
    const json_t *headers; /* lent */
    const json_t *params;  /* lent: a map, or a list of {name, value} */
    gint64 timeout_ms;
    gint64 retries;
    gint64 retry_pause_ms;
    gint64 request_pause_ms;
    Paging paging;
    char *param;    /* of the page or token */
    char *to_param; /* of a page's last record; NULL: none */
    char *pointer;  /* to the next link or token; NULL: header Link */
    char *records;  /* pointer to the list whose end ends it all; NULL: unknown */
    gint64 start;
    gint64 step;
    gint64 pages_max;

    gint64 page; /* of the next request, from 0 */
    char *next;  /* link or token of it; NULL: none was found */
    gboolean is_over;
} HttpFiles;

/* --- one request --- */

static void append_param(GString *query, const char *name, const char *value)
{
    g_autofree char *escaped_name = g_uri_escape_string(name, NULL, FALSE);
    g_autofree char *escaped = g_uri_escape_string(value, NULL, FALSE);

    g_string_append_printf(query, "%s%s=%s", query->len == 0 ? "" : "&", escaped_name, escaped);
}

static void append_params(const HttpFiles *self, GString *query)
{
    const char *key = NULL;
    json_t *value = NULL;
    size_t index = 0;

    if (json_is_object(self->params)) {
        json_object_foreach ((json_t *)self->params, key, value) {
            g_autofree char *text = tg_params_to_text(value);

            append_param(query, key, text);
        }
    }
    json_array_foreach (self->params, index, value) {
        g_autofree char *text = tg_params_to_text(json_object_get(value, "value"));
        const char *name = json_string_value(json_object_get(value, "name"));

        append_param(query, name == NULL ? "" : name, text);
    }
}

static void append_number(GString *query, const char *name, gint64 number)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);

    append_param(query, name, text);
}

/* The URL of the next request. The caller frees. */
static char *page_url(const HttpFiles *self)
{
    g_autoptr(GString) query = g_string_new(NULL);
    gint64 first = self->start + self->page * self->step;

    if (self->paging == PAGING_LINK && self->next != NULL) {
        return g_uri_resolve_relative(self->url, self->next, G_URI_FLAGS_ENCODED, NULL);
    }
    append_params(self, query);
    if (self->paging == PAGING_PAGE) {
        append_number(query, self->param, first);
        if (self->to_param != NULL) {
            append_number(query, self->to_param, first + self->step - 1);
        }
    } else if (self->paging == PAGING_TOKEN && self->next != NULL) {
        append_param(query, self->param, self->next);
    }
    if (query->len == 0) {
        return g_strdup(self->url);
    }
    return g_strconcat(self->url, strchr(self->url, '?') == NULL ? "?" : "&", query->str, NULL);
}

/* TRUE after the pause; CANCELLED when the load was stopped meanwhile. */
static gboolean wait_for(const HttpFiles *self, gint64 milliseconds, GError **error)
{
    for (; milliseconds > 0; milliseconds -= PAUSE_STEP_MS) {
        if (!tg_loader_check_cancelled(self->context, error)) {
            return FALSE;
        }
        (void)tg_clock_pause(MIN(milliseconds, PAUSE_STEP_MS), NULL); /* nobody cancels it */
    }
    return TRUE;
}

static TgHttpAnswer *send_once(const HttpFiles *self, const char *url, GError **error)
{
    TgHttpHeader headers[HEADERS_MAX + 2];
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    const char *key = NULL;
    json_t *value = NULL;
    gsize count = 0;

    if (self->user_agent != NULL) {
        headers[count++] = (TgHttpHeader){"User-Agent", self->user_agent};
    }
    json_object_foreach ((json_t *)self->headers, key, value) {
        char *text = tg_params_to_text(value);

        g_ptr_array_add(texts, text);
        headers[count++] = (TgHttpHeader){key, text};
    }
    TgHttpRequest request = {.method = self->method,
                             .url = url,
                             .headers = headers,
                             .headers_count = count,
                             .body = self->body,
                             .body_size_bytes = self->body == NULL ? 0 : strlen(self->body),
                             .user = self->user,
                             .password = self->password,
                             .timeout_ms = self->timeout_ms,
                             .redirects_max = 10,
                             .decodes = TRUE};

    return tg_http_send(self->http, &request, error);
}

static void set_status_error(const TgHttpAnswer *answer, const char *url, GError **error)
{
    g_autofree char *shown = tg_http_safe_url(url);
    g_autofree char *body =
        g_utf8_make_valid((const char *)answer->body->data, (gssize)MIN(answer->body->len, 200));
    guint status = answer->status;
    TgErrorCode code = status == 404                    ? TG_ERROR_NOT_FOUND
                       : status == 401 || status == 403 ? TG_ERROR_DENIED
                       : status == 429 || status >= 500 ? TG_ERROR_RETRY
                                                        : TG_ERROR_CONFIG;

    g_set_error(error, TG_ERROR, (int)code, "%s answered %u %s: %s", shown, status,
                tg_http_status_text(status), body);
}

/* How long the server asks to wait; the config's pause when it does not. */
static gint64 retry_pause(const HttpFiles *self, const TgHttpAnswer *answer)
{
    const char *text = answer == NULL ? NULL : tg_http_answer_header(answer, "retry-after");
    gint64 seconds = text == NULL ? 0 : g_ascii_strtoll(text, NULL, 10);

    return seconds > 0 ? MIN(seconds * 1000, RETRY_AFTER_MS_MAX) : self->retry_pause_ms;
}

static TgHttpAnswer *send_page(const HttpFiles *self, const char *url, GError **error)
{
    for (gint64 tries = 0;; tries++) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(TgHttpAnswer) answer = send_once(self, url, &problem);

        if (answer != NULL && answer->status >= 200 && answer->status < 300) {
            return g_steal_pointer(&answer);
        }
        if (answer != NULL) {
            set_status_error(answer, url, &problem);
        }
        if (!tg_error_is_retryable(problem) || tries >= self->retries) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return NULL;
        }
        tg_loader_log(self->context, TG_LOADER_WARN, "%s; trying again", problem->message);
        if (!wait_for(self, retry_pause(self, answer), error)) {
            return NULL;
        }
    }
}

/* --- the next page --- */

/* <https://…>; rel="next" (RFC 8288); NULL when there is none. The caller frees. */
static char *link_of_header(const TgHttpAnswer *answer)
{
    const char *header = tg_http_answer_header(answer, "link");
    g_auto(GStrv) links = g_strsplit(header == NULL ? "" : header, ",", -1);

    for (char **link = links; *link != NULL; link++) {
        const char *open = strchr(*link, '<');
        const char *close = open == NULL ? NULL : strchr(open, '>');

        if (close != NULL &&
            (strstr(close, "rel=\"next\"") != NULL || strstr(close, "rel=next") != NULL)) {
            return g_strndup(open + 1, (gsize)(close - open - 1));
        }
    }
    return NULL;
}

/* The text at the pointer; NULL for nothing, null and "". The caller frees. */
static char *text_at(const json_t *answer, const char *pointer)
{
    const json_t *value = tg_params_find_pointer(answer, pointer);
    g_autofree char *text = value == NULL || json_is_null(value) ? NULL : tg_params_to_text(value);

    return text == NULL || *text == '\0' ? NULL : g_steal_pointer(&text);
}

static gboolean parse_answer(const HttpFiles *self, const TgHttpAnswer *answer, const char *url,
                             json_t **out, GError **error)
{
    json_error_t problem;

    if (self->records == NULL && self->pointer == NULL) {
        return TRUE;
    }
    *out = json_loadb((const char *)answer->body->data, answer->body->len,
                      JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);
    if (*out == NULL) {
        g_autofree char *shown = tg_http_safe_url(url);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: paging looks into the answer, which is no JSON: %s (line %d)", shown,
                    problem.text, problem.line);
    }
    return *out != NULL;
}

/* Whether the page holds no records, as far as that can be seen. */
static gboolean is_empty(const HttpFiles *self, const TgHttpAnswer *answer, const json_t *parsed)
{
    if (self->records != NULL) {
        return json_array_size(tg_params_find_pointer(parsed, self->records)) == 0;
    }
    return answer->body->len == 0 ||
           (answer->body->len == 2 && memcmp(answer->body->data, "[]", 2) == 0);
}

static gboolean turn_page(HttpFiles *self, const TgHttpAnswer *answer, const char *url,
                          gboolean *out_is_empty, GError **error)
{
    g_autoptr(json_t) parsed = NULL;
    g_autofree char *before = g_steal_pointer(&self->next);

    if (!parse_answer(self, answer, url, &parsed, error)) {
        return FALSE;
    }
    *out_is_empty = self->paging != PAGING_NONE && is_empty(self, answer, parsed);
    if (self->paging == PAGING_LINK || self->paging == PAGING_TOKEN) {
        self->next =
            self->pointer == NULL ? link_of_header(answer) : text_at(parsed, self->pointer);
    }
    if (self->next != NULL && g_strcmp0(self->next, before) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the server names the same next page again: %s", self->next);
        return FALSE;
    }
    self->page++;
    self->is_over = self->paging == PAGING_NONE ||
                    (self->paging == PAGING_PAGE ? *out_is_empty : self->next == NULL) ||
                    self->page >= self->pages_max;
    return TRUE;
}

/* --- pages as files --- */

typedef struct {
    TgStream stream;
    TgHttpAnswer *answer;
    gsize at;
} HttpStream;

static gssize stream_read(TgStream *stream, void *into, gsize size_bytes,
                          GError **error G_GNUC_UNUSED)
{
    HttpStream *self = (HttpStream *)stream;
    gsize size = MIN(size_bytes, self->answer->body->len - self->at);

    if (size > 0) {
        memcpy(into, self->answer->body->data + self->at, size);
        self->at += size;
    }
    return (gssize)size;
}

static void stream_free(TgStream *stream)
{
    tg_http_answer_free(((HttpStream *)stream)->answer);
    g_free(stream);
}

static TgStream *stream_new(const char *url, TgHttpAnswer *take_answer)
{
    static const TgStreamClass class = {.read = stream_read, .free = stream_free};
    HttpStream *stream = g_new0(HttpStream, 1);

    stream->stream.class = &class;
    stream->stream.name = tg_http_safe_url(url);
    stream->answer = take_answer;
    return &stream->stream;
}

static gboolean files_open_file(TgFiles *files, guint task G_GNUC_UNUSED, guint index,
                                TgStream **out, GError **error)
{
    HttpFiles *self = (HttpFiles *)files;
    gboolean nothing = FALSE;

    if (index == 0) { /* a sample may have been read before */
        self->page = 0;
        self->is_over = FALSE;
        g_clear_pointer(&self->next, g_free);
    }
    *out = NULL;
    if (self->is_over) {
        return TRUE;
    }
    g_autofree char *url = page_url(self);

    if (url == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "the next page '%s' is no URL", self->next);
        return FALSE;
    }
    if (index > 0 && !wait_for(self, self->request_pause_ms, error)) {
        return FALSE;
    }
    TgHttpAnswer *answer = send_page(self, url, error);

    if (answer == NULL) {
        return FALSE;
    }
    tg_loader_count_bytes(self->context, answer->body->len);
    if (!turn_page(self, answer, url, &nothing, error)) {
        tg_http_answer_free(answer);
        return FALSE;
    }
    if (nothing && self->is_over) {
        tg_http_answer_free(answer); /* the page behind the last */
        return TRUE;
    }
    *out = stream_new(url, answer);
    return TRUE;
}

static json_t *files_finish(TgFiles *files G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return json_object();
}

static void files_free(TgFiles *files)
{
    HttpFiles *self = (HttpFiles *)files;

    tg_http_free(self->http);
    json_decref(self->config);
    g_free(self->url);
    g_free(self->method);
    g_free(self->body);
    g_free(self->user);
    g_free(self->password);
    g_free(self->user_agent);
    g_free(self->param);
    g_free(self->to_param);
    g_free(self->pointer);
    g_free(self->records);
    g_free(self->next);
    g_free(self);
}

/* --- options --- */

static gboolean read_pager(HttpFiles *self, const json_t *pager, GError **error)
{
    self->paging = PAGING_PAGE;
    return tg_params_dup_text_or(pager, "from_param", "from", &self->param, error) &&
           tg_params_dup_text_or(pager, "to_param", NULL, &self->to_param, error) &&
           tg_params_get_int64(pager, "start", 0, &self->start, error) &&
           tg_params_get_int64(pager, "step", 1, &self->step, error) &&
           tg_params_get_int64(pager, "pages", 1, &self->pages_max, error);
}

static gboolean read_paging(HttpFiles *self, const json_t *paging, GError **error)
{
    static const struct {
        const char *name;
        Paging paging;
        const char *param;
    } kinds[] = {{"page", PAGING_PAGE, "page"},
                 {"offset", PAGING_PAGE, "offset"},
                 {"next_link", PAGING_LINK, NULL},
                 {"token", PAGING_TOKEN, "page_token"}};
    g_autofree char *type = tg_params_dup_text(paging, "type", error);

    for (gsize i = 0; type != NULL && i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(kinds[i].name, type) == 0) {
            gboolean is_page = i == 0;

            self->paging = kinds[i].paging;
            return tg_params_dup_text_or(paging, "param", kinds[i].param, &self->param, error) &&
                   tg_params_dup_text_or(paging, "pointer", NULL, &self->pointer, error) &&
                   tg_params_dup_text_or(paging, "records", NULL, &self->records, error) &&
                   tg_params_get_int64(paging, "start", is_page ? 1 : 0, &self->start, error) &&
                   tg_params_get_int64(paging, "step", is_page ? 1 : 100, &self->step, error) &&
                   tg_params_get_int64(paging, "max_pages", PAGES_DEFAULT, &self->pages_max, error);
        }
    }
    if (type != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "paging.type must be page, offset, next_link or token, not '%s'", type);
    }
    return FALSE;
}

static gboolean read_any_paging(HttpFiles *self, GError **error)
{
    const json_t *pager = json_object_get(self->config, "pager");
    const json_t *paging = json_object_get(self->config, "paging");

    self->pages_max = 1;
    if (json_is_object(paging)) {
        if (!read_paging(self, paging, error)) {
            g_prefix_error(error, "paging: ");
            return FALSE;
        }
        if (self->paging == PAGING_TOKEN && self->pointer == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "paging: a token needs 'pointer', where the answer has it: /next_token");
            return FALSE;
        }
        return TRUE;
    }
    return !json_is_object(pager) || read_pager(self, pager, error);
}

static gboolean read_access(HttpFiles *self, GError **error)
{
    const json_t *basic = json_object_get(self->config, "basic_auth");

    self->headers = json_object_get(self->config, "request_headers");
    self->params = json_object_get(self->config, "params");
    if (self->headers != NULL &&
        (!json_is_object(self->headers) || json_object_size(self->headers) > HEADERS_MAX)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'request_headers' must be a map of at most %u headers", HEADERS_MAX);
        return FALSE;
    }
    return !json_is_object(basic) ||
           (tg_params_dup_text_or(basic, "user", "", &self->user, error) &&
            tg_params_dup_text_or(basic, "password", "", &self->password, error));
}

static gboolean read_options(HttpFiles *self, GError **error)
{
    const json_t *config = self->config;
    g_autofree char *method = NULL;

    self->url = tg_params_dup_text(config, "url", error);
    if (self->url == NULL || !tg_params_dup_text_or(config, "method", "get", &method, error) ||
        !tg_params_dup_text_or(config, "request_body", NULL, &self->body, error) ||
        !tg_params_dup_text_or(config, "user_agent", NULL, &self->user_agent, error) ||
        !tg_params_get_int64(config, "read_timeout", 10000, &self->timeout_ms, error) ||
        !tg_params_get_int64(config, "max_retries", 5, &self->retries, error) ||
        !tg_params_get_int64(config, "retry_interval", 10000, &self->retry_pause_ms, error) ||
        !tg_params_get_int64(config, "request_interval", 0, &self->request_pause_ms, error)) {
        return FALSE;
    }
    self->method = g_ascii_strup(method, -1);
    return read_access(self, error) && read_any_paging(self, error);
}

static TgFiles *input_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgFilesClass class = {
        .open_file = files_open_file, .finish = files_finish, .free = files_free};
    HttpFiles *self = g_new0(HttpFiles, 1);

    self->files.class = &class;
    self->files.task_count = 1;
    self->files.bytes_expected = -1;
    self->context = context;
    self->config = json_deep_copy(config);
    self->http = tg_http_new();
    if (!read_options(self, error)) {
        files_free(&self->files);
        return NULL;
    }
    return &self->files;
}

static const TgLoaderOption options[] = {
    {"url", "text", NULL, "What is asked for: https://host/path."},
    {"method", "text", "get", "get or post."},
    {"params", "list", "[]", "Of the query: a map, or a list of {name, value}."},
    {"request_body", "text", "null", "What a post sends."},
    {"request_headers", "map", "{}", "Headers of the request."},
    {"basic_auth", "map", "null", "user and password."},
    {"user_agent", "text", "null", "Instead of the program's own."},
    {"paging", "map", "null",
     "type page, offset (param, start, step), next_link (pointer, or the header Link) or token "
     "(pointer, param); records: pointer to the list whose emptiness ends it; max_pages."},
    {"pager", "map", "null", "As Embulk's plug-in: from_param, to_param, start, step, pages."},
    {"read_timeout", "integer", "10000", "Milliseconds for one request."},
    {"open_timeout", "integer", "2000", "Accepted; read_timeout counts for all of it."},
    {"max_retries", "integer", "5", "How often a request is tried again."},
    {"retry_interval", "integer", "10000", "Milliseconds before; the server's Retry-After wins."},
    {"request_interval", "integer", "0", "Milliseconds between pages."},
    {"charset", "text", "utf-8", "Accepted; the parser's charset counts."},
    {0}};

const TgFileInputPlugin tg_file_input_http = {.name = "http",
                                              .help = "The answers of a web API, page after page.",
                                              .options = options,
                                              .open = input_open};

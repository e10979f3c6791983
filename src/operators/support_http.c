/* Digdag's HttpOperatorFactory: what goes out, what an answer means. */
#include "operators/support_http.h"

#include <string.h>

#include "operators/support_http_form.h"
#include "operators/support_secret.h"
#include "params/params.h"

#define SUMMARY_CHARS 200
#define RETRY_SECONDS_MAX 30

/* A request under construction and its answer. */
typedef struct {
    const TgTurn *turn;
    json_t *params; /* of the task, and below them what stands under "http:" */
    char *method;
    gboolean retry;
    char *url;
    char *shown_url; /* for messages */
    char *content;
    char *content_type; /* of the content */
    GPtrArray *texts;   /* owner of the headers' names and values */
    GArray *headers;    /* of TgHttpHeader */
    char *user;
    char *password;
    char *authorization;
    char *proxy;
    gint64 timeout_s;
    gboolean follows;
    gboolean is_insecure;
    GString *body;
    gsize body_max;
    gsize body_size;
} Http;

static void http_clear(Http *http)
{
    json_decref(http->params);
    g_free(http->method);
    g_free(http->url);
    g_free(http->shown_url);
    g_free(http->content);
    g_free(http->content_type);
    g_clear_pointer(&http->texts, g_ptr_array_unref);
    g_clear_pointer(&http->headers, g_array_unref);
    g_free(http->user);
    g_free(http->password);
    g_free(http->authorization);
    g_free(http->proxy);
    if (http->body != NULL) {
        (void)g_string_free(http->body, TRUE);
    }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Http, http_clear)

void tg_operator_http_answer_clear(TgOperatorHttpAnswer *answer)
{
    g_free(answer->text);
    g_free(answer->content_type);
}

const char *tg_operator_system_text(const TgTurn *turn, const char *key)
{
    return json_string_value(json_object_get(turn->services->system_config, key));
}

gint64 tg_operator_system_int64(const TgTurn *turn, const char *key, gint64 fallback)
{
    const char *text = tg_operator_system_text(turn, key);

    return text == NULL ? fallback : g_ascii_strtoll(text, NULL, 10);
}

static void add_header(Http *http, const char *name, const char *value)
{
    TgHttpHeader header = {.name = g_strdup(name), .value = g_strdup(value)};

    g_ptr_array_add(http->texts, (gpointer)header.name);
    g_ptr_array_add(http->texts, (gpointer)header.value);
    g_array_append_val(http->headers, header);
}

static gboolean has_header(const Http *http, const char *name)
{
    for (guint i = 0; i < http->headers->len; i++) {
        if (g_ascii_strcasecmp(g_array_index(http->headers, TgHttpHeader, i).name, name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The text of a scalar, with its secrets; Jackson's asText. */
static char *filled_text(const TgTurn *turn, const json_t *value, GError **error)
{
    g_autofree char *text =
        json_is_object(value) || json_is_array(value) ? g_strdup("") : tg_params_to_text(value);

    return tg_operator_fill_secrets(turn, text, error);
}

/* A copy with secrets filled in, keys too. NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static json_t *fill_json(const TgTurn *turn, const json_t *value, GError **error)
{
    g_autoptr(json_t) copy = json_is_object(value) ? json_object() : json_array();
    const char *key = NULL;
    json_t *item = NULL;
    gsize i = 0;

    if (json_is_string(value)) {
        g_autofree char *text = filled_text(turn, value, error);

        return text == NULL ? NULL : json_string(text);
    }
    json_object_foreach ((json_t *)value, key, item) {
        g_autofree char *name = tg_operator_fill_secrets(turn, key, error);
        json_t *filled = name == NULL ? NULL : fill_json(turn, item, error);

        if (filled == NULL) {
            return NULL;
        }
        json_object_set_new(copy, name, filled);
    }
    json_array_foreach (value, i, item) {
        json_t *filled = fill_json(turn, item, error);

        if (filled == NULL) {
            return NULL;
        }
        json_array_append_new(copy, filled);
    }
    return json_is_object(value) || json_is_array(value) ? g_steal_pointer(&copy)
                                                         : json_incref((json_t *)value);
}

static char *form_of(const json_t *content, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)content, key, value) {
        g_autofree char *shown = tg_params_to_text(value);

        if (json_is_object(value) || json_is_array(value)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Invalid form content field value: %s",
                        shown);
            return NULL;
        }
        tg_operator_form_append(text, key, shown);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static const char *kind_of(const json_t *value)
{
    return json_is_object(value)   ? "object"
           : json_is_array(value)  ? "array"
           : json_is_string(value) ? "string"
           : json_is_number(value) ? "number"
                                   : "boolean";
}

/* content, content_format, content_type. */
static gboolean read_content(Http *http, GError **error)
{
    const json_t *given = json_object_get(http->params, "content");
    gboolean is_container = json_is_object(given) || json_is_array(given);
    g_autofree char *format = NULL;
    g_autofree char *type = NULL;
    g_autoptr(json_t) content = NULL;

    if (given == NULL || json_is_null(given)) {
        return TRUE;
    }
    if (!tg_params_dup_text_or(http->params, "content_format", is_container ? "json" : "text",
                               &format, error) ||
        !tg_params_dup_text_or(http->params, "content_type", NULL, &type, error)) {
        return FALSE;
    }
    g_autofree char *lower = g_utf8_strdown(format, -1);
    const char *usual = "application/json";

    content = fill_json(http->turn, given, error);
    if (content == NULL) {
        return FALSE;
    }
    if (strcmp(lower, "json") == 0) {
        http->content = tg_params_to_json(content);
    } else if (strcmp(lower, "text") == 0 && !is_container) {
        http->content = tg_params_to_text(content);
        usual = "plain/text"; /* as Digdag has it */
    } else if (strcmp(lower, "form") == 0 && json_is_object(content)) {
        http->content = form_of(content, error);
        usual = "application/x-www-form-urlencoded";
        g_clear_pointer(&type, g_free);
    } else {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Invalid content format for %ss: '%s'",
                    kind_of(given), lower);
    }
    http->content_type = g_strdup(type == NULL ? usual : type);
    return http->content != NULL;
}

/* headers: a list of maps of one pair each. */
static gboolean read_headers(Http *http, GError **error)
{
    g_autoptr(json_t) list = tg_params_has(http->params, "headers")
                                 ? tg_params_parse_list(http->params, "headers", error)
                                 : json_array();
    json_t *entry = NULL;
    gsize i = 0;

    if (list == NULL) {
        return FALSE;
    }
    json_array_foreach (list, i, entry) {
        void *pair = json_object_iter(entry);

        if (json_object_size(entry) != 1) {
            g_autofree char *shown = tg_params_to_json(entry);

            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Invalid header: %s", shown);
            return FALSE;
        }
        g_autofree char *name =
            tg_operator_fill_secrets(http->turn, json_object_iter_key(pair), error);
        g_autofree char *value =
            name == NULL ? NULL : filled_text(http->turn, json_object_iter_value(pair), error);

        if (value == NULL) {
            return FALSE;
        }
        add_header(http, name, value);
    }
    return TRUE;
}

/* "a=b&c=d" as text: decoded, and written again. */
static gboolean query_of_text(const Http *http, const char *text, GString *query, GError **error)
{
    g_autofree char *filled = tg_operator_fill_secrets(http->turn, text, error);
    g_auto(GStrv) pairs = filled == NULL ? NULL : g_strsplit(filled, "&", -1);

    for (guint i = 0; pairs != NULL && pairs[i] != NULL; i++) {
        g_auto(GStrv) parts = g_strsplit(g_strdelimit(pairs[i], "+", ' '), "=", 2);
        g_autofree char *name = parts[0] == NULL ? NULL : g_uri_unescape_string(parts[0], NULL);
        g_autofree char *value =
            name == NULL || parts[1] == NULL ? NULL : g_uri_unescape_string(parts[1], NULL);

        if (name != NULL && *name != '\0') {
            tg_operator_form_append(query, name, value == NULL ? "" : value);
        }
    }
    return pairs != NULL;
}

static gboolean query_of_map(const Http *http, const json_t *map, GString *query, GError **error)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)map, key, value) {
        g_autofree char *name = tg_operator_fill_secrets(http->turn, key, error);
        g_autofree char *text = name == NULL ? NULL : filled_text(http->turn, value, error);

        if (text == NULL) {
            return FALSE;
        }
        tg_operator_form_append(query, name, text);
    }
    return TRUE;
}

/* query: a map, JSON text of one, or the text of a query. */
static gboolean add_query(Http *http, GError **error)
{
    const json_t *given = json_object_get(http->params, "query");
    g_autoptr(json_t) map = NULL;
    g_autoptr(GString) query = g_string_new(NULL);

    if (!tg_params_has(http->params, "query")) {
        return TRUE;
    }
    map = tg_params_parse_map(http->params, "query", NULL);
    if (map == NULL && !json_is_string(given)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter 'query' must be an object");
        return FALSE;
    }
    if (map != NULL ? !query_of_map(http, map, query, error)
                    : !query_of_text(http, json_string_value(given), query, error)) {
        return FALSE;
    }
    if (query->len > 0) {
        char *longer =
            g_strconcat(http->url, strchr(http->url, '?') == NULL ? "?" : "&", query->str, NULL);

        g_free(http->url);
        http->url = longer;
    }
    return TRUE;
}

/* The URL without user and password; of one with a secret the scheme alone. */
static char *shown_url_of(const char *url, gboolean is_secret)
{
    g_autofree char *bare = tg_http_safe_url(url);
    const char *rest = strpbrk(url, "?#");
    const char *scheme_end = strstr(url, "://");

    return is_secret ? g_strdup_printf("%.*s://***",
                                       scheme_end == NULL ? 0 : (int)(scheme_end - url), url)
                     : g_strconcat(bare, rest == NULL ? "" : rest, NULL);
}

static gboolean read_url(Http *http, gboolean uses_secret_url, GError **error)
{
    g_autofree char *command = NULL;
    gboolean is_secret = TRUE;

    if (uses_secret_url && !tg_operator_secret_or_null(http->turn, "http.uri", &http->url, error)) {
        return FALSE;
    }
    if (http->url == NULL) {
        command = tg_params_dup_text(http->params, "_command", error);
        http->url = command == NULL ? NULL : tg_operator_fill_secrets(http->turn, command, error);
        is_secret = command != NULL && http->url != NULL && strcmp(command, http->url) != 0;
    }
    if (http->url == NULL || !add_query(http, error)) {
        return FALSE;
    }
    http->shown_url = shown_url_of(http->url, is_secret);
    return TRUE;
}

static gboolean read_secrets(Http *http, GError **error)
{
    return tg_operator_secret_or_null(http->turn, "http.authorization", &http->authorization,
                                      error) &&
           tg_operator_secret_or_null(http->turn, "http.user", &http->user, error) &&
           tg_operator_secret_or_null(http->turn, "http.password", &http->password, error);
}

static char *proxy_url(const char *host, gint64 port, gboolean tls)
{
    return g_strdup_printf("%s://%s:%" G_GINT64_FORMAT, tls ? "https" : "http", host, port);
}

/* proxy: {enabled, host, port, tls}, else config.http.proxy.*, else the environment. */
static gboolean read_proxy(Http *http, GError **error)
{
    const TgTurn *turn = http->turn;
    const json_t *own = json_object_get(http->params, "proxy");
    const char *allowed = tg_operator_system_text(turn, "config.http.allow_user_proxy");
    const char *system = tg_operator_system_text(turn, "config.http.proxy.enabled");
    const char *host = tg_operator_system_text(turn, "config.http.proxy.host");
    const char *system_tls = tg_operator_system_text(turn, "config.http.proxy.tls");
    gboolean enabled = FALSE;
    gboolean tls = FALSE;
    gint64 port = 0;

    if (!tg_params_get_boolean(own, "enabled", FALSE, &enabled, error)) {
        return FALSE;
    }
    if (enabled && g_strcmp0(allowed, "false") != 0) {
        g_autofree char *own_host = tg_params_dup_text(own, "host", error);

        if (own_host == NULL || !tg_params_get_int64(own, "port", 0, &port, error) ||
            !tg_params_get_boolean(own, "tls", FALSE, &tls, error)) {
            return FALSE;
        }
        http->proxy = proxy_url(own_host, port, tls);
    } else if (g_strcmp0(system, "true") == 0 && host != NULL) {
        http->proxy = proxy_url(host, tg_operator_system_int64(turn, "config.http.proxy.port", 80),
                                g_strcmp0(system_tls, "true") == 0);
    }
    return TRUE;
}

static gboolean read_options(Http *http, GError **error)
{
    g_autofree char *method = NULL;

    if (!tg_params_dup_text_or(http->params, "method", "GET", &method, error)) {
        return FALSE;
    }
    http->method = g_utf8_strup(method, -1);
    gboolean is_safe = strcmp(http->method, "GET") == 0 || strcmp(http->method, "HEAD") == 0 ||
                       strcmp(http->method, "OPTIONS") == 0 || strcmp(http->method, "TRACE") == 0;

    return tg_params_get_boolean(http->params, "retry", is_safe, &http->retry, error) &&
           tg_params_get_int64(http->params, "timeout", 30, &http->timeout_s, error) &&
           tg_params_get_boolean(http->params, "follow_redirects", TRUE, &http->follows, error) &&
           tg_params_get_boolean(http->params, "insecure", FALSE, &http->is_insecure, error);
}

static gboolean http_prepare(Http *http, const TgTurn *turn, gboolean uses_secret_url,
                             GError **error)
{
    const json_t *defaults = json_object_get(turn->params, "http");
    const char *agent = tg_operator_system_text(turn, "config.http.user_agent");

    http->turn = turn;
    http->params = json_is_object(defaults) ? json_deep_copy(defaults) : json_object();
    tg_params_merge(http->params, turn->params);
    http->texts = g_ptr_array_new_with_free_func(g_free);
    http->headers = g_array_new(FALSE, FALSE, sizeof(TgHttpHeader));
    http->body = g_string_new(NULL);
    if (!read_options(http, error) || !read_url(http, uses_secret_url, error) ||
        !read_secrets(http, error) || !read_content(http, error) || !read_headers(http, error) ||
        !read_proxy(http, error)) {
        return FALSE;
    }
    if (http->content_type != NULL && !has_header(http, "Content-Type")) {
        add_header(http, "Content-Type", http->content_type);
    }
    if (http->authorization != NULL) {
        add_header(http, "Authorization", http->authorization);
    }
    if (!has_header(http, "User-Agent")) {
        add_header(http, "User-Agent", agent == NULL ? "Tegaru" : agent);
    }
    return TRUE;
}

/* Keeps the beginning of a body; the rest is only counted. */
static gboolean keep_body(gpointer data, const char *bytes, gsize size_bytes,
                          GError **error G_GNUC_UNUSED)
{
    Http *http = data;
    gsize room = http->body_max - MIN(http->body->len, http->body_max);

    http->body_size += size_bytes;
    g_string_append_len(http->body, bytes, (gssize)MIN(room, size_bytes));
    return TRUE;
}

static TgHttpAnswer *http_send(Http *http, GError **error)
{
    const TgTurn *turn = http->turn;
    gint64 redirects = tg_operator_system_int64(turn, "config.http.max_redirects", 8);
    TgHttpRequest request = {.method = http->method,
                             .url = http->url,
                             .shown_url = http->shown_url,
                             .headers = (const TgHttpHeader *)(gpointer)http->headers->data,
                             .headers_count = http->headers->len,
                             .body = http->content,
                             .body_size_bytes = http->content == NULL ? 0 : strlen(http->content),
                             .user = http->authorization == NULL ? http->user : NULL,
                             .password = http->password,
                             .timeout_ms = http->timeout_s * 1000,
                             .redirects_max = http->follows ? (guint)CLAMP(redirects, 0, 100) : 0,
                             .decodes = TRUE,
                             .is_insecure = http->is_insecure,
                             .proxy = http->proxy,
                             .is_cancelled = turn->services->is_cancelled,
                             .write = keep_body,
                             .data = http};
    g_autofree char *line =
        g_strdup_printf("Sending HTTP request: %s %s", http->method, http->shown_url);

    turn->services->note(turn->services, turn->task_name, line);
    return tg_http_send(NULL, &request, error);
}

/* The body as UTF-8. */
static char *body_text(const Http *http, const char *content_type)
{
    g_autofree char *lower = content_type == NULL ? NULL : g_ascii_strdown(content_type, -1);
    const char *charset = lower == NULL ? NULL : strstr(lower, "charset=");
    g_autofree char *name =
        charset == NULL ? NULL
                        : g_strndup(charset + 8 + strspn(charset + 8, "\""),
                                    strcspn(charset + 8 + strspn(charset + 8, "\""), "\"; "));
    char *converted = NULL;

    if (name != NULL && strcmp(name, "utf-8") != 0) {
        converted =
            g_convert(http->body->str, (gssize)http->body->len, "UTF-8", name, NULL, NULL, NULL);
    }
    return converted != NULL ? converted
                             : g_utf8_make_valid(http->body->str, (gssize)http->body->len);
}

/* ": " and the beginning of the body. */
static char *summary_of(const Http *http, const TgOperatorHttpAnswer *answer)
{
    gint64 max =
        tg_operator_system_int64(http->turn, "config.http.max_stored_response_content_size", 65536);

    if (http->body_size > (gsize)max) {
        return g_strdup(": (too long response body)");
    }
    if (g_utf8_strlen(answer->text, -1) <= SUMMARY_CHARS) {
        return g_strconcat(": ", answer->text, NULL);
    }
    g_autofree char *begin = g_utf8_substring(answer->text, 0, SUMMARY_CHARS - 3);

    return g_strconcat(": ", begin, "...", NULL);
}

/* An answer that is a failure. RETRY: the same request may work later. */
static void fail_status(const Http *http, const TgOperatorHttpAnswer *answer, GError **error)
{
    guint status = answer->status;
    g_autofree char *summary = summary_of(http, answer);
    gboolean is_busy = status == 408 || status == 429;
    const char *what = is_busy                         ? "Failed HTTP request"
                       : status >= 400 && status < 500 ? "HTTP 4XX Client Error"
                       : status >= 500 && status < 600 ? "HTTP 5XX Server Error"
                                                       : "Unexpected HTTP status";
    gboolean is_hard = status >= 400 && status < 500 && !is_busy;
    const char *words = tg_http_status_text(status);
    g_autofree char *number = g_strdup_printf("%u", status);

    g_set_error(error, TG_ERROR,
                is_busy || (http->retry && !is_hard) ? TG_ERROR_RETRY : TG_ERROR_TASK,
                "%s: %s %s - %u %s%s", what, http->method, http->shown_url, status,
                *words == '\0' ? number : words, summary);
}

/* Sends once; FALSE with RETRY when it may be sent again. */
static gboolean http_once(Http *http, TgOperatorHttpAnswer *answer, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(TgHttpAnswer) received = http_send(http, &problem);

    if (received == NULL) {
        gboolean can_wait = g_error_matches(problem, TG_ERROR, TG_ERROR_RETRY);

        g_set_error(error, TG_ERROR, can_wait && !http->retry ? TG_ERROR_TASK : problem->code, "%s",
                    problem->message);
        return FALSE;
    }
    const char *type = tg_http_answer_header(received, "content-type");

    answer->status = received->status;
    answer->content_type = g_strdup(type);
    answer->text = body_text(http, type);
    answer->characters = MAX((gsize)g_utf8_strlen(answer->text, -1),
                             http->body_size > http->body->len ? http->body_size : 0);
    if (answer->status < 200 || answer->status >= 400) {
        fail_status(http, answer, error);
        return FALSE;
    }
    return TRUE;
}

/* Later: 1, 2, 4 … 30 seconds. Digdag's PollingRetryExecutor.java. */
static void wait_for_next(TgTurn *turn, const char *message)
{
    json_t *request = json_object_get(turn->state, "request");
    gint64 tries = json_integer_value(json_object_get(request, "retry"));
    gint64 seconds = tries >= 5 ? RETRY_SECONDS_MAX : (gint64)1 << tries;
    g_autofree char *line = g_strdup_printf(
        "HTTP request failed. %s: retrying in %" G_GINT64_FORMAT " seconds", message, seconds);

    json_object_set_new(turn->state, "request", json_pack("{s:I}", "retry", (json_int_t)tries + 1));
    turn->poll_at_ms = turn->now_ms + seconds * 1000;
    turn->services->note(turn->services, turn->task_name, line);
}

gboolean tg_operator_http_run(TgTurn *turn, gsize content_bytes_max, gboolean uses_secret_url,
                              TgOperatorHttpAnswer *out_answer, TgOutcome *out, GError **error)
{
    g_auto(Http) http = {NULL};
    g_autoptr(GError) problem = NULL;

    if (!http_prepare(&http, turn, uses_secret_url, error)) {
        return FALSE;
    }
    http.body_max = content_bytes_max;
    if (http_once(&http, out_answer, &problem)) {
        *out = TG_OUTCOME_DONE;
        return TRUE;
    }
    if (!g_error_matches(problem, TG_ERROR, TG_ERROR_RETRY)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    wait_for_next(turn, problem->message);
    *out = TG_OUTCOME_POLL;
    return TRUE;
}

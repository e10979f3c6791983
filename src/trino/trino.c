/* Trino's REST protocol: POST /v1/statement, then GET nextUri until there is none. */
#include "trino/trino.h"

#include <string.h>

#include "net/http.h"
#include "params/params.h"

#define ANSWER_BYTES_MAX ((gsize)64 * 1024 * 1024)
#define CALL_TIMEOUT_MS 120000
#define FAILURES_MAX 10
#define PAGE_PAUSE_MS 20 /* the server itself waits when there is nothing to tell */
#define PAUSE_MS_MAX 30000
#define MESSAGE_BYTES_MAX 2000
#define HEADERS_MAX 10

struct TgTrino {
    TgHttp *http;
    char *origin; /* "https://host:port": where pages must lie, too */
    char *user;
    char *password;
    char *authorization; /* NULL: none */
    char *catalog;
    char *schema;
    char *session; /* "a=1,b=x" */
    const gint *is_cancelled;
};

/* --- options --- */

static char *session_text(const json_t *session)
{
    GString *text = g_string_new(NULL);
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)session, name, value) {
        g_autofree char *plain = tg_params_to_text(value);

        g_string_append_printf(text, "%s%s=", text->len == 0 ? "" : ",", name);
        g_string_append_uri_escaped(text, plain, NULL, FALSE);
    }
    return g_string_free(text, FALSE);
}

/* "https://host:port" of a URL; NULL when it is none. */
static char *origin_of(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    const char *scheme = uri == NULL ? NULL : g_uri_get_scheme(uri);
    const char *host = uri == NULL ? NULL : g_uri_get_host(uri);

    if (host == NULL || *host == '\0' ||
        (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)) {
        return NULL;
    }
    gint port = g_uri_get_port(uri) > 0       ? g_uri_get_port(uri)
                : strcmp(scheme, "http") == 0 ? 80
                                              : 443;
    gboolean is_v6 = strchr(host, ':') != NULL;

    return g_strdup_printf("%s://%s%s%s:%d", scheme, is_v6 ? "[" : "", host, is_v6 ? "]" : "",
                           port);
}

TgTrino *tg_trino_new(const TgTrinoOptions *options, GError **error)
{
    g_autoptr(TgTrino) trino = g_new0(TgTrino, 1);

    trino->origin = origin_of(options->url);
    if (trino->origin == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' is no address of a Trino server; write http://HOST:PORT", options->url);
        return NULL;
    }
    if ((options->password != NULL || options->token != NULL) &&
        g_str_has_prefix(trino->origin, "http:")) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "a password or token is not sent to %s over plain http; use https",
                    trino->origin);
        return NULL;
    }
    trino->http = tg_http_new();
    trino->user = g_strdup(options->user != NULL ? options->user : "tegaru");
    trino->password = g_strdup(options->password);
    trino->authorization =
        options->token == NULL ? NULL : g_strconcat("Bearer ", options->token, NULL);
    trino->catalog = g_strdup(options->catalog);
    trino->schema = g_strdup(options->schema);
    trino->session = session_text(options->session);
    trino->is_cancelled = options->is_cancelled;
    return g_steal_pointer(&trino);
}

void tg_trino_free(TgTrino *trino)
{
    if (trino == NULL) {
        return;
    }
    tg_http_free(trino->http);
    g_free(trino->origin);
    g_free(trino->user);
    g_free(trino->password);
    g_free(trino->authorization);
    g_free(trino->catalog);
    g_free(trino->schema);
    g_free(trino->session);
    g_free(trino);
}

/* --- a call --- */

/* A header unless it has no value. */
static void add_header(TgHttpHeader *headers, gsize *count, const char *name, const char *value)
{
    if (value != NULL && *value != '\0') {
        headers[(*count)++] = (TgHttpHeader){name, value};
    }
}

static TgHttpAnswer *call(TgTrino *trino, const char *method, const char *url, const char *body,
                          GError **error)
{
    TgHttpHeader headers[HEADERS_MAX];
    gsize count = 0;

    add_header(headers, &count, "X-Trino-User", trino->user);
    add_header(headers, &count, "X-Trino-Source", "tegaru");
    add_header(headers, &count, "X-Trino-Catalog", trino->catalog);
    add_header(headers, &count, "X-Trino-Schema", trino->schema);
    add_header(headers, &count, "X-Trino-Time-Zone", "UTC");
    add_header(headers, &count, "X-Trino-Session", trino->session);
    add_header(headers, &count, "Authorization", trino->authorization);
    const TgHttpRequest request = {.method = method,
                                   .url = url,
                                   .headers = headers,
                                   .headers_count = count,
                                   .body = body,
                                   .body_size_bytes = body == NULL ? 0 : strlen(body),
                                   .user = trino->password == NULL ? NULL : trino->user,
                                   .password = trino->password,
                                   .timeout_ms = CALL_TIMEOUT_MS,
                                   .answer_bytes_max = ANSWER_BYTES_MAX,
                                   .decodes = TRUE,
                                   .is_cancelled = trino->is_cancelled};

    return tg_http_send(trino->http, &request, error);
}

/* Texts of the server, shortened, without control characters. */
static char *clean(const char *text, gsize size)
{
    g_autofree char *cut = g_strndup(text, MIN(size, (gsize)MESSAGE_BYTES_MAX));
    char *valid = g_utf8_make_valid(cut, -1);

    for (char *at = valid; *at != '\0'; at++) {
        if ((guchar)*at < ' ' && *at != '\n') {
            *at = ' ';
        }
    }
    return g_strchomp(valid);
}

/* An answer that is not one of the protocol. */
static void fail_status(const TgTrino *trino, const TgHttpAnswer *answer, GError **error)
{
    g_autofree char *said = clean((const char *)answer->body->data, answer->body->len);
    gboolean is_denied = answer->status == 401 || answer->status == 403;
    gboolean is_busy = answer->status == 429 || answer->status >= 500;

    g_set_error(error, TG_ERROR,
                is_denied ? TG_ERROR_DENIED
                : is_busy ? TG_ERROR_RETRY
                          : TG_ERROR_CONFIG,
                "%s: status %u%s%s%s", trino->origin, answer->status,
                is_denied ? " (check user, password and token)" : "", *said == '\0' ? "" : ": ",
                said);
}

static json_t *parse(const TgTrino *trino, const TgHttpAnswer *answer, GError **error)
{
    json_error_t problem;
    json_t *document = NULL;

    if (answer->status == 404 || answer->status == 410) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK,
                    "%s does not know the query any more, or another program has read it on; "
                    "whether it did its work is not known, look at it in Trino's own list",
                    trino->origin);
        return NULL;
    }
    if (answer->status != 200) {
        fail_status(trino, answer, error);
        return NULL;
    }
    document = json_loadb((const char *)answer->body->data, answer->body->len, 0, &problem);
    if (!json_is_object(document)) {
        json_decref(document);
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s does not answer as Trino does; check the address", trino->origin);
        return NULL;
    }
    return document;
}

/* --- what a page says --- */

static gboolean take_error(const json_t *document, GError **error)
{
    const json_t *problem = json_object_get(document, "error");
    const json_t *place = json_object_get(problem, "errorLocation");
    const char *message = json_string_value(json_object_get(problem, "message"));
    const char *name = json_string_value(json_object_get(problem, "errorName"));
    const char *type = json_string_value(json_object_get(problem, "errorType"));
    const char *id = json_string_value(json_object_get(document, "id"));
    g_autoptr(GString) where = g_string_new(NULL);

    if (problem == NULL || json_is_null(problem)) {
        return TRUE;
    }
    g_autofree char *said =
        message == NULL ? g_strdup("no message") : clean(message, strlen(message));

    if (json_is_object(place) && strncmp(said, "line ", 5) != 0) {
        g_string_append_printf(
            where, "line %d:%d: ", (int)json_integer_value(json_object_get(place, "lineNumber")),
            (int)json_integer_value(json_object_get(place, "columnNumber")));
    }
    gboolean is_users = g_strcmp0(type, "USER_ERROR") == 0;
    gboolean is_cancelled = g_strcmp0(name, "USER_CANCELED") == 0;

    g_set_error(error, TG_ERROR,
                is_cancelled ? TG_ERROR_CANCELLED
                : is_users   ? TG_ERROR_TASK
                             : TG_ERROR_RETRY,
                "query %s failed: %s%s (%s)", id == NULL ? "?" : id, where->str, said,
                name == NULL ? "no error name" : name);
    return FALSE;
}

static void take_columns(const json_t *document, json_t *state)
{
    json_t *column = NULL;
    json_t *columns = NULL;
    gsize i = 0;

    if (json_object_get(state, "columns") != NULL || json_object_get(document, "columns") == NULL) {
        return;
    }
    columns = json_array();
    json_array_foreach (json_object_get(document, "columns"), i, column) {
        json_array_append_new(columns,
                              json_pack("{s:O*, s:O*}", "name", json_object_get(column, "name"),
                                        "type", json_object_get(column, "type")));
    }
    json_object_set_new(state, "columns", columns);
}

static void take_rows(const json_t *document, TgTrinoStep *step)
{
    const json_t *data = json_object_get(document, "data");
    json_t *rows = json_object_get(step->state, "rows");
    gsize keep = MIN(step->rows_keep, (guint)TG_TRINO_ROWS_MAX);

    if (rows == NULL) {
        rows = json_array();
        json_object_set_new(step->state, "rows", rows);
    }
    for (gsize i = 0; i < json_array_size(data) && json_array_size(rows) < keep; i++) {
        json_array_append(rows, json_array_get(data, i));
    }
    json_object_set_new(step->state, "rows_seen",
                        json_integer(json_integer_value(json_object_get(step->state, "rows_seen")) +
                                     (json_int_t)json_array_size(data)));
}

static void take_facts(const json_t *document, json_t *state)
{
    static const struct {
        const char *from;
        const char *to;
    } facts[] = {{"id", "id"}, {"updateType", "update_type"}, {"updateCount", "update_count"}};
    const json_t *stats = json_object_get(document, "stats");
    json_t *bytes = json_object_get(stats, "physicalInputBytes");
    json_t *elapsed = json_object_get(stats, "elapsedTimeMillis");

    for (gsize i = 0; i < G_N_ELEMENTS(facts); i++) {
        json_t *value = json_object_get(document, facts[i].from);

        if (value != NULL && !json_is_null(value)) {
            json_object_set(state, facts[i].to, value);
        }
    }
    if (json_is_integer(bytes)) {
        json_object_set(state, "scanned_bytes", bytes);
    }
    if (json_is_integer(elapsed)) {
        json_object_set(state, "elapsed_ms", elapsed);
    }
}

/* Pages lie on the server that was asked: its answer must not send us, and the password, away. */
static gboolean check_next(const TgTrino *trino, const char *next, GError **error)
{
    g_autofree char *origin = origin_of(next);

    if (g_strcmp0(origin, trino->origin) == 0) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s sends its clients on to %s; give that address, or have the server see its "
                "own name (http-server.process-forwarded)",
                trino->origin, origin == NULL ? "nowhere" : origin);
    return FALSE;
}

static gboolean take_page(const TgTrino *trino, TgTrinoStep *step, const json_t *document,
                          GError **error)
{
    const char *next = json_string_value(json_object_get(document, "nextUri"));
    const char *state =
        json_string_value(json_object_get(json_object_get(document, "stats"), "state"));

    take_facts(document, step->state);
    take_columns(document, step->state);
    take_rows(document, step);
    json_object_del(step->state, "failures");
    if (!take_error(document, error)) {
        return FALSE;
    }
    if (next != NULL) {
        json_object_set_new(step->state, "next", json_string(next));
        step->poll_at_ms = step->now_ms + PAGE_PAUSE_MS;
        return check_next(trino, next, error);
    }
    json_object_del(step->state, "next");
    step->is_done = g_strcmp0(state, "FINISHED") == 0;
    if (!step->is_done) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "query %s ended in the state %s, not FINISHED; what it did is not known",
                    json_string_value(json_object_get(step->state, "id")),
                    state == NULL ? "?" : state);
    }
    return step->is_done;
}

/* A failure that may pass: again later, up to some times in a row. */
static gboolean again(TgTrinoStep *step, GError *take_problem, GError **error)
{
    gint64 failures = json_integer_value(json_object_get(step->state, "failures")) + 1;

    if (!g_error_matches(take_problem, TG_ERROR, TG_ERROR_RETRY) || failures > FAILURES_MAX) {
        g_propagate_error(error, take_problem);
        return FALSE;
    }
    g_error_free(take_problem);
    json_object_set_new(step->state, "failures", json_integer(failures));
    step->poll_at_ms = step->now_ms + MIN((gint64)100 << MIN(failures, 10), PAUSE_MS_MAX);
    return TRUE;
}

static gboolean start(TgTrino *trino, TgTrinoStep *step, GError **error)
{
    g_autofree char *url = g_strconcat(trino->origin, "/v1/statement", NULL);
    g_autoptr(TgHttpAnswer) answer = call(trino, "POST", url, step->sql, error);
    g_autoptr(json_t) document = NULL;
    GError *problem = NULL;

    if (answer == NULL) {
        g_prefix_error(error, "whether the statement was started is not known: ");
        return FALSE;
    }
    document = parse(trino, answer, &problem);
    if (document == NULL) { /* it was refused, so it does not run */
        return again(step, problem, error);
    }
    return take_page(trino, step, document, error);
}

gboolean tg_trino_step(TgTrino *trino, TgTrinoStep *step, GError **error)
{
    const char *next = json_string_value(json_object_get(step->state, "next"));
    g_autoptr(TgHttpAnswer) answer = NULL;
    g_autoptr(json_t) document = NULL;
    GError *problem = NULL;

    step->is_done = FALSE;
    if (next == NULL) {
        return start(trino, step, error);
    }
    if (!check_next(trino, next, error)) { /* the state may come from a file */
        return FALSE;
    }
    answer = call(trino, "GET", next, NULL, &problem);
    document = answer == NULL ? NULL : parse(trino, answer, &problem);
    return document == NULL ? again(step, problem, error) : take_page(trino, step, document, error);
}

gboolean tg_trino_cancel(TgTrino *trino, const json_t *state, GError **error)
{
    const char *next = json_string_value(json_object_get(state, "next"));
    g_autoptr(TgHttpAnswer) answer = NULL;

    if (next == NULL) {
        return TRUE;
    }
    if (!check_next(trino, next, error)) {
        return FALSE;
    }
    answer = call(trino, "DELETE", next, NULL, error);
    return answer != NULL;
}

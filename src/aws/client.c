/* The JSON protocol of AWS: sending, errors, trying again. */
#include "aws/client.h"

#include <string.h>

#include "aws/endpoint.h"
#include "aws/signature.h"
#include "base/clock.h"
#include "base/random.h"
#include "net/http_date.h"
#include "params/params.h"

#define ANSWER_BYTES_MAX ((gsize)32 * 1024 * 1024)
#define TIMEOUT_MS 60000
#define TRIES_MAX 8
#define RETRY_MS ((gint64)2 * 60 * 1000)
#define FIRST_PAUSE_MS 50u
#define PAUSE_MS_MAX 20000u
#define RETRY_AFTER_S_MAX 600
#define PAUSE_STEP_MS 100
#define HEADERS_MAX 16
#define REQUEST_ID_BYTES_MAX 100
#define SKEW_MS_MIN ((gint64)4 * 60 * 1000) /* less is not why a signature is refused */
#define PAGES_MAX 100000                    /* of one list; most may be empty */
#define BUDGET 500                          /* as AWS's SDKs have it: 100 failures in a row */
#define BUDGET_OF_RETRY 5

struct TgAwsClient {
    const TgAwsService *service;
    TgHttp *http;
    TgAwsCredentials *credentials;
    char *scheme;
    char *host;
    char *region;
    char *proxy;
    char *ca_file;
    guint tries_max;
    gint64 retry_ms;
    guint timeout_ms;
    const gint *is_cancelled;
    gboolean (*check)(gpointer data, GError **error);
    void (*tell_retry)(gpointer data, const char *message);
    gpointer data;
    GMutex mutex;   /* over what follows */
    gint64 skew_ms; /* the server's clock less ours */
    guint budget;   /* what is left for failures */
};

static gboolean find_address(TgAwsClient *self, const TgAwsClientOptions *options, GError **error)
{
    g_auto(TgAwsEndpoint) endpoint = {0};
    g_autofree char *found = options->endpoint != NULL
                                 ? g_strdup(options->endpoint)
                                 : tg_aws_endpoint_find(self->service->id, options->profile);

    self->region =
        options->region != NULL ? g_strdup(options->region) : tg_aws_region_find(options->profile);
    if (self->region == NULL) {
        self->region = g_strdup("us-east-1");
    }
    if (found != NULL && !tg_aws_endpoint_parse(found, &endpoint, error)) {
        return FALSE;
    }
    self->scheme = endpoint.scheme == NULL ? g_strdup("https") : g_steal_pointer(&endpoint.scheme);
    self->host = endpoint.host != NULL ? g_steal_pointer(&endpoint.host)
                                       : tg_aws_endpoint_own_host(self->service->id, self->region);
    return TRUE;
}

TgAwsClient *tg_aws_client_new(const TgAwsService *service, const TgAwsClientOptions *options,
                               GError **error)
{
    g_autoptr(TgAwsClient) self = g_new0(TgAwsClient, 1);

    self->service = service;
    g_mutex_init(&self->mutex);
    self->budget = BUDGET;
    self->http = tg_http_new();
    self->credentials = tg_aws_credentials_ref(options->credentials);
    self->proxy = g_strdup(options->proxy);
    self->ca_file =
        g_strdup(options->ca_file != NULL ? options->ca_file : g_getenv("AWS_CA_BUNDLE"));
    self->tries_max = options->tries_max == 0 ? TRIES_MAX : options->tries_max;
    self->retry_ms = options->retry_ms == 0 ? RETRY_MS : options->retry_ms;
    self->timeout_ms = options->timeout_ms == 0 ? TIMEOUT_MS : options->timeout_ms;
    self->is_cancelled = options->is_cancelled;
    self->check = options->check;
    self->tell_retry = options->tell_retry;
    self->data = options->data;
    return find_address(self, options, error) ? g_steal_pointer(&self) : NULL;
}

void tg_aws_client_free(TgAwsClient *client)
{
    if (client == NULL) {
        return;
    }
    tg_http_free(client->http);
    tg_aws_credentials_unref(client->credentials);
    g_mutex_clear(&client->mutex);
    g_free(client->scheme);
    g_free(client->host);
    g_free(client->region);
    g_free(client->proxy);
    g_free(client->ca_file);
    g_free(client);
}

const char *tg_aws_client_region(const TgAwsClient *client)
{
    return client->region;
}

const char *tg_aws_client_host(const TgAwsClient *client)
{
    return client->host;
}

/* --- one try --- */

/* What is sent, and what became of it. */
typedef struct {
    const TgAwsCall *call;
    const char *body;
    guint generation; /* of the keys */
    TgAwsReply reply;
    TgAwsRemedy remedy;
    gint64 skew_ms;        /* by the answer; 0: not known, or too small */
    gint64 retry_after_ms; /* that the server asks for */
} Try;

static void try_clear(Try *attempt)
{
    tg_aws_reply_clear(&attempt->reply);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Try, try_clear)

static gint64 server_now_ms(TgAwsClient *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    return tg_clock_now_ms() + self->skew_ms;
}

static char **sign(TgAwsClient *self, Try *attempt, GError **error)
{
    g_auto(TgAwsKeys) keys = {0};
    g_autofree char *hash = tg_aws_sha256(attempt->body, strlen(attempt->body));
    g_autofree char *type = g_strconcat("application/x-amz-json-", self->service->version, NULL);
    g_autofree char *target = g_strconcat(self->service->target, ".", attempt->call->action, NULL);
    const char *const headers[] = {"content-type", type, "x-amz-target", target, NULL};
    TgAwsRequest request = {.method = "POST",
                            .host = self->host,
                            .path = "/",
                            .region = self->region,
                            .service = self->service->id,
                            .headers = headers,
                            .body_sha256 = hash,
                            .now_ms = server_now_ms(self)};

    if (tg_aws_credentials_are_anonymous(self->credentials)) {
        return g_strdupv((char **)headers);
    }
    if (!tg_aws_credentials_fetch(self->credentials, self->is_cancelled, &keys, error)) {
        return NULL;
    }
    attempt->generation = keys.generation;
    return tg_aws_sign(&keys, &request, error);
}

static TgHttpAnswer *send_once(TgAwsClient *self, Try *attempt, GError **error)
{
    g_auto(GStrv) signed_headers = sign(self, attempt, error);
    g_autofree char *url = g_strconcat(self->scheme, "://", self->host, "/", NULL);
    gsize bytes_max = attempt->call->answer_bytes_max;
    TgHttpHeader headers[HEADERS_MAX];

    if (signed_headers == NULL) {
        return NULL;
    }
    TgHttpRequest request = {.method = "POST",
                             .url = url,
                             .proxy = self->proxy,
                             .ca_file = self->ca_file,
                             .headers = headers,
                             .headers_count =
                                 tg_aws_http_headers(signed_headers, headers, HEADERS_MAX),
                             .body = attempt->body,
                             .body_size_bytes = strlen(attempt->body),
                             .timeout_ms = self->timeout_ms,
                             .answer_bytes_max = bytes_max == 0 ? ANSWER_BYTES_MAX : bytes_max,
                             .is_cancelled = self->is_cancelled};

    return tg_http_send(self->http, &request, error);
}

/* The header's text when it is fit to be shown. */
static char *request_id_of(const TgHttpAnswer *answer)
{
    const char *id = tg_http_answer_header(answer, "x-amzn-requestid");
    gsize size = 0;

    if (id == NULL) {
        id = tg_http_answer_header(answer, "x-amz-request-id");
    }
    while (id != NULL && id[size] != '\0' && g_ascii_isgraph(id[size])) {
        size++;
    }
    return id == NULL || size == 0 || size > REQUEST_ID_BYTES_MAX || id[size] != '\0'
               ? NULL
               : g_strdup(id);
}

/* What the headers say of another try. */
static void read_headers(Try *attempt, const TgHttpAnswer *answer)
{
    const char *date = tg_http_answer_header(answer, "date");
    const char *after = tg_http_answer_header(answer, "retry-after");
    guint64 seconds = 0;
    gint64 server_ms = 0;

    if (after != NULL &&
        g_ascii_string_to_unsigned(after, 10, 0, RETRY_AFTER_S_MAX, &seconds, NULL)) {
        attempt->retry_after_ms = (gint64)seconds * 1000;
    }
    if (date != NULL && tg_http_date_parse(date, &server_ms)) {
        attempt->skew_ms = server_ms - tg_clock_now_ms();
    }
}

static void set_error(const TgAwsClient *self, Try *attempt, GError **error)
{
    const TgAwsReply *reply = &attempt->reply;
    const char *hint = NULL;
    TgErrorCode code = tg_aws_reply_meaning(reply, self->service->codes, &hint, &attempt->remedy);
    gboolean is_expired = attempt->remedy == TG_AWS_EXPIRED;
    g_autofree char *status =
        g_strdup_printf("HTTP status %u %s", reply->status, tg_http_status_text(reply->status));

    g_set_error(error, TG_ERROR, (int)code, "%s %s at %s: %s%s%s (%s: %s%s%s)", self->service->name,
                attempt->call->action, self->host, hint, is_expired ? "; " : "",
                is_expired ? tg_aws_credentials_expired_hint(self->credentials) : "",
                reply->code == NULL ? g_strchomp(status) : reply->code,
                reply->message == NULL ? "no message" : reply->message,
                reply->request_id == NULL ? "" : "; request id ",
                reply->request_id == NULL ? "" : reply->request_id);
}

static json_t *send_call(TgAwsClient *self, Try *attempt, GError **error)
{
    g_autoptr(TgHttpAnswer) answer = send_once(self, attempt, error);
    const char *action = attempt->call->action;
    json_t *parsed = NULL;

    if (answer == NULL) {
        g_prefix_error(error, "%s %s: ", self->service->name, action);
        return NULL;
    }
    const char *body = (const char *)answer->body->data;

    attempt->reply.status = answer->status;
    attempt->reply.request_id = request_id_of(answer);
    if (answer->status != 200) {
        read_headers(attempt, answer);
        tg_aws_reply_read(&attempt->reply, body, answer->body->len,
                          tg_http_answer_header(answer, "x-amzn-errortype"));
        set_error(self, attempt, error);
        return NULL;
    }
    attempt->reply.answer_bytes = answer->body->len;
    parsed = json_loadb(body, answer->body->len, JSON_ALLOW_NUL, NULL);
    if (!json_is_object(parsed)) {
        json_decref(parsed);
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "%s %s at %s: the answer is no JSON object; check the endpoint%s%s",
                    self->service->name, action, self->host,
                    attempt->reply.request_id == NULL ? "" : "; request id ",
                    attempt->reply.request_id == NULL ? "" : attempt->reply.request_id);
        return NULL;
    }
    return parsed;
}

/* --- again --- */

/* A call over all its tries. */
typedef struct {
    guint tries;
    guint spent; /* of the budget */
    gint64 started_us;
    gboolean has_renewed;
    gboolean has_set_clock;
} Tries;

static gboolean wait_for(const TgAwsClient *self, gint64 milliseconds, GError **error)
{
    for (; milliseconds > 0; milliseconds -= PAUSE_STEP_MS) {
        if (self->check != NULL && !self->check(self->data, error)) {
            return FALSE;
        }
        if (!tg_clock_pause(MIN(milliseconds, PAUSE_STEP_MS), self->is_cancelled)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED, "stopped while waiting for %s",
                        self->service->name);
            return FALSE;
        }
    }
    return TRUE;
}

/* Doubles from try to try; by chance between half and all of it, so that threads that were
 * throttled do not come back at one time. */
static gint64 pause_ms(guint tries)
{
    guint full = tries > 9 ? PAUSE_MS_MAX : MIN(FIRST_PAUSE_MS << (tries - 1), PAUSE_MS_MAX);

    return (gint64)(full / 2) + (gint64)tg_random_below(full / 2 + 1);
}

/* Whether the client's budget allows one more failure. */
static gboolean take_budget(TgAwsClient *self, Tries *so_far)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    if (self->budget < BUDGET_OF_RETRY) {
        return FALSE;
    }
    self->budget -= BUDGET_OF_RETRY;
    so_far->spent = BUDGET_OF_RETRY;
    return TRUE;
}

/* A success gives back what its last failure took, else a little. */
static void give_budget(TgAwsClient *self, const Tries *so_far)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    self->budget = MIN(BUDGET, self->budget + MAX(so_far->spent, 1));
}

/* Waits before the next try; FALSE with *error when there is none. */
static gboolean may_go_on(TgAwsClient *self, const Try *attempt, Tries *so_far, GError *problem,
                          GError **error)
{
    gint64 pause = MAX(pause_ms(so_far->tries), attempt->retry_after_ms);
    gint64 spent_ms = (tg_clock_monotonic_us() - so_far->started_us) / 1000;
    gboolean is_over = so_far->tries >= self->tries_max || spent_ms + pause > self->retry_ms;

    if (!tg_error_is_retryable(problem) || attempt->call->is_once) {
        g_propagate_error(error, g_error_copy(problem));
        return FALSE;
    }
    if (is_over || (attempt->remedy != TG_AWS_THROTTLED && !take_budget(self, so_far))) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "%s; tried %u time%s in %.1f s%s",
                    problem->message, so_far->tries, so_far->tries == 1 ? "" : "s",
                    (double)spent_ms / 1000.0,
                    is_over ? "" : ", and too much has failed of late to try more often");
        return FALSE;
    }
    if (self->tell_retry != NULL) {
        self->tell_retry(self->data, problem->message);
    }
    return wait_for(self, pause, error);
}

/* Whether another try needs no pause: new keys, or the right time. */
static gboolean has_remedy(TgAwsClient *self, const Try *attempt, Tries *so_far)
{
    if (attempt->remedy == TG_AWS_EXPIRED && !so_far->has_renewed) {
        so_far->has_renewed = TRUE;
        return tg_aws_credentials_renew(self->credentials, attempt->generation);
    }
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    if (attempt->remedy != TG_AWS_SKEWED || so_far->has_set_clock ||
        ABS(attempt->skew_ms - self->skew_ms) < SKEW_MS_MIN) {
        return FALSE;
    }
    so_far->has_set_clock = TRUE;
    self->skew_ms = attempt->skew_ms;
    return TRUE;
}

static void hand_out(TgAwsReply *out, Try *attempt, guint tries)
{
    if (out != NULL) {
        tg_aws_reply_clear(out);
        *out = attempt->reply;
        out->tries = tries;
        attempt->reply = (TgAwsReply){0};
    }
}

json_t *tg_aws_client_call(TgAwsClient *client, const TgAwsCall *call, TgAwsReply *out_reply,
                           GError **error)
{
    g_autofree char *body = json_dumps(call->request, JSON_COMPACT);
    Tries so_far = {.started_us = tg_clock_monotonic_us()};

    if (body == NULL) { /* jansson makes no text of anything but UTF-8 */
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s %s: the request holds a text that is not UTF-8; correct it",
                    client->service->name, call->action);
        return NULL;
    }
    for (;;) {
        g_autoptr(GError) problem = NULL;
        g_auto(Try) attempt = {.call = call, .body = body};
        json_t *answer = send_call(client, &attempt, &problem);

        so_far.tries++;
        if (answer != NULL) {
            give_budget(client, &so_far);
            hand_out(out_reply, &attempt, so_far.tries);
            return answer;
        }
        if (!has_remedy(client, &attempt, &so_far) &&
            !may_go_on(client, &attempt, &so_far, problem, error)) {
            hand_out(out_reply, &attempt, so_far.tries);
            return NULL;
        }
    }
}

/* --- pages --- */

/* An answer that no list has. */
static gboolean fail_page(const TgAwsClient *self, const TgAwsCall *call, const char *what,
                          GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s %s at %s: the server %s; check the endpoint",
                self->service->name, call->action, self->host, what);
    return FALSE;
}

gboolean tg_aws_client_each_page(TgAwsClient *client, const TgAwsCall *call, const char *list,
                                 TgAwsTakePage take, gpointer data, GError **error)
{
    g_autoptr(json_t) request = json_copy((json_t *)call->request);
    g_autofree char *token = NULL;
    TgAwsCall page_call = *call;

    page_call.request = request;
    for (guint pages = 0;; pages++) {
        g_autoptr(json_t) page = tg_aws_client_call(client, &page_call, NULL, error);
        const json_t *items = json_object_get(page, list);
        const char *next = json_string_value(json_object_get(page, "NextToken"));

        if (page == NULL) {
            return FALSE;
        }
        if (items != NULL && !json_is_null(items) && !json_is_array(items)) {
            return fail_page(client, call, "does not answer with a list", error);
        }
        if (json_is_array(items) && !take(data, items, error)) {
            return FALSE;
        }
        if (next == NULL || *next == '\0') {
            return TRUE;
        }
        if (g_strcmp0(next, token) == 0 || pages == PAGES_MAX) {
            return fail_page(client, call, "gives the same page over and over", error);
        }
        g_free(token);
        token = g_strdup(next);
        json_object_set_new(request, "NextToken", json_string(token));
    }
}

/* What a list is gathered in. */
typedef struct {
    const TgAwsClient *client;
    const TgAwsCall *call;
    json_t *items;
    gsize items_max;
} Gathered;

static gboolean gather(gpointer data, const json_t *items, GError **error)
{
    Gathered *into = data;

    if (json_array_size(into->items) + json_array_size(items) > into->items_max) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s %s: there are more than %" G_GSIZE_FORMAT " items; ask for fewer",
                    into->client->service->name, into->call->action, into->items_max);
        return FALSE;
    }
    json_array_extend(into->items, (json_t *)items);
    return TRUE;
}

json_t *tg_aws_client_list(TgAwsClient *client, const TgAwsCall *call, const char *list,
                           gsize items_max, GError **error)
{
    g_autoptr(json_t) items = json_array();
    Gathered into = {client, call, items, items_max};

    return tg_aws_client_each_page(client, call, list, gather, &into, error)
               ? g_steal_pointer(&items)
               : NULL;
}

/* DynamoDB's JSON protocol: sending, errors, trying again. */
#include "aws/dynamodb.h"

#include <string.h>

#include "aws/endpoint.h"
#include "aws/signature.h"
#include "base/clock.h"
#include "base/random.h"
#include "params/params.h"

#define VERSION "DynamoDB_20120810"
#define ANSWER_BYTES_MAX ((gsize)32 * 1024 * 1024) /* a page is 1 MB of data, escaped at worst */
#define TIMEOUT_MS 60000
#define TRIES_MAX 21
#define RETRY_MS ((gint64)5 * 60 * 1000)
#define FIRST_PAUSE_MS 50u
#define PAUSE_MS_MAX 20000u
#define PAUSE_STEP_MS 100
#define HEADERS_MAX 16
#define MESSAGE_BYTES_MAX 500 /* of what the server says */

struct TgDynamodb {
    TgHttp *http;
    TgAwsCredentials *credentials;
    char *scheme;
    char *host;
    char *region;
    char *proxy;
    guint tries_max;
    gint64 retry_ms;
    gboolean (*check)(gpointer data, GError **error);
    void (*tell_retry)(gpointer data, const char *message);
    gpointer data;
};

TgDynamodb *tg_dynamodb_new(const TgDynamodbOptions *options, GError **error)
{
    g_autoptr(TgDynamodb) self = g_new0(TgDynamodb, 1);
    const char *region = options->region == NULL ? "us-east-1" : options->region;
    g_auto(TgAwsEndpoint) endpoint = {0};

    self->credentials = tg_aws_credentials_ref(options->credentials);
    if (options->endpoint != NULL && !tg_aws_endpoint_parse(options->endpoint, &endpoint, error)) {
        return NULL;
    }
    self->http = tg_http_new();
    self->scheme = endpoint.scheme == NULL ? g_strdup("https") : g_strdup(endpoint.scheme);
    self->host = endpoint.host != NULL
                     ? g_strdup(endpoint.host)
                     : g_strdup_printf("dynamodb.%s.amazonaws.com%s", region,
                                       g_str_has_prefix(region, "cn-") ? ".cn" : "");
    self->region = g_strdup(region);
    self->proxy = g_strdup(options->proxy);
    self->tries_max = options->tries_max == 0 ? TRIES_MAX : options->tries_max;
    self->retry_ms = options->retry_ms == 0 ? RETRY_MS : options->retry_ms;
    self->check = options->check;
    self->tell_retry = options->tell_retry;
    self->data = options->data;
    return g_steal_pointer(&self);
}

void tg_dynamodb_free(TgDynamodb *dynamodb)
{
    if (dynamodb == NULL) {
        return;
    }
    tg_http_free(dynamodb->http);
    tg_aws_credentials_unref(dynamodb->credentials);
    g_free(dynamodb->scheme);
    g_free(dynamodb->host);
    g_free(dynamodb->region);
    g_free(dynamodb->proxy);
    g_free(dynamodb);
}

/* --- one try --- */

/* What is sent, and what became of it. */
typedef struct {
    const char *action;
    const char *body;
    gsize answer_bytes;
    guint generation;    /* of the keys */
    gboolean is_expired; /* the keys */
} Try;

static char **sign(TgDynamodb *self, Try *attempt, GError **error)
{
    g_auto(TgAwsKeys) keys = {0};
    g_autofree char *hash = tg_aws_sha256(attempt->body, strlen(attempt->body));
    g_autofree char *target = g_strconcat(VERSION ".", attempt->action, NULL);
    const char *const headers[] = {"content-type", "application/x-amz-json-1.0", "x-amz-target",
                                   target, NULL};
    TgAwsRequest request = {.method = "POST",
                            .host = self->host,
                            .path = "/",
                            .region = self->region,
                            .service = "dynamodb",
                            .headers = headers,
                            .body_sha256 = hash,
                            .now_ms = tg_clock_now_ms()};

    if (tg_aws_credentials_are_anonymous(self->credentials)) {
        return g_strdupv((char **)headers);
    }
    if (!tg_aws_credentials_fetch(self->credentials, NULL, &keys, error)) {
        return NULL;
    }
    attempt->generation = keys.generation;
    return tg_aws_sign(&keys, &request, error);
}

static TgHttpAnswer *send_once(TgDynamodb *self, Try *attempt, GError **error)
{
    g_auto(GStrv) signed_headers = sign(self, attempt, error);
    g_autofree char *url = g_strconcat(self->scheme, "://", self->host, "/", NULL);
    TgHttpHeader headers[HEADERS_MAX];

    if (signed_headers == NULL) {
        return NULL;
    }
    TgHttpRequest request = {.method = "POST",
                             .url = url,
                             .proxy = self->proxy,
                             .headers = headers,
                             .headers_count =
                                 tg_aws_http_headers(signed_headers, headers, HEADERS_MAX),
                             .body = attempt->body,
                             .body_size_bytes = strlen(attempt->body),
                             .timeout_ms = TIMEOUT_MS,
                             .answer_bytes_max = ANSWER_BYTES_MAX};

    return tg_http_send(self->http, &request, error);
}

/* What the names of errors mean, and what to try. */
static const struct {
    const char *name;
    TgErrorCode code;
    const char *hint;
} known_errors[] = {
    {"ResourceNotFoundException", TG_ERROR_NOT_FOUND,
     "there is no such table or index; check table, index_name and region"},
    {"ResourceInUseException", TG_ERROR_RETRY, "the table is being changed"},
    {"ProvisionedThroughputExceededException", TG_ERROR_RETRY,
     "the table's read capacity is used up; raise it, or read with fewer segments"},
    {"ThrottlingException", TG_ERROR_RETRY, "the server asks to slow down; use fewer segments"},
    {"RequestLimitExceeded", TG_ERROR_RETRY,
     "the account's capacity is used up; use fewer segments"},
    {"InternalServerError", TG_ERROR_RETRY, "the server has a problem of its own"},
    {"ServiceUnavailable", TG_ERROR_RETRY, "the server has a problem of its own"},
    {"AccessDeniedException", TG_ERROR_DENIED, "access denied; check the policy of who asks"},
    {"UnrecognizedClientException", TG_ERROR_DENIED,
     "the access key or session token is not known; check access_key_id and region"},
    {"InvalidSignatureException", TG_ERROR_DENIED,
     "the signature is wrong; check secret_access_key and this machine's clock"},
    {"IncompleteSignature", TG_ERROR_DENIED, "the signature is not complete; check the keys"},
    {"MissingAuthenticationTokenException", TG_ERROR_DENIED,
     "nobody asks; set auth_method and its keys"},
    {"ExpiredTokenException", TG_ERROR_DENIED, "the session has expired"},
    {"ValidationException", TG_ERROR_CONFIG,
     "the request is not valid; check keys and expressions"},
};

/* "com.amazonaws.dynamodb.v20120810#ThrottlingException" without what stands before '#'. */
static const char *name_of(const json_t *answer)
{
    const char *type = json_string_value(json_object_get(answer, "__type"));
    const char *hash = type == NULL ? NULL : strrchr(type, '#');

    return hash == NULL ? type : hash + 1;
}

static void set_error(const TgDynamodb *self, Try *attempt, const TgHttpAnswer *answer,
                      GError **error)
{
    g_autoptr(json_t) parsed =
        json_loadb((const char *)answer->body->data, answer->body->len, JSON_ALLOW_NUL, NULL);
    const char *name = name_of(parsed);
    const char *message = json_string_value(json_object_get(parsed, "message"));
    guint status = answer->status;
    TgErrorCode code = status >= 500 || status == 429   ? TG_ERROR_RETRY
                       : status == 401 || status == 403 ? TG_ERROR_DENIED
                                                        : TG_ERROR_CONFIG;
    const char *hint = code == TG_ERROR_RETRY    ? "the server has a problem of its own"
                       : code == TG_ERROR_DENIED ? "access denied; check the credentials"
                                                 : "the server refuses it; check the config";

    if (message == NULL) {
        message = json_string_value(json_object_get(parsed, "Message"));
    }
    for (gsize i = 0; name != NULL && i < G_N_ELEMENTS(known_errors); i++) {
        if (strcmp(known_errors[i].name, name) == 0) {
            code = known_errors[i].code;
            hint = known_errors[i].hint;
        }
    }
    attempt->is_expired = name != NULL && strcmp(name, "ExpiredTokenException") == 0;
    g_set_error(error, TG_ERROR, (int)code, "DynamoDB %s at %s: %s%s%s (%s: %.*s)", attempt->action,
                self->host, hint, attempt->is_expired ? "; " : "",
                attempt->is_expired ? tg_aws_credentials_expired_hint(self->credentials) : "",
                name == NULL ? tg_http_status_text(status) : name, MESSAGE_BYTES_MAX,
                message == NULL ? "no message" : message);
}

static json_t *send_call(TgDynamodb *self, Try *attempt, GError **error)
{
    g_autoptr(TgHttpAnswer) answer = send_once(self, attempt, error);
    json_t *parsed = NULL;

    if (answer == NULL) {
        g_prefix_error(error, "DynamoDB %s: ", attempt->action);
        return NULL;
    }
    if (answer->status != 200) {
        set_error(self, attempt, answer, error);
        return NULL;
    }
    attempt->answer_bytes = answer->body->len;
    parsed = json_loadb((const char *)answer->body->data, answer->body->len, JSON_ALLOW_NUL, NULL);
    if (!json_is_object(parsed)) {
        json_decref(parsed);
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "DynamoDB %s at %s: the answer is no JSON object; check the endpoint",
                    attempt->action, self->host);
        return NULL;
    }
    return parsed;
}

/* --- again --- */

static gboolean wait_for(const TgDynamodb *self, gint64 milliseconds, GError **error)
{
    for (; milliseconds > 0; milliseconds -= PAUSE_STEP_MS) {
        if (self->check != NULL && !self->check(self->data, error)) {
            return FALSE;
        }
        (void)tg_clock_pause(MIN(milliseconds, PAUSE_STEP_MS), NULL); /* nobody cancels it */
    }
    return TRUE;
}

/* Doubles from try to try; by chance between half and all of it, so that the segments of a table
 * that was throttled do not come back at one time. */
static gint64 pause_ms(guint tries)
{
    guint full = tries > 9 ? PAUSE_MS_MAX : MIN(FIRST_PAUSE_MS << (tries - 1), PAUSE_MS_MAX);

    return (gint64)(full / 2) + (gint64)tg_random_below(full / 2 + 1);
}

/* Waits before the next try; FALSE with *error when there is none. */
static gboolean may_go_on(const TgDynamodb *self, GError *take_problem, guint tries,
                          gint64 started_us, GError **error)
{
    g_autoptr(GError) problem = take_problem;
    gint64 pause = pause_ms(tries);
    gint64 spent_ms = (tg_clock_monotonic_us() - started_us) / 1000;

    if (!tg_error_is_retryable(problem)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (tries >= self->tries_max || spent_ms + pause > self->retry_ms) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "%s; tried %u times in %.1f s",
                    problem->message, tries, (double)spent_ms / 1000.0);
        return FALSE;
    }
    if (self->tell_retry != NULL) {
        self->tell_retry(self->data, problem->message);
    }
    return wait_for(self, pause, error);
}

json_t *tg_dynamodb_call(TgDynamodb *dynamodb, const char *action, const json_t *request,
                         gsize *out_bytes, GError **error)
{
    g_autofree char *body = json_dumps(request, JSON_COMPACT);
    gint64 started_us = tg_clock_monotonic_us();
    gboolean has_renewed = FALSE;
    guint tries = 0;

    for (;;) {
        g_autoptr(GError) problem = NULL;
        Try attempt = {.action = action, .body = body};
        json_t *answer = send_call(dynamodb, &attempt, &problem);

        *out_bytes = attempt.answer_bytes;
        if (answer != NULL) {
            return answer;
        }
        if (attempt.is_expired && !has_renewed &&
            tg_aws_credentials_renew(dynamodb->credentials, attempt.generation)) {
            has_renewed = TRUE;
            continue;
        }
        tries++;
        if (!may_go_on(dynamodb, g_steal_pointer(&problem), tries, started_us, error)) {
            return NULL;
        }
    }
}

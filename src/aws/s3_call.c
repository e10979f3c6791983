/* One call to S3: address, signature, sending, errors, trying again. */
#include <string.h>

#include "aws/s3_internal.h"
#include "aws/signature.h"
#include "base/clock.h"

#define FIRST_PAUSE_MS 200
#define CALL_TIMEOUT_MS 600000 /* a part of a copy may take minutes */
#define HEADERS_MAX 24
#define ERROR_BYTES_MAX ((gsize)64 * 1024) /* an Error may be larger than a small object */

/* One try, and why it may be worth another at once. */
typedef struct {
    guint generation;    /* of the keys */
    gboolean has_moved;  /* the bucket lies elsewhere */
    gboolean is_expired; /* the keys, as far as can be seen */
} Try;

/* Where a call goes. */
typedef struct {
    char *region;
    char *host;
    char *path;
} Address;

static void address_clear(Address *address)
{
    g_free(address->region);
    g_free(address->host);
    g_free(address->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Address, address_clear)

char *tg_s3_escape(const char *text, const char *keep)
{
    g_autoptr(GString) escaped = g_string_new(NULL);

    for (const char *c = text; *c != '\0'; c++) {
        if (g_ascii_isalnum(*c) || strchr("-._~", *c) != NULL || strchr(keep, *c) != NULL) {
            g_string_append_c(escaped, *c);
        } else {
            g_string_append_printf(escaped, "%%%02X", (guint)(guchar)*c);
        }
    }
    return g_string_free(g_steal_pointer(&escaped), FALSE);
}

static char *region_of(TgS3 *s3)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&s3->mutex);

    (void)locker;
    return g_strdup(s3->region);
}

/* A bucket that cannot stand in a host's name of a certificate. */
static gboolean needs_path(const char *bucket)
{
    for (const char *c = bucket; *c != '\0'; c++) {
        if (!g_ascii_islower(*c) && !g_ascii_isdigit(*c) && *c != '-') {
            return TRUE;
        }
    }
    return FALSE;
}

/* Host and path of a call. */
static void address_of(const TgS3 *s3, const TgS3Call *call, Address *out)
{
    const char *region = out->region;
    gboolean in_path = s3->path_style || needs_path(call->bucket);
    g_autofree char *key = call->key == NULL ? g_strdup("") : tg_s3_escape(call->key, "/");
    g_autofree char *own = g_strdup_printf("s3.%s.amazonaws.com%s", region,
                                           g_str_has_prefix(region, "cn-") ? ".cn" : "");
    const char *host = s3->host != NULL ? s3->host : own;

    out->host = in_path ? g_strdup(host) : g_strconcat(call->bucket, ".", host, NULL);
    out->path =
        g_strconcat("/", in_path ? call->bucket : "", in_path && *key != '\0' ? "/" : "", key,
                    call->query == NULL ? "" : "?", call->query == NULL ? "" : call->query, NULL);
}

static char **sign(TgS3 *s3, const TgS3Call *call, const Address *address, Try *attempt,
                   GError **error)
{
    g_auto(TgAwsKeys) keys = {0};
    g_autofree char *hash = tg_aws_sha256(call->body == NULL ? "" : call->body, call->body_size);
    const char *headers[G_N_ELEMENTS(call->headers) + G_N_ELEMENTS(s3->sse_headers)] = {NULL};
    gsize count = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(call->headers) && call->headers[i] != NULL; i++) {
        headers[count++] = call->headers[i];
    }
    for (gsize i = 0; call->key != NULL && s3->sse_headers[i] != NULL; i++) {
        headers[count++] = s3->sse_headers[i];
    }
    TgAwsRequest request = {.method = call->method,
                            .host = address->host,
                            .path = address->path,
                            .region = address->region,
                            .service = "s3",
                            .headers = headers,
                            .body_sha256 = hash,
                            .now_ms = tg_clock_now_ms()};

    if (tg_aws_credentials_are_anonymous(s3->credentials)) {
        return g_strdupv((char **)headers);
    }
    if (!tg_aws_credentials_fetch(s3->credentials, s3->is_cancelled, &keys, error)) {
        return NULL;
    }
    attempt->generation = keys.generation;
    return tg_aws_sign(&keys, &request, error);
}

/* Sends it once; any status is an answer. */
static TgHttpAnswer *send_once(TgS3 *s3, const TgS3Call *call, Try *attempt, GError **error)
{
    g_auto(Address) address = {.region = region_of(s3)};

    address_of(s3, call, &address);
    g_auto(GStrv) signed_headers = sign(s3, call, &address, attempt, error);
    g_autofree char *url = g_strconcat(s3->scheme, "://", address.host, address.path, NULL);
    TgHttpHeader headers[HEADERS_MAX];

    if (signed_headers == NULL) {
        return NULL;
    }
    gsize count = tg_aws_http_headers(signed_headers, headers, HEADERS_MAX);
    gboolean has_body = strcmp(call->method, "PUT") == 0 || strcmp(call->method, "POST") == 0;
    TgHttpRequest request = {.method = call->method,
                             .url = url,
                             .proxy = s3->proxy,
                             .headers = headers,
                             .headers_count = count,
                             .body = has_body && call->body == NULL ? "" : call->body,
                             .body_size_bytes = call->body_size,
                             .timeout_ms = CALL_TIMEOUT_MS,
                             .stall_s = s3->stall_s,
                             .answer_bytes_max = call->answer_bytes_max == 0
                                                     ? 0
                                                     : MAX(call->answer_bytes_max, ERROR_BYTES_MAX),
                             .is_cancelled = s3->is_cancelled};

    return tg_http_send(s3->http, &request, error);
}

/* What the codes mean, and what to try. */
static const struct {
    const char *code;
    TgErrorCode error;
    const char *hint;
} known_codes[] = {
    {"NoSuchBucket", TG_ERROR_NOT_FOUND, "there is no such bucket"},
    {"NoSuchKey", TG_ERROR_NOT_FOUND, "there is no such object"},
    {"NoSuchVersion", TG_ERROR_NOT_FOUND, "there is no such version of the object"},
    {"AccessDenied", TG_ERROR_DENIED, "access denied; check the policy of the user and the bucket"},
    {"InvalidAccessKeyId", TG_ERROR_DENIED, "the access key does not exist; check access_key_id"},
    {"SignatureDoesNotMatch", TG_ERROR_DENIED, "the secret key is wrong; check secret_access_key"},
    {"ExpiredToken", TG_ERROR_DENIED, "the session has expired"},
    {"InvalidToken", TG_ERROR_DENIED, "the session token is not valid; get new credentials"},
    {"RequestTimeTooSkewed", TG_ERROR_DENIED, "the clock of this machine is wrong; set it"},
    {"SlowDown", TG_ERROR_RETRY, "the server asks to slow down"},
    {"RequestTimeout", TG_ERROR_RETRY, "the server waited too long"},
    {"InternalError", TG_ERROR_RETRY, "the server has a problem of its own"},
    {"PreconditionFailed", TG_ERROR_CONFLICT, "somebody else changed the object"},
    {"InvalidObjectState", TG_ERROR_CONFIG, "the object is archived; restore it first"},
};

/* Statuses without a known code; a HEAD has no body at all. */
static TgErrorCode code_of_status(guint status, const char **hint)
{
    switch (status) {
    case 401:
    case 403:
        *hint = "access denied; check the credentials and the policies";
        return TG_ERROR_DENIED;
    case 404:
        *hint = "it does not exist";
        return TG_ERROR_NOT_FOUND;
    case 409:
    case 412:
        *hint = "somebody else changed it";
        return TG_ERROR_CONFLICT;
    case 408:
    case 429:
        *hint = "the server asks to try later";
        return TG_ERROR_RETRY;
    default:
        *hint = status >= 500 ? "the server has a problem of its own" : "the request is not valid";
        return status >= 500 ? TG_ERROR_RETRY : TG_ERROR_CONFIG;
    }
}

static void set_error(const TgS3Call *call, guint status, const TgS3Answer *answer, GError **error)
{
    const char *hint = NULL;
    TgErrorCode code = code_of_status(status, &hint);
    g_autofree char *said =
        answer->code == NULL
            ? g_strdup_printf("HTTP status %u", status)
            : g_strdup_printf("%s: %s", answer->code,
                              answer->message == NULL ? "no message" : answer->message);

    for (gsize i = 0; answer->code != NULL && i < G_N_ELEMENTS(known_codes); i++) {
        if (strcmp(known_codes[i].code, answer->code) == 0) {
            code = known_codes[i].error;
            hint = known_codes[i].hint;
        }
    }
    g_set_error(error, TG_ERROR, (int)code, "cannot %s s3://%s%s%s: %s (%s)", call->verb,
                call->bucket, call->key == NULL ? "" : "/", call->key == NULL ? "" : call->key,
                hint, said);
}

/* Whether the bucket lies elsewhere than we thought; then the region is taken over. */
static gboolean moves_region(TgS3 *s3, const TgHttpAnswer *answer, const TgS3Answer *parsed)
{
    const char *region = tg_http_answer_header(answer, "x-amz-bucket-region");
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&s3->mutex);

    (void)locker;
    if (region == NULL) {
        region = parsed->region;
    }
    if (s3->host != NULL || region == NULL || (answer->status != 301 && answer->status != 400) ||
        strcmp(region, s3->region) == 0 || strlen(region) > 32) {
        return FALSE;
    }
    g_free(s3->region);
    s3->region = g_strdup(region);
    return TRUE;
}

/* Whether the keys have expired: by the code, or of a HEAD, which has no body, by the status. */
static gboolean says_expired(const TgS3Call *call, guint status, const TgS3Answer *answer)
{
    return answer->code != NULL ? strcmp(answer->code, "ExpiredToken") == 0
                                : status == 400 && strcmp(call->method, "HEAD") == 0;
}

/* A good answer, unless it is larger than was allowed. */
static TgHttpAnswer *check_size(const TgS3Call *call, TgHttpAnswer *take_answer, GError **error)
{
    g_autoptr(TgHttpAnswer) answer = take_answer;

    if (call->answer_bytes_max == 0 || answer->body->len <= call->answer_bytes_max) {
        return g_steal_pointer(&answer);
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "cannot %s s3://%s/%s: the answer is larger than %" G_GSIZE_FORMAT " bytes",
                call->verb, call->bucket, call->key == NULL ? "" : call->key,
                call->answer_bytes_max);
    return NULL;
}

/* An answer of status 2xx; NULL with *out saying why it may be worth another try at once. */
static TgHttpAnswer *send_call(TgS3 *s3, const TgS3Call *call, Try *out, GError **error)
{
    g_autoptr(TgHttpAnswer) answer = send_once(s3, call, out, error);
    g_auto(TgS3Answer) parsed = {NULL};

    if (answer == NULL) {
        g_prefix_error(error, "cannot %s s3://%s%s%s: ", call->verb, call->bucket,
                       call->key == NULL ? "" : "/", call->key == NULL ? "" : call->key);
        return NULL;
    }
    if (answer->status >= 200 && answer->status < 300) {
        return check_size(call, g_steal_pointer(&answer), error);
    }
    /* Not all servers explain themselves; the status is enough then. */
    (void)tg_s3_answer_parse((const char *)answer->body->data, answer->body->len, &parsed, NULL);
    out->has_moved = moves_region(s3, answer, &parsed);
    out->is_expired = says_expired(call, answer->status, &parsed);
    set_error(call, answer->status, &parsed, error);
    return NULL;
}

TgHttpAnswer *tg_s3_call(TgS3 *s3, const TgS3Call *call, GError **error)
{
    gboolean has_moved = FALSE;
    gboolean has_renewed = FALSE;
    guint pause_ms = FIRST_PAUSE_MS;

    for (guint tries = 1;; tries++) {
        g_autoptr(GError) problem = NULL;
        Try attempt = {0};
        TgHttpAnswer *answer = send_call(s3, call, &attempt, &problem);

        if (answer != NULL) {
            return answer;
        }
        if (attempt.has_moved && !has_moved) {
            has_moved = TRUE;
            continue;
        }
        if (attempt.is_expired && !has_renewed &&
            tg_aws_credentials_renew(s3->credentials, attempt.generation)) {
            has_renewed = TRUE;
            continue;
        }
        if (attempt.is_expired && strcmp(call->method, "HEAD") != 0) {
            g_set_error(error, TG_ERROR, problem->code, "%s; %s", problem->message,
                        tg_aws_credentials_expired_hint(s3->credentials));
            return NULL;
        }
        if (!tg_error_is_retryable(problem) || tries >= s3->tries_max ||
            !tg_clock_pause(pause_ms, s3->is_cancelled)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return NULL;
        }
        pause_ms *= 2;
    }
}

/* *out_again when the answer itself is bad and another may be better. */
static gboolean call_xml_once(TgS3 *s3, const TgS3Call *call, TgS3Answer *out, gboolean *out_again,
                              GError **error)
{
    g_autoptr(TgHttpAnswer) answer = tg_s3_call(s3, call, error);
    g_autoptr(GError) problem = NULL;

    *out_again = FALSE;
    if (answer == NULL) {
        return FALSE;
    }
    if (tg_s3_answer_parse((const char *)answer->body->data, answer->body->len, out, &problem)) {
        if (!out->is_error) {
            return TRUE;
        }
        /* S3 may begin an answer before a copy is done, and then it fails after all. */
        set_error(call, 500, out, &problem);
        tg_s3_answer_clear(out);
    }
    *out_again = tg_error_is_retryable(problem);
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

gboolean tg_s3_call_xml(TgS3 *s3, const TgS3Call *call, TgS3Answer *out, GError **error)
{
    guint pause_ms = FIRST_PAUSE_MS;

    for (guint tries = 1;; tries++) {
        g_autoptr(GError) problem = NULL;
        gboolean again = FALSE;

        if (call_xml_once(s3, call, out, &again, &problem)) {
            return TRUE;
        }
        if (!again || tries >= s3->tries_max || !tg_clock_pause(pause_ms, s3->is_cancelled)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
        pause_ms *= 2;
    }
}

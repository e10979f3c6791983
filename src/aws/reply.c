/* From a refusal to its name, its meaning and its remedy. */
#include "aws/reply.h"

#include <string.h>

#include "params/params.h"

#define MESSAGE_BYTES_MAX 500
#define CODE_BYTES_MAX 100

void tg_aws_reply_clear(TgAwsReply *reply)
{
    g_clear_pointer(&reply->code, g_free);
    g_clear_pointer(&reply->message, g_free);
    g_clear_pointer(&reply->reason, g_free);
    g_clear_pointer(&reply->request_id, g_free);
    reply->status = 0;
    reply->answer_bytes = 0;
}

gboolean tg_aws_reply_is(const TgAwsReply *reply, const char *code)
{
    return reply->code != NULL && strcmp(reply->code, code) == 0;
}

/* "com.amazonaws.glue#EntityNotFoundException" and "EntityNotFoundException:http://…" without what
 * stands around the name; NULL when no name is left. */
static char *name_of(const char *text)
{
    const char *hash = text == NULL ? NULL : strrchr(text, '#');
    const char *start = hash == NULL ? text : hash + 1;
    gsize size = 0;

    while (start != NULL && size < CODE_BYTES_MAX &&
           (g_ascii_isalnum(start[size]) || strchr("._-", start[size]) != NULL) &&
           start[size] != '\0') {
        size++;
    }
    return size == 0 ? NULL : g_strndup(start, size);
}

/* For people. A wrong signature is told with all headers of the request, the session's token too:
 * that part is left out. */
static char *shown_of(const char *text)
{
    const char *echo = strstr(text, "The Canonical String");
    gsize size = echo == NULL ? strlen(text) : (gsize)(echo - text);
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)MIN(size, MESSAGE_BYTES_MAX));

    for (char *c = valid; *c != '\0'; c++) {
        *c = g_ascii_iscntrl(*c) ? ' ' : *c;
    }
    return g_strdup(g_strstrip(valid));
}

static const char *text_of(const json_t *object, const char *a, const char *b)
{
    const char *text = json_string_value(json_object_get(object, a));

    return text == NULL ? json_string_value(json_object_get(object, b)) : text;
}

void tg_aws_reply_read(TgAwsReply *reply, const char *body, gsize size_bytes,
                       const char *error_type)
{
    g_autoptr(json_t) parsed = json_loadb(body, size_bytes, 0, NULL);
    const char *message = text_of(parsed, "message", "Message");

    reply->code = name_of(text_of(parsed, "__type", "code"));
    if (reply->code == NULL) {
        reply->code = name_of(error_type);
    }
    reply->reason = name_of(text_of(parsed, "AthenaErrorCode", "Reason"));
    reply->message = message == NULL ? NULL : shown_of(message);
}

/* --- what codes mean --- */

#define SLOWER "the service asks to slow down; do less at a time, or ask AWS for a higher quota"
#define BROKEN "the service has a problem of its own; try again later"
#define EXPIRED "the session has expired"

typedef struct {
    const char *code;
    TgErrorCode error;
    TgAwsRemedy remedy;
    const char *hint;
} Row;

/* What any service may say. */
static const Row general[] = {
    {"ThrottlingException", TG_ERROR_RETRY, TG_AWS_THROTTLED, SLOWER},
    {"Throttling", TG_ERROR_RETRY, TG_AWS_THROTTLED, SLOWER},
    {"ThrottledException", TG_ERROR_RETRY, TG_AWS_THROTTLED, SLOWER},
    {"RequestThrottled", TG_ERROR_RETRY, TG_AWS_THROTTLED, SLOWER},
    {"RequestThrottledException", TG_ERROR_RETRY, TG_AWS_THROTTLED, SLOWER},
    {"TooManyRequestsException", TG_ERROR_RETRY, TG_AWS_THROTTLED, SLOWER},
    {"RequestLimitExceeded", TG_ERROR_RETRY, TG_AWS_THROTTLED, SLOWER},
    {"ProvisionedThroughputExceededException", TG_ERROR_RETRY, TG_AWS_THROTTLED, SLOWER},
    {"BandwidthLimitExceeded", TG_ERROR_RETRY, TG_AWS_THROTTLED, SLOWER},
    {"PriorRequestNotComplete", TG_ERROR_RETRY, TG_AWS_THROTTLED, SLOWER},
    {"SlowDown", TG_ERROR_RETRY, TG_AWS_THROTTLED, SLOWER},
    {"RequestTimeout", TG_ERROR_RETRY, TG_AWS_REFUSED, BROKEN},
    {"RequestTimeoutException", TG_ERROR_RETRY, TG_AWS_REFUSED, BROKEN},
    {"InternalError", TG_ERROR_RETRY, TG_AWS_REFUSED, BROKEN},
    {"InternalFailure", TG_ERROR_RETRY, TG_AWS_REFUSED, BROKEN},
    {"InternalServerError", TG_ERROR_RETRY, TG_AWS_REFUSED, BROKEN},
    {"InternalServerException", TG_ERROR_RETRY, TG_AWS_REFUSED, BROKEN},
    {"InternalServiceException", TG_ERROR_RETRY, TG_AWS_REFUSED, BROKEN},
    {"ServiceUnavailable", TG_ERROR_RETRY, TG_AWS_REFUSED, BROKEN},
    {"ServiceUnavailableException", TG_ERROR_RETRY, TG_AWS_REFUSED, BROKEN},
    {"AccessDenied", TG_ERROR_DENIED, TG_AWS_REFUSED,
     "access denied; check the policy of who asks"},
    {"AccessDeniedException", TG_ERROR_DENIED, TG_AWS_REFUSED,
     "access denied; check the policy of who asks"},
    {"UnrecognizedClientException", TG_ERROR_DENIED, TG_AWS_REFUSED,
     "the access key or session token is not known; check access_key_id and region"},
    {"InvalidClientTokenId", TG_ERROR_DENIED, TG_AWS_REFUSED,
     "the access key or session token is not known; check access_key_id and region"},
    {"IncompleteSignature", TG_ERROR_DENIED, TG_AWS_REFUSED,
     "the signature is not complete; check the keys"},
    {"MissingAuthenticationToken", TG_ERROR_DENIED, TG_AWS_REFUSED,
     "nobody asks; set auth_method and its keys"},
    {"MissingAuthenticationTokenException", TG_ERROR_DENIED, TG_AWS_REFUSED,
     "nobody asks; set auth_method and its keys"},
    {"OptInRequired", TG_ERROR_DENIED, TG_AWS_REFUSED,
     "the account does not use this service or region; enable it, or check the region"},
    {"InvalidSignatureException", TG_ERROR_DENIED, TG_AWS_SKEWED,
     "the signature is wrong; check secret_access_key and this machine's clock"},
    {"SignatureDoesNotMatch", TG_ERROR_DENIED, TG_AWS_SKEWED,
     "the signature is wrong; check secret_access_key and this machine's clock"},
    {"RequestTimeTooSkewed", TG_ERROR_DENIED, TG_AWS_SKEWED,
     "the clock of this machine is wrong; set it"},
    {"RequestExpired", TG_ERROR_DENIED, TG_AWS_SKEWED,
     "the request came too late; set this machine's clock"},
    {"RequestInTheFuture", TG_ERROR_DENIED, TG_AWS_SKEWED,
     "the clock of this machine is wrong; set it"},
    {"ExpiredTokenException", TG_ERROR_DENIED, TG_AWS_EXPIRED, EXPIRED},
    {"ExpiredToken", TG_ERROR_DENIED, TG_AWS_EXPIRED, EXPIRED},
    {"UnknownOperationException", TG_ERROR_CONFIG, TG_AWS_REFUSED,
     "the server does not know this call; check the endpoint"},
};

static TgErrorCode meaning_of_status(guint status, const char **out_hint)
{
    if (status >= 500 || status == 429 || status == 408) {
        *out_hint = BROKEN;
        return TG_ERROR_RETRY;
    }
    if (status == 401 || status == 403) {
        *out_hint = "access denied; check the credentials";
        return TG_ERROR_DENIED;
    }
    *out_hint = status == 404 ? "the address is none of this service's; check the endpoint"
                              : "the service refuses it; check what was asked for";
    return TG_ERROR_CONFIG;
}

TgErrorCode tg_aws_reply_meaning(const TgAwsReply *reply, const TgAwsCode *own,
                                 const char **out_hint, TgAwsRemedy *out_remedy)
{
    TgErrorCode error = meaning_of_status(reply->status, out_hint);

    *out_remedy = reply->status == 429 ? TG_AWS_THROTTLED : TG_AWS_REFUSED;
    for (gsize i = 0; reply->code != NULL && i < G_N_ELEMENTS(general); i++) {
        if (strcmp(general[i].code, reply->code) == 0) {
            error = general[i].error;
            *out_hint = general[i].hint;
            *out_remedy = general[i].remedy;
        }
    }
    for (; reply->code != NULL && own != NULL && own->code != NULL; own++) {
        if (strcmp(own->code, reply->code) == 0) {
            error = own->error;
            *out_hint = own->hint;
        }
    }
    return error;
}

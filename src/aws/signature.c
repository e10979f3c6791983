/* Signature Version 4 by aws-c-auth. */
#include "aws/signature.h"

#include <aws/auth/credentials.h>
#include <aws/auth/signable.h>
#include <aws/auth/signing.h>
#include <aws/auth/signing_config.h>
#include <aws/auth/signing_result.h>
#include <aws/common/error.h>
#include <aws/http/request_response.h>

#include "aws/runtime.h"

char *tg_aws_sha256(const void *bytes, gsize size_bytes)
{
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, size_bytes);
}

gsize tg_aws_http_headers(char *const *list, TgHttpHeader *into, gsize count_max)
{
    gsize count = 0;

    for (; list[0] != NULL && count < count_max; list += 2) {
        into[count++] = (TgHttpHeader){list[0], list[1]};
    }
    return count;
}

/* What the callback fills in; it is called before aws_sign_request_aws returns, as the keys are
 * there. */
typedef struct {
    struct aws_http_message *message;
    int code;
} Signing;

static void on_signed(struct aws_signing_result *result, int code, void *data)
{
    Signing *signing = data;

    signing->code = code;
    if (code == 0 && aws_apply_signing_result_to_http_request(signing->message,
                                                              tg_aws_runtime_get(), result) != 0) {
        signing->code = aws_last_error();
    }
}

static gboolean add_header(struct aws_http_message *message, const char *name, const char *value)
{
    struct aws_http_header header = {.name = tg_aws_cursor(name), .value = tg_aws_cursor(value)};

    return aws_http_message_add_header(message, header) == 0;
}

/* NULL when the library refuses a part of it. */
static struct aws_http_message *message_of(const TgAwsRequest *request)
{
    struct aws_http_message *message = aws_http_message_new_request(tg_aws_runtime_get());
    const char *const *header = request->headers;
    gboolean ok =
        aws_http_message_set_request_method(message, tg_aws_cursor(request->method)) == 0 &&
        aws_http_message_set_request_path(message, tg_aws_cursor(request->path)) == 0 &&
        add_header(message, "host", request->host);

    for (; ok && header != NULL && header[0] != NULL; header += 2) {
        ok = add_header(message, header[0], header[1]);
    }
    return ok ? message : aws_http_message_release(message);
}

static char **headers_of(struct aws_http_message *message)
{
    gsize count = aws_http_message_get_header_count(message);
    char **headers = g_new0(char *, 2 * count + 1);

    for (gsize i = 0; i < count; i++) {
        struct aws_http_header header;

        (void)aws_http_message_get_header(message, &header, i); /* i is a header's index */
        headers[2 * i] = g_strndup((const char *)header.name.ptr, header.name.len);
        headers[2 * i + 1] = g_strndup((const char *)header.value.ptr, header.value.len);
    }
    return headers;
}

static struct aws_signing_config_aws config_of(const TgAwsRequest *request,
                                               const struct aws_credentials *credentials)
{
    gboolean is_s3 = g_strcmp0(request->service, "s3") == 0;
    struct aws_signing_config_aws config = {
        .config_type = AWS_SIGNING_CONFIG_AWS,
        .algorithm = AWS_SIGNING_ALGORITHM_V4,
        .signature_type = AWS_ST_HTTP_REQUEST_HEADERS,
        .region = tg_aws_cursor(request->region),
        .service = tg_aws_cursor(request->service),
        .signed_body_value = tg_aws_cursor(request->body_sha256),
        .signed_body_header = is_s3 ? AWS_SBHT_X_AMZ_CONTENT_SHA256 : AWS_SBHT_NONE,
        .credentials = credentials};

    /* S3 takes a key as it is, "a//b" and "..", too. */
    config.flags.use_double_uri_encode = !is_s3;
    config.flags.should_normalize_uri_path = !is_s3;
    aws_date_time_init_epoch_millis(&config.date, (uint64_t)request->now_ms);
    return config;
}

char **tg_aws_sign(const TgAwsKeys *keys, const TgAwsRequest *request, GError **error)
{
    struct aws_allocator *allocator = tg_aws_runtime_get();
    struct aws_http_message *message = message_of(request);
    Signing signing = {.message = message, .code = 0};
    char **headers = NULL;

    if (message == NULL) {
        tg_aws_set_error(error, TG_ERROR_CONFIG, "the request cannot be signed", aws_last_error());
        return NULL;
    }
    struct aws_credentials *credentials = aws_credentials_new(
        allocator, tg_aws_cursor(keys->access_key_id), tg_aws_cursor(keys->secret_access_key),
        tg_aws_cursor(keys->session_token), UINT64_MAX);
    struct aws_signable *signable = aws_signable_new_http_request(allocator, message);
    struct aws_signing_config_aws config = config_of(request, credentials);

    if (credentials == NULL ||
        aws_sign_request_aws(allocator, signable, (struct aws_signing_config_base *)&config,
                             on_signed, &signing) != 0) {
        signing.code = aws_last_error();
    }
    if (signing.code != 0) {
        tg_aws_set_error(error, TG_ERROR_CONFIG, "the request cannot be signed", signing.code);
    } else {
        headers = headers_of(message);
    }
    aws_signable_destroy(signable);
    aws_credentials_release(credentials);
    (void)aws_http_message_release(message); /* NULL, always */
    return headers;
}

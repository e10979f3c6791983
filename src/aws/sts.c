/* AssumeRole, AssumeRoleWithWebIdentity and GetFederationToken. */
#include "aws/sts.h"

#include <string.h>

#include "aws/s3_internal.h"
#include "aws/signature.h"
#include "base/clock.h"

#define ENDPOINT "https://sts.amazonaws.com"
#define REGION "us-east-1" /* of the global endpoint */
#define ANSWER_BYTES_MAX ((gsize)256 * 1024)
#define TIMEOUT_MS 60000
#define HEADERS_MAX 16

/* The text of the first <NAME> of an answer; NULL when there is none. Values here have no entities
 * but in messages. */
static char *value_of(const char *xml, const char *name)
{
    g_autofree char *open = g_strdup_printf("<%s>", name);
    g_autofree char *close = g_strdup_printf("</%s>", name);
    const char *start = strstr(xml, open);
    const char *end = start == NULL ? NULL : strstr(start, close);

    return end == NULL ? NULL
                       : g_strndup(start + strlen(open), (gsize)(end - start) - strlen(open));
}

static void add_field(GString *form, const char *name, const char *value)
{
    if (value != NULL) {
        g_autofree char *escaped = tg_s3_escape(value, "");

        g_string_append_printf(form, "&%s=%s", name, escaped);
    }
}

static char *form_of(const TgStsRequest *request)
{
    gboolean is_role = request->role_arn != NULL;
    const char *action = request->web_identity_token != NULL ? "AssumeRoleWithWebIdentity"
                         : is_role                           ? "AssumeRole"
                                                             : "GetFederationToken";
    GString *form = g_string_new(NULL);

    g_string_printf(form, "Action=%s&Version=2011-06-15&DurationSeconds=%" G_GINT64_FORMAT, action,
                    request->duration_s);
    add_field(form, "Policy", request->policy);
    add_field(form, is_role ? "RoleSessionName" : "Name", request->session_name);
    add_field(form, "RoleArn", request->role_arn);
    add_field(form, "ExternalId", request->external_id);
    add_field(form, "WebIdentityToken", request->web_identity_token);
    return g_string_free(form, FALSE);
}

static TgHttpAnswer *send(const TgAwsKeys *keys, const TgStsRequest *request, GError **error)
{
    static const char *const form_header[] = {"content-type", "application/x-www-form-urlencoded",
                                              NULL};
    const char *variable = g_getenv("AWS_ENDPOINT_URL_STS");
    const char *endpoint = request->endpoint != NULL ? request->endpoint
                           : variable != NULL        ? variable
                                                     : ENDPOINT;
    const char *host = strstr(endpoint, "://");
    g_autofree char *form = form_of(request);
    g_autofree char *hash = tg_aws_sha256(form, strlen(form));
    g_autofree char *url = g_strconcat(endpoint, "/", NULL);
    TgAwsRequest signing = {.method = "POST",
                            .host = host == NULL ? endpoint : host + strlen("://"),
                            .path = "/",
                            .region = REGION,
                            .service = "sts",
                            .headers = form_header,
                            .body_sha256 = hash,
                            .now_ms = tg_clock_now_ms()};
    g_auto(GStrv) signed_headers = request->web_identity_token == NULL
                                       ? tg_aws_sign(keys, &signing, error)
                                       : g_strdupv((char **)form_header);
    TgHttpHeader headers[HEADERS_MAX];

    if (signed_headers == NULL) {
        return NULL;
    }
    gsize count = tg_aws_http_headers(signed_headers, headers, HEADERS_MAX);

    TgHttpRequest http = {.method = "POST",
                          .url = url,
                          .headers = headers,
                          .headers_count = count,
                          .body = form,
                          .body_size_bytes = strlen(form),
                          .timeout_ms = TIMEOUT_MS,
                          .answer_bytes_max = ANSWER_BYTES_MAX,
                          .is_cancelled = request->is_cancelled};

    return tg_http_send(NULL, &http, error);
}

gboolean tg_sts_get_keys(const TgAwsKeys *keys, const TgStsRequest *request, TgAwsKeys *out,
                         GError **error)
{
    g_autoptr(TgHttpAnswer) answer = send(keys, request, error);
    g_auto(TgAwsKeys) got = {0};

    if (answer == NULL) {
        g_prefix_error(error, "temporary credentials: ");
        return FALSE;
    }
    const char *xml = (const char *)answer->body->data;

    if (answer->status != 200) {
        g_autofree char *message = value_of(xml, "Message");

        g_set_error(error, TG_ERROR,
                    answer->status >= 500 || answer->status == 429 ? TG_ERROR_RETRY
                                                                   : TG_ERROR_DENIED,
                    "temporary credentials were refused: %s (HTTP status %u)",
                    message == NULL ? "no reason given" : message, answer->status);
        return FALSE;
    }
    got.access_key_id = value_of(xml, "AccessKeyId");
    got.secret_access_key = value_of(xml, "SecretAccessKey");
    got.session_token = value_of(xml, "SessionToken");
    if (got.access_key_id == NULL || got.secret_access_key == NULL || got.session_token == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "temporary credentials: the server does not answer as STS does");
        return FALSE;
    }
    out->access_key_id = g_steal_pointer(&got.access_key_id);
    out->secret_access_key = g_steal_pointer(&got.secret_access_key);
    out->session_token = g_steal_pointer(&got.session_token);
    return TRUE;
}

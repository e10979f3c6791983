/* AssumeRole, AssumeRoleWithWebIdentity, GetFederationToken and GetCallerIdentity. */
#include "aws/sts.h"

#include <string.h>

#include "aws/endpoint.h"
#include "aws/s3_internal.h"
#include "aws/signature.h"
#include "base/clock.h"

#define ENDPOINT "https://sts.amazonaws.com"
#define GLOBAL_REGION "us-east-1"
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

/* A call; all lent. */
typedef struct {
    const char *form;
    const char *endpoint;  /* NULL: found */
    const char *region;    /* NULL: the global STS */
    const TgAwsKeys *keys; /* NULL: not signed */
    const gint *is_cancelled;
} Call;

/* The global STS knows AWS's first partition alone; the others have those of their regions. */
static char *endpoint_of(const Call *call, const char **out_region)
{
    char *found =
        call->endpoint != NULL ? g_strdup(call->endpoint) : tg_aws_endpoint_find("sts", NULL);
    g_autofree char *own =
        call->region == NULL ? NULL : tg_aws_endpoint_own_host("sts", call->region);

    *out_region = GLOBAL_REGION;
    if (found != NULL || own == NULL || g_str_has_suffix(own, ".amazonaws.com")) {
        return found != NULL ? found : g_strdup(ENDPOINT);
    }
    *out_region = call->region;
    return g_strconcat("https://", own, NULL);
}

static TgHttpAnswer *send(const Call *call, GError **error)
{
    static const char *const form_header[] = {"content-type", "application/x-www-form-urlencoded",
                                              NULL};
    const char *region = NULL;
    g_autofree char *endpoint = endpoint_of(call, &region);
    g_auto(TgAwsEndpoint) address = {0};
    g_autofree char *hash = tg_aws_sha256(call->form, strlen(call->form));

    if (!tg_aws_endpoint_parse(endpoint, &address, error)) {
        return NULL;
    }
    g_autofree char *url = g_strconcat(address.scheme, "://", address.host, "/", NULL);
    TgAwsRequest signing = {.method = "POST",
                            .host = address.host,
                            .path = "/",
                            .region = region,
                            .service = "sts",
                            .headers = form_header,
                            .body_sha256 = hash,
                            .now_ms = tg_clock_now_ms()};
    g_auto(GStrv) signed_headers = call->keys != NULL ? tg_aws_sign(call->keys, &signing, error)
                                                      : g_strdupv((char **)form_header);
    TgHttpHeader headers[HEADERS_MAX];

    if (signed_headers == NULL) {
        return NULL;
    }
    gsize count = tg_aws_http_headers(signed_headers, headers, HEADERS_MAX);

    TgHttpRequest http = {.method = "POST",
                          .url = url,
                          .ca_file = g_getenv("AWS_CA_BUNDLE"),
                          .headers = headers,
                          .headers_count = count,
                          .body = call->form,
                          .body_size_bytes = strlen(call->form),
                          .timeout_ms = TIMEOUT_MS,
                          .answer_bytes_max = ANSWER_BYTES_MAX,
                          .is_cancelled = call->is_cancelled};

    return tg_http_send(NULL, &http, error);
}

/* Whether it is a success; else what STS says. */
static gboolean check_answer(const TgHttpAnswer *answer, const char *what, GError **error)
{
    if (answer->status == 200) {
        return TRUE;
    }
    g_autofree char *message = value_of((const char *)answer->body->data, "Message");

    g_set_error(error, TG_ERROR,
                answer->status >= 500 || answer->status == 429 ? TG_ERROR_RETRY : TG_ERROR_DENIED,
                "%s were refused: %s (HTTP status %u)", what,
                message == NULL ? "no reason given" : message, answer->status);
    return FALSE;
}

gboolean tg_sts_get_keys(const TgAwsKeys *keys, const TgStsRequest *request, TgAwsKeys *out,
                         GError **error)
{
    g_autofree char *form = form_of(request);
    g_autofree char *region = tg_aws_region_find(NULL);
    Call call = {.form = form,
                 .endpoint = request->endpoint,
                 .region = region,
                 .keys = request->web_identity_token == NULL ? keys : NULL,
                 .is_cancelled = request->is_cancelled};
    g_autoptr(TgHttpAnswer) answer = send(&call, error);
    g_auto(TgAwsKeys) got = {0};

    if (answer == NULL) {
        g_prefix_error(error, "temporary credentials: ");
        return FALSE;
    }
    const char *xml = (const char *)answer->body->data;

    if (!check_answer(answer, "temporary credentials", error)) {
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

void tg_sts_identity_clear(TgStsIdentity *identity)
{
    g_clear_pointer(&identity->account, g_free);
    g_clear_pointer(&identity->arn, g_free);
    g_clear_pointer(&identity->user_id, g_free);
}

gboolean tg_sts_get_identity(const TgAwsKeys *keys, const char *region, const gint *is_cancelled,
                             TgStsIdentity *out, GError **error)
{
    Call call = {.form = "Action=GetCallerIdentity&Version=2011-06-15",
                 .region = region,
                 .keys = keys,
                 .is_cancelled = is_cancelled};
    g_autoptr(TgHttpAnswer) answer = send(&call, error);
    g_auto(TgStsIdentity) got = {NULL};

    if (answer == NULL || !check_answer(answer, "the credentials", error)) {
        g_prefix_error(error, "STS GetCallerIdentity: ");
        return FALSE;
    }
    const char *xml = (const char *)answer->body->data;

    got.account = value_of(xml, "Account");
    got.arn = value_of(xml, "Arn");
    got.user_id = value_of(xml, "UserId");
    if (got.account == NULL || got.arn == NULL || got.user_id == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "STS GetCallerIdentity: the server does not answer as STS does; check the "
                    "endpoint");
        return FALSE;
    }
    *out = (TgStsIdentity){.account = g_steal_pointer(&got.account),
                           .arn = g_steal_pointer(&got.arn),
                           .user_id = g_steal_pointer(&got.user_id)};
    return TRUE;
}

/* STS: who am I, and temporary keys. Forms in, XML out. */
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "endpoint/endpoint_internal.h"
#include "endpoint/signer.h"

#define NAMESPACE "https://sts.amazonaws.com/doc/2011-06-15/"
#define SESSION_MS ((gint64)3600 * 1000)

static void answer_xml(TgHttpCall *call, guint status, char *take_text)
{
    tg_endpoint_add_request_id(call);
    tg_http_call_add_header(call, "Content-Type", "text/xml");
    tg_http_call_answer(call, status, take_text, strlen(take_text));
}

static void answer_error(TgHttpCall *call, guint status, const char *code, const char *message)
{
    answer_xml(call, status,
               g_markup_printf_escaped("<ErrorResponse xmlns=\"" NAMESPACE "\"><Error><Type>Sender"
                                       "</Type><Code>%s</Code><Message>%s</Message></Error>"
                                       "<RequestId>local</RequestId></ErrorResponse>",
                                       code, message));
}

/* A field of the form in the body, or of the query. The caller frees. */
static char *field(const TgHttpCall *call, const char *name)
{
    const GByteArray *body = tg_http_call_body(call);
    g_auto(GStrv) pairs = g_strsplit((const char *)body->data, "&", 200);
    g_autofree char *start = g_strconcat(name, "=", NULL);

    for (guint i = 0; pairs[i] != NULL; i++) {
        if (g_str_has_prefix(pairs[i], start)) {
            return g_uri_unescape_string(g_strdelimit(pairs[i] + strlen(start), "+", ' '), NULL);
        }
    }
    return tg_http_call_parameter(call, name);
}

static void get_caller_identity(TgHttpCall *call)
{
    g_autofree char *caller = tg_signer_caller(call);

    answer_xml(call, 200,
               g_markup_printf_escaped(
                   "<GetCallerIdentityResponse xmlns=\"" NAMESPACE "\"><GetCallerIdentityResult>"
                   "<Arn>arn:aws:iam::" TG_ENDPOINT_ACCOUNT ":user/local</Arn><UserId>%s</UserId>"
                   "<Account>" TG_ENDPOINT_ACCOUNT "</Account></GetCallerIdentityResult>"
                   "<ResponseMetadata><RequestId>local</RequestId></ResponseMetadata>"
                   "</GetCallerIdentityResponse>",
                   *caller == '\0' ? "LOCAL" : caller));
}

/* AssumeRole, AssumeRoleWithWebIdentity and GetSessionToken: new keys that are taken from now on.
 */
static void give_keys(TgEndpoint *endpoint, TgHttpCall *call, const char *action)
{
    g_autofree char *role = field(call, "RoleArn");
    g_autofree char *session = field(call, "RoleSessionName");
    g_autofree char *random_id = tg_random_id(16);
    g_autofree char *upper = g_ascii_strup(random_id, -1);
    g_autofree char *id = g_strconcat("ASIA", upper, NULL);
    g_autofree char *secret = tg_random_id(40);
    g_autofree char *token = tg_random_id(60);
    g_autoptr(GDateTime) until =
        g_date_time_new_from_unix_utc((tg_clock_now_ms() + SESSION_MS) / 1000);
    g_autofree char *expires = g_date_time_format(until, "%Y-%m-%dT%H:%M:%SZ");
    g_autofree char *user = g_markup_printf_escaped(
        "<AssumedRoleUser><AssumedRoleId>AROALOCAL:%s</AssumedRoleId><Arn>%s/%s</Arn>"
        "</AssumedRoleUser>",
        session == NULL ? "" : session, role == NULL ? "" : role, session == NULL ? "" : session);

    if (endpoint->signer != NULL) {
        tg_signer_add(endpoint->signer, id, secret, token);
    }
    answer_xml(call, 200,
               g_strdup_printf("<%sResponse xmlns=\"" NAMESPACE "\"><%sResult><Credentials>"
                               "<AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>"
                               "<SessionToken>%s</SessionToken><Expiration>%s</Expiration>"
                               "</Credentials>%s</%sResult><ResponseMetadata><RequestId>local"
                               "</RequestId></ResponseMetadata></%sResponse>",
                               action, action, id, secret, token, expires,
                               strcmp(action, "GetSessionToken") == 0 ? "" : user, action, action));
}

void tg_endpoint_sts(TgEndpoint *endpoint, TgHttpCall *call)
{
    static const char *const givers[] = {"AssumeRole", "AssumeRoleWithWebIdentity",
                                         "GetSessionToken", NULL};
    g_autofree char *action = field(call, "Action");
    gboolean is_unsigned = g_strcmp0(action, "AssumeRoleWithWebIdentity") == 0;
    TgSignerRefusal refusal = {NULL, NULL, NULL};

    if (!is_unsigned && !tg_signer_check(endpoint->signer, call, FALSE, &refusal)) {
        answer_error(call, 403, refusal.s3_code, refusal.message);
    } else if (g_strcmp0(action, "GetCallerIdentity") == 0) {
        get_caller_identity(call);
    } else if (action != NULL && g_strv_contains(givers, action) &&
               (!is_unsigned || endpoint->signer == NULL)) {
        give_keys(endpoint, call, action);
    } else {
        answer_error(call, 400, "InvalidAction", "the local endpoint does not know this action");
    }
}

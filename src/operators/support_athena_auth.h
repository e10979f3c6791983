/* Who an athena operator is for AWS, and where AWS is: the options of digdag-operator-athena (spec
 * athena.md 1.1) and named profiles. */
#pragma once

#include "aws/settings.h"
#include "operators/services.h"

typedef struct {
    TgAwsSettings aws;
    char *proxy; /* as TgAwsClientOptions; each may be NULL */
    char *athena_endpoint;
    char *glue_endpoint;
    char *s3_endpoint;
} TgAthenaAuth;

void tg_athena_auth_clear(TgAthenaAuth *auth);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgAthenaAuth, tg_athena_auth_clear)

/**
 * With `auth_method` as digdag-operator-athena reads it: basic, session, anonymous; env,
 * properties, profile, instance and web_identity_token when the system's
 * `athena.allow_auth_method_…` is true; the secret athena.role_arn is assumed with it. Without it
 * as tg_operator_aws with the scope "athena".
 *
 * Errors: CONFIG in the original's words, NOT_FOUND for secrets.
 */
gboolean tg_athena_auth_read(const TgTurn *turn, const char *op, TgAthenaAuth *out, GError **error);

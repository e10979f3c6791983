/* Credentials for a while, with fewer rights: AWS's Security Token Service. */
#pragma once

#include "aws/credentials.h"

/* What is asked for; all lent. */
typedef struct {
    const char *role_arn; /* NULL: a federation token of the user itself */
    const char *session_name;
    gint64 duration_s;
    const char *policy;      /* JSON: what the new keys may do at most; NULL: as the role may */
    const char *external_id; /* NULL: none */
    const char
        *web_identity_token; /* the role is that of its holder, no keys are needed; or NULL */
    const char *endpoint;    /* "https://host"; NULL: as tg_aws_endpoint_find, else AWS's own */
    const gint *is_cancelled;
} TgStsRequest;

/* Errors: DENIED with what STS says, RETRY, CANCELLED. */
gboolean tg_sts_get_keys(const TgAwsKeys *keys, const TgStsRequest *request, TgAwsKeys *out,
                         GError **error);

/* Who asks. */
typedef struct {
    char *account; /* twelve digits */
    char *arn;
    char *user_id;
} TgStsIdentity;

void tg_sts_identity_clear(TgStsIdentity *identity);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgStsIdentity, tg_sts_identity_clear)

/**
 * Asks STS whose keys these are; everybody may. Errors: DENIED with what STS says, RETRY,
 * CANCELLED.
 *
 * @region whose STS is asked; NULL: the global one
 */
gboolean tg_sts_get_identity(const TgAwsKeys *keys, const char *region, const gint *is_cancelled,
                             TgStsIdentity *out, GError **error);

/* Checks Signature Version 4 of requests. Source: shared/spec/athena.md 2 (SigV4). */
#pragma once

#include "net/http_server.h"

typedef struct TgSigner TgSigner;

TgSigner *tg_signer_new(const char *access_key_id, const char *secret_access_key);
void tg_signer_free(TgSigner *signer);

/* Temporary keys: valid from now on, as long as the program runs. Any thread. */
void tg_signer_add(TgSigner *signer, const char *access_key_id, const char *secret_access_key,
                   const char *session_token);

/* Why a request was refused; all lent for good. */
typedef struct {
    const char *s3_code;    /* "SignatureDoesNotMatch" */
    const char *json_class; /* "InvalidSignatureException" */
    const char *message;
} TgSignerRefusal;

/**
 * Whether a request is signed by known keys. The body of S3's is not read: its hash is the
 * header's.
 *
 * @signer NULL: anything is right
 * @is_s3 how a path is escaped and where the hash of the body stands
 */
gboolean tg_signer_check(TgSigner *signer, const TgHttpCall *call, gboolean is_s3,
                         TgSignerRefusal *out);

/* The id of the access key that a request names, or "". The caller frees. */
char *tg_signer_caller(const TgHttpCall *call);

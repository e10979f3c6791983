/* Signing requests for AWS: Signature Version 4. */
#pragma once

#include <glib.h>

#include "aws/credentials.h"
#include "net/http.h"

/* For a body that is not hashed; over https its bytes are safe anyway. */
#define TG_AWS_UNSIGNED "UNSIGNED-PAYLOAD"

/* A request before it is sent; all lent. */
typedef struct {
    const char *method;
    const char *host; /* with the port when it is not the scheme's own */
    const char *path; /* percent-encoded, begins with '/', with "?query" */
    const char *region;
    const char *service;        /* "s3", "sts" */
    const char *const *headers; /* name and value in turn, NULL-terminated; without host; or NULL */
    const char *body_sha256;    /* hexadecimal, or TG_AWS_UNSIGNED */
    gint64 now_ms;              /* of this machine; AWS allows 15 minutes of difference */
} TgAwsRequest;

/**
 * All headers to send: those of the request, Host, and the signature's. A failure is CONFIG: a
 * header or path that cannot be signed.
 *
 * @return name and value in turn; the caller frees
 */
char **tg_aws_sign(const TgAwsKeys *keys, const TgAwsRequest *request, GError **error);

/* Headers as a request has them; lent from the list. Returns how many, at most `count_max`. */
gsize tg_aws_http_headers(char *const *list, TgHttpHeader *into, gsize count_max);

/* The hexadecimal SHA-256 of a body. The caller frees. */
char *tg_aws_sha256(const void *bytes, gsize size_bytes);

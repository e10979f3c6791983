/* What AWS's JSON services say when they refuse, read and put into words. Their text is not
 * trusted. */
#pragma once

#include <jansson.h>

#include "base/error.h"

/* What is known of a call beside the document that it gave; {0} before the call. */
typedef struct {
    char *code; /* "EntityNotFoundException"; NULL: no refusal, or one without a name */
    char *message;
    char *reason;       /* a second name: "MALFORMED_QUERY" of Athena; NULL: none */
    char *request_id;   /* for AWS's support; NULL: none came */
    guint status;       /* of HTTP; 0: nobody answered */
    guint tries;        /* above 1 an earlier one may have been carried out, its answer lost */
    gsize answer_bytes; /* size of the document */
} TgAwsReply;

void tg_aws_reply_clear(TgAwsReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgAwsReply, tg_aws_reply_clear)

/* Whether the service refused with exactly this code. */
gboolean tg_aws_reply_is(const TgAwsReply *reply, const char *code);

/**
 * Reads an answer that is no success. Anything can be read; what is missing stays NULL. Messages
 * are shortened, without control characters, and without what a service repeats of the request's
 * headers.
 *
 * @error_type the header x-amzn-errortype; may be NULL
 */
void tg_aws_reply_read(TgAwsReply *reply, const char *body, gsize size_bytes,
                       const char *error_type);

/* What a code of a service means; a table of them ends with {0}. */
typedef struct {
    const char *code;
    TgErrorCode error;
    const char *hint; /* what to do */
} TgAwsCode;

/* How a refusal is dealt with. */
typedef enum {
    TG_AWS_REFUSED,   /* as the error says */
    TG_AWS_THROTTLED, /* the same call again, later */
    TG_AWS_EXPIRED,   /* the keys: again with new ones */
    TG_AWS_SKEWED     /* perhaps the clock: again with the server's time, if it differs */
} TgAwsRemedy;

/**
 * What a refusal means: by the service's own table, else by what all services use, else by the
 * status. NOT_FOUND comes from the service's own table alone.
 *
 * @own may be NULL
 * @out_hint what to do; lent for good
 */
TgErrorCode tg_aws_reply_meaning(const TgAwsReply *reply, const TgAwsCode *own,
                                 const char **out_hint, TgAwsRemedy *out_remedy);

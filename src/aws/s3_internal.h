/* What the files of the S3 client share: one call, signed, sent, tried again. */
#pragma once

#include "aws/s3.h"
#include "net/http.h"

struct TgS3 {
    TgHttp *http;
    TgAwsCredentials *credentials;
    GMutex mutex;
    char *region; /* under the mutex: AWS may tell another one */
    char *scheme; /* "https" */
    char *host;   /* of the endpoint with its port; NULL: AWS's own */
    gboolean path_style;
    char *proxy; /* NULL: that of the environment */
    guint tries_max;
    guint stall_s;
    gint64 part_bytes;
    const gint *is_cancelled;
    char *sse_headers[7]; /* name and value in turn; all NULL without a key */
};

/* A call; all lent. */
typedef struct {
    const char *method;
    const char *bucket;
    const char *key;        /* NULL: the bucket itself */
    const char *query;      /* encoded, sorted by name, without "?"; or NULL */
    const char *headers[9]; /* name and value in turn */
    const char *body;
    gsize body_size;
    gsize answer_bytes_max; /* 0: the client's */
    const char *verb;       /* "read": for "cannot read s3://…" */
} TgS3Call;

/* Only answers of status 2xx are given; others are errors. */
TgHttpAnswer *tg_s3_call(TgS3 *s3, const TgS3Call *call, GError **error);

/* The same, read as XML; also an Error with status 200 is an error. */
gboolean tg_s3_call_xml(TgS3 *s3, const TgS3Call *call, TgS3Answer *out, GError **error);

/* Percent-encodes as signatures want it; `keep` are characters that stay. The caller frees. */
char *tg_s3_escape(const char *text, const char *keep);

/* The ETag of an answer without its quotes. The caller frees. */
char *tg_s3_etag_of(const TgHttpAnswer *answer);

/* tg_s3_copy in parts (s3_parts.c). @source as the header x-amz-copy-source wants it */
gboolean tg_s3_copy_parts(TgS3 *s3, const char *source, const TgS3Place *to, gint64 size_bytes,
                          char **out_etag, GError **error);

/* What the files of S3 share. */
#pragma once

#include <glib.h>

#include "endpoint/checksum.h"
#include "endpoint/chunked.h"
#include "endpoint/endpoint_internal.h"

/* A body on its way into a file. */
typedef struct {
    char *path;
    int fd; /* -1: none */
    gint64 size_bytes;
    gint64 expected_bytes; /* X-Amz-Decoded-Content-Length; -1: not said */
    TgChunked *chunked;    /* NULL: plain */
    TgChecksumKind kind;
    guint64 sum;
    GChecksum *md5;    /* only when it is to be compared */
    GChecksum *sha256; /* the same */
} TgS3Upload;

/* One request. */
typedef struct {
    TgEndpoint *endpoint;
    TgHttpCall *call;
    char *bucket; /* "": of the service */
    char *key;    /* "": of the bucket */
    char *url;    /* s3://bucket/key */
    TgObjectDraft draft;
    TgS3Upload upload;
} TgS3Call;

/* The data of an HTTP call. */
void tg_endpoint_s3_call_free(gpointer data);

/* ---- s3.c: answers -------------------------------------------------------------------------- */

/* An XML answer; the text begins after the declaration. */
void tg_endpoint_s3_answer(TgS3Call *s3, guint status, char *take_xml);
void tg_endpoint_s3_answer_empty(TgS3Call *s3, guint status);
void tg_endpoint_s3_answer_error(TgS3Call *s3, guint status, const char *code, const char *message);
void tg_endpoint_s3_answer_failure(TgS3Call *s3, const GError *error);

/* Whether the bucket is there; else it is answered. */
gboolean tg_endpoint_s3_require_bucket(TgS3Call *s3);

/* Appends text as XML has it; characters that XML cannot hold become U+FFFD. */
void tg_endpoint_s3_append_text(GString *xml, const char *name, const char *text);

/* "2024-01-01T00:00:00.000Z". The caller frees. */
char *tg_endpoint_s3_time(gint64 at_ms);

/* The elements of a document that hold text: name and text in turn. Unref it; NULL with CONFIG. */
GPtrArray *tg_endpoint_s3_leaves(const GByteArray *body, GError **error);

/* ---- s3_upload.c ---------------------------------------------------------------------------- */

/* In begin(): opens the file and takes the body; FALSE when it was answered. */
gboolean tg_endpoint_s3_upload_begin(TgS3Call *s3, const char *path);
gboolean tg_endpoint_s3_upload_write(gpointer data, const char *bytes, gsize size_bytes,
                                     GError **error);

/* Closes the file and compares what was promised; FALSE when it was answered. */
gboolean tg_endpoint_s3_upload_end(TgS3Call *s3);
void tg_endpoint_s3_upload_clear(TgS3Upload *upload);

/* ---- the operations; each answers ----------------------------------------------------------- */

void tg_endpoint_s3_list_objects(TgS3Call *s3);
void tg_endpoint_s3_get_object(TgS3Call *s3);
void tg_endpoint_s3_put_begin(TgS3Call *s3);
void tg_endpoint_s3_put_object(TgS3Call *s3);
void tg_endpoint_s3_copy_object(TgS3Call *s3);
void tg_endpoint_s3_delete_object(TgS3Call *s3);
void tg_endpoint_s3_delete_objects(TgS3Call *s3);

void tg_endpoint_s3_part_begin(TgS3Call *s3);
void tg_endpoint_s3_create_upload(TgS3Call *s3);
void tg_endpoint_s3_put_part(TgS3Call *s3);
void tg_endpoint_s3_copy_part(TgS3Call *s3);
void tg_endpoint_s3_list_parts(TgS3Call *s3);
void tg_endpoint_s3_list_uploads(TgS3Call *s3);
void tg_endpoint_s3_complete_upload(TgS3Call *s3);
void tg_endpoint_s3_abort_upload(TgS3Call *s3);

/* Forgets uploads that were begun a week ago; at the start. */
gboolean tg_endpoint_s3_sweep_uploads(TgEndpoint *endpoint, GError **error);

/* s3_object.c: the facts that a file does not hold (type, metadata) of a request's headers, NULL
 * when there are none; and keeping them. */
json_t *tg_endpoint_s3_facts_of_request(const TgS3Call *s3);
gboolean tg_endpoint_s3_keep_facts(const TgS3Call *s3, const TgObjectInfo *info, json_t *take_facts,
                                   GError **error);

/* "bytes=1-2" against a size; FALSE when it cannot be met. No range at all leaves both. */
gboolean tg_endpoint_s3_parse_range(const char *text, gint64 size_bytes, gint64 *from,
                                    gint64 *count);

/* x-amz-copy-source as a URL; NULL when it is none. The caller frees. */
char *tg_endpoint_s3_copy_source(const TgS3Call *s3);

/* s3.c: called by the server. */
void tg_endpoint_s3_begin(TgEndpoint *endpoint, TgHttpCall *call);
void tg_endpoint_s3(TgEndpoint *endpoint, TgHttpCall *call);

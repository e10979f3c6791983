/* Calls to S3, or a server that speaks like it. */
#pragma once

#include <glib.h>

#include "aws/credentials.h"
#include "aws/s3_answer.h"

/* Where it is and who asks; lent for the time of the call, but is_cancelled. */
typedef struct {
    const char *endpoint;          /* "https://host[:port]"; NULL: AWS's own of the region */
    const char *region;            /* NULL: us-east-1; AWS tells when a bucket lies elsewhere */
    gboolean path_style;           /* the bucket in the path, not in the host's name */
    TgAwsCredentials *credentials; /* a reference is kept */
    const char *proxy;     /* "http://[user:password@]host:port"; NULL: that of the environment */
    const char *sse_c_key; /* base64; of objects encrypted with the caller's key; or NULL */
    const char *sse_c_algorithm; /* NULL: AES256 */
    const char *sse_c_md5;       /* base64; NULL: computed */
    guint tries_max;             /* 0: 4 */
    guint stall_s;               /* a call without a byte for so long is tried again; 0: 60 */
    gint64 part_bytes;           /* of copies and uploads in parts; 0: copies over 5 GB
                                    in 512 MiB, uploads in 16 MiB */
    const gint *is_cancelled;    /* g_atomic_int_get; may be NULL */
} TgS3Options;

/* Any thread may use it. */
typedef struct TgS3 TgS3;

/* CONFIG for an endpoint that is no address. */
TgS3 *tg_s3_new(const TgS3Options *options, GError **error);
void tg_s3_free(TgS3 *s3);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgS3, tg_s3_free)

/*
 * All calls try again, later each time, when the server or the network fails. Errors: NOT_FOUND for
 * a bucket or an object that is not there, DENIED for credentials and rights, CONFLICT, RETRY,
 * CANCELLED, else CONFIG. Messages name the object, what the server said, and what to check.
 */

/* One object of one bucket. */
typedef struct {
    const char *bucket;
    const char *key;
    const char *version_id; /* NULL: the newest */
    const char *if_match;   /* get: only while it has this ETag, else CONFLICT; NULL: any */
    gboolean if_none;       /* put: only when there is no such object, else CONFLICT */
} TgS3Place;

/* What is known of an object without reading it. */
typedef struct {
    gint64 size_bytes;
    gint64 modified_at_ms;   /* 0 when the server did not say */
    char *etag;              /* without quotes */
    GPtrArray *header_names; /* of the answer, lower case, and their values */
    GPtrArray *header_values;
} TgS3Info;

void tg_s3_info_clear(TgS3Info *info);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgS3Info, tg_s3_info_clear)

gboolean tg_s3_head(TgS3 *s3, const TgS3Place *place, TgS3Info *out, GError **error);

/**
 * Bytes of an object; more than bytes_max is CONFIG.
 *
 * @from, size the range; size -1: to the end
 * @return a NUL follows that is not counted
 */
GByteArray *tg_s3_get(TgS3 *s3, const TgS3Place *place, gint64 from, gint64 size, gsize bytes_max,
                      GError **error);

/* With if_none, CONFLICT may also mean that this very call wrote it and the answer was lost: read
 * it.
 * @out_etag may be NULL; the caller frees */
gboolean tg_s3_put(TgS3 *s3, const TgS3Place *place, const char *bytes, gsize size_bytes,
                   char **out_etag, GError **error);

/* A file to become an object; lent. */
typedef struct {
    const char *path;
    const char *const *headers; /* of the object, as x-amz-acl: name and value in turn, at most
                                   four, NULL-terminated; or NULL */
} TgS3File;

/**
 * Writes a file as an object that appears at once; a large one in parts of 16 MiB (or part_bytes),
 * of which nothing is left when it fails. Memory is that of one part.
 *
 * @out_etag may be NULL; the caller frees
 */
gboolean tg_s3_put_file(TgS3 *s3, const TgS3Place *place, const TgS3File *file, char **out_etag,
                        GError **error);

/* A file on its way: a large one has all its parts sent, and nobody sees the object before the end.
 * Used by one thread at a time. */
typedef struct TgS3Upload TgS3Upload;

/* Sends the parts of a large file; a small one waits for the end. The client outlives it. */
TgS3Upload *tg_s3_upload_new(TgS3 *s3, const TgS3Place *place, const TgS3File *file,
                             GError **error);

/* Whether the file is not needed any more. */
gboolean tg_s3_upload_is_sent(const TgS3Upload *upload);

/* Makes it the object. @out_etag may be NULL; the caller frees */
gboolean tg_s3_upload_finish(TgS3Upload *upload, char **out_etag, GError **error);

/* Gives it up unless it was finished. */
void tg_s3_upload_free(TgS3Upload *upload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgS3Upload, tg_s3_upload_free)

/**
 * Copies within S3; large objects in parts, of which nothing is left when it fails.
 *
 * @size_bytes of the object, from head or list
 */
gboolean tg_s3_copy(TgS3 *s3, const TgS3Place *from, const TgS3Place *to, gint64 size_bytes,
                    char **out_etag, GError **error);

/* A missing object is fine. */
gboolean tg_s3_delete(TgS3 *s3, const TgS3Place *place, GError **error);

/* Many of a bucket, 1,000 a call; those before a failing call are gone. @keys of const char * */
gboolean tg_s3_delete_many(TgS3 *s3, const char *bucket, const GPtrArray *keys, GError **error);

/**
 * All objects whose key begins with a prefix, sorted by key; more than objects_max is CONFIG.
 *
 * @return of TgS3Object, freed with the array
 */
GPtrArray *tg_s3_list(TgS3 *s3, const char *bucket, const char *prefix, guint objects_max,
                      GError **error);

/**
 * All uploads in parts that were begun and neither ended nor given up, of keys that begin with a
 * prefix; more than uploads_max is CONFIG.
 *
 * @return of TgS3Object with upload_id, freed with the array
 */
GPtrArray *tg_s3_list_uploads(TgS3 *s3, const char *bucket, const char *prefix, guint uploads_max,
                              GError **error);

/* Gives an upload up: its parts are gone. One that is not there any more is fine. */
gboolean tg_s3_abort_upload(TgS3 *s3, const char *bucket, const TgS3Object *upload, GError **error);

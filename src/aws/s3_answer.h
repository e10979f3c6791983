/* Reading the XML that S3 answers with. Its text is not trusted: sizes and counts have limits. */
#pragma once

#include <glib.h>

#include "base/error.h"

/* One object of a listing. */
typedef struct {
    char *key;
    char *etag; /* without quotes */
    gint64 size_bytes;
    char *upload_id;       /* of an upload in parts that is under way; NULL: an object */
    gint64 modified_at_ms; /* or when the upload began; 0 when the server did not say */
    gboolean is_archived;  /* of a storage class that must be restored first */
} TgS3Object;

void tg_s3_object_free(TgS3Object *object);

/* What an answer holds; each NULL when it is not in it. */
typedef struct {
    char *code; /* of an error */
    char *message;
    char *region;       /* that an error names */
    char *etag;         /* of a copy or a finished upload, without quotes */
    char *upload_id;    /* of a new multipart upload */
    char *continuation; /* of a list that goes on */
    char *key_marker;   /* the same of a list of uploads, two of them */
    char *upload_marker;
    gboolean is_truncated;   /* the list goes on */
    gboolean is_error;       /* an Error, also with the status 200, or of one key of many */
    GPtrArray *take_objects; /* of TgS3Object, in the order of the keys; or uploads */
} TgS3Answer;

void tg_s3_answer_clear(TgS3Answer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgS3Answer, tg_s3_answer_clear)

/* Reads an answer; one that is no XML is RETRY ("the server does not speak S3"). */
gboolean tg_s3_answer_parse(const char *text, gsize size_bytes, TgS3Answer *out, GError **error);

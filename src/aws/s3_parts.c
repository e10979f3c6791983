/* Objects written in parts: copies, and uploads of files. Nothing is left of one that fails. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/s3_internal.h"

#define COPY_PART_BYTES (G_GINT64_CONSTANT(512) * 1024 * 1024)
#define UPLOAD_PART_BYTES (G_GINT64_CONSTANT(16) * 1024 * 1024) /* also what is sent at once */
#define PARTS_MAX 10000
#define MD5_BYTES 16

/* An object under way. */
typedef struct Parts Parts;
struct Parts {
    TgS3 *s3;
    const TgS3Place *to;
    const char *const *headers; /* of the object: name and value in turn; or NULL */
    const char *verb;
    gint64 size_bytes;
    gint64 part_bytes;

    /* Sends bytes [from, from + size) as a part; the ETag is the caller's. */
    char *(*send)(Parts *parts, guint number, gint64 from, gint64 size, GError **error);
    const char *source; /* of a copy */
    const char *path;   /* of an upload */
    int file;
    char *buffer;

    char *upload;        /* "uploadId=…" */
    GString *list;       /* of what is done, as S3 wants it at the end */
    guint count;         /* of these parts */
    GByteArray *digests; /* MD5 of each, by its ETag; shorter when ETags are something else */
};

static void add_headers(TgS3Call *call, const char *const *headers)
{
    for (gsize i = 0; headers != NULL && headers[i] != NULL && i + 1 < G_N_ELEMENTS(call->headers);
         i++) {
        call->headers[i] = headers[i];
    }
}

static gboolean begin_parts(Parts *parts, GError **error)
{
    TgS3Call call = {.method = "POST",
                     .bucket = parts->to->bucket,
                     .key = parts->to->key,
                     .query = "uploads=",
                     .verb = parts->verb};
    g_auto(TgS3Answer) answer = {NULL};

    add_headers(&call, parts->headers);
    if (!tg_s3_call_xml(parts->s3, &call, &answer, error)) {
        return FALSE;
    }
    if (answer.upload_id == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "cannot %s s3://%s/%s: the server gives no upload id", parts->verb,
                    parts->to->bucket, parts->to->key);
        return FALSE;
    }
    g_autofree char *id = tg_s3_escape(answer.upload_id, "");

    parts->upload = g_strconcat("uploadId=", id, NULL);
    return TRUE;
}

static char *send_copied(Parts *parts, guint number, gint64 from, gint64 size, GError **error)
{
    g_autofree char *query = g_strdup_printf("partNumber=%u&%s", number, parts->upload);
    g_autofree char *range =
        g_strdup_printf("bytes=%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, from, from + size - 1);
    TgS3Call call = {
        .method = "PUT",
        .bucket = parts->to->bucket,
        .key = parts->to->key,
        .query = query,
        .headers = {"x-amz-copy-source", parts->source, "x-amz-copy-source-range", range, NULL},
        .verb = parts->verb};
    g_auto(TgS3Answer) answer = {NULL};

    if (!tg_s3_call_xml(parts->s3, &call, &answer, error)) {
        return NULL;
    }
    return answer.etag == NULL ? g_strdup("") : g_steal_pointer(&answer.etag);
}

/* Reads [from, from + size) of the file into the buffer. */
static gboolean read_part(Parts *parts, gint64 from, gint64 size, GError **error)
{
    gint64 done = 0;

    while (done < size) {
        ssize_t got = pread(parts->file, parts->buffer + done, (size_t)(size - done), from + done);

        if (got <= 0) {
            tg_error_set_file(error, got == 0 ? EIO : errno, "read", parts->path);
            return FALSE;
        }
        done += got;
    }
    return TRUE;
}

static char *send_read(Parts *parts, guint number, gint64 from, gint64 size, GError **error)
{
    g_autofree char *query = g_strdup_printf("partNumber=%u&%s", number, parts->upload);
    TgS3Call call = {.method = "PUT",
                     .bucket = parts->to->bucket,
                     .key = parts->to->key,
                     .query = query,
                     .body = parts->buffer,
                     .body_size = (gsize)size,
                     .verb = parts->verb};

    if (!read_part(parts, from, size, error)) {
        return NULL;
    }
    g_autoptr(TgHttpAnswer) answer = tg_s3_call(parts->s3, &call, error);

    return answer == NULL ? NULL : tg_s3_etag_of(answer);
}

/* The bytes of an ETag that is an MD5. */
static void add_digest(GByteArray *digests, const char *etag)
{
    guint8 bytes[MD5_BYTES];

    for (gsize i = 0; i < MD5_BYTES; i++) {
        int high = g_ascii_xdigit_value(etag[2 * i]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(etag[2 * i + 1]);

        if (low < 0) {
            return;
        }
        bytes[i] = (guint8)(high * 16 + low);
    }
    (void)g_byte_array_append(digests, bytes, MD5_BYTES);
}

static gboolean add_part(Parts *parts, guint number, gint64 from, GError **error)
{
    gint64 size = MIN(parts->part_bytes, parts->size_bytes - from);
    g_autofree char *etag = parts->send(parts, number, from, size, error);
    g_autofree char *escaped = NULL;

    if (etag == NULL) {
        return FALSE;
    }
    parts->count++;
    add_digest(parts->digests, etag);
    escaped = g_markup_escape_text(etag, -1);
    g_string_append_printf(parts->list,
                           "<Part><PartNumber>%u</PartNumber><ETag>\"%s\"</ETag></Part>", number,
                           escaped);
    return TRUE;
}

/* The ETag that S3 gives to the whole: the MD5 of the parts' MD5s. NULL when it cannot be told. */
static char *whole_etag(const Parts *parts)
{
    g_autofree char *md5 = NULL;

    if (parts->digests->len != (gsize)parts->count * MD5_BYTES) {
        return NULL;
    }
    md5 = g_compute_checksum_for_data(G_CHECKSUM_MD5, parts->digests->data, parts->digests->len);
    return g_strdup_printf("%s-%u", md5, parts->count);
}

/* Whether the object is what these parts make: a call that ended the upload may lose its answer,
 * and the next try hears that there is no such upload. */
static gboolean has_ended(const Parts *parts, char **out_etag)
{
    g_auto(TgS3Info) info = {0};
    g_autofree char *whole = whole_etag(parts);
    g_autofree char *count = g_strdup_printf("-%u", parts->count);

    if (!tg_s3_head(parts->s3, parts->to, &info, NULL) || info.etag == NULL ||
        info.size_bytes != parts->size_bytes) {
        return FALSE;
    }
    if (whole != NULL ? strcmp(info.etag, whole) != 0 : !g_str_has_suffix(info.etag, count)) {
        return FALSE;
    }
    if (out_etag != NULL) {
        *out_etag = g_strdup(info.etag);
    }
    return TRUE;
}

static gboolean end_parts(Parts *parts, char **out_etag, GError **error)
{
    g_autofree char *body = g_strconcat("<CompleteMultipartUpload>", parts->list->str,
                                        "</CompleteMultipartUpload>", NULL);
    TgS3Call call = {.method = "POST",
                     .bucket = parts->to->bucket,
                     .key = parts->to->key,
                     .query = parts->upload,
                     .headers = {"content-type", "application/xml", NULL},
                     .body = body,
                     .body_size = strlen(body),
                     .verb = parts->verb};
    g_auto(TgS3Answer) answer = {NULL};
    g_autoptr(GError) problem = NULL;

    if (tg_s3_call_xml(parts->s3, &call, &answer, &problem)) {
        if (out_etag != NULL) {
            *out_etag = g_steal_pointer(&answer.etag);
        }
        return TRUE;
    }
    if (g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND) && has_ended(parts, out_etag)) {
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

/* The parts cost money until they are gone. */
static void abort_parts(const Parts *parts)
{
    TgS3Call call = {.method = "DELETE",
                     .bucket = parts->to->bucket,
                     .key = parts->to->key,
                     .query = parts->upload,
                     .verb = "clean up"};
    g_autoptr(TgHttpAnswer) answer = tg_s3_call(parts->s3, &call, NULL);

    (void)answer; /* the object has failed already, with a better reason */
}

static void clear_parts(Parts *parts)
{
    if (parts->list != NULL) {
        (void)g_string_free(parts->list, TRUE);
        g_byte_array_unref(parts->digests);
    }
    g_free(parts->upload);
}

/* Begins the upload and sends all parts; nobody sees them before end_parts. */
static gboolean send_all(Parts *parts, GError **error)
{
    gint64 least = (parts->size_bytes + PARTS_MAX - 1) / PARTS_MAX;
    gboolean ok = TRUE;
    guint number = 1;

    parts->part_bytes = MAX(parts->part_bytes, least);
    parts->list = g_string_new(NULL);
    parts->digests = g_byte_array_new();
    if (!begin_parts(parts, error)) {
        return FALSE;
    }
    for (gint64 from = 0; ok && from < parts->size_bytes; from += parts->part_bytes) {
        ok = add_part(parts, number++, from, error);
    }
    if (!ok) {
        abort_parts(parts);
    }
    return ok;
}

static gboolean send_parts(Parts *parts, char **out_etag, GError **error)
{
    gboolean ok = send_all(parts, error);

    if (ok && !end_parts(parts, out_etag, error)) {
        abort_parts(parts);
        ok = FALSE;
    }
    clear_parts(parts);
    return ok;
}

gboolean tg_s3_copy_parts(TgS3 *s3, const char *source, const TgS3Place *to, gint64 size_bytes,
                          char **out_etag, GError **error)
{
    Parts parts = {.s3 = s3,
                   .source = source,
                   .to = to,
                   .verb = "copy to",
                   .size_bytes = size_bytes,
                   .part_bytes = s3->part_bytes == 0 ? COPY_PART_BYTES : s3->part_bytes,
                   .send = send_copied};

    return send_parts(&parts, out_etag, error);
}

static gboolean put_at_once(Parts *parts, char **out_etag, GError **error)
{
    TgS3Call call = {.method = "PUT",
                     .bucket = parts->to->bucket,
                     .key = parts->to->key,
                     .body = parts->buffer,
                     .body_size = (gsize)parts->size_bytes,
                     .verb = parts->verb};

    add_headers(&call, parts->headers);
    if (!read_part(parts, 0, parts->size_bytes, error)) {
        return FALSE;
    }
    g_autoptr(TgHttpAnswer) answer = tg_s3_call(parts->s3, &call, error);

    if (answer != NULL && out_etag != NULL) {
        *out_etag = tg_s3_etag_of(answer);
    }
    return answer != NULL;
}

/* Opens the file of an upload and makes room for what is sent of it at a time. */
static gboolean open_file(Parts *parts, GError **error)
{
    struct stat status;

    parts->file = open(parts->path, O_RDONLY | O_CLOEXEC);
    if (parts->file < 0 || fstat(parts->file, &status) != 0) {
        tg_error_set_file(error, errno, "read", parts->path);
        return FALSE;
    }
    parts->size_bytes = status.st_size;
    gint64 least = (parts->size_bytes + PARTS_MAX - 1) / PARTS_MAX;

    parts->buffer = g_malloc((gsize)MIN(parts->size_bytes, MAX(parts->part_bytes, least)) + 1);
    return TRUE;
}

static void close_file(Parts *parts)
{
    if (parts->file >= 0) {
        (void)close(parts->file); /* it was only read */
    }
    parts->file = -1;
    g_clear_pointer(&parts->buffer, g_free);
}

static Parts parts_of_file(TgS3 *s3, const TgS3Place *place, const TgS3File *file)
{
    return (Parts){.s3 = s3,
                   .to = place,
                   .headers = file->headers,
                   .verb = "write",
                   .path = file->path,
                   .part_bytes = s3->part_bytes == 0 ? UPLOAD_PART_BYTES : s3->part_bytes,
                   .file = -1,
                   .send = send_read};
}

gboolean tg_s3_put_file(TgS3 *s3, const TgS3Place *place, const TgS3File *file, char **out_etag,
                        GError **error)
{
    Parts parts = parts_of_file(s3, place, file);
    gboolean ok = open_file(&parts, error) &&
                  (parts.size_bytes <= parts.part_bytes ? put_at_once(&parts, out_etag, error)
                                                        : send_parts(&parts, out_etag, error));

    close_file(&parts);
    return ok;
}

struct TgS3Upload {
    Parts parts; /* without an upload: a small file, which waits for the end */
    TgS3Place to;
    char *bucket; /* what the two above lend */
    char *key;
    char *path;
    char **headers;
    gboolean has_ended;
};

TgS3Upload *tg_s3_upload_new(TgS3 *s3, const TgS3Place *place, const TgS3File *file, GError **error)
{
    g_autoptr(TgS3Upload) self = g_new0(TgS3Upload, 1);
    gboolean ok = FALSE;

    self->bucket = g_strdup(place->bucket);
    self->key = g_strdup(place->key);
    self->path = g_strdup(file->path);
    self->headers = g_strdupv((char **)file->headers);
    self->to = (TgS3Place){.bucket = self->bucket, .key = self->key};
    TgS3File own = {.path = self->path, .headers = (const char *const *)self->headers};

    self->parts = parts_of_file(s3, &self->to, &own);
    ok = open_file(&self->parts, error);
    if (ok && self->parts.size_bytes > self->parts.part_bytes) {
        ok = send_all(&self->parts, error);
        self->has_ended = !ok; /* it was given up already */
    }
    close_file(&self->parts);
    return ok ? g_steal_pointer(&self) : NULL;
}

gboolean tg_s3_upload_is_sent(const TgS3Upload *upload)
{
    return upload->parts.upload != NULL;
}

gboolean tg_s3_upload_finish(TgS3Upload *upload, char **out_etag, GError **error)
{
    TgS3File file = {.path = upload->path, .headers = (const char *const *)upload->headers};
    gboolean ok = tg_s3_upload_is_sent(upload)
                      ? end_parts(&upload->parts, out_etag, error)
                      : tg_s3_put_file(upload->parts.s3, &upload->to, &file, out_etag, error);

    upload->has_ended = ok;
    return ok;
}

void tg_s3_upload_free(TgS3Upload *upload)
{
    if (upload == NULL) {
        return;
    }
    if (tg_s3_upload_is_sent(upload) && !upload->has_ended) {
        abort_parts(&upload->parts);
    }
    clear_parts(&upload->parts);
    g_free(upload->bucket);
    g_free(upload->key);
    g_free(upload->path);
    g_strfreev(upload->headers);
    g_free(upload);
}

/* Bodies into files, decoded and checked on the way. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "endpoint/s3_internal.h"

static gboolean write_decoded(gpointer data, const char *bytes, gsize size_bytes, GError **error)
{
    TgS3Upload *upload = data;

    if (upload->kind != TG_CHECKSUM_NONE) {
        upload->sum = tg_checksum_update(upload->kind, upload->sum, bytes, size_bytes);
    }
    if (upload->md5 != NULL) {
        g_checksum_update(upload->md5, (const guchar *)bytes, (gssize)size_bytes);
    }
    if (upload->sha256 != NULL) {
        g_checksum_update(upload->sha256, (const guchar *)bytes, (gssize)size_bytes);
    }
    upload->size_bytes += (gint64)size_bytes;
    return tg_file_write_fd(upload->fd, upload->path, bytes, size_bytes, error);
}

/* The first header x-amz-checksum-… that can be computed, or what a trailer will bring. */
static TgChecksumKind promised_kind(const TgHttpCall *call)
{
    static const char *const names[] = {"x-amz-checksum-crc32", "x-amz-checksum-crc32c",
                                        "x-amz-checksum-crc64nvme"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (tg_http_call_header(call, names[i]) != NULL) {
            return tg_checksum_kind(names[i]);
        }
    }
    return tg_checksum_kind(tg_http_call_header(call, "x-amz-trailer"));
}

gboolean tg_endpoint_s3_upload_begin(TgS3Call *s3, const char *path)
{
    TgS3Upload *upload = &s3->upload;
    const char *hash = tg_http_call_header(s3->call, "X-Amz-Content-Sha256");
    const char *decoded = tg_http_call_header(s3->call, "X-Amz-Decoded-Content-Length");
    const char *given_sha256 = tg_http_call_header(s3->call, "x-amz-checksum-sha256");
    g_autoptr(GError) error = NULL;

    upload->path = g_strdup(path);
    upload->expected_bytes = decoded == NULL ? -1 : g_ascii_strtoll(decoded, NULL, 10);
    upload->kind = promised_kind(s3->call);
    upload->fd = g_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (upload->fd < 0) {
        tg_error_set_file(&error, errno, "write", s3->url);
        tg_endpoint_s3_answer_failure(s3, error);
        return FALSE;
    }
    if (hash != NULL && g_str_has_prefix(hash, "STREAMING-")) {
        upload->chunked = tg_chunked_new(write_decoded, upload);
    }
    if (tg_http_call_header(s3->call, "Content-MD5") != NULL) {
        upload->md5 = g_checksum_new(G_CHECKSUM_MD5);
    }
    /* The signed hash counts only where signatures do: it costs more than writing. */
    if (given_sha256 != NULL ||
        (s3->endpoint->signer != NULL && hash != NULL && strlen(hash) == 64)) {
        upload->sha256 = g_checksum_new(G_CHECKSUM_SHA256);
    }
    tg_http_call_set_body_write(s3->call, tg_endpoint_s3_upload_write);
    return TRUE;
}

gboolean tg_endpoint_s3_upload_write(gpointer data, const char *bytes, gsize size_bytes,
                                     GError **error)
{
    TgS3Call *s3 = data;
    TgS3Upload *upload = &s3->upload;

    return upload->chunked != NULL ? tg_chunked_push(upload->chunked, bytes, size_bytes, error)
                                   : write_decoded(upload, bytes, size_bytes, error);
}

/* A checksum as it was promised, by header or trailer; NULL: none. */
static const char *promised(const TgS3Call *s3, const char *name)
{
    const char *header = tg_http_call_header(s3->call, name);

    return header != NULL || s3->upload.chunked == NULL
               ? header
               : tg_chunked_trailer(s3->upload.chunked, name);
}

static gboolean matches_crc(const TgS3Call *s3)
{
    static const char *const names[] = {NULL, "x-amz-checksum-crc32", "x-amz-checksum-crc32c",
                                        "x-amz-checksum-crc64nvme"};
    TgChecksumKind kind = s3->upload.kind;
    const char *wanted = kind == TG_CHECKSUM_NONE ? NULL : promised(s3, names[kind]);
    g_autofree char *got = wanted == NULL ? NULL : tg_checksum_format(kind, s3->upload.sum);

    return wanted == NULL || strcmp(wanted, got) == 0;
}

/* Base64 of a digest. */
static char *digest_text(GChecksum *checksum)
{
    guint8 digest[64];
    gsize size = sizeof digest;

    g_checksum_get_digest(checksum, digest, &size);
    return g_base64_encode(digest, size);
}

static gboolean matches_sha256(const TgS3Call *s3)
{
    const char *given = tg_http_call_header(s3->call, "x-amz-checksum-sha256");
    const char *hash = tg_http_call_header(s3->call, "X-Amz-Content-Sha256");
    const char *hex = g_checksum_get_string(s3->upload.sha256);
    g_autofree char *copy = g_strdup(hex);
    gsize size = 32;
    guint8 digest[32];

    for (gsize i = 0; i < size; i++) {
        digest[i] = (guint8)((g_ascii_xdigit_value(copy[2 * i]) << 4) |
                             g_ascii_xdigit_value(copy[2 * i + 1]));
    }
    g_autofree char *base64 = g_base64_encode(digest, size);

    return (given == NULL || strcmp(given, base64) == 0) &&
           (hash == NULL || strlen(hash) != 64 || g_ascii_strcasecmp(hash, copy) == 0);
}

static gboolean matches_md5(const TgS3Call *s3)
{
    g_autofree char *got = digest_text(s3->upload.md5);

    return g_strcmp0(got, tg_http_call_header(s3->call, "Content-MD5")) == 0;
}

gboolean tg_endpoint_s3_upload_end(TgS3Call *s3)
{
    TgS3Upload *upload = &s3->upload;
    const GError *problem = tg_http_call_body_error(s3->call);
    g_autoptr(GError) error = NULL;
    gboolean is_closed = upload->fd < 0 || close(upload->fd) == 0;

    upload->fd = -1;
    if (problem != NULL) {
        tg_endpoint_s3_answer_failure(s3, problem);
    } else if (!is_closed) {
        tg_error_set_file(&error, errno, "write", s3->url);
        tg_endpoint_s3_answer_failure(s3, error);
    } else if ((upload->chunked != NULL && !tg_chunked_end(upload->chunked, &error)) ||
               (upload->expected_bytes >= 0 && upload->expected_bytes != upload->size_bytes)) {
        tg_endpoint_s3_answer_error(s3, 400, "IncompleteBody",
                                    "You did not provide the number of bytes specified by the "
                                    "Content-Length HTTP header");
    } else if (!matches_crc(s3) || (upload->md5 != NULL && !matches_md5(s3))) {
        tg_endpoint_s3_answer_error(s3, 400, "BadDigest",
                                    "The checksum you specified did not match what we received.");
    } else if (upload->sha256 != NULL && !matches_sha256(s3)) {
        tg_endpoint_s3_answer_error(
            s3, 400, "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was "
            "computed.");
    } else {
        return TRUE;
    }
    return FALSE;
}

void tg_endpoint_s3_upload_clear(TgS3Upload *upload)
{
    if (upload->fd >= 0) {
        (void)close(upload->fd);
    }
    if (upload->path != NULL) {
        (void)g_unlink(upload->path); /* what became an object or a part was renamed */
    }
    g_clear_pointer(&upload->md5, g_checksum_free);
    g_clear_pointer(&upload->sha256, g_checksum_free);
    tg_chunked_free(upload->chunked);
    g_free(upload->path);
}

/* Uploads in parts: files in a folder of the upload, put together at the end. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "endpoint/s3_internal.h"

#define KIND "upload"
#define KEPT_MS ((gint64)7 * 24 * 3600 * 1000) /* an upload that nobody ends */
#define PART_NUMBER_MAX 10000
#define PART_BYTES_MIN ((gint64)5 << 20) /* of all but the last, as in S3 */
#define NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"

gboolean tg_endpoint_s3_sweep_uploads(TgEndpoint *endpoint, GError **error)
{
    g_autofree char *top = g_build_filename(endpoint->folder, "uploads", NULL);
    gint64 before_ms = tg_clock_now_ms() - KEPT_MS;
    g_autoptr(GPtrArray) names = tg_file_list_folder(top, error);

    for (guint i = 0; names != NULL && i < names->len; i++) {
        g_autofree char *folder = g_build_filename(top, names->pdata[i], NULL);
        struct stat status;

        if (stat(folder, &status) == 0 && (gint64)status.st_mtim.tv_sec * 1000 < before_ms) {
            (void)tg_file_remove_folder(folder, NULL); /* the next start tries again */
        }
    }
    return names != NULL && tg_kept_sweep(endpoint->kept, KIND, before_ms, error);
}

/* The folder of the upload that the request names, if it is one of this key; else answered. */
static char *upload_folder(TgS3Call *s3, json_t **out_upload)
{
    g_autofree char *id = tg_http_call_parameter(s3->call, "uploadId");
    json_t *upload = NULL;

    if (id == NULL || !tg_kept_get(s3->endpoint->kept, KIND, s3->bucket, id, &upload, NULL) ||
        upload == NULL ||
        g_strcmp0(json_string_value(json_object_get(upload, "key")), s3->key) != 0) {
        json_decref(upload);
        tg_endpoint_s3_answer_error(
            s3, 404, "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or "
            "the upload may have been aborted or completed.");
        return NULL;
    }
    if (out_upload != NULL) {
        *out_upload = upload;
    } else {
        json_decref(upload);
    }
    return g_build_filename(s3->endpoint->folder, "uploads", id, NULL); /* an id that we gave */
}

static char *part_path(const char *folder, guint number)
{
    g_autofree char *name = g_strdup_printf("%05u", number);

    return g_build_filename(folder, name, NULL);
}

/* 0 when it is none; then it is answered. */
static guint part_number(TgS3Call *s3)
{
    g_autofree char *text = tg_http_call_parameter(s3->call, "partNumber");
    guint64 number = text == NULL ? 0 : g_ascii_strtoull(text, NULL, 10);

    if (number < 1 || number > PART_NUMBER_MAX) {
        tg_endpoint_s3_answer_error(
            s3, 400, "InvalidArgument",
            "Part number must be an integer between 1 and 10000, inclusive");
        return 0;
    }
    return (guint)number;
}

static char *part_etag(const struct stat *status)
{
    return g_strdup_printf("%" G_GINT64_MODIFIER "x%08lx%" G_GINT64_MODIFIER "x",
                           (gint64)status->st_size, (unsigned long)status->st_mtim.tv_nsec,
                           (gint64)status->st_ino);
}

void tg_endpoint_s3_create_upload(TgS3Call *s3)
{
    g_autofree char *id = tg_random_id(32);
    g_autofree char *folder = g_build_filename(s3->endpoint->folder, "uploads", id, NULL);
    json_t *facts = tg_endpoint_s3_facts_of_request(s3);
    g_autoptr(json_t) upload = json_pack("{s:s, s:s, s:I, s:o*}", "id", id, "key", s3->key, "at_ms",
                                         (json_int_t)tg_clock_now_ms(), "facts", facts);
    g_autoptr(GError) error = NULL;

    if (!tg_endpoint_s3_require_bucket(s3)) {
        return;
    }
    if (!tg_file_make_folder(folder, &error) ||
        !tg_kept_put(s3->endpoint->kept, KIND, s3->bucket, id, upload, &error)) {
        tg_endpoint_s3_answer_failure(s3, error);
        return;
    }
    GString *xml = g_string_new("<InitiateMultipartUploadResult xmlns=\"" NAMESPACE "\">");

    tg_endpoint_s3_append_text(xml, "Bucket", s3->bucket);
    tg_endpoint_s3_append_text(xml, "Key", s3->key);
    tg_endpoint_s3_append_text(xml, "UploadId", id);
    g_string_append(xml, "</InitiateMultipartUploadResult>");
    tg_endpoint_s3_answer(s3, 200, g_string_free(xml, FALSE));
}

void tg_endpoint_s3_part_begin(TgS3Call *s3)
{
    guint number = part_number(s3);
    g_autofree char *folder = number == 0 ? NULL : upload_folder(s3, NULL);
    g_autofree char *id = tg_random_id(12);
    g_autofree char *name = g_strconcat("new-", id, NULL);
    g_autofree char *path = folder == NULL ? NULL : g_build_filename(folder, name, NULL);

    if (path != NULL) {
        (void)tg_endpoint_s3_upload_begin(s3, path); /* answered when it cannot be */
    }
}

/* A whole part gets its name; *out_etag for the answer. */
static gboolean place_part(TgS3Call *s3, const char *from, const char *folder, guint number,
                           char **out_etag)
{
    g_autofree char *path = part_path(folder, number);
    g_autoptr(GError) error = NULL;
    struct stat status;

    if (stat(from, &status) != 0 || g_rename(from, path) != 0) {
        tg_error_set_file(&error, errno, "write", s3->url);
        tg_endpoint_s3_answer_failure(s3, error);
        return FALSE;
    }
    *out_etag = part_etag(&status);
    return TRUE;
}

void tg_endpoint_s3_put_part(TgS3Call *s3)
{
    guint number = part_number(s3);
    g_autofree char *folder = number == 0 ? NULL : upload_folder(s3, NULL);
    g_autofree char *etag = NULL;

    if (folder == NULL || !tg_endpoint_s3_upload_end(s3) ||
        !place_part(s3, s3->upload.path, folder, number, &etag)) {
        return;
    }
    g_autofree char *quoted = g_strdup_printf("\"%s\"", etag);

    tg_http_call_add_header(s3->call, "ETag", quoted);
    tg_endpoint_s3_answer_empty(s3, 200);
}

/* Appends bytes of one file to another inside the kernel. */
static gboolean append_file(int from_fd, int to_fd, gint64 from, gint64 count, const char *name,
                            GError **error)
{
    off_t at = from;

    while (count > 0) {
        ssize_t got = copy_file_range(from_fd, &at, to_fd, NULL, (gsize)count, 0);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got == 0 ? EIO : errno;
            tg_error_set_file(error, errno, "copy", name);
            return FALSE;
        }
        count -= got;
    }
    return TRUE;
}

/* All bytes of a file, or those of a range, into a new one. */
static gboolean copy_bytes(const char *from, const char *to, gint64 start, gint64 count,
                           GError **error)
{
    int from_fd = g_open(from, O_RDONLY | O_CLOEXEC, 0);
    int to_fd = from_fd < 0 ? -1 : g_open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    gboolean ok = FALSE;

    if (to_fd < 0) {
        tg_error_set_file(error, errno, "copy", from);
    } else {
        /* copy_file_range does not take O_APPEND. */
        (void)fcntl(to_fd, F_SETFL, 0);
        (void)lseek(to_fd, 0, SEEK_END);
        ok = append_file(from_fd, to_fd, start, count, from, error);
        if (close(to_fd) != 0 && ok) {
            tg_error_set_file(error, errno, "write", to);
            ok = FALSE;
        }
    }
    if (from_fd >= 0) {
        (void)close(from_fd); /* it was only read */
    }
    return ok;
}

void tg_endpoint_s3_copy_part(TgS3Call *s3)
{
    guint number = part_number(s3);
    g_autofree char *folder = number == 0 ? NULL : upload_folder(s3, NULL);
    g_autofree char *source = folder == NULL ? NULL : tg_endpoint_s3_copy_source(s3);
    g_autoptr(GError) error = NULL;
    TgObjectInfo *info =
        source == NULL ? NULL : tg_object_find(s3->endpoint->objects, source, &error);
    const char *range = tg_http_call_header(s3->call, "x-amz-copy-source-range");
    gint64 from = 0;
    gint64 count = info == NULL ? 0 : info->size_bytes;
    g_autofree char *etag = NULL;

    if (folder == NULL) {
        return;
    }
    if (info == NULL) {
        tg_endpoint_s3_answer_error(s3, 404, "NoSuchKey", "The specified key does not exist.");
    } else if (!tg_endpoint_s3_parse_range(range, info->size_bytes, &from, &count)) {
        tg_endpoint_s3_answer_error(s3, 416, "InvalidRange",
                                    "The requested range is not satisfiable");
    } else {
        g_autofree char *path = tg_object_engine_path(s3->endpoint->objects, source, NULL);
        g_autofree char *id = tg_random_id(12);
        g_autofree char *name = g_strconcat("new-", id, NULL);

        s3->upload.path = g_build_filename(folder, name, NULL);
        if (!copy_bytes(path, s3->upload.path, from, count, &error)) {
            tg_endpoint_s3_answer_failure(s3, error);
        } else if (place_part(s3, s3->upload.path, folder, number, &etag)) {
            g_autofree char *at = tg_endpoint_s3_time(tg_clock_now_ms());

            tg_endpoint_s3_answer(s3, 200,
                                  g_strdup_printf("<CopyPartResult><LastModified>%s</LastModified>"
                                                  "<ETag>&quot;%s&quot;</ETag></CopyPartResult>",
                                                  at, etag));
        }
    }
    tg_object_info_free(info);
}

/* ---- listing -------------------------------------------------------------------------------- */

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void tg_endpoint_s3_list_parts(TgS3Call *s3)
{
    g_autofree char *folder = upload_folder(s3, NULL);
    g_autofree char *id = tg_http_call_parameter(s3->call, "uploadId");
    g_autofree char *marker = tg_http_call_parameter(s3->call, "part-number-marker");
    guint64 after = marker == NULL ? 0 : g_ascii_strtoull(marker, NULL, 10);
    g_autoptr(GPtrArray) names = folder == NULL ? NULL : tg_file_list_folder(folder, NULL);
    GString *xml = NULL;

    if (names == NULL) {
        return;
    }
    g_ptr_array_sort(names, compare_names);
    xml = g_string_new("<ListPartsResult xmlns=\"" NAMESPACE "\">");
    tg_endpoint_s3_append_text(xml, "Bucket", s3->bucket);
    tg_endpoint_s3_append_text(xml, "Key", s3->key);
    tg_endpoint_s3_append_text(xml, "UploadId", id);
    g_string_append(xml, "<IsTruncated>false</IsTruncated>");
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
        guint64 number = g_ascii_strtoull(names->pdata[i], NULL, 10);
        struct stat status;

        if (number <= after || stat(path, &status) != 0) {
            continue; /* one that still comes has the number 0 */
        }
        g_autofree char *etag = part_etag(&status);
        g_autofree char *at = tg_endpoint_s3_time((gint64)status.st_mtim.tv_sec * 1000);

        g_string_append_printf(xml,
                               "<Part><PartNumber>%u</PartNumber><LastModified>%s</LastModified>"
                               "<ETag>&quot;%s&quot;</ETag><Size>%" G_GINT64_FORMAT
                               "</Size></Part>",
                               (guint)number, at, etag, (gint64)status.st_size);
    }
    g_string_append(xml, "</ListPartsResult>");
    tg_endpoint_s3_answer(s3, 200, g_string_free(xml, FALSE));
}

void tg_endpoint_s3_list_uploads(TgS3Call *s3)
{
    g_autoptr(json_t) uploads = tg_kept_list(s3->endpoint->kept, KIND, s3->bucket, NULL);
    g_autofree char *prefix = tg_http_call_parameter(s3->call, "prefix");
    GString *xml = NULL;
    json_t *upload = NULL;
    gsize i = 0;

    if (!tg_endpoint_s3_require_bucket(s3)) {
        return;
    }
    xml = g_string_new("<ListMultipartUploadsResult xmlns=\"" NAMESPACE "\">");
    tg_endpoint_s3_append_text(xml, "Bucket", s3->bucket);
    g_string_append(xml, "<IsTruncated>false</IsTruncated>");
    json_array_foreach (uploads, i, upload) {
        const char *key = json_string_value(json_object_get(upload, "key"));
        g_autofree char *at =
            tg_endpoint_s3_time(json_integer_value(json_object_get(upload, "at_ms")));

        if (prefix != NULL && !g_str_has_prefix(key, prefix)) {
            continue;
        }
        g_string_append(xml, "<Upload>");
        tg_endpoint_s3_append_text(xml, "Key", key);
        tg_endpoint_s3_append_text(xml, "UploadId",
                                   json_string_value(json_object_get(upload, "id")));
        tg_endpoint_s3_append_text(xml, "Initiated", at);
        g_string_append(xml, "</Upload>");
    }
    g_string_append(xml, "</ListMultipartUploadsResult>");
    tg_endpoint_s3_answer(s3, 200, g_string_free(xml, FALSE));
}

/* ---- the end -------------------------------------------------------------------------------- */

static void forget(TgS3Call *s3, const char *folder)
{
    g_autofree char *id = g_path_get_basename(folder);

    (void)tg_kept_remove(s3->endpoint->kept, KIND, s3->bucket, id, NULL, NULL);
    (void)tg_file_remove_folder(folder, NULL); /* what is left takes room and does no harm */
}

/* One part that is named for the end; the code of the refusal, or NULL. */
static const char *check_part(const char *path, const char *etag, gboolean is_last,
                              gint64 *out_size)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        return "InvalidPart";
    }
    g_autofree char *now = part_etag(&status);

    *out_size = status.st_size;
    if (etag == NULL || strstr(etag, now) == NULL) {
        return "InvalidPart";
    }
    return !is_last && status.st_size < PART_BYTES_MIN ? "EntityTooSmall" : NULL;
}

/* The files of the parts in their order, or NULL and the code of the refusal. */
static GPtrArray *ordered_parts(const GPtrArray *leaves, const char *folder, const char **out_code)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) etags = g_ptr_array_new();
    guint last = 0;

    *out_code = NULL;
    for (guint i = 0; i + 1 < leaves->len; i += 2) {
        if (strcmp(leaves->pdata[i], "PartNumber") == 0) {
            guint number = (guint)g_ascii_strtoull(leaves->pdata[i + 1], NULL, 10);

            *out_code = number <= last ? "InvalidPartOrder" : *out_code;
            last = number;
            g_ptr_array_add(paths, part_path(folder, number));
        } else if (strcmp(leaves->pdata[i], "ETag") == 0) {
            g_ptr_array_add(etags, leaves->pdata[i + 1]);
        }
    }
    if (paths->len == 0 || paths->len != etags->len) {
        *out_code = "MalformedXML";
    }
    for (guint i = 0; *out_code == NULL && i < paths->len; i++) {
        gint64 size = 0;

        *out_code = check_part(paths->pdata[i], etags->pdata[i], i + 1 == paths->len, &size);
    }
    return *out_code != NULL ? NULL : g_steal_pointer(&paths);
}

static gboolean join(TgS3Call *s3, const GPtrArray *paths, GError **error)
{
    if (!tg_object_begin(s3->endpoint->objects, s3->url, &s3->draft, error)) {
        return FALSE;
    }
    for (guint i = 0; i < paths->len; i++) {
        struct stat status;

        if (stat(paths->pdata[i], &status) != 0) {
            tg_error_set_file(error, errno, "read", "a part");
            return FALSE;
        }
        if (!copy_bytes(paths->pdata[i], s3->draft.path, 0, status.st_size, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void answer_complete(TgS3Call *s3, const TgObjectInfo *info)
{
    GString *xml = g_string_new("<CompleteMultipartUploadResult xmlns=\"" NAMESPACE "\">");
    g_autofree char *etag = g_strdup_printf("\"%s\"", info->etag);

    tg_endpoint_s3_append_text(xml, "Location", s3->url);
    tg_endpoint_s3_append_text(xml, "Bucket", s3->bucket);
    tg_endpoint_s3_append_text(xml, "Key", s3->key);
    tg_endpoint_s3_append_text(xml, "ETag", etag);
    g_string_append(xml, "</CompleteMultipartUploadResult>");
    tg_endpoint_s3_answer(s3, 200, g_string_free(xml, FALSE));
}

void tg_endpoint_s3_complete_upload(TgS3Call *s3)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) upload = NULL;
    g_autofree char *folder = upload_folder(s3, &upload);
    g_autoptr(GPtrArray) leaves =
        folder == NULL ? NULL : tg_endpoint_s3_leaves(tg_http_call_body(s3->call), &error);
    const char *code = "MalformedXML";
    g_autoptr(GPtrArray) paths = leaves == NULL ? NULL : ordered_parts(leaves, folder, &code);
    TgObjectInfo *info = NULL;

    if (folder == NULL) {
        return;
    }
    if (paths == NULL) {
        tg_endpoint_s3_answer_error(s3, 400, code,
                                    "The parts do not make an object: their list, their "
                                    "order, an ETag or a size below 5 MiB is wrong");
    } else if (!join(s3, paths, &error) ||
               !tg_object_commit(s3->endpoint->objects, &s3->draft, &info, &error) ||
               !tg_endpoint_s3_keep_facts(s3, info, json_incref(json_object_get(upload, "facts")),
                                          &error)) {
        tg_endpoint_s3_answer_failure(s3, error);
    } else {
        forget(s3, folder);
        answer_complete(s3, info);
    }
    tg_object_info_free(info);
}

void tg_endpoint_s3_abort_upload(TgS3Call *s3)
{
    g_autofree char *folder = upload_folder(s3, NULL);

    if (folder != NULL) {
        forget(s3, folder);
        tg_endpoint_s3_answer_empty(s3, 204);
    }
}

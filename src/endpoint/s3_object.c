/* Objects: get, head, put, copy, delete. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "endpoint/s3_internal.h"
#include "net/http_date.h"
#include "object/folder.h"

#define KIND "object"
#define DEFAULT_TYPE "binary/octet-stream"
#define DELETE_KEYS_MAX 1000
#define METADATA_BYTES_MAX 2048 /* S3's own limit of user metadata */

/* Conditions and what they allow are one step. */
static GMutex conditional;

/* ---- facts that files do not hold ------------------------------------------------------------ */

/* A header's value that is worth keeping, or NULL: "aws-chunked" is how a body came, not what it
 * is.
 */
static const char *kept_value(const TgS3Call *s3, const char *name)
{
    const char *value = tg_http_call_header(s3->call, name);

    if (value != NULL && g_str_has_prefix(value, "aws-chunked")) {
        value += strcspn(value, ",");
        value += *value == ',' ? 1 : 0;
    }
    return value == NULL || *value == '\0' || strcmp(value, DEFAULT_TYPE) == 0 ? NULL : value;
}

/* x-amz-meta-…, as far as S3 takes them. */
static void add_metadata(const TgS3Call *s3, json_t *facts)
{
    g_autoptr(GPtrArray) names = tg_http_call_header_names(s3->call);
    gsize size = 0;

    for (guint i = 0; i < names->len; i++) {
        const char *value = tg_http_call_header(s3->call, names->pdata[i]);

        if (!g_str_has_prefix(names->pdata[i], "x-amz-meta-") || value == NULL) {
            continue;
        }
        size += strlen(names->pdata[i]) + strlen(value);
        if (size <= METADATA_BYTES_MAX) {
            json_object_set_new(facts, names->pdata[i], json_string(value));
        }
    }
}

json_t *tg_endpoint_s3_facts_of_request(const TgS3Call *s3)
{
    static const char *const kept[] = {"content-type",  "content-encoding", "content-disposition",
                                       "cache-control", "content-language", "expires"};
    json_t *facts = json_object();

    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
        const char *value = kept_value(s3, kept[i]);

        if (value != NULL) {
            json_object_set_new(facts, kept[i], json_string(value));
        }
    }
    add_metadata(s3, facts);
    if (json_object_size(facts) == 0) {
        g_clear_pointer(&facts, json_decref);
    }
    return facts;
}

gboolean tg_endpoint_s3_keep_facts(const TgS3Call *s3, const TgObjectInfo *info, json_t *take_facts,
                                   GError **error)
{
    gboolean ok = FALSE;

    if (take_facts == NULL) {
        return tg_kept_remove(s3->endpoint->kept, KIND, s3->bucket, s3->key, NULL, error);
    }
    /* They are those of this very object: one that a workflow writes later has none. */
    json_object_set_new(take_facts, "etag", json_string(info->etag));
    ok = tg_kept_put(s3->endpoint->kept, KIND, s3->bucket, s3->key, take_facts, error);
    json_decref(take_facts);
    return ok;
}

/* What is kept of an object; NULL: nothing. */
static json_t *load_facts(const TgS3Call *s3, const char *bucket, const char *key, const char *etag)
{
    json_t *facts = NULL;

    if (!tg_kept_get(s3->endpoint->kept, KIND, bucket, key, &facts, NULL) || facts == NULL) {
        return NULL;
    }
    if (g_strcmp0(json_string_value(json_object_get(facts, "etag")), etag) != 0) {
        g_clear_pointer(&facts, json_decref);
    } else {
        json_object_del(facts, "etag");
    }
    return facts;
}

/* ---- reading -------------------------------------------------------------------------------- */

gboolean tg_endpoint_s3_parse_range(const char *text, gint64 size_bytes, gint64 *from,
                                    gint64 *count)
{
    char *end = NULL;
    gint64 first = 0;
    gint64 last = size_bytes - 1;

    if (text == NULL || !g_str_has_prefix(text, "bytes=") || strchr(text, ',') != NULL) {
        return TRUE;
    }
    text += strlen("bytes=");
    if (*text == '-') {
        gint64 tail = g_ascii_strtoll(text + 1, &end, 10);

        first = MAX(size_bytes - tail, 0);
        if (tail <= 0) {
            return *end != '\0' || size_bytes < 0;
        }
    } else {
        first = g_ascii_strtoll(text, &end, 10);
        if (end == text || *end != '-' || first < 0) {
            return TRUE; /* no range: all of it, as HTTP wants */
        }
        last = end[1] == '\0' ? last : MIN(last, g_ascii_strtoll(end + 1, NULL, 10));
    }
    if (first >= size_bytes || last < first) {
        return FALSE;
    }
    *from = first;
    *count = last - first + 1;
    return TRUE;
}

/* Whether a header If-(None-)Match names the object. */
static gboolean names_etag(const char *header, const char *etag)
{
    g_auto(GStrv) parts = g_strsplit(header, ",", 50);

    for (guint i = 0; parts[i] != NULL; i++) {
        char *part = g_strstrip(parts[i]);
        gsize size = strlen(part);

        if (strcmp(part, "*") == 0 || strcmp(part, etag) == 0 ||
            (size == strlen(etag) + 2 && strncmp(part + 1, etag, size - 2) == 0)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* 200, 304 or 412 by the conditions of a read. */
static guint check_conditions(const TgS3Call *s3, const TgObjectInfo *info)
{
    const char *match = tg_http_call_header(s3->call, "If-Match");
    const char *none = tg_http_call_header(s3->call, "If-None-Match");
    const char *since = tg_http_call_header(s3->call, "If-Modified-Since");
    const char *until = tg_http_call_header(s3->call, "If-Unmodified-Since");
    gint64 at_ms = 0;

    if (match != NULL && !names_etag(match, info->etag)) {
        return 412;
    }
    if (match == NULL && until != NULL && tg_http_date_parse(until, &at_ms) &&
        info->modified_at_ms / 1000 > at_ms / 1000) {
        return 412;
    }
    if (none != NULL) {
        return names_etag(none, info->etag) ? 304 : 200;
    }
    return since != NULL && tg_http_date_parse(since, &at_ms) &&
                   info->modified_at_ms / 1000 <= at_ms / 1000
               ? 304
               : 200;
}

static void add_object_headers(TgS3Call *s3, const TgObjectInfo *info)
{
    static const char *const overrides[] = {"content-type", "content-disposition",
                                            "content-encoding", "cache-control"};
    g_autoptr(json_t) facts = load_facts(s3, s3->bucket, s3->key, info->etag);
    g_autoptr(json_t) shown = facts == NULL ? json_object() : json_incref(facts);
    g_autofree char *etag = g_strdup_printf("\"%s\"", info->etag);
    g_autofree char *date = tg_http_date_format(info->modified_at_ms);
    const char *name = NULL;
    json_t *value = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(overrides); i++) {
        g_autofree char *parameter = g_strconcat("response-", overrides[i], NULL);
        g_autofree char *given = tg_http_call_parameter(s3->call, parameter);

        if (given != NULL) {
            json_object_set_new(shown, overrides[i], json_string(given));
        }
    }
    if (json_object_get(shown, "content-type") == NULL) {
        json_object_set_new(shown, "content-type", json_string(DEFAULT_TYPE));
    }
    json_object_foreach (shown, name, value) {
        tg_http_call_add_header(s3->call, name, json_string_value(value));
    }
    tg_http_call_add_header(s3->call, "ETag", etag);
    tg_http_call_add_header(s3->call, "Last-Modified", date);
    tg_http_call_add_header(s3->call, "Accept-Ranges", "bytes");
    tg_http_call_add_header(s3->call, "x-amz-request-id", "local");
}

static void send_file(TgS3Call *s3, const TgObjectInfo *info, int take_fd)
{
    const char *range = tg_http_call_header(s3->call, "Range");
    gint64 from = 0;
    gint64 count = -1;

    if (!tg_endpoint_s3_parse_range(range, info->size_bytes, &from, &count)) {
        (void)close(take_fd);
        tg_endpoint_s3_answer_error(s3, 416, "InvalidRange",
                                    "The requested range is not satisfiable");
        return;
    }
    add_object_headers(s3, info);
    if (count >= 0) {
        g_autofree char *content =
            g_strdup_printf("bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT,
                            from, from + count - 1, info->size_bytes);

        tg_http_call_add_header(s3->call, "Content-Range", content);
    }
    tg_http_call_answer_file(s3->call, count >= 0 ? 206 : 200, take_fd, from,
                             count >= 0 ? count : info->size_bytes);
}

/* What is sent is what the headers tell, whoever replaces the object meanwhile. Links lead out of
 * the store, and a listing shows none. */
static TgObjectInfo *open_object(const TgS3Call *s3, int *out_fd)
{
    g_autofree char *path = tg_object_engine_path(s3->endpoint->objects, s3->url, NULL);
    struct stat status;

    *out_fd = path == NULL ? -1 : g_open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
    return *out_fd >= 0 && fstat(*out_fd, &status) == 0 && S_ISREG(status.st_mode)
               ? tg_folder_info_new(s3->url, &status)
               : NULL;
}

void tg_endpoint_s3_get_object(TgS3Call *s3)
{
    int fd = -1;
    TgObjectInfo *info = open_object(s3, &fd);
    guint status = info == NULL ? 404 : check_conditions(s3, info);

    if (info == NULL) {
        if (tg_endpoint_s3_require_bucket(s3)) {
            tg_endpoint_s3_answer_error(s3, 404, "NoSuchKey", "The specified key does not exist.");
        }
    } else if (status == 412) {
        tg_endpoint_s3_answer_error(
            s3, 412, "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold");
    } else if (status == 304) {
        add_object_headers(s3, info);
        tg_http_call_answer(s3->call, 304, NULL, 0);
    } else {
        send_file(s3, info, fd);
        fd = -1;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    tg_object_info_free(info);
}

/* ---- writing -------------------------------------------------------------------------------- */

void tg_endpoint_s3_put_begin(TgS3Call *s3)
{
    g_autoptr(GError) error = NULL;

    if (!tg_endpoint_s3_require_bucket(s3) || g_str_has_suffix(s3->key, "/")) {
        return; /* a folder's mark: its body is nothing, and so is it here */
    }
    if (strlen(s3->key) > TG_OBJECT_KEY_MAX) {
        tg_endpoint_s3_answer_error(s3, 400, "KeyTooLongError", "Your key is too long");
    } else if (!tg_object_begin(s3->endpoint->objects, s3->url, &s3->draft, &error)) {
        tg_endpoint_s3_answer_failure(s3, error);
    } else {
        (void)tg_endpoint_s3_upload_begin(s3, s3->draft.path); /* answered when it cannot be */
    }
}

/* Under the lock: whether If-Match and If-None-Match allow to write; else it is answered. */
static gboolean may_write(TgS3Call *s3)
{
    const char *match = tg_http_call_header(s3->call, "If-Match");
    const char *none = tg_http_call_header(s3->call, "If-None-Match");
    TgObjectInfo *info = NULL;
    gboolean ok = TRUE;

    if (match == NULL && none == NULL) {
        return TRUE;
    }
    info = tg_object_find(s3->endpoint->objects, s3->url, NULL);
    if (match != NULL && info == NULL) {
        tg_endpoint_s3_answer_error(s3, 404, "NoSuchKey", "The specified key does not exist.");
        ok = FALSE;
    } else if ((match != NULL && !names_etag(match, info->etag)) ||
               (none != NULL && info != NULL && names_etag(none, info->etag))) {
        tg_endpoint_s3_answer_error(
            s3, 412, "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold");
        ok = FALSE;
    }
    tg_object_info_free(info);
    return ok;
}

void tg_endpoint_s3_put_object(TgS3Call *s3)
{
    g_autoptr(GError) error = NULL;
    TgObjectInfo *info = NULL;
    gboolean ok = FALSE;

    if (s3->draft.path == NULL) {
        tg_http_call_add_header(s3->call, "ETag", "\"d41d8cd98f00b204e9800998ecf8427e\"");
        tg_endpoint_s3_answer_empty(s3, 200);
        return;
    }
    if (!tg_endpoint_s3_upload_end(s3)) {
        return;
    }
    g_mutex_lock(&conditional);
    ok = may_write(s3);
    if (ok && !tg_object_commit(s3->endpoint->objects, &s3->draft, &info, &error)) {
        tg_endpoint_s3_answer_failure(s3, error);
        ok = FALSE;
    }
    g_mutex_unlock(&conditional);
    if (ok && !tg_endpoint_s3_keep_facts(s3, info, tg_endpoint_s3_facts_of_request(s3), &error)) {
        tg_endpoint_s3_answer_failure(s3, error);
    } else if (ok) {
        g_autofree char *etag = g_strdup_printf("\"%s\"", info->etag);

        tg_http_call_add_header(s3->call, "ETag", etag);
        tg_endpoint_s3_answer_empty(s3, 200);
    }
    tg_object_info_free(info);
}

char *tg_endpoint_s3_copy_source(const TgS3Call *s3)
{
    const char *header = tg_http_call_header(s3->call, "x-amz-copy-source");
    g_autofree char *raw = g_strndup(header, strcspn(header, "?"));
    g_autofree char *plain = g_uri_unescape_string(*raw == '/' ? raw + 1 : raw, NULL);

    return plain == NULL || strchr(plain, '/') == NULL ? NULL : g_strconcat("s3://", plain, NULL);
}

/* What the copy says of itself: the request's words, or those of the source. */
static json_t *facts_of_copy(TgS3Call *s3, const char *source, const char *source_etag)
{
    const char *directive = tg_http_call_header(s3->call, "x-amz-metadata-directive");
    g_auto(TgObjectUrl) url = {NULL, NULL};

    if (directive != NULL && g_ascii_strcasecmp(directive, "REPLACE") == 0) {
        return tg_endpoint_s3_facts_of_request(s3);
    }
    return tg_object_url_parse(source, &url, NULL)
               ? load_facts(s3, url.bucket, url.key, source_etag)
               : NULL;
}

static void answer_copy(TgS3Call *s3, const TgObjectInfo *info)
{
    g_autofree char *at = tg_endpoint_s3_time(tg_clock_now_ms());

    tg_endpoint_s3_answer(
        s3, 200,
        g_markup_printf_escaped("<CopyObjectResult><LastModified>%s</LastModified>"
                                "<ETag>\"%s\"</ETag></CopyObjectResult>",
                                at, info->etag));
}

void tg_endpoint_s3_copy_object(TgS3Call *s3)
{
    TgObjectStore *objects = s3->endpoint->objects;
    g_autofree char *source = tg_endpoint_s3_copy_source(s3);
    g_autoptr(GError) error = NULL;
    TgObjectInfo *info = source == NULL ? NULL : tg_object_find(objects, source, &error);
    /* A copy onto itself changes what is told of it, and must not unlink it. */
    gboolean is_same = g_strcmp0(source, s3->url) == 0;

    if (!tg_endpoint_s3_require_bucket(s3)) {
        g_clear_pointer(&info, tg_object_info_free);
    } else if (info == NULL) {
        tg_endpoint_s3_answer_error(s3, 404, "NoSuchKey", "The specified key does not exist.");
    } else if ((!is_same && !tg_object_copy(objects, source, s3->url, &error)) ||
               !tg_endpoint_s3_keep_facts(s3, info, facts_of_copy(s3, source, info->etag),
                                          &error)) {
        tg_endpoint_s3_answer_failure(s3, error);
    } else {
        answer_copy(s3, info);
    }
    tg_object_info_free(info);
}

/* ---- deleting ------------------------------------------------------------------------------- */

/* A key that the store cannot hold is gone already. */
static gboolean delete_one(const TgS3Call *s3, const char *key, GError **error)
{
    g_autofree char *url = g_strdup_printf("s3://%s/%s", s3->bucket, key);
    g_autoptr(GError) problem = NULL;

    if (g_str_has_suffix(key, "/")) {
        return TRUE;
    }
    if (!tg_object_remove(s3->endpoint->objects, url, &problem) &&
        problem->code != TG_ERROR_CONFIG && problem->code != TG_ERROR_NOT_FOUND) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    return tg_kept_remove(s3->endpoint->kept, KIND, s3->bucket, key, NULL, error);
}

void tg_endpoint_s3_delete_object(TgS3Call *s3)
{
    g_autoptr(GError) error = NULL;

    if (!tg_endpoint_s3_require_bucket(s3)) {
        return;
    }
    if (delete_one(s3, s3->key, &error)) {
        tg_endpoint_s3_answer_empty(s3, 204);
    } else {
        tg_endpoint_s3_answer_failure(s3, error);
    }
}

static void delete_into(const TgS3Call *s3, const char *key, gboolean is_quiet, GString *xml)
{
    g_autoptr(GError) error = NULL;

    if (!delete_one(s3, key, &error)) {
        g_string_append(xml, "<Error>");
        tg_endpoint_s3_append_text(xml, "Key", key);
        tg_endpoint_s3_append_text(xml, "Code", "InternalError");
        tg_endpoint_s3_append_text(xml, "Message", error->message);
        g_string_append(xml, "</Error>");
    } else if (!is_quiet) {
        g_string_append(xml, "<Deleted>");
        tg_endpoint_s3_append_text(xml, "Key", key);
        g_string_append(xml, "</Deleted>");
    }
}

void tg_endpoint_s3_delete_objects(TgS3Call *s3)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) leaves = tg_endpoint_s3_leaves(tg_http_call_body(s3->call), &error);
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    GString *xml = NULL;
    gboolean is_quiet = FALSE;

    for (guint i = 0; leaves != NULL && i + 1 < leaves->len; i += 2) {
        if (strcmp(leaves->pdata[i], "Key") == 0) {
            g_ptr_array_add(keys, leaves->pdata[i + 1]);
        } else if (strcmp(leaves->pdata[i], "Quiet") == 0) {
            is_quiet = strcmp(leaves->pdata[i + 1], "true") == 0;
        }
    }
    if (leaves == NULL || keys->len == 0 || keys->len > DELETE_KEYS_MAX) {
        tg_endpoint_s3_answer_error(
            s3, 400, "MalformedXML",
            "The XML you provided was not well-formed or did not validate against "
            "our published schema");
        return;
    }
    if (!tg_endpoint_s3_require_bucket(s3)) {
        return;
    }
    xml = g_string_new("<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (guint i = 0; i < keys->len; i++) {
        delete_into(s3, keys->pdata[i], is_quiet, xml);
    }
    g_string_append(xml, "</DeleteResult>");
    tg_endpoint_s3_answer(s3, 200, g_string_free(xml, FALSE));
}

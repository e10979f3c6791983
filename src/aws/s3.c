/* The calls of S3. */
#include "aws/s3.h"

#include <string.h>

#include "aws/endpoint.h"
#include "aws/s3_internal.h"
#include "net/http_date.h"

#define TRIES_MAX 4
#define STALL_S 60
#define COPY_BYTES_MAX (G_GINT64_CONSTANT(5) * 1024 * 1024 * 1024) /* of one call */
#define DELETE_KEYS_MAX 1000U                                      /* of one DeleteObjects */
#define KEY_BYTES 32

static gboolean read_endpoint(TgS3 *s3, const char *endpoint, GError **error)
{
    g_auto(TgAwsEndpoint) parsed = {0};

    if (!tg_aws_endpoint_parse(endpoint, &parsed, error)) {
        return FALSE;
    }
    g_free(s3->scheme);
    s3->scheme = g_steal_pointer(&parsed.scheme);
    s3->host = g_steal_pointer(&parsed.host);
    s3->path_style = s3->path_style || parsed.is_number;
    return TRUE;
}

/* The three headers of a key that the caller keeps. */
static gboolean read_sse_key(TgS3 *s3, const TgS3Options *options, GError **error)
{
    gsize size = 0;
    g_autofree guchar *key = g_base64_decode(options->sse_c_key, &size);
    guint8 digest[16];
    gsize digest_size = sizeof(digest);
    g_autoptr(GChecksum) md5 = g_checksum_new(G_CHECKSUM_MD5);

    if (size != KEY_BYTES) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the SSE-C key must be %d bytes in base64 but has %" G_GSIZE_FORMAT, KEY_BYTES,
                    size);
        return FALSE;
    }
    g_checksum_update(md5, key, (gssize)size);
    g_checksum_get_digest(md5, digest, &digest_size);
    s3->sse_headers[0] = g_strdup("x-amz-server-side-encryption-customer-algorithm");
    s3->sse_headers[1] =
        g_strdup(options->sse_c_algorithm == NULL ? "AES256" : options->sse_c_algorithm);
    s3->sse_headers[2] = g_strdup("x-amz-server-side-encryption-customer-key");
    s3->sse_headers[3] = g_strdup(options->sse_c_key);
    s3->sse_headers[4] = g_strdup("x-amz-server-side-encryption-customer-key-md5");
    s3->sse_headers[5] = options->sse_c_md5 == NULL ? g_base64_encode(digest, digest_size)
                                                    : g_strdup(options->sse_c_md5);
    return TRUE;
}

TgS3 *tg_s3_new(const TgS3Options *options, GError **error)
{
    g_autoptr(TgS3) s3 = g_new0(TgS3, 1);

    g_mutex_init(&s3->mutex);
    s3->http = tg_http_new();
    s3->credentials = tg_aws_credentials_ref(options->credentials);
    s3->region = g_strdup(options->region == NULL ? "us-east-1" : options->region);
    s3->scheme = g_strdup("https");
    s3->path_style = options->path_style;
    s3->proxy = g_strdup(options->proxy);
    s3->tries_max = options->tries_max == 0 ? TRIES_MAX : options->tries_max;
    s3->stall_s = options->stall_s == 0 ? STALL_S : options->stall_s;
    s3->part_bytes = options->part_bytes;
    s3->is_cancelled = options->is_cancelled;
    if ((options->endpoint != NULL && !read_endpoint(s3, options->endpoint, error)) ||
        (options->sse_c_key != NULL && !read_sse_key(s3, options, error))) {
        return NULL;
    }
    return g_steal_pointer(&s3);
}

void tg_s3_free(TgS3 *s3)
{
    if (s3 == NULL) {
        return;
    }
    tg_http_free(s3->http);
    tg_aws_credentials_unref(s3->credentials);
    g_mutex_clear(&s3->mutex);
    g_free(s3->region);
    g_free(s3->scheme);
    g_free(s3->host);
    g_free(s3->proxy);
    for (gsize i = 0; i < G_N_ELEMENTS(s3->sse_headers); i++) {
        g_free(s3->sse_headers[i]);
    }
    g_free(s3);
}

void tg_s3_info_clear(TgS3Info *info)
{
    g_clear_pointer(&info->etag, g_free);
    g_clear_pointer(&info->header_names, g_ptr_array_unref);
    g_clear_pointer(&info->header_values, g_ptr_array_unref);
}

static char *version_query(const TgS3Place *place)
{
    g_autofree char *version =
        place->version_id == NULL ? NULL : tg_s3_escape(place->version_id, "");

    return version == NULL ? NULL : g_strconcat("versionId=", version, NULL);
}

char *tg_s3_etag_of(const TgHttpAnswer *answer)
{
    const char *etag = tg_http_answer_header(answer, "etag");
    gsize size = etag == NULL ? 0 : strlen(etag);

    return size >= 2 && etag[0] == '"' ? g_strndup(etag + 1, size - 2) : g_strdup(etag);
}

gboolean tg_s3_head(TgS3 *s3, const TgS3Place *place, TgS3Info *out, GError **error)
{
    g_autofree char *query = version_query(place);
    TgS3Call call = {.method = "HEAD",
                     .bucket = place->bucket,
                     .key = place->key,
                     .query = query,
                     .verb = "look at"};
    g_autoptr(TgHttpAnswer) answer = tg_s3_call(s3, &call, error);

    if (answer == NULL) {
        return FALSE;
    }
    const char *size = tg_http_answer_header(answer, "content-length");
    const char *modified = tg_http_answer_header(answer, "last-modified");

    gint64 modified_at_ms = 0;

    if (modified != NULL) {
        (void)tg_http_date_parse(modified, &modified_at_ms); /* 0: the server did not say */
    }
    *out = (TgS3Info){.size_bytes = size == NULL ? 0 : g_ascii_strtoll(size, NULL, 10),
                      .modified_at_ms = modified_at_ms,
                      .etag = tg_s3_etag_of(answer),
                      .header_names = g_ptr_array_ref(answer->header_names),
                      .header_values = g_ptr_array_ref(answer->header_values)};
    return TRUE;
}

GByteArray *tg_s3_get(TgS3 *s3, const TgS3Place *place, gint64 from, gint64 size, gsize bytes_max,
                      GError **error)
{
    g_autofree char *etag = NULL;
    g_autofree char *query = version_query(place);
    g_autofree char *range = size < 0
                                 ? g_strdup_printf("bytes=%" G_GINT64_FORMAT "-", from)
                                 : g_strdup_printf("bytes=%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT,
                                                   from, from + size - 1);
    gboolean is_whole = from == 0 && size < 0;
    TgS3Call call = {.method = "GET",
                     .bucket = place->bucket,
                     .key = place->key,
                     .query = query,
                     .answer_bytes_max = bytes_max,
                     .verb = "read"};
    g_autoptr(TgHttpAnswer) answer = NULL;

    gsize count = 0;

    if (!is_whole) {
        call.headers[count++] = "range";
        call.headers[count++] = range;
    }
    if (place->if_match != NULL) {
        etag = g_strdup_printf("\"%s\"", place->if_match);
        call.headers[count++] = "if-match";
        call.headers[count++] = etag;
    }
    if (size == 0) {
        return g_byte_array_new();
    }
    answer = tg_s3_call(s3, &call, error);
    return answer == NULL ? NULL : g_byte_array_ref(answer->body);
}

gboolean tg_s3_put(TgS3 *s3, const TgS3Place *place, const char *bytes, gsize size_bytes,
                   char **out_etag, GError **error)
{
    TgS3Call call = {.method = "PUT",
                     .bucket = place->bucket,
                     .key = place->key,
                     .body = bytes,
                     .body_size = size_bytes,
                     .verb = "write"};

    if (place->if_none) {
        call.headers[0] = "if-none-match";
        call.headers[1] = "*";
    }
    g_autoptr(TgHttpAnswer) answer = tg_s3_call(s3, &call, error);

    if (answer != NULL && out_etag != NULL) {
        *out_etag = tg_s3_etag_of(answer);
    }
    return answer != NULL;
}

gboolean tg_s3_delete(TgS3 *s3, const TgS3Place *place, GError **error)
{
    g_autofree char *query = version_query(place);
    TgS3Call call = {.method = "DELETE",
                     .bucket = place->bucket,
                     .key = place->key,
                     .query = query,
                     .verb = "delete"};
    g_autoptr(GError) problem = NULL;
    g_autoptr(TgHttpAnswer) answer = tg_s3_call(s3, &call, &problem);

    /* Real S3 says 204 for a missing object, others 404; a missing bucket is a mistake. */
    if (answer == NULL && g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND) &&
        strstr(problem->message, "NoSuchBucket") == NULL) {
        return TRUE;
    }
    if (answer == NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
    }
    return answer != NULL;
}

/* One DeleteObjects. */
static gboolean delete_some(TgS3 *s3, const char *bucket, const GPtrArray *keys, guint from,
                            guint count, GError **error)
{
    g_autoptr(GString) body = g_string_new("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/"
                                           "\"><Quiet>true</Quiet>");
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_MD5);
    g_auto(TgS3Answer) answer = {NULL};
    guint8 digest[16];
    gsize digest_size = sizeof digest;

    for (guint i = from; i < from + count; i++) {
        g_autofree char *key = g_markup_escape_text(keys->pdata[i], -1);

        g_string_append_printf(body, "<Object><Key>%s</Key></Object>", key);
    }
    g_string_append(body, "</Delete>");
    g_checksum_update(sum, (const guchar *)body->str, (gssize)body->len);
    g_checksum_get_digest(sum, digest, &digest_size);
    g_autofree char *md5 = g_base64_encode(digest, digest_size);
    TgS3Call call = {.method = "POST",
                     .bucket = bucket,
                     .query = "delete=",
                     .headers = {"content-md5", md5, "content-type", "application/xml"},
                     .body = body->str,
                     .body_size = body->len,
                     .verb = "delete objects of"};

    return tg_s3_call_xml(s3, &call, &answer, error);
}

gboolean tg_s3_delete_many(TgS3 *s3, const char *bucket, const GPtrArray *keys, GError **error)
{
    for (guint i = 0; i < keys->len; i += DELETE_KEYS_MAX) {
        if (!delete_some(s3, bucket, keys, i, MIN(DELETE_KEYS_MAX, keys->len - i), error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* "/bucket/key?versionId=…", as a header. */
static char *copy_source(const TgS3Place *from)
{
    g_autofree char *key = tg_s3_escape(from->key, "/");
    g_autofree char *version = version_query(from);

    return g_strconcat("/", from->bucket, "/", key, version == NULL ? "" : "?",
                       version == NULL ? "" : version, NULL);
}

static gboolean copy_at_once(TgS3 *s3, const char *source, const TgS3Place *to, char **out_etag,
                             GError **error)
{
    TgS3Call call = {.method = "PUT",
                     .bucket = to->bucket,
                     .key = to->key,
                     .headers = {"x-amz-copy-source", source, NULL},
                     .verb = "copy to"};
    g_auto(TgS3Answer) answer = {NULL};

    if (!tg_s3_call_xml(s3, &call, &answer, error)) {
        return FALSE;
    }
    if (out_etag != NULL) {
        *out_etag = g_steal_pointer(&answer.etag);
    }
    return TRUE;
}

gboolean tg_s3_copy(TgS3 *s3, const TgS3Place *from, const TgS3Place *to, gint64 size_bytes,
                    char **out_etag, GError **error)
{
    g_autofree char *source = copy_source(from);
    gint64 at_once = s3->part_bytes == 0 ? COPY_BYTES_MAX : s3->part_bytes;

    return size_bytes <= at_once ? copy_at_once(s3, source, to, out_etag, error)
                                 : tg_s3_copy_parts(s3, source, to, size_bytes, out_etag, error);
}

/* One page of a list; *continuation is NULL behind the last. */
static gboolean list_page(TgS3 *s3, const char *bucket, const char *prefix, char **continuation,
                          GPtrArray *objects, GError **error)
{
    g_autofree char *escaped = tg_s3_escape(prefix, "");
    g_autofree char *token = *continuation == NULL ? NULL : tg_s3_escape(*continuation, "");
    g_autofree char *query = g_strconcat(
        token == NULL ? "" : "continuation-token=", token == NULL ? "" : token,
        token == NULL ? "" : "&", "encoding-type=url&list-type=2&prefix=", escaped, NULL);
    TgS3Call call = {.method = "GET", .bucket = bucket, .query = query, .verb = "list"};
    g_auto(TgS3Answer) answer = {NULL};

    if (!tg_s3_call_xml(s3, &call, &answer, error)) {
        return FALSE;
    }
    g_free(*continuation);
    *continuation = g_steal_pointer(&answer.continuation);
    for (guint i = 0; i < answer.take_objects->len; i++) {
        g_ptr_array_add(objects, g_steal_pointer(&answer.take_objects->pdata[i]));
    }
    return TRUE;
}

GPtrArray *tg_s3_list(TgS3 *s3, const char *bucket, const char *prefix, guint objects_max,
                      GError **error)
{
    g_autoptr(GPtrArray) objects =
        g_ptr_array_new_with_free_func((GDestroyNotify)tg_s3_object_free);
    g_autofree char *continuation = NULL;

    do {
        if (!list_page(s3, bucket, prefix, &continuation, objects, error)) {
            return NULL;
        }
        if (objects->len > objects_max) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "s3://%s/%s holds more than %u objects; name a longer prefix", bucket,
                        prefix, objects_max);
            return NULL;
        }
    } while (continuation != NULL);
    return g_steal_pointer(&objects);
}

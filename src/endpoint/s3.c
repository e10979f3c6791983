/* S3: who is meant, which operation, and answers. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "endpoint/s3_internal.h"
#include "endpoint/signer.h"

#define NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"
#define LEAVES_MAX 50000

void tg_endpoint_s3_call_free(gpointer data)
{
    TgS3Call *s3 = data;

    tg_endpoint_s3_upload_clear(&s3->upload);
    tg_object_abort(s3->endpoint->objects, &s3->draft);
    g_free(s3->bucket);
    g_free(s3->key);
    g_free(s3->url);
    g_free(s3);
}

/* ---- answers -------------------------------------------------------------------------------- */

void tg_endpoint_s3_answer(TgS3Call *s3, guint status, char *take_xml)
{
    char *text = g_strconcat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", take_xml, NULL);

    g_free(take_xml);
    tg_http_call_add_header(s3->call, "Content-Type", "application/xml");
    tg_http_call_add_header(s3->call, "x-amz-request-id", "local");
    tg_http_call_answer(s3->call, status, text, strlen(text));
}

void tg_endpoint_s3_answer_empty(TgS3Call *s3, guint status)
{
    tg_http_call_add_header(s3->call, "x-amz-request-id", "local");
    tg_http_call_answer(s3->call, status, NULL, 0);
}

void tg_endpoint_s3_answer_error(TgS3Call *s3, guint status, const char *code, const char *message)
{
    GString *xml = g_string_new("<Error>");

    tg_endpoint_s3_append_text(xml, "Code", code);
    tg_endpoint_s3_append_text(xml, "Message", message);
    tg_endpoint_s3_append_text(xml, "BucketName", s3->bucket);
    tg_endpoint_s3_append_text(xml, "Key", s3->key);
    g_string_append(xml, "<RequestId>local</RequestId></Error>");
    tg_endpoint_s3_answer(s3, status, g_string_free(xml, FALSE));
}

void tg_endpoint_s3_answer_failure(TgS3Call *s3, const GError *error)
{
    switch (error->code) {
    case TG_ERROR_NOT_FOUND:
        tg_endpoint_s3_answer_error(s3, 404, "NoSuchKey", "The specified key does not exist.");
        break;
    case TG_ERROR_CONFIG:
        tg_endpoint_s3_answer_error(s3, 400, "InvalidArgument", error->message);
        break;
    case TG_ERROR_DENIED:
        tg_endpoint_s3_answer_error(s3, 403, "AccessDenied", error->message);
        break;
    case TG_ERROR_RETRY:
        tg_endpoint_s3_answer_error(s3, 503, "SlowDown", error->message);
        break;
    default:
        tg_endpoint_s3_answer_error(s3, 500, "InternalError", error->message);
    }
}

/* Longer than one character, or NULL: as it is. */
static const char *escape_of(char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '\r':
        return "&#13;";
    default:
        return (guchar)c < ' ' && c != '\n' && c != '\t' ? "\xef\xbf\xbd" : NULL;
    }
}

void tg_endpoint_s3_append_text(GString *xml, const char *name, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    g_string_append_printf(xml, "<%s>", name);
    for (const char *p = valid; *p != '\0'; p++) {
        const char *escape = escape_of(*p);

        if (escape != NULL) {
            g_string_append(xml, escape);
        } else {
            g_string_append_c(xml, *p);
        }
    }
    g_string_append_printf(xml, "</%s>", name);
}

char *tg_endpoint_s3_time(gint64 at_ms)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(at_ms / 1000);
    g_autofree char *seconds = g_date_time_format(at, "%Y-%m-%dT%H:%M:%S");

    return g_strdup_printf("%s.%03dZ", seconds, (int)(at_ms % 1000));
}

/* ---- XML in --------------------------------------------------------------------------------- */

typedef struct {
    GPtrArray *leaves;
    GString *text;
    gboolean is_leaf;
} Reader;

static void on_start(GMarkupParseContext *context, const char *name, const char **names,
                     const char **values, gpointer data, GError **error)
{
    Reader *reader = data;

    (void)context;
    (void)name;
    (void)names;
    (void)values;
    (void)error;
    g_string_truncate(reader->text, 0);
    reader->is_leaf = TRUE;
}

static void on_end(GMarkupParseContext *context, const char *name, gpointer data, GError **error)
{
    Reader *reader = data;

    (void)context;
    if (reader->is_leaf) {
        g_ptr_array_add(reader->leaves, g_strdup(name));
        g_ptr_array_add(reader->leaves, g_strdup(reader->text->str));
    }
    reader->is_leaf = FALSE;
    if (reader->leaves->len > LEAVES_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "the document has too many elements");
    }
}

static void on_text(GMarkupParseContext *context, const char *text, gsize size, gpointer data,
                    GError **error)
{
    Reader *reader = data;

    (void)context;
    (void)error;
    g_string_append_len(reader->text, text, (gssize)size);
}

GPtrArray *tg_endpoint_s3_leaves(const GByteArray *body, GError **error)
{
    static const GMarkupParser parser = {on_start, on_end, on_text, NULL, NULL};
    Reader reader = {g_ptr_array_new_with_free_func(g_free), g_string_new(NULL), FALSE};
    GMarkupParseContext *context =
        g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &reader, NULL);
    g_autoptr(GError) problem = NULL;
    gboolean ok = g_markup_parse_context_parse(context, (const char *)body->data, (gssize)body->len,
                                               &problem) &&
                  g_markup_parse_context_end_parse(context, &problem);

    g_markup_parse_context_free(context);
    g_string_free(reader.text, TRUE);
    if (!ok) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "the body is no XML: %s", problem->message);
        g_ptr_array_unref(reader.leaves);
        return NULL;
    }
    return reader.leaves;
}

/* ---- buckets -------------------------------------------------------------------------------- */

static char *bucket_path(TgS3Call *s3, const char *bucket)
{
    g_autofree char *url = g_strdup_printf("s3://%s/", bucket);

    return tg_object_engine_path(s3->endpoint->objects, url, NULL);
}

/* As S3 names new ones; names that a workflow chose may have '_', too. */
static gboolean is_bucket_name(const char *name)
{
    gsize size = strlen(name);

    return size >= 3 && size <= 63 && g_ascii_isalnum(*name) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == size;
}

gboolean tg_endpoint_s3_require_bucket(TgS3Call *s3)
{
    g_autofree char *path = bucket_path(s3, s3->bucket);

    if (path != NULL && g_file_test(path, G_FILE_TEST_IS_DIR)) {
        return TRUE;
    }
    tg_endpoint_s3_answer_error(s3, 404, "NoSuchBucket", "The specified bucket does not exist");
    return FALSE;
}

/* The folder that holds the buckets. */
static char *store_folder(TgS3Call *s3)
{
    g_autofree char *file = tg_object_engine_path(s3->endpoint->objects, "s3://any/key", NULL);
    g_autofree char *bucket = file == NULL ? NULL : g_path_get_dirname(file);

    return bucket == NULL ? NULL : g_path_get_dirname(bucket);
}

static void list_buckets(TgS3Call *s3)
{
    g_autofree char *top = store_folder(s3);
    GString *xml = g_string_new("<ListAllMyBucketsResult xmlns=\"" NAMESPACE "\"><Owner><ID>local"
                                "</ID></Owner><Buckets>");
    g_autoptr(GPtrArray) names = top == NULL ? NULL : tg_file_list_folder(top, NULL);

    for (guint i = 0; names != NULL && i < names->len; i++) {
        g_autofree char *path = g_build_filename(top, names->pdata[i], NULL);
        struct stat status;

        if (*(const char *)names->pdata[i] == '.' || stat(path, &status) != 0 ||
            !S_ISDIR(status.st_mode)) {
            continue;
        }
        g_autofree char *made = tg_endpoint_s3_time((gint64)status.st_mtim.tv_sec * 1000);

        g_string_append(xml, "<Bucket>");
        tg_endpoint_s3_append_text(xml, "Name", names->pdata[i]);
        tg_endpoint_s3_append_text(xml, "CreationDate", made);
        g_string_append(xml, "</Bucket>");
    }
    g_string_append(xml, "</Buckets></ListAllMyBucketsResult>");
    tg_endpoint_s3_answer(s3, 200, g_string_free(xml, FALSE));
}

static void create_bucket(TgS3Call *s3)
{
    g_autofree char *path = bucket_path(s3, s3->bucket);
    g_autofree char *place = g_strconcat("/", s3->bucket, NULL);
    g_autoptr(GError) error = NULL;

    if (!is_bucket_name(s3->bucket) || path == NULL) {
        tg_endpoint_s3_answer_error(s3, 400, "InvalidBucketName",
                                    "The specified bucket is not valid.");
    } else if (g_file_test(path, G_FILE_TEST_IS_DIR) &&
               strcmp(s3->endpoint->region, "us-east-1") != 0) {
        tg_endpoint_s3_answer_error(
            s3, 409, "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you "
            "already own it.");
    } else if (!tg_file_make_folder(path, &error)) {
        tg_endpoint_s3_answer_failure(s3, error);
    } else {
        tg_http_call_add_header(s3->call, "Location", place);
        tg_endpoint_s3_answer_empty(s3, 200);
    }
}

static void delete_bucket(TgS3Call *s3)
{
    g_autofree char *path = bucket_path(s3, s3->bucket);

    if (!tg_endpoint_s3_require_bucket(s3)) {
        return;
    }
    if (g_rmdir(path) != 0) {
        tg_endpoint_s3_answer_error(s3, 409, "BucketNotEmpty",
                                    "The bucket you tried to delete is not empty");
    } else {
        tg_endpoint_s3_answer_empty(s3, 204);
    }
}

static void head_bucket(TgS3Call *s3)
{
    tg_http_call_add_header(s3->call, "x-amz-bucket-region", s3->endpoint->region);
    if (tg_endpoint_s3_require_bucket(s3)) {
        tg_endpoint_s3_answer_empty(s3, 200);
    }
}

/* What is asked about a bucket or an object besides its bytes: fixed answers. */
typedef struct {
    const char *parameter;
    guint status;
    const char *answer; /* XML, or the code of the error */
} Facet;

static const Facet facets[] = {
    {"versioning", 200, "<VersioningConfiguration xmlns=\"" NAMESPACE "\"/>"},
    {"tagging", 200, "<Tagging xmlns=\"" NAMESPACE "\"><TagSet/></Tagging>"},
    {"acl", 200,
     "<AccessControlPolicy xmlns=\"" NAMESPACE "\"><Owner><ID>local</ID></Owner>"
     "<AccessControlList/></AccessControlPolicy>"},
    {"policy", 404, "NoSuchBucketPolicy"},
    {"encryption", 404, "ServerSideEncryptionConfigurationNotFoundError"},
    {"lifecycle", 404, "NoSuchLifecycleConfiguration"},
    {"cors", 404, "NoSuchCORSConfiguration"},
    {"website", 404, "NoSuchWebsiteConfiguration"},
    {"object-lock", 404, "ObjectLockConfigurationNotFoundError"},
    {"publicAccessBlock", 404, "NoSuchPublicAccessBlockConfiguration"},
};

static gboolean answer_facet(TgS3Call *s3)
{
    const Facet *found = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(facets) && found == NULL; i++) {
        found = tg_http_call_has_parameter(s3->call, facets[i].parameter) ? &facets[i] : NULL;
    }
    if (found == NULL) {
        return FALSE;
    }
    if (strcmp(tg_http_call_method(s3->call), "GET") != 0) {
        tg_endpoint_s3_answer_error(
            s3, 501, "NotImplemented",
            "The local endpoint keeps no such settings of buckets and objects");
    } else if (!tg_endpoint_s3_require_bucket(s3)) {
        return TRUE;
    } else if (found->status == 200) {
        tg_endpoint_s3_answer(s3, 200, g_strdup(found->answer));
    } else {
        tg_endpoint_s3_answer_error(s3, found->status, found->answer, "There is none");
    }
    return TRUE;
}

static void get_location(TgS3Call *s3)
{
    gboolean is_first = strcmp(s3->endpoint->region, "us-east-1") == 0;

    if (tg_endpoint_s3_require_bucket(s3)) {
        tg_endpoint_s3_answer(s3, 200,
                              g_markup_printf_escaped("<LocationConstraint xmlns=\"" NAMESPACE
                                                      "\">%s</LocationConstraint>",
                                                      is_first ? "" : s3->endpoint->region));
    }
}

/* ---- dispatch ------------------------------------------------------------------------------- */

/* "bucket.localhost:9000" or "bucket.s3.localhost": the bucket; NULL for path style. */
static char *bucket_of_host(const char *host)
{
    g_autofree char *name = host == NULL ? NULL : g_strndup(host, strcspn(host, ":"));
    char *end = name == NULL ? NULL : g_strrstr(name, ".localhost");

    if (end == NULL || strcmp(end, ".localhost") != 0) {
        return NULL;
    }
    *end = '\0';
    end = g_strrstr(name, ".s3");
    if (end != NULL && (end[3] == '\0' || end[3] == '.')) {
        *end = '\0';
    }
    return strcmp(name, "s3") == 0 || g_str_has_prefix(name, "s3.") ? NULL : g_steal_pointer(&name);
}

static gboolean has(const TgS3Call *s3, const char *parameter)
{
    return tg_http_call_has_parameter(s3->call, parameter);
}

static gboolean is_copy(const TgS3Call *s3)
{
    return tg_http_call_header(s3->call, "x-amz-copy-source") != NULL;
}

/* FALSE when the path cannot be read. */
static gboolean read_address(TgS3Call *s3)
{
    const char *path = tg_http_call_path(s3->call);
    g_autofree char *plain = *path == '/' ? g_uri_unescape_string(path + 1, NULL) : NULL;

    if (plain == NULL || !g_utf8_validate(plain, -1, NULL)) {
        return FALSE;
    }
    s3->bucket = bucket_of_host(tg_http_call_header(s3->call, "Host"));
    if (s3->bucket != NULL) {
        s3->key = g_steal_pointer(&plain);
    } else {
        gsize size = strcspn(plain, "/");

        s3->bucket = g_strndup(plain, size);
        s3->key = g_strdup(plain[size] == '/' ? plain + size + 1 : "");
    }
    s3->url = g_strdup_printf("s3://%s/%s", s3->bucket, s3->key);
    return TRUE;
}

void tg_endpoint_s3_begin(TgEndpoint *endpoint, TgHttpCall *call)
{
    TgS3Call *s3 = g_new0(TgS3Call, 1);
    TgSignerRefusal refusal = {NULL, NULL, NULL};

    s3->endpoint = endpoint;
    s3->call = call;
    s3->upload.fd = -1;
    tg_http_call_set_data(call, s3, tg_endpoint_s3_call_free);
    if (!read_address(s3)) {
        s3->bucket = s3->bucket == NULL ? g_strdup("") : s3->bucket;
        s3->key = g_strdup("");
        tg_endpoint_s3_answer_error(s3, 400, "InvalidURI", "Couldn't parse the specified URI.");
    } else if (!tg_signer_check(endpoint->signer, call, TRUE, &refusal)) {
        tg_endpoint_s3_answer_error(s3, 403, refusal.s3_code, refusal.message);
    } else if (strcmp(tg_http_call_method(call), "PUT") == 0 && *s3->key != '\0' && !is_copy(s3) &&
               !has(s3, "tagging") && !has(s3, "acl")) {
        if (has(s3, "uploadId")) {
            tg_endpoint_s3_part_begin(s3);
        } else {
            tg_endpoint_s3_put_begin(s3);
        }
    }
}

typedef struct {
    const char *method;
    const char *parameter; /* that must be there; NULL: none */
    gboolean of_key;
    gboolean of_copy;
    void (*run)(TgS3Call *s3);
} Operation;

/* The first row that fits. */
static const Operation operations[] = {
    {"GET", "location", FALSE, FALSE, get_location},
    {"GET", "uploads", FALSE, FALSE, tg_endpoint_s3_list_uploads},
    {"GET", NULL, FALSE, FALSE, tg_endpoint_s3_list_objects},
    {"HEAD", NULL, FALSE, FALSE, head_bucket},
    {"PUT", NULL, FALSE, FALSE, create_bucket},
    {"DELETE", NULL, FALSE, FALSE, delete_bucket},
    {"POST", "delete", FALSE, FALSE, tg_endpoint_s3_delete_objects},
    {"GET", "uploadId", TRUE, FALSE, tg_endpoint_s3_list_parts},
    {"GET", NULL, TRUE, FALSE, tg_endpoint_s3_get_object},
    {"HEAD", NULL, TRUE, FALSE, tg_endpoint_s3_get_object},
    {"PUT", "uploadId", TRUE, TRUE, tg_endpoint_s3_copy_part},
    {"PUT", "uploadId", TRUE, FALSE, tg_endpoint_s3_put_part},
    {"PUT", NULL, TRUE, TRUE, tg_endpoint_s3_copy_object},
    {"PUT", NULL, TRUE, FALSE, tg_endpoint_s3_put_object},
    {"POST", "uploads", TRUE, FALSE, tg_endpoint_s3_create_upload},
    {"POST", "uploadId", TRUE, FALSE, tg_endpoint_s3_complete_upload},
    {"DELETE", "uploadId", TRUE, FALSE, tg_endpoint_s3_abort_upload},
    {"DELETE", NULL, TRUE, FALSE, tg_endpoint_s3_delete_object},
};

void tg_endpoint_s3(TgEndpoint *endpoint, TgHttpCall *call)
{
    TgS3Call *s3 = tg_http_call_data(call);
    const char *method = tg_http_call_method(call);
    gboolean of_key = *s3->key != '\0';

    (void)endpoint;
    if (*s3->bucket == '\0') {
        list_buckets(s3);
        return;
    }
    if (answer_facet(s3)) {
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(operations); i++) {
        const Operation *row = &operations[i];

        if (strcmp(row->method, method) == 0 && row->of_key == of_key &&
            (row->parameter == NULL || has(s3, row->parameter)) && (!row->of_copy || is_copy(s3))) {
            row->run(s3);
            return;
        }
    }
    tg_endpoint_s3_answer_error(s3, 405, "MethodNotAllowed",
                                "The specified method is not allowed against this resource.");
}

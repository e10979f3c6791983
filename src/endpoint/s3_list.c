/* ListObjects and ListObjectsV2. */
#include <string.h>

#include "endpoint/s3_internal.h"
#include "object/folder.h"

#define KEYS_MAX 1000

typedef struct {
    TgS3Call *s3;
    gboolean is_v2;
    char *prefix;
    char *delimiter; /* NULL: none */
    char *after;     /* what was told last; NULL: from the start */
    gboolean is_url_encoded;
    gboolean has_owner;
    guint keys_max;
    guint count;
    char *last; /* told: a key or a common prefix */
    GString *keys;
    GString *prefixes;
} List;

static void list_clear(List *list)
{
    g_free(list->prefix);
    g_free(list->delimiter);
    g_free(list->after);
    g_free(list->last);
    g_string_free(list->keys, TRUE);
    g_string_free(list->prefixes, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(List, list_clear)

static void append_key(const List *list, GString *xml, const char *name, const char *key)
{
    g_autofree char *escaped =
        list->is_url_encoded ? g_uri_escape_string(key, "/", FALSE) : g_strdup(key);

    tg_endpoint_s3_append_text(xml, name, escaped);
}

static char *non_empty(char *take_text)
{
    if (take_text != NULL && *take_text == '\0') {
        g_clear_pointer(&take_text, g_free);
    }
    return take_text;
}

/* A token is the last key or prefix in base64, so that it says nothing to nobody. */
static char *read_token(const TgHttpCall *call)
{
    g_autofree char *token = tg_http_call_parameter(call, "continuation-token");
    gsize size = 0;
    g_autofree guchar *bytes = token == NULL ? NULL : g_base64_decode(token, &size);

    return bytes == NULL ? NULL : g_strndup((const char *)bytes, size);
}

static void list_init(List *list, TgS3Call *s3)
{
    g_autofree char *type = tg_http_call_parameter(s3->call, "list-type");
    g_autofree char *max = tg_http_call_parameter(s3->call, "max-keys");
    g_autofree char *encoding = tg_http_call_parameter(s3->call, "encoding-type");
    g_autofree char *owner = tg_http_call_parameter(s3->call, "fetch-owner");
    guint64 keys_max = max == NULL ? KEYS_MAX : g_ascii_strtoull(max, NULL, 10);

    list->s3 = s3;
    list->is_v2 = g_strcmp0(type, "2") == 0;
    list->prefix = tg_http_call_parameter(s3->call, "prefix");
    list->prefix = list->prefix == NULL ? g_strdup("") : list->prefix;
    list->delimiter = non_empty(tg_http_call_parameter(s3->call, "delimiter"));
    list->after = list->is_v2 ? read_token(s3->call) : NULL;
    if (list->after == NULL) {
        list->after =
            non_empty(tg_http_call_parameter(s3->call, list->is_v2 ? "start-after" : "marker"));
    }
    list->is_url_encoded = g_strcmp0(encoding, "url") == 0;
    list->has_owner = !list->is_v2 || g_strcmp0(owner, "true") == 0;
    list->keys_max = (guint)MIN(keys_max, KEYS_MAX);
    list->keys = g_string_new(NULL);
    list->prefixes = g_string_new(NULL);
}

/* "a/b/" of "a/b/c" when a delimiter follows the prefix; NULL for a key of its own. */
static char *common_prefix(const List *list, const char *key)
{
    const char *rest = key + strlen(list->prefix);
    const char *found = list->delimiter == NULL ? NULL : strstr(rest, list->delimiter);

    return found == NULL ? NULL : g_strndup(key, (gsize)(found - key) + strlen(list->delimiter));
}

static gboolean was_told(const List *list, const char *key)
{
    return list->after != NULL &&
           (strcmp(key, list->after) <= 0 ||
            (list->delimiter != NULL && g_str_has_suffix(list->after, list->delimiter) &&
             g_str_has_prefix(key, list->after) && strlen(list->after) > strlen(list->prefix)));
}

static void append_object(List *list, const TgObjectInfo *info, const char *key)
{
    g_autofree char *at = tg_endpoint_s3_time(info->modified_at_ms);

    g_string_append(list->keys, "<Contents>");
    append_key(list, list->keys, "Key", key);
    tg_endpoint_s3_append_text(list->keys, "LastModified", at);
    g_string_append_printf(list->keys,
                           "<ETag>&quot;%s&quot;</ETag><Size>%" G_GINT64_FORMAT
                           "</Size><StorageClass>STANDARD</StorageClass>",
                           info->etag, info->size_bytes);
    g_string_append(list->keys,
                    list->has_owner ? "<Owner><ID>local</ID></Owner></Contents>" : "</Contents>");
}

static void append_prefix(List *list, const char *common)
{
    g_string_append(list->prefixes, "<CommonPrefixes>");
    append_key(list, list->prefixes, "Prefix", common);
    g_string_append(list->prefixes, "</CommonPrefixes>");
}

static void set_last(List *list, const char *told)
{
    g_free(list->last);
    list->last = g_strdup(told);
    list->count++;
}

/* By folders, which reads no more of the tree than the page shows. */
static gboolean fill_by_folders(List *list, const char *path, gboolean *out_more, GError **error)
{
    gboolean is_folder = list->delimiter != NULL && list->after != NULL &&
                         g_str_has_suffix(list->after, "/") &&
                         strlen(list->after) > strlen(list->prefix);
    const TgFolderPage page = {.folder = path,
                               .bucket = list->s3->bucket,
                               .prefix = list->prefix,
                               .after = list->after,
                               .after_folder = is_folder,
                               .with_folders = list->delimiter != NULL,
                               .max = list->keys_max};
    g_autoptr(GPtrArray) entries = tg_folder_list_page(&page, out_more, error);
    gsize skip = strlen("s3://") + strlen(list->s3->bucket) + 1;

    for (guint i = 0; entries != NULL && i < entries->len; i++) {
        const TgFolderEntry *entry = entries->pdata[i];
        const char *told = entry->object == NULL ? entry->folder : entry->object->url + skip;

        if (entry->object == NULL) {
            append_prefix(list, told);
        } else {
            append_object(list, entry->object, told);
        }
        set_last(list, told);
    }
    return entries != NULL;
}

/* By keys, for other delimiters than '/'. Whether the page is full and more follows. */
static gboolean fill_page(List *list, const GPtrArray *objects)
{
    gsize skip = strlen("s3://") + strlen(list->s3->bucket) + 1;

    for (guint i = 0; i < objects->len; i++) {
        const TgObjectInfo *info = objects->pdata[i];
        const char *key = info->url + skip;
        g_autofree char *common = common_prefix(list, key);

        if (was_told(list, key) || (common != NULL && g_strcmp0(common, list->last) == 0)) {
            continue;
        }
        if (list->count >= list->keys_max) {
            return TRUE;
        }
        if (common != NULL) {
            append_prefix(list, common);
        } else {
            append_object(list, info, key);
        }
        set_last(list, common != NULL ? common : key);
    }
    return FALSE;
}

static void append_position(const List *list, GString *xml, gboolean has_more)
{
    g_autofree char *next = has_more && list->last != NULL
                                ? g_base64_encode((const guchar *)list->last, strlen(list->last))
                                : NULL;

    if (list->is_v2) {
        g_autofree char *token = tg_http_call_parameter(list->s3->call, "continuation-token");

        g_string_append_printf(xml, "<KeyCount>%u</KeyCount>", list->count);
        if (token != NULL) {
            tg_endpoint_s3_append_text(xml, "ContinuationToken", token);
        }
        if (next != NULL) {
            tg_endpoint_s3_append_text(xml, "NextContinuationToken", next);
        }
    } else {
        append_key(list, xml, "Marker", list->after == NULL ? "" : list->after);
        if (next != NULL) {
            append_key(list, xml, "NextMarker", list->last);
        }
    }
}

static void answer(const List *list, gboolean has_more)
{
    GString *xml =
        g_string_new("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");

    tg_endpoint_s3_append_text(xml, "Name", list->s3->bucket);
    append_key(list, xml, "Prefix", list->prefix);
    if (list->delimiter != NULL) {
        append_key(list, xml, "Delimiter", list->delimiter);
    }
    g_string_append_printf(xml, "<MaxKeys>%u</MaxKeys><IsTruncated>%s</IsTruncated>%s",
                           list->keys_max, has_more ? "true" : "false",
                           list->is_url_encoded ? "<EncodingType>url</EncodingType>" : "");
    append_position(list, xml, has_more);
    g_string_append(xml, list->keys->str);
    g_string_append(xml, list->prefixes->str);
    g_string_append(xml, "</ListBucketResult>");
    tg_endpoint_s3_answer(list->s3, 200, g_string_free(xml, FALSE));
}

void tg_endpoint_s3_list_objects(TgS3Call *s3)
{
    g_auto(List) list = {0};
    g_autoptr(GError) error = NULL;

    list_init(&list, s3);
    g_autofree char *url = g_strdup_printf("s3://%s/%s", s3->bucket, list.prefix);

    if (!tg_endpoint_s3_require_bucket(s3)) {
        return;
    }
    g_autoptr(GPtrArray) objects = NULL;
    gboolean by_folders = list.delimiter == NULL || strcmp(list.delimiter, "/") == 0;
    gboolean has_more = FALSE;
    gboolean ok = FALSE;

    if (by_folders) {
        g_autofree char *bucket_url = g_strdup_printf("s3://%s/", s3->bucket);
        g_autofree char *path = tg_object_engine_path(s3->endpoint->objects, bucket_url, &error);

        ok = path != NULL && fill_by_folders(&list, path, &has_more, &error);
    } else {
        objects = tg_object_list(s3->endpoint->objects, url, &error);
        ok = objects != NULL;
        has_more = ok && fill_page(&list, objects);
    }
    if (ok) {
        answer(&list, has_more && list.keys_max > 0);
    } else if (error->code == TG_ERROR_CONFIG) {
        answer(&list, FALSE); /* no object can have a key that begins so */
    } else {
        tg_endpoint_s3_answer_failure(s3, error);
    }
}

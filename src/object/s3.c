/* The store in S3: drafts are local files, a commit sends one. */
#include "object/s3.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "aws/endpoint.h"
#include "aws/http_proxy.h"
#include "aws/s3.h"
#include "base/file.h"
#include "object/draft_folder.h"
#include "params/params.h"

#define OBJECTS_MAX 1000000u /* of one list */
#define UPLOADS_MAX 1000000u
#define RETRIES_DEFAULT 7
#define FOLDER_PREFIX "tegaru-s3-"

typedef struct {
    TgObjectStore store;
    TgS3 *s3;
    char *folder;        /* of drafts */
    int lock_fd;         /* of the folder; -1: none */
    char *acl;           /* of new objects; NULL: the bucket's */
    gint drafts;         /* made so far */
    GMutex mutex;        /* over what follows */
    GHashTable *uploads; /* TgS3Upload by a draft's path: sent, not seen yet */
} S3Store;

/* --- drafts --- */

static gboolean s3_begin(TgObjectStore *store, const char *url, TgObjectDraft *out, GError **error)
{
    S3Store *self = (S3Store *)store;
    g_auto(TgObjectUrl) place = {NULL};
    g_autofree char *name = NULL;

    if (!tg_object_url_parse(url, &place, error)) {
        return FALSE;
    }
    name = g_strdup_printf("%d", g_atomic_int_add(&self->drafts, 1));
    out->path = g_build_filename(self->folder, name, NULL);
    out->url = g_strdup(url);
    return TRUE;
}

static void drop_upload(gpointer upload)
{
    tg_s3_upload_free(upload);
}

/* Takes the upload of a draft; NULL: nothing of it was sent. */
static TgS3Upload *take_upload(S3Store *self, const TgObjectDraft *draft)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    TgS3Upload *upload = g_hash_table_lookup(self->uploads, draft->path);
    g_autofree gpointer path = NULL;

    (void)locker;
    if (upload != NULL) {
        (void)g_hash_table_steal_extended(self->uploads, draft->path, &path, NULL);
    }
    return upload;
}

static void s3_abort(TgObjectStore *store, TgObjectDraft *draft)
{
    S3Store *self = (S3Store *)store;

    tg_s3_upload_free(take_upload(self, draft));
    (void)g_unlink(draft->path); /* it may not have been written yet */
}

static TgObjectInfo *info_new(const char *url, gint64 size_bytes, gint64 modified_at_ms,
                              const char *etag)
{
    TgObjectInfo *info = g_new0(TgObjectInfo, 1);

    info->url = g_strdup(url);
    info->size_bytes = size_bytes;
    info->modified_at_ms = modified_at_ms;
    info->etag = g_strdup(etag);
    return info;
}

static TgS3Upload *upload_new(S3Store *self, const TgObjectDraft *draft, GError **error)
{
    g_auto(TgObjectUrl) place = {NULL};
    const char *const headers[] = {self->acl == NULL ? NULL : "x-amz-acl", self->acl, NULL};
    TgS3File file = {.path = draft->path, .headers = headers};

    if (!tg_object_url_parse(draft->url, &place, error)) {
        return NULL;
    }
    TgS3Place to = {.bucket = place.bucket, .key = place.key};

    return tg_s3_upload_new(self->s3, &to, &file, error);
}

static gboolean s3_prepare(TgObjectStore *store, const TgObjectDraft *draft, GError **error)
{
    S3Store *self = (S3Store *)store;
    TgS3Upload *upload = upload_new(self, draft, error);

    if (upload == NULL) {
        return FALSE;
    }
    if (tg_s3_upload_is_sent(upload)) {
        (void)g_unlink(draft->path); /* the disk may be small; the folder goes at the end */
    }
    g_mutex_lock(&self->mutex);
    g_hash_table_insert(self->uploads, g_strdup(draft->path), upload);
    g_mutex_unlock(&self->mutex);
    return TRUE;
}

static gboolean s3_commit(TgObjectStore *store, TgObjectDraft *draft, TgObjectInfo **out,
                          GError **error)
{
    S3Store *self = (S3Store *)store;
    g_auto(TgObjectUrl) place = {NULL};
    g_auto(TgS3Info) info = {0};
    g_autofree char *etag = NULL;
    g_autoptr(TgS3Upload) upload = take_upload(self, draft);

    if (upload == NULL) {
        upload = upload_new(self, draft, error);
    }
    if (upload == NULL || !tg_object_url_parse(draft->url, &place, error)) {
        return FALSE;
    }
    TgS3Place to = {.bucket = place.bucket, .key = place.key};

    /* what the receipt says is what the server has */
    if (!tg_s3_upload_finish(upload, &etag, error) || !tg_s3_head(self->s3, &to, &info, error)) {
        return FALSE;
    }
    s3_abort(store, draft);
    if (out != NULL) {
        *out = info_new(draft->url, info.size_bytes, info.modified_at_ms,
                        info.etag == NULL ? etag : info.etag);
    }
    return TRUE;
}

/* --- objects --- */

static gboolean s3_read(TgObjectStore *store, const char *url, gsize max_bytes, char **out,
                        gsize *out_size_bytes, GError **error)
{
    S3Store *self = (S3Store *)store;
    g_auto(TgObjectUrl) place = {NULL};

    if (!tg_object_url_parse(url, &place, error)) {
        return FALSE;
    }
    TgS3Place from = {.bucket = place.bucket, .key = place.key};
    GByteArray *bytes = tg_s3_get(self->s3, &from, 0, -1, max_bytes, error);

    if (bytes == NULL) {
        return FALSE;
    }
    *out_size_bytes = bytes->len;
    *out = (char *)g_byte_array_free(bytes, FALSE);
    return TRUE;
}

static gboolean s3_read_range(TgObjectStore *store, const TgObjectInfo *object, gint64 from,
                              gsize size_bytes, GByteArray *into, GError **error)
{
    S3Store *self = (S3Store *)store;
    g_auto(TgObjectUrl) place = {NULL};
    gint64 size = MIN((gint64)size_bytes, object->size_bytes - from);
    g_autoptr(GByteArray) bytes = NULL;

    if (size <= 0) {
        return TRUE;
    }
    if (!tg_object_url_parse(object->url, &place, error)) {
        return FALSE;
    }
    TgS3Place at = {.bucket = place.bucket, .key = place.key, .if_match = object->etag};

    bytes = tg_s3_get(self->s3, &at, from, size, (gsize)size, error);
    if (bytes == NULL) {
        return FALSE;
    }
    if ((gint64)bytes->len != size) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                    "%s: the server sent %u bytes instead of %" G_GINT64_FORMAT, object->url,
                    bytes->len, size);
        return FALSE;
    }
    (void)g_byte_array_append(into, bytes->data, bytes->len);
    return TRUE;
}

static gboolean s3_exists(TgObjectStore *store, const char *url, gboolean *out, GError **error)
{
    S3Store *self = (S3Store *)store;
    g_auto(TgObjectUrl) place = {NULL};
    g_auto(TgS3Info) info = {0};
    g_autoptr(GError) problem = NULL;

    if (!tg_object_url_parse(url, &place, error)) {
        return FALSE;
    }
    TgS3Place at = {.bucket = place.bucket, .key = place.key};

    *out = tg_s3_head(self->s3, &at, &info, &problem);
    if (*out || g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

static gboolean s3_list(TgObjectStore *store, const char *url, GPtrArray *into, GError **error)
{
    S3Store *self = (S3Store *)store;
    g_auto(TgObjectUrl) place = {NULL};
    g_autoptr(GPtrArray) objects = NULL;

    if (!tg_object_url_parse(url, &place, error)) {
        return FALSE;
    }
    objects = tg_s3_list(self->s3, place.bucket, place.key, OBJECTS_MAX, error);
    for (guint i = 0; objects != NULL && i < objects->len; i++) {
        const TgS3Object *object = g_ptr_array_index(objects, i);
        g_autofree char *of_object = g_strconcat("s3://", place.bucket, "/", object->key, NULL);

        TgObjectInfo *info =
            info_new(of_object, object->size_bytes, object->modified_at_ms, object->etag);

        info->is_archived = object->is_archived;
        g_ptr_array_add(into, info);
    }
    return objects != NULL;
}

static gboolean s3_copy(TgObjectStore *store, const char *from, const char *to, GError **error)
{
    S3Store *self = (S3Store *)store;
    g_auto(TgObjectUrl) source = {NULL};
    g_auto(TgObjectUrl) target = {NULL};
    g_auto(TgS3Info) info = {0};

    if (!tg_object_url_parse(from, &source, error) || !tg_object_url_parse(to, &target, error)) {
        return FALSE;
    }
    TgS3Place source_place = {.bucket = source.bucket, .key = source.key};
    TgS3Place target_place = {.bucket = target.bucket, .key = target.key};

    return tg_s3_head(self->s3, &source_place, &info, error) &&
           tg_s3_copy(self->s3, &source_place, &target_place, info.size_bytes, NULL, error);
}

static gboolean s3_remove(TgObjectStore *store, const char *url, GError **error)
{
    S3Store *self = (S3Store *)store;
    g_auto(TgObjectUrl) place = {NULL};

    if (!tg_object_url_parse(url, &place, error)) {
        return FALSE;
    }
    TgS3Place at = {.bucket = place.bucket, .key = place.key};

    return tg_s3_delete(self->s3, &at, error);
}

static gboolean s3_create(TgObjectStore *store, const char *url, const char *text,
                          gboolean *out_created, GError **error)
{
    S3Store *self = (S3Store *)store;
    g_auto(TgObjectUrl) place = {NULL};
    g_autoptr(GError) problem = NULL;

    if (!tg_object_url_parse(url, &place, error)) {
        return FALSE;
    }
    TgS3Place at = {.bucket = place.bucket, .key = place.key, .if_none = TRUE};

    *out_created = tg_s3_put(self->s3, &at, text, strlen(text), NULL, &problem);
    if (*out_created || g_error_matches(problem, TG_ERROR, TG_ERROR_CONFLICT)) {
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

/* The objects of a listing lie in one bucket. */
static gboolean s3_remove_many(TgObjectStore *store, const GPtrArray *objects, GError **error)
{
    S3Store *self = (S3Store *)store;
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    g_auto(TgObjectUrl) first = {NULL};

    if (objects->len == 0) {
        return TRUE;
    }
    if (!tg_object_url_parse(((const TgObjectInfo *)objects->pdata[0])->url, &first, error)) {
        return FALSE;
    }
    for (guint i = 0; i < objects->len; i++) {
        const char *url = ((const TgObjectInfo *)objects->pdata[i])->url;

        g_ptr_array_add(keys, (char *)url + strlen("s3://") + strlen(first.bucket) + 1);
    }
    return tg_s3_delete_many(self->s3, first.bucket, keys, error);
}

static char *s3_engine_path(TgObjectStore *store G_GNUC_UNUSED, const char *url, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s lies in S3, which the local engine does not read yet; query it with Athena",
                url);
    return NULL;
}

/* Folders of drafts are swept when the next store is opened. */
static gboolean s3_collect(TgObjectStore *store G_GNUC_UNUSED, guint *out_count G_GNUC_UNUSED,
                           gint64 *out_bytes G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return TRUE;
}

static void s3_free(TgObjectStore *store)
{
    S3Store *self = (S3Store *)store;

    if (self->folder != NULL) {
        (void)tg_file_remove_folder(self->folder, NULL); /* else the next store finds it */
    }
    if (self->lock_fd >= 0) {
        (void)close(self->lock_fd);
    }
    g_hash_table_unref(self->uploads); /* before the client: what is left is given up */
    g_mutex_clear(&self->mutex);
    tg_s3_free(self->s3);
    g_free(self->folder);
    g_free(self->acl);
    g_free(self);
}

/* --- options --- */

static gboolean read_client(S3Store *self, const json_t *config, GError **error)
{
    g_autoptr(TgAwsCredentials) credentials = tg_aws_auth_read(config, error);
    g_autofree char *region = NULL;
    g_autofree char *endpoint = NULL;
    g_autofree char *profile = NULL;
    g_autofree char *proxy = NULL;
    gboolean path_style = FALSE;
    gint64 retries = 0;
    gint64 stall_s = 0;

    if (credentials == NULL || !tg_params_dup_text_or(config, "region", NULL, &region, error) ||
        !tg_params_dup_text_or(config, "endpoint", NULL, &endpoint, error) ||
        !tg_params_dup_text_or(config, "profile_name", NULL, &profile, error) ||
        !tg_params_get_boolean(config, "path_style_access_enabled", FALSE, &path_style, error) ||
        !tg_params_get_int64(config, "maximum_retries", RETRIES_DEFAULT, &retries, error) ||
        !tg_params_get_int64(config, "stall_seconds", 0, &stall_s, error) ||
        !tg_params_check_range("stall_seconds", stall_s, 0, 3600, error) ||
        !tg_aws_proxy_read(config, &proxy, error)) {
        return FALSE;
    }
    endpoint = endpoint != NULL ? endpoint : tg_aws_endpoint_find("s3", profile);
    region = region != NULL ? region : tg_aws_region_find(profile);
    TgS3Options options = {.endpoint = endpoint,
                           .region = region,
                           .path_style = path_style,
                           .credentials = credentials,
                           .proxy = proxy,
                           .stall_s = (guint)stall_s,
                           .tries_max = (guint)CLAMP(retries, 0, 100) + 1};

    self->s3 = tg_s3_new(&options, error);
    return self->s3 != NULL;
}

/* Also removes the folders of processes that were killed: nobody else looks where they are. */
static gboolean make_folder(S3Store *self, const json_t *config, GError **error)
{
    g_autofree char *top = NULL;
    guint count = 0;
    gint64 bytes = 0;

    if (!tg_params_dup_text_or(config, "buffer_dir", g_get_tmp_dir(), &top, error)) {
        return FALSE;
    }
    self->folder = g_build_filename(top, FOLDER_PREFIX "XXXXXX", NULL);
    if (g_mkdir_with_parents(top, 0700) != 0 || g_mkdtemp(self->folder) == NULL) {
        tg_error_set_file(error, errno, "make a folder in", top);
        g_clear_pointer(&self->folder, g_free);
        return FALSE;
    }
    (void)tg_draft_folder_sweep(top, FOLDER_PREFIX, &count, &bytes, NULL); /* others' may stay */
    self->lock_fd = tg_draft_folder_lock(self->folder, error);
    return self->lock_fd >= 0;
}

/* Without a client and a folder. */
static S3Store *store_new(void)
{
    static const TgObjectStoreClass class = {.begin = s3_begin,
                                             .prepare = s3_prepare,
                                             .commit = s3_commit,
                                             .abort = s3_abort,
                                             .read = s3_read,
                                             .read_range = s3_read_range,
                                             .exists = s3_exists,
                                             .list = s3_list,
                                             .copy = s3_copy,
                                             .create = s3_create,
                                             .remove = s3_remove,
                                             .remove_many = s3_remove_many,
                                             .engine_path = s3_engine_path,
                                             .collect = s3_collect,
                                             .free = s3_free};
    S3Store *self = g_new0(S3Store, 1);

    self->store.class = &class;
    self->lock_fd = -1;
    self->uploads = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, drop_upload);
    g_mutex_init(&self->mutex);
    return self;
}

TgObjectStore *tg_object_store_new_s3(const json_t *config, GError **error)
{
    S3Store *self = store_new();
    g_autoptr(TgObjectStore) store = &self->store;

    return read_client(self, config, error) && make_folder(self, config, error) &&
                   tg_params_dup_text_or(config, "canned_acl", NULL, &self->acl, error)
               ? g_steal_pointer(&store)
               : NULL;
}

TgObjectStore *tg_object_store_new_s3_as(const TgAwsSettings *who, const TgObjectS3As *options,
                                         GError **error)
{
    S3Store *self = store_new();
    g_autoptr(TgObjectStore) store = &self->store;
    g_autoptr(json_t) none = json_object();
    g_autofree char *found =
        options->endpoint == NULL ? tg_aws_endpoint_find("s3", who->profile) : NULL;
    TgS3Options client = {.endpoint = options->endpoint != NULL ? options->endpoint : found,
                          .region = who->region,
                          .credentials = who->credentials,
                          .proxy = options->proxy,
                          .is_cancelled = options->is_cancelled,
                          .tries_max = RETRIES_DEFAULT + 1};

    self->s3 = tg_s3_new(&client, error);
    return self->s3 != NULL && make_folder(self, none, error) ? g_steal_pointer(&store) : NULL;
}

TgObjectStore *tg_object_store_choose_s3(TgObjectStore *local, const json_t *config,
                                         TgObjectStore **out_own, GError **error)
{
    if (local != NULL && !tg_aws_auth_is_configured(config)) {
        *out_own = NULL;
        return local;
    }
    *out_own = tg_object_store_new_s3(config, error);
    return *out_own;
}

gboolean tg_object_s3_collect(TgObjectStore *store, const char *url,
                              const TgObjectS3Collect *options, guint *out_count, GError **error)
{
    S3Store *self = (S3Store *)store;
    g_auto(TgObjectUrl) place = {NULL};
    g_autoptr(GPtrArray) uploads = NULL;

    if (!tg_object_url_parse(url, &place, error)) {
        return FALSE;
    }
    uploads = tg_s3_list_uploads(self->s3, place.bucket, place.key, UPLOADS_MAX, error);
    for (guint i = 0; uploads != NULL && i < uploads->len; i++) {
        const TgS3Object *upload = g_ptr_array_index(uploads, i);
        g_autofree char *of_upload = g_strconcat("s3://", place.bucket, "/", upload->key, NULL);

        /* one without a time may be young */
        if (upload->modified_at_ms == 0 || upload->modified_at_ms > options->begun_before_ms ||
            (options->suffix != NULL && !g_str_has_suffix(upload->key, options->suffix))) {
            continue;
        }
        if (!options->dry_run && !tg_s3_abort_upload(self->s3, place.bucket, upload, error)) {
            return FALSE;
        }
        (*out_count)++;
        if (options->tell != NULL) {
            options->tell(options->data, of_upload, upload->modified_at_ms);
        }
    }
    return uploads != NULL;
}

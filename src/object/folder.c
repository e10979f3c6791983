/* An object store in a folder: s3://bucket/key is FOLDER/bucket/key. */
#include "object/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "object/draft_folder.h"
#include "object/flusher.h"

#define DRAFTS ".drafts"
#define DEPTH_MAX 64

typedef struct {
    TgObjectStore base;
    char *folder;
    GMutex mutex;       /* over the two below */
    char *draft_folder; /* NULL until the first draft */
    int lock_fd;        /* flock on draft_folder/lock; -1 without */
    gint drafts;        /* counter for names */
    TgFlusher *flusher;
} FolderStore;

static gboolean is_safe_part(const char *part)
{
    return *part != '\0' && strcmp(part, ".") != 0 && strcmp(part, "..") != 0;
}

/* The file of a URL; a prefix "s3://b/x/" gives the folder. A bucket may not be a dot name, so that
 * .drafts is nobody's bucket. */
static char *path_of(const FolderStore *store, const char *url, GError **error)
{
    g_auto(TgObjectUrl) parsed = {NULL, NULL};

    if (!tg_object_url_parse(url, &parsed, error)) {
        return NULL;
    }
    g_auto(GStrv) parts = g_strsplit(parsed.key, "/", -1);

    for (guint i = 0; parts[i] != NULL; i++) {
        gboolean is_last = parts[i + 1] == NULL;

        if (!is_safe_part(parts[i]) && !(is_last && *parts[i] == '\0')) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "'%s': a local store cannot hold a key with the part '%s'", url, parts[i]);
            return NULL;
        }
    }
    if (parsed.bucket[0] == '.') {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s': a bucket's name cannot begin with '.'",
                    url);
        return NULL;
    }
    return g_build_filename(store->folder, parsed.bucket, parsed.key, NULL);
}

/* The folder for drafts of this process, locked: gc takes the lock only after the process is gone.
 */
static gboolean ensure_drafts(FolderStore *store, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&store->mutex);
    g_autofree char *id = tg_random_id(12);
    g_autofree char *folder = g_build_filename(store->folder, DRAFTS, id, NULL);

    (void)locker;
    if (store->draft_folder != NULL) {
        return TRUE;
    }
    if (!tg_file_make_folder(folder, error)) {
        return FALSE;
    }
    store->lock_fd = tg_draft_folder_lock(folder, error);
    if (store->lock_fd < 0) {
        return FALSE;
    }
    store->draft_folder = g_steal_pointer(&folder);
    return TRUE;
}

static gboolean folder_begin(TgObjectStore *base, const char *url, TgObjectDraft *out,
                             GError **error)
{
    FolderStore *store = (FolderStore *)base;
    g_autofree char *target = path_of(store, url, error);

    if (target == NULL || !ensure_drafts(store, error)) {
        return FALSE;
    }
    if (g_str_has_suffix(url, "/")) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' ends in '/': name an object", url);
        return FALSE;
    }
    out->path = g_strdup_printf("%s/%d", store->draft_folder, g_atomic_int_add(&store->drafts, 1));
    out->url = g_strdup(url);
    tg_flusher_add(store->flusher, out->path);
    return TRUE;
}

TgObjectInfo *tg_folder_info_new(const char *url, const struct stat *status)
{
    TgObjectInfo *info = g_new0(TgObjectInfo, 1);

    info->url = g_strdup(url);
    info->size_bytes = status->st_size;
    info->modified_at_ms =
        (gint64)status->st_mtim.tv_sec * 1000 + status->st_mtim.tv_nsec / 1000000;
    info->etag = g_strdup_printf("%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER
                                 "x%08lx-%" G_GINT64_MODIFIER "x",
                                 (gint64)status->st_size, (gint64)status->st_mtim.tv_sec,
                                 (unsigned long)status->st_mtim.tv_nsec, (gint64)status->st_ino);
    return info;
}

static gboolean sync_path(const char *path, int flags)
{
    int fd = g_open(path, flags | O_CLOEXEC, 0);
    gboolean ok = fd >= 0 && fsync(fd) == 0;
    int saved_errno = errno;

    if (fd >= 0) {
        (void)close(fd);
    }
    errno = saved_errno;
    return ok;
}

static gboolean place(TgObjectStore *base, TgObjectDraft *draft, gboolean is_flushed,
                      TgObjectInfo **out, GError **error)
{
    FolderStore *store = (FolderStore *)base;
    g_autofree char *target = path_of(store, draft->url, error);
    g_autofree char *parent = target == NULL ? NULL : g_path_get_dirname(target);
    struct stat status;

    tg_flusher_remove(store->flusher, draft->path);
    if (target == NULL || !tg_file_make_folder(parent, error)) {
        return FALSE;
    }
    if ((is_flushed && !sync_path(draft->path, O_RDONLY)) || stat(draft->path, &status) != 0 ||
        g_rename(draft->path, target) != 0 ||
        (is_flushed && !sync_path(parent, O_RDONLY | O_DIRECTORY))) {
        tg_error_set_file(error, errno, "write", target);
        return FALSE;
    }
    if (out != NULL) {
        *out = tg_folder_info_new(draft->url, &status);
    }
    return TRUE;
}

static gboolean folder_commit(TgObjectStore *base, TgObjectDraft *draft, TgObjectInfo **out,
                              GError **error)
{
    return place(base, draft, TRUE, out, error);
}

static gboolean folder_commit_unflushed(TgObjectStore *base, TgObjectDraft *draft,
                                        TgObjectInfo **out, GError **error)
{
    return place(base, draft, FALSE, out, error);
}

static void folder_abort(TgObjectStore *base, TgObjectDraft *draft)
{
    tg_flusher_remove(((FolderStore *)base)->flusher, draft->path);
    (void)g_unlink(draft->path); /* what is left is found by collect */
}

static gboolean folder_read(TgObjectStore *base, const char *url, gsize max_bytes, char **out,
                            gsize *out_size_bytes, GError **error)
{
    g_autofree char *path = path_of((FolderStore *)base, url, error);

    return path != NULL && tg_file_read(path, max_bytes, out, out_size_bytes, error);
}

static gboolean read_open(int fd, const TgObjectInfo *object, gint64 from, gsize size_bytes,
                          GByteArray *into, GError **error)
{
    struct stat status;
    guint start = into->len;
    gssize got = 0;

    if (fstat(fd, &status) != 0) {
        tg_error_set_file(error, errno, "read", object->url);
        return FALSE;
    }
    TgObjectInfo *now = tg_folder_info_new(object->url, &status);
    gboolean is_same = strcmp(now->etag, object->etag) == 0;

    tg_object_info_free(now);
    if (!is_same) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "%s was changed while it was read; run it again", object->url);
        return FALSE;
    }
    g_byte_array_set_size(into, start + (guint)size_bytes);
    do {
        got = pread(fd, into->data + start, size_bytes, from);
    } while (got < 0 && errno == EINTR);
    g_byte_array_set_size(into, start + (guint)MAX(got, 0));
    if (got < 0) {
        tg_error_set_file(error, errno, "read", object->url);
    }
    return got >= 0;
}

static gboolean folder_read_range(TgObjectStore *base, const TgObjectInfo *object, gint64 from,
                                  gsize size_bytes, GByteArray *into, GError **error)
{
    g_autofree char *path = path_of((FolderStore *)base, object->url, error);
    int fd = path == NULL ? -1 : g_open(path, O_RDONLY | O_CLOEXEC, 0);
    gboolean ok = FALSE;

    if (fd < 0) {
        if (path != NULL) {
            tg_error_set_file(error, errno, "read", path);
        }
        return FALSE;
    }
    ok = read_open(fd, object, from, size_bytes, into, error);
    (void)close(fd); /* it was only read */
    return ok;
}

typedef struct {
    const char *prefix; /* URLs must begin with it */
    GPtrArray *into;
} Listing;

static gboolean list_folder(const Listing *listing, const char *folder, const char *folder_url,
                            guint depth, GError **error);

/* One name in a folder: an object, or a folder that may hold some. */
static gboolean list_entry(const Listing *listing, const char *path, const char *url, guint depth,
                           GError **error)
{
    g_autofree char *url_below = g_strconcat(url, "/", NULL);
    struct stat status;

    if (lstat(path, &status) != 0) {
        return TRUE; /* removed meanwhile */
    }
    if (S_ISDIR(status.st_mode)) {
        gboolean may_match = g_str_has_prefix(url_below, listing->prefix) ||
                             g_str_has_prefix(listing->prefix, url_below);

        return !may_match || list_folder(listing, path, url_below, depth + 1, error);
    }
    if (S_ISREG(status.st_mode) && g_str_has_prefix(url, listing->prefix)) {
        g_ptr_array_add(listing->into, tg_folder_info_new(url, &status));
    }
    return TRUE;
}

static gboolean list_folder(const Listing *listing, const char *folder, const char *folder_url,
                            guint depth, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;

    if (depth > DEPTH_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is nested too deeply", folder_url);
        return FALSE;
    }
    names = tg_file_list_folder(folder, error);
    for (guint i = 0; names != NULL && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *url = g_strconcat(folder_url, name, NULL);

        if (!list_entry(listing, path, url, depth, error)) {
            return FALSE;
        }
    }
    return names != NULL;
}

static gboolean folder_list(TgObjectStore *base, const char *url, GPtrArray *into, GError **error)
{
    FolderStore *store = (FolderStore *)base;
    g_auto(TgObjectUrl) parsed = {NULL, NULL};
    g_autofree char *checked = path_of(store, url, error);

    if (checked == NULL || !tg_object_url_parse(url, &parsed, error)) {
        return FALSE;
    }
    const char *slash = strrchr(parsed.key, '/');
    g_autofree char *above =
        slash == NULL ? g_strdup("") : g_strndup(parsed.key, (gsize)(slash - parsed.key) + 1);
    g_autofree char *folder = g_build_filename(store->folder, parsed.bucket, above, NULL);
    g_autofree char *folder_url = g_strdup_printf("s3://%s/%s", parsed.bucket, above);
    g_autofree char *prefix = g_strdup_printf("s3://%s/%s", parsed.bucket, parsed.key);
    Listing listing = {.prefix = prefix, .into = into};

    return list_folder(&listing, folder, folder_url, 0, error);
}

static gboolean folder_copy(TgObjectStore *base, const char *from, const char *to, GError **error)
{
    FolderStore *store = (FolderStore *)base;
    g_autofree char *source = path_of(store, from, error);
    g_autofree char *target = source == NULL ? NULL : path_of(store, to, error);
    g_autofree char *parent = target == NULL ? NULL : g_path_get_dirname(target);

    if (target == NULL || !tg_file_make_folder(parent, error)) {
        return FALSE;
    }
    /* Objects never change in place, so two names for one file are a copy. */
    if (link(source, target) != 0 &&
        !(errno == EEXIST && g_unlink(target) == 0 && link(source, target) == 0)) {
        tg_error_set_file(error, errno, "copy", source);
        return FALSE;
    }
    return TRUE;
}

/* A link is made or not, whoever else tries. */
static gboolean folder_create(TgObjectStore *base, const char *url, const char *text,
                              gboolean *out_created, GError **error)
{
    g_autofree char *target = path_of((FolderStore *)base, url, error);
    g_autofree char *parent = target == NULL ? NULL : g_path_get_dirname(target);
    TgObjectDraft draft = {NULL, NULL};

    if (target == NULL || !tg_file_make_folder(parent, error) ||
        !folder_begin(base, url, &draft, error)) {
        return FALSE;
    }
    gboolean ok = tg_file_write(draft.path, text, strlen(text), error);

    *out_created = ok && link(draft.path, target) == 0;
    if (ok && !*out_created && errno != EEXIST) {
        tg_error_set_file(error, errno, "write", target);
        ok = FALSE;
    }
    folder_abort(base, &draft);
    g_free(draft.path);
    g_free(draft.url);
    return ok;
}

static gboolean folder_remove(TgObjectStore *base, const char *url, GError **error)
{
    FolderStore *store = (FolderStore *)base;
    g_autofree char *path = path_of(store, url, error);

    if (path == NULL) {
        return FALSE;
    }
    if (g_unlink(path) != 0 && errno != ENOENT) {
        tg_error_set_file(error, errno, "remove", path);
        return FALSE;
    }
    /* Empty folders go up to the bucket, which may be empty. */
    g_autofree char *parent = g_path_get_dirname(path);
    gsize root_size = strlen(store->folder);

    while (strlen(parent) > root_size && strchr(parent + root_size + 1, '/') != NULL &&
           g_rmdir(parent) == 0) {
        char *above = g_path_get_dirname(parent);

        g_free(parent);
        parent = above;
    }
    return TRUE;
}

static gboolean folder_exists(TgObjectStore *base, const char *url, gboolean *out, GError **error)
{
    g_autofree char *path = path_of((FolderStore *)base, url, error);

    if (path == NULL) {
        return FALSE;
    }
    *out = g_file_test(path, G_FILE_TEST_IS_REGULAR);
    return TRUE;
}

static gboolean folder_find(TgObjectStore *base, const char *url, TgObjectInfo **out,
                            GError **error)
{
    g_autofree char *path = path_of((FolderStore *)base, url, error);
    struct stat status;

    if (path == NULL) {
        return FALSE;
    }
    if (stat(path, &status) != 0) {
        errno = errno == ENOTDIR ? ENOENT : errno;
        tg_error_set_file(error, errno, "read", url);
        return FALSE;
    }
    if (!S_ISREG(status.st_mode)) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "there is no object '%s'", url);
        return FALSE;
    }
    *out = tg_folder_info_new(url, &status);
    return TRUE;
}

static char *folder_engine_path(TgObjectStore *base, const char *url, GError **error)
{
    return path_of((FolderStore *)base, url, error);
}

static gboolean folder_collect(TgObjectStore *base, guint *out_count, gint64 *out_bytes,
                               GError **error)
{
    FolderStore *store = (FolderStore *)base;
    g_autofree char *drafts = g_build_filename(store->folder, DRAFTS, NULL);

    return tg_draft_folder_sweep(drafts, "", out_count, out_bytes, error);
}

static void folder_free(TgObjectStore *base)
{
    FolderStore *store = (FolderStore *)base;

    tg_flusher_free(store->flusher);
    if (store->draft_folder != NULL) {
        (void)tg_file_remove_folder(store->draft_folder, NULL); /* else collect finds it */
    }
    if (store->lock_fd >= 0) {
        (void)close(store->lock_fd);
    }
    g_mutex_clear(&store->mutex);
    g_free(store->draft_folder);
    g_free(store->folder);
    g_free(store);
}

static const TgObjectStoreClass folder_class = {
    .begin = folder_begin,
    .commit = folder_commit,
    .commit_unflushed = folder_commit_unflushed,
    .abort = folder_abort,
    .read = folder_read,
    .read_range = folder_read_range,
    .exists = folder_exists,
    .find = folder_find,
    .list = folder_list,
    .copy = folder_copy,
    .create = folder_create,
    .remove = folder_remove,
    .engine_path = folder_engine_path,
    .collect = folder_collect,
    .free = folder_free,
};

TgObjectStore *tg_object_store_new_folder(const char *folder)
{
    FolderStore *store = g_new0(FolderStore, 1);

    store->base.class = &folder_class;
    store->folder = g_strdup(folder);
    store->lock_fd = -1;
    store->flusher = tg_flusher_new();
    g_mutex_init(&store->mutex);
    return &store->base;
}

/* An object store with S3's calls: buckets, keys, whole objects that appear in one step. */
#pragma once

#include <glib.h>

#include "base/error.h"

#define TG_OBJECT_KEY_MAX 1024 /* bytes of a key, S3's own limit */

/* Where an object or a prefix lies: "s3://bucket/key". */
typedef struct {
    char *bucket;
    char *key; /* may be empty; ends in '/' for a prefix */
} TgObjectUrl;

/* Parses "s3://bucket/key" (also s3a:// and s3n://); anything else is TG_ERROR_CONFIG. */
gboolean tg_object_url_parse(const char *url, TgObjectUrl *out, GError **error);
void tg_object_url_clear(TgObjectUrl *url);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgObjectUrl, tg_object_url_clear)

/* One object as a listing shows it. */
typedef struct {
    char *url; /* s3://bucket/key */
    gint64 size_bytes;
    gint64 modified_at_ms;
    char *etag; /* changes with the content; in a folder store it is made of size, time and inode */
    gboolean is_archived; /* in S3's Glacier: it must be restored before it can be read */
} TgObjectInfo;

void tg_object_info_free(TgObjectInfo *info);

/* An object being written: a local file that becomes the object in one step. */
typedef struct {
    char *path; /* write here, or beside it with this name as a prefix; nothing is there at first */
    char *url;
} TgObjectDraft;

typedef struct TgObjectStore TgObjectStore;

/* What a kind of store implements; the functions below say what each must do. */
typedef struct {
    gboolean (*begin)(TgObjectStore *store, const char *url, TgObjectDraft *out, GError **error);
    /* May be NULL: there is nothing to do before the commit. */
    gboolean (*prepare)(TgObjectStore *store, const TgObjectDraft *draft, GError **error);
    gboolean (*commit)(TgObjectStore *store, TgObjectDraft *draft, TgObjectInfo **out,
                       GError **error);
    /* May be NULL: then it is commit. */
    gboolean (*commit_unflushed)(TgObjectStore *store, TgObjectDraft *draft, TgObjectInfo **out,
                                 GError **error);
    void (*abort)(TgObjectStore *store, TgObjectDraft *draft);
    gboolean (*read)(TgObjectStore *store, const char *url, gsize max_bytes, char **out,
                     gsize *out_size_bytes, GError **error);
    gboolean (*read_range)(TgObjectStore *store, const TgObjectInfo *object, gint64 from,
                           gsize size_bytes, GByteArray *into, GError **error);
    gboolean (*exists)(TgObjectStore *store, const char *url, gboolean *out, GError **error);
    /* May be NULL: it is looked for in a listing. */
    gboolean (*find)(TgObjectStore *store, const char *url, TgObjectInfo **out, GError **error);
    gboolean (*list)(TgObjectStore *store, const char *url, GPtrArray *into, GError **error);
    gboolean (*copy)(TgObjectStore *store, const char *from, const char *to, GError **error);
    /* As tg_object_create, but *out_created may be FALSE although this call wrote it. */
    gboolean (*create)(TgObjectStore *store, const char *url, const char *text,
                       gboolean *out_created, GError **error);
    gboolean (*remove)(TgObjectStore *store, const char *url, GError **error);
    /* Many at a time, of TgObjectInfo; NULL: one by one. */
    gboolean (*remove_many)(TgObjectStore *store, const GPtrArray *objects, GError **error);
    char *(*engine_path)(TgObjectStore *store, const char *url, GError **error);
    gboolean (*collect)(TgObjectStore *store, guint *out_count, gint64 *out_bytes, GError **error);
    void (*free)(TgObjectStore *store);
} TgObjectStoreClass;

struct TgObjectStore {
    const TgObjectStoreClass *class;
};

/**
 * A store in a folder: `s3://bucket/key` is the file FOLDER/bucket/key, so that other programs read
 * it, too. Parts of a key that a file system cannot hold as they are ("", ".", "..", NUL) are
 * refused. Drafts lie in FOLDER/.drafts, in a folder that is locked as long as the process lives.
 * Any thread may use it.
 *
 * @folder absolute; made when the first object is written
 */
TgObjectStore *tg_object_store_new_folder(const char *folder);

void tg_object_store_free(TgObjectStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgObjectStore, tg_object_store_free)

/**
 * Starts an object. Write out->path, then commit or abort. Errors: CONFIG for a bad URL, else as
 * tg_error_set_file.
 *
 * @out cleared by commit and abort
 */
gboolean tg_object_begin(TgObjectStore *store, const char *url, TgObjectDraft *out, GError **error);

/**
 * Does what takes long of a commit, and nobody sees: sends the parts of a large file. The draft's
 * file, whole now, may be gone afterwards.
 */
gboolean tg_object_prepare(TgObjectStore *store, const TgObjectDraft *draft, GError **error);

/**
 * Flushes the file and makes it the object, replacing an older one; after a failure the draft is
 * gone and the older object still there.
 *
 * @out_info may be NULL; the caller frees
 */
gboolean tg_object_commit(TgObjectStore *store, TgObjectDraft *draft, TgObjectInfo **out_info,
                          GError **error);

/* The same at once, for what can be made again: it may not outlive a crash of the machine. */
gboolean tg_object_commit_unflushed(TgObjectStore *store, TgObjectDraft *draft,
                                    TgObjectInfo **out_info, GError **error);

/* Forgets a draft and its file. Safe on a cleared one. */
void tg_object_abort(TgObjectStore *store, TgObjectDraft *draft);

/* A whole object of at most max_bytes; NOT_FOUND when there is none. A NUL follows the bytes. */
gboolean tg_object_read(TgObjectStore *store, const char *url, gsize max_bytes, char **out,
                        gsize *out_size_bytes, GError **error);

/**
 * Appends `size_bytes` bytes of an object, less at its end, to `into`. CONFLICT when it is another
 * one than the listing showed (by the ETag).
 */
gboolean tg_object_read_range(TgObjectStore *store, const TgObjectInfo *object, gint64 from,
                              gsize size_bytes, GByteArray *into, GError **error);

/* Whether there is an object of this name. */
gboolean tg_object_exists(TgObjectStore *store, const char *url, gboolean *out, GError **error);

/* One object as a listing shows it; NULL with NOT_FOUND when there is none. */
TgObjectInfo *tg_object_find(TgObjectStore *store, const char *url, GError **error);

/**
 * All objects whose URL begins with `url`, sorted by key; none is no error.
 *
 * @return of TgObjectInfo, freed with the array
 */
GPtrArray *tg_object_list(TgObjectStore *store, const char *url, GError **error);

/* Copies an object without the bytes passing through here (a hard link in a folder store). */
gboolean tg_object_copy(TgObjectStore *store, const char *from, const char *to, GError **error);

/**
 * Writes a small text as an object unless there is one: of many who try at a time one succeeds. The
 * text must be the caller's own, as with an id in it.
 *
 * @out_created FALSE: another one is there
 */
gboolean tg_object_create(TgObjectStore *store, const char *url, const char *text,
                          gboolean *out_created, GError **error);

/* Removes one object; a missing one is fine. Empty folders above it go, too. */
gboolean tg_object_remove(TgObjectStore *store, const char *url, GError **error);

/* Removes all objects below a prefix that ends in '/'. *out_bytes and *out_count may be NULL. */
gboolean tg_object_remove_prefix(TgObjectStore *store, const char *url, guint *out_count,
                                 gint64 *out_bytes, GError **error);

/* What the engine's readers open for this URL (a path in a folder store). The caller frees. */
char *tg_object_engine_path(TgObjectStore *store, const char *url, GError **error);

/* Removes the drafts that crashed processes left behind. The counts are added to. */
gboolean tg_object_collect_drafts(TgObjectStore *store, guint *out_count, gint64 *out_bytes,
                                  GError **error);

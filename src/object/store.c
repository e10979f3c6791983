/* What all stores share: URLs, the calls handed on to the class, prefixes. */
#include "object/store.h"

#include <string.h>

#define TEXT_BYTES_MAX ((gsize)1 << 20)

gboolean tg_object_url_parse(const char *url, TgObjectUrl *out, GError **error)
{
    static const char *const schemes[] = {"s3://", "s3a://", "s3n://"};
    const char *rest = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(schemes) && rest == NULL; i++) {
        rest = g_str_has_prefix(url, schemes[i]) ? url + strlen(schemes[i]) : NULL;
    }
    const char *slash = rest == NULL ? NULL : strchr(rest, '/');
    gsize size = rest == NULL ? 0 : slash == NULL ? strlen(rest) : (gsize)(slash - rest);

    if (size == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s' is not the place of an object; write s3://BUCKET/KEY", url);
        return FALSE;
    }
    if (slash != NULL && strlen(slash + 1) > TG_OBJECT_KEY_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "the key of '%.80s…' is longer than %d bytes",
                    url, TG_OBJECT_KEY_MAX);
        return FALSE;
    }
    out->bucket = g_strndup(rest, size);
    out->key = g_strdup(slash == NULL ? "" : slash + 1);
    return TRUE;
}

void tg_object_url_clear(TgObjectUrl *url)
{
    g_clear_pointer(&url->bucket, g_free);
    g_clear_pointer(&url->key, g_free);
}

void tg_object_info_free(TgObjectInfo *info)
{
    if (info != NULL) {
        g_free(info->url);
        g_free(info->etag);
        g_free(info);
    }
}

void tg_object_store_free(TgObjectStore *store)
{
    if (store != NULL) {
        store->class->free(store);
    }
}

gboolean tg_object_begin(TgObjectStore *store, const char *url, TgObjectDraft *out, GError **error)
{
    return store->class->begin(store, url, out, error);
}

static void draft_clear(TgObjectDraft *draft)
{
    g_clear_pointer(&draft->path, g_free);
    g_clear_pointer(&draft->url, g_free);
}

gboolean tg_object_prepare(TgObjectStore *store, const TgObjectDraft *draft, GError **error)
{
    return store->class->prepare == NULL || store->class->prepare(store, draft, error);
}

static gboolean end_draft(TgObjectStore *store, TgObjectDraft *draft, gboolean ok)
{
    if (!ok) {
        store->class->abort(store, draft);
    }
    draft_clear(draft);
    return ok;
}

gboolean tg_object_commit(TgObjectStore *store, TgObjectDraft *draft, TgObjectInfo **out_info,
                          GError **error)
{
    return end_draft(store, draft, store->class->commit(store, draft, out_info, error));
}

gboolean tg_object_commit_unflushed(TgObjectStore *store, TgObjectDraft *draft,
                                    TgObjectInfo **out_info, GError **error)
{
    gboolean (*commit)(TgObjectStore *, TgObjectDraft *, TgObjectInfo **, GError **) =
        store->class->commit_unflushed == NULL ? store->class->commit
                                               : store->class->commit_unflushed;

    return end_draft(store, draft, commit(store, draft, out_info, error));
}

void tg_object_abort(TgObjectStore *store, TgObjectDraft *draft)
{
    if (draft->path != NULL) {
        store->class->abort(store, draft);
    }
    draft_clear(draft);
}

gboolean tg_object_read(TgObjectStore *store, const char *url, gsize max_bytes, char **out,
                        gsize *out_size_bytes, GError **error)
{
    return store->class->read(store, url, max_bytes, out, out_size_bytes, error);
}

static int compare_urls(gconstpointer a, gconstpointer b)
{
    const TgObjectInfo *const *one = a;
    const TgObjectInfo *const *other = b;

    return strcmp((*one)->url, (*other)->url);
}

gboolean tg_object_read_range(TgObjectStore *store, const TgObjectInfo *object, gint64 from,
                              gsize size_bytes, GByteArray *into, GError **error)
{
    return store->class->read_range(store, object, from, size_bytes, into, error);
}

gboolean tg_object_exists(TgObjectStore *store, const char *url, gboolean *out, GError **error)
{
    return store->class->exists(store, url, out, error);
}

TgObjectInfo *tg_object_find(TgObjectStore *store, const char *url, GError **error)
{
    g_autoptr(GPtrArray) all = NULL;
    TgObjectInfo *found = NULL;

    if (store->class->find != NULL) {
        return store->class->find(store, url, &found, error) ? found : NULL;
    }
    all = tg_object_list(store, url, error);
    /* The object itself comes first of all that begin with its name. */
    if (all != NULL && all->len > 0 &&
        strcmp(((const TgObjectInfo *)all->pdata[0])->url, url) == 0) {
        g_ptr_array_set_free_func(all, NULL);
        found = g_ptr_array_remove_index(all, 0);
        g_ptr_array_set_free_func(all, (GDestroyNotify)tg_object_info_free);
    } else if (all != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "there is no object '%s'", url);
    }
    return found;
}

GPtrArray *tg_object_list(TgObjectStore *store, const char *url, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)tg_object_info_free);

    if (!store->class->list(store, url, all, error)) {
        return NULL;
    }
    g_ptr_array_sort(all, compare_urls);
    return g_steal_pointer(&all);
}

gboolean tg_object_copy(TgObjectStore *store, const char *from, const char *to, GError **error)
{
    return store->class->copy(store, from, to, error);
}

gboolean tg_object_create(TgObjectStore *store, const char *url, const char *text,
                          gboolean *out_created, GError **error)
{
    g_autofree char *present = NULL;
    g_autoptr(GError) problem = NULL;
    gsize size = 0;

    if (!store->class->create(store, url, text, out_created, error)) {
        return FALSE;
    }
    /* A try whose answer was lost is tried again, and finds its own object. */
    if (!*out_created && tg_object_read(store, url, TEXT_BYTES_MAX, &present, &size, &problem)) {
        *out_created = strcmp(present, text) == 0;
    }
    return TRUE;
}

gboolean tg_object_remove(TgObjectStore *store, const char *url, GError **error)
{
    return store->class->remove(store, url, error);
}

static gboolean remove_all(TgObjectStore *store, const GPtrArray *all, GError **error)
{
    if (store->class->remove_many != NULL) {
        return store->class->remove_many(store, all, error);
    }
    for (guint i = 0; i < all->len; i++) {
        if (!tg_object_remove(store, ((const TgObjectInfo *)all->pdata[i])->url, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean tg_object_remove_prefix(TgObjectStore *store, const char *url, guint *out_count,
                                 gint64 *out_bytes, GError **error)
{
    g_return_val_if_fail(g_str_has_suffix(url, "/"), FALSE);
    g_autoptr(GPtrArray) all = tg_object_list(store, url, error);

    if (all == NULL || !remove_all(store, all, error)) {
        return FALSE;
    }
    for (guint i = 0; i < all->len; i++) {
        if (out_bytes != NULL) {
            *out_bytes += ((const TgObjectInfo *)all->pdata[i])->size_bytes;
        }
    }
    if (out_count != NULL) {
        *out_count += all->len;
    }
    return TRUE;
}

char *tg_object_engine_path(TgObjectStore *store, const char *url, GError **error)
{
    return store->class->engine_path(store, url, error);
}

gboolean tg_object_collect_drafts(TgObjectStore *store, guint *out_count, gint64 *out_bytes,
                                  GError **error)
{
    return store->class->collect(store, out_count, out_bytes, error);
}

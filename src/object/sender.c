/* Sending drafts by threads. */
#include "object/sender.h"

#define THREADS_MAX 4 /* each holds a part in memory */

/* One draft. Its thread alone touches it while it is in the pool. */
typedef struct {
    TgObjectDraft draft;
    char *url; /* stays when the draft is gone */
    GError *error;
    TgObjectInfo *info; /* after the commit */
    gboolean is_new;    /* no object had its name */
} Item;

struct TgObjectSender {
    TgObjectStore *store;
    gboolean undoes;
    GThreadPool *pool; /* of `step` */
    GMutex mutex;      /* over all below */
    GCond changed;
    GPtrArray *items; /* of Item */
    guint open;       /* steps that were asked for and have not ended */
    gboolean has_failed;
    gboolean commits; /* the second step: drafts become objects */
};

static void item_free(gpointer data)
{
    Item *item = data;

    g_clear_error(&item->error);
    tg_object_info_free(item->info);
    g_free(item->url);
    g_free(item);
}

static gboolean commit_item(TgObjectSender *self, Item *item)
{
    gboolean exists = FALSE;

    /* who cannot look is told why by the commit */
    item->is_new =
        self->undoes && tg_object_exists(self->store, item->url, &exists, NULL) && !exists;
    return tg_object_commit(self->store, &item->draft, &item->info, &item->error);
}

/* One step of one draft: sent, or made an object. After a failure the rest need not be tried. */
static void step(gpointer data, gpointer user_data)
{
    TgObjectSender *self = user_data;
    Item *item = data;

    g_mutex_lock(&self->mutex);
    gboolean skips = self->has_failed;
    gboolean commits = self->commits;

    g_mutex_unlock(&self->mutex);
    gboolean ok = skips || (commits ? commit_item(self, item)
                                    : tg_object_prepare(self->store, &item->draft, &item->error));

    g_mutex_lock(&self->mutex);
    self->has_failed = self->has_failed || !ok;
    self->open--;
    g_cond_broadcast(&self->changed);
    g_mutex_unlock(&self->mutex);
}

TgObjectSender *tg_object_sender_new(TgObjectStore *store, gboolean undoes)
{
    TgObjectSender *self = g_new0(TgObjectSender, 1);

    self->store = store;
    self->undoes = undoes;
    self->items = g_ptr_array_new_with_free_func(item_free);
    g_mutex_init(&self->mutex);
    g_cond_init(&self->changed);
    self->pool = g_thread_pool_new(step, self, THREADS_MAX, FALSE, NULL);
    return self;
}

/* The mutex is held, and let go meanwhile. */
static void wait_all(TgObjectSender *self)
{
    while (self->open > 0) {
        g_cond_wait(&self->changed, &self->mutex);
    }
}

void tg_object_sender_free(TgObjectSender *sender)
{
    if (sender == NULL) {
        return;
    }
    g_mutex_lock(&sender->mutex);
    sender->has_failed = TRUE; /* what waits is skipped */
    wait_all(sender);
    g_mutex_unlock(&sender->mutex);
    g_thread_pool_free(sender->pool, FALSE, TRUE);
    for (guint i = 0; i < sender->items->len; i++) {
        tg_object_abort(sender->store, &((Item *)sender->items->pdata[i])->draft);
    }
    g_ptr_array_unref(sender->items);
    g_mutex_clear(&sender->mutex);
    g_cond_clear(&sender->changed);
    g_free(sender);
}

/* The mutex is held. */
static void ask(TgObjectSender *self, Item *item)
{
    self->open++;
    (void)g_thread_pool_push(self->pool, item, NULL); /* without a thread now, one comes later */
}

/* The error of the first draft that failed; the mutex is held. */
static gboolean fail_first(const TgObjectSender *self, GError **error)
{
    for (guint i = 0; i < self->items->len; i++) {
        const Item *item = g_ptr_array_index(self->items, i);

        if (item->error != NULL) {
            g_propagate_error(error, g_error_copy(item->error));
            return FALSE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED, "objects are not sent any more");
    return FALSE;
}

gboolean tg_object_sender_add(TgObjectSender *sender, TgObjectDraft take_draft, GError **error)
{
    Item *item = g_new0(Item, 1);
    gboolean ok = TRUE;

    item->draft = take_draft;
    item->url = g_strdup(take_draft.url);
    g_mutex_lock(&sender->mutex);
    g_ptr_array_add(sender->items, item);
    if (sender->has_failed) {
        wait_all(sender); /* no thread writes errors then */
        ok = fail_first(sender, error);
    } else {
        ask(sender, item);
    }
    g_mutex_unlock(&sender->mutex);
    return ok;
}

/* Removes the objects that are new; the message says what stays. */
static void undo(const TgObjectSender *self, GError **error)
{
    const char *stays = NULL;
    guint count = 0;

    for (guint i = 0; self->undoes && i < self->items->len; i++) {
        const Item *item = g_ptr_array_index(self->items, i);
        gboolean may_be_there = item->info != NULL || item->error != NULL;

        if (!may_be_there) {
            continue;
        }
        /* one whose commit failed may be there all the same: an answer may have been lost */
        if (item->is_new ? !tg_object_remove(self->store, item->url, NULL) : item->info != NULL) {
            stays = stays == NULL ? item->url : stays;
            count++;
        }
    }
    if (count > 0) {
        g_prefix_error(error,
                       "%u of %u objects were written before this and stay, for they replaced "
                       "others or cannot be removed (%s%s): ",
                       count, self->items->len, stays, count > 1 ? " …" : "");
    }
}

GPtrArray *tg_object_sender_commit(TgObjectSender *sender, GError **error)
{
    g_autoptr(GPtrArray) infos = NULL;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&sender->mutex);

    (void)locker;
    wait_all(sender);
    if (sender->has_failed) {
        (void)fail_first(sender, error);
        return NULL;
    }
    sender->commits = TRUE;
    for (guint i = 0; i < sender->items->len; i++) {
        ask(sender, g_ptr_array_index(sender->items, i));
    }
    wait_all(sender);
    if (sender->has_failed) {
        (void)fail_first(sender, error);
        undo(sender, error);
        return NULL;
    }
    infos = g_ptr_array_new_with_free_func((GDestroyNotify)tg_object_info_free);
    for (guint i = 0; i < sender->items->len; i++) {
        Item *item = g_ptr_array_index(sender->items, i);

        g_ptr_array_add(infos, g_steal_pointer(&item->info));
    }
    return g_steal_pointer(&infos);
}

/* Drafts on their way to a store, several at a time: sent as they get finished, seen all at the
 * end. */
#pragma once

#include "object/store.h"

typedef struct TgObjectSender TgObjectSender;

/**
 * Starts threads when drafts come.
 *
 * @store outlives it
 * @undoes a commit that fails removes the objects that it made, but not those that replaced others
 */
TgObjectSender *tg_object_sender_new(TgObjectStore *store, gboolean undoes);

/* Gives up what was not committed. */
void tg_object_sender_free(TgObjectSender *sender);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgObjectSender, tg_object_sender_free)

/* Takes a draft whose file is whole, and begins to send it. FALSE: an earlier one has failed, with
 * its error. Any thread. */
gboolean tg_object_sender_add(TgObjectSender *sender, TgObjectDraft take_draft, GError **error);

/**
 * Waits for all drafts and makes them objects.
 *
 * @return of TgObjectInfo, in the order in which the drafts came; NULL after a failure, whose
 *         message says what stays in the store
 */
GPtrArray *tg_object_sender_commit(TgObjectSender *sender, GError **error);

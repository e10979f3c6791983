/* Folders for drafts, each of one process: locked as long as it lives, found by others when it is
 * gone. */
#pragma once

#include "base/error.h"

/* Locks a folder that exists; -1 with an error. The caller closes it, and removes the folder. */
int tg_draft_folder_lock(const char *folder, GError **error);

/**
 * Removes the folders below `parent` whose name begins with `name_prefix` and whose process is
 * gone. A parent that is not there is fine. The counts are added to.
 */
gboolean tg_draft_folder_sweep(const char *parent, const char *name_prefix, guint *out_count,
                               gint64 *out_bytes, GError **error);

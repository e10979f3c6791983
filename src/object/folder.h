/* What a store in a folder shows beyond the interface: one file, and pages of a listing. */
#pragma once

#include <sys/stat.h>

#include "object/store.h"

/* An object as its file's state says. */
TgObjectInfo *tg_folder_info_new(const char *url, const struct stat *status);

/* Which part of a bucket is listed. All lent. */
typedef struct {
    const char *folder; /* the bucket's */
    const char *bucket;
    const char *prefix;    /* keys begin with it; "" all */
    const char *after;     /* only keys behind it, by bytes; NULL: from the first */
    gboolean after_folder; /* `after` is a folder ("a/b/") that was shown as a whole */
    gboolean with_folders; /* what lies in a folder below the prefix is shown as that folder */
    guint max;             /* entries */
} TgFolderPage;

/* An object, or a folder ("a/b/"). */
typedef struct {
    TgObjectInfo *object; /* NULL: a folder */
    char *folder;
} TgFolderEntry;

/**
 * Entries in the order of their keys' bytes, reading no more of the tree than it needs. A folder
 * without any object is not shown.
 *
 * @return of TgFolderEntry, freed with the array
 * @out_more whether there are others behind
 */
GPtrArray *tg_folder_list_page(const TgFolderPage *page, gboolean *out_more, GError **error);

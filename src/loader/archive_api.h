/* The functions of libarchive's archive.h and archive_entry.h that are used; loaded with dlopen
 * when the first archive is opened. */
#pragma once

#include <glib.h>

#include "base/error.h"

typedef struct {
    void *(*new)(void);
    int (*format_zip)(void *archive);
    int (*open)(void *archive, void *data, void *no_open,
                gssize (*read)(void *archive, void *data, const void **bytes), void *no_close);
    int (*open_fd)(void *archive, int fd, size_t block_bytes);
    int (*next_header)(void *archive, void **entry);
    gssize (*data)(void *archive, void *into, size_t size);
    const char *(*error)(void *archive);
    int (*free)(void *archive);
    const char *(*name)(void *entry);
    unsigned (*type)(void *entry);
} TgArchiveApi;

/* What functions return: 0, or one of these; less than WARN is a failure. */
enum { TG_ARCHIVE_EOF = 1, TG_ARCHIVE_WARN = -20 };

#define TG_ARCHIVE_REGULAR 0100000u /* a file, of type() */

/* NULL with NOT_FOUND when the library is not there. Any thread may call. */
const TgArchiveApi *tg_archive_api_get(GError **error);

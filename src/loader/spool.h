/* Files that a library wants to see as a whole, in the folder for temporary files. */
#pragma once

#include "loader/plugin.h"

/* A temporary file, removed by tg_spool_free. */
typedef struct {
    char *path;
    int fd; /* open for reading and writing */
} TgSpool;

TgSpool *tg_spool_new(GError **error);
void tg_spool_free(TgSpool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgSpool, tg_spool_free)

/* All bytes of a stream into the file. RETRY when the disk is full. */
gboolean tg_spool_fill(TgSpool *spool, TgStream *stream, GError **error);

/* All bytes of the file into a sink; *out_bytes is how many. */
gboolean tg_spool_empty(TgSpool *spool, TgSink *sink, gint64 *out_bytes, GError **error);

/* Writes files to the device while they still grow, so that the flush at the end has little left.
 */
#pragma once

#include <glib.h>

typedef struct TgFlusher TgFlusher;

/* Its thread starts with the first file. */
TgFlusher *tg_flusher_new(void);
void tg_flusher_free(TgFlusher *flusher);

/* Watches a file, which need not exist yet, until it is removed. Any thread. */
void tg_flusher_add(TgFlusher *flusher, const char *path);
void tg_flusher_remove(TgFlusher *flusher, const char *path);

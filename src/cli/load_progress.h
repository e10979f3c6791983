/* How far a load has come, as one line of the terminal that is written over. */
#pragma once

#include "loader/loader.h"

typedef struct TgLoadProgress TgLoadProgress;

/* NULL when stderr is no terminal. */
TgLoadProgress *tg_load_progress_new(void);

/* Shows rows, bytes, rate, memory and the time that is left; a few times a second. From any thread.
 */
void tg_load_progress_show(TgLoadProgress *progress, const TgLoaderProgress *now);

/* Clears the line. */
void tg_load_progress_free(TgLoadProgress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgLoadProgress, tg_load_progress_free)

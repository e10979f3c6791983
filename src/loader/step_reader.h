/* Readers that have one place in their files, and take one step after the other under a lock: most
 * file parsers. */
#pragma once

#include "loader/plugin.h"

typedef struct TgStepReader TgStepReader;
typedef struct {
    /* Adds a row, or does what comes before the next one, as opening a file; sets has_ended
     * behind the last. */
    gboolean (*step)(TgStepReader *self, TgBatch *batch, GError **error);
    /* Frees what stands behind the TgStepReader. */
    void (*clear)(TgStepReader *self);
} TgStepReaderClass;

/* Begins the struct of such a reader. */
struct TgStepReader {
    TgReader reader;
    const TgStepReaderClass *class;
    TgFileTask *files; /* NULL: somebody else has them */
    gboolean has_ended;
    GMutex mutex; /* over all of the reader */
};

/* Makes a reader of a struct of zeros from g_malloc, which it takes. */
TgReader *tg_step_reader_init(TgStepReader *take_self, const TgStepReaderClass *class,
                              TgFileTask *take_files);

/* Readers that take one step after the other. */
#include "loader/step_reader.h"

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    TgStepReader *self = (TgStepReader *)reader;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    while (batch->rows < TG_READER_ROWS && !self->has_ended) {
        if (!self->class->step(self, batch, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void reader_free(TgReader *reader)
{
    TgStepReader *self = (TgStepReader *)reader;

    self->class->clear(self);
    tg_file_task_free(self->files);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

TgReader *tg_step_reader_init(TgStepReader *take_self, const TgStepReaderClass *class,
                              TgFileTask *take_files)
{
    static const TgReaderClass reader_class = {.next = reader_next, .free = reader_free};

    take_self->reader.class = &reader_class;
    take_self->class = class;
    take_self->files = take_files;
    g_mutex_init(&take_self->mutex);
    return &take_self->reader;
}

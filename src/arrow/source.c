/* The callbacks of a stream that gives our rows away. */
#include "arrow/source.h"

#include <errno.h>

#include "arrow/export.h"

struct TgArrowSource {
    gint ref_count;
    TgSchema *schema;
    GMutex mutex;     /* over all below */
    TgRows *rows;     /* lent; NULL: none yet, or none any more */
    TgCursor *cursor; /* NULL: not begun */
    GError *problem;  /* of the rows */
    char *words;      /* of the last failure, for the one who pulls */
};

void tg_arrow_source_unref(TgArrowSource *source)
{
    if (source == NULL || !g_atomic_int_dec_and_test(&source->ref_count)) {
        return;
    }
    tg_cursor_free(source->cursor);
    tg_schema_free(source->schema);
    g_clear_error(&source->problem);
    g_free(source->words);
    g_mutex_clear(&source->mutex);
    g_free(source);
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    const TgArrowSource *self = stream->private_data;

    tg_arrow_export_schema(self->schema, out);
    return 0;
}

/* Remembers the words for the one who pulls, and the error for us. */
static int fail(TgArrowSource *self, GError *take_problem)
{
    int status = take_problem->code == TG_ERROR_CANCELLED ? ECANCELED : EINVAL;

    g_free(self->words);
    self->words = g_strdup(take_problem->message);
    g_clear_error(&self->problem);
    self->problem = take_problem;
    return status;
}

static int next(TgArrowSource *self, struct ArrowArray *out)
{
    const TgBatch *batch = NULL;
    GError *problem = NULL;

    if (self->rows == NULL) {
        g_free(self->words);
        self->words = g_strdup("the rows cannot be had yet: pull them from get_next() of the "
                               "stream that is given back, not before");
        return EINVAL;
    }
    if (self->cursor == NULL) {
        self->cursor = tg_cursor_new(self->rows);
    }
    do {
        if (!tg_cursor_next(self->cursor, &batch, &problem)) {
            return fail(self, problem);
        }
    } while (batch != NULL && batch->rows == 0);
    if (batch != NULL && !tg_arrow_export_batch(self->schema, batch, out, &problem)) {
        return fail(self, problem);
    }
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    TgArrowSource *self = stream->private_data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    *out = (struct ArrowArray){0};
    return next(self, out);
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    const TgArrowSource *self = stream->private_data;

    return self->words;
}

static void release(struct ArrowArrayStream *stream)
{
    tg_arrow_source_unref(stream->private_data);
    stream->private_data = NULL;
    stream->release = NULL;
}

TgArrowSource *tg_arrow_source_new(const TgSchema *schema, struct ArrowArrayStream *out)
{
    TgArrowSource *self = g_new0(TgArrowSource, 1);

    self->ref_count = 2; /* the caller's, and the stream's */
    self->schema = tg_schema_copy(schema);
    g_mutex_init(&self->mutex);
    *out = (struct ArrowArrayStream){.get_schema = get_schema,
                                     .get_next = get_next,
                                     .get_last_error = get_last_error,
                                     .release = release,
                                     .private_data = self};
    return self;
}

void tg_arrow_source_set_rows(TgArrowSource *source, TgRows *rows)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&source->mutex);

    (void)locker;
    g_clear_pointer(&source->cursor, tg_cursor_free);
    source->rows = rows;
}

gboolean tg_arrow_source_check(TgArrowSource *source, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&source->mutex);

    (void)locker;
    if (source->problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&source->problem));
        return FALSE;
    }
    return TRUE;
}

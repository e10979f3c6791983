/* Pulls arrays, checks them, and deals their rows out in batches. */
#include "arrow/stream.h"

#include <errno.h>

typedef struct {
    TgReader reader;
    TgLoaderContext *context;
    const TgArrowImport *import;
    GMutex mutex; /* over all below */
    struct ArrowArrayStream stream;
    struct ArrowArray array; /* whose rows are dealt out now */
    gint64 row;              /* of the array, the next */
    guint64 rows_before;     /* of earlier arrays */
    gboolean has_ended;
    GString *scratch;
} ArrowReader;

void tg_arrow_stream_release(struct ArrowArrayStream *stream)
{
    if (stream->release != NULL) {
        stream->release(stream);
        stream->release = NULL; /* a careless producer leaves it */
    }
}

void tg_arrow_array_release(struct ArrowArray *array)
{
    if (array->release != NULL) {
        array->release(array);
        array->release = NULL;
    }
}

void tg_arrow_schema_release(struct ArrowSchema *schema)
{
    if (schema->release != NULL) {
        schema->release(schema);
        schema->release = NULL;
    }
}

/* A failed call of a stream, in its own words if it has some. */
static void set_stream_error(struct ArrowArrayStream *stream, int status, const char *what,
                             GError **error)
{
    const char *words = stream->get_last_error == NULL ? NULL : stream->get_last_error(stream);
    g_autofree char *text = words == NULL || *words == '\0' ? g_strdup(g_strerror(status))
                                                            : g_utf8_make_valid(words, -1);
    TgErrorCode code = status == ECANCELED                 ? TG_ERROR_CANCELLED
                       : status == EIO || status == EAGAIN ? TG_ERROR_RETRY
                                                           : TG_ERROR_CONFIG;

    g_set_error(error, TG_ERROR, code, "%s: %s", what, text);
}

static gboolean read_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out,
                            GError **error)
{
    int status = 0;

    if (stream->release == NULL || stream->get_schema == NULL || stream->get_next == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "it gave no Arrow stream: the plug-in or driver is broken");
        return FALSE;
    }
    status = stream->get_schema(stream, out);
    if (status != 0) {
        set_stream_error(stream, status, "cannot read the columns", error);
    }
    return status == 0;
}

TgArrowImport *tg_arrow_stream_import(struct ArrowArrayStream *stream, gboolean exact_types,
                                      GError **error)
{
    struct ArrowSchema schema = {0};
    TgArrowImport *import = NULL;

    if (read_schema(stream, &schema, error)) {
        import = tg_arrow_import_new(&schema, exact_types, error);
        tg_arrow_schema_release(&schema);
    }
    return import;
}

/* The next array; none at the end. */
static gboolean pull(ArrowReader *self, GError **error)
{
    int status = 0;

    if (!tg_loader_check_cancelled(self->context, error)) {
        return FALSE;
    }
    self->rows_before += (guint64)self->row;
    self->row = 0;
    tg_arrow_array_release(&self->array);
    self->array = (struct ArrowArray){0};
    status = self->stream.get_next(&self->stream, &self->array);
    if (status != 0) {
        self->array.release = NULL; /* not to be touched after a failure */
        set_stream_error(&self->stream, status, "cannot read on", error);
        return FALSE;
    }
    self->has_ended = self->array.release == NULL;
    return self->has_ended || tg_arrow_import_check(self->import, &self->array, error);
}

/* Rows of the array that is there. */
static gboolean deal(ArrowReader *self, TgBatch *batch, GError **error)
{
    if (tg_arrow_import_rows(self->import, &self->array, &self->row, batch, self->scratch, error)) {
        return TRUE;
    }
    g_prefix_error(error, "row %" G_GUINT64_FORMAT ": ",
                   self->rows_before + (guint64)self->row + 1);
    return FALSE;
}

static gboolean read_rows(ArrowReader *self, TgBatch *batch, GError **error)
{
    while (batch->rows == 0 && !self->has_ended) {
        gboolean is_used_up = self->array.release == NULL || self->row >= self->array.length;

        if (is_used_up ? !pull(self, error) : !deal(self, batch, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    ArrowReader *self = (ArrowReader *)reader;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    if (!read_rows(self, batch, error)) {
        self->has_ended = TRUE; /* nobody may ask a stream again that has failed */
        return FALSE;
    }
    tg_loader_count_bytes(self->context, (gint64)tg_batch_bytes(batch));
    return TRUE;
}

static void reader_free(TgReader *reader)
{
    ArrowReader *self = (ArrowReader *)reader;

    tg_arrow_array_release(&self->array);
    tg_arrow_stream_release(&self->stream);
    g_string_free(self->scratch, TRUE);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

TgReader *tg_arrow_reader_new(TgLoaderContext *context, const TgArrowImport *import,
                              struct ArrowArrayStream *stream, GError **error)
{
    static const TgReaderClass class = {.next = reader_next, .free = reader_free};
    struct ArrowSchema schema = {0};
    ArrowReader *self = g_new0(ArrowReader, 1);

    self->reader.class = &class;
    self->context = context;
    self->import = import;
    self->stream = *stream;
    stream->release = NULL; /* moved */
    self->scratch = g_string_new(NULL);
    g_mutex_init(&self->mutex);
    gboolean ok = read_schema(&self->stream, &schema, error) &&
                  tg_arrow_import_matches(import, &schema, error);

    tg_arrow_schema_release(&schema);
    if (!ok) {
        reader_free(&self->reader);
        return NULL;
    }
    return &self->reader;
}

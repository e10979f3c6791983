/* Arrow IPC streams: the reader, the check, and every value of every array, with both sets of
 * types. */
#include "arrow/import.h"
#include "arrow/ipc.h"

typedef struct {
    const uint8_t *bytes;
    size_t left;
} Source;

static gssize read_source(gpointer data, void *into, gsize size_bytes, GError **error G_GNUC_UNUSED)
{
    Source *source = data;
    gsize size = MIN(size_bytes, source->left);

    if (size > 0) {
        memcpy(into, source->bytes, size);
    }
    source->bytes += size;
    source->left -= size;
    return (gssize)size;
}

static void read_array(const TgArrowImport *import, const struct ArrowArray *array)
{
    g_autoptr(TgBatch) batch = tg_batch_new(tg_arrow_import_schema(import));
    g_autoptr(GString) scratch = g_string_new(NULL);
    gint64 row = 0;

    if (!tg_arrow_import_check(import, array, NULL)) {
        return;
    }
    while (row < MIN(array->length, 10000)) {
        tg_batch_clear(batch);
        if (!tg_arrow_import_rows(import, array, &row, batch, scratch, NULL)) {
            row++; /* a value that does not fit hides no others */
        }
    }
}

static void read_stream(struct ArrowArrayStream *stream, gboolean exact)
{
    struct ArrowSchema schema = {0};
    g_autoptr(TgArrowImport) import = NULL;
    int status = stream->get_schema(stream, &schema);

    g_assert(status == 0);
    import = tg_arrow_import_new(&schema, exact, NULL);
    schema.release(&schema);
    while (import != NULL) {
        struct ArrowArray array = {0};

        if (stream->get_next(stream, &array) != 0 || array.release == NULL) {
            break;
        }
        read_array(import, &array);
        array.release(&array);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int exact = 0; exact < 2; exact++) {
        Source source = {data, size};
        TgArrowBytes bytes = {.read = read_source, .data = &source};
        struct ArrowArrayStream stream = {0};

        if (!tg_arrow_ipc_open(&bytes, &stream, NULL)) {
            return 0;
        }
        read_stream(&stream, exact != 0);
        stream.release(&stream);
    }
    return 0;
}

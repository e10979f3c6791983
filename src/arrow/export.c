/* Schemas and batches to Arrow, by copies: whoever gets them may keep them. */
#include "arrow/export.h"

#define DAY_MICROS ((gint64)86400 * 1000000)

/* --- schemas --- */

/* "ARROW:extension:name" = "arrow.json", as the specification lays metadata out. */
static const struct {
    gint32 count;
    gint32 key_size;
    char key[20];
    gint32 value_size;
    char value[10];
} json_metadata = {1, 20, "ARROW:extension:name", 10, "arrow.json"};

/* The caller frees. */
static char *format_of(TgType type)
{
    static const char *const formats[] = {
        [TG_TYPE_BOOLEAN] = "b", [TG_TYPE_INT8] = "c",   [TG_TYPE_INT16] = "s",
        [TG_TYPE_INT32] = "i",   [TG_TYPE_INT64] = "l",  [TG_TYPE_UINT8] = "C",
        [TG_TYPE_UINT16] = "S",  [TG_TYPE_UINT32] = "I", [TG_TYPE_UINT64] = "L",
        [TG_TYPE_FLOAT] = "f",   [TG_TYPE_DOUBLE] = "g", [TG_TYPE_DATE] = "tdD",
        [TG_TYPE_TIME] = "ttu",  [TG_TYPE_STRING] = "u", [TG_TYPE_BINARY] = "z",
        [TG_TYPE_JSON] = "u",
    };

    if (type.id == TG_TYPE_DECIMAL) {
        return g_strdup_printf("d:%u,%u", type.precision, type.scale);
    }
    if (type.id == TG_TYPE_TIMESTAMP) {
        return g_strdup_printf("ts%c:%s", type.unit == TG_UNIT_MICRO ? 'u' : 'n',
                               type.is_utc ? "UTC" : "");
    }
    return g_strdup(formats[type.id]);
}

static void schema_release(struct ArrowSchema *schema)
{
    for (gint64 i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->release != NULL) { /* else it was moved away */
            schema->children[i]->release(schema->children[i]);
        }
        g_free(schema->children[i]);
    }
    g_free(schema->children);
    g_free((char *)schema->format);
    g_free((char *)schema->name);
    schema->release = NULL;
}

void tg_arrow_export_schema(const TgSchema *schema, struct ArrowSchema *out)
{
    *out = (struct ArrowSchema){.format = g_strdup("+s"),
                                .name = g_strdup(""),
                                .n_children = schema->count,
                                .children = g_new0(struct ArrowSchema *, schema->count + 1),
                                .release = schema_release};
    for (guint i = 0; i < schema->count; i++) {
        const TgColumn *column = &schema->columns[i];

        out->children[i] = g_new0(struct ArrowSchema, 1);
        *out->children[i] = (struct ArrowSchema){.format = format_of(column->type),
                                                 .name = g_strdup(column->name),
                                                 .flags = ARROW_FLAG_NULLABLE,
                                                 .release = schema_release};
        if (column->type.id == TG_TYPE_JSON) {
            out->children[i]->metadata = (const char *)&json_metadata;
        }
    }
}

/* --- arrays --- */

static void array_release(struct ArrowArray *array)
{
    for (gint64 i = 0; i < array->n_children; i++) {
        if (array->children[i]->release != NULL) {
            array->children[i]->release(array->children[i]);
        }
        g_free(array->children[i]);
    }
    for (gint64 i = 0; i < array->n_buffers; i++) {
        g_free((void *)array->buffers[i]);
    }
    g_free(array->children);
    g_free(array->buffers);
    array->release = NULL;
}

static struct ArrowArray *array_new(guint rows, gint64 buffers)
{
    struct ArrowArray *array = g_new0(struct ArrowArray, 1);

    array->length = rows;
    array->null_count = -1; /* not counted */
    array->n_buffers = buffers;
    array->buffers = g_new0(const void *, (gsize)buffers);
    array->release = array_release;
    return array;
}

/* Never NULL: some readers want a buffer even without rows. */
static void *copy_bytes(const void *bytes, gsize size)
{
    void *copy = g_malloc0(size + 8);

    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

/* Nanoseconds of 128 bits as 64; NULL: a value does not fit. */
static gint64 *narrow_nanos(const TgVector *vector, guint rows)
{
    g_autofree gint64 *nanos = g_new0(gint64, rows + 1);

    for (guint row = 0; row < rows; row++) {
        TgInt128 wide = tg_vector_get_int128(vector, row);

        nanos[row] = (gint64)wide;
        if (tg_vector_is_valid(vector, row) && nanos[row] != wide) {
            return NULL;
        }
    }
    return g_steal_pointer(&nanos);
}

static gboolean times_fit(const TgVector *vector, guint rows)
{
    for (guint row = 0; row < rows; row++) {
        gint64 micros = tg_vector_get_int64(vector, row);

        if (tg_vector_is_valid(vector, row) && (micros < 0 || micros >= DAY_MICROS)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Puts a vector's values behind the validity; NULL, or why they have no place (lent). */
static const char *fill(const TgVector *vector, guint rows, struct ArrowArray *array)
{
    if (vector->offsets != NULL) {
        array->buffers[1] = copy_bytes(vector->offsets, ((gsize)rows + 1) * sizeof(gint32));
        array->buffers[2] = copy_bytes(vector->data, (gsize)vector->offsets[rows]);
        return NULL;
    }
    if (vector->type.id == TG_TYPE_TIMESTAMP && vector->type.unit == TG_UNIT_WIDE) {
        array->buffers[1] = narrow_nanos(vector, rows);
        return array->buffers[1] == NULL ? "lies before 1677 or after 2262" : NULL;
    }
    if (vector->type.id == TG_TYPE_TIME && !times_fit(vector, rows)) {
        return "is no time of a day";
    }
    array->buffers[1] =
        copy_bytes(vector->data, vector->width == 0 ? ((gsize)rows + 7) / 8 : rows * vector->width);
    return NULL;
}

gboolean tg_arrow_export_batch(const TgSchema *schema, const TgBatch *batch, struct ArrowArray *out,
                               GError **error)
{
    g_autofree struct ArrowArray *root = array_new(batch->rows, 1);

    root->n_children = batch->count;
    root->children = g_new0(struct ArrowArray *, (gsize)batch->count + 1);
    root->null_count = 0;
    for (guint i = 0; i < batch->count; i++) {
        root->children[i] = array_new(batch->rows, batch->vectors[i]->offsets == NULL ? 2 : 3);
    }
    for (guint i = 0; i < batch->count; i++) {
        const TgVector *vector = batch->vectors[i];
        struct ArrowArray *child = root->children[i];
        const char *reason = NULL;

        child->buffers[0] = copy_bytes(vector->validity, ((gsize)batch->rows + 7) / 8);
        reason = fill(vector, batch->rows, child);
        if (reason != NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "column '%s': a value %s, which the plug-in's type cannot hold; make it a "
                        "text with the filter typecast",
                        schema->columns[i].name, reason);
            array_release(root);
            return FALSE;
        }
    }
    *out = *root;
    return TRUE;
}

/* Growing and lending the vectors of a batch. */
#include "columns/batch.h"

#define ROWS_AT_FIRST 1024u
#define BYTES_AT_FIRST ((gsize)16 * 1024)

static void vector_unref(TgVector *vector)
{
    if (!g_atomic_int_dec_and_test(&vector->ref_count)) {
        return;
    }
    g_free(vector->validity);
    g_free(vector->data);
    g_free(vector->offsets);
    g_free(vector);
}

static void vector_reserve(TgVector *vector, guint rows)
{
    gsize bitmap_bytes = ((gsize)rows + 7) / 8 + TG_BATCH_SLACK_BYTES;

    if (rows <= vector->capacity) {
        return;
    }
    vector->capacity = rows;
    vector->validity = g_realloc(vector->validity, bitmap_bytes);
    if (tg_type_is_bytes(vector->type)) {
        gboolean is_new = vector->offsets == NULL;

        vector->offsets = g_renew(gint32, vector->offsets, (gsize)rows + 1);
        if (is_new) {
            vector->offsets[0] = 0;
        }
    } else if (vector->width == 0) {
        vector->data = g_realloc(vector->data, bitmap_bytes);
    } else {
        vector->data = g_realloc(vector->data, rows * vector->width + TG_BATCH_SLACK_BYTES);
    }
}

static TgVector *vector_new(TgType type)
{
    TgVector *vector = g_new0(TgVector, 1);

    vector->type = type;
    vector->width = tg_type_width(type);
    vector->ref_count = 1;
    if (tg_type_is_bytes(type)) {
        vector->data_capacity = BYTES_AT_FIRST;
        vector->data = g_malloc(BYTES_AT_FIRST + TG_BATCH_SLACK_BYTES);
    }
    return vector;
}

void tg_vector_grow(TgVector *vector, gsize used_bytes, gsize size_bytes)
{
    gsize wanted = used_bytes + size_bytes;
    gsize capacity = vector->data_capacity;

    g_assert(wanted <= TG_BATCH_STRING_BYTES_MAX);
    while (capacity < wanted) {
        capacity *= 2;
    }
    vector->data = g_realloc(vector->data, capacity + TG_BATCH_SLACK_BYTES);
    vector->data_capacity = capacity;
}

TgBatch *tg_batch_new_view(void)
{
    return g_new0(TgBatch, 1);
}

TgBatch *tg_batch_new(const TgSchema *schema)
{
    TgBatch *batch = tg_batch_new_view();

    batch->count = schema->count;
    batch->vectors = g_new0(TgVector *, schema->count);
    for (guint i = 0; i < schema->count; i++) {
        batch->vectors[i] = vector_new(schema->columns[i].type);
    }
    tg_batch_reserve(batch, ROWS_AT_FIRST);
    return batch;
}

static void release_vectors(TgBatch *batch)
{
    for (guint i = 0; i < batch->count; i++) {
        vector_unref(batch->vectors[i]);
    }
    batch->count = 0;
}

void tg_batch_free(TgBatch *batch)
{
    if (batch == NULL) {
        return;
    }
    release_vectors(batch);
    g_free(batch->vectors);
    g_free(batch);
}

void tg_batch_clear(TgBatch *batch)
{
    batch->rows = 0;
}

void tg_batch_reserve(TgBatch *batch, guint rows)
{
    if (rows <= batch->capacity) {
        return;
    }
    for (guint i = 0; i < batch->count; i++) {
        vector_reserve(batch->vectors[i], rows);
    }
    batch->capacity = rows;
}

void tg_batch_lend(TgBatch *view, const TgBatch *batch, const guint *columns, guint count)
{
    TgVector **vectors = g_new0(TgVector *, count);

    for (guint i = 0; i < count; i++) {
        vectors[i] = batch->vectors[columns[i]];
        g_atomic_int_inc(&vectors[i]->ref_count);
    }
    release_vectors(view);
    g_free(view->vectors);
    *view =
        (TgBatch){.rows = batch->rows, .capacity = batch->rows, .count = count, .vectors = vectors};
}

static void vector_replace(TgVector **place, TgVector *vector)
{
    if (*place == vector) {
        return;
    }
    g_atomic_int_inc(&vector->ref_count);
    vector_unref(*place);
    *place = vector;
}

void tg_batch_share(TgBatch *batch, const TgBatch *from, const gint *sources)
{
    tg_batch_reserve(batch, from->rows);
    for (guint i = 0; i < batch->count; i++) {
        if (sources[i] >= 0) {
            vector_replace(&batch->vectors[i], from->vectors[sources[i]]);
        }
    }
    batch->rows = from->rows;
}

gsize tg_batch_bytes(const TgBatch *batch)
{
    gsize bytes = 0;

    for (guint i = 0; i < batch->count; i++) {
        const TgVector *vector = batch->vectors[i];

        bytes += vector->width * batch->rows + batch->rows / 8;
        if (vector->offsets != NULL && batch->rows > 0) {
            bytes += (gsize)vector->offsets[batch->rows] + batch->rows * sizeof(gint32);
        }
    }
    return bytes;
}

TgInt128 tg_vector_get_integer(const TgVector *vector, guint row)
{
    const void *data = vector->data;
    gboolean is_signed = vector->type.id != TG_TYPE_UINT8 && vector->type.id != TG_TYPE_UINT16 &&
                         vector->type.id != TG_TYPE_UINT32 && vector->type.id != TG_TYPE_UINT64;

    switch (vector->width) {
    case 1:
        return is_signed ? ((const gint8 *)data)[row] : ((const guint8 *)data)[row];
    case 2:
        return is_signed ? ((const gint16 *)data)[row] : ((const guint16 *)data)[row];
    case 4:
        return is_signed ? (TgInt128)((const gint32 *)data)[row]
                         : (TgInt128)((const guint32 *)data)[row];
    case 8:
        return is_signed ? (TgInt128)((const gint64 *)data)[row]
                         : (TgInt128)((const guint64 *)data)[row];
    default:
        return tg_vector_get_int128(vector, row);
    }
}

TgInt128 tg_vector_get_nanos(const TgVector *vector, guint row)
{
    TgInt128 value = tg_vector_get_integer(vector, row);

    if (vector->type.id == TG_TYPE_DATE) {
        return value * 86400 * 1000000000;
    }
    if (vector->type.id == TG_TYPE_TIME || vector->type.unit == TG_UNIT_MICRO) {
        return value * 1000;
    }
    return value;
}

/* Values and rows from one batch to another. */
#include "columns/batch.h"

void tg_vector_copy(TgVector *into, guint into_row, const TgVector *from, guint row)
{
    if (!tg_vector_is_valid(from, row)) {
        tg_vector_set_null(into, into_row);
    } else if (from->offsets != NULL) {
        gsize size = 0;
        const char *bytes = tg_vector_get_bytes(from, row, &size);

        tg_vector_set_bytes(into, into_row, bytes, size);
    } else if (from->width == 0) {
        tg_vector_set_boolean(into, into_row, tg_vector_get_boolean(from, row));
    } else {
        tg_vector_set_fixed(into, into_row, from->data + (gsize)row * from->width);
    }
}

void tg_batch_select(TgBatch *into, const TgBatch *from, const guint *rows, guint count)
{
    tg_batch_reserve(into, count);
    for (guint column = 0; column < from->count; column++) {
        for (guint i = 0; i < count; i++) {
            tg_vector_copy(into->vectors[column], i, from->vectors[column], rows[i]);
        }
    }
    into->rows = count;
}

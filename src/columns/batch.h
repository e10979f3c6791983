/* A batch of rows, one vector a column, in the memory layout of Arrow's C data interface. */
#pragma once

#include <glib.h>
#include <string.h>

#include "columns/type.h"

#define TG_BATCH_SLACK_BYTES 64                  /* readable past the end of every buffer */
#define TG_BATCH_STRING_BYTES_MAX (1024u << 20u) /* bytes of one column in one batch */

/**
 * The values of one column. Buffers are Arrow's: validity bitmap (bit 1 = a value), offsets (rows +
 * 1, for byte strings), data. They are kept when a batch is cleared, so a batch that is used again
 * allocates nothing.
 */
typedef struct {
    TgType type;
    gsize width;         /* bytes of one value; 0 for booleans and byte strings */
    guint8 *validity;    /* always there */
    guint8 *data;        /* values; one bit each for booleans */
    gint32 *offsets;     /* byte strings only */
    gsize data_capacity; /* bytes, without the slack; byte strings only */
    guint capacity;      /* rows that fit; only grows, so batches may share a vector */
    gint ref_count;
} TgVector;

/**
 * Rows under construction or to be read. Filling: tg_batch_begin_row, one tg_vector_set_* on each
 * vector with row = batch->rows, tg_batch_commit_row; a row that is begun again instead of
 * committed is forgotten.
 */
typedef struct {
    guint rows;
    guint capacity; /* rows that fit before the vectors grow */
    guint count;    /* of vectors */
    TgVector **vectors;
} TgBatch;

/* An empty batch with a vector for each column. */
TgBatch *tg_batch_new(const TgSchema *schema);

/* A batch without vectors, to borrow those of another with tg_batch_lend. */
TgBatch *tg_batch_new_view(void);

void tg_batch_free(TgBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgBatch, tg_batch_free)

/* Drops the rows, keeps the buffers. */
void tg_batch_clear(TgBatch *batch);

/* Makes `view` show chosen columns of `batch`: vector i is that of columns[i]. They share memory.
 */
void tg_batch_lend(TgBatch *view, const TgBatch *batch, const guint *columns, guint count);

/**
 * Gives a batch as many rows as another: vector i is that of column sources[i] and shares its
 * memory until the next time; where sources[i] is -1 it stays the batch's own, to be filled from
 * row 0 on. Always call it with the same sources for one batch.
 */
void tg_batch_share(TgBatch *batch, const TgBatch *from, const gint *sources);

/* Makes `into`, of the same schema, hold copies of chosen rows. */
void tg_batch_select(TgBatch *into, const TgBatch *from, const guint *rows, guint count);

/* Bytes in use by the rows. */
gsize tg_batch_bytes(const TgBatch *batch);

/* A checksum of the rows, which goes on from `seed`: equal rows in equal order have an equal one.
 * It is no protection against those who choose the rows. */
guint64 tg_batch_hash(const TgBatch *batch, guint64 seed);

/* Makes room for at least `rows` rows. */
void tg_batch_reserve(TgBatch *batch, guint rows);

/* Makes room for `size_bytes` more bytes behind `used_bytes`; called by tg_vector_set_bytes. */
void tg_vector_grow(TgVector *vector, gsize used_bytes, gsize size_bytes);

static inline void tg_batch_begin_row(TgBatch *batch)
{
    if (G_UNLIKELY(batch->rows == batch->capacity)) {
        tg_batch_reserve(batch, batch->capacity * 2);
    }
}

static inline void tg_batch_commit_row(TgBatch *batch)
{
    batch->rows++;
}

static inline gboolean tg_vector_is_valid(const TgVector *vector, guint row)
{
    return ((guint)(vector->validity[row >> 3u] >> (row & 7u)) & 1u) != 0;
}

static inline void tg_bit_set(guint8 *bits, guint row, gboolean value)
{
    guint8 mask = (guint8)(1u << (row & 7u));

    bits[row >> 3u] = (guint8)(value ? bits[row >> 3u] | mask : bits[row >> 3u] & ~mask);
}

static inline void tg_vector_set_null(TgVector *vector, guint row)
{
    tg_bit_set(vector->validity, row, FALSE);
    if (vector->offsets != NULL) {
        vector->offsets[row + 1] = vector->offsets[row];
    } else if (vector->width != 0) {
        memset(vector->data + (gsize)row * vector->width, 0, vector->width);
    }
}

static inline void tg_vector_set_boolean(TgVector *vector, guint row, gboolean value)
{
    tg_bit_set(vector->validity, row, TRUE);
    tg_bit_set(vector->data, row, value);
}

static inline void tg_vector_set_int64(TgVector *vector, guint row, gint64 value)
{
    tg_bit_set(vector->validity, row, TRUE);
    ((gint64 *)(void *)vector->data)[row] = value;
}

static inline void tg_vector_set_double(TgVector *vector, guint row, double value)
{
    tg_bit_set(vector->validity, row, TRUE);
    ((double *)(void *)vector->data)[row] = value;
}

/* Any fixed-width value: `width` bytes of the vector's type. */
static inline void tg_vector_set_fixed(TgVector *vector, guint row, const void *value)
{
    tg_bit_set(vector->validity, row, TRUE);
    memcpy(vector->data + (gsize)row * vector->width, value, vector->width);
}

static inline void tg_vector_set_int128(TgVector *vector, guint row, TgInt128 value)
{
    tg_vector_set_fixed(vector, row, &value);
}

static inline void tg_vector_set_bytes(TgVector *vector, guint row, const char *bytes,
                                       gsize size_bytes)
{
    gsize used = (gsize)vector->offsets[row];

    if (G_UNLIKELY(used + size_bytes > vector->data_capacity)) {
        tg_vector_grow(vector, used, size_bytes);
    }
    memcpy(vector->data + used, bytes, size_bytes);
    vector->offsets[row + 1] = (gint32)(used + size_bytes);
    tg_bit_set(vector->validity, row, TRUE);
}

/* Copies a value, or a null, between vectors of one type. Rows are filled from the first on. */
void tg_vector_copy(TgVector *into, guint into_row, const TgVector *from, guint row);

static inline gboolean tg_vector_get_boolean(const TgVector *vector, guint row)
{
    return ((guint)(vector->data[row >> 3u] >> (row & 7u)) & 1u) != 0;
}

static inline gint64 tg_vector_get_int64(const TgVector *vector, guint row)
{
    return ((const gint64 *)(const void *)vector->data)[row];
}

static inline double tg_vector_get_double(const TgVector *vector, guint row)
{
    return ((const double *)(const void *)vector->data)[row];
}

static inline TgInt128 tg_vector_get_int128(const TgVector *vector, guint row)
{
    TgInt128 value;

    memcpy(&value, vector->data + (gsize)row * sizeof value, sizeof value);
    return value;
}

/* The bytes of a row, not NUL-terminated; lent. */
static inline const char *tg_vector_get_bytes(const TgVector *vector, guint row,
                                              gsize *out_size_bytes)
{
    *out_size_bytes = (gsize)(vector->offsets[row + 1] - vector->offsets[row]);
    return (const char *)vector->data + vector->offsets[row];
}

/* Value of any integer type, sign or zero extended; DATE and TIME, too. */
TgInt128 tg_vector_get_integer(const TgVector *vector, guint row);

/* A timestamp of any unit, or a DATE or TIME, as nanoseconds since 1970-01-01 00:00. */
TgInt128 tg_vector_get_nanos(const TgVector *vector, guint row);

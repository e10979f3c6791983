/* Checksums of rows. */
#include "columns/batch.h"

#define HASH_LANES 4u
#define HASH_STEP 8u

static guint64 mix(guint64 hash, guint64 word)
{
    const guint64 odd = G_GUINT64_CONSTANT(0x9E3779B97F4A7C15); /* 2^64 by the golden ratio */

    hash = (hash ^ word) * odd;
    return hash ^ (hash >> 29u);
}

/* Four words at a time that do not wait for each other. */
static guint64 hash_bytes(const guint8 *bytes, gsize size, guint64 seed)
{
    guint64 lanes[HASH_LANES] = {seed, seed + 1, seed + 2, seed + 3};
    guint64 words[HASH_LANES] = {0};
    gsize at = 0;

    for (; at + sizeof words <= size; at += sizeof words) {
        memcpy(words, bytes + at, sizeof words);
        for (guint i = 0; i < HASH_LANES; i++) {
            lanes[i] = mix(lanes[i], words[i]);
        }
    }
    for (; at < size; at += HASH_STEP) {
        guint64 word = 0;

        memcpy(&word, bytes + at, MIN(size - at, HASH_STEP));
        lanes[0] = mix(lanes[0], word);
    }
    for (guint i = 1; i < HASH_LANES; i++) {
        lanes[0] = mix(lanes[0], lanes[i]);
    }
    return mix(lanes[0], size);
}

/* The bits of the rows; those behind the last one of a byte may be anything. */
static guint64 hash_bits(const guint8 *bits, guint rows, guint64 seed)
{
    guint64 hash = hash_bytes(bits, rows / 8, seed);

    return rows % 8 == 0 ? hash : mix(hash, bits[rows / 8] & ((1u << rows % 8) - 1u));
}

guint64 tg_batch_hash(const TgBatch *batch, guint64 seed)
{
    guint64 hash = mix(seed, batch->rows);

    for (guint i = 0; batch->rows > 0 && i < batch->count; i++) {
        const TgVector *vector = batch->vectors[i];

        hash = hash_bits(vector->validity, batch->rows, hash);
        if (vector->offsets != NULL) {
            gsize bytes = (gsize)vector->offsets[batch->rows];

            hash = hash_bytes((const guint8 *)vector->offsets, (batch->rows + 1) * sizeof(gint32),
                              hash);
            hash = hash_bytes(vector->data, bytes, hash);
        } else if (vector->width != 0) {
            hash = hash_bytes(vector->data, batch->rows * vector->width, hash);
        } else {
            hash = hash_bits(vector->data, batch->rows, hash);
        }
    }
    return hash;
}

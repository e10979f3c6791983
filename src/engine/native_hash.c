/* Sums over bytes that GLib has not: CRC-32, xxHash64, MurmurHash3 (x64, 128 bits). */
#include "engine/native_hash.h"

#include <string.h>

guint32 tg_hash_crc32(const char *bytes, gsize size)
{
    guint32 crc = 0xffffffffU;

    for (gsize i = 0; i < size; i++) {
        crc ^= (guchar)bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0);
        }
    }
    return ~crc;
}

static guint64 rotate(guint64 x, guint by)
{
    return x << by | x >> (64 - by);
}

static guint64 read64(const char *p)
{
    guint64 value = 0;

    memcpy(&value, p, sizeof value);
    return GUINT64_FROM_LE(value);
}

#define P1 G_GUINT64_CONSTANT(0x9E3779B185EBCA87)
#define P2 G_GUINT64_CONSTANT(0xC2B2AE3D27D4EB4F)
#define P3 G_GUINT64_CONSTANT(0x165667B19E3779F9)
#define P4 G_GUINT64_CONSTANT(0x85EBCA77C2B2AE63)
#define P5 G_GUINT64_CONSTANT(0x27D4EB2F165667C5)

static guint64 xx_round(guint64 sum, guint64 value)
{
    return rotate(sum + value * P2, 31) * P1;
}

static guint64 xx_tail(guint64 hash, const char *p, gsize left)
{
    for (; left >= 8; p += 8, left -= 8) {
        hash = rotate(hash ^ xx_round(0, read64(p)), 27) * P1 + P4;
    }
    if (left >= 4) {
        guint32 value = 0;

        memcpy(&value, p, sizeof value);
        hash = rotate(hash ^ (guint64)GUINT32_FROM_LE(value) * P1, 23) * P2 + P3;
        p += 4;
        left -= 4;
    }
    for (; left > 0; p++, left--) {
        hash = rotate(hash ^ (guint64)(guchar)*p * P5, 11) * P1;
    }
    hash = (hash ^ hash >> 33U) * P2;
    hash = (hash ^ hash >> 29U) * P3;
    return hash ^ hash >> 32U;
}

/* The whole blocks of 32 bytes, of which there is one at least. */
static guint64 xx_blocks(const char *bytes, gsize size)
{
    guint64 lanes[4] = {P1 + P2, P2, 0, 0 - P1};
    guint64 hash = 0;

    for (gsize left = size; left >= 32; bytes += 32, left -= 32) {
        for (gsize i = 0; i < 4; i++) {
            lanes[i] = xx_round(lanes[i], read64(bytes + 8 * i));
        }
    }
    hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
    for (gsize i = 0; i < 4; i++) {
        hash = (hash ^ xx_round(0, lanes[i])) * P1 + P4;
    }
    return hash;
}

guint64 tg_hash_xx64(const char *bytes, gsize size)
{
    guint64 hash = size >= 32 ? xx_blocks(bytes, size) : P5;
    gsize left = size % 32;

    return xx_tail(hash + size, bytes + (size - left), left);
}

#define C1 G_GUINT64_CONSTANT(0x87c37b91114253d5)
#define C2 G_GUINT64_CONSTANT(0x4cf5ad432745937f)

static guint64 murmur_mix(guint64 k)
{
    k = (k ^ k >> 33U) * G_GUINT64_CONSTANT(0xff51afd7ed558ccd);
    k = (k ^ k >> 33U) * G_GUINT64_CONSTANT(0xc4ceb9fe1a85ec53);
    return k ^ k >> 33U;
}

void tg_hash_murmur3(const char *bytes, gsize size, guint64 out[2])
{
    guint64 h1 = 0;
    guint64 h2 = 0;
    char tail[16] = {0};
    gsize left = size;

    for (; left >= 16; bytes += 16, left -= 16) {
        h1 ^= rotate(read64(bytes) * C1, 31) * C2;
        h1 = (rotate(h1, 27) + h2) * 5 + 0x52dce729;
        h2 ^= rotate(read64(bytes + 8) * C2, 33) * C1;
        h2 = (rotate(h2, 31) + h1) * 5 + 0x38495ab5;
    }
    memcpy(tail, bytes, left);
    h2 ^= rotate(read64(tail + 8) * C2, 33) * C1;
    h1 ^= rotate(read64(tail) * C1, 31) * C2;
    h1 ^= size;
    h2 ^= size;
    h1 += h2;
    h2 += h1;
    h1 = murmur_mix(h1);
    h2 = murmur_mix(h2);
    h1 += h2;
    h2 += h1;
    out[0] = h1;
    out[1] = h2;
}

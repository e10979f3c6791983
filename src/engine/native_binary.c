/* Bytes: sums, keyed sums, base 32, numbers in network order. */
#include <string.h>

#include "engine/native.h"
#include "engine/native_hash.h"

static gboolean crc32(TgNativeCall *call)
{
    TgNativeText bytes = tg_native_text(call, 0);

    return tg_native_return_int64(call, tg_hash_crc32(bytes.bytes, bytes.size));
}

static gboolean return_big_endian(TgNativeCall *call, guint64 value, gsize size)
{
    guint64 swapped = GUINT64_TO_BE(value);

    return tg_native_return_text(call, (const char *)&swapped + 8 - size, size);
}

static gboolean xxhash64(TgNativeCall *call)
{
    TgNativeText bytes = tg_native_text(call, 0);

    return return_big_endian(call, tg_hash_xx64(bytes.bytes, bytes.size), 8);
}

static gboolean murmur3(TgNativeCall *call)
{
    TgNativeText bytes = tg_native_text(call, 0);
    guint64 sums[2] = {0, 0};

    tg_hash_murmur3(bytes.bytes, bytes.size, sums);
    sums[0] = GUINT64_TO_LE(sums[0]);
    sums[1] = GUINT64_TO_LE(sums[1]);
    return tg_native_return_text(call, (const char *)sums, sizeof sums);
}

static gboolean sha512(TgNativeCall *call)
{
    TgNativeText bytes = tg_native_text(call, 0);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA512);
    guint8 digest[64];
    gsize size = sizeof digest;

    g_checksum_update(sum, (const guchar *)bytes.bytes, (gssize)bytes.size);
    g_checksum_get_digest(sum, digest, &size);
    return tg_native_return_text(call, (const char *)digest, size);
}

static gboolean hmac(TgNativeCall *call, GChecksumType type)
{
    TgNativeText bytes = tg_native_text(call, 0);
    TgNativeText key = tg_native_text(call, 1);
    guint8 digest[64];
    gsize size = sizeof digest;
    GHmac *sum = NULL;

    if (key.size == 0) {
        return tg_native_fail(call, "hmac: the key is empty");
    }
    sum = g_hmac_new(type, (const guchar *)key.bytes, key.size);
    g_hmac_update(sum, (const guchar *)bytes.bytes, (gssize)bytes.size);
    g_hmac_get_digest(sum, digest, &size);
    g_hmac_unref(sum);
    return tg_native_return_text(call, (const char *)digest, size);
}

static gboolean hmac_md5(TgNativeCall *call)
{
    return hmac(call, G_CHECKSUM_MD5);
}

static gboolean hmac_sha1(TgNativeCall *call)
{
    return hmac(call, G_CHECKSUM_SHA1);
}

static gboolean hmac_sha256(TgNativeCall *call)
{
    return hmac(call, G_CHECKSUM_SHA256);
}

static gboolean hmac_sha512(TgNativeCall *call)
{
    return hmac(call, G_CHECKSUM_SHA512);
}

static const char base32_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static gboolean to_base32(TgNativeCall *call)
{
    TgNativeText bytes = tg_native_text(call, 0);
    guint64 buffer = 0;
    guint bits = 0;

    for (gsize i = 0; i < bytes.size; i++) {
        buffer = (buffer << 8U | (guchar)bytes.bytes[i]) & 0xffffU;
        for (bits += 8; bits >= 5; bits -= 5) {
            g_string_append_c(call->scratch, base32_letters[buffer >> (bits - 5) & 31U]);
        }
    }
    if (bits > 0) {
        g_string_append_c(call->scratch, base32_letters[buffer << (5 - bits) & 31U]);
    }
    while (call->scratch->len % 8 != 0) {
        g_string_append_c(call->scratch, '=');
    }
    return tg_native_return_scratch(call);
}

static gboolean from_base32(TgNativeCall *call)
{
    TgNativeText text = tg_native_text(call, 0);
    guint64 buffer = 0;
    guint bits = 0;

    while (text.size > 0 && text.bytes[text.size - 1] == '=') {
        text.size--;
    }
    for (gsize i = 0; i < text.size; i++) {
        const char *found = text.bytes[i] == '\0' ? NULL : strchr(base32_letters, text.bytes[i]);

        if (found == NULL) {
            return tg_native_fail(call, "from_base32(): '%c' is no digit", text.bytes[i]);
        }
        buffer = (buffer << 5U | (guint64)(found - base32_letters)) & 0xffffU;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            g_string_append_c(call->scratch, (char)(buffer >> bits & 0xffU));
        }
    }
    return tg_native_return_scratch(call);
}

/* RFC 4648 with padding that may be left out; anything else fails. */
static gboolean from_base64(TgNativeCall *call)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    TgNativeText text = tg_native_text(call, 0);
    guint32 buffer = 0;
    guint bits = 0;
    gsize padding = 0;

    while (padding < text.size && padding < 2 && text.bytes[text.size - 1 - padding] == '=') {
        padding++;
    }
    if ((padding > 0 && text.size % 4 != 0) || (text.size - padding) % 4 == 1) {
        return tg_native_fail(call, "from_base64(): the text is cut");
    }
    for (gsize i = 0; i < text.size - padding; i++) {
        const char *found = text.bytes[i] == '\0' ? NULL : strchr(letters, text.bytes[i]);

        if (found == NULL) {
            return tg_native_fail(call, "from_base64(): '%c' is no digit", text.bytes[i]);
        }
        buffer = (buffer << 6U | (guint32)(found - letters)) & 0xffffU;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            g_string_append_c(call->scratch, (char)(buffer >> bits & 0xffU));
        }
    }
    return tg_native_return_scratch(call);
}

static gboolean to_big_endian_32(TgNativeCall *call)
{
    return return_big_endian(call, (guint64)(guint32)tg_native_int32(call, 0), 4);
}

static gboolean to_big_endian_64(TgNativeCall *call)
{
    return return_big_endian(call, (guint64)tg_native_int64(call, 0), 8);
}

static gboolean read_big_endian(TgNativeCall *call, gsize size, guint64 *out)
{
    TgNativeText bytes = tg_native_text(call, 0);

    if (bytes.size != size) {
        return tg_native_fail(call, "expected %d-byte input, but got %d bytes", (int)size,
                              (int)bytes.size);
    }
    *out = 0;
    for (gsize i = 0; i < size; i++) {
        *out = *out << 8U | (guchar)bytes.bytes[i];
    }
    return TRUE;
}

static gboolean from_big_endian_32(TgNativeCall *call)
{
    guint64 value = 0;

    return read_big_endian(call, 4, &value) && tg_native_return_int32(call, (gint32)(guint32)value);
}

static gboolean from_big_endian_64(TgNativeCall *call)
{
    guint64 value = 0;

    return read_big_endian(call, 8, &value) && tg_native_return_int64(call, (gint64)value);
}

static gboolean to_ieee754_64(TgNativeCall *call)
{
    double value = tg_native_double(call, 0);
    guint64 bits = 0;

    memcpy(&bits, &value, sizeof bits);
    return return_big_endian(call, bits, 8);
}

static gboolean to_ieee754_32(TgNativeCall *call)
{
    float value = ((const float *)call->data[0])[call->row];
    guint32 bits = 0;

    memcpy(&bits, &value, sizeof bits);
    return return_big_endian(call, bits, 4);
}

static gboolean from_ieee754_64(TgNativeCall *call)
{
    guint64 bits = 0;
    double value = 0;

    if (!read_big_endian(call, 8, &bits)) {
        return FALSE;
    }
    memcpy(&value, &bits, sizeof value);
    return tg_native_return_double(call, value);
}

static gboolean from_ieee754_32(TgNativeCall *call)
{
    guint64 bits = 0;
    guint32 low = 0;

    if (!read_big_endian(call, 4, &bits)) {
        return FALSE;
    }
    low = (guint32)bits;
    memcpy(&((float *)call->out)[call->row], &low, sizeof low);
    return TRUE;
}

static gboolean reverse(TgNativeCall *call)
{
    TgNativeText bytes = tg_native_text(call, 0);

    for (gsize i = bytes.size; i > 0; i--) {
        g_string_append_c(call->scratch, bytes.bytes[i - 1]);
    }
    return tg_native_return_scratch(call);
}

/* substr of bytes: from 1, or from the end; a length. */
static gboolean part(TgNativeCall *call)
{
    TgNativeText bytes = tg_native_text(call, 0);
    gint64 start = tg_native_int64(call, 1);
    gint64 length = tg_native_int64(call, 2);
    gint64 size = (gint64)bytes.size;

    if (start == 0 || ABS(start) > size || length <= 0) {
        return tg_native_return_text(call, "", 0);
    }
    start = start > 0 ? start - 1 : size + start;
    return tg_native_return_text(call, bytes.bytes + start, (gsize)MIN(length, size - start));
}

static gboolean pad(TgNativeCall *call, gboolean is_left)
{
    TgNativeText bytes = tg_native_text(call, 0);
    gint64 size = tg_native_int64(call, 1);
    TgNativeText by = tg_native_text(call, 2);

    if (size < 0 || size > G_MAXINT32 || by.size == 0) {
        return tg_native_fail(call, "a pad needs a length of 0 or more and something to pad with");
    }
    if ((gsize)size <= bytes.size) {
        return tg_native_return_text(call, bytes.bytes, (gsize)size);
    }
    for (gsize i = 0; i < (gsize)size - bytes.size; i++) {
        g_string_append_c(call->scratch, by.bytes[i % by.size]);
    }
    (void)(is_left ? g_string_append_len(call->scratch, bytes.bytes, (gssize)bytes.size)
                   : g_string_prepend_len(call->scratch, bytes.bytes, (gssize)bytes.size));
    return tg_native_return_scratch(call);
}

static gboolean lpad(TgNativeCall *call)
{
    return pad(call, TRUE);
}

static gboolean rpad(TgNativeCall *call)
{
    return pad(call, FALSE);
}

const TgNative tg_natives_binary[] = {
    {"tg_crc32", "x", 'b', crc32},
    {"tg_xxhash64", "x", 'x', xxhash64},
    {"tg_murmur3", "x", 'x', murmur3},
    {"tg_sha512", "x", 'x', sha512},
    {"tg_hmac_md5", "xx", 'x', hmac_md5},
    {"tg_hmac_sha1", "xx", 'x', hmac_sha1},
    {"tg_hmac_sha256", "xx", 'x', hmac_sha256},
    {"tg_hmac_sha512", "xx", 'x', hmac_sha512},
    {"tg_to_base32", "x", 'v', to_base32},
    {"tg_from_base32", "v", 'x', from_base32},
    {"tg_from_base64", "v", 'x', from_base64},
    {"tg_to_big_endian_32", "i", 'x', to_big_endian_32},
    {"tg_to_big_endian_64", "b", 'x', to_big_endian_64},
    {"tg_from_big_endian_32", "x", 'i', from_big_endian_32},
    {"tg_from_big_endian_64", "x", 'b', from_big_endian_64},
    {"tg_to_ieee754_32", "f", 'x', to_ieee754_32},
    {"tg_to_ieee754_64", "d", 'x', to_ieee754_64},
    {"tg_from_ieee754_32", "x", 'f', from_ieee754_32},
    {"tg_from_ieee754_64", "x", 'd', from_ieee754_64},
    {"tg_binary_reverse", "x", 'x', reverse},
    {"tg_binary_part", "xbb", 'x', part},
    {"tg_binary_lpad", "xbx", 'x', lpad},
    {"tg_binary_rpad", "xbx", 'x', rpad},
    {NULL, NULL, 0, NULL},
};

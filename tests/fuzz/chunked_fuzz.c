/* Bodies in aws-chunked: any bytes, in any pieces, give the same bytes or a refusal. */
#include <stdint.h>
#include <string.h>

#include "endpoint/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gboolean add(gpointer into, const char *bytes, gsize size, GError **error G_GNUC_UNUSED)
{
    g_byte_array_append(into, (const guint8 *)bytes, (guint)size);
    return TRUE;
}

static gboolean decode(const uint8_t *data, size_t size, size_t piece, GByteArray *into)
{
    g_autoptr(TgChunked) chunked = tg_chunked_new(add, into);

    for (size_t at = 0; at < size; at += piece) {
        if (!tg_chunked_push(chunked, (const char *)data + at, MIN(piece, size - at), NULL)) {
            return FALSE;
        }
    }
    return tg_chunked_end(chunked, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GByteArray) whole = g_byte_array_new();
    g_autoptr(GByteArray) pieces = g_byte_array_new();
    gboolean ok = decode(data, size, MAX(size, 1), whole);

    g_assert_true(decode(data, size, 1 + size % 7, pieces) == ok);
    if (ok) {
        g_assert_cmpuint(whole->len, ==, pieces->len);
        g_assert_true(whole->len == 0 || memcmp(whole->data, pieces->data, whole->len) == 0);
    }
    return 0;
}

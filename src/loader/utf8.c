/* Checking and repairing UTF-8. */
#include "loader/utf8.h"

#include <string.h>

gboolean tg_bytes_are_ascii(const char *bytes, gsize size_bytes)
{
    guint8 seen = 0;

    for (gsize i = 0; i < size_bytes; i++) {
        seen |= (guint8)bytes[i];
    }
    return seen < 0x80;
}

/* Bytes of the character at `at`; when it is malformed *out_ok is FALSE and the result the length
 * of the part to be replaced. */
static gsize take_character(const guint8 *at, const guint8 *end, gboolean *out_ok)
{
    guint8 lead = *at;
    guint8 low = 0x80; /* the range of the second byte */
    guint8 high = 0xbf;
    gsize length = 0;

    *out_ok = TRUE;
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        length = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        length = 3;
        low = lead == 0xe0 ? 0xa0 : 0x80;
        high = lead == 0xed ? 0x9f : 0xbf;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        length = 4;
        low = lead == 0xf0 ? 0x90 : 0x80;
        high = lead == 0xf4 ? 0x8f : 0xbf;
    }
    for (gsize i = 1; i < length; i++) {
        if (at + i == end || at[i] < low || at[i] > high) {
            *out_ok = FALSE;
            return i;
        }
        low = 0x80;
        high = 0xbf;
    }
    *out_ok = length > 0;
    return MAX(length, 1);
}

gboolean tg_utf8_is_valid(const char *bytes, gsize size_bytes)
{
    const guint8 *at = (const guint8 *)bytes;
    const guint8 *end = at + size_bytes;
    gboolean ok = TRUE;

    while (at < end && ok) {
        at += take_character(at, end, &ok);
    }
    return ok;
}

void tg_utf8_append_repaired(GString *out, const char *bytes, gsize size_bytes)
{
    const guint8 *at = (const guint8 *)bytes;
    const guint8 *end = at + size_bytes;

    while (at < end) {
        gboolean ok = TRUE;
        gsize length = take_character(at, end, &ok);

        g_string_append_len(out, ok ? (const char *)at : "\xef\xbf\xbd", ok ? (gssize)length : 3);
        at += length;
    }
}

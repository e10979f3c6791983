/* Charset and line ends of a sample. */
#include "loader/sample_text.h"

#include <string.h>

#include "loader/stream.h"
#include "loader/utf8.h"

#define CUT_BYTES_MAX 3u /* of a character at the end of the sample */

/* Two-byte characters of a charset whose lead and trail bytes have these ranges; 0 when a byte is
 * none. */
static guint count_characters(const guint8 *bytes, gsize size, gboolean is_sjis)
{
    guint count = 0;

    for (gsize i = 0; i < size; i++) {
        guint8 lead = bytes[i];

        if (lead < 0x80 || (is_sjis && lead >= 0xa1 && lead <= 0xdf)) {
            continue;
        }
        if (i + 1 == size) {
            return count;
        }
        guint8 trail = bytes[++i];
        gboolean ok = is_sjis
                          ? ((lead >= 0x81 && lead <= 0x9f) || (lead >= 0xe0 && lead <= 0xfc)) &&
                                trail >= 0x40 && trail <= 0xfc && trail != 0x7f
                          : lead >= 0xa1 && lead <= 0xfe && trail >= 0xa1 && trail <= 0xfe;

        if (!ok) {
            return 0;
        }
        count++;
    }
    return count;
}

const char *tg_sample_charset(const guint8 *bytes, gsize size_bytes, guint sure_characters)
{
    const char *text = (const char *)bytes;

    for (guint cut = 0; cut <= CUT_BYTES_MAX && cut <= size_bytes; cut++) {
        if (tg_utf8_is_valid(text, size_bytes - cut)) {
            return "UTF-8";
        }
    }
    guint sjis = count_characters(bytes, size_bytes, TRUE);
    guint euc = count_characters(bytes, size_bytes, FALSE);

    if (MAX(sjis, euc) < sure_characters) {
        return "UTF-8";
    }
    return euc > 0 ? "EUC-JP" : "Shift_JIS"; /* what fits both is rarely two half-width kana */
}

const char *tg_sample_newline(const guint8 *bytes, gsize size_bytes)
{
    gsize cr = 0;
    gsize lf = 0;
    gsize crlf = 0;

    for (gsize i = 0; i < size_bytes; i++) {
        if (bytes[i] == '\r') {
            gboolean is_pair = i + 1 < size_bytes && bytes[i + 1] == '\n';

            crlf += is_pair ? 1 : 0;
            cr += is_pair ? 0 : 1;
            i += is_pair ? 1 : 0;
        } else {
            lf += bytes[i] == '\n' ? 1 : 0;
        }
    }
    if (crlf >= cr && crlf >= lf) {
        return "CRLF";
    }
    return cr > lf ? "CR" : "LF";
}

char *tg_sample_to_utf8(const guint8 *bytes, gsize size_bytes, const char *charset,
                        gsize *out_size_bytes)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(TgStream) source = tg_stream_new_memory("sample", bytes, size_bytes);
    g_autoptr(TgStream) decoded =
        tg_stream_new_charset(g_steal_pointer(&source), charset, FALSE, NULL);
    char block[8192];
    gssize got = 0;

    while (decoded != NULL && (got = tg_stream_read_full(decoded, block, sizeof block, NULL)) > 0) {
        g_string_append_len(text, block, got);
    }
    if (!tg_utf8_is_valid(text->str, text->len)) {
        g_autoptr(GString) raw = g_steal_pointer(&text);

        text = g_string_sized_new(raw->len + 16);
        tg_utf8_append_repaired(text, raw->str, raw->len);
    }
    if (text->len >= 3 && memcmp(text->str, "\xef\xbb\xbf", 3) == 0) {
        g_string_erase(text, 0, 3);
    }
    *out_size_bytes = text->len;
    return g_string_free(g_steal_pointer(&text), FALSE);
}

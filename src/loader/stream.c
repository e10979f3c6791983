/* Byte streams: helpers, memory, charsets. */
#include "loader/stream.h"

#include <errno.h>
#include <string.h>

void tg_stream_free(TgStream *stream)
{
    if (stream != NULL) {
        g_free(stream->name);
        stream->class->free(stream);
    }
}

gssize tg_stream_read_full(TgStream *stream, void *into, gsize size_bytes, GError **error)
{
    gsize filled = 0;

    while (filled < size_bytes) {
        gssize got = stream->class->read(stream, (char *)into + filled, size_bytes - filled, error);

        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        filled += (gsize)got;
    }
    return (gssize)filled;
}

typedef struct {
    TgStream stream;
    const guint8 *bytes;
    gsize left;
} MemoryStream;

static gssize memory_read(TgStream *stream, void *into, gsize size_bytes,
                          GError **error G_GNUC_UNUSED)
{
    MemoryStream *self = (MemoryStream *)stream;
    gsize size = MIN(size_bytes, self->left);

    if (size > 0) {
        memcpy(into, self->bytes, size);
    }
    self->bytes += size;
    self->left -= size;
    return (gssize)size;
}

static void memory_free(TgStream *stream)
{
    g_free(stream);
}

TgStream *tg_stream_new_memory(const char *name, const guint8 *bytes, gsize size_bytes)
{
    static const TgStreamClass class = {.read = memory_read, .free = memory_free};
    MemoryStream *self = g_new0(MemoryStream, 1);

    self->stream = (TgStream){.class = &class, .name = g_strdup(name)};
    self->bytes = bytes;
    self->left = size_bytes;
    return &self->stream;
}

#define CHARSET_RAW_BYTES ((gsize)64 * 1024)

typedef struct {
    TgStream stream;
    TgStream *source;
    GIConv converter;
    gboolean is_strict;
    gboolean is_at_end;
    gsize raw_size;   /* bytes in raw that are not converted yet */
    gsize raw_offset; /* of raw in the source, for messages */
    GString *ready;   /* converted bytes, from ready_at on */
    gsize ready_at;
    guint8 raw[CHARSET_RAW_BYTES];
} CharsetStream;

/* Puts U+FFFD in the place of the first raw byte. */
static gboolean replace_malformed(CharsetStream *self, gsize consumed, GError **error)
{
    if (self->is_strict) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: byte %" G_GSIZE_FORMAT " is not of the charset that the parser was told; "
                    "set 'charset' in in.parser",
                    self->stream.name, self->raw_offset + consumed);
        return FALSE;
    }
    g_string_append(self->ready, "\xef\xbf\xbd");
    return TRUE;
}

/* Converts what can be of the raw bytes; keeps a cut character for the next turn. */
static gboolean convert_raw(CharsetStream *self, GError **error)
{
    char *in = (char *)self->raw;
    gsize in_left = self->raw_size;

    while (in_left > 0) {
        char block[8192];
        char *out = block;
        gsize out_left = sizeof block;
        gsize result = g_iconv(self->converter, &in, &in_left, &out, &out_left);
        int problem = result == (gsize)-1 ? errno : 0;

        g_string_append_len(self->ready, block, out - block);
        if (problem == EINVAL && !self->is_at_end) {
            break; /* the rest of the character comes with the next bytes */
        }
        gboolean is_malformed = problem == EILSEQ || problem == EINVAL;

        if (is_malformed && !replace_malformed(self, self->raw_size - in_left, error)) {
            return FALSE;
        }
        in += is_malformed ? 1 : 0;
        in_left -= is_malformed ? 1 : 0;
    }
    memmove(self->raw, in, in_left);
    self->raw_offset += self->raw_size - in_left;
    self->raw_size = in_left;
    return TRUE;
}

static gssize charset_read(TgStream *stream, void *into, gsize size_bytes, GError **error)
{
    CharsetStream *self = (CharsetStream *)stream;

    while (self->ready_at == self->ready->len && !(self->is_at_end && self->raw_size == 0)) {
        gssize got = tg_stream_read_full(self->source, self->raw + self->raw_size,
                                         CHARSET_RAW_BYTES - self->raw_size, error);

        if (got < 0) {
            return -1;
        }
        self->is_at_end = (gsize)got < CHARSET_RAW_BYTES - self->raw_size;
        self->raw_size += (gsize)got;
        g_string_truncate(self->ready, 0);
        self->ready_at = 0;
        if (!convert_raw(self, error)) {
            return -1;
        }
    }
    gsize size = MIN(size_bytes, self->ready->len - self->ready_at);

    memcpy(into, self->ready->str + self->ready_at, size);
    self->ready_at += size;
    return (gssize)size;
}

static void charset_free(TgStream *stream)
{
    CharsetStream *self = (CharsetStream *)stream;

    g_iconv_close(self->converter);
    (void)g_string_free(self->ready, TRUE);
    tg_stream_free(self->source);
    g_free(self);
}

gboolean tg_charset_is_utf8(const char *charset)
{
    return g_ascii_strcasecmp(charset, "utf-8") == 0 || g_ascii_strcasecmp(charset, "utf8") == 0;
}

const char *tg_charset_iconv_name(const char *charset, GError **error)
{
    /* Java's names that iconv lacks, or means otherwise: Java's Shift_JIS maps 0x5C to a
     * backslash, as CP932 does. */
    static const char *const names[][2] = {
        {"MS932", "CP932"},         {"windows-31j", "CP932"},
        {"Shift_JIS", "CP932"},     {"SJIS", "CP932"},
        {"EUC-JP", "EUC-JP"},       {"UTF-16", "UTF-16BE"},
        {"windows-1252", "CP1252"}, {"Cp1252", "CP1252"},
        {"UTF8", "UTF-8"},          {"ISO-2022-JP", "ISO-2022-JP"},
    };
    const char *name = charset;

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strcasecmp(names[i][0], charset) == 0) {
            name = names[i][1];
        }
    }
    GIConv probe = g_iconv_open("UTF-8", name);

    if (probe == (GIConv)-1) { // NOLINT(performance-no-int-to-ptr): iconv's own error value
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "charset: '%s' is not known here; names are those of Java, such as UTF-8, "
                    "Shift_JIS or ISO-8859-1",
                    charset);
        return NULL;
    }
    g_iconv_close(probe);
    return name;
}

TgStream *tg_stream_new_charset(TgStream *take_source, const char *charset, gboolean is_strict,
                                GError **error)
{
    static const TgStreamClass class = {.read = charset_read, .free = charset_free};
    g_autoptr(TgStream) source = take_source;
    const char *name = NULL;

    if (tg_charset_is_utf8(charset)) {
        return g_steal_pointer(&source);
    }
    name = tg_charset_iconv_name(charset, error);
    if (name == NULL) {
        return NULL;
    }
    CharsetStream *self = g_new0(CharsetStream, 1);

    self->stream = (TgStream){.class = &class, .name = g_strdup(source->name)};
    self->converter = g_iconv_open("UTF-8", name);
    self->is_strict = is_strict;
    self->ready = g_string_new(NULL);
    self->source = g_steal_pointer(&source);
    return &self->stream;
}

/* decoder lz4: one or more frames of the LZ4 frame format. */
#include <lz4frame.h>
#include <string.h>

#include "loader/plugin.h"

#define RAW_BYTES ((gsize)128 * 1024)

typedef struct {
    TgStream stream;
    TgStream *source;
    LZ4F_dctx *unpacker;
    gsize at;
    gsize size;
    gboolean is_in_frame;
    guint8 raw[RAW_BYTES];
} Lz4Stream;

static gboolean fail(const Lz4Stream *self, const char *reason, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s: %s; is the file whole, and is it lz4? Else change in.decoders",
                self->stream.name, reason);
    return FALSE;
}

/* Makes sure there are compressed bytes unless the source ended. */
static gboolean refill(Lz4Stream *self, GError **error)
{
    if (self->at < self->size) {
        return TRUE;
    }
    gssize got = self->source->class->read(self->source, self->raw, RAW_BYTES, error);

    self->at = 0;
    self->size = (gsize)MAX(got, 0);
    return got >= 0;
}

static gssize stream_read(TgStream *stream, void *into, gsize size_bytes, GError **error)
{
    Lz4Stream *self = (Lz4Stream *)stream;
    gsize made = 0;

    while (made == 0 && size_bytes > 0) {
        if (!refill(self, error)) {
            return -1;
        }
        gsize used = self->size - self->at;
        gboolean is_at_end = used == 0;

        made = size_bytes;
        gsize left =
            LZ4F_decompress(self->unpacker, into, &made, self->raw + self->at, &used, NULL);

        if (LZ4F_isError(left) != 0) {
            (void)fail(self, LZ4F_getErrorName(left), error);
            return -1;
        }
        self->at += used;
        self->is_in_frame = used > 0 || made > 0 ? left != 0 : self->is_in_frame;
        if (is_at_end && made == 0) {
            break;
        }
    }
    if (made == 0 && self->is_in_frame) {
        (void)fail(self, "the compressed bytes end too early", error);
        return -1;
    }
    return (gssize)made;
}

static void stream_free(TgStream *stream)
{
    Lz4Stream *self = (Lz4Stream *)stream;

    (void)LZ4F_freeDecompressionContext(self->unpacker); /* only frees */
    tg_stream_free(self->source);
    g_free(self);
}

static TgStream *decoder_open(const json_t *config G_GNUC_UNUSED, TgStream *take_source,
                              GError **error)
{
    static const TgStreamClass class = {.read = stream_read, .free = stream_free};
    Lz4Stream *self = g_new0(Lz4Stream, 1);
    g_autoptr(TgStream) stream = &self->stream;

    self->stream = (TgStream){.class = &class, .name = g_strdup(take_source->name)};
    self->source = take_source;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&self->unpacker, LZ4F_VERSION)) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "lz4 does not start");
        return NULL;
    }
    return g_steal_pointer(&stream);
}

static const TgLoaderOption options[] = {{0}};

const TgDecoderPlugin tg_decoder_lz4 = {.name = "lz4",
                                        .help = "Unpacks lz4 (the frame format, .lz4 files).",
                                        .options = options,
                                        .open = decoder_open};

/* decoder zstd: one or more frames. */
#include <zstd.h>

#include "loader/plugin.h"

#define RAW_BYTES ((gsize)128 * 1024)
#define WINDOW_LOG_MAX 27 /* a frame may ask for this much memory: 128 MiB, as the zstd program */

typedef struct {
    TgStream stream;
    TgStream *source;
    ZSTD_DStream *unpacker;
    ZSTD_inBuffer in;
    gboolean is_in_frame;
    guint8 raw[RAW_BYTES];
} ZstdStream;

static gboolean fail(const ZstdStream *self, const char *reason, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s: %s; is the file whole, and is it zstd? Else change in.decoders",
                self->stream.name, reason);
    return FALSE;
}

/* Makes sure there are compressed bytes unless the source ended. */
static gboolean refill(ZstdStream *self, GError **error)
{
    if (self->in.pos < self->in.size) {
        return TRUE;
    }
    gssize got = self->source->class->read(self->source, self->raw, RAW_BYTES, error);

    self->in = (ZSTD_inBuffer){.src = self->raw, .size = (gsize)MAX(got, 0)};
    return got >= 0;
}

static gssize stream_read(TgStream *stream, void *into, gsize size_bytes, GError **error)
{
    ZstdStream *self = (ZstdStream *)stream;
    ZSTD_outBuffer out = {.dst = into, .size = size_bytes};

    while (out.pos == 0 && size_bytes > 0) {
        if (!refill(self, error)) {
            return -1;
        }
        gboolean is_at_end = self->in.size == 0;
        gsize before = self->in.pos;
        gsize left = ZSTD_decompressStream(self->unpacker, &out, &self->in);

        if (ZSTD_isError(left) != 0) {
            (void)fail(self, ZSTD_getErrorName(left), error);
            return -1;
        }
        /* 0: a frame ended; without new bytes it is only asked whether more is buffered */
        self->is_in_frame = self->in.pos > before || out.pos > 0 ? left != 0 : self->is_in_frame;
        if (is_at_end && out.pos == 0) {
            break;
        }
    }
    if (out.pos == 0 && self->is_in_frame) {
        (void)fail(self, "the compressed bytes end too early", error);
        return -1;
    }
    return (gssize)out.pos;
}

static void stream_free(TgStream *stream)
{
    ZstdStream *self = (ZstdStream *)stream;

    (void)ZSTD_freeDStream(self->unpacker); /* only frees */
    tg_stream_free(self->source);
    g_free(self);
}

static TgStream *decoder_open(const json_t *config G_GNUC_UNUSED, TgStream *take_source,
                              GError **error)
{
    static const TgStreamClass class = {.read = stream_read, .free = stream_free};
    ZstdStream *self = g_new0(ZstdStream, 1);
    g_autoptr(TgStream) stream = &self->stream;

    self->stream = (TgStream){.class = &class, .name = g_strdup(take_source->name)};
    self->source = take_source;
    self->unpacker = ZSTD_createDStream();
    if (self->unpacker == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(
                                      self->unpacker, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "zstd does not start");
        return NULL;
    }
    return g_steal_pointer(&stream);
}

static const TgLoaderOption options[] = {{0}};

const TgDecoderPlugin tg_decoder_zstd = {
    .name = "zstd", .help = "Unpacks zstd.", .options = options, .open = decoder_open};

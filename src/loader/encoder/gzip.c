/* encoder gzip. */
#include <zlib.h>

#include "loader/plugin.h"

#define BLOCK_BYTES ((gsize)64 * 1024)

typedef struct {
    TgSink sink;
    TgSink *target;
    z_stream deflater;
    guint8 block[BLOCK_BYTES];
} GzipSink;

/* Packs what is given; `flush` is Z_NO_FLUSH or Z_FINISH. */
static gboolean deflate_all(GzipSink *self, int flush, GError **error)
{
    do {
        self->deflater.next_out = self->block;
        self->deflater.avail_out = BLOCK_BYTES;
        (void)deflate(&self->deflater, flush); /* cannot fail with a good state */
        gsize packed = BLOCK_BYTES - self->deflater.avail_out;

        if (packed > 0 && !self->target->class->write(self->target, self->block, packed, error)) {
            return FALSE;
        }
    } while (self->deflater.avail_out == 0);
    return TRUE;
}

static gboolean sink_write(TgSink *sink, const void *bytes, gsize size_bytes, GError **error)
{
    GzipSink *self = (GzipSink *)sink;

    self->deflater.next_in = (Bytef *)bytes;
    self->deflater.avail_in = (uInt)size_bytes;
    return deflate_all(self, Z_NO_FLUSH, error);
}

static gboolean sink_finish(TgSink *sink, GError **error)
{
    GzipSink *self = (GzipSink *)sink;

    self->deflater.avail_in = 0;
    return deflate_all(self, Z_FINISH, error) && self->target->class->finish(self->target, error);
}

static void sink_free(TgSink *sink)
{
    GzipSink *self = (GzipSink *)sink;

    (void)deflateEnd(&self->deflater); /* only frees */
    tg_sink_free(self->target);
    g_free(self);
}

static TgSink *encoder_open(gint64 level, TgSink *take_target, GError **error)
{
    static const TgSinkClass class = {
        .write = sink_write, .finish = sink_finish, .free = sink_free};
    GzipSink *self = g_new0(GzipSink, 1);
    g_autoptr(TgSink) sink = &self->sink;

    self->sink.class = &class;
    self->target = take_target;
    if (deflateInit2(&self->deflater, (int)level, Z_DEFLATED, MAX_WBITS + 16, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "zlib does not start");
        return NULL;
    }
    return g_steal_pointer(&sink);
}

static const TgLoaderOption options[] = {{"level", "integer", "6", "0 (fast) to 9 (small)."}, {0}};

const TgEncoderPlugin tg_encoder_gzip = {.name = "gzip",
                                         .help = "Packs with gzip.",
                                         .options = options,
                                         .level_default = 6,
                                         .level_min = 0,
                                         .level_max = 9,
                                         .open = encoder_open};

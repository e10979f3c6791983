/* encoder zstd. */
#include <zstd.h>

#include "loader/plugin.h"

#define BLOCK_BYTES ((gsize)128 * 1024)

typedef struct {
    TgSink sink;
    TgSink *target;
    ZSTD_CStream *packer;
    guint8 block[BLOCK_BYTES];
} ZstdSink;

/* Packs what is given and hands it on. */
static gboolean pack(ZstdSink *self, ZSTD_inBuffer *in, ZSTD_EndDirective mode, GError **error)
{
    gsize left = 0;

    do {
        ZSTD_outBuffer out = {.dst = self->block, .size = BLOCK_BYTES};

        left = ZSTD_compressStream2(self->packer, &out, in, mode);
        if (ZSTD_isError(left) != 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_BUG, "zstd: %s", ZSTD_getErrorName(left));
            return FALSE;
        }
        if (out.pos > 0 && !self->target->class->write(self->target, self->block, out.pos, error)) {
            return FALSE;
        }
    } while (mode == ZSTD_e_end ? left != 0 : in->pos < in->size);
    return TRUE;
}

static gboolean sink_write(TgSink *sink, const void *bytes, gsize size_bytes, GError **error)
{
    ZSTD_inBuffer in = {.src = bytes, .size = size_bytes};

    return pack((ZstdSink *)sink, &in, ZSTD_e_continue, error);
}

static gboolean sink_finish(TgSink *sink, GError **error)
{
    ZstdSink *self = (ZstdSink *)sink;
    ZSTD_inBuffer in = {.src = NULL};

    return pack(self, &in, ZSTD_e_end, error) && self->target->class->finish(self->target, error);
}

static void sink_free(TgSink *sink)
{
    ZstdSink *self = (ZstdSink *)sink;

    (void)ZSTD_freeCStream(self->packer); /* only frees */
    tg_sink_free(self->target);
    g_free(self);
}

static TgSink *encoder_open(gint64 level, TgSink *take_target, GError **error)
{
    static const TgSinkClass class = {
        .write = sink_write, .finish = sink_finish, .free = sink_free};
    ZstdSink *self = g_new0(ZstdSink, 1);
    g_autoptr(TgSink) sink = &self->sink;

    self->sink.class = &class;
    self->target = take_target;
    self->packer = ZSTD_createCStream();
    if (self->packer == NULL || ZSTD_isError(ZSTD_CCtx_setParameter(
                                    self->packer, ZSTD_c_compressionLevel, (int)level)) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "zstd does not start");
        return NULL;
    }
    return g_steal_pointer(&sink);
}

static const TgLoaderOption options[] = {{"level", "integer", "3", "1 (fast) to 22 (small)."}, {0}};

const TgEncoderPlugin tg_encoder_zstd = {.name = "zstd",
                                         .help = "Packs with zstd.",
                                         .options = options,
                                         .level_default = 3,
                                         .level_min = 1,
                                         .level_max = 22,
                                         .open = encoder_open};

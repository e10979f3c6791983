/* encoder bzip2. */
#include <bzlib.h>

#include "loader/plugin.h"

#define BLOCK_BYTES ((gsize)64 * 1024)

typedef struct {
    TgSink sink;
    TgSink *target;
    bz_stream packer;
    char block[BLOCK_BYTES];
} Bzip2Sink;

static gboolean pack_all(Bzip2Sink *self, int action, GError **error)
{
    int result = BZ_RUN_OK;

    do {
        self->packer.next_out = self->block;
        self->packer.avail_out = BLOCK_BYTES;
        result = BZ2_bzCompress(&self->packer, action);
        gsize packed = BLOCK_BYTES - self->packer.avail_out;

        if (packed > 0 && !self->target->class->write(self->target, self->block, packed, error)) {
            return FALSE;
        }
    } while (action == BZ_FINISH ? result == BZ_FINISH_OK : self->packer.avail_in > 0);
    return TRUE;
}

static gboolean sink_write(TgSink *sink, const void *bytes, gsize size_bytes, GError **error)
{
    Bzip2Sink *self = (Bzip2Sink *)sink;

    self->packer.next_in = (char *)bytes;
    self->packer.avail_in = (unsigned)size_bytes;
    return size_bytes == 0 || pack_all(self, BZ_RUN, error);
}

static gboolean sink_finish(TgSink *sink, GError **error)
{
    Bzip2Sink *self = (Bzip2Sink *)sink;

    return pack_all(self, BZ_FINISH, error) && self->target->class->finish(self->target, error);
}

static void sink_free(TgSink *sink)
{
    Bzip2Sink *self = (Bzip2Sink *)sink;

    (void)BZ2_bzCompressEnd(&self->packer); /* only frees */
    tg_sink_free(self->target);
    g_free(self);
}

static TgSink *encoder_open(gint64 level, TgSink *take_target, GError **error)
{
    static const TgSinkClass class = {
        .write = sink_write, .finish = sink_finish, .free = sink_free};
    Bzip2Sink *self = g_new0(Bzip2Sink, 1);
    g_autoptr(TgSink) sink = &self->sink;

    self->sink.class = &class;
    self->target = take_target;
    if (BZ2_bzCompressInit(&self->packer, (int)level, 0, 0) != BZ_OK) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "libbz2 does not start");
        return NULL;
    }
    return g_steal_pointer(&sink);
}

static const TgLoaderOption options[] = {{"level", "integer", "9", "1 to 9."}, {0}};

const TgEncoderPlugin tg_encoder_bzip2 = {.name = "bzip2",
                                          .help = "Packs with bzip2.",
                                          .options = options,
                                          .level_default = 9,
                                          .level_min = 1,
                                          .level_max = 9,
                                          .open = encoder_open};

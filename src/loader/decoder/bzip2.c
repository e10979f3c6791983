/* decoder bzip2: one or more bzip2 members. */
#include <bzlib.h>

#include "loader/plugin.h"

#define RAW_BYTES ((gsize)64 * 1024)

typedef struct {
    TgStream stream;
    TgStream *source;
    bz_stream unpacker;
    gboolean is_open;      /* a member was begun */
    gboolean is_in_member; /* and has had bytes */
    gboolean is_at_end;
    char raw[RAW_BYTES];
} Bzip2Stream;

static gboolean fail(const Bzip2Stream *self, const char *reason, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s: %s; is the file whole, and is it bzip2? Else change in.decoders",
                self->stream.name, reason);
    return FALSE;
}

static gboolean refill(Bzip2Stream *self, GError **error)
{
    if (self->unpacker.avail_in > 0 || self->is_at_end) {
        return TRUE;
    }
    gssize got = self->source->class->read(self->source, self->raw, RAW_BYTES, error);

    if (got < 0) {
        return FALSE;
    }
    self->is_at_end = got == 0;
    self->unpacker.next_in = self->raw;
    self->unpacker.avail_in = (unsigned)got;
    return TRUE;
}

/* Keeps the bytes around the start of a member, which resets the state. */
static gboolean begin_member(Bzip2Stream *self, GError **error)
{
    bz_stream kept = self->unpacker;

    self->unpacker = (bz_stream){0};
    if (BZ2_bzDecompressInit(&self->unpacker, 0, 0) != BZ_OK) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "libbz2 does not start");
        return FALSE;
    }
    self->unpacker.next_in = kept.next_in;
    self->unpacker.avail_in = kept.avail_in;
    self->unpacker.next_out = kept.next_out;
    self->unpacker.avail_out = kept.avail_out;
    self->is_open = TRUE;
    return TRUE;
}

static gboolean unpack_some(Bzip2Stream *self, GError **error)
{
    if (!self->is_open && !begin_member(self, error)) {
        return FALSE;
    }
    int result = BZ2_bzDecompress(&self->unpacker);

    self->is_in_member = result == BZ_OK;
    if (result == BZ_STREAM_END) {
        (void)BZ2_bzDecompressEnd(&self->unpacker); /* only frees; the pointers stay */
        self->is_open = FALSE;
        return TRUE;
    }
    return result == BZ_OK || fail(self, "bad compressed bytes", error);
}

static gssize stream_read(TgStream *stream, void *into, gsize size_bytes, GError **error)
{
    Bzip2Stream *self = (Bzip2Stream *)stream;
    unsigned wanted = (unsigned)MIN(size_bytes, (gsize)G_MAXINT);

    self->unpacker.next_out = into;
    self->unpacker.avail_out = wanted;
    while (self->unpacker.avail_out == wanted) {
        if (!refill(self, error)) {
            return -1;
        }
        if (self->unpacker.avail_in == 0 && !self->is_in_member) {
            break;
        }
        unsigned in_before = self->unpacker.avail_in;

        if (!unpack_some(self, error)) {
            return -1;
        }
        if (in_before == 0 && self->is_in_member && self->unpacker.avail_out == wanted) {
            (void)fail(self, "the compressed bytes end too early", error);
            return -1;
        }
    }
    return (gssize)(wanted - self->unpacker.avail_out);
}

static void stream_free(TgStream *stream)
{
    Bzip2Stream *self = (Bzip2Stream *)stream;

    if (self->is_open) {
        (void)BZ2_bzDecompressEnd(&self->unpacker); /* only frees */
    }
    tg_stream_free(self->source);
    g_free(self);
}

static TgStream *decoder_open(const json_t *config G_GNUC_UNUSED, TgStream *take_source,
                              GError **error G_GNUC_UNUSED)
{
    static const TgStreamClass class = {.read = stream_read, .free = stream_free};
    Bzip2Stream *self = g_new0(Bzip2Stream, 1);

    self->stream = (TgStream){.class = &class, .name = g_strdup(take_source->name)};
    self->source = take_source;
    return &self->stream;
}

static const TgLoaderOption options[] = {{0}};

const TgDecoderPlugin tg_decoder_bzip2 = {
    .name = "bzip2", .help = "Unpacks bzip2.", .options = options, .open = decoder_open};

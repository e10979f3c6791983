/* decoder gzip: one or more gzip members. */
#include <zlib.h>

#include "loader/plugin.h"

#define RAW_BYTES ((gsize)64 * 1024)

typedef struct {
    TgStream stream;
    TgStream *source;
    z_stream inflater;
    gboolean is_in_member;
    gboolean is_at_end; /* of the source */
    guint8 raw[RAW_BYTES];
} GzipStream;

static gboolean fail(const GzipStream *self, const char *reason, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s: %s; is the file whole, and is it gzip? Else change in.decoders",
                self->stream.name, reason);
    return FALSE;
}

/* Makes sure there are compressed bytes unless the source ended. */
static gboolean refill(GzipStream *self, GError **error)
{
    if (self->inflater.avail_in > 0 || self->is_at_end) {
        return TRUE;
    }
    gssize got = self->source->class->read(self->source, self->raw, RAW_BYTES, error);

    if (got < 0) {
        return FALSE;
    }
    self->is_at_end = got == 0;
    self->inflater.next_in = self->raw;
    self->inflater.avail_in = (uInt)got;
    return TRUE;
}

/* One call of zlib. A member's end starts the next, or is the end. */
static gboolean inflate_some(GzipStream *self, GError **error)
{
    int result = inflate(&self->inflater, Z_NO_FLUSH);

    if (result == Z_STREAM_END) {
        self->is_in_member = FALSE;
        (void)inflateReset(&self->inflater); /* fails on a broken state alone */
        return TRUE;
    }
    if (result != Z_OK && result != Z_BUF_ERROR) {
        return fail(self, self->inflater.msg == NULL ? "bad compressed bytes" : self->inflater.msg,
                    error);
    }
    self->is_in_member = TRUE;
    return TRUE;
}

static gssize stream_read(TgStream *stream, void *into, gsize size_bytes, GError **error)
{
    GzipStream *self = (GzipStream *)stream;
    uInt wanted = (uInt)MIN(size_bytes, (gsize)G_MAXINT);

    self->inflater.next_out = into;
    self->inflater.avail_out = wanted;
    while (self->inflater.avail_out == wanted) {
        if (!refill(self, error)) {
            return -1;
        }
        if (self->inflater.avail_in == 0) {
            break;
        }
        if (!inflate_some(self, error)) {
            return -1;
        }
    }
    if (self->inflater.avail_out == wanted && self->is_in_member) {
        (void)fail(self, "the compressed bytes end too early", error);
        return -1;
    }
    return (gssize)(wanted - self->inflater.avail_out);
}

static void stream_free(TgStream *stream)
{
    GzipStream *self = (GzipStream *)stream;

    (void)inflateEnd(&self->inflater); /* only frees */
    tg_stream_free(self->source);
    g_free(self);
}

static TgStream *decoder_open(const json_t *config G_GNUC_UNUSED, TgStream *take_source,
                              GError **error)
{
    static const TgStreamClass class = {.read = stream_read, .free = stream_free};
    GzipStream *self = g_new0(GzipStream, 1);
    g_autoptr(TgStream) stream = &self->stream;

    self->stream = (TgStream){.class = &class, .name = g_strdup(take_source->name)};
    self->source = take_source;
    if (inflateInit2(&self->inflater, MAX_WBITS + 16) != Z_OK) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "zlib does not start");
        return NULL;
    }
    return g_steal_pointer(&stream);
}

static const TgLoaderOption options[] = {{0}};

const TgDecoderPlugin tg_decoder_gzip = {
    .name = "gzip", .help = "Unpacks gzip.", .options = options, .open = decoder_open};

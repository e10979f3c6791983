/* decoder zip: every entry of an archive is a file of its own for the parser. */
#include "loader/archive_api.h"
#include "loader/plugin.h"

#define RAW_BYTES ((gsize)64 * 1024)
#define ENTRIES_MAX 100000u

typedef struct {
    TgArchive archive;
    const TgArchiveApi *api;
    TgStream *source;
    void *handle;
    GError *problem; /* of the source; told instead of the library's words */
    guint entries;
    guint8 raw[RAW_BYTES];
} ZipArchive;

static gboolean fail(ZipArchive *self, GError **error)
{
    const char *reason = self->api->error(self->handle);

    if (self->problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&self->problem));
        return FALSE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s: %s; is the file whole, and is it zip? Else change in.decoders",
                self->source->name, reason == NULL ? "damaged" : reason);
    return FALSE;
}

static gssize read_source(void *archive G_GNUC_UNUSED, void *data, const void **bytes)
{
    ZipArchive *self = data;

    *bytes = self->raw;
    return self->source->class->read(self->source, self->raw, RAW_BYTES,
                                     self->problem == NULL ? &self->problem : NULL);
}

/* --- one entry --- */

typedef struct {
    TgStream stream;
    ZipArchive *archive;
} EntryStream;

static gssize entry_read(TgStream *stream, void *into, gsize size_bytes, GError **error)
{
    ZipArchive *self = ((EntryStream *)stream)->archive;
    gssize got = self->api->data(self->handle, into, size_bytes);

    if (got < 0) {
        (void)fail(self, error);
        return -1;
    }
    return got;
}

static void entry_free(TgStream *stream)
{
    g_free(stream);
}

static gboolean archive_next(TgArchive *archive, TgStream **out, GError **error)
{
    static const TgStreamClass class = {.read = entry_read, .free = entry_free};
    ZipArchive *self = (ZipArchive *)archive;
    void *entry = NULL;
    int result = 0;

    *out = NULL;
    do {
        result = self->api->next_header(self->handle, &entry);
        if (result == TG_ARCHIVE_EOF) {
            return TRUE;
        }
        if (result < TG_ARCHIVE_WARN) {
            return fail(self, error);
        }
        if (++self->entries > ENTRIES_MAX) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s holds more than %u files",
                        self->source->name, ENTRIES_MAX);
            return FALSE;
        }
    } while (self->api->type(entry) != TG_ARCHIVE_REGULAR);
    EntryStream *stream = g_new0(EntryStream, 1);
    const char *name = self->api->name(entry);

    stream->stream.class = &class;
    stream->stream.name = g_strdup_printf("%s:%s", self->source->name, name == NULL ? "?" : name);
    stream->archive = self;
    *out = &stream->stream;
    return TRUE;
}

static void archive_free(TgArchive *archive)
{
    ZipArchive *self = (ZipArchive *)archive;

    if (self->handle != NULL) {
        (void)self->api->free(self->handle); /* only frees */
    }
    g_clear_error(&self->problem);
    tg_stream_free(self->source);
    g_free(self);
}

static TgArchive *decoder_open(const json_t *config G_GNUC_UNUSED, TgStream *take_source,
                               GError **error)
{
    static const TgArchiveClass class = {.next = archive_next, .free = archive_free};
    ZipArchive *self = g_new0(ZipArchive, 1);

    self->archive.class = &class;
    self->source = take_source;
    self->api = tg_archive_api_get(error);
    if (self->api == NULL) {
        archive_free(&self->archive);
        return NULL;
    }
    self->handle = self->api->new ();
    if (self->api->format_zip(self->handle) < TG_ARCHIVE_WARN ||
        self->api->open(self->handle, self, NULL, read_source, NULL) < TG_ARCHIVE_WARN) {
        (void)fail(self, error);
        archive_free(&self->archive);
        return NULL;
    }
    return &self->archive;
}

static const TgLoaderOption options[] = {{0}};

const TgDecoderPlugin tg_decoder_zip = {.name = "zip",
                                        .help = "Unpacks zip; each entry is a file of its own.",
                                        .options = options,
                                        .open_archive = decoder_open};

/* decoder zip: every entry of an archive is a file of its own for the parser. */
#include <dlfcn.h>

#include "loader/plugin.h"

#define RAW_BYTES ((gsize)64 * 1024)
#define ENTRIES_MAX 100000u
#define TYPE_REGULAR 0100000u /* AE_IFREG of libarchive */

/* The functions of libarchive's archive.h and archive_entry.h that are used; loaded when the first
 * archive is opened. */
typedef struct {
    void *(*new)(void);
    int (*format_zip)(void *archive);
    int (*open)(void *archive, void *data, void *no_open,
                gssize (*read)(void *archive, void *data, const void **bytes), void *no_close);
    int (*next_header)(void *archive, void **entry);
    gssize (*data)(void *archive, void *into, size_t size);
    const char *(*error)(void *archive);
    int (*free)(void *archive);
    const char *(*name)(void *entry);
    unsigned (*type)(void *entry);
} ArchiveApi;

enum { ARCHIVE_EOF_CODE = 1, ARCHIVE_WARN_CODE = -20 };

static gboolean load_api(ArchiveApi *api, GError **error)
{
    const struct {
        const char *name;
        void **into;
    } functions[] = {{"archive_read_new", (void **)&api->new},
                     {"archive_read_support_format_zip", (void **)&api->format_zip},
                     {"archive_read_open", (void **)&api->open},
                     {"archive_read_next_header", (void **)&api->next_header},
                     {"archive_read_data", (void **)&api->data},
                     {"archive_error_string", (void **)&api->error},
                     {"archive_read_free", (void **)&api->free},
                     {"archive_entry_pathname", (void **)&api->name},
                     {"archive_entry_filetype", (void **)&api->type}};
    void *library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);

    for (gsize i = 0; library != NULL && i < G_N_ELEMENTS(functions); i++) {
        *functions[i].into = dlsym(library, functions[i].name);
        library = *functions[i].into == NULL ? NULL : library;
    }
    if (library == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "the decoder zip needs the library libarchive.so.13; install libarchive13");
    }
    return library != NULL;
}

static const ArchiveApi *api_get(GError **error)
{
    static GMutex mutex;
    static ArchiveApi api;
    static gboolean is_loaded;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    (void)locker;
    is_loaded = is_loaded || load_api(&api, error);
    return is_loaded ? &api : NULL;
}

typedef struct {
    TgArchive archive;
    const ArchiveApi *api;
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
        if (result == ARCHIVE_EOF_CODE) {
            return TRUE;
        }
        if (result < ARCHIVE_WARN_CODE) {
            return fail(self, error);
        }
        if (++self->entries > ENTRIES_MAX) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s holds more than %u files",
                        self->source->name, ENTRIES_MAX);
            return FALSE;
        }
    } while (self->api->type(entry) != TYPE_REGULAR);
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
    self->api = api_get(error);
    if (self->api == NULL) {
        archive_free(&self->archive);
        return NULL;
    }
    self->handle = self->api->new ();
    if (self->api->format_zip(self->handle) < ARCHIVE_WARN_CODE ||
        self->api->open(self->handle, self, NULL, read_source, NULL) < ARCHIVE_WARN_CODE) {
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

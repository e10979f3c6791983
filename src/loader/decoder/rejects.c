/* decoder rejects: the raw records of a reject file, a line each, for the parser they came from. */
#include "loader/rejects.h"

#include <string.h>

#include "loader/plugin.h"

#define BLOCK_BYTES ((gsize)64 * 1024)
#define CELLS 5u /* of TG_REJECTS_HEADER; the last is the record */

typedef struct {
    TgStream stream;
    TgStream *source;
    guint8 block[BLOCK_BYTES];
    gsize at;
    gsize size;
    gboolean has_header; /* the first line was read */
    gboolean is_quoted;  /* inside quotes */
    gboolean was_quote;  /* the last byte was a quote inside quotes */
    guint cell;
    guint64 line;
} RejectsStream;

static gboolean fail(const RejectsStream *self, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s:%" G_GUINT64_FORMAT ": this is no reject file; its first line must be %.*s",
                self->stream.name, self->line, (int)strlen(TG_REJECTS_HEADER) - 1,
                TG_REJECTS_HEADER);
    return FALSE;
}

/* 1: bytes are there; 0: the end; -1: error. */
static gssize refill(RejectsStream *self, GError **error)
{
    if (self->at < self->size) {
        return 1;
    }
    gssize got = self->source->class->read(self->source, self->block, BLOCK_BYTES, error);

    self->at = 0;
    self->size = (gsize)MAX(got, 0);
    return got > 0 ? 1 : got;
}

static gboolean check_header(RejectsStream *self, GError **error)
{
    char line[sizeof TG_REJECTS_HEADER - 1];
    gssize got = tg_stream_read_full(self->source, line, sizeof line, error);

    self->line = 1;
    self->has_header = TRUE;
    if (got < 0) {
        return FALSE;
    }
    return ((gsize)got == sizeof line && memcmp(line, TG_REJECTS_HEADER, sizeof line) == 0) ||
           fail(self, error);
}

/* What a byte adds to the record: TRUE when it is one of its bytes. */
static gboolean step(RejectsStream *self, char byte)
{
    gboolean is_record = self->cell == CELLS - 1;

    if (byte == '"') {
        gboolean is_escaped = self->was_quote;

        self->was_quote = self->is_quoted && !is_escaped;
        self->is_quoted = TRUE;
        return is_record && is_escaped;
    }
    if (self->was_quote) {
        self->was_quote = FALSE;
        self->is_quoted = FALSE;
    }
    if (self->is_quoted) {
        return is_record;
    }
    if (byte == ',') {
        self->cell++;
        return FALSE;
    }
    if (byte == '\n') {
        self->cell = 0;
        self->line++;
        return is_record; /* ends the record for the parser, too */
    }
    return is_record && byte != '\r'; /* an editor may have dropped quotes */
}

static gssize stream_read(TgStream *stream, void *into, gsize size_bytes, GError **error)
{
    RejectsStream *self = (RejectsStream *)stream;
    char *out = into;
    gsize filled = 0;

    if (!self->has_header && !check_header(self, error)) {
        return -1;
    }
    while (filled < size_bytes) {
        gssize more = refill(self, error);

        if (more < 0) {
            return -1;
        }
        if (more == 0) {
            break;
        }
        char byte = (char)self->block[self->at++];

        if (self->cell >= CELLS) {
            (void)fail(self, error);
            return -1;
        }
        if (step(self, byte)) {
            out[filled++] = byte;
        }
    }
    return (gssize)filled;
}

static void stream_free(TgStream *stream)
{
    tg_stream_free(((RejectsStream *)stream)->source);
    g_free(stream);
}

static TgStream *decoder_open(const json_t *config G_GNUC_UNUSED, TgStream *take_source,
                              GError **error G_GNUC_UNUSED)
{
    static const TgStreamClass class = {.read = stream_read, .free = stream_free};
    RejectsStream *self = g_new0(RejectsStream, 1);

    self->stream.class = &class;
    self->stream.name = g_strdup(take_source->name);
    self->source = take_source;
    return &self->stream;
}

static const TgLoaderOption options[] = {{0}};

const TgDecoderPlugin tg_decoder_rejects = {
    .name = "rejects",
    .help = "The raw records of a reject file (exec.reject_file), after they were corrected.",
    .options = options,
    .open = decoder_open};

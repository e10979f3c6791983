/* parser jsonl: a JSON object a line (embulk-parser-jsonl); lines are parsed by several threads. */
#include <string.h>

#include "loader/parser/jsonl_scan.h"
#include "loader/plugin.h"
#include "loader/stream.h"
#include "loader/utf8.h"
#include "params/params.h"

#define READ_BYTES ((gsize)1024 * 1024)
#define LINE_BYTES_MAX ((gsize)64 * 1024 * 1024)
#define CHUNK_BYTES_MAX ((gsize)2 * 1024 * 1024) /* that one call parses, but for a longer line */
#define SHOWN_BYTES_MAX 200u
#define WARNINGS_MAX 1000

typedef struct {
    TgParser parser;
    TgLoaderContext *context;
    TgColumnConfig *columns; /* NULL: the record as a whole */
    GHashTable *by_name;
    char *charset;
    gboolean stops;
    gboolean exact;
} JsonlParser;

/* Lines that one thread parses, and what it needs for that. */
typedef struct {
    GByteArray *bytes;
    char *file_name; /* owned */
    guint64 first_line;
    gboolean is_valid; /* all of it is UTF-8 */
    JsonlScan scan;
} Chunk;

typedef struct {
    TgReader reader;
    JsonlParser *parser;
    GMutex mutex; /* over all below */
    TgFileTask *files;
    TgStream *stream;   /* NULL: open the next file */
    gboolean is_at_end; /* of the stream */
    gboolean has_ended;
    GByteArray *ahead; /* read, not handed out yet */
    gsize ahead_at;
    guint64 next_line;
    GQueue spare; /* of Chunk */
    gint warnings;
} JsonlReader;

static void chunk_free(gpointer data)
{
    Chunk *chunk = data;

    g_byte_array_unref(chunk->bytes);
    g_free(chunk->file_name);
    jsonl_scan_clear(&chunk->scan);
    g_free(chunk);
}

/* --- lines; the mutex is held --- */

static gboolean open_next(JsonlReader *self, GError **error)
{
    g_autoptr(TgStream) stream = NULL;

    if (!tg_file_task_next(self->files, &stream, error)) {
        return FALSE;
    }
    self->has_ended = stream == NULL;
    if (stream == NULL) {
        return TRUE;
    }
    self->stream = tg_stream_new_charset(g_steal_pointer(&stream), self->parser->charset,
                                         self->parser->exact, error);
    self->is_at_end = FALSE;
    self->next_line = 1;
    return self->stream != NULL;
}

/* Reads on behind what is there. */
static gboolean read_ahead(JsonlReader *self, GError **error)
{
    gsize left = self->ahead->len - self->ahead_at;

    if (left > LINE_BYTES_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s:%" G_GUINT64_FORMAT ": the line is longer than 64 MiB, the limit",
                    self->stream->name, self->next_line);
        return FALSE;
    }
    if (self->ahead_at > 0) {
        (void)g_byte_array_remove_range(self->ahead, 0, (guint)self->ahead_at);
        self->ahead_at = 0;
    }
    g_byte_array_set_size(self->ahead, (guint)(left + READ_BYTES));
    gssize got = tg_stream_read_full(self->stream, self->ahead->data + left, READ_BYTES, error);

    g_byte_array_set_size(self->ahead, (guint)(left + (gsize)MAX(got, 0)));
    self->is_at_end = got >= 0 && (gsize)got < READ_BYTES;
    return got >= 0;
}

/* Whole lines from `ahead`, as many as one batch takes; behind the last of the file what is left.
 */
static gsize whole_lines(const JsonlReader *self, guint *out_lines)
{
    const guint8 *start = self->ahead->data + self->ahead_at;
    const guint8 *end = self->ahead->data + self->ahead->len;
    const guint8 *at = start;

    *out_lines = 0;
    while (at < end && *out_lines < TG_READER_ROWS &&
           (*out_lines == 0 || (gsize)(at - start) < CHUNK_BYTES_MAX)) {
        const guint8 *lf = memchr(at, '\n', (gsize)(end - at));

        if (lf == NULL && !self->is_at_end) {
            break;
        }
        at = lf == NULL ? end : lf + 1;
        (*out_lines)++;
    }
    return (gsize)(at - start);
}

static void hand_out(JsonlReader *self, Chunk *chunk, gsize size, guint lines)
{
    g_byte_array_set_size(chunk->bytes, 0);
    (void)g_byte_array_append(chunk->bytes, self->ahead->data + self->ahead_at, (guint)size);
    self->ahead_at += size;
    chunk->first_line = self->next_line;
    self->next_line += lines;
    g_free(chunk->file_name);
    chunk->file_name = g_strdup(self->stream->name);
}

/* Reads on, or goes to the next file. */
static gboolean advance(JsonlReader *self, GError **error)
{
    if (self->stream == NULL) {
        return open_next(self, error);
    }
    if (!self->is_at_end) {
        return read_ahead(self, error);
    }
    g_clear_pointer(&self->stream, tg_stream_free);
    return TRUE;
}

/* The next lines; *out_has FALSE at the end of all files. */
static gboolean take_lines(JsonlReader *self, Chunk *chunk, gboolean *out_has, GError **error)
{
    *out_has = FALSE;
    while (!*out_has && !self->has_ended) {
        guint lines = 0;
        gsize size = self->stream == NULL ? 0 : whole_lines(self, &lines);
        gboolean is_full = lines == TG_READER_ROWS || size >= CHUNK_BYTES_MAX;

        *out_has = size > 0 && (is_full || self->is_at_end);
        if (*out_has) {
            hand_out(self, chunk, size, lines);
        } else if (!advance(self, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static Chunk *take_chunk(JsonlReader *self, gboolean *out_has, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    Chunk *chunk = g_queue_pop_head(&self->spare);

    (void)locker;
    if (chunk == NULL) {
        chunk = g_new0(Chunk, 1);
        chunk->bytes = g_byte_array_new();
        jsonl_scan_init(&chunk->scan, self->parser->columns, self->parser->by_name,
                        self->parser->exact);
    }
    if (!take_lines(self, chunk, out_has, error)) {
        chunk_free(chunk);
        return NULL;
    }
    return chunk;
}

static void give_back(JsonlReader *self, Chunk *chunk)
{
    g_mutex_lock(&self->mutex);
    g_queue_push_head(&self->spare, chunk);
    g_mutex_unlock(&self->mutex);
}

/* --- records --- */

static char *shown(const char *line, gsize size)
{
    g_autofree char *text = g_utf8_make_valid(line, (gssize)MIN(size, SHOWN_BYTES_MAX));

    return g_strconcat(text, size > SHOWN_BYTES_MAX ? "…" : "", NULL);
}

/* A line that does not fit: kept and skipped, or the end of the load. */
static gboolean reject(JsonlReader *self, const Chunk *chunk, const TgReject *reject,
                       GError **error)
{
    JsonlParser *parser = self->parser;
    g_autofree char *line = shown(reject->raw, reject->raw_bytes);
    g_autofree char *about =
        reject->column == NULL ? g_strdup("") : g_strdup_printf("column '%s': ", reject->column);

    if (parser->stops) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s:%" G_GUINT64_FORMAT ": %s%s; correct the line, or set "
                    "'stop_on_invalid_record: false' to skip such lines\n  %" G_GUINT64_FORMAT
                    " | %s",
                    chunk->file_name, reject->line, about, reject->reason, reject->line, line);
        return FALSE;
    }
    if (g_atomic_int_add(&self->warnings, 1) < WARNINGS_MAX) {
        tg_loader_log(parser->context, TG_LOADER_WARN,
                      "Skipped line %s:%" G_GUINT64_FORMAT " (%s%s): %s", chunk->file_name,
                      reject->line, about, reject->reason, line);
    }
    return tg_loader_reject(parser->context, reject, error);
}

static gboolean is_blank(const char *line, gsize size)
{
    for (gsize i = 0; i < size; i++) {
        if (!g_ascii_isspace(line[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean parse_line(JsonlReader *self, Chunk *chunk, const TgReject *place, TgBatch *batch,
                           GError **error)
{
    TgReject problem = *place;

    if (is_blank(place->raw, place->raw_bytes)) {
        return TRUE;
    }
    if (!chunk->is_valid && !tg_utf8_is_valid(place->raw, place->raw_bytes)) {
        problem.reason = "the line is no UTF-8; name its 'charset'";
        return reject(self, chunk, &problem, error);
    }
    problem.reason = jsonl_scan_record(&chunk->scan, place->raw, place->raw_bytes, batch);
    if (problem.reason == NULL) {
        return TRUE;
    }
    if (chunk->scan.column < batch->count) {
        problem.column = self->parser->parser.schema->columns[chunk->scan.column].name;
    }
    return reject(self, chunk, &problem, error);
}

static gboolean parse_chunk(JsonlReader *self, Chunk *chunk, TgBatch *batch, GError **error)
{
    const char *at = (const char *)chunk->bytes->data;
    const char *end = at + chunk->bytes->len;
    TgReject place = {.file = chunk->file_name, .line = chunk->first_line};

    chunk->is_valid = tg_utf8_is_valid(at, chunk->bytes->len);
    if (place.line == 1 && end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
    }
    for (; at < end; place.line++) {
        const char *lf = memchr(at, '\n', (gsize)(end - at));
        const char *stop = lf == NULL ? end : lf;

        place.raw = at;
        place.raw_bytes = (gsize)(stop - at);
        if (!parse_line(self, chunk, &place, batch, error)) {
            return FALSE;
        }
        at = lf == NULL ? end : lf + 1;
    }
    return TRUE;
}

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    JsonlReader *self = (JsonlReader *)reader;
    gboolean has = TRUE;

    while (batch->rows == 0 && has) {
        Chunk *chunk = take_chunk(self, &has, error);
        gboolean ok = chunk != NULL && (!has || parse_chunk(self, chunk, batch, error));

        if (chunk != NULL) {
            give_back(self, chunk);
        }
        if (!ok) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- chunks in their order: parts --- */

static gboolean reader_take_part(TgReader *reader, gpointer *out, GError **error)
{
    JsonlReader *self = (JsonlReader *)reader;
    gboolean has = FALSE;
    Chunk *chunk = take_chunk(self, &has, error);

    *out = has ? chunk : NULL;
    if (chunk != NULL && !has) {
        give_back(self, chunk);
    }
    return chunk != NULL;
}

static gboolean reader_next_of_part(TgReader *reader, gpointer part, TgBatch *batch, GError **error)
{
    Chunk *chunk = part;
    gboolean ok = parse_chunk((JsonlReader *)reader, chunk, batch, error);

    g_byte_array_set_size(chunk->bytes, 0); /* a chunk is a batch */
    return ok;
}

static void reader_end_part(TgReader *reader, gpointer part)
{
    give_back((JsonlReader *)reader, part);
}

static void reader_free(TgReader *reader)
{
    JsonlReader *self = (JsonlReader *)reader;

    g_queue_clear_full(&self->spare, chunk_free);
    tg_stream_free(self->stream);
    tg_file_task_free(self->files);
    g_byte_array_unref(self->ahead);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

static TgReader *parser_open_task(TgParser *parser, TgFileTask *take_files,
                                  GError **error G_GNUC_UNUSED)
{
    static const TgReaderClass class = {.next = reader_next,
                                        .free = reader_free,
                                        .take_part = reader_take_part,
                                        .next_of_part = reader_next_of_part,
                                        .end_part = reader_end_part};
    JsonlReader *self = g_new0(JsonlReader, 1);

    self->reader.class = &class;
    self->parser = (JsonlParser *)parser;
    self->files = take_files;
    self->ahead = g_byte_array_sized_new((guint)READ_BYTES);
    g_mutex_init(&self->mutex);
    return &self->reader;
}

static void parser_free(TgParser *parser)
{
    JsonlParser *self = (JsonlParser *)parser;

    tg_column_config_free(self->columns);
    g_clear_pointer(&self->by_name, g_hash_table_unref);
    g_free(self->charset);
    g_free(self);
}

/* --- options --- */

static gboolean read_columns(JsonlParser *self, const json_t *config, GError **error)
{
    TgType json = {.id = TG_TYPE_JSON};

    if (json_object_get(config, "columns") == NULL) {
        self->parser.schema = tg_schema_new();
        (void)tg_schema_append(self->parser.schema, "record", json);
        return TRUE;
    }
    self->columns = tg_column_config_new(self->context, config, error);
    if (self->columns == NULL) {
        return FALSE;
    }
    self->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < self->columns->schema->count; i++) {
        char *name = self->columns->schema->columns[i].name;

        if (self->columns->pointers[i] != NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "column '%s': 'element_at' is an option of the parser json; use that one",
                        name);
            return FALSE;
        }
        (void)g_hash_table_insert(self->by_name, name, GUINT_TO_POINTER(i + 1));
    }
    self->parser.schema = tg_schema_copy(self->columns->schema);
    return TRUE;
}

static TgParser *parser_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgParserClass class = {.open_task = parser_open_task, .free = parser_free};
    JsonlParser *self = g_new0(JsonlParser, 1);

    self->parser.class = &class;
    self->context = context;
    self->exact = tg_loader_context_job(context)->exact_types;
    if (!tg_params_dup_text_or(config, "charset", "utf-8", &self->charset, error) ||
        !tg_params_get_boolean(config, "stop_on_invalid_record",
                               tg_loader_stops_on_invalid(context), &self->stops, error) ||
        !read_columns(self, config, error)) {
        tg_schema_free(self->parser.schema);
        parser_free(&self->parser);
        return NULL;
    }
    return &self->parser;
}

static const TgLoaderOption options[] = {
    TG_COLUMN_CONFIG_OPTIONS,
    {"stop_on_invalid_record", "boolean", "false (true with exact types)",
     "Stop at a line that does not fit instead of skipping it."},
    {"charset", "text", "utf-8", "What the file is written in."},
    {"newline", "text", "LF", "Accepted; a line ends at LF or CRLF."},
    {0}};

const TgParserPlugin tg_parser_jsonl = {
    .name = "jsonl", .help = "A JSON object a line.", .options = options, .open = parser_open};

/* parser fixed: values at fixed places of a line (embulk-parser-fixed). */
#include <string.h>

#include "loader/lines.h"
#include "loader/step_reader.h"
#include "loader/text_value.h"
#include "loader/utf8.h"
#include "params/params.h"

/* Where a value stands: characters from 0, the last one included, as Ruby's ranges. */
typedef struct {
    gint64 first;
    gint64 last; /* negative: from the end, -1 is the last one */
} Place;

typedef struct {
    TgParser parser;
    TgLoaderContext *context;
    TgColumnConfig *columns;
    Place *places; /* one a column */
    char *charset;
    gint64 skip;
    gboolean strips;
    gboolean stops;
    gboolean exact;
} FixedParser;

typedef struct {
    TgStepReader steps;
    const FixedParser *parser;
    TgLines *lines;
} FixedReader;

typedef struct {
    const char *bytes; /* NULL: the line ends before it */
    gsize size;
} Value;

/* The characters of a place; those of text beyond ASCII are counted. */
static Value find_value(const Place *place, const char *line, gsize size)
{
    gboolean is_ascii = tg_bytes_are_ascii(line, size) || !tg_utf8_is_valid(line, size);
    gint64 count = is_ascii ? (gint64)size : (gint64)g_utf8_strlen(line, (gssize)size);
    gint64 first = place->first;
    gint64 last = place->last < 0 ? count + place->last : MIN(place->last, count - 1);
    const char *from = line;
    const char *to = line;

    if (first > count) {
        return (Value){0};
    }
    last = MAX(last, first - 1);
    from = is_ascii ? line + first : g_utf8_offset_to_pointer(line, (glong)first);
    to = is_ascii ? line + last + 1 : g_utf8_offset_to_pointer(from, (glong)(last + 1 - first));
    return (Value){from, (gsize)(to - from)};
}

/* Ruby's strip: blanks and NUL. */
static Value strip(Value value)
{
    while (value.size > 0 && (g_ascii_isspace(*value.bytes) || *value.bytes == '\v')) {
        value.bytes++;
        value.size--;
    }
    while (value.size > 0 && (g_ascii_isspace(value.bytes[value.size - 1]) ||
                              strchr("\v", value.bytes[value.size - 1]) != NULL)) {
        value.size--;
    }
    return value;
}

static const char *set_value(const FixedParser *self, guint column, Value value, TgVector *into,
                             guint row)
{
    TgTextRules rules = {.exact = self->exact,
                         .strict_booleans = self->exact,
                         .reader = &self->columns->readers[column]};

    if (value.bytes == NULL || (value.size == 0 && into->type.id != TG_TYPE_STRING)) {
        tg_vector_set_null(into, row);
        return NULL;
    }
    return tg_text_value_set(&rules, value.bytes, value.size, into, row);
}

static gboolean skip_line(const FixedReader *self, const char *column, const char *reason,
                          Value line, GError **error)
{
    TgReject reject = {.file = tg_lines_file(self->lines),
                       .line = tg_lines_number(self->lines),
                       .column = column,
                       .reason = reason,
                       .raw = line.bytes,
                       .raw_bytes = line.size};

    if (self->parser->stops) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s:%" G_GUINT64_FORMAT ": column '%s' %s; correct the line or 'pos', or set "
                    "'stop_on_invalid_record: false' to skip such lines\n  %.*s",
                    reject.file, reject.line, column, reason, (int)MIN(line.size, 200), line.bytes);
        return FALSE;
    }
    tg_loader_log(self->parser->context, TG_LOADER_WARN,
                  "Skipped line %s:%" G_GUINT64_FORMAT " (column '%s' %s)", reject.file,
                  reject.line, column, reason);
    return tg_loader_reject(self->parser->context, &reject, error);
}

static gboolean add_line(const FixedReader *self, Value line, TgBatch *batch, GError **error)
{
    const FixedParser *parser = self->parser;

    tg_batch_begin_row(batch);
    for (guint i = 0; i < batch->count; i++) {
        Value value = find_value(&parser->places[i], line.bytes, line.size);
        const char *reason = NULL;

        if (value.bytes != NULL && parser->strips) {
            value = strip(value);
        }
        reason = set_value(parser, i, value, batch->vectors[i], batch->rows);
        if (reason != NULL) {
            return skip_line(self, parser->columns->schema->columns[i].name, reason, line, error);
        }
    }
    tg_batch_commit_row(batch);
    return TRUE;
}

static gboolean reader_step(TgStepReader *reader, TgBatch *batch, GError **error)
{
    FixedReader *self = (FixedReader *)reader;
    Value line = {0};

    if (!tg_lines_next(self->lines, &line.bytes, &line.size, error)) {
        return FALSE;
    }
    reader->has_ended = line.bytes == NULL;
    return reader->has_ended || add_line(self, line, batch, error);
}

static void reader_clear(TgStepReader *reader)
{
    tg_lines_free(((FixedReader *)reader)->lines);
}

static TgReader *parser_open_task(TgParser *parser, TgFileTask *take_files,
                                  GError **error G_GNUC_UNUSED)
{
    static const TgStepReaderClass class = {.step = reader_step, .clear = reader_clear};
    const FixedParser *self = (const FixedParser *)parser;
    FixedReader *reader = g_new0(FixedReader, 1);

    reader->parser = self;
    reader->lines = tg_lines_new(take_files, self->charset, self->exact);
    tg_lines_skip(reader->lines, (guint)self->skip);
    return tg_step_reader_init(&reader->steps, &class, NULL);
}

static void parser_free(TgParser *parser)
{
    FixedParser *self = (FixedParser *)parser;

    tg_column_config_free(self->columns);
    g_free(self->places);
    g_free(self->charset);
    g_free(self);
}

/* "0..4", "5..-1" */
static gboolean read_place(const json_t *column, Place *out, GError **error)
{
    g_autofree char *text = tg_params_dup_text(column, "pos", error);
    g_auto(GStrv) ends = text == NULL ? NULL : g_strsplit(text, "..", 3);
    GError *problem = NULL;

    if (text == NULL) {
        return FALSE;
    }
    if (g_strv_length(ends) != 2 ||
        !g_ascii_string_to_signed(g_strstrip(ends[0]), 10, 0, G_MAXINT32, &out->first, &problem) ||
        !g_ascii_string_to_signed(g_strstrip(ends[1]), 10, G_MININT32, G_MAXINT32, &out->last,
                                  &problem)) {
        g_clear_error(&problem);
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "pos: '%s' is no range of characters such as 0..4 or 5..-1", text);
        return FALSE;
    }
    return TRUE;
}

static gboolean read_places(FixedParser *self, const json_t *config, GError **error)
{
    json_t *column = NULL;
    size_t index = 0;

    self->columns = tg_column_config_new(self->context, config, error);
    if (self->columns == NULL) {
        return FALSE;
    }
    self->places = g_new0(Place, self->columns->schema->count + 1);
    json_array_foreach (json_object_get(config, "columns"), index, column) {
        if (!read_place(column, &self->places[index], error)) {
            g_prefix_error(error, "columns[%zu]: ", index);
            return FALSE;
        }
    }
    self->parser.schema = tg_schema_copy(self->columns->schema);
    return TRUE;
}

static TgParser *parser_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgParserClass class = {.open_task = parser_open_task, .free = parser_free};
    FixedParser *self = g_new0(FixedParser, 1);

    self->parser.class = &class;
    self->context = context;
    self->exact = tg_loader_context_job(context)->exact_types;
    if (!tg_params_get_boolean(config, "strip_whitespace", TRUE, &self->strips, error) ||
        !tg_params_get_boolean(config, "stop_on_invalid_record",
                               tg_loader_stops_on_invalid(context), &self->stops, error) ||
        !tg_params_dup_text_or(config, "charset", "utf-8", &self->charset, error) ||
        !tg_params_get_int64(config, "skip_header_lines", 0, &self->skip, error) ||
        !read_places(self, config, error)) {
        parser_free(&self->parser);
        return NULL;
    }
    self->skip = CLAMP(self->skip, 0, G_MAXINT32);
    return &self->parser;
}

static const TgLoaderOption options[] = {
    TG_COLUMN_CONFIG_OPTIONS,
    {"strip_whitespace", "boolean", "true", "Drop blanks around values."},
    {"skip_header_lines", "integer", "0", "First lines of each file that hold no record."},
    {"stop_on_invalid_record", "boolean", "false; true with exact types",
     "Stop at a line that does not fit, else it is skipped with a warning."},
    {"charset", "text", "utf-8", "What the file is written in; places count characters."},
    {"newline", "text", "CRLF", "Accepted; a line ends at LF, CR or CR LF."},
    {0}};

const TgParserPlugin tg_parser_fixed = {
    .name = "fixed",
    .help = "Values at fixed places of a line; each column has its characters as pos: 0..4.",
    .options = options,
    .open = parser_open};

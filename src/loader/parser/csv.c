/* parser csv: rows of delimited text (embulk-parser-csv). */
#include "loader/parser/csv.h"

#include <string.h>

#include "loader/utf8.h"

#define CALL_BYTES_MAX ((gsize)1024 * 1024) /* of text in one batch */
#define WARNINGS_MAX 1000u                  /* skipped lines of one task that are told one by one */
#define SHOWN_BYTES_MAX 200u

typedef struct {
    TgParser parser;
    TgLoaderContext *context;
    CsvConfig config;
} CsvParser;

/* A block that one thread at a time parses. */
typedef struct {
    CsvBlock block;
    CsvScan scan;
} Work;

typedef struct {
    TgReader reader;
    CsvParser *parser;
    CsvBlocks *blocks;
    gboolean *skips; /* texts that nobody looks at; others may be invalid, which counts */
    GMutex mutex;    /* over all below, and the blocks */
    GCond changed;
    GQueue idle;   /* of Work with rows left */
    GQueue spare;  /* of Work without */
    guint working; /* threads that parse now */
    guint warnings;
} CsvReader;

static void work_free(gpointer data)
{
    Work *work = data;

    g_free(work->block.bytes);
    g_free(work->block.file_name);
    (void)g_string_free(work->scan.scratch, TRUE);
    g_free(work);
}

static Work *work_new(const CsvConfig *config)
{
    Work *work = g_new0(Work, 1);

    work->scan.config = config;
    work->scan.scratch = g_string_new(NULL);
    return work;
}

static void work_start(Work *work)
{
    CsvScan *scan = &work->scan;

    scan->at = work->block.bytes;
    scan->end = scan->at + work->block.size_bytes;
    scan->line = scan->at;
    scan->line_number = work->block.first_line - 1;
    scan->is_ascii = tg_bytes_are_ascii(scan->at, work->block.size_bytes);
}

/* The text as messages show it. The caller frees. */
static char *shown(const char *bytes, gsize size_bytes)
{
    gsize size = MIN(size_bytes, SHOWN_BYTES_MAX);
    char *text = g_utf8_make_valid(bytes, (gssize)size);

    for (char *at = text; *at != '\0'; at++) {
        *at = g_ascii_iscntrl(*at) ? '.' : *at;
    }
    if (size < size_bytes) {
        char *cut = g_strconcat(text, "…", NULL);

        g_free(text);
        return cut;
    }
    return text;
}

static char *shown_line(const Work *work, const CsvField *field)
{
    const char *next = NULL;
    const char *end = csv_line_end(work->scan.config, field->line, work->scan.end, &next);

    return shown(field->line, (gsize)(end - field->line));
}

static const char *advice(TgTypeId type)
{
    switch ((int)type) {
    case TG_TYPE_TIMESTAMP:
    case TG_TYPE_DATE:
        return "correct the text, or set the column's 'format' in in.parser.columns";
    case TG_TYPE_STRING:
        return "correct the text";
    default:
        return "correct the text, set the column's type to string in in.parser.columns, or name it "
               "in in.parser.null_string if it stands for no value";
    }
}

/* Stops at an invalid record: what, where, and what to do. */
static void set_error(const Work *work, const CsvField *field, guint column, const char *reason,
                      GError **error)
{
    const CsvConfig *config = work->scan.config;
    const TgColumn *about = &config->columns->schema->columns[column];
    g_autofree char *line = shown_line(work, field);
    g_autofree char *place =
        g_strdup_printf("%s:%" G_GUINT64_FORMAT ":%u", work->block.file_name, field->line_number,
                        (guint)(field->start >= field->line ? field->start - field->line : 0) + 1);

    if (field->bytes == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: %s (column '%s'); set 'stop_on_invalid_record: false' to skip such "
                    "lines\n  %" G_GUINT64_FORMAT " | %s",
                    place, reason, about->name, field->line_number, line);
        return;
    }
    g_autofree char *text = shown(field->bytes, field->size_bytes);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s: column '%s' (%s): '%s' %s; %s; or set 'stop_on_invalid_record: false' to "
                "skip such lines\n  %" G_GUINT64_FORMAT " | %s",
                place, about->name, tg_type_embulk_name(about->type), text, reason,
                advice(about->type.id), field->line_number, line);
}

/* The record's line goes to the reject file. Must come before the scan leaves it. */
static gboolean keep_record(const CsvReader *self, const Work *work, const CsvField *field,
                            guint column, const char *reason, GError **error)
{
    const CsvConfig *config = work->scan.config;
    const char *next = NULL;
    const char *end = csv_line_end(config, field->line, work->scan.end, &next);
    TgReject reject = {
        .file = work->block.file_name,
        .line = field->line_number,
        .column = field->bytes == NULL ? NULL : config->columns->schema->columns[column].name,
        .reason = reason,
        .raw = field->line,
        .raw_bytes = (gsize)(end - field->line)};

    return tg_loader_reject(self->parser->context, &reject, error);
}

/* Tells of a record that is skipped; the first of a task one by one. */
static void warn_skipped(CsvReader *self, const Work *work, const CsvField *field, guint column,
                         const char *reason)
{
    const CsvConfig *config = work->scan.config;
    guint warning = (guint)g_atomic_int_add((gint *)&self->warnings, 1);

    if (warning >= WARNINGS_MAX) {
        if (warning == WARNINGS_MAX) {
            tg_loader_log(self->parser->context, TG_LOADER_WARN,
                          "%s: more than %u lines were skipped; the others are only counted",
                          work->block.file_name, WARNINGS_MAX);
        }
        return;
    }
    g_autofree char *line = shown_line(work, field);

    if (field->bytes == NULL) {
        tg_loader_log(self->parser->context, TG_LOADER_WARN,
                      "Skipped line %s:%" G_GUINT64_FORMAT " (%s): %s", work->block.file_name,
                      field->line_number, reason, line);
        return;
    }
    g_autofree char *text = shown(field->bytes, field->size_bytes);

    tg_loader_log(self->parser->context, TG_LOADER_WARN,
                  "Skipped line %s:%" G_GUINT64_FORMAT " (column '%s': '%s' %s): %s",
                  work->block.file_name, field->line_number,
                  config->columns->schema->columns[column].name, text, reason, line);
}

static gboolean reject(CsvReader *self, Work *work, const CsvField *field, guint column,
                       const char *reason, GError **error)
{
    if (work->scan.config->stops) {
        set_error(work, field, column, reason, error);
        return FALSE;
    }
    warn_skipped(self, work, field, column, reason);
    if (!keep_record(self, work, field, column, reason, error)) {
        return FALSE;
    }
    csv_scan_skip_line_of(&work->scan, field);
    return TRUE;
}

/* The record has fewer columns than the schema. */
static gboolean fill_missing(CsvReader *self, Work *work, TgBatch *batch, CsvField *field,
                             guint column, GError **error)
{
    if (!work->scan.config->optional_columns) {
        field->bytes = NULL;
        return reject(self, work, field, column, "Too few columns", error);
    }
    for (; column < batch->count; column++) {
        tg_vector_set_null(batch->vectors[column], batch->rows);
    }
    tg_batch_commit_row(batch);
    return TRUE;
}

static gboolean finish_record(CsvReader *self, Work *work, TgBatch *batch, CsvField *field,
                              CsvEnd end, GError **error)
{
    if (end == CSV_MORE) {
        if (!work->scan.config->extra_columns) {
            field->bytes = NULL;
            return reject(self, work, field, batch->count - 1, "Too many columns", error);
        }
        (void)csv_line_end(work->scan.config, work->scan.at, work->scan.end, &work->scan.at);
    }
    tg_batch_commit_row(batch);
    return TRUE;
}

/* Reads one record into the batch, or skips it; FALSE stops the load. */
static gboolean parse_record(CsvReader *self, Work *work, TgBatch *batch, GError **error)
{
    const CsvConfig *config = work->scan.config;
    CsvEnd end = CSV_MORE;
    CsvField field = {0};

    tg_batch_begin_row(batch);
    for (guint i = 0; i < batch->count; i++) {
        if (end == CSV_LAST) {
            return fill_missing(self, work, batch, &field, i, error);
        }
        end = csv_scan_field(&work->scan, &field);
        if (G_UNLIKELY(end == CSV_BAD)) {
            field.bytes = NULL;
            return reject(self, work, &field, i, work->scan.reason, error);
        }
        if (self->skips[i] || csv_value_is_null(config, &field)) {
            tg_vector_set_null(batch->vectors[i], batch->rows);
            continue;
        }
        const char *reason = csv_value_set(config, i, &field, batch->vectors[i], batch->rows);

        if (G_UNLIKELY(reason != NULL)) {
            return reject(self, work, &field, i, reason, error);
        }
    }
    return finish_record(self, work, batch, &field, end, error);
}

static gboolean parse_rows(CsvReader *self, Work *work, TgBatch *batch, GError **error)
{
    const char *start = work->scan.at;

    while (batch->rows < TG_READER_ROWS && (gsize)(work->scan.at - start) < CALL_BYTES_MAX &&
           csv_scan_begin_record(&work->scan)) {
        if (!parse_record(self, work, batch, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Fills a block that nobody uses; NULL with the error set. The mutex is held. */
static Work *read_block(CsvReader *self, gboolean *out_has, GError **error)
{
    Work *work =
        self->spare.length > 0 ? g_queue_pop_head(&self->spare) : work_new(&self->parser->config);

    if (!csv_blocks_take(self->blocks, &work->block, out_has, error)) {
        work_free(work);
        return NULL;
    }
    if (*out_has) { /* else there may be no bytes at all */
        work_start(work);
    }
    return work;
}

/* A block with rows left, a new one, or NULL: at the end, or with the error set. */
static Work *take_work(CsvReader *self, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    for (;;) {
        Work *work = g_queue_pop_head(&self->idle);
        gboolean has = work != NULL;

        work = has ? work : read_block(self, &has, error);
        if (work == NULL) {
            return NULL;
        }
        if (has) {
            self->working++;
            return work;
        }
        g_queue_push_head(&self->spare, work);
        if (self->working == 0) {
            return NULL;
        }
        /* another thread may give back a block with rows left */
        g_cond_wait(&self->changed, &self->mutex);
    }
}

static void give_back(CsvReader *self, Work *work)
{
    g_mutex_lock(&self->mutex);
    self->working--;
    g_queue_push_head(work->scan.at < work->scan.end ? &self->idle : &self->spare, work);
    g_cond_broadcast(&self->changed);
    g_mutex_unlock(&self->mutex);
}

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    CsvReader *self = (CsvReader *)reader;

    while (batch->rows == 0) {
        GError *problem = NULL;
        Work *work = take_work(self, &problem);

        if (problem != NULL) {
            g_propagate_error(error, problem);
            return FALSE;
        }
        if (work == NULL) {
            return TRUE;
        }
        gboolean ok = parse_rows(self, work, batch, error);

        if (!ok) { /* nobody shall go on behind the mistake and tell another one */
            work->scan.at = work->scan.end;
        }
        give_back(self, work);
        if (!ok) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- blocks in their order: parts --- */

static gboolean reader_take_part(TgReader *reader, gpointer *out, GError **error)
{
    CsvReader *self = (CsvReader *)reader;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    gboolean has = FALSE;
    Work *work = read_block(self, &has, error);

    (void)locker;
    *out = has ? work : NULL;
    if (work != NULL && !has) {
        g_queue_push_head(&self->spare, work);
    }
    return work != NULL;
}

static gboolean reader_next_of_part(TgReader *reader, gpointer part, TgBatch *batch, GError **error)
{
    Work *work = part;

    while (batch->rows == 0 && work->scan.at < work->scan.end) {
        if (!parse_rows((CsvReader *)reader, work, batch, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void reader_end_part(TgReader *reader, gpointer part)
{
    CsvReader *self = (CsvReader *)reader;

    g_mutex_lock(&self->mutex);
    g_queue_push_head(&self->spare, part);
    g_mutex_unlock(&self->mutex);
}

static void reader_free(TgReader *reader)
{
    CsvReader *self = (CsvReader *)reader;

    g_queue_clear_full(&self->idle, work_free);
    g_queue_clear_full(&self->spare, work_free);
    csv_blocks_free(self->blocks);
    g_free(self->skips);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->changed);
    g_free(self);
}

static gboolean *find_skips(const CsvParser *parser)
{
    const TgSchema *schema = parser->config.columns->schema;
    gboolean *skips = g_new0(gboolean, schema->count + 1);

    for (guint i = 0; i < schema->count; i++) {
        skips[i] =
            schema->columns[i].type.id == TG_TYPE_STRING && tg_loader_is_unused(parser->context, i);
    }
    return skips;
}

static TgReader *parser_open_task(TgParser *parser, TgFileTask *take_files,
                                  GError **error G_GNUC_UNUSED)
{
    static const TgReaderClass class = {.next = reader_next,
                                        .free = reader_free,
                                        .take_part = reader_take_part,
                                        .next_of_part = reader_next_of_part,
                                        .end_part = reader_end_part};
    CsvReader *self = g_new0(CsvReader, 1);

    self->reader.class = &class;
    self->parser = (CsvParser *)parser;
    self->blocks = csv_blocks_new(&self->parser->config, take_files);
    self->skips = find_skips(self->parser);
    g_mutex_init(&self->mutex);
    g_cond_init(&self->changed);
    return &self->reader;
}

static void parser_free(TgParser *parser)
{
    CsvParser *self = (CsvParser *)parser;

    csv_config_clear(&self->config);
    g_free(self);
}

static TgParser *parser_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgParserClass class = {.open_task = parser_open_task, .free = parser_free};
    CsvParser *self = g_new0(CsvParser, 1);

    self->parser.class = &class;
    self->context = context;
    if (!csv_config_read(&self->config, context, config, error)) {
        parser_free(&self->parser);
        return NULL;
    }
    self->parser.schema = tg_schema_copy(self->config.columns->schema);
    return &self->parser;
}

static const TgLoaderOption options[] = {
    TG_COLUMN_CONFIG_OPTIONS,
    {"header_line", "boolean", "null", "Old spelling of skip_header_lines: 1."},
    {"skip_header_lines", "integer", "0", "Lines to skip at the start of each file."},
    {"delimiter", "text", ",", "What separates fields; may be several characters."},
    {"quote", "text", "\"", "The quote; null: no quoting."},
    {"escape", "text", "\\", "Escapes a quote or itself in quoted fields; null: none."},
    {"null_string", "text", "null", "A text that means null; unset: an unquoted empty field does."},
    {"null_strings", "list", "null", "Unquoted texts that mean null (not in Embulk)."},
    {"trim_if_not_quoted", "boolean", "false", "Drop blanks around unquoted fields."},
    {"quotes_in_quoted_fields", "text", "ACCEPT_ONLY_RFC4180_ESCAPED",
     "Whether a single quote inside a quoted field is accepted."},
    {"max_quoted_size_limit", "integer", "131072", "Longest quoted field in characters."},
    {"comment_line_marker", "text", "null", "Lines that begin so are skipped."},
    {"allow_optional_columns", "boolean", "false", "Missing last columns are null."},
    {"allow_extra_columns", "boolean", "false", "More columns than the schema's are dropped."},
    {"stop_on_invalid_record", "boolean", "false (true with exact types)",
     "Stop at a record that does not fit instead of skipping it."},
    {"charset", "text", "utf-8", "What the file is written in; Java's names."},
    {"newline", "text", "CRLF (as in the file with exact types)",
     "Line breaks inside quoted fields become this."},
    {"line_delimiter_recognized", "text", "null", "The only line end: CRLF, LF or CR; unset: any."},
    {0}};

const TgParserPlugin tg_parser_csv = {.name = "csv",
                                      .help = "Delimited text: CSV, TSV and the like.",
                                      .options = options,
                                      .open = parser_open};

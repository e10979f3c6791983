/* parser xml: elements of an XML document as records (embulk-parser-xml), by expat. */
#include <expat.h>
#include <string.h>

#include "loader/step_reader.h"
#include "loader/stream.h"
#include "loader/text_value.h"
#include "loader/utf8.h"
#include "params/params.h"

#define CHUNK_BYTES 65536
#define DEPTH_MAX 1000u
#define VALUE_BYTES_MAX ((gsize)16 * 1024 * 1024)
#define ROOT_MAX 64u

typedef struct {
    TgParser parser;
    TgLoaderContext *context;
    TgColumnConfig *columns;
    char **root; /* names of elements, outermost first */
    guint root_length;
    gboolean stops;
    gboolean exact;
} XmlParser;

/* A document under way. */
typedef struct {
    TgStepReader steps;
    const XmlParser *parser;
    TgStream *stream; /* NULL: open the next file */
    XML_Parser expat;
    guint depth;
    guint found;             /* elements of the root that the path has entered */
    guint entered[ROOT_MAX]; /* their depths */
    gint column;             /* whose text comes; -1: none */
    GString **values;        /* one a column */
    gboolean *is_set;        /* the same */
    TgBatch *batch;          /* during a step */
    gboolean is_suspended;   /* the batch was full */
    gboolean is_last;        /* the last chunk was handed over */
    GError *error;           /* of a handler */
} XmlReader;

static void stop(XmlReader *self, GError *take_error)
{
    if (self->error == NULL) {
        self->error = take_error;
    } else {
        g_error_free(take_error);
    }
    (void)XML_StopParser(self->expat, XML_FALSE); /* fails only when it has stopped already */
}

static void G_GNUC_PRINTF(2, 3) stop_with(XmlReader *self, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);

    va_end(arguments);
    stop(self, g_error_new(TG_ERROR, TG_ERROR_CONFIG, "%s:%lu: %s", self->stream->name,
                           (unsigned long)XML_GetCurrentLineNumber(self->expat), text));
}

/* --- values --- */

/* As Ruby's to_i and to_f: what the text begins with, else 0. */
static void set_loosely(const GString *text, TgVector *vector, guint row)
{
    static const char *const truths[] = {"yes", "true", "1", NULL};
    g_autofree char *lower = NULL;

    switch ((int)vector->type.id) {
    case TG_TYPE_INT64:
        tg_vector_set_int64(vector, row, g_ascii_strtoll(text->str, NULL, 10));
        break;
    case TG_TYPE_DOUBLE:
        tg_vector_set_double(vector, row, g_ascii_strtod(text->str, NULL));
        break;
    default:
        lower = g_ascii_strdown(text->str, -1);
        tg_vector_set_boolean(vector, row, g_strv_contains(truths, lower));
        break;
    }
}

static const char *set_value(const XmlParser *parser, guint column, const GString *text,
                             TgVector *vector, guint row)
{
    TgTextRules rules = {.exact = parser->exact,
                         .strict_booleans = TRUE,
                         .reader = &parser->columns->readers[column]};
    gboolean is_loose = vector->type.id == TG_TYPE_INT64 || vector->type.id == TG_TYPE_DOUBLE ||
                        vector->type.id == TG_TYPE_BOOLEAN;

    if (!parser->exact && is_loose) {
        set_loosely(text, vector, row);
        return NULL;
    }
    if (text->len == 0 && vector->type.id != TG_TYPE_STRING) {
        tg_vector_set_null(vector, row);
        return NULL;
    }
    return tg_text_value_set(&rules, text->str, text->len, vector, row);
}

static void skip_record(XmlReader *self, guint column, const char *reason)
{
    const char *name = self->parser->columns->schema->columns[column].name;
    const GString *text = self->values[column];
    GError *error = NULL;
    TgReject reject = {.file = self->stream->name,
                       .line = XML_GetCurrentLineNumber(self->expat),
                       .column = name,
                       .reason = reason,
                       .raw = text->str,
                       .raw_bytes = text->len};

    if (self->parser->stops) {
        stop_with(self,
                  "column '%s': '%.100s' %s; correct it, or set 'stop_on_invalid_record: "
                  "false' to skip such records",
                  name, text->str, reason);
        return;
    }
    tg_loader_log(self->parser->context, TG_LOADER_WARN,
                  "Skipped the record that ends at %s:%" G_GUINT64_FORMAT " (column '%s' %s)",
                  reject.file, reject.line, name, reason);
    if (!tg_loader_reject(self->parser->context, &reject, &error)) {
        stop(self, error);
    }
}

static void add_record(XmlReader *self)
{
    TgBatch *batch = self->batch;

    tg_batch_begin_row(batch);
    for (guint i = 0; i < batch->count; i++) {
        const char *reason = NULL;

        if (self->is_set[i]) {
            reason = set_value(self->parser, i, self->values[i], batch->vectors[i], batch->rows);
        } else {
            tg_vector_set_null(batch->vectors[i], batch->rows);
        }
        if (reason != NULL) {
            skip_record(self, i, reason);
            return;
        }
    }
    tg_batch_commit_row(batch);
    if (batch->rows == TG_READER_ROWS) {
        self->is_suspended = TRUE;
        (void)XML_StopParser(self->expat, XML_TRUE); /* fails only when it has stopped already */
    }
}

/* --- expat's handlers --- */

static gboolean is_inside(const XmlReader *self)
{
    return self->found == self->parser->root_length;
}

static void begin_value(XmlReader *self, const char *name)
{
    self->column = tg_schema_find(self->parser->columns->schema, name);
    if (self->column < 0) {
        return;
    }
    if (self->is_set[self->column] && self->parser->exact) {
        stop_with(self, "'%s' stands twice in one record; a column holds one value", name);
        return;
    }
    self->is_set[self->column] = TRUE;
}

static void start_element(void *data, const XML_Char *name,
                          const XML_Char **attributes G_GNUC_UNUSED)
{
    XmlReader *self = data;

    if (++self->depth > DEPTH_MAX) {
        stop_with(self, "elements are nested deeper than %u", DEPTH_MAX);
        return;
    }
    if (is_inside(self)) {
        begin_value(self, name);
        return;
    }
    if (strcmp(name, self->parser->root[self->found]) != 0) {
        return;
    }
    self->entered[self->found++] = self->depth;
    self->column = -1;
    for (guint i = 0; is_inside(self) && i < self->parser->columns->schema->count; i++) {
        g_string_truncate(self->values[i], 0);
        self->is_set[i] = FALSE;
    }
}

static void end_element(void *data, const XML_Char *name G_GNUC_UNUSED)
{
    XmlReader *self = data;

    self->column = -1;
    if (self->found > 0 && self->entered[self->found - 1] == self->depth) {
        gboolean is_record = is_inside(self);

        self->found--;
        if (is_record) {
            add_record(self);
        }
    }
    self->depth--;
}

static void add_text(void *data, const XML_Char *text, int size)
{
    XmlReader *self = data;

    if (self->column < 0 || !is_inside(self)) {
        return;
    }
    GString *value = self->values[self->column];

    if (value->len + (gsize)size > VALUE_BYTES_MAX) {
        stop_with(self, "a value is longer than 16 MiB");
        return;
    }
    g_string_append_len(value, text, size);
}

/* No entities of a document's own: they are how small files grow without end, and read others. */
/* NOLINTNEXTLINE(readability-function-size): expat decides on the parameters */
static void refuse_entity(void *data, const XML_Char *name, int is_parameter G_GNUC_UNUSED,
                          const XML_Char *value G_GNUC_UNUSED, int size G_GNUC_UNUSED,
                          const XML_Char *base G_GNUC_UNUSED, const XML_Char *system G_GNUC_UNUSED,
                          const XML_Char *public G_GNUC_UNUSED,
                          const XML_Char *notation G_GNUC_UNUSED)
{
    stop_with(data, "the document declares the entity '%s'; entities of its own are not read",
              name);
}

/* Charsets of one byte that expat does not know itself. */
static int know_encoding(void *data G_GNUC_UNUSED, const XML_Char *name, XML_Encoding *info)
{
    const char *iconv = tg_charset_iconv_name(name, NULL);
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): how iconv says that it knows no such charset */
    const GIConv none = (GIConv)-1;
    GIConv converter = iconv == NULL ? none : g_iconv_open("UTF-8", iconv);

    if (converter == none) {
        return XML_STATUS_ERROR;
    }
    for (guint byte = 0; byte < 256; byte++) {
        char in = (char)byte;
        char out[8];
        char *from = &in;
        char *to = out;
        gsize left = 1;
        gsize room = sizeof out;

        (void)g_iconv(converter, NULL, NULL, NULL, NULL); /* from the start */
        info->map[byte] = g_iconv(converter, &from, &left, &to, &room) == (gsize)-1 || to == out
                              ? -1
                              : (int)g_utf8_get_char(out);
    }
    (void)g_iconv_close(converter);
    info->data = NULL;
    info->convert = NULL;
    info->release = NULL;
    return XML_STATUS_OK;
}

/* --- reading --- */

static gboolean open_file(XmlReader *self, GError **error)
{
    if (!tg_file_task_next(self->steps.files, &self->stream, error)) {
        return FALSE;
    }
    self->steps.has_ended = self->stream == NULL;
    if (self->stream == NULL) {
        return TRUE;
    }
    self->expat = XML_ParserCreate(NULL);
    XML_SetUserData(self->expat, self);
    XML_SetElementHandler(self->expat, start_element, end_element);
    XML_SetCharacterDataHandler(self->expat, add_text);
    XML_SetEntityDeclHandler(self->expat, refuse_entity);
    XML_SetUnknownEncodingHandler(self->expat, know_encoding, NULL);
    self->depth = 0;
    self->found = 0;
    self->column = -1;
    self->is_last = FALSE;
    self->is_suspended = FALSE;
    return TRUE;
}

static void close_file(XmlReader *self)
{
    g_clear_pointer(&self->expat, XML_ParserFree);
    g_clear_pointer(&self->stream, tg_stream_free);
}

/* What a step of expat's came to. */
static gboolean check_status(XmlReader *self, enum XML_Status status, GError **error)
{
    if (self->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&self->error));
        return FALSE;
    }
    if (status == XML_STATUS_ERROR) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s:%lu: no well-formed XML: %s",
                    self->stream->name, (unsigned long)XML_GetCurrentLineNumber(self->expat),
                    XML_ErrorString(XML_GetErrorCode(self->expat)));
        return FALSE;
    }
    return TRUE;
}

/* Parses a chunk, or goes on in it. An empty file holds no records. */
static gboolean parse_more(XmlReader *self, GError **error)
{
    enum XML_Status status = XML_STATUS_OK;
    void *buffer = NULL;
    gssize got = 0;

    if (self->is_suspended) {
        self->is_suspended = FALSE;
        return check_status(self, XML_ResumeParser(self->expat), error);
    }
    buffer = XML_GetBuffer(self->expat, CHUNK_BYTES);
    if (buffer == NULL) {
        return check_status(self, XML_STATUS_ERROR, error);
    }
    got = tg_stream_read_full(self->stream, buffer, CHUNK_BYTES, error);
    if (got < 0) {
        return FALSE;
    }
    self->is_last = got < CHUNK_BYTES;
    if (got == 0 && XML_GetCurrentByteIndex(self->expat) <= 0) {
        return TRUE;
    }
    status = XML_ParseBuffer(self->expat, (int)got, self->is_last);
    return check_status(self, status, error);
}

static gboolean reader_step(TgStepReader *reader, TgBatch *batch, GError **error)
{
    XmlReader *self = (XmlReader *)reader;

    self->batch = batch;
    if (self->stream == NULL) {
        return open_file(self, error);
    }
    if (!parse_more(self, error)) {
        return FALSE;
    }
    if (self->is_last && !self->is_suspended) {
        close_file(self);
    }
    return TRUE;
}

static void reader_clear(TgStepReader *reader)
{
    XmlReader *self = (XmlReader *)reader;

    close_file(self);
    for (guint i = 0; i < self->parser->columns->schema->count; i++) {
        g_string_free(self->values[i], TRUE);
    }
    g_free(self->values);
    g_free(self->is_set);
    g_clear_error(&self->error);
}

static TgReader *parser_open_task(TgParser *parser, TgFileTask *take_files,
                                  GError **error G_GNUC_UNUSED)
{
    static const TgStepReaderClass class = {.step = reader_step, .clear = reader_clear};
    const XmlParser *self = (const XmlParser *)parser;
    XmlReader *reader = g_new0(XmlReader, 1);

    reader->parser = self;
    reader->values = g_new0(GString *, self->columns->schema->count + 1);
    reader->is_set = g_new0(gboolean, self->columns->schema->count + 1);
    for (guint i = 0; i < self->columns->schema->count; i++) {
        reader->values[i] = g_string_new(NULL);
    }
    return tg_step_reader_init(&reader->steps, &class, take_files);
}

static void parser_free(TgParser *parser)
{
    XmlParser *self = (XmlParser *)parser;

    tg_column_config_free(self->columns);
    g_strfreev(self->root);
    g_free(self);
}

static gboolean read_root(XmlParser *self, const json_t *config, GError **error)
{
    g_autofree char *text = tg_params_dup_text(config, "root", error);

    if (text == NULL) {
        return FALSE;
    }
    self->root = g_strsplit(text, "/", -1);
    self->root_length = g_strv_length(self->root);
    for (guint i = 0; i < self->root_length; i++) {
        if (*self->root[i] == '\0' || self->root_length > ROOT_MAX) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "root: '%s' is no path of element names such as data/students/student",
                        text);
            return FALSE;
        }
    }
    if (self->root_length == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "root: name the element of a record");
        return FALSE;
    }
    return TRUE;
}

/* `schema` is what others call `columns`; times without a zone are Japan's, as in the original. */
static gboolean read_schema(XmlParser *self, const json_t *config, GError **error)
{
    g_autoptr(json_t) copy = json_copy((json_t *)config);

    if (json_object_get(config, "schema") != NULL) {
        json_object_set(copy, "columns", json_object_get(config, "schema"));
    }
    if (!tg_params_has(copy, "default_timezone")) {
        json_object_set_new(copy, "default_timezone", json_string("+09:00"));
    }
    self->columns = tg_column_config_new(self->context, copy, error);
    if (self->columns == NULL) {
        g_prefix_error(error, "schema: ");
        return FALSE;
    }
    self->parser.schema = tg_schema_copy(self->columns->schema);
    return TRUE;
}

static TgParser *parser_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgParserClass class = {.open_task = parser_open_task, .free = parser_free};
    XmlParser *self = g_new0(XmlParser, 1);

    self->parser.class = &class;
    self->context = context;
    self->exact = tg_loader_context_job(context)->exact_types;
    if (!tg_params_get_boolean(config, "stop_on_invalid_record",
                               tg_loader_stops_on_invalid(context), &self->stops, error) ||
        !read_root(self, config, error) || !read_schema(self, config, error)) {
        parser_free(&self->parser);
        return NULL;
    }
    return &self->parser;
}

static const TgLoaderOption options[] = {
    {"root", "text", NULL, "The path of the elements that are records: data/students/student."},
    {"schema", "list", NULL,
     "Columns as {name, type, format, timezone}; a name is that of an element in a record."},
    {"columns", "list", "null", "The same as schema."},
    {"stop_on_invalid_record", "boolean", "false; true with exact types",
     "Stop at a value that does not fit, else the record is skipped with a warning."},
    {"default_timezone", "text", "+09:00", "Zone of times whose text names none."},
    {"default_timestamp_format", "text", "%Y-%m-%d %H:%M:%S.%N %z",
     "Format of timestamp columns without a format of their own."},
    {"default_date", "text", "1970-01-01", "Date of times without one."},
    {0}};

const TgParserPlugin tg_parser_xml = {.name = "xml",
                                      .help = "Elements of XML documents, read as a stream.",
                                      .options = options,
                                      .open = parser_open};

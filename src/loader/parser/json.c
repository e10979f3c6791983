/* parser json: JSON values behind each other (embulk-parser-json). */
#include "loader/parser/json.h"

#include <string.h>

#include "loader/step_reader.h"
#include "loader/stream.h"
#include "params/params.h"

typedef struct {
    TgParser parser;
    TgLoaderContext *context;
    TgColumnConfig *columns; /* NULL: one column `record` */
    JsonEscapes escapes;
    gboolean stops;
    gboolean exact;
    gboolean flatten;
    char *root; /* JSON pointer; NULL: the value itself */
    char *charset;
} JsonParser;

typedef struct {
    TgStepReader steps;
    const JsonParser *parser;
    JsonCut *cut;     /* NULL: open the next file */
    const char *text; /* of the value; lent by the cut */
    gsize text_bytes;
    json_t *list; /* flatten: the list under way */
    gsize list_at;
} JsonReader;

/* Skips what is no record, or stops. @record NULL: the whole value of the file */
static gboolean reject(JsonReader *self, const json_t *record, const char *reason, gboolean stops,
                       GError **error)
{
    g_autofree char *place = json_cut_place(self->cut);

    if (stops || self->parser->stops) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: %s", place, reason);
        return FALSE;
    }
    g_autofree char *own = record == NULL ? NULL : tg_params_to_json(record);
    TgReject reject = {.file = json_cut_file(self->cut),
                       .line = json_cut_line(self->cut),
                       .reason = reason,
                       .raw = own == NULL ? self->text : own,
                       .raw_bytes = own == NULL ? self->text_bytes : strlen(own)};

    tg_loader_log(self->parser->context, TG_LOADER_WARN, "Skipped record %s (%s)", place, reason);
    return tg_loader_reject(self->parser->context, &reject, error);
}

static gboolean add_columns(JsonReader *self, const json_t *record, TgBatch *batch, GError **error)
{
    const TgColumnConfig *columns = self->parser->columns;

    tg_batch_begin_row(batch);
    if (columns == NULL) { /* the record itself */
        gboolean ignored = FALSE;

        (void)json_value_set(NULL, 0, record, batch->vectors[0], batch->rows, &ignored);
        tg_batch_commit_row(batch);
        return TRUE;
    }
    for (guint i = 0; i < batch->count; i++) {
        const json_t *value = columns->pointers[i] != NULL
                                  ? tg_params_find_pointer(record, columns->pointers[i])
                                  : json_object_get(record, columns->schema->columns[i].name);
        gboolean stops = FALSE;

        if (value == NULL || json_is_null(value)) {
            tg_vector_set_null(batch->vectors[i], batch->rows);
            continue;
        }
        const char *reason =
            json_value_set(columns, i, value, batch->vectors[i], batch->rows, &stops);

        if (reason != NULL) {
            g_autofree char *text = tg_params_to_json(value);
            g_autofree char *message = g_strdup_printf(
                "column '%s': %.100s %s", columns->schema->columns[i].name, text, reason);

            return reject(self, record, message, stops && !self->parser->exact, error);
        }
    }
    tg_batch_commit_row(batch);
    return TRUE;
}

static gboolean add_record(JsonReader *self, const json_t *record, TgBatch *batch, GError **error)
{
    if (!json_is_object(record)) {
        return reject(self, record, "a record must be an object", FALSE, error);
    }
    return add_columns(self, record, batch, error);
}

/* The list's next element; one that is no object ends the list, as in Embulk. */
static gboolean add_element(JsonReader *self, TgBatch *batch, GError **error)
{
    const json_t *element = json_array_get(self->list, self->list_at++);

    if (element == NULL || !json_is_object(element)) {
        gboolean ok =
            element == NULL || reject(self, element, "an element must be an object", FALSE, error);

        g_clear_pointer(&self->list, json_decref);
        return ok;
    }
    return add_columns(self, element, batch, error);
}

/* One value of the file. */
static gboolean add_value(JsonReader *self, const char *text, gsize size, TgBatch *batch,
                          GError **error)
{
    json_error_t problem;

    if (self->parser->columns == NULL && self->parser->root == NULL && !self->parser->flatten) {
        if (*text != '{') {
            return reject(self, NULL, "a record must be an object", FALSE, error);
        }
        tg_batch_begin_row(batch);
        tg_vector_set_bytes(batch->vectors[0], batch->rows, text, size);
        tg_batch_commit_row(batch);
        return TRUE;
    }
    g_autoptr(json_t) value = json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);

    if (value == NULL) {
        return reject(self, NULL, problem.text, TRUE, error);
    }
    const json_t *record =
        self->parser->root == NULL ? value : tg_params_find_pointer(value, self->parser->root);

    if (record == NULL) {
        return reject(self, NULL, "there is nothing at 'root'", FALSE, error);
    }
    if (!self->parser->flatten) {
        return add_record(self, record, batch, error);
    }
    if (!json_is_array(record)) {
        return reject(self, NULL, "flatten_json_array needs a list", FALSE, error);
    }
    self->list = json_incref((json_t *)record);
    self->list_at = 0;
    return TRUE;
}

static gboolean open_next(JsonReader *self, GError **error)
{
    g_autoptr(TgStream) stream = NULL;

    if (!tg_file_task_next(self->steps.files, &stream, error)) {
        return FALSE;
    }
    if (stream == NULL) {
        self->steps.has_ended = TRUE;
        return TRUE;
    }
    stream = tg_stream_new_charset(g_steal_pointer(&stream), self->parser->charset, FALSE, error);
    if (stream == NULL) {
        return FALSE;
    }
    self->cut = json_cut_new(g_steal_pointer(&stream), self->parser->escapes,
                             tg_loader_context_job(self->parser->context)->exact_types
                                 ? TG_JSON_KEEP_NUMBERS
                                 : TG_JSON_EMBULK_NUMBERS);
    return TRUE;
}

static gboolean reader_step(TgStepReader *reader, TgBatch *batch, GError **error)
{
    JsonReader *self = (JsonReader *)reader;
    const char *text = NULL;
    gsize size = 0;

    if (self->list != NULL) {
        return add_element(self, batch, error);
    }
    if (self->cut == NULL) {
        return open_next(self, error);
    }
    if (!json_cut_next(self->cut, &text, &size, error)) {
        return FALSE;
    }
    if (text == NULL) {
        g_clear_pointer(&self->cut, json_cut_free);
        return TRUE;
    }
    self->text = text;
    self->text_bytes = size;
    return add_value(self, text, size, batch, error);
}

static void reader_clear(TgStepReader *reader)
{
    JsonReader *self = (JsonReader *)reader;

    json_cut_free(self->cut);
    json_decref(self->list);
}

static TgReader *parser_open_task(TgParser *parser, TgFileTask *take_files,
                                  GError **error G_GNUC_UNUSED)
{
    static const TgStepReaderClass class = {.step = reader_step, .clear = reader_clear};
    JsonReader *self = g_new0(JsonReader, 1);

    self->parser = (const JsonParser *)parser;
    return tg_step_reader_init(&self->steps, &class, take_files);
}

static void parser_free(TgParser *parser)
{
    JsonParser *self = (JsonParser *)parser;

    tg_column_config_free(self->columns);
    g_free(self->root);
    g_free(self->charset);
    g_free(self);
}

static gboolean read_escapes(JsonParser *self, const json_t *config, GError **error)
{
    static const char *const names[] = {"PASSTHROUGH", "SKIP", "UNESCAPE"};
    g_autofree char *text = NULL;

    if (!tg_params_dup_text_or(config, "invalid_string_escapes", names[0], &text, error)) {
        return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i], text) == 0) {
            self->escapes = (JsonEscapes)i;
            return TRUE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "'invalid_string_escapes' must be PASSTHROUGH, SKIP or UNESCAPE, not '%s'", text);
    return FALSE;
}

static gboolean read_options(JsonParser *self, const json_t *config, GError **error)
{
    self->exact = tg_loader_context_job(self->context)->exact_types;
    return read_escapes(self, config, error) &&
           tg_params_get_boolean(config, "stop_on_invalid_record",
                                 tg_loader_stops_on_invalid(self->context), &self->stops, error) &&
           tg_params_get_boolean(config, "flatten_json_array", FALSE, &self->flatten, error) &&
           tg_params_dup_text_or(config, "root", NULL, &self->root, error) &&
           tg_params_dup_text_or(config, "charset", "utf-8", &self->charset, error);
}

static TgParser *parser_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgParserClass class = {.open_task = parser_open_task, .free = parser_free};
    JsonParser *self = g_new0(JsonParser, 1);
    gboolean has_columns = json_object_get(config, "columns") != NULL;

    self->parser.class = &class;
    self->context = context;
    if (read_options(self, config, error) && has_columns) {
        self->columns = tg_column_config_new(context, config, error);
    }
    if (self->charset == NULL || (has_columns && self->columns == NULL)) {
        parser_free(&self->parser);
        return NULL;
    }
    if (has_columns) {
        self->parser.schema = tg_schema_copy(self->columns->schema);
    } else {
        self->parser.schema = tg_schema_new();
        (void)tg_schema_append(self->parser.schema, "record", (TgType){.id = TG_TYPE_JSON});
    }
    return &self->parser;
}

static const TgLoaderOption options[] = {
    TG_COLUMN_CONFIG_OPTIONS,
    {"stop_on_invalid_record", "boolean", "false (true with exact types)",
     "Stop at what is no record instead of skipping it."},
    {"invalid_string_escapes", "text", "PASSTHROUGH",
     "What to do with unknown escapes: PASSTHROUGH (an error), SKIP or UNESCAPE."},
    {"root", "text", "null", "JSON pointer to the record in each value."},
    {"flatten_json_array", "boolean", "false", "Each value is a list of records."},
    {"charset", "text", "utf-8", "What the file is written in."},
    {"newline", "text", "LF", "Accepted; guess writes it."},
    {0}};

const TgParserPlugin tg_parser_json = {.name = "json",
                                       .help = "JSON values behind each other.",
                                       .options = options,
                                       .open = parser_open};

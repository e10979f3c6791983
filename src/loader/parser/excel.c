/* parser excel: sheets of .xlsx workbooks (embulk-parser-poi_excel). */
#include "loader/parser/excel.h"

#include <string.h>

#include "loader/step_reader.h"
#include "params/params.h"

#define SHOWN_BYTES_MAX 100

typedef struct {
    TgParser parser;
    TgLoaderContext *context;
    json_t *config; /* with the columns that were found */
    TgColumnConfig *columns;
    gboolean stops;
    gboolean exact;
    gboolean merges; /* blank cells among merged ones have the value of the first */
} ExcelParser;

typedef struct {
    TgStepReader steps;
    ExcelParser *parser;
    TgWorkbook *book; /* NULL: open the next file */
    GArray *sheets;   /* of the book, of guint */
    guint next_sheet;
    TgWorkbookSheet *sheet; /* NULL: open the next one */
    ExcelPlan *plan;
    ExcelPlace place;
} ExcelReader;

/* --- which sheets --- */

static gboolean is_wild(const char *name)
{
    return strpbrk(name, "*?") != NULL;
}

static void add_sheet(GArray *found, guint index)
{
    for (guint i = 0; i < found->len; i++) {
        if (g_array_index(found, guint, i) == index) {
            return;
        }
    }
    g_array_append_val(found, index);
}

/* FALSE when no sheet has the name. */
static gboolean add_matching(const TgWorkbook *book, const char *name, GArray *found)
{
    guint matches = 0;

    for (guint i = 0; i < book->sheets->len; i++) {
        const char *sheet = g_array_index(book->sheets, TgWorkbookSheetInfo, i).name;

        if (is_wild(name) ? g_pattern_match_simple(name, sheet) : strcmp(name, sheet) == 0) {
            add_sheet(found, i);
            matches++;
        }
    }
    return matches > 0;
}

static gboolean fail_sheet(const TgWorkbook *book, const char *name, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < MIN(book->sheets->len, 20); i++) {
        g_string_append_printf(names, "%s'%s'", i == 0 ? "" : ", ",
                               g_array_index(book->sheets, TgWorkbookSheetInfo, i).name);
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: there is no sheet '%s'; it has %s",
                book->file, name, names->str);
    return FALSE;
}

GArray *excel_find_sheets(const TgWorkbook *book, const json_t *config, GError **error)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint));
    const json_t *list = json_object_get(config, "sheets");
    g_autoptr(json_t) names = json_is_array(list) ? json_incref((json_t *)list) : json_array();
    g_autofree char *single = NULL;
    json_t *name = NULL;
    size_t index = 0;

    if (!tg_params_dup_text_or(config, "sheet", NULL, &single, error)) {
        return NULL;
    }
    if (list == NULL && single != NULL) {
        json_array_append_new(names, json_string(single));
    }
    json_array_foreach (names, index, name) {
        g_autofree char *text = tg_params_to_text(name);

        if (!add_matching(book, text, found) && !fail_sheet(book, text, error)) {
            return NULL;
        }
    }
    if (found->len == 0) {
        add_sheet(found, 0);
    }
    return g_steal_pointer(&found);
}

/* --- records --- */

static gboolean skip_record(ExcelReader *self, guint column, const char *reason, GError **error)
{
    const ExcelParser *parser = self->parser;
    const char *name = parser->columns->schema->columns[column].name;
    guint at = self->plan->columns[column].column;
    const TgWorkbookCell *cell = tg_workbook_sheet_cell(self->sheet, at);
    g_autofree char *letters = tg_workbook_column_name(at);
    g_autofree char *file = g_strdup_printf("%s:%s", self->book->file, self->place.sheet_name);
    g_autoptr(GString) raw = g_string_new(NULL);

    if (cell != NULL && (cell->kind == TG_CELL_TEXT || cell->kind == TG_CELL_ERROR)) {
        g_string_append_len(raw, cell->text, (gssize)cell->text_size);
    } else if (cell != NULL) {
        excel_number_append(raw, self->book, cell, TRUE);
    }
    if (parser->stops) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: cell %s%u: column '%s': '%.*s' %s; or set 'stop_on_invalid_record: false' "
                    "to skip such records",
                    file, letters, self->place.row, name, SHOWN_BYTES_MAX, raw->str, reason);
        return FALSE;
    }
    TgReject reject = {.file = file,
                       .line = self->place.row,
                       .column = name,
                       .reason = reason,
                       .raw = raw->str,
                       .raw_bytes = raw->len};

    tg_loader_log(parser->context, TG_LOADER_WARN, "Skipped row %u of %s (column '%s' %s)",
                  self->place.row, file, name, reason);
    return tg_loader_reject(parser->context, &reject, error);
}

/* Rows that only have formats are no records of an exact load. */
static gboolean is_empty(const TgWorkbookSheet *sheet)
{
    const GArray *cells = tg_workbook_sheet_cells(sheet);

    for (guint i = 0; i < cells->len; i++) {
        if (g_array_index(cells, TgWorkbookCell, i).kind != TG_CELL_BLANK) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean add_record(ExcelReader *self, TgBatch *batch, GError **error)
{
    tg_batch_begin_row(batch);
    for (guint i = 0; i < batch->count; i++) {
        const char *reason =
            excel_column_set(&self->plan->columns[i], &self->place,
                             &self->parser->columns->readers[i], batch->vectors[i], batch->rows);

        if (reason != NULL) {
            return skip_record(self, i, reason, error);
        }
    }
    tg_batch_commit_row(batch);
    return TRUE;
}

/* --- reading --- */

static void close_sheet(ExcelReader *self)
{
    g_clear_pointer(&self->sheet, tg_workbook_sheet_free);
    g_clear_pointer(&self->plan, excel_plan_free);
}

static void close_book(ExcelReader *self)
{
    close_sheet(self);
    g_clear_pointer(&self->sheets, g_array_unref);
    g_clear_pointer(&self->book, tg_workbook_free);
}

static gboolean open_sheet(ExcelReader *self, GError **error)
{
    guint index = g_array_index(self->sheets, guint, self->next_sheet++);
    const char *name = g_array_index(self->book->sheets, TgWorkbookSheetInfo, index).name;

    self->plan = excel_plan_new(self->parser->config, name, self->parser->exact, error);
    self->sheet = self->plan == NULL
                      ? NULL
                      : tg_workbook_sheet_open(self->book, index, self->parser->merges, error);
    self->place = (ExcelPlace){.book = self->book,
                               .sheet = self->sheet,
                               .sheet_name = name,
                               .sheet_index = index,
                               .exact = self->parser->exact};
    return self->sheet != NULL;
}

static gboolean open_book(ExcelReader *self, GError **error)
{
    g_autoptr(TgStream) stream = NULL;

    if (!tg_file_task_next(self->steps.files, &stream, error)) {
        return FALSE;
    }
    self->steps.has_ended = stream == NULL;
    if (stream == NULL) {
        return TRUE;
    }
    self->book = tg_workbook_open(stream, error);
    self->sheets =
        self->book == NULL ? NULL : excel_find_sheets(self->book, self->parser->config, error);
    self->next_sheet = 0;
    return self->sheets != NULL;
}

/* Takes a row, or opens what comes next. */
static gboolean reader_step(TgStepReader *reader, TgBatch *batch, GError **error)
{
    ExcelReader *self = (ExcelReader *)reader;

    if (self->book == NULL) {
        return open_book(self, error);
    }
    if (self->sheet == NULL) {
        if (self->next_sheet == self->sheets->len) {
            close_book(self);
            return TRUE;
        }
        return open_sheet(self, error);
    }
    if (!tg_workbook_sheet_next(self->sheet, &self->place.row, error)) {
        return FALSE;
    }
    if (self->place.row == 0) {
        close_sheet(self);
        return TRUE;
    }
    if (self->place.row <= self->plan->skip || (self->parser->exact && is_empty(self->sheet))) {
        return TRUE;
    }
    return add_record(self, batch, error);
}

static void reader_clear(TgStepReader *reader)
{
    close_book((ExcelReader *)reader);
}

static TgReader *parser_open_task(TgParser *parser, TgFileTask *take_files,
                                  GError **error G_GNUC_UNUSED)
{
    static const TgStepReaderClass class = {.step = reader_step, .clear = reader_clear};
    ExcelReader *self = g_new0(ExcelReader, 1);

    self->parser = (ExcelParser *)parser;
    return tg_step_reader_init(&self->steps, &class, take_files);
}

static void parser_free(TgParser *parser)
{
    ExcelParser *self = (ExcelParser *)parser;

    tg_column_config_free(self->columns);
    json_decref(self->config);
    g_free(self);
}

/* --- opening --- */

/* What an exact load leaves out is taken from the first file. */
static gboolean find_columns(ExcelParser *self, GError **error)
{
    gint64 skip = 0;
    json_t *columns = NULL;

    if (!tg_params_get_int64(self->config, "skip_header_lines", 1, &skip, error) ||
        !tg_params_check_range("skip_header_lines", skip, 1, TG_WORKBOOK_ROWS_MAX, error)) {
        return FALSE;
    }
    columns = excel_guess_columns(self->context, self->config, skip, error);
    if (columns == NULL) {
        return FALSE;
    }
    json_object_set_new(self->config, "columns", columns);
    json_object_set_new(self->config, "skip_header_lines", json_integer(skip));
    return TRUE;
}

/* Options that would change which cells are read, and are not known here. */
static gboolean refuse_unread(const json_t *config, GError **error)
{
    g_autofree char *kind = NULL;

    if (!tg_params_dup_text_or(config, "record_type", "row", &kind, error)) {
        return FALSE;
    }
    if (strcmp(kind, "row") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "record_type '%s' is not read here; a record is a row", kind);
        return FALSE;
    }
    return TRUE;
}

/* true, false, or how the original would search: none, hash_search … */
static gboolean read_merges(ExcelParser *self, GError **error)
{
    g_autofree char *text = NULL;

    if (!tg_params_dup_text_or(self->config, "search_merged_cell", "true", &text, error)) {
        return FALSE;
    }
    self->merges = strcmp(text, "false") != 0 && strcmp(text, "none") != 0;
    return refuse_unread(self->config, error);
}

static gboolean read_config(ExcelParser *self, GError **error)
{
    g_autoptr(ExcelPlan) checked = NULL;
    g_autofree char *formulas = NULL;

    if (!read_merges(self, error) ||
        !tg_params_get_boolean(self->config, "stop_on_invalid_record",
                               !self->exact || tg_loader_stops_on_invalid(self->context),
                               &self->stops, error) ||
        !tg_params_dup_text_or(self->config, "formula_handling", "cashed_value", &formulas,
                               error) ||
        (self->exact && !tg_params_has(self->config, "columns") && !find_columns(self, error))) {
        return FALSE;
    }
    if (strcmp(formulas, "evaluate") == 0) {
        tg_loader_log(self->context, TG_LOADER_WARN,
                      "formulas are not evaluated: what the workbook has saved of them is read");
    }
    self->columns = tg_column_config_new(self->context, self->config, error);
    checked = self->columns == NULL ? NULL : excel_plan_new(self->config, "", self->exact, error);
    return checked != NULL;
}

static TgParser *parser_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgParserClass class = {.open_task = parser_open_task, .free = parser_free};
    ExcelParser *self = g_new0(ExcelParser, 1);

    self->parser.class = &class;
    self->context = context;
    self->config = json_deep_copy(config);
    self->exact = tg_loader_context_job(context)->exact_types;
    if (!read_config(self, error)) {
        parser_free(&self->parser);
        return NULL;
    }
    self->parser.schema = tg_schema_copy(self->columns->schema);
    return &self->parser;
}

static const TgLoaderOption options[] = {
    {"sheets", "list", "the first sheet", "Names of sheets; with * and ?."},
    {"sheet", "text", "null", "The same for one sheet."},
    {"skip_header_lines", "integer", "0", "Rows up to this number are headers."},
    {"columns", "list", "with exact types from the first file",
     "Columns as {name, type, format, timezone} with cell_column (AB, a number from 1, +, -2, "
     "=name; also called column_number), value (cell_value, sheet_name, row_number, "
     "column_number, constant.VALUE), numeric_format, on_cell_error, on_convert_error."},
    {"sheet_options", "map", "{}",
     "By sheet: skip_header_lines, and columns as a map of what differs for a column's name."},
    {"search_merged_cell", "boolean", "true",
     "A blank cell among merged ones has the value of the first of them."},
    {"record_type", "text", "row", "No other one is read."},
    {"formula_handling", "text", "cashed_value",
     "What was saved of a formula is read; evaluate warns and does the same."},
    {"stop_on_invalid_record", "boolean", "true",
     "Stop at a value that does not fit, else the record is skipped with a warning."},
    {"default_timezone", "text", "UTC", "Zone of the times in the sheet."},
    {"default_timestamp_format", "text", "%Y-%m-%d %H:%M:%S.%N %z", "Of times that are texts."},
    {"default_date", "text", "1970-01-01", "Date of such texts without one."},
    {"flush_count", "integer", "100", "Accepted; it means nothing here."},
    {0}};

const TgParserPlugin tg_parser_excel = {.name = "excel",
                                        .help = "Sheets of Excel workbooks (.xlsx).",
                                        .options = options,
                                        .needs_whole_files = TRUE,
                                        .open = parser_open};

const TgParserPlugin tg_parser_poi_excel = {.name = "poi_excel",
                                            .help = "The same as excel, by its name in Embulk.",
                                            .options = options,
                                            .needs_whole_files = TRUE,
                                            .open = parser_open};

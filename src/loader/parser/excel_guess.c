/* Columns that the config leaves out. All rows are looked at: the file is there as a whole. */
#include <math.h>

#include "loader/parser/excel.h"

#define LONG_EXACT_MAX 9007199254740992.0 /* 2^53: beyond it whole numbers have gaps */

/* What a column was seen to hold. */
enum {
    SEEN_TEXT = 1,
    SEEN_LONG = 2,
    SEEN_DOUBLE = 4,
    SEEN_BOOLEAN = 8,
    SEEN_DATE = 16,
    SEEN_TIMESTAMP = 32
};

typedef struct {
    char *name; /* NULL: no header */
    guint seen;
} Column;

static void column_clear(gpointer data)
{
    g_free(((Column *)data)->name);
}

static guint kind_of(const TgWorkbookCell *cell)
{
    double number = cell->number;

    switch (cell->kind) {
    case TG_CELL_TEXT:
        return SEEN_TEXT;
    case TG_CELL_BOOLEAN:
        return SEEN_BOOLEAN;
    case TG_CELL_NUMBER:
        break;
    case TG_CELL_BLANK:
    case TG_CELL_ERROR:
    default:
        return 0;
    }
    if (cell->is_date) { /* a time of day alone has no type here but text */
        return number < 1 ? SEEN_TEXT : number == floor(number) ? SEEN_DATE : SEEN_TIMESTAMP;
    }
    return number == floor(number) && fabs(number) <= LONG_EXACT_MAX ? SEEN_LONG : SEEN_DOUBLE;
}

static const char *type_of(guint seen)
{
    static const struct {
        guint only;
        const char *type;
    } types[] = {{SEEN_LONG, "long"},
                 {SEEN_LONG | SEEN_DOUBLE, "double"},
                 {SEEN_BOOLEAN, "boolean"},
                 {SEEN_DATE, "date"},
                 {SEEN_DATE | SEEN_TIMESTAMP, "timestamp"}};

    for (gsize i = 0; seen != 0 && i < G_N_ELEMENTS(types); i++) {
        if ((seen & ~types[i].only) == 0) {
            return types[i].type;
        }
    }
    return "string";
}

static Column *column_at(GArray *columns, guint index)
{
    if (index >= columns->len) {
        g_array_set_size(columns, index + 1);
    }
    return &g_array_index(columns, Column, index);
}

static void take_row(const TgWorkbook *book, const TgWorkbookSheet *sheet, gboolean is_header,
                     GArray *columns)
{
    const GArray *cells = tg_workbook_sheet_cells(sheet);

    for (guint i = 0; i < cells->len; i++) {
        const TgWorkbookCell *cell = &g_array_index(cells, TgWorkbookCell, i);
        Column *column = cell->kind == TG_CELL_BLANK ? NULL : column_at(columns, cell->column);
        GString *name = NULL;

        if (column == NULL) {
            continue;
        }
        if (!is_header) {
            column->seen |= kind_of(cell);
            continue;
        }
        name = g_string_new(NULL);
        if (cell->kind == TG_CELL_TEXT) {
            g_string_append_len(name, cell->text, (gssize)cell->text_size);
        } else {
            excel_number_append(name, book, cell, TRUE);
        }
        g_free(column->name);
        column->name = g_string_free(name, FALSE);
    }
}

static gboolean read_sheet(const TgWorkbook *book, guint index, gint64 skip, GArray *columns,
                           GError **error)
{
    g_autoptr(TgWorkbookSheet) sheet = tg_workbook_sheet_open(book, index, FALSE, error);
    guint row = 0;

    while (sheet != NULL) {
        if (!tg_workbook_sheet_next(sheet, &row, error)) {
            return FALSE;
        }
        if (row == 0) {
            return TRUE;
        }
        if (row >= skip) {
            take_row(book, sheet, row == skip, columns);
        }
    }
    return FALSE;
}

/* Columns with a header or values; one without a header is called by its letters. */
static json_t *to_json(const GArray *columns)
{
    json_t *list = json_array();

    for (guint i = 0; i < columns->len; i++) {
        const Column *column = &g_array_index(columns, Column, i);
        g_autofree char *letters = tg_workbook_column_name(i);
        gboolean has_name = column->name != NULL && *column->name != '\0';

        if (has_name || column->seen != 0) {
            json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name",
                                                  has_name ? column->name : letters, "type",
                                                  type_of(column->seen), "cell_column", letters));
        }
    }
    return list;
}

json_t *excel_guess_columns(TgLoaderContext *context, const json_t *config, gint64 skip,
                            GError **error)
{
    g_autoptr(TgStream) stream = NULL;
    g_autoptr(TgWorkbook) book = NULL;
    g_autoptr(GArray) sheets = NULL;
    g_autoptr(GArray) columns = g_array_new(FALSE, TRUE, sizeof(Column));

    g_array_set_clear_func(columns, column_clear);
    if (!tg_loader_open_first_file(context, &stream, error)) {
        return NULL;
    }
    if (stream == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "there is no file to take the columns from; give 'columns'");
        return NULL;
    }
    book = tg_workbook_open(stream, error);
    sheets = book == NULL ? NULL : excel_find_sheets(book, config, error);
    if (sheets == NULL ||
        !read_sheet(book, g_array_index(sheets, guint, 0), skip, columns, error)) {
        return NULL;
    }
    if (columns->len == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: row %d of the sheet has no names of columns; say with "
                    "'skip_header_lines' which row has, or give 'columns'",
                    book->file, (int)skip);
        return NULL;
    }
    return to_json(columns);
}

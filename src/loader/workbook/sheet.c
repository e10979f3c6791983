/* The rows of a sheet, as they come. */
#include <string.h>

#include "loader/number_text.h"
#include "loader/workbook/merge.h"
#include "loader/workbook/workbook.h"

#define SHEET_BYTES_MAX (G_GUINT64_CONSTANT(16) * 1024 * 1024 * 1024)
#define ROW_TEXT_BYTES_MAX ((gsize)64 * 1024 * 1024)
#define VALUE_BYTES_MAX ((gsize)16 * 1024 * 1024)

struct TgWorkbookSheet {
    TgWorkbookData data;
    const TgWorkbook *book;
    TgWorkbookMerges *merges; /* NULL: they are not looked at */
    guint row;                /* from 1 */
    gboolean has_row;
    GArray *cells;  /* of TgWorkbookCell, columns growing */
    GString *texts; /* of the row that are not shared */
    gboolean is_cell;
    TgWorkbookCell cell;
    guint style;
    char type[12]; /* of the cell: "s", "b" … */
    guint phonetic;
    gboolean is_text;
    GString *value; /* of the cell, as it is written */
};

gboolean tg_workbook_column_parse(const char *text, const char **out_end, guint *out)
{
    guint column = 0;
    const char *c = text;

    for (; g_ascii_isalpha(*c) && column <= TG_WORKBOOK_COLUMNS_MAX; c++) {
        column = column * 26 + (guint)(g_ascii_toupper(*c) - 'A') + 1;
    }
    if (column == 0 || column > TG_WORKBOOK_COLUMNS_MAX || (out_end == NULL && *c != '\0')) {
        return FALSE;
    }
    if (out_end != NULL) {
        *out_end = c;
    }
    *out = column - 1;
    return TRUE;
}

char *tg_workbook_column_name(guint column)
{
    char *name = g_strdup("");

    for (guint rest = column + 1; rest > 0; rest = (rest - 1) / 26) {
        char *longer = g_strdup_printf("%c%s", 'A' + (int)((rest - 1) % 26), name);

        g_free(name);
        name = longer;
    }
    return name;
}

/* --- rows and cells --- */

static void begin_row(TgWorkbookSheet *self, const char **attributes)
{
    const char *number = tg_workbook_xml_attribute(attributes, "r");
    guint64 row = number == NULL ? (guint64)self->row + 1 : g_ascii_strtoull(number, NULL, 10);

    if (row <= self->row || row > TG_WORKBOOK_ROWS_MAX) {
        tg_workbook_xml_fail(self->data.xml, "row %" G_GUINT64_FORMAT " behind row %u", row,
                             self->row);
        return;
    }
    self->row = (guint)row;
    g_array_set_size(self->cells, 0);
    g_string_truncate(self->texts, 0);
    if (self->merges != NULL) {
        tg_workbook_merges_begin_row(self->merges, self->row);
    }
}

static guint next_column(const TgWorkbookSheet *self)
{
    return self->cells->len == 0
               ? 0
               : g_array_index(self->cells, TgWorkbookCell, self->cells->len - 1).column + 1;
}

static void begin_cell(TgWorkbookSheet *self, const char **attributes)
{
    const char *place = tg_workbook_xml_attribute(attributes, "r");
    const char *style = tg_workbook_xml_attribute(attributes, "s");
    const char *type = tg_workbook_xml_attribute(attributes, "t");
    const char *end = NULL;
    guint next = next_column(self);

    self->cell = (TgWorkbookCell){.column = next};
    if ((place != NULL && !tg_workbook_column_parse(place, &end, &self->cell.column)) ||
        self->cell.column < next || self->cell.column >= TG_WORKBOOK_COLUMNS_MAX) {
        tg_workbook_xml_fail(self->data.xml, "cell '%.20s' in row %u is out of place",
                             place == NULL ? "?" : place, self->row);
        return;
    }
    self->is_cell = TRUE;
    self->style = style == NULL ? 0 : (guint)g_ascii_strtoull(style, NULL, 10);
    (void)g_strlcpy(self->type, type == NULL ? "n" : type, sizeof self->type); /* others are told */
    g_string_truncate(self->value, 0);
}

/* "_x000D_" stands for a character that XML cannot hold. Returns its bytes in the text, 0: none. */
static gsize read_escape(const char *text, gsize size, gunichar *out)
{
    guint value = 0;

    if (size < 7 || text[0] != '_' || text[1] != 'x' || text[6] != '_') {
        return 0;
    }
    for (guint i = 2; i < 6; i++) {
        if (!g_ascii_isxdigit(text[i])) {
            return 0;
        }
        value = value * 16 + (guint)g_ascii_xdigit_value(text[i]);
    }
    *out = value;
    return g_unichar_validate(value) ? 7 : 0;
}

/* Puts a text into the row, with its escapes undone. */
static void keep_text(TgWorkbookSheet *self, const char *text, gsize size)
{
    gunichar escaped = 0;

    self->cell.own_text_at = self->texts->len;
    self->cell.is_own = TRUE;
    if (self->texts->len + size > ROW_TEXT_BYTES_MAX) {
        tg_workbook_xml_fail(self->data.xml, "row %u has more than 64 MiB", self->row);
        return;
    }
    for (gsize i = 0; i < size;) {
        gsize used = read_escape(text + i, size - i, &escaped);

        if (used > 0) {
            g_string_append_unichar(self->texts, escaped);
            i += used;
        } else {
            g_string_append_c(self->texts, text[i++]);
        }
    }
    self->cell.text_size = self->texts->len - self->cell.own_text_at;
}

static void set_shared(TgWorkbookSheet *self)
{
    const GArray *ends = self->book->text_ends;
    gint64 index = 0;

    if (!tg_int64_parse(self->value->str, self->value->len, &index) || index < 0 ||
        index >= (gint64)ends->len) {
        tg_workbook_xml_fail(self->data.xml,
                             "row %u: a cell has the shared text '%.20s', and there are %u",
                             self->row, self->value->str, ends->len);
        return;
    }
    gsize from = index == 0 ? 0 : g_array_index(ends, gsize, index - 1);
    gsize to = g_array_index(ends, gsize, index);
    const char *text = (const char *)self->book->texts->data + from;

    self->cell.kind = TG_CELL_TEXT;
    if (to > from && memmem(text, to - from, "_x", 2) != NULL) {
        keep_text(self, text, to - from);
    } else {
        self->cell.text = to == from ? "" : text;
        self->cell.text_size = to - from;
    }
}

static void set_number(TgWorkbookSheet *self)
{
    if (!tg_double_parse(self->value->str, self->value->len, &self->cell.number)) {
        tg_workbook_xml_fail(self->data.xml, "row %u: '%.40s' is no number", self->row,
                             self->value->str);
        return;
    }
    self->cell.kind = TG_CELL_NUMBER;
    self->cell.is_date = self->style < self->book->dates->len &&
                         g_array_index(self->book->dates, gboolean, self->style);
}

static void set_value(TgWorkbookSheet *self)
{
    const char *type = self->type;

    if (strcmp(type, "s") == 0) {
        set_shared(self);
    } else if (strcmp(type, "n") == 0) {
        set_number(self);
    } else if (strcmp(type, "b") == 0) {
        self->cell.kind = TG_CELL_BOOLEAN;
        self->cell.number = strcmp(self->value->str, "1") == 0 ? 1 : 0;
    } else if (strcmp(type, "e") == 0) {
        self->cell.kind = TG_CELL_ERROR;
        keep_text(self, self->value->str, self->value->len);
    } else if (strcmp(type, "str") == 0 || strcmp(type, "inlineStr") == 0 ||
               strcmp(type, "d") == 0) {
        self->cell.kind = TG_CELL_TEXT;
        keep_text(self, self->value->str, self->value->len);
    } else {
        tg_workbook_xml_fail(self->data.xml, "row %u: a cell has the type '%s', which is not known",
                             self->row, type);
    }
}

static void end_cell(TgWorkbookSheet *self)
{
    gboolean is_inline = strcmp(self->type, "inlineStr") == 0 || strcmp(self->type, "str") == 0;

    if (self->is_cell && (self->value->len > 0 || is_inline)) {
        set_value(self);
    }
    if (self->is_cell) {
        g_array_append_val(self->cells, self->cell);
    }
    self->is_cell = FALSE;
}

static void end_row(TgWorkbookSheet *self)
{
    for (guint i = 0; i < self->cells->len; i++) {
        TgWorkbookCell *cell = &g_array_index(self->cells, TgWorkbookCell, i);

        if (cell->is_own) {
            cell->text = self->texts->str + cell->own_text_at;
        }
        if (self->merges != NULL) {
            tg_workbook_merges_visit(self->merges, self->row, cell);
        }
    }
    self->has_row = TRUE;
    tg_workbook_xml_pause(self->data.xml);
}

/* --- elements --- */

static void sheet_start(gpointer data, const char *name, const char **attributes)
{
    TgWorkbookSheet *self = data;

    if (strcmp(name, "c") == 0) {
        begin_cell(self, attributes);
    } else if (strcmp(name, "row") == 0) {
        begin_row(self, attributes);
    } else if (strcmp(name, "rPh") == 0) {
        self->phonetic++;
    } else {
        gboolean is_inline = strcmp(self->type, "inlineStr") == 0;

        self->is_text =
            self->is_cell && self->phonetic == 0 && strcmp(name, is_inline ? "t" : "v") == 0;
    }
}

static void sheet_end(gpointer data, const char *name)
{
    TgWorkbookSheet *self = data;

    self->is_text = FALSE;
    if (strcmp(name, "c") == 0) {
        end_cell(self);
    } else if (strcmp(name, "row") == 0) {
        end_row(self);
    } else if (strcmp(name, "rPh") == 0 && self->phonetic > 0) {
        self->phonetic--;
    }
}

static void sheet_text(gpointer data, const char *text, gsize size)
{
    TgWorkbookSheet *self = data;

    if (!self->is_text) {
        return;
    }
    if (self->value->len + size > VALUE_BYTES_MAX) {
        tg_workbook_xml_fail(self->data.xml, "row %u: a value is longer than 16 MiB", self->row);
        return;
    }
    g_string_append_len(self->value, text, (gssize)size);
}

/* --- the sheet --- */

TgWorkbookSheet *tg_workbook_sheet_open(const TgWorkbook *book, guint index, gboolean merges,
                                        GError **error)
{
    static const TgWorkbookHandlers handlers = {sheet_start, sheet_end, sheet_text};
    const TgWorkbookSheetInfo *info = &g_array_index(book->sheets, TgWorkbookSheetInfo, index);
    TgWorkbookPart part = {.fd = book->spool->fd,
                           .file = book->file,
                           .part = info->part,
                           .bytes_max = SHEET_BYTES_MAX};
    g_autoptr(TgWorkbookSheet) self = g_new0(TgWorkbookSheet, 1);
    GError *problem = NULL;

    self->book = book;
    self->cells = g_array_new(FALSE, FALSE, sizeof(TgWorkbookCell));
    self->texts = g_string_new(NULL);
    self->value = g_string_new(NULL);
    self->merges = merges ? tg_workbook_merges_read(&part, error) : NULL;
    if (merges && self->merges == NULL) {
        return NULL;
    }
    self->data.xml = tg_workbook_xml_open(&part, &handlers, self, &problem);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return NULL;
    }
    if (self->data.xml == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: the sheet '%s' is missing (%s); save the workbook anew", book->file,
                    info->name, info->part);
        return NULL;
    }
    return g_steal_pointer(&self);
}

void tg_workbook_sheet_free(TgWorkbookSheet *sheet)
{
    if (sheet == NULL) {
        return;
    }
    tg_workbook_xml_free(sheet->data.xml);
    tg_workbook_merges_free(sheet->merges);
    g_array_unref(sheet->cells);
    g_string_free(sheet->texts, TRUE);
    g_string_free(sheet->value, TRUE);
    g_free(sheet);
}

gboolean tg_workbook_sheet_next(TgWorkbookSheet *sheet, guint *out_row, GError **error)
{
    gboolean more = TRUE;

    sheet->has_row = FALSE;
    while (!sheet->has_row && more) {
        if (!tg_workbook_xml_step(sheet->data.xml, &more, error)) {
            return FALSE;
        }
    }
    *out_row = sheet->has_row ? sheet->row : 0;
    return TRUE;
}

const TgWorkbookCell *tg_workbook_sheet_cell(const TgWorkbookSheet *sheet, guint column)
{
    guint from = 0;
    guint to = sheet->cells->len;

    while (from < to) {
        guint middle = from + (to - from) / 2;
        const TgWorkbookCell *cell = &g_array_index(sheet->cells, TgWorkbookCell, middle);

        if (cell->column == column) {
            return cell;
        }
        if (cell->column < column) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return NULL;
}

const GArray *tg_workbook_sheet_cells(const TgWorkbookSheet *sheet)
{
    return sheet->cells;
}

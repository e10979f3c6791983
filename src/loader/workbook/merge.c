/* Ranges by the columns that they cover at the row that is read. */
#include "loader/workbook/merge.h"

#include <string.h>

#define MERGES_MAX 20000u

typedef struct {
    guint rows[2]; /* from 1, the last included */
    guint columns[2];
    TgWorkbookCell first; /* BLANK until it came */
    char *text;           /* of it; owned */
} Merge;

struct TgWorkbookMerges {
    TgWorkbookData data;
    GArray *merges;                    /* sorted by their first rows */
    guint next;                        /* whose first row has not come */
    guint at[TG_WORKBOOK_COLUMNS_MAX]; /* by column: 1 + the last one that began there; 0: none */
};

static void merge_clear(gpointer data)
{
    g_free(((Merge *)data)->text);
}

/* "B2" of "B2:C5". */
static gboolean parse_place(const char **at, guint *out_row, guint *out_column)
{
    char *end = NULL;

    if (!tg_workbook_column_parse(*at, at, out_column) || !g_ascii_isdigit(**at)) {
        return FALSE;
    }
    guint64 row = g_ascii_strtoull(*at, &end, 10);

    *at = end;
    *out_row = (guint)MIN(row, TG_WORKBOOK_ROWS_MAX);
    return row >= 1 && row <= TG_WORKBOOK_ROWS_MAX;
}

static gboolean parse_range(const char *text, Merge *out)
{
    return parse_place(&text, &out->rows[0], &out->columns[0]) && *text++ == ':' &&
           parse_place(&text, &out->rows[1], &out->columns[1]) && *text == '\0' &&
           out->rows[0] <= out->rows[1] && out->columns[0] <= out->columns[1];
}

static void start(gpointer data, const char *name, const char **attributes)
{
    TgWorkbookMerges *self = data;
    const char *range = tg_workbook_xml_attribute(attributes, "ref");
    Merge merge = {0};

    if (strcmp(name, "mergeCell") != 0) {
        return;
    }
    if (range == NULL || !parse_range(range, &merge)) {
        tg_workbook_xml_fail(self->data.xml, "'%.40s' is no range of merged cells",
                             range == NULL ? "" : range);
    } else if (self->merges->len >= MERGES_MAX) {
        tg_workbook_xml_fail(self->data.xml,
                             "it has more than %u ranges of merged cells; set "
                             "'search_merged_cell: false'",
                             MERGES_MAX);
    } else {
        g_array_append_val(self->merges, merge);
    }
}

static void end(gpointer data G_GNUC_UNUSED, const char *name G_GNUC_UNUSED)
{
}

static void text(gpointer data G_GNUC_UNUSED, const char *bytes G_GNUC_UNUSED,
                 gsize size G_GNUC_UNUSED)
{
}

static gint by_first_row(gconstpointer a, gconstpointer b)
{
    guint first = ((const Merge *)a)->rows[0];
    guint second = ((const Merge *)b)->rows[0];

    return first < second ? -1 : first > second;
}

TgWorkbookMerges *tg_workbook_merges_read(const TgWorkbookPart *part, GError **error)
{
    static const TgWorkbookHandlers handlers = {start, end, text};
    g_autoptr(TgWorkbookMerges) self = g_new0(TgWorkbookMerges, 1);
    gboolean is_found = FALSE;

    self->merges = g_array_new(FALSE, TRUE, sizeof(Merge));
    g_array_set_clear_func(self->merges, merge_clear);
    if (!tg_workbook_xml_contains(part, "mergeCell", &is_found, error) ||
        (is_found && !tg_workbook_xml_read(part, &handlers, self, &is_found, error))) {
        return NULL;
    }
    g_array_sort(self->merges, by_first_row);
    return g_steal_pointer(&self);
}

void tg_workbook_merges_free(TgWorkbookMerges *merges)
{
    if (merges != NULL) {
        g_array_unref(merges->merges);
        g_free(merges);
    }
}

void tg_workbook_merges_begin_row(TgWorkbookMerges *merges, guint row)
{
    for (; merges->next < merges->merges->len; merges->next++) {
        const Merge *merge = &g_array_index(merges->merges, Merge, merges->next);

        if (merge->rows[0] > row) {
            break;
        }
        for (guint column = merge->columns[0]; column <= merge->columns[1]; column++) {
            merges->at[column] = merges->next + 1;
        }
    }
}

void tg_workbook_merges_visit(TgWorkbookMerges *merges, guint row, TgWorkbookCell *cell)
{
    guint index = merges->at[cell->column];
    Merge *merge = index == 0 ? NULL : &g_array_index(merges->merges, Merge, index - 1);
    guint column = cell->column;

    if (merge == NULL || row > merge->rows[1]) {
        return;
    }
    if (row == merge->rows[0] && column == merge->columns[0]) {
        merge->first = *cell;
        if (cell->text != NULL) {
            merge->text = g_strndup(cell->text, cell->text_size);
            merge->first.text = merge->text;
        }
    } else if (cell->kind == TG_CELL_BLANK) {
        *cell = merge->first;
        cell->column = column;
        cell->is_own = FALSE;
    }
}

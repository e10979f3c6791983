/* What the files of the parser share. */
#pragma once

#include "loader/column_config.h"
#include "loader/workbook/workbook.h"

/* --- which cell a column takes, and what becomes of it --- */

typedef enum {
    EXCEL_FROM_CELL,
    EXCEL_FROM_SHEET_NAME,
    EXCEL_FROM_ROW_NUMBER,
    EXCEL_FROM_COLUMN_NUMBER,
    EXCEL_FROM_CONSTANT
} ExcelFrom;

typedef enum { EXCEL_ON_ERROR_CONSTANT, EXCEL_ON_ERROR_CODE, EXCEL_ON_ERROR_STOP } ExcelOnError;

typedef struct {
    ExcelFrom from;
    guint column;   /* from 0 */
    char *constant; /* of CONSTANT; NULL: a null */
    char *numeric_format;
    ExcelOnError on_cell_error;
    char *cell_error_constant; /* NULL: a null */
    ExcelOnError on_convert_error;
    char *convert_error_constant;
} ExcelColumn;

/* The columns of one sheet. */
typedef struct {
    gint64 skip; /* rows with numbers up to it are headers */
    guint count;
    ExcelColumn *columns;
} ExcelPlan;

/* @config of the parser, with `columns` and `sheet_options`; @exact: an error in a cell stops */
ExcelPlan *excel_plan_new(const json_t *config, const char *sheet, gboolean exact, GError **error);
void excel_plan_free(ExcelPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExcelPlan, excel_plan_free)

/* What values are made with; lent. */
typedef struct {
    const TgWorkbook *book;
    const TgWorkbookSheet *sheet;
    const char *sheet_name;
    guint sheet_index;
    guint row; /* from 1 */
    gboolean exact;
} ExcelPlace;

/* Sets a vector's row. NULL, or why the value does not fit (lent). */
const char *excel_column_set(const ExcelColumn *column, const ExcelPlace *place,
                             const TgTimestampReader *reader, TgVector *vector, guint row);

/* A number as text: with the digits that it is shown by, or when it is a date, as one. */
void excel_number_append(GString *out, const TgWorkbook *book, const TgWorkbookCell *cell,
                         gboolean exact);

/* --- sheets and columns of a file --- */

/* The sheets that the config names, by `sheets` or `sheet`, in that order; the first one without.
 * Of guint; CONFIG when a name is not there. The caller unrefs. */
GArray *excel_find_sheets(const TgWorkbook *book, const json_t *config, GError **error);

/* The columns of the first file's first sheet: names from its header, types from its cells. A list
 * for `columns`; a new reference. @skip the header's row, from 1 */
json_t *excel_guess_columns(TgLoaderContext *context, const json_t *config, gint64 skip,
                            GError **error);

/* An .xlsx workbook: its sheets, shared texts and styles, and the rows of a sheet one by one. */
#pragma once

#include "loader/spool.h"
#include "loader/workbook/xml.h"

#define TG_WORKBOOK_ROWS_MAX 1048576u
#define TG_WORKBOOK_COLUMNS_MAX 16384u

typedef struct {
    char *name;
    char *part; /* "xl/worksheets/sheet1.xml" */
} TgWorkbookSheetInfo;

typedef struct {
    char *file; /* for messages */
    TgSpool *spool;
    gboolean is_1904;  /* days count from 1904, not from 1900 */
    GArray *sheets;    /* of TgWorkbookSheetInfo */
    GByteArray *texts; /* the shared ones, behind each other */
    GArray *text_ends; /* of gsize */
    GArray *dates;     /* of gboolean: whether cells of a style show dates or times */
} TgWorkbook;

/* Copies the stream to a temporary file, and reads what stands beside the sheets. */
TgWorkbook *tg_workbook_open(TgStream *stream, GError **error);
void tg_workbook_free(TgWorkbook *book);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgWorkbook, tg_workbook_free)

typedef enum {
    TG_CELL_BLANK,
    TG_CELL_NUMBER,
    TG_CELL_TEXT,
    TG_CELL_BOOLEAN,
    TG_CELL_ERROR
} TgCellKind;

typedef struct {
    guint column; /* from 0 */
    TgCellKind kind;
    gboolean is_date; /* a number that is shown as date or time */
    double number;    /* of NUMBER; BOOLEAN: 0 or 1 */
    const char *text; /* of TEXT and ERROR; not terminated; lent until the next row */
    gsize text_size;
    gsize own_text_at; /* while the row grows */
    gboolean is_own;   /* the text stands in the row, not among the shared ones */
} TgWorkbookCell;

typedef struct TgWorkbookSheet TgWorkbookSheet;

/**
 * @book lent, outlives the sheet
 * @merges blank cells get the value of the first of the merged ones
 */
TgWorkbookSheet *tg_workbook_sheet_open(const TgWorkbook *book, guint index, gboolean merges,
                                        GError **error);
void tg_workbook_sheet_free(TgWorkbookSheet *sheet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgWorkbookSheet, tg_workbook_sheet_free)

/* The next row that is there; *out_row from 1, 0 behind the last. */
gboolean tg_workbook_sheet_next(TgWorkbookSheet *sheet, guint *out_row, GError **error);

/* A cell of that row; NULL: it has none there. Lent until the next row. */
const TgWorkbookCell *tg_workbook_sheet_cell(const TgWorkbookSheet *sheet, guint column);

/* Cells of that row, for those who want all: of TgWorkbookCell. */
const GArray *tg_workbook_sheet_cells(const TgWorkbookSheet *sheet);

/* "AB" as 27; FALSE: no column. @out_end behind the letters; may be NULL when all must be letters
 */
gboolean tg_workbook_column_parse(const char *text, const char **out_end, guint *out);

/* 27 as "AB". The caller frees. */
char *tg_workbook_column_name(guint column);

/* Merged cells of a sheet: all of them have the value of the first. */
#pragma once

#include "loader/workbook/workbook.h"

typedef struct TgWorkbookMerges TgWorkbookMerges;

/* They stand behind the rows of a sheet, so it is read twice when there are any. */
TgWorkbookMerges *tg_workbook_merges_read(const TgWorkbookPart *part, GError **error);
void tg_workbook_merges_free(TgWorkbookMerges *merges);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgWorkbookMerges, tg_workbook_merges_free)

/* Rows come in their order, and the cells of a row in theirs: first the row, then each cell, whose
 * text is set. */
void tg_workbook_merges_begin_row(TgWorkbookMerges *merges, guint row);

/* Keeps the first cell of a range; gives a blank one its value, which is lent until the merges are
 * freed. */
void tg_workbook_merges_visit(TgWorkbookMerges *merges, guint row, TgWorkbookCell *cell);

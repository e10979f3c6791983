/* Arrow arrays as rows of batches. */
#pragma once

#include "arrow/field.h"

/* How the columns of one schema become those of a load. */
typedef struct TgArrowImport TgArrowImport;

/**
 * @schema lent: a struct ("+s") whose children are the columns
 * @exact_types FALSE: Embulk's six types
 * @return NULL with CONFIG, naming the column and its type
 */
TgArrowImport *tg_arrow_import_new(const struct ArrowSchema *schema, gboolean exact_types,
                                   GError **error);
void tg_arrow_import_free(TgArrowImport *import);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgArrowImport, tg_arrow_import_free)

const TgSchema *tg_arrow_import_schema(const TgArrowImport *import);

/* Whether another schema gives the same columns; CONFIG when it does not. */
gboolean tg_arrow_import_matches(const TgArrowImport *import, const struct ArrowSchema *schema,
                                 GError **error);

/* Whether an array can be read safely: once before the first tg_arrow_import_rows on it. */
gboolean tg_arrow_import_check(const TgArrowImport *import, const struct ArrowArray *array,
                               GError **error);

/**
 * Appends rows from *row on until the batch is full, and moves *row behind them. CONFIG with the
 * column and *row, from which the caller makes the number of the record.
 *
 * @scratch overwritten
 */
gboolean tg_arrow_import_rows(const TgArrowImport *import, const struct ArrowArray *array,
                              gint64 *row, TgBatch *batch, GString *scratch, GError **error);

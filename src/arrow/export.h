/* Columns and rows of a load as Arrow schemas and arrays, for others. */
#pragma once

#include <tegaru_plugin.h>

#include "columns/batch.h"

/* The columns as a struct; timestamps of TG_UNIT_WIDE become nanoseconds, JSON is a text with the
 * extension arrow.json. The caller releases. */
void tg_arrow_export_schema(const TgSchema *schema, struct ArrowSchema *out);

/**
 * A copy of the rows; released by whoever has it, in any thread. CONFIG with the column when a
 * value has no place in Arrow's type: times of more than a day, nanoseconds beyond 2262.
 */
gboolean tg_arrow_export_batch(const TgSchema *schema, const TgBatch *batch, struct ArrowArray *out,
                               GError **error);

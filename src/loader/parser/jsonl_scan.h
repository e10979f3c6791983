/* One record of JSON lines, read straight into vectors (rfc-editor.org/rfc/rfc8259). */
#pragma once

#include "loader/column_config.h"

/* What one thread needs; its buffers are used again for each record. */
typedef struct {
    const TgColumnConfig *columns; /* NULL: the record as a whole is the one column */
    gboolean exact;
    GHashTable *by_name; /* of the columns: name → index + 1; lent */
    guint64 record;      /* number of the record */
    guint64 *seen;       /* of each column: the record that set it last */
    GString *key;        /* of members with escapes */
    GString *text;       /* of values with escapes, and of nested values */

    guint column; /* after a failure: that does not fit; G_MAXUINT: the record as a whole */
} JsonlScan;

void jsonl_scan_init(JsonlScan *scan, const TgColumnConfig *columns, GHashTable *by_name,
                     gboolean exact);
void jsonl_scan_clear(JsonlScan *scan);

/**
 * Reads a line, which must be one object, into the next row of the batch and commits it.
 *
 * @line valid UTF-8, without its end
 * @return NULL, or why not (lent until the next call)
 */
const char *jsonl_scan_record(JsonlScan *scan, const char *line, gsize size_bytes, TgBatch *batch);

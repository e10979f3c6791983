/* Rows as JSON objects: what the formatters json and jsonl have in common. */
#pragma once

#include "columns/batch.h"
#include "loader/plugin.h"
#include "loader/time_format.h"

/* How rows are written; any thread may use it. */
typedef struct {
    const TgSchema *schema; /* lent */
    char **names;           /* `"name":` of each column */
    TgTimeFormat *format;   /* of timestamps */
    TgTimeZone *zone;
} TgJsonRow;

/* Reads `timestamp_format` (ISO 8601 in microseconds) and `timezone` (UTC). */
TgJsonRow *tg_json_row_new(const json_t *config, const TgSchema *schema, GError **error);
void tg_json_row_free(TgJsonRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgJsonRow, tg_json_row_free)

/* Appends {"a":1,…}: numbers with all their digits, NaN and infinity as null, bytes in base64,
 * times as texts. A text that is no UTF-8 has U+FFFD in place of what is malformed. */
void tg_json_row_append(const TgJsonRow *row, const TgBatch *batch, guint index, GString *out);

/* Rows of an option table. */
#define TG_JSON_ROW_OPTIONS                                                                        \
    {"timestamp_format", "text", "%Y-%m-%dT%H:%M:%S.%6N%:z", "Format of timestamps."},             \
    {                                                                                              \
        "timezone", "text", "UTC", "Their zone."                                                   \
    }

/* Records as JSON objects: the filter to_json, the formatters json and jsonl. */
#pragma once

#include <jansson.h>

#include "columns/batch.h"
#include "loader/time_format.h"

typedef struct TgRecordJson TgRecordJson;

/* Names are written once, here. CONFIG for a bad format or zone. Of columns with one name only the
 * last is written. */
TgRecordJson *tg_record_json_new(const TgSchema *schema, const char *time_format,
                                 const char *timezone, GError **error);

/* NaN and infinity are written as null instead of being refused. */
void tg_record_json_set_lenient(TgRecordJson *self);

/* Timestamps of one column in another format; CONFIG as above. */
gboolean tg_record_json_set_format(TgRecordJson *self, guint column, const char *time_format,
                                   const char *timezone, GError **error);

/* The options that tg_record_json_new_configured reads, those of embulk-formatter-csv. */
#define TG_RECORD_JSON_OPTIONS                                                                     \
    {"default_timezone", "text", "UTC", "Zone of timestamps."},                                    \
        {"default_timestamp_format", "text", "%Y-%m-%d %H:%M:%S.%6N %z", "Format of timestamps."}, \
    {                                                                                              \
        "column_options", "map", "{}", "By column: format, timezone."                              \
    }
TgRecordJson *tg_record_json_new_configured(const TgSchema *schema, const json_t *config,
                                            GError **error);
void tg_record_json_free(TgRecordJson *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgRecordJson, tg_record_json_free)

/**
 * Appends a row as a compact object. Decimals keep their digits, dates and times are texts, binary
 * is Base64, json stands as it is; texts have U+FFFD in place of what is no UTF-8. Any thread.
 *
 * @return FALSE with CONFIG for NaN and infinity, which JSON does not have
 */
gboolean tg_record_json_append(const TgRecordJson *self, const TgBatch *batch, guint row,
                               GString *out, GError **error);

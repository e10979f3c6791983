/* Records as JSON objects: the filter to_json, the formatters json and jsonl. */
#pragma once

#include "columns/batch.h"
#include "loader/time_format.h"

typedef struct TgRecordJson TgRecordJson;

/* Names are written once, here. CONFIG for a bad format or zone. */
TgRecordJson *tg_record_json_new(const TgSchema *schema, const char *time_format,
                                 const char *timezone, GError **error);

/* Timestamps of one column in another format; CONFIG as above. */
gboolean tg_record_json_set_format(TgRecordJson *self, guint column, const char *time_format,
                                   const char *timezone, GError **error);
void tg_record_json_free(TgRecordJson *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgRecordJson, tg_record_json_free)

/**
 * Appends a row as a compact object. Decimals keep their digits, dates and times are texts, binary
 * is Base64, json stands as it is. Of columns with one name only the last is written. Any thread.
 *
 * @return FALSE with CONFIG for NaN and infinity, which JSON does not have
 */
gboolean tg_record_json_append(const TgRecordJson *self, const TgBatch *batch, guint row,
                               GString *out, GError **error);

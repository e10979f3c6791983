/* What the files of Glue share. */
#pragma once

#include "endpoint/endpoint_internal.h"

#define TG_GLUE_STATISTICS "glue-statistics" /* kinds of what is kept */
#define TG_GLUE_INDEXES "glue-index"

/* A table, or Glue's words of what is not there. A new reference. */
json_t *tg_endpoint_glue_table(TgActionCall *call, const char *database, const char *table,
                               GError **error);

/* That of DatabaseName and another key of the input. */
json_t *tg_endpoint_glue_table_of(TgActionCall *call, const char *table_key, GError **error);

/* A regular expression over a whole name; *out NULL for NULL. */
gboolean tg_endpoint_glue_pattern(const char *text, GRegex **out, GError **error);

/* {"ErrorCode", "ErrorMessage"}. A new reference. */
json_t *tg_endpoint_glue_error_detail(const GError *error);

/* A list of the input of at most `max`; NULL with CONFIG. Lent. */
const json_t *tg_endpoint_glue_batch(const TgActionCall *call, const char *key, gsize max,
                                     GError **error);

/* "db.table": the scope of what is kept of it. The caller frees. */
char *tg_endpoint_glue_scope(const json_t *table);

/* What the parts of the json parser share (embulk-parser-json). */
#pragma once

#include "loader/column_config.h"
#include "loader/json_text.h"
#include "loader/plugin.h"

#define JSON_VALUE_BYTES_MAX ((gsize)64 * 1024 * 1024) /* of one value of a file */

typedef enum { JSON_ESCAPES_PASS, JSON_ESCAPES_SKIP, JSON_ESCAPES_UNESCAPE } JsonEscapes;

/* --- json_cut.c: values of a stream of JSON texts --- */

typedef struct JsonCut JsonCut;

JsonCut *json_cut_new(TgStream *take_stream, JsonEscapes escapes, TgJsonNumbers numbers);
void json_cut_free(JsonCut *cut);

/**
 * The next value as compact text; lent until the next call. *out is
 * NULL at the end. A syntax error is CONFIG and names file and line.
 */
gboolean json_cut_next(JsonCut *cut, const char **out, gsize *out_size, GError **error);

/* "file:line" of the value that was returned last. The caller frees. */
char *json_cut_place(const JsonCut *cut);

/* The two parts of it; the name is lent. */
const char *json_cut_file(const JsonCut *cut);
guint64 json_cut_line(const JsonCut *cut);

/* --- json_value.c --- */

/* Puts a member into a vector: what follows from reader and type. NULL, or why it does not fit;
 * *out_stops when Embulk gives up there instead of skipping the record. */
const char *json_value_set(const TgColumnConfig *columns, guint column, const json_t *value,
                           TgVector *vector, guint row, gboolean *out_stops);

/* JSON texts as values of json columns: checked and written compactly, keys in their order,
 * duplicates kept. */
#pragma once

#include <glib.h>

#define TG_JSON_DEPTH_MAX 500u

typedef enum {
    TG_JSON_KEEP_NUMBERS,  /* digits stay as written */
    TG_JSON_EMBULK_NUMBERS /* integers of 64 bits, doubles printed as Java does */
} TgJsonNumbers;

/**
 * Appends the first JSON value of a text in compact form. Blanks alone append nothing.
 *
 * @out_used bytes of the text up to behind the value
 * @return NULL, or why the text is no JSON (lent)
 */
const char *tg_json_text_append(GString *out, const char *text, gsize size_bytes,
                                TgJsonNumbers numbers, gsize *out_used);

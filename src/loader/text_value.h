/* Texts as values of columns: what csv, fixed, xml and filters have in common. */
#pragma once

#include "loader/column_config.h"

typedef struct {
    gboolean exact;                  /* what does not fit exactly is refused */
    gboolean strict_booleans;        /* a text that is neither true nor false is refused */
    const TgTimestampReader *reader; /* of a DATE or TIMESTAMP column */
} TgTextRules;

/* Sets a value of a type that column_config gives. NULL, or why the text does not fit (lent). */
const char *tg_text_value_set(const TgTextRules *rules, const char *text, gsize size_bytes,
                              TgVector *vector, guint row);

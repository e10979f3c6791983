/* One value of an Arrow array into a vector, or as JSON. */
#pragma once

#include "arrow/field.h"

#define TG_ARROW_VALUE_BYTES_MAX ((gsize)64 * 1024 * 1024) /* of one text, or of one as JSON */

/* Whether a value is there. @index from the array's start, its offset included */
gboolean tg_arrow_is_valid(const TgArrowField *field, const struct ArrowArray *array, gint64 index);

/* The bytes of a BYTES, BYTES_VIEW or FIXED_BYTES value; lent. */
const char *tg_arrow_get_bytes(const TgArrowField *field, const struct ArrowArray *array,
                               gint64 index, gsize *out_size_bytes);

/* Leads through the dictionary of an array that has one. NULL, or why it cannot (lent). */
const char *tg_arrow_resolve(const TgArrowField **field, const struct ArrowArray **array,
                             gint64 *index);

/**
 * Sets a vector's row from a value that is there and is not nested: to its exact type, or to one of
 * Embulk's (INT64, DOUBLE, TIMESTAMP of TG_UNIT_WIDE, STRING). NULL, or why it does not fit (lent).
 */
const char *tg_arrow_set(const TgArrowField *field, const struct ArrowArray *array, gint64 index,
                         TgVector *vector, guint row);

/* Appends an integer that is no time, or a floating point number, that is there; FALSE: it is
 * something else. */
gboolean tg_arrow_append_number(const TgArrowField *field, const struct ArrowArray *array,
                                gint64 index, GString *out);

/* Appends a value of any type as JSON; the same result as tg_arrow_set. */
const char *tg_arrow_append_json(const TgArrowField *field, const struct ArrowArray *array,
                                 gint64 index, GString *out);

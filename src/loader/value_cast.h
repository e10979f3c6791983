/* Values of a column as another type: what typecast, expand_json and other filters have in common.
 */
#pragma once

#include "loader/text_value.h"

/* How one column becomes another. What it points to is lent. */
typedef struct {
    TgTextRules rules;          /* from texts */
    const TgTimeFormat *format; /* of instants as texts; NULL: ISO dates, no timestamps */
    const TgTimeZone *zone;
} TgCast;

/* Whether values of `from` can become `to` at all. */
gboolean tg_cast_is_possible(TgType from, TgType to);

/**
 * Sets a value from one that is not null. `scratch` is overwritten.
 *
 * @return NULL, or why the value cannot be had in the other type (lent)
 */
const char *tg_cast_value(const TgCast *cast, const TgVector *from, guint row, TgVector *into,
                          guint into_row, GString *scratch);

/* Appends a value as text: instants by format and zone, others as tg_value_append. */
void tg_cast_append(const TgCast *cast, GString *out, const TgVector *from, guint row);

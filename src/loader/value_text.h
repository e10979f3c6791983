/* Values as Embulk's default texts, for preview, stdout and csv. */
#pragma once

#include "columns/batch.h"
#include "loader/time_format.h"

/* Appends a value that is not null and no timestamp: long, double as Java, true/false, text as it
 * is. Types beyond Embulk's six: dates as 2015-01-27, decimals with their point. */
void tg_value_append(GString *out, const TgVector *vector, guint row);

/* Whether a type is an instant that needs format and zone. */
gboolean tg_value_is_instant(TgType type);

/* As g_string_append_len, for what is called a hundred million times. */
static inline void tg_string_append(GString *out, const char *bytes, gsize size)
{
    if (G_LIKELY(out->len + size < out->allocated_len)) {
        memcpy(out->str + out->len, bytes, size);
        out->len += size;
        out->str[out->len] = '\0';
    } else {
        g_string_append_len(out, bytes, (gssize)size);
    }
}

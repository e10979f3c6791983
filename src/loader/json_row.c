/* Rows as JSON objects. */
#include "loader/json_row.h"

#include <math.h>
#include <string.h>

#include "loader/utf8.h"
#include "loader/value_text.h"
#include "params/params.h"

/* A text in quotes. */
static void append_text(GString *out, const char *text, gsize size)
{
    static const char from[] = "\b\f\n\r\t\"\\";
    static const char to[] = "bfnrt\"\\";
    const char *plain = text;
    const char *end = text + size;

    g_string_append_c(out, '"');
    for (const char *at = text; at < end; at++) {
        if ((guchar)*at >= 0x20 && *at != '"' && *at != '\\') {
            continue;
        }
        const char *found = *at == '\0' ? NULL : strchr(from, *at);

        g_string_append_len(out, plain, at - plain);
        plain = at + 1;
        if (found != NULL) {
            g_string_append_c(out, '\\');
            g_string_append_c(out, to[found - from]);
        } else {
            g_string_append_printf(out, "\\u%04x", (guint)(guchar)*at);
        }
    }
    g_string_append_len(out, plain, end - plain);
    g_string_append_c(out, '"');
}

static void append_string(GString *out, const char *text, gsize size)
{
    if (tg_utf8_is_valid(text, size)) {
        append_text(out, text, size);
        return;
    }
    g_autoptr(GString) repaired = g_string_new(NULL);

    tg_utf8_append_repaired(repaired, text, size);
    append_text(out, repaired->str, repaired->len);
}

static gboolean is_finite(const TgVector *vector, guint row)
{
    float narrow = 0.0F;

    if (vector->type.id == TG_TYPE_DOUBLE) {
        return isfinite(tg_vector_get_double(vector, row)) != 0;
    }
    memcpy(&narrow, vector->data + (gsize)row * sizeof narrow, sizeof narrow);
    return isfinite(narrow) != 0;
}

static void append_value(const TgJsonRow *self, const TgVector *vector, guint row, GString *out)
{
    gsize size = 0;
    const char *bytes = NULL;
    g_autofree char *encoded = NULL;

    switch ((int)vector->type.id) {
    case TG_TYPE_STRING:
        bytes = tg_vector_get_bytes(vector, row, &size);
        append_string(out, bytes, size);
        break;
    case TG_TYPE_BINARY:
        bytes = tg_vector_get_bytes(vector, row, &size);
        encoded = g_base64_encode((const guchar *)bytes, size);
        append_text(out, encoded, strlen(encoded));
        break;
    case TG_TYPE_TIMESTAMP:
        g_string_append_c(out, '"');
        tg_time_format_write(self->format, self->zone, tg_vector_get_nanos(vector, row), out);
        g_string_append_c(out, '"');
        break;
    case TG_TYPE_DATE:
    case TG_TYPE_TIME:
        g_string_append_c(out, '"');
        tg_value_append(out, vector, row);
        g_string_append_c(out, '"');
        break;
    case TG_TYPE_FLOAT:
    case TG_TYPE_DOUBLE:
        if (!is_finite(vector, row)) {
            g_string_append(out, "null");
            break;
        }
        tg_value_append(out, vector, row);
        break;
    default: /* integers, decimals, booleans, JSON */
        tg_value_append(out, vector, row);
        break;
    }
}

TgJsonRow *tg_json_row_new(const json_t *config, const TgSchema *schema, GError **error)
{
    g_autoptr(TgJsonRow) self = g_new0(TgJsonRow, 1);
    g_autofree char *format = NULL;
    g_autofree char *zone = NULL;

    self->schema = schema;
    self->names = g_new0(char *, schema->count + 1);
    for (guint i = 0; i < schema->count; i++) {
        GString *name = g_string_new(NULL);

        append_string(name, schema->columns[i].name, strlen(schema->columns[i].name));
        g_string_append_c(name, ':');
        self->names[i] = g_string_free(name, FALSE);
    }
    if (!tg_params_dup_text_or(config, "timestamp_format", "%Y-%m-%dT%H:%M:%S.%6N%:z", &format,
                               error) ||
        !tg_params_dup_text_or(config, "timezone", "UTC", &zone, error)) {
        return NULL;
    }
    self->format = tg_time_format_new(format, error);
    self->zone = self->format == NULL ? NULL : tg_time_zone_new(zone, error);
    return self->zone == NULL ? NULL : g_steal_pointer(&self);
}

void tg_json_row_free(TgJsonRow *row)
{
    if (row == NULL) {
        return;
    }
    g_strfreev(row->names);
    tg_time_format_free(row->format);
    tg_time_zone_free(row->zone);
    g_free(row);
}

void tg_json_row_append(const TgJsonRow *row, const TgBatch *batch, guint index, GString *out)
{
    for (guint i = 0; i < batch->count; i++) {
        const TgVector *vector = batch->vectors[i];

        g_string_append_c(out, i == 0 ? '{' : ',');
        g_string_append(out, row->names[i]);
        if (tg_vector_is_valid(vector, index)) {
            append_value(row, vector, index, out);
        } else {
            g_string_append(out, "null");
        }
    }
    g_string_append(out, batch->count == 0 ? "{}" : "}");
}

/* Rows as the text that COPY and LOAD DATA read. */
#include <string.h>

#include "loader/database_output.h"
#include "loader/value_text.h"

#define NANOS_PER_MICRO 1000

/* What has a meaning of its own gets a backslash. */
static void append_escaped(GString *out, const char *text, gsize size)
{
    gsize start = 0;

    for (gsize i = 0; i < size; i++) {
        const char *escape = text[i] == '\\'   ? "\\\\"
                             : text[i] == '\t' ? "\\t"
                             : text[i] == '\n' ? "\\n"
                             : text[i] == '\r' ? "\\r"
                                               : NULL;

        if (escape != NULL) {
            g_string_append_len(out, text + start, (gssize)(i - start));
            g_string_append(out, escape);
            start = i + 1;
        }
    }
    g_string_append_len(out, text + start, (gssize)(size - start));
}

static void append_hexadecimal(GString *out, const char *bytes, gsize size)
{
    static const char digits[] = "0123456789abcdef";

    for (gsize i = 0; i < size; i++) {
        g_string_append_c(out, digits[(guint8)bytes[i] >> 4u]);
        g_string_append_c(out, digits[(guint8)bytes[i] & 15u]);
    }
}

static gboolean append_timestamp(const TgDatabaseRows *self, const TgDatabaseTarget *column,
                                 const TgVector *vector, guint row, GError **error)
{
    TgInt128 nanos = tg_vector_get_nanos(vector, row);

    if (self->table->exact && nanos % NANOS_PER_MICRO != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "column '%s': a time has nanoseconds, which the database cannot hold; write "
                    "'types: embulk' to cut them off, or load it as a string",
                    column->name);
        return FALSE;
    }
    (void)g_string_truncate(self->scratch, 0);
    tg_time_format_write(column->format, column->zone, nanos, self->scratch);
    append_escaped(self->text, self->scratch->str, self->scratch->len);
    return TRUE;
}

static gboolean append_value(const TgDatabaseRows *self, const TgDatabaseTarget *column,
                             const TgVector *vector, guint row, GError **error)
{
    const char *bytes = NULL;
    gsize size = 0;

    if (column->is_null || !tg_vector_is_valid(vector, row)) {
        g_string_append(self->text, "\\N");
        return TRUE;
    }
    switch ((int)vector->type.id) {
    case TG_TYPE_STRING:
    case TG_TYPE_JSON:
        bytes = tg_vector_get_bytes(vector, row, &size);
        append_escaped(self->text, bytes, size);
        return TRUE;
    case TG_TYPE_BINARY:
        bytes = tg_vector_get_bytes(vector, row, &size);
        g_string_append(self->text, self->table->server->bytes_as_text ? "\\\\x" : "");
        append_hexadecimal(self->text, bytes, size);
        return TRUE;
    case TG_TYPE_TIMESTAMP:
        return append_timestamp(self, column, vector, row, error);
    case TG_TYPE_BOOLEAN:
        if (column->has_digits) {
            g_string_append_c(self->text, tg_vector_get_boolean(vector, row) ? '1' : '0');
            return TRUE;
        }
        break;
    default:
        break;
    }
    tg_value_append(self->text, vector, row);
    return TRUE;
}

static gboolean append_row(const TgDatabaseRows *self, const TgBatch *batch, guint row,
                           GError **error)
{
    for (guint i = 0; i < self->table->count; i++) {
        const TgDatabaseTarget *column = &self->table->columns[i];

        if (i > 0) {
            g_string_append_c(self->text, '\t');
        }
        if (!append_value(self, column, batch->vectors[column->source], row, error)) {
            return FALSE;
        }
    }
    g_string_append_c(self->text, '\n');
    return TRUE;
}

gboolean tg_database_rows_next(TgDatabaseRows *rows, const GString **out, GError **error)
{
    const TgBatch *batch = NULL;

    *out = NULL;
    if (!tg_cursor_next(rows->cursor, &batch, error)) {
        return FALSE;
    }
    (void)g_string_truncate(rows->text, 0);
    for (guint row = 0; batch != NULL && row < batch->rows; row++) {
        if (!append_row(rows, batch, row, error)) {
            return FALSE;
        }
    }
    *out = batch == NULL ? NULL : rows->text;
    return TRUE;
}

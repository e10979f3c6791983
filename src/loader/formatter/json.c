/* formatter json: all records of a file as one array. */
#include <string.h>

#include "loader/plugin.h"
#include "loader/record_json.h"
#include "params/params.h"

#define FLUSH_BYTES ((gsize)64 * 1024)

typedef struct {
    TgFormatter formatter;
    TgRecordJson *writer;
    const char *newline; /* behind each record */
} JsonFormatter;

static gboolean flush(TgSink *sink, GString *text, gint64 *bytes, GError **error)
{
    gboolean ok = text->len == 0 || sink->class->write(sink, text->str, text->len, error);

    *bytes += (gint64)text->len;
    g_string_truncate(text, 0);
    return ok;
}

static gboolean add_batch(const JsonFormatter *self, const TgBatch *batch, gboolean is_first,
                          GString *text, GError **error)
{
    for (guint row = 0; row < batch->rows; row++) {
        if (!is_first || row > 0) {
            g_string_append_c(text, ',');
            g_string_append(text, self->newline);
        }
        if (!tg_record_json_append(self->writer, batch, row, text, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean formatter_write_file(const TgFormatter *formatter, TgRows *rows, TgSink *sink,
                                     gint64 *out_bytes, GError **error)
{
    const JsonFormatter *self = (const JsonFormatter *)formatter;
    g_autoptr(TgCursor) cursor = tg_cursor_new(rows);
    g_autoptr(GString) text = g_string_new("[");
    const TgBatch *batch = NULL;
    gboolean is_first = TRUE;

    g_string_append(text, self->newline);
    for (;;) {
        if (!tg_cursor_next(cursor, &batch, error)) {
            return FALSE;
        }
        if (batch == NULL) {
            break;
        }
        if (!add_batch(self, batch, is_first, text, error) ||
            (text->len >= FLUSH_BYTES && !flush(sink, text, out_bytes, error))) {
            return FALSE;
        }
        is_first = FALSE;
    }
    g_string_append(text, is_first ? "" : self->newline);
    g_string_append_c(text, ']');
    g_string_append(text, self->newline);
    return flush(sink, text, out_bytes, error);
}

static void formatter_free(TgFormatter *formatter)
{
    JsonFormatter *self = (JsonFormatter *)formatter;

    tg_record_json_free(self->writer);
    g_free(self);
}

static gboolean read_newline(const json_t *config, const char **out, GError **error)
{
    static const char *const names[] = {"LF", "CRLF", "CR", "NO"};
    static const char *const texts[] = {"\n", "\r\n", "\r", ""};
    g_autofree char *name = NULL;

    if (!tg_params_dup_text_or(config, "newline", "LF", &name, error)) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strcasecmp(names[i], name) == 0) {
            *out = texts[i];
            return TRUE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "newline is LF, CRLF, CR or NO, not '%s'", name);
    return FALSE;
}

static TgFormatter *formatter_open(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                                   const TgSchema *schema, GError **error)
{
    static const TgFormatterClass class = {.write_file = formatter_write_file,
                                           .free = formatter_free};
    JsonFormatter *self = g_new0(JsonFormatter, 1);

    self->formatter.class = &class;
    self->writer = tg_record_json_new_configured(schema, config, error);
    if (self->writer == NULL || !read_newline(config, &self->newline, error)) {
        formatter_free(&self->formatter);
        return NULL;
    }
    return &self->formatter;
}

static const TgLoaderOption options[] = {
    TG_RECORD_JSON_OPTIONS,
    {"newline", "text", "LF", "Behind each record: LF, CRLF, CR or NO."},
    {0}};

const TgFormatterPlugin tg_formatter_json = {.name = "json",
                                             .help = "One JSON array of objects.",
                                             .options = options,
                                             .open = formatter_open};

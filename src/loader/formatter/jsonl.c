/* formatter jsonl: a JSON object a line (embulk-formatter-jsonl). */
#include <string.h>

#include "loader/plugin.h"
#include "loader/record_json.h"
#include "params/params.h"

#define TIMESTAMP_FORMAT "%Y-%m-%dT%H:%M:%S.%6N%:z" /* ISO 8601 */

typedef struct {
    TgFormatter formatter;
    TgRecordJson *writer;
    const char *newline;
} JsonlFormatter;

static gboolean formatter_begin(const TgFormatter *formatter G_GNUC_UNUSED,
                                GString *out G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return TRUE;
}

static gboolean formatter_add(const TgFormatter *formatter, const TgBatch *batch, GString *out,
                              GError **error)
{
    const JsonlFormatter *self = (const JsonlFormatter *)formatter;

    for (guint row = 0; row < batch->rows; row++) {
        if (!tg_record_json_append(self->writer, batch, row, out, error)) {
            return FALSE;
        }
        g_string_append(out, self->newline);
    }
    return TRUE;
}

static void formatter_free(TgFormatter *formatter)
{
    tg_record_json_free(((JsonlFormatter *)formatter)->writer);
    g_free(formatter);
}

static gboolean read_newline(JsonlFormatter *self, const json_t *config, GError **error)
{
    g_autofree char *name = NULL;

    if (!tg_params_dup_text_or(config, "newline", "LF", &name, error)) {
        return FALSE;
    }
    self->newline = strcmp(name, "CRLF") == 0 ? "\r\n" : strcmp(name, "LF") == 0 ? "\n" : NULL;
    if (self->newline == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'newline' must be LF or CRLF, not '%s'",
                    name);
    }
    return self->newline != NULL;
}

static gboolean open_writer(JsonlFormatter *self, const json_t *config, const TgSchema *schema,
                            GError **error)
{
    g_autofree char *format = NULL;
    g_autofree char *zone = NULL;

    if (!tg_params_dup_text_or(config, "timestamp_format", TIMESTAMP_FORMAT, &format, error) ||
        !tg_params_dup_text_or(config, "timezone", "UTC", &zone, error)) {
        return FALSE;
    }
    self->writer = tg_record_json_new(schema, format, zone, error);
    if (self->writer == NULL) {
        return FALSE;
    }
    tg_record_json_set_lenient(self->writer);
    return TRUE;
}

static TgFormatter *formatter_open(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                                   const TgSchema *schema, GError **error)
{
    static const TgFormatterClass class = {
        .begin = formatter_begin, .add = formatter_add, .free = formatter_free};
    JsonlFormatter *self = g_new0(JsonlFormatter, 1);

    self->formatter.class = &class;
    if (!open_writer(self, config, schema, error) || !read_newline(self, config, error)) {
        formatter_free(&self->formatter);
        return NULL;
    }
    return &self->formatter;
}

static const TgLoaderOption options[] = {
    {"timestamp_format", "text", TIMESTAMP_FORMAT, "Format of timestamps."},
    {"timezone", "text", "UTC", "Their zone."},
    {"newline", "text", "LF", "How a line ends: LF or CRLF."},
    {"encoding", "text", "UTF-8", "Accepted; JSON is UTF-8."},
    {0}};

const TgFormatterPlugin tg_formatter_jsonl = {
    .name = "jsonl", .help = "A JSON object a line.", .options = options, .open = formatter_open};

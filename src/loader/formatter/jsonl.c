/* formatter jsonl: a JSON object a line (embulk-formatter-jsonl). */
#include <string.h>

#include "loader/json_row.h"
#include "loader/plugin.h"
#include "params/params.h"

typedef struct {
    TgFormatter formatter;
    TgJsonRow *row;
    const char *newline;
} JsonlFormatter;

static gboolean formatter_begin(const TgFormatter *formatter G_GNUC_UNUSED,
                                GString *out G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return TRUE;
}

static gboolean formatter_add(const TgFormatter *formatter, const TgBatch *batch, GString *out,
                              GError **error G_GNUC_UNUSED)
{
    const JsonlFormatter *self = (const JsonlFormatter *)formatter;

    for (guint row = 0; row < batch->rows; row++) {
        tg_json_row_append(self->row, batch, row, out);
        g_string_append(out, self->newline);
    }
    return TRUE;
}

static void formatter_free(TgFormatter *formatter)
{
    tg_json_row_free(((JsonlFormatter *)formatter)->row);
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

static TgFormatter *formatter_open(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                                   const TgSchema *schema, GError **error)
{
    static const TgFormatterClass class = {
        .begin = formatter_begin, .add = formatter_add, .free = formatter_free};
    JsonlFormatter *self = g_new0(JsonlFormatter, 1);

    self->formatter.class = &class;
    self->row = tg_json_row_new(config, schema, error);
    if (self->row == NULL || !read_newline(self, config, error)) {
        formatter_free(&self->formatter);
        return NULL;
    }
    return &self->formatter;
}

static const TgLoaderOption options[] = {TG_JSON_ROW_OPTIONS,
                                         {"newline", "text", "LF", "How a line ends: LF or CRLF."},
                                         {"encoding", "text", "UTF-8", "Accepted; JSON is UTF-8."},
                                         {0}};

const TgFormatterPlugin tg_formatter_jsonl = {
    .name = "jsonl", .help = "A JSON object a line.", .options = options, .open = formatter_open};

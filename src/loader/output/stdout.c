/* out stdout: rows as lines, comma separated, nothing quoted (embulk-core's StdoutOutput). */
#include "loader/plugin.h"
#include "loader/time_format.h"
#include "loader/value_text.h"
#include "params/params.h"

typedef struct {
    TgOutput output;
    TgLoaderContext *context;
    const TgSchema *schema;
    TgTimeFormat **formats; /* of timestamp columns */
    TgTimeZone *zone;
    gboolean prints_names;
} StdoutOutput;

static void print(const StdoutOutput *self, const GString *text)
{
    const TgLoaderServices *services = tg_loader_context_job(self->context)->services;

    if (services->print != NULL && text->len > 0) {
        services->print(services->data, text->str, text->len);
    }
}

static void append_row(const StdoutOutput *self, const TgBatch *batch, guint row, GString *out)
{
    for (guint i = 0; i < batch->count; i++) {
        const TgVector *vector = batch->vectors[i];

        if (i > 0) {
            g_string_append_c(out, ',');
        }
        if (!tg_vector_is_valid(vector, row)) {
            continue;
        }
        if (tg_value_is_instant(vector->type)) {
            tg_time_format_write(self->formats[i], self->zone, tg_vector_get_nanos(vector, row),
                                 out);
        } else {
            tg_value_append(out, vector, row);
        }
    }
    g_string_append_c(out, '\n');
}

static gboolean output_run_task(TgOutput *output, guint task G_GNUC_UNUSED, TgRows *rows,
                                json_t **out_report, GError **error)
{
    const StdoutOutput *self = (const StdoutOutput *)output;
    g_autoptr(TgCursor) cursor = tg_cursor_new(rows);
    g_autoptr(GString) text = g_string_new(NULL);
    const TgBatch *batch = NULL;

    for (;;) {
        if (!tg_cursor_next(cursor, &batch, error)) {
            return FALSE;
        }
        if (batch == NULL) {
            break;
        }
        g_string_truncate(text, 0);
        for (guint row = 0; row < batch->rows; row++) {
            append_row(self, batch, row, text);
        }
        print(self, text);
    }
    *out_report = json_object();
    return TRUE;
}

static gboolean output_commit(TgOutput *output G_GNUC_UNUSED, const json_t *reports G_GNUC_UNUSED,
                              json_t *receipt G_GNUC_UNUSED, json_t **out_diff,
                              GError **error G_GNUC_UNUSED)
{
    *out_diff = json_object();
    return TRUE;
}

static void output_free(TgOutput *output)
{
    StdoutOutput *self = (StdoutOutput *)output;

    for (guint i = 0; i < self->schema->count; i++) {
        tg_time_format_free(self->formats[i]);
    }
    g_free(self->formats);
    tg_time_zone_free(self->zone);
    g_free(self);
}

static gboolean open_formats(StdoutOutput *self, GError **error)
{
    for (guint i = 0; i < self->schema->count; i++) {
        const TgColumn *column = &self->schema->columns[i];

        if (!tg_value_is_instant(column->type)) {
            continue;
        }
        self->formats[i] = tg_time_format_new(
            column->format == NULL ? "%Y-%m-%d %H:%M:%S.%6N %z" : column->format, error);
        if (self->formats[i] == NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

static void print_names(const StdoutOutput *self)
{
    g_autoptr(GString) line = g_string_new(NULL);

    for (guint i = 0; i < self->schema->count; i++) {
        g_string_append(line, i == 0 ? "" : ",");
        g_string_append(line, self->schema->columns[i].name);
    }
    g_string_append_c(line, '\n');
    print(self, line);
}

static TgOutput *output_open(TgLoaderContext *context, const json_t *config, const TgSchema *schema,
                             guint task_count G_GNUC_UNUSED, GError **error)
{
    static const TgOutputClass class = {
        .run_task = output_run_task, .commit = output_commit, .free = output_free};
    StdoutOutput *self = g_new0(StdoutOutput, 1);
    g_autoptr(TgOutput) output = &self->output;
    g_autofree char *zone = NULL;

    self->output.class = &class;
    self->context = context;
    self->schema = schema;
    self->formats = g_new0(TgTimeFormat *, schema->count + 1);
    if (!tg_params_get_boolean(config, "prints_column_names", FALSE, &self->prints_names, error) ||
        !tg_params_dup_text_or(config, "timezone", "UTC", &zone, error)) {
        return NULL;
    }
    self->zone = tg_time_zone_new(zone, error);
    if (self->zone == NULL || !open_formats(self, error)) {
        return NULL;
    }
    if (self->prints_names) {
        print_names(self);
    }
    return g_steal_pointer(&output);
}

static const TgLoaderOption options[] = {
    {"prints_column_names", "boolean", "false", "Print the names of the columns first."},
    {"timezone", "text", "UTC", "Zone of printed timestamps."},
    {0}};

const TgOutputPlugin tg_output_stdout = {
    .name = "stdout", .help = "Prints rows.", .options = options, .open = output_open};

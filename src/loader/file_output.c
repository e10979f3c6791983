/* Output role: formatter → encoders → files. */
#include <string.h>

#include "loader/context.h"
#include "loader/format_rows.h"
#include "params/params.h"

#define ENCODERS_MAX 16u

typedef struct {
    TgOutput output;
    TgFileSinks *sinks;
    TgFormatter *formatter;
    guint encoder_count;
    const TgEncoderPlugin *encoders[ENCODERS_MAX];
    gint64 levels[ENCODERS_MAX]; /* of the encoders */
    json_t *config;
} FileOutput;

void tg_sink_free(TgSink *sink)
{
    if (sink != NULL) {
        sink->class->free(sink);
    }
}

void tg_output_free(TgOutput *output)
{
    if (output != NULL) {
        output->class->free(output);
    }
}

/* The sink of a task's file with the encoders around it: the last of the list is nearest to the
 * file. */
static TgSink *open_sink(FileOutput *self, guint task, char **out_path, GError **error)
{
    TgSink *sink = self->sinks->class->open_file(self->sinks, task, 0, out_path, error);

    for (guint i = self->encoder_count; sink != NULL && i > 0; i--) {
        sink = self->encoders[i - 1]->open(self->levels[i - 1], sink, error);
    }
    return sink;
}

static gboolean write_rows(FileOutput *self, TgRows *rows, TgSink *sink, gint64 *out_bytes,
                           GError **error)
{
    const TgFormatterClass *class = self->formatter->class;
    gboolean ok = class->write_file != NULL
                      ? class->write_file(self->formatter, rows, sink, out_bytes, error)
                      : tg_format_rows(self->formatter, rows, sink, out_bytes, error);

    return ok && sink->class->finish(sink, error);
}

static gboolean output_run_task(TgOutput *output, guint task, TgRows *rows, json_t **out_report,
                                GError **error)
{
    FileOutput *self = (FileOutput *)output;
    g_autofree char *path = NULL;
    g_autoptr(TgSink) sink = open_sink(self, task, &path, error);
    gint64 bytes = 0;

    if (sink == NULL || !write_rows(self, rows, sink, &bytes, error)) {
        return FALSE;
    }
    *out_report = json_pack("{s:s, s:I}", "path", path, "size", (json_int_t)bytes);
    return TRUE;
}

static gboolean output_commit(TgOutput *output, const json_t *reports, json_t *receipt,
                              json_t **out_diff, GError **error)
{
    TgFileSinks *sinks = ((FileOutput *)output)->sinks;

    if (sinks->class->commit != NULL && !sinks->class->commit(sinks, error)) {
        return FALSE;
    }
    json_object_set_new(receipt, "objects", json_deep_copy(reports));
    *out_diff = json_object();
    return TRUE;
}

static void output_free(TgOutput *output)
{
    FileOutput *self = (FileOutput *)output;

    if (self->formatter != NULL) {
        self->formatter->class->free(self->formatter);
    }
    if (self->sinks != NULL) {
        self->sinks->class->free(self->sinks);
    }
    json_decref(self->config);
    g_free(self);
}

static gboolean read_level(const TgEncoderPlugin *plugin, const json_t *config, gint64 *out,
                           GError **error)
{
    return tg_params_get_int64(config, "level", plugin->level_default, out, error) &&
           tg_params_check_range("level", *out, plugin->level_min, plugin->level_max, error);
}

static gboolean find_encoders(FileOutput *self, TgLoaderContext *context, GError **error)
{
    static const char *const frame_keys[] = {"type", NULL};
    const void *const *plugins = (const void *const *)context->job->plugins->encoders;
    const json_t *list = json_object_get(self->config, "encoders");
    json_t *block = NULL;
    size_t index = 0;

    if ((list != NULL && !json_is_null(list) && !json_is_array(list)) ||
        json_array_size(list) > ENCODERS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "out.encoders must be a list of at most %u maps", ENCODERS_MAX);
        return FALSE;
    }
    json_array_foreach (list, index, block) {
        const TgEncoderPlugin *plugin =
            tg_loader_find_plugin(block, "out.encoders", plugins, error);

        if (plugin == NULL) {
            return FALSE;
        }
        tg_loader_warn_unknown(context, "out.encoders", block, plugin->options, frame_keys);
        if (!read_level(plugin, block, &self->levels[self->encoder_count], error)) {
            g_prefix_error(error, "out.encoders (%s): ", plugin->name);
            return FALSE;
        }
        self->encoders[self->encoder_count++] = plugin;
    }
    return TRUE;
}

static TgFormatter *open_formatter(TgLoaderContext *context, const json_t *config,
                                   const TgSchema *schema, GError **error)
{
    static const char *const frame_keys[] = {"type", NULL};
    const void *const *plugins = (const void *const *)context->job->plugins->formatters;
    const json_t *block = json_object_get(config, "formatter");

    if (block == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "out.formatter is missing");
        return NULL;
    }
    const TgFormatterPlugin *plugin = tg_loader_find_plugin(block, "out.formatter", plugins, error);

    if (plugin == NULL) {
        return NULL;
    }
    tg_loader_warn_unknown(context, "out.formatter", block, plugin->options, frame_keys);
    TgFormatter *formatter = plugin->open(context, block, schema, error);

    if (formatter == NULL) {
        g_prefix_error(error, "out.formatter (%s): ", plugin->name);
    }
    return formatter;
}

TgOutput *tg_file_output_open(TgLoaderContext *context, const TgFileOutputPlugin *plugin,
                              const json_t *config, const TgSchema *schema, guint task_count,
                              GError **error)
{
    static const char *const frame_keys[] = {"type", "formatter", "encoders", NULL};
    static const TgOutputClass class = {
        .run_task = output_run_task, .commit = output_commit, .free = output_free};
    FileOutput *self = g_new0(FileOutput, 1);
    g_autoptr(TgOutput) output = &self->output;

    self->output.class = &class;
    self->config = json_deep_copy(config);
    tg_loader_warn_unknown(context, "out", config, plugin->options, frame_keys);
    if (!find_encoders(self, context, error)) {
        return NULL;
    }
    self->formatter = open_formatter(context, self->config, schema, error);
    if (self->formatter == NULL) {
        return NULL;
    }
    self->sinks = plugin->open(context, self->config, task_count, error);
    if (self->sinks == NULL) {
        g_prefix_error(error, "out (%s): ", plugin->name);
        return NULL;
    }
    return g_steal_pointer(&output);
}

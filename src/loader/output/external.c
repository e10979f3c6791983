/* out of a type that is not here: struct TegaruOutput of include/tegaru_plugin.h. */
#include "arrow/export.h"
#include "arrow/source.h"
#include "arrow/stream.h"
#include "extension/object.h"
#include "extension/search.h"
#include "loader/plugin.h"

typedef struct {
    TgOutput output;
    const struct TegaruOutput *plugin;
    TgExtensionHost host;
    void *state;
    TgSchema *schema;
} ExternalOutput;

static gboolean output_run_task(TgOutput *output, guint task, TgRows *rows, json_t **out_report,
                                GError **error)
{
    ExternalOutput *self = (ExternalOutput *)output;
    struct ArrowArrayStream stream = {0};
    struct TegaruError said = {{0}};
    g_autoptr(TgArrowSource) source = tg_arrow_source_new(self->schema, &stream);
    int status = 0;

    tg_arrow_source_set_rows(source, rows);
    status = self->plugin->write(self->state, task, &stream, &said);
    tg_arrow_stream_release(&stream); /* one that was not taken */
    tg_arrow_source_set_rows(source, NULL);
    if (!tg_arrow_source_check(source, error)) { /* also when the plug-in did not look at it */
        return FALSE;
    }
    if (status != 0) {
        tg_extension_set_error(error, status, &said);
        return FALSE;
    }
    *out_report = json_object();
    return TRUE;
}

static gboolean output_commit(TgOutput *output, const json_t *reports G_GNUC_UNUSED,
                              json_t *receipt G_GNUC_UNUSED, json_t **out_diff, GError **error)
{
    ExternalOutput *self = (ExternalOutput *)output;
    struct TegaruError said = {{0}};
    int status = self->plugin->commit(self->state, &said);

    if (status != 0) {
        tg_extension_set_error(error, status, &said);
        return FALSE;
    }
    *out_diff = json_object();
    return TRUE;
}

static void output_free(TgOutput *output)
{
    ExternalOutput *self = (ExternalOutput *)output;

    self->plugin->close(self->state);
    tg_schema_free(self->schema);
    tg_extension_host_clear(&self->host);
    g_free(self);
}

static gboolean open_plugin(ExternalOutput *self, const json_t *config, guint task_count,
                            GError **error)
{
    const struct TegaruOutput *plugin = self->plugin;
    g_autofree char *options = tg_extension_options(config);
    struct TegaruError said = {{0}};
    struct ArrowSchema schema = {0};
    int status = 0;

    if (plugin->open == NULL || plugin->write == NULL || plugin->commit == NULL ||
        plugin->close == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the plug-in lacks open, write, commit or close: its author must add them");
        return FALSE;
    }
    tg_arrow_export_schema(self->schema, &schema);
    status = plugin->open(&self->host.host, options, &schema, task_count, &self->state, &said);
    tg_arrow_schema_release(&schema);
    if (status != 0) {
        tg_extension_set_error(error, status, &said);
    }
    return status == 0;
}

static TgOutput *output_open(TgLoaderContext *context, const json_t *config, const TgSchema *schema,
                             guint task_count, GError **error)
{
    static const TgOutputClass class = {
        .run_task = output_run_task, .commit = output_commit, .free = output_free};
    const char *type = json_string_value(json_object_get(config, "type"));
    g_autoptr(TgExtension) found =
        tg_extension_find(tg_loader_context_job(context), "output", type, error);
    const struct TegaruOutput *plugin =
        found == NULL ? NULL : tg_extension_load(found->path, "output", error);

    if (plugin == NULL) {
        return NULL;
    }
    ExternalOutput *self = g_new0(ExternalOutput, 1);

    self->output.class = &class;
    self->plugin = plugin;
    self->schema = tg_schema_copy(schema);
    tg_extension_host_init(&self->host, context);
    tg_loader_log(context, TG_LOADER_INFO, "Plug-in: %s", found->path);
    if (!open_plugin(self, config, task_count, error)) {
        tg_schema_free(self->schema); /* close() is not for what never opened */
        tg_extension_host_clear(&self->host);
        g_free(self);
        return NULL;
    }
    return &self->output;
}

const TgOutputPlugin tg_external_output = {
    .name = "external", .help = "A plug-in of somebody else.", .open = output_open};

/* filters of a type that is not here: struct TegaruFilter of include/tegaru_plugin.h. */
#include "arrow/source.h"
#include "arrow/stream.h"
#include "extension/object.h"
#include "extension/search.h"
#include "loader/plugin.h"

typedef struct {
    TgFilter filter;
    TgLoaderContext *context;
    TgExtensionHost host;
    TgArrowSource *source; /* what the plug-in pulls from */
    struct ArrowArrayStream stream;
    TgArrowImport *import;
} ExternalFilter;

typedef struct {
    TgReader reader;
    TgReader *inner;
    TgArrowSource *source;
} FilterReader;

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    const FilterReader *self = (const FilterReader *)reader;
    GError *problem = NULL;

    if (self->inner->class->next(self->inner, batch, &problem)) {
        return TRUE;
    }
    /* what ended the rows in front counts more than what the plug-in says about it */
    if (tg_arrow_source_check(self->source, error)) {
        g_propagate_error(error, problem);
    } else {
        g_error_free(problem);
    }
    return FALSE;
}

static void reader_free(TgReader *reader)
{
    FilterReader *self = (FilterReader *)reader;

    tg_reader_free(self->inner);
    tg_arrow_source_set_rows(self->source, NULL);
    tg_arrow_source_unref(self->source);
    g_free(self);
}

static TgReader *filter_open_stream(TgFilter *filter, TgRows *rows, GError **error)
{
    static const TgReaderClass class = {.next = reader_next, .free = reader_free};
    ExternalFilter *self = (ExternalFilter *)filter;
    TgReader *inner = NULL;
    FilterReader *reader = NULL;

    tg_arrow_source_set_rows(self->source, rows);
    inner = tg_arrow_reader_new(self->context, self->import, &self->stream, error);
    if (inner == NULL) {
        tg_arrow_source_set_rows(self->source, NULL);
        return NULL;
    }
    reader = g_new0(FilterReader, 1);
    reader->reader.class = &class;
    reader->inner = inner;
    reader->source = g_steal_pointer(&self->source); /* it runs once */
    return &reader->reader;
}

static void filter_free(TgFilter *filter)
{
    ExternalFilter *self = (ExternalFilter *)filter;

    tg_arrow_stream_release(&self->stream);
    tg_arrow_source_unref(self->source);
    tg_arrow_import_free(self->import);
    tg_extension_host_clear(&self->host);
    g_free(self);
}

static gboolean run_plugin(ExternalFilter *self, const struct TegaruFilter *plugin,
                           const json_t *config, const TgSchema *input, GError **error)
{
    g_autofree char *options = tg_extension_options(config);
    struct TegaruError said = {{0}};
    struct ArrowArrayStream in = {0};
    int status = 0;

    if (plugin->run == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the plug-in lacks run: its author must add it");
        return FALSE;
    }
    self->source = tg_arrow_source_new(input, &in);
    status = plugin->run(&self->host.host, options, &in, &self->stream, &said);
    tg_arrow_stream_release(&in); /* one that was not taken */
    if (status != 0) {
        self->stream.release = NULL;
        tg_extension_set_error(error, status, &said);
        return FALSE;
    }
    self->import = tg_arrow_stream_import(&self->stream,
                                          tg_loader_context_job(self->context)->exact_types, error);
    return self->import != NULL;
}

static TgFilter *filter_open(TgLoaderContext *context, const json_t *config, const TgSchema *input,
                             GError **error)
{
    static const TgFilterClass class = {.open_stream = filter_open_stream, .free = filter_free};
    const char *type = json_string_value(json_object_get(config, "type"));
    g_autoptr(TgExtension) found =
        tg_extension_find(tg_loader_context_job(context), "filter", type, error);
    const struct TegaruFilter *plugin =
        found == NULL ? NULL : tg_extension_load(found->path, "filter", error);

    if (plugin == NULL) {
        return NULL;
    }
    ExternalFilter *self = g_new0(ExternalFilter, 1);

    self->filter.class = &class;
    self->context = context;
    tg_extension_host_init(&self->host, context);
    tg_loader_log(context, TG_LOADER_INFO, "Plug-in: %s", found->path);
    if (!run_plugin(self, plugin, config, input, error)) {
        filter_free(&self->filter);
        return NULL;
    }
    self->filter.schema = tg_schema_copy(tg_arrow_import_schema(self->import));
    return &self->filter;
}

const TgFilterPlugin tg_external_filter = {
    .name = "external", .help = "A plug-in of somebody else.", .open = filter_open};

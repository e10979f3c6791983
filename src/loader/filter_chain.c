/* The filters of a config, opened one after another. */
#include <string.h>

#include "loader/context.h"

/* Opens one filter behind those that are there. */
static gboolean append_filter(TgLoaderContext *context, const json_t *block, TgFilterChain *chain,
                              GError **error)
{
    static const char *const frame_keys[] = {"type", NULL};
    const void *const *plugins = (const void *const *)context->job->plugins->filters;
    gboolean is_external = tg_loader_is_external(context->job, "filter", block, plugins);
    const TgFilterPlugin *plugin = is_external
                                       ? context->job->plugins->external->filter
                                       : tg_loader_find_plugin(block, "filters", plugins, error);

    if (plugin == NULL) {
        return FALSE;
    }
    if (!is_external) {
        tg_loader_warn_unknown(context, "filters", block, plugin->options, frame_keys);
    }
    TgFilter *filter = plugin->open(context, block, chain->schema, error);

    if (filter == NULL) {
        g_prefix_error(error, "filters[%u] (%s): ", chain->count,
                       json_string_value(json_object_get(block, "type")));
        return FALSE;
    }
    chain->filters[chain->count++] = filter;
    chain->schema = filter->schema;
    return TRUE;
}

gboolean tg_filter_chain_open(TgLoaderContext *context, const json_t *config, const TgSchema *input,
                              TgFilterChain *out, GError **error)
{
    const json_t *list = json_object_get(config, "filters");
    json_t *block = NULL;
    size_t index = 0;

    if (list != NULL && !json_is_null(list) && !json_is_array(list)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'filters' must be a list of maps");
        return FALSE;
    }
    *out =
        (TgFilterChain){.schema = input, .filters = g_new0(TgFilter *, json_array_size(list) + 1)};
    json_array_foreach (list, index, block) {
        if (!append_filter(context, block, out, error)) {
            tg_filter_chain_clear(out);
            return FALSE;
        }
    }
    return TRUE;
}

void tg_filter_chain_find_unused(TgLoaderContext *context, const TgFilterChain *chain,
                                 const TgSchema *input)
{
    g_autofree guint *shown = g_new0(guint, input->count + 1); /* columns of the input */
    guint count = input->count;

    for (guint i = 0; i < count; i++) {
        shown[i] = i;
    }
    for (guint i = 0; i < chain->count && chain->filters[i]->view != NULL; i++) {
        g_autofree guint *before = g_steal_pointer(&shown);

        count = chain->filters[i]->schema->count;
        shown = g_new0(guint, count + 1);
        for (guint k = 0; k < count; k++) {
            shown[k] = before[chain->filters[i]->view[k]];
        }
    }
    context->unused_count = input->count;
    context->unused = g_malloc0(input->count + 1);
    memset(context->unused, 1, input->count);
    for (guint i = 0; i < count; i++) {
        context->unused[shown[i]] = 0;
    }
}

void tg_filter_chain_clear(TgFilterChain *chain)
{
    for (guint i = 0; i < chain->count; i++) {
        tg_schema_free(chain->filters[i]->schema);
        g_free(chain->filters[i]->view);
        chain->filters[i]->class->free(chain->filters[i]);
    }
    g_free(chain->filters);
    *chain = (TgFilterChain){0};
}

/* The type ledger: source type, page type, stored type and the catalog's, and what is lost. */
#include <string.h>

#include "loader/context.h"
#include "params/params.h"

gboolean tg_loader_read_types(const json_t *config, gboolean fallback, gboolean *out_exact,
                              GError **error)
{
    g_autofree char *text = NULL;

    if (!tg_params_dup_text_or(config, "types", fallback ? "exact" : "embulk", &text, error)) {
        return FALSE;
    }
    *out_exact = strcmp(text, "exact") == 0;
    if (!*out_exact && strcmp(text, "embulk") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'types' must be exact or embulk, not '%s'",
                    text);
        return FALSE;
    }
    return TRUE;
}

/* What the output says; an empty array when it stores texts. */
static json_t *describe_output(TgLoaderContext *context, const json_t *out, const TgSchema *schema,
                               GError **error)
{
    const void *const *outputs = (const void *const *)context->job->plugins->outputs;
    const TgOutputPlugin *plugin = tg_loader_find_plugin(out, "out", outputs, NULL);

    if (plugin == NULL || plugin->describe == NULL) {
        return json_array();
    }
    json_t *columns = plugin->describe(context, out, schema, error);

    if (columns == NULL) {
        g_prefix_error(error, "out (%s): ", plugin->name);
    }
    return columns;
}

/* Both losses of a column in one text. */
static void add_loss(json_t *row, const char *of_reading)
{
    const char *of_storing = json_string_value(json_object_get(row, "loss"));

    if (of_reading != NULL) {
        g_autofree char *both = of_storing == NULL
                                    ? g_strdup(of_reading)
                                    : g_strconcat(of_reading, "; ", of_storing, NULL);

        json_object_set_new(row, "loss", json_string(both));
    }
}

static json_t *describe_columns(const TgSchema *schema, const json_t *stored)
{
    json_t *list = json_array();

    for (guint i = 0; i < schema->count; i++) {
        const TgColumn *column = &schema->columns[i];
        g_autofree char *page = tg_type_to_text(column->type);
        json_t *row =
            json_pack("{s:s, s:s, s:s}", "name", column->name, "source",
                      column->source_type == NULL ? "text" : column->source_type, "page", page);

        if (json_is_object(json_array_get(stored, i))) {
            json_object_update(row, json_array_get(stored, i));
        }
        add_loss(row, column->source_loss);
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *types_of(TgLoaderContext *context, const json_t *config, GError **error)
{
    g_autoptr(TgInput) input = tg_loader_open_input(context, json_object_get(config, "in"), error);
    g_auto(TgFilterChain) filters = {0};
    g_autoptr(json_t) stored = NULL;

    if (input == NULL || !tg_filter_chain_open(context, config, input->schema, &filters, error)) {
        return NULL;
    }
    stored = describe_output(context, json_object_get(config, "out"), filters.schema, error);
    return stored == NULL ? NULL : describe_columns(filters.schema, stored);
}

json_t *tg_loader_types(const TgLoaderJob *job, GError **error)
{
    TgLoaderContext context = {.job = job, .bytes_expected = -1};
    g_autoptr(json_t) config = tg_loader_guess_missing(&context, error);
    json_t *types = config == NULL ? NULL : types_of(&context, config, error);

    if (config != NULL && types == NULL) {
        g_prefix_error(error, "%s: ", job->config_name);
    }
    return types;
}

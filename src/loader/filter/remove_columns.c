/* filter remove_columns: drops columns, or all but some (embulk-filter-remove_columns). */
#include <string.h>

#include "loader/plugin.h"
#include "params/params.h"

static void filter_free(TgFilter *filter)
{
    g_free(filter);
}

static gboolean is_listed(const json_t *list, const char *name)
{
    json_t *value = NULL;
    size_t index = 0;

    json_array_foreach (list, index, value) {
        if (json_is_string(value) && strcmp(json_string_value(value), name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean check_listed(const json_t *list, const TgSchema *schema, GError **error)
{
    json_t *value = NULL;
    size_t index = 0;

    json_array_foreach (list, index, value) {
        if (!json_is_string(value) || tg_schema_find(schema, json_string_value(value)) < 0) {
            g_autofree char *text = tg_params_to_text(value);

            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "there is no column '%s'; write 'accept_unmatched_columns: true' to ignore "
                        "such names",
                        text);
            return FALSE;
        }
    }
    return TRUE;
}

static TgFilter *filter_open(TgLoaderContext *context G_GNUC_UNUSED, const json_t *config,
                             const TgSchema *input, GError **error)
{
    static const TgFilterClass class = {.free = filter_free};
    const json_t *remove = json_object_get(config, "remove");
    const json_t *keep = json_object_get(config, "keep");
    gboolean accept = FALSE;

    if (!tg_params_get_boolean(config, "accept_unmatched_columns", FALSE, &accept, error)) {
        return NULL;
    }
    if (json_is_array(remove) == json_is_array(keep)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "give either 'remove' or 'keep', a list");
        return NULL;
    }
    if (!accept && !check_listed(json_is_array(keep) ? keep : remove, input, error)) {
        return NULL;
    }
    TgFilter *filter = g_new0(TgFilter, 1);

    filter->class = &class;
    filter->schema = tg_schema_new();
    filter->view = g_new0(guint, input->count + 1);
    for (guint i = 0; i < input->count; i++) {
        const TgColumn *column = &input->columns[i];

        if (json_is_array(keep) ? is_listed(keep, column->name)
                                : !is_listed(remove, column->name)) {
            filter->view[filter->schema->count] = i;
            tg_schema_append_copy(filter->schema, column);
        }
    }
    return filter;
}

static const TgLoaderOption options[] = {
    {"remove", "list", "null", "Columns to drop."},
    {"keep", "list", "null", "Columns to keep; all others are dropped."},
    {"accept_unmatched_columns", "boolean", "false", "Ignore names that are no column."},
    {0}};

const TgFilterPlugin tg_filter_remove_columns = {
    .name = "remove_columns", .help = "Drops columns.", .options = options, .open = filter_open};

/* Filters that put other values in the place of columns. */
#include "loader/change_filter.h"

#include "loader/json_path.h"
#include "params/params.h"

static gboolean add_entries(TgChangeFilter *self, const json_t *config, TgChangeFilterAdd add,
                            GError **error)
{
    json_t *entry = NULL;
    size_t index = 0;

    json_array_foreach (json_object_get(config, "columns"), index, entry) {
        if (!add(self, config, entry, error)) {
            g_prefix_error(error, "columns[%zu]: ", index);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean tg_change_filter_open(TgChangeFilter *self, TgLoaderContext *context, const json_t *config,
                               const TgSchema *input, TgChangeFilterAdd add, GError **error)
{
    self->context = context;
    self->exact = tg_loader_context_job(context)->exact_types;
    if (!tg_params_get_boolean(config, "stop_on_invalid_record", self->exact, &self->stops,
                               error)) {
        return FALSE;
    }
    self->filter.schema = tg_schema_copy(input);
    self->count = input->count;
    self->sources = g_new0(gint, input->count + 1);
    self->changes = g_new0(gpointer, input->count + 1);
    for (guint i = 0; i < input->count; i++) {
        self->sources[i] = (gint)i;
    }
    if (!add_entries(self, config, add, error)) {
        g_clear_pointer(&self->filter.schema, tg_schema_free);
        return FALSE;
    }
    return TRUE;
}

void tg_change_filter_free(TgChangeFilter *self, GDestroyNotify free_change)
{
    for (guint i = 0; i < self->count; i++) {
        if (self->changes[i] != NULL) {
            free_change(self->changes[i]);
        }
    }
    g_free(self->changes);
    g_free(self->sources);
    g_free(self);
}

gboolean tg_change_filter_find(const TgChangeFilter *self, const json_t *entry, guint *out_column,
                               char **out_path, GError **error)
{
    g_autofree char *name = tg_params_dup_text(entry, "name", error);
    g_autofree char *rest = NULL;
    g_autofree char *of_path = name == NULL ? NULL : tg_json_path_split(name, &rest);
    const char *column = of_path == NULL ? name : of_path;

    if (name == NULL) {
        return FALSE;
    }
    int index = tg_schema_find(self->filter.schema, column);

    if (index < 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "there is no column '%s'", column);
        return FALSE;
    }
    *out_column = (guint)index;
    *out_path = of_path == NULL ? NULL : g_steal_pointer(&rest);
    return TRUE;
}

void tg_change_filter_set(TgChangeFilter *self, guint column, gpointer take_change)
{
    self->changes[column] = take_change;
    self->sources[column] = -1;
}

/* Positions of incremental loads, one for each source that goes into a table. */
#include "loader/position.h"

#include <string.h>

#include "loader/context.h"
#include "params/params.h"

#define KEY_LETTERS 16

static gboolean is_incremental(const TgLoaderContext *context, const json_t *in)
{
    gboolean wanted = FALSE;

    return context->job->exact_types && json_is_object(in) &&
           tg_params_get_boolean(in, "incremental", FALSE, &wanted, NULL) && wanted;
}

/* A name for the source: what does not change from load to load. The caller frees. */
static char *source_key(const json_t *in)
{
    static const char *const names[] = {
        "type",   "host",  "port",  "socket", "database",
        "schema", "table", "query", "where",  "incremental_columns"};
    g_autoptr(json_t) source = json_object();

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        json_t *value = json_object_get(in, names[i]);

        if (value != NULL) {
            json_object_set(source, names[i], value);
        }
    }
    g_autofree char *text = tg_params_to_json(source);
    char *key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

    key[KEY_LETTERS] = '\0';
    return key;
}

json_t *tg_position_apply(TgLoaderContext *context, const json_t *config, GError **error)
{
    const json_t *in = json_object_get(config, "in");
    const json_t *out = json_object_get(config, "out");
    const TgOutputPlugin *plugin = NULL;

    if (is_incremental(context, in) && json_is_object(out)) {
        plugin = tg_loader_find_plugin(out, "out",
                                       (const void *const *)context->job->plugins->outputs, NULL);
    }
    if (plugin == NULL || plugin->get_positions == NULL) {
        return json_incref((json_t *)config);
    }
    g_autoptr(json_t) positions = plugin->get_positions(context, out, error);

    if (positions == NULL) {
        return NULL;
    }
    g_autofree char *key = source_key(in);
    const json_t *position = json_object_get(positions, key);
    json_t *changed = json_deep_copy(config);

    context->position_read = position == NULL ? json_null() : json_deep_copy(position);
    if (position != NULL) {
        g_autofree char *last = tg_params_to_json(json_object_get(position, "last_record"));

        tg_loader_log(context, TG_LOADER_INFO, "Goes on behind the last record published: %s",
                      last);
        json_object_update(json_object_get(changed, "in"), (json_t *)position);
    }
    return changed;
}

gboolean tg_position_tell(const TgLoaderContext *context, const TgInput *input,
                          const json_t *config, json_t *receipt, GError **error)
{
    const json_t *in = json_object_get(config, "in");

    if (!is_incremental(context, in) || input->class->get_position == NULL) {
        return TRUE;
    }
    json_t *position = input->class->get_position(input, error);

    if (position == NULL) {
        return FALSE;
    }
    g_autofree char *key = source_key(in);

    json_object_set_new(receipt, "positions", json_pack("{s:o}", key, position));
    if (context->position_read != NULL) {
        json_object_set_new(receipt, "positions_read",
                            json_pack("{s:O}", key, context->position_read));
    }
    return TRUE;
}

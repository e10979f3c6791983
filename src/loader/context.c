/* What the parts of a run share: plug-in lookup, log, counters, cancelling. */
#include "loader/context.h"

#include <string.h>

#include "base/suggest.h"
#include "params/params.h"

const TgLoaderJob *tg_loader_context_job(const TgLoaderContext *context)
{
    return context->job;
}

char *tg_loader_context_path(const TgLoaderContext *context, const char *path)
{
    if (context->job->base_folder == NULL || g_path_is_absolute(path)) {
        return g_strdup(path);
    }
    return g_build_filename(context->job->base_folder, path, NULL);
}

void tg_loader_log(const TgLoaderContext *context, TgLoaderLevel level, const char *format, ...)
{
    const TgLoaderServices *services = context->job->services;

    if (services->log == NULL) {
        return;
    }
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    services->log(services->data, level, message);
}

void tg_loader_count_bytes(TgLoaderContext *context, gint64 bytes)
{
    atomic_fetch_add_explicit(&context->bytes_read, bytes, memory_order_relaxed);
}

gboolean tg_loader_reject(TgLoaderContext *context, const TgReject *reject, GError **error)
{
    atomic_fetch_add_explicit(&context->rows_rejected, 1, memory_order_relaxed);
    return context->rejects == NULL || tg_rejects_add(context->rejects, reject, error);
}

gboolean tg_loader_stops_on_invalid(const TgLoaderContext *context)
{
    return context->job->exact_types &&
           !tg_rejects_are_wanted(json_object_get(context->job->config, "exec"));
}

void tg_loader_tell_progress(const TgLoaderContext *context)
{
    const TgLoaderServices *services = context->job->services;

    if (services->progress != NULL) {
        TgLoaderProgress progress = {
            .rows = atomic_load_explicit(&context->rows_read, memory_order_relaxed),
            .bytes = atomic_load_explicit(&context->bytes_read, memory_order_relaxed),
            .bytes_expected = context->bytes_expected,
        };

        services->progress(services->data, &progress);
    }
}

gboolean tg_loader_check_cancelled(const TgLoaderContext *context, GError **error)
{
    const TgLoaderServices *services = context->job->services;

    if (services->is_cancelled != NULL && services->is_cancelled(services->data)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED, "the load was cancelled");
        return FALSE;
    }
    return TRUE;
}

gboolean tg_loader_is_unused(const TgLoaderContext *context, guint column)
{
    return column < context->unused_count && context->unused[column] != 0;
}

guint tg_loader_threads(const TgLoaderContext *context)
{
    guint threads = context->job->threads;

    return CLAMP(threads == 0 ? g_get_num_processors() : threads, 1, TG_LOADER_THREADS_MAX);
}

guint tg_loader_readers_max(const TgLoaderContext *context)
{
    const json_t *exec = json_object_get(context->job->config, "exec");
    g_autoptr(GError) ignored = NULL; /* the frame reads it again and tells what is wrong */
    guint cores = tg_loader_threads(context);
    gint64 wanted = cores;

    (void)tg_params_get_int64(exec, "max_threads", cores, &wanted, &ignored);
    return (guint)CLAMP(wanted, 1, (gint64)cores);
}

static const char *plugin_name(const void *plugin)
{
    return *(const char *const *)plugin; /* every plug-in struct begins with its name */
}

const void *tg_loader_find_plugin(const json_t *config, const char *role,
                                  const void *const *plugins, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *type = NULL;

    if (!json_is_object(config)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' must be a map with a 'type'", role);
        return NULL;
    }
    if (!tg_params_has(config, "type")) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' has no 'type'", role);
        return NULL;
    }
    type = tg_params_dup_text(config, "type", error);
    if (type == NULL) {
        g_prefix_error(error, "%s: ", role);
        return NULL;
    }
    for (; *plugins != NULL; plugins++) {
        if (strcmp(plugin_name(*plugins), type) == 0) {
            return *plugins;
        }
        g_ptr_array_add(names, (gpointer)plugin_name(*plugins));
    }
    g_ptr_array_add(names, NULL);
    g_autofree char *hint = tg_suggest_phrase(type, (const char *const *)names->pdata);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s: there is no plug-in of type '%s'%s; 'tegaru load plugins' lists them, and an "
                "`embulk` of its own on the PATH runs what is not here",
                role, type, hint);
    return NULL;
}

static gboolean is_known(const char *key, const TgLoaderOption *options,
                         const char *const *frame_keys, GPtrArray *names)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (strcmp(options->name, key) == 0) {
            return TRUE;
        }
        g_ptr_array_add(names, (gpointer)options->name);
    }
    return g_strv_contains(frame_keys, key);
}

void tg_loader_warn_unknown(const TgLoaderContext *context, const char *role, const json_t *config,
                            const TgLoaderOption *options, const char *const *frame_keys)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)config, key, value) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();

        if (is_known(key, options, frame_keys, names)) {
            continue;
        }
        g_ptr_array_add(names, NULL);
        g_autofree char *hint = tg_suggest_phrase(key, (const char *const *)names->pdata);

        tg_loader_log(context, TG_LOADER_WARN, "%s: unknown option '%s' is ignored%s", role, key,
                      hint);
    }
}

gboolean tg_loader_has_type(const json_t *config, const void *const *plugins)
{
    const char *type = json_string_value(json_object_get(config, "type"));

    for (; type != NULL && *plugins != NULL; plugins++) {
        if (strcmp(plugin_name(*plugins), type) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean tg_loader_is_external(const TgLoaderJob *job, const char *role, const json_t *config,
                               const void *const *plugins)
{
    const TgExternalPlugins *external = job->plugins->external;
    const char *type = json_string_value(json_object_get(config, "type"));

    return external != NULL && type != NULL && !tg_loader_has_type(config, plugins) &&
           external->has_type(job, role, type);
}

/* One list of the two, for a complete "did you mean". The caller frees. */
static const void **join_lists(const void *const *first, const void *const *second)
{
    GPtrArray *all = g_ptr_array_new();

    for (; *first != NULL; first++) {
        g_ptr_array_add(all, (gpointer)*first);
    }
    for (; *second != NULL; second++) {
        g_ptr_array_add(all, (gpointer)*second);
    }
    g_ptr_array_add(all, NULL);
    return (const void **)g_ptr_array_free(all, FALSE);
}

TgInput *tg_loader_open_input(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const char *const frame_keys[] = {"type", NULL};
    const TgLoaderPlugins *plugins = context->job->plugins;
    const void *const *inputs = (const void *const *)plugins->inputs;
    const void *const *file_inputs = (const void *const *)plugins->file_inputs;
    g_autofree const void **all = join_lists(inputs, file_inputs);
    gboolean is_external = tg_loader_is_external(context->job, "input", config, all);
    const TgInputPlugin *plugin =
        is_external ? plugins->external->input : tg_loader_find_plugin(config, "in", all, error);

    if (plugin == NULL) {
        return NULL;
    }
    if (tg_loader_has_type(config, file_inputs)) {
        return tg_file_input_open(context, (const void *)plugin, config, error);
    }
    if (!is_external) {
        tg_loader_warn_unknown(context, "in", config, plugin->options, frame_keys);
    }
    TgInput *input = plugin->open(context, config, error);

    if (input == NULL) {
        g_prefix_error(error, "in (%s): ", json_string_value(json_object_get(config, "type")));
    }
    return input;
}

gboolean tg_loader_output_merges(const TgLoaderContext *context, const json_t *config)
{
    const TgLoaderPlugins *plugins = context->job->plugins;
    const TgOutputPlugin *plugin =
        tg_loader_find_plugin(config, "out", (const void *const *)plugins->outputs, NULL);

    return context->job->exact_types && plugin != NULL && plugin->merges;
}

TgOutput *tg_loader_open_output(TgLoaderContext *context, const json_t *config,
                                const TgSchema *schema, guint task_count, GError **error)
{
    static const char *const frame_keys[] = {"type", NULL};
    const TgLoaderPlugins *plugins = context->job->plugins;
    const void *const *outputs = (const void *const *)plugins->outputs;
    const void *const *file_outputs = (const void *const *)plugins->file_outputs;
    g_autofree const void **all = join_lists(outputs, file_outputs);
    gboolean is_external = tg_loader_is_external(context->job, "output", config, all);
    const TgOutputPlugin *plugin =
        is_external ? plugins->external->output : tg_loader_find_plugin(config, "out", all, error);

    if (plugin == NULL) {
        return NULL;
    }
    if (tg_loader_has_type(config, file_outputs)) {
        return tg_file_output_open(context, (const void *)plugin, config, schema, task_count,
                                   error);
    }
    if (!is_external) {
        tg_loader_warn_unknown(context, "out", config, plugin->options, frame_keys);
    }
    TgOutput *output = plugin->open(context, config, schema, task_count, error);

    if (output == NULL) {
        g_prefix_error(error, "out (%s): ", json_string_value(json_object_get(config, "type")));
    }
    return output;
}

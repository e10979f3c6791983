/* Filling in what a config leaves out, from a sample of the input. */
#include <string.h>

#include "loader/context.h"
#include "params/params.h"

#define ROUNDS_MAX 10u
#define SAMPLE_BYTES_DEFAULT ((gint64)32 * 1024)
#define SAMPLE_BYTES_EXACT ((gint64)4 * 1024 * 1024) /* rare nulls should be among them */
#define SAMPLE_BYTES_MAX ((gint64)256 * 1024 * 1024)

gboolean tg_loader_is_file_input(const TgLoaderContext *context, const json_t *in)
{
    const char *type = json_string_value(json_object_get(in, "type"));
    const TgFileInputPlugin *const *plugins = context->job->plugins->file_inputs;

    for (; type != NULL && *plugins != NULL; plugins++) {
        if (strcmp((*plugins)->name, type) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean needs_guess(const TgLoaderContext *context, const json_t *config)
{
    const json_t *in = json_object_get(config, "in");
    const json_t *parser = json_object_get(in, "parser");
    const char *type = json_string_value(json_object_get(parser, "type"));

    if (!context->job->exact_types || !tg_loader_is_file_input(context, in) ||
        json_is_string(parser)) {
        return FALSE;
    }
    return type == NULL || ((strcmp(type, "csv") == 0 || strcmp(type, "jsonl") == 0) &&
                            json_object_get(parser, "columns") == NULL);
}

static gboolean names_include(const json_t *list, const char *name)
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

/* Whether a guess plug-in takes part: the standard ones unless excluded, others when named. */
static gboolean takes_part(const TgLoaderContext *context, const TgGuessPlugin *plugin,
                           const json_t *exec)
{
    if (names_include(json_object_get(exec, "exclude_guess_plugins"), plugin->name)) {
        return FALSE;
    }
    return plugin->is_standard || (plugin->is_exact && context->job->exact_types) ||
           names_include(json_object_get(exec, "guess_plugins"), plugin->name);
}

/* One plug-in looks at the sample. *out_again when the others want to see what a new decoder makes
 * of the bytes. */
static gboolean guess_one(TgLoaderContext *context, json_t *in, const TgGuessPlugin *plugin,
                          const TgGuessSample *sample, gboolean *out_again, GError **error)
{
    g_autoptr(json_t) found = plugin->guess(context, in, sample, error);

    if (found == NULL) {
        g_prefix_error(error, "guess (%s): ", plugin->name);
        return FALSE;
    }
    tg_params_merge(in, found);
    *out_again = json_object_get(found, "decoders") != NULL;
    return TRUE;
}

/* One round: every plug-in looks at the sample. *out_changed when one found something new. */
static gboolean guess_round(TgLoaderContext *context, json_t *in, const json_t *exec,
                            const TgGuessSample *sample, gboolean *out_changed, GError **error)
{
    const TgGuessPlugin *const *plugins = context->job->plugins->guesses;

    g_autoptr(json_t) before = json_deep_copy(in);
    gboolean again = FALSE;

    for (; *plugins != NULL && !again; plugins++) {
        if (takes_part(context, *plugins, exec) &&
            !guess_one(context, in, *plugins, sample, &again, error)) {
            return FALSE;
        }
    }
    *out_changed = !json_equal(before, in);
    return TRUE;
}

static gboolean guess_rounds(TgLoaderContext *context, json_t *in, const json_t *exec,
                             GError **error)
{
    gint64 size = 0;
    gboolean changed = TRUE;

    if (!tg_params_get_int64(exec, "guess_sample_buffer_bytes",
                             context->job->exact_types ? SAMPLE_BYTES_EXACT : SAMPLE_BYTES_DEFAULT,
                             &size, error)) {
        return FALSE;
    }
    for (guint i = 0; changed && i < ROUNDS_MAX; i++) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        TgGuessSample sample = {0};

        changed = FALSE;
        if (!tg_file_input_read_sample(context, in, (gsize)CLAMP(size, 1, SAMPLE_BYTES_MAX), bytes,
                                       &sample.is_whole, error)) {
            return FALSE;
        }
        if (bytes->len == 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                        "there is nothing to guess from: no file of the input has any bytes");
            return FALSE;
        }
        sample.bytes = bytes->data;
        sample.size_bytes = bytes->len;
        if (!guess_round(context, in, exec, &sample, &changed, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Says what was guessed, one line. */
static void log_columns(const TgLoaderContext *context, const json_t *in)
{
    const json_t *parser = json_object_get(in, "parser");
    const json_t *columns = json_object_get(parser == NULL ? in : parser, "columns");
    g_autoptr(GString) text = g_string_new(NULL);
    json_t *column = NULL;
    size_t index = 0;

    json_array_foreach (columns, index, column) {
        g_string_append_printf(text, "%s%s %s", index == 0 ? "" : ", ",
                               json_string_value(json_object_get(column, "name")),
                               json_string_value(json_object_get(column, "type")));
    }
    tg_loader_log(context, TG_LOADER_INFO, "Guessed columns: %s", text->str);
}

/* The input plug-in of `in` when it can guess, else NULL. */
static const TgInputPlugin *find_guessing_input(const TgLoaderJob *job, const json_t *in)
{
    const void *const *inputs = (const void *const *)job->plugins->inputs;
    const TgInputPlugin *plugin = tg_loader_find_plugin(in, "in", inputs, NULL);

    return plugin == NULL || plugin->guess == NULL ? NULL : plugin;
}

static gboolean guess_input(TgLoaderContext *context, const TgInputPlugin *plugin, json_t *in,
                            GError **error)
{
    g_autoptr(json_t) found = plugin->guess(context, in, error);

    if (found == NULL) {
        g_prefix_error(error, "%s: in (%s): ", context->job->config_name, plugin->name);
        return FALSE;
    }
    tg_params_merge(in, found);
    log_columns(context, in);
    return TRUE;
}

json_t *tg_loader_guess(const TgLoaderJob *job, GError **error)
{
    TgLoaderContext context = {.job = job, .bytes_expected = -1};
    g_autoptr(json_t) config = json_deep_copy(job->config);
    json_t *in = json_object_get(config, "in");

    if (!json_is_object(in)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: 'in' is missing or no map",
                    job->config_name);
        return NULL;
    }
    const TgInputPlugin *plugin = find_guessing_input(job, in);

    if (plugin != NULL) {
        return guess_input(&context, plugin, in, error) ? g_steal_pointer(&config) : NULL;
    }
    if (!tg_loader_is_file_input(&context, in)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: only file inputs and dynamodb can be guessed, not 'type: %s'",
                    job->config_name,
                    json_is_string(json_object_get(in, "type"))
                        ? json_string_value(json_object_get(in, "type"))
                        : "?");
        return NULL;
    }
    if (json_object_get(in, "parser") == NULL) {
        json_object_set_new(in, "parser", json_object());
    }
    if (!guess_rounds(&context, in, json_object_get(config, "exec"), error)) {
        g_prefix_error(error, "%s: ", job->config_name);
        return NULL;
    }
    if (json_object_get(json_object_get(in, "parser"), "type") == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: the format of the input cannot be guessed; write in.parser",
                    job->config_name);
        return NULL;
    }
    log_columns(&context, in);
    return g_steal_pointer(&config);
}

json_t *tg_loader_guess_missing(const TgLoaderContext *context, GError **error)
{
    return needs_guess(context, context->job->config) ? tg_loader_guess(context->job, error)
                                                      : json_incref((json_t *)context->job->config);
}

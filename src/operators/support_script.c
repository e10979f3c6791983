/* Folders, files, environment, and the two files that py> and rb> talk by. */
#include "operators/support_script.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/file.h"
#include "command/docker.h"
#include "operators/support_secret.h"
#include "params/params.h"

#define OUTPUT_BYTES_MAX ((gsize)16 * 1024 * 1024)
#define RUN_STATE_FOLDER ".tegaru/tmp"

gboolean tg_operator_script_begin(TgOperatorScript *script, const TgTurn *turn, const char *type,
                                  GError **error)
{
    const json_t *defaults = json_object_get(turn->params, type);
    g_autofree char *template = NULL;

    script->turn = turn;
    script->params = json_is_object(defaults) ? json_deep_copy(defaults) : json_object();
    tg_params_merge(script->params, turn->params);
    if (tg_params_has(turn->params, "docker")) {
        /* A container sees the project's folder alone. */
        g_autofree char *parent =
            g_build_filename(turn->services->project_folder, RUN_STATE_FOLDER, NULL);

        if (!tg_file_make_folder(parent, error)) {
            return FALSE;
        }
        template = g_build_filename(parent, "run-XXXXXX", NULL);
    } else {
        template = g_build_filename(g_get_tmp_dir(), "tegaru-XXXXXX", NULL);
    }
    if (g_mkdtemp(template) == NULL) {
        tg_error_set_file(error, errno, "make", template);
        return FALSE;
    }
    script->folder = g_steal_pointer(&template);
    return TRUE;
}

void tg_operator_script_clear(TgOperatorScript *script)
{
    if (script->folder != NULL) {
        /* What is left cannot be told to anybody who could do more. */
        (void)tg_file_remove_folder(script->folder, NULL);
    }
    g_free(script->folder);
    json_decref(script->params);
}

char *tg_operator_script_write(const TgOperatorScript *script, const char *name, const char *text,
                               GError **error)
{
    g_autofree char *path = g_build_filename(script->folder, name, NULL);

    return tg_file_write_unflushed(path, text, strlen(text), error) ? g_steal_pointer(&path) : NULL;
}

GPtrArray *tg_operator_script_interpreter(const TgOperatorScript *script, const char *key,
                                          const char *fallback, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    const json_t *given = json_object_get(script->params, key);
    json_t *part = NULL;
    gsize i = 0;

    if (given == NULL || json_is_null(given)) {
        g_ptr_array_add(argv, g_strdup(fallback));
        return g_steal_pointer(&argv);
    }
    if (json_is_string(given) && json_string_value(given)[0] != '[') {
        g_ptr_array_add(argv, g_strdup(json_string_value(given)));
        return g_steal_pointer(&argv);
    }
    g_autoptr(json_t) list = json_is_string(given) || json_is_array(given)
                                 ? tg_params_parse_list(script->params, key, NULL)
                                 : NULL;

    json_array_foreach (list, i, part) {
        g_ptr_array_add(argv, tg_params_to_text(part));
    }
    if (argv->len == 0) {
        g_autofree char *shown = tg_params_to_text(given);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Invalid %s: %s (the program, as a text or a list)", key, shown);
        return NULL;
    }
    return g_steal_pointer(&argv);
}

static void pass_output(gpointer data, const char *bytes, gsize size_bytes)
{
    const TgTurn *turn = data;

    turn->services->print(turn->services, turn->task_name, bytes, size_bytes);
}

static gboolean run_in_docker(const TgOperatorScript *script, const char *const *argv,
                              const json_t *variables, int *out_status, GError **error)
{
    const TgTurn *turn = script->turn;
    g_autoptr(json_t) options = tg_params_parse_map(turn->params, "docker", error);
    TgDockerRequest request = {.options = options,
                               .project_folder = turn->services->project_folder,
                               .folder = turn->work_folder,
                               .private_folder = script->folder,
                               .argv = argv,
                               .variables = variables,
                               .is_cancelled = turn->services->is_cancelled,
                               .output = pass_output,
                               .data = (gpointer)turn};

    return options != NULL && tg_docker_execute(&request, out_status, error);
}

static gboolean run_here(const TgOperatorScript *script, const char *const *argv,
                         const json_t *variables, int *out_status, GError **error)
{
    const TgTurn *turn = script->turn;
    char **environment = g_get_environ();
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)variables, name, value) {
        environment = g_environ_setenv(environment, name, json_string_value(value), TRUE);
    }
    /* The project at the end of PATH, so that bin/cmd works without ./ . */
    const char *path = g_environ_getenv(environment, "PATH");
    g_autofree char *longer = path == NULL ? g_strdup(turn->work_folder)
                                           : g_strconcat(path, ":", turn->work_folder, NULL);

    environment = g_environ_setenv(environment, "PATH", longer, TRUE);
    TgCommandRequest request = {.argv = argv,
                                .environment = (const char *const *)environment,
                                .folder = turn->work_folder,
                                .is_cancelled = turn->services->is_cancelled,
                                .output = pass_output,
                                .data = (gpointer)turn};
    gboolean ok = tg_command_execute(&request, out_status, error);

    g_strfreev(environment);
    return ok;
}

gboolean tg_operator_script_run(const TgOperatorScript *script, GPtrArray *argv,
                                const json_t *variables, int *out_status, GError **error)
{
    g_ptr_array_add(argv, NULL);
    const char *const *words = (const char *const *)argv->pdata;

    return tg_params_has(script->turn->params, "docker")
               ? run_in_docker(script, words, variables, out_status, error)
               : run_here(script, words, variables, out_status, error);
}

/* What the program wrote; NULL without an error when it wrote nothing. */
static json_t *read_output(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) problem = NULL;
    json_error_t place;
    gsize size = 0;

    if (!tg_file_read(path, OUTPUT_BYTES_MAX, &text, &size, &problem)) {
        if (!g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&problem));
        }
        return NULL;
    }
    json_t *output = json_loadb(text, size, 0, &place);

    if (output == NULL || !json_is_object(output)) {
        json_decref(output);
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the results (output.json) are no JSON map: %s",
                    output == NULL ? place.text : "something else");
        return NULL;
    }
    return output;
}

/* Digdag's words: exit status, message and class of the exception, where it came from. */
static void fail_status(const TgOperatorLanguage *language, int status, const json_t *output,
                        GError **error)
{
    const json_t *problem = json_object_get(output, "error");
    const char *message = json_string_value(json_object_get(problem, "message"));
    const char *class_name = json_string_value(json_object_get(problem, "class"));
    const json_t *trace = json_object_get(problem, "backtrace");
    g_autoptr(GString) reason = g_string_new(NULL);
    json_t *line = NULL;
    gsize i = 0;

    g_string_append_printf(reason, "%s command failed with code %d", language->language, status);
    if (output != NULL) {
        g_string_append(reason, language->said);
    }
    if (message != NULL) {
        g_string_append_printf(reason, ": %s", message);
    }
    if (class_name != NULL) {
        g_string_append_printf(reason, " (%s)", class_name);
    }
    json_array_foreach (trace, i, line) {
        g_string_append_printf(reason, "\n\tfrom %s", json_string_value(line));
    }
    g_set_error(error, TG_ERROR, TG_ERROR_TASK, "%s (runtime)", reason->str);
}

static gboolean take_map(const json_t *output, const char *key, json_t **out, GError **error)
{
    const json_t *value = json_object_get(output, key);

    if (value == NULL || json_is_null(value) || json_object_size(value) == 0) {
        if (value == NULL || json_is_null(value) || json_is_object(value)) {
            return TRUE;
        }
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter '%s' must be an object", key);
        return FALSE;
    }
    *out = json_incref((json_t *)value);
    return TRUE;
}

static gboolean take_results(TgTurn *turn, const json_t *output, GError **error)
{
    if (output == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK,
                    "output.json does not exist. Something unexpected error happened. Please check "
                    "logs. (runtime)");
        return FALSE;
    }
    return take_map(output, "subtask_config", &turn->subtasks, error) &&
           take_map(output, "export_params", &turn->export, error) &&
           take_map(output, "store_params", &turn->store, error);
}

/* The runner with its arguments, or the task's own program. */
static GPtrArray *command_of(const TgOperatorScript *script, const TgOperatorLanguage *language,
                             const char *output_path, GError **error)
{
    g_autoptr(GPtrArray) argv = language->interpreter(script, error);
    gboolean has_command = tg_params_has(script->params, "_command");
    g_autofree char *given =
        argv == NULL
            ? NULL
            : tg_params_dup_text(script->params, has_command ? "_command" : "script", error);
    g_autoptr(json_t) input = json_pack("{s:O}", "params", script->params);
    g_autofree char *input_text = tg_params_to_json(input);

    if (given == NULL) {
        return NULL;
    }
    char *input_path = tg_operator_script_write(script, "input.json", input_text, error);
    char *runner_path =
        input_path == NULL
            ? NULL
            : tg_operator_script_write(script, language->runner_name,
                                       has_command ? language->runner : given, error);

    if (runner_path == NULL) {
        g_free(input_path);
        return NULL;
    }
    g_ptr_array_add(argv, runner_path);
    if (has_command) {
        g_ptr_array_add(argv, g_steal_pointer(&given));
    }
    g_ptr_array_add(argv, input_path);
    g_ptr_array_add(argv, g_strdup(output_path));
    return g_steal_pointer(&argv);
}

gboolean tg_operator_language_run(TgTurn *turn, const TgOperatorLanguage *language, GError **error)
{
    g_auto(TgOperatorScript) script = {NULL};
    g_autoptr(json_t) env = tg_operator_env(turn, error);
    g_autoptr(GError) problem = NULL;
    int status = 0;

    if (env == NULL || !tg_operator_script_begin(&script, turn, language->type, error)) {
        return FALSE;
    }
    g_autofree char *output_path = g_build_filename(script.folder, "output.json", NULL);
    g_autoptr(GPtrArray) argv = command_of(&script, language, output_path, error);

    if (argv == NULL || !tg_operator_script_run(&script, argv, env, &status, error)) {
        return FALSE;
    }
    g_autoptr(json_t) output = read_output(output_path, &problem);

    if (status != 0) {
        fail_status(language, status, output, error);
        return FALSE;
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    return take_results(turn, output, error);
}

/* A task as a load. */
#include "operators/support_load.h"

#include <string.h>

#include "aws/named.h"
#include "command/command.h"
#include "command/embulk_program.h"
#include "loader/liquid.h"
#include "operators/support.h"
#include "operators/support_script.h"
#include "operators/support_secret.h"
#include "params/params.h"
#include "params/yaml.h"

static gboolean run_tests(gpointer data, const json_t *tests, const TgLoaderStaged *staged,
                          json_t **out_results, GError **error)
{
    const TgTurn *turn = data;

    return turn->services->run_tests(turn->services, tests, staged, out_results, error);
}

static gboolean is_cancelled(gpointer data)
{
    const TgTurn *turn = data;

    return g_atomic_int_get(turn->services->is_cancelled) != 0;
}

static void progress(gpointer data, const TgLoaderProgress *now)
{
    const TgTurn *turn = data;

    turn->services->progress(turn->services, turn->task_name, now);
}

static void log_line(gpointer data, TgLoaderLevel level, const char *message)
{
    const TgTurn *turn = data;

    if (level >= TG_LOADER_INFO) {
        turn->services->note(turn->services, turn->task_name, message);
    }
}

static void print(gpointer data, const char *bytes, gsize size_bytes)
{
    const TgTurn *turn = data;

    turn->services->print(turn->services, turn->task_name, bytes, size_bytes);
}

/* The text of a config file; that of a load> is rendered when it ends in .liquid. */
static char *read_text(const TgTurn *turn, const char *path, gboolean is_rendered, GError **error)
{
    g_autofree char *text = tg_operator_read_template(turn, path, error);
    g_autofree char *full = text == NULL ? NULL : tg_operator_find_file(turn, path, error);

    if (full == NULL) {
        return NULL;
    }
    if (!is_rendered || !g_str_has_suffix(path, ".liquid")) {
        return g_steal_pointer(&text);
    }
    TgSource source = {.name = path, .text = text, .size_bytes = strlen(text)};

    return tg_liquid_render_config(&source, full, turn->now_ms, error);
}

/* The map of a config file. */
static json_t *read_file(const TgTurn *turn, const char *path, gboolean exact_types, GError **error)
{
    g_autofree char *text = read_text(turn, path, exact_types, error);
    TgYamlOptions options = {.flavour = exact_types ? TG_YAML_EMBULK : TG_YAML_EMBULK_TIMES};
    g_autoptr(TgYaml) yaml = NULL;

    if (text == NULL) {
        return NULL;
    }
    TgSource source = {.name = path, .text = text, .size_bytes = strlen(text)};

    yaml = tg_yaml_parse(&source, &options, error);
    return yaml == NULL ? NULL : json_incref(tg_yaml_root(yaml));
}

/* A text with its ${secret:key} filled in; others are themselves. A new reference. */
static json_t *fill_text(const TgTurn *turn, json_t *value, GError **error)
{
    g_autofree char *filled = NULL;

    if (!json_is_string(value) || strstr(json_string_value(value), "${secret:") == NULL) {
        return json_incref(value);
    }
    filled = tg_operator_fill_secrets(turn, json_string_value(value), error);
    return filled == NULL ? NULL : json_string(filled);
}

/* Fills secrets into all texts of a config, which nobody else has. */
static gboolean fill_secrets(const TgTurn *turn, json_t *config, GError **error)
{
    const char *key = NULL;
    json_t *value = NULL;
    void *next = NULL;
    size_t index = 0;

    json_object_foreach_safe(config, next, key, value)
    {
        json_t *filled = fill_text(turn, value, error);

        if (filled == NULL || !fill_secrets(turn, filled, error)) {
            json_decref(filled);
            return FALSE;
        }
        json_object_set_new(config, key, filled);
    }
    json_array_foreach (config, index, value) {
        json_t *filled = fill_text(turn, value, error);

        if (filled == NULL || !fill_secrets(turn, filled, error)) {
            json_decref(filled);
            return FALSE;
        }
        json_array_set_new(config, index, filled);
    }
    return TRUE;
}

/* The config that stands in the workflow itself. */
static json_t *read_inline(const TgTurn *turn, GError **error)
{
    static const char *const keys[] = {"in", "filters", "out", "exec", "types"};
    const json_t *config = json_object_get(turn->params, "config");
    json_t *own = NULL;

    if (json_is_object(config)) {
        return json_deep_copy(config);
    }
    own = json_object();
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        json_t *value = json_object_get(turn->params, keys[i]);

        if (value != NULL) {
            json_object_set_new(own, keys[i], json_deep_copy(value));
        }
    }
    if (json_object_get(own, "in") == NULL) {
        json_decref(own);
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "name a file with the load, or write 'in:' and 'out:' below the task");
        return NULL;
    }
    return own;
}

/* `test:` beside the task goes to the output, which runs it before it publishes. */
static void add_tests(const TgTurn *turn, json_t *config)
{
    const json_t *tests = tg_operator_tests(turn);
    json_t *out = json_object_get(config, "out");

    if (tests != NULL && json_is_object(out)) {
        json_object_set(out, "tests", (json_t *)tests);
    }
}

/* Runs the real Embulk on the config as it is with its templates filled in. */
static gboolean run_embulk(const TgTurn *turn, const char *program, const json_t *config,
                           GError **error)
{
    g_auto(TgOperatorScript) script = {NULL};
    g_autofree char *text = tg_params_to_json(config); /* which is YAML, too */
    g_autofree char *path = NULL;
    g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), TG_EMBULK_GUARD, "1", TRUE);
    int status = 0;

    if (!tg_operator_script_begin(&script, turn, "embulk", error)) {
        return FALSE;
    }
    path = tg_operator_script_write(&script, "load.yml", text, error);
    if (path == NULL) {
        return FALSE;
    }
    const char *const argv[] = {program, "run", path, NULL};
    TgCommandRequest command = {.argv = argv,
                                .environment = (const char *const *)environment,
                                .folder = turn->work_folder,
                                .is_cancelled = turn->services->is_cancelled,
                                .output = print,
                                .data = (gpointer)turn};

    if (!tg_command_execute(&command, &status, error)) {
        return FALSE;
    }
    if (status != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK, "%s failed with exit status %d", program,
                    status);
    }
    return status == 0;
}

/* *out_done when a real Embulk ran a load with plug-ins that are not here. */
static gboolean hand_on(const TgTurn *turn, const TgLoaderJob *job, gboolean *out_done,
                        GError **error)
{
    g_autofree char *reason = tg_loader_describe_foreign(job);
    g_autofree char *program = reason == NULL ? NULL : tg_embulk_program_find();

    *out_done = program != NULL;
    if (program == NULL) {
        return TRUE;
    }
    g_autofree char *line = g_strdup_printf(
        "%s: %s runs the load, with its own types and without a receipt", reason, program);

    turn->services->note(turn->services, turn->task_name, line);
    return run_embulk(turn, program, job->config, error);
}

gboolean tg_operator_run_load(TgTurn *turn, gboolean exact_types, GError **error)
{
    g_autofree char *path = NULL;
    g_autoptr(json_t) config = NULL;
    g_auto(TgLoaderReport) report = {NULL};
    TgCatalog *catalog = turn->services->catalog(turn->services, error);

    if (catalog == NULL || !tg_params_dup_text_or(turn->params, "_command", NULL, &path, error)) {
        return FALSE;
    }
    gboolean is_file = path != NULL && *path != '\0';

    config = is_file ? read_file(turn, path, exact_types, error) : read_inline(turn, error);
    if (config == NULL || (exact_types && !fill_secrets(turn, config, error))) {
        return FALSE;
    }
    const json_t *aws = json_object_get(turn->params, "aws");
    const char *chosen = json_is_string(aws) ? json_string_value(aws)
                                             : json_string_value(json_object_get(aws, "use"));

    if (!tg_aws_named_expand_load(config, aws, chosen, error)) {
        return FALSE;
    }
    add_tests(turn, config);
    TgLoaderServices services = {.objects = turn->services->objects(turn->services),
                                 .catalog = catalog,
                                 .run_tests = run_tests,
                                 .is_cancelled = is_cancelled,
                                 .progress = progress,
                                 .log = log_line,
                                 .print = print,
                                 .data = turn};
    TgLoaderJob job = {.config = config,
                       .config_name = is_file ? path : turn->task_name,
                       .base_folder = turn->work_folder,
                       .project_folder = turn->services->project_folder,
                       .plugins = turn->services->plugins,
                       .services = &services,
                       .task_name = turn->task_name,
                       .now_ms = turn->now_ms};

    gboolean is_done = FALSE;

    if (!tg_loader_read_types(config, exact_types, &job.exact_types, error) ||
        !hand_on(turn, &job, &is_done, error)) {
        return FALSE;
    }
    if (is_done) {
        return TRUE;
    }
    if (!tg_loader_run(&job, &report, error)) {
        return FALSE;
    }
    turn->receipt = json_incref(report.receipt);
    return TRUE;
}

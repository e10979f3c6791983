/* Reading the config of a load, and what the loader may use here. */
#include "cli/load_job.h"

#include <stdio.h>
#include <string.h>

#include "aws/named.h"
#include "base/clock.h"
#include "base/file.h"
#include "cli/loader_plugins.h"
#include "cli/loader_tests.h"
#include "loader/liquid.h"
#include "params/params.h"
#include "params/yaml.h"
#include "params/yaml_write.h"

#define DIFF_BYTES_MAX ((gsize)1024 * 1024)

static const char *const level_names[] = {
    [TG_LOADER_DEBUG] = "DEBUG",
    [TG_LOADER_INFO] = "INFO",
    [TG_LOADER_WARN] = "WARN",
    [TG_LOADER_ERROR] = "ERROR",
};

static void print_embulk_line(const TgCliLoad *load, TgLoaderLevel level, const char *message)
{
    FILE *to = load->log_file == NULL ? stdout : load->log_file;
    gint64 now_ms = tg_clock_now_ms();
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(now_ms / 1000);
    g_autofree char *time = g_date_time_format(now, "%Y-%m-%d %H:%M:%S");
    g_autofree char *line = g_strdelimit(g_strdup(message), "\n", ' ');

    (void)fprintf(to, "%s.%03d +0000 [%s] (main): %s\n", time, (int)(now_ms % 1000),
                  level_names[level], line);
}

static void print_log(gpointer data, TgLoaderLevel level, const char *message)
{
    const TgCliLoad *load = data;

    if (level < load->level_min) {
        return;
    }
    if (load->embulk_lines) {
        print_embulk_line(load, level, message);
        return;
    }
    (void)fprintf(stderr, "%s%s\n", level == TG_LOADER_WARN ? "warning: " : "", message);
}

static void show_progress(gpointer data, const TgLoaderProgress *now)
{
    tg_load_progress_show(((TgCliLoad *)data)->progress, now);
}

static void print_bytes(gpointer data G_GNUC_UNUSED, const char *bytes, gsize size_bytes)
{
    (void)fwrite(bytes, 1, size_bytes, stdout);
}

static gboolean run_tests(gpointer data, const json_t *tests, const TgLoaderStaged *staged,
                          json_t **out_results, GError **error)
{
    TgCliLoad *load = data;
    const TgQueryOptions options = {.leave_open = TRUE};

    if (load->query == NULL) {
        load->query = tg_query_new(load->services.catalog, load->services.objects, &options);
    }
    return tg_cli_run_loader_tests(tg_query_engine(load->query), tests, staged, out_results, error);
}

static gboolean has_suffix(const char *path)
{
    static const char *const suffixes[] = {".yml", ".yaml", ".yml.liquid", ".yaml.liquid"};

    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        if (g_str_has_suffix(path, suffixes[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

static TgYaml *load_template(const char *path, TgYamlFlavour flavour, GError **error)
{
    g_autofree char *text = NULL;
    g_autofree char *rendered = NULL;
    gsize size = 0;

    if (!tg_file_read(path, TG_YAML_SIZE_MAX, &text, &size, error)) {
        return NULL;
    }
    TgSource source = {.name = path, .text = text, .size_bytes = size};

    rendered = tg_liquid_render_config(&source, path, tg_clock_now_ms(), error);
    if (rendered == NULL) {
        return NULL;
    }
    TgSource result = {.name = path, .text = rendered, .size_bytes = strlen(rendered)};
    TgYamlOptions options = {.flavour = flavour};

    return tg_yaml_parse(&result, &options, error);
}

static json_t *read_config(const char *path, TgYamlFlavour flavour, GError **error)
{
    g_autoptr(TgYaml) yaml = NULL;

    if (!has_suffix(path)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'%s': a config is a file *.yml, *.yaml, *.yml.liquid or *.yaml.liquid", path);
        return NULL;
    }
    yaml = g_str_has_suffix(path, ".liquid") ? load_template(path, flavour, error)
                                             : tg_yaml_load(path, path, flavour, error);
    return yaml == NULL ? NULL : json_incref(tg_yaml_root(yaml));
}

/* A load that names no table leaves no catalog behind. */
static gboolean needs_catalog(const json_t *config)
{
    return json_is_object(json_object_get(json_object_get(config, "out"), "catalog"));
}

TgCliLoad *tg_cli_load_new(const TgCli *cli, const char *path, gboolean exact_types, GError **error)
{
    json_t *config = read_config(path, exact_types ? TG_YAML_EMBULK : TG_YAML_EMBULK_TIMES, error);

    return config == NULL ? NULL : tg_cli_load_new_config(cli, config, path, exact_types, error);
}

TgCliLoad *tg_cli_load_new_config(const TgCli *cli, json_t *take_config, const char *name,
                                  gboolean exact_types, GError **error)
{
    g_autoptr(TgCliLoad) load = g_new0(TgCliLoad, 1);

    load->embulk_lines = cli->program == TG_PROGRAM_EMBULK;
    load->level_min = TG_LOADER_INFO;
    load->config = take_config;
    load->config_name = g_strdup(name);
    if (!tg_aws_named_expand_load(load->config, NULL, NULL, error)) {
        g_prefix_error(error, "%s: ", name);
        return NULL;
    }
    load->state = tg_cli_state_new(NULL);
    load->services = (TgLoaderServices){
        .objects = tg_cli_state_objects(load->state),
        .run_tests = run_tests,
        .progress = show_progress,
        .log = print_log,
        .print = print_bytes,
        .data = load,
    };
    if (needs_catalog(load->config)) {
        load->services.catalog = tg_cli_state_catalog(load->state, error);
        if (load->services.catalog == NULL) {
            return NULL;
        }
    }
    load->job = (TgLoaderJob){
        .config = load->config,
        .config_name = load->config_name,
        .plugins = tg_loader_plugins_get(),
        .services = &load->services,
        .now_ms = tg_clock_now_ms(),
    };
    if (!tg_loader_read_types(load->config, exact_types, &load->job.exact_types, error)) {
        g_prefix_error(error, "%s: ", name);
        return NULL;
    }
    return g_steal_pointer(&load);
}

void tg_cli_load_free(TgCliLoad *load)
{
    if (load == NULL) {
        return;
    }
    tg_load_progress_free(load->progress);
    json_decref(load->config);
    json_decref(load->job.resume_state);
    tg_query_free(load->query);
    tg_cli_state_free(load->state);
    if (load->log_file != NULL) {
        (void)fclose(load->log_file);
    }
    g_free(load->config_name);
    g_free(load);
}

gboolean tg_cli_load_merge_diff(TgCliLoad *load, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(TgYaml) yaml = NULL;
    gsize size = 0;

    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        return tg_file_write_unflushed(path, "", 0, error);
    }
    if (!tg_file_read(path, DIFF_BYTES_MAX, &text, &size, error)) {
        return FALSE;
    }
    if (*g_strstrip(text) == '\0') {
        return TRUE;
    }
    yaml = tg_yaml_load(path, path, TG_YAML_EMBULK, error);
    if (yaml == NULL) {
        return FALSE;
    }
    tg_params_merge(load->config, tg_yaml_root(yaml));
    return TRUE;
}

gboolean tg_cli_load_write_yaml(const char *path, const json_t *value, GError **error)
{
    g_autofree char *text = tg_yaml_write(value);

    return tg_file_write(path, text, strlen(text), error);
}

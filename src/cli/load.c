/* tegaru load ACTION: bulk loads; actions with more to them stand in load_<action>.c. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/hand_on.h"
#include "cli/load_actions.h"
#include "params/params.h"
#include "params/yaml_write.h"

static const char description[] =
    "Actions:\n"
    "  run FILE      load what the config says and print the receipt\n"
    "  guess FILE    print the config with decoders, parser and columns filled in\n"
    "  preview FILE  print some rows as they would be loaded\n"
    "  types FILE    print what becomes of each column's type, and what is lost\n"
    "  copy SOURCE TARGET  load the tables of a database to Parquet:\n"
    "                mysql://user@host/db?tables=a,b s3://bucket/prefix --catalog db\n"
    "  plugins [NAME]  list the plug-ins, or print the options of one\n\n"
    "The config is that of Embulk: {in, filters, out, exec}. Types arrive exactly or the load is\n"
    "refused; without in.parser they are guessed.\n";

/* --rejects: the corrected records of a reject file take the place of the input's files. */
static gboolean use_rejects(TgCliLoad *load, const char *path, GError **error)
{
    json_t *in = json_object_get(load->config, "in");
    json_t *parser = json_object_get(in, "parser");

    if (!json_is_object(parser)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: --rejects needs the in.parser that the records were written for; "
                    "'tegaru load guess' prints it",
                    load->config_name);
        return FALSE;
    }
    json_object_set_new(parser, "skip_header_lines", json_integer(0));
    (void)json_object_del(parser, "header_line"); /* may not be there */
    json_object_set_new(in, "type", json_string("file"));
    json_object_set_new(in, "path_prefix", json_string(path));
    json_object_set_new(in, "decoders", json_pack("[{s:s}]", "type", "rejects"));
    return TRUE;
}

static int run_load(const TgCli *cli, TgCliLoad *load, const TgLoadOptions *options)
{
    g_auto(TgLoaderReport) report = {0};
    GError *error = NULL;

    if (options->rejects != NULL && !use_rejects(load, options->rejects, &error)) {
        return tg_cli_fail(cli, error);
    }

    if (options->config_diff != NULL &&
        !tg_cli_load_merge_diff(load, options->config_diff, &error)) {
        return tg_cli_fail(cli, error);
    }
    load->progress = tg_load_progress_new();
    gboolean ok = tg_loader_run(&load->job, &report, &error);

    g_clear_pointer(&load->progress, tg_load_progress_free);
    if (!ok) {
        return tg_cli_fail(cli, error);
    }
    if (options->config_diff != NULL &&
        !tg_cli_load_write_yaml(options->config_diff, report.config_diff, &error)) {
        return tg_cli_fail(cli, error);
    }
    g_autofree char *text =
        options->json ? tg_params_to_json(report.receipt) : tg_yaml_write(report.receipt);

    (void)fputs(text, stdout);
    if (options->json) {
        (void)putchar('\n');
    }
    return 0;
}

static int run_guess(const TgCli *cli, TgCliLoad *load, const TgLoadOptions *options)
{
    GError *error = NULL;
    g_autoptr(json_t) config = tg_loader_guess(&load->job, &error);

    if (config == NULL) {
        return tg_cli_fail(cli, error);
    }
    if (options->output != NULL) {
        return tg_cli_load_write_yaml(options->output, config, &error) ? 0
                                                                       : tg_cli_fail(cli, error);
    }
    g_autofree char *text = options->json ? tg_params_to_json(config) : tg_yaml_write(config);

    (void)fputs(text, stdout);
    if (options->json) {
        (void)putchar('\n');
    }
    return 0;
}

static int run_preview(const TgCli *cli, TgCliLoad *load, const TgLoadOptions *options)
{
    g_auto(TgLoaderSample) sample = {0};
    GError *error = NULL;

    if (!tg_loader_preview(&load->job, &sample, &error)) {
        return tg_cli_fail(cli, error);
    }
    g_autofree char *text = tg_loader_sample_format(&sample, options->vertical);

    (void)fputs(text, stdout);
    return 0;
}

typedef struct {
    const char *name;
    int (*run)(const TgCli *cli, TgCliLoad *load, const TgLoadOptions *options);
    gboolean is_embulks; /* Embulk has the same */
} LoadAction;

static gboolean hand_on(const TgCliLoad *load, const char *action, const char *path,
                        const TgLoadOptions *options, GError **error)
{
    g_autofree char *threads = g_strdup_printf("max_threads=%d", options->threads);
    const char *arguments[10] = {action, path};
    guint count = 2;

    if (options->rejects != NULL) {
        return TRUE; /* Embulk knows no such files */
    }
    if (options->config_diff != NULL) {
        arguments[count++] = "-c";
        arguments[count++] = options->config_diff;
    }
    if (options->output != NULL) {
        arguments[count++] = "-o";
        arguments[count++] = options->output;
    }
    if (options->threads > 0) {
        arguments[count++] = "-X";
        arguments[count++] = threads;
    }
    if (options->vertical) {
        arguments[count++] = "-G";
    }
    return tg_cli_hand_on(load, arguments, error);
}

static int run_action(const TgCli *cli, const LoadAction *action, const char *path,
                      const TgLoadOptions *options)
{
    GError *error = NULL;
    g_autoptr(TgCliLoad) load = tg_cli_load_new(cli, path, TRUE, &error);

    if (load == NULL ||
        (action->is_embulks && !hand_on(load, action->name, path, options, &error))) {
        return tg_cli_fail(cli, error);
    }
    load->job.threads = (guint)CLAMP(options->threads, 0, 64);
    return action->run(cli, load, options);
}

static int dispatch(const TgCli *cli, int argc, char **argv, const TgLoadOptions *options)
{
    static const LoadAction actions[] = {{"run", run_load, TRUE},
                                         {"guess", run_guess, TRUE},
                                         {"preview", run_preview, TRUE},
                                         {"types", tg_load_action_types, FALSE}};

    if (argc == 4 && strcmp(argv[1], "copy") == 0) {
        return tg_load_action_copy(cli, argv[2], argv[3], options);
    }
    if (argc >= 2 && argc <= 3 && strcmp(argv[1], "plugins") == 0) {
        return tg_load_action_plugins(cli, argc == 3 ? argv[2] : NULL, options);
    }
    for (gsize i = 0; argc == 3 && i < G_N_ELEMENTS(actions); i++) {
        if (strcmp(actions[i].name, argv[1]) == 0) {
            return run_action(cli, &actions[i], argv[2], options);
        }
    }
    if (argc != 3) {
        return tg_cli_usage(cli, "load: give an action (run, guess, preview or types) and a config "
                                 "file, or: copy SOURCE TARGET");
    }
    return tg_cli_usage(
        cli, "load: unknown action '%s'; actions are run, guess, preview, types, copy and plugins",
        argv[1]);
}

static int load_run(const TgCli *cli, int argc, char **argv)
{
    TgLoadOptions options = {0};
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON instead of YAML", NULL},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output,
         "guess: write the config to a file; plugins: write reference pages to a folder", "PATH"},
        {"vertical", 'G', 0, G_OPTION_ARG_NONE, &options.vertical, "preview: one line a value",
         NULL},
        {"config-diff", 'c', 0, G_OPTION_ARG_FILENAME, &options.config_diff,
         "run: merge this file in, and write there where to go on next time", "PATH"},
        {"rejects", 0, 0, G_OPTION_ARG_FILENAME, &options.rejects,
         "run: load the corrected records of a reject file instead of the input's files", "PATH"},
        {"catalog", 0, 0, G_OPTION_ARG_STRING, &options.catalog,
         "copy: publish tables in this database", "DATABASE"},
        {"write-config", 0, 0, G_OPTION_ARG_FILENAME, &options.write_config,
         "copy: write the configs of the loads to a folder", "FOLDER"},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &options.jobs, "copy: tables at a time (2)", "N"},
        {"threads", 't', 0, G_OPTION_ARG_INT, &options.threads, "run: threads (one for each core)",
         "N"},
        G_OPTION_ENTRY_NULL};
    const TgCliHelp help = {"ACTION FILE", description};
    int status = 0;

    if (tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        status = dispatch(cli, argc, argv, &options);
    }
    g_free(options.output);
    g_free(options.rejects);
    g_free(options.catalog);
    g_free(options.write_config);
    g_free(options.config_diff);
    return status;
}

const TgCommand tg_command_load = {.name = "load",
                                   .summary = "Load files or tables into files or tables",
                                   .words = "run guess preview types copy plugins",
                                   .run = load_run};

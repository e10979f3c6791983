/* embulk run|guess|preview|cleanup FILE, as Embulk 0.11.4 (DEPS/cli, CORE/EmbulkRunner.java). */
#include "cli/embulk.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "cli/hand_on.h"
#include "cli/load_job.h"
#include "params/params.h"
#include "params/yaml.h"
#include "params/yaml_write.h"

#define STATUS_USAGE 255 /* Java's exit(-1) */

typedef struct {
    const char *command;
    const char *file;
    const char *config_diff;
    const char *resume_state;
    const char *output;
    const char *guess;
    const char *log_level;
    const char *log_path;
    gboolean vertical;
    json_t *properties; /* of -X */
    char **argv;        /* as they came, without the program's name */
} Arguments;

static void print_usage(void)
{
    (void)puts("Embulk v0.11.4\n\n"
               "Usage: embulk [common options] <command> [command options]\n\n"
               "Commands:\n"
               "  run FILE      [-c DIFF.yml] [-r STATE.yml] [-o OUT.yml]\n"
               "  preview FILE  [-G]\n"
               "  guess FILE    [-o OUT.yml] [-g NAMES]\n"
               "  cleanup FILE  -r STATE.yml\n\n"
               "Common options:\n"
               "  -l, --log-level LEVEL   error, warn, info, debug or trace\n"
               "      --log-path PATH     write the log to a file\n"
               "  -X KEY=VALUE            max_threads, min_output_tasks …\n"
               "  -h, --help    -version, --version");
}

static int usage_error(const char *problem, const char *what)
{
    (void)fprintf(stderr, "embulk: %s: %s\nTry 'embulk --help'.\n", problem, what);
    return STATUS_USAGE;
}

static void add_property(Arguments *arguments, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "=", 2);

    if (parts[0] != NULL && parts[1] != NULL) {
        json_object_set_new(arguments->properties, parts[0], json_string(parts[1]));
    }
}

/* Where the value of an option goes; NULL: it has none, or is none. */
static const char **value_of(Arguments *arguments, const char *option, gboolean *out_ignored)
{
    const struct {
        const char *brief, *full;
        const char **into;
    } options[] = {
        {"-c", "--config-diff", &arguments->config_diff},
        {"-r", "--resume-state", &arguments->resume_state},
        {"-o", "--output", &arguments->output},
        {"-g", "--guess", &arguments->guess},
        {"-l", "--log-level", &arguments->log_level},
        {"--log-path", "--log-path", &arguments->log_path},
        {"-L", "--load", NULL},
        {"-I", "--load-path", NULL},
        {"-C", "--classpath", NULL},
        {"-b", "--bundle", NULL},
        {"-R", "-R", NULL},
    };

    *out_ignored = FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
        if (strcmp(option, options[i].brief) == 0 || strcmp(option, options[i].full) == 0) {
            *out_ignored = options[i].into == NULL;
            return options[i].into;
        }
    }
    return NULL;
}

static int take_word(Arguments *arguments, const char *word)
{
    if (arguments->command == NULL) {
        arguments->command = word;
    } else if (arguments->file == NULL) {
        arguments->file = word;
    } else {
        return usage_error("too many arguments", word);
    }
    return 0;
}

/* Takes an option with its value at argv[*at + 1], or a flag; anything but 0 is what to exit with.
 */
static int take_option(Arguments *arguments, int argc, char **argv, int *at)
{
    const char *option = argv[*at];
    gboolean ignored = FALSE;
    const char **into = value_of(arguments, option, &ignored);
    gboolean is_property = strcmp(option, "-X") == 0;

    if (strcmp(option, "-G") == 0 || strcmp(option, "--vertical") == 0) {
        arguments->vertical = TRUE;
        return 0;
    }
    if (g_str_has_prefix(option, "-X") && !is_property) {
        add_property(arguments, option + 2);
        return 0;
    }
    if (into == NULL && !ignored && !is_property) {
        return usage_error("unknown option", option);
    }
    if (++*at == argc) {
        return usage_error("an option needs a value", option);
    }
    if (is_property) {
        add_property(arguments, argv[*at]);
    } else if (into != NULL) {
        *into = argv[*at];
    }
    return 0;
}

/* Parses all arguments; anything but 0 is what to exit with. */
static int parse_arguments(Arguments *arguments, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        gboolean is_option = argv[i][0] == '-' && argv[i][1] != '\0';
        int status =
            is_option ? take_option(arguments, argc, argv, &i) : take_word(arguments, argv[i]);

        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int fail(const TgCliLoad *load, GError *take_error)
{
    g_autoptr(GError) error = take_error;

    if (load != NULL && load->services.log != NULL) {
        load->services.log((gpointer)load, TG_LOADER_ERROR, error->message);
    }
    (void)fflush(stdout);
    (void)fprintf(stderr, "\nError: %s\n", error->message);
    return 1;
}

/* Properties that are defaults of exec. */
static void merge_properties(TgCliLoad *load, const Arguments *arguments)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_t *exec = json_object_get(load->config, "exec");

    if (json_object_size(arguments->properties) == 0) {
        return;
    }
    if (!json_is_object(exec)) {
        exec = json_object();
        json_object_set_new(load->config, "exec", exec);
    }
    json_object_foreach (arguments->properties, key, value) {
        if (json_object_get(exec, key) == NULL) {
            json_object_set(exec, key, value);
        }
    }
}

static gboolean set_log(TgCliLoad *load, const Arguments *arguments, GError **error)
{
    const char *level = arguments->log_level == NULL ? "info" : arguments->log_level;

    if (strcmp(level, "error") == 0) {
        load->level_min = TG_LOADER_ERROR;
    } else if (strcmp(level, "warn") == 0) {
        load->level_min = TG_LOADER_WARN;
    } else if (strcmp(level, "debug") == 0 || strcmp(level, "trace") == 0) {
        load->level_min = TG_LOADER_DEBUG;
    }
    if (arguments->log_path != NULL) {
        load->log_file = g_fopen(arguments->log_path, "ae");
        if (load->log_file == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "cannot write the log file '%s'",
                        arguments->log_path);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean read_resume_state(TgCliLoad *load, const char *path, GError **error)
{
    g_autoptr(TgYaml) yaml = NULL;

    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        return TRUE;
    }
    yaml = tg_yaml_load(path, path, TG_YAML_EMBULK, error);
    if (yaml == NULL) {
        return FALSE;
    }
    load->job.resume_state = json_incref(tg_yaml_root(yaml));
    return TRUE;
}

static gboolean write_results(const TgCliLoad *load, const Arguments *arguments,
                              const TgLoaderReport *report, GError **error)
{
    g_autofree char *diff = tg_params_to_json(report->config_diff);
    g_autofree char *message = g_strdup_printf("Next config diff: %s", diff);

    load->services.log((gpointer)load, TG_LOADER_INFO, "Committed.");
    load->services.log((gpointer)load, TG_LOADER_INFO, message);
    if (arguments->resume_state != NULL) {
        (void)g_unlink(arguments->resume_state); /* it may not be there */
    }
    if (arguments->config_diff != NULL &&
        !tg_cli_load_write_yaml(arguments->config_diff, report->config_diff, error)) {
        return FALSE;
    }
    if (arguments->output != NULL) {
        g_autoptr(json_t) next = json_deep_copy(load->config);

        tg_params_merge(next, report->config_diff);
        return tg_cli_load_write_yaml(arguments->output, next, error);
    }
    return TRUE;
}

static int run(TgCliLoad *load, const Arguments *arguments)
{
    g_auto(TgLoaderReport) report = {0};
    GError *error = NULL;

    if ((arguments->config_diff != NULL &&
         !tg_cli_load_merge_diff(load, arguments->config_diff, &error)) ||
        (arguments->resume_state != NULL &&
         !read_resume_state(load, arguments->resume_state, &error))) {
        return fail(load, error);
    }
    load->services.log(load, TG_LOADER_INFO, "Embulk v0.11.4 (tegaru)");
    if (!tg_loader_run(&load->job, &report, &error)) {
        if (arguments->resume_state != NULL && report.resume_state != NULL) {
            (void)tg_cli_load_write_yaml(arguments->resume_state, report.resume_state,
                                         NULL); /* the error that counts is the first */
        }
        return fail(load, error);
    }
    return write_results(load, arguments, &report, &error) ? 0 : fail(load, error);
}

static int preview(TgCliLoad *load, const Arguments *arguments)
{
    g_auto(TgLoaderSample) sample = {0};
    GError *error = NULL;

    if (!tg_loader_preview(&load->job, &sample, &error)) {
        return fail(load, error);
    }
    g_autofree char *text = tg_loader_sample_format(&sample, arguments->vertical);

    (void)fputs(text, stdout);
    return 0;
}

/* A copy of the config whose exec names the plug-ins of -g. */
static json_t *with_guess_plugins(const json_t *config, const char *names)
{
    json_t *copy = json_deep_copy(config);
    json_t *exec = json_object_get(copy, "exec");
    json_t *list = json_array();
    g_auto(GStrv) parts = g_strsplit(names, ",", -1);

    if (!json_is_object(exec)) {
        exec = json_object();
        json_object_set_new(copy, "exec", exec);
    }
    for (char **name = parts; *name != NULL; name++) {
        json_array_append_new(list, json_string(g_strstrip(*name)));
    }
    json_object_set_new(exec, "guess_plugins", list);
    return copy;
}

static int guess(TgCliLoad *load, const Arguments *arguments)
{
    GError *error = NULL;
    g_autoptr(json_t) config = arguments->guess == NULL
                                   ? json_incref(load->config)
                                   : with_guess_plugins(load->config, arguments->guess);

    load->job.config = config;
    g_autoptr(json_t) guessed = tg_loader_guess(&load->job, &error);
    json_t *exec = json_object_get(load->config, "exec");

    if (guessed == NULL) {
        return fail(load, error);
    }
    if (exec != NULL) { /* -g is not written down */
        json_object_set(guessed, "exec", exec);
    } else {
        (void)json_object_del(guessed, "exec");
    }
    if (arguments->output == NULL) {
        g_autofree char *text = tg_yaml_write(guessed);

        (void)fputs(text, stdout);
        return 0;
    }
    if (!tg_cli_load_write_yaml(arguments->output, guessed, &error)) {
        return fail(load, error);
    }
    (void)printf("Created '%s' file.\n", arguments->output);
    return 0;
}

static int run_command(const TgCli *cli, const Arguments *arguments)
{
    static const struct {
        const char *name;
        int (*run)(TgCliLoad *load, const Arguments *arguments);
    } commands[] = {{"run", run}, {"preview", preview}, {"guess", guess}};
    GError *error = NULL;

    if (strcmp(arguments->command, "cleanup") == 0) {
        return 0; /* as 0.11.4's, which does nothing visible */
    }
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, arguments->command) != 0) {
            continue;
        }
        if (arguments->file == NULL) {
            return usage_error("give a config file", arguments->command);
        }
        g_autoptr(TgCliLoad) load = tg_cli_load_new(cli, arguments->file, FALSE, &error);

        if (load == NULL || !set_log(load, arguments, &error) ||
            !tg_cli_hand_on(load, (const char *const *)arguments->argv, &error)) {
            return fail(load, error);
        }
        merge_properties(load, arguments);
        return commands[i].run(load, arguments);
    }
    return usage_error("unknown command", arguments->command);
}

int tg_embulk_main(const TgCli *cli, int argc, char **argv)
{
    g_autoptr(json_t) properties = json_object();
    Arguments arguments = {.properties = properties, .argv = argv + 1};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "-version") == 0) {
            (void)puts("Embulk v0.11.4");
            return STATUS_USAGE; /* seen: the real one exits so, too */
        }
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_usage();
            return STATUS_USAGE;
        }
    }
    int status = parse_arguments(&arguments, argc, argv);

    if (status != 0) {
        return status;
    }
    if (arguments.command == NULL) {
        print_usage();
        return STATUS_USAGE;
    }
    return run_command(cli, &arguments);
}

/* tegaru secrets --local: the secrets of this machine. Digdag's client/Secrets.java. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/prompt.h"
#include "params/params.h"
#include "params/yaml.h"

#define INPUT_BYTES_MAX ((gsize)1024 * 1024)

/* What --set gathers. */
typedef struct {
    json_t *values; /* key -> text, in the order given */
    gboolean is_stdin_read;
} Gathered;

/* `--set a=1 b=2` is `--set=a=1 --set=b=2`: GLib's options take one value each. */
static GPtrArray *spread_values(int argc, char **argv)
{
    GPtrArray *spread = g_ptr_array_new_with_free_func(g_free);
    const char *option = NULL;

    for (int i = 0; i < argc; i++) {
        gboolean is_option = argv[i][0] == '-' && argv[i][1] != '\0';

        if (strcmp(argv[i], "--set") == 0 || strcmp(argv[i], "--delete") == 0) {
            option = argv[i];
        } else if (is_option || option == NULL) {
            option = NULL;
            g_ptr_array_add(spread, g_strdup(argv[i]));
        } else {
            g_ptr_array_add(spread, g_strconcat(option, "=", argv[i], NULL));
        }
    }
    g_ptr_array_add(spread, NULL);
    return spread;
}

static char *read_stdin(Gathered *gathered, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char block[4096];
    gsize got = 0;

    if (gathered->is_stdin_read) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Can only read once from stdin");
        return NULL;
    }
    gathered->is_stdin_read = TRUE;
    while ((got = fread(block, 1, sizeof block, stdin)) > 0) {
        g_string_append_len(text, block, (gssize)got);
        if (text->len > INPUT_BYTES_MAX) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "stdin: more than %" G_GSIZE_FORMAT " bytes", INPUT_BYTES_MAX);
            return NULL;
        }
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean add(Gathered *gathered, const char *key, const char *value, const char *source,
                    GError **error)
{
    if (json_object_get(gathered->values, key) != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Duplicate %s secret key: '%s'", source, key);
        return FALSE;
    }
    if (!g_utf8_validate(value, -1, NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Invalid secret value for key: %s (not UTF-8 text)", key);
        return FALSE;
    }
    json_object_set_new(gathered->values, key, json_string(value));
    return TRUE;
}

/* `@FILE` and `@-`: a YAML or JSON map of secrets. */
static gboolean add_map(Gathered *gathered, const char *path, GError **error)
{
    gboolean is_stdin = strcmp(path, "-") == 0;
    g_autofree char *text = is_stdin ? read_stdin(gathered, error) : NULL;
    g_autoptr(TgYaml) yaml = NULL;
    g_autoptr(GError) problem = NULL;
    const char *key = NULL;
    json_t *value = NULL;

    if (!is_stdin && !tg_file_read(path, INPUT_BYTES_MAX, &text, NULL, error)) {
        return FALSE;
    }
    TgYamlOptions options = {.flavour = TG_YAML_DIGDAG};
    TgSource source = {.name = is_stdin ? "stdin" : path,
                       .text = text,
                       .size_bytes = text == NULL ? 0 : strlen(text)};

    if (text == NULL) {
        return FALSE;
    }
    yaml = tg_yaml_parse(&source, &options, &problem);
    if (yaml == NULL) {
        /* What follows the first line shows the text, which is secret. */
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%.*s", (int)strcspn(problem->message, "\n"),
                    problem->message);
        return FALSE;
    }
    if (!json_is_object(tg_yaml_root(yaml))) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: a map of keys and secrets is needed",
                    path);
        return FALSE;
    }
    json_object_foreach ((json_t *)tg_yaml_root(yaml), key, value) {
        g_autofree char *shown = tg_params_to_text(value);

        if (json_is_object(value) || json_is_array(value) || json_is_null(value)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: the secret '%s' is no text", path,
                        key);
            return FALSE;
        }
        if (!add(gathered, key, shown, path, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static char *ask(const char *key, GError **error)
{
    if (!tg_cli_prompt_is_possible()) {
        g_set_error(
            error, TG_ERROR, TG_ERROR_CONFIG,
            "'%s' has no value and there is no terminal to ask at: write %s=VALUE, %s=@FILE "
            "or %s=-",
            key, key, key, key);
        return NULL;
    }
    char *line = tg_cli_prompt(key);

    if (line == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED, "no value was given for '%s'", key);
    }
    return line;
}

/* The value behind '=': text, `@FILE` or `-`. */
static char *value_of(Gathered *gathered, const char *given, GError **error)
{
    char *value = NULL;

    if (given[0] == '@') {
        (void)tg_file_read(given + 1, INPUT_BYTES_MAX, &value, NULL, error);
        return value;
    }
    if (given[0] != '-') {
        return g_strdup(given);
    }
    if (given[1] != '\0') {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "a value cannot begin with '-': give it as KEY=@FILE");
        return NULL;
    }
    return read_stdin(gathered, error);
}

static gboolean gather(Gathered *gathered, const char *given, GError **error)
{
    const char *equals = strchr(given, '=');
    g_autofree char *key =
        equals == NULL ? g_strdup(given) : g_strndup(given, (gsize)(equals - given));
    g_autofree char *value = NULL;

    if (given[0] == '@') {
        return add_map(gathered, given + 1, error);
    }
    if (strcmp(given, "-") == 0) {
        return add_map(gathered, given, error);
    }
    if (!tg_secret_folder_is_key(key)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Invalid secret key: %s", key);
        return FALSE;
    }
    value = equals == NULL ? ask(key, error) : value_of(gathered, equals + 1, error);
    return value != NULL && add(gathered, key, value, "--set", error);
}

static gboolean set_all(const TgSecretFolder *folder, char *const *given, GError **error)
{
    g_autoptr(json_t) values = json_object();
    Gathered gathered = {.values = values};
    const char *key = NULL;
    json_t *value = NULL;

    for (guint i = 0; given[i] != NULL; i++) {
        if (!gather(&gathered, given[i], error)) {
            return FALSE;
        }
    }
    json_object_foreach (values, key, value) {
        if (!tg_secret_folder_set(folder, key, json_string_value(value), error)) {
            return FALSE;
        }
        (void)fprintf(stderr, "Secret '%s' set\n", key);
    }
    return TRUE;
}

static gboolean delete_all(const TgSecretFolder *folder, char *const *keys, GError **error)
{
    for (guint i = 0; keys[i] != NULL; i++) {
        if (!tg_secret_folder_delete(folder, keys[i], error)) {
            return FALSE;
        }
        (void)fprintf(stderr, "Secret '%s' deleted\n", keys[i]);
    }
    return TRUE;
}

static void list_all(const TgSecretFolder *folder)
{
    g_autoptr(GPtrArray) keys = tg_secret_folder_keys(folder);

    for (guint i = 0; i < keys->len; i++) {
        (void)puts(keys->pdata[i]);
    }
}

static int secrets_run(const TgCli *cli, int argc, char **argv)
{
    static const TgCliHelp help = {
        "--local [--set KEY=VALUE…] [--delete KEY…]",
        "Without --set and --delete the keys are listed. --set also takes KEY=@FILE, KEY=- "
        "(stdin),\n"
        "KEY alone (asks), @FILE and @- (a YAML or JSON map of secrets).\n"};
    g_auto(GStrv) set = NULL;
    g_auto(GStrv) delete = NULL;
    g_autofree char *project = NULL;
    gboolean is_local = FALSE;
    const GOptionEntry entries[] = {
        {"local", 0, 0, G_OPTION_ARG_NONE, &is_local, "The secrets of this machine", NULL},
        {"project", 0, 0, G_OPTION_ARG_STRING, &project, "The secrets of a server's project",
         "NAME"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &set, "Set secrets", "KEY=VALUE…"},
        {"delete", 0, 0, G_OPTION_ARG_STRING_ARRAY, &delete, "Delete secrets", "KEY…"},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GPtrArray) spread = spread_values(argc, argv);
    g_autofree char **rest = g_memdup2(spread->pdata, spread->len * sizeof(char *));
    int rest_count = (int)spread->len - 1;
    g_autoptr(GError) error = NULL;
    int status = 0;

    if (!tg_cli_options(cli, entries, &help, &rest_count, &rest, &status)) {
        return status;
    }
    if (rest_count != 1) {
        return tg_cli_usage(cli, "secrets: '%s' belongs to no option", rest[1]);
    }
    if (set != NULL && delete != NULL) {
        return tg_cli_usage(cli, "Please specify only one of --set or --delete");
    }
    if (!is_local) {
        return tg_cli_usage(cli, project == NULL ? "Please specify either --project or --local"
                                                 : "secrets of a project live on a server; here "
                                                   "there are those of this machine: --local");
    }
    g_autoptr(TgSecretFolder) folder = tg_cli_secrets();

    if (set == NULL && delete == NULL) {
        list_all(folder);
        return 0;
    }
    gboolean ok = set != NULL ? set_all(folder, set, &error) : delete_all(folder, delete, &error);

    return ok ? 0 : tg_cli_fail(cli, g_steal_pointer(&error));
}

const TgCommand tg_command_secrets = {
    .name = "secrets", .summary = "Keep the secrets of this machine", .run = secrets_run};

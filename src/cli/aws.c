/* tegaru aws: who we are for AWS. */
#include <stdio.h>
#include <string.h>

#include "aws/sts.h"
#include "cli/aws_access.h"
#include "cli/command.h"
#include "params/params.h"
#include "params/yaml.h"

#define DESCRIPTION                                                                                \
    "Asks AWS (STS GetCallerIdentity), which needs no permission. Exits with 1 when the "          \
    "credentials are refused.\n\n"                                                                 \
    "Examples:\n"                                                                                  \
    "  tegaru aws whoami                            secrets, environment, ~/.aws, the machine\n"   \
    "  tegaru aws whoami --profile prod             a profile of ~/.aws/config\n"                  \
    "  tegaru aws whoami main.dig --aws prod        a profile of the workflow\n"

/* The map of a workflow's or a load's file; a new reference. */
static json_t *read_file(const char *path, GError **error)
{
    TgYamlFlavour flavour = g_str_has_suffix(path, ".dig") ? TG_YAML_DIGDAG : TG_YAML_EMBULK;
    g_autoptr(TgYaml) yaml = tg_yaml_load(path, path, flavour, error);

    return yaml == NULL ? NULL : json_incref(tg_yaml_root(yaml));
}

static void print_identity(const TgStsIdentity *identity, const TgAwsSettings *settings,
                           const char *source, gboolean as_json)
{
    const char *region = settings->region == NULL ? "us-east-1" : settings->region;

    if (as_json) {
        g_autoptr(json_t) all = json_pack("{s:s, s:s, s:s, s:s, s:s}", "account", identity->account,
                                          "arn", identity->arn, "user_id", identity->user_id,
                                          "source", source, "region", region);
        g_autofree char *text = json_dumps(all, JSON_INDENT(2));

        (void)puts(text);
        return;
    }
    (void)printf("account  %s\narn      %s\nsource   %s\nregion   %s%s\n", identity->account,
                 identity->arn, source, region,
                 settings->region == NULL ? " (nobody says one)" : "");
    if (settings->catalog_id != NULL) {
        (void)printf("catalog  %s\n", settings->catalog_id);
    }
}

static gboolean whoami(const TgCliAwsAccess *access, gboolean as_json, GError **error)
{
    g_auto(TgAwsSettings) settings = {0};
    g_auto(TgAwsKeys) keys = {0};
    g_auto(TgStsIdentity) identity = {NULL};
    g_autofree char *source = NULL;

    if (!tg_cli_aws_access(access, &settings, &source, error)) {
        return FALSE;
    }
    if (!tg_aws_credentials_fetch(settings.credentials, NULL, &keys, error) ||
        !tg_sts_get_identity(&keys, settings.region, NULL, &identity, error)) {
        g_prefix_error(error, "credentials of %s: ", source);
        return FALSE;
    }
    print_identity(&identity, &settings, source, as_json);
    return TRUE;
}

/* The file that is named, and its profiles. */
typedef struct {
    json_t *file; /* NULL: none is named */
    json_t *profiles;
} Named;

static void named_clear(Named *named)
{
    json_decref(named->file);
    json_decref(named->profiles);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Named, named_clear)

static gboolean named_read(Named *out, const char *path, GError **error)
{
    out->file = path == NULL ? NULL : read_file(path, error);
    out->profiles = out->file == NULL ? NULL : tg_cli_aws_profiles(out->file);
    return path == NULL || out->file != NULL;
}

static int aws_run(const TgCli *cli, int argc, char **argv)
{
    g_autofree char *profile = NULL;
    g_autofree char *name = NULL;
    gboolean as_json = FALSE;
    const GOptionEntry entries[] = {
        {"profile", 0, 0, G_OPTION_ARG_STRING, &profile, "A profile of ~/.aws/config", "NAME"},
        {"aws", 0, 0, G_OPTION_ARG_STRING, &name, "A profile of the file: aws: {NAME: …}", "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        G_OPTION_ENTRY_NULL};
    static const TgCliHelp help = {"whoami [FILE]", DESCRIPTION};
    g_auto(Named) named = {NULL, NULL};
    g_autoptr(GError) error = NULL;
    int status = 0;

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    if (argc < 2 || argc > 3 || strcmp(argv[1], "whoami") != 0) {
        return tg_cli_usage(cli, "aws: write `%s aws whoami`", cli->program_name);
    }
    if (name != NULL && (profile != NULL || argc == 2)) {
        return tg_cli_usage(cli,
                            "--aws names a profile of a file: write `%s aws whoami main.dig "
                            "--aws %s`, without --profile",
                            cli->program_name, name);
    }
    if (named_read(&named, argc == 3 ? argv[2] : NULL, &error)) {
        TgCliAwsAccess access = {.profile = profile, .name = name, .profiles = named.profiles};

        status = whoami(&access, as_json, &error) ? 0 : 1;
    }
    return error != NULL ? tg_cli_fail(cli, g_steal_pointer(&error)) : status;
}

const TgCommand tg_command_aws = {
    .name = "aws", .summary = "Tell who we are for AWS", .words = "whoami", .run = aws_run};

/* tegaru aws: who we are for AWS, and what a workflow or a load needs there. */
#include <stdio.h>
#include <string.h>

#include "aws/sts.h"
#include "cli/aws_access.h"
#include "cli/aws_needs.h"
#include "cli/aws_try.h"
#include "cli/command.h"
#include "params/params.h"
#include "params/yaml.h"

#define DESCRIPTION                                                                                \
    "whoami asks AWS (STS GetCallerIdentity), which needs no permission.\n"                        \
    "check tells which permissions a workflow or a load needs and tries those that can be tried "  \
    "without changing anything; --policy prints the IAM policy instead, and asks nobody.\n"        \
    "Both exit with 1 when AWS refuses.\n\n"                                                       \
    "Examples:\n"                                                                                  \
    "  tegaru aws whoami                            secrets, environment, ~/.aws, the machine\n"   \
    "  tegaru aws whoami --profile prod             a profile of ~/.aws/config\n"                  \
    "  tegaru aws whoami main.dig --aws prod        a profile of the workflow\n"                   \
    "  tegaru aws check main.dig\n"                                                                \
    "  tegaru aws check main.dig --policy > policy.json\n"

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

/* --- check --- */

/* One line of the report; FALSE when it is denied. */
static gboolean print_need(TgCliAwsTrial *trial, const TgCliAwsNeed *need, const json_t *resources)
{
    static const char *const words[] = {"allowed", "DENIED", "unclear", "not tried"};
    g_autofree char *why = NULL;
    TgCliAwsVerdict verdict = tg_cli_aws_try(trial, need, &why);
    gsize last = json_array_size(resources) - 1; /* of Glue's three the table */

    (void)printf("%-9s  %-32s %s  (%s)\n", words[verdict], need->action,
                 json_string_value(json_array_get(resources, last)),
                 need->place == NULL ? "the file" : need->place);
    if (why != NULL) {
        (void)printf("%11s%s\n", "", why);
    }
    return verdict != TG_CLI_AWS_DENIED;
}

static gboolean try_all(const TgAwsSettings *settings, const GPtrArray *needs, GError **error)
{
    g_autoptr(TgCliAwsTrial) trial = tg_cli_aws_trial_new(settings, error);
    guint denied = 0;

    for (guint i = 0; trial != NULL && i < needs->len; i++) {
        g_autoptr(json_t) resources =
            tg_cli_aws_resources(needs->pdata[i], settings->region, settings->catalog_id);

        denied += print_need(trial, needs->pdata[i], resources) ? 0 : 1;
    }
    if (denied > 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_DENIED,
                    "%u of %u permissions are denied; `tegaru aws check FILE --policy` prints the "
                    "policy that allows them",
                    denied, needs->len);
    }
    return trial != NULL && denied == 0;
}

static gboolean check(const TgCliAwsAccess *access, const char *path, const json_t *file,
                      gboolean as_policy, GError **error)
{
    g_auto(TgAwsSettings) settings = {0};
    g_autofree char *source = NULL;
    g_autoptr(GPtrArray) needs = tg_cli_aws_needs(path, file, error);

    if (needs == NULL || !tg_cli_aws_access(access, &settings, &source, error)) {
        return FALSE;
    }
    if (as_policy) {
        g_autoptr(json_t) policy = tg_cli_aws_policy(needs, settings.region, settings.catalog_id);
        g_autofree char *text = json_dumps(policy, JSON_INDENT(2));

        (void)puts(text);
        return TRUE;
    }
    if (needs->len == 0) {
        (void)printf("%s needs nothing of AWS\n", path);
        return TRUE;
    }
    return whoami(access, FALSE, error) && try_all(&settings, needs, error);
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
    gboolean as_policy = FALSE;
    const GOptionEntry entries[] = {
        {"profile", 0, 0, G_OPTION_ARG_STRING, &profile, "A profile of ~/.aws/config", "NAME"},
        {"aws", 0, 0, G_OPTION_ARG_STRING, &name, "A profile of the file: aws: {NAME: …}", "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "whoami: print JSON", NULL},
        {"policy", 0, 0, G_OPTION_ARG_NONE, &as_policy, "check: print the IAM policy", NULL},
        G_OPTION_ENTRY_NULL};
    static const TgCliHelp help = {"whoami [FILE] | check FILE", DESCRIPTION};
    g_auto(Named) named = {NULL, NULL};
    g_autoptr(GError) error = NULL;
    int status = 0;

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    gboolean checks = argc == 3 && strcmp(argv[1], "check") == 0;

    if (!checks && (argc < 2 || argc > 3 || strcmp(argv[1], "whoami") != 0)) {
        return tg_cli_usage(cli, "aws: write `%s aws whoami` or `%s aws check FILE`",
                            cli->program_name, cli->program_name);
    }
    if (name != NULL && (profile != NULL || argc == 2)) {
        return tg_cli_usage(cli,
                            "--aws names a profile of a file: write `%s aws whoami main.dig "
                            "--aws %s`, without --profile",
                            cli->program_name, name);
    }
    if (named_read(&named, argc == 3 ? argv[2] : NULL, &error)) {
        TgCliAwsAccess access = {.profile = profile, .name = name, .profiles = named.profiles};

        status = (checks ? check(&access, argv[2], named.file, as_policy, &error)
                         : whoami(&access, as_json, &error))
                     ? 0
                     : 1;
    }
    return error != NULL ? tg_cli_fail(cli, g_steal_pointer(&error)) : status;
}

const TgCommand tg_command_aws = {.name = "aws",
                                  .summary = "Tell who we are for AWS, and what is allowed",
                                  .words = "whoami check",
                                  .run = aws_run};

/* tegaru sql: what can be known of Athena's SQL before it runs. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/sql_actions.h"

static const char description[] =
    "Commands:\n"
    "  test FILE…    run the unit tests of queries in YAML files: rows given, rows expected\n"
    "  lint FILE…    what is wrong or dear in SQL files, with its place; exit status 1 when there\n"
    "                is something\n\n"
    "Examples:\n"
    "  tegaru sql test tests/*.yml\n"
    "  tegaru sql lint --database shop queries/*.sql\n\n"
    "docs/sql_tools.md has the form of a test and the list of what lint finds.\n";

static const struct {
    const char *name;
    int (*run)(const TgCli *cli, const TgCliSqlOptions *options, char **files);
} actions[] = {{"test", tg_cli_sql_test}, {"lint", tg_cli_sql_lint}};

static int sql_run(const TgCli *cli, int argc, char **argv)
{
    g_autofree char *project = NULL;
    g_autofree char *database = NULL;
    TgCliSqlOptions options = {NULL};
    const GOptionEntry entries[] = {
        {"project", 0, 0, G_OPTION_ARG_FILENAME, &project, "The project's folder", "DIR"},
        {"database", 0, 0, G_OPTION_ARG_STRING, &database, "For table names without one (default)",
         "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.as_json, "lint: print JSON", NULL},
        G_OPTION_ENTRY_NULL};
    const TgCliHelp help = {"COMMAND FILE…", description};
    int status = 0;

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    options.project = project;
    options.database = database;
    for (gsize i = 0; argc > 1 && i < G_N_ELEMENTS(actions); i++) {
        if (strcmp(actions[i].name, argv[1]) == 0) {
            return argc > 2 ? actions[i].run(cli, &options, argv + 2)
                            : tg_cli_usage(cli, "sql %s needs a file", argv[1]);
        }
    }
    return tg_cli_usage(cli, "sql needs one of test, lint");
}

const TgCommand tg_command_sql = {
    .name = "sql", .summary = "Test and check SQL files", .words = "test lint", .run = sql_run};

/* tegaru version */
#include <stdio.h>

#include "cli/command.h"

static int version_run(const TgCli *cli, int argc, char **argv)
{
    static const TgCliHelp help = {NULL, NULL};
    int status = 0;

    if (!tg_cli_options(cli, NULL, &help, &argc, &argv, &status)) {
        return status;
    }
    (void)puts("tegaru " TG_VERSION);
    return 0;
}

const TgCommand tg_command_version = {
    .name = "version", .summary = "Print the version", .run = version_run};

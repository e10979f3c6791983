/* tegaru version */
#include <stdio.h>

#include "cli/command.h"

static int version_run(const TgCli *cli G_GNUC_UNUSED, int argc G_GNUC_UNUSED,
                       char **argv G_GNUC_UNUSED)
{
    (void)puts("tegaru " TG_VERSION);
    return 0;
}

const TgCommand tg_command_version = {
    .name = "version", .summary = "Print the version", .run = version_run};

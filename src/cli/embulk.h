/* The program under the name embulk. */
#pragma once

#include "cli/command.h"

/* Behaves as Embulk 0.11.4's command line; the exit status: 0, 1 for a failure, 255 for a wrong
 * command line. */
int tg_embulk_main(const TgCli *cli, int argc, char **argv);

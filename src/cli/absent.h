/* Commands of Digdag that are not here, and what to do instead. */
#pragma once

#include "cli/command.h"

/* Tells why a command of Digdag is not here; FALSE: it is none of Digdag's. */
gboolean tg_cli_tell_absent(const TgCli *cli, const char *name);

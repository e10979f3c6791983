/* Loads that a real Embulk runs, because they name plug-ins that are not here. */
#pragma once

#include "cli/load_job.h"

/**
 * Becomes the Embulk on the PATH when the config names a plug-in that is not here, and returns only
 * if it does not.
 *
 * @arguments those of Embulk, NULL-terminated, without its name
 * @return TRUE: the load is for us; FALSE with CONFIG: the Embulk cannot be started
 */
gboolean tg_cli_hand_on(const TgCliLoad *load, const char *const *arguments, GError **error);

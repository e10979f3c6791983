/* What load> and embulk> share. */
#pragma once

#include "operators/services.h"

/**
 * Runs the loader on the file named by `_command`, or on the map `config:` (for load> also on `in`,
 * `out`, `filters`, `exec` beside it), with templates filled in. Sets the turn's receipt.
 *
 * @exact_types as TgLoaderJob.exact_types
 */
gboolean tg_operator_run_load(TgTurn *turn, gboolean exact_types, GError **error);

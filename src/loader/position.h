/* Where an incremental load goes on when the output keeps that together with the rows. */
#pragma once

#include "loader/plugin.h"

/**
 * The config as the load before left it: its `in` has what was published with the table, which goes
 * before what the config says. Exact loads alone; as Embulk the config diff of -c alone counts.
 *
 * @return a new reference; the config itself when nothing is kept
 */
json_t *tg_position_apply(TgLoaderContext *context, const json_t *config, GError **error);

/* Puts the input's position as "positions" into the receipt, for the output to keep. */
gboolean tg_position_tell(const TgLoaderContext *context, const TgInput *input,
                          const json_t *config, json_t *receipt, GError **error);

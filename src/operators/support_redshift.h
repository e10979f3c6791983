/* The statements of redshift_load> and redshift_unload>, as Digdag's RedshiftConnection.java builds
 * them, and how they run. */
#pragma once

#include <jansson.h>

#include "aws/credentials.h"
#include "operators/services.h"

/* COPY …; CONFIG for options that are missing or do not go together. The caller frees. */
char *tg_redshift_copy_statement(const json_t *params, const TgAwsKeys *keys, GError **error);

/**
 * UNLOAD …
 *
 * @query_id makes the files' names this task's own: TO/<query_id>_
 */
char *tg_redshift_unload_statement(const json_t *params, const char *query_id,
                                   const TgAwsKeys *keys, GError **error);

/* One turn of an operator; `is_unload` or a load. */
gboolean tg_redshift_run(TgTurn *turn, gboolean is_unload, TgOutcome *out, GError **error);

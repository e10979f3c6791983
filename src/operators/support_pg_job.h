/* A query as a task: pg>, redshift>. */
#pragma once

#include "operators/support_pg.h"

/* One turn: runs the statement, or stores its rows, or writes them to a file. Digdag's
 * AbstractJdbcJobOperator. */
gboolean tg_pg_job_run(TgTurn *turn, const TgPgKind *kind, TgOutcome *out, GError **error);

/* What such a task reads beside `_command`. */
extern const char *const tg_pg_job_options[];

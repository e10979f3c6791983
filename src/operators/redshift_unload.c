/* redshift_unload>: UNLOAD of a query to S3. Digdag's RedshiftUnloadOperatorFactory.java. */
#include "operators/support_redshift.h"

static gboolean redshift_unload_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    return tg_redshift_run(turn, TRUE, out, error);
}

const TgOperator tg_operator_redshift_unload = {.name = "redshift_unload",
                                                .help = "Writes rows of Redshift to files in S3",
                                                .honours_retry = TRUE,
                                                .run = redshift_unload_run};

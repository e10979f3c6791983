/* redshift_load>: COPY from S3 into a table. Digdag's RedshiftLoadOperatorFactory.java. */
#include "operators/support_redshift.h"

static gboolean redshift_load_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    return tg_redshift_run(turn, FALSE, out, error);
}

const TgOperator tg_operator_redshift_load = {.name = "redshift_load",
                                              .help = "Loads files of S3 into a table of Redshift",
                                              .honours_retry = TRUE,
                                              .run = redshift_load_run};

/* redshift>: SQL on Amazon Redshift. Digdag's RedshiftOperatorFactory.java. */
#include "operators/support_pg_job.h"

static gboolean redshift_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    static const char *const nested[] = {"redshift", NULL};
    static const TgPgKind kind = {.type = "redshift",
                                  .nested = nested,
                                  .secrets = "aws.redshift",
                                  .default_port = 5439,
                                  .is_redshift = TRUE};

    return tg_pg_job_run(turn, &kind, out, error);
}

const TgOperator tg_operator_redshift = {.name = "redshift",
                                         .help = "Runs SQL on Amazon Redshift",
                                         .options = tg_pg_job_options,
                                         .honours_retry = TRUE,
                                         .run = redshift_run};

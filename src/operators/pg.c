/* pg>: SQL on PostgreSQL. Digdag's PgOperatorFactory.java. */
#include "operators/support_pg_job.h"

static gboolean pg_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    static const char *const nested[] = {"pg", NULL};
    static const TgPgKind kind = {
        .type = "pg", .nested = nested, .secrets = "pg", .default_port = 5432};

    return tg_pg_job_run(turn, &kind, out, error);
}

const TgOperator tg_operator_pg = {.name = "pg",
                                   .help = "Runs SQL on PostgreSQL",
                                   .options = tg_pg_job_options,
                                   .honours_retry = TRUE,
                                   .run = pg_run};

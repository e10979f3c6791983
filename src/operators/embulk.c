/* embulk>: a bulk load as Embulk does it, in this process. Digdag's EmbulkOperatorFactory.java. */
#include "operators/support_load.h"

static gboolean embulk_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    *out = TG_OUTCOME_DONE;
    return tg_operator_run_load(turn, FALSE, error);
}

static const char *const options[] = {"aws", "config", "test", "tests", NULL};

const TgOperator tg_operator_embulk = {.name = "embulk",
                                       .help = "Loads data in bulk as Embulk does",
                                       .options = options,
                                       .honours_retry = TRUE,
                                       .run = embulk_run};

/* load>: a bulk load with exact types; what the file leaves out is guessed. */
#include "operators/support_load.h"

static gboolean load_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    *out = TG_OUTCOME_DONE;
    return tg_operator_run_load(turn, TRUE, error);
}

static const char *const options[] = {"aws",  "config", "in",   "filters", "out",
                                      "exec", "types",  "test", "tests",   NULL};

const TgOperator tg_operator_load = {.name = "load",
                                     .help = "Loads data in bulk, types exactly",
                                     .options = options,
                                     .honours_retry = TRUE,
                                     .run = load_run};

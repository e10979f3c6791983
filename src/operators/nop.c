/* nop>: does nothing. */
#include "operators/support.h"

static gboolean nop_run(TgTurn *turn G_GNUC_UNUSED, TgOutcome *out, GError **error G_GNUC_UNUSED)
{
    *out = TG_OUTCOME_DONE;
    return TRUE;
}

const TgOperator tg_operator_nop = {
    .name = "nop", .help = "Does nothing", .is_instant = TRUE, .run = nop_run};

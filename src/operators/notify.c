/* notify>: tells someone; without a configured way nobody is told. Digdag's
 * NotifyOperatorFactory.java and DefaultNotifier.java. */
#include "operators/support.h"
#include "params/params.h"

static gboolean notify_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autofree char *message = tg_params_dup_text(turn->params, "_command", error);

    *out = TG_OUTCOME_DONE;
    return message != NULL;
}

static const char *const options[] = {NULL};

const TgOperator tg_operator_notify = {
    .name = "notify", .help = "Sends a notification", .options = options, .run = notify_run};

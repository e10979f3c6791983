/* fail>: fails with a message. */
#include "operators/support.h"
#include "params/params.h"

static gboolean fail_run(TgTurn *turn, TgOutcome *out G_GNUC_UNUSED, GError **error)
{
    g_autofree char *message = NULL;

    if (tg_params_dup_text_or(turn->params, "_command", "", &message, error)) {
        g_set_error_literal(error, TG_ERROR, TG_ERROR_TASK, message);
    }
    return FALSE;
}

static const char *const options[] = {NULL};

const TgOperator tg_operator_fail = {.name = "fail",
                                     .help = "Fails with a message",
                                     .options = options,
                                     .is_instant = TRUE,
                                     .run = fail_run};

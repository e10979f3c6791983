/* call>: runs the tasks of another workflow of the project. */
#include "operators/support.h"
#include "params/params.h"

static gboolean call_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autofree char *path = tg_params_dup_text(turn->params, "_command", error);

    if (path == NULL) {
        return FALSE;
    }
    turn->subtasks = turn->services->load_workflow(turn->services, turn->work_folder, path, error);
    if (turn->subtasks == NULL) {
        g_prefix_error(error, "call>: ");
        return FALSE;
    }
    *out = TG_OUTCOME_DONE;
    return TRUE;
}

const TgOperator tg_operator_call = {
    .name = "call", .help = "Runs the tasks of another workflow", .run = call_run};

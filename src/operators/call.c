/* call>: runs the tasks of another workflow of the project. */
#include "operators/support.h"
#include "params/params.h"

static gboolean call_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autofree char *path = tg_params_dup_text(turn->params, "_command", error);
    g_autoptr(GError) problem = NULL;

    if (path == NULL) {
        return FALSE;
    }
    turn->subtasks =
        turn->services->load_workflow(turn->services, turn->work_folder, path, &problem);
    if (turn->subtasks == NULL) {
        if (problem->code == TG_ERROR_NOT_FOUND) {
            g_autofree char *file =
                g_str_has_suffix(path, ".dig") ? g_strdup(path) : g_strconcat(path, ".dig", NULL);
            g_autofree char *full = g_canonicalize_filename(file, turn->work_folder);

            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "File not found: %s", full);
            return FALSE;
        }
        g_propagate_prefixed_error(error, g_steal_pointer(&problem), "call>: ");
        return FALSE;
    }
    *out = TG_OUTCOME_DONE;
    return TRUE;
}

const TgOperator tg_operator_call = {
    .name = "call", .help = "Runs the tasks of another workflow", .run = call_run};

/* if>: runs `_do` when the command is true, else `_else_do`. */
#include "operators/support.h"
#include "params/params.h"

static gboolean if_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    gboolean condition = FALSE;

    if (!tg_params_has(turn->params, "_command")) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "if>: needs true or false");
        return FALSE;
    }
    if (!tg_params_get_boolean(turn->params, "_command", FALSE, &condition, error)) {
        g_prefix_error(error, "if>: ");
        return FALSE;
    }
    const json_t *do_map = json_object_get(turn->params, "_do");
    const json_t *else_map = json_object_get(turn->params, "_else_do");

    if (json_object_size(do_map) == 0 && json_object_size(else_map) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Both _do and _else_do are not specified.");
        return FALSE;
    }
    const json_t *chosen = condition ? do_map : else_map;

    turn->subtasks = json_is_object(chosen) ? json_deep_copy(chosen) : json_object();
    *out = TG_OUTCOME_DONE;
    return TRUE;
}

static const char *const options[] = {"_do", "_else_do", NULL};

const TgOperator tg_operator_if = {.name = "if",
                                   .help = "Runs _do when the condition is true, else _else_do",
                                   .options = options,
                                   .is_instant = TRUE,
                                   .run = if_run};

/* loop>: runs `_do` N times with `i` from 0. */
#include "operators/support.h"
#include "params/params.h"

static gboolean loop_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    const json_t *do_map = tg_operator_do(turn, error);
    const char *key = tg_params_has(turn->params, "count") ? "count" : "_command";
    gint64 count = 0;

    if (do_map == NULL) {
        return FALSE;
    }
    if (!tg_params_has(turn->params, key)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "loop>: needs a count");
        return FALSE;
    }
    if (!tg_params_get_int64(turn->params, key, 0, &count, error) ||
        !tg_operator_check_limit(turn, "loop", count, error)) {
        return FALSE;
    }
    json_t *subtasks = json_object();

    for (gint64 i = 0; i < count; i++) {
        g_autofree char *name = g_strdup_printf("+loop-%" G_GINT64_FORMAT, i);

        tg_operator_add_subtask(subtasks, name, do_map, json_pack("{s:I}", "i", (json_int_t)i));
    }
    *out = TG_OUTCOME_DONE;
    return tg_operator_finish_subtasks(turn, subtasks, error);
}

static const char *const options[] = {"_do", "_parallel", "count", NULL};

const TgOperator tg_operator_loop = {.name = "loop",
                                     .help = "Runs _do N times",
                                     .options = options,
                                     .is_instant = TRUE,
                                     .run = loop_run};

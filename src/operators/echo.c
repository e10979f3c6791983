/* echo>: prints a message. */
#include <string.h>

#include "operators/support.h"
#include "params/params.h"

static gboolean echo_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    const json_t *command = json_object_get(turn->params, "_command");
    g_autofree char *message = NULL;

    if (json_is_object(command) || json_is_array(command)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "echo>: needs a text, not a map or a list");
        return FALSE;
    }
    message = tg_params_dup_text(turn->params, "_command", error);
    if (message == NULL) {
        return FALSE;
    }
    g_autofree char *line = g_strconcat(message, "\n", NULL);

    turn->services->print(turn->services, turn->task_name, line, strlen(line));
    *out = TG_OUTCOME_DONE;
    return TRUE;
}

static const char *const options[] = {NULL};

const TgOperator tg_operator_echo = {.name = "echo",
                                     .help = "Prints a message",
                                     .options = options,
                                     .is_instant = TRUE,
                                     .run = echo_run};

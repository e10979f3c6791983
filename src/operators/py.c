/* py>: calls a Python function or method. The program that does so is py_runner.py. */
#include "operators/support_script.h"
#include "params/params.h"

static const char runner[] = {
#include "py_runner.inc"
    , 0};

/* Digdag runs `python`, which systems of today often do not have. */
static GPtrArray *interpreter(const TgOperatorScript *script, GError **error)
{
    gboolean is_here = !tg_params_has(script->turn->params, "docker");
    g_autofree char *python = is_here ? g_find_program_in_path("python") : g_strdup("python");

    return tg_operator_script_interpreter(script, "python", python == NULL ? "python3" : "python",
                                          error);
}

static gboolean py_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    static const TgOperatorLanguage python = {.type = "py",
                                              .language = "Python",
                                              .runner = runner,
                                              .runner_name = "runner.py",
                                              .said = "\nError messages from python",
                                              .interpreter = interpreter};

    *out = TG_OUTCOME_DONE;
    return tg_operator_language_run(turn, &python, error);
}

const TgOperator tg_operator_py = {
    .name = "py", .help = "Calls a Python function", .honours_retry = TRUE, .run = py_run};

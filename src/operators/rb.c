/* rb>: calls a Ruby method. The program that does so is rb_runner.rb. */
#include "operators/support_script.h"
#include "params/params.h"

static const char runner[] = {
#include "rb_runner.inc"
    , 0};

/* ruby -I FOLDER [-r FEATURE] -- */
static GPtrArray *interpreter(const TgOperatorScript *script, GError **error)
{
    g_autoptr(GPtrArray) argv = tg_operator_script_interpreter(script, "ruby", "ruby", error);
    g_autofree char *feature = NULL;

    if (argv == NULL || !tg_params_dup_text_or(script->params, "require", NULL, &feature, error)) {
        return NULL;
    }
    g_ptr_array_add(argv, g_strdup("-I"));
    g_ptr_array_add(argv, g_strdup(script->turn->work_folder));
    if (feature != NULL) {
        g_ptr_array_add(argv, g_strdup("-r"));
        g_ptr_array_add(argv, g_steal_pointer(&feature));
    }
    g_ptr_array_add(argv, g_strdup("--"));
    return g_steal_pointer(&argv);
}

static gboolean rb_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    static const TgOperatorLanguage ruby = {.type = "rb",
                                            .language = "Ruby",
                                            .runner = runner,
                                            .runner_name = "runner.rb",
                                            .said = "",
                                            .interpreter = interpreter};

    *out = TG_OUTCOME_DONE;
    return tg_operator_language_run(turn, &ruby, error);
}

const TgOperator tg_operator_rb = {
    .name = "rb", .help = "Calls a Ruby method", .honours_retry = TRUE, .run = rb_run};

/* sh>: runs a shell script with the parameters as environment. Digdag's ShOperatorFactory.java. */
#include <string.h>

#include "operators/support_script.h"
#include "operators/support_secret.h"
#include "params/params.h"

#define VARIABLE_BYTES_MAX 131000 /* Linux takes no longer one: MAX_ARG_STRLEN */

/* Digdag asks for each parameter as a text, which null is not. */
static gboolean check_no_null(const json_t *params, GError **error)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)params, key, value) {
        if (json_is_null(value) && tg_operator_is_variable_name(key)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter '%s' is required but null",
                        key);
            return FALSE;
        }
    }
    return TRUE;
}

static void add_variables(json_t *variables, const TgTurn *turn, const json_t *values)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)values, key, value) {
        if (!tg_operator_is_variable_name(key)) {
            continue;
        }
        g_autofree char *text = tg_params_to_text(value);

        if (strlen(text) + strlen(key) > VARIABLE_BYTES_MAX) {
            g_autofree char *note =
                g_strdup_printf("'%s' is too long for an environment variable and left out", key);

            turn->services->note(turn->services, turn->task_name, note);
            continue;
        }
        json_object_set_new(variables, key, json_string(text));
    }
}

static gboolean sh_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(TgOperatorScript) script = {NULL};
    g_autofree char *command = tg_params_dup_text(turn->params, "_command", error);
    /* A secret stands in the script's file, which only we may read: not in an argument. */
    g_autofree char *text = command == NULL ? NULL : tg_operator_fill_secrets(turn, command, error);
    g_autoptr(json_t) env = text == NULL ? NULL : tg_operator_env(turn, error);
    int status = 0;

    if (env == NULL || !tg_operator_script_begin(&script, turn, "sh", error)) {
        return FALSE;
    }
    g_autoptr(GPtrArray) argv = tg_operator_script_interpreter(&script, "shell", "/bin/sh", error);
    char *path = argv == NULL ? NULL : tg_operator_script_write(&script, "runner.sh", text, error);
    g_autoptr(json_t) variables = json_object();

    if (path == NULL) {
        return FALSE;
    }
    if (!check_no_null(script.params, error)) {
        g_free(path);
        return FALSE;
    }
    g_ptr_array_add(argv, path);
    add_variables(variables, turn, script.params);
    add_variables(variables, turn, env);
    if (!tg_operator_script_run(&script, argv, variables, &status, error)) {
        return FALSE;
    }
    if (status != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK, "Command failed with code %d (runtime)",
                    status);
        return FALSE;
    }
    *out = TG_OUTCOME_DONE;
    return TRUE;
}

const TgOperator tg_operator_sh = {
    .name = "sh", .help = "Runs a shell script", .honours_retry = TRUE, .run = sh_run};

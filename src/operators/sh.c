/* sh>: runs a shell script with the parameters as environment. Digdag's ShOperatorFactory.java. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "command/command.h"
#include "operators/support_secret.h"
#include "params/params.h"

#define VARIABLE_BYTES_MAX 131000 /* Linux takes no longer one: MAX_ARG_STRLEN */

/* Digdag asks for each parameter as a text, which null is not. */
static gboolean check_no_null(const TgTurn *turn, GError **error)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)turn->params, key, value) {
        if (json_is_null(value) && tg_operator_is_variable_name(key)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Parameter '%s' is required but null",
                        key);
            return FALSE;
        }
    }
    return TRUE;
}

static char **add_variables(char **environment, const TgTurn *turn, const json_t *variables)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)variables, key, value) {
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
        environment = g_environ_setenv(environment, key, text, TRUE);
    }
    return environment;
}

/* The environment of this program, the task's parameters, `_env`; the project at the end of PATH,
 * so that bin/cmd works without ./ . */
static char **environment_of(const TgTurn *turn, const json_t *env)
{
    char **environment = add_variables(g_get_environ(), turn, turn->params);

    environment = add_variables(environment, turn, env);
    const char *path = g_environ_getenv(environment, "PATH");
    g_autofree char *longer = path == NULL ? g_strdup(turn->work_folder)
                                           : g_strconcat(path, ":", turn->work_folder, NULL);

    return g_environ_setenv(environment, "PATH", longer, TRUE);
}

/* `shell` as a list; the default is /bin/sh. */
static GPtrArray *shell_of(const TgTurn *turn, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(json_t) list = NULL;
    json_t *part = NULL;
    gsize i = 0;

    if (!tg_params_has(turn->params, "shell")) {
        g_ptr_array_add(argv, g_strdup("/bin/sh"));
        return g_steal_pointer(&argv);
    }
    list = tg_params_parse_list(turn->params, "shell", error);
    if (list == NULL) {
        return NULL;
    }
    json_array_foreach (list, i, part) {
        g_ptr_array_add(argv, tg_params_to_text(part));
    }
    if (argv->len == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "sh>: 'shell' is an empty list");
        return NULL;
    }
    return g_steal_pointer(&argv);
}

static char *write_script(const char *text, GError **error)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("tegaru-sh-XXXXXX", &path, NULL);
    gsize size = strlen(text);

    if (fd < 0 || write(fd, text, size) != (gssize)size) {
        tg_error_set_file(error, errno, "write", path == NULL ? g_get_tmp_dir() : path);
        if (fd >= 0) {
            (void)g_close(fd, NULL);
            (void)g_unlink(path);
        }
        return NULL;
    }
    (void)g_close(fd, NULL);
    return g_steal_pointer(&path);
}

static void pass_output(gpointer data, const char *bytes, gsize size_bytes)
{
    const TgTurn *turn = data;

    turn->services->print(turn->services, turn->task_name, bytes, size_bytes);
}

static gboolean sh_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autofree char *command = tg_params_dup_text(turn->params, "_command", error);
    g_autofree char *text = command == NULL ? NULL : tg_operator_fill_secrets(turn, command, error);
    g_autoptr(GPtrArray) argv = text == NULL ? NULL : shell_of(turn, error);
    g_autoptr(json_t) env =
        argv == NULL || !check_no_null(turn, error) ? NULL : tg_operator_env(turn, error);
    g_autofree char *script = env == NULL ? NULL : write_script(text, error);
    int status = 0;

    if (script == NULL) {
        return FALSE;
    }
    g_auto(GStrv) environment = environment_of(turn, env);

    g_ptr_array_add(argv, g_strdup(script));
    g_ptr_array_add(argv, NULL);
    TgCommandRequest request = {.argv = (const char *const *)argv->pdata,
                                .environment = (const char *const *)environment,
                                .folder = turn->work_folder,
                                .is_cancelled = turn->services->is_cancelled,
                                .output = pass_output,
                                .data = turn};
    gboolean ok = tg_command_execute(&request, &status, error);

    (void)g_unlink(script);
    if (ok && status != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_TASK, "Command failed with code %d (runtime)",
                    status);
    }
    *out = TG_OUTCOME_DONE;
    return ok && status == 0;
}

const TgOperator tg_operator_sh = {
    .name = "sh", .help = "Runs a shell script", .honours_retry = TRUE, .run = sh_run};

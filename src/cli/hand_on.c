/* exec() of the real Embulk: its output, exit status and signals are then its own. */
#include "cli/hand_on.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "command/embulk_program.h"

gboolean tg_cli_hand_on(const TgCliLoad *load, const char *const *arguments, GError **error)
{
    g_autofree char *reason = tg_loader_describe_foreign(&load->job);
    g_autofree char *program = reason == NULL ? NULL : tg_embulk_program_find();

    if (program == NULL) {
        return TRUE; /* without an Embulk the loader tells what is missing */
    }
    g_autofree char *line = g_strdup_printf(
        "%s: %s runs the load, with its own types and without a receipt", reason, program);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), TG_EMBULK_GUARD, "1", TRUE);

    g_ptr_array_add(argv, program);
    for (; *arguments != NULL; arguments++) {
        g_ptr_array_add(argv, (gpointer)*arguments);
    }
    g_ptr_array_add(argv, NULL);
    load->services.log(load->services.data, TG_LOADER_INFO, line);
    (void)fflush(stdout); /* what is lost here was not to be saved */
    (void)fflush(stderr);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)execvpe(program, (char **)argv->pdata, environment); /* also a jar that begins as sh */
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s, and '%s' cannot be started: %s", reason,
                program, g_strerror(errno));
    return FALSE;
}

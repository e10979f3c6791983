/* What all commands share: options, usage errors, failures. */
#include "cli/command.h"

#include <stdio.h>
#include <unistd.h>

int tg_cli_fail(const TgCli *cli, GError *take_error)
{
    g_autoptr(GError) error = take_error;

    (void)fflush(stdout);
    (void)fprintf(stderr, "%s: %s\n", cli->program_name, error->message);
    return tg_error_exit_status(error);
}

int tg_cli_usage(const TgCli *cli, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, "%s: %s\nTry '%s --help'.\n", cli->program_name, message,
                  cli->program_name);
    return cli->program == TG_PROGRAM_TEGARU ? 2 : 1;
}

gboolean tg_cli_options(const TgCli *cli, const GOptionEntry *entries, const TgCliHelp *help,
                        int *argc, char ***argv, int *out_status)
{
    g_autoptr(GOptionContext) context = g_option_context_new(help->usage);
    g_autoptr(GError) error = NULL;
    g_autofree char *command = g_strdup_printf("%s %s", cli->program_name, (*argv)[0]);
    gboolean wants_help = FALSE;
    const GOptionEntry help_entry[] = {
        {"help", 'h', 0, G_OPTION_ARG_NONE, &wants_help, "Show this text", NULL},
        G_OPTION_ENTRY_NULL};

    if (cli->learns != NULL) {
        cli->learns(cli->data, entries, help);
        *out_status = 0;
        return FALSE;
    }
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_translation_domain(context, NULL);
    g_option_context_add_main_entries(context, help_entry, NULL);
    if (entries != NULL) {
        g_option_context_add_main_entries(context, entries, NULL);
    }
    g_option_context_set_description(context, help->description);
    g_set_prgname(command);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        *out_status = tg_cli_usage(cli, "%s", error->message);
        return FALSE;
    }
    if (wants_help) {
        g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);

        (void)fputs(text, stdout);
        *out_status = 0;
        return FALSE;
    }
    return TRUE;
}

gboolean tg_cli_has_colour(void)
{
    const char *no_colour = g_getenv("NO_COLOR");

    return (no_colour == NULL || *no_colour == '\0') && isatty(STDOUT_FILENO) == 1;
}

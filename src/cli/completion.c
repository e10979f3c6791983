/* tegaru completion: scripts for shells, from the table of commands and their options. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/completion_scripts.h"

#define TG_COMMAND(name) extern const TgCommand tg_command_##name;
#include "command_table.def"
#undef TG_COMMAND

static const TgCommand *const commands[] = {
#define TG_COMMAND(name) &tg_command_##name,
#include "command_table.def"
#undef TG_COMMAND
};

#define DESCRIPTION                                                                                \
    "Completes commands, options, .dig files and names of tasks:  tegaru run main.dig +<TAB>\n\n"  \
    "Examples:\n"                                                                                  \
    "  eval \"$(tegaru completion bash)\"     # in ~/.bashrc\n"                                    \
    "  eval \"$(tegaru completion zsh)\"      # in ~/.zshrc, after compinit\n"                     \
    "  tegaru completion fish > ~/.config/fish/completions/tegaru.fish\n"

static void option_free(gpointer data)
{
    TgCompletionOption *option = data;

    g_free(option->name);
    g_free(option->help);
    g_free(option);
}

static void command_free(gpointer data)
{
    TgCompletionCommand *command = data;

    g_free(command->name);
    g_free(command->summary);
    g_strfreev(command->words);
    g_ptr_array_unref(command->options);
    g_free(command);
}

static TgCompleteValue value_of(const GOptionEntry *entry)
{
    if (g_strcmp0(entry->arg_description, "+TASK") == 0) {
        return TG_COMPLETE_TASK;
    }
    if (g_strcmp0(entry->arg_description, "DIR") == 0) {
        return TG_COMPLETE_FOLDER;
    }
    return entry->arg == G_OPTION_ARG_FILENAME || entry->arg == G_OPTION_ARG_FILENAME_ARRAY
               ? TG_COMPLETE_FILE
               : TG_COMPLETE_NOTHING;
}

/* Called by tg_cli_options of the command at hand. */
static void learn(gpointer data, const GOptionEntry *entries, const TgCliHelp *help)
{
    TgCompletionCommand *command = data;

    command->takes_digs = help->usage != NULL && strstr(help->usage, ".dig") != NULL;
    command->takes_tasks = help->usage != NULL && strstr(help->usage, "+TASK") != NULL;
    for (const GOptionEntry *e = entries; e != NULL && e->long_name != NULL; e++) {
        if ((e->flags & G_OPTION_FLAG_HIDDEN) != 0) {
            continue;
        }
        TgCompletionOption *option = g_new0(TgCompletionOption, 1);

        option->name = g_strdup(e->long_name);
        option->letter = e->short_name;
        option->help = g_strdup(e->description == NULL ? "" : e->description);
        option->takes_value = e->arg != G_OPTION_ARG_NONE;
        option->value = value_of(e);
        g_ptr_array_add(command->options, option);
    }
}

static GPtrArray *learn_all(void)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(command_free);

    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        TgCompletionCommand *command = NULL;
        char *argv[] = {(char *)commands[i]->name, NULL};

        if (commands[i]->summary == NULL) {
            continue;
        }
        command = g_new0(TgCompletionCommand, 1);
        command->name = g_strdup(commands[i]->name);
        command->summary = g_strdup(commands[i]->summary);
        command->words =
            commands[i]->words == NULL ? NULL : g_strsplit(commands[i]->words, " ", -1);
        command->options = g_ptr_array_new_with_free_func(option_free);
        const TgCli cli = {.program = TG_PROGRAM_TEGARU,
                           .program_name = "tegaru",
                           .learns = learn,
                           .data = command};

        (void)commands[i]->run(&cli, 1, argv); /* it ends where it would parse its options */
        g_ptr_array_add(all, command);
    }
    return all;
}

static int completion_run(const TgCli *cli, int argc, char **argv)
{
    static const struct {
        const char *name;
        char *(*print)(const GPtrArray *commands);
    } shells[] = {
        {"bash", tg_completion_bash}, {"zsh", tg_completion_zsh}, {"fish", tg_completion_fish}};
    const TgCliHelp help = {"bash|zsh|fish", DESCRIPTION};
    int status = 0;

    if (!tg_cli_options(cli, NULL, &help, &argc, &argv, &status)) {
        return status;
    }
    for (gsize i = 0; argc == 2 && i < G_N_ELEMENTS(shells); i++) {
        if (strcmp(shells[i].name, argv[1]) == 0) {
            g_autoptr(GPtrArray) all = learn_all();
            g_autofree char *script = shells[i].print(all);

            (void)fputs(script, stdout);
            return 0;
        }
    }
    return tg_cli_usage(cli, "completion needs a shell: bash, zsh or fish");
}

const TgCommand tg_command_completion = {.name = "completion",
                                         .summary = "Print a shell's completion script",
                                         .words = "bash zsh fish",
                                         .run = completion_run};

/* The program: finds the command and runs it. Links named digdag and embulk behave as those. */
#include <errno.h>
#include <jansson.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"
#include "cli/absent.h"
#include "cli/command.h"
#include "cli/embulk.h"

#define TG_COMMAND(name) extern const TgCommand tg_command_##name;
#include "command_table.def"
#undef TG_COMMAND

static const TgCommand *const commands[] = {
#define TG_COMMAND(name) &tg_command_##name,
#include "command_table.def"
#undef TG_COMMAND
};

/* Digdag's short names. */
static const char *const aliases[][2] = {
    {"c", "check"}, {"new", "init"}, {"r", "run"}, {"sched", "scheduler"}};

static const TgCommand *find_command(const char *typed)
{
    const char *name = typed;

    for (gsize i = 0; i < G_N_ELEMENTS(aliases); i++) {
        name = strcmp(aliases[i][0], typed) == 0 ? aliases[i][1] : name;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static void print_help(const TgCli *cli)
{
    (void)printf("Usage: %s COMMAND [OPTION…] [ARGUMENT…]\n\n"
                 "Workflows, bulk loads and SQL on Parquet tables in one program.\n\nCommands:\n",
                 cli->program_name);
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (commands[i]->summary != NULL) {
            (void)printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
        }
    }
    (void)printf(
        "\n'%s COMMAND --help' tells more. Started by the name digdag or embulk it behaves "
        "as that program.\n",
        cli->program_name);
}

static int fail_unknown(const TgCli *cli, const char *name)
{
    if (tg_cli_tell_absent(cli, name)) {
        return 1;
    }
    const char *names[G_N_ELEMENTS(commands) + 1] = {NULL};

    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        names[i] = commands[i]->name;
    }
    g_autofree char *hint = tg_suggest_phrase(name, names);

    return tg_cli_usage(cli, "unknown command '%s'%s", name, hint);
}

static gboolean is_one_of(const char *text, const char *a, const char *b)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

static int run(int argc, char **argv)
{
    g_autofree char *started_as = g_path_get_basename(argv[0]);
    TgCli cli = {.program = TG_PROGRAM_TEGARU, .program_name = "tegaru"};

    /* Without memory jansson would leave a key out of a table's description, silently: end instead.
     */
    json_set_alloc_funcs(g_malloc, g_free);
    (void)setlocale(LC_CTYPE, "C.UTF-8"); /* data is UTF-8 whatever the terminal's locale */
    (void)signal(SIGPIPE, SIG_IGN);
    if (strcmp(started_as, "digdag") == 0) {
        cli = (TgCli){.program = TG_PROGRAM_DIGDAG, .program_name = "digdag"};
    } else if (strcmp(started_as, "embulk") == 0) {
        cli = (TgCli){.program = TG_PROGRAM_EMBULK, .program_name = "embulk"};
        return tg_embulk_main(&cli, argc, argv);
    }
    if (argc < 2) {
        print_help(&cli);
        return 0;
    }
    if (is_one_of(argv[1], "--version", "-v")) {
        (void)puts("tegaru " TG_VERSION);
        return 0;
    }
    if (is_one_of(argv[1], "--help", "help") || strcmp(argv[1], "-h") == 0) {
        print_help(&cli);
        return 0;
    }
    const TgCommand *command = find_command(argv[1]);

    return command == NULL ? fail_unknown(&cli, argv[1]) : command->run(&cli, argc - 1, argv + 1);
}

/* Ends without taking the process down piece by piece: threads of a library that was left open must
 * not meet its destructors. A leak checker needs the usual way. */
int main(int argc, char **argv)
{
    int status = run(argc, argv);

    if (fflush(stdout) != 0 && status == 0) {
        (void)fprintf(stderr, "%s: cannot write the output: %s\n", argv[0], g_strerror(errno));
        status = 1;
    }
    (void)fflush(stderr); /* nobody is left to be told */
#ifndef __SANITIZE_ADDRESS__
    _exit(status);
#else
    return status;
#endif
}

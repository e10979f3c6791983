/* What a command of the program is. */
#pragma once

#include <glib.h>

#include "base/error.h"

/* Under which name the program was started; links named digdag and embulk behave as those. */
typedef enum { TG_PROGRAM_TEGARU, TG_PROGRAM_DIGDAG, TG_PROGRAM_EMBULK } TgProgram;

/* What `--help` shows around the options; lent. */
typedef struct {
    const char *usage;       /* what follows the command's name: "FILE [+task]" */
    const char *description; /* text below the options: examples first; may be NULL */
} TgCliHelp;

/* Handed to each command. */
typedef struct {
    TgProgram program;
    const char *program_name; /* "tegaru", "digdag" or "embulk" */

    /* Set to learn a command's options instead of running it; then it exits with 0. */
    void (*learns)(gpointer data, const GOptionEntry *entries, const TgCliHelp *help);
    gpointer data;
} TgCli;

/* One row of the table of commands; each stands in a file of its own, cli/<name>.c. */
typedef struct {
    const char *name;    /* as typed */
    const char *summary; /* one line for `tegaru --help`; NULL: not shown there */
    const char *words;   /* what may come first after it: "list show"; NULL: anything */
    /**
     * Runs the command; prints results to stdout and all else to stderr.
     *
     * @argv argv[0] is the command's name
     * @return the exit status (docs/exit-codes.md)
     */
    int (*run)(const TgCli *cli, int argc, char **argv);
} TgCommand;

/* Prints "<program>: <message>" to stderr and gives the exit status of the error, which is freed.
 */
int tg_cli_fail(const TgCli *cli, GError *take_error);

/* Exit status of a wrong command line, told on stderr with a hint at --help: 2, or 1 as digdag. */
int tg_cli_usage(const TgCli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);

/**
 * Parses a command's options and removes them from argv, which then holds the command's name and
 * its arguments. `--help` prints the help to stdout.
 *
 * @out_status set when FALSE is returned: what to exit with (0 after --help)
 */
gboolean tg_cli_options(const TgCli *cli, const GOptionEntry *entries, const TgCliHelp *help,
                        int *argc, char ***argv, int *out_status);

/* Whether stdout is a terminal that takes colours (and NO_COLOR is not set). */
gboolean tg_cli_has_colour(void);

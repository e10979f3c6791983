/* Asking for a secret at the terminal. */
#include "cli/prompt.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINE_BYTES_MAX 65536

gboolean tg_cli_prompt_is_possible(void)
{
    return isatty(STDIN_FILENO) == 1;
}

char *tg_cli_prompt(const char *what)
{
    g_autofree char *line = g_malloc(LINE_BYTES_MAX);
    struct termios shown;

    if (tcgetattr(STDIN_FILENO, &shown) != 0) {
        return NULL;
    }
    struct termios hidden = shown;

    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)fprintf(stderr, "%s:", what);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    gboolean ok = fgets(line, LINE_BYTES_MAX, stdin) != NULL;

    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    (void)fputs("\n", stderr);
    if (!ok) {
        return NULL;
    }
    line[strcspn(line, "\n")] = '\0';
    return g_steal_pointer(&line);
}

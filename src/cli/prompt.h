/* Asking for a secret at the terminal. */
#pragma once

#include <glib.h>

gboolean tg_cli_prompt_is_possible(void);

/* Asks on stderr and shows nothing of what is typed. The caller frees; NULL: nothing was given. */
char *tg_cli_prompt(const char *what);

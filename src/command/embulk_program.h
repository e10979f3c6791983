/* The Embulk of somebody else on this machine. */
#pragma once

#include <glib.h>

/* Set for a program that a load was handed to, so that it does not hand it back. */
#define TG_EMBULK_GUARD "TEGARU_HANDED_TO_EMBULK"

/**
 * The first program `embulk` on the PATH that is not this very program under another name. NULL:
 * none, or this program was itself started in place of one (TG_EMBULK_GUARD). The caller frees.
 */
char *tg_embulk_program_find(void);

/* Reads the journal of a run and knows the workflow; knows nothing of the state machine. */
#pragma once

#include "model.h"

typedef enum {
    TG_SIM_STARTS,  /* a task was handed out */
    TG_SIM_SUCCESS, /* a task, or a group, is done */
    TG_SIM_FAILED,  /* a task failed for good, a group because of one */
    TG_SIM_ANEW,    /* a group will start anew */
    TG_SIM_CANCELED,
    TG_SIM_CRASH,  /* the program died; what follows is the next one */
    TG_SIM_REUSED, /* a task's success was found in the saved states */
    TG_SIM_KILL    /* somebody asked for the end */
} TgSimEvent;

/* One line of the journal. */
typedef struct {
    TgSimEvent event;
    guint id;
    char *name; /* full name; NULL for CRASH and KILL */
} TgSimLine;

/**
 * Checks: nothing starts before what it waits for, twice at a time or after the kill; nothing
 * completes twice; what a crash left done is not done again; and, without crash and kill, exactly
 * those tasks ran, as often as they should, that a plain recursion over the workflow says, with
 * that end.
 *
 * @journal of TgSimLine
 * @return NULL, or what is wrong; the caller frees
 */
char *tg_sim_check(const TgSimModel *model, const json_t *workflow, const GPtrArray *journal,
                   gboolean success);

/* What shells complete, and the scripts that tell them. */
#pragma once

#include <glib.h>

typedef enum {
    TG_COMPLETE_NOTHING, /* a value that nobody can guess */
    TG_COMPLETE_FILE,
    TG_COMPLETE_FOLDER,
    TG_COMPLETE_TASK /* of the workflow on the command line */
} TgCompleteValue;

typedef struct {
    char *name;  /* "project" */
    char letter; /* 0: none */
    char *help;
    gboolean takes_value;
    TgCompleteValue value;
} TgCompletionOption;

typedef struct {
    char *name;
    char *summary;
    char **words;         /* what may come first; NULL: anything */
    gboolean takes_digs;  /* .dig files */
    gboolean takes_tasks; /* +task */
    GPtrArray *options;   /* of TgCompletionOption */
} TgCompletionCommand;

/* All commands, of TgCompletionCommand, as a script; the caller frees. */
char *tg_completion_bash(const GPtrArray *commands);
char *tg_completion_zsh(const GPtrArray *commands);
char *tg_completion_fish(const GPtrArray *commands);

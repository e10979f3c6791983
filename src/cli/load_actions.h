/* The actions of `tegaru load` that stand in files of their own. */
#pragma once

#include "cli/load_job.h"

/* The options of all actions. */
typedef struct {
    gboolean json;
    gboolean vertical;
    char *output;
    char *config_diff;
    char *rejects;
    char *catalog;      /* copy: the database of the tables */
    char *write_config; /* copy: a folder for the configs that were used */
    gint jobs;          /* copy: tables at a time */
    gint threads;       /* 0: one for each core */
} TgLoadOptions;

/* types FILE: the type ledger (cli/load_types.c). Returns the exit status. */
int tg_load_action_types(const TgCli *cli, TgCliLoad *load, const TgLoadOptions *options);

/**
 * plugins [NAME]: lists the plug-ins, or the options of those that are called NAME; with an output
 * folder it writes the pages of docs/plugins (cli/load_plugins.c).
 *
 * @name NULL: all
 */
int tg_load_action_plugins(const TgCli *cli, const char *name, const TgLoadOptions *options);

/**
 * copy SOURCE TARGET: the tables of a database to Parquet, one load and one receipt each
 * (cli/load_copy.c).
 */
int tg_load_action_copy(const TgCli *cli, const char *source, const char *target,
                        const TgLoadOptions *options);

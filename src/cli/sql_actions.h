/* The actions of tegaru sql, a file each. */
#pragma once

#include "cli/command.h"

/* What the command line says; lent. */
typedef struct {
    const char *project;  /* NULL: as tg_cli_state_new */
    const char *database; /* NULL: "default" */
    gboolean as_json;
} TgCliSqlOptions;

/* @files NULL-terminated. Give the exit status. */
int tg_cli_sql_test(const TgCli *cli, const TgCliSqlOptions *options, char **files);
int tg_cli_sql_lint(const TgCli *cli, const TgCliSqlOptions *options, char **files);

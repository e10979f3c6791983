/* Answers to commands of Digdag that are not here. */
#include "cli/absent.h"

#include <stdio.h>
#include <string.h>

static const char *const of_server[] = {
    "attempt", "attempts",  "backfill", "delete",    "disable",  "download", "enable",
    "kill",    "log",       "logs",     "project",   "projects", "push",     "reschedule",
    "retry",   "schedules", "server",   "session",   "sessions", "start",    "task",
    "tasks",   "upload",    "workflow", "workflows", NULL};

gboolean tg_cli_tell_absent(const TgCli *cli, const char *name)
{
    const char *program = cli->program_name;

    if (g_strv_contains(of_server, name)) {
        (void)fprintf(stderr,
                      "%s: '%s' belongs to a server, and this version has none. `%s run` runs a "
                      "workflow here, `%s scheduler` a project's schedules, `%s archive` packs a "
                      "project for a Digdag server.\n",
                      program, name, program, program, program);
        return TRUE;
    }
    if (strcmp(name, "selfupdate") == 0) {
        (void)fprintf(stderr,
                      "%s: it does not replace itself: install a newer version the way this one "
                      "was installed.\n",
                      program);
        return TRUE;
    }
    if (strcmp(name, "migrate") == 0) {
        (void)fprintf(stderr,
                      "%s: there is nothing to migrate: local state carries a version and is "
                      "brought up to date when it is opened.\n",
                      program);
        return TRUE;
    }
    return FALSE;
}

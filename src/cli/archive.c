/* tegaru archive: a project as one file. */
#include "project/archive.h"

#include <stdio.h>

#include "cli/command.h"
#include "project/project.h"

static void told(gpointer data G_GNUC_UNUSED, const char *name, const char *link)
{
    (void)printf("  Archiving %s\n", name);
    if (link != NULL) {
        (void)printf("    symlink -> %s\n", link);
    }
}

static int archive_run(const TgCli *cli, int argc, char **argv)
{
    g_autofree char *folder = NULL;
    g_autofree char *output = NULL;
    gboolean copy = FALSE;
    const GOptionEntry entries[] = {
        {"project", 0, 0, G_OPTION_ARG_FILENAME, &folder, "The project's folder", "DIR"},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "The file (digdag.archive.tar.gz)",
         "PATH"},
        {"copy-outgoing-symlinks", 0, 0, G_OPTION_ARG_NONE, &copy,
         "Copy what links out of the project show", NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GError) error = NULL;
    int status = 0;
    const TgCliHelp help = {"", NULL};

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    if (argc != 1) {
        return tg_cli_usage(cli, "archive takes no arguments");
    }
    const TgArchiveOptions options = {.folder = folder == NULL ? "." : folder,
                                      .output = output == NULL ? "digdag.archive.tar.gz" : output,
                                      .copy_outgoing_symlinks = copy,
                                      .told = told};
    /* A project that no server could take is told of here. */
    g_autoptr(TgProject) project = tg_project_load(options.folder, &error);

    if (project == NULL) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    (void)printf("Creating %s...\n", options.output);
    if (!tg_archive_write(&options, &error)) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    (void)printf("Created %s.\n", options.output);
    return 0;
}

const TgCommand tg_command_archive = {
    .name = "archive", .summary = "Pack a project into one file", .run = archive_run};

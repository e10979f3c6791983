/* A project as one .tar.gz, with the members that Digdag's `archive` gives it. */
#pragma once

#include <glib.h>

#include "base/error.h"

/* Told of each member: its name, and where a link goes (NULL: a file). */
typedef void (*TgArchiveTold)(gpointer data, const char *name, const char *link);

typedef struct {
    const char *folder; /* of the project */
    const char *output; /* the file; left out of itself */
    gboolean copy_outgoing_symlinks;
    TgArchiveTold told;
    gpointer data;
} TgArchiveOptions;

/**
 * Writes the archive: all files but those whose name starts with '.' and those that `.digdagignore`
 * names; links inside the project as links. A link that leaves the project is refused unless its
 * target is to be copied. The file appears when it is whole.
 */
gboolean tg_archive_write(const TgArchiveOptions *options, GError **error);

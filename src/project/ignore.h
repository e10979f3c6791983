/* `.digdagignore`: which files stay out of an archive, in the form of .gitignore. */
#pragma once

#include <glib.h>

#include "base/error.h"

typedef struct TgIgnore TgIgnore;

/* Reads it from a project's folder; without the file nothing is ignored. */
TgIgnore *tg_ignore_load(const char *folder, GError **error);
void tg_ignore_free(TgIgnore *ignore);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgIgnore, tg_ignore_free)

/* Whether a path below the folder is ignored; its parents are not looked at. */
gboolean tg_ignore_matches(const TgIgnore *ignore, const char *path, gboolean is_folder);

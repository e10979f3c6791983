/* A project as it was at a git revision, and what git says of two files. */
#pragma once

#include "base/error.h"
#include "project/project.h"

typedef struct {
    char *name;   /* as people read it: "main", "the working tree" */
    char *folder; /* where the project's files are */
    char *temp;   /* removed with this; NULL: the folder is the project itself */
    TgProject *project;
} TgRevision;

/**
 * Brings the project's files at a revision into a temporary folder and loads them. A folder that
 * did not exist then is an empty project.
 *
 * @folder of the project, in a git repository
 * @revision whatever git takes; NULL: the working tree
 * @return NULL with NOT_FOUND when git, the repository or the revision is not there
 */
TgRevision *tg_revision_load(const char *folder, const char *revision, GError **error);
void tg_revision_free(TgRevision *revision);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgRevision, tg_revision_free)

/* The hunks between two files ("@@ …"); a missing one counts as empty. The caller frees. */
char *tg_revision_hunks(const char *old_path, const char *new_path, GError **error);

/* The same between two texts. */
char *tg_revision_text_hunks(const char *old_text, const char *new_text, GError **error);

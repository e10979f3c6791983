/* A file of JSON lines that only grows: for each name, the last line counts. Several programs may
 * append to it at a time. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "base/error.h"

#define TG_JOURNAL_BYTES_MAX ((gsize)1024 * 1024 * 1024) /* of one file that is read */

typedef struct TgJournal TgJournal;

/* Opens nothing yet. */
TgJournal *tg_journal_new(const char *path);
void tg_journal_free(TgJournal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgJournal, tg_journal_free)

/**
 * Appends one line in a single write, so that it is there whole or not at all.
 *
 * @document an object whose first member is "fullName", a text without quotes and backslashes
 * @is_flushed to the device before it returns; else a crash of the machine may lose the line
 */
gboolean tg_journal_append(TgJournal *journal, const json_t *document, gboolean is_flushed,
                           GError **error);

/* The last document of a name, as it was when the file was first asked; NULL: none, or damaged. A
 * new reference. */
json_t *tg_journal_get(TgJournal *journal, const char *name);

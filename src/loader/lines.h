/* Lines of the files of a task, for parsers that take one line at a time. */
#pragma once

#include "loader/plugin.h"

#define TG_LINE_BYTES_MAX ((gsize)16 * 1024 * 1024) /* a longer line stops the load */

typedef struct TgLines TgLines;

/* A line ends at LF, CR or CR LF. With is_strict, bytes that the charset does not have stop the
 * load, else they become U+FFFD. Takes the files. */
TgLines *tg_lines_new(TgFileTask *take_files, const char *charset, gboolean is_strict);
void tg_lines_free(TgLines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgLines, tg_lines_free)

/* The first lines of each file that are not handed out. */
void tg_lines_skip(TgLines *lines, guint count);

/* The next line, without what ends it, lent until the next call; *out NULL behind the last file. */
gboolean tg_lines_next(TgLines *lines, const char **out, gsize *out_size, GError **error);

/* Where the last one stood: the name is lent, numbers begin at 1 in each file. */
const char *tg_lines_file(const TgLines *lines);
guint64 tg_lines_number(const TgLines *lines);

/* Small files as a whole: read with a limit, written so that no reader sees a half. */
#pragma once

#include <glib.h>

#include "base/error.h"

/**
 * Reads a file of at most max_bytes; a NUL follows the bytes. A larger one, a folder or a device is
 * TG_ERROR_CONFIG; else as tg_error_set_file.
 *
 * @out_text the caller frees
 * @out_size_bytes may be NULL
 */
gboolean tg_file_read(const char *path, gsize max_bytes, char **out_text, gsize *out_size_bytes,
                      GError **error);

/**
 * Writes beside the path, flushes to the device and renames over it: after a crash the file holds
 * the old or the new text. Missing folders are made.
 */
gboolean tg_file_write(const char *path, const char *text, gsize size_bytes, GError **error);

/* Writes all bytes to an open file. @path for messages */
gboolean tg_file_write_fd(int fd, const char *path, const void *bytes, gsize size_bytes,
                          GError **error);

/**
 * Writes in place and without a flush, ten times as fast: for small state that can be made again.
 * After a crash of the machine (a kill of the program does no harm) the file may be empty or
 * missing; its reader must take that as "not there".
 */
gboolean tg_file_write_unflushed(const char *path, const char *text, gsize size_bytes,
                                 GError **error);

/**
 * The names in a folder, in their order by bytes; a missing folder has none. The caller frees with
 * g_ptr_array_unref; NULL when it cannot be read, which is not the same as empty.
 */
GPtrArray *tg_file_list_folder(const char *path, GError **error);

/* Makes a folder and its parents. */
gboolean tg_file_make_folder(const char *path, GError **error);

/* Removes a folder with all in it; links are removed, not followed. A missing one is fine. */
gboolean tg_file_remove_folder(const char *path, GError **error);

/**
 * Joins a folder and a user-given relative path; refuses (TG_ERROR_CONFIG) absolute paths and any
 * ".." part, so that the result stays below the folder. The caller frees.
 */
char *tg_file_resolve_below(const char *folder, const char *relative, GError **error);

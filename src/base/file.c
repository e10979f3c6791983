/* Whole-file reads and atomic writes. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"

static gboolean read_all(int fd, const char *path, gsize size_max, GByteArray *into, GError **error)
{
    guint8 block[65536];

    for (;;) {
        gssize got = read(fd, block, sizeof block);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            tg_error_set_file(error, errno, "read", path);
            return FALSE;
        }
        if (got == 0) {
            return TRUE;
        }
        if (into->len + (gsize)got > size_max) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "'%s' is larger than %" G_GSIZE_FORMAT " bytes, the limit for such a file",
                        path, size_max);
            return FALSE;
        }
        g_byte_array_append(into, block, (guint)got);
    }
}

gboolean tg_file_read(const char *path, gsize max_bytes, char **out_text, gsize *out_size_bytes,
                      GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        tg_error_set_file(error, errno, "read", path);
        return FALSE;
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' is not a regular file", path);
        close(fd);
        return FALSE;
    }
    gboolean ok = read_all(fd, path, max_bytes, bytes, error);

    close(fd);
    if (!ok) {
        return FALSE;
    }
    gsize size = bytes->len;

    g_byte_array_append(bytes, (const guint8 *)"", 1);
    *out_text = (char *)g_byte_array_free(g_steal_pointer(&bytes), FALSE);
    if (out_size_bytes != NULL) {
        *out_size_bytes = size;
    }
    return TRUE;
}

static gboolean write_all(int fd, const char *text, gsize size)
{
    while (size > 0) {
        gssize put = write(fd, text, size);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return FALSE;
        }
        text += put;
        size -= (gsize)put;
    }
    return TRUE;
}

/* Writes a new file and closes it; 0, or the errno of what failed. */
static int write_new(const char *path, int flags, const char *text, gsize size_bytes,
                     gboolean flush)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);

    if (fd < 0) {
        return errno;
    }
    int problem = write_all(fd, text, size_bytes) && (!flush || fsync(fd) == 0) ? 0 : errno;

    return close(fd) != 0 && problem == 0 ? errno : problem;
}

gboolean tg_file_write(const char *path, const char *text, gsize size_bytes, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *suffix = tg_random_id(8);
    g_autofree char *beside = g_strdup_printf("%s.%s.part", path, suffix);

    if (!tg_file_make_folder(folder, error)) {
        return FALSE;
    }
    int problem = write_new(beside, O_EXCL, text, size_bytes, TRUE);

    if (problem == 0 && rename(beside, path) != 0) {
        problem = errno;
    }
    if (problem != 0) {
        (void)unlink(beside); /* best effort: the error that counts is the first */
        tg_error_set_file(error, problem, "write", path);
    }
    return problem == 0;
}

gboolean tg_file_write_fd(int fd, const char *path, const void *bytes, gsize size_bytes,
                          GError **error)
{
    const char *at = bytes;

    while (size_bytes > 0) {
        gssize put = write(fd, at, size_bytes);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            tg_error_set_file(error, errno, "write", path);
            return FALSE;
        }
        at += put;
        size_bytes -= (gsize)put;
    }
    return TRUE;
}

gboolean tg_file_write_unflushed(const char *path, const char *text, gsize size_bytes,
                                 GError **error)
{
    /* ext4 flushes a file that was truncated and written again; a new one it does not. */
    (void)unlink(path);
    int problem = write_new(path, O_TRUNC, text, size_bytes, FALSE);

    if (problem == ENOENT) {
        g_autofree char *folder = g_path_get_dirname(path);

        if (!tg_file_make_folder(folder, error)) {
            return FALSE;
        }
        problem = write_new(path, O_TRUNC, text, size_bytes, FALSE);
    }
    if (problem != 0) {
        (void)unlink(path); /* nothing is better than a half */
        tg_error_set_file(error, problem, "write", path);
    }
    return problem == 0;
}

gboolean tg_file_make_folder(const char *path, GError **error)
{
    if (g_mkdir_with_parents(path, 0777) != 0) {
        tg_error_set_file(error, errno, "make the folder", path);
        return FALSE;
    }
    return TRUE;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *tg_file_list_folder(const char *path, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    DIR *folder = opendir(path);
    const struct dirent *entry = NULL;
    int number = errno;

    if (folder == NULL && (number == ENOENT || number == ENOTDIR)) {
        return g_steal_pointer(&names);
    }
    /* errno alone tells an end from a failure (readdir(3)) */
    for (errno = 0; folder != NULL && (entry = readdir(folder)) != NULL; errno = 0) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            g_ptr_array_add(names, g_strdup(entry->d_name));
        }
    }
    number = folder == NULL ? number : errno;
    if (folder != NULL) {
        (void)closedir(folder);
    }
    if (number != 0) {
        tg_error_set_file(error, number, "read the folder", path);
        return NULL;
    }
    g_ptr_array_sort(names, compare_names);
    return g_steal_pointer(&names);
}

gboolean tg_file_remove_folder(const char *path, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;

    if (g_file_test(path, G_FILE_TEST_IS_SYMLINK) || !g_file_test(path, G_FILE_TEST_IS_DIR)) {
        if (g_unlink(path) != 0 && errno != ENOENT) {
            tg_error_set_file(error, errno, "remove", path);
            return FALSE;
        }
        return TRUE;
    }
    names = tg_file_list_folder(path, error);
    for (guint i = 0; names != NULL && i < names->len; i++) {
        g_autofree char *child = g_build_filename(path, g_ptr_array_index(names, i), NULL);

        if (!tg_file_remove_folder(child, error)) {
            return FALSE;
        }
    }
    if (names != NULL && g_rmdir(path) != 0 && errno != ENOENT) {
        tg_error_set_file(error, errno, "remove", path);
        return FALSE;
    }
    return names != NULL;
}

char *tg_file_resolve_below(const char *folder, const char *relative, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(relative, "/", -1);

    if (g_path_is_absolute(relative) || *relative == '\0') {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' must be a path relative to the project",
                    relative);
        return NULL;
    }
    for (char **part = parts; *part != NULL; part++) {
        if (g_str_equal(*part, "..")) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' leaves the project: no '..' here",
                        relative);
            return NULL;
        }
    }
    return g_build_filename(folder, relative, NULL);
}

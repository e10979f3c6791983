/* Locks of draft folders. */
#include "object/draft_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define LOCK_NAME "lock"

int tg_draft_folder_lock(const char *folder, GError **error)
{
    g_autofree char *lock = g_build_filename(folder, LOCK_NAME, NULL);
    int fd = g_open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        return fd;
    }
    tg_error_set_file(error, errno, "lock", lock);
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

static gint64 folder_bytes(const char *folder, guint *count)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    gint64 bytes = 0;
    const char *name = NULL;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        struct stat status;

        if (strcmp(name, LOCK_NAME) != 0 && stat(path, &status) == 0) {
            bytes += status.st_size;
            (*count)++;
        }
    }
    return bytes;
}

gboolean tg_draft_folder_sweep(const char *parent, const char *name_prefix, guint *out_count,
                               gint64 *out_bytes, GError **error)
{
    g_autoptr(GPtrArray) names = tg_file_list_folder(parent, error);
    gboolean ok = names != NULL;

    for (guint i = 0; ok && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *folder = g_build_filename(parent, name, NULL);
        g_autofree char *lock = g_build_filename(folder, LOCK_NAME, NULL);
        int fd = g_str_has_prefix(name, name_prefix)
                     ? g_open(lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0)
                     : -1;

        /* Without a lock file the process died between making the folder and locking it, or is
         * about to lock: an empty folder harms nobody, so it stays for the next time. */
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
            *out_bytes += folder_bytes(folder, out_count);
            ok = tg_file_remove_folder(folder, error);
        }
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    return ok;
}

/* Locks that tell gc whether the process of a publish lives. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "catalog/publish_internal.h"

static char *lock_path(TgCatalog *catalog, const char *id)
{
    g_autofree char *name = g_strconcat(id, ".lock", NULL);

    return g_build_filename(tg_local_catalog(catalog)->folder, "publishing", name, NULL);
}

int tg_publish_lock_take(TgCatalog *catalog, const char *id, GError **error)
{
    g_autofree char *path = lock_path(catalog, id);
    g_autofree char *folder = g_path_get_dirname(path);
    struct stat status;

    if (!tg_file_make_folder(folder, error)) {
        return -1;
    }
    int fd = g_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    /* gc removes lock files that no publish owns, maybe this one between open and flock. */
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &status) != 0 ||
        status.st_nlink == 0) {
        tg_error_set_file(error, errno, "lock", path);
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    return fd;
}

gboolean tg_publish_lock_is_dead(TgCatalog *catalog, const char *id)
{
    g_autofree char *path = lock_path(catalog, id);
    int fd = g_open(path, O_RDWR | O_CLOEXEC, 0);
    gboolean dead = fd < 0 ? errno == ENOENT : flock(fd, LOCK_EX | LOCK_NB) == 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    return dead;
}

void tg_publish_lock_remove(TgCatalog *catalog, const char *id)
{
    g_autofree char *path = lock_path(catalog, id);

    (void)g_unlink(path); /* one that stays is removed by gc */
}

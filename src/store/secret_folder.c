/* Digdag's LocalSecretStoreManager and the file part of its `secrets` command. */
#include "store/secret_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define KEY_BYTES_MAX 255
#define FILE_BYTES_MAX ((gsize)64 * 1024)

struct TgSecretFolder {
    char **homes;
};

TgSecretFolder *tg_secret_folder_new(const char *const *homes)
{
    TgSecretFolder *folder = g_new0(TgSecretFolder, 1);

    folder->homes = g_strdupv((char **)homes);
    return folder;
}

void tg_secret_folder_free(TgSecretFolder *folder)
{
    if (folder != NULL) {
        g_strfreev(folder->homes);
        g_free(folder);
    }
}

static gboolean is_segment(const char *text)
{
    gsize size = strlen(text);

    if (size == 0 || !g_ascii_isalpha(text[0]) || !g_ascii_isalnum(text[size - 1])) {
        return FALSE;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && *c != '_' && *c != '-') {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean tg_secret_folder_is_key(const char *key)
{
    g_auto(GStrv) segments = g_strsplit(key, ".", -1);

    if (strlen(key) > KEY_BYTES_MAX || segments[0] == NULL) {
        return FALSE;
    }
    for (guint i = 0; segments[i] != NULL; i++) {
        if (!is_segment(segments[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

static char *path_of(const char *home, const char *key)
{
    return g_build_filename(home, "secrets", key, NULL);
}

gboolean tg_secret_folder_get(const TgSecretFolder *folder, const char *key, char **out,
                              GError **error)
{
    *out = NULL;
    for (guint i = 0; folder->homes[i] != NULL && tg_secret_folder_is_key(key); i++) {
        g_autofree char *path = path_of(folder->homes[i], key);
        g_autoptr(GError) problem = NULL;

        if (tg_file_read(path, FILE_BYTES_MAX, out, NULL, &problem)) {
            return TRUE;
        }
        if (!g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
    }
    return TRUE;
}

static const char *home_for_new(const TgSecretFolder *folder)
{
    guint last = g_strv_length(folder->homes) - 1;

    for (guint i = 0; i < last; i++) {
        if (g_file_test(folder->homes[i], G_FILE_TEST_IS_DIR)) {
            return folder->homes[i];
        }
    }
    return folder->homes[last];
}

/* Writes beside the file, readable by the owner alone from the first byte, and renames. */
static gboolean write_private(const char *path, const char *text, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *temporary = g_build_filename(folder, ".new", NULL); /* no key looks so */
    gsize size = strlen(text);
    int fd = -1;

    (void)g_unlink(temporary); /* of a crash; one with other rights must not be reused */
    fd = g_open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        tg_error_set_file(error, errno, "write", path);
        return FALSE;
    }
    gboolean ok = write(fd, text, size) == (gssize)size && fsync(fd) == 0;
    int saved_errno = errno;

    ok = close(fd) == 0 && ok;
    if (!ok || g_rename(temporary, path) != 0) {
        tg_error_set_file(error, ok ? errno : saved_errno, "write", path);
        (void)g_unlink(temporary);
        return FALSE;
    }
    return TRUE;
}

gboolean tg_secret_folder_set(const TgSecretFolder *folder, const char *key, const char *value,
                              GError **error)
{
    g_autofree char *parent = g_build_filename(home_for_new(folder), "secrets", NULL);
    g_autofree char *path = g_build_filename(parent, key, NULL);

    if (!tg_secret_folder_is_key(key)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Invalid secret key: %s", key);
        return FALSE;
    }
    if (strlen(value) > TG_SECRET_VALUE_BYTES_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Invalid secret value for key: %s (more than %" G_GSIZE_FORMAT " bytes)", key,
                    TG_SECRET_VALUE_BYTES_MAX);
        return FALSE;
    }
    if (g_mkdir_with_parents(parent, 0700) != 0) {
        tg_error_set_file(error, errno, "make", parent);
        return FALSE;
    }
    return write_private(path, value, error);
}

gboolean tg_secret_folder_delete(const TgSecretFolder *folder, const char *key, GError **error)
{
    if (!tg_secret_folder_is_key(key)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Invalid secret key: %s", key);
        return FALSE;
    }
    for (guint i = 0; folder->homes[i] != NULL; i++) {
        g_autofree char *path = path_of(folder->homes[i], key);

        if (g_unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR) {
            tg_error_set_file(error, errno, "remove", path);
            return FALSE;
        }
    }
    return TRUE;
}

static gint compare_keys(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_keys(GPtrArray *keys, const char *home)
{
    g_autofree char *path = g_build_filename(home, "secrets", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name = NULL;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        if (tg_secret_folder_is_key(name) &&
            !g_ptr_array_find_with_equal_func(keys, name, g_str_equal, NULL)) {
            g_ptr_array_add(keys, g_strdup(name));
        }
    }
}

GPtrArray *tg_secret_folder_keys(const TgSecretFolder *folder)
{
    GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; folder->homes[i] != NULL; i++) {
        add_keys(keys, folder->homes[i]);
    }
    g_ptr_array_sort(keys, compare_keys);
    return keys;
}

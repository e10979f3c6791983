/* dlopen of libarchive. */
#include "loader/archive_api.h"

#include <dlfcn.h>

static gboolean load_api(TgArchiveApi *api, GError **error)
{
    const struct {
        const char *name;
        void **into;
    } functions[] = {{"archive_read_new", (void **)&api->new},
                     {"archive_read_support_format_zip", (void **)&api->format_zip},
                     {"archive_read_open", (void **)&api->open},
                     {"archive_read_open_fd", (void **)&api->open_fd},
                     {"archive_read_next_header", (void **)&api->next_header},
                     {"archive_read_data", (void **)&api->data},
                     {"archive_error_string", (void **)&api->error},
                     {"archive_read_free", (void **)&api->free},
                     {"archive_entry_pathname", (void **)&api->name},
                     {"archive_entry_filetype", (void **)&api->type}};
    void *library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);

    for (gsize i = 0; library != NULL && i < G_N_ELEMENTS(functions); i++) {
        *functions[i].into = dlsym(library, functions[i].name);
        library = *functions[i].into == NULL ? NULL : library;
    }
    if (library == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "zip needs the library libarchive.so.13; install libarchive13");
    }
    return library != NULL;
}

const TgArchiveApi *tg_archive_api_get(GError **error)
{
    static GMutex mutex;
    static TgArchiveApi api;
    static gboolean is_loaded;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    (void)locker;
    is_loaded = is_loaded || load_api(&api, error);
    return is_loaded ? &api : NULL;
}

/* dlopen, once. */
#include "base/library.h"

#include <dlfcn.h>

static gboolean load(TgLibrary *library, GError **error)
{
    void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);

    if (handle == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "cannot load %s: %s; install %s",
                    library->called, dlerror(), library->package);
        return FALSE;
    }
    for (const TgLibrarySymbol *symbol = library->symbols; symbol->name != NULL; symbol++) {
        void *found = dlsym(handle, symbol->name);

        if (found == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "%s lacks %s", library->called,
                        symbol->name);
            return FALSE;
        }
        *(void **)((char *)library->functions + symbol->offset) = found;
    }
    return library->start == NULL || library->start(library->functions, error);
}

gconstpointer tg_library_load(TgLibrary *library, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&library->mutex);

    (void)locker;
    if (!library->is_loaded) {
        library->is_loaded = load(library, error);
    }
    return library->is_loaded ? library->functions : NULL;
}

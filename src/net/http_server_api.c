/* Loads libmicrohttpd.so.12 once. */
#include "net/http_server_api.h"

#include <dlfcn.h>

static gboolean load_api(TgHttpServerApi *api, GError **error)
{
    void *library = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);

    if (library == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "cannot load libmicrohttpd: %s; install libmicrohttpd12", dlerror());
        return FALSE;
    }
#define MICROHTTPD_RESOLVE(name)                                                                   \
    *(void **)&api->name = dlsym(library, #name);                                                  \
    if (api->name == NULL) {                                                                       \
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "libmicrohttpd lacks " #name);            \
        return FALSE;                                                                              \
    }
    TG_MICROHTTPD_FUNCTIONS(MICROHTTPD_RESOLVE)
#undef MICROHTTPD_RESOLVE
    return TRUE;
}

const TgHttpServerApi *tg_http_server_api_get(GError **error)
{
    static GMutex mutex;
    static TgHttpServerApi api;
    static gboolean loaded;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    (void)locker;
    if (!loaded) {
        loaded = load_api(&api, error);
    }
    return loaded ? &api : NULL;
}

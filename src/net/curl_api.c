/* Loads libcurl.so.4 once. */
#include "net/curl_api.h"

#include <dlfcn.h>

static gboolean load_api(TgCurlApi *api, GError **error)
{
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

    if (library == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "cannot load libcurl: %s; install libcurl4", dlerror());
        return FALSE;
    }
#define CURL_RESOLVE(name)                                                                         \
    *(void **)&api->name = dlsym(library, #name);                                                  \
    if (api->name == NULL) {                                                                       \
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "libcurl lacks " #name);                  \
        return FALSE;                                                                              \
    }
    TG_CURL_FUNCTIONS(CURL_RESOLVE)
#undef CURL_RESOLVE
    if (api->curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "libcurl does not start");
        return FALSE;
    }
    return TRUE;
}

const TgCurlApi *tg_curl_api_get(GError **error)
{
    static GMutex mutex;
    static TgCurlApi api;
    static gboolean loaded;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    (void)locker;
    if (!loaded) {
        loaded = load_api(&api, error);
    }
    return loaded ? &api : NULL;
}

TgErrorCode tg_curl_api_code(CURLcode code)
{
    switch ((int)code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_SSL_CACERT_BADFILE:
        return TG_ERROR_CONFIG;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_LOGIN_DENIED:
        return TG_ERROR_DENIED;
    case CURLE_ABORTED_BY_CALLBACK:
        return TG_ERROR_CANCELLED;
    case CURLE_NOT_BUILT_IN:
    case CURLE_UNKNOWN_OPTION:
        return TG_ERROR_BUG;
    default:
        return TG_ERROR_RETRY;
    }
}

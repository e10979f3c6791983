/* Loads libcurl.so.4 once. */
#include "net/curl_api.h"

#include <stddef.h>

#include "base/library.h"

static gboolean start(gpointer functions, GError **error)
{
    const TgCurlApi *api = functions;

    if (api->curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "libcurl does not start");
        return FALSE;
    }
    return TRUE;
}

const TgCurlApi *tg_curl_api_get(GError **error)
{
#define SYMBOL(name) {#name, offsetof(TgCurlApi, name)},
    static const TgLibrarySymbol symbols[] = {TG_CURL_FUNCTIONS(SYMBOL){NULL, 0}};
#undef SYMBOL
    static TgCurlApi api;
    static TgLibrary library = {.file = "libcurl.so.4",
                                .called = "libcurl",
                                .package = "libcurl4",
                                .symbols = symbols,
                                .start = start,
                                .functions = &api};

    return tg_library_load(&library, error);
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

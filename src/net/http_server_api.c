/* Loads libmicrohttpd.so.12 once. */
#include "net/http_server_api.h"

#include <stddef.h>

#include "base/library.h"

const TgHttpServerApi *tg_http_server_api_get(GError **error)
{
#define SYMBOL(name) {#name, offsetof(TgHttpServerApi, name)},
    static const TgLibrarySymbol symbols[] = {TG_MICROHTTPD_FUNCTIONS(SYMBOL){NULL, 0}};
#undef SYMBOL
    static TgHttpServerApi api;
    static TgLibrary library = {.file = "libmicrohttpd.so.12",
                                .called = "libmicrohttpd",
                                .package = "libmicrohttpd12",
                                .symbols = symbols,
                                .functions = &api};

    return tg_library_load(&library, error);
}

/* libcurl, loaded when the first request is made: most runs make none. */
#pragma once

#define CURL_DISABLE_TYPECHECK /* its macros do not fit pointers to functions */
#include <curl/curl.h>
#include <glib.h>

#include "base/error.h"

#define TG_CURL_FUNCTIONS(F)                                                                       \
    F(curl_global_init)                                                                            \
    F(curl_easy_init)                                                                              \
    F(curl_easy_cleanup)                                                                           \
    F(curl_easy_reset)                                                                             \
    F(curl_easy_setopt)                                                                            \
    F(curl_easy_perform)                                                                           \
    F(curl_easy_getinfo)                                                                           \
    F(curl_easy_strerror)                                                                          \
    F(curl_slist_append)                                                                           \
    F(curl_slist_free_all)

typedef struct {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a member cannot stand in parentheses */
#define TG_CURL_POINTER(name) __typeof__(&(name)) name;
    TG_CURL_FUNCTIONS(TG_CURL_POINTER)
#undef TG_CURL_POINTER
} TgCurlApi;

/* The functions, lent for good; NULL with NOT_FOUND when the library is not there. Any thread. */
const TgCurlApi *tg_curl_api_get(GError **error);

/* What a failed transfer means: CONFIG for what must be written differently, DENIED for a
 * certificate that is not trusted or a refused login, CANCELLED, else RETRY. */
TgErrorCode tg_curl_api_code(CURLcode code);

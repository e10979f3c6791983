/* libmicrohttpd, loaded when the first server starts: most commands start none. */
#pragma once

#include <glib.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <sys/socket.h>

#include "base/error.h"

#define TG_MICROHTTPD_FUNCTIONS(F)                                                                 \
    F(MHD_start_daemon)                                                                            \
    F(MHD_quiesce_daemon)                                                                          \
    F(MHD_stop_daemon)                                                                             \
    F(MHD_get_daemon_info)                                                                         \
    F(MHD_get_connection_values)                                                                   \
    F(MHD_lookup_connection_value)                                                                 \
    F(MHD_create_response_from_buffer)                                                             \
    F(MHD_create_response_from_callback)                                                           \
    F(MHD_create_response_from_fd_at_offset64)                                                     \
    F(MHD_add_response_header)                                                                     \
    F(MHD_queue_response)                                                                          \
    F(MHD_destroy_response)

typedef struct {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a member cannot stand in parentheses */
#define TG_MICROHTTPD_POINTER(name) __typeof__(&(name)) name;
    TG_MICROHTTPD_FUNCTIONS(TG_MICROHTTPD_POINTER)
#undef TG_MICROHTTPD_POINTER
} TgHttpServerApi;

/* The functions, lent for good; NULL with NOT_FOUND when the library is not there. Any thread. */
const TgHttpServerApi *tg_http_server_api_get(GError **error);

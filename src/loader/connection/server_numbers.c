/* Port and timeouts of a database server. */
#include "loader/connection/server_numbers.h"

#include "params/params.h"

#define PORT_MAX 65535
#define CONNECT_SECONDS_DEFAULT 300
#define SOCKET_SECONDS_DEFAULT 1800
#define SECONDS_MAX 86400

gboolean tg_server_numbers_read(const json_t *json, guint default_port, TgServerNumbers *out,
                                GError **error)
{
    gint64 port = 0;
    gint64 connect_s = 0;
    gint64 socket_s = 0;

    if (!tg_params_get_int64(json, "port", default_port, &port, error) ||
        !tg_params_get_int64(json, "connect_timeout", CONNECT_SECONDS_DEFAULT, &connect_s, error) ||
        !tg_params_get_int64(json, "socket_timeout", SOCKET_SECONDS_DEFAULT, &socket_s, error) ||
        !tg_params_check_range("port", port, 1, PORT_MAX, error)) {
        return FALSE;
    }
    *out = (TgServerNumbers){.port = (guint)port,
                             .connect_timeout_s = (guint)CLAMP(connect_s, 0, SECONDS_MAX),
                             .socket_timeout_s = (guint)CLAMP(socket_s, 0, SECONDS_MAX)};
    return TRUE;
}

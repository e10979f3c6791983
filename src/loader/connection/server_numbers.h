/* Port and timeouts of a database server, as every config has them. */
#pragma once

#include <jansson.h>

#include "base/error.h"

typedef struct {
    guint port;
    guint connect_timeout_s; /* 0: no limit, as below; at most a day */
    guint socket_timeout_s;
} TgServerNumbers;

/* Reads `port`, `connect_timeout` (300) and `socket_timeout` (1800). CONFIG for what is none. */
gboolean tg_server_numbers_read(const json_t *json, guint default_port, TgServerNumbers *out,
                                GError **error);

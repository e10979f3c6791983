/* How a config names a server of PostgreSQL or Redshift: their inputs and output postgresql. */
#pragma once

#include <jansson.h>

#include "database/postgresql.h"

typedef struct {
    TgPostgresqlOptions options; /* lends the texts below; its session is in UTC */
    char *host;
    char *user;
    char *password; /* NULL: none */
    char *database;
    char *schema;
} TgPostgresqlConfig;

/* Reads what TG_POSTGRESQL_CONFIG_OPTIONS lists, `port` and `schema` ("public") into a struct of
 * zeros, which is to be cleared also after a failure, which is CONFIG. */
gboolean tg_postgresql_config_read(TgPostgresqlConfig *config, const json_t *json,
                                   guint default_port, GError **error);
void tg_postgresql_config_clear(TgPostgresqlConfig *config);

/* Rows of an option table; those of `port` and `schema` say different things. */
#define TG_POSTGRESQL_CONFIG_OPTIONS                                                               \
    {"host", "text", "localhost", "The server, or the folder of its Unix socket."},                \
        {"user", "text", NULL, "Who connects."},                                                   \
        {"password", "text", "", "The password; never shown."},                                    \
        {"database", "text", NULL, "The database."},                                               \
        {"ssl", "boolean", "false", "true: TLS or nothing; false: TLS if the server offers it."},  \
        {"connect_timeout", "integer", "300", "Seconds to connect; 0: no limit."},                 \
        {"socket_timeout", "integer", "1800", "Seconds to wait for the server; 0: no limit."},     \
        {"options", "map", "{}", "Accepted; options of Java's driver."},                           \
    {                                                                                              \
        "driver_path", "text", "null", "Accepted; there is no Java driver."                        \
    }

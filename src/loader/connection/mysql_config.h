/* How a config names a server of MySQL or MariaDB: input mysql and output mysql. */
#pragma once

#include <jansson.h>

#include "database/mysql.h"

typedef struct {
    TgMysqlOptions options; /* lends the texts below */
    char *host;
    char *socket;
    char *user;
    char *password;
    char *database;
} TgMysqlConfig;

/**
 * Reads what TG_MYSQL_CONFIG_OPTIONS lists into a struct of zeros, which is to be cleared also
 * after a failure, which is CONFIG.
 *
 * @exact TLS is used when the server offers it; without, as Embulk, only when the config asks
 */
gboolean tg_mysql_config_read(TgMysqlConfig *config, const json_t *json, gboolean exact,
                              GError **error);
void tg_mysql_config_clear(TgMysqlConfig *config);

/* Rows of an option table. */
#define TG_MYSQL_CONFIG_OPTIONS                                                                    \
    {"host", "text", "localhost", "The server."}, {"port", "integer", "3306", "Its port."},        \
        {"socket", "text", "null", "A Unix socket instead of host and port (not in Embulk)."},     \
        {"user", "text", NULL, "Who connects."},                                                   \
        {"password", "text", "", "The password; never shown."},                                    \
        {"database", "text", NULL, "The database."},                                               \
        {"ssl", "text", "disable (prefer with exact types)",                                       \
         "prefer: TLS if the server offers it; disable; enable; verify: and check its "            \
         "certificate."},                                                                          \
        {"connect_timeout", "integer", "300", "Seconds to connect; 0: no limit."},                 \
        {"socket_timeout", "integer", "1800", "Seconds to wait for the server; 0: no limit."},     \
        {"options", "map", "{}", "Accepted; options of Java's driver."},                           \
    {                                                                                              \
        "driver_path", "text", "null", "Accepted; there is no Java driver."                        \
    }

/* A server of PostgreSQL as a config names it. */
#include "loader/connection/postgresql_config.h"

#include "loader/connection/server_numbers.h"
#include "params/params.h"

gboolean tg_postgresql_config_read(TgPostgresqlConfig *config, const json_t *json,
                                   guint default_port, GError **error)
{
    TgPostgresqlOptions *options = &config->options;
    TgServerNumbers numbers = {0};

    if (!tg_params_dup_text_or(json, "host", "localhost", &config->host, error) ||
        !tg_params_dup_text_or(json, "password", NULL, &config->password, error) ||
        !tg_params_dup_text_or(json, "schema", "public", &config->schema, error) ||
        !tg_params_get_boolean(json, "ssl", FALSE, &options->tls, error) ||
        !tg_server_numbers_read(json, default_port, &numbers, error)) {
        return FALSE;
    }
    config->user = tg_params_dup_text(json, "user", error);
    config->database = config->user == NULL ? NULL : tg_params_dup_text(json, "database", error);
    options->port = numbers.port;
    options->connect_timeout_s = numbers.connect_timeout_s;
    options->socket_timeout_s = numbers.socket_timeout_s;
    options->host = config->host;
    options->user = config->user;
    options->password = config->password;
    options->database = config->database;
    options->schema = config->schema;
    options->time_zone = "UTC";
    return config->database != NULL;
}

void tg_postgresql_config_clear(TgPostgresqlConfig *config)
{
    g_free(config->host);
    g_free(config->user);
    g_free(config->password);
    g_free(config->database);
    g_free(config->schema);
    *config = (TgPostgresqlConfig){.host = NULL};
}

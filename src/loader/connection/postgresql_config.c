/* A server of PostgreSQL as a config names it. */
#include "loader/connection/postgresql_config.h"

#include "params/params.h"

#define PORT_MAX 65535
#define CONNECT_SECONDS_DEFAULT 300
#define SOCKET_SECONDS_DEFAULT 1800
#define SECONDS_MAX 86400

static gboolean read_numbers(TgPostgresqlOptions *options, const json_t *json, guint default_port,
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
    options->port = (guint)port;
    options->connect_timeout_s = (guint)CLAMP(connect_s, 0, SECONDS_MAX);
    options->socket_timeout_s = (guint)CLAMP(socket_s, 0, SECONDS_MAX);
    return TRUE;
}

gboolean tg_postgresql_config_read(TgPostgresqlConfig *config, const json_t *json,
                                   guint default_port, GError **error)
{
    TgPostgresqlOptions *options = &config->options;

    if (!tg_params_dup_text_or(json, "host", "localhost", &config->host, error) ||
        !tg_params_dup_text_or(json, "password", NULL, &config->password, error) ||
        !tg_params_dup_text_or(json, "schema", "public", &config->schema, error) ||
        !tg_params_get_boolean(json, "ssl", FALSE, &options->tls, error) ||
        !read_numbers(options, json, default_port, error)) {
        return FALSE;
    }
    config->user = tg_params_dup_text(json, "user", error);
    config->database = config->user == NULL ? NULL : tg_params_dup_text(json, "database", error);
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

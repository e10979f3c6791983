/* A server of MySQL as a config names it. */
#include "loader/connection/mysql_config.h"

#include "loader/connection/server_numbers.h"
#include "params/params.h"

#define PORT_DEFAULT 3306

static gboolean read_tls(TgMysqlOptions *options, const json_t *json, gboolean exact,
                         GError **error)
{
    g_autofree char *text = NULL;

    return tg_params_dup_text_or(json, "ssl", exact ? "prefer" : "disable", &text, error) &&
           tg_mysql_tls_parse(text, &options->tls, error);
}

gboolean tg_mysql_config_read(TgMysqlConfig *config, const json_t *json, gboolean exact,
                              GError **error)
{
    TgMysqlOptions *options = &config->options;
    TgServerNumbers numbers = {0};

    if (!tg_params_dup_text_or(json, "host", "localhost", &config->host, error) ||
        !tg_params_dup_text_or(json, "socket", NULL, &config->socket, error) ||
        !tg_params_dup_text_or(json, "password", "", &config->password, error) ||
        !tg_server_numbers_read(json, PORT_DEFAULT, &numbers, error) ||
        !read_tls(options, json, exact, error)) {
        return FALSE;
    }
    config->user = tg_params_dup_text(json, "user", error);
    config->database = config->user == NULL ? NULL : tg_params_dup_text(json, "database", error);
    options->port = numbers.port;
    options->connect_timeout_s = numbers.connect_timeout_s;
    options->read_timeout_s = numbers.socket_timeout_s;
    options->host = config->host;
    options->socket = config->socket;
    options->user = config->user;
    options->password = config->password;
    options->database = config->database;
    return config->database != NULL;
}

void tg_mysql_config_clear(TgMysqlConfig *config)
{
    g_free(config->host);
    g_free(config->socket);
    g_free(config->user);
    g_free(config->password);
    g_free(config->database);
    *config = (TgMysqlConfig){.host = NULL};
}

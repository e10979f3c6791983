/* A server of MySQL as a config names it. */
#include "loader/connection/mysql_config.h"

#include "params/params.h"

#define PORT_DEFAULT 3306
#define PORT_MAX 65535
#define CONNECT_SECONDS_DEFAULT 300
#define SOCKET_SECONDS_DEFAULT 1800
#define SECONDS_MAX 86400

static gboolean read_numbers(TgMysqlOptions *options, const json_t *json, GError **error)
{
    gint64 port = 0;
    gint64 connect_s = 0;
    gint64 socket_s = 0;

    if (!tg_params_get_int64(json, "port", PORT_DEFAULT, &port, error) ||
        !tg_params_get_int64(json, "connect_timeout", CONNECT_SECONDS_DEFAULT, &connect_s, error) ||
        !tg_params_get_int64(json, "socket_timeout", SOCKET_SECONDS_DEFAULT, &socket_s, error) ||
        !tg_params_check_range("port", port, 1, PORT_MAX, error)) {
        return FALSE;
    }
    options->port = (guint)port;
    options->connect_timeout_s = (guint)CLAMP(connect_s, 0, SECONDS_MAX);
    options->read_timeout_s = (guint)CLAMP(socket_s, 0, SECONDS_MAX);
    return TRUE;
}

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

    if (!tg_params_dup_text_or(json, "host", "localhost", &config->host, error) ||
        !tg_params_dup_text_or(json, "socket", NULL, &config->socket, error) ||
        !tg_params_dup_text_or(json, "password", "", &config->password, error) ||
        !read_numbers(options, json, error) || !read_tls(options, json, exact, error)) {
        return FALSE;
    }
    config->user = tg_params_dup_text(json, "user", error);
    config->database = config->user == NULL ? NULL : tg_params_dup_text(json, "database", error);
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

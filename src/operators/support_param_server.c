/* The parameter server's two kinds. */
#include "operators/support_param_server.h"

#include <string.h>

#include "database/postgresql.h"
#include "database/redis.h"
#include "params/params.h"

#define POSTGRESQL_PORT 5432
#define REDIS_PORT 6379
#define REDIS_TIMEOUT_S 30
#define SITE "0" /* Digdag's number of the tenant: always this one in an own installation */
#define TTL_TEXT G_STRINGIFY(TG_PARAM_SERVER_TTL_S)

struct TgParamServer {
    TgPostgresql *postgresql; /* one of the two */
    TgRedis *redis;
};

/* The settings of the configuration. */
typedef struct {
    char *type;
    char *host;
    char *user;
    char *password;
    char *database;
    gint64 port;
    gint64 connect_timeout_s;
    gint64 socket_timeout_s;
    gboolean ssl;
} Settings;

static void settings_clear(Settings *settings)
{
    g_free(settings->type);
    g_free(settings->host);
    g_free(settings->user);
    g_free(settings->password);
    g_free(settings->database);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Settings, settings_clear)

static gboolean read_settings(const json_t *config, Settings *settings, GError **error)
{
    gboolean is_redis = g_strcmp0(settings->type, "redis") == 0;
    gint64 port = is_redis ? REDIS_PORT : POSTGRESQL_PORT;

    return tg_params_dup_text_or(config, "param_server.host", is_redis ? "localhost" : NULL,
                                 &settings->host, error) &&
           tg_params_dup_text_or(config, "param_server.user", NULL, &settings->user, error) &&
           tg_params_dup_text_or(config, "param_server.password", NULL, &settings->password,
                                 error) &&
           tg_params_dup_text_or(config, "param_server.database", NULL, &settings->database,
                                 error) &&
           tg_params_get_int64(config, "param_server.port", port, &settings->port, error) &&
           tg_params_get_int64(config, "param_server.loginTimeout", 30,
                               &settings->connect_timeout_s, error) &&
           tg_params_get_int64(config, "param_server.socketTimeout", 1800,
                               &settings->socket_timeout_s, error) &&
           tg_params_get_boolean(config, "param_server.ssl", FALSE, &settings->ssl, error);
}

static gboolean require(const char *value, const char *key, GError **error)
{
    if (value == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Parameter 'param_server.%s' is required but not set", key);
    }
    return value != NULL;
}

static gboolean open_postgresql(TgParamServer *server, const TgTurn *turn, const Settings *settings,
                                GError **error)
{
    static const char create[] =
        "CREATE TABLE IF NOT EXISTS params (key text NOT NULL, value text NOT NULL, value_type int "
        "NOT NULL, site_id integer, updated_at timestamp with time zone NOT NULL, created_at "
        "timestamp with time zone NOT NULL, CONSTRAINT params_site_id_key_uniq UNIQUE(site_id, "
        "key))";
    TgPostgresqlOptions options = {.host = settings->host,
                                   .port = (guint)settings->port,
                                   .user = settings->user,
                                   .password = settings->password,
                                   .database = settings->database,
                                   .tls = settings->ssl,
                                   .connect_timeout_s = (guint)settings->connect_timeout_s,
                                   .socket_timeout_s = (guint)settings->socket_timeout_s,
                                   .is_cancelled = turn->services->is_cancelled};

    if (!require(settings->host, "host", error) || !require(settings->user, "user", error) ||
        !require(settings->database, "database", error)) {
        return FALSE;
    }
    server->postgresql = tg_postgresql_open(&options, error);
    /* Two tasks may make the table at once: the second try finds it. */
    return server->postgresql != NULL &&
           (tg_postgresql_execute(server->postgresql, create, NULL, NULL) ||
            tg_postgresql_execute(server->postgresql, create, NULL, error));
}

static gboolean open_redis(TgParamServer *server, const Settings *settings, GError **error)
{
    if (settings->ssl) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "param_server.ssl: Redis over TLS is not there; use a tunnel or PostgreSQL");
        return FALSE;
    }
    server->redis = tg_redis_open(settings->host, (guint)settings->port, settings->password,
                                  REDIS_TIMEOUT_S, error);
    return server->redis != NULL;
}

TgParamServer *tg_param_server_open(const TgTurn *turn, GError **error)
{
    const json_t *config = turn->services->system_config;
    g_auto(Settings) settings = {.type = NULL};
    g_autoptr(TgParamServer) server = g_new0(TgParamServer, 1);

    if (!tg_params_dup_text_or(config, "param_server.type", NULL, &settings.type, error)) {
        return NULL;
    }
    if (settings.type == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "param_server.type is required to use this operator.");
        return NULL;
    }
    gboolean is_redis = strcmp(settings.type, "redis") == 0;

    if (!is_redis && strcmp(settings.type, "postgresql") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "Unsupported param_server.type : %s",
                    settings.type);
        return NULL;
    }
    if (!read_settings(config, &settings, error)) {
        return NULL;
    }
    if (settings.port < 1 || settings.port > 65535 || settings.connect_timeout_s < 0 ||
        settings.socket_timeout_s < 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "param_server: a port is 1 to 65535, a timeout not negative");
        return NULL;
    }
    if (settings.password != NULL && turn->services->hide != NULL) {
        turn->services->hide(turn->services, settings.password);
    }
    if (is_redis ? !open_redis(server, &settings, error)
                 : !open_postgresql(server, turn, &settings, error)) {
        return NULL;
    }
    return g_steal_pointer(&server);
}

void tg_param_server_free(TgParamServer *server)
{
    if (server == NULL) {
        return;
    }
    tg_postgresql_free(server->postgresql);
    tg_redis_free(server->redis);
    g_free(server);
}

/* The text in {"value": …}, or in Redis {"value_type": 0, "value": {"value": …}}. */
static gboolean unwrap(const char *stored, const char *key, gboolean is_nested, char **out,
                       GError **error)
{
    g_autoptr(json_t) json = json_loads(stored, 0, NULL);
    const json_t *value = json_object_get(json, "value");

    if (is_nested) {
        value = json_object_get(value, "value");
    }
    if (value == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the parameter server holds something else under '%s' than param_set> writes",
                    key);
        return FALSE;
    }
    *out = tg_params_to_text(value);
    return TRUE;
}

static gboolean get_postgresql(TgParamServer *server, const char *key, char **out, GError **error)
{
    const char *const values[] = {key};
    g_autoptr(TgPostgresqlCursor) cursor = tg_postgresql_query_params(
        server->postgresql,
        "SELECT value FROM params WHERE key = $1 AND site_id = " SITE
        " AND updated_at + INTERVAL '" TTL_TEXT " seconds' >= now() LIMIT 1",
        values, 1, error);
    const char *const *row = NULL;

    if (cursor == NULL || !tg_postgresql_cursor_next(cursor, &row, NULL, error)) {
        return FALSE;
    }
    return row == NULL || unwrap(row[0], key, FALSE, out, error);
}

static gboolean get_redis(TgParamServer *server, const char *key, char **out, GError **error)
{
    g_autofree char *full = g_strconcat(SITE ":", key, NULL);
    const char *const words[] = {"GET", full, NULL};
    g_autofree char *stored = NULL;

    return tg_redis_command(server->redis, words, &stored, error) &&
           (stored == NULL || unwrap(stored, key, TRUE, out, error));
}

gboolean tg_param_server_get(TgParamServer *server, const char *key, char **out, GError **error)
{
    *out = NULL;
    return server->redis != NULL ? get_redis(server, key, out, error)
                                 : get_postgresql(server, key, out, error);
}

static gboolean set_postgresql(TgParamServer *server, const json_t *values, GError **error)
{
    const char *key = NULL;
    json_t *value = NULL;

    if (!tg_postgresql_execute(server->postgresql, "BEGIN", NULL, error)) {
        return FALSE;
    }
    json_object_foreach ((json_t *)values, key, value) {
        g_autoptr(json_t) wrapped = json_pack("{s:O}", "value", value);
        g_autofree char *stored = tg_params_to_json(wrapped);
        const char *const arguments[] = {key, stored};

        if (!tg_postgresql_execute_params(
                server->postgresql,
                "INSERT INTO params (key, value, value_type, site_id, created_at, updated_at) "
                "VALUES ($1, $2, 0, " SITE ", now(), now()) ON CONFLICT ON CONSTRAINT "
                "params_site_id_key_uniq DO UPDATE SET value = $2, updated_at = now()",
                arguments, 2, error)) {
            return FALSE; /* the connection ends, and with it the transaction */
        }
    }
    return tg_postgresql_execute(server->postgresql, "COMMIT", NULL, error);
}

static gboolean set_redis(TgParamServer *server, const json_t *values, GError **error)
{
    static const char *const begin[] = {"MULTI", NULL};
    static const char *const commit[] = {"EXEC", NULL};
    const char *key = NULL;
    json_t *value = NULL;

    if (!tg_redis_command(server->redis, begin, NULL, error)) {
        return FALSE;
    }
    json_object_foreach ((json_t *)values, key, value) {
        g_autoptr(json_t) wrapped =
            json_pack("{s:i, s:{s:O}}", "value_type", 0, "value", "value", value);
        g_autofree char *stored = tg_params_to_json(wrapped);
        g_autofree char *full = g_strconcat(SITE ":", key, NULL);
        const char *const words[] = {"SETEX", full, TTL_TEXT, stored, NULL};

        if (!tg_redis_command(server->redis, words, NULL, error)) {
            return FALSE; /* the connection ends, and what was queued is dropped */
        }
    }
    return tg_redis_command(server->redis, commit, NULL, error);
}

gboolean tg_param_server_set(TgParamServer *server, const json_t *values, GError **error)
{
    return server->redis != NULL ? set_redis(server, values, error)
                                 : set_postgresql(server, values, error);
}

json_t *tg_param_server_keys(const TgTurn *turn, GError **error)
{
    g_autoptr(json_t) keys = json_object();
    const char *key = NULL;
    json_t *written = NULL;

    json_object_foreach ((json_t *)turn->local, key, written) {
        g_autofree char *text = NULL;

        if (*key == '_' || g_str_has_suffix(key, ">")) {
            continue;
        }
        if (!tg_params_dup_text_or(turn->params, key, NULL, &text, error)) {
            return NULL;
        }
        if (text != NULL) {
            json_object_set_new(keys, key, json_string(text));
        }
    }
    if (json_object_size(keys) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "no key is set.");
        return NULL;
    }
    return g_steal_pointer(&keys);
}

/* Connecting to PostgreSQL and Redshift, and what their operators have in common. */
#include "operators/support_pg.h"

#include <string.h>

#include "base/random.h"
#include "operators/support.h"
#include "operators/support_duration.h"
#include "operators/support_secret.h"
#include "params/params.h"

#define CONNECT_TIMEOUT_S 30
#define SOCKET_TIMEOUT_S 1800
#define POLL_S_MAX 1200
#define MS_PER_S 1000

json_t *tg_pg_params(const TgTurn *turn, const TgPgKind *kind)
{
    json_t *params = json_object();
    guint count = g_strv_length((char **)kind->nested);

    for (guint i = count; i > 0; i--) {
        const json_t *nested = json_object_get(turn->params, kind->nested[i - 1]);

        if (json_is_object(nested)) {
            tg_params_merge(params, nested);
        }
    }
    tg_params_merge(params, turn->params);
    return params;
}

/* A secret, else the parameter of that name, else `fallback`. */
static gboolean read_text(const TgTurn *turn, const TgPgKind *kind, const json_t *params,
                          const char *name, char **out, GError **error)
{
    g_autofree char *key = g_strconcat(kind->secrets, ".", name, NULL);

    return tg_operator_secret_or_null(turn, key, out, error) &&
           (*out != NULL || tg_params_dup_text_or(params, name, NULL, out, error));
}

static gboolean read_required(const TgTurn *turn, const TgPgKind *kind, const json_t *params,
                              const char *name, char **out, GError **error)
{
    if (!read_text(turn, kind, params, name, out, error)) {
        return FALSE;
    }
    if (*out == NULL) {
        g_set_error(
            error, TG_ERROR, TG_ERROR_CONFIG,
            "Parameter '%s' is required but not set: write it below '%s:' of an _export, or "
            "set the secret %s.%s",
            name, kind->nested[0], kind->secrets, name);
        return FALSE;
    }
    return TRUE;
}

/* The texts are put into a map, so that the getters of params convert and complain. */
static gboolean read_values(const TgTurn *turn, const TgPgKind *kind, const json_t *params,
                            json_t *into, GError **error)
{
    static const char *const names[] = {
        "port", "ssl", "connect_timeout", "socket_timeout", "statement_timeout", NULL};

    for (guint i = 0; names[i] != NULL; i++) {
        g_autofree char *text = NULL;

        if (!read_text(turn, kind, params, names[i], &text, error)) {
            return FALSE;
        }
        if (text != NULL) {
            json_object_set_new(into, names[i], json_string(text));
        }
    }
    return TRUE;
}

/* `password_override` names the secret to take; it must be there then. */
static gboolean read_password(const TgTurn *turn, const TgPgKind *kind, const json_t *params,
                              char **out, GError **error)
{
    g_autofree char *override = NULL;
    g_autofree char *key = NULL;

    if (!tg_params_dup_text_or(params, "password_override", NULL, &override, error)) {
        return FALSE;
    }
    key = g_strconcat(kind->secrets, ".", override != NULL ? override : "password", NULL);
    if (override == NULL) {
        return tg_operator_secret_or_null(turn, key, out, error);
    }
    *out = tg_operator_secret(turn, key, error);
    return *out != NULL;
}

/* A search_path of one schema: its name in quotes when it needs them. */
static char *search_path(const char *schema)
{
    gboolean is_plain = *schema != '\0';

    for (const char *c = schema; *c != '\0'; c++) {
        is_plain = is_plain && (g_ascii_islower(*c) || g_ascii_isdigit(*c) || *c == '_' ||
                                *c == ',' || *c == '"' || *c == '$' || *c == ' ');
    }
    if (is_plain) {
        return g_strdup(schema); /* also "a, b" and what is in quotes already */
    }
    g_auto(GStrv) parts = g_strsplit(schema, "\"", -1);
    g_autofree char *doubled = g_strjoinv("\"\"", parts);

    return g_strconcat("\"", doubled, "\"", NULL);
}

gboolean tg_pg_fail(GError **error, const char *what)
{
    if (error != NULL && *error != NULL && (*error)->code != TG_ERROR_CANCELLED) {
        char *message = g_strdup_printf("Failed to %s [%s]", what, (*error)->message);

        g_free((*error)->message);
        (*error)->message = message;
    }
    return FALSE;
}

/* The server's own words are enough: "FATAL: …". */
static void fail_connect(GError **error)
{
    const char *fatal = strstr((*error)->message, "FATAL:");

    if (fatal != NULL) {
        g_autofree char *rest = g_strdup(fatal + strlen("FATAL:"));
        char *message = g_strconcat("FATAL: ", g_strchug(rest), NULL);

        g_free((*error)->message);
        (*error)->message = message;
    }
    (void)tg_pg_fail(error, "connect to the database");
}

/* Timestamps are shown in the zone of this machine, as the JDBC driver does. */
static char *local_zone(void)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();

    return g_strdup(g_time_zone_get_identifier(zone));
}

/* The texts of a connection. */
typedef struct {
    char *host;
    char *user;
    char *password;
    char *database;
    char *schema;
    json_t *values;
} Texts;

static void texts_clear(Texts *texts)
{
    g_free(texts->host);
    g_free(texts->user);
    g_free(texts->password);
    g_free(texts->database);
    g_free(texts->schema);
    json_decref(texts->values);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Texts, texts_clear)

static gboolean read_texts(const TgTurn *turn, const TgPgKind *kind, const json_t *params,
                           Texts *texts, GError **error)
{
    texts->values = json_object();
    return read_required(turn, kind, params, "host", &texts->host, error) &&
           read_required(turn, kind, params, "user", &texts->user, error) &&
           read_password(turn, kind, params, &texts->password, error) &&
           read_required(turn, kind, params, "database", &texts->database, error) &&
           read_text(turn, kind, params, "schema", &texts->schema, error) &&
           read_values(turn, kind, params, texts->values, error);
}

static gboolean read_numbers(const TgPgKind *kind, const json_t *values,
                             TgPostgresqlOptions *options, GError **error)
{
    gint64 port = 0;
    gint64 connect_s = 0;
    gint64 socket_s = 0;
    gint64 statement_s = 0;

    if (!tg_params_get_int64(values, "port", kind->default_port, &port, error) ||
        !tg_params_get_boolean(values, "ssl", FALSE, &options->tls, error) ||
        !tg_operator_duration_get(values, "connect_timeout", CONNECT_TIMEOUT_S, &connect_s,
                                  error) ||
        !tg_operator_duration_get(values, "socket_timeout", SOCKET_TIMEOUT_S, &socket_s, error) ||
        !tg_operator_duration_get(values, "statement_timeout", 0, &statement_s, error)) {
        return FALSE;
    }
    if (port < 1 || port > 65535) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "Parameter 'port' must be between 1 and 65535 but is %" G_GINT64_FORMAT, port);
        return FALSE;
    }
    options->port = (guint)port;
    options->connect_timeout_s = (guint)MIN(connect_s, G_MAXINT);
    options->socket_timeout_s = (guint)MIN(socket_s, G_MAXINT);
    options->statement_timeout_s = (guint)MIN(statement_s, G_MAXINT / MS_PER_S);
    return TRUE;
}

TgPostgresql *tg_pg_connect(const TgTurn *turn, const TgPgKind *kind, const json_t *params,
                            GError **error)
{
    g_auto(Texts) texts = {NULL, NULL, NULL, NULL, NULL, NULL};
    TgPostgresqlOptions options = {.is_cancelled = turn->services->is_cancelled};
    g_autoptr(GError) problem = NULL;

    if (!read_texts(turn, kind, params, &texts, error) ||
        !read_numbers(kind, texts.values, &options, error)) {
        return NULL;
    }
    g_autofree char *zone = local_zone();
    g_autofree char *path = texts.schema == NULL ? NULL : search_path(texts.schema);

    options.host = texts.host;
    options.user = texts.user;
    options.password = texts.password;
    options.database = texts.database;
    options.schema = path;
    options.time_zone = zone;
    TgPostgresql *postgresql = tg_postgresql_open(&options, &problem);

    if (postgresql == NULL) {
        fail_connect(&problem);
        g_propagate_error(error, g_steal_pointer(&problem));
    }
    return postgresql;
}

char *tg_pg_read_query(const TgTurn *turn, GError **error)
{
    const json_t *command = json_object_get(turn->params, "_command");
    g_autofree char *path = NULL;
    g_autofree char *full = NULL;

    if (json_is_object(command)) {
        return tg_params_dup_text(command, "data", error);
    }
    path = tg_params_dup_text(turn->params, "_command", error);
    full = path == NULL ? NULL : tg_operator_find_file(turn, path, error);
    if (full == NULL) {
        return NULL;
    }
    if (!g_file_test(full, G_FILE_TEST_EXISTS)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "File not found: %s; a statement itself is written as 'data: …' below", path);
        return NULL;
    }
    return tg_operator_read_template(turn, path, error);
}

char *tg_pg_quote_table(TgPostgresql *postgresql, const char *reference, GError **error)
{
    const char *dot = strchr(reference, '.');
    g_autofree char *schema = NULL;
    g_autofree char *table =
        tg_postgresql_quote_name(postgresql, dot == NULL ? reference : dot + 1, error);

    if (table == NULL || dot == NULL) {
        return g_steal_pointer(&table);
    }
    g_autofree char *name = g_strndup(reference, (gsize)(dot - reference));

    schema = tg_postgresql_quote_name(postgresql, name, error);
    return schema == NULL ? NULL : g_strconcat(schema, ".", table, NULL);
}

const char *tg_pg_query_id(TgTurn *turn, gboolean *out_poll)
{
    const char *known = json_string_value(json_object_get(turn->state, "queryId"));
    g_autofree char *id = NULL;

    *out_poll = known == NULL;
    if (known == NULL) {
        id = tg_random_uuid();
        json_object_set_new(turn->state, "queryId", json_string(id));
        turn->poll_at_ms = turn->now_ms;
    }
    return json_string_value(json_object_get(turn->state, "queryId"));
}

void tg_pg_poll_lock(TgTurn *turn)
{
    gint64 interval_s = json_integer_value(json_object_get(turn->state, "pollInterval"));

    interval_s = CLAMP(interval_s, 1, POLL_S_MAX);
    json_object_set_new(turn->state, "pollInterval", json_integer(MIN(interval_s * 2, POLL_S_MAX)));
    turn->poll_at_ms = turn->now_ms + interval_s * MS_PER_S;
}

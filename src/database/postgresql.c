/* PostgreSQL by libpq, opened with dlopen: connections. All waiting is done here and not in libpq,
 * so that it has an end and can be cancelled. */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/library.h"
#include "database/postgresql_internal.h"

#define CANCEL_TEXT_BYTES 256

static const PqApi *api_get(GError **error)
{
#define SYMBOL(name) {#name, offsetof(PqApi, name)},
    static const TgLibrarySymbol symbols[] = {PQ_FUNCTIONS(SYMBOL){NULL, 0}};
#undef SYMBOL
    static PqApi api;
    static TgLibrary library = {.file = "libpq.so.5",
                                .called = "the PostgreSQL client library",
                                .package = "libpq5",
                                .symbols = symbols,
                                .functions = &api};

    return tg_library_load(&library, error);
}

/* libpq's texts end with a line break. */
char *tg_pq_message(const TgPostgresql *postgresql)
{
    return g_strchomp(g_strdup(postgresql->api->PQerrorMessage(postgresql->connection)));
}

gboolean tg_pq_is_cancelled(const TgPostgresql *postgresql)
{
    return g_atomic_int_get(&postgresql->was_cancelled) != 0 ||
           (postgresql->is_cancelled != NULL && g_atomic_int_get(postgresql->is_cancelled) != 0);
}

gboolean tg_pq_set_cancelled(GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CANCELLED, "the statement was stopped");
    return FALSE;
}

/**
 * Waits for the socket.
 *
 * @events POLLIN, POLLOUT
 * @deadline_us of the monotonic clock; 0: none
 * @out_ready FALSE when the time is over or it was cancelled
 */
gboolean tg_pq_wait_socket(TgPostgresql *postgresql, short events, gint64 deadline_us)
{
    for (;;) {
        struct pollfd socket = {.fd = postgresql->api->PQsocket(postgresql->connection),
                                .events = events};
        int got = poll(&socket, 1, TG_PQ_POLL_STEP_MS);

        if (got > 0 || (got < 0 && errno != EINTR)) {
            return TRUE; /* libpq finds out what it is */
        }
        if (tg_pq_is_cancelled(postgresql) ||
            (deadline_us != 0 && tg_clock_monotonic_us() > deadline_us)) {
            return FALSE;
        }
    }
}

gint64 tg_pq_deadline_after(guint seconds)
{
    return seconds == 0 ? 0 : tg_clock_monotonic_us() + seconds * TG_PQ_US_PER_S;
}

/* Connecting */

static TgErrorCode connect_code(const char *message)
{
    static const struct {
        const char *part;
        TgErrorCode code;
    } kinds[] = {{"password authentication failed", TG_ERROR_DENIED},
                 {"no password supplied", TG_ERROR_DENIED},
                 {"no pg_hba.conf entry", TG_ERROR_DENIED},
                 {"role \"", TG_ERROR_DENIED},
                 {"database \"", TG_ERROR_NOT_FOUND}};

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (strstr(message, kinds[i].part) != NULL) {
            return kinds[i].code;
        }
    }
    return TG_ERROR_RETRY;
}

static gboolean fail_connect(const TgPostgresql *postgresql, GError **error)
{
    g_autofree char *message = tg_pq_message(postgresql);
    const char *fatal = strstr(message, "FATAL:");
    TgErrorCode code = connect_code(message);

    (void)g_strdelimit(message, "\n\t", ' '); /* hints of libpq stand on lines of their own */
    g_set_error(error, TG_ERROR, (int)code, "cannot connect to PostgreSQL at %s: %s%s",
                postgresql->place, fatal != NULL ? fatal : message,
                code == TG_ERROR_RETRY ? "; is the server up and reachable?" : "");
    return FALSE;
}

static gboolean fail_late(const TgPostgresql *postgresql, GError **error)
{
    if (tg_pq_is_cancelled(postgresql)) {
        return tg_pq_set_cancelled(error);
    }
    g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                "cannot connect to PostgreSQL at %s: no answer within %u s; is the server up and "
                "reachable?",
                postgresql->place, postgresql->connect_timeout_s);
    return FALSE;
}

static gboolean finish_connecting(TgPostgresql *postgresql, GError **error)
{
    gint64 deadline_us = tg_pq_deadline_after(postgresql->connect_timeout_s);
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;

    if (postgresql->api->PQstatus(postgresql->connection) == CONNECTION_BAD) {
        return fail_connect(postgresql, error);
    }
    while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;

        if (!tg_pq_wait_socket(postgresql, events, deadline_us)) {
            return fail_late(postgresql, error);
        }
        status = postgresql->api->PQconnectPoll(postgresql->connection);
    }
    return status == PGRES_POLLING_OK || fail_connect(postgresql, error);
}

/* What the server is told at the start: "-c name=value …", blanks and backslashes escaped. */
static void add_setting(GString *settings, const char *name, const char *value)
{
    g_string_append_printf(settings, "%s-c %s=", settings->len == 0 ? "" : " ", name);
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == ' ' || *c == '\\') {
            g_string_append_c(settings, '\\');
        }
        g_string_append_c(settings, *c);
    }
}

static char *settings_of(const TgPostgresqlOptions *options)
{
    g_autoptr(GString) settings = g_string_new(NULL);

    /* Values come in one form, whatever the server is set to; as the JDBC driver does. */
    add_setting(settings, "DateStyle", "ISO");
    add_setting(settings, "extra_float_digits", "3");
    if (options->schema != NULL) {
        add_setting(settings, "search_path", options->schema);
    }
    if (options->time_zone != NULL) {
        add_setting(settings, "TimeZone", options->time_zone);
    }
    if (options->statement_timeout_s != 0) {
        g_autofree char *ms = g_strdup_printf("%u000", options->statement_timeout_s);

        add_setting(settings, "statement_timeout", ms);
    }
    return g_string_free(g_steal_pointer(&settings), FALSE);
}

static void drop_notice(void *data, const char *message)
{
    (void)data;
    (void)message;
}

static PGconn *start_connecting(const PqApi *api, const TgPostgresqlOptions *options)
{
    g_autofree char *port = g_strdup_printf("%u", options->port);
    g_autofree char *settings = settings_of(options);
    const char *names[] = {"host",
                           "port",
                           "user",
                           "dbname",
                           "sslmode",
                           "gssencmode",
                           "client_encoding",
                           "application_name",
                           "options",
                           "keepalives",
                           options->password == NULL ? NULL : "password",
                           NULL};
    const char *values[] = {options->host,
                            port,
                            options->user,
                            options->database,
                            options->tls ? "require" : "prefer",
                            "disable",
                            "UTF8",
                            options->application_name == NULL ? "tegaru"
                                                              : options->application_name,
                            settings,
                            "1",
                            options->password,
                            NULL};

    return api->PQconnectStartParams(names, values, 0);
}

TgPostgresql *tg_postgresql_open(const TgPostgresqlOptions *options, GError **error)
{
    const PqApi *api = api_get(error);
    g_autoptr(TgPostgresql) postgresql = NULL;

    if (api == NULL) {
        return NULL;
    }
    postgresql = g_new0(TgPostgresql, 1);
    postgresql->api = api;
    postgresql->place = g_strdup_printf("%s:%u", options->host, options->port);
    postgresql->connect_timeout_s = options->connect_timeout_s;
    postgresql->socket_timeout_s = options->socket_timeout_s;
    postgresql->is_cancelled = options->is_cancelled;
    postgresql->connection = start_connecting(api, options);
    if (postgresql->connection == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "the PostgreSQL client library does not start");
        return NULL;
    }
    if (!finish_connecting(postgresql, error)) {
        return NULL;
    }
    (void)api->PQsetNoticeProcessor(postgresql->connection, drop_notice, NULL);
    /* the old value is of no use, and a failure only means that sending blocks */
    (void)api->PQsetnonblocking(postgresql->connection, 1);
    postgresql->cancel = api->PQgetCancel(postgresql->connection);
    return g_steal_pointer(&postgresql);
}

void tg_postgresql_free(TgPostgresql *postgresql)
{
    if (postgresql == NULL) {
        return;
    }
    if (postgresql->cancel != NULL) {
        postgresql->api->PQfreeCancel(postgresql->cancel);
    }
    if (postgresql->connection != NULL) {
        postgresql->api->PQfinish(postgresql->connection);
    }
    g_free(postgresql->place);
    g_free(postgresql);
}

const char *tg_postgresql_place(const TgPostgresql *postgresql)
{
    return postgresql->place;
}

const char *tg_postgresql_sqlstate(const TgPostgresql *postgresql)
{
    return postgresql->sqlstate;
}

gboolean tg_pq_send_cancel(TgPostgresql *postgresql, GError **error)
{
    char text[CANCEL_TEXT_BYTES] = "";

    if (postgresql->cancel == NULL ||
        postgresql->api->PQcancel(postgresql->cancel, text, sizeof(text)) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot stop the statement at %s: %s",
                    postgresql->place, g_strchomp(text));
        return FALSE;
    }
    return TRUE;
}

gboolean tg_postgresql_cancel(TgPostgresql *postgresql, GError **error)
{
    g_atomic_int_set(&postgresql->was_cancelled, 1);
    return tg_pq_send_cancel(postgresql, error);
}

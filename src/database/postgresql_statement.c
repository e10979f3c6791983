/* PostgreSQL: statements, their errors and their end. */
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "database/postgresql_internal.h"

#define CANCEL_GRACE_US (5 * TG_PQ_US_PER_S) /* for the server's last word after a cancel */

static gboolean fail_lost(TgPostgresql *postgresql, GError **error)
{
    g_autofree char *message = tg_pq_message(postgresql);

    postgresql->sqlstate[0] = '\0';
    g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                "lost the connection to PostgreSQL at %s: %s; is the server up and reachable?",
                postgresql->place, message);
    return FALSE;
}

/* Whether the same may work later: lost connections, conflicts, a server short of something or
 * going down. */
static TgErrorCode code_of_state(const TgPostgresql *postgresql, const char *state)
{
    static const char *const retryable[] = {"08", "40", "53", "57", "58"};

    if (strcmp(state, "57014") == 0 && tg_pq_is_cancelled(postgresql)) {
        return TG_ERROR_CANCELLED;
    }
    if (strcmp(state, "42501") == 0 || g_str_has_prefix(state, "28")) {
        return TG_ERROR_DENIED;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(retryable); i++) {
        if (g_str_has_prefix(state, retryable[i])) {
            return TG_ERROR_RETRY;
        }
    }
    return TG_ERROR_CONFIG;
}

static void append_field(const TgPostgresql *postgresql, const PGresult *result, int field,
                         const char *name, GString *text)
{
    const char *value = postgresql->api->PQresultErrorField(result, field);

    if (value != NULL) {
        g_string_append_printf(text, "\n  %s: %s", name, value);
    }
}

/* As org.postgresql.util.ServerErrorMessage writes it. */
static gboolean fail_refused(TgPostgresql *postgresql, const PGresult *result, GError **error)
{
    const PqApi *api = postgresql->api;
    const char *state = api->PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *severity = api->PQresultErrorField(result, PG_DIAG_SEVERITY);
    const char *primary = api->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    g_autoptr(GString) text = NULL;

    if (state == NULL || primary == NULL) {
        return fail_lost(postgresql, error);
    }
    (void)g_strlcpy(postgresql->sqlstate, state, sizeof(postgresql->sqlstate));
    text = g_string_new(NULL);
    g_string_printf(text, "%s: %s", severity == NULL ? "ERROR" : severity, primary);
    append_field(postgresql, result, PG_DIAG_MESSAGE_DETAIL, "Detail", text);
    append_field(postgresql, result, PG_DIAG_MESSAGE_HINT, "Hint", text);
    append_field(postgresql, result, PG_DIAG_STATEMENT_POSITION, "Position", text);
    append_field(postgresql, result, PG_DIAG_CONTEXT, "Where", text);
    g_set_error_literal(error, TG_ERROR, (int)code_of_state(postgresql, state), text->str);
    return FALSE;
}

static gboolean flush(TgPostgresql *postgresql, GError **error)
{
    const PqApi *api = postgresql->api;
    gint64 deadline_us = tg_pq_deadline_after(postgresql->socket_timeout_s);
    int left = 1;

    while ((left = api->PQflush(postgresql->connection)) == 1) {
        if (!tg_pq_wait_socket(postgresql, POLLIN | POLLOUT, deadline_us)) {
            return tg_pq_is_cancelled(postgresql) ? tg_pq_set_cancelled(error)
                                                  : fail_lost(postgresql, error);
        }
        if (api->PQconsumeInput(postgresql->connection) == 0) {
            return fail_lost(postgresql, error);
        }
    }
    return left == 0 ? TRUE : fail_lost(postgresql, error);
}

/* A server that does not answer at all: the connection is of no use afterwards. */
static gboolean fail_silent(TgPostgresql *postgresql, GError **error)
{
    g_autoptr(GError) ignored = NULL;

    (void)tg_pq_send_cancel(postgresql, &ignored); /* the best that can be done; the time is over */
    postgresql->sqlstate[0] = '\0';
    g_set_error(error, TG_ERROR, TG_ERROR_RETRY,
                "PostgreSQL at %s did not answer within %u s (socket_timeout); the statement was "
                "stopped",
                postgresql->place, postgresql->socket_timeout_s);
    return FALSE;
}

/* After a cancel the server has a few seconds for its answer; FALSE when there is none. */
static gboolean wait_stopped(TgPostgresql *postgresql)
{
    const PqApi *api = postgresql->api;
    gint64 deadline_us = tg_clock_monotonic_us() + CANCEL_GRACE_US;

    (void)tg_pq_send_cancel(postgresql, NULL); /* without it the deadline ends the wait */
    while (api->PQisBusy(postgresql->connection) != 0) {
        struct pollfd socket = {.fd = api->PQsocket(postgresql->connection), .events = POLLIN};

        (void)poll(&socket, 1, TG_PQ_POLL_STEP_MS); /* the clock decides */
        if (tg_clock_monotonic_us() > deadline_us ||
            api->PQconsumeInput(postgresql->connection) == 0) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean tg_pq_wait_result(TgPostgresql *postgresql, GError **error)
{
    const PqApi *api = postgresql->api;
    gint64 deadline_us = tg_pq_deadline_after(postgresql->socket_timeout_s);

    while (api->PQisBusy(postgresql->connection) != 0) {
        gboolean is_ready = tg_pq_wait_socket(postgresql, POLLIN, deadline_us);

        if (!is_ready && !tg_pq_is_cancelled(postgresql)) {
            return fail_silent(postgresql, error);
        }
        if (!is_ready) {
            return wait_stopped(postgresql) || tg_pq_set_cancelled(error);
        }
        if (api->PQconsumeInput(postgresql->connection) == 0) {
            return fail_lost(postgresql, error);
        }
    }
    return TRUE;
}

gboolean tg_pq_send(TgPostgresql *postgresql, const char *sql, const char *const *values,
                    guint count, GError **error)
{
    const PqApi *api = postgresql->api;
    int sent = 0;

    postgresql->sqlstate[0] = '\0';
    g_atomic_int_set(&postgresql->was_cancelled, 0);
    if (tg_pq_is_cancelled(postgresql)) {
        return tg_pq_set_cancelled(error);
    }
    /* A statement without values may be several: the simple protocol takes them. */
    sent = count == 0 ? api->PQsendQuery(postgresql->connection, sql)
                      : api->PQsendQueryParams(postgresql->connection, sql, (int)count, NULL,
                                               values, NULL, NULL, 0);
    return sent == 0 ? fail_lost(postgresql, error) : flush(postgresql, error);
}

/* COPY … FROM STDIN or TO STDOUT cannot be served here. */
static gboolean is_copy(ExecStatusType status)
{
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

static gboolean refuse_copy(TgPostgresql *postgresql, GError **error)
{
    /* The protocol has no way out of COPY TO STDOUT but reading it; a new connection is simpler. */
    (void)tg_pq_send_cancel(postgresql, NULL);
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "COPY from STDIN and to STDOUT cannot be run here; use a file or an S3 address");
    return FALSE;
}

gboolean tg_pq_check_result(TgPostgresql *postgresql, const PGresult *result, GError **error)
{
    switch (postgresql->api->PQresultStatus(result)) {
    case PGRES_EMPTY_QUERY:
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
        return TRUE;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        return refuse_copy(postgresql, error);
    case PGRES_BAD_RESPONSE:
    case PGRES_NONFATAL_ERROR:
    case PGRES_FATAL_ERROR:
    case PGRES_PIPELINE_SYNC:
    case PGRES_PIPELINE_ABORTED:
    default:
        return fail_refused(postgresql, result, error);
    }
}

/* Takes what is left of a statement; the first failure is told. Rows are counted. */
/* Counts what a good result tells. */
static void count_result(const TgPostgresql *postgresql, const PGresult *result, gint64 *rows,
                         gboolean *has_rows)
{
    switch ((int)postgresql->api->PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
        *rows += g_ascii_strtoll(postgresql->api->PQcmdTuples((PGresult *)result), NULL, 10);
        break;
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
        *has_rows = TRUE;
        break;
    default:
        break;
    }
}

/* Takes what is left of a statement; the first failure is told. */
static gboolean drain(TgPostgresql *postgresql, gint64 *rows, gboolean *has_rows, GError **error)
{
    const PqApi *api = postgresql->api;
    gboolean is_good = TRUE;

    for (;;) {
        if (!tg_pq_wait_result(postgresql, is_good ? error : NULL)) {
            return FALSE;
        }
        PGresult *result = api->PQgetResult(postgresql->connection);

        if (result == NULL) {
            return is_good;
        }
        gboolean was_copy = is_copy(api->PQresultStatus(result));

        is_good = is_good && tg_pq_check_result(postgresql, result, error);
        count_result(postgresql, result, rows, has_rows);
        api->PQclear(result);
        if (was_copy) {
            return FALSE;
        }
    }
}

gboolean tg_pq_drain(TgPostgresql *postgresql, gint64 *out_rows, GError **error)
{
    gint64 rows = 0;
    gboolean has_rows = FALSE;

    if (!drain(postgresql, &rows, &has_rows, error)) {
        return FALSE;
    }
    if (out_rows != NULL) {
        *out_rows = rows;
    }
    return TRUE;
}

gboolean tg_postgresql_execute(TgPostgresql *postgresql, const char *sql, gint64 *out_rows,
                               GError **error)
{
    if (!tg_pq_send(postgresql, sql, NULL, 0, error)) {
        return FALSE;
    }
    (void)postgresql->api->PQsetSingleRowMode(
        postgresql->connection); /* rows are dropped at once */
    return tg_pq_drain(postgresql, out_rows, error);
}

gboolean tg_postgresql_update(TgPostgresql *postgresql, const char *sql, gint64 *out_rows,
                              GError **error)
{
    gint64 rows = 0;
    gboolean has_rows = FALSE;

    if (!tg_pq_send(postgresql, sql, NULL, 0, error)) {
        return FALSE;
    }
    (void)postgresql->api->PQsetSingleRowMode(postgresql->connection);
    if (!drain(postgresql, &rows, &has_rows, error)) {
        return FALSE;
    }
    if (has_rows) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "A result was returned when none was expected.");
        return FALSE;
    }
    if (out_rows != NULL) {
        *out_rows = rows;
    }
    return TRUE;
}

gboolean tg_postgresql_execute_params(TgPostgresql *postgresql, const char *sql,
                                      const char *const *values, guint count, GError **error)
{
    return tg_pq_send(postgresql, sql, values, count, error) &&
           tg_pq_drain(postgresql, NULL, error);
}

static char *copy_quoted(TgPostgresql *postgresql, char *quoted, GError **error)
{
    char *copy = g_strdup(quoted);

    if (quoted == NULL) {
        g_autofree char *message = tg_pq_message(postgresql);

        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "cannot quote a text: %s", message);
        return NULL;
    }
    postgresql->api->PQfreemem(quoted);
    return copy;
}

char *tg_postgresql_quote(TgPostgresql *postgresql, const char *text, GError **error)
{
    return copy_quoted(postgresql,
                       postgresql->api->PQescapeLiteral(postgresql->connection, text, strlen(text)),
                       error);
}

char *tg_postgresql_quote_name(TgPostgresql *postgresql, const char *name, GError **error)
{
    return copy_quoted(
        postgresql, postgresql->api->PQescapeIdentifier(postgresql->connection, name, strlen(name)),
        error);
}

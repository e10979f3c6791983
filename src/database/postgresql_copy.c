/* PostgreSQL: COPY … TO STDOUT and FROM STDIN, as bytes. */
#include <poll.h>

#include "database/postgresql_internal.h"

#define PUT_BYTES_MAX ((gsize)256 * 1024) /* in one call to libpq */

struct TgPostgresqlCopy {
    TgPostgresql *postgresql;
    char *row; /* libpq's, lent */
    gboolean is_ended;
};

/* Sends the statement and waits until the server is in the state that is wanted. */
static gboolean start(TgPostgresql *postgresql, const char *sql, ExecStatusType wanted,
                      GError **error)
{
    const PqApi *api = postgresql->api;

    if (!tg_pq_send(postgresql, sql, NULL, 0, error) || !tg_pq_wait_result(postgresql, error)) {
        return FALSE;
    }
    PGresult *result = api->PQgetResult(postgresql->connection);
    gboolean ok = result != NULL && api->PQresultStatus(result) == wanted;

    if (!ok && result != NULL && tg_pq_check_result(postgresql, result, error)) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "the statement is no COPY: %s", sql);
    }
    api->PQclear(result);
    if (!ok) {
        g_autoptr(GError) ignored = NULL;

        (void)tg_pq_drain(postgresql, NULL, &ignored); /* the first failure is told */
    }
    return ok;
}

TgPostgresqlCopy *tg_postgresql_copy_out(TgPostgresql *postgresql, const char *sql, GError **error)
{
    if (!start(postgresql, sql, PGRES_COPY_OUT, error)) {
        return NULL;
    }
    TgPostgresqlCopy *copy = g_new0(TgPostgresqlCopy, 1);

    copy->postgresql = postgresql;
    return copy;
}

void tg_postgresql_copy_free(TgPostgresqlCopy *copy)
{
    if (copy == NULL) {
        return;
    }
    const PqApi *api = copy->postgresql->api;

    api->PQfreemem(copy->row);
    if (!copy->is_ended && api->PQstatus(copy->postgresql->connection) == CONNECTION_OK) {
        char *row = NULL;

        (void)tg_pq_send_cancel(copy->postgresql, NULL); /* without it all rows would be sent */
        while (api->PQgetCopyData(copy->postgresql->connection, &row, 0) > 0) {
            api->PQfreemem(row);
        }
        g_autoptr(GError) ignored = NULL;

        (void)tg_pq_drain(copy->postgresql, NULL, &ignored); /* "canceled" is what is wanted */
    }
    g_free(copy);
}

/* The server has sent all rows, or stopped. */
static gboolean end_out(TgPostgresqlCopy *copy, GError **error)
{
    copy->is_ended = TRUE;
    return tg_pq_drain(copy->postgresql, NULL, error);
}

gboolean tg_postgresql_copy_next(TgPostgresqlCopy *copy, const char **out_row, gsize *out_bytes,
                                 GError **error)
{
    TgPostgresql *postgresql = copy->postgresql;
    const PqApi *api = postgresql->api;
    gint64 deadline_us = 0;

    api->PQfreemem(copy->row);
    copy->row = NULL;
    *out_row = NULL;
    for (;;) {
        int got = api->PQgetCopyData(postgresql->connection, &copy->row, 1);

        if (got > 0) {
            *out_row = copy->row;
            *out_bytes = (gsize)got;
            return TRUE;
        }
        if (got < 0) {
            return end_out(copy, error);
        }
        deadline_us =
            deadline_us == 0 ? tg_pq_deadline_after(postgresql->socket_timeout_s) : deadline_us;
        if (!tg_pq_wait_socket(postgresql, POLLIN, deadline_us)) {
            return tg_pq_wait_result(postgresql, error) && end_out(copy, error);
        }
        if (api->PQconsumeInput(postgresql->connection) == 0) {
            return end_out(copy, error);
        }
    }
}

gboolean tg_postgresql_copy_in(TgPostgresql *postgresql, const char *sql, GError **error)
{
    return start(postgresql, sql, PGRES_COPY_IN, error);
}

/* The server's own words when it has any, else those of the client. */
static gboolean fail_put(TgPostgresql *postgresql, GError **error)
{
    g_autofree char *message = tg_pq_message(postgresql);

    if (tg_pq_drain(postgresql, NULL, error)) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot send rows to PostgreSQL at %s: %s",
                    postgresql->place, message);
    }
    return FALSE;
}

gboolean tg_postgresql_copy_put(TgPostgresql *postgresql, const char *bytes, gsize size_bytes,
                                GError **error)
{
    const PqApi *api = postgresql->api;
    gint64 deadline_us = tg_pq_deadline_after(postgresql->socket_timeout_s);

    while (size_bytes > 0) {
        int size = (int)MIN(size_bytes, PUT_BYTES_MAX);
        int sent = api->PQputCopyData(postgresql->connection, bytes, size);

        if (sent < 0) {
            return fail_put(postgresql, error);
        }
        if (sent == 0 && !tg_pq_wait_socket(postgresql, POLLIN | POLLOUT, deadline_us)) {
            return fail_put(postgresql, error);
        }
        if (sent == 0 && (api->PQconsumeInput(postgresql->connection) == 0 ||
                          api->PQflush(postgresql->connection) < 0)) {
            return fail_put(postgresql, error);
        }
        if (sent > 0) {
            bytes += size;
            size_bytes -= (gsize)size;
        }
    }
    return TRUE;
}

gboolean tg_postgresql_copy_end(TgPostgresql *postgresql, const char *failure, gint64 *out_rows,
                                GError **error)
{
    const PqApi *api = postgresql->api;
    gint64 deadline_us = tg_pq_deadline_after(postgresql->socket_timeout_s);
    int sent = 0;

    while ((sent = api->PQputCopyEnd(postgresql->connection, failure)) == 0) {
        if (!tg_pq_wait_socket(postgresql, POLLOUT, deadline_us)) {
            return fail_put(postgresql, error);
        }
    }
    if (sent < 0) {
        return fail_put(postgresql, error);
    }
    while (api->PQflush(postgresql->connection) > 0) {
        if (!tg_pq_wait_socket(postgresql, POLLIN | POLLOUT, deadline_us) ||
            api->PQconsumeInput(postgresql->connection) == 0) {
            return fail_put(postgresql, error);
        }
    }
    return tg_pq_drain(postgresql, out_rows, error);
}

/* What the files of the PostgreSQL client share. */
#pragma once

#include <libpq-fe.h>

#include "database/postgresql.h"

#define TG_PQ_POLL_STEP_MS 100 /* how soon a cancel is seen */
#define TG_PQ_US_PER_S G_GINT64_CONSTANT(1000000)
#define TG_PQ_SQLSTATE_BYTES 6

#define PQ_FUNCTIONS(F)                                                                            \
    F(PQconnectStartParams)                                                                        \
    F(PQconnectPoll)                                                                               \
    F(PQstatus)                                                                                    \
    F(PQfinish)                                                                                    \
    F(PQsocket)                                                                                    \
    F(PQerrorMessage)                                                                              \
    F(PQsetNoticeProcessor)                                                                        \
    F(PQgetCancel)                                                                                 \
    F(PQfreeCancel)                                                                                \
    F(PQcancel)                                                                                    \
    F(PQsendQuery)                                                                                 \
    F(PQsendQueryParams)                                                                           \
    F(PQsetnonblocking)                                                                            \
    F(PQflush)                                                                                     \
    F(PQsetSingleRowMode)                                                                          \
    F(PQconsumeInput)                                                                              \
    F(PQisBusy)                                                                                    \
    F(PQgetResult)                                                                                 \
    F(PQresultStatus)                                                                              \
    F(PQresultErrorField)                                                                          \
    F(PQresultErrorMessage)                                                                        \
    F(PQcmdTuples)                                                                                 \
    F(PQclear)                                                                                     \
    F(PQntuples)                                                                                   \
    F(PQnfields)                                                                                   \
    F(PQfname)                                                                                     \
    F(PQftype)                                                                                     \
    F(PQfmod)                                                                                      \
    F(PQgetvalue)                                                                                  \
    F(PQgetisnull)                                                                                 \
    F(PQgetlength)                                                                                 \
    F(PQescapeLiteral)                                                                             \
    F(PQescapeIdentifier)                                                                          \
    F(PQendcopy)                                                                                   \
    F(PQputCopyEnd)                                                                                \
    F(PQputCopyData)                                                                               \
    F(PQgetCopyData)                                                                               \
    F(PQfreemem)

typedef struct {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a member cannot stand in parentheses */
#define PQ_POINTER(name) __typeof__(&(name)) name;
    PQ_FUNCTIONS(PQ_POINTER)
#undef PQ_POINTER
} PqApi;

struct TgPostgresql {
    const PqApi *api;
    PGconn *connection;
    PGcancel *cancel;
    char *place;
    char sqlstate[TG_PQ_SQLSTATE_BYTES];
    guint connect_timeout_s;
    guint socket_timeout_s;
    const gint *is_cancelled; /* the caller's; may be NULL */
    gint was_cancelled;       /* by tg_postgresql_cancel, until the next statement */
};

/* The end of a wait on the monotonic clock; 0 seconds: 0, none. */
gint64 tg_pq_deadline_after(guint seconds);

/**
 * Waits for the socket; FALSE when the time is over or it was cancelled.
 *
 * @events POLLIN, POLLOUT
 * @deadline_us of the monotonic clock; 0: none
 */
gboolean tg_pq_wait_socket(TgPostgresql *postgresql, short events, gint64 deadline_us);

gboolean tg_pq_is_cancelled(const TgPostgresql *postgresql);
gboolean tg_pq_set_cancelled(GError **error);

/* The connection's last message without its line break. The caller frees. */
char *tg_pq_message(const TgPostgresql *postgresql);

/* Asks the server to stop what runs. */
gboolean tg_pq_send_cancel(TgPostgresql *postgresql, GError **error);

/* Sends a statement; without values it may be several. */
gboolean tg_pq_send(TgPostgresql *postgresql, const char *sql, const char *const *values,
                    guint count, GError **error);

/* Reads until PQgetResult does not block. A cancel is passed on to the server once. */
gboolean tg_pq_wait_result(TgPostgresql *postgresql, GError **error);

/* Whether a result is a success; else its error. */
gboolean tg_pq_check_result(TgPostgresql *postgresql, const PGresult *result, GError **error);

/* Takes what is left of a statement; the first failure is told. out_rows may be NULL. */
gboolean tg_pq_drain(TgPostgresql *postgresql, gint64 *out_rows, GError **error);

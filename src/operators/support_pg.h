/* What pg>, redshift>, redshift_load>, redshift_unload> and the parameter server share: connection
 * and transactions that a repeated turn does not repeat. */
#pragma once

#include "database/postgresql.h"
#include "operators/services.h"

/* What the operators differ in. */
typedef struct {
    const char *type;          /* the operator; also where last_results goes: "pg" */
    const char *const *nested; /* maps of parameters that are defaults, the nearest first */
    const char *secrets;       /* the prefix of the connection's secrets: "pg", "aws.redshift" */
    guint default_port;
    gboolean is_redshift; /* no row locks: another way to keep the status */
} TgPgKind;

/* The task's parameters over those of `nested`. A new reference. Digdag's AbstractJdbcOperator. */
json_t *tg_pg_params(const TgTurn *turn, const TgPgKind *kind);

/**
 * Connects with host, port, user, password, database, ssl, schema, connect_timeout, socket_timeout;
 * each secret counts before the parameter of the same name. Failures are told as Digdag does:
 * "Failed to connect to the database […]".
 */
TgPostgresql *tg_pg_connect(const TgTurn *turn, const TgPgKind *kind, const json_t *params,
                            GError **error);

/* The SQL of a task: the file named by `_command`, its templates filled in, or `data` of the map
 * that it is. The caller frees. Digdag's Workspace.templateCommand. */
char *tg_pg_read_query(const TgTurn *turn, GError **error);

/* "schema.table" or "table" in quotes. The caller frees. */
char *tg_pg_quote_table(TgPostgresql *postgresql, const char *reference, GError **error);

/* Turns *error's message M into "Failed to WHAT [M]"; the code stays. Returns FALSE. */
gboolean tg_pg_fail(GError **error, const char *what);

/* How a statement is kept from running twice. */
typedef struct {
    gboolean is_strict;
    char *schema; /* NULL: the default one */
    char *table;
    gint64 cleanup_s; /* rows of the status table live as long */
} TgPgStatus;

void tg_pg_status_clear(TgPgStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TgPgStatus, tg_pg_status_clear)

/* Reads strict_transaction, status_table, status_table_schema, status_table_cleanup. */
gboolean tg_pg_status_read(const json_t *params, TgPgStatus *out, GError **error);

/* A statement and how it ended. */
typedef struct {
    const char *sql;
    gboolean may_return_rows; /* else "A result was returned when none was expected." */
    const char *query_id;     /* of the task, for all its turns */
    gint64 rows;              /* out: changed */
    gboolean was_done;        /* out: an earlier turn had done it; nothing was run */
    gboolean is_locked;       /* out: somebody else runs it now; nothing was run */
} TgPgStatement;

/**
 * Runs it; when strict, in one transaction with the note that it is done, so that it is done once.
 * Digdag's AbstractPersistentTransactionHelper, PgConnection, RedshiftConnection.
 */
gboolean tg_pg_run(TgPostgresql *postgresql, const TgPgKind *kind, const TgPgStatus *status,
                   TgPgStatement *statement, GError **error);

/**
 * The id of the task's statement. On the first turn it is made and *out_poll is set: the turn must
 * end there, so that the id is saved before it is used. Lent by the state.
 */
const char *tg_pg_query_id(TgTurn *turn, gboolean *out_poll);

/* Ends the turn because of a lock: call again, each time twice as late. */
void tg_pg_poll_lock(TgTurn *turn);

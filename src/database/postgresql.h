/* Connections to PostgreSQL and what speaks its protocol (Redshift). The client library is loaded
 * with the first one. */
#pragma once

#include <glib.h>

#include "base/error.h"

/* Everything is lent for the time of the call, but is_cancelled, which must outlive the connection.
 */
typedef struct {
    const char *host; /* a name, an address, or the folder of a Unix socket */
    guint port;
    const char *user;
    const char *password; /* never shown; NULL: none */
    const char *database;
    const char *schema;           /* the search_path; NULL: the server's default */
    const char *application_name; /* as the server lists the session; NULL: "tegaru" */
    const char *time_zone;        /* of the session; NULL: the server's default */
    gboolean tls; /* required, certificate unchecked; FALSE: used if the server offers it */
    guint connect_timeout_s;   /* 0: none */
    guint socket_timeout_s;    /* longest silence of the server while it is waited for; 0: none */
    guint statement_timeout_s; /* the server stops a longer statement; 0: none */
    const gint *is_cancelled;  /* g_atomic_int_get; stops what runs; may be NULL */
} TgPostgresqlOptions;

typedef struct TgPostgresql TgPostgresql;

/**
 * Connects; the session speaks UTF-8. Used by one thread at a time, but for
 * tg_postgresql_cancel().
 *
 * Errors: RETRY when the server is not there or answers too late, DENIED for user and password,
 * NOT_FOUND for the database or when the client library is not installed, CANCELLED.
 */
TgPostgresql *tg_postgresql_open(const TgPostgresqlOptions *options, GError **error);
void tg_postgresql_free(TgPostgresql *postgresql);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgPostgresql, tg_postgresql_free)

/* "host:port", for messages. Lent. */
const char *tg_postgresql_place(const TgPostgresql *postgresql);

/**
 * Asks the server to stop the statement that runs now; whoever waits for it gets CANCELLED. Any
 * thread may call it while the connection lives.
 */
gboolean tg_postgresql_cancel(TgPostgresql *postgresql, GError **error);

/**
 * The SQLSTATE of the last statement that was refused, such as "42P01"; "" when the failure came
 * from the network or from here. Lent until the next call.
 */
const char *tg_postgresql_sqlstate(const TgPostgresql *postgresql);

/**
 * Runs a script of one or more statements and drops what they return.
 *
 * Errors: a refused statement is CONFIG with the server's words ("ERROR: …\n  Position: 15", as
 * PostgreSQL's JDBC driver writes them), RETRY for a lost connection, a deadlock, or a server that
 * is short of something, CANCELLED.
 *
 * @out_rows added up over the statements that change rows; may be NULL
 */
gboolean tg_postgresql_execute(TgPostgresql *postgresql, const char *sql, gint64 *out_rows,
                               GError **error);

/* As execute, but a statement that returns rows is CONFIG: "A result was returned when none was
 * expected."; what it changed is only undone by a transaction around it. */
gboolean tg_postgresql_update(TgPostgresql *postgresql, const char *sql, gint64 *out_rows,
                              GError **error);

/* One value for each "$1" of a statement, as text; NULL is null. Else as execute. */
gboolean tg_postgresql_execute_params(TgPostgresql *postgresql, const char *sql,
                                      const char *const *values, guint count, GError **error);

/* A text as a quoted literal, an identifier in quotes. The caller frees; NULL with CONFIG when the
 * text is no UTF-8. */
char *tg_postgresql_quote(TgPostgresql *postgresql, const char *text, GError **error);
char *tg_postgresql_quote_name(TgPostgresql *postgresql, const char *name, GError **error);

/* Type numbers of PostgreSQL's catalog (pg_type.oid); fixed for all versions. */
typedef enum {
    TG_POSTGRESQL_BOOL = 16,
    TG_POSTGRESQL_BYTEA = 17,
    TG_POSTGRESQL_INT8 = 20,
    TG_POSTGRESQL_INT2 = 21,
    TG_POSTGRESQL_INT4 = 23,
    TG_POSTGRESQL_TEXT = 25,
    TG_POSTGRESQL_OID = 26,
    TG_POSTGRESQL_JSON = 114,
    TG_POSTGRESQL_FLOAT4 = 700,
    TG_POSTGRESQL_FLOAT8 = 701,
    TG_POSTGRESQL_UNKNOWN = 705,
    TG_POSTGRESQL_MONEY = 790,
    TG_POSTGRESQL_BPCHAR = 1042,
    TG_POSTGRESQL_VARCHAR = 1043,
    TG_POSTGRESQL_DATE = 1082,
    TG_POSTGRESQL_TIME = 1083,
    TG_POSTGRESQL_TIMESTAMP = 1114,
    TG_POSTGRESQL_TIMESTAMPTZ = 1184,
    TG_POSTGRESQL_INTERVAL = 1186,
    TG_POSTGRESQL_TIMETZ = 1266,
    TG_POSTGRESQL_BIT = 1560,
    TG_POSTGRESQL_VARBIT = 1562,
    TG_POSTGRESQL_NUMERIC = 1700,
    TG_POSTGRESQL_UUID = 2950,
    TG_POSTGRESQL_JSONB = 3802
} TgPostgresqlType;

typedef struct {
    char *name;
    guint type;    /* a TgPostgresqlType or another oid */
    gint modifier; /* atttypmod: length or precision and scale; -1 without */
} TgPostgresqlField;

/* Rows that are streamed; nothing else can be run on the connection until it is freed. */
typedef struct TgPostgresqlCursor TgPostgresqlCursor;

/* Runs one statement that returns rows; else as execute. CONFIG when it returns none: "No results
 * were returned by the query.", "Multiple ResultSets were returned by the query." */
TgPostgresqlCursor *tg_postgresql_query(TgPostgresql *postgresql, const char *sql, GError **error);

/* The same with values for "$1" and so on. */
TgPostgresqlCursor *tg_postgresql_query_params(TgPostgresql *postgresql, const char *sql,
                                               const char *const *values, guint count,
                                               GError **error);

/* Stops the statement when rows are left. */
void tg_postgresql_cursor_free(TgPostgresqlCursor *cursor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgPostgresqlCursor, tg_postgresql_cursor_free)

guint tg_postgresql_cursor_count(const TgPostgresqlCursor *cursor);
const TgPostgresqlField *tg_postgresql_cursor_field(const TgPostgresqlCursor *cursor, guint index);

/**
 * The next row as texts (NULL: null), lent until the next call; *out_values is NULL behind the
 * last. A connection that is lost is RETRY and tells after how many rows.
 *
 * @out_sizes in bytes; may be NULL
 */
gboolean tg_postgresql_cursor_next(TgPostgresqlCursor *cursor, const char *const **out_values,
                                   const gsize **out_sizes, GError **error);

/* All rows of a statement that returns few: a list of GStrv, null as an empty text. The caller
 * frees with g_ptr_array_unref. */
GPtrArray *tg_postgresql_fetch(TgPostgresql *postgresql, const char *sql, const char *const *values,
                               guint count, GError **error);

/* Rows of a COPY … TO STDOUT as the server writes them; nothing else can be run on the connection
 * until it is freed. */
typedef struct TgPostgresqlCopy TgPostgresqlCopy;

/* Starts a COPY … TO STDOUT; else as execute. */
TgPostgresqlCopy *tg_postgresql_copy_out(TgPostgresql *postgresql, const char *sql, GError **error);

/* The next row (in text format with its line feed), lent until the next call; NULL behind the last.
 */
gboolean tg_postgresql_copy_next(TgPostgresqlCopy *copy, const char **out_row, gsize *out_bytes,
                                 GError **error);

/* Stops the statement when rows are left. */
void tg_postgresql_copy_free(TgPostgresqlCopy *copy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgPostgresqlCopy, tg_postgresql_copy_free)

/* Starts a COPY … FROM STDIN; then come its bytes, then the end. */
gboolean tg_postgresql_copy_in(TgPostgresql *postgresql, const char *sql, GError **error);
gboolean tg_postgresql_copy_put(TgPostgresql *postgresql, const char *bytes, gsize size_bytes,
                                GError **error);

/**
 * Ends it: the server has taken the rows, or says why not.
 *
 * @failure not NULL: the server forgets the rows, and the call fails with this text
 */
gboolean tg_postgresql_copy_end(TgPostgresql *postgresql, const char *failure, gint64 *out_rows,
                                GError **error);

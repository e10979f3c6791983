/* Connections to MySQL and MariaDB. The client library is loaded with the first one. */
#pragma once

#include <glib.h>

#include "base/error.h"

typedef enum {
    TG_MYSQL_TLS_OFF,
    TG_MYSQL_TLS_PREFER, /* when the server offers it; its certificate is not checked */
    TG_MYSQL_TLS_ON,
    TG_MYSQL_TLS_VERIFY
} TgMysqlTls;

/* "prefer", "disable", "enable" or "verify"; also "false" and "true", as Embulk. */
gboolean tg_mysql_tls_parse(const char *text, TgMysqlTls *out, GError **error);

/* Everything is lent for the time of the call. */
typedef struct {
    const char *host;
    guint port;
    const char *socket; /* path of a Unix socket; NULL: TCP */
    const char *user;
    const char *password; /* never shown */
    const char *database; /* NULL: none chosen */
    TgMysqlTls tls;
    guint connect_timeout_s;
    guint read_timeout_s; /* of one packet */
    gboolean sends_rows;  /* tg_mysql_load() will be called; else the server cannot ask for files */
} TgMysqlOptions;

typedef struct TgMysql TgMysql;

/**
 * Connects; the session speaks UTF-8 and has the time zone UTC. Used by one thread at a time.
 *
 * Errors: RETRY when the server is not there, DENIED for user and password, NOT_FOUND for the
 * database or when the client library is not installed.
 */
TgMysql *tg_mysql_open(const TgMysqlOptions *options, GError **error);
void tg_mysql_free(TgMysql *mysql);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgMysql, tg_mysql_free)

/* "host:port", for messages. Lent. */
const char *tg_mysql_place(const TgMysql *mysql);

/* Runs a statement and drops what it returns. A mistake in it is CONFIG. */
gboolean tg_mysql_execute(TgMysql *mysql, const char *sql, GError **error);

/* A text as a quoted literal of this connection. The caller frees. */
char *tg_mysql_quote(TgMysql *mysql, const char *text, gsize size_bytes);

/* What kinds of values a column has. */
typedef enum {
    TG_MYSQL_INT8,
    TG_MYSQL_INT16,
    TG_MYSQL_INT24,
    TG_MYSQL_INT32,
    TG_MYSQL_INT64,
    TG_MYSQL_BIT,
    TG_MYSQL_FLOAT,
    TG_MYSQL_DOUBLE,
    TG_MYSQL_DECIMAL,
    TG_MYSQL_DATE,
    TG_MYSQL_TIME,
    TG_MYSQL_DATETIME, /* and TIMESTAMP */
    TG_MYSQL_YEAR,
    TG_MYSQL_TEXT, /* also ENUM and SET */
    TG_MYSQL_BYTES,
    TG_MYSQL_JSON,
    TG_MYSQL_OTHER
} TgMysqlKind;

typedef struct {
    const char *name;      /* lent by the cursor */
    const char *type_name; /* as SQL writes it: "int", "timestamp"; static */
    TgMysqlKind kind;
    gboolean is_unsigned;
    gboolean is_instant; /* TIMESTAMP: a DATETIME that is stored in UTC */
    guint length;        /* display width; bits of a BIT */
    guint precision;     /* DECIMAL: digits in all */
    guint scale;         /* DECIMAL: behind the point */
} TgMysqlField;

/* Rows that are streamed; nothing else can be run on the connection until it is freed, and nothing
 * at all when it is freed with rows left: that ends the connection. The same holds for statements.
 */
typedef struct TgMysqlCursor TgMysqlCursor;

TgMysqlCursor *tg_mysql_query(TgMysql *mysql, const char *sql, GError **error);
void tg_mysql_cursor_free(TgMysqlCursor *cursor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgMysqlCursor, tg_mysql_cursor_free)

guint tg_mysql_cursor_count(const TgMysqlCursor *cursor);
const TgMysqlField *tg_mysql_cursor_field(const TgMysqlCursor *cursor, guint index);

/**
 * The next row as texts (NULL: null), lent until the next call; *out_values is NULL behind the
 * last. A connection that is lost is RETRY and tells after how many rows.
 */
gboolean tg_mysql_cursor_next(TgMysqlCursor *cursor, const char *const **out_values,
                              const unsigned long **out_sizes, GError **error);

/* All rows of a statement that returns few: a list of GStrv, null as an empty text. The caller
 * frees with g_ptr_array_unref. */
GPtrArray *tg_mysql_fetch(TgMysql *mysql, const char *sql, GError **error);

/* --- rows in the server's binary form (mysql_statement.c) --- */

/* How a value comes. */
typedef enum {
    TG_MYSQL_AS_TEXT, /* any type can */
    TG_MYSQL_AS_INTEGER,
    TG_MYSQL_AS_DOUBLE, /* FLOAT too, exactly */
    TG_MYSQL_AS_MOMENT  /* DATE, TIME, DATETIME */
} TgMysqlForm;

/* Parts of a date or a time; a zero date has the month or the day 0. */
typedef struct {
    guint year;
    guint month;
    guint day; /* of a TIME: hours are up to 838 instead */
    guint hour;
    guint minute;
    guint second;
    guint micros;
    gboolean is_negative;
} TgMysqlMoment;

typedef struct {
    TgMysqlForm form;         /* which of these counts */
    char is_null;             /* as the library writes it; nothing else counts then */
    const char *text;         /* lent until the next row */
    unsigned long size_bytes; /* of the text; else of the value as it came */
    union {
        gint64 integer; /* the bits of an unsigned one too */
        double real;
        TgMysqlMoment moment;
    } as;
} TgMysqlValue;

/* A query whose values come as they are stored, which is cheaper for both sides than texts. Only
 * one thing can run on a connection. */
typedef struct TgMysqlStatement TgMysqlStatement;

/* Lets the server compile a query. What it cannot compile (or when it has no room for more
 * statements) is run as texts; all values then come so. */
TgMysqlStatement *tg_mysql_prepare(TgMysql *mysql, const char *sql, GError **error);
void tg_mysql_statement_free(TgMysqlStatement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TgMysqlStatement, tg_mysql_statement_free)

guint tg_mysql_statement_count(const TgMysqlStatement *statement);
const TgMysqlField *tg_mysql_statement_field(const TgMysqlStatement *statement, guint index);

/* The form in which a kind of column comes at its best. */
TgMysqlForm tg_mysql_form_of(TgMysqlKind kind);

/* Runs it; `forms` has one entry a column: its best form, or text. */
gboolean tg_mysql_statement_run(TgMysqlStatement *statement, const TgMysqlForm *forms,
                                GError **error);

/* The next row, lent until the next call; *out is NULL behind the last. A connection that is lost
 * is RETRY and tells after how many rows. */
gboolean tg_mysql_statement_next(TgMysqlStatement *statement, const TgMysqlValue **out,
                                 GError **error);

/* Bytes for a LOAD DATA LOCAL INFILE. */
typedef struct {
    /* Up to `size_bytes` bytes; 0 at the end; -1 with the error set. */
    gssize (*read)(gpointer data, char *into, gsize size_bytes, GError **error);
    gpointer data;
} TgMysqlSource;

/**
 * Runs a LOAD DATA LOCAL INFILE whose file is the source, whatever its name. What the server had to
 * change in a value, or left out, is CONFIG with its first warning; rows that came before stay
 * unless a transaction is undone.
 */
gboolean tg_mysql_load(TgMysql *mysql, const char *sql, const TgMysqlSource *source,
                       GError **error);

/* MySQL by libmariadb, opened with dlopen. */
#include <stddef.h>
#include <string.h>

#include "base/library.h"
#include "database/mysql_internal.h"

#define BINARY_CHARSET 63u
#define TYPE_JSON 245
#define ERROR_ACCESS 1045
#define ERROR_DATABASE_ACCESS 1044
#define ERROR_DATABASE 1049
#define ERROR_SHUTDOWN 1053
#define ERROR_KILLED_MARIADB 1927
#define ERROR_LOCK_TIMEOUT 1205
#define ERROR_DEADLOCK 1213
#define ERROR_LOCAL_OFF 3948
#define ERROR_LOCAL_OFF_MARIADB 4166
#define ERROR_CLIENT_FIRST 2000u /* from here on it is the network */
#define ERROR_CLIENT_END 3000u

struct TgMysqlCursor {
    TgMysql *mysql;
    MYSQL_RES *result;
    guint count;
    TgMysqlField *fields;
    guint64 rows;
    gboolean has_ended; /* behind the last row, or lost */
};

gboolean tg_mysql_tls_parse(const char *text, TgMysqlTls *out, GError **error)
{
    static const struct {
        const char *name;
        TgMysqlTls tls;
    } names[] = {{"prefer", TG_MYSQL_TLS_PREFER}, {"disable", TG_MYSQL_TLS_OFF},
                 {"false", TG_MYSQL_TLS_OFF},     {"enable", TG_MYSQL_TLS_ON},
                 {"true", TG_MYSQL_TLS_ON},       {"verify", TG_MYSQL_TLS_VERIFY}};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i].name, text) == 0) {
            *out = names[i].tls;
            return TRUE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "'ssl' must be prefer, disable, enable or verify, not '%s'", text);
    return FALSE;
}

static const MysqlApi *api_get(GError **error)
{
#define SYMBOL(name) {#name, offsetof(MysqlApi, name)},
    static const TgLibrarySymbol symbols[] = {MYSQL_FUNCTIONS(SYMBOL){NULL, 0}};
#undef SYMBOL
    static MysqlApi api;
    static TgLibrary library = {.file = "libmariadb.so.3",
                                .called = "the MySQL client library",
                                .package = "libmariadb3",
                                .symbols = symbols,
                                .functions = &api};

    return tg_library_load(&library, error);
}

static TgErrorCode code_of(unsigned number)
{
    switch (number) {
    case ERROR_ACCESS:
    case ERROR_DATABASE_ACCESS:
        return TG_ERROR_DENIED;
    case ERROR_DATABASE:
        return TG_ERROR_NOT_FOUND;
    case ERROR_SHUTDOWN:
    case ERROR_KILLED_MARIADB:
    case ERROR_LOCK_TIMEOUT:
    case ERROR_DEADLOCK:
        return TG_ERROR_RETRY;
    default:
        return number >= ERROR_CLIENT_FIRST && number < ERROR_CLIENT_END ? TG_ERROR_RETRY
                                                                         : TG_ERROR_CONFIG;
    }
}

gboolean tg_mysql_fail(const TgMysql *mysql, const char *what, unsigned number, const char *message,
                       GError **error)
{
    TgErrorCode code = code_of(number);

    g_set_error(error, TG_ERROR, (int)code, "%s MySQL at %s: %s (error %u)%s", what, mysql->place,
                message, number,
                number >= ERROR_CLIENT_FIRST && code == TG_ERROR_RETRY
                    ? "; is the server up and reachable?"
                    : "");
    return FALSE;
}

static gboolean fail(const TgMysql *mysql, const char *what, GError **error)
{
    return tg_mysql_fail(mysql, what, mysql->api->mysql_errno(mysql->handle),
                         mysql->api->mysql_error(mysql->handle), error);
}

static void set_options(TgMysql *mysql, const TgMysqlOptions *options)
{
    my_bool on = 1;
    my_bool off = 0;
    gboolean has_tls = options->tls >= TG_MYSQL_TLS_ON ||
                       (options->tls == TG_MYSQL_TLS_PREFER && options->socket == NULL);
    unsigned connect_timeout = options->connect_timeout_s;
    unsigned read_timeout = options->read_timeout_s;
    unsigned sends_rows = options->sends_rows ? 1 : 0;
    const MysqlApi *api = mysql->api;

    /* Unknown options are refused by the library; these all are known to it. */
    (void)api->mysql_options(mysql->handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
    (void)api->mysql_options(mysql->handle, MYSQL_OPT_READ_TIMEOUT, &read_timeout);
    (void)api->mysql_options(mysql->handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    (void)api->mysql_options(mysql->handle, MYSQL_OPT_LOCAL_INFILE, &sends_rows);
    (void)api->mysql_options(mysql->handle, MYSQL_OPT_SSL_ENFORCE, has_tls ? &on : &off);
    (void)api->mysql_options(mysql->handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT,
                             options->tls == TG_MYSQL_TLS_VERIFY ? &on : &off);
}

/* The library goes on without TLS when the server has none, so it must be looked at. */
static gboolean check_tls(const TgMysql *mysql, TgMysqlTls tls, GError **error)
{
    if (tls < TG_MYSQL_TLS_ON || mysql->api->mysql_get_ssl_cipher(mysql->handle) != NULL) {
        return TRUE;
    }
    g_set_error(
        error, TG_ERROR, TG_ERROR_CONFIG,
        "MySQL at %s does not offer TLS (SSL), which 'ssl' asks for; configure the server's "
        "ssl_cert and ssl_key, or write 'ssl: disable'",
        mysql->place);
    return FALSE;
}

static gboolean connect_handle(TgMysql *mysql, const TgMysqlOptions *options, GError **error)
{
    const MysqlApi *api = mysql->api;

    mysql->handle = api->mysql_init(NULL);
    if (mysql->handle == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "the MySQL client library does not start");
        return FALSE;
    }
    set_options(mysql, options);
    if (api->mysql_real_connect(mysql->handle, options->socket == NULL ? options->host : NULL,
                                options->user, options->password, options->database, options->port,
                                options->socket, 0) == NULL) {
        return fail(mysql, "cannot connect to", error);
    }
    return check_tls(mysql, options->tls, error);
}

TgMysql *tg_mysql_open(const TgMysqlOptions *options, GError **error)
{
    const MysqlApi *api = api_get(error);
    g_autoptr(TgMysql) mysql = NULL;

    if (api == NULL) {
        return NULL;
    }
    mysql = g_new0(TgMysql, 1);
    mysql->api = api;
    mysql->place = options->socket != NULL ? g_strdup(options->socket)
                                           : g_strdup_printf("%s:%u", options->host, options->port);
    if (!connect_handle(mysql, options, error)) {
        return NULL;
    }
    if (!tg_mysql_execute(mysql, "SET time_zone = '+00:00', net_write_timeout = 1800", error)) {
        return NULL;
    }
    return g_steal_pointer(&mysql);
}

void tg_mysql_free(TgMysql *mysql)
{
    if (mysql == NULL) {
        return;
    }
    if (mysql->handle != NULL) {
        mysql->api->mysql_close(mysql->handle);
    }
    g_free(mysql->place);
    g_free(mysql);
}

const char *tg_mysql_place(const TgMysql *mysql)
{
    return mysql->place;
}

gboolean tg_mysql_execute(TgMysql *mysql, const char *sql, GError **error)
{
    if (mysql->api->mysql_real_query(mysql->handle, sql, strlen(sql)) != 0) {
        return fail(mysql, "a statement was refused by", error);
    }
    MYSQL_RES *result = mysql->api->mysql_store_result(mysql->handle);

    if (result != NULL) {
        mysql->api->mysql_free_result(result);
    }
    return TRUE;
}

char *tg_mysql_quote(TgMysql *mysql, const char *text, gsize size_bytes)
{
    char *quoted = g_malloc(size_bytes * 2 + 3);
    unsigned long length =
        mysql->api->mysql_real_escape_string(mysql->handle, quoted + 1, text, size_bytes);

    quoted[0] = '\'';
    quoted[length + 1] = '\'';
    quoted[length + 2] = '\0';
    return quoted;
}

static const char *type_name_of(const MYSQL_FIELD *field, TgMysqlKind kind)
{
    static const char *const names[] = {
        [TG_MYSQL_INT8] = "tinyint",    [TG_MYSQL_INT16] = "smallint",
        [TG_MYSQL_INT24] = "mediumint", [TG_MYSQL_INT32] = "int",
        [TG_MYSQL_INT64] = "bigint",    [TG_MYSQL_BIT] = "bit",
        [TG_MYSQL_FLOAT] = "float",     [TG_MYSQL_DOUBLE] = "double",
        [TG_MYSQL_DECIMAL] = "decimal", [TG_MYSQL_DATE] = "date",
        [TG_MYSQL_TIME] = "time",       [TG_MYSQL_DATETIME] = "datetime",
        [TG_MYSQL_YEAR] = "year",       [TG_MYSQL_TEXT] = "text",
        [TG_MYSQL_BYTES] = "binary",    [TG_MYSQL_JSON] = "json",
        [TG_MYSQL_OTHER] = "geometry",
    };

    if (field->type == MYSQL_TYPE_TIMESTAMP) {
        return "timestamp";
    }
    if ((field->flags & ENUM_FLAG) != 0) {
        return "enum";
    }
    return (field->flags & SET_FLAG) != 0 ? "set" : names[kind];
}

static TgMysqlKind text_kind(const MYSQL_FIELD *field)
{
    return field->charsetnr == BINARY_CHARSET ? TG_MYSQL_BYTES : TG_MYSQL_TEXT;
}

static TgMysqlKind kind_of(const MYSQL_FIELD *field)
{
    switch ((int)field->type) {
    case MYSQL_TYPE_TINY:
        return TG_MYSQL_INT8;
    case MYSQL_TYPE_SHORT:
        return TG_MYSQL_INT16;
    case MYSQL_TYPE_INT24:
        return TG_MYSQL_INT24;
    case MYSQL_TYPE_LONG:
        return TG_MYSQL_INT32;
    case MYSQL_TYPE_LONGLONG:
        return TG_MYSQL_INT64;
    case MYSQL_TYPE_BIT:
        return TG_MYSQL_BIT;
    case MYSQL_TYPE_FLOAT:
        return TG_MYSQL_FLOAT;
    case MYSQL_TYPE_DOUBLE:
        return TG_MYSQL_DOUBLE;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
        return TG_MYSQL_DECIMAL;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
        return TG_MYSQL_DATE;
    case MYSQL_TYPE_TIME:
        return TG_MYSQL_TIME;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return TG_MYSQL_DATETIME;
    case MYSQL_TYPE_YEAR:
        return TG_MYSQL_YEAR;
    case TYPE_JSON:
        return TG_MYSQL_JSON;
    case MYSQL_TYPE_GEOMETRY:
        return TG_MYSQL_OTHER;
    default:
        return text_kind(field);
    }
}

TgMysqlField *tg_mysql_describe(const MYSQL_FIELD *fields, guint count)
{
    TgMysqlField *described = g_new0(TgMysqlField, count + 1);

    for (guint i = 0; i < count; i++) {
        gboolean is_unsigned = (fields[i].flags & UNSIGNED_FLAG) != 0;
        guint length = (guint)MIN(fields[i].length, (unsigned long)G_MAXINT);
        /* the width of a DECIMAL counts sign and point */
        guint marks = (is_unsigned ? 0U : 1U) + (fields[i].decimals > 0 ? 1U : 0U);

        described[i] = (TgMysqlField){.name = fields[i].name,
                                      .kind = kind_of(&fields[i]),
                                      .type_name = type_name_of(&fields[i], kind_of(&fields[i])),
                                      .is_instant = fields[i].type == MYSQL_TYPE_TIMESTAMP,
                                      .is_unsigned = is_unsigned,
                                      .length = length,
                                      .precision = length > marks ? length - marks : 1,
                                      .scale = fields[i].decimals};
    }
    return described;
}

TgMysqlCursor *tg_mysql_query(TgMysql *mysql, const char *sql, GError **error)
{
    const MysqlApi *api = mysql->api;

    if (api->mysql_real_query(mysql->handle, sql, strlen(sql)) != 0) {
        (void)fail(mysql, "the query was refused by", error);
        return NULL;
    }
    MYSQL_RES *result = api->mysql_use_result(mysql->handle);

    if (result == NULL) {
        if (api->mysql_errno(mysql->handle) != 0) {
            (void)fail(mysql, "no answer from", error);
        } else {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "the query returns no rows: %s", sql);
        }
        return NULL;
    }
    TgMysqlCursor *cursor = g_new0(TgMysqlCursor, 1);

    cursor->mysql = mysql;
    cursor->result = result;
    cursor->count = api->mysql_num_fields(result);
    cursor->fields = tg_mysql_describe(api->mysql_fetch_fields(result), cursor->count);
    return cursor;
}

void tg_mysql_cut(TgMysql *mysql)
{
    (void)mysql->api->mariadb_cancel(mysql->handle); /* one that is lost is cut already */
}

void tg_mysql_cursor_free(TgMysqlCursor *cursor)
{
    if (cursor == NULL) {
        return;
    }
    /* one of which no row was asked for may have none (LIMIT 0) */
    if (!cursor->has_ended &&
        (cursor->rows > 0 || cursor->mysql->api->mysql_fetch_row(cursor->result) != NULL)) {
        tg_mysql_cut(cursor->mysql);
    }
    cursor->mysql->api->mysql_free_result(cursor->result);
    g_free(cursor->fields);
    g_free(cursor);
}

guint tg_mysql_cursor_count(const TgMysqlCursor *cursor)
{
    return cursor->count;
}

const TgMysqlField *tg_mysql_cursor_field(const TgMysqlCursor *cursor, guint index)
{
    return &cursor->fields[index];
}

gboolean tg_mysql_cursor_next(TgMysqlCursor *cursor, const char *const **out_values,
                              const unsigned long **out_sizes, GError **error)
{
    const MysqlApi *api = cursor->mysql->api;
    MYSQL_ROW row = api->mysql_fetch_row(cursor->result);

    cursor->has_ended = row == NULL;
    if (row == NULL && api->mysql_errno(cursor->mysql->handle) != 0) {
        (void)fail(cursor->mysql, "lost the connection to", error);
        g_prefix_error(error, "after %" G_GUINT64_FORMAT " rows: ", cursor->rows);
        return FALSE;
    }
    *out_values = (const char *const *)row;
    *out_sizes = row == NULL ? NULL : api->mysql_fetch_lengths(cursor->result);
    cursor->rows += row == NULL ? 0 : 1;
    return TRUE;
}

GPtrArray *tg_mysql_fetch(TgMysql *mysql, const char *sql, GError **error)
{
    g_autoptr(TgMysqlCursor) cursor = tg_mysql_query(mysql, sql, error);
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    const char *const *values = NULL;
    const unsigned long *sizes = NULL;

    while (cursor != NULL) {
        if (!tg_mysql_cursor_next(cursor, &values, &sizes, error)) {
            return NULL;
        }
        if (values == NULL) {
            return g_steal_pointer(&rows);
        }
        char **row = g_new0(char *, cursor->count + 1);

        for (guint i = 0; i < cursor->count; i++) {
            row[i] = g_strdup(values[i] == NULL ? "" : values[i]);
        }
        g_ptr_array_add(rows, row);
    }
    return NULL;
}

/* --- rows to the server --- */

typedef struct {
    const TgMysqlSource *source;
    GError *problem;
} Loading;

static int loading_init(void **out_data, const char *name G_GNUC_UNUSED, void *user_data)
{
    *out_data = user_data;
    return 0;
}

static int loading_read(void *data, char *into, unsigned size)
{
    Loading *loading = data;

    return (int)loading->source->read(loading->source->data, into, size, &loading->problem);
}

static void loading_end(void *data G_GNUC_UNUSED)
{
}

static int loading_error(void *data G_GNUC_UNUSED, char *into, unsigned size)
{
    (void)g_strlcpy(into, "the rows ended early", size);
    return ERROR_CLIENT_FIRST;
}

/* The first thing that the server had to say about values. */
static gboolean check_warnings(TgMysql *mysql, GError **error)
{
    guint count = mysql->api->mysql_warning_count(mysql->handle);
    const char *const *values = NULL;
    const unsigned long *sizes = NULL;

    if (count == 0) {
        return TRUE;
    }
    g_autoptr(TgMysqlCursor) cursor = tg_mysql_query(mysql, "SHOW WARNINGS LIMIT 1", error);

    if (cursor == NULL || !tg_mysql_cursor_next(cursor, &values, &sizes, error)) {
        return FALSE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "MySQL at %s cannot store the rows as they are: %s (%u such values)", mysql->place,
                values == NULL || values[2] == NULL ? "no reason given" : values[2], count);
    return FALSE;
}

gboolean tg_mysql_load(TgMysql *mysql, const char *sql, const TgMysqlSource *source, GError **error)
{
    Loading loading = {.source = source};

    mysql->api->mysql_set_local_infile_handler(mysql->handle, loading_init, loading_read,
                                               loading_end, loading_error, &loading);
    gboolean ok = mysql->api->mysql_real_query(mysql->handle, sql, strlen(sql)) == 0;

    if (loading.problem != NULL) {
        g_propagate_error(error, loading.problem);
        return FALSE;
    }
    if (ok) {
        return check_warnings(mysql, error);
    }
    unsigned number = mysql->api->mysql_errno(mysql->handle);

    if (number == ERROR_LOCAL_OFF || number == ERROR_LOCAL_OFF_MARIADB) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "MySQL at %s takes no LOAD DATA LOCAL; let it by SET GLOBAL local_infile = 1",
                    mysql->place);
        return FALSE;
    }
    return fail(mysql, "the rows were refused by", error);
}

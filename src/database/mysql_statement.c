/* Prepared queries: values in MySQL's binary protocol. */
#include <errmsg.h>
#include <string.h>

#include "database/mysql_internal.h"

#define ERROR_NOT_PREPARABLE 1295u
#define ERROR_TOO_MANY_STATEMENTS 1461u
#define TEXT_BYTES_FIRST 256u /* of a column's buffer, which grows as needed */

struct TgMysqlStatement {
    TgMysql *mysql;
    MYSQL_STMT *handle;
    MYSQL_RES *metadata;
    TgMysqlCursor *cursor; /* instead of the three around, for what cannot be prepared */
    TgMysqlField *fields;
    guint count;
    guint64 rows;
    MYSQL_BIND *binds;
    char **texts; /* buffers of those that come as texts */
    MYSQL_TIME *moments;
    gboolean is_running;  /* there may be rows left */
    TgMysqlValue *values; /* the library writes sizes, nulls and numbers into them */
};

/* A connection that is lost in mid fetch leaves its error on the connection, or nowhere. */
static gboolean fail(const TgMysqlStatement *statement, const char *what, GError **error)
{
    const MysqlApi *api = statement->mysql->api;
    unsigned number = api->mysql_stmt_errno(statement->handle);
    const char *message = api->mysql_stmt_error(statement->handle);

    if (number == 0) {
        number = api->mysql_errno(statement->mysql->handle);
        message = api->mysql_error(statement->mysql->handle);
    }
    if (number == 0) {
        number = CR_SERVER_LOST;
        message = "the server closed the connection";
    }
    return tg_mysql_fail(statement->mysql, what, number, message, error);
}

static gboolean is_refused_by_protocol(unsigned number)
{
    return number == ERROR_NOT_PREPARABLE || number == ERROR_TOO_MANY_STATEMENTS;
}

static gboolean prepare(TgMysqlStatement *statement, const char *sql, GError **error)
{
    const MysqlApi *api = statement->mysql->api;

    statement->handle = api->mysql_stmt_init(statement->mysql->handle);
    if (statement->handle == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "the MySQL client library makes no statement");
        return FALSE;
    }
    if (api->mysql_stmt_prepare(statement->handle, sql, strlen(sql)) != 0) {
        if (!is_refused_by_protocol(api->mysql_stmt_errno(statement->handle))) {
            return fail(statement, "the query was refused by", error);
        }
        statement->cursor = tg_mysql_query(statement->mysql, sql, error);
        statement->count = statement->cursor == NULL ? 0 : tg_mysql_cursor_count(statement->cursor);
        return statement->cursor != NULL;
    }
    statement->metadata = api->mysql_stmt_result_metadata(statement->handle);
    if (statement->metadata == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "the query returns no rows: %s", sql);
        return FALSE;
    }
    statement->count = api->mysql_num_fields(statement->metadata);
    statement->fields =
        tg_mysql_describe(api->mysql_fetch_fields(statement->metadata), statement->count);
    return TRUE;
}

TgMysqlStatement *tg_mysql_prepare(TgMysql *mysql, const char *sql, GError **error)
{
    g_autoptr(TgMysqlStatement) statement = g_new0(TgMysqlStatement, 1);

    statement->mysql = mysql;
    if (!prepare(statement, sql, error)) {
        return NULL;
    }
    statement->binds = g_new0(MYSQL_BIND, statement->count + 1);
    statement->texts = g_new0(char *, statement->count + 1);
    statement->moments = g_new0(MYSQL_TIME, statement->count + 1);
    statement->values = g_new0(TgMysqlValue, statement->count + 1);
    return g_steal_pointer(&statement);
}

void tg_mysql_statement_free(TgMysqlStatement *statement)
{
    if (statement == NULL) {
        return;
    }
    for (guint i = 0; statement->texts != NULL && i < statement->count; i++) {
        g_free(statement->texts[i]);
    }
    if (statement->is_running) {
        tg_mysql_cut(statement->mysql);
    }
    if (statement->metadata != NULL) {
        statement->mysql->api->mysql_free_result(statement->metadata);
    }
    if (statement->handle != NULL) {
        (void)statement->mysql->api->mysql_stmt_close(statement->handle);
    }
    tg_mysql_cursor_free(statement->cursor);
    g_free(statement->fields);
    g_free(statement->binds);
    g_free(statement->texts);
    g_free(statement->moments);
    g_free(statement->values);
    g_free(statement);
}

guint tg_mysql_statement_count(const TgMysqlStatement *statement)
{
    return statement->count;
}

const TgMysqlField *tg_mysql_statement_field(const TgMysqlStatement *statement, guint index)
{
    return statement->cursor != NULL ? tg_mysql_cursor_field(statement->cursor, index)
                                     : &statement->fields[index];
}

TgMysqlForm tg_mysql_form_of(TgMysqlKind kind)
{
    switch (kind) {
    case TG_MYSQL_INT8:
    case TG_MYSQL_INT16:
    case TG_MYSQL_INT24:
    case TG_MYSQL_INT32:
    case TG_MYSQL_INT64:
    case TG_MYSQL_YEAR:
        return TG_MYSQL_AS_INTEGER;
    case TG_MYSQL_FLOAT:
    case TG_MYSQL_DOUBLE:
        return TG_MYSQL_AS_DOUBLE;
    case TG_MYSQL_DATE:
    case TG_MYSQL_TIME:
    case TG_MYSQL_DATETIME:
        return TG_MYSQL_AS_MOMENT;
    case TG_MYSQL_BIT:
    case TG_MYSQL_DECIMAL:
    case TG_MYSQL_TEXT:
    case TG_MYSQL_BYTES:
    case TG_MYSQL_JSON:
    case TG_MYSQL_OTHER:
    default:
        return TG_MYSQL_AS_TEXT;
    }
}

/* --- running --- */

static enum enum_field_types moment_type(TgMysqlKind kind)
{
    switch ((int)kind) {
    case TG_MYSQL_DATE:
        return MYSQL_TYPE_DATE;
    case TG_MYSQL_TIME:
        return MYSQL_TYPE_TIME;
    default:
        return MYSQL_TYPE_DATETIME;
    }
}

static void bind_column(TgMysqlStatement *statement, guint index, TgMysqlForm form)
{
    MYSQL_BIND *bind = &statement->binds[index];
    TgMysqlValue *value = &statement->values[index];

    *value = (TgMysqlValue){.form = form};
    *bind = (MYSQL_BIND){.length = &value->size_bytes,
                         .is_null = &value->is_null,
                         .is_unsigned = (my_bool)statement->fields[index].is_unsigned,
                         .buffer = &value->as,
                         .buffer_length = sizeof value->as};
    switch (form) {
    case TG_MYSQL_AS_INTEGER:
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        break;
    case TG_MYSQL_AS_DOUBLE:
        bind->buffer_type = MYSQL_TYPE_DOUBLE;
        break;
    case TG_MYSQL_AS_MOMENT:
        bind->buffer_type = moment_type(statement->fields[index].kind);
        bind->buffer = &statement->moments[index];
        bind->buffer_length = sizeof statement->moments[index];
        break;
    case TG_MYSQL_AS_TEXT:
    default:
        statement->texts[index] = g_realloc(statement->texts[index], TEXT_BYTES_FIRST);
        value->text = statement->texts[index];
        bind->buffer_type = MYSQL_TYPE_STRING;
        bind->buffer = statement->texts[index];
        bind->buffer_length = TEXT_BYTES_FIRST;
        break;
    }
}

gboolean tg_mysql_statement_run(TgMysqlStatement *statement, const TgMysqlForm *forms,
                                GError **error)
{
    const MysqlApi *api = statement->mysql->api;

    if (statement->cursor != NULL) {
        return TRUE;
    }
    for (guint i = 0; i < statement->count; i++) {
        bind_column(statement, i, forms[i]);
    }
    if (api->mysql_stmt_execute(statement->handle) != 0) {
        return fail(statement, "the query was refused by", error);
    }
    statement->is_running = TRUE;
    return api->mysql_stmt_bind_result(statement->handle, statement->binds) == 0 ||
           fail(statement, "no answer from", error);
}

/* Gives every text the room it needs; the library has cut those that did not fit. */
static gboolean fetch_rest(TgMysqlStatement *statement, GError **error)
{
    const MysqlApi *api = statement->mysql->api;
    gboolean has_grown = FALSE;

    for (guint i = 0; i < statement->count; i++) {
        MYSQL_BIND *bind = &statement->binds[i];
        TgMysqlValue *value = &statement->values[i];

        if (value->form != TG_MYSQL_AS_TEXT || value->is_null != 0 ||
            value->size_bytes <= bind->buffer_length) {
            continue;
        }
        bind->buffer_length = value->size_bytes + value->size_bytes / 2;
        statement->texts[i] = g_realloc(statement->texts[i], bind->buffer_length);
        bind->buffer = statement->texts[i];
        value->text = statement->texts[i];
        if (api->mysql_stmt_fetch_column(statement->handle, bind, i, 0) != 0) {
            return fail(statement, "cannot read a value of", error);
        }
        has_grown = TRUE;
    }
    return !has_grown || api->mysql_stmt_bind_result(statement->handle, statement->binds) == 0 ||
           fail(statement, "cannot read a value of", error);
}

static TgMysqlMoment moment_of(const MYSQL_TIME *time)
{
    return (TgMysqlMoment){.year = time->year,
                           .month = time->month,
                           .day = time->day,
                           .hour = time->hour,
                           .minute = time->minute,
                           .second = time->second,
                           .micros = (guint)time->second_part,
                           .is_negative = time->neg != 0};
}

static void read_moments(TgMysqlStatement *statement)
{
    for (guint i = 0; i < statement->count; i++) {
        if (statement->values[i].form == TG_MYSQL_AS_MOMENT) {
            statement->values[i].as.moment = moment_of(&statement->moments[i]);
        }
    }
}

static gboolean next_of_cursor(TgMysqlStatement *statement, const TgMysqlValue **out,
                               GError **error)
{
    const char *const *texts = NULL;
    const unsigned long *sizes = NULL;

    if (!tg_mysql_cursor_next(statement->cursor, &texts, &sizes, error)) {
        return FALSE;
    }
    for (guint i = 0; texts != NULL && i < statement->count; i++) {
        statement->values[i] = (TgMysqlValue){.is_null = (char)(texts[i] == NULL ? 1 : 0),
                                              .text = texts[i],
                                              .size_bytes = texts[i] == NULL ? 0 : sizes[i]};
    }
    *out = texts == NULL ? NULL : statement->values;
    return TRUE;
}

gboolean tg_mysql_statement_next(TgMysqlStatement *statement, const TgMysqlValue **out,
                                 GError **error)
{
    *out = NULL;
    if (statement->cursor != NULL) {
        return next_of_cursor(statement, out, error);
    }
    switch (statement->mysql->api->mysql_stmt_fetch(statement->handle)) {
    case 0:
        break;
    case MYSQL_NO_DATA:
        statement->is_running = FALSE;
        return TRUE;
    case MYSQL_DATA_TRUNCATED:
        if (!fetch_rest(statement, error)) {
            return FALSE;
        }
        break;
    default:
        (void)fail(statement, "lost the connection to", error);
        g_prefix_error(error, "after %" G_GUINT64_FORMAT " rows: ", statement->rows);
        return FALSE;
    }
    statement->rows++;
    read_moments(statement);
    *out = statement->values;
    return TRUE;
}

/* PostgreSQL: rows that are streamed one by one. */
#include "database/postgresql_internal.h"

struct TgPostgresqlCursor {
    TgPostgresql *postgresql;
    PGresult *row; /* the one that is lent */
    TgPostgresqlField *fields;
    const char **values;
    gsize *sizes;
    guint count;
    guint64 rows;
    gboolean is_first; /* `row` has been received, but not told yet */
    gboolean is_ended;
};

static void describe(TgPostgresqlCursor *cursor)
{
    const PqApi *api = cursor->postgresql->api;

    cursor->count = (guint)api->PQnfields(cursor->row);
    cursor->fields = g_new0(TgPostgresqlField, cursor->count + 1);
    cursor->values = g_new0(const char *, cursor->count + 1);
    cursor->sizes = g_new0(gsize, cursor->count + 1);
    for (guint i = 0; i < cursor->count; i++) {
        cursor->fields[i] = (TgPostgresqlField){.name = g_strdup(api->PQfname(cursor->row, (int)i)),
                                                .type = api->PQftype(cursor->row, (int)i),
                                                .modifier = api->PQfmod(cursor->row, (int)i)};
    }
}

/* Takes the next result into cursor->row; NULL at the end. */
static gboolean take_result(TgPostgresqlCursor *cursor, GError **error)
{
    TgPostgresql *postgresql = cursor->postgresql;

    g_clear_pointer(&cursor->row, postgresql->api->PQclear);
    if (!tg_pq_wait_result(postgresql, error)) {
        return FALSE;
    }
    cursor->row = postgresql->api->PQgetResult(postgresql->connection);
    if (cursor->row == NULL) {
        cursor->is_ended = TRUE;
        return TRUE;
    }
    return tg_pq_check_result(postgresql, cursor->row, error);
}

static gboolean set_no_rows(GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "No results were returned by the query.");
    return FALSE;
}

/* Behind the rows of the first statement there must be nothing but statements without rows. */
static gboolean end_rows(TgPostgresqlCursor *cursor, GError **error)
{
    while (!cursor->is_ended) {
        if (!take_result(cursor, error)) {
            return FALSE;
        }
        if (cursor->row != NULL &&
            cursor->postgresql->api->PQresultStatus(cursor->row) != PGRES_EMPTY_QUERY) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "Multiple ResultSets were returned by the query.");
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean start_rows(TgPostgresqlCursor *cursor, GError **error)
{
    const PqApi *api = cursor->postgresql->api;

    if (!take_result(cursor, error)) {
        return FALSE;
    }
    if (cursor->row == NULL) {
        return set_no_rows(error);
    }
    ExecStatusType status = api->PQresultStatus(cursor->row);

    if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK) {
        return set_no_rows(error);
    }
    describe(cursor);
    cursor->is_first = status == PGRES_SINGLE_TUPLE;
    return cursor->is_first || end_rows(cursor, error);
}

TgPostgresqlCursor *tg_postgresql_query_params(TgPostgresql *postgresql, const char *sql,
                                               const char *const *values, guint count,
                                               GError **error)
{
    g_autoptr(TgPostgresqlCursor) cursor = NULL;

    if (!tg_pq_send(postgresql, sql, values, count, error)) {
        return NULL;
    }
    (void)postgresql->api->PQsetSingleRowMode(postgresql->connection); /* else all rows at once */
    cursor = g_new0(TgPostgresqlCursor, 1);
    cursor->postgresql = postgresql;
    return start_rows(cursor, error) ? g_steal_pointer(&cursor) : NULL;
}

TgPostgresqlCursor *tg_postgresql_query(TgPostgresql *postgresql, const char *sql, GError **error)
{
    return tg_postgresql_query_params(postgresql, sql, NULL, 0, error);
}

void tg_postgresql_cursor_free(TgPostgresqlCursor *cursor)
{
    if (cursor == NULL) {
        return;
    }
    g_autoptr(GError) ignored = NULL;
    TgPostgresql *postgresql = cursor->postgresql;

    g_clear_pointer(&cursor->row, postgresql->api->PQclear);
    if (!cursor->is_ended && postgresql->api->PQstatus(postgresql->connection) == CONNECTION_OK) {
        (void)tg_pq_send_cancel(postgresql, NULL); /* without it the rows are read to their end */
        (void)tg_pq_drain(postgresql, NULL,
                          &ignored); /* "canceled by the user" is what is wanted */
    }
    for (guint i = 0; i < cursor->count; i++) {
        g_free(cursor->fields[i].name);
    }
    g_free(cursor->fields);
    g_free(cursor->values);
    g_free(cursor->sizes);
    g_free(cursor);
}

guint tg_postgresql_cursor_count(const TgPostgresqlCursor *cursor)
{
    return cursor->count;
}

const TgPostgresqlField *tg_postgresql_cursor_field(const TgPostgresqlCursor *cursor, guint index)
{
    return &cursor->fields[index];
}

static void lend_row(TgPostgresqlCursor *cursor)
{
    const PqApi *api = cursor->postgresql->api;

    for (guint i = 0; i < cursor->count; i++) {
        gboolean is_null = api->PQgetisnull(cursor->row, 0, (int)i) != 0;

        cursor->values[i] = is_null ? NULL : api->PQgetvalue(cursor->row, 0, (int)i);
        cursor->sizes[i] = is_null ? 0 : (gsize)api->PQgetlength(cursor->row, 0, (int)i);
    }
    cursor->rows++;
}

/* Moves to the next row; cursor->row is NULL or not a row at the end. */
static gboolean step(TgPostgresqlCursor *cursor, GError **error)
{
    if (cursor->is_first || cursor->is_ended) {
        cursor->is_first = FALSE;
        return TRUE;
    }
    if (!take_result(cursor, error)) {
        if (cursor->postgresql->sqlstate[0] == '\0' && cursor->rows > 0) {
            g_prefix_error(error, "after %" G_GUINT64_FORMAT " rows: ", cursor->rows);
        }
        return FALSE;
    }
    if (cursor->row != NULL &&
        cursor->postgresql->api->PQresultStatus(cursor->row) != PGRES_SINGLE_TUPLE) {
        return end_rows(cursor, error);
    }
    return TRUE;
}

gboolean tg_postgresql_cursor_next(TgPostgresqlCursor *cursor, const char *const **out_values,
                                   const gsize **out_sizes, GError **error)
{
    if (!step(cursor, error)) {
        return FALSE;
    }
    if (cursor->is_ended || cursor->row == NULL) {
        *out_values = NULL;
        return TRUE;
    }
    lend_row(cursor);
    *out_values = cursor->values;
    if (out_sizes != NULL) {
        *out_sizes = cursor->sizes;
    }
    return TRUE;
}

GPtrArray *tg_postgresql_fetch(TgPostgresql *postgresql, const char *sql, const char *const *values,
                               guint count, GError **error)
{
    g_autoptr(TgPostgresqlCursor) cursor =
        tg_postgresql_query_params(postgresql, sql, values, count, error);
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    const char *const *texts = NULL;

    while (cursor != NULL) {
        if (!tg_postgresql_cursor_next(cursor, &texts, NULL, error)) {
            return NULL;
        }
        if (texts == NULL) {
            return g_steal_pointer(&rows);
        }
        char **row = g_new0(char *, cursor->count + 1);

        for (guint i = 0; i < cursor->count; i++) {
            row[i] = g_strdup(texts[i] == NULL ? "" : texts[i]);
        }
        g_ptr_array_add(rows, row);
    }
    return NULL;
}

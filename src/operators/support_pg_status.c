/* Statements that run once: the status table of PostgreSQL, the status tables of Redshift. */
#include <string.h>

#include "operators/support_duration.h"
#include "operators/support_pg.h"
#include "params/params.h"

#define CLEANUP_S 86400
#define STATE_LOCKED "55P03"
#define STATE_EXISTS "23505" /* unique_violation */
#define STATE_TABLE_EXISTS "42P07"

void tg_pg_status_clear(TgPgStatus *status)
{
    g_clear_pointer(&status->schema, g_free);
    g_clear_pointer(&status->table, g_free);
}

gboolean tg_pg_status_read(const json_t *params, TgPgStatus *out, GError **error)
{
    return tg_params_get_boolean(params, "strict_transaction", TRUE, &out->is_strict, error) &&
           (!out->is_strict ||
            (tg_params_dup_text_or(params, "status_table", "__digdag_status", &out->table, error) &&
             tg_params_dup_text_or(params, "status_table_schema", NULL, &out->schema, error) &&
             tg_operator_duration_get(params, "status_table_cleanup", CLEANUP_S, &out->cleanup_s,
                                      error)));
}

/* The name in quotes; with `query_id` that of Redshift's table for it. */
static char *table_name(TgPostgresql *postgresql, const TgPgStatus *status, const char *query_id,
                        GError **error)
{
    g_autofree char *name = query_id == NULL ? g_strdup(status->table)
                                             : g_strconcat(status->table, "_", query_id, NULL);
    g_autofree char *table = tg_postgresql_quote_name(postgresql, name, error);
    g_autofree char *schema = NULL;

    if (table == NULL || status->schema == NULL) {
        return g_steal_pointer(&table);
    }
    schema = tg_postgresql_quote_name(postgresql, status->schema, error);
    return schema == NULL ? NULL : g_strconcat(schema, ".", table, NULL);
}

/* Runs a statement of ours; a failure is told as "Failed to WHAT […]". */
static gboolean step(TgPostgresql *postgresql, const char *what, const char *sql, GError **error)
{
    return tg_postgresql_execute(postgresql, sql, NULL, error) || tg_pg_fail(error, what);
}

static gboolean run_statement(TgPostgresql *postgresql, TgPgStatement *statement, GError **error)
{
    if (statement->may_return_rows) {
        return tg_postgresql_execute(postgresql, statement->sql, &statement->rows, error) ||
               tg_pg_fail(error, "execute given SQL script");
    }
    return tg_postgresql_update(postgresql, statement->sql, &statement->rows, error) ||
           tg_pg_fail(error, "execute an update statement");
}

/* PostgreSQL: a row per statement, locked while it runs. */

static gboolean create_table(TgPostgresql *postgresql, const char *table, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "CREATE TABLE IF NOT EXISTS %s (query_id text NOT NULL UNIQUE, created_at timestamptz NOT "
        "NULL, completed_at timestamptz)",
        table);
    g_autofree char *what = g_strdup_printf(
        "create a status table %s.\n"
        "hint: if you don't have permission to create tables, please try one of these options:\n"
        "1. add 'strict_transaction: false' option to disable exactly-once transaction control "
        "that depends on this table.\n"
        "2. ask system administrator to create this table using the following command and grant "
        "INSERT privilege to this user: %s;\n"
        "3. ask system administrator to create a schema that this user can create a table and set "
        "'status_table_schema' option to it\n",
        table, sql);
    g_autoptr(GError) problem = NULL;

    if (tg_postgresql_execute(postgresql, sql, NULL, &problem)) {
        return TRUE;
    }
    /* Two tasks may make it at once: PostgreSQL's IF NOT EXISTS does not wait for the other. */
    if (strcmp(tg_postgresql_sqlstate(postgresql), STATE_EXISTS) == 0 ||
        strcmp(tg_postgresql_sqlstate(postgresql), STATE_TABLE_EXISTS) == 0) {
        return step(postgresql, what, sql, error);
    }
    (void)tg_pg_fail(&problem, what);
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

typedef enum { ROW_MISSING, ROW_OPEN, ROW_COMPLETED, ROW_LOCKED } RowState;

static gboolean lock_row(TgPostgresql *postgresql, const char *table, const char *query_id,
                         RowState *out, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT completed_at FROM %s WHERE query_id = '%s' FOR UPDATE NOWAIT", table, query_id);
    g_autoptr(GError) problem = NULL;
    g_autoptr(TgPostgresqlCursor) cursor = tg_postgresql_query(postgresql, sql, &problem);
    const char *const *values = NULL;

    if (cursor == NULL || !tg_postgresql_cursor_next(cursor, &values, NULL, &problem)) {
        if (strcmp(tg_postgresql_sqlstate(postgresql), STATE_LOCKED) == 0) {
            *out = ROW_LOCKED;
            return TRUE;
        }
        (void)tg_pg_fail(&problem, "lock a status row");
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (values == NULL) {
        *out = ROW_MISSING;
    } else {
        *out = values[0] == NULL ? ROW_OPEN : ROW_COMPLETED;
    }
    return TRUE;
}

/* Commits the row alone, so that it can be locked by the next transaction. */
static gboolean insert_row(TgPostgresql *postgresql, const char *table, const char *query_id,
                           GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "INSERT INTO %s (query_id, created_at) VALUES ('%s', CURRENT_TIMESTAMP)", table, query_id);
    g_autoptr(GError) problem = NULL;

    if (tg_postgresql_execute(postgresql, sql, NULL, &problem)) {
        return step(postgresql, "insert a status row", "COMMIT", error);
    }
    if (strcmp(tg_postgresql_sqlstate(postgresql), STATE_EXISTS) == 0) {
        return step(postgresql, "rollback a transaction", "ROLLBACK",
                    error); /* somebody else did */
    }
    (void)tg_pg_fail(&problem, "insert a status row");
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

/* Begins a transaction that holds the row's lock, making the row when there is none. */
static gboolean begin_locked(TgPostgresql *postgresql, const char *table, const char *query_id,
                             RowState *out, GError **error)
{
    for (;;) {
        if (!step(postgresql, "begin a transaction", "BEGIN", error) ||
            !lock_row(postgresql, table, query_id, out, error)) {
            return FALSE;
        }
        if (*out != ROW_MISSING) {
            return TRUE;
        }
        if (!insert_row(postgresql, table, query_id, error)) {
            return FALSE;
        }
    }
}

/* Removes old rows; a failure is no failure of the task. */
static void clean_up(TgPostgresql *postgresql, const char *table, gint64 cleanup_s)
{
    g_autofree char *sql = g_strdup_printf(
        "DELETE FROM %s WHERE query_id = ANY(SELECT query_id FROM %s WHERE completed_at < now() - "
        "interval '%" G_GINT64_FORMAT "' second)",
        table, table, cleanup_s);

    (void)tg_postgresql_execute(postgresql, sql, NULL, NULL); /* the next task tries again */
}

static gboolean run_and_note(TgPostgresql *postgresql, const char *table, TgPgStatement *statement,
                             GError **error)
{
    g_autofree char *note =
        g_strdup_printf("UPDATE %s SET completed_at = CURRENT_TIMESTAMP WHERE query_id = '%s'",
                        table, statement->query_id);

    return run_statement(postgresql, statement, error) &&
           step(postgresql, "update status row", note, error) &&
           step(postgresql, "commit updated status row", "COMMIT", error);
}

static gboolean run_postgresql(TgPostgresql *postgresql, const TgPgStatus *status,
                               TgPgStatement *statement, GError **error)
{
    g_autofree char *table = table_name(postgresql, status, NULL, error);
    RowState state = ROW_MISSING;

    if (table == NULL || !create_table(postgresql, table, error) ||
        !begin_locked(postgresql, table, statement->query_id, &state, error)) {
        return FALSE;
    }
    if (state == ROW_LOCKED) {
        statement->is_locked = TRUE;
        return TRUE;
    }
    if (state == ROW_COMPLETED) {
        statement->was_done = TRUE;
        if (!step(postgresql, "rollback a transaction", "ROLLBACK", error)) {
            return FALSE;
        }
    } else if (!run_and_note(postgresql, table, statement, error)) {
        return FALSE;
    }
    clean_up(postgresql, table, status->cleanup_s);
    return TRUE;
}

/* Redshift: a table per statement, made in the statement's transaction. */

/* *out_made is FALSE when another turn has committed the table before. */
static gboolean make_table(TgPostgresql *postgresql, const char *table, const char *query_id,
                           gboolean *out_made, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "CREATE TABLE %s (query_id, created_at, completed_at) AS SELECT '%s'::text, "
        "SYSDATE::timestamptz, NULL::timestamptz",
        table, query_id);
    g_autoptr(GError) problem = NULL;

    *out_made = tg_postgresql_execute(postgresql, sql, NULL, &problem);
    if (*out_made || strcmp(tg_postgresql_sqlstate(postgresql), STATE_EXISTS) == 0 ||
        strcmp(tg_postgresql_sqlstate(postgresql), STATE_TABLE_EXISTS) == 0) {
        return TRUE;
    }
    (void)tg_pg_fail(
        &problem,
        "create a status table.\n"
        "hint: if you don't have permission to create tables, please try one of these options:\n"
        "1. add 'strict_transaction: false' option to disable exactly-once transaction control "
        "that depends on this table.\n"
        "2. ask system administrator to create a schema that this user can create a table and set "
        "'status_table_schema' option to it\n");
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

/* The status tables that there are, as quoted names. */
static GPtrArray *list_tables(TgPostgresql *postgresql, const char *prefix)
{
    g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *pattern = g_strconcat(prefix, "\\_%", NULL);
    g_autofree char *quoted = tg_postgresql_quote(postgresql, pattern, NULL);
    g_autofree char *sql =
        g_strdup_printf("SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM "
                        "pg_tables WHERE tablename LIKE %s",
                        quoted == NULL ? "''" : quoted);
    g_autoptr(TgPostgresqlCursor) cursor = tg_postgresql_query(postgresql, sql, NULL);
    const char *const *values = NULL;

    while (cursor != NULL && tg_postgresql_cursor_next(cursor, &values, NULL, NULL) &&
           values != NULL) {
        g_ptr_array_add(tables, g_strdup(values[0]));
    }
    return g_steal_pointer(&tables);
}

static gboolean is_old(TgPostgresql *postgresql, const char *table, gint64 cleanup_s)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT query_id FROM %s WHERE completed_at < SYSDATE - INTERVAL "
                        "'%" G_GINT64_FORMAT " SECOND'",
                        table, cleanup_s);
    g_autoptr(TgPostgresqlCursor) cursor = tg_postgresql_query(postgresql, sql, NULL);
    const char *const *values = NULL;

    return cursor != NULL && tg_postgresql_cursor_next(cursor, &values, NULL, NULL) &&
           values != NULL;
}

/* Drops old status tables; a failure is no failure of the task. */
static void drop_old_tables(TgPostgresql *postgresql, const TgPgStatus *status)
{
    g_autoptr(GPtrArray) tables = list_tables(postgresql, status->table);

    for (guint i = 0; i < tables->len; i++) {
        const char *table = g_ptr_array_index(tables, i);
        g_autofree char *sql = g_strconcat("DROP TABLE ", table, NULL);

        if (is_old(postgresql, table, status->cleanup_s)) {
            (void)tg_postgresql_execute(postgresql, sql, NULL,
                                        NULL); /* the next task tries again */
        }
    }
}

static gboolean run_and_note_redshift(TgPostgresql *postgresql, const char *table,
                                      TgPgStatement *statement, GError **error)
{
    g_autofree char *note = g_strdup_printf(
        "UPDATE %s SET completed_at = SYSDATE WHERE query_id = '%s'", table, statement->query_id);

    return run_statement(postgresql, statement, error) &&
           step(postgresql, "update status row", note, error) &&
           step(postgresql, "commit updated status row", "COMMIT", error);
}

static gboolean run_redshift(TgPostgresql *postgresql, const TgPgStatus *status,
                             TgPgStatement *statement, GError **error)
{
    g_autofree char *table = table_name(postgresql, status, statement->query_id, error);
    gboolean is_made = FALSE;

    if (table == NULL || !step(postgresql, "begin a transaction", "BEGIN", error) ||
        !make_table(postgresql, table, statement->query_id, &is_made, error)) {
        return FALSE;
    }
    if (!is_made) {
        statement->was_done = TRUE;
        if (!step(postgresql, "rollback a transaction", "ROLLBACK", error)) {
            return FALSE;
        }
    } else if (!run_and_note_redshift(postgresql, table, statement, error)) {
        return FALSE;
    }
    drop_old_tables(postgresql, status);
    return TRUE;
}

gboolean tg_pg_run(TgPostgresql *postgresql, const TgPgKind *kind, const TgPgStatus *status,
                   TgPgStatement *statement, GError **error)
{
    if (!status->is_strict) {
        return run_statement(postgresql, statement, error);
    }
    return kind->is_redshift ? run_redshift(postgresql, status, statement, error)
                             : run_postgresql(postgresql, status, statement, error);
}

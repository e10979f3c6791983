/* A query as a task: what its options say, its rows as results or as a CSV file. */
#include "operators/support_pg_job.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "operators/support.h"
#include "operators/support_pg_value.h"
#include "params/params.h"

#define ROWS_MAX 8192
#define COLUMNS_MAX 64
#define VALUE_CHARS_MAX 256

const char *const tg_pg_job_options[] = {"create_table",
                                         "insert_into",
                                         "download_file",
                                         "store_last_results",
                                         "database",
                                         "host",
                                         "port",
                                         "user",
                                         "ssl",
                                         "schema",
                                         "connect_timeout",
                                         "socket_timeout",
                                         "statement_timeout",
                                         "strict_transaction",
                                         "status_table",
                                         "status_table_schema",
                                         "status_table_cleanup",
                                         "password_override",
                                         NULL};

typedef enum { STORE_NOTHING, STORE_FIRST, STORE_ALL } StoreRows;

/* The options of a task. */
typedef struct {
    char *create_table;
    char *insert_into;
    char *download_file;
    StoreRows store;
} Job;

static void job_clear(Job *job)
{
    g_free(job->create_table);
    g_free(job->insert_into);
    g_free(job->download_file);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

static gboolean read_store(const json_t *params, StoreRows *out, GError **error)
{
    static const struct {
        const char *text;
        StoreRows store;
    } choices[] = {{"false", STORE_NOTHING},
                   {"true", STORE_FIRST},
                   {"first", STORE_FIRST},
                   {"all", STORE_ALL}};
    g_autofree char *text = NULL;

    if (!tg_params_dup_text_or(params, "store_last_results", "false", &text, error)) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(choices); i++) {
        if (strcmp(choices[i].text, text) == 0) {
            *out = choices[i].store;
            return TRUE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "store_last_results: last_results must be either of \"first\" or \"all\": %s",
                text);
    return FALSE;
}

static gboolean check_job(const Job *job, GError **error)
{
    gboolean changes = job->create_table != NULL || job->insert_into != NULL;
    gboolean stores = job->store != STORE_NOTHING;
    const char *message = NULL;

    if (job->create_table != NULL && job->insert_into != NULL) {
        message = "Can't use both of insert_into and create_table";
    } else if (job->download_file != NULL && changes) {
        message = "Can't use download_file with insert_into or create_table";
    } else if (stores && changes) {
        message = "Can't use store_last_results with insert_into or create_table";
    } else if (job->download_file != NULL && stores) {
        message = "Can't use both download_file and store_last_results at once";
    }
    if (message != NULL) {
        g_set_error_literal(error, TG_ERROR, TG_ERROR_CONFIG, message);
    }
    return message == NULL;
}

static gboolean read_job(const json_t *params, Job *job, GError **error)
{
    return tg_params_dup_text_or(params, "insert_into", NULL, &job->insert_into, error) &&
           tg_params_dup_text_or(params, "create_table", NULL, &job->create_table, error) &&
           tg_params_dup_text_or(params, "download_file", NULL, &job->download_file, error) &&
           read_store(params, &job->store, error) && check_job(job, error);
}

static TgPostgresqlCursor *open_rows(TgPostgresql *postgresql, const char *sql, GError **error)
{
    TgPostgresqlCursor *cursor = tg_postgresql_query(postgresql, sql, error);

    if (cursor == NULL) {
        (void)tg_pg_fail(error, "execute given SELECT statement");
    }
    return cursor;
}

static gboolean next_row(TgPostgresqlCursor *cursor, const char *const **values, GError **error)
{
    return tg_postgresql_cursor_next(cursor, values, NULL, error) ||
           tg_pg_fail(error, "execute given SELECT statement");
}

/* Rows as a CSV file */

/* Digdag's CsvWriter: quotes where needed, all line breaks become one \n. */
static void write_csv_text(FILE *file, const char *text)
{
    gboolean is_quoted = *text == '\0' || strpbrk(text, "\",\r\n") != NULL;

    if (is_quoted) {
        (void)fputc('"', file); /* errors are asked for at the end */
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"') {
            (void)fputc('"', file);
        }
        if (*c == '\r' || (*c == '\n' && (c == text || c[-1] != '\r'))) {
            (void)fputc('\n', file);
        } else if (*c != '\n') {
            (void)fputc(*c, file);
        }
    }
    if (is_quoted) {
        (void)fputc('"', file);
    }
}

static void write_header(FILE *file, const TgPostgresqlCursor *cursor)
{
    for (guint i = 0; i < tg_postgresql_cursor_count(cursor); i++) {
        if (i > 0) {
            (void)fputc(',', file);
        }
        write_csv_text(file, tg_postgresql_cursor_field(cursor, i)->name);
    }
    (void)fputs("\r\n", file);
}

static void write_row(FILE *file, const TgPostgresqlCursor *cursor, const char *const *values)
{
    for (guint i = 0; i < tg_postgresql_cursor_count(cursor); i++) {
        if (i > 0) {
            (void)fputc(',', file);
        }
        if (values[i] != NULL) {
            g_autofree char *text =
                tg_pg_value_text(tg_postgresql_cursor_field(cursor, i), values[i]);

            write_csv_text(file, text);
        }
    }
    (void)fputs("\r\n", file);
}

static gboolean write_rows(FILE *file, TgPostgresqlCursor *cursor, gint64 *rows, GError **error)
{
    const char *const *values = NULL;

    write_header(file, cursor);
    for (*rows = 0;; (*rows)++) {
        if (!next_row(cursor, &values, error)) {
            return FALSE;
        }
        if (values == NULL) {
            return TRUE;
        }
        write_row(file, cursor, values);
    }
}

/* Writes beside the path and renames: nobody reads a half of it. */
static gboolean write_file(const char *path, TgPostgresqlCursor *cursor, gint64 *rows,
                           GError **error)
{
    g_autofree char *draft = g_strconcat(path, ".part", NULL);
    FILE *file = g_fopen(draft, "wbe");

    if (file == NULL) {
        tg_error_set_file(error, errno, "write", path);
        return FALSE;
    }
    gboolean ok = write_rows(file, cursor, rows, error);
    gboolean is_written = ferror(file) == 0;

    is_written = fclose(file) == 0 && is_written;
    if (ok && (!is_written || g_rename(draft, path) != 0)) {
        tg_error_set_file(error, errno, "write", path);
        ok = FALSE;
    }
    if (!ok) {
        (void)g_unlink(draft);
    }
    return ok;
}

static gboolean download(TgTurn *turn, TgPostgresql *postgresql, const char *sql, const char *name,
                         GError **error)
{
    g_autofree char *path = tg_file_resolve_below(turn->work_folder, name, error);
    g_autoptr(TgPostgresqlCursor) cursor = path == NULL ? NULL : open_rows(postgresql, sql, error);
    gint64 rows = 0;
    GStatBuf info = {0};

    if (cursor == NULL || !write_file(path, cursor, &rows, error)) {
        return FALSE;
    }
    (void)g_stat(path, &info); /* it has just been written */
    turn->receipt = json_pack("{s:s, s:I, s:I}", "file", name, "rows", (json_int_t)rows, "bytes",
                              (json_int_t)info.st_size);
    return TRUE;
}

/* Rows as results */

/* One of the limits of the system configuration: config.pg.KEY, else config.jdbc.KEY. */
static gboolean read_limit(const TgTurn *turn, const TgPgKind *kind, const char *key,
                           gint64 fallback, gint64 *out, GError **error)
{
    const json_t *config = turn->services->system_config;
    g_autofree char *own = g_strdup_printf("config.%s.%s", kind->type, key);
    g_autofree char *common = g_strconcat("config.jdbc.", key, NULL);

    return tg_params_get_int64(config, tg_params_has(config, own) ? own : common, fallback, out,
                               error);
}

typedef struct {
    gint64 rows;
    gint64 columns;
    gint64 chars;
} Limits;

static gboolean read_limits(const TgTurn *turn, const TgPgKind *kind, Limits *out, GError **error)
{
    return read_limit(turn, kind, "max_store_last_results_rows", ROWS_MAX, &out->rows, error) &&
           read_limit(turn, kind, "max_store_last_results_columns", COLUMNS_MAX, &out->columns,
                      error) &&
           read_limit(turn, kind, "max_store_last_results_value_size", VALUE_CHARS_MAX, &out->chars,
                      error);
}

static gboolean fail_limit(const char *what, gint64 found, gint64 limit, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "The %s exceeded the limit: %" G_GINT64_FORMAT " > %" G_GINT64_FORMAT, what, found,
                limit);
    return FALSE;
}

/* Java's length of a text. */
static gint64 utf16_length(const char *text)
{
    gint64 units = 0;

    for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
        units += (guchar)*c >= 0xf0 ? 2 : 1;
    }
    return units;
}

/* A row as {column: text}, the values as the server sent them. */
static gboolean keep_row(const TgPostgresqlCursor *cursor, const char *const *values,
                         const Limits *limits, json_t *rows, GError **error)
{
    json_t *row = json_array();
    guint count = tg_postgresql_cursor_count(cursor);

    json_array_append_new(rows, row);
    for (guint i = 0; i < count; i++) {
        guint type = tg_postgresql_cursor_field(cursor, i)->type;
        gint64 length = values[i] == NULL ? 0 : utf16_length(values[i]);

        json_array_append_new(row, values[i] == NULL ? json_null() : json_string(values[i]));
        if (length > limits->chars &&
            (type == TG_POSTGRESQL_TEXT || type == TG_POSTGRESQL_VARCHAR ||
             type == TG_POSTGRESQL_BPCHAR || type == TG_POSTGRESQL_UNKNOWN)) {
            return fail_limit("size of result value", length, limits->chars, error);
        }
    }
    return TRUE;
}

static gboolean keep_rows(TgPostgresqlCursor *cursor, StoreRows store, const Limits *limits,
                          json_t *rows, GError **error)
{
    const char *const *values = NULL;

    for (gint64 count = 1;; count++) {
        if (!next_row(cursor, &values, error)) {
            return FALSE;
        }
        if (values == NULL) {
            return TRUE;
        }
        if (store == STORE_FIRST && count > 1) {
            continue; /* the query is to run to its end */
        }
        if (count > limits->rows) {
            return fail_limit("number of result rows", count, limits->rows, error);
        }
        if (!keep_row(cursor, values, limits, rows, error)) {
            return FALSE;
        }
    }
}

/* The columns, and the names of those types that Java has no class for. */
typedef struct {
    guint count;
    TgPostgresqlField *fields;
    char **type_names;
} Columns;

static void columns_clear(Columns *columns)
{
    for (guint i = 0; i < columns->count; i++) {
        g_free(columns->fields[i].name);
        g_free(columns->type_names[i]);
    }
    g_free(columns->fields);
    g_free(columns->type_names);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Columns, columns_clear)

static void copy_columns(const TgPostgresqlCursor *cursor, Columns *columns)
{
    columns->count = tg_postgresql_cursor_count(cursor);
    columns->fields = g_new0(TgPostgresqlField, columns->count + 1);
    columns->type_names = g_new0(char *, columns->count + 1);
    for (guint i = 0; i < columns->count; i++) {
        columns->fields[i] = *tg_postgresql_cursor_field(cursor, i);
        columns->fields[i].name = g_strdup(columns->fields[i].name);
    }
}

/* Enumerations, names, characters and arrays are texts; all else is an object with its type. */
static char *ask_type_name(TgPostgresql *postgresql, guint type, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT typname FROM pg_catalog.pg_type WHERE oid = %u AND typtype NOT IN ('e', 'd') AND "
        "typcategory <> 'A' AND typname NOT IN ('name', 'char')",
        type);
    g_autoptr(TgPostgresqlCursor) cursor = tg_postgresql_query(postgresql, sql, error);
    const char *const *values = NULL;

    if (cursor == NULL || !tg_postgresql_cursor_next(cursor, &values, NULL, error)) {
        return NULL;
    }
    return values == NULL ? NULL : g_strdup(values[0]);
}

static gboolean name_types(TgPostgresql *postgresql, Columns *columns, GError **error)
{
    for (guint i = 0; i < columns->count; i++) {
        g_autoptr(GError) problem = NULL;

        if (!tg_pg_value_needs_name(columns->fields[i].type)) {
            continue;
        }
        columns->type_names[i] = ask_type_name(postgresql, columns->fields[i].type, &problem);
        if (problem != NULL) {
            (void)tg_pg_fail(&problem, "fetch result metadata");
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
    }
    return TRUE;
}

static json_t *map_of(const Columns *columns, const json_t *row, GTimeZone *zone)
{
    json_t *map = json_object();

    for (guint i = 0; i < columns->count; i++) {
        const char *value = json_string_value(json_array_get(row, i));

        json_object_set_new(map, columns->fields[i].name,
                            value == NULL ? json_null()
                                          : tg_pg_value_json(&columns->fields[i], value, zone,
                                                             columns->type_names[i]));
    }
    return map;
}

static json_t *results_of(const Columns *columns, const json_t *rows, StoreRows store)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();
    json_t *results = json_array();
    json_t *row = NULL;
    gsize i = 0;

    if (store == STORE_FIRST) {
        json_decref(results);
        return json_array_size(rows) == 0 ? json_object()
                                          : map_of(columns, json_array_get(rows, 0), zone);
    }
    json_array_foreach ((json_t *)rows, i, row) {
        json_array_append_new(results, map_of(columns, row, zone));
    }
    return results;
}

/* What one query gives. */
typedef struct {
    Limits limits;
    Columns columns;
    json_t *rows;
} Result;

static void result_clear(Result *result)
{
    columns_clear(&result->columns);
    json_decref(result->rows);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Result, result_clear)

/* The connection is free again afterwards. */
static gboolean fetch_rows(TgPostgresql *postgresql, const char *sql, StoreRows store,
                           Result *result, GError **error)
{
    g_autoptr(TgPostgresqlCursor) cursor = open_rows(postgresql, sql, error);

    if (cursor == NULL) {
        return FALSE;
    }
    copy_columns(cursor, &result->columns);
    if (result->columns.count > result->limits.columns) {
        return fail_limit("number of result columns", result->columns.count, result->limits.columns,
                          error);
    }
    return keep_rows(cursor, store, &result->limits, result->rows, error);
}

/* All that belongs to one turn. */
typedef struct {
    TgTurn *turn;
    const TgPgKind *kind;
    const json_t *params;
    const char *query;
    TgPostgresql *postgresql;
} Run;

static gboolean store_rows(const Run *run, StoreRows store, GError **error)
{
    g_auto(Result) result = {.rows = json_array()};

    if (!read_limits(run->turn, run->kind, &result.limits, error) ||
        !fetch_rows(run->postgresql, run->query, store, &result, error) ||
        !name_types(run->postgresql, &result.columns, error)) {
        return FALSE;
    }
    run->turn->store = json_pack("{s:{s:o}}", run->kind->type, "last_results",
                                 results_of(&result.columns, result.rows, store));
    run->turn->receipt = json_pack("{s:I}", "rows", (json_int_t)json_array_size(result.rows));
    return TRUE;
}

/* Statements that change something */

/* The caller frees; *out_may_return says whether rows of it are dropped or a mistake. */
static char *statement_of(const Run *run, const Job *job, gboolean *out_may_return, GError **error)
{
    const char *target = job->insert_into != NULL ? job->insert_into : job->create_table;
    g_autofree char *table = NULL;

    *out_may_return = target == NULL;
    if (target == NULL) {
        return g_strdup(run->query);
    }
    table = tg_pg_quote_table(run->postgresql, target, error);
    if (table == NULL) {
        return NULL;
    }
    return job->insert_into != NULL
               ? g_strdup_printf("INSERT INTO %s\n%s", table, run->query)
               : g_strdup_printf("DROP TABLE IF EXISTS %s; CREATE TABLE %s AS \n%s", table, table,
                                 run->query);
}

static gboolean change(const Run *run, const Job *job, TgOutcome *out, GError **error)
{
    TgTurn *turn = run->turn;
    g_auto(TgPgStatus) status = {FALSE, NULL, NULL, 0};
    TgPgStatement statement = {.query_id =
                                   json_string_value(json_object_get(turn->state, "queryId"))};
    g_autofree char *sql = statement_of(run, job, &statement.may_return_rows, error);

    statement.sql = sql;
    if (sql == NULL || !tg_pg_status_read(run->params, &status, error) ||
        !tg_pg_run(run->postgresql, run->kind, &status, &statement, error)) {
        return FALSE;
    }
    if (statement.is_locked) {
        tg_pg_poll_lock(turn);
        *out = TG_OUTCOME_POLL;
        return TRUE;
    }
    turn->receipt = json_pack("{s:s, s:I, s:b}", "query_id", statement.query_id, "rows",
                              (json_int_t)statement.rows, "was_done_before", statement.was_done);
    return TRUE;
}

static gboolean run_connected(Run *run, const Job *job, TgOutcome *out, GError **error)
{
    g_autoptr(TgPostgresql) postgresql = tg_pg_connect(run->turn, run->kind, run->params, error);

    if (postgresql == NULL) {
        return FALSE;
    }
    run->postgresql = postgresql;
    if (job->download_file != NULL) {
        return download(run->turn, postgresql, run->query, job->download_file, error);
    }
    return job->store != STORE_NOTHING ? store_rows(run, job->store, error)
                                       : change(run, job, out, error);
}

gboolean tg_pg_job_run(TgTurn *turn, const TgPgKind *kind, TgOutcome *out, GError **error)
{
    g_autoptr(json_t) params = tg_pg_params(turn, kind);
    g_auto(TgPgStatus) status = {FALSE, NULL, NULL, 0};
    g_auto(Job) job = {NULL, NULL, NULL, STORE_NOTHING};
    g_autofree char *query = NULL;
    gboolean is_first = FALSE;

    if (!tg_pg_status_read(params, &status, error)) {
        return FALSE;
    }
    query = tg_pg_read_query(turn, error);
    if (query == NULL || !read_job(params, &job, error)) {
        return FALSE;
    }
    *out = TG_OUTCOME_DONE;
    if (job.download_file == NULL && job.store == STORE_NOTHING) {
        (void)tg_pg_query_id(turn, &is_first); /* read from the state later */
    }
    if (is_first) {
        *out = TG_OUTCOME_POLL; /* the id is saved before it is used */
        return TRUE;
    }
    Run run = {.turn = turn, .kind = kind, .params = params, .query = query};

    return run_connected(&run, &job, out, error);
}

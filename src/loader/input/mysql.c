/* in mysql: the rows of a table or a query, streamed (embulk-input-mysql). */
#include "loader/input/mysql.h"

#include <string.h>

#include "params/params.h"

#define INCREMENTAL_COLUMNS_MAX 16u
#define ROW_BYTES_MAX ((gsize)4 * 1024 * 1024) /* of texts in one batch */

typedef struct {
    TgInput input;
    TgLoaderContext *context;
    const json_t *config; /* lent for the time of open() */
    TgMysql *mysql;
    TgMysqlCursor *cursor;
    MysqlPlan plan;
    char *after_select;
    gboolean incremental;
    guint incremental_count;
    char *incremental_names[INCREMENTAL_COLUMNS_MAX];
    guint incremental_columns[INCREMENTAL_COLUMNS_MAX]; /* of the schema */
    json_t *last_record;
    GMutex mutex; /* over the cursor */
    guint64 rows;
} MysqlInput;

typedef struct {
    TgReader reader;
    MysqlInput *input;
} MysqlReader;

static char *quote_name(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "`", -1);
    g_autofree char *doubled = g_strjoinv("``", parts);

    return g_strconcat("`", doubled, "`", NULL);
}

/* --- reading --- */

static gboolean fail_value(const MysqlInput *self, guint column, const char *text, gsize size,
                           const char *reason, GError **error)
{
    g_autofree char *shown = g_utf8_make_valid(text, (gssize)MIN(size, (gsize)100));

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s: row %" G_GUINT64_FORMAT ": column '%s': '%s' %s", tg_mysql_place(self->mysql),
                self->rows + 1, self->input.schema->columns[column].name, shown, reason);
    return FALSE;
}

static gboolean add_row(MysqlInput *self, const char *const *values, const unsigned long *sizes,
                        TgBatch *batch, GError **error)
{
    tg_batch_begin_row(batch);
    for (guint i = 0; i < batch->count; i++) {
        if (values[i] == NULL) {
            tg_vector_set_null(batch->vectors[i], batch->rows);
            continue;
        }
        const char *reason =
            mysql_value_set(&self->plan, i, values[i], sizes[i], batch->vectors[i], batch->rows);

        if (reason != NULL) {
            return fail_value(self, i, values[i], sizes[i], reason, error);
        }
    }
    tg_batch_commit_row(batch);
    self->rows++;
    return TRUE;
}

/* Where the next incremental load goes on: the values of the newest row. */
static gboolean remember_row(MysqlInput *self, const char *const *values,
                             const unsigned long *sizes, GError **error)
{
    json_t *record = json_array();

    for (guint i = 0; i < self->incremental_count; i++) {
        guint column = self->incremental_columns[i];

        if (values[column] == NULL) {
            json_decref(record);
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "the incremental column '%s' is null in the last row; choose columns that "
                        "never are",
                        self->incremental_names[i]);
            return FALSE;
        }
        gboolean is_integer = self->plan.columns[column].kind <= TG_MYSQL_INT64;

        json_array_append_new(record, is_integer
                                          ? json_integer(g_ascii_strtoll(values[column], NULL, 10))
                                          : json_stringn(values[column], sizes[column]));
    }
    json_decref(self->last_record);
    self->last_record = record;
    return TRUE;
}

/* One row of the server into the batch; closes the cursor behind the last. */
static gboolean take_row(MysqlInput *self, TgBatch *batch, gsize *bytes, GError **error)
{
    const char *const *values = NULL;
    const unsigned long *sizes = NULL;

    if (!tg_mysql_cursor_next(self->cursor, &values, &sizes, error)) {
        return FALSE;
    }
    if (values == NULL) {
        g_clear_pointer(&self->cursor, tg_mysql_cursor_free);
        return TRUE;
    }
    if (!add_row(self, values, sizes, batch, error)) {
        return FALSE;
    }
    for (guint i = 0; i < batch->count; i++) {
        *bytes += sizes[i];
    }
    return !self->incremental || remember_row(self, values, sizes, error);
}

static gboolean reader_next(TgReader *reader, TgBatch *batch, GError **error)
{
    MysqlInput *self = ((MysqlReader *)reader)->input;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    gsize bytes = 0;

    (void)locker;
    while (self->cursor != NULL && batch->rows < TG_READER_ROWS && bytes < ROW_BYTES_MAX) {
        if (!take_row(self, batch, &bytes, error)) {
            return FALSE;
        }
    }
    tg_loader_count_bytes(self->context, (gint64)bytes);
    return TRUE;
}

static void reader_free(TgReader *reader)
{
    g_free(reader);
}

static TgReader *input_open_task(TgInput *input, guint task G_GNUC_UNUSED,
                                 GError **error G_GNUC_UNUSED)
{
    static const TgReaderClass class = {.next = reader_next, .free = reader_free};
    MysqlReader *reader = g_new0(MysqlReader, 1);

    reader->reader.class = &class;
    reader->input = (MysqlInput *)input;
    return &reader->reader;
}

static json_t *input_finish(TgInput *input, GError **error)
{
    MysqlInput *self = (MysqlInput *)input;
    json_t *diff = json_object();

    if (self->after_select != NULL && !tg_mysql_execute(self->mysql, self->after_select, error)) {
        json_decref(diff);
        return NULL;
    }
    if (self->incremental && self->last_record != NULL) {
        json_object_set(diff, "last_record", self->last_record);
    }
    return diff;
}

static void input_free(TgInput *input)
{
    MysqlInput *self = (MysqlInput *)input;

    tg_mysql_cursor_free(self->cursor);
    tg_mysql_free(self->mysql);
    mysql_plan_clear(&self->plan);
    for (guint i = 0; i < self->incremental_count; i++) {
        g_free(self->incremental_names[i]);
    }
    json_decref(self->last_record);
    g_free(self->after_select);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

/* --- the query --- */

static gboolean add_incremental(MysqlInput *self, const char *name, GError **error)
{
    if (self->incremental_count == INCREMENTAL_COLUMNS_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "more than %u incremental columns",
                    INCREMENTAL_COLUMNS_MAX);
        return FALSE;
    }
    self->incremental_names[self->incremental_count++] = g_strdup(name);
    return TRUE;
}

static gboolean use_primary_key(MysqlInput *self, const char *table, GError **error)
{
    g_autofree char *quoted = tg_mysql_quote(self->mysql, table, strlen(table));
    g_autofree char *sql =
        g_strdup_printf("SELECT column_name FROM information_schema.key_column_usage WHERE "
                        "constraint_name = 'PRIMARY' AND table_schema = database() AND table_name "
                        "= %s ORDER BY ordinal_position",
                        quoted);
    g_autoptr(TgMysqlCursor) cursor = tg_mysql_query(self->mysql, sql, error);
    const char *const *values = NULL;
    const unsigned long *sizes = NULL;

    while (cursor != NULL) {
        if (!tg_mysql_cursor_next(cursor, &values, &sizes, error)) {
            return FALSE;
        }
        if (values == NULL) {
            break;
        }
        if (!add_incremental(self, values[0], error)) {
            return FALSE;
        }
    }
    if (cursor != NULL && self->incremental_count == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the table '%s' has no primary key: name 'incremental_columns'", table);
        return FALSE;
    }
    return cursor != NULL;
}

static gboolean read_incremental(MysqlInput *self, const char *table, GError **error)
{
    const json_t *names = json_object_get(self->config, "incremental_columns");
    const json_t *last = json_object_get(self->config, "last_record");
    json_t *name = NULL;
    size_t index = 0;

    json_array_foreach (names, index, name) {
        if (!json_is_string(name) || !add_incremental(self, json_string_value(name), error)) {
            return FALSE;
        }
    }
    if (self->incremental_count == 0 && table == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'incremental' with 'query' needs 'incremental_columns'");
        return FALSE;
    }
    if (self->incremental_count == 0 && !use_primary_key(self, table, error)) {
        return FALSE;
    }
    if (last != NULL && !json_is_null(last)) {
        if (json_array_size(last) != self->incremental_count) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "'last_record' must have a value for each incremental column");
            return FALSE;
        }
        self->last_record = json_deep_copy(last);
    }
    return TRUE;
}

static char *literal(MysqlInput *self, const json_t *value)
{
    g_autofree char *text = tg_params_to_text(value);

    return json_is_integer(value) ? g_steal_pointer(&text)
                                  : tg_mysql_quote(self->mysql, text, strlen(text));
}

/* "(a > 1) OR (a = 1 AND b > 2)" */
static void append_after(MysqlInput *self, GString *sql)
{
    for (guint i = 0; i < self->incremental_count; i++) {
        g_string_append(sql, i == 0 ? "(" : " OR (");
        for (guint j = 0; j <= i; j++) {
            g_autofree char *name = quote_name(self->incremental_names[j]);
            g_autofree char *value = literal(self, json_array_get(self->last_record, j));

            g_string_append_printf(sql, "%s%s %s %s", j == 0 ? "" : " AND ", name,
                                   j == i ? ">" : "=", value);
        }
        g_string_append_c(sql, ')');
    }
}

static void append_incremental(MysqlInput *self, GString *sql, gboolean has_where)
{
    if (self->last_record != NULL) {
        g_string_append(sql, has_where ? " AND (" : " WHERE (");
        append_after(self, sql);
        g_string_append_c(sql, ')');
    }
    for (guint i = 0; i < self->incremental_count; i++) {
        g_autofree char *name = quote_name(self->incremental_names[i]);

        g_string_append_printf(sql, "%s%s", i == 0 ? " ORDER BY " : ", ", name);
    }
}

/* Reads table, query, select, where, order_by; the caller frees the statement. */
static char *build_query(MysqlInput *self, GError **error)
{
    g_autofree char *table = NULL;
    g_autofree char *query = NULL;
    g_autofree char *select = NULL;
    g_autofree char *where = NULL;
    g_autofree char *order_by = NULL;
    g_autoptr(GString) sql = g_string_new(NULL);

    if (!tg_params_dup_text_or(self->config, "table", NULL, &table, error) ||
        !tg_params_dup_text_or(self->config, "query", NULL, &query, error) ||
        !tg_params_dup_text_or(self->config, "select", NULL, &select, error) ||
        !tg_params_dup_text_or(self->config, "where", NULL, &where, error) ||
        !tg_params_dup_text_or(self->config, "order_by", NULL, &order_by, error)) {
        return NULL;
    }
    if ((table == NULL) == (query == NULL) ||
        (query != NULL && (select != NULL || where != NULL || order_by != NULL))) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "give either 'table' (with 'select', 'where', 'order_by') or 'query' alone");
        return NULL;
    }
    if (self->incremental && !read_incremental(self, table, error)) {
        return NULL;
    }
    if (query != NULL) {
        if (!self->incremental) {
            return g_steal_pointer(&query);
        }
        g_string_printf(sql, "SELECT * FROM (%s) embulk_incremental_", query);
    } else {
        g_autofree char *quoted = quote_name(table);

        g_string_printf(sql, "SELECT %s FROM %s", select == NULL ? "*" : select, quoted);
        if (where != NULL) {
            g_string_append_printf(sql, " WHERE (%s)", where);
        }
    }
    if (self->incremental) {
        append_incremental(self, sql, where != NULL);
    } else if (order_by != NULL) {
        g_string_append_printf(sql, " ORDER BY %s", order_by);
    }
    return g_string_free(g_steal_pointer(&sql), FALSE);
}

static gboolean find_incremental_columns(MysqlInput *self, GError **error)
{
    for (guint i = 0; i < self->incremental_count; i++) {
        int column = tg_schema_find(self->input.schema, self->incremental_names[i]);

        if (column < 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "the incremental column '%s' is not among the columns of the query",
                        self->incremental_names[i]);
            return FALSE;
        }
        self->incremental_columns[i] = (guint)column;
    }
    return TRUE;
}

/* --- opening --- */

static gboolean read_tls(const json_t *config, TgMysqlTls *out, GError **error)
{
    g_autofree char *text = NULL;

    if (!tg_params_dup_text_or(config, "ssl", "disable", &text, error)) {
        return FALSE;
    }
    if (strcmp(text, "disable") == 0 || strcmp(text, "false") == 0) {
        *out = TG_MYSQL_TLS_OFF;
    } else if (strcmp(text, "enable") == 0 || strcmp(text, "true") == 0) {
        *out = TG_MYSQL_TLS_ON;
    } else if (strcmp(text, "verify") == 0) {
        *out = TG_MYSQL_TLS_VERIFY;
    } else {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'ssl' must be disable, enable or verify, not '%s'", text);
        return FALSE;
    }
    return TRUE;
}

static gboolean connect_server(MysqlInput *self, GError **error)
{
    const json_t *config = self->config;
    g_autofree char *host = NULL;
    g_autofree char *socket = NULL;
    g_autofree char *user = NULL;
    g_autofree char *password = NULL;
    g_autofree char *database = NULL;
    TgMysqlOptions options = {0};
    gint64 port = 0;
    gint64 connect_timeout = 0;
    gint64 read_timeout = 0;

    if (!tg_params_dup_text_or(config, "host", "localhost", &host, error) ||
        !tg_params_dup_text_or(config, "socket", NULL, &socket, error) ||
        !tg_params_dup_text_or(config, "password", "", &password, error) ||
        !tg_params_get_int64(config, "port", 3306, &port, error) ||
        !tg_params_get_int64(config, "connect_timeout", 300, &connect_timeout, error) ||
        !tg_params_get_int64(config, "socket_timeout", 1800, &read_timeout, error) ||
        !read_tls(config, &options.tls, error)) {
        return FALSE;
    }
    user = tg_params_dup_text(config, "user", error);
    database = user == NULL ? NULL : tg_params_dup_text(config, "database", error);
    if (database == NULL) {
        return FALSE;
    }
    options.host = host;
    options.socket = socket;
    options.port = (guint)CLAMP(port, 1, 65535);
    options.user = user;
    options.password = password;
    options.database = database;
    options.connect_timeout_s = (guint)CLAMP(connect_timeout, 1, 86400);
    options.read_timeout_s = (guint)CLAMP(read_timeout, 1, 86400);
    self->mysql = tg_mysql_open(&options, error);
    return self->mysql != NULL;
}

static gboolean run_hook(MysqlInput *self, const char *key, GError **error)
{
    g_autofree char *sql = NULL;

    return tg_params_dup_text_or(self->config, key, NULL, &sql, error) &&
           (sql == NULL || tg_mysql_execute(self->mysql, sql, error));
}

static gboolean open_with(MysqlInput *self, GError **error)
{
    g_autofree char *lossy = NULL;
    g_autofree char *sql = NULL;

    if (!tg_params_get_boolean(self->config, "incremental", FALSE, &self->incremental, error) ||
        !tg_params_dup_text_or(self->config, "lossy", "refuse", &lossy, error) ||
        !tg_params_dup_text_or(self->config, "after_select", NULL, &self->after_select, error) ||
        !connect_server(self, error) || !run_hook(self, "before_setup", error)) {
        return FALSE;
    }
    self->plan.exact = tg_loader_context_job(self->context)->exact_types;
    self->plan.is_lossy = strcmp(lossy, "allow") == 0;
    sql = build_query(self, error);
    if (sql == NULL || !run_hook(self, "before_select", error)) {
        return FALSE;
    }
    tg_loader_log(self->context, TG_LOADER_INFO, "SQL: %s", sql);
    self->cursor = tg_mysql_query(self->mysql, sql, error);
    return self->cursor != NULL &&
           mysql_plan_read(&self->plan, self->cursor, self->config, self->input.schema, error) &&
           find_incremental_columns(self, error);
}

static TgInput *input_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgInputClass class = {
        .open_task = input_open_task, .finish = input_finish, .free = input_free};
    MysqlInput *self = g_new0(MysqlInput, 1);
    g_autoptr(TgInput) input = &self->input;

    self->input.class = &class;
    self->input.schema = tg_schema_new();
    self->input.task_count = 1;
    self->input.bytes_expected = -1;
    self->context = context;
    self->config = config;
    g_mutex_init(&self->mutex);
    if (!open_with(self, error)) {
        return NULL;
    }
    self->config = NULL;
    return g_steal_pointer(&input);
}

static const TgLoaderOption options[] = {
    {"host", "text", "localhost", "The server."},
    {"port", "integer", "3306", "Its port."},
    {"socket", "text", "null", "A Unix socket instead of host and port (not in Embulk)."},
    {"user", "text", NULL, "Who connects."},
    {"password", "text", "", "The password; never shown."},
    {"database", "text", NULL, "The database."},
    {"ssl", "text", "disable", "disable, enable or verify."},
    {"table", "text", "null", "The table; or give query."},
    {"query", "text", "null", "The SELECT; or give table."},
    {"select", "text", "*", "Columns of the table."},
    {"where", "text", "null", "Which rows of the table."},
    {"order_by", "text", "null", "Their order."},
    {"columns", "list", "null", "Accepted for older configs."},
    {"column_options", "map", "{}", "By column: type, value_type, timestamp_format, timezone."},
    {"default_column_options", "map", "{}", "Accepted for older configs."},
    {"default_timezone", "text", "UTC", "Zone of timestamps that become texts."},
    {"incremental", "boolean", "false", "Go on behind the last record of the previous run."},
    {"incremental_columns", "list", "primary key", "By what rows are ordered for that."},
    {"last_record", "list", "null", "Their values in the last record."},
    {"before_setup", "text", "null", "A statement to run first."},
    {"before_select", "text", "null", "A statement to run before the query."},
    {"after_select", "text", "null", "A statement to run when all rows are written."},
    {"connect_timeout", "integer", "300", "Seconds to connect."},
    {"socket_timeout", "integer", "1800", "Seconds to wait for the server."},
    {"fetch_rows", "integer", "10000", "Accepted; rows are streamed."},
    {"options", "map", "{}", "Accepted; options of Java's driver."},
    {"lossy", "text", "refuse", "allow: zero dates become null."},
    {"use_legacy_datetime_code", "boolean", "false", "Accepted; an option of Java's driver."},
    {"driver_path", "text", "null", "Accepted; there is no Java driver."},
    {0}};

const TgInputPlugin tg_input_mysql = {.name = "mysql",
                                      .help = "A table or a query of MySQL or MariaDB.",
                                      .options = options,
                                      .open = input_open};

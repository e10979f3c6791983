/* in mysql: the rows of a table or a query (embulk-input-mysql). A large table is read by several
 * connections at a time, in one snapshot. */
#include "loader/input/mysql.h"

#include <string.h>

#include "params/params.h"

char *mysql_quote_name(gpointer data G_GNUC_UNUSED, const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "`", -1);
    g_autofree char *doubled = g_strjoinv("``", parts);

    return g_strconcat("`", doubled, "`", NULL);
}

static char *quote_text(gpointer data, const char *text)
{
    return tg_mysql_quote(data, text, strlen(text));
}

static TgReader *input_open_task(TgInput *input, guint task G_GNUC_UNUSED,
                                 GError **error G_GNUC_UNUSED)
{
    return mysql_read_open((MysqlInput *)input);
}

static json_t *input_finish(TgInput *input, GError **error)
{
    MysqlInput *self = (MysqlInput *)input;

    if (self->after_select != NULL &&
        !tg_mysql_execute(self->lanes[0].mysql, self->after_select, error)) {
        return NULL;
    }
    return tg_database_query_position(&self->query, error);
}

static json_t *input_position(const TgInput *input, GError **error)
{
    return tg_database_query_position(&((const MysqlInput *)input)->query, error);
}

static void input_free(TgInput *input)
{
    MysqlInput *self = (MysqlInput *)input;

    for (guint i = 0; i < TG_LANES_MAX; i++) {
        tg_mysql_statement_free(self->lanes[i].statement);
        tg_mysql_free(self->lanes[i].mysql);
    }
    tg_mysql_config_clear(&self->server);
    mysql_plan_clear(&self->plan);
    tg_database_query_clear(&self->query);
    g_free(self->sql);
    g_free(self->after_select);
    g_free(self->split_column);
    g_free(self->position);
    tg_lanes_clear(&self->turns);
    g_free(self);
}

/* --- the query --- */

static gboolean use_primary_key(MysqlInput *self, GError **error)
{
    TgMysql *mysql = self->lanes[0].mysql;
    const char *table =
        self->query.table == NULL ? "" : self->query.table; /* a query names columns */
    g_autofree char *quoted = tg_mysql_quote(mysql, table, strlen(table));
    g_autofree char *sql =
        g_strdup_printf("SELECT column_name FROM information_schema.key_column_usage WHERE "
                        "constraint_name = 'PRIMARY' AND table_schema = database() AND table_name "
                        "= %s ORDER BY ordinal_position",
                        quoted);
    g_autoptr(GPtrArray) rows = tg_mysql_fetch(mysql, sql, error);

    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        char **row = g_ptr_array_index(rows, i);

        if (!tg_database_query_add_column(&self->query, row[0], error)) {
            return FALSE;
        }
    }
    if (rows != NULL && rows->len == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the table '%s' has no primary key: name 'incremental_columns'",
                    self->query.table);
        return FALSE;
    }
    return rows != NULL;
}

static gboolean build_sql(MysqlInput *self, GError **error)
{
    TgDatabaseDialect dialect = {
        .quote_name = mysql_quote_name, .quote_text = quote_text, .data = self->lanes[0].mysql};
    g_autofree char *table =
        self->query.table == NULL ? NULL : mysql_quote_name(NULL, self->query.table);

    if (tg_database_query_needs_key(&self->query) && !use_primary_key(self, error)) {
        return FALSE;
    }
    self->sql = tg_database_query_to_sql(&self->query, &dialect, table, error);
    return self->sql != NULL;
}

/* The columns that an incremental load goes on with are kept as the server writes them. */
static void keep_texts(MysqlInput *self)
{
    for (guint i = 0; self->query.is_incremental && i < self->query.count + self->query.key_count;
         i++) {
        guint column = self->query.columns[i];

        if (self->plan.columns[column].kind > TG_MYSQL_INT64) {
            self->plan.forms[column] = TG_MYSQL_AS_TEXT;
        }
    }
}

/* Starts the query, or asks what a split would give; either way the columns are known then. */
static gboolean describe(MysqlInput *self, GError **error)
{
    MysqlLane *lane = &self->lanes[0];
    gboolean has_splits = self->turns.splits > 1;
    g_autofree char *sql = g_strconcat(self->sql, has_splits ? " LIMIT 0" : "", NULL);

    lane->statement = tg_mysql_prepare(lane->mysql, sql, error);
    if (lane->statement == NULL ||
        !mysql_plan_read(&self->plan, lane->statement, self->config, self->input.schema, error) ||
        !tg_database_query_find_columns(&self->query, self->input.schema, error)) {
        return FALSE;
    }
    keep_texts(self);
    if (has_splits) {
        g_clear_pointer(&lane->statement, tg_mysql_statement_free);
        return TRUE;
    }
    tg_lanes_set_started(&self->turns, 0);
    return tg_mysql_statement_run(lane->statement, self->plan.forms, error);
}

/* --- opening --- */

static gboolean connect_server(MysqlInput *self, GError **error)
{
    gboolean exact = tg_loader_context_job(self->context)->exact_types;

    if (tg_mysql_config_read(&self->server, self->config, exact, error)) {
        self->lanes[0].mysql = tg_mysql_open(&self->server.options, error);
    }
    return self->lanes[0].mysql != NULL;
}

static gboolean run_hook(MysqlInput *self, const char *key, GError **error)
{
    g_autofree char *sql = NULL;

    return tg_params_dup_text_or(self->config, key, NULL, &sql, error) &&
           (sql == NULL || tg_mysql_execute(self->lanes[0].mysql, sql, error));
}

static gboolean open_with(MysqlInput *self, GError **error)
{
    g_autofree char *lossy = NULL;

    if (!tg_params_dup_text_or(self->config, "lossy", "refuse", &lossy, error) ||
        !tg_params_dup_text_or(self->config, "after_select", NULL, &self->after_select, error) ||
        !tg_database_query_read(&self->query, self->config, error) ||
        !connect_server(self, error) || !run_hook(self, "before_setup", error)) {
        return FALSE;
    }
    self->plan.exact = tg_loader_context_job(self->context)->exact_types;
    self->plan.is_lossy = strcmp(lossy, "allow") == 0;
    if (!build_sql(self, error) || !run_hook(self, "before_select", error)) {
        return FALSE;
    }
    tg_loader_log(self->context, TG_LOADER_INFO, "SQL: %s", self->sql);
    return mysql_split_plan(self, error) && describe(self, error);
}

static TgInput *input_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    static const TgInputClass class = {.open_task = input_open_task,
                                       .get_position = input_position,
                                       .finish = input_finish,
                                       .free = input_free};
    MysqlInput *self = g_new0(MysqlInput, 1);
    g_autoptr(TgInput) input = &self->input;

    self->input.class = &class;
    self->input.schema = tg_schema_new();
    self->input.task_count = 1;
    self->input.bytes_expected = -1;
    self->context = context;
    self->config = config;
    tg_lanes_init(&self->turns, 1, 1);
    if (!open_with(self, error)) {
        return NULL;
    }
    self->config = NULL;
    return g_steal_pointer(&input);
}

static const TgLoaderOption options[] = {
    TG_MYSQL_CONFIG_OPTIONS,
    TG_DATABASE_QUERY_OPTIONS,
    TG_DATABASE_COLUMN_OPTIONS,
    {"splits", "text", "auto",
     "Ranges of the key that are read at a time, in one snapshot; 1: one after the other."},
    {"split_column", "text", "first column of the primary key", "What the ranges are of."},
    {"columns", "list", "null", "Accepted for older configs."},
    {"before_setup", "text", "null", "A statement to run first."},
    {"before_select", "text", "null", "A statement to run before the query."},
    {"after_select", "text", "null", "A statement to run when all rows are written."},
    {"fetch_rows", "integer", "10000", "Accepted; rows are streamed."},
    {"lossy", "text", "refuse", "allow: zero dates become null."},
    {"use_legacy_datetime_code", "boolean", "false", "Accepted; an option of Java's driver."},
    {0}};

const TgInputPlugin tg_input_mysql = {.name = "mysql",
                                      .help = "A table or a query of MySQL or MariaDB.",
                                      .options = options,
                                      .open = input_open};

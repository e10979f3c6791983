/* in postgresql, redshift: the rows of a table or a query (embulk-input-postgresql, -redshift). A
 * large table is read by several connections at a time, in one snapshot. */
#include "loader/input/postgresql.h"

#include <string.h>

#include "params/params.h"

#define PORT_DEFAULT 5432
#define REDSHIFT_PORT_DEFAULT 5439
#define STATEMENT_MS_MAX ((gint64)86400 * 1000)
#define SPLIT_PAGES 4096        /* of 8 KiB: a split of 32 MiB */
#define TID_SCAN_VERSION 140000 /* since then a range of ctid reads that range alone */

static TgReader *input_open_task(TgInput *input, guint task G_GNUC_UNUSED,
                                 GError **error G_GNUC_UNUSED)
{
    return pg_read_open((PgInput *)input);
}

static json_t *input_finish(TgInput *input, GError **error)
{
    PgInput *self = (PgInput *)input;
    TgPostgresql *server = self->lanes[0].server;

    if (!tg_postgresql_execute(server, "COMMIT", NULL, error) ||
        (self->after_select != NULL &&
         !tg_postgresql_execute(server, self->after_select, NULL, error))) {
        return NULL;
    }
    return tg_database_query_position(&self->query, error);
}

static json_t *input_position(const TgInput *input, GError **error)
{
    return tg_database_query_position(&((const PgInput *)input)->query, error);
}

static void input_free(TgInput *input)
{
    PgInput *self = (PgInput *)input;

    for (guint i = 0; i < TG_LANES_MAX; i++) {
        pg_lane_clear(&self->lanes[i]);
        g_free(self->snapshots[i]);
    }
    tg_postgresql_config_clear(&self->server);
    g_free(self->application_name);
    pg_plan_clear(&self->plan);
    tg_database_query_clear(&self->query);
    g_free(self->sql);
    g_free(self->select);
    g_free(self->after_select);
    tg_lanes_clear(&self->turns);
    g_free(self);
}

/* --- the statement --- */

static char *quote_name(gpointer data, const char *name)
{
    return tg_postgresql_quote_name(data, name, NULL);
}

static char *quote_text(gpointer data, const char *text)
{
    return tg_postgresql_quote(data, text, NULL);
}

static gboolean use_primary_key(PgInput *self, const char *quoted_table, GError **error)
{
    g_autoptr(GPtrArray) rows = tg_postgresql_fetch(
        self->lanes[0].server,
        "SELECT a.attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(num, ord), "
        "pg_attribute a WHERE i.indrelid = $1::regclass AND i.indisprimary AND a.attrelid = "
        "i.indrelid AND a.attnum = k.num ORDER BY k.ord",
        &quoted_table, 1, error);

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

/* A query's text must not end in a semicolon: it goes into another statement. */
static void drop_semicolon(char *sql)
{
    g_strchomp(sql);
    while (g_str_has_suffix(sql, ";")) {
        sql[strlen(sql) - 1] = '\0';
        g_strchomp(sql);
    }
}

static gboolean build_sql(PgInput *self, char **out_table, GError **error)
{
    TgPostgresql *server = self->lanes[0].server;
    TgDatabaseDialect dialect = {
        .quote_name = quote_name, .quote_text = quote_text, .data = server};

    if (self->query.query != NULL) {
        drop_semicolon(self->query.query);
    }
    if (self->query.table != NULL) {
        *out_table = tg_postgresql_quote_name(server, self->query.table, error);
        if (*out_table == NULL) {
            return FALSE;
        }
    }
    if (tg_database_query_needs_key(&self->query) && !use_primary_key(self, *out_table, error)) {
        return FALSE;
    }
    self->sql = tg_database_query_to_sql(&self->query, &dialect, *out_table, error);
    return self->sql != NULL;
}

/* --- types --- */

/* Names and categories of the types that the cursor mentions. */
static json_t *read_types(PgInput *self, const TgPostgresqlCursor *cursor, GError **error)
{
    g_autoptr(GString) sql =
        g_string_new("SELECT oid, typcategory, typname FROM pg_type WHERE oid IN (0");
    json_t *types = NULL;

    for (guint i = 0; i < tg_postgresql_cursor_count(cursor); i++) {
        g_string_append_printf(sql, ", %u", tg_postgresql_cursor_field(cursor, i)->type);
    }
    g_string_append_c(sql, ')');
    g_autoptr(GPtrArray) rows =
        tg_postgresql_fetch(self->lanes[1].server, sql->str, NULL, 0, error);

    if (rows == NULL) {
        return NULL;
    }
    types = json_object();
    for (guint i = 0; i < rows->len; i++) {
        char **row = g_ptr_array_index(rows, i);

        json_object_set_new(types, row[0],
                            json_pack("{s:s, s:s}", "category", row[1], "name", row[2]));
    }
    return types;
}

static gboolean describe(PgInput *self, GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT * FROM (%s) AS q LIMIT 0", self->sql);
    g_autoptr(TgPostgresqlCursor) cursor = tg_postgresql_query(self->lanes[0].server, sql, error);
    g_autoptr(json_t) types = cursor == NULL ? NULL : read_types(self, cursor, error);

    return types != NULL &&
           pg_plan_read(&self->plan, cursor, types, self->config, self->input.schema, error) &&
           tg_database_query_find_columns(&self->query, self->input.schema, error);
}

/* --- splits --- */

/* Pages of an ordinary table; 0 for anything else, and for servers that would read all of it for
 * each split. */
static gboolean ask_pages(PgInput *self, const char *quoted_table, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT pg_relation_size(c.oid) / current_setting('block_size')::int FROM pg_class c WHERE "
        "c.oid = $1::regclass AND c.relkind = 'r' AND current_setting('server_version_num')::int "
        ">= "
        "%d",
        TID_SCAN_VERSION);
    g_autoptr(GPtrArray) rows =
        tg_postgresql_fetch(self->lanes[0].server, sql, &quoted_table, 1, error);

    if (rows != NULL && rows->len > 0) {
        char **row = g_ptr_array_index(rows, 0);

        self->pages = g_ascii_strtoll(row[0], NULL, 10);
    }
    return rows != NULL;
}

static gboolean plan_splits(PgInput *self, const char *quoted_table, GError **error)
{
    gint64 wanted = 0;

    self->turns.splits = 1;
    if (!tg_lanes_read_splits(self->config, &wanted, error)) {
        return FALSE;
    }
    if (quoted_table == NULL || self->query.is_incremental || self->query.order_by != NULL ||
        self->is_redshift || wanted == 1) {
        return TRUE;
    }
    if (!ask_pages(self, quoted_table, error)) {
        return FALSE;
    }
    wanted = wanted == 0 ? self->pages / SPLIT_PAGES : wanted;
    self->turns.splits = (guint)CLAMP(MIN(wanted, self->pages), 1, TG_LANES_SPLITS_MAX);
    self->select = g_strdup(self->sql);
    self->has_where = self->query.where != NULL;
    return TRUE;
}

/* --- opening --- */

static gboolean read_server(PgInput *self, GError **error)
{
    guint port = self->is_redshift ? REDSHIFT_PORT_DEFAULT : PORT_DEFAULT;
    gint64 statement_ms = 0;

    if (!tg_postgresql_config_read(&self->server, self->config, port, error) ||
        !tg_params_dup_text_or(self->config, "application_name", NULL, &self->application_name,
                               error) ||
        !tg_params_get_int64(self->config, "statement_timeout_millis", 0, &statement_ms, error) ||
        !tg_params_check_range("statement_timeout_millis", statement_ms, 0, STATEMENT_MS_MAX,
                               error)) {
        return FALSE;
    }
    self->server.options.application_name = self->application_name;
    self->server.options.statement_timeout_s = (guint)((statement_ms + 999) / 1000);
    return TRUE;
}

/* Two connections: the second one answers questions while the first describes the query. */
static gboolean connect_server(PgInput *self, GError **error)
{
    for (guint i = 0; i < 2; i++) {
        self->lanes[i].server = tg_postgresql_open(&self->server.options, error);
        if (self->lanes[i].server == NULL) {
            return FALSE;
        }
    }
    for (guint i = 0; i < TG_LANES_MAX; i++) {
        self->lanes[i].text = g_string_new(NULL);
    }
    return TRUE;
}

static gboolean run_hook(PgInput *self, const char *key, GError **error)
{
    g_autofree char *sql = NULL;

    return tg_params_dup_text_or(self->config, key, NULL, &sql, error) &&
           (sql == NULL || tg_postgresql_execute(self->lanes[0].server, sql, NULL, error));
}

static gboolean open_with(PgInput *self, GError **error)
{
    g_autofree char *lossy = NULL;
    g_autofree char *table = NULL;

    if (!tg_params_dup_text_or(self->config, "lossy", "refuse", &lossy, error) ||
        !tg_params_dup_text_or(self->config, "after_select", NULL, &self->after_select, error) ||
        !tg_database_query_read(&self->query, self->config, error) || !read_server(self, error) ||
        !connect_server(self, error) || !run_hook(self, "before_setup", error)) {
        return FALSE;
    }
    self->plan.exact = tg_loader_context_job(self->context)->exact_types;
    self->plan.is_lossy = strcmp(lossy, "allow") == 0;
    /* what an incremental load goes on with is kept as the server prints it */
    self->plan.is_binary = !self->is_redshift && !self->query.is_incremental;
    if (!build_sql(self, &table, error) || !run_hook(self, "before_select", error) ||
        !tg_postgresql_execute(self->lanes[0].server,
                               self->is_redshift ? "BEGIN" : PG_BEGIN "; " PG_SAME_ORDER, NULL,
                               error)) {
        return FALSE;
    }
    tg_loader_log(self->context, TG_LOADER_INFO, "SQL: %s", self->sql);
    return describe(self, error) && plan_splits(self, table, error) &&
           pg_snapshot_share(self, error);
}

static TgInput *open_input(TgLoaderContext *context, const json_t *config, gboolean is_redshift,
                           GError **error)
{
    static const TgInputClass class = {.open_task = input_open_task,
                                       .get_position = input_position,
                                       .finish = input_finish,
                                       .free = input_free};
    PgInput *self = g_new0(PgInput, 1);
    g_autoptr(TgInput) input = &self->input;

    self->input.class = &class;
    self->input.schema = tg_schema_new();
    self->input.task_count = 1;
    self->input.bytes_expected = -1;
    self->context = context;
    self->config = config;
    self->is_redshift = is_redshift;
    tg_lanes_init(&self->turns, 1, 1);
    if (!open_with(self, error)) {
        return NULL;
    }
    self->config = NULL;
    return g_steal_pointer(&input);
}

static TgInput *postgresql_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    return open_input(context, config, FALSE, error);
}

static TgInput *redshift_open(TgLoaderContext *context, const json_t *config, GError **error)
{
    return open_input(context, config, TRUE, error);
}

#define COMMON_OPTIONS                                                                             \
    TG_POSTGRESQL_CONFIG_OPTIONS,                                                                  \
        {"schema", "text", "public", "Where tables without a schema are looked for."},             \
        {"statement_timeout_millis", "integer", "0", "The server stops a longer statement."},      \
        {"fetch_rows", "integer", "10000", "Accepted; rows are streamed."},                        \
        {"application_name", "text", "tegaru", "How the server lists the session."},               \
        {"before_setup", "text", "null", "A statement to run first."},                             \
        {"before_select", "text", "null", "A statement to run before the query."},                 \
        {"after_select", "text", "null", "A statement to run when all rows are written."},         \
        {"lossy", "text", "refuse", "allow: infinity and NaN of decimals become null."},           \
        TG_DATABASE_QUERY_OPTIONS, TG_DATABASE_COLUMN_OPTIONS

static const TgLoaderOption postgresql_options[] = {
    COMMON_OPTIONS,
    {"port", "integer", "5432", "The server's port."},
    {"splits", "text", "auto",
     "Parts of a table that are read at a time, in one snapshot; 1: one after the other."},
    {0}};

static const TgLoaderOption redshift_options[] = {
    COMMON_OPTIONS, {"port", "integer", "5439", "The server's port."}, {0}};

const TgInputPlugin tg_input_postgresql = {.name = "postgresql",
                                           .help = "A table or a query of PostgreSQL.",
                                           .options = postgresql_options,
                                           .open = postgresql_open};

const TgInputPlugin tg_input_redshift = {.name = "redshift",
                                         .help = "A table or a query of Amazon Redshift.",
                                         .options = redshift_options,
                                         .open = redshift_open};

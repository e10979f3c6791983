/* out mysql: rows into a table of MySQL or MariaDB, by LOAD DATA (embulk-output-mysql). */
#include <string.h>

#include "loader/connection/mysql_config.h"
#include "loader/database_output.h"

typedef struct {
    TgDatabaseServer server;
    TgMysqlConfig config;
} MysqlServer;

static gpointer server_connect(const TgDatabaseServer *server, GError **error)
{
    const MysqlServer *self = (const MysqlServer *)server;
    TgMysql *mysql = tg_mysql_open(&self->config.options, error);

    /* A value that does not fit is refused, as Java's driver asks for. */
    if (mysql != NULL &&
        !tg_mysql_execute(mysql, "SET sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')",
                          error)) {
        tg_mysql_free(mysql);
        return NULL;
    }
    return mysql;
}

static void server_disconnect(gpointer connection)
{
    tg_mysql_free(connection);
}

static gboolean server_execute(gpointer connection, const char *sql, GError **error)
{
    return tg_mysql_execute(connection, sql, error);
}

/* The table's name without its quotes, as a literal. */
static char *literal_of(TgMysql *mysql, const char *table)
{
    g_autofree char *inner = g_strndup(table + 1, strlen(table) - 2);
    g_auto(GStrv) parts = g_strsplit(inner, "``", -1);
    g_autofree char *name = g_strjoinv("`", parts);

    return tg_mysql_quote(mysql, name, strlen(name));
}

static GPtrArray *server_describe(gpointer connection, const char *table, GError **error)
{
    g_autofree char *name = literal_of(connection, table);
    g_autofree char *sql =
        g_strdup_printf("SELECT column_name, column_type FROM information_schema.columns WHERE "
                        "table_schema = database() AND table_name = %s ORDER BY ordinal_position",
                        name);

    return tg_mysql_fetch(connection, sql, error);
}

static GPtrArray *server_find_key(gpointer connection, const char *table, GError **error)
{
    g_autofree char *name = literal_of(connection, table);
    g_autofree char *sql = g_strdup_printf(
        "SELECT column_name FROM information_schema.statistics WHERE table_schema = database() "
        "AND table_name = %s AND index_name = (SELECT index_name FROM "
        "information_schema.statistics WHERE table_schema = database() AND table_name = %s AND "
        "non_unique = 0 ORDER BY index_name <> 'PRIMARY', index_name LIMIT 1) ORDER BY "
        "seq_in_index",
        name, name);

    return tg_mysql_fetch(connection, sql, error);
}

/* --- rows --- */

typedef struct {
    TgDatabaseRows *rows;
    const GString *text;
    gsize used; /* of the text */
} Feed;

static gssize feed_read(gpointer data, char *into, gsize size, GError **error)
{
    Feed *feed = data;

    while (feed->text == NULL || feed->used == feed->text->len) {
        feed->used = 0;
        if (!tg_database_rows_next(feed->rows, &feed->text, error)) {
            return -1;
        }
        if (feed->text == NULL) {
            return 0;
        }
    }
    gsize count = MIN(size, feed->text->len - feed->used);

    memcpy(into, feed->text->str + feed->used, count);
    feed->used += count;
    return (gssize)count;
}

/* Bytes come as hexadecimal and bits as digits: both go through a variable. */
static void append_column(GString *names, GString *sets, const TgDatabaseTarget *column,
                          guint index)
{
    g_autofree char *type = g_ascii_strdown(column->type, -1);
    gboolean is_bytes = strstr(type, "binary") != NULL || strstr(type, "blob") != NULL;
    gboolean is_bits = g_str_has_prefix(type, "bit");

    g_string_append(names, index == 0 ? "" : ", ");
    if (!(is_bytes && column->is_binary) && !is_bits) {
        g_string_append(names, column->quoted);
        return;
    }
    g_string_append_printf(names, "@v%u", index);
    g_string_append_printf(sets, is_bits ? "%s%s = CAST(@v%u AS UNSIGNED)" : "%s%s = UNHEX(@v%u)",
                           sets->len == 0 ? " SET " : ", ", column->quoted, index);
}

static char *load_sql(const TgDatabaseTable *table, const char *into)
{
    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GString) sets = g_string_new(NULL);

    for (guint i = 0; i < table->count; i++) {
        append_column(names, sets, &table->columns[i], i);
    }
    return g_strdup_printf("LOAD DATA LOCAL INFILE 'rows' INTO TABLE %s CHARACTER SET utf8mb4 "
                           "FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY "
                           "'\\n' (%s)%s",
                           into, names->str, sets->str);
}

static gboolean server_load(gpointer connection, const TgDatabaseTable *table, const char *into,
                            TgDatabaseRows *rows, GError **error)
{
    Feed feed = {.rows = rows};
    TgMysqlSource source = {.read = feed_read, .data = &feed};
    g_autofree char *sql = load_sql(table, into);

    if (!tg_mysql_execute(connection, "BEGIN", error)) {
        return FALSE;
    }
    if (tg_mysql_load(connection, sql, &source, error)) {
        return tg_mysql_execute(connection, "COMMIT", error);
    }
    (void)tg_mysql_execute(connection, "ROLLBACK", NULL); /* the first failure is told */
    return FALSE;
}

static char *type_for(TgType type, gboolean exact)
{
    switch (type.id) {
    case TG_TYPE_BOOLEAN:
        return g_strdup("BOOLEAN");
    case TG_TYPE_INT8:
        return g_strdup("TINYINT");
    case TG_TYPE_INT16:
        return g_strdup("SMALLINT");
    case TG_TYPE_INT32:
        return g_strdup("INT");
    case TG_TYPE_INT64:
        return g_strdup("BIGINT");
    case TG_TYPE_UINT8:
        return g_strdup("TINYINT UNSIGNED");
    case TG_TYPE_UINT16:
        return g_strdup("SMALLINT UNSIGNED");
    case TG_TYPE_UINT32:
        return g_strdup("INT UNSIGNED");
    case TG_TYPE_UINT64:
        return g_strdup("BIGINT UNSIGNED");
    case TG_TYPE_FLOAT:
        return g_strdup("FLOAT");
    case TG_TYPE_DOUBLE:
        return g_strdup("DOUBLE PRECISION");
    case TG_TYPE_DECIMAL:
        return g_strdup_printf("DECIMAL(%u,%u)", (guint)type.precision, (guint)type.scale);
    case TG_TYPE_DATE:
        return g_strdup("DATE");
    case TG_TYPE_TIME:
        return g_strdup("TIME(6)");
    case TG_TYPE_TIMESTAMP: /* MySQL's TIMESTAMP ends in 2038 */
        return g_strdup(exact ? "DATETIME(6)" : "TIMESTAMP NULL");
    case TG_TYPE_BINARY:
        return g_strdup("LONGBLOB");
    case TG_TYPE_JSON:
        return g_strdup(exact ? "JSON" : "TEXT");
    case TG_TYPE_STRING:
    default:
        /* the database may have another charset, which holds less */
        return g_strdup(exact ? "LONGTEXT CHARACTER SET utf8mb4" : "TEXT");
    }
}

static void add_merge(const TgDatabaseTable *table, GPtrArray *statements)
{
    g_autofree char *columns = tg_database_list_columns(table, "");
    g_autofree char *sources = tg_database_list_columns(table, "S.");
    g_autofree char *rules = table->rules == NULL ? NULL : g_strjoinv(", ", table->rules);
    g_autoptr(GString) sets = g_string_new(rules);

    for (guint i = 0; rules == NULL && i < table->count; i++) {
        const char *name = table->columns[i].quoted;

        g_string_append_printf(sets, "%s%s = VALUES(%s)", i == 0 ? "" : ", ", name, name);
    }
    g_ptr_array_add(statements,
                    g_strdup_printf("INSERT INTO %s (%s) SELECT %s FROM %s S ORDER BY "
                                    "S.tegaru_row_ ON DUPLICATE KEY UPDATE %s",
                                    table->name, columns, sources, table->stage, sets->str));
}

/* --- opening --- */

static void server_free(TgDatabaseServer *server)
{
    MysqlServer *self = (MysqlServer *)server;

    tg_mysql_config_clear(&self->config);
    g_free(self);
}

static const TgDatabaseServerClass server_class = {.quote = '`',
                                                   .ddl_commits = TRUE,
                                                   .connect = server_connect,
                                                   .disconnect = server_disconnect,
                                                   .execute = server_execute,
                                                   .describe = server_describe,
                                                   .find_key = server_find_key,
                                                   .load = server_load,
                                                   .type_for = type_for,
                                                   .add_merge = add_merge,
                                                   .free = server_free};

static TgOutput *output_open(TgLoaderContext *context, const json_t *config, const TgSchema *schema,
                             guint task_count G_GNUC_UNUSED, GError **error)
{
    MysqlServer *self = g_new0(MysqlServer, 1);

    self->server.class = &server_class;
    if (!tg_mysql_config_read(&self->config, config, tg_loader_context_job(context)->exact_types,
                              error)) {
        tg_database_server_free(&self->server);
        return NULL;
    }
    self->config.options.sends_rows = TRUE;
    return tg_database_output_open(context, config, schema, &self->server, error);
}

static json_t *output_describe(TgLoaderContext *context, const json_t *config,
                               const TgSchema *schema, GError **error G_GNUC_UNUSED)
{
    return tg_database_output_describe(context, config, schema, &server_class);
}

static const TgLoaderOption options[] = {TG_MYSQL_CONFIG_OPTIONS, TG_DATABASE_OUTPUT_OPTIONS, {0}};

const TgOutputPlugin tg_output_mysql = {.name = "mysql",
                                        .help = "A table of MySQL or MariaDB.",
                                        .options = options,
                                        .open = output_open,
                                        .describe = output_describe};

/* out postgresql: rows into a table of PostgreSQL, by COPY (embulk-output-postgresql). */
#include "loader/connection/postgresql_config.h"
#include "loader/database_output.h"
#include "params/params.h"

#define PORT_DEFAULT 5432

typedef struct {
    TgDatabaseServer server;
    TgPostgresqlConfig config;
    char *role; /* NULL: the user's own */
} PgServer;

static gpointer server_connect(const TgDatabaseServer *server, GError **error)
{
    const PgServer *self = (const PgServer *)server;
    g_autoptr(TgPostgresql) connection = tg_postgresql_open(&self->config.options, error);

    if (connection != NULL && self->role != NULL) {
        g_autofree char *role = tg_database_quote(server->class, self->role);
        g_autofree char *sql = g_strdup_printf("SET ROLE %s", role);

        if (!tg_postgresql_execute(connection, sql, NULL, error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&connection);
}

static void server_disconnect(gpointer connection)
{
    tg_postgresql_free(connection);
}

static gboolean server_execute(gpointer connection, const char *sql, GError **error)
{
    return tg_postgresql_execute(connection, sql, NULL, error);
}

static GPtrArray *server_describe(gpointer connection, const char *table, GError **error)
{
    return tg_postgresql_fetch(
        connection,
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid "
        "= to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        &table, 1, error);
}

static GPtrArray *server_find_key(gpointer connection, const char *table, GError **error)
{
    return tg_postgresql_fetch(
        connection,
        "SELECT a.attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(num, ord), "
        "pg_attribute a WHERE i.indrelid = to_regclass($1) AND i.indisprimary AND "
        "a.attrelid = i.indrelid AND a.attnum = k.num ORDER BY k.ord",
        &table, 1, error);
}

static gboolean server_load(gpointer connection, const TgDatabaseTable *table, const char *into,
                            TgDatabaseRows *rows, GError **error)
{
    g_autofree char *columns = tg_database_list_columns(table, "");
    g_autofree char *sql = g_strdup_printf("COPY %s (%s) FROM STDIN", into, columns);
    const GString *text = NULL;

    if (!tg_postgresql_copy_in(connection, sql, error)) {
        return FALSE;
    }
    do {
        if (!tg_database_rows_next(rows, &text, error)) {
            (void)tg_postgresql_copy_end(connection, "the load stopped", NULL, NULL);
            return FALSE;
        }
        if (text != NULL && !tg_postgresql_copy_put(connection, text->str, text->len, error)) {
            return FALSE;
        }
    } while (text != NULL);
    return tg_postgresql_copy_end(connection, NULL, NULL, error);
}

static char *type_for(TgType type, gboolean exact)
{
    switch (type.id) {
    case TG_TYPE_BOOLEAN:
        return g_strdup("boolean");
    case TG_TYPE_INT8:
    case TG_TYPE_UINT8:
    case TG_TYPE_INT16:
        return g_strdup("smallint");
    case TG_TYPE_UINT16:
    case TG_TYPE_INT32:
        return g_strdup("integer");
    case TG_TYPE_UINT32:
    case TG_TYPE_INT64:
        return g_strdup("bigint");
    case TG_TYPE_UINT64:
        return g_strdup("numeric(20,0)");
    case TG_TYPE_FLOAT:
        return g_strdup("real");
    case TG_TYPE_DOUBLE:
        return g_strdup("double precision");
    case TG_TYPE_DECIMAL:
        return g_strdup_printf("numeric(%u,%u)", (guint)type.precision, (guint)type.scale);
    case TG_TYPE_DATE:
        return g_strdup("date");
    case TG_TYPE_TIME: /* MySQL's may be negative or longer than a day */
        return g_strdup("interval");
    case TG_TYPE_TIMESTAMP:
        return g_strdup(type.is_utc ? "timestamp with time zone" : "timestamp");
    case TG_TYPE_BINARY:
        return g_strdup("bytea");
    case TG_TYPE_JSON:
        return g_strdup(exact ? "json" : "text");
    case TG_TYPE_STRING:
    default:
        return g_strdup("text");
    }
}

/* "a.k = b.k AND …" */
static char *match_keys(const TgDatabaseTable *table)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < table->key_count; i++) {
        g_string_append_printf(out, "%s%s.%s = S.%s", i == 0 ? "" : " AND ", table->name,
                               table->keys[i], table->keys[i]);
    }
    return g_string_free(out, FALSE);
}

static char *list_assignments(const TgDatabaseTable *table)
{
    GString *out = g_string_new(NULL);

    if (table->rules != NULL) {
        g_autofree char *rules = g_strjoinv(", ", table->rules);

        g_string_append(out, rules);
        return g_string_free(out, FALSE);
    }
    for (guint i = 0; i < table->count; i++) {
        const char *name = table->columns[i].quoted;

        if (!g_strv_contains((const char *const *)table->keys, name)) {
            g_string_append_printf(out, "%s%s = S.%s", out->len == 0 ? "" : ", ", name, name);
        }
    }
    return g_string_free(out, FALSE);
}

static void add_merge(const TgDatabaseTable *table, GPtrArray *statements)
{
    g_autofree char *columns = tg_database_list_columns(table, "");
    g_autofree char *sources = tg_database_list_columns(table, "S.");
    g_autofree char *keys = g_strjoinv(", ", table->keys);
    g_autofree char *match = match_keys(table);
    g_autofree char *sets = list_assignments(table);
    g_autofree char *newest =
        g_strdup_printf("(SELECT DISTINCT ON (%s) %s FROM %s ORDER BY %s, tegaru_row_ DESC) AS S",
                        keys, columns, table->stage, keys);

    g_ptr_array_add(statements,
                    g_strdup_printf("LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE", table->name));
    if (*sets != '\0') {
        g_ptr_array_add(statements, g_strdup_printf("UPDATE %s SET %s FROM %s WHERE %s",
                                                    table->name, sets, newest, match));
    }
    g_ptr_array_add(statements,
                    g_strdup_printf("INSERT INTO %s (%s) SELECT %s FROM %s WHERE NOT EXISTS "
                                    "(SELECT 1 FROM %s WHERE %s)",
                                    table->name, columns, sources, newest, table->name, match));
}

/* --- opening --- */

static void server_free(TgDatabaseServer *server)
{
    PgServer *self = (PgServer *)server;

    tg_postgresql_config_clear(&self->config);
    g_free(self->role);
    g_free(self);
}

static const TgDatabaseServerClass server_class = {.quote = '"',
                                                   .has_booleans = TRUE,
                                                   .has_offsets = TRUE,
                                                   .bytes_as_text = TRUE,
                                                   .connect = server_connect,
                                                   .disconnect = server_disconnect,
                                                   .execute = server_execute,
                                                   .describe = server_describe,
                                                   .find_key = server_find_key,
                                                   .load = server_load,
                                                   .type_for = type_for,
                                                   .add_merge = add_merge,
                                                   .free = server_free};

static gboolean read_server(PgServer *self, const json_t *config, GError **error)
{
    if (!tg_postgresql_config_read(&self->config, config, PORT_DEFAULT, error) ||
        !tg_params_dup_text_or(config, "temp_schema", NULL, &self->server.stage_schema, error) ||
        !tg_params_dup_text_or(config, "role_name", NULL, &self->role, error)) {
        return FALSE;
    }
    self->server.schema = g_strdup(self->config.schema);
    return TRUE;
}

static TgOutput *output_open(TgLoaderContext *context, const json_t *config, const TgSchema *schema,
                             guint task_count G_GNUC_UNUSED, GError **error)
{
    PgServer *self = g_new0(PgServer, 1);

    self->server.class = &server_class;
    if (!read_server(self, config, error)) {
        tg_database_server_free(&self->server);
        return NULL;
    }
    return tg_database_output_open(context, config, schema, &self->server, error);
}

static json_t *output_describe(TgLoaderContext *context, const json_t *config,
                               const TgSchema *schema, GError **error G_GNUC_UNUSED)
{
    return tg_database_output_describe(context, config, schema, &server_class);
}

static const TgLoaderOption options[] = {
    TG_POSTGRESQL_CONFIG_OPTIONS,
    {"port", "integer", "5432", "The server's port."},
    {"schema", "text", "public", "The schema of the table."},
    {"temp_schema", "text", "as schema", "The schema of intermediate tables."},
    {"role_name", "text", "null", "The role that runs all statements (SET ROLE)."},
    TG_DATABASE_OUTPUT_OPTIONS,
    {0}};

const TgOutputPlugin tg_output_postgresql = {.name = "postgresql",
                                             .help = "A table of PostgreSQL.",
                                             .options = options,
                                             .open = output_open,
                                             .describe = output_describe};

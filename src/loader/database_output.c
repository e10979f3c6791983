/* A load into a table as a transaction: rows go into an intermediate table, one step makes them
 * visible. */
#include "loader/database_output.h"

#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "params/params.h"

#define STAGE_NAME_BYTES_MAX 40 /* of the table's name in that of the intermediate one */
#define STAGE_ID_CHARACTERS 12
#define RETRIES_MAX 100

typedef struct {
    TgOutput output;
    TgLoaderContext *context;
    TgDatabaseServer *server;
    gpointer connection;
    TgDatabaseTable table;
    gboolean exists;    /* the table, when the load began */
    gboolean is_staged; /* the intermediate table is there */
    gint64 retry_limit;
    gint64 retry_wait_ms;
    gint64 retry_wait_max_ms;
    char *isolation; /* a statement for each connection; NULL: none */
} DatabaseOutput;

void tg_database_server_free(TgDatabaseServer *server)
{
    g_free(server->schema);
    g_free(server->stage_schema);
    server->class->free(server);
}

static gboolean execute(DatabaseOutput *self, const char *sql, GError **error)
{
    tg_loader_log(self->context, TG_LOADER_INFO, "SQL: %s", sql);
    return self->server->class->execute(self->connection, sql, error);
}

/* --- a task --- */

static gpointer connect_server(DatabaseOutput *self, GError **error)
{
    const TgDatabaseServerClass *class = self->server->class;
    gpointer connection = class->connect(self->server, error);

    if (connection != NULL && self->isolation != NULL &&
        !class->execute(connection, self->isolation, error)) {
        class->disconnect(connection);
        return NULL;
    }
    return connection;
}

/* Rows of a task go in by one statement, so that they are in or not. */
static gboolean load_rows(DatabaseOutput *self, gpointer connection, TgRows *rows, GError **error)
{
    g_autoptr(TgCursor) cursor = tg_cursor_new(rows);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GString) scratch = g_string_new(NULL);
    TgDatabaseRows source = {
        .table = &self->table, .cursor = cursor, .text = text, .scratch = scratch};
    const char *into = self->table.stage != NULL ? self->table.stage : self->table.name;

    return self->server->class->load(connection, &self->table, into, &source, error);
}

static gboolean output_run_task(TgOutput *output, guint task G_GNUC_UNUSED, TgRows *rows,
                                json_t **out_report, GError **error)
{
    DatabaseOutput *self = (DatabaseOutput *)output;
    gpointer connection = connect_server(self, error);
    gboolean ok = connection != NULL && load_rows(self, connection, rows, error);

    if (connection != NULL) {
        self->server->class->disconnect(connection);
    }
    *out_report = ok ? json_object() : NULL;
    return ok;
}

/* --- the commit --- */

static void add_insert(const DatabaseOutput *self, GPtrArray *statements)
{
    const TgDatabaseTable *table = &self->table;
    g_autofree char *columns = tg_database_list_columns(table, "");

    if (table->mode == TG_DATABASE_TRUNCATE_INSERT) {
        g_ptr_array_add(statements, g_strdup_printf("DELETE FROM %s", table->name));
    }
    if (table->before_load != NULL) {
        g_ptr_array_add(statements, g_strdup(table->before_load));
    }
    if (table->mode == TG_DATABASE_MERGE) {
        self->server->class->add_merge(table, statements);
    } else if (table->mode != TG_DATABASE_INSERT_DIRECT) {
        g_ptr_array_add(statements, g_strdup_printf("INSERT INTO %s (%s) SELECT %s FROM %s",
                                                    table->name, columns, columns, table->stage));
    }
}

/* The intermediate table takes the place of the table. */
static void add_replace(const DatabaseOutput *self, GPtrArray *statements)
{
    const TgDatabaseTable *table = &self->table;

    if (!self->server->class->ddl_commits) {
        g_ptr_array_add(statements, g_strdup_printf("DROP TABLE IF EXISTS %s", table->name));
        g_ptr_array_add(statements, g_strdup_printf("ALTER TABLE %s RENAME TO %s", table->stage,
                                                    table->bare_name));
        return;
    }
    if (!self->exists) {
        g_ptr_array_add(statements,
                        g_strdup_printf("RENAME TABLE %s TO %s", table->stage, table->name));
        return;
    }
    /* One statement, so that there is never no table; the new one's name becomes that of the old.
     */
    g_autofree char *away = g_strndup(table->stage, strlen(table->stage) - 1);

    g_ptr_array_add(statements,
                    g_strdup_printf("RENAME TABLE %s TO %s_old%c, %s TO %s", table->name, away,
                                    self->server->class->quote, table->stage, table->name));
    g_ptr_array_add(statements,
                    g_strdup_printf("DROP TABLE %s_old%c", away, self->server->class->quote));
}

/* Whether the table is made with the commit. */
static gboolean needs_table(const DatabaseOutput *self)
{
    return !self->exists && self->table.stage != NULL && self->table.mode != TG_DATABASE_REPLACE;
}

static char *create_table(const DatabaseOutput *self)
{
    return tg_database_create_sql(&self->table, "TABLE IF NOT EXISTS", self->table.name, TRUE);
}

static GPtrArray *list_statements(const DatabaseOutput *self)
{
    GPtrArray *statements = g_ptr_array_new_with_free_func(g_free);

    if (self->table.mode == TG_DATABASE_REPLACE) {
        add_replace(self, statements);
    } else {
        if (needs_table(self) && !self->server->class->ddl_commits) {
            g_ptr_array_add(statements, create_table(self));
        }
        add_insert(self, statements);
    }
    if (self->table.after_load != NULL) {
        g_ptr_array_add(statements, g_strdup(self->table.after_load));
    }
    return statements;
}

static gboolean run_transaction(DatabaseOutput *self, const GPtrArray *statements, GError **error)
{
    if (!execute(self, "BEGIN", error)) {
        return FALSE;
    }
    for (guint i = 0; i < statements->len; i++) {
        if (!execute(self, g_ptr_array_index(statements, i), error)) {
            return FALSE;
        }
    }
    return execute(self, "COMMIT", error);
}

/* A deadlock is tried again; what else fails, or a connection that is gone, is told. */
static gboolean run_commit(DatabaseOutput *self, GError **error)
{
    g_autoptr(GPtrArray) statements = list_statements(self);
    gint64 wait_ms = self->retry_wait_ms;

    for (gint64 retries = 0;; retries++) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(GError) ignored = NULL;

        if (run_transaction(self, statements, &problem)) {
            return TRUE;
        }
        if (!execute(self, "ROLLBACK", &ignored) || !tg_error_is_retryable(problem) ||
            retries >= self->retry_limit) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
        tg_loader_log(self->context, TG_LOADER_WARN, "%s; tried again in %" G_GINT64_FORMAT " ms",
                      problem->message, wait_ms);
        (void)tg_clock_pause(wait_ms, NULL); /* a cancel is looked for before it */
        wait_ms = MIN(wait_ms * 2, self->retry_wait_max_ms);
        if (!tg_loader_check_cancelled(self->context, error)) {
            return FALSE;
        }
    }
}

static gboolean drop_stage(DatabaseOutput *self, GError **error)
{
    g_autofree char *sql = g_strdup_printf("DROP TABLE IF EXISTS %s", self->table.stage);

    self->is_staged = FALSE;
    return execute(self, sql, error);
}

static gboolean output_commit(TgOutput *output, const json_t *reports G_GNUC_UNUSED,
                              json_t *receipt, json_t **out_diff, GError **error)
{
    DatabaseOutput *self = (DatabaseOutput *)output;

    if (needs_table(self) && self->server->class->ddl_commits) {
        g_autofree char *sql = create_table(self);

        if (!execute(self, sql, error)) {
            return FALSE;
        }
    }
    if (!run_commit(self, error)) {
        return FALSE;
    }
    self->is_staged = self->is_staged && self->table.mode != TG_DATABASE_REPLACE;
    if (self->is_staged && !drop_stage(self, error)) {
        return FALSE;
    }
    json_object_set_new(receipt, "table", json_string(self->table.name));
    *out_diff = json_object();
    return TRUE;
}

static void output_free(TgOutput *output)
{
    DatabaseOutput *self = (DatabaseOutput *)output;
    const TgDatabaseServerClass *class = self->server->class;
    g_autoptr(GError) problem = NULL;

    if (self->is_staged) {
        /* A new connection: the old one may be what failed. */
        gpointer connection = class->connect(self->server, &problem);

        g_clear_pointer(&self->connection, class->disconnect);
        self->connection = connection;
        if (connection == NULL || !drop_stage(self, &problem)) {
            tg_loader_log(self->context, TG_LOADER_WARN,
                          "the intermediate table %s is left behind: %s", self->table.stage,
                          problem->message);
        }
    }
    g_clear_pointer(&self->connection, class->disconnect);
    tg_database_table_clear(&self->table);
    g_free(self->isolation);
    tg_database_server_free(self->server);
    g_free(self);
}

/* --- opening --- */

static gboolean read_mode(const json_t *config, TgDatabaseMode *out, GError **error)
{
    static const struct {
        const char *name;
        TgDatabaseMode mode;
    } modes[] = {{"insert", TG_DATABASE_INSERT},
                 {"insert_direct", TG_DATABASE_INSERT_DIRECT},
                 {"truncate_insert", TG_DATABASE_TRUNCATE_INSERT},
                 {"replace", TG_DATABASE_REPLACE},
                 {"merge", TG_DATABASE_MERGE},
                 {"merge_direct", TG_DATABASE_MERGE}};
    g_autofree char *text = tg_params_dup_text(config, "mode", error);

    for (gsize i = 0; text != NULL && i < G_N_ELEMENTS(modes); i++) {
        if (g_ascii_strcasecmp(text, modes[i].name) == 0) {
            *out = modes[i].mode;
            return TRUE;
        }
    }
    if (text != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'mode' must be insert, insert_direct, truncate_insert, replace, merge or "
                    "merge_direct, not '%s'",
                    text);
    }
    return FALSE;
}

static gboolean read_isolation(DatabaseOutput *self, const json_t *config, GError **error)
{
    static const char *const levels[] = {"read_uncommitted", "read_committed", "repeatable_read",
                                         "serializable", NULL};
    g_autofree char *text = NULL;

    if (!tg_params_dup_text_or(config, "transaction_isolation", NULL, &text, error)) {
        return FALSE;
    }
    if (text == NULL) {
        return TRUE;
    }
    if (!g_strv_contains(levels, text)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'transaction_isolation' must be read_uncommitted, read_committed, "
                    "repeatable_read or serializable, not '%s'",
                    text);
        return FALSE;
    }
    g_strdelimit(text, "_", ' ');
    self->isolation =
        g_strdup_printf(self->server->class->ddl_commits
                            ? "SET SESSION TRANSACTION ISOLATION LEVEL %s"
                            : "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL %s",
                        text);
    return TRUE;
}

/* The texts of a list; NULL when it is not there. */
static gboolean read_list(const json_t *config, const char *key, char ***out, GError **error)
{
    const json_t *list = json_object_get(config, key);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    json_t *text = NULL;
    size_t index = 0;

    if (list == NULL || json_is_null(list)) {
        return TRUE;
    }
    json_array_foreach (list, index, text) {
        if (!json_is_string(text)) {
            break;
        }
        g_ptr_array_add(texts, g_strdup(json_string_value(text)));
    }
    if (!json_is_array(list) || texts->len != json_array_size(list)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'%s' must be a list of texts", key);
        return FALSE;
    }
    g_ptr_array_add(texts, NULL);
    *out = (char **)g_ptr_array_free(g_steal_pointer(&texts), FALSE);
    return TRUE;
}

static gboolean read_options(DatabaseOutput *self, const json_t *config, GError **error)
{
    TgDatabaseTable *table = &self->table;

    if (!read_mode(config, &table->mode, error) || !read_isolation(self, config, error) ||
        !tg_params_dup_text_or(config, "create_table_constraint", NULL, &table->constraint,
                               error) ||
        !tg_params_dup_text_or(config, "create_table_option", NULL, &table->option, error) ||
        !tg_params_dup_text_or(config, "before_load", NULL, &table->before_load, error) ||
        !tg_params_dup_text_or(config, "after_load", NULL, &table->after_load, error) ||
        !read_list(config, "merge_keys", &table->keys, error) ||
        !read_list(config, "merge_rule", &table->rules, error) ||
        !tg_params_get_int64(config, "retry_limit", 12, &self->retry_limit, error) ||
        !tg_params_get_int64(config, "retry_wait", 1000, &self->retry_wait_ms, error) ||
        !tg_params_get_int64(config, "max_retry_wait", 1800000, &self->retry_wait_max_ms, error)) {
        return FALSE;
    }
    self->retry_limit = CLAMP(self->retry_limit, 0, RETRIES_MAX);
    self->retry_wait_ms = MAX(self->retry_wait_ms, 1);
    if (table->mode == TG_DATABASE_REPLACE && table->before_load != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'before_load' cannot be had with mode replace, which makes a new table");
        return FALSE;
    }
    if (table->mode == TG_DATABASE_REPLACE && self->server->stage_schema != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'temp_schema' cannot be had with mode replace, which renames a table");
        return FALSE;
    }
    return TRUE;
}

static char *qualify(const DatabaseOutput *self, const char *schema, const char *name)
{
    const TgDatabaseServerClass *class = self->server->class;
    g_autofree char *quoted = tg_database_quote(class, name);
    g_autofree char *folder = schema == NULL ? NULL : tg_database_quote(class, schema);

    return folder == NULL ? g_steal_pointer(&quoted) : g_strconcat(folder, ".", quoted, NULL);
}

static gboolean read_names(DatabaseOutput *self, const json_t *config, GError **error)
{
    const TgDatabaseServer *server = self->server;
    g_autofree char *name = tg_params_dup_text(config, "table", error);

    if (name == NULL) {
        return FALSE;
    }
    self->table.name = qualify(self, server->schema, name);
    self->table.bare_name = tg_database_quote(server->class, name);
    if (self->table.mode != TG_DATABASE_INSERT_DIRECT) {
        g_autofree char *id = tg_random_id(STAGE_ID_CHARACTERS);
        g_autofree char *start =
            g_utf8_make_valid(name, (gssize)MIN(strlen(name), STAGE_NAME_BYTES_MAX));
        g_autofree char *stage = g_strdup_printf("%s_%s", start, id);

        self->table.stage = qualify(
            self, server->stage_schema == NULL ? server->schema : server->stage_schema, stage);
    }
    return TRUE;
}

/* The unique key of the table, as a list of names; an error when it has none. */
static gboolean find_key(DatabaseOutput *self, GError **error)
{
    TgDatabaseTable *table = &self->table;
    g_autoptr(GPtrArray) found =
        self->server->class->find_key(self->connection, table->name, error);

    if (found == NULL) {
        return FALSE;
    }
    if (found->len == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    self->exists && self->server->class->ddl_commits
                        ? "the table %s has no primary key, by which MySQL merges rows; add one"
                        : "the table %s has no primary key: name 'merge_keys'",
                    table->name);
        return FALSE;
    }
    g_strfreev(table->keys);
    table->keys = g_new0(char *, found->len + 1);
    for (guint i = 0; i < found->len; i++) {
        table->keys[i] = g_strdup(((char **)g_ptr_array_index(found, i))[0]);
    }
    return TRUE;
}

/* Puts a key into quotes, as the table writes it. */
static gboolean quote_key(DatabaseOutput *self, char **key, GError **error)
{
    for (guint i = 0; i < self->table.count; i++) {
        const TgDatabaseTarget *column = &self->table.columns[i];

        if (g_ascii_strcasecmp(column->name, *key) == 0) {
            g_free(*key);
            *key = g_strdup(column->quoted);
            return TRUE;
        }
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "the merge key '%s' is not among the columns of the load", *key);
    return FALSE;
}

/* Keys of a merge: given, else those of the table; MySQL always takes the table's. */
static gboolean read_keys(DatabaseOutput *self, GError **error)
{
    TgDatabaseTable *table = &self->table;
    gboolean is_ruled = self->exists && self->server->class->ddl_commits;

    if (table->mode != TG_DATABASE_MERGE) {
        return TRUE;
    }
    if ((is_ruled || table->keys == NULL) && !find_key(self, error)) {
        return FALSE;
    }
    for (table->key_count = 0; table->keys[table->key_count] != NULL; table->key_count++) {
        if (!quote_key(self, &table->keys[table->key_count], error)) {
            return FALSE;
        }
    }
    if (table->key_count > 0 && !self->exists && table->constraint == NULL) {
        g_autofree char *names = g_strjoinv(", ", table->keys);

        table->constraint = g_strdup_printf("PRIMARY KEY (%s)", names);
    }
    return TRUE;
}

/* The intermediate table: as the table is, else as it will be. */
static gboolean make_stage(DatabaseOutput *self, GError **error)
{
    TgDatabaseTable *table = &self->table;
    const char *words = self->server->class->ddl_commits || table->mode == TG_DATABASE_REPLACE
                            ? "TABLE"
                            : "UNLOGGED TABLE";
    g_autofree char *sql = NULL;

    if (table->stage == NULL) {
        sql = tg_database_create_sql(table, "TABLE IF NOT EXISTS", table->name, TRUE);
        return self->exists || execute(self, sql, error);
    }
    if (table->mode == TG_DATABASE_REPLACE || !self->exists) {
        sql =
            tg_database_create_sql(table, words, table->stage, table->mode == TG_DATABASE_REPLACE);
    } else {
        g_autofree char *columns = tg_database_list_columns(table, "");

        sql = g_strdup_printf("CREATE %s %s AS SELECT %s FROM %s LIMIT 0", words, table->stage,
                              columns, table->name);
    }
    self->is_staged = execute(self, sql, error);
    if (!self->is_staged || table->mode != TG_DATABASE_MERGE) {
        return self->is_staged;
    }
    /* of several rows with one key the last one counts */
    g_autofree char *counter = g_strdup_printf(
        "ALTER TABLE %s ADD COLUMN tegaru_row_ %s", table->stage,
        self->server->class->ddl_commits ? "BIGINT NOT NULL AUTO_INCREMENT UNIQUE" : "bigserial");

    return execute(self, counter, error);
}

static gboolean open_with(DatabaseOutput *self, const json_t *config, const TgSchema *schema,
                          GError **error)
{
    const TgDatabaseServerClass *class = self->server->class;
    g_autoptr(GPtrArray) existing = NULL;

    if (!read_options(self, config, error) || !read_names(self, config, error)) {
        return FALSE;
    }
    self->connection = connect_server(self, error);
    existing = self->connection == NULL
                   ? NULL
                   : class->describe(self->connection, self->table.name, error);
    if (existing == NULL) {
        return FALSE;
    }
    self->exists = existing->len > 0;
    return tg_database_table_read_columns(&self->table, self->context, config, schema, existing,
                                          error) &&
           read_keys(self, error) && make_stage(self, error);
}

TgOutput *tg_database_output_open(TgLoaderContext *context, const json_t *config,
                                  const TgSchema *schema, TgDatabaseServer *take_server,
                                  GError **error)
{
    static const TgOutputClass class = {
        .run_task = output_run_task, .commit = output_commit, .free = output_free};
    DatabaseOutput *self = g_new0(DatabaseOutput, 1);
    g_autoptr(TgOutput) output = &self->output;

    self->output.class = &class;
    self->context = context;
    self->server = take_server;
    self->table.server = take_server->class;
    return open_with(self, config, schema, error) ? g_steal_pointer(&output) : NULL;
}

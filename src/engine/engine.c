/* Opening DuckDB, planning and running queries. */
#include <string.h>

#include "engine/engine_internal.h"

#define MEMORY_DEFAULT_BYTES ((gint64)1 << 30)

TgEngine *tg_engine_new(TgCatalog *catalog, TgObjectStore *objects, const TgEngineOptions *options)
{
    TgEngine *engine = g_new0(TgEngine, 1);

    engine->catalog = catalog;
    engine->objects = objects;
    engine->memory_max_bytes = MEMORY_DEFAULT_BYTES;
    if (options != NULL) {
        engine->threads = options->threads;
        engine->temp_folder = g_strdup(options->temp_folder);
        engine->leave_open = options->leave_open;
        if (options->memory_max_bytes > 0) {
            engine->memory_max_bytes = options->memory_max_bytes;
        }
    }
    g_mutex_init(&engine->mutex);
    engine->macros = g_hash_table_new(NULL, NULL);
    return engine;
}

/* So that a leak checker sees a database that is meant to stay. */
static void keep_reachable(duckdb_database database)
{
    static GMutex mutex;
    static GSList *left_open;

    g_mutex_lock(&mutex);
    left_open = g_slist_prepend(left_open, database);
    g_mutex_unlock(&mutex);
}

void tg_engine_free(TgEngine *engine)
{
    if (engine == NULL) {
        return;
    }
    if (engine->database != NULL && engine->leave_open) {
        keep_reachable(engine->database);
    } else if (engine->database != NULL) {
        engine->api->duckdb_close(&engine->database);
    }
    g_hash_table_unref(engine->macros);
    g_mutex_clear(&engine->mutex);
    g_free(engine->temp_folder);
    g_free(engine);
}

/* ---- opening -------------------------------------------------------------------------------- */

static gboolean open_database(TgEngine *engine, GError **error)
{
    const TgDuckdbApi *api = engine->api;
    g_autofree char *memory =
        g_strdup_printf("%" G_GINT64_FORMAT "MiB", MAX(engine->memory_max_bytes >> 20, 1));
    g_autofree char *threads = g_strdup_printf("%u", engine->threads);
    g_autofree char *temp =
        g_strdup(engine->temp_folder != NULL ? engine->temp_folder : g_get_tmp_dir());
    duckdb_config config = NULL;
    char *message = NULL;

    (void)api->duckdb_create_config(&config);
    (void)api->duckdb_set_config(config, "memory_limit", memory);
    (void)api->duckdb_set_config(config, "temp_directory", temp);
    /* The order of rows is no promise of SQL, and keeping it costs the parallel writer. */
    (void)api->duckdb_set_config(config, "preserve_insertion_order", "false");
    (void)api->duckdb_set_config(config, "autoinstall_known_extensions", "false");
    (void)api->duckdb_set_config(config, "autoload_known_extensions", "false");
    if (engine->threads > 0) {
        (void)api->duckdb_set_config(config, "threads", threads);
    }
    if (api->duckdb_open_ext(NULL, &engine->database, config, &message) != DuckDBSuccess) {
        tg_engine_set_error(error, "opening DuckDB", message);
        engine->database = NULL;
    }
    api->duckdb_free(message);
    api->duckdb_destroy_config(&config);
    return engine->database != NULL;
}

static gboolean prepare_database(TgEngine *engine, GError **error)
{
    duckdb_connection connection = NULL;
    gboolean ok = FALSE;

    if (engine->api->duckdb_connect(engine->database, &connection) != DuckDBSuccess) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot connect to DuckDB");
        return FALSE;
    }
    ok = tg_engine_register_functions(engine->api, connection, error);
    engine->api->duckdb_disconnect(&connection);
    return ok;
}

/* Times with a zone are UTC's. Setting the zone loads DuckDB's tables of zones, which takes 20 ms,
 * so that it is done for queries that can see it alone. */
static gboolean ensure_zone(TgEnginePlan *plan, GError **error)
{
    static const char *const signs[] = {"TIMESTAMPTZ", "timestamptz", "timezone("};
    TgEngineRun run = {plan->api, plan->connection, plan->source_name, NULL};
    gboolean needs_zone = plan->has_zoned_files;

    for (gsize i = 0; i < G_N_ELEMENTS(signs) && !needs_zone; i++) {
        needs_zone = strstr(plan->translation.sql, signs[i]) != NULL;
    }
    return !needs_zone || tg_engine_run(&run, "SET TimeZone = 'UTC'", FALSE, NULL, error);
}

/* ---- macros: making all takes 20 ms, so that each is made when a query first uses it ----------
 */

/* "tg_name(" of "CREATE MACRO tg_name(a, b) AS …". The caller frees. */
static char *macro_call(const char *sql)
{
    const char *name = strstr(sql, "tg_");

    return g_strndup(name, (gsize)(strchr(name, '(') - name) + 1);
}

static gboolean make_macros(TgEngine *engine, duckdb_connection connection, const char *text,
                            guint depth, GError **error);

static gboolean make_from(TgEngine *engine, duckdb_connection connection, const char *const *macros,
                          const char *text, guint depth, GError **error)
{
    for (gsize i = 0; depth < 8 && macros[i] != NULL; i++) {
        const char *sql = macros[i];
        g_autofree char *call = macro_call(sql);
        const char *body = strstr(sql, " AS ");
        duckdb_result result;
        gboolean ok = FALSE;

        if (strstr(text, call) == NULL || g_hash_table_contains(engine->macros, sql)) {
            continue;
        }
        (void)g_hash_table_add(engine->macros, (gpointer)sql);
        if (!make_macros(engine, connection, body, depth + 1, error)) {
            return FALSE;
        }
        ok = engine->api->duckdb_query(connection, sql, &result) == DuckDBSuccess;
        if (!ok) {
            tg_engine_set_error(error, call, engine->api->duckdb_result_error(&result));
        }
        engine->api->duckdb_destroy_result(&result);
        if (!ok) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Makes the macros that the text calls, and first those that they call. */
static gboolean make_macros(TgEngine *engine, duckdb_connection connection, const char *text,
                            guint depth, GError **error)
{
    return make_from(engine, connection, tg_sql_macros, text, depth, error) &&
           make_from(engine, connection, tg_sql_macros_collection, text, depth, error);
}

static gboolean ensure_macros(TgEnginePlan *plan, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&plan->engine->mutex);

    (void)locker;
    return make_macros(plan->engine, plan->connection, plan->translation.sql, 0, error);
}

gboolean tg_engine_open(TgEngine *engine, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&engine->mutex);

    (void)locker;
    if (engine->database != NULL) {
        return TRUE;
    }
    engine->api = tg_duckdb_api_get(error);
    if (engine->api == NULL || !open_database(engine, error)) {
        return FALSE;
    }
    if (!prepare_database(engine, error)) {
        engine->api->duckdb_close(&engine->database);
        engine->database = NULL;
        return FALSE;
    }
    return TRUE;
}

/* ---- plans ---------------------------------------------------------------------------------- */

void tg_engine_plan_free(TgEnginePlan *plan)
{
    if (plan == NULL) {
        return;
    }
    if (plan->connection != NULL) {
        plan->api->duckdb_disconnect(&plan->connection);
    }
    tg_statement_free(plan->owned_statement);
    g_free(plan->columns);
    g_free(plan->source_name);
    g_free(plan->database);
    g_free(plan);
}

static gboolean find_statement(TgEnginePlan *plan, const TgEngineRequest *request, GError **error)
{
    plan->statement = request->statement;
    if (plan->statement == NULL) {
        plan->owned_statement =
            tg_statement_parse(request->sql, strlen(request->sql), plan->source_name, error);
        plan->statement = plan->owned_statement;
    }
    if (plan->statement != NULL && plan->statement->query == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: a SELECT is needed here, not %s",
                    plan->source_name, tg_statement_kind_name(plan->statement->kind));
        return FALSE;
    }
    return plan->statement != NULL;
}

static void fill_columns(TgEnginePlan *plan)
{
    TgSqlArena *arena = plan->statement->arena;

    plan->columns = g_new0(TgEngineColumn, plan->translation.count + 1);
    for (guint i = 0; i < plan->translation.count; i++) {
        const TgSqlColumn *column = &plan->translation.columns[i];

        plan->columns[i].name = column->name;
        plan->columns[i].athena_type = tg_sql_type_trino(arena, column->type);
        plan->columns[i].hive_type = tg_sql_type_hive(arena, column->type);
    }
}

TgEnginePlan *tg_engine_plan(TgEngine *engine, const TgEngineRequest *request, GError **error)
{
    g_autoptr(TgEnginePlan) plan = g_new0(TgEnginePlan, 1);
    TgSqlContext context = {.resolve = tg_engine_resolve, .data = plan, .now_ms = request->now_ms};

    plan->engine = engine;
    plan->source_name = g_strdup(request->source_name == NULL ? "<query>" : request->source_name);
    plan->database = g_strdup(request->database == NULL ? "default" : request->database);
    plan->is_cancelled = request->is_cancelled;
    plan->staged = request->staged;
    if (!find_statement(plan, request, error) || !tg_engine_open(engine, error)) {
        return NULL;
    }
    plan->wants_files = tg_engine_names_files(plan->statement->source_text);
    plan->api = engine->api;
    if (plan->api->duckdb_connect(engine->database, &plan->connection) != DuckDBSuccess) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot connect to DuckDB");
        return NULL;
    }
    if (!tg_sql_translate(plan->statement, &context, &plan->translation, error) ||
        !ensure_macros(plan, error) || !ensure_zone(plan, error)) {
        return NULL;
    }
    fill_columns(plan);
    return g_steal_pointer(&plan);
}

guint tg_engine_plan_column_count(const TgEnginePlan *plan)
{
    return plan->translation.count;
}

const TgEngineColumn *tg_engine_plan_column(const TgEnginePlan *plan, guint column)
{
    return &plan->columns[column];
}

json_t *tg_engine_plan_hive_columns(const TgEnginePlan *plan, GError **error)
{
    json_t *columns = json_array();
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < plan->translation.count; i++) {
        const TgEngineColumn *column = &plan->columns[i];
        char *name = g_utf8_strdown(column->name, -1);

        if (column->hive_type == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "%s: column '%s' is of type %s, which a table cannot hold; cast it",
                        plan->source_name, name, column->athena_type);
        } else if (!g_hash_table_add(names, name)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "%s: two columns have the name '%s'; give one of them another with AS",
                        plan->source_name, column->name);
            name = NULL;
        }
        if (column->hive_type == NULL || name == NULL) {
            g_free(column->hive_type == NULL ? name : NULL);
            json_decref(columns);
            return NULL;
        }
        json_array_append_new(columns,
                              json_pack("{s:s, s:s}", "Name", name, "Type", column->hive_type));
    }
    return columns;
}

gint64 tg_engine_plan_scanned_bytes(const TgEnginePlan *plan)
{
    return plan->scanned_bytes;
}

const char *tg_engine_plan_sql(const TgEnginePlan *plan)
{
    return plan->translation.sql;
}

char *tg_engine_plan_explain(TgEnginePlan *plan, const TgEngineExplain *how, GError **error)
{
    TgEngineRun run = {plan->api, plan->connection, plan->source_name, plan->is_cancelled};
    g_autofree char *sql =
        g_strdup_printf("EXPLAIN (FORMAT %s%s) %s", how->format == NULL ? "text" : how->format,
                        how->is_analyze ? ", ANALYZE" : "", plan->translation.sql);
    duckdb_result result;
    duckdb_data_chunk chunk = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    if (!tg_engine_run(&run, sql, FALSE, &result, error)) {
        return NULL;
    }
    chunk = plan->api->duckdb_fetch_chunk(result);
    if (chunk != NULL) { /* key and text */
        (void)tg_engine_value_append(plan->api, plan->api->duckdb_data_chunk_get_vector(chunk, 1),
                                     0, &tg_sql_type_varchar, text);
    }
    plan->api->duckdb_destroy_data_chunk(&chunk);
    plan->api->duckdb_destroy_result(&result);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

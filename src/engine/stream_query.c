/* DuckDB between a stream of batches and another. */
#include "engine/stream_query.h"

#include <string.h>

#include "engine/batch_scan.h"
#include "engine/engine_internal.h"

#define NAME "query" /* in messages */

struct TgStreamQuery {
    TgBatchScan scan;
    char *sql; /* with casts to types that batches have */
    gboolean exact_types;
    TgSchema *schema;
    duckdb_database database;
    duckdb_connection connection;
    GMutex mutex; /* over what follows */
    duckdb_result result;
    gboolean has_result;
    gboolean has_ended;
};

/* --- types of the result --- */

/* How a type of DuckDB's arrives. */
typedef struct {
    duckdb_type from;
    TgType exact;
    TgTypeId embulk;
    const char *exact_cast;  /* NULL: as it is */
    const char *embulk_cast; /* to one of Embulk's six types; NULL: as it is */
} Arrival;

#define SECONDS                                                                                    \
    {                                                                                              \
        .id = TG_TYPE_TIMESTAMP                                                                    \
    }
#define HUGE_NUMBER                                                                                \
    {                                                                                              \
        .id = TG_TYPE_DECIMAL, .precision = 38                                                     \
    }

static const Arrival arrivals[] = {
    {DUCKDB_TYPE_BOOLEAN, {.id = TG_TYPE_BOOLEAN}, TG_TYPE_BOOLEAN, NULL, NULL},
    {DUCKDB_TYPE_TINYINT, {.id = TG_TYPE_INT8}, TG_TYPE_INT64, NULL, "BIGINT"},
    {DUCKDB_TYPE_SMALLINT, {.id = TG_TYPE_INT16}, TG_TYPE_INT64, NULL, "BIGINT"},
    {DUCKDB_TYPE_INTEGER, {.id = TG_TYPE_INT32}, TG_TYPE_INT64, NULL, "BIGINT"},
    {DUCKDB_TYPE_BIGINT, {.id = TG_TYPE_INT64}, TG_TYPE_INT64, NULL, NULL},
    {DUCKDB_TYPE_UTINYINT, {.id = TG_TYPE_UINT8}, TG_TYPE_INT64, NULL, "BIGINT"},
    {DUCKDB_TYPE_USMALLINT, {.id = TG_TYPE_UINT16}, TG_TYPE_INT64, NULL, "BIGINT"},
    {DUCKDB_TYPE_UINTEGER, {.id = TG_TYPE_UINT32}, TG_TYPE_INT64, NULL, "BIGINT"},
    {DUCKDB_TYPE_UBIGINT, {.id = TG_TYPE_UINT64}, TG_TYPE_INT64, NULL, "BIGINT"},
    {DUCKDB_TYPE_HUGEINT, HUGE_NUMBER, TG_TYPE_INT64, "DECIMAL(38,0)", "BIGINT"},
    {DUCKDB_TYPE_UHUGEINT, HUGE_NUMBER, TG_TYPE_INT64, "DECIMAL(38,0)", "BIGINT"},
    {DUCKDB_TYPE_FLOAT, {.id = TG_TYPE_FLOAT}, TG_TYPE_DOUBLE, NULL, "DOUBLE"},
    {DUCKDB_TYPE_DOUBLE, {.id = TG_TYPE_DOUBLE}, TG_TYPE_DOUBLE, NULL, NULL},
    {DUCKDB_TYPE_DECIMAL, {.id = TG_TYPE_DECIMAL}, TG_TYPE_DOUBLE, NULL, "DOUBLE"},
    {DUCKDB_TYPE_DATE, {.id = TG_TYPE_DATE}, TG_TYPE_TIMESTAMP, NULL, "TIMESTAMP"},
    {DUCKDB_TYPE_TIME, {.id = TG_TYPE_TIME}, TG_TYPE_STRING, NULL, "VARCHAR"},
    {DUCKDB_TYPE_TIMESTAMP, SECONDS, TG_TYPE_TIMESTAMP, NULL, NULL},
    {DUCKDB_TYPE_TIMESTAMP_S, SECONDS, TG_TYPE_TIMESTAMP, "TIMESTAMP", "TIMESTAMP"},
    {DUCKDB_TYPE_TIMESTAMP_MS, SECONDS, TG_TYPE_TIMESTAMP, "TIMESTAMP", "TIMESTAMP"},
    {DUCKDB_TYPE_TIMESTAMP_NS,
     {.id = TG_TYPE_TIMESTAMP, .unit = TG_UNIT_NANO},
     TG_TYPE_TIMESTAMP,
     NULL,
     "TIMESTAMP"},
    {DUCKDB_TYPE_TIMESTAMP_TZ,
     {.id = TG_TYPE_TIMESTAMP, .is_utc = TRUE},
     TG_TYPE_TIMESTAMP,
     NULL,
     NULL},
    {DUCKDB_TYPE_VARCHAR, {.id = TG_TYPE_STRING}, TG_TYPE_STRING, NULL, NULL},
    {DUCKDB_TYPE_BLOB, {.id = TG_TYPE_BINARY}, TG_TYPE_STRING, NULL, "base64"},
    {DUCKDB_TYPE_ENUM, {.id = TG_TYPE_STRING}, TG_TYPE_STRING, "VARCHAR", "VARCHAR"},
    {DUCKDB_TYPE_UUID, {.id = TG_TYPE_STRING}, TG_TYPE_STRING, "VARCHAR", "VARCHAR"},
    {DUCKDB_TYPE_INTERVAL, {.id = TG_TYPE_STRING}, TG_TYPE_STRING, "VARCHAR", "VARCHAR"},
    {DUCKDB_TYPE_LIST, {.id = TG_TYPE_JSON}, TG_TYPE_JSON, "JSON", "JSON"},
    {DUCKDB_TYPE_ARRAY, {.id = TG_TYPE_JSON}, TG_TYPE_JSON, "JSON", "JSON"},
    {DUCKDB_TYPE_STRUCT, {.id = TG_TYPE_JSON}, TG_TYPE_JSON, "JSON", "JSON"},
    {DUCKDB_TYPE_MAP, {.id = TG_TYPE_JSON}, TG_TYPE_JSON, "JSON", "JSON"},
    {DUCKDB_TYPE_SQLNULL, {.id = TG_TYPE_STRING}, TG_TYPE_STRING, "VARCHAR", "VARCHAR"},
};

static gboolean is_json(const TgDuckdbApi *api, duckdb_logical_type type)
{
    char *alias = api->duckdb_logical_type_get_alias(type);
    gboolean found = alias != NULL && strcmp(alias, "JSON") == 0;

    api->duckdb_free(alias);
    return found;
}

/* Type and cast of a column of the result; *out_cast is NULL for none. */
static gboolean find_type(const TgStreamQuery *self, duckdb_logical_type logical, TgType *out,
                          const char **out_cast)
{
    const TgDuckdbApi *api = self->scan.api;
    duckdb_type id = api->duckdb_get_type_id(logical);

    for (gsize i = 0; i < G_N_ELEMENTS(arrivals); i++) {
        const Arrival *arrival = &arrivals[i];

        if (arrival->from != id) {
            continue;
        }
        *out = self->exact_types ? arrival->exact : (TgType){.id = arrival->embulk};
        *out_cast = self->exact_types ? arrival->exact_cast : arrival->embulk_cast;
        if (id == DUCKDB_TYPE_VARCHAR && is_json(api, logical)) {
            out->id = TG_TYPE_JSON;
        } else if (id == DUCKDB_TYPE_DECIMAL && self->exact_types) {
            out->precision = api->duckdb_decimal_width(logical);
            out->scale = api->duckdb_decimal_scale(logical);
        } else if (out->id == TG_TYPE_TIMESTAMP && !self->exact_types) {
            out->unit = TG_UNIT_WIDE;
            out->is_utc = TRUE;
        }
        return TRUE;
    }
    return FALSE;
}

/* --- planning --- */

static gboolean run(const TgStreamQuery *self, const char *sql, GError **error)
{
    TgEngineRun statement = {self->scan.api, self->connection, NAME, NULL};

    return tg_engine_run(&statement, sql, FALSE, NULL, error);
}

/* Column `index` of the result in the select list. @cast NULL: as it is */
static void append_selected(GString *select, guint index, const char *cast)
{
    g_string_append(select, index == 0 ? "" : ", ");
    if (cast == NULL) {
        g_string_append_printf(select, "#%u", index + 1);
    } else if (strcmp(cast, "base64") == 0) {
        g_string_append_printf(select, "base64(#%u)", index + 1);
    } else {
        g_string_append_printf(select, "CAST(#%u AS %s)", index + 1, cast);
    }
}

static gboolean read_column(TgStreamQuery *self, duckdb_prepared_statement prepared, idx_t index,
                            GString *select, GError **error)
{
    const TgDuckdbApi *api = self->scan.api;
    duckdb_logical_type logical =
        api->duckdb_prepared_statement_column_logical_type(prepared, index);
    const char *name = api->duckdb_prepared_statement_column_name(prepared, index);
    const char *cast = NULL;
    TgType type = {0};
    gboolean known = find_type(self, logical, &type, &cast);

    api->duckdb_destroy_logical_type(&logical);
    if (known) {
        (void)tg_schema_append(self->schema, name, type);
        append_selected(select, (guint)index, cast);
    } else {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    NAME ": column '%s' has a type that a load does not know; cast it", name);
    }
    api->duckdb_free((void *)name);
    return known;
}

/* The columns of a prepared query, and the select list that casts them. */
static gboolean read_columns(TgStreamQuery *self, duckdb_prepared_statement prepared,
                             GString *select, GError **error)
{
    idx_t count = self->scan.api->duckdb_prepared_statement_column_count(prepared);

    for (idx_t i = 0; i < count; i++) {
        if (!read_column(self, prepared, i, select, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean plan(TgStreamQuery *self, const char *sql, GError **error)
{
    const TgDuckdbApi *api = self->scan.api;
    g_autofree char *trimmed = g_strstrip(g_strdup(sql));
    g_autofree char *inner = NULL;
    g_autoptr(GString) select = g_string_new("SELECT ");
    duckdb_prepared_statement prepared = NULL;
    gboolean ok = FALSE;

    for (gsize size = strlen(trimmed); size > 0 && trimmed[size - 1] == ';'; size--) {
        trimmed[size - 1] = '\0';
        g_strchomp(trimmed);
    }
    inner = g_strdup_printf("SELECT * FROM (%s\n)", trimmed);
    if (api->duckdb_prepare(self->connection, inner, &prepared) != DuckDBSuccess) {
        tg_engine_set_error(error, NAME, api->duckdb_prepare_error(prepared));
    } else {
        ok = read_columns(self, prepared, select, error);
    }
    api->duckdb_destroy_prepare(&prepared);
    g_string_append_printf(select, " FROM (%s\n)", trimmed);
    self->sql = g_strdup(select->str);
    return ok;
}

static gboolean open_duckdb(TgStreamQuery *self, const TgStreamQueryOptions *options,
                            GError **error)
{
    const TgDuckdbApi *api = self->scan.api;
    g_autoptr(GString) settings = g_string_new(NULL);
    char *problem = NULL;

    if (api->duckdb_open_ext(NULL, &self->database, NULL, &problem) != DuckDBSuccess ||
        api->duckdb_connect(self->database, &self->connection) != DuckDBSuccess) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot start DuckDB: %s",
                    problem == NULL ? "no connection" : problem);
        api->duckdb_free(problem);
        return FALSE;
    }
    g_string_printf(settings, "SET memory_limit = '%" G_GINT64_FORMAT "B'", options->memory_bytes);
    if (!run(self, settings->str, error)) {
        return FALSE;
    }
    g_string_printf(settings, "SET threads = %u", options->threads);
    if (!run(self, settings->str, error)) {
        return FALSE;
    }
    g_string_assign(settings, "SET temp_directory = ");
    tg_engine_append_text(settings, options->temp_folder);
    return run(self, settings->str, error) &&
           run(self, "SET autoinstall_known_extensions = false", error) &&
           run(self, "SET autoload_known_extensions = false", error) &&
           run(self, "SET TimeZone = 'UTC'", error) &&
           (options->input == NULL ||
            (tg_batch_scan_register(&self->scan, self->connection, error) &&
             run(self, "CREATE TEMP VIEW input AS SELECT * FROM tegaru_rows()", error)));
}

TgStreamQuery *tg_stream_query_new(const TgStreamQueryOptions *options, GError **error)
{
    const TgDuckdbApi *api = tg_duckdb_api_get(error);

    if (api == NULL) {
        return NULL;
    }
    g_autoptr(TgStreamQuery) self = g_new0(TgStreamQuery, 1);

    self->scan = (TgBatchScan){
        .api = api, .schema = options->input, .threads = options->threads, .names_json = TRUE};
    tg_batch_scan_init(&self->scan);
    g_mutex_init(&self->mutex);
    self->exact_types = options->exact_types;
    self->schema = tg_schema_new();
    if (!open_duckdb(self, options, error) || !plan(self, options->sql, error)) {
        return NULL;
    }
    return g_steal_pointer(&self);
}

void tg_stream_query_free(TgStreamQuery *query)
{
    if (query == NULL) {
        return;
    }
    const TgDuckdbApi *api = query->scan.api;

    if (query->has_result) {
        api->duckdb_interrupt(query->connection);
        api->duckdb_destroy_result(&query->result);
    }
    api->duckdb_disconnect(&query->connection);
    api->duckdb_close(&query->database);
    tg_batch_scan_clear(&query->scan);
    g_mutex_clear(&query->mutex);
    tg_schema_free(query->schema);
    g_free(query->sql);
    g_free(query);
}

const TgSchema *tg_stream_query_schema(const TgStreamQuery *query)
{
    return query->schema;
}

/* --- running --- */

/* Sets the error of the rows' source, else a better one than DuckDB's own, which is taken. */
static void explain(TgStreamQuery *self, GError *take_problem, GError **error)
{
    g_mutex_lock(&self->scan.mutex);
    GError *of_source = g_steal_pointer(&self->scan.error);

    g_mutex_unlock(&self->scan.mutex);
    if (of_source != NULL) {
        g_propagate_error(error, of_source);
        g_clear_error(&take_problem);
    } else if (strstr(take_problem->message, TG_BATCH_SCAN_TWICE) != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    NAME ": 'input' is read twice, but its rows come only once; begin with "
                         "'WITH i AS MATERIALIZED (FROM input)' and read i");
        g_clear_error(&take_problem);
    } else {
        g_propagate_error(error, take_problem);
    }
}

gboolean tg_stream_query_start(TgStreamQuery *query, const TgBatchSource *source, GError **error)
{
    TgEngineRun statement = {query->scan.api, query->connection, NAME, NULL};
    GError *problem = NULL;

    query->scan.source = source;
    query->has_result = tg_engine_run(&statement, query->sql, TRUE, &query->result, &problem);
    if (!query->has_result) {
        explain(query, problem, error);
    }
    return query->has_result;
}

/* --- from DuckDB's vectors --- */

static TgInt128 get_decimal(const void *data, const TgType *type, guint row)
{
    TgInt128 value = 0;

    if (type->precision <= 4) {
        return ((const gint16 *)data)[row];
    }
    if (type->precision <= 9) {
        return ((const gint32 *)data)[row];
    }
    if (type->precision <= 18) {
        return ((const gint64 *)data)[row];
    }
    memcpy(&value, (const char *)data + row * sizeof value, sizeof value);
    return value;
}

static void set_value(TgVector *into, guint row, const void *data)
{
    gsize size = 0;
    const char *bytes = NULL;

    if (into->offsets != NULL) {
        bytes = tg_engine_string_bytes(&((const duckdb_string_t *)data)[row], &size);
        tg_vector_set_bytes(into, row, bytes, size);
    } else if (into->type.id == TG_TYPE_BOOLEAN) {
        tg_vector_set_boolean(into, row, ((const bool *)data)[row]);
    } else if (into->type.id == TG_TYPE_DECIMAL) {
        tg_vector_set_int128(into, row, get_decimal(data, &into->type, row));
    } else if (into->type.id == TG_TYPE_TIMESTAMP && into->type.unit == TG_UNIT_WIDE) {
        tg_vector_set_int128(into, row, (TgInt128)((const gint64 *)data)[row] * 1000);
    } else {
        tg_vector_set_fixed(into, row, (const char *)data + row * into->width);
    }
}

static void read_vector(const TgDuckdbApi *api, duckdb_vector vector, guint rows, TgVector *into)
{
    uint64_t *validity = api->duckdb_vector_get_validity(vector);
    const void *data = api->duckdb_vector_get_data(vector);

    for (guint row = 0; row < rows; row++) {
        if (validity != NULL && (validity[row / 64] >> (row % 64) & 1u) == 0) {
            tg_vector_set_null(into, row);
        } else {
            set_value(into, row, data);
        }
    }
}

static void read_chunk(const TgDuckdbApi *api, duckdb_data_chunk chunk, guint rows, TgBatch *batch)
{
    tg_batch_reserve(batch, rows);
    for (guint i = 0; i < batch->count; i++) {
        read_vector(api, api->duckdb_data_chunk_get_vector(chunk, i), rows, batch->vectors[i]);
    }
    batch->rows = rows;
}

/* The result has ended: behind its last row, or with an error. */
static void end_result(TgStreamQuery *self, GError **error)
{
    const char *message = self->scan.api->duckdb_result_error(&self->result);
    GError *problem = NULL;

    self->has_ended = TRUE;
    if (message != NULL && *message != '\0') {
        tg_engine_set_error(&problem, NAME, message);
        explain(self, problem, error);
    }
}

/* The next chunk with rows; NULL behind the last, and with an error. */
static duckdb_data_chunk fetch(TgStreamQuery *self, GError **error)
{
    const TgDuckdbApi *api = self->scan.api;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    (void)locker;
    while (!self->has_ended) {
        duckdb_data_chunk chunk = api->duckdb_fetch_chunk(self->result);

        if (chunk == NULL) {
            end_result(self, error);
        } else if (api->duckdb_data_chunk_get_size(chunk) > 0) {
            return chunk;
        } else {
            api->duckdb_destroy_data_chunk(&chunk);
        }
    }
    return NULL;
}

gboolean tg_stream_query_next(TgStreamQuery *query, TgBatch *batch, GError **error)
{
    const TgDuckdbApi *api = query->scan.api;
    GError *problem = NULL;
    duckdb_data_chunk chunk = fetch(query, &problem);

    if (problem != NULL) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    if (chunk != NULL) {
        read_chunk(api, chunk, (guint)api->duckdb_data_chunk_get_size(chunk), batch);
        api->duckdb_destroy_data_chunk(&chunk);
    }
    return TRUE;
}

void tg_stream_query_append_text(GString *sql, const char *text)
{
    tg_engine_append_text(sql, text);
}

void tg_stream_query_append_name(GString *sql, const char *name)
{
    tg_engine_append_name(sql, name);
}

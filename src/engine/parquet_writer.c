/* A table function that hands batches to DuckDB's COPY … TO (FORMAT parquet). */
#include "engine/parquet_writer.h"

#include <string.h>

#include "engine/engine_internal.h"

#define DAY_MICROS ((gint64)86400 * 1000000)

/* One write; shared by DuckDB's threads. */
typedef struct {
    const TgDuckdbApi *api;
    const TgParquetSource *source;
    const TgParquetOptions *options;
    GMutex mutex;  /* over error */
    GError *error; /* the first */
} Write;

typedef struct {
    Write *write;
    gpointer puller;
} Lane;

/* Keeps the first error; DuckDB only learns that there was one. */
static void fail(Write *write, GError *take_error)
{
    g_mutex_lock(&write->mutex);
    if (write->error == NULL) {
        write->error = g_steal_pointer(&take_error);
    }
    g_mutex_unlock(&write->mutex);
    g_clear_error(&take_error);
}

static duckdb_logical_type logical_type(const TgDuckdbApi *api, TgType type)
{
    static const duckdb_type types[] = {
        [TG_TYPE_BOOLEAN] = DUCKDB_TYPE_BOOLEAN,     [TG_TYPE_INT8] = DUCKDB_TYPE_TINYINT,
        [TG_TYPE_INT16] = DUCKDB_TYPE_SMALLINT,      [TG_TYPE_INT32] = DUCKDB_TYPE_INTEGER,
        [TG_TYPE_INT64] = DUCKDB_TYPE_BIGINT,        [TG_TYPE_UINT8] = DUCKDB_TYPE_UTINYINT,
        [TG_TYPE_UINT16] = DUCKDB_TYPE_USMALLINT,    [TG_TYPE_UINT32] = DUCKDB_TYPE_UINTEGER,
        [TG_TYPE_UINT64] = DUCKDB_TYPE_UBIGINT,      [TG_TYPE_FLOAT] = DUCKDB_TYPE_FLOAT,
        [TG_TYPE_DOUBLE] = DUCKDB_TYPE_DOUBLE,       [TG_TYPE_DECIMAL] = DUCKDB_TYPE_DECIMAL,
        [TG_TYPE_DATE] = DUCKDB_TYPE_DATE,           [TG_TYPE_TIME] = DUCKDB_TYPE_TIME,
        [TG_TYPE_TIMESTAMP] = DUCKDB_TYPE_TIMESTAMP, [TG_TYPE_STRING] = DUCKDB_TYPE_VARCHAR,
        [TG_TYPE_BINARY] = DUCKDB_TYPE_BLOB,         [TG_TYPE_JSON] = DUCKDB_TYPE_VARCHAR,
    };

    if (type.id == TG_TYPE_DECIMAL) {
        return api->duckdb_create_decimal_type(type.precision, type.scale);
    }
    if (type.id == TG_TYPE_TIMESTAMP && type.unit == TG_UNIT_NANO) {
        return api->duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP_NS);
    }
    if (type.id == TG_TYPE_TIMESTAMP && type.is_utc) {
        return api->duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP_TZ);
    }
    return api->duckdb_create_logical_type(types[type.id]);
}

static void bind(duckdb_bind_info info)
{
    const TgDuckdbApi *api = tg_duckdb_api_get(NULL);
    Write *write = api->duckdb_bind_get_extra_info(info);
    const TgSchema *schema = write->options->schema;

    for (guint i = 0; i < schema->count; i++) {
        duckdb_logical_type type = logical_type(api, schema->columns[i].type);

        api->duckdb_bind_add_result_column(info, schema->columns[i].name, type);
        api->duckdb_destroy_logical_type(&type);
    }
}

static void init(duckdb_init_info info)
{
    const TgDuckdbApi *api = tg_duckdb_api_get(NULL);
    Write *write = api->duckdb_init_get_extra_info(info);

    api->duckdb_init_set_max_threads(info, write->options->threads);
}

static void lane_free(void *data)
{
    Lane *lane = data;

    lane->write->source->close_puller(lane->puller);
    g_free(lane);
}

static void init_lane(duckdb_init_info info)
{
    const TgDuckdbApi *api = tg_duckdb_api_get(NULL);
    Lane *lane = g_new0(Lane, 1);

    lane->write = api->duckdb_init_get_extra_info(info);
    lane->puller = lane->write->source->open_puller(lane->write->source->source);
    api->duckdb_init_set_init_data(info, lane, lane_free);
}

static void copy_bits(guint8 *into, const guint8 *bits, guint rows)
{
    for (guint i = 0; i < rows; i++) {
        into[i] = (guint8)((guint)(bits[i >> 3u] >> (i & 7u)) & 1u);
    }
}

/* DuckDB borrows longer texts: the batch lives until the next pull, and DuckDB's writer has copied
 * the chunk by then. */
static void lend_texts(duckdb_string_t *into, const TgVector *vector, guint rows)
{
    const char *data = (const char *)vector->data;

    for (guint i = 0; i < rows; i++) {
        const char *text = data + vector->offsets[i];
        guint32 length = (guint32)(vector->offsets[i + 1] - vector->offsets[i]);

        into[i].value.inlined.length = length;
        if (length <= sizeof into[i].value.inlined.inlined) {
            memset(into[i].value.inlined.inlined, 0, sizeof into[i].value.inlined.inlined);
            memcpy(into[i].value.inlined.inlined, text, length);
        } else {
            memcpy(into[i].value.pointer.prefix, text, sizeof into[i].value.pointer.prefix);
            into[i].value.pointer.ptr = (char *)text;
        }
    }
}

static void copy_decimals(void *into, const TgVector *vector, guint rows)
{
    for (guint i = 0; i < rows; i++) {
        TgInt128 value = tg_vector_get_int128(vector, i);

        if (vector->type.precision <= 4) {
            ((gint16 *)into)[i] = (gint16)value;
        } else if (vector->type.precision <= 9) {
            ((gint32 *)into)[i] = (gint32)value;
        } else if (vector->type.precision <= 18) {
            ((gint64 *)into)[i] = (gint64)value;
        } else {
            memcpy((char *)into + i * sizeof value, &value, sizeof value);
        }
    }
}

static gboolean check_times(const TgVector *vector, guint rows, const char *name, GError **error)
{
    for (guint i = 0; i < rows; i++) {
        gint64 micros = tg_vector_get_int64(vector, i);

        if (tg_vector_is_valid(vector, i) && (micros < 0 || micros >= DAY_MICROS)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "column '%s' holds a time of %" G_GINT64_FORMAT
                        " s, but Parquet's time ends at 24 h; load it as a string",
                        name, micros / 1000000);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean copy_vector(const TgDuckdbApi *api, duckdb_vector into, const TgVector *vector,
                            guint rows)
{
    gsize bitmap_bytes = ((gsize)rows + 7) / 8;
    void *data = api->duckdb_vector_get_data(into);

    api->duckdb_vector_ensure_validity_writable(into);
    memcpy(api->duckdb_vector_get_validity(into), vector->validity, bitmap_bytes);
    switch ((int)vector->type.id) {
    case TG_TYPE_BOOLEAN:
        copy_bits(data, vector->data, rows);
        break;
    case TG_TYPE_STRING:
    case TG_TYPE_BINARY:
    case TG_TYPE_JSON:
        lend_texts(data, vector, rows);
        break;
    case TG_TYPE_DECIMAL:
        copy_decimals(data, vector, rows);
        break;
    default:
        memcpy(data, vector->data, rows * vector->width);
        break;
    }
    return TRUE;
}

static gboolean fill_chunk(const Lane *lane, duckdb_data_chunk chunk, const TgBatch *batch,
                           GError **error)
{
    const TgDuckdbApi *api = lane->write->api;
    const TgSchema *schema = lane->write->options->schema;

    g_assert(batch->rows <= api->duckdb_vector_size());
    for (guint i = 0; i < batch->count; i++) {
        const TgVector *vector = batch->vectors[i];

        if (vector->type.id == TG_TYPE_TIME &&
            !check_times(vector, batch->rows, schema->columns[i].name, error)) {
            return FALSE;
        }
        (void)copy_vector(api, api->duckdb_data_chunk_get_vector(chunk, i), vector, batch->rows);
    }
    api->duckdb_data_chunk_set_size(chunk, batch->rows);
    return TRUE;
}

static void pull(duckdb_function_info info, duckdb_data_chunk chunk)
{
    const TgDuckdbApi *api = tg_duckdb_api_get(NULL);
    Lane *lane = api->duckdb_function_get_local_init_data(info);
    const TgBatch *batch = NULL;
    GError *error = NULL;

    if (!lane->write->source->pull(lane->puller, &batch, &error) ||
        (batch != NULL && !fill_chunk(lane, chunk, batch, &error))) {
        fail(lane->write, error);
        api->duckdb_function_set_error(info, "stopped");
        return;
    }
    if (batch == NULL) {
        api->duckdb_data_chunk_set_size(chunk, 0);
    }
}

static gboolean run_sql(Write *write, duckdb_connection connection, const char *sql, GError **error)
{
    duckdb_result result = {0};
    gboolean ok = write->api->duckdb_query(connection, sql, &result) == DuckDBSuccess;

    if (!ok && write->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&write->error));
    } else if (!ok) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot write the Parquet file '%s': %s",
                    write->options->path, write->api->duckdb_result_error(&result));
    }
    write->api->duckdb_destroy_result(&result);
    return ok;
}

static gboolean register_function(Write *write, duckdb_connection connection, GError **error)
{
    const TgDuckdbApi *api = write->api;
    duckdb_table_function function = api->duckdb_create_table_function();

    api->duckdb_table_function_set_name(function, "tegaru_rows");
    api->duckdb_table_function_set_extra_info(function, write, NULL);
    api->duckdb_table_function_set_bind(function, bind);
    api->duckdb_table_function_set_init(function, init);
    api->duckdb_table_function_set_local_init(function, init_lane);
    api->duckdb_table_function_set_function(function, pull);
    gboolean ok = api->duckdb_register_table_function(connection, function) == DuckDBSuccess;

    api->duckdb_destroy_table_function(&function);
    if (!ok) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "DuckDB refuses the table function of rows");
    }
    return ok;
}

static void append_names(GString *sql, const char *const *names)
{
    for (guint i = 0; names[i] != NULL; i++) {
        g_string_append(sql, i == 0 ? "" : ", ");
        tg_engine_append_name(sql, names[i]);
    }
}

static char *copy_statement(const TgParquetOptions *options)
{
    GString *sql = g_string_new("COPY (SELECT * FROM tegaru_rows()");

    if (options->sort_by != NULL) {
        g_string_append(sql, " ORDER BY ");
        append_names(sql, options->sort_by);
    }
    g_string_append(sql, ") TO ");
    tg_engine_append_text(sql, options->path);
    g_string_append_printf(sql, " (FORMAT parquet, COMPRESSION %s", options->compression);
    if (options->partition_by != NULL) {
        g_string_append(sql, ", PARTITION_BY (");
        append_names(sql, options->partition_by);
        g_string_append_c(sql, ')');
    }
    if (options->file_bytes > 0) {
        g_string_append_printf(sql, ", FILE_SIZE_BYTES %" G_GINT64_FORMAT, options->file_bytes);
    }
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

/* Sorted rows must stay so; and a sort may need the disk. */
static char *settings(const TgParquetOptions *options)
{
    GString *sql = g_string_new(NULL);

    g_string_printf(sql,
                    "SET threads = %u; SET memory_limit = '%" G_GINT64_FORMAT
                    "B'; SET preserve_insertion_order = %s; SET temp_directory = ",
                    options->threads, options->memory_bytes,
                    options->sort_by != NULL ? "true" : "false");
    tg_engine_append_text(sql, options->temp_folder == NULL ? "" : options->temp_folder);
    g_string_append_c(sql, ';');
    return g_string_free(sql, FALSE);
}

static gboolean write_with(Write *write, duckdb_connection connection, GError **error)
{
    g_autofree char *copy = copy_statement(write->options);
    g_autofree char *set = settings(write->options);

    return run_sql(write, connection, set, error) && register_function(write, connection, error) &&
           run_sql(write, connection, copy, error);
}

gboolean tg_parquet_write(const TgParquetSource *source, const TgParquetOptions *options,
                          GError **error)
{
    Write write = {.source = source, .options = options, .api = tg_duckdb_api_get(error)};
    duckdb_database database = NULL;
    duckdb_connection connection = NULL;
    char *problem = NULL;
    gboolean ok = FALSE;

    if (write.api == NULL) {
        return FALSE;
    }
    g_mutex_init(&write.mutex);
    if (write.api->duckdb_open_ext(NULL, &database, NULL, &problem) != DuckDBSuccess ||
        write.api->duckdb_connect(database, &connection) != DuckDBSuccess) {
        g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "cannot start DuckDB: %s",
                    problem == NULL ? "no connection" : problem);
    } else {
        ok = write_with(&write, connection, error);
    }
    write.api->duckdb_free(problem);
    write.api->duckdb_disconnect(&connection);
    write.api->duckdb_close(&database);
    g_clear_error(&write.error);
    g_mutex_clear(&write.mutex);
    return ok;
}

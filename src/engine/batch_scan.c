/* Batches as a table of DuckDB's. */
#include "engine/batch_scan.h"

#include <string.h>

#include "engine/engine_internal.h"

#define DAY_MICROS ((gint64)86400 * 1000000)

typedef struct {
    TgBatchScan *scan;
    gpointer puller;
} Lane;

/* Keeps the first error; DuckDB only learns that there was one. */
static void fail(TgBatchScan *scan, GError *take_error)
{
    g_mutex_lock(&scan->mutex);
    if (scan->error == NULL) {
        scan->error = g_steal_pointer(&take_error);
    }
    g_mutex_unlock(&scan->mutex);
    g_clear_error(&take_error);
}

static duckdb_logical_type logical_type(const TgBatchScan *scan, TgType type)
{
    const TgDuckdbApi *api = scan->api;
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
    if (type.id == TG_TYPE_JSON && scan->names_json) {
        duckdb_logical_type json = api->duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);

        api->duckdb_logical_type_set_alias(json, "JSON");
        return json;
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
    const TgBatchScan *scan = api->duckdb_bind_get_extra_info(info);
    const TgSchema *schema = scan->schema;

    for (guint i = 0; i < schema->count; i++) {
        duckdb_logical_type type = logical_type(scan, schema->columns[i].type);

        api->duckdb_bind_add_result_column(info, schema->columns[i].name, type);
        api->duckdb_destroy_logical_type(&type);
    }
}

static void init(duckdb_init_info info)
{
    const TgDuckdbApi *api = tg_duckdb_api_get(NULL);
    TgBatchScan *scan = api->duckdb_init_get_extra_info(info);

    if (g_atomic_int_add(&scan->scans, 1) > 0) {
        api->duckdb_init_set_error(info, TG_BATCH_SCAN_TWICE);
        return;
    }
    api->duckdb_init_set_max_threads(info, scan->threads);
}

static void lane_free(void *data)
{
    Lane *lane = data;

    lane->scan->source->close_puller(lane->puller);
    g_free(lane);
}

static void init_lane(duckdb_init_info info)
{
    const TgDuckdbApi *api = tg_duckdb_api_get(NULL);
    Lane *lane = g_new0(Lane, 1);

    lane->scan = api->duckdb_init_get_extra_info(info);
    lane->puller = lane->scan->source->open_puller(lane->scan->source->source);
    api->duckdb_init_set_init_data(info, lane, lane_free);
}

static void copy_bits(guint8 *into, const guint8 *bits, guint rows)
{
    for (guint i = 0; i < rows; i++) {
        into[i] = (guint8)((guint)(bits[i >> 3u] >> (i & 7u)) & 1u);
    }
}

/* DuckDB borrows longer texts: the batch lives until the next pull, and DuckDB's Parquet writer has
 * copied the chunk by then. */
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

static void copy_texts(const TgDuckdbApi *api, duckdb_vector into, const TgVector *vector,
                       guint rows)
{
    for (guint i = 0; i < rows; i++) {
        gsize size = 0;
        const char *text = tg_vector_get_bytes(vector, i, &size);

        api->duckdb_vector_assign_string_element_len(into, i, text, size);
    }
}

/* DuckDB's timestamps are microseconds: finer digits of Embulk's are cut. */
static gboolean copy_wide_times(gint64 *into, const TgVector *vector, guint rows, GError **error)
{
    for (guint i = 0; i < rows; i++) {
        TgInt128 nanos = tg_vector_is_valid(vector, i) ? tg_vector_get_int128(vector, i) : 0;
        TgInt128 micros = nanos / 1000 - (nanos % 1000 < 0 ? 1 : 0);

        if (micros > G_MAXINT64 / 2 || micros < G_MININT64 / 2) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "a timestamp is beyond the years that DuckDB knows");
            return FALSE;
        }
        into[i] = (gint64)micros;
    }
    return TRUE;
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

static gboolean copy_vector(const TgBatchScan *scan, duckdb_vector into, const TgVector *vector,
                            guint rows, GError **error)
{
    const TgDuckdbApi *api = scan->api;
    void *data = api->duckdb_vector_get_data(into);

    api->duckdb_vector_ensure_validity_writable(into);
    memcpy(api->duckdb_vector_get_validity(into), vector->validity, ((gsize)rows + 7) / 8);
    if (tg_type_is_bytes(vector->type) && scan->lends_texts) {
        lend_texts(data, vector, rows);
    } else if (tg_type_is_bytes(vector->type)) {
        copy_texts(api, into, vector, rows);
    } else if (vector->type.id == TG_TYPE_BOOLEAN) {
        copy_bits(data, vector->data, rows);
    } else if (vector->type.id == TG_TYPE_DECIMAL) {
        copy_decimals(data, vector, rows);
    } else if (vector->type.id == TG_TYPE_TIMESTAMP && vector->type.unit == TG_UNIT_WIDE) {
        return copy_wide_times(data, vector, rows, error);
    } else {
        memcpy(data, vector->data, rows * vector->width);
    }
    return TRUE;
}

static gboolean fill_chunk(const Lane *lane, duckdb_data_chunk chunk, const TgBatch *batch,
                           GError **error)
{
    const TgBatchScan *scan = lane->scan;
    const TgDuckdbApi *api = scan->api;

    g_assert(batch->rows <= api->duckdb_vector_size());
    for (guint i = 0; i < batch->count; i++) {
        const TgVector *vector = batch->vectors[i];

        if ((vector->type.id == TG_TYPE_TIME &&
             !check_times(vector, batch->rows, scan->schema->columns[i].name, error)) ||
            !copy_vector(scan, api->duckdb_data_chunk_get_vector(chunk, i), vector, batch->rows,
                         error)) {
            return FALSE;
        }
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

    if (!lane->scan->source->pull(lane->puller, &batch, &error) ||
        (batch != NULL && !fill_chunk(lane, chunk, batch, &error))) {
        fail(lane->scan, error);
        api->duckdb_function_set_error(info, "stopped");
        return;
    }
    if (batch == NULL) {
        api->duckdb_data_chunk_set_size(chunk, 0);
    }
}

void tg_batch_scan_init(TgBatchScan *scan)
{
    g_mutex_init(&scan->mutex);
}

void tg_batch_scan_clear(TgBatchScan *scan)
{
    g_clear_error(&scan->error);
    g_mutex_clear(&scan->mutex);
}

gboolean tg_batch_scan_register(TgBatchScan *scan, duckdb_connection connection, GError **error)
{
    const TgDuckdbApi *api = scan->api;
    duckdb_table_function function = api->duckdb_create_table_function();

    api->duckdb_table_function_set_name(function, "tegaru_rows");
    api->duckdb_table_function_set_extra_info(function, scan, NULL);
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

/* Scalar functions of ours as DuckDB wants them: a chunk at a time, NULL in gives NULL. */
#include "engine/native.h"

#include <string.h>

static const TgDuckdbApi *native_api; /* set before the first registration; never changes */

TgNativeText tg_native_text(const TgNativeCall *call, guint argument)
{
    TgNativeText text = {NULL, 0};

    text.bytes = tg_engine_string_bytes(&((const duckdb_string_t *)call->data[argument])[call->row],
                                        &text.size);
    return text;
}

gint64 tg_native_int64(const TgNativeCall *call, guint argument)
{
    return ((const gint64 *)call->data[argument])[call->row];
}

gint32 tg_native_int32(const TgNativeCall *call, guint argument)
{
    return ((const gint32 *)call->data[argument])[call->row];
}

double tg_native_double(const TgNativeCall *call, guint argument)
{
    return ((const double *)call->data[argument])[call->row];
}

gboolean tg_native_return_text(TgNativeCall *call, const char *bytes, gsize size)
{
    call->api->duckdb_vector_assign_string_element_len(call->output, call->row, bytes, size);
    return TRUE;
}

gboolean tg_native_return_scratch(TgNativeCall *call)
{
    return tg_native_return_text(call, call->scratch->str, call->scratch->len);
}

gboolean tg_native_return_int64(TgNativeCall *call, gint64 value)
{
    ((gint64 *)call->out)[call->row] = value;
    return TRUE;
}

gboolean tg_native_return_int32(TgNativeCall *call, gint32 value)
{
    ((gint32 *)call->out)[call->row] = value;
    return TRUE;
}

gboolean tg_native_return_double(TgNativeCall *call, double value)
{
    ((double *)call->out)[call->row] = value;
    return TRUE;
}

gboolean tg_native_return_boolean(TgNativeCall *call, gboolean value)
{
    ((bool *)call->out)[call->row] = value != FALSE;
    return TRUE;
}

gboolean tg_native_return_null(TgNativeCall *call)
{
    call->api->duckdb_vector_ensure_validity_writable(call->output);
    call->api->duckdb_validity_set_row_invalid(call->api->duckdb_vector_get_validity(call->output),
                                               call->row);
    return TRUE;
}

gboolean tg_native_return_list(TgNativeCall *call, const GPtrArray *texts)
{
    const TgDuckdbApi *api = call->api;
    guint64 start = api->duckdb_list_vector_get_size(call->output);
    duckdb_list_entry *entries = api->duckdb_vector_get_data(call->output);
    duckdb_vector child = NULL;

    (void)api->duckdb_list_vector_reserve(call->output, start + texts->len);
    (void)api->duckdb_list_vector_set_size(call->output, start + texts->len);
    child = api->duckdb_list_vector_get_child(call->output);
    for (guint i = 0; i < texts->len; i++) {
        const char *text = texts->pdata[i];

        if (text == NULL) {
            api->duckdb_vector_ensure_validity_writable(child);
            api->duckdb_validity_set_row_invalid(api->duckdb_vector_get_validity(child), start + i);
        } else {
            api->duckdb_vector_assign_string_element_len(child, start + i, text, strlen(text));
        }
    }
    entries[call->row] = (duckdb_list_entry){start, texts->len};
    return TRUE;
}

gboolean tg_native_fail(TgNativeCall *call, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);

    va_end(arguments);
    call->api->duckdb_scalar_function_set_error(call->info, message);
    return FALSE;
}

static gboolean is_null(const TgDuckdbApi *api, uint64_t *const *validity, guint count, guint64 row)
{
    for (guint i = 0; i < count; i++) {
        if (validity[i] != NULL && !api->duckdb_validity_row_is_valid(validity[i], row)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* NULL, and what a list needs to be one. */
static void return_null(TgNativeCall *call, const TgNative *native)
{
    (void)tg_native_return_null(call);
    if (native->result == 'V') {
        ((duckdb_list_entry *)call->out)[call->row] = (duckdb_list_entry){0, 0};
    }
}

static void run_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const TgDuckdbApi *api = native_api;
    const TgNative *native = api->duckdb_scalar_function_get_extra_info(info);
    guint count = (guint)strlen(native->arguments);
    guint64 rows = api->duckdb_data_chunk_get_size(input);
    uint64_t *validity[TG_NATIVE_ARGUMENTS_MAX] = {NULL};
    g_autoptr(GString) scratch = g_string_new(NULL);
    TgNativeCall call = {.api = api, .info = info, .output = output, .scratch = scratch};

    for (guint i = 0; i < count; i++) {
        duckdb_vector vector = api->duckdb_data_chunk_get_vector(input, i);

        call.data[i] = api->duckdb_vector_get_data(vector);
        validity[i] = api->duckdb_vector_get_validity(vector);
    }
    call.out = api->duckdb_vector_get_data(output);
    for (call.row = 0; call.row < rows; call.row++) {
        g_string_truncate(scratch, 0);
        if (is_null(api, validity, count, call.row)) {
            return_null(&call, native);
        } else if (!native->run(&call)) {
            return;
        }
    }
}

static duckdb_logical_type letter_type(const TgDuckdbApi *api, char letter)
{
    static const struct {
        char letter;
        duckdb_type type;
    } types[] = {
        {'x', DUCKDB_TYPE_BLOB},  {'i', DUCKDB_TYPE_INTEGER}, {'b', DUCKDB_TYPE_BIGINT},
        {'f', DUCKDB_TYPE_FLOAT}, {'d', DUCKDB_TYPE_DOUBLE},  {'T', DUCKDB_TYPE_TIMESTAMP},
        {'D', DUCKDB_TYPE_DATE},  {'B', DUCKDB_TYPE_BOOLEAN},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (types[i].letter == letter) {
            return api->duckdb_create_logical_type(types[i].type);
        }
    }
    duckdb_logical_type text = api->duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);

    if (letter == 'V') {
        duckdb_logical_type list = api->duckdb_create_list_type(text);

        api->duckdb_destroy_logical_type(&text);
        return list;
    }
    return text;
}

static gboolean register_one(duckdb_connection connection, const TgNative *native)
{
    const TgDuckdbApi *api = native_api;
    duckdb_scalar_function made = api->duckdb_create_scalar_function();
    duckdb_logical_type to = letter_type(api, native->result);
    duckdb_state state = DuckDBError;

    api->duckdb_scalar_function_set_name(made, native->name);
    for (const char *p = native->arguments; *p != '\0'; p++) {
        duckdb_logical_type from = letter_type(api, *p);

        api->duckdb_scalar_function_add_parameter(made, from);
        api->duckdb_destroy_logical_type(&from);
    }
    api->duckdb_scalar_function_set_return_type(made, to);
    api->duckdb_scalar_function_set_extra_info(made, (void *)native, NULL);
    api->duckdb_scalar_function_set_function(made, run_chunk);
    state = api->duckdb_register_scalar_function(connection, made);
    api->duckdb_destroy_logical_type(&to);
    api->duckdb_destroy_scalar_function(&made);
    return state == DuckDBSuccess;
}

static gboolean register_table(duckdb_connection connection, const TgNative *natives,
                               GError **error)
{
    for (const TgNative *native = natives; native->name != NULL; native++) {
        if (!register_one(connection, native)) {
            g_set_error(error, TG_ERROR, TG_ERROR_BUG, "cannot add %s() to DuckDB", native->name);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean tg_native_register(const TgDuckdbApi *api, duckdb_connection connection, GError **error)
{
    static const TgNative *const tables[] = {
        tg_natives_text,   tg_natives_format,     tg_natives_url,  tg_natives_statistics,
        tg_natives_regexp, tg_natives_binary,     tg_natives_math, tg_natives_words,
        tg_natives_time,   tg_natives_time_parse, tg_natives_json};

    native_api = api;
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        if (!register_table(connection, tables[i], error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Scalar functions in C: what DuckDB has no like of. */
#include "engine/engine_internal.h"

static const TgDuckdbApi *functions_api; /* set before the first registration; never changes */

static void set_null(duckdb_vector output, guint64 row)
{
    functions_api->duckdb_vector_ensure_validity_writable(output);
    functions_api->duckdb_validity_set_row_invalid(
        functions_api->duckdb_vector_get_validity(output), row);
}

static void number_text(duckdb_data_chunk input, duckdb_vector output, gboolean is_real)
{
    const TgDuckdbApi *api = functions_api;
    duckdb_vector vector = api->duckdb_data_chunk_get_vector(input, 0);
    const void *data = api->duckdb_vector_get_data(vector);
    uint64_t *validity = api->duckdb_vector_get_validity(vector);
    guint64 rows = api->duckdb_data_chunk_get_size(input);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint64 i = 0; i < rows; i++) {
        if (validity != NULL && !api->duckdb_validity_row_is_valid(validity, i)) {
            set_null(output, i);
            continue;
        }
        double value = is_real ? (double)((const float *)data)[i] : ((const double *)data)[i];

        g_string_truncate(text, 0);
        tg_engine_append_double_cast(text, value, is_real);
        api->duckdb_vector_assign_string_element_len(output, i, text->str, text->len);
    }
}

static void double_text(duckdb_function_info info G_GNUC_UNUSED, duckdb_data_chunk input,
                        duckdb_vector output)
{
    number_text(input, output, FALSE);
}

static void real_text(duckdb_function_info info G_GNUC_UNUSED, duckdb_data_chunk input,
                      duckdb_vector output)
{
    number_text(input, output, TRUE);
}

static gboolean register_one(duckdb_connection connection, const char *name, duckdb_type argument,
                             duckdb_scalar_function_t function)
{
    const TgDuckdbApi *api = functions_api;
    duckdb_scalar_function made = api->duckdb_create_scalar_function();
    duckdb_logical_type from = api->duckdb_create_logical_type(argument);
    duckdb_logical_type to = api->duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_state state = DuckDBError;

    api->duckdb_scalar_function_set_name(made, name);
    api->duckdb_scalar_function_add_parameter(made, from);
    api->duckdb_scalar_function_set_return_type(made, to);
    api->duckdb_scalar_function_set_function(made, function);
    state = api->duckdb_register_scalar_function(connection, made);
    api->duckdb_destroy_logical_type(&from);
    api->duckdb_destroy_logical_type(&to);
    api->duckdb_destroy_scalar_function(&made);
    return state == DuckDBSuccess;
}

gboolean tg_engine_register_functions(const TgDuckdbApi *api, duckdb_connection connection,
                                      GError **error)
{
    functions_api = api;
    if (!register_one(connection, "tg_double_text", DUCKDB_TYPE_DOUBLE, double_text) ||
        !register_one(connection, "tg_real_text", DUCKDB_TYPE_FLOAT, real_text)) {
        g_set_error(error, TG_ERROR, TG_ERROR_BUG, "cannot add functions to DuckDB");
        return FALSE;
    }
    return TRUE;
}

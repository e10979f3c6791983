/* DuckDB's C interface, loaded with dlopen when first needed (some 20 ms). */
#pragma once

#include <duckdb.h>
#include <glib.h>

#include "base/error.h"

/* Every function of duckdb.h that is called anywhere in engine/; add a line to use one more. */
#define TG_DUCKDB_FUNCTIONS(F)                                                                     \
    F(duckdb_open_ext)                                                                             \
    F(duckdb_close)                                                                                \
    F(duckdb_connect)                                                                              \
    F(duckdb_disconnect)                                                                           \
    F(duckdb_interrupt)                                                                            \
    F(duckdb_library_version)                                                                      \
    F(duckdb_create_config)                                                                        \
    F(duckdb_set_config)                                                                           \
    F(duckdb_destroy_config)                                                                       \
    F(duckdb_free)                                                                                 \
    F(duckdb_query)                                                                                \
    F(duckdb_destroy_result)                                                                       \
    F(duckdb_result_error)                                                                         \
    F(duckdb_prepare)                                                                              \
    F(duckdb_prepare_error)                                                                        \
    F(duckdb_destroy_prepare)                                                                      \
    F(duckdb_prepared_statement_column_count)                                                      \
    F(duckdb_prepared_statement_column_type)                                                       \
    F(duckdb_prepared_statement_column_logical_type)                                               \
    F(duckdb_prepared_statement_column_name)                                                       \
    F(duckdb_pending_prepared)                                                                     \
    F(duckdb_pending_prepared_streaming)                                                           \
    F(duckdb_pending_error)                                                                        \
    F(duckdb_pending_execute_task)                                                                 \
    F(duckdb_pending_execution_is_finished)                                                        \
    F(duckdb_execute_pending)                                                                      \
    F(duckdb_destroy_pending)                                                                      \
    F(duckdb_fetch_chunk)                                                                          \
    F(duckdb_destroy_data_chunk)                                                                   \
    F(duckdb_data_chunk_get_size)                                                                  \
    F(duckdb_data_chunk_get_vector)                                                                \
    F(duckdb_vector_get_column_type)                                                               \
    F(duckdb_vector_get_data)                                                                      \
    F(duckdb_vector_get_validity)                                                                  \
    F(duckdb_vector_ensure_validity_writable)                                                      \
    F(duckdb_vector_assign_string_element_len)                                                     \
    F(duckdb_validity_row_is_valid)                                                                \
    F(duckdb_validity_set_row_invalid)                                                             \
    F(duckdb_list_vector_get_child)                                                                \
    F(duckdb_struct_vector_get_child)                                                              \
    F(duckdb_struct_type_child_count)                                                              \
    F(duckdb_get_type_id)                                                                          \
    F(duckdb_create_logical_type)                                                                  \
    F(duckdb_destroy_logical_type)                                                                 \
    F(duckdb_logical_type_get_alias)                                                               \
    F(duckdb_logical_type_set_alias)                                                               \
    F(duckdb_decimal_internal_type)                                                                \
    F(duckdb_decimal_scale)                                                                        \
    F(duckdb_decimal_width)                                                                        \
    F(duckdb_create_scalar_function)                                                               \
    F(duckdb_destroy_scalar_function)                                                              \
    F(duckdb_scalar_function_set_name)                                                             \
    F(duckdb_scalar_function_add_parameter)                                                        \
    F(duckdb_scalar_function_set_return_type)                                                      \
    F(duckdb_scalar_function_set_function)                                                         \
    F(duckdb_register_scalar_function)                                                             \
    F(duckdb_scalar_function_set_extra_info)                                                       \
    F(duckdb_scalar_function_get_extra_info)                                                       \
    F(duckdb_scalar_function_set_error)                                                            \
    F(duckdb_create_list_type)                                                                     \
    F(duckdb_list_vector_get_size)                                                                 \
    F(duckdb_list_vector_set_size)                                                                 \
    F(duckdb_list_vector_reserve)                                                                  \
    F(duckdb_create_decimal_type)                                                                  \
    F(duckdb_create_table_function)                                                                \
    F(duckdb_destroy_table_function)                                                               \
    F(duckdb_table_function_set_name)                                                              \
    F(duckdb_table_function_set_extra_info)                                                        \
    F(duckdb_table_function_set_bind)                                                              \
    F(duckdb_table_function_set_init)                                                              \
    F(duckdb_table_function_set_local_init)                                                        \
    F(duckdb_table_function_set_function)                                                          \
    F(duckdb_register_table_function)                                                              \
    F(duckdb_bind_get_extra_info)                                                                  \
    F(duckdb_bind_add_result_column)                                                               \
    F(duckdb_init_get_extra_info)                                                                  \
    F(duckdb_init_set_init_data)                                                                   \
    F(duckdb_init_set_max_threads)                                                                 \
    F(duckdb_init_set_error)                                                                       \
    F(duckdb_function_get_local_init_data)                                                         \
    F(duckdb_function_set_error)                                                                   \
    F(duckdb_data_chunk_set_size)                                                                  \
    F(duckdb_vector_size)

/* One pointer a function, by the function's own name: api->duckdb_query(…). */
typedef struct {
#define TG_DUCKDB_POINTER(name) __typeof__(&(name)) name; /* NOLINT(bugprone-macro-parentheses) */
    TG_DUCKDB_FUNCTIONS(TG_DUCKDB_POINTER)
#undef TG_DUCKDB_POINTER
} TgDuckdbApi;

/**
 * The functions; the library stays loaded until the process ends. Thread-safe.
 *
 * Looked for, in order: $TEGARU_DUCKDB (a file), libduckdb.so in the folder of the executable, and
 * ../lib/tegaru/libduckdb.so from there.
 *
 * @return lent; NULL with TG_ERROR_NOT_FOUND when there is no such file or it is of another
 *         version than the header this was compiled with
 */
const TgDuckdbApi *tg_duckdb_api_get(GError **error);

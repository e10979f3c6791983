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
    F(duckdb_result_error)

/* One pointer a function, by the function's own name: api->duckdb_query(…). */
typedef struct {
#define TG_DUCKDB_POINTER(name) __typeof__(&(name)) name;
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

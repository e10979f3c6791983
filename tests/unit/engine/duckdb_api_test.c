/* DuckDB loaded at run time. */
#include "engine/duckdb_api.h"

static void test_loads_the_pinned_version(void)
{
    g_autoptr(GError) error = NULL;
    const TgDuckdbApi *api = tg_duckdb_api_get(&error);

    g_assert_no_error(error);
    g_assert_cmpstr(api->duckdb_library_version(), ==, "v1.5.5");
}

static void test_a_missing_library_is_named(void)
{
    g_autoptr(GError) error = NULL;

    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, 0);
        g_test_trap_assert_passed();
        return;
    }
    g_setenv("TEGARU_DUCKDB", "/nonexistent/libduckdb.so", TRUE);
    g_assert_null(tg_duckdb_api_get(&error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
    g_assert_nonnull(g_strstr_len(error->message, -1, "/nonexistent/libduckdb.so"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/engine/duckdb-api/a-missing-library-is-named",
                    test_a_missing_library_is_named);
    g_test_add_func("/engine/duckdb-api/loads-the-pinned-version", test_loads_the_pinned_version);
    return g_test_run();
}

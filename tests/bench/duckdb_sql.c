/* Runs SQL statements in DuckDB, for comparing: duckdb_sql STATEMENT… */
#include <stdio.h>

#include "engine/duckdb_api.h"

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    const TgDuckdbApi *api = tg_duckdb_api_get(&error);
    duckdb_database database = NULL;
    duckdb_connection connection = NULL;

    if (api == NULL) {
        (void)fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    if (api->duckdb_open_ext(NULL, &database, NULL, NULL) != DuckDBSuccess ||
        api->duckdb_connect(database, &connection) != DuckDBSuccess) {
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        duckdb_result result = {0};

        if (api->duckdb_query(connection, argv[i], &result) != DuckDBSuccess) {
            (void)fprintf(stderr, "%s\n", api->duckdb_result_error(&result));
            return 1;
        }
        api->duckdb_destroy_result(&result);
    }
    api->duckdb_disconnect(&connection);
    api->duckdb_close(&database);
    return 0;
}

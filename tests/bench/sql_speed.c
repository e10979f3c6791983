/* Measures the SQL layer, for run.py: the time to parse and translate a query, and TPC-H on the
 * local engine against plain DuckDB in the same process.
 *
 * sql_speed translate FILE.sql   microseconds for parsing and translating it once (best of many)
 * sql_speed tpch FOLDER FILE     seconds of each query of FILE (tests/cases/athena/tpch.txt), ours
 * and DuckDB's, over the files of FOLDER/tables/NAME with the columns of FOLDER/tables/columns.txt
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "catalog/table.h"
#include "engine/duckdb_api.h"
#include "engine/engine.h"

#define TRANSLATIONS 2000
#define RUNS 5

/* ---- translate ------------------------------------------------------------------------------ */

/* Any table has what the query names. */
static gboolean resolve(gpointer data G_GNUC_UNUSED, TgSqlArena *arena,
                        const char *database G_GNUC_UNUSED, const char *table G_GNUC_UNUSED,
                        TgSqlTable *out, GError **error)
{
    static const char *const names[] = {"id",     "day",   "carrier",  "origin",
                                        "target", "delay", "distance", "price"};
    static const char *const types[] = {"bigint", "date", "string", "string",
                                        "string", "int",  "double", "decimal(10,2)"};

    out->from_sql = "SELECT * FROM flights";
    out->count = G_N_ELEMENTS(names);
    out->names = tg_sql_arena_alloc(arena, sizeof names);
    out->types = tg_sql_arena_alloc(arena, out->count * sizeof(gpointer));
    for (guint i = 0; i < out->count; i++) {
        out->names[i] = names[i];
        out->types[i] = tg_sql_type_parse(arena, types[i], error);
    }
    return TRUE;
}

static gint64 translate_us(const char *text)
{
    TgSqlContext context = {.resolve = resolve, .now_ms = 1700000000000};
    TgSqlTranslation translation = {NULL, 0, NULL};
    g_autoptr(GError) error = NULL;
    gint64 started = tg_clock_monotonic_us();
    g_autoptr(TgStatement) statement = tg_statement_parse(text, strlen(text), NULL, &error);

    if (statement == NULL || !tg_sql_translate(statement, &context, &translation, &error)) {
        (void)fprintf(stderr, "%s\n", error->message);
        exit(1);
    }
    return tg_clock_monotonic_us() - started;
}

static int translate(const char *path)
{
    g_autofree char *text = NULL;
    gint64 best = G_MAXINT64;

    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return 1;
    }
    for (guint i = 0; i < TRANSLATIONS; i++) {
        best = MIN(best, translate_us(text));
    }
    printf("%d\n", (int)best);
    return 0;
}

/* ---- TPC-H ---------------------------------------------------------------------------------- */

typedef struct {
    TgCatalog *catalog;
    TgEngine *engine;
    const TgDuckdbApi *api;
    duckdb_connection connection;
    const char *folder;
} Bench;

/* A line of columns.txt: "name column:type …". */
static void add_table(const Bench *bench, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_autofree char *location = g_strdup_printf("s3://tables/%s/", words[0]);
    g_autofree char *view =
        g_strdup_printf("CREATE VIEW %s AS SELECT * FROM read_parquet('%s/tables/%s/*.parquet')",
                        words[0], bench->folder, words[0]);
    json_t *table = tg_table_new("tpc", words[0], TG_FORMAT_PARQUET, location, NULL);

    for (guint i = 1; words[i] != NULL; i++) {
        char *colon = strchr(words[i], ':');

        *colon = '\0';
        tg_table_add_column(table, words[i], colon + 1, NULL);
    }
    (void)tg_catalog_create_table(bench->catalog, "tpc", table, NULL);
    (void)bench->api->duckdb_query(bench->connection, view, NULL);
    json_decref(table);
}

static double seconds_since(gint64 started)
{
    return (double)(tg_clock_monotonic_us() - started) / 1e6;
}

/* Until the last row is a text. */
static double run_ours(const Bench *bench, const char *sql)
{
    TgEngineRequest request = {.sql = sql, .database = "tpc", .now_ms = 1700000000000};
    g_autoptr(GError) error = NULL;
    gint64 started = tg_clock_monotonic_us();
    g_autoptr(TgEngineRows) rows = tg_engine_select(bench->engine, &request, &error);
    const char *const *row = NULL;

    do {
        if (rows == NULL || !tg_engine_rows_next(rows, &row, &error)) {
            (void)fprintf(stderr, "%s\n", error->message);
            exit(1);
        }
    } while (row != NULL);
    return seconds_since(started);
}

static double run_theirs(const Bench *bench, const char *sql)
{
    duckdb_result result;
    gint64 started = tg_clock_monotonic_us();

    if (bench->api->duckdb_query(bench->connection, sql, &result) != DuckDBSuccess) {
        (void)fprintf(stderr, "%s\n", bench->api->duckdb_result_error(&result));
        exit(1);
    }
    bench->api->duckdb_destroy_result(&result);
    return seconds_since(started);
}

/* In turns, the best of each: what else runs on the machine only adds. */
static void measure(const Bench *bench, const char *name, const char *sql, double *ours,
                    double *theirs)
{
    double best_ours = 1e9;
    double best_theirs = 1e9;

    for (guint i = 0; i < RUNS; i++) {
        best_theirs = MIN(best_theirs, run_theirs(bench, sql));
        best_ours = MIN(best_ours, run_ours(bench, sql));
    }
    printf("%s %.4f %.4f\n", name, best_ours, best_theirs);
    *ours += best_ours;
    *theirs += best_theirs;
}

/* The queries of a file of cases: answers begin with four blanks, lines that go on with two. */
static void measure_all(const Bench *bench, const char *content)
{
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
    g_autoptr(GString) sql = g_string_new(NULL);
    const char *name = "";
    double ours = 0;
    double theirs = 0;

    for (guint i = 0; lines[i] != NULL; i++) {
        gboolean goes_on = g_str_has_prefix(lines[i], "  ") && !g_str_has_prefix(lines[i], "    ");

        if (goes_on ||
            (sql->len == 0 && *lines[i] != '#' && *lines[i] != '\0' && *lines[i] != ' ')) {
            g_string_append_printf(sql, "%s\n", lines[i]);
        } else if (sql->len > 0) {
            measure(bench, name, sql->str, &ours, &theirs);
            g_string_truncate(sql, 0);
        }
        if (*lines[i] == '#') {
            name = lines[i] + 1;
        }
    }
    printf("total %.4f %.4f\n", ours, theirs);
}

static int tpch(const char *folder, const char *file)
{
    g_autofree char *scratch = g_dir_make_tmp("tegaru-bench-XXXXXX", NULL);
    g_autofree char *database = g_build_filename(scratch, "catalog.sqlite", NULL);
    g_autofree char *list = g_build_filename(folder, "tables", "columns.txt", NULL);
    g_autofree char *columns = NULL;
    g_autofree char *content = NULL;
    TgEngineOptions options = {.memory_max_bytes = (gint64)4 << 30};
    TgObjectStore *objects = tg_object_store_new_folder(folder);
    Bench bench = {.catalog = tg_catalog_open(database, NULL),
                   .api = tg_duckdb_api_get(NULL),
                   .folder = folder};
    duckdb_database plain = NULL;

    if (bench.api == NULL ||
        bench.api->duckdb_open_ext(NULL, &plain, NULL, NULL) != DuckDBSuccess ||
        bench.api->duckdb_connect(plain, &bench.connection) != DuckDBSuccess ||
        !g_file_get_contents(list, &columns, NULL, NULL) ||
        !g_file_get_contents(file, &content, NULL, NULL)) {
        return 1;
    }
    bench.engine = tg_engine_new(bench.catalog, objects, &options);
    (void)tg_catalog_ensure_database(bench.catalog, "tpc", NULL);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(columns), "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        add_table(&bench, lines[i]);
    }
    measure_all(&bench, content);
    bench.api->duckdb_disconnect(&bench.connection);
    bench.api->duckdb_close(&plain);
    tg_engine_free(bench.engine);
    tg_object_store_free(objects);
    tg_catalog_free(bench.catalog);
    return tg_file_remove_folder(scratch, NULL) ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "translate") == 0) {
        return translate(argv[2]);
    }
    if (argc == 4 && strcmp(argv[1], "tpch") == 0) {
        return tpch(argv[2], argv[3]);
    }
    (void)fprintf(stderr, "sql_speed translate FILE.sql | sql_speed tpch FOLDER CASES\n");
    return 2;
}

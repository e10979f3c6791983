/* tegaru query: runs Athena's SQL over the project's catalog and prints the rows. */
#include "query/query.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/query_print.h"
#include "cli/state.h"

typedef struct {
    char *database;
    char *format;
    char *output;
    char *file;
    char *project;
    gboolean is_json;
} Options;

static void options_clear(Options *options)
{
    g_free(options->database);
    g_free(options->format);
    g_free(options->output);
    g_free(options->file);
    g_free(options->project);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static const char description[] =
    "Examples:\n"
    "  tegaru query \"SELECT carrier, count(*) AS flights FROM raw.flights GROUP BY 1\"\n"
    "  tegaru query -f report.sql --database raw --format csv -o report.csv\n"
    "  tegaru query \"SHOW TABLES IN raw\" --json\n\n"
    "SQL is Athena's (Trino's) dialect, DDL is Hive's. Rows go to stdout, their number and the "
    "time\n"
    "to stderr. Exit status: 0, 1 when the query failed, 2 for a wrong command line.\n";

/* The text of the statement: the argument, a file, or stdin ("-"). */
static gboolean read_sql(const Options *options, int argc, char **argv, char **out_sql,
                         const char **out_name, GError **error)
{
    gsize size = 0;

    if (options->file != NULL && strcmp(options->file, "-") == 0) {
        *out_name = "<stdin>";
        return tg_file_read("/dev/stdin", TG_QUERY_SQL_BYTES_MAX, out_sql, &size, error);
    }
    if (options->file != NULL) {
        *out_name = options->file;
        return tg_file_read(options->file, TG_QUERY_SQL_BYTES_MAX, out_sql, &size, error);
    }
    (void)argc;
    *out_name = "<query>";
    *out_sql = g_strdup(argv[1]);
    return TRUE;
}

static gboolean run_to_parquet(TgQuery *query, const TgQueryRequest *request, const char *path,
                               GError **error)
{
    gint64 rows = 0;

    if (!tg_query_export(query, request, path, &rows, error)) {
        return FALSE;
    }
    (void)fprintf(stderr, "%" G_GINT64_FORMAT " row%s written to %s\n", rows, rows == 1 ? "" : "s",
                  path);
    return TRUE;
}

static gboolean run_to_text(TgQuery *query, const TgQueryRequest *request, TgPrintFormat format,
                            const char *path, GError **error)
{
    g_autoptr(TgQueryResult) result = tg_query_run(query, request, error);
    FILE *out = stdout;
    gboolean ok = FALSE;

    if (result == NULL) {
        return FALSE;
    }
    if (path != NULL) {
        out = fopen(path, "wb");
        if (out == NULL) {
            tg_error_set_file(error, errno, "write", path);
            return FALSE;
        }
    }
    ok = tg_query_print(result, format, out, path == NULL && tg_cli_has_colour(), error);
    if (path != NULL && fclose(out) != 0 && ok) {
        tg_error_set_file(error, errno, "write", path);
        return FALSE;
    }
    if (ok) {
        tg_query_print_summary(result, stderr);
    }
    return ok;
}

static gboolean run(const Options *options, const TgQueryRequest *request, TgPrintFormat format,
                    GError **error)
{
    g_autoptr(TgCliState) state = tg_cli_state_new(options->project);
    TgCatalog *catalog = tg_cli_state_catalog(state, error);
    g_autoptr(TgQuery) query = NULL;

    if (catalog == NULL) {
        return FALSE;
    }
    const TgQueryOptions query_options = {.leave_open = TRUE};

    query = tg_query_new(catalog, tg_cli_state_objects(state), &query_options);
    return format == TG_PRINT_PARQUET ? run_to_parquet(query, request, options->output, error)
                                      : run_to_text(query, request, format, options->output, error);
}

static int query_run(const TgCli *cli, int argc, char **argv)
{
    g_auto(Options) options = {NULL};
    const GOptionEntry entries[] = {
        {"database", 'd', 0, G_OPTION_ARG_STRING, &options.database,
         "For table names without one (default: default)", "NAME"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &options.format, "table, csv, json or parquet",
         "FORMAT"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.is_json, "Same as --format json", NULL},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, "Write to a file", "FILE"},
        {"file", 'f', 0, G_OPTION_ARG_FILENAME, &options.file, "Read the SQL from a file", "FILE"},
        {"project", 0, 0, G_OPTION_ARG_FILENAME, &options.project,
         "The project's folder (default: at or above the current one)", "DIR"},
        G_OPTION_ENTRY_NULL};
    TgPrintFormat format = TG_PRINT_TABLE;
    g_autofree char *sql = NULL;
    const char *name = NULL;
    GError *error = NULL;
    int status = 0;

    const TgCliHelp help = {"\"SQL\"", description};

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    if ((argc != 2 && options.file == NULL) || (argc != 1 && options.file != NULL)) {
        return tg_cli_usage(cli, "query needs one statement: as an argument, or -f FILE");
    }
    if (!tg_print_format_parse(options.is_json ? "json" : options.format, &format)) {
        return tg_cli_usage(cli, "--format: '%s' is none of table, csv, json, parquet",
                            options.format);
    }
    if (format == TG_PRINT_PARQUET && options.output == NULL) {
        return tg_cli_usage(cli, "--format parquet needs -o FILE");
    }
    if (!read_sql(&options, argc, argv, &sql, &name, &error)) {
        return tg_cli_fail(cli, error);
    }
    TgQueryRequest request = {
        .sql = sql, .source_name = name, .database = options.database, .now_ms = tg_clock_now_ms()};

    return run(&options, &request, format, &error) ? 0 : tg_cli_fail(cli, error);
}

const TgCommand tg_command_query = {
    .name = "query", .summary = "Run SQL on the project's tables", .run = query_run};

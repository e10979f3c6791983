/* tegaru aws-endpoint: Athena, Glue, S3 and STS for their own clients, on this machine. */
#include <glib-unix.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/state.h"
#include "endpoint/endpoint.h"

#define HELP                                                                                       \
    "Serves a project's tables and objects as AWS does, until Ctrl-C. Then, elsewhere:\n"          \
    "  export AWS_ENDPOINT_URL=http://127.0.0.1:PORT AWS_DEFAULT_REGION=us-east-1\n"               \
    "  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local\n"                               \
    "  aws athena start-query-execution --query-string 'SELECT 1' \\\n"                            \
    "      --result-configuration OutputLocation=s3://results/\n"                                  \
    "Without --access-key any keys are taken: listen on 127.0.0.1 alone.\n"

typedef struct {
    char *project;
    char *bind;
    char *region;
    char *access_key;
    char *secret_key;
    int port;
    int queries;
} Options;

static void options_clear(Options *options)
{
    g_free(options->project);
    g_free(options->bind);
    g_free(options->region);
    g_free(options->access_key);
    g_free(options->secret_key);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean stop(gpointer data)
{
    g_main_loop_quit(data);
    return G_SOURCE_CONTINUE;
}

/* Signals are caught before anybody knows the address: whoever reads it may stop the endpoint. */
static void serve_until_signal(const TgEndpoint *endpoint, const char *bind)
{
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    guint term = g_unix_signal_add(SIGTERM, stop, loop);
    guint interrupt = g_unix_signal_add(SIGINT, stop, loop);

    (void)printf("http://%s:%u\n", bind == NULL ? "127.0.0.1" : bind, tg_endpoint_port(endpoint));
    (void)fflush(stdout);
    g_main_loop_run(loop);
    (void)g_source_remove(term);
    (void)g_source_remove(interrupt);
    g_main_loop_unref(loop);
}

static int serve(const TgCli *cli, const Options *options)
{
    g_autoptr(TgCliState) state = tg_cli_state_new(options->project);
    g_autoptr(GError) error = NULL;
    TgCatalog *catalog = tg_cli_state_catalog(state, &error);
    TgObjectStore *objects = tg_cli_state_objects(state);
    const TgQueryOptions query_options = {.leave_open = TRUE};
    g_autoptr(TgQuery) query =
        catalog == NULL ? NULL : tg_query_new(catalog, objects, &query_options);
    g_autofree char *folder = g_build_filename(state->folder, "endpoint", NULL);
    TgEndpointOptions start = {.catalog = catalog,
                               .objects = objects,
                               .query = query,
                               .folder = folder,
                               .bind = options->bind,
                               .port = (guint16)options->port,
                               .region = options->region,
                               .access_key_id = options->access_key,
                               .secret_access_key = options->secret_key,
                               .running_max = (guint)options->queries};
    TgEndpoint *endpoint = query == NULL ? NULL : tg_endpoint_start(&start, &error);

    if (endpoint == NULL) {
        return tg_cli_fail(cli, g_steal_pointer(&error));
    }
    serve_until_signal(endpoint, options->bind);
    tg_endpoint_stop(endpoint);
    return 0;
}

static int aws_endpoint_run(const TgCli *cli, int argc, char **argv)
{
    g_auto(Options) options = {.port = 0};
    const GOptionEntry entries[] = {
        {"project", 0, 0, G_OPTION_ARG_FILENAME, &options.project, "The project's folder", "DIR"},
        {"port", 0, 0, G_OPTION_ARG_INT, &options.port, "Where to listen; 0: any free port", "N"},
        {"bind", 0, 0, G_OPTION_ARG_STRING, &options.bind, "The address (127.0.0.1)", "ADDRESS"},
        {"region", 0, 0, G_OPTION_ARG_STRING, &options.region, "Its region (us-east-1)", "NAME"},
        {"access-key", 0, 0, G_OPTION_ARG_STRING, &options.access_key,
         "Take requests that are signed with this key alone", "ID"},
        {"secret-key", 0, 0, G_OPTION_ARG_STRING, &options.secret_key, "Its secret", "SECRET"},
        {"queries", 0, 0, G_OPTION_ARG_INT, &options.queries, "Most queries at a time (4)", "N"},
        G_OPTION_ENTRY_NULL};
    const TgCliHelp help = {"", HELP};
    int status = 0;

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    if (argc != 1 || options.port < 0 || options.port > 65535 || options.queries < 0) {
        return tg_cli_usage(cli, "aws-endpoint takes no arguments, a --port from 0 to 65535 and "
                                 "--queries from 1");
    }
    if ((options.access_key == NULL) != (options.secret_key == NULL)) {
        return tg_cli_usage(cli, "--access-key and --secret-key belong together");
    }
    return serve(cli, &options);
}

const TgCommand tg_command_aws_endpoint = {.name = "aws-endpoint",
                                           .summary =
                                               "A local Athena, Glue and S3 for AWS's clients",
                                           .run = aws_endpoint_run};

/* tegaru graph: draws a workflow. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/graph_print.h"
#include "cli/workflow_file.h"
#include "params/params.h"

#define DESCRIPTION                                                                                \
    "Groups are boxes, arrows the order; what runs when a task fails is red. Nothing is run.\n\n"  \
    "Examples:\n"                                                                                  \
    "  tegaru graph main.dig                        Mermaid, for Markdown files\n"                 \
    "  tegaru graph main.dig -o main.svg            a picture for browsers\n"                      \
    "  tegaru graph main.dig --format dot | dot -Tpdf -o main.pdf\n"

/* "12 tasks, daily> 07:00:00 (Asia/Tokyo)" */
static char *subtitle_of(const TgWorkflowFile *workflow, const TgGraph *graph)
{
    const json_t *schedule = json_object_get(workflow->config, "schedule");
    g_autoptr(GString) out = g_string_new(NULL);
    const char *key = NULL;
    json_t *value = NULL;
    guint tasks = 0;

    for (guint i = 0; i < graph->tasks->len; i++) {
        tasks += ((TgTaskDefinition *)graph->tasks->pdata[i])->is_group ? 0 : 1;
    }
    g_string_append_printf(out, "%u task%s", tasks, tasks == 1 ? "" : "s");
    json_object_foreach ((json_t *)schedule, key, value) {
        g_autofree char *text = tg_params_to_text(value);

        if (g_str_has_suffix(key, ">")) {
            g_string_append_printf(out, ", %s %s (%s)", key, text, workflow->timezone);
        }
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *print(const TgWorkflowFile *workflow, const TgGraph *graph, const char *format)
{
    g_autoptr(TgFigure) root = tg_figure_new(graph);
    g_autofree char *subtitle = subtitle_of(workflow, graph);

    if (strcmp(format, "svg") == 0) {
        return tg_graph_print_svg(root, workflow->path, subtitle);
    }
    return strcmp(format, "dot") == 0 ? tg_graph_print_dot(root, workflow->path)
                                      : tg_graph_print_mermaid(root, workflow->path);
}

/* The format named, else that of the file's ending; NULL: there is no such format. */
static const char *choose_format(const char *named, const char *output)
{
    static const char *const formats[] = {"mermaid", "svg", "dot", NULL};

    if (named != NULL) {
        return g_strv_contains(formats, named) ? named : NULL;
    }
    return output != NULL && g_str_has_suffix(output, ".svg")   ? "svg"
           : output != NULL && g_str_has_suffix(output, ".dot") ? "dot"
                                                                : "mermaid";
}

static gboolean draw(const char *folder, const char *argument, const char *format,
                     const char *output, GError **error)
{
    g_autoptr(TgCliWorkflow) file = tg_cli_workflow_load(folder, argument, error);
    g_autoptr(TgGraph) graph = NULL;

    if (file == NULL) {
        return FALSE;
    }
    graph = tg_cli_workflow_compile(file->workflow, error);
    if (graph == NULL) {
        return FALSE;
    }
    g_autofree char *text = print(file->workflow, graph, format);

    if (output != NULL) {
        return tg_file_write(output, text, strlen(text), error);
    }
    (void)fputs(text, stdout);
    return TRUE;
}

static int graph_run(const TgCli *cli, int argc, char **argv)
{
    g_autofree char *folder = NULL;
    g_autofree char *named = NULL;
    g_autofree char *output = NULL;
    const GOptionEntry entries[] = {
        {"format", 'f', 0, G_OPTION_ARG_STRING, &named,
         "mermaid (default), svg or dot; -o FILE.svg says it, too", "FORMAT"},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "Write to a file", "FILE"},
        {"project", 0, 0, G_OPTION_ARG_FILENAME, &folder, "The project's folder", "DIR"},
        G_OPTION_ENTRY_NULL};
    const TgCliHelp help = {"WORKFLOW[.dig]", DESCRIPTION};
    g_autoptr(GError) error = NULL;
    int status = 0;

    if (!tg_cli_options(cli, entries, &help, &argc, &argv, &status)) {
        return status;
    }
    const char *format = choose_format(named, output);

    if (argc != 2) {
        return tg_cli_usage(cli, "graph needs one workflow: tegaru graph main.dig");
    }
    if (format == NULL) {
        return tg_cli_usage(cli, "--format %s: use mermaid, svg or dot", named);
    }
    return draw(folder, argv[1], format, output, &error)
               ? 0
               : tg_cli_fail(cli, g_steal_pointer(&error));
}

const TgCommand tg_command_graph = {
    .name = "graph", .summary = "Draw a workflow (Mermaid, SVG, Graphviz)", .run = graph_run};

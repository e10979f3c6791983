/* Mermaid and Graphviz. */
#include <string.h>

#include "cli/graph_print.h"

#define WHAT_COLUMNS 48

/* Text for a Mermaid label in quotes: entities for what Mermaid or HTML would read. */
static void append_mermaid(GString *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr("\"#<>&`{}[]()|\\;", *c) != NULL) {
            g_string_append_printf(out, "#%u;", (guint)(guchar)*c);
        } else {
            g_string_append_c(out, (guchar)*c < ' ' ? ' ' : *c);
        }
    }
}

static void append_dot(GString *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            g_string_append_c(out, '\\');
        }
        g_string_append_c(out, (guchar)*c < ' ' ? ' ' : *c);
    }
}

typedef struct {
    void (*append)(GString *out, const char *text);
    const char *line_break;
} Dialect;

static const Dialect mermaid = {append_mermaid, "<br/>"};
static const Dialect dot = {append_dot, "\\n"};

static void append_label(GString *out, const TgFigure *figure, const Dialect *dialect)
{
    dialect->append(out, figure->name);
    if (figure->is_disabled) {
        g_string_append(out, " (disabled)");
    }
    if (figure->what != NULL) {
        g_autofree char *what = tg_figure_cut(figure->what, WHAT_COLUMNS);

        g_string_append(out, dialect->line_break);
        dialect->append(out, what);
    }
}

static void append_indent(GString *out, guint depth)
{
    for (guint i = 0; i < depth; i++) {
        g_string_append(out, "  ");
    }
}

static void mermaid_boxes(GString *out, const TgFigure *figure, guint depth)
{
    append_indent(out, depth);
    if (figure->children->len == 0) {
        g_string_append_printf(out, "t%u[\"", figure->id);
        append_label(out, figure, &mermaid);
        g_string_append_printf(out, "\"]%s\n", figure->is_on_error ? ":::onError" : "");
        return;
    }
    g_string_append_printf(out, "subgraph t%u[\"", figure->id);
    append_label(out, figure, &mermaid);
    g_string_append(out, "\"]\n");
    for (guint i = 0; i < figure->children->len; i++) {
        mermaid_boxes(out, figure->children->pdata[i], depth + 1);
    }
    append_indent(out, depth);
    g_string_append(out, "end\n");
}

static void mermaid_arrows(GString *out, const TgFigure *figure)
{
    for (guint i = 0; i < figure->children->len; i++) {
        const TgFigure *child = figure->children->pdata[i];

        g_string_append(out, child->after->len > 0 ? "  " : "");
        for (guint k = 0; k < child->after->len; k++) {
            const TgFigure *before = figure->children->pdata[g_array_index(child->after, guint, k)];

            g_string_append_printf(out, "%st%u", k > 0 ? " & " : "", before->id);
        }
        if (child->after->len > 0) {
            g_string_append_printf(out, " %s t%u\n", child->is_on_error ? "-. fails .->" : "-->",
                                   child->id);
        }
        mermaid_arrows(out, child);
    }
}

char *tg_graph_print_mermaid(const TgFigure *root, const char *title)
{
    GString *out = g_string_new("---\ntitle: \"");

    append_dot(out, title); /* a YAML text in double quotes */
    g_string_append(out, "\"\n---\nflowchart TD\n");
    mermaid_boxes(out, root, 1);
    mermaid_arrows(out, root);
    g_string_append(out, "  classDef onError stroke:#c0392b,stroke-dasharray:4 3\n");
    return g_string_free(out, FALSE);
}

static void dot_boxes(GString *out, const TgFigure *figure, guint depth)
{
    append_indent(out, depth);
    if (figure->children->len == 0) {
        g_string_append_printf(out, "t%u [label=\"", figure->id);
        append_label(out, figure, &dot);
        g_string_append_printf(out, "\"%s];\n",
                               figure->is_on_error ? ", style=\"rounded,dashed\", color=red" : "");
        return;
    }
    g_string_append_printf(out, "subgraph cluster_t%u {\n", figure->id);
    append_indent(out, depth + 1);
    g_string_append(out, "label=\"");
    append_label(out, figure, &dot);
    g_string_append(out, "\";\n");
    for (guint i = 0; i < figure->children->len; i++) {
        dot_boxes(out, figure->children->pdata[i], depth + 1);
    }
    append_indent(out, depth);
    g_string_append(out, "}\n");
}

/* Graphviz draws arrows between nodes alone: the first or the last one within stands for a box. */
static const TgFigure *node_of(const TgFigure *figure, gboolean is_last)
{
    const TgFigure *at = figure;

    while (at->children->len > 0) {
        at = at->children->pdata[is_last ? at->children->len - 1 : 0];
    }
    return at;
}

static void dot_arrow(GString *out, const TgFigure *from, const TgFigure *to)
{
    g_string_append_printf(out, "  t%u -> t%u [", node_of(from, TRUE)->id, node_of(to, FALSE)->id);
    if (from->children->len > 0) {
        g_string_append_printf(out, "ltail=cluster_t%u ", from->id);
    }
    if (to->children->len > 0) {
        g_string_append_printf(out, "lhead=cluster_t%u ", to->id);
    }
    g_string_append(out, to->is_on_error ? "style=dashed, color=red];\n" : "];\n");
}

static void dot_arrows(GString *out, const TgFigure *figure)
{
    for (guint i = 0; i < figure->children->len; i++) {
        const TgFigure *child = figure->children->pdata[i];

        for (guint k = 0; k < child->after->len; k++) {
            dot_arrow(out, figure->children->pdata[g_array_index(child->after, guint, k)], child);
        }
        dot_arrows(out, child);
    }
}

char *tg_graph_print_dot(const TgFigure *root, const char *title)
{
    GString *out = g_string_new("digraph workflow {\n  label=\"");

    append_dot(out, title);
    g_string_append(out, "\";\n  labelloc=t;\n  compound=true;\n"
                         "  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
                         "  graph [fontname=\"sans-serif\"];\n");
    dot_boxes(out, root, 1);
    dot_arrows(out, root);
    g_string_append(out, "}\n");
    return g_string_free(out, FALSE);
}

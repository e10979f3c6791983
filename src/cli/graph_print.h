/* A workflow's figure as text of three kinds. */
#pragma once

#include "cli/graph_figure.h"

/* A Mermaid flowchart: GitHub and GitLab show it in Markdown. The caller frees. */
char *tg_graph_print_mermaid(const TgFigure *root, const char *title);

/* For Graphviz. The caller frees. */
char *tg_graph_print_dot(const TgFigure *root, const char *title);

/**
 * A picture that needs nothing else: nested boxes from top to bottom.
 *
 * @subtitle a line below the title: "12 tasks, daily> 07:00:00"
 * @return the caller frees
 */
char *tg_graph_print_svg(const TgFigure *root, const char *title, const char *subtitle);

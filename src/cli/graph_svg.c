/* The picture: every box is measured from the inside out, then placed from the outside in. */
#include <string.h>

#include "cli/graph_print.h"

#define MARGIN 24
#define PADDING 16 /* inside a group */
#define HEADER 30  /* of a group: its name */
#define GAP_X 20
#define GAP_Y 34     /* room for an arrow */
#define GAP_ROW 12   /* between the rows of one layer */
#define ROW_MAX 1080 /* a layer that is wider takes several rows */
#define TASK_MIN 132
#define NAME_PX 7.8 /* a column of a name, of a command */
#define WHAT_PX 6.7
#define NAME_COLUMNS 36
#define WHAT_COLUMNS 40

/* A figure with its place. */
typedef struct Box Box;
struct Box {
    const TgFigure *figure;
    GPtrArray *children; /* of Box, as the figure's */
    GPtrArray *lanes;    /* of Lane, one a layer */
    int x;               /* of the whole picture */
    int y;
    int width;
    int height;
};

/* One layer of a group: its boxes, in as many rows as they need. */
typedef struct {
    GPtrArray *boxes; /* of Box, lent */
    guint rows;
    int x;
    int y;
    int width;
    int height;
} Lane;

static void lane_free(gpointer data)
{
    Lane *lane = data;

    g_ptr_array_unref(lane->boxes);
    g_free(lane);
}

static void box_free(gpointer data)
{
    Box *box = data;

    g_ptr_array_unref(box->children);
    g_ptr_array_unref(box->lanes);
    g_free(box);
}

/* ---- sizes ---- */

static int text_width(const TgFigure *figure, const char *suffix)
{
    guint name = MIN(tg_figure_columns(figure->name) + (guint)strlen(suffix), NAME_COLUMNS);
    guint what = figure->what == NULL ? 0 : MIN(tg_figure_columns(figure->what), WHAT_COLUMNS);

    return (int)MAX(name * NAME_PX, what * WHAT_PX) / 2 * 2; /* even: centres are whole numbers */
}

/* Rows and size of a layer. `place` moves each box to where it stands inside the layer. */
static void measure_lane(Lane *lane)
{
    int x = 0;
    int row_height = 0;

    lane->rows = lane->boxes->len > 0 ? 1 : 0;
    for (guint i = 0; i < lane->boxes->len; i++) {
        Box *box = lane->boxes->pdata[i];

        if (x > 0 && x + box->width > ROW_MAX) {
            lane->height += row_height + GAP_ROW;
            lane->rows++;
            x = 0;
            row_height = 0;
        }
        box->x = x;
        box->y = lane->height;
        x += box->width + GAP_X;
        row_height = MAX(row_height, box->height);
        lane->width = MAX(lane->width, x - GAP_X);
    }
    lane->height += row_height;
}

static Box *box_new(const TgFigure *figure);

/* Layers by their number, made in one pass over the children. */
static void add_lanes(Box *box)
{
    guint count = tg_figure_layer_count(box->figure);

    for (guint i = 0; i < count; i++) {
        Lane *lane = g_new0(Lane, 1);

        lane->boxes = g_ptr_array_new();
        g_ptr_array_add(box->lanes, lane);
    }
    for (guint i = 0; i < box->children->len; i++) {
        Box *child = box->children->pdata[i];
        Lane *lane = box->lanes->pdata[child->figure->layer];

        g_ptr_array_add(lane->boxes, child);
    }
}

static Box *box_new(const TgFigure *figure)
{
    Box *box = g_new0(Box, 1);

    box->figure = figure;
    box->children = g_ptr_array_new_with_free_func(box_free);
    box->lanes = g_ptr_array_new_with_free_func(lane_free);
    box->width = MAX(TASK_MIN, text_width(figure, figure->is_disabled ? " (disabled)" : "") + 28);
    box->height = figure->what == NULL ? 34 : 48;
    if (figure->children->len == 0) {
        return box;
    }
    for (guint i = 0; i < figure->children->len; i++) {
        g_ptr_array_add(box->children, box_new(figure->children->pdata[i]));
    }
    add_lanes(box);
    box->height = (figure->what == NULL ? HEADER : HEADER + 16) + PADDING / 2;
    for (guint i = 0; i < box->lanes->len; i++) {
        Lane *lane = box->lanes->pdata[i];

        measure_lane(lane);
        box->width = MAX(box->width, lane->width + 2 * PADDING);
        box->height += lane->height + (i > 0 ? GAP_Y : 0);
    }
    box->height += PADDING;
    return box;
}

static void place(Box *box, int x, int y)
{
    int at = y + (box->figure->what == NULL ? HEADER : HEADER + 16) + PADDING / 2;

    box->x = x;
    box->y = y;
    for (guint i = 0; i < box->lanes->len; i++) {
        Lane *lane = box->lanes->pdata[i];

        lane->x = x + (box->width - lane->width) / 2;
        lane->y = at;
        for (guint k = 0; k < lane->boxes->len; k++) {
            Box *child = lane->boxes->pdata[k];

            place(child, lane->x + child->x, lane->y + child->y);
        }
        at += lane->height + GAP_Y;
    }
}

/* ---- drawing ---- */

/* What an operator is about, for its colour. */
static const char *family_of(const TgFigure *figure)
{
    static const struct {
        const char *begin;
        const char *family;
    } rows[] = {{"sh>", "code"},        {"py>", "code"},      {"rb>", "code"},
                {"athena.", "sql"},     {"pg>", "sql"},       {"redshift", "sql"},
                {"load>", "load"},      {"embulk>", "load"},  {"for_each>", "flow"},
                {"for_range>", "flow"}, {"loop>", "flow"},    {"if>", "flow"},
                {"call>", "flow"},      {"require>", "flow"}, {"http", "net"},
                {"mail>", "net"},       {"notify>", "net"},   {"s3_", "net"}};

    for (gsize i = 0; figure->what != NULL && i < G_N_ELEMENTS(rows); i++) {
        if (g_str_has_prefix(figure->what, rows[i].begin)) {
            return rows[i].family;
        }
    }
    return "other";
}

static void append_text(GString *out, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);

    for (const char *c = escaped; *c != '\0'; c++) { /* XML has no other control characters */
        g_string_append_c(out, (guchar)*c < ' ' ? ' ' : *c);
    }
}

static void draw_line(GString *out, int x, int y, const char *class, const char *text)
{
    g_string_append_printf(out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
    append_text(out, text);
    g_string_append(out, "</text>");
}

static void draw_texts(GString *out, const Box *box)
{
    const TgFigure *figure = box->figure;
    g_autofree char *suffixed =
        g_strconcat(figure->name, figure->is_disabled ? " (disabled)" : "", NULL);
    g_autofree char *name = tg_figure_cut(suffixed, NAME_COLUMNS);

    draw_line(out, box->x + 14, box->y + 21, "name", name);
    if (figure->what != NULL) {
        g_autofree char *what = tg_figure_cut(figure->what, WHAT_COLUMNS);

        draw_line(out, box->x + 14, box->y + 38, "what", what);
    }
}

static void draw_box(GString *out, const Box *box)
{
    const TgFigure *figure = box->figure;
    const char *family = family_of(figure);

    g_string_append_printf(out, "<g class=\"%s%s%s\"><title>",
                           box->children->len > 0 ? "group " : "task ", family,
                           figure->is_on_error   ? " error"
                           : figure->is_disabled ? " disabled"
                                                 : "");
    append_text(out, figure->full_name);
    if (figure->what != NULL) {
        g_string_append(out, "  ");
        append_text(out, figure->what);
    }
    g_string_append_printf(out,
                           "</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"7\"/>",
                           box->x, box->y, box->width, box->height);
    if (box->children->len == 0) {
        g_string_append_printf(
            out, "<rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"4\" height=\"%d\" rx=\"2\"/>",
            box->x + 4, box->y + 7, box->height - 14);
    }
    draw_texts(out, box);
    g_string_append(out, "</g>\n");
}

static int centre(const Box *box)
{
    return box->x + box->width / 2;
}

static void draw_arrow(GString *out, const Box *from, const Box *to)
{
    int y = from->y + from->height;
    int reach = MAX(14, (to->y - y) / 2);

    g_string_append_printf(out, "<path class=\"arrow%s\" d=\"M%d %dC%d %d %d %d %d %d\"/>\n",
                           to->figure->is_on_error ? " failing" : "", centre(from), y, centre(from),
                           y + reach, centre(to), to->y - reach, centre(to), to->y - 2);
}

/* The points where arrows leave or reach a layer: its boxes, or a layer of several rows as one. */
static void draw_ports(GString *out, const Lane *lane, int bus, gboolean is_upper)
{
    int edge = is_upper ? lane->y + lane->height : lane->y;
    guint count = lane->rows > 1 ? 1 : lane->boxes->len;

    for (guint i = 0; i < count; i++) {
        const Box *box = lane->boxes->pdata[i];
        int x = lane->rows > 1 ? lane->x + lane->width / 2 : centre(box);
        int end = lane->rows > 1 ? edge : is_upper ? box->y + box->height : box->y;

        if (is_upper) {
            g_string_append_printf(out, "<path class=\"line\" d=\"M%d %dV%d\"/>\n", x, end, bus);
        } else {
            g_string_append_printf(out, "<path class=\"arrow\" d=\"M%d %dV%d\"/>\n", x, bus,
                                   end - 2);
        }
    }
}

static void reach(const Lane *lane, int *left, int *right)
{
    const Box *first = lane->boxes->pdata[0];
    const Box *last = lane->boxes->pdata[lane->boxes->len - 1];
    int middle = lane->x + lane->width / 2;

    *left = MIN(*left, lane->rows > 1 ? middle : centre(first));
    *right = MAX(*right, lane->rows > 1 ? middle : centre(last));
}

/* All of one layer after all of another: lines to a bar, arrows from it. */
static void draw_bus(GString *out, const Lane *upper, const Lane *lower)
{
    int bus = lower->y - GAP_Y / 2 - 2;
    int left = G_MAXINT;
    int right = G_MININT;

    reach(upper, &left, &right);
    reach(lower, &left, &right);
    draw_ports(out, upper, bus, TRUE);
    if (left < right) {
        g_string_append_printf(out, "<path class=\"line\" d=\"M%d %dH%d\"/>\n", left, bus, right);
    }
    draw_ports(out, lower, bus, FALSE);
}

static void draw_arrows_to(GString *out, const Box *parent, const Box *to)
{
    for (guint i = 0; i < to->figure->after->len; i++) {
        draw_arrow(out, parent->children->pdata[g_array_index(to->figure->after, guint, i)], to);
    }
}

static void draw_arrows(GString *out, const Box *box)
{
    for (guint layer = 1; layer < box->lanes->len; layer++) {
        const Lane *lane = box->lanes->pdata[layer];

        if (tg_figure_is_complete(box->figure, layer)) {
            draw_bus(out, box->lanes->pdata[layer - 1], lane);
            continue;
        }
        for (guint i = 0; i < lane->boxes->len; i++) {
            draw_arrows_to(out, box, lane->boxes->pdata[i]);
        }
    }
}

/* A frame around a layer of several rows, so that its arrows have an end. */
static void draw_frames(GString *out, const Box *box)
{
    for (guint i = 0; i < box->lanes->len; i++) {
        const Lane *lane = box->lanes->pdata[i];

        if (lane->rows > 1) {
            g_string_append_printf(out,
                                   "<rect class=\"lane\" x=\"%d\" y=\"%d\" width=\"%d\" "
                                   "height=\"%d\" rx=\"9\"/>\n",
                                   lane->x - 7, lane->y - 7, lane->width + 14, lane->height + 14);
        }
    }
}

static void draw(GString *out, const Box *box)
{
    draw_box(out, box);
    draw_frames(out, box);
    for (guint i = 0; i < box->children->len; i++) {
        draw(out, box->children->pdata[i]);
    }
    draw_arrows(out, box);
}

static const char style[] =
    "<style>text{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;"
    "fill:#1f2933}.title{font-size:19px;font-weight:600}.subtitle{font-size:13px;fill:#616e7c}"
    ".name{font-size:13px;font-weight:600}.what{font-size:11px;"
    "font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#52606d}"
    ".task rect{fill:#fff;stroke:#9aa5b1}.task .bar{stroke:none;fill:#9aa5b1}"
    ".group>rect{fill:#3e4c59;fill-opacity:.045;stroke:#b8c2cc}"
    ".group.flow>rect{fill:#7048e8;fill-opacity:.06;stroke:#a98eda}"
    ".task.code .bar{fill:#2f9e44}.task.sql .bar{fill:#1c7ed6}.task.load .bar{fill:#e8590c}"
    ".task.flow .bar{fill:#7048e8}.task.net .bar{fill:#0c8599}"
    ".error>rect{stroke:#c92a2a;stroke-dasharray:5 3}.disabled{opacity:.45}"
    ".lane{fill:none;stroke:#b8c2cc;stroke-dasharray:3 4}"
    ".line,.arrow{fill:none;stroke:#52606d;stroke-width:1.4}.arrow{marker-end:url(#tip)}"
    ".failing{stroke:#c92a2a;stroke-dasharray:5 3;marker-end:url(#redtip)}</style>\n";

static const char tips[] =
    "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
    "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8Z\" fill=\"#52606d\"/></marker>"
    "<marker id=\"redtip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
    "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8Z\" fill=\"#c92a2a\"/></marker>"
    "</defs>\n";

char *tg_graph_print_svg(const TgFigure *root, const char *title, const char *subtitle)
{
    Box *box = box_new(root);
    GString *out = g_string_new(NULL);
    int top = MARGIN + 56;
    int width = MAX(box->width, MAX((int)(tg_figure_columns(title) * 11),
                                    (int)(tg_figure_columns(subtitle) * 7))) +
                2 * MARGIN;

    place(box, MARGIN, top);
    int height = top + box->height + MARGIN;

    g_string_append_printf(out,
                           "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                           "viewBox=\"0 0 %d %d\" role=\"img\">\n<title>",
                           width, height, width, height);
    append_text(out, title);
    g_string_append(out, "</title>\n");
    g_string_append(out, style);
    g_string_append(out, tips);
    g_string_append_printf(out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width,
                           height);
    draw_line(out, MARGIN, MARGIN + 18, "title", title);
    draw_line(out, MARGIN, MARGIN + 40, "subtitle", subtitle);
    draw(out, box);
    g_string_append(out, "</svg>\n");
    box_free(box);
    return g_string_free(out, FALSE);
}

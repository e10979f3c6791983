/* Tasks as a tree of lines. */
#include "cli/run_tree.h"

#include <string.h>

#define BAR_CELLS 20
#define FRAME_US 100000

static void node_free(gpointer data)
{
    TgRunNode *node = data;

    g_free(node->label);
    g_free(node->what);
    g_free(node->summary);
    g_free(node->reason);
    g_ptr_array_unref(node->children);
    g_free(node);
}

static TgRunNode *node_new(char *take_label, gint64 now_us)
{
    TgRunNode *node = g_new0(TgRunNode, 1);

    node->label = take_label;
    node->started_us = now_us;
    node->children = g_ptr_array_new_with_free_func(node_free);
    return node;
}

TgRunTree *tg_run_tree_new(void)
{
    TgRunTree *tree = g_new0(TgRunTree, 1);

    tree->root = node_new(g_strdup(""), 0);
    tree->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return tree;
}

void tg_run_tree_free(TgRunTree *tree)
{
    if (tree != NULL) {
        g_hash_table_unref(tree->by_name);
        node_free(tree->root);
        g_free(tree);
    }
}

/* "0=carrier=2=AA&1=…" of a for_each name as "carrier = AA, …". */
static char *for_label(const char *text)
{
    g_auto(GStrv) pairs = g_strsplit(text, "&", -1);
    GString *label = g_string_new(NULL);

    for (guint i = 0; pairs[i] != NULL; i++) {
        g_auto(GStrv) parts = g_strsplit(pairs[i], "=", 4);

        if (g_strv_length(parts) != 4) {
            g_string_assign(label, text);
            break;
        }
        g_autofree char *name = g_uri_unescape_string(parts[1], NULL);
        g_autofree char *value = g_uri_unescape_string(parts[3], NULL);

        g_string_append_printf(label, "%s%s = %s", i == 0 ? "" : ", ",
                               name == NULL ? parts[1] : name, value == NULL ? parts[3] : value);
    }
    return g_string_free(label, FALSE);
}

static char *label_of(const char *part)
{
    if (g_str_has_prefix(part, "+for-")) {
        return for_label(part + strlen("+for-"));
    }
    return g_strdup(*part == '+' ? part + 1 : part);
}

/* The last part of a full name, with its sign: "+b" of "+main+a+b". */
static const char *last_part(const char *full_name)
{
    const char *last = full_name;

    for (const char *c = full_name; *c != '\0'; c++) {
        if (*c == '+' || *c == '^') {
            last = c;
        }
    }
    return last;
}

TgRunNode *tg_run_tree_node(TgRunTree *tree, const char *full_name, gint64 now_us)
{
    const char *last = last_part(full_name);
    TgRunNode *node = g_hash_table_lookup(tree->by_name, full_name);
    TgRunNode *parent = tree->root;

    if (node != NULL) {
        return node;
    }
    if (last != full_name) {
        g_autofree char *above = g_strndup(full_name, (gsize)(last - full_name));

        parent = tg_run_tree_node(tree, above, now_us);
    }
    if (strcmp(last, "^sub") == 0) {
        node = parent; /* generated tasks are shown right below the task that made them */
    } else {
        node = node_new(label_of(last), now_us);
        g_ptr_array_add(parent->children, node);
    }
    g_hash_table_insert(tree->by_name, g_strdup(full_name), node);
    return node;
}

char *tg_run_duration_text(gint64 duration_us)
{
    double seconds = (double)duration_us / 1e6;

    if (seconds < 60) {
        return g_strdup_printf(seconds < 10 ? "%.2f s" : "%.1f s", seconds);
    }
    return g_strdup_printf("%d min %02d s", (int)(seconds / 60), (int)seconds % 60);
}

/* 1234567 as "1,234,567". */
static char *grouped(gint64 number)
{
    g_autofree char *digits = g_strdup_printf("%" G_GINT64_FORMAT, number);
    GString *text = g_string_new(NULL);
    gsize size = strlen(digits);

    for (gsize i = 0; i < size; i++) {
        g_string_append_c(text, digits[i]);
        if (g_ascii_isdigit(digits[i]) && i + 1 < size && (size - i - 1) % 3 == 0) {
            g_string_append_c(text, ',');
        }
    }
    return g_string_free(text, FALSE);
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* The part of a receipt that a publish made: a load has it below "table". */
static const json_t *published_part(const json_t *receipt)
{
    const json_t *table = json_object_get(receipt, "table");

    return json_is_object(table) ? table : receipt;
}

static const json_t *count_of(const json_t *receipt, const char *key, const char *other)
{
    const json_t *count = json_object_get(receipt, key);

    return json_is_integer(count) ? count : json_object_get(receipt, other);
}

char *tg_run_receipt_text(const json_t *receipt)
{
    const json_t *published = published_part(receipt);
    const json_t *rows = count_of(receipt, "rows_written", "rows");
    const json_t *bytes = count_of(published, "bytes", "bytes");
    g_autoptr(GString) text = g_string_new(NULL);

    if (json_is_integer(rows)) {
        g_autofree char *number = grouped(json_integer_value(rows));

        g_string_append_printf(text, "%s row%s", number, json_integer_value(rows) == 1 ? "" : "s");
    }
    if (json_is_integer(bytes) && json_integer_value(bytes) > 0) {
        g_autofree char *size = g_format_size((guint64)json_integer_value(bytes));

        g_string_append_printf(text, "%s%s", text->len == 0 ? "" : ", ", size);
    }
    if (text_of(published, "table") != NULL && text_of(published, "database") != NULL) {
        const char *partition = text_of(published, "partition");

        g_string_append_printf(text, "%s%s.%s", text->len == 0 ? "" : " → ",
                               text_of(published, "database"), text_of(published, "table"));
        if (partition != NULL) {
            g_string_append_printf(text, " %.*s", (int)strlen(partition) - 1, partition);
        }
    } else if (text_of(receipt, "path") != NULL) {
        g_string_append_printf(text, "%s%s", text->len == 0 ? "" : " → ", text_of(receipt, "path"));
    }
    return text->len == 0 ? NULL : g_string_free(g_steal_pointer(&text), FALSE);
}

/* ---- drawing ---- */

typedef struct {
    gint64 now_us;
    guint columns;
    gboolean colour;
    gboolean fold; /* finished groups take one line */
    GPtrArray *lines;
} Drawing;

typedef struct {
    const char *glyph;
    const char *colour;
} Look;

static Look look_of(const Drawing *drawing, TgNodeState state)
{
    static const char *const spinner[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
    static const Look looks[] = {
        [TG_NODE_WAITING] = {"·", "\033[2m"},   [TG_NODE_RUNNING] = {"▸", "\033[36m"},
        [TG_NODE_SUCCESS] = {"✔", "\033[32m"},  [TG_NODE_REUSED] = {"↺", "\033[2m"},
        [TG_NODE_SKIPPED] = {"○", "\033[2m"},   [TG_NODE_FAILED] = {"✘", "\033[31m"},
        [TG_NODE_CANCELED] = {"■", "\033[33m"},
    };
    Look look = looks[state];

    if (state == TG_NODE_RUNNING) {
        look.glyph = spinner[drawing->now_us / FRAME_US % (gint64)G_N_ELEMENTS(spinner)];
    }
    return look;
}

static void append_bar(GString *line, const TgLoaderProgress *progress)
{
    double share = progress->bytes_expected > 0
                       ? MIN((double)progress->bytes / (double)progress->bytes_expected, 1.0)
                       : 0;
    guint full = (guint)(share * BAR_CELLS);

    for (guint i = 0; i < BAR_CELLS; i++) {
        g_string_append(line, i < full ? "█" : "░");
    }
    g_string_append_printf(line, " %3.0f%%", share * 100);
}

static void append_progress(GString *line, const TgRunNode *node, gint64 now_us)
{
    double seconds = MAX((double)(now_us - node->started_us) / 1e6, 0.001);
    g_autofree char *rows = grouped(node->progress.rows);
    g_autofree char *rate = grouped((gint64)((double)node->progress.rows / seconds));

    if (node->progress.bytes_expected > 0) {
        append_bar(line, &node->progress);
        g_string_append(line, "  ");
    }
    g_string_append_printf(line, "%s rows, %s rows/s", rows, rate);
}

/* What stands behind the label. */
static void append_details(const Drawing *drawing, GString *line, const TgRunNode *node)
{
    gboolean is_done = node->state > TG_NODE_RUNNING;

    if (node->state == TG_NODE_REUSED || node->state == TG_NODE_SKIPPED) {
        g_string_append(line, node->state == TG_NODE_REUSED ? "done before" : "left out");
        return;
    }
    if (node->state != TG_NODE_WAITING) {
        g_autofree char *time =
            tg_run_duration_text((is_done ? node->ended_us : drawing->now_us) - node->started_us);

        g_string_append_printf(line, "%9s  ", time);
    }
    if (node->summary != NULL) {
        g_autofree char *first = g_strndup(node->summary, strcspn(node->summary, "\n"));

        g_string_append(line, first);
    } else if (!is_done && node->has_progress) {
        append_progress(line, node, drawing->now_us);
    } else if (!is_done && node->what != NULL) {
        g_string_append(line, node->what);
    }
}

static char *cut(const char *text, guint width)
{
    if (g_utf8_strlen(text, -1) <= (glong)width) {
        return g_strdup(text);
    }
    g_autofree char *start = g_utf8_substring(text, 0, width > 1 ? (glong)width - 1 : 0);

    return g_strconcat(start, "…", NULL);
}

static char *pad(const char *text, guint width)
{
    glong missing = (glong)width - g_utf8_strlen(text, -1);

    return g_strdup_printf("%s%*s", text, (int)MAX(missing, 0), "");
}

#define LABEL_WIDTH 34

static void draw_line(const Drawing *drawing, const TgRunNode *node, guint depth,
                      const char *instead)
{
    g_autofree char *indent = g_strnfill((gsize)depth * 2, ' ');
    guint room = LABEL_WIDTH > depth * 2 + 8 ? LABEL_WIDTH - depth * 2 : 8;
    g_autofree char *label = cut(node->label, room);
    g_autofree char *padded = pad(label, room);
    g_autoptr(GString) details = g_string_new(NULL);
    Look look = look_of(drawing, node->state);

    if (instead != NULL) {
        g_string_append(details, instead);
    } else {
        append_details(drawing, details, node);
    }
    guint used = depth * 2 + 2 + room + 1;
    g_autofree char *rest =
        cut(details->str, drawing->columns > used ? drawing->columns - used : 0);
    g_autofree char *tail = g_strchomp(g_strdup_printf("%s %s", padded, rest));
    const char *dim =
        node->state == TG_NODE_REUSED || node->state == TG_NODE_SKIPPED ? "\033[2m" : "";

    g_ptr_array_add(drawing->lines, drawing->colour
                                        ? g_strdup_printf("%s%s%s\033[0m %s%s\033[0m", indent,
                                                          look.colour, look.glyph, dim, tail)
                                        : g_strdup_printf("%s%s %s", indent, look.glyph, tail));
}

static gboolean all_done_well(const TgRunNode *node)
{
    for (guint i = 0; i < node->children->len; i++) {
        if (!all_done_well(node->children->pdata[i])) {
            return FALSE;
        }
    }
    return node->state >= TG_NODE_SUCCESS && node->state <= TG_NODE_SKIPPED;
}

static void draw_node(const Drawing *drawing, const TgRunNode *node, guint depth)
{
    if (drawing->fold && node->children->len > 0 && all_done_well(node)) {
        g_autofree char *count = g_strdup_printf("           %u task%s", node->children->len,
                                                 node->children->len == 1 ? "" : "s");

        draw_line(drawing, node, depth, count);
        return;
    }
    draw_line(drawing, node, depth, NULL);
    for (guint i = 0; i < node->children->len; i++) {
        draw_node(drawing, node->children->pdata[i], depth + 1);
    }
}

GPtrArray *tg_run_tree_lines(const TgRunTree *tree, gint64 now_us, guint columns, guint rows_max,
                             gboolean colour)
{
    Drawing drawing = {.now_us = now_us, .columns = columns, .colour = colour};

    for (guint attempt = 0; attempt < 2; attempt++) {
        drawing.fold = attempt == 1;
        drawing.lines = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < tree->root->children->len; i++) {
            draw_node(&drawing, tree->root->children->pdata[i], 0);
        }
        if (drawing.lines->len <= rows_max || attempt == 1) {
            break;
        }
        g_ptr_array_unref(drawing.lines);
    }
    if (drawing.lines->len > rows_max) { /* the newest lines are at the end */
        g_ptr_array_remove_range(drawing.lines, 0, drawing.lines->len - rows_max);
    }
    return drawing.lines;
}

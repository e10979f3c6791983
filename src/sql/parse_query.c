/* Queries: WITH, SELECT, set operations, ORDER BY, LIMIT. */
#include <string.h>

#include "sql/parse.h"

static TgNode *parse_body(TgParser *parser, guint above);

gboolean tg_parse_is_query(const TgParser *parser)
{
    guint ahead = 0;

    while (tg_parser_is_sign(parser, ahead, "(")) {
        ahead++;
    }
    return tg_parser_is_word(parser, ahead, "select") || tg_parser_is_word(parser, ahead, "with") ||
           tg_parser_is_word(parser, ahead, "values") ||
           (tg_parser_is_word(parser, ahead, "table") && tg_parser_is_name(parser, ahead + 1));
}

/* "(a, b)": a list of NAME nodes. */
TgNode *tg_parse_names(TgParser *parser)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    guint32 offset = tg_parser_offset(parser);

    (void)tg_parser_expect_sign(parser, "(");
    do {
        TgNode *node = tg_node_new(parser->arena, TG_NODE_NAME, tg_parser_offset(parser), 0);

        node->text = tg_parser_name_as_written(parser);
        g_ptr_array_add(items, node);
    } while (items->len < TG_PARSE_LIST_MAX && tg_parser_accept_sign(parser, ","));
    (void)tg_parser_expect_sign(parser, ")");
    return tg_parser_list(parser, offset, items);
}

static TgNode *parse_with(TgParser *parser)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    guint32 offset = tg_parser_offset(parser);

    do {
        TgNode *node = tg_node_new(parser->arena, TG_NODE_CTE, tg_parser_offset(parser), 2);

        node->text = tg_parser_name(parser);
        node->items[1] = tg_parser_is_sign(parser, 0, "(") ? tg_parse_names(parser) : NULL;
        (void)tg_parser_expect(parser, "as");
        (void)tg_parser_expect_sign(parser, "(");
        node->items[0] = tg_parse_query(parser);
        (void)tg_parser_expect_sign(parser, ")");
        g_ptr_array_add(items, node);
    } while (items->len < TG_PARSE_CHAIN_MAX && tg_parser_accept_sign(parser, ","));
    return tg_parser_list(parser, offset, items);
}

/* t.* or db.t.*: how many tokens stand before the star; 0: it is none. */
static guint tokens_before_star(const TgParser *parser)
{
    guint ahead = 0;

    while (tg_parser_is_name(parser, ahead) && tg_parser_is_sign(parser, ahead + 1, ".")) {
        ahead += 2;
        if (tg_parser_is_sign(parser, ahead, "*")) {
            return ahead;
        }
    }
    return 0;
}

static TgNode *parse_all_columns(TgParser *parser, guint before)
{
    TgNode *node = tg_node_new(parser->arena, TG_NODE_ALL_COLUMNS, tg_parser_offset(parser), 1);

    for (guint i = 0; i < before; i += 2) {
        TgNodeKind kind = i == 0 ? TG_NODE_NAME : TG_NODE_FIELD;
        TgNode *part = tg_node_new(parser->arena, kind, tg_parser_offset(parser), i == 0 ? 0 : 1);

        part->text = tg_parser_name(parser);
        if (i > 0) {
            part->items[0] = node->items[0];
        }
        node->items[0] = part;
        (void)tg_parser_next(parser);
    }
    (void)tg_parser_expect_sign(parser, "*");
    return node;
}

static TgNode *parse_item(TgParser *parser)
{
    guint before = tokens_before_star(parser);
    TgNode *node = NULL;

    if (before > 0 || tg_parser_is_sign(parser, 0, "*")) {
        return parse_all_columns(parser, before);
    }
    node = tg_node_new(parser->arena, TG_NODE_ITEM, tg_parser_offset(parser), 1);
    node->items[0] = tg_parse_expression(parser);
    if (tg_parser_accept(parser, "as") || tg_parser_is_name(parser, 0)) {
        node->text = tg_parser_name_as_written(parser);
    }
    return node;
}

static TgNode *parse_group_sets(TgParser *parser, const char *kind)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    guint32 offset = tg_parser_offset(parser);

    (void)tg_parser_expect_sign(parser, "(");
    do {
        if (tg_parser_accept_sign(parser, "(")) {
            g_ptr_array_add(items, tg_parse_expression_list(parser, ")"));
        } else {
            TgNode *single = tg_node_new(parser->arena, TG_NODE_LIST, offset, 1);

            single->items[0] = tg_parse_expression(parser);
            g_ptr_array_add(items, single);
        }
    } while (items->len < TG_PARSE_CHAIN_MAX && tg_parser_accept_sign(parser, ","));
    (void)tg_parser_expect_sign(parser, ")");
    TgNode *node = tg_parser_node(parser, TG_NODE_SETS, items);

    node->offset = offset;
    node->text = kind;
    return node;
}

static TgNode *parse_group_by(TgParser *parser)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    guint32 offset = tg_parser_offset(parser);

    (void)tg_parser_accept(parser, "all");
    do {
        if (tg_parser_accept(parser, "grouping")) {
            (void)tg_parser_expect(parser, "sets");
            g_ptr_array_add(items, parse_group_sets(parser, "sets"));
        } else if (tg_parser_accept(parser, "cube")) {
            g_ptr_array_add(items, parse_group_sets(parser, "cube"));
        } else if (tg_parser_accept(parser, "rollup")) {
            g_ptr_array_add(items, parse_group_sets(parser, "rollup"));
        } else if (tg_parser_is_sign(parser, 0, "(") && tg_parser_is_sign(parser, 1, ")")) {
            parser->at += 2;
            g_ptr_array_add(items, tg_node_new(parser->arena, TG_NODE_LIST, offset, 0));
        } else {
            g_ptr_array_add(items, tg_parse_expression(parser));
        }
    } while (items->len < TG_PARSE_LIST_MAX && tg_parser_accept_sign(parser, ","));
    return tg_parser_list(parser, offset, items);
}

static TgNode *parse_windows(TgParser *parser)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    guint32 offset = tg_parser_offset(parser);

    do {
        char *name = tg_parser_name(parser);

        (void)tg_parser_expect(parser, "as");
        TgNode *window = tg_parse_window(parser);

        window->text = name;
        g_ptr_array_add(items, window);
    } while (items->len < TG_PARSE_CHAIN_MAX && tg_parser_accept_sign(parser, ","));
    return tg_parser_list(parser, offset, items);
}

/* a, b: joined without a condition; the last may use columns of those before it. */
static TgNode *parse_from(TgParser *parser)
{
    TgNode *left = tg_parse_relation(parser);
    guint length = 0;

    while (tg_parser_is_sign(parser, 0, ",")) {
        TgNode *join = tg_node_new(parser->arena, TG_NODE_JOIN, tg_parser_offset(parser), 4);

        (void)tg_parser_next(parser);
        join->text = "cross";
        join->items[0] = left;
        join->items[1] = tg_parse_relation(parser);
        left = join;
        if (length++ > TG_SQL_DEPTH_MAX) {
            return tg_parser_fail_at(parser, join->offset, "too many relations in one FROM");
        }
    }
    return left;
}

static TgNode *parse_select(TgParser *parser)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    TgNode *node = tg_node_new(parser->arena, TG_NODE_SELECT, tg_parser_offset(parser), 6);

    (void)tg_parser_next(parser);
    if (tg_parser_accept(parser, "distinct")) {
        node->flags |= TG_FLAG_DISTINCT;
    } else {
        (void)tg_parser_accept(parser, "all");
    }
    do {
        g_ptr_array_add(items, parse_item(parser));
    } while (items->len < TG_PARSE_LIST_MAX && tg_parser_accept_sign(parser, ","));
    node->items[0] = tg_parser_list(parser, node->offset, items);
    node->items[1] = tg_parser_accept(parser, "from") ? parse_from(parser) : NULL;
    node->items[2] = tg_parser_accept(parser, "where") ? tg_parse_expression(parser) : NULL;
    if (tg_parser_accept(parser, "group")) {
        (void)tg_parser_expect(parser, "by");
        node->items[3] = parse_group_by(parser);
    }
    node->items[4] = tg_parser_accept(parser, "having") ? tg_parse_expression(parser) : NULL;
    node->items[5] = tg_parser_accept(parser, "window") ? parse_windows(parser) : NULL;
    return node;
}

static TgNode *parse_values(TgParser *parser)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    guint32 offset = tg_parser_offset(parser);

    (void)tg_parser_next(parser);
    do {
        g_ptr_array_add(items, tg_parse_expression(parser));
    } while (items->len < TG_PARSE_LIST_MAX && tg_parser_accept_sign(parser, ","));
    TgNode *node = tg_parser_node(parser, TG_NODE_VALUES, items);

    node->offset = offset;
    return node;
}

/* TABLE t is SELECT * FROM t. */
static TgNode *parse_table(TgParser *parser)
{
    TgNode *node = tg_node_new(parser->arena, TG_NODE_SELECT, tg_parser_offset(parser), 6);
    TgNode *list = tg_node_new(parser->arena, TG_NODE_LIST, node->offset, 1);

    (void)tg_parser_next(parser);
    list->items[0] = tg_node_new(parser->arena, TG_NODE_ALL_COLUMNS, node->offset, 1);
    node->items[0] = list;
    node->items[1] = tg_parse_relation(parser);
    return node;
}

static TgNode *parse_term(TgParser *parser)
{
    TgNode *node = NULL;

    if (tg_parser_is_word(parser, 0, "select")) {
        return parse_select(parser);
    }
    if (tg_parser_is_word(parser, 0, "values")) {
        return parse_values(parser);
    }
    if (tg_parser_is_word(parser, 0, "table")) {
        return parse_table(parser);
    }
    if (!tg_parser_is_sign(parser, 0, "(")) {
        return tg_parser_fail_expected(parser, "SELECT, WITH or VALUES");
    }
    (void)tg_parser_next(parser);
    node = tg_parse_query(parser);
    (void)tg_parser_expect_sign(parser, ")");
    return node;
}

/* INTERSECT binds more than UNION and EXCEPT. */
static guint set_strength(const TgParser *parser)
{
    if (tg_parser_is_word(parser, 0, "intersect")) {
        return 2;
    }
    return tg_parser_is_word(parser, 0, "union") || tg_parser_is_word(parser, 0, "except") ? 1 : 0;
}

static TgNode *parse_body(TgParser *parser, guint above)
{
    TgNode *left = parse_term(parser);
    guint length = 0;

    for (guint found = set_strength(parser); found > above; found = set_strength(parser)) {
        TgNode *node = tg_node_new(parser->arena, TG_NODE_SET, tg_parser_offset(parser), 2);

        node->text = tg_sql_arena_lower(parser->arena, tg_parser_next(parser)->text);
        if (tg_parser_accept(parser, "all")) {
            node->flags |= TG_FLAG_ALL;
        } else {
            (void)tg_parser_accept(parser, "distinct");
        }
        node->items[0] = left;
        node->items[1] = parse_body(parser, found);
        left = node;
        if (length++ > 2 * TG_SQL_DEPTH_MAX) {
            return tg_parser_fail_at(parser, node->offset, "too many queries in one UNION");
        }
    }
    return left;
}

static TgNode *parse_limit(TgParser *parser)
{
    TgNode *node = NULL;

    if (tg_parser_accept(parser, "limit")) {
        return tg_parser_accept(parser, "all") ? NULL : tg_parse_value(parser);
    }
    if (!tg_parser_accept(parser, "fetch")) {
        return NULL;
    }
    if (!tg_parser_accept(parser, "first")) {
        (void)tg_parser_expect(parser, "next");
    }
    if (tg_parser_is_word(parser, 0, "row") || tg_parser_is_word(parser, 0, "rows")) {
        node = tg_node_new(parser->arena, TG_NODE_INTEGER, tg_parser_offset(parser), 0);
        node->text = "1";
    } else {
        node = tg_parse_value(parser);
    }
    if (!tg_parser_accept(parser, "rows")) {
        (void)tg_parser_expect(parser, "row");
    }
    if (tg_parser_is_word(parser, 0, "with")) {
        return tg_parser_fail_at(parser, tg_parser_offset(parser), "WITH TIES is not supported");
    }
    (void)tg_parser_expect(parser, "only");
    return node;
}

static TgNode *parse_query_inside(TgParser *parser)
{
    TgNode *node = tg_node_new(parser->arena, TG_NODE_QUERY, tg_parser_offset(parser), 5);

    if (tg_parser_accept(parser, "with")) {
        if (tg_parser_accept(parser, "recursive")) {
            node->flags |= TG_FLAG_RECURSIVE;
        }
        node->items[0] = parse_with(parser);
    }
    node->items[1] = parse_body(parser, 0);
    if (tg_parser_accept(parser, "order")) {
        (void)tg_parser_expect(parser, "by");
        node->items[2] = tg_parse_sort_list(parser);
    }
    if (tg_parser_accept(parser, "offset")) {
        node->items[3] = tg_parse_value(parser);
        if (!tg_parser_accept(parser, "rows")) {
            (void)tg_parser_accept(parser, "row");
        }
    }
    node->items[4] = parse_limit(parser);
    if (tg_parser_is_word(parser, 0, "offset")) {
        return tg_parser_fail_at(parser, tg_parser_offset(parser),
                                 "OFFSET stands before LIMIT in Athena's SQL");
    }
    return node;
}

TgNode *tg_parse_query(TgParser *parser)
{
    TgNode *node = NULL;

    if (!tg_parser_enter(parser)) {
        return NULL;
    }
    node = parse_query_inside(parser);
    tg_parser_leave(parser);
    return node;
}

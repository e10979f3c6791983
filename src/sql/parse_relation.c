/* What stands after FROM: tables, subqueries, UNNEST, joins, samples, aliases. */
#include <string.h>

#include "sql/parse.h"

static TgNode *parse_table_name(TgParser *parser)
{
    TgNode *node = tg_node_new(parser->arena, TG_NODE_TABLE, tg_parser_offset(parser), 0);

    if (tg_parser_peek(parser)->mark == '`') {
        return tg_parser_fail_at(parser, node->offset,
                                 "backquotes are for DDL; a query quotes names as \"name\"");
    }
    node->text = tg_parser_name(parser);
    if (tg_parser_accept_sign(parser, ".")) {
        node->extra = node->text;
        node->text = tg_parser_name(parser);
    }
    if (tg_parser_accept_sign(parser, ".")) { /* catalog.database.table */
        if (node->extra == NULL || g_ascii_strcasecmp(node->extra, "awsdatacatalog") != 0) {
            return tg_parser_fail_at(parser, node->offset,
                                     "only the catalog awsdatacatalog is known here");
        }
        node->extra = node->text;
        node->text = tg_parser_name(parser);
    }
    if (tg_parser_is_word(parser, 0, "for") &&
        (tg_parser_is_word(parser, 1, "timestamp") || tg_parser_is_word(parser, 1, "version"))) {
        return tg_parser_fail_at(parser, tg_parser_offset(parser),
                                 "time travel (FOR … AS OF) is not supported");
    }
    return node;
}

static TgNode *parse_unnest(TgParser *parser, guint32 offset)
{
    TgNode *node = NULL;

    (void)tg_parser_expect_sign(parser, "(");
    node = tg_parse_expression_list(parser, ")");
    if (node == NULL) {
        return NULL;
    }
    node->kind = TG_NODE_UNNEST;
    node->offset = offset;
    if (tg_parser_accept_two(parser, "with", "ordinality")) {
        node->flags |= TG_FLAG_ORDINALITY;
    }
    return node;
}

/* "((select …) union …)" is a query, "((select …) a join t …)" a relation in parentheses: what
 * follows the inner ones decides. */
static gboolean is_query(const TgParser *parser)
{
    static const char *const after[] = {"union", "intersect", "except", "order",
                                        "limit", "offset",    "fetch"};
    guint open = 0;
    guint ahead = 0;

    if (!tg_parse_is_query(parser) || !tg_parser_is_sign(parser, 0, "(")) {
        return tg_parse_is_query(parser);
    }
    do {
        open += tg_parser_is_sign(parser, ahead, "(") ? 1 : 0;
        open -= tg_parser_is_sign(parser, ahead, ")") ? 1 : 0;
        ahead++;
    } while (open > 0 && tg_parser_peek_at(parser, ahead)->kind != TG_TOKEN_END);
    for (guint i = 0; i < G_N_ELEMENTS(after); i++) {
        if (tg_parser_is_word(parser, ahead, after[i])) {
            return TRUE;
        }
    }
    return tg_parser_is_sign(parser, ahead, ")");
}

static TgNode *parse_parentheses(TgParser *parser, gboolean is_lateral)
{
    TgNode *node = NULL;

    (void)tg_parser_expect_sign(parser, "(");
    if (is_lateral || is_query(parser)) {
        node = tg_node_new(parser->arena, TG_NODE_DERIVED, tg_parser_offset(parser), 1);
        node->flags = is_lateral ? TG_FLAG_LATERAL : 0;
        node->items[0] = tg_parse_query(parser);
    } else {
        node = tg_parse_relation(parser);
    }
    (void)tg_parser_expect_sign(parser, ")");
    return node;
}

static TgNode *parse_primary(TgParser *parser)
{
    guint32 offset = tg_parser_offset(parser);

    if (tg_parser_is_word(parser, 0, "unnest") && tg_parser_is_sign(parser, 1, "(")) {
        (void)tg_parser_next(parser);
        return parse_unnest(parser, offset);
    }
    if (tg_parser_is_word(parser, 0, "lateral") && tg_parser_is_sign(parser, 1, "(")) {
        (void)tg_parser_next(parser);
        return parse_parentheses(parser, TRUE);
    }
    if (tg_parser_is_word(parser, 0, "table") && tg_parser_is_sign(parser, 1, "(")) {
        return tg_parser_fail_at(parser, offset, "table functions are not supported");
    }
    if (tg_parser_is_sign(parser, 0, "(")) {
        return parse_parentheses(parser, FALSE);
    }
    if (!tg_parser_is_name(parser, 0)) {
        return tg_parser_fail_expected(parser, "a table, a subquery or UNNEST");
    }
    return parse_table_name(parser);
}

static gboolean is_alias(const TgParser *parser)
{
    static const char *const not_aliases[] = {"tablesample", "window", "match_recognize"};

    for (guint i = 0; i < G_N_ELEMENTS(not_aliases); i++) {
        if (tg_parser_is_word(parser, 0, not_aliases[i])) {
            return FALSE;
        }
    }
    return tg_parser_is_name(parser, 0);
}

static TgNode *parse_aliased(TgParser *parser)
{
    TgNode *relation = parse_primary(parser);
    TgNode *node = NULL;

    if (tg_parser_is_word(parser, 0, "match_recognize")) {
        return tg_parser_fail_at(parser, tg_parser_offset(parser),
                                 "MATCH_RECOGNIZE is not supported");
    }
    if (!tg_parser_accept(parser, "as") && !is_alias(parser)) {
        return relation;
    }
    node = tg_node_new(parser->arena, TG_NODE_ALIASED, tg_parser_offset(parser), 2);
    node->items[0] = relation;
    node->text = tg_parser_name(parser);
    node->items[1] = tg_parser_is_sign(parser, 0, "(") ? tg_parse_names(parser) : NULL;
    return node;
}

static TgNode *parse_sampled(TgParser *parser)
{
    TgNode *relation = parse_aliased(parser);
    TgNode *node = NULL;

    if (!tg_parser_accept(parser, "tablesample")) {
        return relation;
    }
    node = tg_node_new(parser->arena, TG_NODE_SAMPLED, tg_parser_offset(parser), 2);
    node->items[0] = relation;
    if (tg_parser_accept(parser, "bernoulli")) {
        node->text = "bernoulli";
    } else {
        (void)tg_parser_expect(parser, "system");
        node->text = "system";
    }
    (void)tg_parser_expect_sign(parser, "(");
    node->items[1] = tg_parse_expression(parser);
    (void)tg_parser_expect_sign(parser, ")");
    return node;
}

/* The kind of the join at hand, whose words are consumed; NULL: there is none. */
static const char *accept_join(TgParser *parser)
{
    static const char *const outer[] = {"left", "right", "full"};

    if (tg_parser_accept_two(parser, "cross", "join")) {
        return "cross";
    }
    if (tg_parser_accept(parser, "join") || tg_parser_accept_two(parser, "inner", "join")) {
        return "inner";
    }
    for (guint i = 0; i < G_N_ELEMENTS(outer); i++) {
        if (tg_parser_accept(parser, outer[i])) {
            (void)tg_parser_accept(parser, "outer");
            (void)tg_parser_expect(parser, "join");
            return outer[i];
        }
    }
    return NULL;
}

static void parse_condition(TgParser *parser, TgNode *join)
{
    if (tg_parser_accept(parser, "on")) {
        join->items[2] = tg_parse_expression(parser);
    } else if (tg_parser_accept(parser, "using")) {
        join->items[3] = tg_parse_names(parser);
    } else {
        (void)tg_parser_fail_expected(parser, "ON or USING");
    }
}

static TgNode *parse_joins(TgParser *parser)
{
    TgNode *left = parse_sampled(parser);
    guint length = 0;

    for (;;) {
        guint32 offset = tg_parser_offset(parser);
        gboolean is_natural = tg_parser_accept(parser, "natural");
        const char *kind = accept_join(parser);

        if (kind == NULL) {
            return is_natural ? tg_parser_fail_expected(parser, "JOIN") : left;
        }
        TgNode *join = tg_node_new(parser->arena, TG_NODE_JOIN, offset, 4);

        join->text = kind;
        join->flags = is_natural ? TG_FLAG_NATURAL : 0;
        join->items[0] = left;
        join->items[1] = parse_sampled(parser);
        if (!is_natural && strcmp(kind, "cross") != 0) {
            parse_condition(parser, join);
        }
        left = join;
        if (length++ > TG_SQL_DEPTH_MAX) {
            return tg_parser_fail_at(parser, offset, "too many joins in one FROM");
        }
    }
}

TgNode *tg_parse_relation(TgParser *parser)
{
    TgNode *node = NULL;

    if (!tg_parser_enter(parser)) {
        return NULL;
    }
    node = parse_joins(parser);
    tg_parser_leave(parser);
    return node;
}

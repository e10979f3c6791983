/* Expressions by precedence: OR, AND, NOT, predicates, ||, + -, * / %, signs, AT TIME ZONE. */
#include <string.h>

#include "sql/parse.h"

static TgNode *one(TgParser *parser, TgNodeKind kind, guint32 offset, TgNode *a)
{
    TgNode *node = tg_node_new(parser->arena, kind, offset, 1);

    node->items[0] = a;
    return node;
}

static TgNode *two(TgParser *parser, TgNodeKind kind, guint32 offset, TgNode *a, TgNode *b)
{
    TgNode *node = tg_node_new(parser->arena, kind, offset, 2);

    node->items[0] = a;
    node->items[1] = b;
    return node;
}

TgNode *tg_parse_expression_list(TgParser *parser, const char *close)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    guint32 offset = tg_parser_offset(parser);

    if (tg_parser_accept_sign(parser, close)) {
        return tg_parser_list(parser, offset, items);
    }
    do {
        g_ptr_array_add(items, tg_parse_expression(parser));
    } while (items->len < TG_PARSE_LIST_MAX && tg_parser_accept_sign(parser, ","));
    if (items->len == TG_PARSE_LIST_MAX) {
        return tg_parser_fail_at(parser, offset, "a list of more than %d values",
                                 TG_PARSE_LIST_MAX);
    }
    (void)tg_parser_expect_sign(parser, close);
    return tg_parser_list(parser, offset, items);
}

static TgNode *parse_interval(TgParser *parser)
{
    static const char *const units[] = {"year", "month",  "week",   "day",
                                        "hour", "minute", "second", NULL};
    TgNode *node = tg_node_new(parser->arena, TG_NODE_INTERVAL, tg_parser_offset(parser), 0);

    (void)tg_parser_next(parser);
    if (tg_parser_accept_sign(parser, "-")) {
        node->flags = TG_FLAG_NEGATIVE;
    } else {
        (void)tg_parser_accept_sign(parser, "+");
    }
    node->text = tg_parser_string(parser);
    for (guint i = 0; units[i] != NULL; i++) {
        if (tg_parser_accept(parser, units[i])) {
            node->extra = units[i];
        }
    }
    if (node->extra == NULL) {
        return tg_parser_fail_expected(parser,
                                       "a unit: SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, YEAR");
    }
    if (tg_parser_is_word(parser, 0, "to")) {
        return tg_parser_fail_at(parser, tg_parser_offset(parser),
                                 "intervals of two units are not supported; add two of one unit");
    }
    return node;
}

/* DATE '…', TIMESTAMP '…', DECIMAL '…': a type's name and a text. */
static TgNode *parse_typed(TgParser *parser)
{
    TgNode *node = tg_node_new(parser->arena, TG_NODE_TYPED, tg_parser_offset(parser), 0);

    node->type = tg_parse_type(parser);
    node->text = tg_parser_string(parser);
    return node;
}

static gboolean is_typed(const TgParser *parser)
{
    TgSqlTypeId id = TG_SQL_UNKNOWN;
    const TgToken *token = tg_parser_peek(parser);

    if (token->kind != TG_TOKEN_WORD || !tg_sql_type_find(token->text, &id)) {
        return FALSE;
    }
    if (g_ascii_strcasecmp(token->text, "double") == 0 &&
        tg_parser_is_word(parser, 1, "precision")) {
        return tg_parser_peek_at(parser, 2)->kind == TG_TOKEN_STRING;
    }
    return tg_parser_peek_at(parser, 1)->kind == TG_TOKEN_STRING;
}

static TgNode *parse_case(TgParser *parser)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    guint32 offset = tg_parser_offset(parser);

    (void)tg_parser_next(parser);
    g_ptr_array_add(items,
                    tg_parser_is_word(parser, 0, "when") ? NULL : tg_parse_expression(parser));
    g_ptr_array_add(items, NULL);
    while (tg_parser_accept(parser, "when")) {
        g_ptr_array_add(items, tg_parse_expression(parser));
        (void)tg_parser_expect(parser, "then");
        g_ptr_array_add(items, tg_parse_expression(parser));
    }
    if (items->len == 2) {
        return tg_parser_fail_expected(parser, "WHEN");
    }
    if (tg_parser_accept(parser, "else")) {
        items->pdata[1] = tg_parse_expression(parser);
    }
    (void)tg_parser_expect(parser, "end");
    TgNode *node = tg_parser_node(parser, TG_NODE_CASE, items);

    node->offset = offset;
    return node;
}

/* x -> …, (x, y) -> …, () -> … */
static gboolean is_lambda(const TgParser *parser)
{
    guint ahead = 1;

    if (tg_parser_is_name(parser, 0) && tg_parser_is_sign(parser, 1, "->")) {
        return TRUE;
    }
    if (!tg_parser_is_sign(parser, 0, "(")) {
        return FALSE;
    }
    while (tg_parser_is_name(parser, ahead) && tg_parser_is_sign(parser, ahead + 1, ",")) {
        ahead += 2;
    }
    ahead += tg_parser_is_name(parser, ahead) ? 1 : 0;
    return tg_parser_is_sign(parser, ahead, ")") && tg_parser_is_sign(parser, ahead + 1, "->");
}

static TgNode *parse_lambda(TgParser *parser)
{
    guint32 offset = tg_parser_offset(parser);
    TgNode *names = NULL;

    if (tg_parser_is_sign(parser, 0, "(") && tg_parser_is_sign(parser, 1, ")")) {
        g_autoptr(GPtrArray) none = g_ptr_array_new();

        names = tg_parser_list(parser, offset, none);
        (void)tg_parser_next(parser);
        (void)tg_parser_next(parser);
    } else if (tg_parser_is_sign(parser, 0, "(")) {
        names = tg_parse_names(parser);
    } else {
        names = tg_node_new(parser->arena, TG_NODE_LIST, offset, 1);
        names->items[0] = tg_node_new(parser->arena, TG_NODE_NAME, offset, 0);
        names->items[0]->text = tg_parser_name(parser);
    }
    (void)tg_parser_expect_sign(parser, "->");
    return two(parser, TG_NODE_LAMBDA, offset, names, tg_parse_expression(parser));
}

/* "(": a subquery, an expression, or a row of several. */
static TgNode *parse_parentheses(TgParser *parser)
{
    guint32 offset = tg_parser_offset(parser);
    TgNode *list = NULL;

    (void)tg_parser_next(parser);
    if (tg_parse_is_query(parser)) {
        TgNode *query = one(parser, TG_NODE_SUBQUERY, offset, tg_parse_query(parser));

        (void)tg_parser_expect_sign(parser, ")");
        return query;
    }
    list = tg_parse_expression_list(parser, ")");
    if (list == NULL || list->count == 1) {
        return list == NULL ? NULL : list->items[0];
    }
    if (list->count == 0) {
        return tg_parser_fail_at(parser, offset, "nothing stands between the parentheses");
    }
    list->kind = TG_NODE_ROW;
    return list;
}

static TgNode *parse_literal(TgParser *parser)
{
    static const TgNodeKind kinds[] = {
        [TG_TOKEN_STRING] = TG_NODE_STRING,   [TG_TOKEN_BINARY] = TG_NODE_BINARY,
        [TG_TOKEN_INTEGER] = TG_NODE_INTEGER, [TG_TOKEN_DECIMAL] = TG_NODE_DECIMAL,
        [TG_TOKEN_DOUBLE] = TG_NODE_DOUBLE,
    };
    const TgToken *token = tg_parser_next(parser);
    TgNode *node = tg_node_new(parser->arena, kinds[token->kind], token->offset, 0);

    node->text = token->text;
    return node;
}

static TgNode *parse_name(TgParser *parser)
{
    guint32 offset = tg_parser_offset(parser);
    gboolean is_quoted = tg_parser_peek(parser)->kind == TG_TOKEN_QUOTED;
    TgNode *node = NULL;

    if (tg_parser_peek(parser)->mark == '`') {
        return tg_parser_fail_at(parser, offset,
                                 "backquotes are for DDL; a query quotes names as \"name\"");
    }
    if (!tg_parser_is_name(parser, 0)) {
        return tg_parser_fail_expected(parser, "an expression");
    }
    node = tg_node_new(parser->arena, TG_NODE_NAME, offset, 0);
    node->text = tg_parser_name(parser);
    node->flags = is_quoted ? TG_FLAG_QUOTED : 0;
    return node;
}

/* `?` in a statement that is prepared; one that runs has values there (tg_sql_bind). */
static TgNode *parse_parameter(TgParser *parser)
{
    TgNode *node = tg_node_new(parser->arena, TG_NODE_NULL, tg_parser_offset(parser), 0);

    if (!parser->takes_parameters) {
        return tg_parser_fail_at(parser, node->offset,
                                 "the parameter ? has no value: give ExecutionParameters, or use "
                                 "PREPARE and EXECUTE … USING");
    }
    (void)tg_parser_next(parser);
    return node;
}

static TgNode *parse_start(TgParser *parser)
{
    TgTokenKind kind = tg_parser_peek(parser)->kind;
    TgNode *node = NULL;

    if (kind >= TG_TOKEN_STRING && kind <= TG_TOKEN_DOUBLE) {
        return parse_literal(parser);
    }
    if (tg_parser_is_sign(parser, 0, "?")) {
        return parse_parameter(parser);
    }
    if (is_lambda(parser)) {
        return parse_lambda(parser);
    }
    if (tg_parser_is_sign(parser, 0, "(")) {
        return parse_parentheses(parser);
    }
    if (tg_parser_is_word(parser, 0, "case")) {
        return parse_case(parser);
    }
    if (tg_parser_is_word(parser, 0, "interval") &&
        (tg_parser_peek_at(parser, 1)->kind == TG_TOKEN_STRING ||
         tg_parser_peek_at(parser, 2)->kind == TG_TOKEN_STRING)) {
        return parse_interval(parser);
    }
    if (is_typed(parser)) {
        return parse_typed(parser);
    }
    node = tg_parse_special(parser);
    return node != NULL || parser->error != NULL ? node : parse_name(parser);
}

/* What may follow: .field, [index], (arguments). */
TgNode *tg_parse_primary(TgParser *parser)
{
    TgNode *node = parse_start(parser);
    guint links = 0;

    while (node != NULL && links++ < TG_SQL_DEPTH_MAX) {
        guint32 offset = tg_parser_offset(parser);

        if (node->kind == TG_NODE_NAME && tg_parser_is_sign(parser, 0, "(")) {
            node = tg_parse_call(parser, node->offset, node->text);
        } else if (tg_parser_is_sign(parser, 0, ".") && !tg_parser_is_sign(parser, 1, "*")) {
            (void)tg_parser_next(parser);
            node = one(parser, TG_NODE_FIELD, offset, node);
            node->offset = tg_parser_offset(parser);
            node->text = tg_parser_name(parser);
        } else if (tg_parser_accept_sign(parser, "[")) {
            node = two(parser, TG_NODE_SUBSCRIPT, offset, node, tg_parse_expression(parser));
            (void)tg_parser_expect_sign(parser, "]");
        } else {
            return node;
        }
    }
    return node;
}

static TgNode *parse_unary(TgParser *parser)
{
    guint32 offset = tg_parser_offset(parser);
    TgNode *node = NULL;

    if (!tg_parser_enter(parser)) {
        return NULL;
    }
    if (tg_parser_is_sign(parser, 0, "-") || tg_parser_is_sign(parser, 0, "+")) {
        const char *sign = tg_parser_next(parser)->text;

        node = one(parser, TG_NODE_UNARY, offset, parse_unary(parser));
        node->text = sign;
    } else {
        node = tg_parse_primary(parser);
        while (node != NULL && tg_parser_is_word(parser, 0, "at") &&
               tg_parser_is_word(parser, 1, "time")) {
            offset = tg_parser_offset(parser);
            parser->at += 2;
            (void)tg_parser_expect(parser, "zone");
            node = two(parser, TG_NODE_AT_ZONE, offset, node, tg_parse_primary(parser));
        }
    }
    tg_parser_leave(parser);
    return node;
}

/* Binding strength of the operator at hand; 0: it is none. */
static guint strength(const TgParser *parser)
{
    static const char *const signs[] = {"||", "+", "-", "*", "/", "%"};
    static const guint strengths[] = {1, 2, 2, 3, 3, 3};

    for (guint i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (tg_parser_is_sign(parser, 0, signs[i])) {
            return strengths[i];
        }
    }
    return 0;
}

static TgNode *parse_arithmetic(TgParser *parser, guint above)
{
    TgNode *left = parse_unary(parser);
    guint length = 0;

    for (guint found = strength(parser); found > above; found = strength(parser)) {
        guint32 offset = tg_parser_offset(parser);
        const char *sign = tg_parser_next(parser)->text;

        if (length++ > TG_PARSE_CHAIN_MAX) {
            return tg_parser_fail_at(parser, offset, "more than %d operators in one row",
                                     TG_PARSE_CHAIN_MAX);
        }
        left = two(parser, TG_NODE_BINARY_OP, offset, left, parse_arithmetic(parser, found));
        left->text = sign;
    }
    return left;
}

TgNode *tg_parse_value(TgParser *parser)
{
    return parse_arithmetic(parser, 0);
}

static TgNode *parse_in(TgParser *parser, guint32 offset, TgNode *left)
{
    TgNode *node = NULL;

    (void)tg_parser_expect_sign(parser, "(");
    if (tg_parse_is_query(parser)) {
        node = two(parser, TG_NODE_IN_QUERY, offset, left, tg_parse_query(parser));
        (void)tg_parser_expect_sign(parser, ")");
        return node;
    }
    if (tg_parser_is_sign(parser, 0, ")")) {
        return tg_parser_fail_at(parser, offset, "IN () has no values");
    }
    return two(parser, TG_NODE_IN, offset, left, tg_parse_expression_list(parser, ")"));
}

static TgNode *parse_like(TgParser *parser, guint32 offset, TgNode *left)
{
    TgNode *node = tg_node_new(parser->arena, TG_NODE_LIKE, offset, 3);

    node->items[0] = left;
    node->items[1] = tg_parse_value(parser);
    node->items[2] = tg_parser_accept(parser, "escape") ? tg_parse_value(parser) : NULL;
    return node;
}

static TgNode *parse_is(TgParser *parser, guint32 offset, TgNode *left)
{
    gboolean is_not = tg_parser_accept(parser, "not");
    TgNode *node = NULL;

    if (tg_parser_accept(parser, "null")) {
        node = one(parser, TG_NODE_IS_NULL, offset, left);
    } else if (tg_parser_accept_two(parser, "distinct", "from")) {
        node = two(parser, TG_NODE_DISTINCT, offset, left, tg_parse_value(parser));
    } else {
        return tg_parser_fail_expected(parser, "NULL or DISTINCT FROM (Trino has no IS TRUE)");
    }
    node->flags = is_not ? TG_FLAG_NOT : 0;
    return node;
}

/* BETWEEN, IN, LIKE, with or without NOT. */
static TgNode *parse_negatable(TgParser *parser, guint32 offset, TgNode *left)
{
    gboolean is_not = tg_parser_accept(parser, "not");
    TgNode *node = NULL;

    if (tg_parser_accept(parser, "between")) {
        node = tg_node_new(parser->arena, TG_NODE_BETWEEN, offset, 3);
        node->items[0] = left;
        node->items[1] = tg_parse_value(parser);
        (void)tg_parser_expect(parser, "and");
        node->items[2] = tg_parse_value(parser);
    } else if (tg_parser_accept(parser, "in")) {
        node = parse_in(parser, offset, left);
    } else if (tg_parser_accept(parser, "like")) {
        node = parse_like(parser, offset, left);
    } else {
        return tg_parser_fail_expected(parser, "BETWEEN, IN or LIKE");
    }
    if (node != NULL && is_not) {
        node->flags |= TG_FLAG_NOT;
    }
    return node;
}

static TgNode *parse_comparison(TgParser *parser, TgNode *left)
{
    guint32 offset = tg_parser_offset(parser);
    const char *sign = tg_parser_next(parser)->text;
    const char *quantifier = NULL;
    TgNode *node = NULL;

    if (tg_parser_accept(parser, "all")) {
        quantifier = "all";
    } else if (tg_parser_is_sign(parser, 1, "(") &&
               (tg_parser_accept(parser, "any") || tg_parser_accept(parser, "some"))) {
        quantifier = "any";
    }
    if (quantifier != NULL) {
        (void)tg_parser_expect_sign(parser, "(");
        node = two(parser, TG_NODE_QUANTIFIED, offset, left, tg_parse_query(parser));
        (void)tg_parser_expect_sign(parser, ")");
        node->extra = quantifier;
    } else {
        node = two(parser, TG_NODE_COMPARE, offset, left, tg_parse_value(parser));
    }
    node->text = strcmp(sign, "!=") == 0 ? "<>" : sign;
    return node;
}

static gboolean is_comparison(const TgParser *parser)
{
    static const char *const signs[] = {"=", "<>", "!=", "<", "<=", ">", ">="};

    for (guint i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (tg_parser_is_sign(parser, 0, signs[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

static TgNode *parse_predicate(TgParser *parser)
{
    TgNode *node = tg_parse_value(parser);
    guint length = 0;

    while (node != NULL && length++ < TG_PARSE_CHAIN_MAX) {
        guint32 offset = tg_parser_offset(parser);

        if (is_comparison(parser) && length > 1 && node->kind != TG_NODE_LIKE) {
            return tg_parser_fail_at(parser, offset,
                                     "a condition cannot be compared; put it in parentheses");
        }
        if (is_comparison(parser)) {
            node = parse_comparison(parser, node);
        } else if (tg_parser_accept(parser, "is")) {
            node = parse_is(parser, offset, node);
        } else if (tg_parser_is_word(parser, 0, "not") || tg_parser_is_word(parser, 0, "between") ||
                   tg_parser_is_word(parser, 0, "in") || tg_parser_is_word(parser, 0, "like")) {
            node = parse_negatable(parser, offset, node);
        } else {
            return node;
        }
    }
    return node;
}

static TgNode *parse_not(TgParser *parser)
{
    guint32 offset = tg_parser_offset(parser);
    TgNode *node = NULL;

    if (!tg_parser_accept(parser, "not")) {
        return parse_predicate(parser);
    }
    if (!tg_parser_enter(parser)) {
        return NULL;
    }
    node = one(parser, TG_NODE_UNARY, offset, parse_not(parser));
    node->text = "not";
    tg_parser_leave(parser);
    return node;
}

/* `a AND b AND c` is one node of three, so that long generated conditions stay flat. */
static TgNode *parse_logic(TgParser *parser, const char *word)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    guint32 offset = tg_parser_offset(parser);
    gboolean is_or = strcmp(word, "or") == 0;

    do {
        g_ptr_array_add(items, is_or ? parse_logic(parser, "and") : parse_not(parser));
    } while (items->len < TG_PARSE_LIST_MAX && tg_parser_accept(parser, word));
    if (items->len == 1) {
        return items->pdata[0];
    }
    TgNode *node = tg_parser_node(parser, TG_NODE_BINARY_OP, items);

    node->offset = offset;
    node->text = word;
    return node;
}

TgNode *tg_parse_expression(TgParser *parser)
{
    TgNode *node = NULL;

    if (!tg_parser_enter(parser)) {
        return NULL;
    }
    node = parse_logic(parser, "or");
    tg_parser_leave(parser);
    return node;
}

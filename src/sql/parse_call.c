/* Calls, windows, and the forms that have words inside: CAST, EXTRACT, TRIM … */
#include <string.h>

#include "sql/parse.h"

/* A type ends where its brackets close; its text is read by type_parse.c. */
static void skip_brackets(TgParser *parser)
{
    guint open = 0;

    if (!tg_parser_is_sign(parser, 0, "(") && !tg_parser_is_sign(parser, 0, "<")) {
        return;
    }
    do {
        const char *text = tg_parser_next(parser)->text;

        if (strcmp(text, "(") == 0 || strcmp(text, "<") == 0) {
            open++;
        } else if (strcmp(text, ")") == 0 || strcmp(text, ">") == 0) {
            open--;
        } else if (strcmp(text, "<>") == 0) { /* array<> */
            (void)tg_parser_fail_expected(parser, "a type");
        }
    } while (open > 0 && tg_parser_peek(parser)->kind != TG_TOKEN_END);
}

const TgSqlType *tg_parse_type(TgParser *parser)
{
    g_autoptr(GError) error = NULL;
    guint32 start = tg_parser_offset(parser);
    guint32 end = 0;
    const TgSqlType *type = NULL;

    if (tg_parser_peek(parser)->kind != TG_TOKEN_WORD) {
        return tg_parser_fail_expected(parser, "a type");
    }
    if (tg_parser_accept(parser, "interval")) {
        parser->at += 2;
    } else if (tg_parser_accept_two(parser, "double", "precision")) {
        parser->at -= 1;
    }
    (void)tg_parser_next(parser);
    skip_brackets(parser);
    if ((tg_parser_is_word(parser, 0, "with") || tg_parser_is_word(parser, 0, "without")) &&
        tg_parser_is_word(parser, 1, "time") && tg_parser_is_word(parser, 2, "zone")) {
        parser->at += 3;
    }
    parser->at = MIN(parser->at, parser->tokens->len - 1);
    end = tg_parser_peek_at(parser, 0)->offset;
    if (parser->at > 0) {
        end = g_array_index(parser->tokens, TgToken, parser->at - 1).end;
    }
    const char *text = tg_sql_arena_copy(parser->arena, parser->source->text + start,
                                         end > start ? end - start : 0);

    type = tg_sql_type_parse(parser->arena, text, &error);
    return type != NULL ? type : tg_parser_fail_at(parser, start, "%s", error->message);
}

TgNode *tg_parse_sort_list(TgParser *parser)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    guint32 offset = tg_parser_offset(parser);

    do {
        TgNode *node = tg_node_new(parser->arena, TG_NODE_SORT, tg_parser_offset(parser), 1);

        node->items[0] = tg_parse_expression(parser);
        if (tg_parser_accept(parser, "desc")) {
            node->flags |= TG_FLAG_DESCENDING;
        } else {
            (void)tg_parser_accept(parser, "asc");
        }
        if (tg_parser_accept_two(parser, "nulls", "first")) {
            node->flags |= TG_FLAG_NULLS_FIRST;
        } else if (tg_parser_accept_two(parser, "nulls", "last")) {
            node->flags |= TG_FLAG_NULLS_LAST;
        }
        g_ptr_array_add(items, node);
    } while (items->len < TG_PARSE_LIST_MAX && tg_parser_accept_sign(parser, ","));
    return tg_parser_list(parser, offset, items);
}

static TgNode *parse_bound(TgParser *parser)
{
    TgNode *node = tg_node_new(parser->arena, TG_NODE_BOUND, tg_parser_offset(parser), 1);

    if (tg_parser_accept_two(parser, "unbounded", "preceding")) {
        node->text = "unbounded preceding";
    } else if (tg_parser_accept_two(parser, "unbounded", "following")) {
        node->text = "unbounded following";
    } else if (tg_parser_accept_two(parser, "current", "row")) {
        node->text = "current row";
    } else {
        node->items[0] = tg_parse_expression(parser);
        if (tg_parser_accept(parser, "preceding")) {
            node->text = "preceding";
        } else {
            (void)tg_parser_expect(parser, "following");
            node->text = "following";
        }
    }
    return node;
}

static TgNode *parse_frame(TgParser *parser)
{
    static const char *const units[] = {"rows", "range", "groups"};
    TgNode *node = tg_node_new(parser->arena, TG_NODE_FRAME, tg_parser_offset(parser), 2);

    for (guint i = 0; i < G_N_ELEMENTS(units) && node->text == NULL; i++) {
        node->text = tg_parser_accept(parser, units[i]) ? units[i] : NULL;
    }
    if (node->text == NULL) {
        return NULL;
    }
    if (tg_parser_accept(parser, "between")) {
        node->items[0] = parse_bound(parser);
        (void)tg_parser_expect(parser, "and");
        node->items[1] = parse_bound(parser);
    } else {
        node->items[0] = parse_bound(parser);
    }
    return node;
}

/* What stands in parentheses after OVER or in a WINDOW clause. */
TgNode *tg_parse_window(TgParser *parser)
{
    TgNode *node = tg_node_new(parser->arena, TG_NODE_WINDOW, tg_parser_offset(parser), 3);

    (void)tg_parser_expect_sign(parser, "(");
    if (tg_parser_is_name(parser, 0) && !tg_parser_is_word(parser, 0, "partition") &&
        !tg_parser_is_word(parser, 0, "rows") && !tg_parser_is_word(parser, 0, "range") &&
        !tg_parser_is_word(parser, 0, "groups")) {
        node->extra = tg_parser_name(parser);
    }
    if (tg_parser_accept_two(parser, "partition", "by")) {
        g_autoptr(GPtrArray) items = g_ptr_array_new();

        do {
            g_ptr_array_add(items, tg_parse_expression(parser));
        } while (items->len < TG_PARSE_LIST_MAX && tg_parser_accept_sign(parser, ","));
        node->items[0] = tg_parser_list(parser, node->offset, items);
    }
    if (tg_parser_accept_two(parser, "order", "by")) {
        node->items[1] = tg_parse_sort_list(parser);
    }
    node->items[2] = parse_frame(parser);
    (void)tg_parser_expect_sign(parser, ")");
    return node;
}

static void parse_arguments(TgParser *parser, TgNode *call)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();

    if (tg_parser_accept(parser, "distinct")) {
        call->flags |= TG_FLAG_DISTINCT;
    } else {
        (void)tg_parser_accept(parser, "all");
    }
    if (tg_parser_is_sign(parser, 0, "*")) {
        g_ptr_array_add(items,
                        tg_node_new(parser->arena, TG_NODE_STAR, tg_parser_offset(parser), 0));
        (void)tg_parser_next(parser);
    } else if (!tg_parser_is_sign(parser, 0, ")")) {
        do {
            g_ptr_array_add(items, tg_parse_expression(parser));
        } while (items->len < TG_PARSE_LIST_MAX &&
                 (tg_parser_accept_sign(parser, ",") || tg_parser_accept_sign(parser, ":")));
    }
    call->items[0] = tg_parser_list(parser, call->offset, items);
    if (tg_parser_accept_two(parser, "order", "by")) {
        call->items[1] = tg_parse_sort_list(parser);
    }
    if (tg_parser_accept_two(parser, "on", "overflow")) {
        (void)tg_parser_fail_at(parser, call->offset, "ON OVERFLOW is not supported");
    }
    (void)tg_parser_expect_sign(parser, ")");
}

/* What may follow the parentheses: WITHIN GROUP, FILTER, IGNORE NULLS, OVER. */
static void parse_behind_call(TgParser *parser, TgNode *call)
{
    if (tg_parser_accept_two(parser, "within", "group")) {
        (void)tg_parser_expect_sign(parser, "(");
        (void)tg_parser_expect(parser, "order");
        (void)tg_parser_expect(parser, "by");
        call->items[1] = tg_parse_sort_list(parser);
        call->flags |= TG_FLAG_WITHIN_GROUP;
        (void)tg_parser_expect_sign(parser, ")");
    }
    if (tg_parser_is_word(parser, 0, "filter") && tg_parser_is_sign(parser, 1, "(")) {
        parser->at += 2;
        (void)tg_parser_expect(parser, "where");
        call->items[2] = tg_parse_expression(parser);
        (void)tg_parser_expect_sign(parser, ")");
    }
    if (tg_parser_accept_two(parser, "ignore", "nulls")) {
        call->flags |= TG_FLAG_IGNORE_NULLS;
    } else {
        (void)tg_parser_accept_two(parser, "respect", "nulls");
    }
    if (tg_parser_accept(parser, "over")) {
        if (tg_parser_is_sign(parser, 0, "(")) {
            call->items[3] = tg_parse_window(parser);
        } else {
            TgNode *window =
                tg_node_new(parser->arena, TG_NODE_WINDOW, tg_parser_offset(parser), 3);

            window->text = tg_parser_name(parser);
            call->items[3] = window;
        }
    }
}

TgNode *tg_parse_call(TgParser *parser, guint32 offset, const char *name)
{
    TgNode *call = tg_node_new(parser->arena, TG_NODE_CALL, offset, 4);

    call->text = name;
    call->flags = TG_FLAG_PARENTHESES;
    (void)tg_parser_expect_sign(parser, "(");
    parse_arguments(parser, call);
    parse_behind_call(parser, call);
    return call;
}

static TgNode *new_call(TgParser *parser, guint32 offset, const char *name, GPtrArray *arguments)
{
    TgNode *call = tg_node_new(parser->arena, TG_NODE_CALL, offset, 4);

    call->text = name;
    call->flags = TG_FLAG_PARENTHESES;
    call->items[0] = tg_parser_list(parser, offset, arguments);
    return call;
}

static TgNode *parse_cast(TgParser *parser, guint32 offset, gboolean is_try)
{
    TgNode *node = tg_node_new(parser->arena, TG_NODE_CAST, offset, 1);

    node->flags = is_try ? TG_FLAG_TRY : 0;
    (void)tg_parser_expect_sign(parser, "(");
    node->items[0] = tg_parse_expression(parser);
    (void)tg_parser_expect(parser, "as");
    node->type = tg_parse_type(parser);
    (void)tg_parser_expect_sign(parser, ")");
    return node;
}

static TgNode *parse_extract(TgParser *parser, guint32 offset)
{
    TgNode *node = tg_node_new(parser->arena, TG_NODE_EXTRACT, offset, 1);

    (void)tg_parser_expect_sign(parser, "(");
    node->text = tg_parser_name(parser);
    (void)tg_parser_expect(parser, "from");
    node->items[0] = tg_parse_expression(parser);
    (void)tg_parser_expect_sign(parser, ")");
    return node;
}

/* trim([LEADING|TRAILING|BOTH] [characters] [FROM] x), trim(x, characters) */
static TgNode *parse_trim(TgParser *parser, guint32 offset)
{
    static const char *const sides[] = {"both", "leading", "trailing"};
    TgNode *node = tg_node_new(parser->arena, TG_NODE_TRIM, offset, 2);
    TgNode *first = NULL;
    gboolean has_side = FALSE;

    (void)tg_parser_expect_sign(parser, "(");
    node->text = "both";
    for (guint i = 0; i < G_N_ELEMENTS(sides) && !has_side; i++) {
        has_side = tg_parser_accept(parser, sides[i]);
        node->text = has_side ? sides[i] : node->text;
    }
    if (has_side && tg_parser_accept(parser, "from")) {
        node->items[0] = tg_parse_expression(parser);
    } else {
        first = tg_parse_value(parser);
        if (tg_parser_accept(parser, "from")) {
            node->items[1] = first;
            node->items[0] = tg_parse_expression(parser);
        } else {
            node->items[0] = first;
            node->items[1] =
                tg_parser_accept_sign(parser, ",") ? tg_parse_expression(parser) : NULL;
        }
    }
    (void)tg_parser_expect_sign(parser, ")");
    return node;
}

/* position(a IN b) is strpos(b, a). */
static TgNode *parse_position(TgParser *parser, guint32 offset)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();

    (void)tg_parser_expect_sign(parser, "(");
    g_ptr_array_add(arguments, tg_parse_value(parser));
    (void)tg_parser_expect(parser, "in");
    g_ptr_array_insert(arguments, 0, tg_parse_value(parser));
    (void)tg_parser_expect_sign(parser, ")");
    return new_call(parser, offset, "strpos", arguments);
}

/* substring(x FROM a FOR b) and substring(x, a, b) are substr. */
static TgNode *parse_substring(TgParser *parser, guint32 offset)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();

    (void)tg_parser_expect_sign(parser, "(");
    g_ptr_array_add(arguments, tg_parse_expression(parser));
    if (tg_parser_accept(parser, "from") || tg_parser_accept_sign(parser, ",")) {
        g_ptr_array_add(arguments, tg_parse_expression(parser));
    }
    if (tg_parser_accept(parser, "for") || tg_parser_accept_sign(parser, ",")) {
        g_ptr_array_add(arguments, tg_parse_expression(parser));
    }
    (void)tg_parser_expect_sign(parser, ")");
    return new_call(parser, offset, "substr", arguments);
}

static TgNode *parse_exists(TgParser *parser, guint32 offset)
{
    TgNode *node = tg_node_new(parser->arena, TG_NODE_EXISTS, offset, 1);

    (void)tg_parser_expect_sign(parser, "(");
    node->items[0] = tg_parse_query(parser);
    (void)tg_parser_expect_sign(parser, ")");
    return node;
}

static TgNode *parse_array(TgParser *parser, guint32 offset)
{
    TgNode *list = NULL;

    (void)tg_parser_expect_sign(parser, "[");
    list = tg_parse_expression_list(parser, "]");
    if (list != NULL) {
        list->kind = TG_NODE_ARRAY;
        list->offset = offset;
    }
    return list;
}

static TgNode *parse_row(TgParser *parser, guint32 offset)
{
    TgNode *list = NULL;

    (void)tg_parser_expect_sign(parser, "(");
    list = tg_parse_expression_list(parser, ")");
    if (list != NULL) {
        list->kind = TG_NODE_ROW;
        list->offset = offset;
    }
    return list;
}

/* NULL, TRUE, FALSE, CURRENT_DATE …: one word. */
static TgNode *parse_word(TgParser *parser)
{
    static const char *const times[] = {"current_date", "current_timestamp", "localtimestamp",
                                        "current_time", "localtime"};
    guint32 offset = tg_parser_offset(parser);
    TgNode *node = NULL;

    if (tg_parser_accept(parser, "null")) {
        return tg_node_new(parser->arena, TG_NODE_NULL, offset, 0);
    }
    if (tg_parser_is_word(parser, 0, "true") || tg_parser_is_word(parser, 0, "false")) {
        node = tg_node_new(parser->arena, TG_NODE_BOOLEAN, offset, 0);
        node->text = tg_sql_arena_lower(parser->arena, tg_parser_next(parser)->text);
        return node;
    }
    for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
        if (tg_parser_is_word(parser, 0, times[i]) && !tg_parser_is_sign(parser, 1, "(")) {
            node = tg_node_new(parser->arena, TG_NODE_CALL, offset, 4);
            node->text = times[i];
            node->items[0] = tg_node_new(parser->arena, TG_NODE_LIST, offset, 0);
            (void)tg_parser_next(parser);
            return node;
        }
    }
    return NULL;
}

/* Forms that begin with a word; NULL without a failure when it is none of them. */
TgNode *tg_parse_special(TgParser *parser)
{
    static const struct {
        const char *word;
        const char *sign; /* that follows */
        TgNode *(*parse)(TgParser *parser, guint32 offset);
    } forms[] = {
        {"extract", "(", parse_extract},   {"trim", "(", parse_trim},
        {"position", "(", parse_position}, {"substring", "(", parse_substring},
        {"exists", "(", parse_exists},     {"array", "[", parse_array},
        {"row", "(", parse_row},
    };
    guint32 offset = tg_parser_offset(parser);

    if (tg_parser_peek(parser)->kind != TG_TOKEN_WORD) {
        return NULL;
    }
    if (tg_parser_is_sign(parser, 1, "(")) {
        if (tg_parser_accept(parser, "cast")) {
            return parse_cast(parser, offset, FALSE);
        }
        if (tg_parser_accept(parser, "try_cast")) {
            return parse_cast(parser, offset, TRUE);
        }
        if (tg_parser_accept(parser, "grouping")) {
            return tg_parse_call(parser, offset, "grouping");
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (tg_parser_is_sign(parser, 1, forms[i].sign) &&
            tg_parser_accept(parser, forms[i].word)) {
            return forms[i].parse(parser, offset);
        }
    }
    return parse_word(parser);
}

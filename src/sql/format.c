/* A tree back to Trino's SQL, in one normal form: lower-case keywords, all operators in
 * parentheses, all names in double quotes. */
#include <string.h>

#include "sql/ast.h"

static void format(GString *out, const TgNode *node);

static void append_quoted(GString *out, const char *text, char mark)
{
    g_string_append_c(out, mark);
    for (; *text != '\0'; text++) {
        if (*text == mark) {
            g_string_append_c(out, mark);
        }
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, mark);
}

static void append_name(GString *out, const char *name)
{
    append_quoted(out, name, '"');
}

/* Children from `from` on, with ", " between. */
static void append_items(GString *out, const TgNode *node, guint from)
{
    for (guint i = from; i < node->count; i++) {
        g_string_append(out, i == from ? "" : ", ");
        format(out, node->items[i]);
    }
}

static void append_clause(GString *out, const char *before, const TgNode *node, const char *after)
{
    if (node != NULL) {
        g_string_append(out, before);
        format(out, node);
        g_string_append(out, after);
    }
}

static void append_type(GString *out, const TgSqlType *type)
{
    g_autoptr(TgSqlArena) arena = tg_sql_arena_new();

    g_string_append(out, tg_sql_type_trino(arena, type));
}

static const char *negation(const TgNode *node)
{
    return tg_node_has(node, TG_FLAG_NOT) ? "not " : "";
}

/* What stands before '.', '[' or AT: in parentheses unless a name or a call begins it. */
static void append_base(GString *out, const TgNode *node)
{
    gboolean is_plain = node->kind == TG_NODE_NAME || node->kind == TG_NODE_FIELD ||
                        node->kind == TG_NODE_CALL || node->kind == TG_NODE_SUBSCRIPT;

    append_clause(out, is_plain ? "" : "(", node, is_plain ? "" : ")");
}

/* ---- expressions ---------------------------------------------------------------------------- */

static void format_literal(GString *out, const TgNode *node)
{
    gsize start = 0;

    switch ((int)node->kind) {
    case TG_NODE_NULL:
        g_string_append(out, "null");
        break;
    case TG_NODE_STRING:
        append_quoted(out, node->text, '\'');
        break;
    case TG_NODE_BINARY:
        g_string_append_c(out, 'X');
        append_quoted(out, node->text, '\'');
        break;
    case TG_NODE_TYPED: /* the name alone: DECIMAL '1.5', TIMESTAMP '…' */
        start = out->len;
        append_type(out, node->type);
        g_string_truncate(out, start + strcspn(out->str + start, "("));
        g_string_append_c(out, ' ');
        append_quoted(out, node->text, '\'');
        break;
    case TG_NODE_INTERVAL:
        g_string_append_printf(out, "interval %s", tg_node_has(node, TG_FLAG_NEGATIVE) ? "-" : "");
        append_quoted(out, node->text, '\'');
        g_string_append_printf(out, " %s", node->extra);
        break;
    default:
        g_string_append(out, node->text);
    }
}

static void format_operator(GString *out, const TgNode *node)
{
    g_string_append(out, "(");
    if (node->kind == TG_NODE_UNARY) {
        g_string_append_printf(out, "%s ", node->text);
    }
    for (guint i = 0; i < node->count; i++) {
        if (i > 0) {
            g_string_append_printf(out, " %s ", node->text);
        }
        format(out, node->items[i]);
    }
    g_string_append_c(out, ')');
}

static void format_predicate(GString *out, const TgNode *node)
{
    g_string_append_c(out, '(');
    format(out, node->items[0]);
    switch ((int)node->kind) {
    case TG_NODE_QUANTIFIED:
        g_string_append_printf(out, " %s %s (", node->text, node->extra);
        append_clause(out, "", node->items[1], ")");
        break;
    case TG_NODE_IS_NULL:
        g_string_append_printf(out, " is %snull", negation(node));
        break;
    case TG_NODE_DISTINCT:
        g_string_append_printf(out, " is %sdistinct from ", negation(node));
        format(out, node->items[1]);
        break;
    case TG_NODE_BETWEEN:
        g_string_append_printf(out, " %sbetween ", negation(node));
        format(out, node->items[1]);
        append_clause(out, " and ", node->items[2], "");
        break;
    case TG_NODE_LIKE:
        g_string_append_printf(out, " %slike ", negation(node));
        format(out, node->items[1]);
        append_clause(out, " escape ", node->items[2], "");
        break;
    default:
        g_string_append_printf(out, " %sin (", negation(node));
        format(out, node->items[1]);
        g_string_append_c(out, ')');
    }
    g_string_append_c(out, ')');
}

static void format_case(GString *out, const TgNode *node)
{
    g_string_append(out, "case");
    append_clause(out, " ", node->items[0], "");
    for (guint i = 2; i + 1 < node->count; i += 2) {
        append_clause(out, " when ", node->items[i], "");
        append_clause(out, " then ", node->items[i + 1], "");
    }
    append_clause(out, " else ", node->items[1], "");
    g_string_append(out, " end");
}

static void format_window(GString *out, const TgNode *node)
{
    g_string_append_c(out, '(');
    if (node->extra != NULL) {
        append_name(out, node->extra);
    }
    append_clause(out, " partition by ", node->items[0], "");
    append_clause(out, " order by ", node->items[1], "");
    append_clause(out, " ", node->items[2], "");
    g_string_append_c(out, ')');
}

static void format_call(GString *out, const TgNode *node)
{
    gboolean is_within = tg_node_has(node, TG_FLAG_WITHIN_GROUP);

    if (!tg_node_has(node, TG_FLAG_PARENTHESES)) {
        g_string_append(out, node->text);
        return;
    }
    append_name(out, node->text);
    g_string_append(out, tg_node_has(node, TG_FLAG_DISTINCT) ? "(distinct " : "(");
    format(out, node->items[0]);
    append_clause(out, is_within ? ") within group (order by " : " order by ", node->items[1], "");
    g_string_append_c(out, ')');
    append_clause(out, " filter (where ", node->items[2], ")");
    g_string_append(out, tg_node_has(node, TG_FLAG_IGNORE_NULLS) ? " ignore nulls" : "");
    if (node->items[3] != NULL && node->items[3]->text != NULL) {
        g_string_append(out, " over ");
        append_name(out, node->items[3]->text);
    } else if (node->items[3] != NULL) {
        g_string_append(out, " over ");
        format_window(out, node->items[3]);
    }
}

/* Forms with words inside. */
static void format_special(GString *out, const TgNode *node)
{
    switch ((int)node->kind) {
    case TG_NODE_CAST:
        g_string_append(out, tg_node_has(node, TG_FLAG_TRY) ? "try_cast(" : "cast(");
        format(out, node->items[0]);
        g_string_append(out, " as ");
        append_type(out, node->type);
        g_string_append_c(out, ')');
        break;
    case TG_NODE_EXTRACT:
        g_string_append(out, "extract(");
        append_name(out, node->text);
        append_clause(out, " from ", node->items[0], ")");
        break;
    case TG_NODE_AT_ZONE:
        append_base(out, node->items[0]);
        g_string_append(out, " at time zone ");
        append_base(out, node->items[1]);
        break;
    case TG_NODE_LAMBDA:
        g_string_append_c(out, '(');
        format(out, node->items[0]);
        append_clause(out, ") -> ", node->items[1], "");
        break;
    case TG_NODE_ARRAY:
        g_string_append(out, "array[");
        append_items(out, node, 0);
        g_string_append_c(out, ']');
        break;
    case TG_NODE_ROW:
        g_string_append(out, "row(");
        append_items(out, node, 0);
        g_string_append_c(out, ')');
        break;
    case TG_NODE_SUBSCRIPT:
        append_base(out, node->items[0]);
        append_clause(out, "[", node->items[1], "]");
        break;
    default: /* TRIM */
        g_string_append_printf(out, "trim(%s ", node->text);
        append_clause(out, "", node->items[1], " ");
        append_clause(out, "from ", node->items[0], ")");
    }
}

/* ---- queries -------------------------------------------------------------------------------- */

static void format_query(GString *out, const TgNode *node)
{
    TgNodeKind body = node->items[1]->kind;

    append_clause(out, tg_node_has(node, TG_FLAG_RECURSIVE) ? "with recursive " : "with ",
                  node->items[0], " ");
    append_clause(out, body == TG_NODE_QUERY ? "(" : "", node->items[1],
                  body == TG_NODE_QUERY ? ")" : "");
    append_clause(out, " order by ", node->items[2], "");
    append_clause(out, " offset ", node->items[3], "");
    append_clause(out, " limit ", node->items[4], "");
}

static void format_windows(GString *out, const TgNode *list)
{
    for (guint i = 0; list != NULL && i < list->count; i++) {
        g_string_append(out, i == 0 ? " window " : ", ");
        append_name(out, list->items[i]->text);
        g_string_append(out, " as ");
        format_window(out, list->items[i]);
    }
}

/* Elements of GROUP BY: a list among them is "()". */
static void format_groups(GString *out, const TgNode *list)
{
    for (guint i = 0; list != NULL && i < list->count; i++) {
        g_string_append(out, i == 0 ? " group by " : ", ");
        if (list->items[i]->kind == TG_NODE_LIST) {
            g_string_append(out, "()");
        } else {
            format(out, list->items[i]);
        }
    }
}

static void format_select(GString *out, const TgNode *node)
{
    g_string_append(out, tg_node_has(node, TG_FLAG_DISTINCT) ? "select distinct " : "select ");
    format(out, node->items[0]);
    append_clause(out, " from ", node->items[1], "");
    append_clause(out, " where ", node->items[2], "");
    format_groups(out, node->items[3]);
    append_clause(out, " having ", node->items[4], "");
    format_windows(out, node->items[5]);
}

static void format_sets(GString *out, const TgNode *node)
{
    g_string_append(out, strcmp(node->text, "sets") == 0 ? "grouping sets" : node->text);
    g_string_append(out, " (");
    for (guint i = 0; i < node->count; i++) {
        append_clause(out, i == 0 ? "(" : ", (", node->items[i], ")");
    }
    g_string_append_c(out, ')');
}

static void format_side(GString *out, const TgNode *side)
{
    gboolean is_plain = side->kind == TG_NODE_SELECT || side->kind == TG_NODE_VALUES;

    append_clause(out, is_plain ? "" : "(", side, is_plain ? "" : ")");
}

static void format_cte(GString *out, const TgNode *node)
{
    append_name(out, node->text);
    append_clause(out, " (", node->items[1], ")");
    append_clause(out, " as (", node->items[0], ")");
}

static void format_query_part(GString *out, const TgNode *node)
{
    switch ((int)node->kind) {
    case TG_NODE_QUERY:
        format_query(out, node);
        break;
    case TG_NODE_CTE:
        format_cte(out, node);
        break;
    case TG_NODE_SELECT:
        format_select(out, node);
        break;
    case TG_NODE_ITEM:
        format(out, node->items[0]);
        if (node->text != NULL) {
            g_string_append(out, " as ");
            append_name(out, node->text);
        }
        break;
    case TG_NODE_ALL_COLUMNS:
        append_clause(out, "", node->items[0], ".");
        g_string_append_c(out, '*');
        break;
    case TG_NODE_SET:
        format_side(out, node->items[0]);
        g_string_append_printf(out, " %s%s ", node->text,
                               tg_node_has(node, TG_FLAG_ALL) ? " all" : "");
        format_side(out, node->items[1]);
        break;
    case TG_NODE_VALUES:
        g_string_append(out, "values ");
        append_items(out, node, 0);
        break;
    case TG_NODE_SETS:
        format_sets(out, node);
        break;
    case TG_NODE_SORT:
        format(out, node->items[0]);
        g_string_append(out, tg_node_has(node, TG_FLAG_DESCENDING) ? " desc" : "");
        g_string_append(out, tg_node_has(node, TG_FLAG_NULLS_FIRST) ? " nulls first" : "");
        g_string_append(out, tg_node_has(node, TG_FLAG_NULLS_LAST) ? " nulls last" : "");
        break;
    case TG_NODE_FRAME:
        g_string_append_printf(out, "%s%s", node->text, node->items[1] != NULL ? " between " : " ");
        format(out, node->items[0]);
        append_clause(out, " and ", node->items[1], "");
        break;
    default: /* BOUND */
        append_clause(out, "", node->items[0], " ");
        g_string_append(out, node->text);
    }
}

/* ---- relations ------------------------------------------------------------------------------ */

static void format_join(GString *out, const TgNode *node)
{
    gboolean nests = node->items[1]->kind == TG_NODE_JOIN;

    format(out, node->items[0]);
    g_string_append_printf(out, "%s %s join ", tg_node_has(node, TG_FLAG_NATURAL) ? " natural" : "",
                           node->text);
    append_clause(out, nests ? "(" : "", node->items[1], nests ? ")" : "");
    append_clause(out, " on ", node->items[2], "");
    append_clause(out, " using (", node->items[3], ")");
}

static void format_relation(GString *out, const TgNode *node)
{
    switch ((int)node->kind) {
    case TG_NODE_TABLE:
        if (node->extra != NULL) {
            append_name(out, node->extra);
            g_string_append_c(out, '.');
        }
        append_name(out, node->text);
        break;
    case TG_NODE_DERIVED:
        append_clause(out, tg_node_has(node, TG_FLAG_LATERAL) ? "lateral (" : "(", node->items[0],
                      ")");
        break;
    case TG_NODE_UNNEST:
        g_string_append(out, "unnest(");
        append_items(out, node, 0);
        g_string_append(out, tg_node_has(node, TG_FLAG_ORDINALITY) ? ") with ordinality" : ")");
        break;
    case TG_NODE_JOIN:
        format_join(out, node);
        break;
    case TG_NODE_ALIASED:
        append_clause(out, node->items[0]->kind == TG_NODE_JOIN ? "(" : "", node->items[0],
                      node->items[0]->kind == TG_NODE_JOIN ? ")" : "");
        g_string_append(out, " as ");
        append_name(out, node->text);
        append_clause(out, " (", node->items[1], ")");
        break;
    default: /* SAMPLED */
        format(out, node->items[0]);
        g_string_append_printf(out, " tablesample %s (", node->text);
        append_clause(out, "", node->items[1], ")");
    }
}

static void format(GString *out, const TgNode *node)
{
    switch ((int)node->kind) {
    case TG_NODE_LIST:
        append_items(out, node, 0);
        break;
    case TG_NODE_NAME:
        append_name(out, node->text);
        break;
    case TG_NODE_FIELD:
        append_base(out, node->items[0]);
        g_string_append_c(out, '.');
        append_name(out, node->text);
        break;
    case TG_NODE_UNARY:
    case TG_NODE_BINARY_OP:
    case TG_NODE_COMPARE:
        format_operator(out, node);
        break;
    case TG_NODE_EXISTS:
        append_clause(out, "exists (", node->items[0], ")");
        break;
    case TG_NODE_SUBQUERY:
        append_clause(out, "(", node->items[0], ")");
        break;
    case TG_NODE_CASE:
        format_case(out, node);
        break;
    case TG_NODE_CALL:
        format_call(out, node);
        break;
    case TG_NODE_STAR:
        g_string_append_c(out, '*');
        break;
    default:
        if (node->kind <= TG_NODE_INTERVAL) {
            format_literal(out, node);
        } else if (node->kind >= TG_NODE_TABLE) {
            format_relation(out, node);
        } else if (node->kind >= TG_NODE_QUERY) {
            format_query_part(out, node);
        } else if (node->kind >= TG_NODE_CAST) {
            format_special(out, node);
        } else {
            format_predicate(out, node);
        }
    }
}

char *tg_node_format(const TgNode *node)
{
    GString *out = g_string_new(NULL);

    format(out, node);
    return g_string_free(out, FALSE);
}

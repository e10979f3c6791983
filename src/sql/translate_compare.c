/* Comparisons: NaN equals nothing, NULL within rows, arrays and maps makes NULL, zones do not
 * count, blanks at the end of a char do not count. */
#include <string.h>

#include "sql/translate.h"

void tg_translate_check_comparable(TgTranslator *translator, const TgNode *node, TgValue left,
                                   TgValue right)
{
    gboolean are_texts = (left.type->id == TG_SQL_CHAR || left.type->id == TG_SQL_VARCHAR) &&
                         (right.type->id == TG_SQL_CHAR || right.type->id == TG_SQL_VARCHAR);

    if (!are_texts && tg_sql_type_common(translator->arena, left.type, right.type) == NULL) {
        (void)tg_translate_fail(translator, node,
                                "cannot compare %s with %s; cast one of them to the other's type",
                                tg_translate_type_name(translator, left.type),
                                tg_translate_type_name(translator, right.type));
    }
}

static gboolean is_orderable(const TgSqlType *type)
{
    if (type->id == TG_SQL_MAP || type->id == TG_SQL_JSON) {
        return FALSE;
    }
    for (guint i = 0; i < type->count; i++) {
        if (!is_orderable(type->items[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

void tg_translate_check_orderable(TgTranslator *translator, const TgNode *node,
                                  const TgSqlType *type)
{
    if (!is_orderable(type)) {
        (void)tg_translate_fail(translator, node, "values of type %s have no order",
                                tg_translate_type_name(translator, type));
    }
}

static gboolean is_float(const TgSqlType *type)
{
    return type->id == TG_SQL_DOUBLE || type->id == TG_SQL_REAL;
}

/* A number that surely is one: a literal, or made of one that is exact. */
static gboolean is_never_nan(TgValue value)
{
    const char *text = value.text;

    if (!is_float(value.type)) {
        return TRUE;
    }
    text += strspn(text, "(-");
    if (!g_str_has_prefix(text, "CAST('") || !g_ascii_isdigit(text[strlen("CAST('")])) {
        return FALSE;
    }
    text = strchr(text + strlen("CAST('"), '\'');
    return text != NULL && g_str_has_prefix(text, "' AS DOUBLE)") &&
           strspn(text + strlen("' AS DOUBLE"), ")") == strlen(text + strlen("' AS DOUBLE"));
}

gboolean tg_translate_compares_apart(TgValue left, TgValue right)
{
    return (left.type->count > 0 && right.type->count > 0) ||
           (left.type->id == TG_SQL_CHAR || right.type->id == TG_SQL_CHAR) ||
           ((is_float(left.type) || is_float(right.type)) && !is_never_nan(left) &&
            !is_never_nan(right));
}

static const char *arrays_equal(TgTranslator *translator, const TgNode *node, TgValue left,
                                TgValue right)
{
    const char *name = tg_translate_quote(translator, tg_translate_alias(translator, "q"));
    TgValue a = tg_value(translator, left.type->items[0], "struct_extract_at(%s, 1)", name);
    TgValue b = tg_value(translator, right.type->items[0], "struct_extract_at(%s, 2)", name);

    return tg_value(translator, &tg_sql_type_boolean,
                    "CASE WHEN len(%s) <> len(%s) THEN false ELSE "
                    "tg_all_match(list_transform(list_zip(%s, %s), lambda %s: %s)) END",
                    left.text, right.text, left.text, right.text, name,
                    tg_translate_equal(translator, node, a, b))
        .text;
}

static const char *maps_equal(TgTranslator *translator, const TgNode *node, TgValue left,
                              TgValue right)
{
    const char *name = tg_translate_quote(translator, tg_translate_alias(translator, "q"));
    TgValue a =
        tg_value(translator, left.type->items[1], "map_extract_value(%s, %s)", left.text, name);
    TgValue b =
        tg_value(translator, right.type->items[1], "map_extract_value(%s, %s)", right.text, name);

    return tg_value(translator, &tg_sql_type_boolean,
                    "CASE WHEN cardinality(%s) <> cardinality(%s) THEN false ELSE "
                    "tg_all_match(list_transform(map_keys(%s), lambda "
                    "%s: CASE WHEN map_contains(%s, %s) THEN %s ELSE false END)) END",
                    left.text, right.text, left.text, name, right.text, name,
                    tg_translate_equal(translator, node, a, b))
        .text;
}

static const char *rows_equal(TgTranslator *translator, const TgNode *node, TgValue left,
                              TgValue right)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < left.type->count; i++) {
        TgValue a = tg_value(translator, left.type->items[i], "struct_extract_at(%s, %u)",
                             left.text, i + 1);
        TgValue b = tg_value(translator, right.type->items[i], "struct_extract_at(%s, %u)",
                             right.text, i + 1);

        g_string_append_printf(out, "%s%s", i == 0 ? "" : " AND ",
                               tg_translate_equal(translator, node, a, b));
    }
    return tg_value(translator, &tg_sql_type_boolean,
                    "CASE WHEN %s IS NULL OR %s IS NULL THEN NULL ELSE %s END", left.text,
                    right.text, out->str)
        .text;
}

/* Both sides of a comparison as DuckDB compares them. */
static void make_plain(TgTranslator *translator, TgValue *left, TgValue *right)
{
    *left = tg_translate_instant(translator, *left);
    *right = tg_translate_instant(translator, *right);
    if (left->type->id == TG_SQL_CHAR || right->type->id == TG_SQL_CHAR) {
        *left = tg_value(translator, &tg_sql_type_varchar, "rtrim(%s, ' ')", left->text);
        *right = tg_value(translator, &tg_sql_type_varchar, "rtrim(%s, ' ')", right->text);
    }
}

const char *tg_translate_equal(TgTranslator *translator, const TgNode *node, TgValue left,
                               TgValue right)
{
    if (left.type->id == right.type->id && left.type->count == right.type->count &&
        left.type->count > 0) {
        return left.type->id == TG_SQL_ARRAY ? arrays_equal(translator, node, left, right)
               : left.type->id == TG_SQL_MAP ? maps_equal(translator, node, left, right)
                                             : rows_equal(translator, node, left, right);
    }
    gboolean may_be_nan = (is_float(left.type) || is_float(right.type)) && !is_never_nan(left) &&
                          !is_never_nan(right);

    make_plain(translator, &left, &right);
    if (may_be_nan) {
        return tg_value(translator, &tg_sql_type_boolean, "(%s = %s AND NOT isnan(%s))", left.text,
                        right.text, is_float(left.type) ? left.text : right.text)
            .text;
    }
    return tg_value(translator, &tg_sql_type_boolean, "(%s = %s)", left.text, right.text).text;
}

/* <, <=, >, >=: the greater one must not be NaN, which DuckDB takes for the greatest. */
static TgValue order(TgTranslator *translator, const TgNode *node, TgValue left, TgValue right)
{
    gboolean is_less = *node->text == '<';
    TgValue greater = is_less ? right : left;
    gboolean may_be_nan = is_float(greater.type) && !is_never_nan(greater);

    tg_translate_check_orderable(translator, node, left.type);
    tg_translate_check_orderable(translator, node, right.type);
    if (left.type->id == TG_SQL_ARRAY && right.type->id == TG_SQL_ARRAY) {
        return tg_value(translator, &tg_sql_type_boolean, "(tg_no_nulls(%s) %s tg_no_nulls(%s))",
                        left.text, node->text, right.text);
    }
    make_plain(translator, &left, &right);
    greater = is_less ? right : left;
    return tg_value(translator, &tg_sql_type_boolean,
                    may_be_nan ? "(%s %s %s AND NOT isnan(%s))" : "(%s %s %s)", left.text,
                    node->text, right.text, greater.text);
}

static TgValue distinct(TgTranslator *translator, const TgNode *node, TgValue left, TgValue right)
{
    gboolean is_not = tg_node_has(node, TG_FLAG_NOT);

    make_plain(translator, &left, &right);
    return tg_value(translator, &tg_sql_type_boolean, "(%s IS %sDISTINCT FROM %s)", left.text,
                    is_not ? "NOT " : "", right.text);
}

TgValue tg_translate_comparison(TgTranslator *translator, const TgNode *node, TgValue left,
                                TgValue right)
{
    tg_translate_check_comparable(translator, node, left, right);
    if (translator->error != NULL) {
        return (TgValue){"NULL", &tg_sql_type_boolean};
    }
    if (node->kind == TG_NODE_DISTINCT) {
        return distinct(translator, node, left, right);
    }
    if (strcmp(node->text, "=") == 0) {
        return tg_value(translator, &tg_sql_type_boolean, "%s",
                        tg_translate_equal(translator, node, left, right));
    }
    if (strcmp(node->text, "<>") == 0 && tg_translate_compares_apart(left, right)) {
        return tg_value(translator, &tg_sql_type_boolean, "(NOT %s)",
                        tg_translate_equal(translator, node, left, right));
    }
    if (strcmp(node->text, "<>") == 0) {
        make_plain(translator, &left, &right);
        return tg_value(translator, &tg_sql_type_boolean, "(%s <> %s)", left.text, right.text);
    }
    return order(translator, node, left, right);
}

TgValue tg_translate_between(TgTranslator *translator, const TgNode *node, const TgValue values[3])
{
    TgNode low = *node;
    TgNode high = *node;
    gboolean is_not = tg_node_has(node, TG_FLAG_NOT);

    tg_translate_check_comparable(translator, node, values[0], values[1]);
    tg_translate_check_comparable(translator, node, values[0], values[2]);
    low.kind = TG_NODE_COMPARE;
    low.text = ">=";
    high.kind = TG_NODE_COMPARE;
    high.text = "<=";
    if (values[0].type->count > 0 || values[0].type->id == TG_SQL_CHAR ||
        values[0].type->id == TG_SQL_JSON ||
        (is_float(values[0].type) && !is_never_nan(values[2]))) {
        return tg_value(translator, &tg_sql_type_boolean, "(%s(%s AND %s))", is_not ? "NOT " : "",
                        order(translator, &low, values[0], values[1]).text,
                        order(translator, &high, values[0], values[2]).text);
    }
    return tg_value(translator, &tg_sql_type_boolean, "(%s %sBETWEEN %s AND %s)",
                    tg_translate_instant(translator, values[0]).text, is_not ? "NOT " : "",
                    tg_translate_instant(translator, values[1]).text,
                    tg_translate_instant(translator, values[2]).text);
}

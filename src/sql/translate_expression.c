/* Operators, predicates, CASE, rows and arrays. */
#include <string.h>

#include "sql/translate.h"

TgValue tg_translate_boolean(TgTranslator *translator, const TgNode *node, const char *where)
{
    TgValue value = tg_translate_expression(translator, node);

    if (value.type->id != TG_SQL_BOOLEAN && value.type->id != TG_SQL_UNKNOWN) {
        return tg_translate_fail(translator, node, "%s needs a boolean, but this is of type %s",
                                 where, tg_translate_type_name(translator, value.type));
    }
    return value;
}

/* Casts all values to their common type. */
const TgSqlType *tg_translate_unify(TgTranslator *translator, const TgNode *node, TgValue *values,
                                    guint count)
{
    const TgSqlType *type = &tg_sql_type_unknown;

    for (guint i = 0; i < count; i++) {
        const TgSqlType *next = tg_sql_type_common(translator->arena, type, values[i].type);

        if (next == NULL) {
            (void)tg_translate_fail(translator, node, "%s and %s have no common type",
                                    tg_translate_type_name(translator, type),
                                    tg_translate_type_name(translator, values[i].type));
            return &tg_sql_type_unknown;
        }
        type = next;
    }
    for (guint i = 0; i < count; i++) {
        values[i] = tg_translate_coerce(translator, values[i], type);
    }
    return type;
}

static TgValue logic(TgTranslator *translator, const TgNode *node)
{
    g_autoptr(GString) out = g_string_new("(");
    gboolean is_and = strcmp(node->text, "and") == 0;

    for (guint i = 0; i < node->count; i++) {
        g_string_append(out, i == 0 ? "" : (is_and ? " AND " : " OR "));
        g_string_append(
            out, tg_translate_boolean(translator, node->items[i], is_and ? "AND" : "OR").text);
    }
    return tg_value(translator, &tg_sql_type_boolean, "%s)", out->str);
}

static TgValue binary(TgTranslator *translator, const TgNode *node)
{
    if (strcmp(node->text, "and") == 0 || strcmp(node->text, "or") == 0) {
        return logic(translator, node);
    }
    TgValue left = tg_translate_expression(translator, node->items[0]);
    TgValue right = tg_translate_expression(translator, node->items[1]);

    return tg_translate_arithmetic(translator, node, left, right);
}

static TgValue unary(TgTranslator *translator, const TgNode *node)
{
    TgValue value = {NULL, NULL};

    if (strcmp(node->text, "not") == 0) {
        value = tg_translate_boolean(translator, node->items[0], "NOT");
        return tg_value(translator, &tg_sql_type_boolean, "(NOT %s)", value.text);
    }
    if (*node->text == '-' && node->items[0]->kind == TG_NODE_INTEGER) {
        return tg_translate_negative(translator, node->items[0]);
    }
    value = tg_translate_expression(translator, node->items[0]);
    if (!tg_sql_type_is_numeric(value.type) && value.type->id != TG_SQL_UNKNOWN &&
        value.type->id != TG_SQL_INTERVAL_DAY && value.type->id != TG_SQL_INTERVAL_MONTH) {
        return tg_translate_fail(translator, node, "'%s' needs a number, but this is of type %s",
                                 node->text, tg_translate_type_name(translator, value.type));
    }
    return *node->text == '+' ? value : tg_value(translator, value.type, "(-%s)", value.text);
}

static TgValue compare(TgTranslator *translator, const TgNode *node)
{
    TgValue left = tg_translate_expression(translator, node->items[0]);
    TgValue right = tg_translate_expression(translator, node->items[1]);

    return tg_translate_comparison(translator, node, left, right);
}

static TgValue between(TgTranslator *translator, const TgNode *node)
{
    TgValue value = tg_translate_expression(translator, node->items[0]);
    TgValue low = tg_translate_expression(translator, node->items[1]);
    TgValue high = tg_translate_expression(translator, node->items[2]);

    return tg_translate_between(translator, node, (TgValue[]){value, low, high});
}

static TgValue in_list(TgTranslator *translator, const TgNode *node)
{
    TgValue value = tg_translate_expression(translator, node->items[0]);
    const TgNode *list = node->items[1];
    g_autoptr(GString) out = g_string_new(NULL);
    gboolean is_apart = FALSE;
    g_autoptr(GString) apart = g_string_new(NULL); /* comparisons that IN does not do as Trino */

    for (guint i = 0; i < list->count; i++) {
        TgValue item = tg_translate_expression(translator, list->items[i]);

        tg_translate_check_comparable(translator, list->items[i], value, item);
        is_apart = is_apart || tg_translate_compares_apart(value, item);
        g_string_append_printf(apart, "%s%s", i == 0 ? "" : " OR ",
                               tg_translate_equal(translator, node, value, item));
        g_string_append_printf(out, "%s%s", i == 0 ? "" : ", ",
                               tg_translate_instant(translator, item).text);
    }
    if (is_apart) {
        return tg_value(translator, &tg_sql_type_boolean, "(%s(%s))",
                        tg_node_has(node, TG_FLAG_NOT) ? "NOT " : "", apart->str);
    }
    value = tg_translate_instant(translator, value);
    return tg_value(translator, &tg_sql_type_boolean, "(%s %sIN (%s))", value.text,
                    tg_node_has(node, TG_FLAG_NOT) ? "NOT " : "", out->str);
}

/* The one column of a subquery, compared with a value. */
static void check_one_column(TgTranslator *translator, const TgNode *node, const TgRows *rows)
{
    if (rows->fields->len != 1) {
        (void)tg_translate_fail(translator, node, "this subquery must give one column, not %u",
                                rows->fields->len);
    }
}

/* (a, b) IN (SELECT x, y …): a row on the left is compared column by column. */
static TgValue in_query(TgTranslator *translator, const TgNode *node)
{
    const TgNode *left = node->items[0];
    gboolean is_row = left->kind == TG_NODE_ROW;
    guint count = is_row ? left->count : 1;
    g_autoptr(GString) out = g_string_new(NULL);
    TgRows rows = tg_translate_query(translator, node->items[1]);

    if (rows.fields->len != count) {
        return tg_translate_fail(translator, node, "IN compares %u columns with %u", count,
                                 rows.fields->len);
    }
    for (guint i = 0; i < count; i++) {
        TgValue value = tg_translate_expression(translator, is_row ? left->items[i] : left);

        tg_translate_check_comparable(translator, node, value,
                                      g_array_index(rows.fields, TgField, i).value);
        g_string_append_printf(out, "%s%s", i == 0 ? "" : ", ", value.text);
    }
    return tg_value(translator, &tg_sql_type_boolean, "(%s%s%s %sIN (%s))", is_row ? "(" : "",
                    out->str, is_row ? ")" : "", tg_node_has(node, TG_FLAG_NOT) ? "NOT " : "",
                    rows.sql);
}

static TgValue quantified(TgTranslator *translator, const TgNode *node)
{
    TgValue left =
        tg_translate_instant(translator, tg_translate_expression(translator, node->items[0]));
    TgRows rows = tg_translate_query(translator, node->items[1]);

    check_one_column(translator, node, &rows);
    if (translator->error == NULL) {
        tg_translate_check_comparable(translator, node, left,
                                      g_array_index(rows.fields, TgField, 0).value);
    }
    return tg_value(translator, &tg_sql_type_boolean, "(%s %s %s (%s))", left.text, node->text,
                    strcmp(node->extra, "all") == 0 ? "ALL" : "ANY", rows.sql);
}

static TgValue like(TgTranslator *translator, const TgNode *node)
{
    TgValue parts[3] = {{NULL, NULL}, {NULL, NULL}, {NULL, NULL}};

    for (guint i = 0; i < 3 && node->items[i] != NULL; i++) {
        parts[i] = tg_translate_expression(translator, node->items[i]);
        if (parts[i].type->id != TG_SQL_VARCHAR && parts[i].type->id != TG_SQL_CHAR &&
            parts[i].type->id != TG_SQL_UNKNOWN) {
            return tg_translate_fail(translator, node->items[i],
                                     "LIKE needs texts, but this is of type %s",
                                     tg_translate_type_name(translator, parts[i].type));
        }
    }
    if (node->items[2] != NULL && node->items[2]->kind == TG_NODE_STRING &&
        g_utf8_strlen(node->items[2]->text, -1) != 1) {
        return tg_translate_fail(translator, node->items[2], "ESCAPE takes one character");
    }
    /* Trino has no escape character unless one is named; nor has DuckDB. */
    return tg_value(translator, &tg_sql_type_boolean, "(%s %sLIKE %s%s%s)", parts[0].text,
                    tg_node_has(node, TG_FLAG_NOT) ? "NOT " : "", parts[1].text,
                    parts[2].text == NULL ? "" : " ESCAPE ",
                    parts[2].text == NULL ? "" : parts[2].text);
}

static TgValue subquery(TgTranslator *translator, const TgNode *node)
{
    TgRows rows = tg_translate_query(translator, node->items[0]);

    if (node->kind == TG_NODE_EXISTS) {
        return tg_value(translator, &tg_sql_type_boolean, "EXISTS (%s)", rows.sql);
    }
    check_one_column(translator, node, &rows);
    if (translator->error != NULL) {
        return tg_value(translator, &tg_sql_type_unknown, "NULL");
    }
    return tg_value(translator, g_array_index(rows.fields, TgField, 0).value.type, "(%s)",
                    rows.sql);
}

/* Conditions of CASE with an operand are comparisons with it. */
static const char *case_condition(TgTranslator *translator, const TgNode *when,
                                  const TgValue *operand)
{
    TgValue value = {NULL, NULL};

    if (operand == NULL) {
        return tg_translate_boolean(translator, when, "WHEN").text;
    }
    value = tg_translate_instant(translator, tg_translate_expression(translator, when));
    tg_translate_check_comparable(translator, when, *operand, value);
    return value.text;
}

static TgValue case_when(TgTranslator *translator, const TgNode *node)
{
    guint branches = (node->count - 2) / 2;
    g_autofree TgValue *values = g_new0(TgValue, branches + 1);
    g_autofree const char **conditions = g_new0(const char *, branches);
    g_autoptr(GString) out = g_string_new("CASE");
    TgValue operand = {NULL, NULL};

    if (node->items[0] != NULL) {
        operand =
            tg_translate_instant(translator, tg_translate_expression(translator, node->items[0]));
        g_string_append_printf(out, " %s", operand.text);
    }
    for (guint i = 0; i < branches; i++) {
        conditions[i] = case_condition(translator, node->items[2 + 2 * i],
                                       node->items[0] == NULL ? NULL : &operand);
        values[i] = tg_translate_expression(translator, node->items[3 + 2 * i]);
    }
    values[branches] = node->items[1] == NULL ? tg_value(translator, &tg_sql_type_unknown, "NULL")
                                              : tg_translate_expression(translator, node->items[1]);
    const TgSqlType *type = tg_translate_unify(translator, node, values, branches + 1);

    for (guint i = 0; i < branches; i++) {
        g_string_append_printf(out, " WHEN %s THEN %s", conditions[i], values[i].text);
    }
    return tg_value(translator, type, "%s ELSE %s END", out->str, values[branches].text);
}

static TgValue array(TgTranslator *translator, const TgNode *node)
{
    g_autofree TgValue *values = g_new0(TgValue, node->count + 1);
    g_autoptr(GString) out = g_string_new("[");

    for (guint i = 0; i < node->count; i++) {
        values[i] = tg_translate_expression(translator, node->items[i]);
    }
    const TgSqlType *type = tg_translate_unify(translator, node, values, node->count);

    for (guint i = 0; i < node->count; i++) {
        g_string_append_printf(out, "%s%s", i == 0 ? "" : ", ", values[i].text);
    }
    return tg_value(translator, tg_sql_type_array(translator->arena, type), "%s]", out->str);
}

static TgValue row(TgTranslator *translator, const TgNode *node)
{
    g_autofree const TgSqlType **types = g_new0(const TgSqlType *, node->count);
    g_autoptr(GString) out = g_string_new("struct_pack(");

    for (guint i = 0; i < node->count; i++) {
        TgValue value = tg_translate_expression(translator, node->items[i]);

        types[i] = value.type;
        g_string_append_printf(out, "%s\"field%u\" := %s", i == 0 ? "" : ", ", i, value.text);
    }
    return tg_value(translator, tg_sql_type_row(translator->arena, node->count, types, NULL), "%s)",
                    out->str);
}

/* A key that is not there is an error. It hides in the key itself: DuckDB computes a failing
 * constant of a condition ahead, but not one that a CASE gives. */
static TgValue map_value(TgTranslator *translator, TgValue map, TgValue key)
{
    const TgSqlType *type = map.type->items[0];
    const char *name = tg_sql_type_duckdb(translator->arena, type);
    gboolean is_text = type->id == TG_SQL_VARCHAR || type->id == TG_SQL_CHAR;

    return tg_value(translator, map.type->items[1],
                    "map_extract_value(%s, CASE WHEN %s IS NULL OR map_contains(%s, %s) THEN %s "
                    "ELSE CAST(%s'tg_error: Key not present in map'%s AS %s) END)",
                    map.text, map.text, map.text, key.text, key.text, is_text ? "CAST(" : "",
                    is_text ? " AS INTEGER)" : "", name);
}

/* What is out of range is an error in Trino, NULL in DuckDB. */
static TgValue subscript(TgTranslator *translator, const TgNode *node)
{
    TgValue base = tg_translate_expression(translator, node->items[0]);
    TgValue index = tg_translate_expression(translator, node->items[1]);

    if (base.type->id == TG_SQL_ARRAY && tg_sql_type_is_integer(index.type)) {
        return tg_value(translator, base.type->items[0],
                        "list_extract(%s, tg_array_index(%s, len(%s)))", base.text, index.text,
                        base.text);
    }
    if (base.type->id == TG_SQL_MAP) {
        TgValue key = tg_translate_coerce(translator, index, base.type->items[0]);

        tg_translate_check_comparable(translator, node, index,
                                      (TgValue){NULL, base.type->items[0]});
        return map_value(translator, base, key);
    }
    if (base.type->id == TG_SQL_ROW && node->items[1]->kind == TG_NODE_INTEGER) {
        guint64 field = g_ascii_strtoull(node->items[1]->text, NULL, 10);

        if (field >= 1 && field <= base.type->count) {
            return tg_value(translator, base.type->items[field - 1], "struct_extract_at(%s, %u)",
                            base.text, (guint)field);
        }
    }
    return tg_translate_fail(translator, node, "cannot take [%s] of %s",
                             tg_translate_type_name(translator, index.type),
                             tg_translate_type_name(translator, base.type));
}

/* Rows that are equal in one or the other sense, and the rest of the predicates. */
static TgValue predicate(TgTranslator *translator, const TgNode *node)
{
    TgValue value = {NULL, NULL};

    switch ((int)node->kind) {
    case TG_NODE_QUANTIFIED:
        return quantified(translator, node);
    case TG_NODE_BETWEEN:
        return between(translator, node);
    case TG_NODE_IN:
        return in_list(translator, node);
    case TG_NODE_IN_QUERY:
        return in_query(translator, node);
    case TG_NODE_LIKE:
        return like(translator, node);
    case TG_NODE_IS_NULL:
        value = tg_translate_expression(translator, node->items[0]);
        return tg_value(translator, &tg_sql_type_boolean, "(%s IS %sNULL)", value.text,
                        tg_node_has(node, TG_FLAG_NOT) ? "NOT " : "");
    default:
        return compare(translator, node);
    }
}

static TgValue at_zone(TgTranslator *translator, const TgNode *node)
{
    TgValue value = tg_translate_expression(translator, node->items[0]);

    return tg_zone_at(translator, node, value, tg_translate_expression(translator, node->items[1]));
}

static TgValue cast(TgTranslator *translator, const TgNode *node)
{
    return tg_translate_cast(translator, node, tg_translate_expression(translator, node->items[0]),
                             node->type, tg_node_has(node, TG_FLAG_TRY));
}

static TgValue translate(TgTranslator *translator, const TgNode *node)
{
    switch ((int)node->kind) {
    case TG_NODE_NAME:
    case TG_NODE_FIELD:
        return tg_translate_name(translator, node);
    case TG_NODE_UNARY:
        return unary(translator, node);
    case TG_NODE_BINARY_OP:
        return binary(translator, node);
    case TG_NODE_INTERVAL:
        return tg_translate_interval(translator, node);
    case TG_NODE_EXISTS:
    case TG_NODE_SUBQUERY:
        return subquery(translator, node);
    case TG_NODE_CASE:
        return case_when(translator, node);
    case TG_NODE_CAST:
        return cast(translator, node);
    case TG_NODE_AT_ZONE:
        return at_zone(translator, node);
    case TG_NODE_CALL:
    case TG_NODE_EXTRACT:
    case TG_NODE_TRIM:
        return tg_translate_call(translator, node);
    case TG_NODE_ARRAY:
        return array(translator, node);
    case TG_NODE_ROW:
        return row(translator, node);
    case TG_NODE_SUBSCRIPT:
        return subscript(translator, node);
    case TG_NODE_LAMBDA:
        return tg_translate_fail(translator, node, "a lambda cannot stand here");
    case TG_NODE_STAR:
        return tg_translate_fail(translator, node, "* can stand in count(*) only");
    default:
        return node->kind <= TG_NODE_TYPED ? tg_translate_literal(translator, node)
                                           : predicate(translator, node);
    }
}

TgValue tg_translate_expression(TgTranslator *translator, const TgNode *node)
{
    TgValue value = {"NULL", &tg_sql_type_unknown};

    if (!tg_translate_enter(translator, node)) {
        return value;
    }
    value = translate(translator, node);
    translator->depth--;
    return value;
}

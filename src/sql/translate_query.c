/* SELECT, VALUES, set operations, WITH, ORDER BY, LIMIT. */
#include <string.h>

#include "sql/translate.h"

static TgRows translate_body(TgTranslator *translator, const TgNode *body, const TgNode *order);

static TgRows no_rows(TgTranslator *translator)
{
    return (TgRows){"SELECT NULL", tg_translate_fields(translator)};
}

/* ---- the SELECT list ------------------------------------------------------------------------ */

static void add_output(GArray *fields, const char *label, TgValue value, TgSqlArena *arena)
{
    TgField field = {.label = label,
                     .name = label == NULL ? NULL : tg_sql_arena_lower(arena, label),
                     .value = value};

    g_array_append_val(fields, field);
}

/* t.*: whether a field belongs to the named relation. */
static gboolean is_of(const TgField *field, const TgNode *qualifier)
{
    if (qualifier == NULL) {
        return TRUE;
    }
    if (field->relation == NULL || strcmp(field->relation, qualifier->text) != 0) {
        return FALSE;
    }
    return qualifier->kind == TG_NODE_NAME ||
           (field->database != NULL && strcmp(field->database, qualifier->items[0]->text) == 0);
}

static void expand_all(TgTranslator *translator, const TgNode *node, GArray *outputs)
{
    const GArray *fields = translator->scope->fields;
    guint before = outputs->len;

    for (guint i = 0; i < fields->len; i++) {
        const TgField *field = &g_array_index(fields, TgField, i);

        if (!field->is_hidden && is_of(field, node->items[0]) &&
            (node->items[0] != NULL || !field->is_merged)) {
            add_output(outputs, field->label, field->value, translator->arena);
        }
    }
    if (outputs->len == before) {
        (void)tg_translate_fail(translator, node,
                                node->items[0] == NULL ? "* needs a FROM"
                                                       : "there is no relation of this name");
    }
}

static void add_item(TgTranslator *translator, const TgNode *node, GArray *outputs)
{
    const TgNode *expression = node->items[0];
    const char *label = node->text;

    if (label == NULL && (expression->kind == TG_NODE_NAME || expression->kind == TG_NODE_FIELD)) {
        label = expression->text;
    }
    add_output(outputs, label, tg_translate_expression(translator, expression), translator->arena);
}

static const char *select_list(TgTranslator *translator, const GArray *outputs)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < outputs->len; i++) {
        const TgField *field = &g_array_index(outputs, TgField, i);
        const char *label = field->label != NULL
                                ? field->label
                                : tg_sql_arena_printf(translator->arena, "_col%u", i);

        g_string_append_printf(out, "%s%s AS %s", i == 0 ? "" : ", ", field->value.text,
                               tg_translate_quote(translator, label));
    }
    return tg_value(translator, &tg_sql_type_unknown, "%s", out->str).text;
}

/* ---- GROUP BY ------------------------------------------------------------------------------- */

/* A number is the place of a column in the SELECT list. */
static const char *group_expression(TgTranslator *translator, const TgNode *node,
                                    const GArray *outputs)
{
    if (node->kind == TG_NODE_INTEGER) {
        guint64 place = g_ascii_strtoull(node->text, NULL, 10);

        if (place < 1 || place > outputs->len) {
            return tg_translate_fail(translator, node, "GROUP BY %s: there are %u columns",
                                     node->text, outputs->len)
                .text;
        }
        return g_array_index(outputs, TgField, place - 1).value.text;
    }
    return tg_translate_expression(translator, node).text;
}

static void append_group_list(TgTranslator *translator, const TgNode *list, const GArray *outputs,
                              GString *out)
{
    g_string_append_c(out, '(');
    for (guint i = 0; i < list->count; i++) {
        g_string_append_printf(out, "%s%s", i == 0 ? "" : ", ",
                               group_expression(translator, list->items[i], outputs));
    }
    g_string_append_c(out, ')');
}

/* GROUPING SETS, CUBE, ROLLUP. */
static void append_group_sets(TgTranslator *translator, const TgNode *node, const GArray *outputs,
                              GString *out)
{
    g_autofree char *word = g_ascii_strup(node->text, -1);

    g_string_append_printf(out, "%s (", strcmp(word, "SETS") == 0 ? "GROUPING SETS" : word);
    for (guint i = 0; i < node->count; i++) {
        g_string_append(out, i == 0 ? "" : ", ");
        append_group_list(translator, node->items[i], outputs, out);
    }
    g_string_append_c(out, ')');
}

static const char *group_by(TgTranslator *translator, const TgNode *list, const GArray *outputs)
{
    g_autoptr(GString) out = g_string_new(" GROUP BY ");

    for (guint i = 0; i < list->count; i++) {
        const TgNode *node = list->items[i];

        g_string_append(out, i == 0 ? "" : ", ");
        if (node->kind == TG_NODE_LIST) {
            g_string_append(out, "()");
        } else if (node->kind == TG_NODE_SETS) {
            append_group_sets(translator, node, outputs, out);
        } else {
            /* In parentheses: a literal here would be the place of a column to DuckDB. */
            g_string_append_printf(out, "(%s)", group_expression(translator, node, outputs));
        }
    }
    return tg_value(translator, &tg_sql_type_unknown, "%s", out->str).text;
}

/* ---- ORDER BY ------------------------------------------------------------------------------- */

static const char *sort_direction(const TgNode *sort)
{
    gboolean is_descending = tg_node_has(sort, TG_FLAG_DESCENDING);

    if (tg_node_has(sort, TG_FLAG_NULLS_FIRST)) {
        return is_descending ? " DESC NULLS FIRST" : " ASC NULLS FIRST";
    }
    return is_descending ? " DESC NULLS LAST" : " ASC NULLS LAST";
}

const char *tg_translate_sort_list(TgTranslator *translator, const TgNode *list)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < list->count; i++) {
        const TgNode *sort = list->items[i];
        TgValue key = tg_translate_expression(translator, sort->items[0]);

        tg_translate_check_orderable(translator, sort, key.type);
        g_string_append_printf(out,
                               key.type->id == TG_SQL_ARRAY ? "%s(tg_no_nulls(%s))%s" : "%s(%s)%s",
                               i == 0 ? "" : ", ", key.text, sort_direction(sort));
    }
    return tg_value(translator, &tg_sql_type_unknown, "%s", out->str).text;
}

/* The place of the output that a sort key names or numbers; 0: it is an expression. */
static guint output_place(TgTranslator *translator, const TgNode *key, const GArray *outputs)
{
    guint found = 0;

    if (key->kind == TG_NODE_INTEGER) {
        guint64 place = g_ascii_strtoull(key->text, NULL, 10);

        if (place < 1 || place > outputs->len) {
            (void)tg_translate_fail(translator, key, "ORDER BY %s: there are %u columns", key->text,
                                    outputs->len);
            return 1;
        }
        return (guint)place;
    }
    for (guint i = 0; key->kind == TG_NODE_NAME && i < outputs->len; i++) {
        const char *name = g_array_index(outputs, TgField, i).name;

        if (name != NULL && strcmp(name, key->text) == 0) {
            found = found == 0 ? i + 1 : found;
        }
    }
    return found;
}

static const char *order_by(TgTranslator *translator, const TgNode *list, const GArray *outputs)
{
    g_autoptr(GString) out = g_string_new(" ORDER BY ");

    translator->scope->aliases = outputs;
    for (guint i = 0; i < list->count; i++) {
        const TgNode *sort = list->items[i];
        guint place = output_place(translator, sort->items[0], outputs);

        g_string_append(out, i == 0 ? "" : ", ");
        if (place > 0) {
            tg_translate_check_orderable(translator, sort,
                                         g_array_index(outputs, TgField, place - 1).value.type);
            g_string_append_printf(out, "%u", place);
        } else {
            TgValue key = tg_translate_expression(translator, sort->items[0]);

            tg_translate_check_orderable(translator, sort, key.type);
            g_string_append_printf(out, "(%s)", key.text);
        }
        g_string_append(out, sort_direction(sort));
    }
    translator->scope->aliases = NULL;
    return tg_value(translator, &tg_sql_type_unknown, "%s", out->str).text;
}

/* ---- SELECT --------------------------------------------------------------------------------- */

static void collect_windows(TgTranslator *translator, const TgNode *list, TgScope *scope)
{
    if (list == NULL) {
        return;
    }
    scope->windows = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < list->count; i++) {
        const TgNode *window = list->items[i];

        if (!g_hash_table_insert(scope->windows, (gpointer)window->text, list->items[i])) {
            (void)tg_translate_fail(translator, window, "the window '%s' is defined twice",
                                    window->text);
        }
    }
}

static const char *clause(TgTranslator *translator, const TgNode *node, const char *word)
{
    if (node == NULL) {
        return "";
    }
    return tg_value(translator, &tg_sql_type_unknown, " %s %s", word,
                    tg_translate_boolean(translator, node, word).text)
        .text;
}

static TgRows select_inside(TgTranslator *translator, const TgNode *node, const TgNode *order)
{
    GArray *outputs = tg_translate_fields(translator);
    const char *from = "";
    const char *where = NULL;

    if (node->items[1] != NULL) {
        from = tg_sql_arena_printf(
            translator->arena, " FROM %s",
            tg_translate_relation(translator, node->items[1], translator->scope->fields));
    }
    collect_windows(translator, node->items[5], translator->scope);
    where = clause(translator, node->items[2], "WHERE");
    for (guint i = 0; i < node->items[0]->count && translator->error == NULL; i++) {
        const TgNode *item = node->items[0]->items[i];

        if (item->kind == TG_NODE_ALL_COLUMNS) {
            expand_all(translator, item, outputs);
        } else {
            add_item(translator, item, outputs);
        }
    }
    if (translator->error != NULL) {
        return no_rows(translator);
    }
    const char *group = node->items[3] == NULL ? "" : group_by(translator, node->items[3], outputs);
    const char *having = clause(translator, node->items[4], "HAVING");
    const char *sort = order == NULL ? "" : order_by(translator, order, outputs);

    return (TgRows){tg_value(translator, &tg_sql_type_unknown, "SELECT %s%s%s%s%s%s%s",
                             tg_node_has(node, TG_FLAG_DISTINCT) ? "DISTINCT " : "",
                             select_list(translator, outputs), from, where, group, having, sort)
                        .text,
                    outputs};
}

static TgRows select_rows(TgTranslator *translator, const TgNode *node, const TgNode *order)
{
    TgScope scope = {.parent = translator->scope, .fields = tg_translate_fields(translator)};
    TgRows rows = {NULL, NULL};

    translator->scope = &scope;
    rows = select_inside(translator, node, order);
    translator->scope = scope.parent;
    if (scope.windows != NULL) {
        g_hash_table_unref(scope.windows);
    }
    return rows;
}

/* ---- set operations ------------------------------------------------------------------------- */

/* A query whose columns have the given types. */
static const char *with_types(TgTranslator *translator, const TgRows *rows, const GArray *wanted)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const char *alias = tg_translate_alias(translator, "s");
    GArray *inner = tg_translate_fields(translator);
    gboolean is_same = TRUE;

    for (guint i = 0; i < rows->fields->len; i++) {
        TgField field = g_array_index(rows->fields, TgField, i);

        is_same = is_same &&
                  tg_sql_type_equal(field.value.type, g_array_index(wanted, TgField, i).value.type);
        g_array_append_val(inner, field);
    }
    if (is_same) {
        return rows->sql;
    }
    const char *names = tg_translate_column_list(translator, inner, alias, NULL);

    for (guint i = 0; i < inner->len; i++) {
        TgValue value = tg_translate_coerce(translator, g_array_index(inner, TgField, i).value,
                                            g_array_index(wanted, TgField, i).value.type);

        g_string_append_printf(out, "%s%s", i == 0 ? "" : ", ", value.text);
    }
    return tg_value(translator, &tg_sql_type_unknown, "SELECT %s FROM (%s) AS %s%s", out->str,
                    rows->sql, tg_translate_quote(translator, alias), names)
        .text;
}

/* Types that both sides get; names are those of the left. */
static GArray *common_fields(TgTranslator *translator, const TgNode *node, const TgRows *left,
                             const TgRows *right)
{
    GArray *fields = tg_translate_fields(translator);

    if (left->fields->len != right->fields->len) {
        (void)tg_translate_fail(translator, node, "%s: the left side has %u columns, the right %u",
                                node->text, left->fields->len, right->fields->len);
        return fields;
    }
    for (guint i = 0; i < left->fields->len; i++) {
        TgField field = g_array_index(left->fields, TgField, i);
        const TgSqlType *other = g_array_index(right->fields, TgField, i).value.type;
        const TgSqlType *type = tg_sql_type_common(translator->arena, field.value.type, other);

        if (type == NULL) {
            (void)tg_translate_fail(translator, node,
                                    "column %u is %s on the left and %s on the right of %s", i + 1,
                                    tg_translate_type_name(translator, field.value.type),
                                    tg_translate_type_name(translator, other), node->text);
            return fields;
        }
        field.value.type = type;
        g_array_append_val(fields, field);
    }
    return fields;
}

static TgRows set_operation(TgTranslator *translator, const TgNode *node)
{
    TgRows left = translate_body(translator, node->items[0], NULL);
    TgRows right = translate_body(translator, node->items[1], NULL);
    GArray *fields = common_fields(translator, node, &left, &right);
    g_autofree char *word = g_ascii_strup(node->text, -1);

    if (translator->error != NULL) {
        return no_rows(translator);
    }
    return (TgRows){tg_value(translator, &tg_sql_type_unknown, "(%s) %s%s (%s)",
                             with_types(translator, &left, fields), word,
                             tg_node_has(node, TG_FLAG_ALL) ? " ALL" : "",
                             with_types(translator, &right, fields))
                        .text,
                    fields};
}

static TgRows translate_body(TgTranslator *translator, const TgNode *body, const TgNode *order)
{
    TgRows rows = {NULL, NULL};
    TgScope scope = {.parent = translator->scope};

    if (!tg_translate_enter(translator, body)) {
        return no_rows(translator);
    }
    if (body->kind == TG_NODE_SELECT) {
        rows = select_rows(translator, body, order);
        translator->depth--;
        return rows;
    }
    if (body->kind == TG_NODE_SET) {
        rows = set_operation(translator, body);
    } else if (body->kind == TG_NODE_VALUES) {
        rows = tg_translate_values(translator, body);
    } else {
        rows = tg_translate_query(translator, body);
    }
    if (order != NULL && translator->error == NULL) {
        const char *alias = tg_translate_alias(translator, "q");
        GArray *fields = tg_translate_fields(translator);

        g_array_append_vals(fields, rows.fields->data, rows.fields->len);
        const char *names = tg_translate_column_list(translator, fields, alias, NULL);

        scope.fields = fields;
        translator->scope = &scope;
        rows.sql = tg_value(translator, &tg_sql_type_unknown, "SELECT * FROM (%s) AS %s%s%s",
                            rows.sql, tg_translate_quote(translator, alias), names,
                            order_by(translator, order, fields))
                       .text;
        translator->scope = scope.parent;
    }
    translator->depth--;
    return rows;
}

/* ---- WITH ----------------------------------------------------------------------------------- */

static TgCte *add_cte(TgTranslator *translator, const TgNode *node, const GArray *fields)
{
    TgCte *cte = tg_sql_arena_alloc(translator->arena, sizeof *cte);

    cte->outer = translator->ctes;
    cte->name = node->text;
    cte->sql_name = tg_translate_alias(translator, node->text);
    cte->fields = fields;
    translator->ctes = cte;
    return cte;
}

/* "name(columns) AS (query)"; the names the query has, or those that are given. */
static const char *cte_text(TgTranslator *translator, const TgNode *node, TgRows rows)
{
    GArray *fields = tg_translate_fields(translator);

    g_array_append_vals(fields, rows.fields->data, rows.fields->len);
    const char *columns = tg_translate_column_list(translator, fields, NULL, node->items[1]);
    TgCte *cte = add_cte(translator, node, fields);

    return tg_value(translator, &tg_sql_type_unknown, "%s%s AS (%s)",
                    tg_translate_quote(translator, cte->sql_name), columns, rows.sql)
        .text;
}

/* The first part of the union gives the columns; the second may read the name itself. */
static const char *recursive_cte(TgTranslator *translator, const TgNode *node)
{
    const TgNode *query = node->items[0];
    const TgNode *set = query->items[1];
    TgRows base = {NULL, NULL};
    TgRows step = {NULL, NULL};
    GArray *fields = tg_translate_fields(translator);

    if (query->items[0] != NULL || set->kind != TG_NODE_SET || strcmp(set->text, "union") != 0) {
        return cte_text(translator, node, tg_translate_query(translator, query));
    }
    base = translate_body(translator, set->items[0], NULL);
    g_array_append_vals(fields, base.fields->data, base.fields->len);
    const char *columns = tg_translate_column_list(translator, fields, NULL, node->items[1]);
    TgCte *cte = add_cte(translator, node, fields);

    step = translate_body(translator, set->items[1], NULL);
    if (translator->error == NULL && step.fields->len != fields->len) {
        (void)tg_translate_fail(translator, set, "the two sides have %u and %u columns",
                                fields->len, step.fields->len);
    }
    if (translator->error != NULL) {
        return "";
    }
    return tg_value(translator, &tg_sql_type_unknown, "%s%s AS ((%s) UNION%s (%s))",
                    tg_translate_quote(translator, cte->sql_name), columns, base.sql,
                    tg_node_has(set, TG_FLAG_ALL) ? " ALL" : "",
                    with_types(translator, &step, fields))
        .text;
}

static const char *with(TgTranslator *translator, const TgNode *query)
{
    g_autoptr(GString) out = g_string_new("WITH ");
    gboolean is_recursive = tg_node_has(query, TG_FLAG_RECURSIVE);

    g_string_append(out, is_recursive ? "RECURSIVE " : "");
    for (guint i = 0; i < query->items[0]->count; i++) {
        const TgNode *node = query->items[0]->items[i];

        g_string_append(out, i == 0 ? "" : ", ");
        g_string_append(
            out, is_recursive
                     ? recursive_cte(translator, node)
                     : cte_text(translator, node, tg_translate_query(translator, node->items[0])));
    }
    return tg_value(translator, &tg_sql_type_unknown, "%s ", out->str).text;
}

static const char *limit_text(TgTranslator *translator, const TgNode *node, const char *word)
{
    if (node == NULL) {
        return "";
    }
    if (node->kind != TG_NODE_INTEGER) {
        return tg_translate_fail(translator, node, "%s needs a whole number", word).text;
    }
    return tg_value(translator, &tg_sql_type_unknown, " %s %s", word, node->text).text;
}

static gboolean needs_wrap(const TgNode *query)
{
    TgNodeKind kind = query->items[1]->kind;

    return kind == TG_NODE_SET || kind == TG_NODE_QUERY;
}

TgRows tg_translate_query(TgTranslator *translator, const TgNode *query)
{
    TgCte *before = translator->ctes;
    TgRows rows = {NULL, NULL};
    const char *head = "";
    const char *tail = NULL;

    if (!tg_translate_enter(translator, query)) {
        return no_rows(translator);
    }
    if (query->items[0] != NULL) {
        head = with(translator, query);
    }
    rows = translate_body(translator, query->items[1], query->items[2]);
    tail = tg_value(translator, &tg_sql_type_unknown, "%s%s",
                    limit_text(translator, query->items[4], "LIMIT"),
                    limit_text(translator, query->items[3], "OFFSET"))
               .text;
    if (*head != '\0' || *tail != '\0') {
        gboolean wraps = needs_wrap(query) && query->items[2] == NULL;

        rows.sql = tg_value(translator, &tg_sql_type_unknown, "%s%s%s%s%s", head,
                            wraps ? "SELECT * FROM (" : "", rows.sql, wraps ? ")" : "", tail)
                       .text;
    }
    translator->ctes = before;
    translator->depth--;
    return rows;
}

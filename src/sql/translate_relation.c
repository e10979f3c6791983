/* FROM: tables, subqueries, UNNEST, joins. Every relation gets a name of its own in DuckDB's SQL,
 * so that no name there can mean two things. */
#include <string.h>

#include "sql/translate.h"

static const char *relation(TgTranslator *translator, const TgNode *node, GArray *fields);

/**
 * Gives the columns of a relation names that differ, and points the fields at them.
 *
 * @alias NULL: leave the fields' texts (of a WITH)
 * @names what the user called them, or NULL
 * @return "(a, b)"
 */
const char *tg_translate_column_list(TgTranslator *translator, GArray *fields, const char *alias,
                                     const TgNode *names)
{
    g_autoptr(GHashTable) used = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GString) out = g_string_new("(");

    if (names != NULL && names->count != fields->len) {
        (void)tg_translate_fail(translator, names, "%u names for %u columns", names->count,
                                fields->len);
        return "";
    }
    for (guint i = 0; i < fields->len; i++) {
        TgField *field = &g_array_index(fields, TgField, i);

        if (names != NULL) {
            field->label = names->items[i]->text;
            field->name = tg_sql_arena_lower(translator->arena, field->label);
        }
        const char *name = field->name == NULL ? "_c" : field->name;

        while (g_hash_table_contains(used, name)) {
            name = tg_sql_arena_printf(translator->arena, "%s_%u", name, i);
        }
        (void)g_hash_table_add(used, (gpointer)name);
        const char *quoted = tg_translate_quote(translator, name);

        g_string_append_printf(out, "%s%s", i == 0 ? "" : ", ", quoted);
        field->value.text =
            alias == NULL ? quoted
                          : tg_sql_arena_printf(translator->arena, "%s.%s",
                                                tg_translate_quote(translator, alias), quoted);
    }
    return tg_value(translator, &tg_sql_type_unknown, "%s)", out->str).text;
}

static void name_fields(GArray *fields, guint from, const char *database, const char *name)
{
    for (guint i = from; i < fields->len; i++) {
        TgField *field = &g_array_index(fields, TgField, i);

        field->database = database;
        field->relation = name;
    }
}

/* "(sql) AS alias(columns)"; appends the columns to `fields`. */
static const char *derived(TgTranslator *translator, const char *sql, const GArray *columns,
                           const char *wanted_alias, GArray *fields)
{
    const char *alias = tg_translate_alias(translator, wanted_alias);
    GArray *own = tg_translate_fields(translator);

    g_array_append_vals(own, columns->data, columns->len);
    const char *names = tg_translate_column_list(translator, own, alias, NULL);

    name_fields(own, 0, NULL, NULL);
    g_array_append_vals(fields, own->data, own->len);
    return tg_value(translator, &tg_sql_type_unknown, "(%s) AS %s%s", sql,
                    tg_translate_quote(translator, alias), names)
        .text;
}

static const TgCte *find_cte(const TgTranslator *translator, const TgNode *node)
{
    for (const TgCte *cte = translator->ctes; cte != NULL && node->extra == NULL;
         cte = cte->outer) {
        if (strcmp(cte->name, node->text) == 0) {
            return cte;
        }
    }
    return NULL;
}

/* A view is translated where it is read, as if its text stood there in parentheses. */
static const char *view(TgTranslator *translator, const TgNode *node, const TgSqlTable *table,
                        GArray *fields)
{
    g_autofree char *name = g_strdup_printf("view %s", node->text);
    TgStatement *statement =
        tg_statement_parse(table->view_sql, strlen(table->view_sql), name, &translator->error);
    TgStatement *outer = translator->statement;
    TgScope *scope = translator->scope;
    TgCte *ctes = translator->ctes;
    TgRows rows = {NULL, NULL};

    if (statement == NULL || statement->query == NULL) {
        tg_statement_free(statement);
        return "";
    }
    translator->statement = statement;
    translator->scope = NULL;
    translator->ctes = NULL;
    translator->depth += 20; /* views of views of views end somewhere */
    rows = tg_translate_query(translator, statement->query);
    translator->depth -= 20;
    translator->statement = outer;
    translator->scope = scope;
    translator->ctes = ctes;
    if (outer->views == NULL) {
        outer->views = g_ptr_array_new_with_free_func((GDestroyNotify)tg_statement_free);
    }
    g_ptr_array_add(outer->views, statement); /* names and types lie in its arena */
    return derived(translator, rows.sql, rows.fields, node->text, fields);
}

static const char *table(TgTranslator *translator, const TgNode *node, GArray *fields)
{
    const TgCte *cte = find_cte(translator, node);
    TgSqlTable found = {NULL, 0, NULL, NULL, 0, NULL};
    GArray *own = tg_translate_fields(translator);
    const char *sql = NULL;
    guint before = fields->len;

    if (cte != NULL) {
        g_array_append_vals(own, cte->fields->data, cte->fields->len);
        sql = tg_sql_arena_printf(translator->arena, "SELECT * FROM %s",
                                  tg_translate_quote(translator, cte->sql_name));
        sql = derived(translator, sql, own, node->text, fields);
        name_fields(fields, before, NULL, node->text);
        return sql;
    }
    g_autoptr(GError) error = NULL;

    if (!translator->context->resolve(translator->context->data, translator->arena, node->extra,
                                      node->text, &found, &error)) {
        if (translator->error == NULL) {
            (void)tg_translate_fail(translator, node, "%s", error->message);
            translator->error->code = error->code;
        }
        return "";
    }
    if (found.view_sql != NULL) {
        sql = view(translator, node, &found, fields);
        name_fields(fields, before, node->extra, node->text);
        return sql;
    }
    for (guint i = 0; i < found.count; i++) {
        TgField field = {.name = tg_sql_arena_lower(translator->arena, found.names[i]),
                         .label = found.names[i],
                         .value = {NULL, found.types[i]},
                         .is_hidden = i >= found.count - found.hidden};

        g_array_append_val(own, field);
    }
    sql = derived(translator, found.from_sql, own, node->text, fields);
    for (guint i = before; i < fields->len; i++) {
        g_array_index(fields, TgField, i).is_stored = TRUE;
    }
    name_fields(fields, before, node->extra, node->text);
    return sql;
}

static const char *subquery(TgTranslator *translator, const TgNode *node, GArray *fields)
{
    TgScope lateral = {.parent = translator->scope, .fields = fields};
    TgScope *before = translator->scope;
    GArray *left = tg_translate_fields(translator);
    TgRows rows = {NULL, NULL};

    g_array_append_vals(left, fields->data, fields->len);
    lateral.fields = left;
    lateral.parent = before == NULL ? NULL : before->parent;
    if (tg_node_has(node, TG_FLAG_LATERAL)) {
        translator->scope = &lateral;
    } else if (before != NULL) {
        translator->scope = before->parent; /* a plain subquery does not see its neighbours */
    }
    rows = tg_translate_query(translator, node->items[0]);
    translator->scope = before;
    if (translator->error != NULL) {
        return "";
    }
    const char *sql = derived(translator, rows.sql, rows.fields, NULL, fields);

    return tg_node_has(node, TG_FLAG_LATERAL)
               ? tg_sql_arena_printf(translator->arena, "LATERAL %s", sql)
               : sql;
}

/* ---- UNNEST --------------------------------------------------------------------------------- */

typedef struct {
    GString *inner;  /* SELECT list with one unnest() a column */
    GString *outer;  /* SELECT list over it: fields of rows apart */
    GString *length; /* greatest length, for the ordinality */
    GArray *columns;
    guint count;
} Unnest;

static void add_unnested(TgTranslator *translator, Unnest *unnest, const char *list,
                         const TgSqlType *element)
{
    guint fields = element->id == TG_SQL_ROW ? element->count : 1;

    g_string_append_printf(unnest->inner, "%sunnest(%s) AS e%u", unnest->count == 0 ? "" : ", ",
                           list, unnest->count);
    for (guint i = 0; i < fields; i++) {
        TgField field = {.value = {NULL, element}};

        g_string_append(unnest->outer, unnest->columns->len == 0 ? "" : ", ");
        if (element->id == TG_SQL_ROW) {
            field.value.type = element->items[i];
            field.label = element->names[i];
            field.name = element->names[i] == NULL
                             ? NULL
                             : tg_sql_arena_lower(translator->arena, element->names[i]);
            g_string_append_printf(unnest->outer, "struct_extract_at(e%u, %u)", unnest->count,
                                   i + 1);
        } else {
            g_string_append_printf(unnest->outer, "e%u", unnest->count);
        }
        g_array_append_val(unnest->columns, field);
    }
    unnest->count++;
}

static void add_argument(TgTranslator *translator, const TgNode *node, Unnest *unnest)
{
    TgValue value = tg_translate_expression(translator, node);

    if (value.type->id == TG_SQL_MAP) {
        add_unnested(translator, unnest,
                     tg_sql_arena_printf(translator->arena, "map_keys(%s)", value.text),
                     value.type->items[0]);
        add_unnested(translator, unnest,
                     tg_sql_arena_printf(translator->arena, "map_values(%s)", value.text),
                     value.type->items[1]);
        g_string_append_printf(unnest->length, ", len(map_keys(%s))", value.text);
    } else if (value.type->id == TG_SQL_ARRAY) {
        add_unnested(translator, unnest, value.text, value.type->items[0]);
        g_string_append_printf(unnest->length, ", len(%s)", value.text);
    } else {
        (void)tg_translate_fail(translator, node, "UNNEST needs an array or a map, not %s",
                                tg_translate_type_name(translator, value.type));
    }
}

static const char *unnest_lists(TgTranslator *translator, const TgNode *node, GArray *fields)
{
    g_autoptr(GString) inner = g_string_new(NULL);
    g_autoptr(GString) outer = g_string_new(NULL);
    g_autoptr(GString) length = g_string_new(NULL);
    Unnest unnest = {inner, outer, length, tg_translate_fields(translator), 0};
    GArray *left = tg_translate_fields(translator);
    TgScope scope = {.parent = translator->scope == NULL ? NULL : translator->scope->parent,
                     .fields = left};
    TgScope *before = translator->scope;

    g_array_append_vals(left, fields->data, fields->len);
    translator->scope = &scope;
    for (guint i = 0; i < node->count; i++) {
        add_argument(translator, node->items[i], &unnest);
    }
    translator->scope = before;
    if (tg_node_has(node, TG_FLAG_ORDINALITY)) {
        TgField field = {.value = {NULL, &tg_sql_type_bigint}};

        g_string_append_printf(inner, ", unnest(range(1, greatest(0%s) + 1)) AS n", length->str);
        g_string_append(outer, ", n");
        g_array_append_val(unnest.columns, field);
    }
    const char *sql = tg_sql_arena_printf(translator->arena, "SELECT %s FROM (SELECT %s) AS u",
                                          outer->str, inner->str);

    return tg_sql_arena_printf(translator->arena, "LATERAL %s",
                               derived(translator, sql, unnest.columns, NULL, fields));
}

/* ---- joins ---------------------------------------------------------------------------------- */

static TgField *find_field(GArray *fields, guint from, guint to, const char *name)
{
    for (guint i = from; i < to; i++) {
        TgField *field = &g_array_index(fields, TgField, i);

        if (field->name != NULL && g_ascii_strcasecmp(field->name, name) == 0 &&
            !field->is_merged) {
            return field;
        }
    }
    return NULL;
}

/* The columns of a join: the left side's from `start`, the right side's from `middle`. */
typedef struct {
    GArray *fields;
    guint start;
    guint middle;
} Sides;

/* USING (k): one column k of both; the pair stays reachable by relation.k. */
static void merge(TgTranslator *translator, const TgNode *join, const char *name,
                  const Sides *sides, GArray *merged)
{
    GArray *fields = sides->fields;
    TgField *left = find_field(fields, sides->start, sides->middle, name);
    TgField *right = find_field(fields, sides->middle, fields->len, name);
    TgField field = {.relation = NULL};

    if (left == NULL || right == NULL) {
        (void)tg_translate_fail(translator, join, "USING: the %s side has no column '%s'",
                                left == NULL ? "left" : "right", name);
        return;
    }
    tg_translate_check_comparable(translator, join, left->value, right->value);
    field = *left;
    field.relation = NULL;
    if (strcmp(join->text, "right") == 0) {
        field.value = right->value;
    } else if (strcmp(join->text, "full") == 0) {
        TgValue both[] = {left->value, right->value};
        const TgSqlType *type = tg_translate_unify(translator, join, both, 2);

        field.value = tg_value(translator, type, "coalesce(%s, %s)", both[0].text, both[1].text);
    }
    left->is_merged = TRUE;
    right->is_merged = TRUE;
    g_array_append_val(merged, field);
}

/* The condition of USING or NATURAL; merged columns come first, as SELECT * shows them. */
static const char *using_condition(TgTranslator *translator, const TgNode *join, const Sides *sides,
                                   const GPtrArray *names)
{
    GArray *fields = sides->fields;
    guint middle = sides->middle;

    g_autoptr(GString) out = g_string_new(NULL);
    GArray *merged = tg_translate_fields(translator);

    for (guint i = 0; i < names->len && translator->error == NULL; i++) {
        const TgField *left = find_field(fields, sides->start, middle, names->pdata[i]);
        const TgField *right = find_field(fields, middle, fields->len, names->pdata[i]);

        if (left != NULL && right != NULL) {
            g_string_append_printf(out, "%s%s = %s", i == 0 ? "" : " AND ", left->value.text,
                                   right->value.text);
        }
        merge(translator, join, names->pdata[i], sides, merged);
    }
    g_array_insert_vals(fields, sides->start, merged->data, merged->len);
    return tg_sql_arena_printf(translator->arena, "%s", out->str);
}

static const char *join_condition(TgTranslator *translator, const TgNode *join, const Sides *sides)
{
    GArray *fields = sides->fields;
    guint middle = sides->middle;

    g_autoptr(GPtrArray) names = g_ptr_array_new();

    if (join->items[2] != NULL) {
        TgScope scope = {.parent = translator->scope == NULL ? NULL : translator->scope->parent,
                         .fields = fields};
        TgScope *before = translator->scope;
        const char *text = NULL;

        translator->scope = &scope;
        text = tg_translate_boolean(translator, join->items[2], "ON").text;
        translator->scope = before;
        return text;
    }
    for (guint i = 0; join->items[3] != NULL && i < join->items[3]->count; i++) {
        g_ptr_array_add(names, (gpointer)join->items[3]->items[i]->text);
    }
    for (guint i = 0; tg_node_has(join, TG_FLAG_NATURAL) && sides->start + i < middle; i++) {
        const TgField *field = &g_array_index(fields, TgField, sides->start + i);

        if (field->name != NULL && !field->is_merged && !field->is_hidden &&
            find_field(fields, middle, fields->len, field->name) != NULL) {
            g_ptr_array_add(names, (gpointer)field->name);
        }
    }
    return names->len == 0 ? "true" : using_condition(translator, join, sides, names);
}

static const char *join(TgTranslator *translator, const TgNode *node, GArray *fields)
{
    guint start = fields->len;
    const char *left = relation(translator, node->items[0], fields);
    guint middle = fields->len;
    const char *right = relation(translator, node->items[1], fields);
    g_autofree char *word = g_ascii_strup(node->text, -1);

    if (translator->error != NULL) {
        return "";
    }
    if (strcmp(node->text, "cross") == 0) {
        return tg_value(translator, &tg_sql_type_unknown, "%s CROSS JOIN %s", left, right).text;
    }
    const char *condition = join_condition(translator, node, &(Sides){fields, start, middle});

    /* A join on the right keeps its parentheses. */
    const TgNode *inner = node->items[1];
    gboolean is_join = inner->kind == TG_NODE_JOIN;

    return tg_value(translator, &tg_sql_type_unknown, "%s %s JOIN %s%s%s ON %s", left, word,
                    is_join ? "(" : "", right, is_join ? ")" : "", condition)
        .text;
}

/* ---- aliases and samples -------------------------------------------------------------------- */

/* Gives the visible columns from a place on the names of t(a, b). */
static void rename_fields(TgTranslator *translator, GArray *fields, guint before,
                          const TgNode *names)
{
    guint visible = 0;

    for (guint i = before; i < fields->len; i++) {
        TgField *field = &g_array_index(fields, TgField, i);

        if (field->is_hidden) {
            continue;
        }
        if (visible < names->count) {
            field->label = names->items[visible]->text;
            field->name = tg_sql_arena_lower(translator->arena, field->label);
        }
        visible++;
    }
    if (visible != names->count) {
        (void)tg_translate_fail(translator, names, "%u names for %u columns", names->count,
                                visible);
    }
}

static const char *aliased(TgTranslator *translator, const TgNode *node, GArray *fields)
{
    guint before = fields->len;
    const char *sql = relation(translator, node->items[0], fields);
    const TgNode *names = node->items[1];

    name_fields(fields, before, NULL, node->text);
    if (names != NULL && translator->error == NULL) {
        rename_fields(translator, fields, before, names);
    }
    return sql;
}

static const char *sampled(TgTranslator *translator, const TgNode *node, GArray *fields)
{
    const char *sql = relation(translator, node->items[0], fields);
    TgNodeKind kind = node->items[1]->kind;

    if (kind != TG_NODE_INTEGER && kind != TG_NODE_DECIMAL) {
        return tg_translate_fail(translator, node, "TABLESAMPLE needs a number of percent").text;
    }
    return tg_sql_arena_printf(translator->arena, "%s TABLESAMPLE %s(%s PERCENT)", sql, node->text,
                               node->items[1]->text);
}

static const char *relation(TgTranslator *translator, const TgNode *node, GArray *fields)
{
    const char *sql = "";

    if (!tg_translate_enter(translator, node)) {
        return sql;
    }
    switch ((int)node->kind) {
    case TG_NODE_TABLE:
        sql = table(translator, node, fields);
        break;
    case TG_NODE_DERIVED:
        sql = subquery(translator, node, fields);
        break;
    case TG_NODE_UNNEST:
        sql = unnest_lists(translator, node, fields);
        break;
    case TG_NODE_JOIN:
        sql = join(translator, node, fields);
        break;
    case TG_NODE_ALIASED:
        sql = aliased(translator, node, fields);
        break;
    default:
        sql = sampled(translator, node, fields);
    }
    translator->depth--;
    return sql;
}

const char *tg_translate_relation(TgTranslator *translator, const TgNode *node, GArray *fields)
{
    return relation(translator, node, fields);
}

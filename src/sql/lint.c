/* Rules over the tree. A condition on a key may stand in WHERE or ON of the SELECT that reads the
 * table; whether it stands behind an OR is not looked at: a finding must be worth reading. */
#include "sql/lint.h"

#include <string.h>

typedef struct {
    const TgSqlLintContext *context;
    GPtrArray *findings;
    GHashTable *ctes; /* names of WITH: they are no tables */
} Lint;

/* How a condition has a column. */
typedef enum { NOT_THERE, WRAPPED, DIRECT } Mention;

void tg_sql_finding_free(TgSqlFinding *finding)
{
    if (finding != NULL) {
        g_free(finding->message);
        g_free(finding);
    }
}

static void find(Lint *lint, const char *rule, const TgNode *node, char *take_message)
{
    TgSqlFinding *finding = g_new0(TgSqlFinding, 1);

    finding->rule = rule;
    finding->offset = node->offset;
    finding->message = take_message;
    g_ptr_array_add(lint->findings, finding);
}

static const TgNode *item(const TgNode *node, guint index)
{
    return node == NULL || index >= node->count ? NULL : node->items[index];
}

/* --- a column in a condition --- */

/* `key` alone, or with the name that the table has in this SELECT. */
static gboolean is_column(const TgNode *node, const char *key, const char *alias)
{
    if (node->kind == TG_NODE_NAME) {
        return g_ascii_strcasecmp(node->text, key) == 0;
    }
    if (node->kind != TG_NODE_FIELD || g_ascii_strcasecmp(node->text, key) != 0) {
        return FALSE;
    }
    const TgNode *base = item(node, 0);

    return base != NULL && base->text != NULL && g_ascii_strcasecmp(base->text, alias) == 0;
}

static gboolean is_inside(const TgNode *node, const char *key, const char *alias)
{
    if (node == NULL || node->kind == TG_NODE_SUBQUERY || node->kind == TG_NODE_QUERY) {
        return FALSE;
    }
    if (is_column(node, key, alias)) {
        return TRUE;
    }
    for (guint i = 0; i < node->count; i++) {
        if (is_inside(node->items[i], key, alias)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_condition(const TgNode *node)
{
    return node->kind == TG_NODE_COMPARE || node->kind == TG_NODE_BETWEEN ||
           node->kind == TG_NODE_IN || node->kind == TG_NODE_IN_QUERY ||
           node->kind == TG_NODE_LIKE || node->kind == TG_NODE_IS_NULL ||
           node->kind == TG_NODE_DISTINCT || node->kind == TG_NODE_QUANTIFIED;
}

/* @out_where the place of a wrapped one */
static Mention mention_in(const TgNode *condition, const char *key, const char *alias,
                          const TgNode **out_where)
{
    Mention best = NOT_THERE;

    for (guint i = 0; i < condition->count; i++) {
        const TgNode *side = condition->items[i];

        if (side != NULL && is_column(side, key, alias)) {
            return DIRECT;
        }
        if (is_inside(side, key, alias)) {
            *out_where = side;
            best = WRAPPED;
        }
    }
    return best;
}

static Mention look_for(const TgNode *node, const char *key, const char *alias,
                        const TgNode **out_where)
{
    Mention best = NOT_THERE;

    if (node == NULL) {
        return NOT_THERE;
    }
    if (is_condition(node)) {
        return mention_in(node, key, alias, out_where);
    }
    for (guint i = 0; i < node->count && best != DIRECT; i++) {
        Mention found = look_for(node->items[i], key, alias, out_where);

        best = found > best ? found : best;
    }
    return best;
}

/* --- the relations of a SELECT --- */

/* Conditions of ON are conditions of the SELECT. */
static void add_conditions(const TgNode *from, GPtrArray *conditions)
{
    if (from == NULL) {
        return;
    }
    if (from->kind == TG_NODE_JOIN) {
        add_conditions(item(from, 0), conditions);
        add_conditions(item(from, 1), conditions);
        if (item(from, 2) != NULL) {
            g_ptr_array_add(conditions, (gpointer)item(from, 2));
        }
    } else if (from->kind == TG_NODE_ALIASED || from->kind == TG_NODE_SAMPLED) {
        add_conditions(item(from, 0), conditions);
    }
}

static Mention best_mention(const GPtrArray *conditions, const char *const *keys, const char *alias,
                            const TgNode **out_where)
{
    Mention best = NOT_THERE;

    for (guint i = 0; i < conditions->len; i++) {
        for (guint k = 0; keys[k] != NULL; k++) {
            Mention found = look_for(conditions->pdata[i], keys[k], alias, out_where);

            best = found > best ? found : best;
        }
    }
    return best;
}

static void check_table(Lint *lint, const TgNode *table, const char *alias,
                        const GPtrArray *conditions)
{
    const TgSqlLintContext *context = lint->context;
    const char *const *keys =
        context == NULL || (table->extra == NULL && g_hash_table_contains(lint->ctes, table->text))
            ? NULL
            : context->partition_keys(context->data, table->extra, table->text);
    const TgNode *where = NULL;

    if (keys == NULL || keys[0] == NULL) {
        return;
    }
    g_autofree char *all = g_strjoinv("', '", (char **)keys);
    Mention mention = best_mention(conditions, keys, alias, &where);

    if (mention == NOT_THERE) {
        find(lint, "partition-filter", table,
             g_strdup_printf("this reads the whole table %s: add a condition on its partition key "
                             "'%s'",
                             table->text, all));
    } else if (mention == WRAPPED) {
        find(lint, "wrapped-key", where,
             g_strdup_printf("a partition key of %s ('%s') stands inside of an expression, so that "
                             "no partition can be left out: compare the key itself",
                             table->text, all));
    }
}

static void check_tables(Lint *lint, const TgNode *from, const char *alias,
                         const GPtrArray *conditions)
{
    if (from == NULL) {
        return;
    }
    if (from->kind == TG_NODE_TABLE) {
        check_table(lint, from, alias == NULL ? from->text : alias, conditions);
    } else if (from->kind == TG_NODE_JOIN) {
        check_tables(lint, item(from, 0), NULL, conditions);
        check_tables(lint, item(from, 1), NULL, conditions);
    } else if (from->kind == TG_NODE_ALIASED) {
        check_tables(lint, item(from, 0), from->text, conditions);
    } else if (from->kind == TG_NODE_SAMPLED) {
        check_tables(lint, item(from, 0), alias, conditions);
    }
}

/* What gives rows of its own: UNNEST of a column beside it is no cross join. */
static gboolean is_relation(const TgNode *node)
{
    return node != NULL &&
           (node->kind == TG_NODE_TABLE || node->kind == TG_NODE_JOIN ||
            (node->kind == TG_NODE_DERIVED && !tg_node_has(node, TG_FLAG_LATERAL)) ||
            ((node->kind == TG_NODE_ALIASED || node->kind == TG_NODE_SAMPLED) &&
             is_relation(item(node, 0))));
}

/* A comma, or CROSS JOIN, and no WHERE that could hold the condition. */
static void check_cross(Lint *lint, const TgNode *from, gboolean has_where)
{
    if (from == NULL || from->kind != TG_NODE_JOIN) {
        return;
    }
    if (!has_where && g_strcmp0(from->text, "cross") == 0 && is_relation(item(from, 0)) &&
        is_relation(item(from, 1))) {
        find(lint, "cross-join", item(from, 1),
             g_strdup("every row is joined with every row: join ON a condition"));
    }
    check_cross(lint, item(from, 0), has_where);
    check_cross(lint, item(from, 1), has_where);
}

/* --- the walk --- */

static void check_select(Lint *lint, const TgNode *select, gboolean is_kept)
{
    const TgNode *list = item(select, 0);
    const TgNode *from = item(select, 1);
    const TgNode *where = item(select, 2);
    g_autoptr(GPtrArray) conditions = g_ptr_array_new();

    if (where != NULL) {
        g_ptr_array_add(conditions, (gpointer)where);
    }
    add_conditions(from, conditions);
    check_tables(lint, from, NULL, conditions);
    check_cross(lint, from, where != NULL);
    for (guint i = 0; is_kept && list != NULL && i < list->count; i++) {
        if (list->items[i]->kind == TG_NODE_ALL_COLUMNS) {
            find(lint, "select-star", list->items[i],
                 g_strdup("name the columns: with * this table changes when another does"));
        }
    }
}

static void walk(Lint *lint, const TgNode *node, gboolean is_kept);

/* @is_kept its columns become those of a table or view */
static void walk_query(Lint *lint, const TgNode *query, gboolean is_kept, gboolean is_ordered)
{
    const TgNode *ctes = item(query, 0);
    const TgNode *order = item(query, 2);

    for (guint i = 0; ctes != NULL && i < ctes->count; i++) {
        g_hash_table_add(lint->ctes, (gpointer)ctes->items[i]->text);
    }
    if (order != NULL && !is_ordered && item(query, 3) == NULL && item(query, 4) == NULL) {
        find(lint, "order-without-limit", order,
             g_strdup("ORDER BY orders nothing here: rows of a table or a subquery have no order; "
                      "remove it, or add LIMIT"));
    }
    for (guint i = 0; i < query->count; i++) {
        walk(lint, query->items[i], is_kept && i == 1);
    }
}

static void walk(Lint *lint, const TgNode *node, gboolean is_kept)
{
    if (node == NULL) {
        return;
    }
    if (node->kind == TG_NODE_QUERY) {
        walk_query(lint, node, is_kept, FALSE);
        return;
    }
    if (node->kind == TG_NODE_SELECT) {
        check_select(lint, node, is_kept);
    } else if (node->kind == TG_NODE_IN_QUERY && tg_node_has(node, TG_FLAG_NOT)) {
        find(lint, "not-in-null", node,
             g_strdup("NOT IN finds nothing when one of the subquery's rows is NULL: use NOT "
                      "EXISTS, or leave NULL out"));
    }
    for (guint i = 0; i < node->count; i++) {
        walk(lint, node->items[i], is_kept && node->kind == TG_NODE_SET);
    }
}

static gint compare_findings(gconstpointer a, gconstpointer b)
{
    const TgSqlFinding *one = *(TgSqlFinding *const *)a;
    const TgSqlFinding *other = *(TgSqlFinding *const *)b;

    return one->offset < other->offset ? -1 : one->offset > other->offset;
}

GPtrArray *tg_sql_lint(const TgStatement *statement, const TgSqlLintContext *context)
{
    Lint lint = {.context = context,
                 .findings = g_ptr_array_new_with_free_func((GDestroyNotify)tg_sql_finding_free),
                 .ctes = g_hash_table_new(g_str_hash, g_str_equal)};
    gboolean is_kept = statement->kind == TG_STATEMENT_CTAS ||
                       statement->kind == TG_STATEMENT_INSERT ||
                       statement->kind == TG_STATEMENT_CREATE_VIEW;

    if (statement->query != NULL && statement->query->kind == TG_NODE_QUERY) {
        walk_query(&lint, statement->query, is_kept, !is_kept);
    } else {
        walk(&lint, statement->query, is_kept);
    }
    g_hash_table_unref(lint.ctes);
    g_ptr_array_sort(lint.findings, compare_findings);
    return lint.findings;
}

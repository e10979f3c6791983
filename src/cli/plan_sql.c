/* Tables of a statement, pruned by what its WHERE says of partition keys. */
#include "cli/plan_sql.h"

#include <string.h>

#include "catalog/table.h"
#include "params/params.h"
#include "sql/sql.h"

/* The names that stand for tables, and conditions that all rows of their SELECT meet. */
typedef struct {
    json_t *tables;   /* "db.t" -> list of lists of conditions, one for each time it is read */
    GHashTable *ctes; /* names of WITH: they are no tables */
    const char *database;
} Reading;

/* ---- what the tree says ---- */

static const char *name_of(const TgNode *node)
{
    return node != NULL && (node->kind == TG_NODE_NAME || node->kind == TG_NODE_FIELD) ? node->text
                                                                                       : NULL;
}

static gboolean is_literal(const TgNode *node)
{
    return node != NULL && (node->kind == TG_NODE_STRING || node->kind == TG_NODE_INTEGER ||
                            node->kind == TG_NODE_TYPED);
}

static void add_condition(json_t *conditions, const char *column, const TgNode *const *values,
                          guint count)
{
    json_t *texts = json_array();

    for (guint i = 0; i < count; i++) {
        json_array_append_new(texts, json_string(values[i]->text));
    }
    json_array_append_new(conditions, json_pack("{s:s, s:o}", "column", column, "values", texts));
}

/* `k IN ('a', 'b')` */
static void collect_in(const TgNode *node, json_t *conditions)
{
    const TgNode *list = node->count > 1 ? node->items[1] : NULL;
    const char *column = name_of(node->items[0]);

    if (column == NULL || tg_node_has(node, TG_FLAG_NOT) || list == NULL ||
        list->kind != TG_NODE_LIST) {
        return;
    }
    for (guint i = 0; i < list->count; i++) {
        if (!is_literal(list->items[i])) {
            return;
        }
    }
    add_condition(conditions, column, (const TgNode *const *)list->items, list->count);
}

/* What all rows meet: comparisons joined by AND. Others are left out, which only reads more. */
static void collect_conditions(const TgNode *node, json_t *conditions)
{
    if (node == NULL) {
        return;
    }
    if (node->kind == TG_NODE_BINARY_OP && strcmp(node->text, "and") == 0) {
        collect_conditions(node->items[0], conditions);
        collect_conditions(node->items[1], conditions);
    } else if (node->kind == TG_NODE_COMPARE && strcmp(node->text, "=") == 0) {
        gboolean is_swapped = is_literal(node->items[0]);
        const TgNode *value = node->items[is_swapped ? 0 : 1];
        const char *column = name_of(node->items[is_swapped ? 1 : 0]);

        if (column != NULL && is_literal(value)) {
            add_condition(conditions, column, &value, 1);
        }
    } else if (node->kind == TG_NODE_IN) {
        collect_in(node, conditions);
    }
}

static void add_table(const Reading *reading, const TgNode *node, const json_t *conditions)
{
    const char *database = node->extra != NULL ? node->extra : reading->database;
    g_autofree char *name = g_strconcat(database, ".", node->text, NULL);
    json_t *uses = NULL;

    if (node->extra == NULL && g_hash_table_contains(reading->ctes, node->text)) {
        return;
    }
    uses = json_object_get(reading->tables, name);
    if (uses == NULL) {
        json_object_set_new(reading->tables, name, json_array());
        uses = json_object_get(reading->tables, name);
    }
    json_array_append_new(uses, json_deep_copy(conditions));
}

static void collect_ctes(Reading *reading, const TgNode *node)
{
    if (node == NULL) {
        return;
    }
    if (node->kind == TG_NODE_CTE) {
        (void)g_hash_table_add(reading->ctes, (gpointer)node->text);
    }
    for (guint i = 0; i < node->count; i++) {
        collect_ctes(reading, node->items[i]);
    }
}

/* How many tables a FROM names: with more than one a column may be of another table. */
static guint count_tables(const TgNode *node)
{
    guint count = 0;

    if (node == NULL || node->kind == TG_NODE_DERIVED) {
        return node == NULL ? 0 : 1;
    }
    if (node->kind == TG_NODE_TABLE) {
        return 1;
    }
    for (guint i = 0; i < node->count; i++) {
        count += count_tables(node->items[i]);
    }
    return count;
}

/* Every table below a node. `conditions` hold for the SELECT around it. */
static void collect_tables(const Reading *reading, const TgNode *node, const json_t *conditions)
{
    g_autoptr(json_t) own = NULL;
    const json_t *inner = conditions;

    if (node == NULL) {
        return;
    }
    if (node->kind == TG_NODE_TABLE) {
        add_table(reading, node, conditions);
        return;
    }
    if (node->kind == TG_NODE_SELECT) {
        own = json_array();
        if (count_tables(node->items[1]) == 1) {
            collect_conditions(node->items[2], own);
        }
        inner = own;
    }
    for (guint i = 0; i < node->count; i++) {
        collect_tables(reading, node->items[i], inner);
    }
}

/* ---- how much that is ---- */

static gboolean accepts(const json_t *condition, const char *value)
{
    const json_t *values = json_object_get(condition, "values");
    json_t *one = NULL;
    gsize i = 0;

    json_array_foreach (values, i, one) {
        if (strcmp(json_string_value(one), value) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The partition's value of a key; NULL: it is no key. */
static const char *value_of(const json_t *keys, const json_t *partition, const char *column)
{
    json_t *key = NULL;
    gsize i = 0;

    json_array_foreach (keys, i, key) {
        if (g_strcmp0(json_string_value(json_object_get(key, "Name")), column) == 0) {
            return json_string_value(json_array_get(json_object_get(partition, "Values"), i));
        }
    }
    return NULL;
}

/* Whether a partition can hold rows that meet the conditions of one reading. */
static gboolean may_match(const json_t *keys, const json_t *partition, const json_t *conditions)
{
    json_t *condition = NULL;
    gsize i = 0;

    json_array_foreach (conditions, i, condition) {
        const char *column = json_string_value(json_object_get(condition, "column"));
        const char *value = value_of(keys, partition, column);

        if (value != NULL && !accepts(condition, value)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean is_read(const json_t *keys, const json_t *partition, const json_t *uses)
{
    json_t *conditions = NULL;
    gsize i = 0;

    json_array_foreach (uses, i, conditions) {
        if (may_match(keys, partition, conditions)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean add_size(TgCliState *state, const char *location, gint64 *bytes, gint64 *objects)
{
    g_autofree char *prefix = location == NULL                  ? NULL
                              : g_str_has_suffix(location, "/") ? g_strdup(location)
                                                                : g_strconcat(location, "/", NULL);
    g_autoptr(GPtrArray) found =
        prefix == NULL ? NULL : tg_object_list(tg_cli_state_objects(state), prefix, NULL);

    for (guint i = 0; found != NULL && i < found->len; i++) {
        *bytes += ((TgObjectInfo *)found->pdata[i])->size_bytes;
        (*objects)++;
    }
    return found != NULL;
}

typedef struct {
    gint64 bytes;
    gint64 objects;
} Size;

/* The partitions that are read; the entry gets how many of how many. */
static void measure_partitions(TgCliState *state, const json_t *keys, const json_t *partitions,
                               const json_t *uses, json_t *entry, Size *size)
{
    json_int_t used = 0;
    json_t *partition = NULL;
    gsize i = 0;

    json_array_foreach (partitions, i, partition) {
        if (is_read(keys, partition, uses)) {
            (void)add_size(state, tg_table_location(partition), &size->bytes, &size->objects);
            used++;
        }
    }
    json_object_set_new(entry, "partitions", json_integer(used));
    json_object_set_new(entry, "partitions_total",
                        json_integer((json_int_t)json_array_size(partitions)));
}

/* A table's entry; why its size is not known, or NULL. */
static const char *measure(TgCliState *state, TgCatalog *catalog, const char *name,
                           const json_t *uses, json_t *entry)
{
    g_auto(GStrv) parts = g_strsplit(name, ".", 2);
    g_autoptr(json_t) table = tg_catalog_get_table(catalog, parts[0], parts[1], NULL);
    const json_t *keys = table == NULL ? NULL : tg_table_partition_keys(table);
    Size size = {0};

    if (table == NULL) {
        return "there is no such table yet";
    }
    if (json_array_size(keys) > 0) {
        g_autoptr(json_t) partitions =
            tg_catalog_list_partitions(catalog, parts[0], parts[1], NULL);

        measure_partitions(state, keys, partitions, uses, entry, &size);
    } else if (!add_size(state, tg_table_location(table), &size.bytes, &size.objects)) {
        return "a view, or its objects are elsewhere";
    }
    json_object_set_new(entry, "bytes", json_integer(size.bytes));
    json_object_set_new(entry, "objects", json_integer(size.objects));
    return NULL;
}

static TgCatalog *catalog_of(TgCliState *state)
{
    g_autofree char *path = g_build_filename(state->folder, "catalog.sqlite", NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS) ? tg_cli_state_catalog(state, NULL) : NULL;
}

json_t *tg_plan_sql_tables(TgCliState *state, const char *database, const char *sql)
{
    g_autoptr(TgStatement) statement = tg_statement_parse(sql, strlen(sql), NULL, NULL);
    g_autoptr(json_t) tables = json_object();
    g_autoptr(json_t) none = json_array();
    g_autoptr(GHashTable) ctes = g_hash_table_new(g_str_hash, g_str_equal);
    Reading reading = {.tables = tables, .ctes = ctes, .database = database};
    TgCatalog *catalog = catalog_of(state);
    json_t *all = json_array();
    const char *name = NULL;
    json_t *uses = NULL;

    if (statement == NULL) {
        json_decref(all);
        return NULL;
    }
    collect_ctes(&reading, statement->query);
    collect_tables(&reading, statement->query, none);
    json_object_foreach (tables, name, uses) {
        json_t *entry = json_pack("{s:s, s:n}", "table", name, "bytes");
        const char *why = catalog == NULL ? "there is no such table yet"
                                          : measure(state, catalog, name, uses, entry);

        if (why != NULL) {
            json_object_set_new(entry, "why", json_string(why));
        }
        json_array_append_new(all, entry);
    }
    return all;
}

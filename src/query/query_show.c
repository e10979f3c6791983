/* SHOW … and DESCRIBE: what stands in the catalog. */
#include <string.h>

#include "catalog/table_export.h"
#include "query/query_internal.h"

typedef struct {
    TgQuery *query;
    const TgStatement *statement;
    const char *database;
    TgQueryResult *result;
} Show;

static void add(const Show *show, const char *text)
{
    tg_query_result_add_row(show->result, 1, &text);
}

/* Hive's pattern of SHOW: '*' is anything, '|' separates choices, letters without case. */
static gboolean matches(const char *pattern, const char *name)
{
    g_autofree char *lower = pattern == NULL ? NULL : g_ascii_strdown(pattern, -1);
    g_auto(GStrv) choices = lower == NULL ? NULL : g_strsplit(lower, "|", -1);

    if (choices == NULL) {
        return TRUE;
    }
    for (guint i = 0; choices[i] != NULL; i++) {
        /* '.*' of a regular expression means the same as '*' here. */
        g_auto(GStrv) parts = g_strsplit(choices[i], ".*", -1);
        g_autofree char *glob = g_strjoinv("*", parts);

        if (g_pattern_match_simple(glob, name)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean show_databases(const Show *show, GError **error)
{
    json_t *list = tg_catalog_list_databases(show->query->catalog, error);

    for (gsize i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(list, i), "Name"));

        if (matches(show->statement->pattern, name)) {
            add(show, name);
        }
    }
    json_decref(list);
    return list != NULL;
}

static gboolean show_tables(const Show *show, GError **error)
{
    gboolean views_only = show->statement->kind == TG_STATEMENT_SHOW_VIEWS;
    json_t *list = tg_catalog_list_tables(show->query->catalog, show->database, error);
    gboolean ok = list != NULL;

    for (gsize i = 0; i < json_array_size(list); i++) {
        const json_t *table = json_array_get(list, i);
        const char *type = json_string_value(json_object_get(table, "TableType"));
        gboolean is_view = g_strcmp0(type, "VIRTUAL_VIEW") == 0;

        if ((is_view || !views_only) && matches(show->statement->pattern, tg_table_name(table))) {
            add(show, tg_table_name(table));
        }
    }
    json_decref(list);
    return ok;
}

/* k=v/k2=v2 */
static gboolean show_partitions(const Show *show, const json_t *table, GError **error)
{
    json_t *list = NULL;

    if (json_array_size(tg_table_partition_keys(table)) == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "table %s.%s is not partitioned.",
                    show->database, show->statement->table);
        return FALSE;
    }
    list = tg_catalog_list_partitions(show->query->catalog, show->database, show->statement->table,
                                      error);
    gboolean ok = list != NULL;

    for (gsize i = 0; i < json_array_size(list); i++) {
        const json_t *values = json_object_get(json_array_get(list, i), "Values");
        g_autoptr(GString) text = g_string_new(NULL);

        for (gsize j = 0; j < json_array_size(values); j++) {
            const json_t *key = json_array_get(tg_table_partition_keys(table), j);

            g_string_append_printf(text, "%s%s=%s", j == 0 ? "" : "/",
                                   json_string_value(json_object_get(key, "Name")),
                                   json_string_value(json_array_get(values, j)));
        }
        add(show, text->str);
    }
    json_decref(list);
    return ok;
}

static const char *text_of(const json_t *column, const char *key)
{
    const char *text = json_string_value(json_object_get(column, key));

    return text == NULL ? "" : text;
}

static void show_columns(const Show *show, const json_t *table)
{
    const json_t *lists[] = {tg_table_columns(table), tg_table_partition_keys(table)};

    for (gsize l = 0; l < G_N_ELEMENTS(lists); l++) {
        for (gsize i = 0; i < json_array_size(lists[l]); i++) {
            add(show, text_of(json_array_get(lists[l], i), "Name"));
        }
    }
}

/* name, type, comment; partition keys again below a heading, as Hive does. */
static void describe(const Show *show, const json_t *table)
{
    const json_t *lists[] = {tg_table_columns(table), tg_table_partition_keys(table)};

    for (gsize l = 0; l < G_N_ELEMENTS(lists); l++) {
        for (gsize i = 0; i < json_array_size(lists[l]); i++) {
            const json_t *column = json_array_get(lists[l], i);
            const char *row[] = {text_of(column, "Name"), text_of(column, "Type"),
                                 l == 1 ? "Partition key" : text_of(column, "Comment")};

            tg_query_result_add_row(show->result, 3, row);
        }
    }
}

static void show_properties(const Show *show, const json_t *table)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach (json_object_get(table, "Parameters"), key, value) {
        if (show->statement->pattern == NULL || strcmp(show->statement->pattern, key) == 0) {
            const char *row[] = {key, json_string_value(value)};

            tg_query_result_add_row(show->result, 2, row);
        }
    }
}

/* A statement that makes the same table. */
static void show_create(const Show *show, const json_t *table)
{
    g_autofree char *sql = tg_table_to_sql(table);
    g_auto(GStrv) lines = g_strsplit(sql, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        add(show, lines[i]);
    }
}

static void add_columns(const Show *show)
{
    static const char *const names[] = {
        [TG_STATEMENT_SHOW_DATABASES] = "database_name",
        [TG_STATEMENT_SHOW_TABLES] = "tab_name",
        [TG_STATEMENT_SHOW_VIEWS] = "views",
        [TG_STATEMENT_SHOW_PARTITIONS] = "partition",
        [TG_STATEMENT_SHOW_COLUMNS] = "field",
        [TG_STATEMENT_SHOW_CREATE_TABLE] = "createtab_stmt",
        [TG_STATEMENT_SHOW_PROPERTIES] = "prpt_name",
        [TG_STATEMENT_DESCRIBE] = "col_name",
    };

    tg_query_result_add_column(show->result, names[show->statement->kind], "string");
    if (show->statement->kind == TG_STATEMENT_DESCRIBE) {
        tg_query_result_add_column(show->result, "data_type", "string");
        tg_query_result_add_column(show->result, "comment", "string");
    } else if (show->statement->kind == TG_STATEMENT_SHOW_PROPERTIES) {
        tg_query_result_add_column(show->result, "prpt_value", "string");
    }
}

static gboolean show_table(const Show *show, GError **error)
{
    json_t *table =
        tg_catalog_get_table(show->query->catalog, show->database, show->statement->table, error);
    gboolean ok = table != NULL;

    if (!ok) {
        return FALSE;
    }
    if (show->statement->kind == TG_STATEMENT_SHOW_PARTITIONS) {
        ok = show_partitions(show, table, error);
    } else if (show->statement->kind == TG_STATEMENT_SHOW_COLUMNS) {
        show_columns(show, table);
    } else if (show->statement->kind == TG_STATEMENT_SHOW_PROPERTIES) {
        show_properties(show, table);
    } else if (show->statement->kind == TG_STATEMENT_DESCRIBE) {
        describe(show, table);
    } else {
        show_create(show, table);
    }
    json_decref(table);
    return ok;
}

TgQueryResult *tg_query_show(TgQuery *query, const TgStatement *statement,
                             const TgQueryRequest *request, GError **error)
{
    g_autoptr(TgQueryResult) result = tg_query_result_new(TG_QUERY_UTILITY);
    Show show = {query, statement,
                 statement->database != NULL ? statement->database : request->database, result};
    gboolean ok = FALSE;

    add_columns(&show);
    if (statement->kind == TG_STATEMENT_SHOW_DATABASES) {
        ok = show_databases(&show, error);
    } else if (statement->table == NULL) {
        ok = show_tables(&show, error);
    } else {
        ok = show_table(&show, error);
    }
    return ok ? g_steal_pointer(&result) : NULL;
}

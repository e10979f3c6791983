/* INSERT INTO: the old objects and the new ones in a fresh prefix, one switch. */
#include <string.h>

#include "base/random.h"
#include "query/query_internal.h"

typedef struct {
    TgQuery *query;
    const TgStatement *statement;
    const char *database;
    json_t *table;
    GPtrArray *names; /* of the query's columns, by position; lent from statement or table */
} Insert;

static const char *text_of(const json_t *column, const char *key)
{
    return json_string_value(json_object_get(column, key));
}

static const json_t *find_in(const json_t *columns, const char *name)
{
    for (gsize i = 0; i < json_array_size(columns); i++) {
        if (strcmp(text_of(json_array_get(columns, i), "Name"), name) == 0) {
            return json_array_get(columns, i);
        }
    }
    return NULL;
}

/* A column of the table, or one of its keys. */
static const json_t *find_column(const Insert *insert, const char *name)
{
    const json_t *column = find_in(tg_table_columns(insert->table), name);

    return column != NULL ? column : find_in(tg_table_partition_keys(insert->table), name);
}

static void name_columns(Insert *insert)
{
    const json_t *lists[] = {tg_table_columns(insert->table),
                             tg_table_partition_keys(insert->table)};

    insert->names = g_ptr_array_new();
    if (insert->statement->column_names != NULL) {
        for (guint i = 0; i < insert->statement->column_names->len; i++) {
            g_ptr_array_add(insert->names, insert->statement->column_names->pdata[i]);
        }
        return;
    }
    for (gsize l = 0; l < G_N_ELEMENTS(lists); l++) {
        for (gsize i = 0; i < json_array_size(lists[l]); i++) {
            g_ptr_array_add(insert->names, (gpointer)text_of(json_array_get(lists[l], i), "Name"));
        }
    }
}

/* Number, names and types of the columns; a type must turn into the table's by itself. */
static gboolean check_columns(const Insert *insert, const TgEnginePlan *plan, GError **error)
{
    g_autoptr(TgSqlArena) arena = tg_sql_arena_new();

    if (tg_engine_plan_column_count(plan) != insert->names->len) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "INSERT INTO %s: the query gives %u columns, but %u are to be filled",
                    insert->statement->table, tg_engine_plan_column_count(plan),
                    insert->names->len);
        return FALSE;
    }
    for (guint i = 0; i < insert->names->len; i++) {
        const json_t *column = find_column(insert, insert->names->pdata[i]);
        const char *given = tg_engine_plan_column(plan, i)->athena_type;

        if (column == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "INSERT INTO %s: there is no column '%s'",
                        insert->statement->table, (const char *)insert->names->pdata[i]);
            return FALSE;
        }
        if (strcmp(given, "unknown") == 0) {
            continue;
        }
        const TgSqlType *to = tg_sql_type_parse(arena, text_of(column, "Type"), error);
        const TgSqlType *from = to == NULL ? NULL : tg_sql_type_parse(arena, given, error);
        const TgSqlType *common = from == NULL ? NULL : tg_sql_type_common(arena, to, from);

        if (from == NULL) {
            return FALSE;
        }
        if (common == NULL || !tg_sql_type_equal(common, to)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "INSERT INTO %s: column '%s' is %s, but the query gives %s; cast it",
                        insert->statement->table, (const char *)insert->names->pdata[i],
                        tg_sql_type_trino(arena, to), given);
            return FALSE;
        }
    }
    return TRUE;
}

static json_t *commit(const Insert *insert, TgPublish *publish, gint64 rows, GError **error)
{
    g_autofree char *query_id = tg_random_uuid();
    TgPublishFacts facts = {.rows = rows, .query_id = query_id};
    const json_t *keys = tg_table_partition_keys(insert->table);
    g_autoptr(GPtrArray) objects = tg_publish_list(publish, error);
    json_t *partitions = NULL;
    json_t *receipt = NULL;

    if (objects == NULL) {
        return NULL;
    }
    if (json_array_size(keys) > 0) {
        partitions = tg_partition_files_list(keys, tg_publish_prefix(publish), objects);
    }
    receipt = tg_publish_commit_table(publish, insert->table, partitions, &facts, error);
    json_decref(partitions);
    return receipt;
}

static gboolean stage_and_commit(const Insert *insert, TgEnginePlan *plan,
                                 const TgQueryRequest *request, json_t **out_receipt,
                                 GError **error)
{
    TgPublishTarget target = {.database = insert->database,
                              .table = insert->statement->table,
                              .task_name = request->task_name,
                              .now_ms = request->now_ms};
    g_autoptr(TgPublish) publish =
        tg_publish_begin(insert->query->catalog, insert->query->objects, &target, error);
    const json_t *serde =
        json_object_get(json_object_get(insert->table, "StorageDescriptor"), "SerdeInfo");
    const char *compression = tg_table_parameter(insert->table, "parquet.compression");
    g_autofree char *lower = g_ascii_strdown(compression == NULL ? "snappy" : compression, -1);
    TgQueryWrite write = {.query = insert->query,
                          .plan = plan,
                          .format = tg_table_format(insert->table),
                          .compression = lower,
                          .delimiter = text_of(json_object_get(serde, "Parameters"), "field.delim"),
                          .columns = tg_table_columns(insert->table),
                          .keys = tg_table_partition_keys(insert->table),
                          .names = (const char *const *)insert->names->pdata,
                          .table = insert->table,
                          .database = insert->database};
    gint64 rows = 0;

    if (write.format == TG_FORMAT_OTHER) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "INSERT INTO %s: the local engine does not write this table's format",
                    insert->statement->table);
        return FALSE;
    }
    if (publish == NULL ||
        !tg_partition_files_keep(insert->query->catalog, insert->query->objects, insert->table,
                                 tg_publish_prefix(publish), error) ||
        !tg_query_write(&write, publish, &rows, error)) {
        return FALSE;
    }
    *out_receipt = commit(insert, publish, rows, error);
    return *out_receipt != NULL;
}

gboolean tg_query_insert(TgQuery *query, TgStatement *statement, const TgQueryRequest *request,
                         json_t **out_receipt, GError **error)
{
    Insert insert = {.query = query,
                     .statement = statement,
                     .database =
                         statement->database != NULL ? statement->database : request->database};
    TgEngineRequest engine = {.statement = statement,
                              .source_name = request->source_name,
                              .database = request->database,
                              .is_cancelled = request->is_cancelled,
                              .now_ms = request->now_ms};
    g_autoptr(TgEnginePlan) plan = NULL;
    gboolean ok = FALSE;

    insert.table = tg_catalog_get_table(query->catalog, insert.database, statement->table, error);
    if (insert.table == NULL) {
        return FALSE;
    }
    name_columns(&insert);
    plan = tg_engine_plan(query->engine, &engine, error);
    ok = plan != NULL && check_columns(&insert, plan, error) &&
         stage_and_commit(&insert, plan, request, out_receipt, error);
    g_ptr_array_unref(insert.names);
    json_decref(insert.table);
    return ok;
}

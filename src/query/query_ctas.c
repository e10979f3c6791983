/* CREATE TABLE AS: stage, test, one switch. */
#include <string.h>

#include "base/random.h"
#include "params/params.h"
#include "query/query_internal.h"

typedef enum { MODE_DEFAULT, MODE_EMPTY, MODE_DATA_ONLY } TableMode;

typedef struct {
    TgQuery *query;
    const TgCtasRequest *request;
    const char *database;
    TgTableFormat format;
    TableMode mode;
    gboolean is_ignore;
    gboolean is_overwrite;
    char *query_id;
    TgEnginePlan *plan;
    json_t *table; /* the new description */
} Ctas;

static void ctas_clear(Ctas *ctas)
{
    tg_engine_plan_free(ctas->plan);
    json_decref(ctas->table);
    g_free(ctas->query_id);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ctas, ctas_clear)

static gboolean read_modes(Ctas *ctas, GError **error)
{
    static const char *const table_modes[] = {"default", "empty", "data_only", NULL};
    static const char *const save_modes[] = {"overwrite", "none", "error_if_exists", "ignore",
                                             NULL};
    const char *table_mode = ctas->request->table_mode;
    const char *save_mode = ctas->request->save_mode;
    guint i = 0;

    table_mode = table_mode == NULL ? "default" : table_mode;
    save_mode = save_mode == NULL ? "overwrite" : save_mode;
    while (table_modes[i] != NULL && strcmp(table_modes[i], table_mode) != 0) {
        i++;
    }
    if (table_modes[i] == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "table_mode '%s' is unsupported; it may be default, empty or data_only",
                    table_mode);
        return FALSE;
    }
    if (!g_strv_contains(save_modes, save_mode)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "save_mode '%s' is unsupported; it may be overwrite, none, error_if_exists or "
                    "ignore",
                    save_mode);
        return FALSE;
    }
    ctas->mode = (TableMode)i;
    ctas->is_ignore = strcmp(save_mode, "ignore") == 0;
    ctas->is_overwrite = strcmp(save_mode, "overwrite") == 0;
    return tg_query_parse_format(ctas->request->format, &ctas->format, error);
}

/* Whether what would be written is there already. */
static gboolean find_present(const Ctas *ctas, gboolean *out_exists, GError **error)
{
    g_autoptr(GError) local = NULL;
    json_t *table =
        tg_catalog_get_table(ctas->query->catalog, ctas->database, ctas->request->table, &local);

    *out_exists = table != NULL;
    json_decref(table);
    if (!*out_exists && !g_error_matches(local, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (ctas->mode == MODE_DATA_ONLY && ctas->request->location != NULL) {
        g_autoptr(GPtrArray) objects =
            tg_object_list(ctas->query->objects, ctas->request->location, error);

        *out_exists = objects != NULL && objects->len > 0;
        return objects != NULL;
    }
    return TRUE;
}

/* ---- the description ------------------------------------------------------------------------ */

static const char *column_name(const json_t *columns, gsize index)
{
    return json_string_value(json_object_get(json_array_get(columns, index), "Name"));
}

/* Keys come last in the SELECT, in their order, as Athena wants it. */
static gboolean check_keys(const Ctas *ctas, const json_t *columns, GError **error)
{
    const json_t *keys = ctas->request->partitioned_by;
    gsize count = json_array_size(keys);
    gsize all = json_array_size(columns);

    for (gsize i = 0; i < count; i++) {
        const char *key = json_string_value(json_array_get(keys, i));
        const char *found = i + all < count ? NULL : column_name(columns, all - count + i);

        if (key == NULL || found == NULL || g_ascii_strcasecmp(key, found) != 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "partitioned_by: the last columns of the SELECT must be the partition keys "
                        "in their order; expected '%s', found '%s'",
                        key == NULL ? "?" : key, found == NULL ? "nothing" : found);
            return FALSE;
        }
    }
    if (count > 0 && count == all) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "partitioned_by: a table needs columns beside its partition keys");
        return FALSE;
    }
    return TRUE;
}

static void describe(Ctas *ctas, const json_t *columns)
{
    const TgCtasRequest *request = ctas->request;
    gsize keys = json_array_size(request->partitioned_by);
    const char *compression = request->compression;

    ctas->table = tg_table_new(ctas->database, request->table, ctas->format, NULL,
                               compression == NULL ? "snappy" : compression);
    for (gsize i = 0; i < json_array_size(columns); i++) {
        const char *type = json_string_value(json_object_get(json_array_get(columns, i), "Type"));

        if (i + keys < json_array_size(columns)) {
            tg_table_add_column(ctas->table, column_name(columns, i), type, NULL);
        } else {
            tg_table_add_partition_key(ctas->table, column_name(columns, i), type);
        }
    }
    if (ctas->format == TG_FORMAT_CSV) {
        json_t *serde =
            json_object_get(json_object_get(ctas->table, "StorageDescriptor"), "SerdeInfo");

        json_object_set_new(
            json_object_get(serde, "Parameters"), "field.delim",
            json_string(request->field_delimiter == NULL ? "\x01" : request->field_delimiter));
    }
}

static gboolean plan(Ctas *ctas, TgStatement *statement, GError **error)
{
    const TgCtasRequest *request = ctas->request;
    TgEngineRequest engine = {.sql = request->sql,
                              .statement = statement,
                              .source_name = request->source_name,
                              .database = ctas->database,
                              .is_cancelled = request->is_cancelled,
                              .now_ms = request->now_ms};
    json_t *columns = NULL;
    gboolean ok = FALSE;

    ctas->plan = tg_engine_plan(ctas->query->engine, &engine, error);
    columns = ctas->plan == NULL ? NULL : tg_engine_plan_hive_columns(ctas->plan, error);
    ok = columns != NULL && check_keys(ctas, columns, error);
    if (ok) {
        describe(ctas, columns);
    }
    json_decref(columns);
    return ok;
}

/* ---- the switch ----------------------------------------------------------------------------- */

/* data_only: the objects move below the location; old ones there go last. */
static json_t *place_data(const Ctas *ctas, TgPublish *publish, gint64 rows, GError **error)
{
    TgObjectStore *objects = ctas->query->objects;
    const char *location = ctas->request->location;
    const char *prefix = tg_publish_prefix(publish);
    g_autoptr(GPtrArray) staged = tg_publish_list(publish, error);
    g_autoptr(GPtrArray) old = staged == NULL ? NULL : tg_object_list(objects, location, error);
    json_t *list = NULL;

    if (old == NULL) {
        return NULL;
    }
    list = json_array();
    for (guint i = 0; i < staged->len; i++) {
        const TgObjectInfo *object = staged->pdata[i];
        g_autofree char *to = g_strconcat(location, object->url + strlen(prefix), NULL);

        if (!tg_object_copy(objects, object->url, to, error)) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:s}", "url", to, "size",
                                        (json_int_t)object->size_bytes, "etag", object->etag));
    }
    for (guint i = 0; i < old->len; i++) {
        const TgObjectInfo *object = old->pdata[i];

        if (!tg_object_remove(objects, object->url, error)) {
            json_decref(list);
            return NULL;
        }
    }
    return json_pack("{s:s, s:I, s:o}", "query_id", ctas->query_id, "rows", (json_int_t)rows,
                     "objects", list);
}

/* The partitions that lie below the location, each with its own. */
static gboolean create_partitions(const Ctas *ctas, GError **error)
{
    const char *location = ctas->request->location;
    g_autoptr(GPtrArray) objects = tg_object_list(ctas->query->objects, location, error);
    json_t *list = objects == NULL ? NULL
                                   : tg_partition_files_list(tg_table_partition_keys(ctas->table),
                                                             location, objects);
    json_t *partition = NULL;
    gboolean ok = list != NULL;
    gsize i = 0;

    json_array_foreach (list, i, partition) {
        const json_t *texts = json_object_get(partition, "Values");
        g_autoptr(GPtrArray) values = g_ptr_array_new();

        for (gsize j = 0; j < json_array_size(texts); j++) {
            g_ptr_array_add(values, (gpointer)json_string_value(json_array_get(texts, j)));
        }
        g_ptr_array_add(values, NULL);
        g_autofree char *path =
            tg_table_partition_path(ctas->table, (TgPartitionValues)values->pdata);
        g_autofree char *below = g_strconcat(location, path, NULL);

        json_object_set_new(partition, "StorageDescriptor", json_pack("{s:s}", "Location", below));
    }
    ok = ok && tg_catalog_create_partitions(ctas->query->catalog, ctas->database,
                                            ctas->request->table, list, TRUE, error);
    json_decref(list);
    return ok;
}

/* Athena's own way: the objects lie at the location, and the table is made over them. */
static json_t *commit_in_place(const Ctas *ctas, TgPublish *publish, gint64 rows, GError **error)
{
    TgCatalog *catalog = ctas->query->catalog;
    json_t *storage = json_object_get(ctas->table, "StorageDescriptor");
    json_t *receipt = place_data(ctas, publish, rows, error);
    gboolean ok = receipt != NULL;

    json_object_set_new(storage, "Location", json_string(ctas->request->location));
    ok = ok && tg_catalog_ensure_database(catalog, ctas->database, error) &&
         tg_catalog_create_table(catalog, ctas->database, ctas->table, error) &&
         (json_array_size(tg_table_partition_keys(ctas->table)) == 0 ||
          create_partitions(ctas, error));
    if (!ok) {
        g_clear_pointer(&receipt, json_decref);
    }
    return receipt;
}

static json_t *commit(const Ctas *ctas, TgPublish *publish, gint64 rows, const json_t *tests,
                      GError **error)
{
    TgPublishFacts facts = {.rows = rows, .query_id = ctas->query_id, .tests = tests};
    const json_t *keys = tg_table_partition_keys(ctas->table);
    json_t *partitions = NULL;
    json_t *receipt = NULL;

    if (ctas->mode == MODE_DATA_ONLY) {
        return place_data(ctas, publish, rows, error);
    }
    if (ctas->request->is_in_place) {
        return commit_in_place(ctas, publish, rows, error);
    }
    if (json_array_size(keys) > 0) {
        g_autoptr(GPtrArray) objects = tg_publish_list(publish, error);

        if (objects == NULL) {
            return NULL;
        }
        partitions = tg_partition_files_list(keys, tg_publish_prefix(publish), objects);
    }
    receipt = tg_publish_commit_table(publish, ctas->table, partitions, &facts, error);
    json_decref(partitions);
    return receipt;
}

static gboolean stage_and_commit(Ctas *ctas, json_t **out_receipt, GError **error)
{
    const TgCtasRequest *request = ctas->request;
    TgPublishTarget target = {.database = ctas->database,
                              .table = request->table,
                              .location = request->location,
                              .task_name = request->task_name,
                              .now_ms = request->now_ms};
    g_autoptr(TgPublish) publish =
        tg_publish_begin(ctas->query->catalog, ctas->query->objects, &target, error);
    TgQueryWrite write = {.query = ctas->query,
                          .plan = ctas->plan,
                          .format = ctas->format,
                          .compression = request->compression,
                          .delimiter = request->field_delimiter,
                          .columns = tg_table_columns(ctas->table),
                          .keys = tg_table_partition_keys(ctas->table),
                          .table = ctas->format == TG_FORMAT_PARQUET ? NULL : ctas->table,
                          .tests = request->tests,
                          .database = ctas->database};
    json_t *tests = NULL;
    gint64 rows = 0;

    if (publish == NULL) {
        return FALSE;
    }
    if (ctas->mode != MODE_EMPTY && (!tg_query_write(&write, publish, &rows, error) ||
                                     !tg_query_test(&write, publish, &tests, error))) {
        return FALSE;
    }
    *out_receipt = commit(ctas, publish, rows, tests, error);
    json_decref(tests);
    return *out_receipt != NULL;
}

/* In place: a location that holds nothing, written with its '/'. */
static gboolean check_place(const Ctas *ctas, GError **error)
{
    const char *location = ctas->request->location;
    g_autoptr(GPtrArray) objects =
        location == NULL ? NULL : tg_object_list(ctas->query->objects, location, error);

    if (location == NULL || !g_str_has_suffix(location, "/")) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "a table in place needs a location with '/'");
        return FALSE;
    }
    if (objects != NULL && objects->len > 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "HIVE_PATH_ALREADY_EXISTS: Target directory for table '%s.%s' already exists: "
                    "%s. You may need to manually clean the data at location '%s' before retrying",
                    ctas->database, ctas->request->table, location, location);
        return FALSE;
    }
    return objects != NULL;
}

gboolean tg_query_ctas_statement(TgQuery *query, const TgCtasRequest *request,
                                 TgStatement *statement, json_t **out_receipt, GError **error)
{
    g_auto(Ctas) ctas = {.query = query,
                         .request = request,
                         .database = request->database == NULL ? "default" : request->database,
                         .query_id = tg_random_uuid()};
    gboolean exists = FALSE;

    if (!read_modes(&ctas, error) || !find_present(&ctas, &exists, error)) {
        return FALSE;
    }
    if (ctas.mode == MODE_DATA_ONLY && request->location == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "table_mode: data_only needs a location");
        return FALSE;
    }
    if (exists && ctas.is_ignore) {
        *out_receipt = json_pack("{s:b, s:s, s:s}", "skipped", 1, "database", ctas.database,
                                 "table", request->table);
        return TRUE;
    }
    if (exists && !ctas.is_overwrite) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "'%s.%s' already exists; drop it first, or use save_mode: overwrite",
                    ctas.database, request->table);
        return FALSE;
    }
    if (request->is_in_place && !check_place(&ctas, error)) {
        return FALSE;
    }
    return plan(&ctas, statement, error) && stage_and_commit(&ctas, out_receipt, error);
}

gboolean tg_query_ctas(TgQuery *query, const TgCtasRequest *request, json_t **out_receipt,
                       GError **error)
{
    return tg_query_ctas_statement(query, request, NULL, out_receipt, error);
}

/* How written objects become a table: in one switch, or directly as Embulk does. */
#include <string.h>

#include "catalog/partition_files.h"
#include "catalog/table.h"
#include "loader/output/s3_parquet.h"
#include "params/params.h"

#define POSITIONS "tegaru_positions" /* a parameter of the table, so a roll-back moves it, too */

static gboolean is_partition_key(const S3Parquet *self, const char *name)
{
    return self->options.partition_by != NULL &&
           g_strv_contains((const char *const *)self->options.partition_by, name);
}

/* Glue's table: keys in the order of partition_by, the other columns in theirs. */
static json_t *table_new(const S3Parquet *self, const char *location)
{
    const TgSchema *schema = s3_parquet_plan_schema(self->plan);
    g_autofree char *compression = g_ascii_strup(self->options.compression, -1);
    json_t *table = tg_table_new(self->options.database, self->options.table, TG_FORMAT_PARQUET,
                                 location, compression);

    for (guint i = 0; i < schema->count; i++) {
        if (!is_partition_key(self, schema->columns[i].name)) {
            tg_table_add_column(table, schema->columns[i].name,
                                s3_parquet_plan_hive_type(self->plan, i), NULL);
        }
    }
    for (char **key = self->options.partition_by; key != NULL && *key != NULL; key++) {
        guint column = (guint)tg_schema_find(schema, *key);

        tg_table_add_partition_key(table, *key, s3_parquet_plan_hive_type(self->plan, column));
    }
    return table;
}

/* What the table's parameter says; {} without one. A new reference. */
static json_t *positions_of(const json_t *table, GError **error)
{
    const char *text = table == NULL ? NULL : tg_table_parameter(table, POSITIONS);
    json_t *positions = text == NULL ? json_object() : json_loads(text, 0, NULL);

    if (positions == NULL) { /* to begin anew would load all rows twice */
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "the parameter '" POSITIONS "' of the table %s.%s is no JSON; remove it, and "
                    "write 'last_record' into 'in' to go on from there",
                    tg_table_database(table), tg_table_name(table));
    }
    return positions;
}

json_t *s3_parquet_positions(TgLoaderContext *context, const json_t *config, GError **error)
{
    const json_t *catalog = json_object_get(config, "catalog");
    const char *database = json_string_value(json_object_get(catalog, "database"));
    const char *table = json_string_value(json_object_get(catalog, "table"));
    const char *operation = json_string_value(json_object_get(catalog, "operation_if_exists"));
    TgCatalog *from = NULL;
    g_autoptr(TgCatalog) own = NULL;
    g_autoptr(json_t) present = NULL;
    GError *problem = NULL;

    if (json_is_object(catalog) && !s3_parquet_open_catalog(context, config, &from, &own, error)) {
        return NULL;
    }

    /* mistakes in these options are told when the output is opened */
    if (from != NULL && database != NULL && table != NULL &&
        (g_strcmp0(operation, "append") == 0 || g_strcmp0(operation, "merge") == 0)) {
        present = tg_catalog_get_table(from, database, table, &problem);
    }
    if (problem != NULL && !g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return NULL;
    }
    g_clear_error(&problem);
    return positions_of(present, error);
}

/* Rows that were appended before stay, and so does where their sources are. */
static void keep_positions(const S3Parquet *self, json_t *table, const json_t *receipt)
{
    g_autoptr(json_t) positions = positions_of(self->present, NULL);
    const json_t *now = json_object_get(receipt, "positions");

    if (!s3_parquet_keeps_rows(self->options.operation) || positions == NULL) {
        return;
    }
    if (now != NULL) {
        json_object_update(positions, (json_t *)now);
    }
    if (json_object_size(positions) > 0) {
        g_autofree char *text = tg_params_to_json(positions);

        json_object_set_new(json_object_get(table, "Parameters"), POSITIONS, json_string(text));
    }
}

/* The type of a column in a list of {"Name", "Type"}; NULL: it is not there. Lent. */
static const char *type_of(const json_t *columns, const char *name)
{
    json_t *column = NULL;
    size_t index = 0;

    json_array_foreach (columns, index, column) {
        if (g_ascii_strcasecmp(json_string_value(json_object_get(column, "Name")), name) == 0) {
            return json_string_value(json_object_get(column, "Type"));
        }
    }
    return NULL;
}

/* Every column of the present table must come with its type; others may be new. */
static gboolean check_added(const json_t *present, const json_t *columns, GError **error)
{
    json_t *column = NULL;
    size_t index = 0;

    json_array_foreach (tg_table_columns(present), index, column) {
        const char *name = json_string_value(json_object_get(column, "Name"));
        const char *type = json_string_value(json_object_get(column, "Type"));
        const char *now = type_of(columns, name);

        if (now == NULL || strcmp(now, type) != 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "column '%s' of %s.%s is %s, but the load %s%s; nothing was published; "
                        "%s",
                        name, tg_table_database(present), tg_table_name(present), type,
                        now == NULL ? "does not have it" : "gives ", now == NULL ? "" : now,
                        "convert it with a filter, or write 'schema_change: evolve' to replace "
                        "the table's columns");
            return FALSE;
        }
    }
    return TRUE;
}

/* How the keys of both differ matters to an append: its partitions would not fit. */
static gboolean check_keys(const json_t *present, const json_t *table, GError **error)
{
    if (json_equal((json_t *)tg_table_partition_keys(present),
                   (json_t *)tg_table_partition_keys(table)) == 1) {
        return TRUE;
    }
    g_set_error(
        error, TG_ERROR, TG_ERROR_CONFIG,
        "%s.%s has other partition keys than 'partition_by' says; an append or a merge keeps them",
        tg_table_database(present), tg_table_name(present));
    return FALSE;
}

static gboolean check_change(const S3Parquet *self, const json_t *present, const json_t *table,
                             GError **error)
{
    gboolean appends = s3_parquet_keeps_rows(self->options.operation);

    if (self->options.operation == S3_PARQUET_MERGE &&
        !s3_parquet_merge_check(&self->options, present, error)) {
        return FALSE;
    }
    if (appends && !check_keys(present, table, error)) {
        return FALSE;
    }
    switch (self->options.schema_change) {
    case S3_PARQUET_CHANGE_FAIL:
        return tg_table_compare_columns(present, tg_table_columns(table), "the load", error);
    case S3_PARQUET_CHANGE_ADD:
        return check_added(present, tg_table_columns(table), error);
    case S3_PARQUET_CHANGE_EVOLVE:
    default:
        /* objects that stay cannot change their types */
        return !appends || check_added(present, tg_table_columns(table), error);
    }
}

gboolean s3_parquet_publish_begin(S3Parquet *self, GError **error)
{
    const TgLoaderJob *job = tg_loader_context_job(self->context);
    const S3ParquetOptions *options = &self->options;
    g_autofree char *folder = s3_parquet_folder(options);
    g_autoptr(json_t) table = table_new(self, NULL);
    g_autoptr(GError) problem = NULL;

    if (self->catalog == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "there is no catalog to register in here");
        return FALSE;
    }
    self->present =
        tg_catalog_get_table(self->catalog, options->database, options->table, &problem);
    if (self->present == NULL && !g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (self->present != NULL && options->operation == S3_PARQUET_SKIP) {
        self->options.has_catalog = FALSE; /* the table stays as it is, objects are written */
        if (options->bucket == NULL) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "'bucket' is missing: the table exists, so 'operation_if_exists: skip' "
                        "writes objects alone");
            return FALSE;
        }
        return TRUE;
    }
    if (self->present != NULL && !check_change(self, self->present, table, error)) {
        return FALSE;
    }
    if (options->is_direct) {
        return tg_catalog_ensure_database(self->catalog, options->database, error);
    }
    TgPublishTarget target = {.database = options->database,
                              .table = options->table,
                              .location = folder,
                              .task_name = job->task_name,
                              .now_ms = job->now_ms};

    self->publish = tg_publish_begin(self->catalog, self->objects, &target, error);
    return self->publish != NULL;
}

/* Whether another load has moved on in our source since this one read where to go on: its rows are
 * ours, too. */
static gboolean check_positions(const json_t *now, const json_t *receipt, GError **error)
{
    g_autoptr(json_t) positions = positions_of(now, error);
    const char *source = NULL;
    json_t *read = NULL;

    json_object_foreach (json_object_get(receipt, "positions_read"), source, read) {
        const json_t *present = json_object_get(positions, source);

        if (positions != NULL && !json_equal(present == NULL ? json_null() : present, read)) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "another load published rows of the same source in the meantime; nothing "
                        "was published, run again to go on behind them");
            return FALSE;
        }
    }
    return positions != NULL;
}

gboolean s3_parquet_publish_build(S3Parquet *self, const json_t *receipt, GError **error)
{
    const S3ParquetOptions *options = &self->options;
    g_autoptr(json_t) table = table_new(self, NULL);
    g_autoptr(json_t) now = NULL;
    g_autoptr(GError) problem = NULL;

    if (!tg_publish_build_on_present(self->publish, error)) {
        return FALSE;
    }
    now = tg_catalog_get_table(self->catalog, options->database, options->table, &problem);
    if (now == NULL && !g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (!check_positions(now, receipt, error) ||
        (now != NULL && !check_change(self, now, table, error))) {
        return FALSE;
    }
    json_decref(self->present);
    self->present = g_steal_pointer(&now);
    return options->operation != S3_PARQUET_APPEND || self->present == NULL ||
           tg_partition_files_keep(self->catalog, self->objects, self->present,
                                   tg_publish_prefix(self->publish), error);
}

/* What was taken over goes; an append keeps its own objects, a merge makes all of them again. */
gboolean s3_parquet_publish_undo_build(S3Parquet *self, GError **error)
{
    g_autoptr(GPtrArray) objects = tg_publish_list(self->publish, error);

    for (guint i = 0; objects != NULL && i < objects->len; i++) {
        const TgObjectInfo *object = g_ptr_array_index(objects, i);
        const char *name = strrchr(object->url, '/') + 1;

        if ((self->options.operation == S3_PARQUET_MERGE ||
             g_str_has_prefix(name, TG_PARTITION_FILES_KEPT)) &&
            !tg_object_remove(self->objects, object->url, error)) {
            return FALSE;
        }
    }
    return objects != NULL;
}

static gboolean run_tests(const S3Parquet *self, const json_t *table, GPtrArray *infos,
                          json_t **out_results, GError **error)
{
    const TgLoaderServices *services = tg_loader_context_job(self->context)->services;

    if (self->options.tests == NULL) {
        return TRUE;
    }
    if (services->run_tests == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "'tests' cannot be run by this command; nothing was published");
        return FALSE;
    }
    TgLoaderStaged staged = {.columns = tg_table_columns(table),
                             .partition_keys = tg_table_partition_keys(table),
                             .prefix = tg_publish_prefix(self->publish),
                             .objects = infos};

    return services->run_tests(services->data, self->options.tests, &staged, out_results, error);
}

static json_t *publish_atomic(S3Parquet *self, json_t *receipt, GError **error)
{
    g_autoptr(json_t) results = NULL;
    g_autoptr(json_t) table = table_new(self, NULL);
    g_autoptr(json_t) partitions = NULL;
    g_autoptr(GPtrArray) objects = tg_publish_list(self->publish, error);

    keep_positions(self, table, receipt);
    if (objects == NULL || !run_tests(self, table, objects, &results, error)) {
        return NULL;
    }
    if (self->options.partition_by != NULL) {
        partitions = tg_partition_files_list(tg_table_partition_keys(table),
                                             tg_publish_prefix(self->publish), objects);
    }
    if (results != NULL) {
        json_object_set(receipt, "tests", results);
    }
    TgPublishFacts facts = {.rows =
                                self->options.operation == S3_PARQUET_MERGE
                                    ? -1 /* what the table has now was not counted */
                                    : json_integer_value(json_object_get(receipt, "rows_written")),
                            .tests = results};

    return tg_publish_commit_table(self->publish, table, partitions, &facts, error);
}

/* Partitions with their locations, from where the objects are. */
static json_t *direct_partitions(const json_t *table, const char *folder, const GPtrArray *infos)
{
    json_t *list = tg_partition_files_list(tg_table_partition_keys(table), folder, infos);
    json_t *partition = NULL;
    size_t index = 0;

    json_array_foreach (list, index, partition) {
        const json_t *values = json_object_get(partition, "Values");
        g_autoptr(GPtrArray) texts = g_ptr_array_new();

        for (gsize i = 0; i < json_array_size(values); i++) {
            g_ptr_array_add(texts, (gpointer)json_string_value(json_array_get(values, i)));
        }
        g_ptr_array_add(texts, NULL);
        g_autofree char *path = tg_table_partition_path(table, (TgPartitionValues)texts->pdata);
        g_autofree char *location = g_strconcat(folder, path, NULL);

        json_object_set_new(partition, "StorageDescriptor",
                            json_pack("{s:s}", "Location", location));
    }
    return list;
}

/* As Embulk: the objects are where they stay; then the table is dropped and made anew. */
static json_t *publish_direct(S3Parquet *self, const GPtrArray *infos, const json_t *receipt,
                              GError **error)
{
    const S3ParquetOptions *options = &self->options;
    g_autofree char *folder = s3_parquet_folder(options);
    g_autoptr(json_t) table = table_new(self, folder);
    g_autoptr(json_t) partitions = NULL;
    gboolean appends = self->present != NULL && options->operation == S3_PARQUET_APPEND;
    gboolean ok = TRUE;

    keep_positions(self, table, receipt);
    if (appends) {
        ok = tg_catalog_update_table(self->catalog, options->database, table, error);
    } else {
        ok = (self->present == NULL ||
              tg_catalog_drop_table(self->catalog, options->database, options->table, error)) &&
             tg_catalog_create_table(self->catalog, options->database, table, error);
    }
    if (ok && options->partition_by != NULL) {
        partitions = direct_partitions(table, folder, infos);
        ok = tg_catalog_create_partitions(self->catalog, options->database, options->table,
                                          partitions, TRUE, error);
    }
    return ok ? json_pack("{s:s, s:s, s:s}", "database", options->database, "table", options->table,
                          "location", folder)
              : NULL;
}

gboolean s3_parquet_publish_commit(S3Parquet *self, const GPtrArray *infos, json_t *receipt,
                                   GError **error)
{
    json_t *published = self->options.is_direct ? publish_direct(self, infos, receipt, error)
                                                : publish_atomic(self, receipt, error);

    if (published == NULL) {
        return FALSE;
    }
    json_object_set_new(receipt, "table", published);
    return TRUE;
}

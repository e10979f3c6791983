/* A catalog in AWS's Glue, or a server that speaks like it. */
#include "aws/glue.h"
#include "catalog/catalog_class.h"
#include "catalog/table.h"
#include "params/params.h"

typedef struct {
    TgCatalog base;
    TgGlue *glue;
} GlueCatalog;

static TgGlue *glue_of(TgCatalog *catalog)
{
    return ((GlueCatalog *)catalog)->glue;
}

/* Glue says "Entity Not Found"; the user is told of what, and of a likely name, as far as lists may
 * be read. */
static gboolean is_missing(const GError *problem)
{
    return g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND);
}

static json_t *glue_get_database(TgCatalog *catalog, const char *database, GError **error)
{
    g_autofree char *name = tg_catalog_fold_name(database);
    GError *problem = NULL;
    json_t *found = tg_glue_get_database(glue_of(catalog), name, &problem);

    if (is_missing(problem)) {
        g_clear_error(&problem);
        tg_catalog_fail_not_found(error, "database", name,
                                  tg_glue_list_databases(glue_of(catalog), NULL));
    } else if (problem != NULL) {
        g_propagate_error(error, problem);
    }
    return found;
}

static json_t *glue_get_table(TgCatalog *catalog, const char *database, const char *table,
                              GError **error)
{
    g_autofree char *db = tg_catalog_fold_name(database);
    g_autofree char *name = tg_catalog_fold_name(table);
    GError *problem = NULL;
    json_t *found = tg_glue_get_table(glue_of(catalog), db, name, &problem);

    if (is_missing(problem)) {
        g_autofree char *both = g_strdup_printf("%s.%s", db, name);
        g_autoptr(json_t) parent = NULL;

        g_clear_error(&problem);
        parent = glue_get_database(catalog, db, error);
        if (parent != NULL) {
            tg_catalog_fail_not_found(error, "table", both,
                                      tg_glue_list_tables(glue_of(catalog), db, NULL, NULL));
        }
    } else if (problem != NULL) {
        g_propagate_error(error, problem);
    }
    return found;
}

static json_t *values_array(TgPartitionValues values)
{
    json_t *array = json_array();

    for (guint i = 0; values[i] != NULL; i++) {
        json_array_append_new(array, json_string(values[i]));
    }
    return array;
}

/* A missing partition is told with its path, a missing table as such. */
static void explain_missing_partition(TgCatalog *catalog, const char *database, const char *table,
                                      TgPartitionValues values, GError **error)
{
    g_autoptr(json_t) parent = glue_get_table(catalog, database, table, error);
    g_autofree char *path = parent == NULL ? NULL : tg_table_partition_path(parent, values);

    if (path != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "table %s.%s has no partition %s",
                    database, table, path);
    }
}

static json_t *glue_get_partition(TgCatalog *catalog, const char *database, const char *table,
                                  TgPartitionValues values, GError **error)
{
    g_autofree char *db = tg_catalog_fold_name(database);
    g_autofree char *name = tg_catalog_fold_name(table);
    g_autoptr(json_t) array = values_array(values);
    GError *problem = NULL;
    json_t *found = tg_glue_get_partition(glue_of(catalog), db, name, array, &problem);

    if (is_missing(problem)) {
        g_clear_error(&problem);
        explain_missing_partition(catalog, db, name, values, error);
    } else if (problem != NULL) {
        g_propagate_error(error, problem);
    }
    return found;
}

static json_t *glue_list_databases(TgCatalog *catalog, GError **error)
{
    return tg_glue_list_databases(glue_of(catalog), error);
}

static json_t *glue_list_tables(TgCatalog *catalog, const char *database, GError **error)
{
    g_autoptr(json_t) parent = glue_get_database(catalog, database, error);

    return parent == NULL
               ? NULL
               : tg_glue_list_tables(glue_of(catalog), tg_table_name(parent), NULL, error);
}

static json_t *glue_list_partitions(TgCatalog *catalog, const char *database, const char *table,
                                    GError **error)
{
    g_autoptr(json_t) parent = glue_get_table(catalog, database, table, error);
    const TgGluePartitions which = {.database = parent == NULL ? NULL : tg_table_database(parent),
                                    .table = parent == NULL ? NULL : tg_table_name(parent)};

    return parent == NULL ? NULL : tg_glue_list_partitions(glue_of(catalog), &which, error);
}

static json_t *partition_input(const json_t *table, const json_t *input)
{
    g_autoptr(json_t) whole = tg_catalog_partition_input(table, input);

    return tg_table_partition_input(whole);
}

static gboolean glue_create_database(TgCatalog *catalog, const json_t *input, GError **error)
{
    g_autoptr(json_t) picked = tg_table_database_input(input);

    return tg_glue_create_database(glue_of(catalog), picked, error);
}

static gboolean glue_create_table(TgCatalog *catalog, const char *database, const json_t *input,
                                  GError **error)
{
    g_autoptr(json_t) picked = tg_table_input(input);

    return tg_glue_create_table(glue_of(catalog), database, picked, error);
}

static gboolean glue_update_table(TgCatalog *catalog, const char *database, const json_t *input,
                                  GError **error)
{
    g_autoptr(json_t) picked = tg_table_input(input);

    return tg_glue_update_table(glue_of(catalog), database, picked, NULL, error);
}

static gboolean glue_drop_table(TgCatalog *catalog, const char *database, const char *table,
                                GError **error)
{
    g_autoptr(json_t) present = glue_get_table(catalog, database, table, error);

    return present != NULL && tg_glue_delete_table(glue_of(catalog), tg_table_database(present),
                                                   tg_table_name(present), error);
}

static gboolean glue_drop_database(TgCatalog *catalog, const char *database, gboolean cascade,
                                   GError **error)
{
    g_autoptr(json_t) tables = glue_list_tables(catalog, database, error);
    g_autofree char *name = tg_catalog_fold_name(database);

    if (tables == NULL) {
        return FALSE;
    }
    if (!cascade && json_array_size(tables) != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT,
                    "database '%s' still has %zu tables; drop them first, or add CASCADE", name,
                    json_array_size(tables));
        return FALSE;
    }
    return tg_glue_delete_database(glue_of(catalog), name, error);
}

/* ---- adding partitions ---------------------------------------------------------------------- */

static const char *code_of(const json_t *failure)
{
    return json_string_value(json_object_get(json_object_get(failure, "ErrorDetail"), "ErrorCode"));
}

static gboolean is_failed(const json_t *failures, const json_t *values)
{
    json_t *failure = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)failures, i, failure) {
        if (json_equal(json_object_get(failure, "PartitionValues"), values)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* All or none: what this call did make goes again. */
static void undo(TgCatalog *catalog, const json_t *table, const json_t *inputs,
                 const json_t *failures)
{
    g_autoptr(json_t) made = json_array();
    g_autoptr(json_t) left = NULL;
    g_autoptr(GError) problem = NULL;
    json_t *input = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)inputs, i, input) {
        if (!is_failed(failures, json_object_get(input, "Values"))) {
            json_array_append(made, json_object_get(input, "Values"));
        }
    }
    if (json_array_size(made) > 0 &&
        !tg_glue_delete_partitions(glue_of(catalog), tg_table_database(table), tg_table_name(table),
                                   made, &left, &problem)) {
        g_warning("%s.%s: %s; some of the new partitions may have stayed", tg_table_database(table),
                  tg_table_name(table), problem->message);
    }
}

/* The first failure that counts; NULL: none. */
static const json_t *first_failure(const json_t *failures, gboolean if_not_exists)
{
    json_t *failure = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)failures, i, failure) {
        if (!if_not_exists || g_strcmp0(code_of(failure), "AlreadyExistsException") != 0) {
            return failure;
        }
    }
    return NULL;
}

static gboolean check_values(const json_t *table, const json_t *input, GError **error)
{
    gsize expected = json_array_size(tg_table_partition_keys(table));
    gsize given = json_array_size(json_object_get(input, "Values"));

    if (expected == 0 || given != expected) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    expected == 0 ? "table %s.%s is not partitioned"
                                  : "a partition of %s.%s needs %zu values, not %zu",
                    tg_table_database(table), tg_table_name(table), expected, given);
        return FALSE;
    }
    return TRUE;
}

static gboolean glue_create_partitions(TgCatalog *catalog, const char *database, const char *table,
                                       const json_t *inputs, gboolean if_not_exists, GError **error)
{
    g_autoptr(json_t) body = glue_get_table(catalog, database, table, error);
    g_autoptr(json_t) whole = json_array();
    g_autoptr(json_t) failures = NULL;
    json_t *input = NULL;
    gsize i = 0;

    if (body == NULL) {
        return FALSE;
    }
    json_array_foreach ((json_t *)inputs, i, input) {
        if (!check_values(body, input, error)) {
            return FALSE;
        }
        json_array_append_new(whole, partition_input(body, input));
    }
    if (!tg_glue_create_partitions(glue_of(catalog), tg_table_database(body), tg_table_name(body),
                                   whole, &failures, error)) {
        return FALSE;
    }
    const json_t *failure = first_failure(failures, if_not_exists);

    if (failure != NULL) {
        gboolean exists = g_strcmp0(code_of(failure), "AlreadyExistsException") == 0;
        g_autofree char *values = tg_params_to_json(json_object_get(failure, "PartitionValues"));
        const char *said = json_string_value(
            json_object_get(json_object_get(failure, "ErrorDetail"), "ErrorMessage"));

        undo(catalog, body, whole, failures);
        g_set_error(error, TG_ERROR, exists ? TG_ERROR_CONFLICT : TG_ERROR_CONFIG,
                    exists ? "partition %s of %s.%s exists already"
                           : "partition %s of %s.%s cannot be added: %s",
                    values, tg_table_database(body), tg_table_name(body), said == NULL ? "" : said);
    }
    return failure == NULL;
}

static gboolean glue_update_partition(TgCatalog *catalog, const char *database, const char *table,
                                      const json_t *input, GError **error)
{
    g_autoptr(json_t) body = glue_get_table(catalog, database, table, error);

    if (body == NULL || !check_values(body, input, error)) {
        return FALSE;
    }
    g_autoptr(json_t) whole = partition_input(body, input);

    return tg_glue_update_partition(glue_of(catalog), tg_table_database(body), tg_table_name(body),
                                    json_object_get(input, "Values"), whole, error);
}

static gboolean glue_drop_partition(TgCatalog *catalog, const char *database, const char *table,
                                    TgPartitionValues values, GError **error)
{
    g_autofree char *db = tg_catalog_fold_name(database);
    g_autofree char *name = tg_catalog_fold_name(table);
    g_autoptr(json_t) array = values_array(values);
    GError *problem = NULL;
    gboolean ok = tg_glue_delete_partition(glue_of(catalog), db, name, array, &problem);

    if (is_missing(problem)) {
        g_clear_error(&problem);
        explain_missing_partition(catalog, db, name, values, error);
    } else if (problem != NULL) {
        g_propagate_error(error, problem);
    }
    return ok;
}

static void glue_free(TgCatalog *catalog)
{
    tg_glue_free(glue_of(catalog));
    g_free(catalog);
}

static const TgCatalogClass glue_class = {.get_database = glue_get_database,
                                          .get_table = glue_get_table,
                                          .get_partition = glue_get_partition,
                                          .list_databases = glue_list_databases,
                                          .list_tables = glue_list_tables,
                                          .list_partitions = glue_list_partitions,
                                          .create_database = glue_create_database,
                                          .create_table = glue_create_table,
                                          .update_table = glue_update_table,
                                          .drop_table = glue_drop_table,
                                          .drop_database = glue_drop_database,
                                          .create_partitions = glue_create_partitions,
                                          .update_partition = glue_update_partition,
                                          .drop_partition = glue_drop_partition,
                                          .free = glue_free};

TgCatalog *tg_catalog_new_glue(TgGlue *take_glue)
{
    GlueCatalog *catalog = g_new0(GlueCatalog, 1);

    catalog->base.class = &glue_class;
    catalog->glue = take_glue;
    return &catalog->base;
}

TgGlue *tg_catalog_glue(TgCatalog *catalog)
{
    return catalog->class == &glue_class ? glue_of(catalog) : NULL;
}

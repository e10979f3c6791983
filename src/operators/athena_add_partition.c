/* athena.add_partition>: registers a partition that lies ready. Spec: athena.md 1.6. */
#include <string.h>

#include "catalog/table.h"
#include "operators/support.h"
#include "params/params.h"

typedef struct {
    char *database;
    char *table;
    char *location;
    char *save_mode;
    gboolean follow_location;
    json_t *partition_kv;
} Options;

static void options_clear(Options *o)
{
    g_free(o->database);
    g_free(o->table);
    g_free(o->location);
    g_free(o->save_mode);
    json_decref(o->partition_kv);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean read_options(const TgTurn *turn, Options *o, GError **error)
{
    static const char *const modes[] = {"overwrite", "skip_if_exists", "error_if_exists", NULL};
    const char *op = "add_partition";

    if (!tg_operator_athena_required(turn, op, "database", &o->database, error) ||
        !tg_operator_athena_required(turn, op, "table", &o->table, error) ||
        !tg_operator_athena_text(turn, op, "location", NULL, &o->location, error) ||
        !tg_operator_athena_text(turn, op, "save_mode", "overwrite", &o->save_mode, error) ||
        !tg_params_get_boolean(turn->params, "follow_location", TRUE, &o->follow_location, error)) {
        return FALSE;
    }
    if (!g_strv_contains(modes, o->save_mode)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "save_mode: '%s' is none of overwrite, skip_if_exists, error_if_exists",
                    o->save_mode);
        return FALSE;
    }
    o->partition_kv = tg_params_parse_map(turn->params, "partition_kv", error);
    return o->partition_kv != NULL;
}

/* "<table location>/k=v/" unless the option says otherwise; ends in '/'. */
static char *location_of(const Options *o, const json_t *table, TgPartitionValues values,
                         GError **error)
{
    const char *base = tg_table_location(table);
    g_autofree char *path = tg_table_partition_path(table, values);

    if (o->location != NULL) {
        return g_str_has_suffix(o->location, "/") ? g_strdup(o->location)
                                                  : g_strconcat(o->location, "/", NULL);
    }
    if (base == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "table %s.%s has no location: give the partition's 'location'", o->database,
                    o->table);
        return NULL;
    }
    return g_strconcat(base, g_str_has_suffix(base, "/") ? "" : "/", path, NULL);
}

/* One decision by save_mode on a partition that exists. */
static gboolean keep_or_replace(const Options *o, TgCatalog *catalog, const json_t *input,
                                const char *path, GError **error)
{
    if (strcmp(o->save_mode, "skip_if_exists") == 0) {
        return TRUE;
    }
    if (strcmp(o->save_mode, "error_if_exists") == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "The partition %s already exists.", path);
        return FALSE;
    }
    return tg_catalog_update_partition(catalog, o->database, o->table, input, error);
}

/* Whether it exists: NOT_FOUND means no, any other error is one. */
static gboolean find_partition(const Options *o, TgCatalog *catalog, TgPartitionValues values,
                               gboolean *out_exists, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(json_t) partition =
        tg_catalog_get_partition(catalog, o->database, o->table, values, &problem);

    *out_exists = partition != NULL;
    if (partition == NULL && !g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    return TRUE;
}

/* The location is empty and the partition follows it: it must not exist. */
static gboolean follow_empty(const TgTurn *turn, const Options *o, TgCatalog *catalog,
                             TgPartitionValues values, gboolean exists, GError **error)
{
    turn->services->note(turn->services, turn->task_name,
                         exists ? "no objects there: the partition is dropped"
                                : "no objects there: no partition is added");
    if (!exists || strcmp(o->save_mode, "skip_if_exists") == 0) {
        return TRUE;
    }
    if (strcmp(o->save_mode, "error_if_exists") == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "The partition already exists.");
        return FALSE;
    }
    return tg_catalog_drop_partition(catalog, o->database, o->table, values, error);
}

static gboolean add(TgTurn *turn, const Options *o, TgCatalog *catalog, const json_t *table,
                    GError **error)
{
    g_auto(GStrv) values = tg_table_partition_values(table, o->partition_kv, error);
    TgPartitionValues lent = (TgPartitionValues)values;
    g_autofree char *location = values == NULL ? NULL : location_of(o, table, lent, error);
    g_autoptr(GPtrArray) objects =
        location == NULL ? NULL
                         : tg_object_list(turn->services->objects(turn->services), location, error);
    gboolean exists = FALSE;

    if (objects == NULL || !find_partition(o, catalog, lent, &exists, error)) {
        return FALSE;
    }
    g_autofree char *path = tg_table_partition_path(table, lent);
    g_autoptr(json_t) input =
        json_pack("{s:[], s:{s:s}}", "Values", "StorageDescriptor", "Location", location);

    for (guint i = 0; values[i] != NULL; i++) {
        json_array_append_new(json_object_get(input, "Values"), json_string(values[i]));
    }
    turn->receipt =
        json_pack("{s:s, s:s, s:s, s:s, s:I}", "database", o->database, "table", o->table,
                  "partition", path, "location", location, "objects", (json_int_t)objects->len);
    if (objects->len == 0 && o->follow_location) {
        return follow_empty(turn, o, catalog, lent, exists, error);
    }
    if (exists) {
        return keep_or_replace(o, catalog, input, path, error);
    }
    g_autoptr(json_t) inputs = json_pack("[O]", input);

    return tg_catalog_create_partitions(catalog, o->database, o->table, inputs, TRUE, error);
}

static gboolean athena_add_partition_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(Options) o = {NULL};
    TgCatalog *catalog = NULL;
    g_autoptr(json_t) table = NULL;

    if (!read_options(turn, &o, error)) {
        return FALSE;
    }
    catalog = turn->services->catalog(turn->services, error);
    table = catalog == NULL ? NULL : tg_catalog_get_table(catalog, o.database, o.table, error);
    *out = TG_OUTCOME_DONE;
    return table != NULL && add(turn, &o, catalog, table, error);
}

static const char *const options[] = {"database",  "table",           "location",   "partition_kv",
                                      "save_mode", "follow_location", "catalog_id", NULL};

const TgOperator tg_operator_athena_add_partition = {.name = "athena.add_partition",
                                                     .help = "Registers a partition",
                                                     .options = options,
                                                     .honours_retry = TRUE,
                                                     .run = athena_add_partition_run};

/* athena.add_partition>: registers a partition that lies ready. Spec: athena.md 1.6. */
#include <string.h>

#include "catalog/table.h"
#include "operators/support.h"
#include "operators/support_athena_catalog.h"
#include "params/params.h"

#define OP "add_partition"

typedef struct {
    char *location;
    char *save_mode;
    gboolean follow_location;
} Options;

static void options_clear(Options *o)
{
    g_free(o->location);
    g_free(o->save_mode);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean read_options(const TgTurn *turn, Options *o, GError **error)
{
    static const char *const modes[] = {"overwrite", "skip_if_exists", "error_if_exists", NULL};

    if (!tg_operator_athena_text(turn, OP, "location", NULL, &o->location, error) ||
        !tg_operator_athena_text(turn, OP, "save_mode", "overwrite", &o->save_mode, error) ||
        !tg_operator_athena_boolean(turn, OP, "follow_location", TRUE, &o->follow_location,
                                    error)) {
        return FALSE;
    }
    if (!g_strv_contains(modes, o->save_mode)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "save_mode: '%s' is none of overwrite, skip_if_exists, error_if_exists",
                    o->save_mode);
        return FALSE;
    }
    return TRUE;
}

/* "<table location>/k=v/" unless the option says otherwise; ends in '/'. */
static char *location_of(const Options *o, const TgAthenaPartition *named, GError **error)
{
    const char *base = tg_table_location(named->table_json);

    if (o->location != NULL) {
        return g_str_has_suffix(o->location, "/") ? g_strdup(o->location)
                                                  : g_strconcat(o->location, "/", NULL);
    }
    if (base == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "table %s.%s has no location: give the partition's 'location'", named->database,
                    named->table);
        return NULL;
    }
    return g_strconcat(base, g_str_has_suffix(base, "/") ? "" : "/", named->path, NULL);
}

/* One decision by save_mode on a partition that exists. */
static gboolean keep_or_replace(const Options *o, TgCatalog *catalog,
                                const TgAthenaPartition *named, const json_t *input, GError **error)
{
    if (strcmp(o->save_mode, "skip_if_exists") == 0) {
        return TRUE;
    }
    if (strcmp(o->save_mode, "error_if_exists") == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "The partition %s already exists.",
                    named->path);
        return FALSE;
    }
    return tg_catalog_update_partition(catalog, named->database, named->table, input, error);
}

/* The location is empty and the partition follows it: it must not exist. */
static gboolean follow_empty(const TgTurn *turn, const Options *o, TgCatalog *catalog,
                             const TgAthenaPartition *named, GError **error)
{
    gboolean exists = named->partition != NULL;

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
    return tg_catalog_drop_partition(catalog, named->database, named->table,
                                     (TgPartitionValues)named->values, error);
}

static gboolean add(TgTurn *turn, const TgAthenaPlace *place, const Options *o,
                    const TgAthenaPartition *named, GError **error)
{
    TgCatalog *catalog = place->catalog;
    g_autofree char *location = location_of(o, named, error);
    g_autoptr(GPtrArray) objects =
        location == NULL ? NULL : tg_object_list(place->objects, location, error);

    if (objects == NULL) {
        return FALSE;
    }
    g_autoptr(json_t) input =
        json_pack("{s:[], s:{s:s}}", "Values", "StorageDescriptor", "Location", location);

    for (guint i = 0; named->values[i] != NULL; i++) {
        json_array_append_new(json_object_get(input, "Values"), json_string(named->values[i]));
    }
    turn->receipt = json_pack("{s:s, s:s, s:s, s:s, s:I}", "database", named->database, "table",
                              named->table, "partition", named->path, "location", location,
                              "objects", (json_int_t)objects->len);
    if (objects->len == 0 && o->follow_location) {
        return follow_empty(turn, o, catalog, named, error);
    }
    if (named->partition != NULL) {
        return keep_or_replace(o, catalog, named, input, error);
    }
    g_autoptr(json_t) inputs = json_pack("[O]", input);

    return tg_catalog_create_partitions(catalog, named->database, named->table, inputs, TRUE,
                                        error);
}

static gboolean athena_add_partition_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(Options) o = {NULL};
    g_auto(TgAthenaPlace) place = {NULL};
    g_auto(TgAthenaPartition) named = {NULL};

    *out = TG_OUTCOME_DONE;
    return read_options(turn, &o, error) && tg_athena_place_open_catalog(turn, OP, &place, error) &&
           tg_athena_partition_find(turn, OP, &place, &named, error) &&
           add(turn, &place, &o, &named, error);
}

static const char *const options[] = {"database",
                                      "table",
                                      "location",
                                      "partition_kv",
                                      "save_mode",
                                      "follow_location",
                                      TG_ATHENA_AUTH_OPTIONS,
                                      NULL};

const TgOperator tg_operator_athena_add_partition = {.name = "athena.add_partition",
                                                     .help = "Registers a partition",
                                                     .options = options,
                                                     .honours_retry = TRUE,
                                                     .run = athena_add_partition_run};

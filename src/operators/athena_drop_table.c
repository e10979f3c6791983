/* athena.drop_table>: drops a table from the catalog. Spec: shared/spec/athena.md 1.6. */
#include "catalog/table.h"
#include "operators/support.h"
#include "params/params.h"

/* The table and its partitions: whatever has a location. */
static json_t *located_parts(TgCatalog *catalog, const json_t *table, GError **error)
{
    json_t *parts =
        tg_catalog_list_partitions(catalog, tg_table_database(table), tg_table_name(table), error);

    if (parts != NULL) {
        json_array_append(parts, (json_t *)table);
    }
    return parts;
}

static gboolean remove_objects(const TgTurn *turn, const json_t *parts, gint64 *out_bytes,
                               GError **error)
{
    TgObjectStore *objects = turn->services->objects(turn->services);
    json_t *partition = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)parts, i, partition) {
        const char *location = tg_table_location(partition);
        g_autofree char *prefix = location == NULL || g_str_has_suffix(location, "/")
                                      ? g_strdup(location)
                                      : g_strconcat(location, "/", NULL);

        if (prefix != NULL && !tg_object_remove_prefix(objects, prefix, NULL, out_bytes, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean drop(TgTurn *turn, const char *database, const char *name, gboolean ignore_missing,
                     gboolean with_location, GError **error)
{
    TgCatalog *catalog = turn->services->catalog(turn->services, error);
    g_autoptr(GError) problem = NULL;
    g_autoptr(json_t) table =
        catalog == NULL ? NULL : tg_catalog_get_table(catalog, database, name, &problem);
    g_autoptr(json_t) parts = NULL;
    gint64 bytes = 0;

    if (catalog == NULL) {
        return FALSE;
    }
    if (table == NULL) {
        if (ignore_missing && g_error_matches(problem, TG_ERROR, TG_ERROR_NOT_FOUND)) {
            turn->receipt =
                json_pack("{s:s, s:s, s:b}", "database", database, "table", name, "dropped", 0);
            return TRUE;
        }
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    parts = located_parts(catalog, table, error);
    /* The catalog first: a reader must not find a table whose objects are going. */
    if (parts == NULL || !tg_catalog_drop_table(catalog, database, name, error) ||
        (with_location && !remove_objects(turn, parts, &bytes, error))) {
        return FALSE;
    }
    turn->receipt = json_pack("{s:s, s:s, s:b, s:I}", "database", database, "table", name,
                              "dropped", 1, "removed_bytes", (json_int_t)bytes);
    return TRUE;
}

static gboolean athena_drop_table_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autofree char *database = NULL;
    g_autofree char *table = NULL;
    gboolean ignore_missing = TRUE;
    gboolean with_location = FALSE;

    *out = TG_OUTCOME_DONE;
    return tg_operator_athena_required(turn, "drop_table", "database", &database, error) &&
           tg_operator_athena_required(turn, "drop_table", "table", &table, error) &&
           tg_params_get_boolean(turn->params, "ignore_if_not_exist", TRUE, &ignore_missing,
                                 error) &&
           tg_params_get_boolean(turn->params, "with_location", FALSE, &with_location, error) &&
           drop(turn, database, table, ignore_missing, with_location, error);
}

static const char *const options[] = {"database",      "table",      "ignore_if_not_exist",
                                      "with_location", "catalog_id", NULL};

const TgOperator tg_operator_athena_drop_table = {.name = "athena.drop_table",
                                                  .help = "Drops a table",
                                                  .options = options,
                                                  .honours_retry = TRUE,
                                                  .run = athena_drop_table_run};

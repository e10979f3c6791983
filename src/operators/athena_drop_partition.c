/* athena.drop_partition>: takes a partition out of its table. Spec: shared/spec/athena.md 1.6. */
#include "catalog/table.h"
#include "operators/support.h"
#include "operators/support_athena_catalog.h"
#include "params/params.h"

#define OP "drop_partition"

/* The catalog first: a reader must not find a partition whose objects are going. */
static gboolean drop(const TgAthenaPlace *place, const TgAthenaPartition *found,
                     gboolean with_location, gint64 *bytes, GError **error)
{
    return tg_catalog_drop_partition(place->catalog, found->database, found->table,
                                     (TgPartitionValues)found->values, error) &&
           (!with_location || tg_athena_remove_objects(place, found->partition, bytes, error));
}

static gboolean athena_drop_partition_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(TgAthenaPlace) place = {NULL};
    g_auto(TgAthenaPartition) found = {NULL};
    gboolean ignore_missing = TRUE;
    gboolean with_location = FALSE;
    gint64 bytes = 0;

    *out = TG_OUTCOME_DONE;
    if (!tg_operator_athena_boolean(turn, OP, "ignore_if_not_exist", TRUE, &ignore_missing,
                                    error) ||
        !tg_operator_athena_boolean(turn, OP, "with_location", FALSE, &with_location, error) ||
        !tg_athena_place_open_catalog(turn, OP, &place, error) ||
        !tg_athena_partition_find(turn, OP, &place, &found, error)) {
        return FALSE;
    }
    if (found.partition == NULL && !ignore_missing) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND,
                    "The partition %s of %s.%s does not exist.", found.path, found.database,
                    found.table);
        return FALSE;
    }
    if (found.partition != NULL && !drop(&place, &found, with_location, &bytes, error)) {
        return FALSE;
    }
    turn->receipt = json_pack("{s:s, s:s, s:s, s:b, s:I}", "database", found.database, "table",
                              found.table, "partition", found.path, "dropped",
                              found.partition != NULL, "removed_bytes", (json_int_t)bytes);
    return TRUE;
}

static const char *const options[] = {"database",
                                      "table",
                                      "partition_kv",
                                      "ignore_if_not_exist",
                                      "with_location",
                                      TG_ATHENA_AUTH_OPTIONS,
                                      NULL};

const TgOperator tg_operator_athena_drop_partition = {.name = "athena.drop_partition",
                                                      .help = "Drops a partition",
                                                      .options = options,
                                                      .honours_retry = TRUE,
                                                      .run = athena_drop_partition_run};

/* athena.partition_exists?>: whether a partition is there, for `if>`. Spec: shared/spec/athena.md
 * 1.6. */
#include "operators/support.h"
#include "operators/support_athena_catalog.h"
#include "params/params.h"

#define OP "partition_exists?"

static gboolean athena_partition_exists_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(TgAthenaPlace) place = {NULL};
    g_auto(TgAthenaPartition) found = {NULL};
    gboolean with_location = FALSE;
    gboolean must_exist = FALSE;
    gboolean has_objects = FALSE;

    *out = TG_OUTCOME_DONE;
    if (!tg_operator_athena_boolean(turn, OP, "with_location", FALSE, &with_location, error) ||
        !tg_operator_athena_boolean(turn, OP, "error_if_not_exist", FALSE, &must_exist, error) ||
        !tg_athena_place_open_catalog(turn, OP, &place, error) ||
        !tg_athena_partition_find(turn, OP, &place, &found, error)) {
        return FALSE;
    }
    if (found.partition != NULL && with_location &&
        !tg_athena_has_objects(&place, found.partition, &has_objects, error)) {
        return FALSE;
    }
    if (must_exist && (found.partition == NULL || (with_location && !has_objects))) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "The partition %s of %s.%s %s", found.path,
                    found.database, found.table,
                    found.partition == NULL ? "does not exist." : "has no objects.");
        return FALSE;
    }
    tg_athena_store_exists(turn, "partition", found.partition != NULL,
                           with_location ? &has_objects : NULL);
    return TRUE;
}

static const char *const options[] = {"database",
                                      "table",
                                      "partition_kv",
                                      "with_location",
                                      "error_if_not_exist",
                                      TG_ATHENA_AUTH_OPTIONS,
                                      NULL};

const TgOperator tg_operator_athena_partition_exists = {.name = "athena.partition_exists?",
                                                        .help = "Whether a partition is there",
                                                        .options = options,
                                                        .honours_retry = TRUE,
                                                        .run = athena_partition_exists_run};

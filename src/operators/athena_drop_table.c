/* athena.drop_table>: drops a table from the catalog. Spec: shared/spec/athena.md 1.6. */
#include "operators/support.h"
#include "operators/support_athena_catalog.h"
#include "params/params.h"

static gboolean drop(TgTurn *turn, const char *database, const char *name, gboolean ignore_missing,
                     gboolean with_location, GError **error)
{
    g_auto(TgAthenaPlace) place = {NULL};
    g_autoptr(json_t) table = NULL;
    gint64 bytes = 0;

    if (!tg_athena_place_open(turn, "drop_table", &place, error) ||
        !tg_athena_table_find(&place, database, name, &table, error)) {
        return FALSE;
    }
    if (table == NULL && !ignore_missing) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "The table %s.%s does not exist.",
                    database, name);
        return FALSE;
    }
    if (table != NULL && !tg_athena_table_drop(&place, table, with_location, &bytes, error)) {
        return FALSE;
    }
    turn->receipt = json_pack("{s:s, s:s, s:b, s:I}", "database", database, "table", name,
                              "dropped", table != NULL, "removed_bytes", (json_int_t)bytes);
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
           tg_operator_athena_boolean(turn, "drop_table", "ignore_if_not_exist", TRUE,
                                      &ignore_missing, error) &&
           tg_operator_athena_boolean(turn, "drop_table", "with_location", FALSE, &with_location,
                                      error) &&
           drop(turn, database, table, ignore_missing, with_location, error);
}

static const char *const options[] = {
    "database", "table", "ignore_if_not_exist", "with_location", TG_ATHENA_AUTH_OPTIONS, NULL};

const TgOperator tg_operator_athena_drop_table = {.name = "athena.drop_table",
                                                  .help = "Drops a table",
                                                  .options = options,
                                                  .honours_retry = TRUE,
                                                  .run = athena_drop_table_run};

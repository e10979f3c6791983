/* athena.table_exists?>: whether a table is there, for `if>`. Spec: shared/spec/athena.md 1.6. */
#include "operators/support.h"
#include "operators/support_athena_catalog.h"
#include "params/params.h"

#define OP "table_exists?"

static gboolean look(TgTurn *turn, const char *database, const char *name, gboolean with_location,
                     gboolean must_exist, GError **error)
{
    g_auto(TgAthenaPlace) place = {NULL};
    g_autoptr(json_t) table = NULL;
    gboolean has_objects = FALSE;

    if (!tg_athena_place_open(turn, OP, &place, error) ||
        !tg_athena_table_find(&place, database, name, &table, error) ||
        (table != NULL && with_location &&
         !tg_athena_has_objects(&place, table, &has_objects, error))) {
        return FALSE;
    }
    if (must_exist && (table == NULL || (with_location && !has_objects))) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "The table %s.%s %s", database, name,
                    table == NULL ? "does not exist." : "has no objects.");
        return FALSE;
    }
    tg_athena_store_exists(turn, "table", table != NULL, with_location ? &has_objects : NULL);
    return TRUE;
}

static gboolean athena_table_exists_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autofree char *database = NULL;
    g_autofree char *table = NULL;
    gboolean with_location = FALSE;
    gboolean must_exist = FALSE;

    *out = TG_OUTCOME_DONE;
    return tg_operator_athena_required(turn, OP, "database", &database, error) &&
           tg_operator_athena_required(turn, OP, "table", &table, error) &&
           tg_operator_athena_boolean(turn, OP, "with_location", FALSE, &with_location, error) &&
           tg_operator_athena_boolean(turn, OP, "error_if_not_exist", FALSE, &must_exist, error) &&
           look(turn, database, table, with_location, must_exist, error);
}

static const char *const options[] = {
    "database", "table", "with_location", "error_if_not_exist", TG_ATHENA_AUTH_OPTIONS, NULL};

const TgOperator tg_operator_athena_table_exists = {.name = "athena.table_exists?",
                                                    .help = "Whether a table is there",
                                                    .options = options,
                                                    .honours_retry = TRUE,
                                                    .run = athena_table_exists_run};

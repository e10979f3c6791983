/* athena.drop_table>: drops a table from the catalog. Spec: shared/spec/athena.md 1.6. */
#include "operators/support.h"
#include "operators/support_athena_catalog.h"
#include "operators/support_athena_trino.h"
#include "params/params.h"

#define OP "drop_table"

typedef struct {
    char *database;
    char *table;
    gboolean ignore_missing;
    gboolean with_location;
} Options;

static void options_clear(Options *o)
{
    g_free(o->database);
    g_free(o->table);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean drop(TgTurn *turn, const TgAthenaPlace *place, const Options *o, GError **error)
{
    g_autoptr(json_t) table = NULL;
    gint64 bytes = 0;

    if (!tg_athena_table_find(place, o->database, o->table, &table, error)) {
        return FALSE;
    }
    if (table == NULL && !o->ignore_missing) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "The table %s.%s does not exist.",
                    o->database, o->table);
        return FALSE;
    }
    if (table != NULL && !tg_athena_table_drop(place, table, o->with_location, &bytes, error)) {
        return FALSE;
    }
    turn->receipt = json_pack("{s:s, s:s, s:b, s:I}", "database", o->database, "table", o->table,
                              "dropped", table != NULL, "removed_bytes", (json_int_t)bytes);
    return TRUE;
}

/* Whether its objects go with it is up to Trino: those of its own tables do. */
static gboolean drop_in_trino(TgTurn *turn, const TgAthenaPlace *place, const Options *o,
                              TgOutcome *out, GError **error)
{
    g_auto(TgAthenaChain) chain = {NULL};
    gboolean is_done = FALSE;

    if (!tg_athena_chain_open(turn, OP, place, &chain, error) ||
        !tg_trino_drop_table(&chain, o->table, o->ignore_missing, &is_done, error)) {
        tg_athena_chain_reset(turn);
        return FALSE;
    }
    *out = is_done ? TG_OUTCOME_DONE : TG_OUTCOME_POLL;
    turn->receipt =
        is_done ? json_pack("{s:s, s:s}", "database", o->database, "table", o->table) : NULL;
    return TRUE;
}

static gboolean athena_drop_table_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(TgAthenaPlace) place = {NULL};
    g_auto(Options) o = {NULL};

    *out = TG_OUTCOME_DONE;
    if (!tg_operator_athena_required(turn, OP, "database", &o.database, error) ||
        !tg_operator_athena_required(turn, OP, "table", &o.table, error) ||
        !tg_operator_athena_boolean(turn, OP, "ignore_if_not_exist", TRUE, &o.ignore_missing,
                                    error) ||
        !tg_operator_athena_boolean(turn, OP, "with_location", FALSE, &o.with_location, error) ||
        !tg_athena_place_open(turn, OP, &place, error)) {
        return FALSE;
    }
    if (turn->is_cancelled) {
        return tg_athena_chain_stop(turn, &place, error);
    }
    return place.trino != NULL ? drop_in_trino(turn, &place, &o, out, error)
                               : drop(turn, &place, &o, error);
}

static const char *const options[] = {
    "database", "table", "ignore_if_not_exist", "with_location", TG_ATHENA_AUTH_OPTIONS, NULL};

const TgOperator tg_operator_athena_drop_table = {.name = "athena.drop_table",
                                                  .help = "Drops a table",
                                                  .options = options,
                                                  .honours_retry = TRUE,
                                                  .run = athena_drop_table_run};

/* athena.table_exists?>: whether a table is there, for `if>`. Spec: shared/spec/athena.md 1.6. */
#include "operators/support.h"
#include "operators/support_athena_catalog.h"
#include "operators/support_athena_trino.h"
#include "params/params.h"

#define OP "table_exists?"

/* What is asked for. */
typedef struct {
    char *database;
    char *table;
    gboolean with_location;
    gboolean must_exist;
} Options;

static void options_clear(Options *o)
{
    g_free(o->database);
    g_free(o->table);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean look_up(const TgAthenaPlace *place, const Options *o, gboolean *out_exists,
                        gboolean *out_has_objects, GError **error)
{
    g_autoptr(json_t) table = NULL;

    if (!tg_athena_table_find(place, o->database, o->table, &table, error) ||
        (table != NULL && o->with_location &&
         !tg_athena_has_objects(place, table, out_has_objects, error))) {
        return FALSE;
    }
    *out_exists = table != NULL;
    return TRUE;
}

/* Trino says whether it has the table; where it lies is its own matter. */
static gboolean ask_trino(TgTurn *turn, const TgAthenaPlace *place, const Options *o,
                          gboolean *out_done, gboolean *out_exists, GError **error)
{
    g_auto(TgAthenaChain) chain = {NULL};

    if (o->with_location) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "with_location: Trino does not say whether a table has objects");
        return FALSE;
    }
    return tg_athena_chain_open(turn, OP, place, &chain, error) &&
           tg_trino_table_exists(&chain, o->database, o->table, out_done, out_exists, error);
}

static gboolean look(TgTurn *turn, const TgAthenaPlace *place, const Options *o, TgOutcome *out,
                     GError **error)
{
    gboolean exists = FALSE;
    gboolean has_objects = FALSE;
    gboolean is_done = TRUE;
    gboolean ok = place->trino != NULL ? ask_trino(turn, place, o, &is_done, &exists, error)
                                       : look_up(place, o, &exists, &has_objects, error);

    if (!ok || !is_done) {
        *out = TG_OUTCOME_POLL;
        return ok;
    }
    if (o->must_exist && (!exists || (o->with_location && !has_objects))) {
        g_set_error(error, TG_ERROR, TG_ERROR_NOT_FOUND, "The table %s.%s %s", o->database,
                    o->table, exists ? "has no objects." : "does not exist.");
        return FALSE;
    }
    tg_athena_store_exists(turn, "table", exists, o->with_location ? &has_objects : NULL);
    return TRUE;
}

static gboolean athena_table_exists_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(TgAthenaPlace) place = {NULL};
    g_auto(Options) o = {NULL};

    *out = TG_OUTCOME_DONE;
    if (!tg_operator_athena_required(turn, OP, "database", &o.database, error) ||
        !tg_operator_athena_required(turn, OP, "table", &o.table, error) ||
        !tg_operator_athena_boolean(turn, OP, "with_location", FALSE, &o.with_location, error) ||
        !tg_operator_athena_boolean(turn, OP, "error_if_not_exist", FALSE, &o.must_exist, error) ||
        !tg_athena_place_open(turn, OP, &place, error)) {
        return FALSE;
    }
    if (turn->is_cancelled) {
        return tg_athena_chain_stop(turn, &place, error);
    }
    gboolean ok = look(turn, &place, &o, out, error);

    if (!ok) {
        tg_athena_chain_reset(turn);
    }
    return ok;
}

static const char *const options[] = {
    "database", "table", "with_location", "error_if_not_exist", TG_ATHENA_AUTH_OPTIONS, NULL};

const TgOperator tg_operator_athena_table_exists = {.name = "athena.table_exists?",
                                                    .help = "Whether a table is there",
                                                    .options = options,
                                                    .honours_retry = TRUE,
                                                    .run = athena_table_exists_run};

/* athena.diff_schema_internal>: compares the columns of two tables. Spec: shared/spec/athena.md
 * 1.5. */
#include <string.h>

#include "catalog/table.h"
#include "operators/support.h"
#include "operators/support_athena_catalog.h"
#include "params/params.h"

#define OP "diff_schema_internal"

/* "a bigint, b string": columns of `from` that `in` has not, by name and type. NULL: none. */
static char *list_missing(const json_t *from, const json_t *in)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GString) missing = g_string_new(NULL);
    json_t *column = NULL;
    gsize i = 0;

    json_array_foreach ((json_t *)in, i, column) {
        g_hash_table_add(
            known, g_strdup_printf("%s %s", json_string_value(json_object_get(column, "Name")),
                                   json_string_value(json_object_get(column, "Type"))));
    }
    json_array_foreach ((json_t *)from, i, column) {
        g_autofree char *text =
            g_strdup_printf("%s %s", json_string_value(json_object_get(column, "Name")),
                            json_string_value(json_object_get(column, "Type")));

        if (!g_hash_table_contains(known, text)) {
            g_string_append_printf(missing, "%s%s", missing->len == 0 ? "" : ", ", text);
        }
    }
    return missing->len == 0 ? NULL : g_string_free(g_steal_pointer(&missing), FALSE);
}

static void append_difference(GString *told, const char *missing, const char *from, const char *in)
{
    if (missing != NULL) {
        g_string_append_printf(told, "%sColumns[%s] are found in %s but not found in %s.",
                               told->len == 0 ? "" : " ", missing, from, in);
    }
}

/* Order and comments do not count, nor do the original's partition keys. */
static char *compare(const json_t *original, const json_t *comparison)
{
    g_autofree char *gone = list_missing(tg_table_columns(original), tg_table_columns(comparison));
    g_autofree char *added = list_missing(tg_table_columns(comparison), tg_table_columns(original));
    GString *told = g_string_new(NULL);

    append_difference(told, gone, tg_table_name(original), tg_table_name(comparison));
    append_difference(told, added, tg_table_name(comparison), tg_table_name(original));
    return g_string_free(told, FALSE);
}

static gboolean diff(TgTurn *turn, const char *database, const char *original,
                     const char *comparison, gboolean fails, GError **error)
{
    g_auto(TgAthenaPlace) place = {NULL};
    g_autoptr(json_t) one =
        tg_athena_place_open_catalog(turn, "diff_schema_internal", &place, error)
            ? tg_catalog_get_table(place.catalog, database, original, error)
            : NULL;
    g_autoptr(json_t) other =
        one == NULL ? NULL : tg_catalog_get_table(place.catalog, database, comparison, error);

    if (other == NULL) {
        return FALSE;
    }
    g_autofree char *difference = compare(one, other);

    if (fails && *difference != '\0') {
        g_set_error_literal(error, TG_ERROR, TG_ERROR_CONFIG, difference);
        return FALSE;
    }
    if (*difference != '\0') {
        turn->services->note(turn->services, turn->task_name, difference);
    }
    turn->receipt = json_pack("{s:s, s:s, s:s}", "original", original, "comparison", comparison,
                              "difference", difference);
    return TRUE;
}

static gboolean athena_diff_schema_internal_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_autofree char *database = NULL;
    g_autofree char *original = NULL;
    g_autofree char *comparison = NULL;
    gboolean fails = TRUE;

    *out = TG_OUTCOME_DONE;
    return tg_operator_athena_required(turn, OP, "database", &database, error) &&
           tg_operator_athena_required(turn, OP, "original", &original, error) &&
           tg_operator_athena_required(turn, OP, "comparison", &comparison, error) &&
           tg_operator_athena_boolean(turn, OP, "error_if_diff_found", TRUE, &fails, error) &&
           diff(turn, database, original, comparison, fails, error);
}

static const char *const options[] = {
    "database", "original", "comparison", "error_if_diff_found", TG_ATHENA_AUTH_OPTIONS, NULL};

const TgOperator tg_operator_athena_diff_schema_internal = {
    .name = "athena.diff_schema_internal",
    .help = "Compares the columns of two tables",
    .options = options,
    .honours_retry = TRUE,
    .run = athena_diff_schema_internal_run};

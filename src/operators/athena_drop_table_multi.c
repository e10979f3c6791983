/* athena.drop_table_multi>: drops the tables of a database whose names match. Spec:
 * shared/spec/athena.md 1.6. */
#include "catalog/table.h"
#include "operators/support.h"
#include "operators/support_athena_catalog.h"
#include "operators/support_duration.h"
#include "params/params.h"

#define OP "drop_table_multi"

/* Younger tables stay: seconds; -1: no such rule. */
typedef struct {
    const char *key;       /* of `protect` */
    const char *time_name; /* of Glue's Table */
    gint64 within_s;
} Protection;

typedef struct {
    char *database;
    GRegex *pattern; /* of whole names; NULL: all */
    gint64 limit;    /* of tables that are looked at; G_MAXINT64: none */
    gboolean with_location;
    Protection protections[3];
} Options;

static void options_clear(Options *o)
{
    g_free(o->database);
    g_clear_pointer(&o->pattern, g_regex_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean read_pattern(const TgTurn *turn, Options *o, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) problem = NULL;

    if (!tg_operator_athena_text(turn, OP, "regexp", NULL, &text, error)) {
        return FALSE;
    }
    if (text == NULL) {
        turn->services->note(turn->services, turn->task_name,
                             "there is no 'regexp': every table of the database goes");
        return TRUE;
    }
    g_autofree char *whole = g_strdup_printf("^(?:%s)$", text);

    o->pattern = g_regex_new(whole, G_REGEX_CASELESS, 0, &problem);
    if (o->pattern == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "regexp: '%s' is no regular expression: %s",
                    text, problem->message);
    }
    return o->pattern != NULL;
}

static gboolean read_protection(const TgTurn *turn, Options *o, GError **error)
{
    static const Protection all[] = {{"created_within", "CreateTime", -1},
                                     {"updated_within", "UpdateTime", -1},
                                     {"accessed_within", "LastAccessTime", -1}};
    const json_t *protect = tg_operator_athena_option(turn, OP, "protect");

    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        o->protections[i] = all[i];
        if (!tg_operator_duration_get(protect, all[i].key, -1, &o->protections[i].within_s,
                                      error)) {
            g_prefix_error(error, "protect: ");
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean read_options(const TgTurn *turn, Options *o, GError **error)
{
    g_autofree char *limit = NULL;

    if (!tg_operator_athena_required(turn, OP, "database", &o->database, error) ||
        !tg_operator_athena_text(turn, OP, "limit", NULL, &limit, error) ||
        !tg_operator_athena_boolean(turn, OP, "with_location", FALSE, &o->with_location, error) ||
        !read_pattern(turn, o, error) || !read_protection(turn, o, error)) {
        return FALSE;
    }
    o->limit = G_MAXINT64;
    if (limit != NULL && !g_ascii_string_to_signed(limit, 10, 1, G_MAXINT32, &o->limit, NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "limit: '%s' is no number of tables from 1 on", limit);
        return FALSE;
    }
    return TRUE;
}

static gboolean is_protected(const Options *o, const json_t *table, gint64 now_ms)
{
    for (gsize i = 0; i < G_N_ELEMENTS(o->protections); i++) {
        const json_t *time = json_object_get(table, o->protections[i].time_name);

        if (o->protections[i].within_s >= 0 && json_is_number(time) &&
            (double)now_ms / 1000 - json_number_value(time) < (double)o->protections[i].within_s) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean drop_all(TgTurn *turn, const TgAthenaPlace *place, const Options *o,
                         const json_t *tables, GError **error)
{
    json_t *dropped = json_array();
    json_t *kept = json_array();
    gint64 bytes = 0;
    gint64 seen = 0;
    json_t *table = NULL;
    gsize i = 0;

    turn->receipt = json_pack("{s:s, s:o, s:o}", "database", o->database, "dropped", dropped,
                              "protected", kept);
    json_array_foreach ((json_t *)tables, i, table) {
        const char *name = tg_table_name(table);

        if (seen == o->limit || name == NULL ||
            (o->pattern != NULL && !g_regex_match(o->pattern, name, 0, NULL))) {
            continue;
        }
        seen++;
        if (is_protected(o, table, turn->now_ms)) {
            json_array_append_new(kept, json_string(name));
            continue;
        }
        if (!tg_athena_table_drop(place, table, o->with_location, &bytes, error)) {
            return FALSE;
        }
        json_array_append_new(dropped, json_string(name));
    }
    json_object_set_new(turn->receipt, "removed_bytes", json_integer(bytes));
    return TRUE;
}

static gboolean athena_drop_table_multi_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(Options) o = {NULL};
    g_auto(TgAthenaPlace) place = {NULL};
    g_autoptr(json_t) tables = NULL;

    *out = TG_OUTCOME_DONE;
    if (!read_options(turn, &o, error) ||
        !tg_athena_place_open_catalog(turn, "drop_table_multi", &place, error)) {
        return FALSE;
    }
    tables = tg_catalog_list_tables(place.catalog, o.database, error);
    return tables != NULL && drop_all(turn, &place, &o, tables, error);
}

static const char *const options[] = {
    "database", "regexp", "limit", "with_location", "protect", TG_ATHENA_AUTH_OPTIONS, NULL};

const TgOperator tg_operator_athena_drop_table_multi = {.name = "athena.drop_table_multi",
                                                        .help = "Drops the tables that match",
                                                        .options = options,
                                                        .honours_retry = TRUE,
                                                        .run = athena_drop_table_multi_run};

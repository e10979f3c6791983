/* athena.ctas>: makes a table of a SELECT, in one switch. Spec: shared/spec/athena.md 1.4. */
#include <string.h>

#include "base/random.h"
#include "catalog/publish.h"
#include "catalog/table.h"
#include "operators/support.h"
#include "operators/support_athena.h"
#include "operators/support_athena_catalog.h"
#include "operators/support_athena_staging.h"
#include "operators/support_athena_trino.h"
#include "params/params.h"

#define OP "ctas"

static char *random_table(void)
{
    g_autofree char *id = tg_random_id(24);

    return g_strconcat("digdag_athena_ctas_", id, NULL);
}

/* A list given as such or as JSON text; *out stays NULL when it is not given. */
static gboolean read_list(const TgTurn *turn, const char *key, json_t **out, GError **error)
{
    const json_t *given = tg_operator_athena_option(turn, OP, key);
    g_autoptr(json_t) alone = json_object();

    if (given == NULL) {
        return TRUE;
    }
    json_object_set(alone, key, (json_t *)given);
    *out = tg_params_parse_list(alone, key, error);
    return *out != NULL;
}

static gboolean refuse_buckets(const TgTurn *turn, GError **error)
{
    if (tg_operator_athena_option(turn, OP, "bucketed_by") == NULL) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "bucketed_by: the local engine writes no bucketed tables; remove the option, or "
                "use partitioned_by");
    return FALSE;
}

static gboolean read_target(const TgTurn *turn, const TgAthenaPlace *place, TgAthenaTarget *target,
                            char **table_mode, GError **error)
{
    g_autofree char *table = random_table();
    const TgAthenaOption rows[] = {
        {"database", "default", &target->database},
        {"table", table, &target->table},
        {"location", NULL, &target->location},
        {"format", "parquet", &target->format},
        {"compression", "snappy", &target->compression},
        {"field_delimiter", NULL, &target->field_delimiter},
        {"save_mode", "overwrite", &target->save_mode},
        {"table_mode", "default", table_mode},
        {NULL},
    };

    return tg_athena_target_read(turn, OP, place, rows, target, error);
}

static gboolean run_local(TgTurn *turn, const TgAthenaTarget *o, const char *table_mode,
                          GError **error)
{
    g_autoptr(json_t) partitioned_by = NULL;
    TgQuery *query = NULL;

    if (!refuse_buckets(turn, error) ||
        !read_list(turn, "partitioned_by", &partitioned_by, error)) {
        return FALSE;
    }
    query = turn->services->query(turn->services, error);
    if (query == NULL) {
        return FALSE;
    }
    TgCtasRequest request = {.sql = o->sql,
                             .source_name = o->name,
                             .database = o->database,
                             .table = o->table,
                             .location = o->location,
                             .format = o->format,
                             .compression = o->compression,
                             .field_delimiter = o->field_delimiter,
                             .partitioned_by = partitioned_by,
                             .table_mode = table_mode,
                             .save_mode = o->save_mode,
                             .tests = tg_operator_tests(turn),
                             .task_name = turn->task_name,
                             .is_cancelled = turn->services->is_cancelled,
                             .now_ms = turn->now_ms};

    return tg_query_ctas(query, &request, &turn->receipt, error);
}

/* --- Athena --- */

typedef struct {
    TgTurn *turn;
    const TgAthenaPlace *place;
    TgAthenaChain chain;
    const TgAthenaTarget *o;
    const char *table_mode;
    char *database; /* lower case, as Glue has them */
    char *table;
    char *location; /* with a '/' at its end; NULL: none is given */
    json_t *partitioned_by;
    json_t *bucketed_by;
    json_t *additional_properties;
    gint64 bucket_count;
    gboolean is_direct; /* publish: direct, the original's order of steps */
} Ctas;

static void ctas_clear(Ctas *ctas)
{
    tg_athena_chain_clear(&ctas->chain);
    g_free(ctas->database);
    g_free(ctas->table);
    g_free(ctas->location);
    json_decref(ctas->partitioned_by);
    json_decref(ctas->bucketed_by);
    json_decref(ctas->additional_properties);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ctas, ctas_clear)

static gboolean check_word(const char *key, const char *word, const char *const *words,
                           GError **error)
{
    g_autofree char *all = g_strjoinv(", ", (char **)words);

    if (g_strv_contains(words, word)) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "[athena.ctas] %s '%s' is unsupported. It is one of %s", key, word, all);
    return FALSE;
}

static gboolean check_modes(const Ctas *ctas, GError **error)
{
    static const char *const table_modes[] = {"default", "empty", "data_only", NULL};
    static const char *const save_modes[] = {"overwrite", "none", "error_if_exists", "ignore",
                                             NULL};

    if (json_array_size(ctas->bucketed_by) > 0 && ctas->bucket_count <= 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "`bucket_count` must be set if `bucketed_by` is set");
        return FALSE;
    }
    if (strcmp(ctas->table_mode, "data_only") == 0 && ctas->location == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "table_mode: data_only needs a location");
        return FALSE;
    }
    return check_word("table_mode", ctas->table_mode, table_modes, error) &&
           check_word("save_mode", ctas->o->save_mode, save_modes, error);
}

static gboolean read_properties(Ctas *ctas, GError **error)
{
    const json_t *given = tg_operator_athena_option(ctas->turn, OP, "additional_properties");
    g_autoptr(json_t) alone = json_object();

    if (given != NULL) {
        json_object_set(alone, "additional_properties", (json_t *)given);
        ctas->additional_properties = tg_params_parse_map(alone, "additional_properties", error);
        return ctas->additional_properties != NULL;
    }
    return TRUE;
}

static gboolean read_ctas(Ctas *ctas, GError **error)
{
    const TgAthenaTarget *o = ctas->o;
    g_autofree char *count = NULL;

    ctas->database = tg_catalog_fold_name(o->database);
    if (!tg_athena_chain_has(ctas->turn, "table")) { /* one by chance is the same in each turn */
        tg_athena_chain_set(ctas->turn, "table", o->table);
    }
    ctas->table = tg_catalog_fold_name(tg_athena_chain_get(ctas->turn, "table"));
    ctas->location = o->location == NULL || g_str_has_suffix(o->location, "/")
                         ? g_strdup(o->location)
                         : g_strconcat(o->location, "/", NULL);
    if (!read_list(ctas->turn, "partitioned_by", &ctas->partitioned_by, error) ||
        !read_list(ctas->turn, "bucketed_by", &ctas->bucketed_by, error) ||
        !tg_operator_athena_text(ctas->turn, OP, "bucket_count", "0", &count, error) ||
        !read_properties(ctas, error) ||
        !tg_athena_read_direct(ctas->turn, OP, &ctas->is_direct, error)) {
        return FALSE;
    }
    ctas->bucket_count = g_ascii_strtoll(count, NULL, 10);
    return check_modes(ctas, error);
}

/* Looked at once: what this very task has made is not in its own way. *out_done: nothing to do. */
static gboolean check_present(Ctas *ctas, gboolean *out_done, GError **error)
{
    g_autoptr(json_t) table = NULL;
    g_autoptr(GPtrArray) objects = NULL;
    gboolean is_ignore = strcmp(ctas->o->save_mode, "ignore") == 0;
    gboolean is_error = strcmp(ctas->o->save_mode, "error_if_exists") == 0;

    if ((!is_ignore && !is_error) || tg_athena_chain_has(ctas->turn, "checked")) {
        return TRUE;
    }
    if (!tg_athena_table_find(ctas->place, ctas->database, ctas->table, &table, error)) {
        return FALSE;
    }
    objects = ctas->location == NULL ? g_ptr_array_new()
                                     : tg_object_list(ctas->place->objects, ctas->location, error);
    if (objects == NULL) {
        return FALSE;
    }
    *out_done = is_ignore && (table != NULL || objects->len > 0);
    if (is_error && table != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT, "'%s.%s' already exists", ctas->database,
                    ctas->table);
        return FALSE;
    }
    if (is_error && objects->len > 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFLICT, "%s already exists", ctas->location);
        return FALSE;
    }
    tg_athena_chain_set(ctas->turn, "checked", "true");
    return TRUE;
}

static TgAthenaStaging staging_of(Ctas *ctas, const char *table, const char *location)
{
    return (TgAthenaStaging){.chain = &ctas->chain,
                             .sql = ctas->o->sql,
                             .database = ctas->database,
                             .table = table,
                             .location = location,
                             .format = ctas->o->format,
                             .compression = ctas->o->compression,
                             .field_delimiter = ctas->o->field_delimiter,
                             .partitioned_by = ctas->partitioned_by,
                             .bucketed_by = ctas->bucketed_by,
                             .bucket_count = ctas->bucket_count,
                             .additional_properties = ctas->additional_properties,
                             .no_data = strcmp(ctas->table_mode, "empty") == 0};
}

/* What Athena made of the SELECT becomes the table, its partitions those of the table. */
static gboolean commit(Ctas *ctas, TgPublish *publish, const TgAthenaStaging *staging,
                       const TgPublishFacts *facts, GError **error)
{
    TgCatalog *catalog = ctas->place->catalog;
    g_autoptr(json_t) made = tg_catalog_get_table(catalog, ctas->database, staging->table, error);
    gboolean has_keys = made != NULL && json_array_size(tg_table_partition_keys(made)) > 0;
    g_autoptr(json_t) partitions =
        has_keys ? tg_catalog_list_partitions(catalog, ctas->database, staging->table, error)
                 : NULL;

    if (made == NULL || (has_keys && partitions == NULL)) {
        return FALSE;
    }
    ctas->turn->receipt = tg_publish_commit_table(publish, made, partitions, facts, error);
    if (ctas->turn->receipt == NULL) {
        return FALSE;
    }
    tg_athena_stage_drop_quietly(
        staging); /* readers see the new table: the task has done its work */
    tg_athena_chain_note(&ctas->chain, ctas->turn->receipt);
    return TRUE;
}

/* Where a new table goes when nobody says it: below its database's place, else, as Athena does it,
 * below that of the results. */
static gboolean choose_location(Ctas *ctas, GError **error)
{
    g_autoptr(json_t) table = NULL;
    g_autoptr(json_t) database = NULL;

    if (ctas->location != NULL) {
        return TRUE;
    }
    if (!tg_athena_table_find(ctas->place, ctas->database, ctas->table, &table, error)) {
        return FALSE;
    }
    if (table != NULL && tg_table_location(table) != NULL) {
        return TRUE; /* beside the present one */
    }
    database = tg_catalog_get_database(ctas->place->catalog, ctas->database, NULL);
    const char *base = json_string_value(json_object_get(database, "LocationUri"));
    gboolean has_base = base != NULL && g_str_has_prefix(base, "s3");

    base = has_base ? base : ctas->chain.output;
    ctas->location = g_strdup_printf("%s%s%s%s%s%s/", base, g_str_has_suffix(base, "/") ? "" : "/",
                                     has_base ? "" : "tables/", has_base ? "" : ctas->database,
                                     has_base ? "" : "/", ctas->table);
    return TRUE;
}

/* Stage, test, switch. */
static gboolean run_atomic(Ctas *ctas, gboolean *out_done, GError **error)
{
    if (!choose_location(ctas, error)) {
        return FALSE;
    }
    const TgPublishTarget target = {.database = ctas->database,
                                    .table = ctas->table,
                                    .location = ctas->location,
                                    .task_name = ctas->turn->task_name,
                                    .id = tg_athena_chain_get(ctas->turn, "publish_id"),
                                    .now_ms = ctas->turn->now_ms};
    g_autoptr(TgPublish) publish =
        tg_publish_begin(ctas->place->catalog, ctas->place->objects, &target, error);
    g_autoptr(json_t) tests = NULL;
    gint64 rows = -1;

    if (publish == NULL) {
        return FALSE;
    }
    tg_athena_chain_set(ctas->turn, "publish_id", tg_publish_id(publish));
    g_autofree char *name = tg_athena_staging_name(OP, tg_publish_id(publish));
    const TgAthenaStaging staging = staging_of(ctas, name, tg_publish_prefix(publish));

    if (!tg_athena_stage(&staging, out_done, &rows, error) ||
        (*out_done &&
         !tg_athena_stage_test(&staging, tg_operator_tests(ctas->turn), out_done, &tests, error))) {
        tg_athena_stage_drop_quietly(&staging);
        return FALSE;
    }
    if (!*out_done) {
        tg_publish_leave(publish);
        return TRUE;
    }
    const TgPublishFacts facts = {.rows = rows, .tests = tests};

    return tg_athena_check_written(&staging, rows, error) &&
           commit(ctas, publish, &staging, &facts, error);
}

/* The original's order: the old table and objects go before the query runs. */
static gboolean clear_way(Ctas *ctas, GError **error)
{
    g_autoptr(json_t) table = NULL;
    gint64 bytes = 0;

    if (strcmp(ctas->o->save_mode, "overwrite") != 0 ||
        tg_athena_chain_has(ctas->turn, "cleared")) {
        return TRUE;
    }
    if (!tg_athena_table_find(ctas->place, ctas->database, ctas->table, &table, error) ||
        (table != NULL && strcmp(ctas->table_mode, "data_only") != 0 &&
         !tg_athena_table_drop(ctas->place, table, FALSE, &bytes, error)) ||
        (ctas->location != NULL &&
         !tg_object_remove_prefix(ctas->place->objects, ctas->location, NULL, &bytes, error))) {
        return FALSE;
    }
    tg_athena_chain_set(ctas->turn, "cleared", "true");
    return TRUE;
}

static gboolean run_direct(Ctas *ctas, gboolean *out_done, GError **error)
{
    gboolean is_data_only = strcmp(ctas->table_mode, "data_only") == 0;
    TgAthenaStaging staging = staging_of(ctas, ctas->table, ctas->location);
    g_autoptr(json_t) tests = NULL;
    gint64 rows = -1;

    staging.if_not_exists = strcmp(ctas->o->save_mode, "ignore") == 0;
    if (!clear_way(ctas, error) || !tg_athena_stage(&staging, out_done, &rows, error) ||
        (*out_done &&
         !tg_athena_stage_test(&staging, tg_operator_tests(ctas->turn), out_done, &tests, error))) {
        return FALSE;
    }
    if (!*out_done) {
        return TRUE;
    }
    if (is_data_only && !tg_athena_stage_drop(&staging, error)) {
        return FALSE;
    }
    ctas->turn->receipt = json_pack("{s:s, s:s, s:s*}", "database", ctas->database, "table",
                                    ctas->table, "location", ctas->location);
    if (rows >= 0) {
        json_object_set_new(ctas->turn->receipt, "rows", json_integer(rows));
    }
    if (tests != NULL) {
        json_object_set(ctas->turn->receipt, "tests", tests);
    }
    tg_athena_chain_note(&ctas->chain, ctas->turn->receipt);
    return TRUE;
}

static gboolean run_athena(TgTurn *turn, const TgAthenaPlace *place, const TgAthenaTarget *o,
                           const char *table_mode, TgOutcome *out, GError **error)
{
    g_auto(Ctas) ctas = {.turn = turn, .place = place, .o = o, .table_mode = table_mode};
    gboolean is_done = FALSE;

    if (!read_ctas(&ctas, error) || !tg_athena_chain_open(turn, OP, place, &ctas.chain, error) ||
        !check_present(&ctas, &is_done, error)) {
        return FALSE;
    }
    if (is_done) {
        turn->receipt = json_pack("{s:b, s:s, s:s}", "skipped", 1, "database", ctas.database,
                                  "table", ctas.table);
        return TRUE;
    }
    /* Objects alone, and a table whose place nobody says, are as the original makes them. */
    gboolean is_direct = ctas.is_direct || strcmp(table_mode, "data_only") == 0;
    gboolean ok =
        is_direct ? run_direct(&ctas, &is_done, error) : run_atomic(&ctas, &is_done, error);

    *out = is_done ? TG_OUTCOME_DONE : TG_OUTCOME_POLL;
    return ok;
}

static gboolean run_trino(TgTurn *turn, const TgAthenaPlace *place, const TgAthenaTarget *o,
                          const char *table_mode, TgOutcome *out, GError **error)
{
    g_auto(Ctas) ctas = {.turn = turn, .place = place, .o = o, .table_mode = table_mode};
    gboolean is_done = FALSE;

    if (!tg_athena_chain_open(turn, OP, place, &ctas.chain, error) || !read_ctas(&ctas, error)) {
        return FALSE;
    }
    if (strcmp(table_mode, "data_only") == 0 || ctas.location != NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "engine: trino: write where objects go as additional_properties "
                    "(external_location: \"'s3://…'\"); there is no table_mode: data_only");
        return FALSE;
    }
    TgAthenaTarget target = *o;
    const TgTrinoCtas statement = {.chain = &ctas.chain,
                                   .target = &target,
                                   .partitioned_by = ctas.partitioned_by,
                                   .additional_properties = ctas.additional_properties,
                                   .table_mode = table_mode,
                                   .is_direct = ctas.is_direct,
                                   .tests = tg_operator_tests(turn)};

    target.table = ctas.table;
    gboolean ok = tg_trino_ctas(&statement, &is_done, error);

    *out = is_done ? TG_OUTCOME_DONE : TG_OUTCOME_POLL;
    return ok;
}

static gboolean athena_ctas_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(TgAthenaPlace) place = {NULL};
    g_auto(TgAthenaTarget) o = {NULL};
    g_autofree char *table_mode = NULL;

    *out = TG_OUTCOME_DONE;
    if (!tg_athena_place_open(turn, OP, &place, error)) {
        return FALSE;
    }
    if (turn->is_cancelled) {
        return tg_athena_chain_stop(turn, &place, error);
    }
    if (!read_target(turn, &place, &o, &table_mode, error)) {
        return FALSE;
    }
    if (place.athena == NULL && place.trino == NULL) {
        return run_local(turn, &o, table_mode, error);
    }
    gboolean ok = place.trino != NULL ? run_trino(turn, &place, &o, table_mode, out, error)
                                      : run_athena(turn, &place, &o, table_mode, out, error);

    if (!ok) {
        tg_athena_chain_reset(turn);
    }
    return ok;
}

static const char *const options[] = {"database",
                                      "table",
                                      "location",
                                      "format",
                                      "compression",
                                      "partitioned_by",
                                      "bucketed_by",
                                      "bucket_count",
                                      "field_delimiter",
                                      "additional_properties",
                                      "table_mode",
                                      "save_mode",
                                      "publish",
                                      "test",
                                      "tests",
                                      TG_ATHENA_CHAIN_OPTIONS,
                                      TG_ATHENA_AUTH_OPTIONS,
                                      NULL};

const TgOperator tg_operator_athena_ctas = {.name = "athena.ctas",
                                            .help = "Makes a table of a SELECT",
                                            .options = options,
                                            .honours_retry = TRUE,
                                            .run = athena_ctas_run};

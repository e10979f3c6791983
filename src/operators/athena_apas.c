/* athena.apas>: makes or replaces a partition by a SELECT, in one switch. Spec: athena.md 1.5. */
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

#define OP "apas"

static gboolean read_target(const TgTurn *turn, const TgAthenaPlace *place, TgAthenaTarget *target,
                            GError **error)
{
    const TgAthenaOption rows[] = {
        {"location", NULL, &target->location},
        {"format", NULL, &target->format},
        {"compression", NULL, &target->compression},
        {"field_delimiter", NULL, &target->field_delimiter},
        {"save_mode", "overwrite", &target->save_mode},
        {NULL},
    };

    return tg_operator_athena_required(turn, OP, "database", &target->database, error) &&
           tg_operator_athena_required(turn, OP, "table", &target->table, error) &&
           tg_athena_target_read(turn, OP, place, rows, target, error);
}

static gboolean run_local(TgTurn *turn, const TgAthenaTarget *o, const json_t *partition_kv,
                          gboolean ignore_schema_diff, GError **error)
{
    TgQuery *query = turn->services->query(turn->services, error);

    if (query == NULL) {
        return FALSE;
    }
    TgApasRequest request = {.sql = o->sql,
                             .source_name = o->name,
                             .database = o->database,
                             .table = o->table,
                             .partition_kv = partition_kv,
                             .location = o->location,
                             .format = o->format,
                             .compression = o->compression,
                             .field_delimiter = o->field_delimiter,
                             .save_mode = o->save_mode,
                             .ignore_schema_diff = ignore_schema_diff,
                             .tests = tg_operator_tests(turn),
                             .task_name = turn->task_name,
                             .is_cancelled = turn->services->is_cancelled,
                             .now_ms = turn->now_ms};

    return tg_query_apas(query, &request, &turn->receipt, error);
}

/* --- Athena --- */

typedef struct {
    TgTurn *turn;
    const TgAthenaPlace *place;
    TgAthenaChain chain;
    const TgAthenaTarget *o;
    const json_t *partition_kv;
    gboolean ignore_schema_diff;
    TgAthenaPartition found;
    char *format;
    char *compression;
    char *delimiter;
} Apas;

static void apas_clear(Apas *apas)
{
    tg_athena_chain_clear(&apas->chain);
    tg_athena_partition_clear(&apas->found);
    g_free(apas->format);
    g_free(apas->compression);
    g_free(apas->delimiter);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Apas, apas_clear)

/* The format that a SerDe writes; the original's list. */
static const char *format_of(const Apas *apas, const char *serde)
{
    static const struct {
        const char *serde;
        const char *format;
    } rows[] = {{"org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", "parquet"},
                {"org.apache.hadoop.hive.ql.io.orc.OrcSerde", "orc"},
                {"org.apache.hadoop.hive.serde2.avro.AvroSerDe", "avro"},
                {"org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "textfile"},
                {"org.apache.hadoop.hive.serde2.OpenCSVSerde", "textfile"},
                {"org.apache.hive.hcatalog.data.JsonSerDe", "json"},
                {"org.openx.data.jsonserde.JsonSerDe", "json"},
                {"com.amazon.emr.hive.serde.CloudTrailSerde", "json"},
                {"com.amazonaws.glue.serde.GrokSerDe", "textfile"},
                {"org.apache.hadoop.hive.serde2.RegexSerDe", "textfile"}};

    for (gsize i = 0; serde != NULL && i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].serde, serde) == 0) {
            return rows[i].format;
        }
    }
    g_autofree char *line =
        g_strdup_printf("the SerDe %s is not known: textfile is written", serde);

    apas->turn->services->note(apas->turn->services, apas->turn->task_name, line);
    return "textfile";
}

/* What is not given is as the table is. */
static void detect_format(Apas *apas)
{
    const json_t *table = apas->found.table_json;
    const json_t *serde = json_object_get(json_object_get(table, "StorageDescriptor"), "SerdeInfo");
    const char *library = json_string_value(json_object_get(serde, "SerializationLibrary"));
    const char *delimiter =
        json_string_value(json_object_get(json_object_get(serde, "Parameters"), "field.delim"));
    const char *compression = tg_table_parameter(table, "parquet.compression");

    if (compression == NULL) {
        compression = tg_table_parameter(table, "orc.compression");
    }
    apas->format = g_strdup(apas->o->format != NULL ? apas->o->format : format_of(apas, library));
    apas->compression = g_strdup(apas->o->compression != NULL ? apas->o->compression : compression);
    apas->delimiter =
        g_strdup(apas->o->field_delimiter != NULL ? apas->o->field_delimiter : delimiter);
}

/* Looked at once. *out_done: there is nothing to do. */
static gboolean check_present(Apas *apas, const char *location, gboolean *out_done, GError **error)
{
    static const char *const modes[] = {"overwrite", "skip_if_exists", "error_if_exists", NULL};
    const char *mode = apas->o->save_mode;
    g_autoptr(GPtrArray) objects = NULL;

    if (!g_strv_contains(modes, mode)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "save_mode: '%s' is none of overwrite, skip_if_exists, error_if_exists", mode);
        return FALSE;
    }
    if (strcmp(mode, "overwrite") == 0 || tg_athena_chain_has(apas->turn, "checked")) {
        return TRUE;
    }
    objects = tg_object_list(apas->place->objects, location, error);
    if (objects == NULL) {
        return FALSE;
    }
    gboolean exists = apas->found.partition != NULL || objects->len > 0;

    *out_done = exists && strcmp(mode, "skip_if_exists") == 0;
    if (exists && strcmp(mode, "error_if_exists") == 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "the partition %s of %s.%s already exists",
                    apas->found.path, apas->found.database, apas->found.table);
        return FALSE;
    }
    tg_athena_chain_set(apas->turn, "checked", "true");
    return TRUE;
}

static gboolean staging_of(const Apas *apas, const char *table, const char *location,
                           TgAthenaStaging *out, GError **error)
{
    g_autofree char *count = NULL;

    *out =
        (TgAthenaStaging){.chain = (TgAthenaChain *)&apas->chain,
                          .sql = apas->o->sql,
                          .database = apas->found.database,
                          .table = table,
                          .location = location,
                          .format = apas->format,
                          .compression = apas->compression,
                          .field_delimiter = apas->delimiter,
                          .bucketed_by = tg_operator_athena_option(apas->turn, OP, "bucketed_by"),
                          .additional_properties =
                              tg_operator_athena_option(apas->turn, OP, "additional_properties")};
    if (!tg_operator_athena_text(apas->turn, OP, "bucket_count", "0", &count, error)) {
        return FALSE;
    }
    out->bucket_count = g_ascii_strtoll(count, NULL, 10);
    return TRUE;
}

/* The columns that the SELECT gives, from an empty table: nothing is read for it. */
static gboolean check_schema(const Apas *apas, const TgAthenaStaging *rows_staging,
                             const char *root, gboolean *out_done, GError **error)
{
    g_autofree char *name = g_strconcat(rows_staging->table, "_schema", NULL);
    g_autofree char *location = g_strconcat(root, "schema/", NULL);
    TgAthenaStaging staging = *rows_staging;
    g_autoptr(json_t) made = NULL;
    gint64 rows = 0;

    *out_done = TRUE;
    if (tg_athena_chain_has(apas->turn, "schema")) {
        return TRUE;
    }
    staging.table = name;
    staging.location = location;
    staging.no_data = TRUE;
    if (!tg_athena_stage(&staging, out_done, &rows, error)) {
        return FALSE;
    }
    if (!*out_done) {
        return TRUE;
    }
    made = tg_catalog_get_table(apas->place->catalog, staging.database, name, error);
    if (made == NULL || !tg_athena_stage_drop(&staging, error) ||
        (!apas->ignore_schema_diff &&
         !tg_table_compare_columns(apas->found.table_json, tg_table_columns(made), "the SELECT",
                                   error))) {
        return FALSE;
    }
    tg_athena_chain_set(apas->turn, "schema", "equal");
    return TRUE;
}

static json_t *receipt_of(const Apas *apas, const char *location, gint64 rows)
{
    json_t *receipt =
        json_pack("{s:s, s:s, s:s, s:s}", "database", apas->found.database, "table",
                  apas->found.table, "partition", apas->found.path, "location", location);

    if (rows >= 0) {
        json_object_set_new(receipt, "rows", json_integer(rows));
    }
    return receipt;
}

/* The original's order: the old partition and its objects go before the query runs. */
static gboolean clear_way(const Apas *apas, const char *location, GError **error)
{
    if (strcmp(apas->o->save_mode, "overwrite") != 0 ||
        tg_athena_chain_has(apas->turn, "cleared")) {
        return TRUE;
    }
    if ((apas->found.partition != NULL &&
         !tg_catalog_drop_partition(apas->place->catalog, apas->found.database, apas->found.table,
                                    (TgPartitionValues)apas->found.values, error)) ||
        !tg_object_remove_prefix(apas->place->objects, location, NULL, NULL, error)) {
        return FALSE;
    }
    tg_athena_chain_set(apas->turn, "cleared", "true");
    return TRUE;
}

static gboolean add_direct(const Apas *apas, const char *location, GError **error)
{
    g_autoptr(GPtrArray) objects = tg_object_list(apas->place->objects, location, error);
    g_autoptr(json_t) inputs =
        json_pack("[{s:[], s:{s:s}}]", "Values", "StorageDescriptor", "Location", location);

    for (guint i = 0; apas->found.values[i] != NULL; i++) {
        json_array_append_new(json_object_get(json_array_get(inputs, 0), "Values"),
                              json_string(apas->found.values[i]));
    }
    /* a SELECT without rows writes no object, and then there is no partition */
    return objects != NULL && (objects->len == 0 || tg_catalog_create_partitions(
                                                        apas->place->catalog, apas->found.database,
                                                        apas->found.table, inputs, TRUE, error));
}

static gboolean run_direct(Apas *apas, const char *location, gboolean *out_done, GError **error)
{
    g_autofree char *id = NULL;
    TgAthenaStaging staging = {0};
    g_autoptr(json_t) tests = NULL;
    gint64 rows = -1;

    if (!tg_athena_chain_has(apas->turn, "id")) {
        id = tg_random_id(16);
        tg_athena_chain_set(apas->turn, "id", id);
    }
    g_autofree char *name = tg_athena_staging_name(OP, tg_athena_chain_get(apas->turn, "id"));

    gboolean ok = clear_way(apas, location, error) &&
                  staging_of(apas, name, location, &staging, error) &&
                  check_schema(apas, &staging, location, out_done, error);

    ok = ok && (!*out_done || tg_athena_stage(&staging, out_done, &rows, error));
    ok = ok && (!*out_done || tg_athena_stage_test(&staging, tg_operator_tests(apas->turn),
                                                   out_done, &tests, error));
    if (!ok) {
        return FALSE;
    }
    if (!*out_done) {
        return TRUE;
    }
    if (!tg_athena_stage_drop(&staging, error) || !add_direct(apas, location, error)) {
        return FALSE;
    }
    apas->turn->receipt = receipt_of(apas, location, rows);
    tg_athena_chain_note(&apas->chain, apas->turn->receipt);
    return TRUE;
}

/* A SELECT without rows makes no new partition, but an old one must not keep its rows. */
static gboolean commit(Apas *apas, TgPublish *publish, const TgAthenaStaging *staging,
                       const TgPublishFacts *facts, GError **error)
{
    g_autoptr(GPtrArray) objects = tg_object_list(apas->place->objects, staging->location, error);

    if (objects == NULL || !tg_athena_check_written(staging, facts->rows, error) ||
        !tg_athena_stage_drop(staging, error)) {
        return FALSE;
    }
    apas->turn->receipt = objects->len == 0 && apas->found.partition == NULL
                              ? receipt_of(apas, staging->location, 0)
                              : tg_publish_commit_partition(
                                    publish, (TgPartitionValues)apas->found.values, facts, error);
    if (apas->turn->receipt == NULL) {
        return FALSE;
    }
    tg_athena_chain_note(&apas->chain, apas->turn->receipt);
    return TRUE;
}

/* What the partition was in the first turn is what is replaced. */
static TgPublish *begin(Apas *apas, GError **error)
{
    const TgPublishTarget target = {.database = apas->found.database,
                                    .table = apas->found.table,
                                    .location = apas->o->location,
                                    .task_name = apas->turn->task_name,
                                    .id = tg_athena_chain_get(apas->turn, "publish_id"),
                                    .base = tg_athena_chain_get(apas->turn, "base"),
                                    .now_ms = apas->turn->now_ms};
    g_autoptr(TgPublish) publish =
        tg_publish_begin(apas->place->catalog, apas->place->objects, &target, error);

    if (publish == NULL ||
        (target.base == NULL &&
         !tg_publish_build_on_partition(publish, (TgPartitionValues)apas->found.values, error))) {
        return NULL;
    }
    if (target.base == NULL) {
        g_autofree char *base = tg_publish_base(publish);

        tg_athena_chain_set(apas->turn, "publish_id", tg_publish_id(publish));
        tg_athena_chain_set(apas->turn, "base", base);
    }
    return g_steal_pointer(&publish);
}

/* Compare the columns, stage, test, switch. */
static gboolean run_atomic(Apas *apas, gboolean *out_done, GError **error)
{
    g_autoptr(TgPublish) publish = begin(apas, error);
    g_autoptr(json_t) tests = NULL;
    TgAthenaStaging staging = {0};
    gint64 rows = -1;

    if (publish == NULL) {
        return FALSE;
    }
    g_autofree char *name = tg_athena_staging_name(OP, tg_publish_id(publish));
    g_autofree char *location = g_strconcat(tg_publish_prefix(publish), apas->found.path, NULL);
    gboolean ok = staging_of(apas, name, location, &staging, error) &&
                  check_schema(apas, &staging, tg_publish_prefix(publish), out_done, error);

    ok = ok && (!*out_done || tg_athena_stage(&staging, out_done, &rows, error));
    ok = ok && (!*out_done || tg_athena_stage_test(&staging, tg_operator_tests(apas->turn),
                                                   out_done, &tests, error));
    if (!ok) {
        tg_athena_stage_drop_quietly(&staging);
        return FALSE;
    }
    if (!*out_done) {
        tg_publish_leave(publish);
        return TRUE;
    }
    const TgPublishFacts facts = {.rows = rows, .tests = tests};

    return commit(apas, publish, &staging, &facts, error);
}

/* The Hive path of the partition below its table, or what the option says; ends in '/'. */
static char *location_of(const Apas *apas)
{
    const char *base = tg_table_location(apas->found.table_json);
    const char *given = apas->o->location;

    if (given != NULL) {
        return g_str_has_suffix(given, "/") ? g_strdup(given) : g_strconcat(given, "/", NULL);
    }
    base = base == NULL ? "" : base;
    return g_strconcat(base, g_str_has_suffix(base, "/") ? "" : "/", apas->found.path, NULL);
}

static gboolean run_athena(Apas *apas, TgOutcome *out, GError **error)
{
    gboolean is_direct = FALSE;
    gboolean is_done = FALSE;

    if (!tg_athena_partition_find(apas->turn, OP, apas->place, &apas->found, error) ||
        !tg_athena_read_direct(apas->turn, OP, &is_direct, error) ||
        !tg_athena_chain_open(apas->turn, OP, apas->place, &apas->chain, error)) {
        return FALSE;
    }
    g_autofree char *location = location_of(apas);

    detect_format(apas);
    if (!check_present(apas, location, &is_done, error)) {
        return FALSE;
    }
    if (is_done) {
        apas->turn->receipt = json_pack("{s:b, s:s, s:s}", "skipped", 1, "database",
                                        apas->found.database, "table", apas->found.table);
        return TRUE;
    }
    gboolean ok =
        is_direct ? run_direct(apas, location, &is_done, error) : run_atomic(apas, &is_done, error);

    *out = is_done ? TG_OUTCOME_DONE : TG_OUTCOME_POLL;
    return ok;
}

static gboolean run_trino(TgTurn *turn, const TgAthenaPlace *place, const TgAthenaTarget *o,
                          const json_t *partition_kv, TgOutcome *out, GError **error)
{
    g_auto(TgAthenaChain) chain = {NULL};
    gboolean is_done = FALSE;

    if (!tg_athena_chain_open(turn, OP, place, &chain, error)) {
        return FALSE;
    }
    const TgTrinoApas apas = {.chain = &chain,
                              .target = o,
                              .partition_kv = partition_kv,
                              .tests = tg_operator_tests(turn)};
    gboolean ok = tg_trino_apas(&apas, &is_done, error);

    *out = is_done ? TG_OUTCOME_DONE : TG_OUTCOME_POLL;
    return ok;
}

static gboolean athena_apas_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(TgAthenaPlace) place = {NULL};
    g_auto(TgAthenaTarget) o = {NULL};
    g_autoptr(json_t) partition_kv = tg_params_parse_map(turn->params, "partition_kv", error);
    gboolean ignore_schema_diff = FALSE;

    *out = TG_OUTCOME_DONE;
    if (partition_kv == NULL || !tg_athena_place_open(turn, OP, &place, error)) {
        return FALSE;
    }
    if (turn->is_cancelled) {
        return tg_athena_chain_stop(turn, &place, error);
    }
    if (!read_target(turn, &place, &o, error) ||
        !tg_params_get_boolean(turn->params, "ignore_schema_diff", FALSE, &ignore_schema_diff,
                               error)) {
        return FALSE;
    }
    if (place.athena == NULL && place.trino == NULL) {
        return run_local(turn, &o, partition_kv, ignore_schema_diff, error);
    }
    g_auto(Apas) apas = {.turn = turn,
                         .place = &place,
                         .o = &o,
                         .partition_kv = partition_kv,
                         .ignore_schema_diff = ignore_schema_diff};
    gboolean ok = place.trino != NULL ? run_trino(turn, &place, &o, partition_kv, out, error)
                                      : run_athena(&apas, out, error);

    if (!ok) {
        tg_athena_chain_reset(turn);
    }
    return ok;
}

static const char *const options[] = {"database",
                                      "table",
                                      "partition_kv",
                                      "location",
                                      "format",
                                      "compression",
                                      "field_delimiter",
                                      "save_mode",
                                      "publish",
                                      "bucketed_by",
                                      "bucket_count",
                                      "additional_properties",
                                      "ignore_schema_diff",
                                      "test",
                                      "tests",
                                      TG_ATHENA_CHAIN_OPTIONS,
                                      TG_ATHENA_AUTH_OPTIONS,
                                      NULL};

const TgOperator tg_operator_athena_apas = {.name = "athena.apas",
                                            .help = "Makes or replaces a partition by a SELECT",
                                            .options = options,
                                            .honours_retry = TRUE,
                                            .run = athena_apas_run};

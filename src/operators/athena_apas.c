/* athena.apas>: makes or replaces a partition by a SELECT, in one switch. Spec: athena.md 1.5. */
#include "operators/support.h"
#include "operators/support_athena.h"
#include "params/params.h"

static gboolean read_target(const TgTurn *turn, TgAthenaTarget *target, GError **error)
{
    const TgAthenaOption rows[] = {
        {"location", NULL, &target->location},
        {"format", NULL, &target->format},
        {"compression", NULL, &target->compression},
        {"field_delimiter", NULL, &target->field_delimiter},
        {"save_mode", "overwrite", &target->save_mode},
        {NULL},
    };

    return tg_operator_athena_required(turn, "apas", "database", &target->database, error) &&
           tg_operator_athena_required(turn, "apas", "table", &target->table, error) &&
           tg_athena_target_read(turn, "apas", rows, target, error);
}

static gboolean athena_apas_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(TgAthenaTarget) o = {NULL};
    g_autoptr(json_t) partition_kv = tg_params_parse_map(turn->params, "partition_kv", error);
    TgQuery *query = NULL;
    gboolean ignore_schema_diff = FALSE;

    if (partition_kv == NULL || !read_target(turn, &o, error) ||
        !tg_params_get_boolean(turn->params, "ignore_schema_diff", FALSE, &ignore_schema_diff,
                               error)) {
        return FALSE;
    }
    query = turn->services->query(turn->services, error);
    if (query == NULL) {
        return FALSE;
    }
    TgApasRequest request = {.sql = o.sql,
                             .source_name = o.name,
                             .database = o.database,
                             .table = o.table,
                             .partition_kv = partition_kv,
                             .location = o.location,
                             .format = o.format,
                             .compression = o.compression,
                             .field_delimiter = o.field_delimiter,
                             .save_mode = o.save_mode,
                             .ignore_schema_diff = ignore_schema_diff,
                             .tests = tg_operator_tests(turn),
                             .task_name = turn->task_name,
                             .is_cancelled = turn->services->is_cancelled,
                             .now_ms = turn->now_ms};

    *out = TG_OUTCOME_DONE;
    return tg_query_apas(query, &request, &turn->receipt, error);
}

static const char *const options[] = {"database",
                                      "table",
                                      "partition_kv",
                                      "workgroup",
                                      "location",
                                      "format",
                                      "compression",
                                      "field_delimiter",
                                      "save_mode",
                                      "bucketed_by",
                                      "bucket_count",
                                      "additional_properties",
                                      "ignore_schema_diff",
                                      "token_prefix",
                                      "timeout",
                                      "catalog_id",
                                      "test",
                                      "tests",
                                      NULL};

const TgOperator tg_operator_athena_apas = {.name = "athena.apas",
                                            .help = "Makes or replaces a partition by a SELECT",
                                            .options = options,
                                            .honours_retry = TRUE,
                                            .run = athena_apas_run};

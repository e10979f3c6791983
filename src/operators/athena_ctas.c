/* athena.ctas>: makes a table of a SELECT, in one switch. Spec: shared/spec/athena.md 1.4. */
#include <string.h>

#include "base/random.h"
#include "operators/support.h"
#include "operators/support_athena.h"
#include "params/params.h"

static char *random_table(void)
{
    g_autofree char *id = tg_random_id(24);

    return g_strconcat("digdag_athena_ctas_", id, NULL);
}

/* `partitioned_by`, given as a list or as JSON text; *out stays NULL when it is not given. */
static gboolean read_partitions(const TgTurn *turn, json_t **out, GError **error)
{
    const json_t *given = tg_operator_athena_option(turn, "ctas", "partitioned_by");
    g_autoptr(json_t) alone = json_object();

    if (given == NULL) {
        return TRUE;
    }
    json_object_set(alone, "partitioned_by", (json_t *)given);
    *out = tg_params_parse_list(alone, "partitioned_by", error);
    return *out != NULL;
}

static gboolean refuse_buckets(const TgTurn *turn, GError **error)
{
    if (tg_operator_athena_option(turn, "ctas", "bucketed_by") == NULL) {
        return TRUE;
    }
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "bucketed_by: the local engine writes no bucketed tables; remove the option, or "
                "use partitioned_by");
    return FALSE;
}

static gboolean read_target(const TgTurn *turn, TgAthenaTarget *target, char **table_mode,
                            GError **error)
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

    return tg_athena_target_read(turn, "ctas", rows, target, error) && refuse_buckets(turn, error);
}

static gboolean athena_ctas_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(TgAthenaTarget) o = {NULL};
    g_autofree char *table_mode = NULL;
    g_autoptr(json_t) partitioned_by = NULL;
    TgQuery *query = NULL;

    if (!read_target(turn, &o, &table_mode, error) ||
        !read_partitions(turn, &partitioned_by, error)) {
        return FALSE;
    }
    query = turn->services->query(turn->services, error);
    if (query == NULL) {
        return FALSE;
    }
    TgCtasRequest request = {.sql = o.sql,
                             .source_name = o.name,
                             .database = o.database,
                             .table = o.table,
                             .location = o.location,
                             .format = o.format,
                             .compression = o.compression,
                             .field_delimiter = o.field_delimiter,
                             .partitioned_by = partitioned_by,
                             .table_mode = table_mode,
                             .save_mode = o.save_mode,
                             .tests = tg_operator_tests(turn),
                             .task_name = turn->task_name,
                             .is_cancelled = turn->services->is_cancelled,
                             .now_ms = turn->now_ms};

    *out = TG_OUTCOME_DONE;
    return tg_query_ctas(query, &request, &turn->receipt, error);
}

static const char *const options[] = {"database",
                                      "table",
                                      "workgroup",
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
                                      "token_prefix",
                                      "timeout",
                                      "catalog_id",
                                      "test",
                                      "tests",
                                      NULL};

const TgOperator tg_operator_athena_ctas = {.name = "athena.ctas",
                                            .help = "Makes a table of a SELECT",
                                            .options = options,
                                            .honours_retry = TRUE,
                                            .run = athena_ctas_run};

/* athena.apas>: makes or replaces a partition by a SELECT, in one switch. Spec: athena.md 1.5. */
#include "operators/support.h"
#include "params/params.h"

typedef struct {
    char *sql;
    char *name;
    char *database;
    char *table;
    char *location;
    char *format;
    char *compression;
    char *field_delimiter;
    char *save_mode;
    json_t *partition_kv;
} Options;

static void options_clear(Options *o)
{
    g_free(o->sql);
    g_free(o->name);
    g_free(o->database);
    g_free(o->table);
    g_free(o->location);
    g_free(o->format);
    g_free(o->compression);
    g_free(o->field_delimiter);
    g_free(o->save_mode);
    json_decref(o->partition_kv);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean read_options(const TgTurn *turn, Options *o, GError **error)
{
    const struct {
        const char *key;
        const char *fallback;
        char **into;
    } rows[] = {
        {"location", NULL, &o->location},          {"format", NULL, &o->format},
        {"compression", NULL, &o->compression},    {"field_delimiter", NULL, &o->field_delimiter},
        {"save_mode", "overwrite", &o->save_mode},
    };

    if (!tg_operator_athena_required(turn, "apas", "database", &o->database, error) ||
        !tg_operator_athena_required(turn, "apas", "table", &o->table, error)) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!tg_operator_athena_text(turn, "apas", rows[i].key, rows[i].fallback, rows[i].into,
                                     error)) {
            return FALSE;
        }
    }
    o->partition_kv = tg_params_parse_map(turn->params, "partition_kv", error);
    return o->partition_kv != NULL && tg_operator_read_sql(turn, &o->sql, &o->name, error);
}

static gboolean athena_apas_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(Options) o = {NULL};
    TgQuery *query = NULL;
    gboolean ignore_schema_diff = FALSE;

    if (!read_options(turn, &o, error) ||
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
                             .partition_kv = o.partition_kv,
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

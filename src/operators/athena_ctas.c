/* athena.ctas>: makes a table of a SELECT, in one switch. Spec: shared/spec/athena.md 1.4. */
#include <string.h>

#include "base/random.h"
#include "operators/support.h"
#include "params/params.h"

/* The texts of the request, owned here while it runs. */
typedef struct {
    char *sql;
    char *name;
    char *database;
    char *table;
    char *location;
    char *format;
    char *compression;
    char *field_delimiter;
    char *table_mode;
    char *save_mode;
    json_t *partitioned_by;
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
    g_free(o->table_mode);
    g_free(o->save_mode);
    json_decref(o->partitioned_by);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static char *random_table(void)
{
    g_autofree char *id = tg_random_id(24);

    return g_strconcat("digdag_athena_ctas_", id, NULL);
}

static gboolean read_list(const TgTurn *turn, Options *o, GError **error)
{
    if (tg_operator_athena_option(turn, "ctas", "partitioned_by") == NULL) {
        return TRUE;
    }
    if (tg_params_has(turn->params, "partitioned_by")) {
        o->partitioned_by = tg_params_parse_list(turn->params, "partitioned_by", error);
    } else {
        g_autoptr(json_t) alone = json_object();

        json_object_set(alone, "partitioned_by",
                        (json_t *)tg_operator_athena_option(turn, "ctas", "partitioned_by"));
        o->partitioned_by = tg_params_parse_list(alone, "partitioned_by", error);
    }
    return o->partitioned_by != NULL;
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

static gboolean read_options(const TgTurn *turn, Options *o, GError **error)
{
    g_autofree char *table = random_table();
    const struct {
        const char *key;
        const char *fallback;
        char **into;
    } rows[] = {
        {"database", "default", &o->database},      {"table", table, &o->table},
        {"location", NULL, &o->location},           {"format", "parquet", &o->format},
        {"compression", "snappy", &o->compression}, {"field_delimiter", NULL, &o->field_delimiter},
        {"table_mode", "default", &o->table_mode},  {"save_mode", "overwrite", &o->save_mode},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!tg_operator_athena_text(turn, "ctas", rows[i].key, rows[i].fallback, rows[i].into,
                                     error)) {
            return FALSE;
        }
    }
    return read_list(turn, o, error) && refuse_buckets(turn, error) &&
           tg_operator_read_sql(turn, &o->sql, &o->name, error);
}

static gboolean athena_ctas_run(TgTurn *turn, TgOutcome *out, GError **error)
{
    g_auto(Options) o = {NULL};
    TgQuery *query = NULL;

    if (!read_options(turn, &o, error)) {
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
                             .partitioned_by = o.partitioned_by,
                             .table_mode = o.table_mode,
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

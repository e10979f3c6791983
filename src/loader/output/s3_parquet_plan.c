/* Which type each column of a Parquet object gets: exact, or as embulk-output-s3_parquet. */
#include <string.h>

#include "loader/output/s3_parquet.h"
#include "params/params.h"

/* What `column_options` and `type_options` say about a column. */
typedef struct {
    const json_t *of_column;
    const json_t *of_type;
} Options;

static gboolean option_text(const Options *options, const char *key, const char *fallback,
                            char **out, GError **error)
{
    const json_t *from =
        tg_params_has(options->of_column, key) ? options->of_column : options->of_type;

    return tg_params_dup_text_or(from, key, fallback, out, error);
}

static gboolean fail_logical(const char *name, const TgColumn *column, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "the logical type '%s' does not fit the column '%s' of type %s", name, column->name,
                tg_type_embulk_name(column->type));
    return FALSE;
}

/* An integer of 8 to 64 bits; unsigned ones become the next wider, so that Hive has a type. */
static gboolean plan_integer(S3ParquetColumn *plan, gint64 bits, gboolean is_signed)
{
    static const TgTypeId ids[] = {TG_TYPE_INT8, TG_TYPE_INT16, TG_TYPE_INT32, TG_TYPE_INT64};

    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        if (bits == 8 << i) {
            plan->minimum = is_signed ? -((TgInt128)1 << (bits - 1)) : 0;
            plan->maximum = ((TgInt128)1 << (is_signed ? bits - 1 : bits)) - 1;
            plan->type = is_signed || i < 3 ? (TgType){.id = ids[MIN(is_signed ? i : i + 1, 3)]}
                                            : (TgType){.id = TG_TYPE_DECIMAL, .precision = 20};
            plan->kind = S3_PARQUET_INTEGER;
            return TRUE;
        }
    }
    return FALSE;
}

/* A name as converted_type and the old logical_type spell it: "timestamp-millis", "uint8". */
static gboolean plan_by_name(S3ParquetColumn *plan, const TgColumn *column, const char *name,
                             GError **error)
{
    g_autofree char *folded = g_ascii_strdown(name, -1);
    gboolean is_timestamp = column->type.id == TG_TYPE_TIMESTAMP;
    gboolean is_unsigned = g_str_has_prefix(folded, "uint");

    g_strdelimit(folded, "_", '-');
    if (g_str_has_prefix(folded, "timestamp-") && is_timestamp) {
        plan->kind = S3_PARQUET_INSTANT;
        plan->type =
            (TgType){.id = TG_TYPE_TIMESTAMP,
                     .unit = strcmp(folded, "timestamp-nanos") == 0 ? TG_UNIT_NANO : TG_UNIT_MICRO,
                     .is_utc = TRUE};
        return TRUE;
    }
    if (strcmp(folded, "date") == 0 && is_timestamp) {
        plan->kind = S3_PARQUET_DATE;
        plan->type = (TgType){.id = TG_TYPE_DATE};
        return TRUE;
    }
    if ((strcmp(folded, "json") == 0 || strcmp(folded, "utf8") == 0) &&
        tg_type_is_bytes(column->type)) {
        return TRUE;
    }
    if ((g_str_has_prefix(folded, "int") || is_unsigned) && !is_timestamp &&
        plan_integer(plan, g_ascii_strtoll(folded + (is_unsigned ? 4 : 3), NULL, 10),
                     !is_unsigned)) {
        return TRUE;
    }
    return fail_logical(name, column, error);
}

static gboolean plan_decimal(S3ParquetColumn *plan, const TgColumn *column, const json_t *logical,
                             GError **error)
{
    gint64 precision = 0;
    gint64 scale = 0;

    if (!tg_params_get_int64(logical, "precision", 0, &precision, error) ||
        !tg_params_get_int64(logical, "scale", 0, &scale, error)) {
        return FALSE;
    }
    if (precision < 1 || precision > 38 || scale < 0 || scale > precision ||
        column->type.id == TG_TYPE_TIMESTAMP) {
        return fail_logical("decimal", column, error);
    }
    plan->kind = S3_PARQUET_DECIMAL;
    plan->type =
        (TgType){.id = TG_TYPE_DECIMAL, .precision = (guint8)precision, .scale = (guint8)scale};
    return TRUE;
}

/* logical_type: {name: int, bit_width: 8, is_signed: false} and the like. */
static gboolean plan_by_map(S3ParquetColumn *plan, const TgColumn *column, const json_t *logical,
                            GError **error)
{
    g_autofree char *name = tg_params_dup_text(logical, "name", error);
    g_autofree char *unit = NULL;
    g_autofree char *joined = NULL;
    gint64 bits = 0;
    gboolean is_signed = TRUE;
    gboolean is_utc = TRUE;

    if (name == NULL || !tg_params_dup_text_or(logical, "time_unit", "MILLIS", &unit, error) ||
        !tg_params_get_int64(logical, "bit_width", 64, &bits, error) ||
        !tg_params_get_boolean(logical, "is_signed", TRUE, &is_signed, error)) {
        return FALSE;
    }
    if (strcmp(name, "decimal") == 0) {
        return plan_decimal(plan, column, logical, error);
    }
    if (strcmp(name, "timestamp") == 0) {
        joined = g_strdup_printf("timestamp-%s", unit);
        if (!tg_params_get_boolean(logical, "is_adjusted_to_utc", TRUE, &is_utc, error) ||
            !plan_by_name(plan, column, joined, error)) {
            return FALSE;
        }
        plan->type.is_utc = is_utc;
        return TRUE;
    }
    if (strcmp(name, "int") == 0) {
        joined = g_strdup_printf("%s%d", is_signed ? "int" : "uint", (int)bits);
    } else {
        joined = g_strdup(name);
    }
    return plan_by_name(plan, column, joined, error);
}

static gboolean plan_text_format(S3ParquetColumn *plan, const Options *options,
                                 const json_t *config, GError **error)
{
    g_autofree char *format = NULL;
    g_autofree char *zone = NULL;
    g_autofree char *format_default = NULL;
    g_autofree char *zone_default = NULL;

    if (!tg_params_dup_text_or(config, "default_timestamp_format", "%Y-%m-%d %H:%M:%S.%6N %z",
                               &format_default, error) ||
        !tg_params_dup_text_or(config, "default_timezone", "UTC", &zone_default, error) ||
        !option_text(options, "format", format_default, &format, error) ||
        !option_text(options, "timezone", zone_default, &zone, error)) {
        return FALSE;
    }
    plan->kind = S3_PARQUET_TIMESTAMP_TEXT;
    plan->type = (TgType){.id = TG_TYPE_STRING};
    plan->format = tg_time_format_new(format, error);
    plan->zone = plan->format == NULL ? NULL : tg_time_zone_new(zone, error);
    return plan->zone != NULL;
}

static void plan_exact(S3ParquetColumn *plan, const TgColumn *column)
{
    switch ((int)column->type.id) {
    case TG_TYPE_UINT8:
        (void)plan_integer(plan, 8, FALSE);
        break;
    case TG_TYPE_UINT16:
        (void)plan_integer(plan, 16, FALSE);
        break;
    case TG_TYPE_UINT32:
        (void)plan_integer(plan, 32, FALSE);
        break;
    case TG_TYPE_UINT64:
        (void)plan_integer(plan, 64, FALSE);
        break;
    case TG_TYPE_TIME:
        plan->kind = S3_PARQUET_TIME_TEXT;
        plan->type = (TgType){.id = TG_TYPE_STRING};
        break;
    case TG_TYPE_TIMESTAMP:
        if (column->type.unit == TG_UNIT_WIDE) {
            plan->kind = S3_PARQUET_INSTANT;
            plan->type = (TgType){.id = TG_TYPE_TIMESTAMP};
        }
        break;
    default:
        break;
    }
}

static gboolean plan_column(S3ParquetColumn *plan, const TgColumn *column, const Options *options,
                            const json_t *config, gboolean exact, GError **error)
{
    const json_t *converted = json_object_get(options->of_column, "converted_type");
    const json_t *logical = json_object_get(options->of_column, "logical_type");

    if (converted == NULL && logical == NULL) {
        converted = json_object_get(options->of_type, "converted_type");
        logical = json_object_get(options->of_type, "logical_type");
    }
    plan->type = column->type;
    if (converted != NULL && json_is_object(logical)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "column '%s' has both converted_type and logical_type", column->name);
        return FALSE;
    }
    if (json_is_object(logical)) {
        return plan_by_map(plan, column, logical, error);
    }
    if (json_is_string(converted) || json_is_string(logical)) {
        return plan_by_name(plan, column,
                            json_string_value(json_is_string(converted) ? converted : logical),
                            error);
    }
    if (column->type.id == TG_TYPE_TIMESTAMP && !exact) {
        return plan_text_format(plan, options, config, error);
    }
    plan_exact(plan, column);
    return TRUE;
}

static char *hive_type(TgType type)
{
    static const char *const names[] = {
        [TG_TYPE_BOOLEAN] = "boolean", [TG_TYPE_INT8] = "tinyint",
        [TG_TYPE_INT16] = "smallint",  [TG_TYPE_INT32] = "int",
        [TG_TYPE_INT64] = "bigint",    [TG_TYPE_FLOAT] = "float",
        [TG_TYPE_DOUBLE] = "double",   [TG_TYPE_DATE] = "date",
        [TG_TYPE_JSON] = "string",     [TG_TYPE_TIMESTAMP] = "timestamp",
        [TG_TYPE_STRING] = "string",   [TG_TYPE_BINARY] = "binary",
    };

    if (type.id == TG_TYPE_DECIMAL) {
        return g_strdup_printf("decimal(%u,%u)", (guint)type.precision, (guint)type.scale);
    }
    return g_strdup(names[type.id]);
}

static gboolean check_column_names(const json_t *options, const TgSchema *schema, GError **error)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach ((json_t *)options, key, value) {
        if (tg_schema_find(schema, key) < 0) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "column_options: there is no column '%s'",
                        key);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean plan_all(S3ParquetPlan *plan, const json_t *config, const TgSchema *schema,
                         gboolean exact, GError **error)
{
    const json_t *of_columns = json_object_get(config, "column_options");
    const json_t *of_types = json_object_get(config, "type_options");
    const json_t *of_catalog =
        json_object_get(json_object_get(config, "catalog"), "column_options");

    if (!check_column_names(of_columns, schema, error)) {
        return FALSE;
    }
    for (guint i = 0; i < schema->count; i++) {
        const TgColumn *column = &schema->columns[i];
        Options options = {
            .of_column = json_object_get(of_columns, column->name),
            .of_type = json_object_get(of_types, tg_type_embulk_name(column->type)),
        };
        const char *written =
            json_string_value(json_object_get(json_object_get(of_catalog, column->name), "type"));

        if (!plan_column(&plan->columns[i], column, &options, config, exact, error)) {
            return FALSE;
        }
        (void)tg_schema_append(plan->schema, column->name, plan->columns[i].type);
        plan->columns[i].hive_type =
            written != NULL ? g_strdup(written) : hive_type(plan->columns[i].type);
    }
    return TRUE;
}

S3ParquetPlan *s3_parquet_plan_new(TgLoaderContext *context, const json_t *config,
                                   const TgSchema *schema, GError **error)
{
    g_autoptr(S3ParquetPlan) plan = g_new0(S3ParquetPlan, 1);
    g_autofree char *lossy = NULL;

    plan->columns = g_new0(S3ParquetColumn, schema->count + 1);
    plan->schema = tg_schema_new();
    plan->count = schema->count;
    if (!tg_params_dup_text_or(config, "lossy", "refuse", &lossy, error)) {
        return NULL;
    }
    if (strcmp(lossy, "allow") != 0 && strcmp(lossy, "refuse") != 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'lossy' must be allow or refuse, not '%s'",
                    lossy);
        return NULL;
    }
    plan->is_lossy = strcmp(lossy, "allow") == 0;
    if (!plan_all(plan, config, schema, tg_loader_context_job(context)->exact_types, error)) {
        return NULL;
    }
    return g_steal_pointer(&plan);
}

void s3_parquet_plan_free(S3ParquetPlan *plan)
{
    if (plan == NULL) {
        return;
    }
    for (guint i = 0; i < plan->count; i++) {
        tg_time_format_free(plan->columns[i].format);
        tg_time_zone_free(plan->columns[i].zone);
        g_free(plan->columns[i].hive_type);
    }
    g_free(plan->columns);
    tg_schema_free(plan->schema);
    g_free(plan);
}

const TgSchema *s3_parquet_plan_schema(const S3ParquetPlan *plan)
{
    return plan->schema;
}

const char *s3_parquet_plan_hive_type(const S3ParquetPlan *plan, guint column)
{
    return plan->columns[column].hive_type;
}

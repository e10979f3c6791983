/* Types of the columns of a MySQL query. */
#include <string.h>

#include "loader/column_config.h"
#include "loader/input/mysql.h"
#include "params/params.h"

#define DECIMAL_DIGITS_MAX 38u

static TgType integer_type(const TgMysqlField *field)
{
    static const TgTypeId signed_ids[] = {TG_TYPE_INT8, TG_TYPE_INT16, TG_TYPE_INT32, TG_TYPE_INT32,
                                          TG_TYPE_INT64};
    static const TgTypeId unsigned_ids[] = {TG_TYPE_UINT8, TG_TYPE_UINT16, TG_TYPE_UINT32,
                                            TG_TYPE_UINT32, TG_TYPE_UINT64};

    return (TgType){.id = field->is_unsigned ? unsigned_ids[field->kind] : signed_ids[field->kind]};
}

static gboolean exact_type(const TgMysqlField *field, TgType *out, GError **error)
{
    switch (field->kind) {
    case TG_MYSQL_INT8:
    case TG_MYSQL_INT16:
    case TG_MYSQL_INT24:
    case TG_MYSQL_INT32:
    case TG_MYSQL_INT64:
        *out = integer_type(field);
        return TRUE;
    case TG_MYSQL_BIT:
        out->id = field->length == 1 ? TG_TYPE_BOOLEAN : TG_TYPE_UINT64;
        return TRUE;
    case TG_MYSQL_FLOAT:
        out->id = TG_TYPE_FLOAT;
        return TRUE;
    case TG_MYSQL_DOUBLE:
        out->id = TG_TYPE_DOUBLE;
        return TRUE;
    case TG_MYSQL_DECIMAL:
        *out = (TgType){.id = TG_TYPE_DECIMAL,
                        .precision = (guint8)MIN(field->precision, DECIMAL_DIGITS_MAX),
                        .scale = (guint8)MIN(field->scale, DECIMAL_DIGITS_MAX)};
        if (field->precision <= DECIMAL_DIGITS_MAX) {
            return TRUE;
        }
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "column '%s' is DECIMAL(%u,%u), but Parquet holds 38 digits; write "
                    "column_options: {%s: {type: string}}",
                    field->name, field->precision, field->scale, field->name);
        return FALSE;
    case TG_MYSQL_DATE:
        out->id = TG_TYPE_DATE;
        return TRUE;
    case TG_MYSQL_TIME:
        out->id = TG_TYPE_TIME;
        return TRUE;
    case TG_MYSQL_DATETIME:
        out->id = TG_TYPE_TIMESTAMP;
        return TRUE;
    case TG_MYSQL_YEAR:
        out->id = TG_TYPE_INT16;
        return TRUE;
    case TG_MYSQL_JSON:
        out->id = TG_TYPE_JSON;
        return TRUE;
    case TG_MYSQL_BYTES:
        out->id = TG_TYPE_BINARY;
        return TRUE;
    case TG_MYSQL_OTHER:
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "column '%s' has a type that cannot be loaded; convert it in the query, as "
                    "ST_AsText(%s)",
                    field->name, field->name);
        return FALSE;
    case TG_MYSQL_TEXT:
    default:
        out->id = TG_TYPE_STRING;
        return TRUE;
    }
}

static gboolean embulk_type(const TgMysqlField *field, TgType *out, GError **error)
{
    switch (field->kind) {
    case TG_MYSQL_INT8:
        out->id = field->length == 1 ? TG_TYPE_BOOLEAN : TG_TYPE_INT64;
        return TRUE;
    case TG_MYSQL_INT16:
    case TG_MYSQL_INT24:
    case TG_MYSQL_INT32:
    case TG_MYSQL_INT64:
        out->id = TG_TYPE_INT64;
        return TRUE;
    case TG_MYSQL_BIT:
        out->id = TG_TYPE_BOOLEAN;
        return TRUE;
    case TG_MYSQL_FLOAT:
    case TG_MYSQL_DOUBLE:
    case TG_MYSQL_DECIMAL:
        out->id = TG_TYPE_DOUBLE;
        return TRUE;
    case TG_MYSQL_DATE:
    case TG_MYSQL_TIME:
    case TG_MYSQL_DATETIME:
    case TG_MYSQL_YEAR:
        *out = (TgType){.id = TG_TYPE_TIMESTAMP, .unit = TG_UNIT_WIDE, .is_utc = TRUE};
        return TRUE;
    case TG_MYSQL_JSON:
        out->id = TG_TYPE_JSON;
        return TRUE;
    case TG_MYSQL_BYTES:
    case TG_MYSQL_OTHER:
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "column '%s' holds bytes, which no column type of Embulk does; write "
                    "column_options: {%s: {value_type: string}}",
                    field->name, field->name);
        return FALSE;
    case TG_MYSQL_TEXT:
    default:
        out->id = TG_TYPE_STRING;
        return TRUE;
    }
}

/* Embulk finds the options of a column without regard to case. */
static const json_t *find_options(const json_t *config, const char *name)
{
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach (json_object_get(config, "column_options"), key, value) {
        if (g_ascii_strcasecmp(key, name) == 0) {
            return value;
        }
    }
    return NULL;
}

/* `type`, else what follows from `value_type`. */
static gboolean apply_options(MysqlPlan *plan, MysqlColumn *column, const json_t *options,
                              const json_t *config, GError **error)
{
    g_autofree char *type = NULL;
    g_autofree char *value_type = NULL;
    g_autofree char *format = NULL;
    g_autofree char *zone = NULL;
    g_autofree char *zone_default = NULL;

    if (!tg_params_dup_text_or(config, "default_timezone", "UTC", &zone_default, error) ||
        !tg_params_dup_text_or(options, "type", NULL, &type, error) ||
        !tg_params_dup_text_or(options, "value_type", NULL, &value_type, error) ||
        !tg_params_dup_text_or(options, "timestamp_format", NULL, &format, error) ||
        !tg_params_dup_text_or(options, "timezone", zone_default, &zone, error)) {
        return FALSE;
    }
    if (type == NULL && value_type != NULL && strcmp(value_type, "coalesce") != 0) {
        gboolean is_number = strcmp(value_type, "float") == 0 || strcmp(value_type, "decimal") == 0;
        gboolean is_time = strcmp(value_type, "date") == 0 || strcmp(value_type, "time") == 0;

        type = g_strdup(is_number ? "double" : (is_time ? "timestamp" : value_type));
    }
    if (type != NULL && !tg_column_type_parse(type, plan->exact, &column->type, error)) {
        return FALSE;
    }
    if (format != NULL && column->type.id == TG_TYPE_STRING) {
        column->format = tg_time_format_new(format, error);
        column->zone = column->format == NULL ? NULL : tg_time_zone_new(zone, error);
        return column->zone != NULL;
    }
    return TRUE;
}

gboolean mysql_plan_read(MysqlPlan *plan, const TgMysqlCursor *cursor, const json_t *config,
                         TgSchema *schema, GError **error)
{
    plan->count = tg_mysql_cursor_count(cursor);
    plan->columns = g_new0(MysqlColumn, plan->count + 1);
    for (guint i = 0; i < plan->count; i++) {
        const TgMysqlField *field = tg_mysql_cursor_field(cursor, i);
        const json_t *options = find_options(config, field->name);
        MysqlColumn *column = &plan->columns[i];
        gboolean has_type = tg_params_has(options, "type") || tg_params_has(options, "value_type");
        GError *problem = NULL;

        column->kind = field->kind;
        gboolean ok = plan->exact ? exact_type(field, &column->type, &problem)
                                  : embulk_type(field, &column->type, &problem);

        if (!ok && !has_type) {
            g_propagate_error(error, problem);
            return FALSE;
        }
        g_clear_error(&problem);
        if (!apply_options(plan, column, options, config, error)) {
            g_prefix_error(error, "column_options: %s: ", field->name);
            return FALSE;
        }
        (void)tg_schema_append(schema, field->name, column->type);
    }
    return TRUE;
}

void mysql_plan_clear(MysqlPlan *plan)
{
    for (guint i = 0; plan->columns != NULL && i < plan->count; i++) {
        tg_time_format_free(plan->columns[i].format);
        tg_time_zone_free(plan->columns[i].zone);
    }
    g_free(plan->columns);
}

/* Types of the columns of a MySQL query. */
#include "loader/input/mysql.h"

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
        *out = (TgType){.id = TG_TYPE_TIMESTAMP, .is_utc = field->is_instant};
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

/* "decimal(10,2) unsigned", "bit(8)", "varchar(20)" as far as the protocol says it. The caller
 * frees. */
static char *type_text(const TgMysqlField *field)
{
    const char *sign = field->is_unsigned ? " unsigned" : "";

    switch ((int)field->kind) {
    case TG_MYSQL_DECIMAL:
        return g_strdup_printf("decimal(%u,%u)%s", field->precision, field->scale, sign);
    case TG_MYSQL_BIT:
        return g_strdup_printf("bit(%u)", field->length);
    case TG_MYSQL_INT8:
        return g_strdup_printf(field->length == 1 ? "tinyint(1)%s" : "tinyint%s", sign);
    default:
        return field->kind <= TG_MYSQL_DOUBLE ? g_strconcat(field->type_name, sign, NULL)
                                              : g_strdup(field->type_name);
    }
}

/* What reading loses; NULL: nothing. Lent. */
static const char *loss_of(const MysqlPlan *plan, const TgMysqlField *field, TgType type)
{
    gboolean is_date = field->kind == TG_MYSQL_DATE || field->kind == TG_MYSQL_DATETIME;

    if (plan->exact) {
        return plan->is_lossy && is_date ? "zero dates become null" : NULL;
    }
    switch ((int)field->kind) {
    case TG_MYSQL_INT8:
        return type.id == TG_TYPE_BOOLEAN ? "all but whether it is 0" : NULL;
    case TG_MYSQL_BIT:
        return type.id == TG_TYPE_BOOLEAN && field->length > 1 ? "all but whether it is 0" : NULL;
    case TG_MYSQL_DECIMAL:
        return type.id == TG_TYPE_DOUBLE ? "digits beyond the 15th" : NULL;
    case TG_MYSQL_TIME:
        return type.id == TG_TYPE_TIMESTAMP ? "the type and the fraction: a time on 1970-01-01"
                                            : NULL;
    case TG_MYSQL_DATE:
    case TG_MYSQL_DATETIME:
        return "zero dates become null";
    default:
        return NULL;
    }
}

static gboolean plan_column(MysqlPlan *plan, guint index, const TgMysqlField *field,
                            const json_t *config, TgSchema *schema, GError **error)
{
    MysqlColumn *column = &plan->columns[index];
    TgDatabaseField about = {.name = field->name, .type_name = field->type_name};
    GError *problem = NULL;
    gboolean ok = plan->exact ? exact_type(field, &column->column.type, &problem)
                              : embulk_type(field, &column->column.type, &problem);

    column->kind = field->kind;
    column->is_unsigned = field->is_unsigned;
    if (!ok && !tg_database_column_is_typed(config, &about)) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    g_clear_error(&problem);
    if (!tg_database_column_read(&column->column, config, &about, plan->exact, error)) {
        g_prefix_error(error, "column_options: %s: ", field->name);
        return FALSE;
    }
    TgColumn *made = tg_schema_append(schema, field->name, column->column.type);

    made->source_type = type_text(field);
    made->source_loss = g_strdup(loss_of(plan, field, column->column.type));
    return TRUE;
}

/* Whether values of the field go into a column of the type as they come; else a text does. */
static gboolean goes_unchanged(const TgMysqlField *field, const MysqlColumn *column)
{
    TgTypeId id = column->column.type.id;

    switch (tg_mysql_form_of(field->kind)) {
    case TG_MYSQL_AS_INTEGER:
        return id == TG_TYPE_INT64 ||
               (field->kind <= TG_MYSQL_INT64 && id == integer_type(field).id) ||
               (field->kind == TG_MYSQL_YEAR && id == TG_TYPE_INT16);
    case TG_MYSQL_AS_DOUBLE:
        return id == (field->kind == TG_MYSQL_FLOAT ? TG_TYPE_FLOAT : TG_TYPE_DOUBLE);
    case TG_MYSQL_AS_MOMENT:
        return id == TG_TYPE_DATE || id == TG_TYPE_TIMESTAMP || id == TG_TYPE_TIME;
    case TG_MYSQL_AS_TEXT:
    default:
        return FALSE;
    }
}

gboolean mysql_plan_read(MysqlPlan *plan, const TgMysqlStatement *statement, const json_t *config,
                         TgSchema *schema, GError **error)
{
    plan->count = tg_mysql_statement_count(statement);
    plan->columns = g_new0(MysqlColumn, plan->count + 1);
    plan->forms = g_new0(TgMysqlForm, plan->count + 1);
    for (guint i = 0; i < plan->count; i++) {
        const TgMysqlField *field = tg_mysql_statement_field(statement, i);

        if (!plan_column(plan, i, field, config, schema, error)) {
            return FALSE;
        }
        plan->forms[i] = goes_unchanged(field, &plan->columns[i]) ? tg_mysql_form_of(field->kind)
                                                                  : TG_MYSQL_AS_TEXT;
    }
    return TRUE;
}

void mysql_plan_clear(MysqlPlan *plan)
{
    for (guint i = 0; plan->columns != NULL && i < plan->count; i++) {
        tg_database_column_clear(&plan->columns[i].column);
    }
    g_free(plan->columns);
    g_free(plan->forms);
}

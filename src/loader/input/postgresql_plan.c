/* Types of the columns of a PostgreSQL query. */
#include <string.h>

#include "loader/input/postgresql.h"
#include "params/params.h"

#define DECIMAL_DIGITS_MAX 38
#define MODIFIER_HEADER 4 /* atttypmod of numeric and texts counts the header of old times */

/* The usual type of a kind; with exact types, and as Embulk. */
typedef struct {
    guint oid;
    PgKind kind;
    TgType exact;
    TgTypeId embulk;
} TypeRow;

static const TypeRow known[] = {
    {TG_POSTGRESQL_BOOL, PG_BOOLEAN, {.id = TG_TYPE_BOOLEAN}, TG_TYPE_BOOLEAN},
    {TG_POSTGRESQL_INT2, PG_INTEGER, {.id = TG_TYPE_INT16}, TG_TYPE_INT64},
    {TG_POSTGRESQL_INT4, PG_INTEGER, {.id = TG_TYPE_INT32}, TG_TYPE_INT64},
    {TG_POSTGRESQL_INT8, PG_INTEGER, {.id = TG_TYPE_INT64}, TG_TYPE_INT64},
    {TG_POSTGRESQL_OID, PG_INTEGER, {.id = TG_TYPE_UINT32}, TG_TYPE_INT64},
    {TG_POSTGRESQL_FLOAT4, PG_REAL, {.id = TG_TYPE_FLOAT}, TG_TYPE_DOUBLE},
    {TG_POSTGRESQL_FLOAT8, PG_REAL, {.id = TG_TYPE_DOUBLE}, TG_TYPE_DOUBLE},
    {TG_POSTGRESQL_NUMERIC, PG_NUMERIC, {.id = TG_TYPE_DECIMAL}, TG_TYPE_DOUBLE},
    {TG_POSTGRESQL_DATE, PG_DATE, {.id = TG_TYPE_DATE}, TG_TYPE_TIMESTAMP},
    {TG_POSTGRESQL_TIME, PG_TIME, {.id = TG_TYPE_TIME}, TG_TYPE_TIMESTAMP},
    {TG_POSTGRESQL_TIMESTAMP, PG_TIMESTAMP, {.id = TG_TYPE_TIMESTAMP}, TG_TYPE_TIMESTAMP},
    {TG_POSTGRESQL_TIMESTAMPTZ,
     PG_TIMESTAMP,
     {.id = TG_TYPE_TIMESTAMP, .is_utc = TRUE},
     TG_TYPE_TIMESTAMP},
    {TG_POSTGRESQL_BYTEA, PG_BYTEA, {.id = TG_TYPE_BINARY}, TG_TYPE_BINARY},
    {TG_POSTGRESQL_JSON, PG_TEXT, {.id = TG_TYPE_JSON}, TG_TYPE_JSON},
    {TG_POSTGRESQL_JSONB, PG_TEXT, {.id = TG_TYPE_JSON}, TG_TYPE_JSON},
};

/* numeric(p,s) where Parquet has it; else its digits as a text. */
static TgType numeric_type(gint modifier)
{
    guint packed = modifier < MODIFIER_HEADER ? 0 : (guint)(modifier - MODIFIER_HEADER);
    guint precision = packed >> 16u & 0xffffu;
    gint scale = (gint)((packed & 0x7ffu) ^ 0x400u) - 0x400; /* 11 bits with a sign */

    if (modifier < MODIFIER_HEADER || precision > DECIMAL_DIGITS_MAX || scale < 0 ||
        scale > (gint)precision) {
        return (TgType){.id = TG_TYPE_STRING};
    }
    return (TgType){.id = TG_TYPE_DECIMAL, .precision = (guint8)precision, .scale = (guint8)scale};
}

static void set_usual(PgColumn *column, const TgPostgresqlField *field, gboolean exact)
{
    column->kind = PG_TEXT;
    column->column.type = (TgType){.id = column->is_list ? TG_TYPE_JSON : TG_TYPE_STRING};
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        if (known[i].oid != field->type) {
            continue;
        }
        column->kind = known[i].kind;
        column->column.type = known[i].exact;
        if (exact && column->kind == PG_NUMERIC) {
            column->column.type = numeric_type(field->modifier);
        } else if (!exact && known[i].embulk == TG_TYPE_TIMESTAMP) {
            column->column.type =
                (TgType){.id = TG_TYPE_TIMESTAMP, .unit = TG_UNIT_WIDE, .is_utc = TRUE};
        } else if (!exact) {
            column->column.type = (TgType){.id = known[i].embulk};
        }
    }
}

/* "numeric(10,2)", "character varying(20)" → as far as it says more than the name. */
static char *type_text(const TgPostgresqlField *field, const char *name)
{
    TgType numeric = {.id = TG_TYPE_STRING};

    if (field->type == TG_POSTGRESQL_NUMERIC) {
        numeric = numeric_type(field->modifier);
        return numeric.id == TG_TYPE_DECIMAL
                   ? g_strdup_printf("numeric(%u,%u)", (guint)numeric.precision,
                                     (guint)numeric.scale)
                   : g_strdup(name);
    }
    if (field->modifier >= MODIFIER_HEADER &&
        (field->type == TG_POSTGRESQL_VARCHAR || field->type == TG_POSTGRESQL_BPCHAR)) {
        return g_strdup_printf("%s(%d)", name, field->modifier - MODIFIER_HEADER);
    }
    return g_strdup(name);
}

/* What reading loses; NULL: nothing. Lent. */
static const char *loss_of(const PgPlan *plan, const PgColumn *column,
                           const TgPostgresqlField *field)
{
    gboolean is_time = column->kind == PG_DATE || column->kind == PG_TIMESTAMP;

    if (plan->exact && column->kind == PG_NUMERIC && column->column.type.id == TG_TYPE_STRING) {
        return "the type: digits as a text, for it has no precision that a decimal could have";
    }
    if (plan->exact) {
        return plan->is_lossy && is_time ? "infinity becomes null" : NULL;
    }
    if (column->kind == PG_NUMERIC && column->column.type.id == TG_TYPE_DOUBLE) {
        return "digits beyond the 15th";
    }
    if (field->type == TG_POSTGRESQL_TIME && column->column.type.id == TG_TYPE_TIMESTAMP) {
        return "the type: a time on 1970-01-01";
    }
    return NULL;
}

/* Plans the next column of the schema. */
static gboolean plan_column(PgPlan *plan, const TgPostgresqlField *field, const json_t *type,
                            const json_t *config, TgSchema *schema, GError **error)
{
    PgColumn *column = &plan->columns[schema->count];
    const char *name = json_string_value(json_object_get(type, "name"));
    const char *category = json_string_value(json_object_get(type, "category"));
    TgDatabaseField about = {.name = field->name, .type_name = name == NULL ? "?" : name};

    column->is_list = plan->exact && category != NULL && strchr("AC", *category) != NULL;
    set_usual(column, field, plan->exact);
    if (!plan->exact && column->kind == PG_BYTEA && !tg_database_column_is_typed(config, &about)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "column '%s' holds bytes, which no column type of Embulk does; write "
                    "column_options: {%s: {value_type: string}}",
                    field->name, field->name);
        return FALSE;
    }
    if (!tg_database_column_read(&column->column, config, &about, plan->exact, error)) {
        g_prefix_error(error, "column_options: %s: ", field->name);
        return FALSE;
    }
    column->form = column->is_list ? PG_AS_WRITTEN /* JSON */
                                   : pg_binary_form(field->type, column->column.type);
    TgColumn *made = tg_schema_append(schema, field->name, column->column.type);

    made->source_type = type_text(field, about.type_name);
    made->source_loss = g_strdup(loss_of(plan, column, field));
    return TRUE;
}

gboolean pg_plan_read(PgPlan *plan, const TgPostgresqlCursor *cursor, const json_t *types,
                      const json_t *config, TgSchema *schema, GError **error)
{
    plan->count = tg_postgresql_cursor_count(cursor);
    plan->columns = g_new0(PgColumn, plan->count + 1);
    for (guint i = 0; i < plan->count; i++) {
        const TgPostgresqlField *field = tg_postgresql_cursor_field(cursor, i);
        g_autofree char *oid = g_strdup_printf("%u", field->type);

        if (!plan_column(plan, field, json_object_get(types, oid), config, schema, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

void pg_plan_clear(PgPlan *plan)
{
    for (guint i = 0; plan->columns != NULL && i < plan->count; i++) {
        tg_database_column_clear(&plan->columns[i].column);
    }
    g_free(plan->columns);
}

/* Schemas and the names and sizes of types. */
#include "columns/type.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *embulk_name;
    gsize width;
} TypeFacts;

static const TypeFacts facts[] = {
    [TG_TYPE_BOOLEAN] = {"boolean", "boolean", 0},
    [TG_TYPE_INT8] = {"int8", "long", 1},
    [TG_TYPE_INT16] = {"int16", "long", 2},
    [TG_TYPE_INT32] = {"int32", "long", 4},
    [TG_TYPE_INT64] = {"int64", "long", 8},
    [TG_TYPE_UINT8] = {"uint8", "long", 1},
    [TG_TYPE_UINT16] = {"uint16", "long", 2},
    [TG_TYPE_UINT32] = {"uint32", "long", 4},
    [TG_TYPE_UINT64] = {"uint64", "long", 8},
    [TG_TYPE_FLOAT] = {"float", "double", 4},
    [TG_TYPE_DOUBLE] = {"double", "double", 8},
    [TG_TYPE_DECIMAL] = {"decimal", "double", 16},
    [TG_TYPE_DATE] = {"date", "timestamp", 4},
    [TG_TYPE_TIME] = {"time", "timestamp", 8},
    [TG_TYPE_TIMESTAMP] = {"timestamp", "timestamp", 8},
    [TG_TYPE_STRING] = {"string", "string", 0},
    [TG_TYPE_BINARY] = {"binary", "string", 0},
    [TG_TYPE_JSON] = {"json", "json", 0},
};

gsize tg_type_width(TgType type)
{
    if (type.id == TG_TYPE_TIMESTAMP && type.unit == TG_UNIT_WIDE) {
        return sizeof(TgInt128);
    }
    return facts[type.id].width;
}

gboolean tg_type_is_bytes(TgType type)
{
    return type.id == TG_TYPE_STRING || type.id == TG_TYPE_BINARY || type.id == TG_TYPE_JSON;
}

const char *tg_type_embulk_name(TgType type)
{
    return facts[type.id].embulk_name;
}

char *tg_type_to_text(TgType type)
{
    static const char *const units[] = {
        [TG_UNIT_MICRO] = "us", [TG_UNIT_NANO] = "ns", [TG_UNIT_WIDE] = "ns, wide"};

    if (type.id == TG_TYPE_DECIMAL) {
        return g_strdup_printf("decimal(%u,%u)", (guint)type.precision, (guint)type.scale);
    }
    if (type.id == TG_TYPE_TIMESTAMP) {
        return g_strdup_printf("timestamp(%s%s)", units[type.unit], type.is_utc ? ", utc" : "");
    }
    return g_strdup(facts[type.id].name);
}

TgSchema *tg_schema_new(void)
{
    return g_new0(TgSchema, 1);
}

TgSchema *tg_schema_copy(const TgSchema *schema)
{
    TgSchema *copy = tg_schema_new();

    for (guint i = 0; i < schema->count; i++) {
        tg_schema_append_copy(copy, &schema->columns[i]);
    }
    return copy;
}

void tg_schema_free(TgSchema *schema)
{
    if (schema == NULL) {
        return;
    }
    for (guint i = 0; i < schema->count; i++) {
        g_free(schema->columns[i].name);
        g_free(schema->columns[i].format);
        g_free(schema->columns[i].timezone);
        g_free(schema->columns[i].source_type);
        g_free(schema->columns[i].source_loss);
    }
    g_free(schema->columns);
    g_free(schema);
}

TgColumn *tg_schema_append(TgSchema *schema, const char *name, TgType type)
{
    schema->columns = g_renew(TgColumn, schema->columns, schema->count + 1);
    schema->columns[schema->count] = (TgColumn){.name = g_strdup(name), .type = type};
    return &schema->columns[schema->count++];
}

void tg_schema_append_copy(TgSchema *schema, const TgColumn *column)
{
    TgColumn *copy = tg_schema_append(schema, column->name, column->type);

    copy->format = g_strdup(column->format);
    copy->timezone = g_strdup(column->timezone);
    copy->source_type = g_strdup(column->source_type);
    copy->source_loss = g_strdup(column->source_loss);
}

int tg_schema_find(const TgSchema *schema, const char *name)
{
    for (guint i = 0; i < schema->count; i++) {
        if (strcmp(schema->columns[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

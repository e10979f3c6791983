/* Names and rules of types; the only place where Hive, Trino and DuckDB are mapped. */
#include "sql/type.h"

#include <string.h>

const TgSqlType tg_sql_type_unknown = {.id = TG_SQL_UNKNOWN};
const TgSqlType tg_sql_type_boolean = {.id = TG_SQL_BOOLEAN};
const TgSqlType tg_sql_type_integer = {.id = TG_SQL_INTEGER};
const TgSqlType tg_sql_type_bigint = {.id = TG_SQL_BIGINT};
const TgSqlType tg_sql_type_double = {.id = TG_SQL_DOUBLE};
const TgSqlType tg_sql_type_varchar = {.id = TG_SQL_VARCHAR};
const TgSqlType tg_sql_type_varbinary = {.id = TG_SQL_VARBINARY};
const TgSqlType tg_sql_type_date = {.id = TG_SQL_DATE};
const TgSqlType tg_sql_type_timestamp = {.id = TG_SQL_TIMESTAMP, .precision = 3};
const TgSqlType tg_sql_type_timestamp_tz = {.id = TG_SQL_TIMESTAMP_TZ, .precision = 3};
const TgSqlType tg_sql_type_interval_day = {.id = TG_SQL_INTERVAL_DAY};
const TgSqlType tg_sql_type_interval_month = {.id = TG_SQL_INTERVAL_MONTH};
const TgSqlType tg_sql_type_json = {.id = TG_SQL_JSON};

/* One row a type: Trino's name, Hive's (NULL: it has none), DuckDB's. */
static const struct {
    const char *trino;
    const char *hive;
    const char *duckdb;
} type_names[] = {
    [TG_SQL_UNKNOWN] = {"unknown", NULL, "INTEGER"},
    [TG_SQL_BOOLEAN] = {"boolean", "boolean", "BOOLEAN"},
    [TG_SQL_TINYINT] = {"tinyint", "tinyint", "TINYINT"},
    [TG_SQL_SMALLINT] = {"smallint", "smallint", "SMALLINT"},
    [TG_SQL_INTEGER] = {"integer", "int", "INTEGER"},
    [TG_SQL_BIGINT] = {"bigint", "bigint", "BIGINT"},
    [TG_SQL_DECIMAL] = {"decimal", "decimal", "DECIMAL"},
    [TG_SQL_REAL] = {"real", "float", "FLOAT"},
    [TG_SQL_DOUBLE] = {"double", "double", "DOUBLE"},
    [TG_SQL_VARCHAR] = {"varchar", "string", "VARCHAR"},
    [TG_SQL_CHAR] = {"char", "char", "VARCHAR"},
    [TG_SQL_VARBINARY] = {"varbinary", "binary", "BLOB"},
    [TG_SQL_DATE] = {"date", "date", "DATE"},
    [TG_SQL_TIME] = {"time", NULL, "TIME"},
    [TG_SQL_TIMESTAMP] = {"timestamp", "timestamp", "TIMESTAMP"},
    [TG_SQL_TIMESTAMP_TZ] = {"timestamp with time zone", NULL, "TIMESTAMPTZ"},
    [TG_SQL_INTERVAL_DAY] = {"interval day to second", NULL, "INTERVAL"},
    [TG_SQL_INTERVAL_MONTH] = {"interval year to month", NULL, "INTERVAL"},
    [TG_SQL_JSON] = {"json", NULL, "JSON"},
    [TG_SQL_UUID] = {"uuid", NULL, "UUID"},
    [TG_SQL_ARRAY] = {"array", "array", NULL},
    [TG_SQL_MAP] = {"map", "map", NULL},
    [TG_SQL_ROW] = {"row", "struct", NULL},
};

static const struct {
    const char *name;
    TgSqlTypeId id;
} other_names[] = {{"dec", TG_SQL_DECIMAL}, {"numeric", TG_SQL_DECIMAL}, {"long", TG_SQL_BIGINT}};

const TgSqlType *tg_sql_type_new(TgSqlArena *arena, TgSqlTypeId id, guint precision, guint scale)
{
    TgSqlType *type = tg_sql_arena_alloc(arena, sizeof *type);

    type->id = id;
    type->precision = precision;
    type->scale = scale;
    return type;
}

const TgSqlType *tg_sql_type_row(TgSqlArena *arena, guint count, const TgSqlType *const *items,
                                 const char *const *names)
{
    TgSqlType *type = tg_sql_arena_alloc(arena, sizeof *type);

    type->id = TG_SQL_ROW;
    type->count = count;
    type->items = tg_sql_arena_alloc(arena, count * sizeof(gpointer));
    type->names = tg_sql_arena_alloc(arena, count * sizeof(gpointer));
    for (guint i = 0; i < count; i++) {
        type->items[i] = items[i];
        type->names[i] = names == NULL ? NULL : names[i];
    }
    return type;
}

const TgSqlType *tg_sql_type_array(TgSqlArena *arena, const TgSqlType *element)
{
    TgSqlType *type = tg_sql_arena_alloc(arena, sizeof *type);

    type->id = TG_SQL_ARRAY;
    type->count = 1;
    type->items = tg_sql_arena_alloc(arena, sizeof(gpointer));
    type->items[0] = element;
    return type;
}

const TgSqlType *tg_sql_type_map(TgSqlArena *arena, const TgSqlType *key, const TgSqlType *value)
{
    TgSqlType *type = tg_sql_arena_alloc(arena, sizeof *type);

    type->id = TG_SQL_MAP;
    type->count = 2;
    type->items = tg_sql_arena_alloc(arena, 2 * sizeof(gpointer));
    type->items[0] = key;
    type->items[1] = value;
    return type;
}

gboolean tg_sql_type_find(const char *name, TgSqlTypeId *out)
{
    for (gsize i = 0; i < G_N_ELEMENTS(type_names); i++) {
        const char *hive = type_names[i].hive;

        if (g_ascii_strcasecmp(name, type_names[i].trino) == 0 ||
            (hive != NULL && g_ascii_strcasecmp(name, hive) == 0)) {
            *out = (TgSqlTypeId)i;
            return TRUE;
        }
    }
    for (gsize i = 0; i < G_N_ELEMENTS(other_names); i++) {
        if (g_ascii_strcasecmp(name, other_names[i].name) == 0) {
            *out = other_names[i].id;
            return TRUE;
        }
    }
    return FALSE;
}

static void append_trino(GString *out, const TgSqlType *type)
{
    const char *name = type_names[type->id].trino;

    gboolean has_length = type->id == TG_SQL_VARCHAR || type->id == TG_SQL_CHAR;

    if (type->id == TG_SQL_DECIMAL) {
        g_string_append_printf(out, "decimal(%u,%u)", type->precision, type->scale);
    } else if (type->id == TG_SQL_TIMESTAMP_TZ) {
        g_string_append_printf(out, "timestamp(%u) with time zone", type->precision);
    } else if (type->id == TG_SQL_TIMESTAMP || type->id == TG_SQL_TIME ||
               (has_length && type->precision > 0)) {
        g_string_append_printf(out, "%s(%u)", name, type->precision);
    } else {
        g_string_append(out, name);
    }
    for (guint i = 0; i < type->count; i++) {
        g_string_append(out, i == 0 ? "(" : ", ");
        if (type->id == TG_SQL_ROW && type->names[i] != NULL) {
            g_string_append_printf(out, "%s ", type->names[i]);
        }
        append_trino(out, type->items[i]);
    }
    g_string_append(out, type->count > 0 ? ")" : "");
}

static gboolean append_hive(GString *out, const TgSqlType *type)
{
    const char *name = type_names[type->id].hive;

    if (name == NULL) {
        return FALSE;
    }
    if (type->id == TG_SQL_DECIMAL) {
        g_string_append_printf(out, "decimal(%u,%u)", type->precision, type->scale);
    } else if (type->id == TG_SQL_VARCHAR && type->precision > 0) {
        g_string_append_printf(out, "varchar(%u)", type->precision);
    } else if (type->id == TG_SQL_CHAR) {
        g_string_append_printf(out, "char(%u)", MAX(type->precision, 1));
    } else {
        g_string_append(out, name);
    }
    for (guint i = 0; i < type->count; i++) {
        g_string_append(out, i == 0 ? "<" : ",");
        if (type->id == TG_SQL_ROW) {
            g_string_append_printf(out, "%s:", type->names[i] == NULL ? "" : type->names[i]);
        }
        if (!append_hive(out, type->items[i]) ||
            (type->id == TG_SQL_ROW && type->names[i] == NULL)) {
            return FALSE;
        }
    }
    g_string_append(out, type->count > 0 ? ">" : "");
    return TRUE;
}

static void append_quoted(GString *out, const char *name)
{
    g_string_append_c(out, '"');
    for (; *name != '\0'; name++) {
        g_string_append(out, *name == '"' ? "\"" : "");
        g_string_append_c(out, *name);
    }
    g_string_append_c(out, '"');
}

static void append_duckdb(GString *out, const TgSqlType *type)
{
    switch ((int)type->id) {
    case TG_SQL_DECIMAL:
        g_string_append_printf(out, "DECIMAL(%u,%u)", type->precision, type->scale);
        return;
    case TG_SQL_TIMESTAMP_TZ:
        g_string_append(out, type->scale == TG_SQL_ZONE_UTC
                                 ? "TIMESTAMPTZ"
                                 : "STRUCT(t TIMESTAMPTZ, l TIMESTAMP, z VARCHAR)");
        return;
    case TG_SQL_ARRAY:
        append_duckdb(out, type->items[0]);
        g_string_append(out, "[]");
        return;
    case TG_SQL_MAP:
        g_string_append(out, "MAP(");
        append_duckdb(out, type->items[0]);
        g_string_append(out, ", ");
        append_duckdb(out, type->items[1]);
        g_string_append_c(out, ')');
        return;
    case TG_SQL_ROW:
        g_string_append(out, "STRUCT(");
        for (guint i = 0; i < type->count; i++) {
            g_autofree char *unnamed = g_strdup_printf("field%u", i);

            g_string_append(out, i == 0 ? "" : ", ");
            append_quoted(out, type->names[i] == NULL ? unnamed : type->names[i]);
            g_string_append_c(out, ' ');
            append_duckdb(out, type->items[i]);
        }
        g_string_append_c(out, ')');
        return;
    default:
        g_string_append(out, type_names[type->id].duckdb);
    }
}

const char *tg_sql_type_trino(TgSqlArena *arena, const TgSqlType *type)
{
    g_autoptr(GString) out = g_string_new(NULL);

    append_trino(out, type);
    return tg_sql_arena_copy(arena, out->str, out->len);
}

const char *tg_sql_type_hive(TgSqlArena *arena, const TgSqlType *type)
{
    g_autoptr(GString) out = g_string_new(NULL);

    return append_hive(out, type) ? tg_sql_arena_copy(arena, out->str, out->len) : NULL;
}

const char *tg_sql_type_duckdb(TgSqlArena *arena, const TgSqlType *type)
{
    g_autoptr(GString) out = g_string_new(NULL);

    append_duckdb(out, type);
    return tg_sql_arena_copy(arena, out->str, out->len);
}

gboolean tg_sql_type_is_integer(const TgSqlType *type)
{
    return type->id >= TG_SQL_TINYINT && type->id <= TG_SQL_BIGINT;
}

gboolean tg_sql_type_is_numeric(const TgSqlType *type)
{
    return type->id >= TG_SQL_TINYINT && type->id <= TG_SQL_DOUBLE;
}

gboolean tg_sql_type_is_zoned(const TgSqlType *type)
{
    return type->id == TG_SQL_TIMESTAMP_TZ && type->scale != TG_SQL_ZONE_UTC;
}

gboolean tg_sql_type_equal(const TgSqlType *a, const TgSqlType *b)
{
    if (a->id != b->id || a->count != b->count) {
        return FALSE;
    }
    if (a->id == TG_SQL_DECIMAL && (a->precision != b->precision || a->scale != b->scale)) {
        return FALSE;
    }
    if (tg_sql_type_is_zoned(a) != tg_sql_type_is_zoned(b)) {
        return FALSE;
    }
    for (guint i = 0; i < a->count; i++) {
        if (!tg_sql_type_equal(a->items[i], b->items[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

const TgSqlType *tg_sql_type_as_decimal(TgSqlArena *arena, const TgSqlType *type)
{
    static const guint digits[] = {3, 5, 10, 19};

    if (type->id == TG_SQL_DECIMAL) {
        return type;
    }
    return tg_sql_type_is_integer(type)
               ? tg_sql_type_new(arena, TG_SQL_DECIMAL, digits[type->id - TG_SQL_TINYINT], 0)
               : NULL;
}

static const TgSqlType *common_decimal(TgSqlArena *arena, const TgSqlType *a, const TgSqlType *b)
{
    const TgSqlType *x = tg_sql_type_as_decimal(arena, a);
    const TgSqlType *y = tg_sql_type_as_decimal(arena, b);
    guint scale = MAX(x->scale, y->scale);
    guint whole = MAX(x->precision - x->scale, y->precision - y->scale);

    return tg_sql_type_new(arena, TG_SQL_DECIMAL, MIN(38, whole + scale), scale);
}

static const TgSqlType *common_nested(TgSqlArena *arena, const TgSqlType *a, const TgSqlType *b)
{
    const TgSqlType **items = NULL;

    if (a->count != b->count) {
        return NULL;
    }
    items = tg_sql_arena_alloc(arena, (a->count + 1) * sizeof(gpointer));
    for (guint i = 0; i < a->count; i++) {
        items[i] = tg_sql_type_common(arena, a->items[i], b->items[i]);
        if (items[i] == NULL) {
            return NULL;
        }
    }
    if (a->id == TG_SQL_ROW) {
        return tg_sql_type_row(arena, a->count, items, a->names);
    }
    return a->id == TG_SQL_ARRAY ? tg_sql_type_array(arena, items[0])
                                 : tg_sql_type_map(arena, items[0], items[1]);
}

static gboolean is_time_like(const TgSqlType *type)
{
    return type->id == TG_SQL_DATE || type->id == TG_SQL_TIMESTAMP ||
           type->id == TG_SQL_TIMESTAMP_TZ;
}

static const TgSqlType *common_number(TgSqlArena *arena, const TgSqlType *a, const TgSqlType *b)
{
    const TgSqlType *wider = a->id >= b->id ? a : b;

    return wider->id == TG_SQL_DECIMAL ? common_decimal(arena, a, b) : wider;
}

static const TgSqlType *common_time(TgSqlArena *arena, const TgSqlType *a, const TgSqlType *b)
{
    const TgSqlType *wider = a->id >= b->id ? a : b;
    guint digits = MAX(a->precision, b->precision);
    guint zone =
        tg_sql_type_is_zoned(a) || tg_sql_type_is_zoned(b) ? TG_SQL_ZONE_ANY : TG_SQL_ZONE_UTC;

    if (a == b || (wider->precision == digits && wider->id != TG_SQL_TIMESTAMP_TZ)) {
        return wider;
    }
    return tg_sql_type_new(arena, wider->id, digits, wider->id == TG_SQL_TIMESTAMP_TZ ? zone : 0);
}

const TgSqlType *tg_sql_type_common(TgSqlArena *arena, const TgSqlType *a, const TgSqlType *b)
{
    if (a->id == TG_SQL_UNKNOWN) {
        return b;
    }
    if (b->id == TG_SQL_UNKNOWN) {
        return a;
    }
    if (tg_sql_type_is_numeric(a) && tg_sql_type_is_numeric(b)) {
        return common_number(arena, a, b);
    }
    if (is_time_like(a) && is_time_like(b)) {
        return common_time(arena, a, b);
    }
    if (a->id == b->id && a->count > 0) {
        return common_nested(arena, a, b);
    }
    if (a->id == b->id) {
        guint digits =
            a->id == TG_SQL_TIME || a->id == TG_SQL_CHAR ? MAX(a->precision, b->precision) : 0;

        return a->precision == b->precision ? a : tg_sql_type_new(arena, a->id, digits, 0);
    }
    return NULL;
}

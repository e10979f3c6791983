/* Casts from and to JSON by type, as Trino writes and reads it: numbers as Java shows them, maps by
 * their keys, rows by name or, without names, as arrays. */
#include "sql/translate.h"

static const char *json_of(TgTranslator *translator, const TgNode *node, TgValue value);

static const char *quoted(TgTranslator *translator, TgValue value)
{
    TgValue text = tg_translate_cast(translator, NULL, value, &tg_sql_type_varchar, FALSE);

    return tg_value(translator, &tg_sql_type_varchar, "('\"' || %s || '\"')", text.text).text;
}

static const char *or_null(TgTranslator *translator, const char *text)
{
    return tg_value(translator, &tg_sql_type_varchar, "coalesce(%s, 'null')", text).text;
}

static const char *json_of_array(TgTranslator *translator, const TgNode *node, TgValue value)
{
    const char *name = tg_translate_quote(translator, tg_translate_alias(translator, "e"));
    const char *item = json_of(translator, node, (TgValue){name, value.type->items[0]});

    return tg_value(translator, &tg_sql_type_varchar,
                    "('[' || array_to_string(list_transform(%s, lambda %s: %s), ',') || ']')",
                    value.text, name, or_null(translator, item))
        .text;
}

static const char *json_of_map(TgTranslator *translator, const TgNode *node, TgValue value)
{
    const char *name = tg_translate_quote(translator, tg_translate_alias(translator, "e"));
    TgValue key = tg_value(translator, value.type->items[0], "%s.key", name);
    TgValue item = tg_value(translator, value.type->items[1], "%s.value", name);
    TgValue text = tg_translate_cast(translator, node, key, &tg_sql_type_varchar, FALSE);

    return tg_value(translator, &tg_sql_type_varchar,
                    "('{' || array_to_string(list_sort(list_transform(map_entries(%s), lambda %s: "
                    "CAST(to_json(%s) AS VARCHAR) || ':' || %s)), ',') || '}')",
                    value.text, name, text.text,
                    or_null(translator, json_of(translator, node, item)))
        .text;
}

static const char *json_of_row(TgTranslator *translator, const TgNode *node, TgValue value)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < value.type->count; i++) {
        TgValue field = tg_value(translator, value.type->items[i], "struct_extract_at(%s, %u)",
                                 value.text, i + 1);
        const char *name = value.type->names[i] != NULL ? value.type->names[i] : "" /* unnamed */;
        g_autofree char *head = g_strdup_printf("%s\"%s\":", i == 0 ? "" : ",", name);

        g_string_append_printf(out, " || %s || %s", tg_translate_text(translator, head),
                               or_null(translator, json_of(translator, node, field)));
    }
    return tg_value(translator, &tg_sql_type_varchar,
                    "CASE WHEN %s IS NOT NULL THEN '{'%s || '}' END", value.text, out->str)
        .text;
}

/* The JSON text of a value; NULL for NULL. */
static const char *json_of(TgTranslator *translator, const TgNode *node, TgValue value)
{
    switch ((int)value.type->id) {
    case TG_SQL_UNKNOWN:
        return "CAST(NULL AS VARCHAR)";
    case TG_SQL_BOOLEAN:
    case TG_SQL_TINYINT:
    case TG_SQL_SMALLINT:
    case TG_SQL_INTEGER:
    case TG_SQL_BIGINT:
    case TG_SQL_JSON:
        return tg_value(translator, &tg_sql_type_varchar, "CAST(%s AS VARCHAR)", value.text).text;
    case TG_SQL_DECIMAL:
        return tg_value(
                   translator, &tg_sql_type_varchar, "tg_json_decimal(%s)",
                   tg_translate_cast(translator, node, value, &tg_sql_type_varchar, FALSE).text)
            .text;
    case TG_SQL_REAL:
        return tg_value(translator, &tg_sql_type_varchar, "tg_json_number(tg_java_real(%s))",
                        value.text)
            .text;
    case TG_SQL_DOUBLE:
        return tg_value(translator, &tg_sql_type_varchar, "tg_json_number(tg_java_double(%s))",
                        value.text)
            .text;
    case TG_SQL_VARCHAR:
        return tg_value(translator, &tg_sql_type_varchar, "CAST(to_json(%s) AS VARCHAR)",
                        value.text)
            .text;
    case TG_SQL_DATE:
    case TG_SQL_TIMESTAMP:
        return quoted(translator, value);
    case TG_SQL_ARRAY:
        return json_of_array(translator, node, value);
    case TG_SQL_MAP:
        return json_of_map(translator, node, value);
    case TG_SQL_ROW:
        return json_of_row(translator, node, value);
    default:
        return tg_translate_fail(translator, node, "cannot cast %s to json",
                                 tg_translate_type_name(translator, value.type))
            .text;
    }
}

TgValue tg_json_from(TgTranslator *translator, const TgNode *node, TgValue value)
{
    if (value.type->id == TG_SQL_JSON) {
        return value;
    }
    return tg_value(translator, &tg_sql_type_json, "CAST(%s AS JSON)",
                    json_of(translator, node, value));
}

/* A scalar's text; a double's is that of CAST AS varchar. */
const char *tg_json_text(TgTranslator *translator, const char *json, gboolean is_try)
{
    return tg_value(translator, &tg_sql_type_varchar,
                    is_try ? "TRY(tg_json_varchar(%s))" : "tg_json_varchar(%s)", json)
        .text;
}

static TgValue item_of(TgTranslator *translator, const TgNode *node, TgValue json,
                       const TgSqlType *type)
{
    if (type->id == TG_SQL_JSON) {
        return json;
    }
    return tg_translate_cast(translator, node, json, type, FALSE);
}

static TgValue to_array(TgTranslator *translator, const TgNode *node, TgValue json,
                        const TgSqlType *type)
{
    const char *name = tg_translate_quote(translator, tg_translate_alias(translator, "j"));
    TgValue item = item_of(translator, node,
                           tg_value(translator, &tg_sql_type_json, "tg_json_or_null(%s)", name),
                           type->items[0]);

    return tg_value(translator, type, "list_transform(tg_json_items(%s), lambda %s: %s)", json.text,
                    name, item.text);
}

static TgValue to_map(TgTranslator *translator, const TgNode *node, TgValue json,
                      const TgSqlType *type)
{
    const char *name = tg_translate_quote(translator, tg_translate_alias(translator, "j"));
    TgValue text = tg_value(translator, &tg_sql_type_varchar, "%s.key", name);
    TgValue key = tg_translate_cast(translator, node, text, type->items[0], FALSE);
    TgValue item = item_of(
        translator, node,
        tg_value(translator, &tg_sql_type_json, "tg_json_or_null(%s.value)", name), type->items[1]);

    return tg_value(translator, type,
                    "map_from_entries(list_transform(tg_json_entries(%s), lambda %s: "
                    "struct_pack(key := %s, value := %s)))",
                    json.text, name, key.text, item.text);
}

/* Of an object by names, of an array by place. */
static TgValue to_row(TgTranslator *translator, const TgNode *node, TgValue json,
                      const TgSqlType *type)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const char *name = tg_translate_quote(translator, tg_translate_alias(translator, "j"));

    for (guint i = 0; i < type->count; i++) {
        const char *label = type->names[i] != NULL
                                ? type->names[i]
                                : tg_sql_arena_printf(translator->arena, "field%u", i);
        TgValue field = tg_value(translator, &tg_sql_type_json, "tg_json_field(%s, %s, %u, %u)",
                                 name, tg_translate_text(translator, label), i, type->count);

        g_string_append_printf(out, "%s%s := %s", i == 0 ? "" : ", ",
                               tg_translate_quote(translator, label),
                               item_of(translator, node, field, type->items[i]).text);
    }
    return tg_value(translator, type,
                    "list_extract(list_transform([tg_json_or_null(%s)], lambda %s: CASE WHEN %s IS "
                    "NOT NULL THEN struct_pack(%s) END), 1)",
                    json.text, name, name, out->str);
}

TgValue tg_json_to_nested(TgTranslator *translator, const TgNode *node, TgValue json,
                          const TgSqlType *type, gboolean is_try G_GNUC_UNUSED)
{
    if (type->id == TG_SQL_ROW) {
        return to_row(translator, node, json, type);
    }
    return type->id == TG_SQL_MAP ? to_map(translator, node, json, type)
                                  : to_array(translator, node, json, type);
}

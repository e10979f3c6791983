/* Arrays, maps, rows. */
#include <string.h>

#include "sql/function.h"

static TgValue print_array_join(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *texts = tg_sql_type_array(translator->arena, &tg_sql_type_varchar);
    TgValue list = call->values[0];

    if (list.type->items[0]->id != TG_SQL_VARCHAR && list.type->items[0]->id != TG_SQL_UNKNOWN) {
        list = tg_translate_cast(translator, call->nodes[0], list, texts, FALSE);
    }
    if (call->count > 2) {
        list = tg_value(translator, texts, "list_transform(%s, lambda e: coalesce(e, %s))",
                        list.text, call->values[2].text);
    }
    return tg_value(translator, &tg_sql_type_varchar, "array_to_string(%s, %s)", list.text,
                    call->values[1].text);
}

/* Arrays of one element type, then a macro over them. */
static TgValue print_sets(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *type = tg_translate_unify(translator, call->node, call->values, call->count);
    const char *a = call->values[0].text;
    const char *b = call->values[1].text;

    if (strcmp(call->name, "array_union") == 0) {
        return tg_value(translator, type, "tg_list_distinct(list_concat(%s, %s))", a, b);
    }
    if (strcmp(call->name, "array_intersect") == 0) {
        return tg_value(translator, type, "tg_list_intersect(%s, %s)", a, b);
    }
    if (strcmp(call->name, "array_except") == 0) {
        return tg_value(translator, type, "tg_list_except(%s, %s)", a, b);
    }
    return tg_value(translator, &tg_sql_type_boolean, "list_has_any(%s, %s)", a, b);
}

/* array(row(field0, field1 …)) */
static TgValue print_zip(TgTranslator *translator, const TgCall *call)
{
    g_autofree const TgSqlType **types = g_new0(const TgSqlType *, call->count);
    g_autoptr(GString) lists = g_string_new(NULL);
    g_autoptr(GString) fields = g_string_new(NULL);

    for (guint i = 0; i < call->count; i++) {
        types[i] = call->values[i].type->items[0];
        g_string_append_printf(lists, "%s%s", i == 0 ? "" : ", ", call->values[i].text);
        g_string_append_printf(fields, "%sfield%u := struct_extract_at(z, %u)", i == 0 ? "" : ", ",
                               i, i + 1);
    }
    const TgSqlType *row = tg_sql_type_row(translator->arena, call->count, types, NULL);

    return tg_value(translator, tg_sql_type_array(translator->arena, row),
                    "list_transform(list_zip(%s), lambda z: struct_pack(%s))", lists->str,
                    fields->str);
}

static TgValue print_map_entries(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *row = tg_sql_type_row(translator->arena, 2, call->values[0].type->items, NULL);

    return tg_value(translator, tg_sql_type_array(translator->arena, row),
                    "list_transform(map_entries(%s), lambda z: struct_pack(field0 := z.key, field1 "
                    ":= z.value))",
                    call->values[0].text);
}

static TgValue print_map_from_entries(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *row = call->values[0].type->items[0];

    if (row->id != TG_SQL_ROW || row->count != 2) {
        return tg_translate_fail(translator, call->node,
                                 "map_from_entries() needs an array of rows of two fields");
    }
    return tg_value(translator, tg_sql_type_map(translator->arena, row->items[0], row->items[1]),
                    "map_from_entries(%s)", call->values[0].text);
}

/* sequence(a, b [, step]): integers and dates; without a step towards b. */
static TgValue print_sequence_date(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *type = call->values[0].type;

    if (call->values[1].type->id != type->id) {
        return tg_translate_fail(translator, call->node, "sequence(): both ends need one type");
    }
    return tg_value(
        translator, tg_sql_type_array(translator->arena, type),
        "list_transform(generate_series(CAST(%s AS TIMESTAMP), CAST(%s AS TIMESTAMP), %s), lambda "
        "e: CAST(e AS %s))",
        call->values[0].text, call->values[1].text,
        call->count > 2 ? call->values[2].text : "INTERVAL 1 day",
        tg_sql_type_duckdb(translator->arena, type));
}

static TgValue print_concat_maps(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *type = tg_translate_unify(translator, call->node, call->values, call->count);
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < call->count; i++) {
        g_string_append_printf(list, "%s%s", i == 0 ? "" : ", ", call->values[i].text);
    }
    return tg_value(translator, type, "map_concat(%s)", list->str);
}

static TgValue print_map_key(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *map = call->values[0].type;

    tg_translate_check_comparable(translator, call->node, call->values[1],
                                  (TgValue){NULL, map->items[0]});
    return tg_value(translator, map->items[1], "map_extract_value(%s, %s)", call->values[0].text,
                    tg_translate_coerce(translator, call->values[1], map->items[0]).text);
}

const TgFunction tg_functions_collection[] = {
    {"cardinality", "a", "b", "len($1)", NULL},
    {"cardinality", "m", "b", "CAST(cardinality($1) AS BIGINT)", NULL},
    {"element_at", "aI", "e1", "list_extract($1, $2)", NULL},
    {"element_at", "m.", NULL, NULL, print_map_key},
    {"contains", "a.", "B", "tg_contains($1, $2)", NULL},
    {"array_distinct", "a", "1", "tg_list_distinct($1)", NULL},
    {"array_join", "av", NULL, NULL, print_array_join},
    {"array_join", "avv", NULL, NULL, print_array_join},
    {"array_max", "a", "e1", "tg_list_max($1)", NULL},
    {"array_min", "a", "e1", "tg_list_min($1)", NULL},
    {"array_position", "a.", "b", "tg_list_position($1, $2)", NULL},
    {"array_remove", "a.", "1", "tg_list_remove($1, $2)", NULL},
    {"array_sort", "a", "1", "list_sort($1, 'ASC', 'NULLS LAST')", NULL},
    {"array_union", "aa", NULL, NULL, print_sets},
    {"array_intersect", "aa", NULL, NULL, print_sets},
    {"array_except", "aa", NULL, NULL, print_sets},
    {"arrays_overlap", "aa", NULL, NULL, print_sets},
    {"flatten", "a", "e1", "flatten($1)", NULL},
    {"slice", "aII", "1", "tg_slice($1, $2, $3)", NULL},
    {"sequence", "II", "ab", "tg_sequence(CAST($1 AS BIGINT), CAST($2 AS BIGINT))", NULL},
    {"sequence", "III", "ab",
     "generate_series(CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT))", NULL},
    {"sequence", "tt", NULL, NULL, print_sequence_date},
    {"sequence", "tti", NULL, NULL, print_sequence_date},
    {"repeat", ".I", "a1", "list_transform(range($2), lambda e: $1)", NULL},
    {"zip", "aa*", NULL, NULL, print_zip},
    {"map", "", "m..", "MAP {}", NULL},
    {"map", "aa", "me1e2", "map($1, $2)", NULL},
    {"map_keys", "m", "ak1", "map_keys($1)", NULL},
    {"map_values", "m", "aw1", "map_values($1)", NULL},
    {"map_entries", "m", NULL, NULL, print_map_entries},
    {"map_from_entries", "a", NULL, NULL, print_map_from_entries},
    {"map_concat", "mm*", NULL, NULL, print_concat_maps},
    {NULL, NULL, NULL, NULL, NULL},
};

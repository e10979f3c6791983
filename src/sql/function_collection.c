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
    return tg_value(translator, &tg_sql_type_varchar,
                    "coalesce(array_to_string(%s, %s), CASE WHEN %s IS NOT NULL AND %s IS NOT NULL "
                    "THEN '' END)",
                    list.text, call->values[1].text, list.text, call->values[1].text);
}

/* Arrays of one element type, then a macro over them. */
static TgValue print_sets(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *type = tg_translate_unify(translator, call->node, call->values, call->count);
    const char *a = call->values[0].text;
    const char *b = call->values[1].text;

    if (strcmp(call->name, "array_union") == 0) {
        return tg_value(translator, type, "tg_list_union(%s, %s)", a, b);
    }
    if (strcmp(call->name, "array_intersect") == 0) {
        return tg_value(translator, type, "tg_list_both(%s, %s)", a, b);
    }
    if (strcmp(call->name, "array_except") == 0) {
        return tg_value(translator, type, "tg_list_minus(%s, %s)", a, b);
    }
    return tg_value(translator, &tg_sql_type_boolean, "tg_list_overlap(%s, %s)", a, b);
}

/* array(row(field0, field1 …)) */
static TgValue print_zip(TgTranslator *translator, const TgCall *call)
{
    g_autofree const TgSqlType **types = g_new0(const TgSqlType *, call->count);
    g_autoptr(GString) lists = g_string_new(NULL);
    g_autoptr(GString) fields = g_string_new(NULL);
    g_autoptr(GString) nulls = g_string_new(NULL);

    for (guint i = 0; i < call->count; i++) {
        types[i] = call->values[i].type->items[0];
        g_string_append_printf(nulls, "%s%s IS NULL", i == 0 ? "" : " OR ", call->values[i].text);
        g_string_append_printf(lists, "%s%s", i == 0 ? "" : ", ", call->values[i].text);
        g_string_append_printf(fields, "%sfield%u := struct_extract_at(z, %u)", i == 0 ? "" : ", ",
                               i, i + 1);
    }
    const TgSqlType *row = tg_sql_type_row(translator->arena, call->count, types, NULL);

    return tg_value(
        translator, tg_sql_type_array(translator->arena, row),
        "CASE WHEN %s THEN NULL ELSE list_transform(list_zip(%s), lambda z: struct_pack(%s)) END",
        nulls->str, lists->str, fields->str);
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
    const char *step =
        call->count > 2
            ? call->values[2].text
            : tg_sql_arena_printf(translator->arena,
                                  "CASE WHEN %s <= %s THEN to_days(1) ELSE to_days(-1) END",
                                  call->values[0].text, call->values[1].text);

    return tg_value(
        translator, tg_sql_type_array(translator->arena, type),
        "list_transform(tg_sequence_time(CAST(%s AS TIMESTAMP), CAST(%s AS TIMESTAMP), %s), lambda "
        "e: CAST(e AS %s))",
        call->values[0].text, call->values[1].text, step,
        tg_sql_type_duckdb(translator->arena, type));
}

static TgValue print_concat_maps(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *type = tg_translate_unify(translator, call->node, call->values, call->count);
    g_autoptr(GString) list = g_string_new(NULL);
    g_autoptr(GString) nulls = g_string_new(NULL);

    for (guint i = 0; i < call->count; i++) {
        g_string_append_printf(list, "%s%s", i == 0 ? "" : ", ", call->values[i].text);
        g_string_append_printf(nulls, "%s%s IS NULL", i == 0 ? "" : " OR ", call->values[i].text);
    }
    return tg_value(translator, type, "CASE WHEN %s THEN NULL ELSE map_concat(%s) END", nulls->str,
                    list->str);
}

static TgValue print_map_key(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *map = call->values[0].type;

    tg_translate_check_comparable(translator, call->node, call->values[1],
                                  (TgValue){NULL, map->items[0]});
    return tg_value(translator, map->items[1], "map_extract_value(%s, %s)", call->values[0].text,
                    tg_translate_coerce(translator, call->values[1], map->items[0]).text);
}

/* contains, array_position, array_remove: the elements and the value in one type. */
static TgValue print_with_element(TgTranslator *translator, const TgCall *call)
{
    TgValue list = call->values[0];
    const TgSqlType *element =
        tg_sql_type_common(translator->arena, list.type->items[0], call->values[1].type);

    if (element == NULL) {
        return tg_translate_fail(translator, call->node,
                                 "%s(): the elements are %s, but the value is %s", call->name,
                                 tg_translate_type_name(translator, list.type->items[0]),
                                 tg_translate_type_name(translator, call->values[1].type));
    }
    const TgSqlType *type = tg_sql_type_array(translator->arena, element);
    const char *a = tg_translate_coerce(translator, list, type).text;
    const char *b = tg_translate_coerce(translator, call->values[1], element).text;

    if (strcmp(call->name, "contains") == 0) {
        return tg_value(translator, &tg_sql_type_boolean, "tg_contains(%s, %s)", a, b);
    }
    if (strcmp(call->name, "array_position") == 0) {
        return tg_value(translator, &tg_sql_type_bigint, "tg_list_position(%s, %s)", a, b);
    }
    return tg_value(translator, type, "tg_list_remove(%s, %s)", a, b);
}

static TgValue print_array_extreme(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *type = call->values[0].type->items[0];
    gboolean is_max = strcmp(call->name, "array_max") == 0;
    gboolean is_float = type->id == TG_SQL_DOUBLE || type->id == TG_SQL_REAL;

    tg_translate_check_orderable(translator, call->node, type);
    return tg_value(translator, type, "tg_list_%s%s(%s)", is_max ? "max" : "min",
                    is_max && is_float ? "_number" : "", call->values[0].text);
}

static TgValue print_array_sort(TgTranslator *translator, const TgCall *call)
{
    tg_translate_check_orderable(translator, call->node, call->values[0].type->items[0]);
    return tg_value(translator, call->values[0].type, "list_sort(%s, 'ASC', 'NULLS LAST')",
                    call->values[0].text);
}

static TgValue print_flatten(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *inner = call->values[0].type->items[0];

    if (inner->id == TG_SQL_UNKNOWN) {
        return tg_value(translator, tg_sql_type_array(translator->arena, inner),
                        "list_filter(%s, lambda e: false)", call->values[0].text);
    }
    if (inner->id != TG_SQL_ARRAY) {
        return tg_translate_fail(translator, call->node, "flatten() needs an array of arrays");
    }
    return tg_value(translator, inner, "flatten(%s)", call->values[0].text);
}

/* k loops, one in the other, each from behind the one around it. */
static TgValue print_combinations(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *type = tg_sql_type_array(translator->arena, call->values[0].type);
    guint64 count = call->nodes[1]->kind == TG_NODE_INTEGER
                        ? g_ascii_strtoull(call->nodes[1]->text, NULL, 10)
                        : G_MAXUINT64;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GString) chosen = g_string_new(NULL);
    const char *list = call->values[0].text;

    if (count > 5) {
        return tg_translate_fail(translator, call->nodes[1],
                                 "combinations() needs a number from 0 to 5 as its size here");
    }
    for (guint64 i = 1; i <= count; i++) {
        g_autofree char *from = i == 1 ? g_strdup("1") : g_strdup_printf("c%d + 1", (int)i - 1);

        g_string_append_printf(
            out, "flatten(list_transform(range(%s, len(%s) + 1), lambda c%d: ", from, list, (int)i);
        g_string_append_printf(chosen, "%slist_extract(%s, c%d)", i == 1 ? "" : ", ", list, (int)i);
    }
    g_string_append_printf(out, "[[%s]]", chosen->str);
    for (guint64 i = 0; i < count; i++) {
        g_string_append(out, "))");
    }
    return tg_value(translator, type, "CAST(CASE WHEN %s IS NOT NULL THEN %s END AS %s)", list,
                    out->str, tg_sql_type_duckdb(translator->arena, type));
}

static TgValue print_multimap(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *row = call->values[0].type->items[0];

    if (row->id != TG_SQL_ROW || row->count != 2) {
        return tg_translate_fail(translator, call->node,
                                 "multimap_from_entries() needs an array of rows of two fields");
    }
    return tg_value(translator,
                    tg_sql_type_map(translator->arena, row->items[0],
                                    tg_sql_type_array(translator->arena, row->items[1])),
                    "tg_multimap_checked(list_transform(%s, lambda z: struct_pack(key := "
                    "struct_extract_at(z, 1), value := struct_extract_at(z, 2))))",
                    call->values[0].text);
}

const TgFunction tg_functions_collection[] = {
    {"cardinality", "a", "b", "len($1)", NULL},
    {"cardinality", "m", "b", "CAST(cardinality($1) AS BIGINT)", NULL},
    {"element_at", "aI", "e1", "tg_element_at($1, $2)", NULL},
    {"element_at", "m.", NULL, NULL, print_map_key},
    {"contains", "a.", NULL, NULL, print_with_element},
    {"array_distinct", "a", "1", "tg_list_distinct($1)", NULL},
    {"array_join", "av", NULL, NULL, print_array_join},
    {"array_join", "avv", NULL, NULL, print_array_join},
    {"array_max", "a", NULL, NULL, print_array_extreme},
    {"array_min", "a", NULL, NULL, print_array_extreme},
    {"array_position", "a.", NULL, NULL, print_with_element},
    {"array_remove", "a.", NULL, NULL, print_with_element},
    {"trim_array", "aI", "1", "tg_trim_array($1, $2)", NULL},
    {"array_sort", "a", NULL, NULL, print_array_sort},
    {"array_histogram", "a", "me1b", "tg_array_histogram($1)", NULL},
    {"contains_sequence", "aa", "B", "tg_contains_sequence($1, $2)", NULL},
    {"combinations", "aI", NULL, NULL, print_combinations},
    {"ngrams", "aI", "a1", "tg_ngrams($1, $2)", NULL},
    {"shuffle", "a", "1",
     "list_transform(list_sort(list_transform($1, lambda e: struct_pack(r := random(), v := e))), "
     "lambda e: e.v)",
     NULL},
    {"multimap_from_entries", "a", NULL, NULL, print_multimap},
    {"array_union", "a.", NULL, NULL, print_sets},
    {"array_intersect", "a.", NULL, NULL, print_sets},
    {"array_except", "a.", NULL, NULL, print_sets},
    {"arrays_overlap", "a.", NULL, NULL, print_sets},
    {"array_union", "aa", NULL, NULL, print_sets},
    {"array_intersect", "aa", NULL, NULL, print_sets},
    {"array_except", "aa", NULL, NULL, print_sets},
    {"arrays_overlap", "aa", NULL, NULL, print_sets},
    {"flatten", "a", NULL, NULL, print_flatten},
    {"slice", "aII", "1", "tg_slice($1, $2, $3)", NULL},
    {"sequence", "II", "ab", "tg_sequence(CAST($1 AS BIGINT), CAST($2 AS BIGINT))", NULL},
    {"sequence", "III", "ab",
     "tg_sequence_step(CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT))", NULL},
    {"sequence", "tt", NULL, NULL, print_sequence_date},
    {"sequence", "tti", NULL, NULL, print_sequence_date},
    {"repeat", ".I", "a1", "list_transform(range(tg_count($2)), lambda e: $1)", NULL},
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

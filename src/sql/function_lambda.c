/* Functions that take a lambda. */
#include <string.h>

#include "sql/function.h"

static const TgSqlType *element(const TgCall *call, guint index)
{
    return call->values[index].type->items[0];
}

static TgValue print_transform(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *types[] = {element(call, 0)};
    const TgSqlType *result = NULL;
    const char *lambda = tg_call_lambda(translator, call, 1, types, 1, &result);

    return tg_value(translator, tg_sql_type_array(translator->arena, result),
                    "list_transform(%s, %s)", call->values[0].text, lambda);
}

/* filter, any_match, all_match, none_match */
static TgValue print_match(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *types[] = {element(call, 0)};
    const TgSqlType *result = NULL;
    const char *lambda = tg_call_lambda(translator, call, 1, types, 1, &result);
    const char *list = call->values[0].text;

    if (result->id != TG_SQL_BOOLEAN) {
        return tg_translate_fail(translator, call->nodes[1], "the lambda must give a boolean");
    }
    if (strcmp(call->name, "filter") == 0) {
        return tg_value(translator, call->values[0].type, "list_filter(%s, %s)", list, lambda);
    }
    return tg_value(translator, &tg_sql_type_boolean, "tg_%s(list_transform(%s, %s))", call->name,
                    list, lambda);
}

/* The lambda's body with its two parameters bound to two expressions, by lambdas over lists of one.
 */
static const char *bind_two(TgTranslator *translator, const TgField *parameters, const char *first,
                            const char *second, const char *body)
{
    return tg_value(
               translator, &tg_sql_type_unknown,
               "list_extract(list_transform([%s], lambda %s: list_extract(list_transform([%s], "
               "lambda %s: %s), 1)), 1)",
               first, parameters[0].value.text, second, parameters[1].value.text, body)
        .text;
}

/* The elements of a list, one after the other, into a state. DuckDB's list_reduce wants one type of
 * both, so that each travels in a pair with the other empty. */
static TgValue fold(TgTranslator *translator, const TgCall *call, const char *list,
                    const TgSqlType *item)
{
    TgField parameters[] = {{.value = {NULL, call->values[1].type}}, {.value = {NULL, item}}};
    const TgSqlType *state = NULL;
    const char *body = tg_call_lambda_body(translator, call, 2, parameters, 2, &state);
    const TgSqlType *type = tg_sql_type_common(translator->arena, call->values[1].type, state);
    const char *a = tg_translate_quote(translator, tg_translate_alias(translator, "a"));
    const char *b = tg_translate_quote(translator, tg_translate_alias(translator, "b"));

    if (type == NULL) {
        return tg_translate_fail(translator, call->node,
                                 "%s(): the start is %s, but the lambda gives %s", call->name,
                                 tg_translate_type_name(translator, call->values[1].type),
                                 tg_translate_type_name(translator, state));
    }
    if (!tg_sql_type_equal(type, parameters[0].value.type)) { /* again with the wider state */
        parameters[0].value.type = type;
        body = tg_call_lambda_body(translator, call, 2, parameters, 2, &state);
    }
    const char *state_name = tg_sql_type_duckdb(translator->arena, type);
    const char *item_name = tg_sql_type_duckdb(translator->arena, item);
    const char *next =
        bind_two(translator, parameters,
                 tg_sql_arena_printf(translator->arena, "struct_extract_at(%s, 1)", a),
                 tg_sql_arena_printf(translator->arena, "struct_extract_at(%s, 2)", b), body);

    return tg_value(
        translator, type,
        "struct_extract_at(list_reduce(list_transform(%s, lambda %s: struct_pack(s := CAST(NULL AS "
        "%s), "
        "x := CAST(%s AS %s))), lambda %s, %s: struct_pack(s := CAST(%s AS %s), x := "
        "CAST(NULL AS %s)), struct_pack(s := CAST(%s AS %s), x := CAST(NULL AS %s))), 1)",
        list, a, state_name, a, item_name, a, b, next, state_name, item_name, call->values[1].text,
        state_name, item_name);
}

/* reduce(list, start, (state, x) -> …, state -> …) */
static TgValue print_reduce(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *result = NULL;
    TgValue reduced = fold(translator, call, call->values[0].text, element(call, 0));
    const char *finish = tg_call_lambda(translator, call, 3, &reduced.type, 1, &result);

    return tg_value(translator, result, "list_extract(list_transform([%s], %s), 1)", reduced.text,
                    finish);
}

/* reduce_agg(x, start, (state, x) -> …, (state, state) -> …): over the list of all x. */
TgValue tg_call_reduce_aggregate(TgTranslator *translator, const TgCall *call)
{
    const char *list =
        tg_sql_arena_printf(translator->arena, "\x01list\x02%s\x03", call->values[0].text);

    return fold(translator, call, list, call->values[0].type);
}

/* array_sort(list, (a, b) -> -1, 0 or 1): each element's place is the number of those before it. */
static TgValue print_sort(TgTranslator *translator, const TgCall *call)
{
    TgField parameters[] = {{.value = {NULL, element(call, 0)}},
                            {.value = {NULL, element(call, 0)}}};
    const TgSqlType *result = NULL;
    const char *body = tg_call_lambda_body(translator, call, 1, parameters, 2, &result);
    const char *order = NULL;

    if (result->id != TG_SQL_INTEGER) {
        return tg_translate_fail(translator, call->nodes[1],
                                 "the lambda of array_sort() must give an integer");
    }
    order = bind_two(translator, parameters, "f", "e", body);
    return tg_value(
        translator, call->values[0].type,
        "list_transform(list_sort(list_transform(%s, lambda e, i: struct_pack(r := "
        "len(list_filter(%s, lambda f, j: j <> i AND (%s < 0 OR (%s = 0 AND j < i)))), v := e))), "
        "lambda s: s.v)",
        call->values[0].text, call->values[0].text, order, order);
}

static TgValue print_map_zip_with(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *maps[] = {call->values[0].type, call->values[1].type};
    const TgSqlType *key =
        tg_sql_type_common(translator->arena, maps[0]->items[0], maps[1]->items[0]);
    TgField parameters[] = {{.value = {NULL, key == NULL ? &tg_sql_type_unknown : key}},
                            {.value = {NULL, maps[0]->items[1]}},
                            {.value = {NULL, maps[1]->items[1]}}};
    const TgSqlType *result = NULL;
    const char *body = tg_call_lambda_body(translator, call, 2, parameters, 3, &result);
    const char *a = call->values[0].text;
    const char *b = call->values[1].text;
    const char *bound = NULL;

    if (key == NULL) {
        return tg_translate_fail(translator, call->node, "the maps' keys are of different types");
    }
    bound = bind_two(translator, parameters + 1,
                     tg_sql_arena_printf(translator->arena, "map_extract_value(%s, z)", a),
                     tg_sql_arena_printf(translator->arena, "map_extract_value(%s, z)", b), body);
    return tg_value(translator, tg_sql_type_map(translator->arena, key, result),
                    "CASE WHEN %s IS NOT NULL AND %s IS NOT NULL THEN map_from_entries("
                    "list_transform(tg_array_union(map_keys(%s), map_keys(%s)), lambda "
                    "z: struct_pack(key := z, value := list_extract(list_transform([z], lambda %s: "
                    "%s), 1)))) END",
                    a, b, a, b, parameters[0].value.text, bound);
}

static TgValue print_zip_with(TgTranslator *translator, const TgCall *call)
{
    TgField parameters[] = {{.value = {NULL, element(call, 0)}},
                            {.value = {NULL, element(call, 1)}}};
    const TgSqlType *result = NULL;
    const char *body = tg_call_lambda_body(translator, call, 2, parameters, 2, &result);
    const char *pair = tg_translate_quote(translator, tg_translate_alias(translator, "z"));
    const char *bound =
        bind_two(translator, parameters,
                 tg_sql_arena_printf(translator->arena, "struct_extract_at(%s, 1)", pair),
                 tg_sql_arena_printf(translator->arena, "struct_extract_at(%s, 2)", pair), body);

    return tg_value(translator, tg_sql_type_array(translator->arena, result),
                    "CASE WHEN %s IS NOT NULL AND %s IS NOT NULL THEN list_transform(list_zip(%s, "
                    "%s), lambda %s: %s) END",
                    call->values[0].text, call->values[1].text, call->values[0].text,
                    call->values[1].text, pair, bound);
}

/* map_filter, transform_keys, transform_values: lambdas over key and value. */
static TgValue print_map_lambda(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *map = call->values[0].type;
    TgField parameters[] = {{.value = {NULL, map->items[0]}}, {.value = {NULL, map->items[1]}}};
    const TgSqlType *result = NULL;
    const char *body = tg_call_lambda_body(translator, call, 1, parameters, 2, &result);
    const char *pair = tg_translate_quote(translator, tg_translate_alias(translator, "z"));
    const char *key = tg_sql_arena_printf(translator->arena, "%s.key", pair);
    const char *value = tg_sql_arena_printf(translator->arena, "%s.value", pair);
    const char *bound = bind_two(translator, parameters, key, value, body);
    gboolean is_keys = strcmp(call->name, "transform_keys") == 0;
    const TgSqlType *type = is_keys ? tg_sql_type_map(translator->arena, result, map->items[1])
                                    : tg_sql_type_map(translator->arena, map->items[0], result);

    if (strcmp(call->name, "map_filter") == 0 && result->id != TG_SQL_BOOLEAN) {
        return tg_translate_fail(translator, call->nodes[1], "the lambda must give a boolean");
    }
    if (strcmp(call->name, "map_filter") == 0) {
        return tg_value(translator, map,
                        "map_from_entries(list_filter(map_entries(%s), lambda %s: %s))",
                        call->values[0].text, pair, bound);
    }
    return tg_value(
        translator, type,
        "map_from_entries(list_transform(map_entries(%s), lambda %s: struct_pack(key := "
        "%s, value := %s)))",
        call->values[0].text, pair, is_keys ? bound : key, is_keys ? value : bound);
}

const TgFunction tg_functions_lambda[] = {
    {"transform", "aF", NULL, NULL, print_transform},
    {"filter", "aF", NULL, NULL, print_match},
    {"any_match", "aF", NULL, NULL, print_match},
    {"all_match", "aF", NULL, NULL, print_match},
    {"none_match", "aF", NULL, NULL, print_match},
    {"reduce", "a.FF", NULL, NULL, print_reduce},
    {"array_sort", "aF", NULL, NULL, print_sort},
    {"map_zip_with", "mmF", NULL, NULL, print_map_zip_with},
    {"zip_with", "aaF", NULL, NULL, print_zip_with},
    {"map_filter", "mF", NULL, NULL, print_map_lambda},
    {"transform_keys", "mF", NULL, NULL, print_map_lambda},
    {"transform_values", "mF", NULL, NULL, print_map_lambda},
    {NULL, NULL, NULL, NULL, NULL},
};

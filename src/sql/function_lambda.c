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

    if (result->id != TG_SQL_BOOLEAN && result->id != TG_SQL_UNKNOWN) {
        return tg_translate_fail(translator, call->nodes[1], "the lambda must give a boolean");
    }
    if (strcmp(call->name, "filter") == 0) {
        return tg_value(translator, call->values[0].type, "list_filter(%s, %s)", list, lambda);
    }
    return tg_value(translator, &tg_sql_type_boolean, "tg_%s(list_transform(%s, %s))", call->name,
                    list, lambda);
}

/* reduce(list, start, (state, x) -> …, state -> …) */
static TgValue print_reduce(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *types[] = {call->values[1].type, element(call, 0)};
    const TgSqlType *state = NULL;
    const TgSqlType *result = NULL;
    TgValue start = call->values[1];
    const char *step = tg_call_lambda(translator, call, 2, types, 2, &state);
    const TgSqlType *common = tg_sql_type_common(translator->arena, start.type, state);

    if (common == NULL) {
        return tg_translate_fail(translator, call->node,
                                 "reduce(): the start is %s, but the lambda gives %s",
                                 tg_translate_type_name(translator, start.type),
                                 tg_translate_type_name(translator, state));
    }
    if (!tg_sql_type_equal(common, types[0])) { /* 0 and decimals: again with the wider state */
        types[0] = common;
        step = tg_call_lambda(translator, call, 2, types, 2, &state);
    }
    start = tg_translate_coerce(translator, start, common);
    TgValue reduced = tg_value(translator, common, "list_reduce(%s, %s, %s)", call->values[0].text,
                               step, start.text);
    const char *finish = tg_call_lambda(translator, call, 3, &common, 1, &result);

    return tg_value(translator, result, "list_extract(list_transform([%s], %s), 1)", reduced.text,
                    finish);
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
                    "list_transform(list_zip(%s, %s), lambda %s: %s)", call->values[0].text,
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
    {"zip_with", "aaF", NULL, NULL, print_zip_with},
    {"map_filter", "mF", NULL, NULL, print_map_lambda},
    {"transform_keys", "mF", NULL, NULL, print_map_lambda},
    {"transform_values", "mF", NULL, NULL, print_map_lambda},
    {NULL, NULL, NULL, NULL, NULL},
};

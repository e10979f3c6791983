/* Distributions, distances, numbers with a unit, words. */
#include "sql/function.h"

static TgValue print_data_size(TgTranslator *translator, const TgCall *call)
{
    return tg_value(translator, tg_sql_type_new(translator->arena, TG_SQL_DECIMAL, 38, 0),
                    "CAST(tg_parse_data_size(%s) AS DECIMAL(38,0))", call->values[0].text);
}

static TgValue print_duration(TgTranslator *translator, const TgCall *call)
{
    return tg_value(translator, &tg_sql_type_interval_day,
                    "to_microseconds(tg_parse_duration(%s) * 1000)", call->values[0].text);
}

/* Of two arrays of numbers, or of two maps to numbers: a macro over arrays or maps of doubles. */
static TgValue print_distance(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *first = call->values[0].type;
    gboolean is_map = first->id == TG_SQL_MAP;
    const TgSqlType *type =
        is_map ? tg_sql_type_map(translator->arena, &tg_sql_type_varchar, &tg_sql_type_double)
               : tg_sql_type_array(translator->arena, &tg_sql_type_double);

    if (!tg_sql_type_is_numeric(first->items[is_map ? 1 : 0])) {
        return tg_translate_fail(translator, call->node, "%s() needs numbers, not %s", call->name,
                                 tg_translate_type_name(translator, first));
    }
    return tg_value(translator, &tg_sql_type_double, "tg_%s%s(%s, %s)", call->name,
                    is_map ? "_map" : "",
                    tg_translate_coerce(translator, call->values[0], type).text,
                    tg_translate_coerce(translator, call->values[1], type).text);
}

const TgFunction tg_functions_statistics[] = {
    {"normal_cdf", "ddd", "d", "tg_normal_cdf($1, $2, $3)", NULL},
    {"inverse_normal_cdf", "ddd", "d", "tg_inverse_normal_cdf($1, $2, $3)", NULL},
    {"beta_cdf", "ddd", "d", "tg_beta_cdf($1, $2, $3)", NULL},
    {"t_cdf", "dd", "d", "tg_t_cdf($1, $2)", NULL},
    {"t_pdf", "dd", "d", "tg_t_pdf($1, $2)", NULL},
    {"wilson_interval_lower", "IId", "d", "tg_wilson_lower($1, $2, $3)", NULL},
    {"wilson_interval_upper", "IId", "d", "tg_wilson_upper($1, $2, $3)", NULL},
    {"dot_product", "aa", NULL, NULL, print_distance},
    {"euclidean_distance", "aa", NULL, NULL, print_distance},
    {"cosine_similarity", "aa", NULL, NULL, print_distance},
    {"cosine_similarity", "mm", NULL, NULL, print_distance},
    {"cosine_distance", "aa", NULL, NULL, print_distance},
    {"great_circle_distance", "dddd", "d", "tg_great_circle_distance($1, $2, $3, $4)", NULL},
    {"word_stem", "v", "v", "tg_word_stem($1, 'en')", NULL},
    {"word_stem", "vv", "v", "tg_word_stem($1, $2)", NULL},
    {"parse_duration", "v", NULL, NULL, print_duration},
    {"parse_data_size", "v", NULL, NULL, print_data_size},
    {"parse_presto_data_size", "v", NULL, NULL, print_data_size},
    {NULL, NULL, NULL, NULL, NULL},
};

/* Aggregates and window functions. */
#include "sql/function.h"

/* avg(decimal(p,s)) is decimal(p,s), rounded half up. */
static TgValue print_avg_decimal(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *type = call->values[0].type;
    const TgSqlType *wide = tg_sql_type_new(translator->arena, TG_SQL_DECIMAL, 38, type->scale);
    const TgSqlType *count = tg_sql_type_new(translator->arena, TG_SQL_DECIMAL, 19, 0);
    TgValue sum = tg_value(translator, wide, "\x01sum\x02%s\x03", call->values[0].text);
    TgValue rows = tg_value(translator, count,
                            "\x01"
                            "count\x02%s\x03",
                            call->values[0].text);

    rows.text = tg_sql_arena_printf(translator->arena, "nullif(%s, 0)", rows.text);
    return tg_translate_decimal_divide(translator, sum, rows, type);
}

/* sum(decimal(p,s)) is decimal(38,s). */
static TgValue print_sum_decimal(TgTranslator *translator, const TgCall *call)
{
    guint scale = call->values[0].type->scale;

    return tg_value(translator, tg_sql_type_new(translator->arena, TG_SQL_DECIMAL, 38, scale),
                    "CAST(\x01sum\x02%s\x03 AS DECIMAL(38,%u))", call->values[0].text, scale);
}

/* max(x, n), max_by(x, y, n): arrays. */
const TgFunction tg_functions_aggregate[] = {
    {"count", "", "b", "{count|*}", NULL},
    {"count", ".", "b", "{count|$1}", NULL},
    {"count_if", "B", "b", "CAST({count_if|$1} AS BIGINT)", NULL},
    {"sum", "I", "b", "CAST({sum|$1} AS BIGINT)", NULL},
    {"sum", "N", NULL, NULL, print_sum_decimal},
    {"sum", "f", "1", "{sum|$1}", NULL},
    {"avg", "N", NULL, NULL, print_avg_decimal},
    {"avg", "f", "1", "{avg|$1}", NULL},
    {"avg", "I", "d", "{avg|$1}", NULL},
    {"min", ".", "1", "{min|$1}", NULL},
    {"max", ".", "1", "{max|$1}", NULL},
    {"min", ".I", "a1", "{min|$1, $2}", NULL},
    {"max", ".I", "a1", "{max|$1, $2}", NULL},
    {"min_by", "..", "1", "{min_by|$1, $2}", NULL},
    {"max_by", "..", "1", "{max_by|$1, $2}", NULL},
    {"min_by", "..I", "a1", "{min_by|$1, $2, $3}", NULL},
    {"max_by", "..I", "a1", "{max_by|$1, $2, $3}", NULL},
    {"arbitrary", ".", "1", "{any_value|$1}", NULL},
    {"any_value", ".", "1", "{any_value|$1}", NULL},
    {"approx_distinct", ".", "b", "CAST({approx_count_distinct|$1} AS BIGINT)", NULL},
    {"approx_distinct", ".d", "b", "CAST({approx_count_distinct|$1} AS BIGINT)", NULL},
    {"approx_percentile", "nd", "1", "{quantile_disc|$1, $2}", NULL},
    {"approx_percentile", "na", "a1", "{quantile_disc|$1, $2}", NULL},
    {"array_agg", ".", "a1", "{array_agg|$1}", NULL},
    {"map_agg", "..", "m12", "map_from_entries({list|struct_pack(key := $1, value := $2)})", NULL},
    {"histogram", ".", "m1b", "tg_map_bigint({histogram|$1})", NULL},
    {"bool_and", "B", "B", "{bool_and|$1}", NULL},
    {"every", "B", "B", "{bool_and|$1}", NULL},
    {"bool_or", "B", "B", "{bool_or|$1}", NULL},
    {"bitwise_and_agg", "I", "b", "CAST({bit_and|$1} AS BIGINT)", NULL},
    {"bitwise_or_agg", "I", "b", "CAST({bit_or|$1} AS BIGINT)", NULL},
    {"geometric_mean", "d", "d", "{geometric_mean|$1}", NULL},
    {"stddev", "d", "d", "{stddev_samp|$1}", NULL},
    {"stddev_samp", "d", "d", "{stddev_samp|$1}", NULL},
    {"stddev_pop", "d", "d", "{stddev_pop|$1}", NULL},
    {"variance", "d", "d", "{var_samp|$1}", NULL},
    {"var_samp", "d", "d", "{var_samp|$1}", NULL},
    {"var_pop", "d", "d", "{var_pop|$1}", NULL},
    {"corr", "dd", "d", "{corr|$1, $2}", NULL},
    {"covar_samp", "dd", "d", "{covar_samp|$1, $2}", NULL},
    {"covar_pop", "dd", "d", "{covar_pop|$1, $2}", NULL},
    {"regr_slope", "dd", "d", "{regr_slope|$1, $2}", NULL},
    {"regr_intercept", "dd", "d", "{regr_intercept|$1, $2}", NULL},
    {"kurtosis", "d", "d", "{kurtosis|$1}", NULL},
    /* DuckDB's is that of a sample, Trino's that of the whole. */
    {"skewness", "d", "d",
     "({skewness|$1} * ({count|$1} - 2) / sqrt(CAST({count|$1} AS DOUBLE) * ({count|$1} - 1)))",
     NULL},
    {"listagg", "v", "v", "{string_agg|$1, ''}", NULL},
    {"listagg", "vv", "v", "{string_agg|$1, $2}", NULL},
    {"grouping", ".*", "b", "grouping($*)", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

const TgFunction tg_functions_window[] = {
    {"row_number", "", "b", "{row_number|}", NULL},
    {"rank", "", "b", "{rank|}", NULL},
    {"dense_rank", "", "b", "{dense_rank|}", NULL},
    {"percent_rank", "", "d", "{percent_rank|}", NULL},
    {"cume_dist", "", "d", "{cume_dist|}", NULL},
    {"ntile", "I", "b", "{ntile|$1}", NULL},
    {"first_value", ".", "1", "{first_value|$1}", NULL},
    {"last_value", ".", "1", "{last_value|$1}", NULL},
    {"nth_value", ".I", "1", "{nth_value|$1, $2}", NULL},
    {"lag", ".", "1", "{lag|$1}", NULL},
    {"lag", ".I", "1", "{lag|$1, $2}", NULL},
    {"lag", ".I.", "1", "{lag|$1, $2, $3}", NULL},
    {"lead", ".", "1", "{lead|$1}", NULL},
    {"lead", ".I", "1", "{lead|$1, $2}", NULL},
    {"lead", ".I.", "1", "{lead|$1, $2, $3}", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

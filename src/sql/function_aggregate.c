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

/* NaN is not the greatest; an array with NULL has no order. */
static TgValue print_extreme(TgTranslator *translator, const TgCall *call)
{
    TgValue value = call->values[0];
    const char *name = call->name;

    tg_translate_check_orderable(translator, call->node, value.type);
    if (*name == 'm' && strcmp(name, "max") == 0 &&
        (value.type->id == TG_SQL_DOUBLE || value.type->id == TG_SQL_REAL)) {
        return tg_value(translator, value.type,
                        "coalesce(\x01max\x02nullif(%s, 'nan')\x03, \x01max\x02%s\x03)", value.text,
                        value.text);
    }
    return tg_value(translator, value.type,
                    value.type->id == TG_SQL_ARRAY ? "\x01%s\x02tg_no_nulls(%s)\x03"
                                                   : "\x01%s\x02%s\x03",
                    name, value.text);
}

/* Of a decimal, and of a real, it is a real. */
static TgValue print_geometric_mean(TgTranslator *translator, const TgCall *call)
{
    TgSqlTypeId id = call->values[0].type->id;
    gboolean is_real = id == TG_SQL_DECIMAL || id == TG_SQL_REAL;
    const TgSqlType *type =
        is_real ? tg_sql_type_new(translator->arena, TG_SQL_REAL, 0, 0) : &tg_sql_type_double;

    return tg_value(translator, type,
                    "CAST(exp(\x01"
                    "avg\x02tg_ln_or_nan(CAST(%s AS DOUBLE))\x03) AS %s)",
                    call->values[0].text, tg_sql_type_duckdb(translator->arena, type));
}

static TgValue print_interval(TgTranslator *translator, const TgCall *call)
{
    TgValue value = call->values[0];
    gboolean is_month = value.type->id == TG_SQL_INTERVAL_MONTH;

    if (call->name[0] == 's') {
        return tg_value(translator, value.type,
                        is_month ? "to_months(CAST(\x01sum\x02tg_months_of(%s)\x03 AS INTEGER))"
                                 : "to_microseconds(CAST(\x01sum\x02"
                                   "epoch_us(%s)\x03 AS BIGINT))",
                        value.text);
    }
    return tg_value(translator, value.type,
                    is_month ? "to_months(CAST(round(\x01"
                               "avg\x02tg_months_of(%s)\x03) AS INTEGER))"
                             : "to_microseconds(CAST(round(\x01"
                               "avg\x02"
                               "epoch_us(%s)\x03 / 1000) AS "
                               "BIGINT) * 1000)",
                    value.text);
}

/* max(x, n), max_by(x, y, n): arrays. */
const TgFunction tg_functions_aggregate[] = {
    {"count", "", "b", "{count|*}", NULL},
    {"count", ".", "b", "{count|$1}", NULL},
    {"count_if", "B", "b", "CAST({count|CASE WHEN $1 THEN 1 END} AS BIGINT)", NULL},
    {"sum", "I", "b", "CAST({sum|$1} AS BIGINT)", NULL},
    {"sum", "N", NULL, NULL, print_sum_decimal},
    {"sum", "f", "1", "{sum|$1}", NULL},
    {"sum", "i", NULL, NULL, print_interval},
    {"avg", "i", NULL, NULL, print_interval},
    {"avg", "N", NULL, NULL, print_avg_decimal},
    {"avg", "f", "1", "{avg|$1}", NULL},
    {"avg", "I", "d", "{avg|$1}", NULL},
    {"min", ".", NULL, NULL, print_extreme},
    {"max", ".", NULL, NULL, print_extreme},
    {"min", ".I", "a1", "{min|$1, $2}", NULL},
    {"max", ".I", "a1", "{max|$1, $2}", NULL},
    {"min_by", "..", "1", "{arg_min_null|$1, $2}", NULL},
    {"max_by", "..", "1", "{arg_max_null|$1, $2}", NULL},
    {"min_by", "..I", "a1", "{min_by|$1, $2, $3}", NULL},
    {"max_by", "..I", "a1", "{max_by|$1, $2, $3}", NULL},
    {"arbitrary", ".", "1", "{any_value|$1}", NULL},
    {"any_value", ".", "1", "{any_value|$1}", NULL},
    {"approx_distinct", ".", "b", "CAST({approx_count_distinct|$1} AS BIGINT)", NULL},
    {"approx_distinct", ".d", "b", "CAST({approx_count_distinct|$1} AS BIGINT)", NULL},
    /* the value at floor(q * n), counted from 0 */
    {"approx_percentile", "Id", "b", "CAST({quantile_disc|$1, tg_quantile($2)} AS BIGINT)", NULL},
    {"approx_percentile", "Ia", "ab", "CAST({quantile_disc|$1, tg_quantiles($2)} AS BIGINT[])",
     NULL},
    {"approx_percentile", "fd", "1", "{quantile_disc|$1, tg_quantile($2)}", NULL},
    {"approx_percentile", "fa", "a1", "{quantile_disc|$1, tg_quantiles($2)}", NULL},
    {"approx_percentile", "dd", "d", "{quantile_disc|$1, tg_quantile($2)}", NULL},
    {"approx_percentile", "da", "ad", "{quantile_disc|$1, tg_quantiles($2)}", NULL},
    {"approx_most_frequent", "I.I", "m2b", "tg_most_frequent({histogram|$2}, $1)", NULL},
    {"reduce_agg", "..FF", NULL, NULL, tg_call_reduce_aggregate},
    {"array_agg", ".", "a1", "{array_agg|$1}", NULL},
    {"map_agg", "..", "m12", "tg_map_first({list|struct_pack(key := $1, value := $2)})", NULL},
    {"map_union", "m", "1", "tg_map_first(flatten({list|map_entries($1)}))", NULL},
    {"histogram", ".", "m1b", "tg_map_bigint({histogram|$1})", NULL},
    {"bool_and", "B", "B", "{bool_and|$1}", NULL},
    {"every", "B", "B", "{bool_and|$1}", NULL},
    {"bool_or", "B", "B", "{bool_or|$1}", NULL},
    {"bitwise_and_agg", "I", "b", "CAST({bit_and|$1} AS BIGINT)", NULL},
    {"bitwise_or_agg", "I", "b", "CAST({bit_or|$1} AS BIGINT)", NULL},
    {"geometric_mean", "n", NULL, NULL, print_geometric_mean},
    {"stddev", "d", "d", "{stddev_samp|$1}", NULL},
    {"stddev_samp", "d", "d", "{stddev_samp|$1}", NULL},
    {"stddev_pop", "d", "d", "{stddev_pop|$1}", NULL},
    {"variance", "d", "d", "{var_samp|$1}", NULL},
    {"var_samp", "d", "d", "{var_samp|$1}", NULL},
    {"var_pop", "d", "d", "{var_pop|$1}", NULL},
    {"corr", "dd", "d", "tg_finite({corr|$1, $2})", NULL},
    {"covar_samp", "dd", "d", "{covar_samp|$1, $2}", NULL},
    {"covar_pop", "dd", "d", "{covar_pop|$1, $2}", NULL},
    {"regr_slope", "dd", "d", "tg_finite({regr_slope|$1, $2})", NULL},
    {"regr_intercept", "dd", "d", "tg_finite({regr_intercept|$1, $2})", NULL},
    {"kurtosis", "d", "d", "{kurtosis|$1}", NULL},
    /* DuckDB's is that of a sample, Trino's that of the whole. */
    {"skewness", "d", "d",
     "({skewness|$1} * ({count|$1} - 2) / sqrt(CAST({count|$1} AS DOUBLE) * ({count|$1} - 1)))",
     NULL},
    {"listagg", "v", "v", "{string_agg|$1, ''}", NULL},
    {"listagg", "vv", "v", "{string_agg|$1, $2}", NULL},
    {"grouping", ".*", "i", "CAST(grouping($*) AS INTEGER)", NULL},
    {"bitwise_xor_agg", "I", "b", "CAST({bit_xor|CAST($1 AS BIGINT)} AS BIGINT)", NULL},
    {"multimap_agg", "..", "m1a2", "tg_multimap({list|struct_pack(key := $1, value := $2)})", NULL},
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

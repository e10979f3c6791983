/* Numbers, conditionals. */
#include <string.h>

#include "sql/function.h"

/* floor, ceiling, round, truncate of a decimal: its digits before the point, and one for a carry.
 */
static TgValue print_whole(TgTranslator *translator, const TgCall *call)
{
    TgValue value = call->values[0];
    guint whole = value.type->precision - value.type->scale;
    gboolean is_truncate = strcmp(call->name, "truncate") == 0;
    const TgSqlType *type =
        tg_sql_type_new(translator->arena, TG_SQL_DECIMAL,
                        MAX(1, MIN(38, whole + (is_truncate ? 0 : MIN(1, value.type->scale)))), 0);
    const char *name = is_truncate                          ? "trunc"
                       : strcmp(call->name, "ceiling") == 0 ? "ceil"
                                                            : call->name;

    return tg_value(translator, type, "CAST(%s(%s) AS DECIMAL(%u,0))", name, value.text,
                    type->precision);
}

static TgValue print_round_decimal(TgTranslator *translator, const TgCall *call)
{
    TgValue value = call->values[0];
    gboolean is_truncate = call->name[0] == 't';
    const TgSqlType *type =
        tg_sql_type_new(translator->arena, TG_SQL_DECIMAL,
                        MIN(38, value.type->precision + (is_truncate ? 0 : 1)), value.type->scale);

    if (!is_truncate) {
        return tg_value(translator, type,
                        "CASE WHEN %s < 0 THEN CAST(tg_round_whole(CAST(trunc(%s) AS HUGEINT), %s) "
                        "AS DECIMAL(%u,%u)) ELSE CAST(round(%s, "
                        "CAST(%s AS INTEGER)) AS DECIMAL(%u,%u)) END",
                        call->values[1].text, value.text, call->values[1].text, type->precision,
                        type->scale, value.text, call->values[1].text, type->precision,
                        type->scale);
    }
    return tg_value(translator, type, "CAST(%s(%s, CAST(%s AS INTEGER)) AS DECIMAL(%u,%u))",
                    "trunc", value.text, call->values[1].text, type->precision, type->scale);
}

/* truncate() of a whole number is a decimal of its digits. */
static TgValue print_truncate_whole(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *type = tg_sql_type_as_decimal(translator->arena, call->values[0].type);

    if (call->nodes[0]->kind == TG_NODE_NULL) {
        return tg_value(translator, tg_sql_type_new(translator->arena, TG_SQL_DECIMAL, 1, 0),
                        "CAST(NULL AS DECIMAL(1,0))");
    }
    if (call->count == 1) {
        return tg_translate_coerce(translator, call->values[0], type);
    }
    return tg_value(translator, type,
                    "CAST(trunc(CAST(%s AS DECIMAL(38,0)), CAST(%s AS INTEGER)) AS DECIMAL(%u,0))",
                    call->values[0].text, call->values[1].text, type->precision);
}

static TgValue print_round_float(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *type = call->values[0].type;

    return tg_value(translator, type, "CAST(tg_round(CAST(%s AS DOUBLE), %s) AS %s)",
                    call->values[0].text, call->values[1].text,
                    tg_sql_type_duckdb(translator->arena, type));
}

static TgValue print_sign_decimal(TgTranslator *translator, const TgCall *call)
{
    return tg_value(translator, tg_sql_type_new(translator->arena, TG_SQL_DECIMAL, 1, 0),
                    "CAST(sign(%s) AS DECIMAL(1,0))", call->values[0].text);
}

static TgValue print_sign_float(TgTranslator *translator, const TgCall *call)
{
    const char *text = call->values[0].text;

    return tg_value(translator, call->values[0].type,
                    "CAST(CASE WHEN isnan(%s) THEN %s ELSE sign(%s) END AS %s)", text, text, text,
                    tg_sql_type_duckdb(translator->arena, call->values[0].type));
}

/* Within the bits of the first argument's type. */
static TgValue print_shift(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *type = call->values[0].type;
    guint bits = 8U << (guint)(type->id - TG_SQL_TINYINT);

    return tg_value(translator, type, "CAST(tg_%s(%s, %s, %u) AS %s)",
                    call->name + strlen("bitwise_"), call->values[0].text, call->values[1].text,
                    bits, tg_sql_type_duckdb(translator->arena, type));
}

static TgValue print_mod(TgTranslator *translator, const TgCall *call)
{
    TgNode node = *call->node;

    node.text = "%";
    if (call->values[0].type->id == TG_SQL_UNKNOWN && call->values[1].type->id == TG_SQL_UNKNOWN) {
        return tg_value(translator, tg_sql_type_new(translator->arena, TG_SQL_TINYINT, 0, 0),
                        "CAST(NULL AS TINYINT)");
    }
    return tg_translate_arithmetic(translator, &node, call->values[0], call->values[1]);
}

/* NULL when any argument is. */
static TgValue print_extreme(TgTranslator *translator, const TgCall *call)
{
    const TgSqlType *type = tg_translate_unify(translator, call->node, call->values, call->count);
    g_autoptr(GString) condition = g_string_new(NULL);
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < call->count; i++) {
        g_string_append_printf(condition, "%s%s IS NULL", i == 0 ? "" : " OR ",
                               call->values[i].text);
        g_string_append_printf(list, "%s%s", i == 0 ? "" : ", ", call->values[i].text);
    }
    tg_translate_check_orderable(translator, call->node, type);
    if (*call->name == 'g' &&
        (type->id == TG_SQL_DOUBLE || type->id == TG_SQL_REAL)) { /* NaN does not count */
        return tg_value(translator, type,
                        "CASE WHEN %s THEN NULL ELSE tg_list_max_number([%s]) END", condition->str,
                        list->str);
    }
    if (type->id == TG_SQL_ARRAY) {
        return tg_translate_fail(translator, call->node, "%s() of arrays is not supported",
                                 call->name);
    }
    return tg_value(translator, type, "CASE WHEN %s THEN NULL ELSE %s(%s) END", condition->str,
                    call->name, list->str);
}

static TgValue print_if(TgTranslator *translator, const TgCall *call)
{
    TgValue branches[] = {call->values[1], call->count > 2
                                               ? call->values[2]
                                               : (TgValue){"NULL", &tg_sql_type_unknown}};
    const TgSqlType *type = tg_translate_unify(translator, call->node, branches, 2);

    return tg_value(translator, type, "CASE WHEN %s THEN %s ELSE %s END", call->values[0].text,
                    branches[0].text, branches[1].text);
}

static TgValue print_nullif(TgTranslator *translator, const TgCall *call)
{
    tg_translate_check_comparable(translator, call->node, call->values[0], call->values[1]);
    return tg_value(translator, call->values[0].type, "CASE WHEN %s THEN NULL ELSE %s END",
                    tg_translate_equal(translator, call->node, call->values[0], call->values[1]),
                    call->values[0].text);
}

const TgFunction tg_functions_math[] = {
    {"abs", "n", "1", "abs($1)", NULL},
    {"ceil", "I", "1", "$1", NULL},
    {"ceil", "N", NULL, NULL, print_whole},
    {"ceil", "f", "1", "ceil($1)", NULL},
    {"ceiling", "I", "1", "$1", NULL},
    {"ceiling", "N", NULL, NULL, print_whole},
    {"ceiling", "f", "1", "ceil($1)", NULL},
    {"floor", "I", "1", "$1", NULL},
    {"floor", "N", NULL, NULL, print_whole},
    {"floor", "f", "1", "floor($1)", NULL},
    {"round", "I", "1", "$1", NULL},
    {"round", "N", NULL, NULL, print_whole},
    {"round", "f", "1", "round($1)", NULL},
    {"round", "II", "1", "CAST(tg_round_whole($1, $2) AS BIGINT)", NULL},
    {"round", "NI", NULL, NULL, print_round_decimal},
    {"round", "fI", NULL, NULL, print_round_float},
    {"truncate", "I", NULL, NULL, print_truncate_whole},
    {"truncate", "N", NULL, NULL, print_whole},
    {"truncate", "f", "1", "trunc($1)", NULL},
    {"truncate", "II", NULL, NULL, print_truncate_whole},
    {"truncate", "NI", NULL, NULL, print_round_decimal},
    {"power", "dd", "d", "tg_pow($1, $2)", NULL},
    {"pow", "dd", "d", "tg_pow($1, $2)", NULL},
    {"sqrt", "d", "d", "tg_sqrt($1)", NULL},
    {"cbrt", "d", "d", "cbrt($1)", NULL},
    {"exp", "d", "d", "exp($1)", NULL},
    {"ln", "d", "d", "tg_ln($1)", NULL},
    {"log2", "d", "d", "tg_log2($1)", NULL},
    {"log10", "d", "d", "tg_log10($1)", NULL},
    {"log", "dd", "d", "tg_log_base($1, $2)", NULL},
    {"sin", "d", "d", "tg_sin($1)", NULL},
    {"cos", "d", "d", "tg_cos($1)", NULL},
    {"tan", "d", "d", "tg_tan($1)", NULL},
    {"sinh", "d", "d", "tg_sinh($1)", NULL},
    {"cosh", "d", "d", "tg_cosh($1)", NULL},
    {"tanh", "d", "d", "tg_tanh($1)", NULL},
    {"asin", "d", "d", "tg_asin($1)", NULL},
    {"acos", "d", "d", "tg_acos($1)", NULL},
    {"atan", "d", "d", "atan($1)", NULL},
    {"atan2", "dd", "d", "atan2($1, $2)", NULL},
    {"degrees", "d", "d", "degrees($1)", NULL},
    {"radians", "d", "d", "radians($1)", NULL},
    {"pi", "", "d", "pi()", NULL},
    {"e", "", "d", "exp(1)", NULL},
    {"infinity", "", "d", "CAST('inf' AS DOUBLE)", NULL},
    {"nan", "", "d", "CAST('nan' AS DOUBLE)", NULL},
    {"is_nan", "d", "B", "isnan($1)", NULL},
    {"is_infinite", "d", "B", "isinf($1)", NULL},
    {"is_finite", "d", "B", "isfinite($1)", NULL},
    {"mod", "nn", NULL, NULL, print_mod},
    {"sign", "I", "1", "sign($1)", NULL},
    {"sign", "N", NULL, NULL, print_sign_decimal},
    {"sign", "f", NULL, NULL, print_sign_float},
    {"greatest", "..*", NULL, NULL, print_extreme},
    {"least", "..*", NULL, NULL, print_extreme},
    {"rand", "", "d", "random()", NULL},
    {"random", "", "d", "random()", NULL},
    {"random", "I", "1", "CAST(floor(random() * tg_bound($1)) AS BIGINT)", NULL},
    {"random", "II", "1", "CAST(floor(random() * ($2 - $1) + $1) AS BIGINT)", NULL},
    {"width_bucket", "da", "b", "tg_width_bucket_list($1, $2)", NULL},
    {"great_circle_distance", "dddd", "d", "tg_great_circle($1, $2, $3, $4)", NULL},
    {"width_bucket", "dddI", "b", "tg_width_bucket($1, $2, $3, $4)", NULL},
    {"bitwise_and", "II", "b", "CAST($1 & $2 AS BIGINT)", NULL},
    {"bitwise_or", "II", "b", "CAST($1 | $2 AS BIGINT)", NULL},
    {"bitwise_xor", "II", "b", "CAST(xor($1, $2) AS BIGINT)", NULL},
    {"bitwise_not", "I", "b", "CAST(~$1 AS BIGINT)", NULL},
    {"bitwise_left_shift", "II", NULL, NULL, print_shift},
    {"bitwise_right_shift", "II", NULL, NULL, print_shift},
    {"bitwise_right_shift_arithmetic", "II", NULL, NULL, print_shift},
    {"bit_count", "II", "b", "tg_bit_count($1, $2)", NULL},
    {"from_base", "vI", "b", "tg_from_base($1, $2)", NULL},
    {"to_base", "II", "v", "tg_to_base($1, $2)", NULL},
    {"if", "B.", NULL, NULL, print_if},
    {"if", "B..", NULL, NULL, print_if},
    {"nullif", "..", NULL, NULL, print_nullif},
    {"coalesce", "cc*", "c", "coalesce($*)", NULL},
    {"try", ".", "1", "TRY($1)", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

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
    const TgSqlType *type = tg_sql_type_new(translator->arena, TG_SQL_DECIMAL,
                                            MIN(38, value.type->precision + 1), value.type->scale);

    return tg_value(translator, type, "CAST(%s(%s, CAST(%s AS INTEGER)) AS DECIMAL(%u,%u))",
                    call->name[0] == 't' ? "trunc" : "round", value.text, call->values[1].text,
                    type->precision, type->scale);
}

static TgValue print_mod(TgTranslator *translator, const TgCall *call)
{
    TgNode node = *call->node;

    node.text = "%";
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
    return tg_value(translator, call->values[0].type, "CASE WHEN %s = %s THEN NULL ELSE %s END",
                    call->values[0].text, call->values[1].text, call->values[0].text);
}

const TgFunction tg_functions_math[] = {
    {"abs", "n", "1", "abs($1)", NULL},
    {"ceil", "I", "1", "$1", NULL},
    {"ceil", "N", NULL, NULL, print_whole},
    {"ceil", "d", "d", "ceil($1)", NULL},
    {"ceiling", "I", "1", "$1", NULL},
    {"ceiling", "N", NULL, NULL, print_whole},
    {"ceiling", "d", "d", "ceil($1)", NULL},
    {"floor", "I", "1", "$1", NULL},
    {"floor", "N", NULL, NULL, print_whole},
    {"floor", "d", "d", "floor($1)", NULL},
    {"round", "I", "1", "$1", NULL},
    {"round", "N", NULL, NULL, print_whole},
    {"round", "d", "d", "round($1)", NULL},
    {"round", "II", "1", "CAST(round($1, CAST($2 AS INTEGER)) AS BIGINT)", NULL},
    {"round", "NI", NULL, NULL, print_round_decimal},
    {"round", "dI", "d", "round($1, CAST($2 AS INTEGER))", NULL},
    {"truncate", "N", NULL, NULL, print_whole},
    {"truncate", "d", "d", "trunc($1)", NULL},
    {"truncate", "NI", NULL, NULL, print_round_decimal},
    {"truncate", "dI", "d", "trunc($1, CAST($2 AS INTEGER))", NULL},
    {"power", "dd", "d", "pow($1, $2)", NULL},
    {"pow", "dd", "d", "pow($1, $2)", NULL},
    {"sqrt", "d", "d", "tg_sqrt($1)", NULL},
    {"cbrt", "d", "d", "cbrt($1)", NULL},
    {"exp", "d", "d", "exp($1)", NULL},
    {"ln", "d", "d", "ln($1)", NULL},
    {"log2", "d", "d", "log2($1)", NULL},
    {"log10", "d", "d", "log10($1)", NULL},
    {"log", "dd", "d", "log($1, $2)", NULL},
    {"sin", "d", "d", "sin($1)", NULL},
    {"cos", "d", "d", "cos($1)", NULL},
    {"tan", "d", "d", "tan($1)", NULL},
    {"asin", "d", "d", "asin($1)", NULL},
    {"acos", "d", "d", "acos($1)", NULL},
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
    {"sign", "N", "i", "sign($1)", NULL},
    {"sign", "d", "d", "CAST(sign($1) AS DOUBLE)", NULL},
    {"greatest", "..*", NULL, NULL, print_extreme},
    {"least", "..*", NULL, NULL, print_extreme},
    {"rand", "", "d", "random()", NULL},
    {"random", "", "d", "random()", NULL},
    {"random", "I", "1", "CAST(floor(random() * $1) AS BIGINT)", NULL},
    {"random", "II", "1", "CAST(floor(random() * ($2 - $1) + $1) AS BIGINT)", NULL},
    {"width_bucket", "dddI", "b", "tg_width_bucket($1, $2, $3, $4)", NULL},
    {"bitwise_and", "II", "b", "CAST($1 & $2 AS BIGINT)", NULL},
    {"bitwise_or", "II", "b", "CAST($1 | $2 AS BIGINT)", NULL},
    {"bitwise_xor", "II", "b", "CAST(xor($1, $2) AS BIGINT)", NULL},
    {"bitwise_not", "I", "b", "CAST(~$1 AS BIGINT)", NULL},
    {"bitwise_left_shift", "II", "1", "$1 << $2", NULL},
    {"bit_count", "II", "b", "tg_bit_count(CAST($1 AS BIGINT), $2)", NULL},
    {"from_base", "vI", "b", "tg_from_base($1, $2)", NULL},
    {"to_base", "II", "v", "lower(to_base($1, CAST($2 AS INTEGER)))", NULL},
    {"if", "B.", NULL, NULL, print_if},
    {"if", "B..", NULL, NULL, print_if},
    {"nullif", "..", NULL, NULL, print_nullif},
    {"coalesce", "cc*", "c", "coalesce($*)", NULL},
    {"try", ".", "1", "TRY($1)", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

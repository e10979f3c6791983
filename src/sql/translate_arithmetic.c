/* + - * / % with Trino's types: integer division, decimal precision, dates and intervals. */
#include <string.h>

#include "sql/translate.h"

#define ERROR_CAST(message) "CAST('tg_error: " message "' AS INTEGER)"

static gboolean is_interval(const TgSqlType *type)
{
    return type->id == TG_SQL_INTERVAL_DAY || type->id == TG_SQL_INTERVAL_MONTH;
}

static gboolean is_time(const TgSqlType *type)
{
    return type->id == TG_SQL_DATE || type->id == TG_SQL_TIME || type->id == TG_SQL_TIMESTAMP ||
           type->id == TG_SQL_TIMESTAMP_TZ;
}

static TgValue fail_types(TgTranslator *translator, const TgNode *node, TgValue left, TgValue right)
{
    return tg_translate_fail(translator, node, "cannot apply %s to %s and %s", node->text,
                             tg_translate_type_name(translator, left.type),
                             tg_translate_type_name(translator, right.type));
}

/* An exact whole number: the digits of a decimal without its point. */
static const char *unscaled(TgTranslator *translator, TgValue value)
{
    guint scale = value.type->scale;
    const char *zeros = "00000000000000000000000000000000000000";

    if (scale == 0) {
        return tg_value(translator, value.type, "CAST(%s AS HUGEINT)", value.text).text;
    }
    if (value.type->precision + scale <= 38) {
        return tg_value(
                   translator, value.type,
                   "CAST(CAST(%s AS DECIMAL(38,%u)) * CAST(1%.*s AS DECIMAL(38,0)) AS HUGEINT)",
                   value.text, scale, (int)scale, zeros)
            .text;
    }
    return tg_value(translator, value.type,
                    "CAST(replace(CAST(%s AS VARCHAR), '.', '') AS HUGEINT)", value.text)
        .text;
}

/* left / right, rounded half up to the scale of `result`. */
TgValue tg_translate_decimal_divide(TgTranslator *translator, TgValue left, TgValue right,
                                    const TgSqlType *result)
{
    int shift = (int)result->scale - (int)left.type->scale + (int)right.type->scale;
    const char *zeros = "00000000000000000000000000000000000000";

    if (shift < 0 || shift > 37) {
        return tg_translate_fail(translator, NULL, "a decimal division of more than 38 digits");
    }
    TgValue quotient =
        tg_value(translator, result, "tg_round_div(%s * CAST(1%.*s AS HUGEINT), %s)",
                 unscaled(translator, left), shift, zeros, unscaled(translator, right));

    return tg_value(
        translator, result,
        "CAST(CAST(%s AS DECIMAL(38,0)) * CAST('%s%.*s1' AS DECIMAL(%u,%u)) AS DECIMAL(%u,%u))",
        quotient.text, result->scale == 0 ? "" : "0.",
        result->scale == 0 ? 0 : (int)result->scale - 1, zeros, MAX(result->scale, 1),
        result->scale, result->precision, result->scale);
}

/* Trino's precision and scale of a decimal result. */
static const TgSqlType *decimal_result(TgTranslator *translator, char sign, const TgSqlType *a,
                                       const TgSqlType *b)
{
    guint scale = MAX(a->scale, b->scale);
    guint precision = 0;

    if (sign == '*') {
        scale = a->scale + b->scale;
        precision = a->precision + b->precision;
    } else if (sign == '/') {
        precision = a->precision + b->scale + (b->scale > a->scale ? b->scale - a->scale : 0);
    } else if (sign == '%') {
        precision = MIN(a->precision - a->scale, b->precision - b->scale) + scale;
    } else {
        precision = MAX(a->precision - a->scale, b->precision - b->scale) + scale + 1;
    }
    return tg_sql_type_new(translator->arena, TG_SQL_DECIMAL, MIN(precision, 38), scale);
}

static TgValue decimals(TgTranslator *translator, const TgNode *node, TgValue left, TgValue right)
{
    const TgSqlType *a = tg_sql_type_as_decimal(translator->arena, left.type);
    const TgSqlType *b = tg_sql_type_as_decimal(translator->arena, right.type);
    const TgSqlType *result = decimal_result(translator, *node->text, a, b);
    TgValue x = {left.text, a};
    TgValue y = {right.text, b};

    if (result->scale > 38) {
        return tg_translate_fail(translator, node,
                                 "the decimal result needs more than 38 digits behind the point");
    }
    if (*node->text == '/') {
        return tg_translate_decimal_divide(translator, x, y, result);
    }
    x = tg_translate_coerce(translator, left, a);
    y = tg_translate_coerce(translator, right, b);
    if (*node->text == '%' &&
        MAX(a->precision - a->scale, b->precision - b->scale) + MAX(a->scale, b->scale) > 38) {
        return tg_translate_fail(translator, node,
                                 "a remainder of decimals of more than 38 digits is not supported");
    }
    if (*node->text == '%') {
        return tg_value(translator, result,
                        "CAST(CASE WHEN %s = 0 THEN " ERROR_CAST(
                            "Division by zero") " ELSE %s %% %s END AS DECIMAL(%u,%u))",
                        y.text, x.text, y.text, result->precision, result->scale);
    }
    if (*node->text != '*' && result->precision > 18 &&
        result->precision < 38) { /* DuckDB aligns in 18 digits else */
        x = tg_translate_coerce(translator, x, result);
        y = tg_translate_coerce(translator, y, result);
    }
    return tg_value(translator, result, "CAST(%s %s %s AS DECIMAL(%u,%u))", x.text, node->text,
                    y.text, result->precision, result->scale);
}

static gboolean is_plain_number(const char *text)
{
    return *text != '\0' && strspn(text, "0123456789") == strlen(text) &&
           strspn(text, "0") != strlen(text);
}

static TgValue integers(TgTranslator *translator, const TgNode *node, TgValue left, TgValue right)
{
    const TgSqlType *type = left.type->id > right.type->id ? left.type : right.type;
    const char *name = tg_sql_type_duckdb(translator->arena, type);
    char sign = *node->text;

    if (sign == '/' || sign == '%') {
        const char *operator= sign == '/' ? "//" : "%";

        if (is_plain_number(right.text)) {
            return tg_value(translator, type, "CAST(%s %s %s AS %s)", left.text, operator,
                            right.text, name);
        }
        return tg_value(translator, type,
                        "CAST(CASE WHEN %s = 0 THEN " ERROR_CAST(
                            "Division by zero") " ELSE %s %s %s END AS %s)",
                        right.text, left.text, operator, right.text, name);
    }
    if (left.type->id != right.type->id) {
        left = tg_translate_coerce(translator, left, type);
        right = tg_translate_coerce(translator, right, type);
    }
    return tg_value(translator, type, "(%s %c %s)", left.text, sign, right.text);
}

static TgValue numbers(TgTranslator *translator, const TgNode *node, TgValue left, TgValue right)
{
    const TgSqlType *wider = left.type->id > right.type->id ? left.type : right.type;

    if (wider->id == TG_SQL_DECIMAL) {
        return decimals(translator, node, left, right);
    }
    if (tg_sql_type_is_integer(wider)) {
        return integers(translator, node, left, right);
    }
    left = tg_translate_coerce(translator, left, wider);
    right = tg_translate_coerce(translator, right, wider);
    if (*node->text == '%') {
        return tg_value(translator, wider,
                        "CAST(tg_fmod(CAST(%s AS DOUBLE), CAST(%s AS DOUBLE)) AS %s)", left.text,
                        right.text, tg_sql_type_duckdb(translator->arena, wider));
    }
    return tg_value(translator, wider, "(%s %s %s)", left.text, node->text, right.text);
}

/* The unit of a literal interval among the operands that a date cannot take; NULL: none. */
static const char *unit_below_day(const TgNode *node)
{
    static const char *const units[] = {"hour", "minute", "second", NULL};

    for (guint i = 0; i < node->count; i++) {
        if (node->items[i]->kind == TG_NODE_INTERVAL &&
            g_strv_contains(units, node->items[i]->extra)) {
            return node->items[i]->extra;
        }
    }
    return NULL;
}

/* date + interval stays a date, as the interval has whole days. */
static TgValue time_and_interval(TgTranslator *translator, const TgNode *node, TgValue time,
                                 TgValue interval)
{
    const char *unit = unit_below_day(node);

    if (time.type->id == TG_SQL_DATE && unit != NULL) {
        return tg_translate_fail(translator, node, "cannot add %ss to a date", unit);
    }
    if (time.type->id == TG_SQL_DATE) {
        return tg_value(translator, time.type, "CAST(%s %s %s AS DATE)", time.text, node->text,
                        interval.text);
    }
    if (time.type->id == TG_SQL_TIME && interval.type->id == TG_SQL_INTERVAL_MONTH) {
        return fail_types(translator, node, time, interval);
    }
    if (tg_sql_type_is_zoned(time.type)) {
        return tg_zone_add(translator, node->text, time, interval);
    }
    if (interval.type->id == TG_SQL_INTERVAL_DAY && time.type->precision < 3) {
        time.type = tg_sql_type_new(translator->arena, time.type->id, 3, time.type->scale);
    }
    return tg_value(translator, time.type, "(%s %s %s)", time.text, node->text, interval.text);
}

/* An interval times or by a number: whole milliseconds, or months. */
static TgValue scaled(TgTranslator *translator, TgValue interval, TgValue number, char sign)
{
    if (tg_sql_type_is_integer(number.type) && sign == '*') {
        return tg_value(translator, interval.type, "(%s * %s)", interval.text, number.text);
    }
    return tg_value(translator, interval.type, "tg_scale_%s(%s, CAST(%s AS DOUBLE), %s)",
                    interval.type->id == TG_SQL_INTERVAL_DAY ? "millis" : "months", interval.text,
                    number.text, sign == '*' ? "false" : "true");
}

/* Differences are of milliseconds, each side rounded before. */
static const char *whole_millis(TgTranslator *translator, TgValue value, const char *type)
{
    gboolean rounds = value.type->id != TG_SQL_DATE && value.type->precision > 3;

    if (!rounds) {
        return tg_value(translator, value.type, "CAST(%s AS %s)", value.text, type).text;
    }
    return tg_value(translator, value.type, "tg_round_%s(CAST(%s AS %s), 1000)",
                    strcmp(type, "TIMESTAMP") == 0 ? "timestamp" : "timestamptz", value.text, type)
        .text;
}

static gboolean is_scaling(const TgSqlType *interval, const TgSqlType *number)
{
    return is_interval(interval) && tg_sql_type_is_numeric(number);
}

/* One instant less another; a time of day is none. */
static TgValue time_difference(TgTranslator *translator, TgValue left, TgValue right)
{
    const char *type = left.type->id == TG_SQL_TIMESTAMP_TZ || right.type->id == TG_SQL_TIMESTAMP_TZ
                           ? "TIMESTAMPTZ"
                           : "TIMESTAMP";

    return tg_value(translator, &tg_sql_type_interval_day, "(%s - %s)",
                    whole_millis(translator, left, type), whole_millis(translator, right, type));
}

static TgValue times(TgTranslator *translator, const TgNode *node, TgValue left, TgValue right)
{
    char sign = *node->text;

    if (is_time(left.type) && is_time(right.type)) {
        left = tg_translate_instant(translator, left);
        right = tg_translate_instant(translator, right);
    }
    if (is_time(left.type) && is_interval(right.type) && (sign == '+' || sign == '-')) {
        return time_and_interval(translator, node, left, right);
    }
    if (is_interval(left.type) && is_time(right.type) && sign == '+') {
        return time_and_interval(translator, node, right, left);
    }
    if (is_time(left.type) && is_time(right.type) && sign == '-' && left.type->id != TG_SQL_TIME &&
        right.type->id != TG_SQL_TIME) {
        return time_difference(translator, left, right);
    }
    if (is_interval(left.type) && left.type->id == right.type->id && (sign == '+' || sign == '-')) {
        return tg_value(translator, left.type, "(%s %c %s)", left.text, sign, right.text);
    }
    if (left.type->id == TG_SQL_TIME && right.type->id == TG_SQL_TIME && sign == '-') {
        return tg_value(translator, &tg_sql_type_interval_day,
                        "to_microseconds(date_diff('microseconds', %s, %s))", right.text,
                        left.text);
    }
    if (is_scaling(left.type, right.type) && (sign == '*' || sign == '/')) {
        return scaled(translator, left, right, sign);
    }
    if (is_scaling(right.type, left.type) && sign == '*') {
        return scaled(translator, right, left, sign);
    }
    return fail_types(translator, node, left, right);
}

/* a || b: texts, binaries, arrays, an array and an element. */
static TgValue concat(TgTranslator *translator, const TgNode *node, TgValue left, TgValue right)
{
    gboolean left_array = left.type->id == TG_SQL_ARRAY;
    gboolean right_array = right.type->id == TG_SQL_ARRAY;
    const TgSqlType *known = left.type->id == TG_SQL_UNKNOWN ? right.type : left.type;
    gboolean has_null = left.type->id == TG_SQL_UNKNOWN || right.type->id == TG_SQL_UNKNOWN;

    if (left.type->id == TG_SQL_CHAR && right.type->id == TG_SQL_CHAR) {
        return tg_value(translator,
                        tg_sql_type_new(translator->arena, TG_SQL_CHAR,
                                        left.type->precision + right.type->precision, 0),
                        "(%s || %s)", left.text, right.text);
    }
    left.type = left.type->id == TG_SQL_CHAR ? &tg_sql_type_varchar : left.type;
    right.type = right.type->id == TG_SQL_CHAR ? &tg_sql_type_varchar : right.type;
    if (has_null && known->id != TG_SQL_VARCHAR) {
        return fail_types(translator, node, left, right);
    }
    if (has_null) { /* Trino takes NULL for an array here */
        return tg_value(translator, tg_sql_type_array(translator->arena, known),
                        "CAST(NULL AS VARCHAR[])");
    }

    if (left_array && !right_array) {
        right = tg_value(translator, tg_sql_type_array(translator->arena, right.type), "[%s]",
                         right.text);
    } else if (right_array && !left_array) {
        left = tg_value(translator, tg_sql_type_array(translator->arena, left.type), "[%s]",
                        left.text);
    }
    const TgSqlType *type = tg_sql_type_common(translator->arena, left.type, right.type);

    if (type != NULL && type->id == TG_SQL_UNKNOWN) {
        type = &tg_sql_type_varchar;
    }
    if (type == NULL || (type->id != TG_SQL_VARCHAR && type->id != TG_SQL_VARBINARY &&
                         type->id != TG_SQL_CHAR && type->id != TG_SQL_ARRAY)) {
        return fail_types(translator, node, left, right);
    }
    left = tg_translate_coerce(translator, left, type);
    right = tg_translate_coerce(translator, right, type);
    if (type->id == TG_SQL_ARRAY) {
        /* NULL || array is NULL in Trino. */
        return tg_value(translator, type,
                        "CASE WHEN %s IS NULL OR %s IS NULL THEN NULL ELSE list_concat(%s, %s) END",
                        left.text, right.text, left.text, right.text);
    }
    type = type->id == TG_SQL_VARBINARY ? type : &tg_sql_type_varchar;
    return tg_value(translator, type, "(%s || %s)", left.text, right.text);
}

/* A bare NULL beside a decimal is the smallest one. */
static const TgSqlType *null_type(TgTranslator *translator, const TgSqlType *other)
{
    return other->id == TG_SQL_DECIMAL ? tg_sql_type_new(translator->arena, TG_SQL_DECIMAL, 1, 0)
                                       : other;
}

/* NULL times a bigint may be an interval's multiple, too. */
static gboolean is_ambiguous(const TgNode *node, const TgSqlType *left, const TgSqlType *right)
{
    const TgSqlType *other = left->id == TG_SQL_UNKNOWN ? right : left;

    return strcmp(node->text, "*") == 0 &&
           (left->id == TG_SQL_UNKNOWN || right->id == TG_SQL_UNKNOWN) &&
           (other->id == TG_SQL_BIGINT || other->id == TG_SQL_DOUBLE);
}

TgValue tg_translate_arithmetic(TgTranslator *translator, const TgNode *node, TgValue left,
                                TgValue right)
{
    if (strcmp(node->text, "||") == 0) {
        return concat(translator, node, left, right);
    }
    if (left.type->id == TG_SQL_UNKNOWN && right.type->id == TG_SQL_UNKNOWN) {
        return tg_value(translator, &tg_sql_type_integer, "CAST(NULL AS INTEGER)");
    }
    if (is_ambiguous(node, left.type, right.type)) {
        return fail_types(translator, node, left, right);
    }
    if (left.type->id == TG_SQL_UNKNOWN) {
        left = tg_translate_coerce(translator, left, null_type(translator, right.type));
    } else if (right.type->id == TG_SQL_UNKNOWN) {
        right = tg_translate_coerce(translator, right, null_type(translator, left.type));
    }
    if (tg_sql_type_is_numeric(left.type) && tg_sql_type_is_numeric(right.type)) {
        return numbers(translator, node, left, right);
    }
    return times(translator, node, left, right);
}

/* CAST and TRY_CAST with Trino's results: rounding, texts of times and numbers, lengths, JSON. */
#include "sql/translate.h"

typedef struct {
    TgTranslator *translator;
    const TgNode *node;
    gboolean is_try;
    const char *verb; /* CAST or TRY_CAST */
} Cast;

static TgValue cast(const Cast *context, TgValue value, const TgSqlType *type);

static TgValue fail(const Cast *context, TgValue value, const TgSqlType *type)
{
    return tg_translate_fail(context->translator, context->node, "cannot cast %s to %s",
                             tg_translate_type_name(context->translator, value.type),
                             tg_translate_type_name(context->translator, type));
}

static TgValue plain(const Cast *context, TgValue value, const TgSqlType *type)
{
    return tg_value(context->translator, type, "%s(%s AS %s)", context->verb, value.text,
                    tg_sql_type_duckdb(context->translator->arena, type));
}

static gboolean is_text(const TgSqlType *type)
{
    return type->id == TG_SQL_VARCHAR || type->id == TG_SQL_CHAR;
}

/* "%.3f" of a timestamp's fraction: Trino prints as many digits as the type has. */
static TgValue timestamp_text(const Cast *context, TgValue value)
{
    TgTranslator *translator = context->translator;
    gboolean is_zoned = tg_sql_type_is_zoned(value.type);
    guint digits = value.type->precision;
    const char *format = digits == 0 ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M:%S.%f";
    TgValue local = is_zoned ? tg_zone_local(translator, value) : value;
    TgValue text =
        tg_value(translator, &tg_sql_type_varchar, "strftime(%s, '%s')", local.text, format);

    if (digits > 0 && digits < 6) {
        text = tg_value(translator, text.type, "left(%s, %u)", text.text, 20 + digits);
    }
    if (is_zoned) {
        return tg_value(translator, text.type, "(%s || ' ' || struct_extract_at(%s, 3))", text.text,
                        value.text);
    }
    return value.type->id == TG_SQL_TIMESTAMP
               ? text
               : tg_value(translator, text.type, "(%s || ' UTC')", text.text);
}

/* A text of any length; NULL text: there is no such cast. */
static TgValue to_any_text(const Cast *context, TgValue value)
{
    TgTranslator *translator = context->translator;
    const TgSqlType *type = &tg_sql_type_varchar;

    switch ((int)value.type->id) {
    case TG_SQL_REAL:
        return tg_value(translator, type, "tg_real_text(%s)", value.text);
    case TG_SQL_DOUBLE:
        return tg_value(translator, type, "tg_double_text(%s)", value.text);
    case TG_SQL_DECIMAL:
        return value.type->precision == value.type->scale
                   ? tg_value(translator, type, "tg_decimal_text(CAST(%s AS VARCHAR))", value.text)
                   : plain(context, value, type);
    case TG_SQL_TIMESTAMP:
    case TG_SQL_TIMESTAMP_TZ:
        return timestamp_text(context, value);
    case TG_SQL_TIME:
        return tg_value(translator, type, "left(tg_time_text(%s), %u)", value.text,
                        value.type->precision == 0 ? 8 : 9 + MIN(value.type->precision, 6));
    case TG_SQL_INTERVAL_DAY:
        return tg_value(translator, type, "tg_interval_day_text(%s)", value.text);
    case TG_SQL_INTERVAL_MONTH:
        return tg_value(translator, type, "tg_interval_month_text(%s)", value.text);
    case TG_SQL_JSON:
        return tg_value(translator, type, "%s",
                        tg_json_text(translator, value.text, context->is_try));
    case TG_SQL_VARBINARY:
    case TG_SQL_ARRAY:
    case TG_SQL_MAP:
    case TG_SQL_ROW:
        return fail(context, value, type);
    default:
        return plain(context, value, type);
    }
}

/* A text is cut to the length; what is no text must fit. */
static TgValue to_text(const Cast *context, TgValue value, const TgSqlType *type)
{
    TgTranslator *translator = context->translator;
    TgValue text = to_any_text(context, value);
    const char *last = "CAST(CAST('tg_error: the value does not fit into the length of the type' "
                       "AS INTEGER) AS VARCHAR)";
    TgSqlTypeId id = value.type->id;

    if ((type->precision > 0 && id == TG_SQL_UUID) ||
        (type->id == TG_SQL_CHAR && !is_text(value.type))) {
        return fail(context, value, type);
    }
    if (type->precision > 0 && is_text(value.type)) {
        text = tg_value(translator, type, "left(%s, %u)", text.text, type->precision);
    } else if (type->precision > 0) {
        if (context->is_try && (tg_sql_type_is_numeric(value.type) || id == TG_SQL_DATE)) {
            last = "NULL";
        }
        text = tg_value(translator, type, "CASE WHEN length(%s) > %u THEN %s ELSE %s END",
                        text.text, type->precision, last, text.text);
    }
    return type->id == TG_SQL_CHAR
               ? tg_value(translator, type, "rpad(%s, %u, ' ')", text.text, MAX(type->precision, 1))
               : text;
}

/* Trino reads whole numbers alone where DuckDB would round "1.5". */
static TgValue to_integer(const Cast *context, TgValue value, const TgSqlType *type)
{
    TgTranslator *translator = context->translator;

    switch ((int)value.type->id) {
    case TG_SQL_VARCHAR:
    case TG_SQL_CHAR:
        return plain(context, tg_value(translator, value.type, "tg_whole(%s)", value.text), type);
    case TG_SQL_REAL:
        return type->id == TG_SQL_BIGINT
                   ? tg_value(translator, type, "%s(tg_round_real(%s) AS BIGINT)", context->verb,
                              value.text)
                   : plain(context, tg_value(translator, value.type, "round(%s)", value.text),
                           type);
    case TG_SQL_DOUBLE:
        return plain(context, tg_value(translator, value.type, "round(%s)", value.text), type);
    case TG_SQL_JSON:
    case TG_SQL_BOOLEAN:
        return plain(context, value, type);
    default:
        return tg_sql_type_is_numeric(value.type) ? plain(context, value, type)
                                                  : fail(context, value, type);
    }
}

/* real, double, decimal, boolean */
static TgValue to_number(const Cast *context, TgValue value, const TgSqlType *type)
{
    TgTranslator *translator = context->translator;
    gboolean is_float = value.type->id == TG_SQL_DOUBLE || value.type->id == TG_SQL_REAL;

    if (!tg_sql_type_is_numeric(value.type) && !is_text(value.type) &&
        value.type->id != TG_SQL_BOOLEAN && value.type->id != TG_SQL_JSON) {
        return fail(context, value, type);
    }
    if (is_text(value.type)) {
        const char *check = type->id == TG_SQL_BOOLEAN   ? "tg_boolean_text"
                            : type->id == TG_SQL_DECIMAL ? "tg_digits_text"
                                                         : "tg_number_text";

        return plain(context, tg_value(translator, value.type, "%s(%s)", check, value.text), type);
    }
    if (is_float && type->id == TG_SQL_DECIMAL) { /* of the digits that are shown */
        return plain(context,
                     tg_value(translator, value.type, "tg_finite_text(%s, tg_java_%s(%s), 1e%u)",
                              value.text, value.type->id == TG_SQL_REAL ? "real" : "double",
                              value.text, type->precision - type->scale),
                     type);
    }
    if (value.type->id == TG_SQL_DOUBLE && type->id == TG_SQL_REAL) {
        return tg_value(translator, type, "tg_to_real(%s)", value.text);
    }
    return plain(context, value, type);
}

static TgValue text_to_time(const Cast *context, TgValue value, const TgSqlType *type)
{
    TgTranslator *translator = context->translator;
    const char *open = context->is_try ? "TRY(" : "(";

    switch ((int)type->id) {
    case TG_SQL_DATE:
        return tg_value(translator, type, "%stg_text_date(%s))", open, value.text);
    case TG_SQL_TIME:
        return tg_value(translator, type,
                        "%sCAST('00:00:00' AS TIME) + to_microseconds(tg_text_time(%s, %u)))", open,
                        value.text, type->precision);
    case TG_SQL_TIMESTAMP:
        return tg_value(translator, type, "%stg_text_timestamp(%s, %u))", open, value.text,
                        type->precision);
    default:
        return tg_value(translator,
                        tg_sql_type_new(translator->arena, TG_SQL_TIMESTAMP_TZ, type->precision,
                                        TG_SQL_ZONE_ANY),
                        "%stg_text_zoned(%s, %u))", open, value.text, type->precision);
    }
}

/* Fewer digits of a second round half up. */
static TgValue round_time(const Cast *context, TgValue value, const TgSqlType *type)
{
    static const char *const units[] = {"1000000", "100000", "10000", "1000", "100", "10"};

    if (type->precision >= 6 || value.type->precision <= type->precision ||
        value.type->id == TG_SQL_DATE) {
        return plain(context, value, type);
    }
    return tg_value(context->translator, type, "tg_round_%s(%s(%s AS %s), %s)",
                    type->id == TG_SQL_TIMESTAMP ? "timestamp" : "timestamptz", context->verb,
                    value.text, tg_sql_type_duckdb(context->translator->arena, type),
                    units[type->precision]);
}

static TgValue to_time(const Cast *context, TgValue value, const TgSqlType *type)
{
    TgTranslator *translator = context->translator;
    TgSqlTypeId from = value.type->id;

    if (is_text(value.type)) {
        return text_to_time(context, value, type);
    }
    if (tg_sql_type_is_zoned(value.type)) { /* to a zoned one: another precision */
        return (TgValue){value.text, tg_sql_type_new(translator->arena, TG_SQL_TIMESTAMP_TZ,
                                                     type->precision, value.type->scale)};
    }
    if (type->id == TG_SQL_TIME) {
        return from == TG_SQL_TIMESTAMP || from == TG_SQL_TIMESTAMP_TZ || from == TG_SQL_TIME
                   ? tg_value(translator, type,
                              from == TG_SQL_TIME ? "%s"
                                                  : "tg_timestamp_time(CAST(%s AS TIMESTAMP))",
                              value.text)
                   : fail(context, value, type);
    }
    if (from == TG_SQL_TIME && type->id != TG_SQL_DATE) { /* today's */
        return tg_value(translator, type, "CAST(make_date(%d) + %s AS %s)",
                        (int)(translator->context->now_ms / 86400000), value.text,
                        tg_sql_type_duckdb(translator->arena, type));
    }
    if (from != TG_SQL_DATE && from != TG_SQL_TIMESTAMP && from != TG_SQL_TIMESTAMP_TZ) {
        return fail(context, value, type);
    }
    return type->id == TG_SQL_DATE ? plain(context, value, type) : round_time(context, value, type);
}

/* Element by element, as the types within may need more than DuckDB's own cast. */
static TgValue to_array(const Cast *context, TgValue value, const TgSqlType *type)
{
    TgTranslator *translator = context->translator;
    const char *name = tg_translate_alias(translator, "e");
    TgValue element = {tg_translate_quote(translator, name), value.type->items[0]};
    TgValue inner = cast(context, element, type->items[0]);

    return tg_value(translator, type, "list_transform(%s, lambda %s: %s)", value.text, element.text,
                    inner.text);
}

/* Keys that become equal are an error. */
static TgValue to_map(const Cast *context, TgValue value, const TgSqlType *type)
{
    TgTranslator *translator = context->translator;
    const char *name = tg_translate_quote(translator, tg_translate_alias(translator, "e"));
    TgValue key = tg_value(translator, value.type->items[0], "%s.key", name);
    TgValue item = tg_value(translator, value.type->items[1], "%s.value", name);

    return tg_value(translator, type,
                    "map_from_entries(list_transform(map_entries(%s), lambda %s: struct_pack(key "
                    ":= %s, value := %s)))",
                    value.text, name, cast(context, key, type->items[0]).text,
                    cast(context, item, type->items[1]).text);
}

static TgValue to_row(const Cast *context, TgValue value, const TgSqlType *type)
{
    TgTranslator *translator = context->translator;
    g_autoptr(GString) out = g_string_new(NULL);

    if (value.type->count != type->count) {
        return fail(context, value, type);
    }
    for (guint i = 0; i < type->count; i++) {
        TgValue field = tg_value(translator, value.type->items[i], "struct_extract_at(%s, %u)",
                                 value.text, i + 1);
        const char *name = type->names[i] != NULL
                               ? type->names[i]
                               : tg_sql_arena_printf(translator->arena, "field%u", i);

        g_string_append_printf(out, "%s%s := %s", i == 0 ? "" : ", ",
                               tg_translate_quote(translator, name),
                               cast(context, field, type->items[i]).text);
    }
    return tg_value(translator, type, "CASE WHEN %s IS NOT NULL THEN struct_pack(%s) END",
                    value.text, out->str);
}

static TgValue to_nested(const Cast *context, TgValue value, const TgSqlType *type)
{
    if (value.type->id == TG_SQL_JSON) {
        return tg_json_to_nested(context->translator, context->node, value, type, context->is_try);
    }
    if (value.type->id != type->id) {
        return fail(context, value, type);
    }
    if (tg_sql_type_equal(value.type, type) && type->id != TG_SQL_ROW) {
        return (TgValue){value.text, type};
    }
    if (type->id == TG_SQL_MAP) {
        return to_map(context, value, type);
    }
    return type->id == TG_SQL_ARRAY ? to_array(context, value, type) : to_row(context, value, type);
}

static TgValue cast(const Cast *context, TgValue value, const TgSqlType *type)
{
    if (tg_sql_type_is_zoned(value.type) && type->id != TG_SQL_TIMESTAMP_TZ &&
        type->id != TG_SQL_VARCHAR && type->id != TG_SQL_JSON) {
        value = tg_zone_local(context->translator, value);
    }
    if (value.type->id == TG_SQL_UNKNOWN) {
        return plain(context, value, type);
    }
    if (value.type->id == TG_SQL_CHAR && !is_text(type)) {
        return fail(context, value, type);
    }
    switch ((int)type->id) {
    case TG_SQL_CHAR:
    case TG_SQL_VARCHAR:
        return to_text(context, value, type);
    case TG_SQL_TINYINT:
    case TG_SQL_SMALLINT:
    case TG_SQL_INTEGER:
    case TG_SQL_BIGINT:
        return to_integer(context, value, type);
    case TG_SQL_DECIMAL:
    case TG_SQL_REAL:
    case TG_SQL_DOUBLE:
    case TG_SQL_BOOLEAN:
        return to_number(context, value, type);
    case TG_SQL_DATE:
    case TG_SQL_TIME:
    case TG_SQL_TIMESTAMP:
    case TG_SQL_TIMESTAMP_TZ:
        return to_time(context, value, type);
    case TG_SQL_INTERVAL_DAY:
    case TG_SQL_INTERVAL_MONTH:
        return value.type->id == type->id ? value : fail(context, value, type);
    case TG_SQL_JSON:
        return tg_json_from(context->translator, context->node, value);
    case TG_SQL_VARBINARY:
        return is_text(value.type)
                   ? tg_value(context->translator, type, "encode(%s)", value.text)
                   : (value.type->id == type->id ? value : fail(context, value, type));
    case TG_SQL_ARRAY:
    case TG_SQL_MAP:
    case TG_SQL_ROW:
        return to_nested(context, value, type);
    default:
        return value.type->id == type->id || is_text(value.type) ? plain(context, value, type)
                                                                 : fail(context, value, type);
    }
}

TgValue tg_translate_cast(TgTranslator *translator, const TgNode *node, TgValue value,
                          const TgSqlType *type, gboolean is_try)
{
    Cast context = {translator, node, is_try, is_try ? "TRY_CAST" : "CAST"};
    gboolean is_nested = type->count > 0 && is_try;

    if (is_nested) { /* one item that fails makes all of it NULL */
        context.is_try = FALSE;
        context.verb = "CAST";
    }
    TgValue made = cast(&context, value, type);

    return is_nested ? tg_value(translator, made.type, "TRY(%s)", made.text) : made;
}

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
    guint digits = value.type->precision;
    const char *zone = value.type->id == TG_SQL_TIMESTAMP_TZ ? " UTC" : "";
    const char *format = digits == 0 ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M:%S.%f";
    TgValue text = tg_value(context->translator, &tg_sql_type_varchar, "strftime(%s, '%s')",
                            value.text, format);

    if (digits > 0 && digits < 6) {
        text = tg_value(context->translator, text.type, "left(%s, %u)", text.text, 20 + digits);
    }
    return *zone == '\0'
               ? text
               : tg_value(context->translator, text.type, "(%s || '%s')", text.text, zone);
}

static TgValue to_text(const Cast *context, TgValue value, const TgSqlType *type)
{
    TgTranslator *translator = context->translator;
    TgValue text = {NULL, &tg_sql_type_varchar};

    switch ((int)value.type->id) {
    case TG_SQL_REAL:
    case TG_SQL_DOUBLE:
        text =
            tg_value(translator, text.type, "%s(%s)",
                     value.type->id == TG_SQL_REAL ? "tg_real_text" : "tg_double_text", value.text);
        break;
    case TG_SQL_TIMESTAMP:
    case TG_SQL_TIMESTAMP_TZ:
        text = timestamp_text(context, value);
        break;
    case TG_SQL_TIME:
        text = tg_value(translator, text.type, "tg_time_text(%s)", value.text);
        break;
    case TG_SQL_JSON:
        text = tg_value(translator, text.type, "tg_json_scalar(%s, '$')", value.text);
        break;
    case TG_SQL_VARBINARY:
    case TG_SQL_ARRAY:
    case TG_SQL_MAP:
    case TG_SQL_ROW:
    case TG_SQL_INTERVAL_DAY:
    case TG_SQL_INTERVAL_MONTH:
        return fail(context, value, type);
    default:
        text = plain(context, value, &tg_sql_type_varchar);
    }
    if (type->precision > 0) {
        return tg_value(translator, type, "left(%s, %u)", text.text, type->precision);
    }
    return text;
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

static TgValue to_time(const Cast *context, TgValue value, const TgSqlType *type)
{
    TgSqlTypeId from = value.type->id;
    gboolean is_time_like =
        from == TG_SQL_DATE || from == TG_SQL_TIMESTAMP || from == TG_SQL_TIMESTAMP_TZ;

    if (!is_text(value.type) && !is_time_like) {
        return fail(context, value, type);
    }
    if (is_text(value.type) && type->id == TG_SQL_DATE) {
        return tg_value(context->translator, type, "%s(tg_date_only(%s) AS DATE)", context->verb,
                        value.text);
    }
    if (type->id != TG_SQL_DATE && type->precision < 6 &&
        (is_text(value.type) || value.type->precision > type->precision)) {
        static const char *const units[] = {"1000000", "100000", "10000", "1000", "100", "10"};

        return tg_value(context->translator, type, "tg_round_%s(%s(%s AS %s), %s)",
                        type->id == TG_SQL_TIMESTAMP ? "timestamp" : "timestamptz", context->verb,
                        value.text, tg_sql_type_duckdb(context->translator->arena, type),
                        units[type->precision]);
    }
    return plain(context, value, type);
}

static TgValue to_json(const Cast *context, TgValue value, const TgSqlType *type)
{
    if (value.type->id == TG_SQL_ROW && value.type->names[0] == NULL) {
        return tg_translate_fail(context->translator, context->node,
                                 "casting a row without field names to json is not supported; "
                                 "cast it to row(name type, …) first");
    }
    if (value.type->id == TG_SQL_VARBINARY) {
        return fail(context, value, type);
    }
    return tg_value(context->translator, type, "to_json(%s)", value.text);
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
        return plain(context, value, type);
    }
    if (value.type->id != type->id) {
        return fail(context, value, type);
    }
    if (tg_sql_type_equal(value.type, type) && type->id != TG_SQL_ROW) {
        return (TgValue){value.text, type};
    }
    if (type->id == TG_SQL_MAP) {
        return plain(context, value, type);
    }
    return type->id == TG_SQL_ARRAY ? to_array(context, value, type) : to_row(context, value, type);
}

static TgValue cast(const Cast *context, TgValue value, const TgSqlType *type)
{
    if (value.type->id == TG_SQL_UNKNOWN) {
        return plain(context, value, type);
    }
    switch ((int)type->id) {
    case TG_SQL_CHAR:
        return tg_translate_fail(context->translator, context->node,
                                 "char(n) with its padding is not supported; use varchar");
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
        return tg_sql_type_is_numeric(value.type) || is_text(value.type) ||
                       value.type->id == TG_SQL_BOOLEAN || value.type->id == TG_SQL_JSON
                   ? plain(context, value, type)
                   : fail(context, value, type);
    case TG_SQL_DATE:
    case TG_SQL_TIMESTAMP:
    case TG_SQL_TIMESTAMP_TZ:
        return to_time(context, value, type);
    case TG_SQL_JSON:
        return value.type->id == TG_SQL_JSON ? value : to_json(context, value, type);
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

    return cast(&context, value, type);
}

/* Timestamps that keep a zone of their own: STRUCT(t instant, l local time, z zone). Fields and
 * whole days are taken of the local time, comparisons of the instant, as in Trino. */
#include <string.h>

#include "sql/function.h"

static const TgSqlType *zoned_type(TgTranslator *translator, guint digits, gboolean is_one)
{
    return tg_sql_type_new(translator->arena, TG_SQL_TIMESTAMP_TZ, digits,
                           is_one ? TG_SQL_ZONE_ONE : TG_SQL_ZONE_ANY);
}

TgValue tg_zone_local(TgTranslator *translator, TgValue value)
{
    return tg_value(translator,
                    tg_sql_type_new(translator->arena, TG_SQL_TIMESTAMP, value.type->precision, 0),
                    "struct_extract_at(%s, 2)", value.text);
}

TgValue tg_zone_from_local(TgTranslator *translator, TgValue local, TgValue zone, gboolean is_one)
{
    gboolean is_literal = zone.type->id == TG_SQL_TIMESTAMP_TZ; /* its type is the wanted one */
    guint digits = is_literal ? zone.type->precision : local.type->precision;

    return tg_value(translator, zoned_type(translator, digits, is_one), "tg_zoned_%s(%s, %s)",
                    is_literal ? "literal" : "from", local.text, zone.text);
}

TgValue tg_zone_at(TgTranslator *translator, const TgNode *node, TgValue value, TgValue zone)
{
    const TgNode *written = node->kind == TG_NODE_AT_ZONE ? node->items[1] : node;

    value = tg_translate_instant(translator, value);
    if (value.type->id != TG_SQL_TIMESTAMP_TZ && value.type->id != TG_SQL_TIMESTAMP) {
        return tg_translate_fail(translator, node, "AT TIME ZONE needs a timestamp, not %s",
                                 tg_translate_type_name(translator, value.type));
    }
    if (zone.type->id != TG_SQL_VARCHAR) {
        return tg_translate_fail(translator, node,
                                 "AT TIME ZONE with %s is not supported; name the zone in a text",
                                 tg_translate_type_name(translator, zone.type));
    }
    return tg_value(translator,
                    zoned_type(translator, value.type->precision, written->kind == TG_NODE_STRING),
                    "tg_zoned(CAST(%s AS TIMESTAMPTZ), %s)", value.text, zone.text);
}

/* A local time in the zone of another value. */
static TgValue same_zone(TgTranslator *translator, TgValue local, TgValue origin)
{
    return tg_value(
        translator,
        zoned_type(translator, local.type->precision, origin.type->scale == TG_SQL_ZONE_ONE),
        "tg_zoned_from(%s, struct_extract_at(%s, 3))", local.text, origin.text);
}

static gboolean is_of_instant(const char *unit)
{
    static const char *const units[] = {"millisecond", "second", "minute", "hour", NULL};

    return g_strv_contains(units, unit);
}

/* time + interval: whole days of the local clock, hours of the instant. */
TgValue tg_zone_add(TgTranslator *translator, const char *sign, TgValue time, TgValue interval)
{
    if (interval.type->id == TG_SQL_INTERVAL_DAY) {
        return tg_value(translator,
                        zoned_type(translator, MAX(3, time.type->precision),
                                   time.type->scale == TG_SQL_ZONE_ONE),
                        "tg_zoned(struct_extract_at(%s, 1) %s %s, struct_extract_at(%s, 3))",
                        time.text, sign, interval.text, time.text);
    }
    TgValue local = tg_zone_local(translator, time);

    local.text =
        tg_sql_arena_printf(translator->arena, "(%s %s %s)", local.text, sign, interval.text);
    return same_zone(translator, local, time);
}

/* The index of the argument with a zone; -1: none. */
static int find_zoned(const TgCall *call)
{
    for (guint i = 0; i < call->count; i++) {
        if (call->nodes[i]->kind != TG_NODE_LAMBDA && tg_sql_type_is_zoned(call->values[i].type)) {
            return (int)i;
        }
    }
    return -1;
}

/* date_trunc, date_add, date_diff: with the local time, or the instant for units below a day. */
static TgZonedCall unit_call(TgTranslator *translator, TgCall *call)
{
    const char *unit = call->nodes[0]->kind == TG_NODE_STRING ? call->nodes[0]->text : "";
    g_autofree char *lower = g_ascii_strdown(unit, -1);
    gboolean is_instant = is_of_instant(lower) && strcmp(call->name, "date_trunc") != 0;
    TgZonedCall wrap = strcmp(call->name, "date_diff") == 0 ? TG_ZONED_PLAIN
                       : is_instant                         ? TG_ZONED_FROM_INSTANT
                                                            : TG_ZONED_FROM_LOCAL;

    for (guint i = 1; i < call->count; i++) {
        if (tg_sql_type_is_zoned(call->values[i].type)) {
            call->values[i] = is_instant ? tg_translate_instant(translator, call->values[i])
                                         : tg_zone_local(translator, call->values[i]);
        }
    }
    return wrap;
}

TgZonedCall tg_zone_prepare(TgTranslator *translator, TgCall *call, TgValue *out_origin)
{
    static const char *const of_local[] = {"year",        "quarter",      "month",
                                           "week",        "week_of_year", "year_of_week",
                                           "yow",         "day",          "day_of_month",
                                           "day_of_week", "dow",          "day_of_year",
                                           "doy",         "hour",         "minute",
                                           "second",      "millisecond",  "last_day_of_month",
                                           "date",        "date_format",  NULL};
    static const char *const of_units[] = {"date_trunc", "date_add", "date_diff", NULL};
    static const char *const as_it_is[] = {"coalesce",      "if",
                                           "try",           "typeof",
                                           "array_agg",     "count",
                                           "arbitrary",     "any_value",
                                           "to_iso8601",    "format_datetime",
                                           "timezone_hour", "timezone_minute",
                                           "timezone",      "at_timezone",
                                           "max",           "min",
                                           "cardinality",   "lag",
                                           "lead",          "first_value",
                                           "last_value",    NULL};
    int index = find_zoned(call);

    if (index < 0 || g_strv_contains(as_it_is, call->name)) {
        return TG_ZONED_PLAIN;
    }
    *out_origin = call->values[index];
    if (g_strv_contains(of_units, call->name)) {
        return unit_call(translator, call);
    }
    if (g_strv_contains(of_local, call->name)) {
        call->values[index] = tg_zone_local(translator, call->values[index]);
        return TG_ZONED_PLAIN;
    }
    if (strcmp(call->name, "to_unixtime") == 0) {
        call->values[index] = tg_translate_instant(translator, call->values[index]);
        return TG_ZONED_PLAIN;
    }
    (void)tg_translate_fail(
        translator, call->node,
        "%s() of a value that keeps its time zone is not supported; cast it to timestamp first",
        call->name);
    return TG_ZONED_PLAIN;
}

TgValue tg_zone_finish(TgTranslator *translator, TgZonedCall wrap, TgValue value, TgValue origin)
{
    if (wrap == TG_ZONED_FROM_LOCAL) {
        return same_zone(translator, value, origin);
    }
    if (wrap == TG_ZONED_FROM_INSTANT) {
        return tg_value(
            translator,
            zoned_type(translator, value.type->precision, origin.type->scale == TG_SQL_ZONE_ONE),
            "tg_zoned(%s, struct_extract_at(%s, 3))", value.text, origin.text);
    }
    return value;
}

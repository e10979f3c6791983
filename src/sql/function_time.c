/* Dates and times: patterns, complete units, types that stay. */
#include <string.h>

#include "sql/function.h"

/* Wholes: nothing of the pattern is known before. */
static TgValue print_parse_datetime(TgTranslator *translator, const TgCall *call)
{
    const char *pattern = call->nodes[1]->kind == TG_NODE_STRING ? call->nodes[1]->text : NULL;
    TgValue local = tg_value(translator, &tg_sql_type_timestamp, "tg_parse_datetime(%s, %s)",
                             call->values[0].text, call->values[1].text);

    if (pattern != NULL && strchr(pattern, 'Z') == NULL) {
        return tg_value(translator, &tg_sql_type_timestamp_tz, "CAST(%s AS TIMESTAMPTZ)",
                        local.text);
    }
    return tg_zone_from_local(translator, local,
                              tg_value(translator, &tg_sql_type_varchar,
                                       "tg_parse_datetime_zone(%s, %s)", call->values[0].text,
                                       call->values[1].text),
                              FALSE);
}

/* The unit in the first argument; a date has none below a day. */
static const char *unit(TgTranslator *translator, const TgCall *call, const TgSqlType *type)
{
    static const char *const units[] = {"millisecond", "second", "minute",  "hour", "day",
                                        "week",        "month",  "quarter", "year"};
    const char *text = tg_call_literal(translator, call, 0, "the unit");
    guint i = 0;

    if (text == NULL) {
        return "day";
    }
    while (i < G_N_ELEMENTS(units) && g_ascii_strcasecmp(units[i], text) != 0) {
        i++;
    }
    if (i == G_N_ELEMENTS(units)) {
        return tg_translate_fail(translator, call->nodes[0], "'%s' is not a unit of time", text)
            .text;
    }
    if (type->id == TG_SQL_TIME && i >= 4) {
        return tg_translate_fail(translator, call->nodes[0], "'%s' is not a unit of a time", text)
            .text;
    }
    if (type->id == TG_SQL_DATE && i < 4) {
        return tg_translate_fail(translator, call->nodes[0], "'%s' is not a unit of a date", text)
            .text;
    }
    return units[i];
}

static TgValue print_date_add(TgTranslator *translator, const TgCall *call)
{
    TgValue time = call->values[2];
    const char *name = unit(translator, call, time.type);
    gboolean is_quarter = strcmp(name, "quarter") == 0;
    TgValue sum =
        tg_value(translator, time.type, "(%s + CAST(%s AS INTEGER) * INTERVAL %s %s)", time.text,
                 call->values[1].text, is_quarter ? "3" : "1", is_quarter ? "month" : name);

    if (time.type->precision < 3 && time.type->id == TG_SQL_TIME &&
        strcmp(name, "millisecond") == 0) {
        return tg_translate_fail(
            translator, call->node,
            "milliseconds of a time without them are not supported; cast it to time(3)");
    }
    if (time.type->precision < 3 && time.type->id != TG_SQL_DATE &&
        strcmp(name, "millisecond") == 0) {
        return tg_value(translator, time.type, "tg_round_%s(%s, %s)",
                        time.type->id == TG_SQL_TIMESTAMP ? "timestamp" : "timestamptz", sum.text,
                        time.type->precision == 0
                            ? "1000000"
                            : (time.type->precision == 1 ? "100000" : "10000"));
    }
    return time.type->id == TG_SQL_DATE
               ? tg_value(translator, time.type, "CAST(%s AS DATE)", sum.text)
               : sum;
}

/* Complete units, not boundaries. */
static TgValue print_date_diff(TgTranslator *translator, const TgCall *call)
{
    TgValue values[] = {call->values[1], call->values[2]};
    const TgSqlType *type = tg_translate_unify(translator, call->node, values, 2);

    return tg_value(translator, &tg_sql_type_bigint, "date_sub('%s', %s, %s)",
                    unit(translator, call, type), values[0].text, values[1].text);
}

static TgValue print_date_trunc(TgTranslator *translator, const TgCall *call)
{
    TgValue time = call->values[1];

    return tg_value(translator, time.type, "CAST(date_trunc('%s', %s) AS %s)",
                    unit(translator, call, time.type), time.text,
                    tg_sql_type_duckdb(translator->arena, time.type));
}

static TgValue print_now(TgTranslator *translator, const TgCall *call)
{
    gint64 micros = translator->context->now_ms * 1000;
    TgValue now = tg_value(translator, &tg_sql_type_timestamp_tz,
                           "make_timestamptz(%" G_GINT64_FORMAT ")", micros);

    if (strcmp(call->name, "current_date") == 0) {
        return tg_value(translator, &tg_sql_type_date, "CAST(%s AS DATE)", now.text);
    }
    if (strcmp(call->name, "localtimestamp") == 0) {
        return tg_value(translator, &tg_sql_type_timestamp, "CAST(%s AS TIMESTAMP)", now.text);
    }
    if (strcmp(call->name, "current_time") == 0 || strcmp(call->name, "localtime") == 0) {
        return tg_translate_fail(translator, call->node, "%s is not supported", call->name);
    }
    return now;
}

/* at_timezone(x, zone), from_unixtime(x, zone), with_timezone(local, zone) */
static TgValue print_zone_kept(TgTranslator *translator, const TgCall *call)
{
    TgValue value = call->values[0];
    gboolean is_literal = call->nodes[1]->kind == TG_NODE_STRING;

    if (strcmp(call->name, "with_timezone") == 0) {
        return tg_zone_from_local(translator, value, call->values[1], is_literal);
    }
    if (strcmp(call->name, "from_unixtime") == 0) {
        value = tg_value(translator, &tg_sql_type_timestamp_tz,
                         "tg_from_unixtime(CAST(%s AS DOUBLE))", value.text);
    }
    return tg_zone_at(translator, call->nodes[1], value, call->values[1]);
}

/* from_unixtime(x, hours, minutes) */
static TgValue print_offset_kept(TgTranslator *translator, const TgCall *call)
{
    TgValue zone = tg_value(translator, &tg_sql_type_varchar, "tg_offset_name(%s * 60 + %s)",
                            call->values[1].text, call->values[2].text);

    return tg_zone_at(translator, call->node,
                      tg_value(translator, &tg_sql_type_timestamp_tz,
                               "tg_from_unixtime(CAST(%s AS DOUBLE))", call->values[0].text),
                      zone);
}

/* A text in quotes that ends with Z is UTC's; another column must be so at run time. */
static TgValue print_iso_timestamp(TgTranslator *translator, const TgCall *call)
{
    const char *text = call->nodes[0]->kind == TG_NODE_STRING ? call->nodes[0]->text : NULL;
    const char *time = text == NULL ? NULL : strchr(text, 'T');

    if (time != NULL && strpbrk(time, "+-") != NULL) {
        return tg_zone_from_local(
            translator,
            tg_value(translator, &tg_sql_type_timestamp, "tg_iso_timestamp(%s)",
                     call->values[0].text),
            tg_value(translator, &tg_sql_type_varchar, "tg_iso_zone(%s)", call->values[0].text),
            TRUE);
    }
    return tg_value(translator, &tg_sql_type_timestamp_tz, "tg_iso_instant(%s)",
                    call->values[0].text);
}

static TgValue print_to_iso(TgTranslator *translator, const TgCall *call)
{
    TgValue value = call->values[0];

    if (tg_sql_type_is_zoned(value.type)) {
        return tg_value(translator, &tg_sql_type_varchar,
                        "tg_to_iso8601(struct_extract_at(%s, 2), %u, struct_extract_at(%s, 3), "
                        "tg_zone_seconds(%s))",
                        value.text, value.type->precision, value.text, value.text);
    }
    return tg_value(translator, &tg_sql_type_varchar,
                    "tg_to_iso8601(CAST(%s AS TIMESTAMP), %u, '%s', 0)", value.text,
                    value.type->precision, value.type->id == TG_SQL_TIMESTAMP_TZ ? "UTC" : "");
}

static TgValue print_format_datetime(TgTranslator *translator, const TgCall *call)
{
    TgValue value = call->values[0];

    if (tg_sql_type_is_zoned(value.type)) {
        return tg_value(translator, &tg_sql_type_varchar,
                        "tg_format_datetime(struct_extract_at(%s, 2), %s, struct_extract_at(%s, "
                        "3), tg_zone_seconds(%s))",
                        value.text, call->values[1].text, value.text, value.text);
    }
    return tg_value(translator, &tg_sql_type_varchar,
                    "tg_format_datetime(CAST(%s AS TIMESTAMP), %s, '%s', 0)", value.text,
                    call->values[1].text, value.type->id == TG_SQL_TIMESTAMP_TZ ? "UTC" : "");
}

/* A part of an interval, cut towards zero. */
static TgValue print_interval_part(TgTranslator *translator, const TgCall *call)
{
    static const struct {
        const char *name;
        TgSqlTypeId type;
        const char *text;
    } parts[] = {
        {"year", TG_SQL_INTERVAL_MONTH, "(tg_interval_months(%s) // 12)"},
        {"month", TG_SQL_INTERVAL_MONTH, "(tg_interval_months(%s) %% 12)"},
        {"day", TG_SQL_INTERVAL_DAY, "(tg_interval_ms(%s) // 86400000)"},
        {"hour", TG_SQL_INTERVAL_DAY, "(tg_interval_ms(%s) // 3600000 %% 24)"},
        {"minute", TG_SQL_INTERVAL_DAY, "(tg_interval_ms(%s) // 60000 %% 60)"},
        {"second", TG_SQL_INTERVAL_DAY, "(tg_interval_ms(%s) // 1000 %% 60)"},
        {"millisecond", TG_SQL_INTERVAL_DAY, "(tg_interval_ms(%s) %% 1000)"},
    };
    gsize i = 0;

    while (strcmp(parts[i].name, call->name) != 0) {
        i++;
    }
    if (parts[i].type != call->values[0].type->id) {
        return tg_translate_fail(translator, call->node, "%s() does not take %s", call->name,
                                 tg_translate_type_name(translator, call->values[0].type));
    }
    const char *at = strstr(parts[i].text, "%s");
    g_autoptr(GString) text = g_string_new_len(parts[i].text, at - parts[i].text);

    g_string_append(text, call->values[0].text);
    g_string_append(text, at + 2);
    (void)g_string_replace(text, "%%", "%", 0);
    return tg_value(translator, &tg_sql_type_bigint, "CAST(%s AS BIGINT)", text->str);
}

static TgValue print_time_trunc(TgTranslator *translator, const TgCall *call)
{
    TgValue time = call->values[1];

    return tg_value(translator, time.type, "CAST(date_trunc('%s', DATE '2000-01-01' + %s) AS TIME)",
                    unit(translator, call, time.type), time.text);
}

/* Of the offset from UTC. */
static TgValue print_zone_part(TgTranslator *translator, const TgCall *call)
{
    TgValue value = call->values[0];
    gboolean is_zoned = tg_sql_type_is_zoned(value.type);

    if (strcmp(call->name, "timezone") == 0) {
        return tg_value(translator, &tg_sql_type_varchar,
                        is_zoned ? "struct_extract_at(%s, 3)"
                                 : "CASE WHEN %s IS NOT NULL THEN 'UTC' END",
                        value.text);
    }
    if (!is_zoned) {
        return tg_value(translator, &tg_sql_type_bigint,
                        "CASE WHEN %s IS NOT NULL THEN CAST(0 AS BIGINT) END", value.text);
    }
    return tg_value(translator, &tg_sql_type_bigint,
                    strcmp(call->name, "timezone_hour") == 0 ? "(tg_zone_seconds(%s) // 3600)"
                                                             : "(tg_zone_seconds(%s) // 60 %% 60)",
                    value.text);
}

const TgFunction tg_functions_time[] = {
    {"date", "D", "D", "$1", NULL},
    {"date", "t", "D", "CAST($1 AS DATE)", NULL},
    {"date", "v", "D", "tg_text_date($1)", NULL},
    {"date_parse", "vv", "T", "tg_date_parse($1, $2)", NULL},
    {"date_format", "tv", "v", "tg_date_format(CAST($1 AS TIMESTAMP), $2)", NULL},
    {"format_datetime", "tv", NULL, NULL, print_format_datetime},
    {"parse_datetime", "vv", NULL, NULL, print_parse_datetime},
    {"date_add", "sIt", NULL, NULL, print_date_add},
    {"date_diff", "stt", NULL, NULL, print_date_diff},
    {"date_trunc", "st", NULL, NULL, print_date_trunc},
    {"from_unixtime", "n", "Z", "tg_from_unixtime(CAST($1 AS DOUBLE))", NULL},
    {"from_unixtime", "nv", NULL, NULL, print_zone_kept},
    {"at_timezone", "tv", NULL, NULL, print_zone_kept},
    {"with_timezone", "Tv", NULL, NULL, print_zone_kept},
    {"from_unixtime", "nII", NULL, NULL, print_offset_kept},
    {"to_unixtime", "t", "d", "epoch($1)", NULL},
    {"from_iso8601_timestamp", "v", NULL, NULL, print_iso_timestamp},
    {"from_iso8601_date", "v", "D", "tg_iso_date($1)", NULL},
    {"to_iso8601", "D", "v", "strftime($1, '%Y-%m-%d')", NULL},
    {"to_iso8601", "T", NULL, NULL, print_to_iso},
    {"to_iso8601", "Z", NULL, NULL, print_to_iso},
    {"year", "t", "b", "year($1)", NULL},
    {"quarter", "t", "b", "quarter($1)", NULL},
    {"month", "t", "b", "month($1)", NULL},
    {"week", "t", "b", "weekofyear($1)", NULL},
    {"week_of_year", "t", "b", "weekofyear($1)", NULL},
    {"year_of_week", "t", "b", "isoyear($1)", NULL},
    {"yow", "t", "b", "isoyear($1)", NULL},
    {"day", "t", "b", "day($1)", NULL},
    {"day_of_month", "t", "b", "day($1)", NULL},
    {"day_of_week", "t", "b", "isodow($1)", NULL},
    {"dow", "t", "b", "isodow($1)", NULL},
    {"day_of_year", "t", "b", "dayofyear($1)", NULL},
    {"doy", "t", "b", "dayofyear($1)", NULL},
    {"hour", "t", "b", "hour($1)", NULL},
    {"minute", "t", "b", "minute($1)", NULL},
    {"second", "t", "b", "second($1)", NULL},
    {"millisecond", "t", "b", "(millisecond($1) % 1000)", NULL},
    {"last_day_of_month", "t", "D", "last_day($1)", NULL},
    {"hour", "H", "b", "hour($1)", NULL},
    {"minute", "H", "b", "minute($1)", NULL},
    {"second", "H", "b", "second($1)", NULL},
    {"millisecond", "H", "b", "(millisecond($1) % 1000)", NULL},
    {"year", "i", NULL, NULL, print_interval_part},
    {"month", "i", NULL, NULL, print_interval_part},
    {"day", "i", NULL, NULL, print_interval_part},
    {"hour", "i", NULL, NULL, print_interval_part},
    {"minute", "i", NULL, NULL, print_interval_part},
    {"second", "i", NULL, NULL, print_interval_part},
    {"millisecond", "i", NULL, NULL, print_interval_part},
    {"date_add", "sIH", NULL, NULL, print_date_add},
    {"date_diff", "sHH", NULL, NULL, print_date_diff},
    {"date_trunc", "sH", NULL, NULL, print_time_trunc},
    {"timezone_hour", "Z", NULL, NULL, print_zone_part},
    {"timezone_minute", "Z", NULL, NULL, print_zone_part},
    {"timezone", "Z", NULL, NULL, print_zone_part},
    {"now", "", NULL, NULL, print_now},
    {"current_date", "", NULL, NULL, print_now},
    {"current_timestamp", "", NULL, NULL, print_now},
    {"localtimestamp", "", NULL, NULL, print_now},
    {"current_time", "", NULL, NULL, print_now},
    {"localtime", "", NULL, NULL, print_now},
    {"current_timezone", "", "v", "'UTC'", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

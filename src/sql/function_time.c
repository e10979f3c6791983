/* Dates and times: patterns, complete units, types that stay. */
#include <string.h>

#include "sql/function.h"

/* MySQL's letters as Trino reads them → DuckDB's strftime; NULL: Trino refuses it, too. */
static const char *mysql_letter(char letter, gboolean is_parse)
{
    static const struct {
        char letter;
        const char *format;
        const char *parse; /* NULL: the same */
    } letters[] = {
        {'a', "%a", NULL},
        {'b', "%b", NULL},
        {'c', "%-m", "%m"},
        {'d', "%d", NULL},
        {'e', "%-d", "%d"},
        {'f', "%f", NULL},
        {'H', "%H", NULL},
        {'h', "%I", NULL},
        {'I', "%I", NULL},
        {'i', "%M", NULL},
        {'j', "%j", NULL},
        {'k', "%-H", "%H"},
        {'l', "%-I", "%I"},
        {'M', "%B", NULL},
        {'m', "%m", NULL},
        {'p', "%p", NULL},
        {'r', "%I:%M:%S %p", NULL},
        {'S', "%S", NULL},
        {'s', "%S", NULL},
        {'T', "%H:%M:%S", NULL},
        {'v', "%V", ""},
        {'W', "%A", NULL},
        {'x', "%G", ""},
        {'Y', "%Y", NULL},
        {'y', "%y", NULL},
        {'%', "%%", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(letters); i++) {
        if (letters[i].letter == letter) {
            const char *text =
                is_parse && letters[i].parse != NULL ? letters[i].parse : letters[i].format;

            return *text == '\0' ? NULL : text;
        }
    }
    return NULL;
}

static const char *mysql_pattern(TgTranslator *translator, const TgCall *call, gboolean is_parse)
{
    const char *p = tg_call_literal(translator, call, 1, "the pattern");
    g_autoptr(GString) out = g_string_new(NULL);

    for (; p != NULL && *p != '\0'; p++) {
        const char *text = NULL;

        if (*p != '%') {
            g_string_append_c(out, *p);
            continue;
        }
        text = mysql_letter(p[1], is_parse);
        if (text == NULL) {
            return tg_translate_fail(translator, call->nodes[1],
                                     "%%%c in a pattern is not supported", p[1])
                .text;
        }
        g_string_append(out, text);
        p++;
    }
    return tg_translate_text(translator, out->str);
}

static TgValue print_date_format(TgTranslator *translator, const TgCall *call)
{
    return tg_value(translator, &tg_sql_type_varchar, "strftime(%s, %s)", call->values[0].text,
                    mysql_pattern(translator, call, FALSE));
}

static TgValue print_date_parse(TgTranslator *translator, const TgCall *call)
{
    return tg_value(translator, &tg_sql_type_timestamp, "strptime(%s, %s)", call->values[0].text,
                    mysql_pattern(translator, call, TRUE));
}

/* Joda's letters by how often they stand. */
static const char *joda_letters(const char *letters, gsize count, gboolean is_parse)
{
    static const struct {
        const char *letters;
        const char *format;
    } patterns[] = {
        {"yyyy", "%Y"}, {"YYYY", "%Y"}, {"xxxx", "%G"}, {"yy", "%y"},  {"y", "%-Y"}, {"Y", "%-Y"},
        {"MMMM", "%B"}, {"MMM", "%b"},  {"MM", "%m"},   {"M", "%-m"},  {"dd", "%d"}, {"d", "%-d"},
        {"DDD", "%j"},  {"EEEE", "%A"}, {"EEE", "%a"},  {"EE", "%a"},  {"E", "%a"},  {"e", "%u"},
        {"ww", "%V"},   {"HH", "%H"},   {"H", "%-H"},   {"hh", "%I"},  {"h", "%-I"}, {"mm", "%M"},
        {"m", "%-M"},   {"ss", "%S"},   {"s", "%-S"},   {"SSS", "%g"}, {"a", "%p"},  {"Z", "%z"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
        if (strlen(patterns[i].letters) == count &&
            strncmp(patterns[i].letters, letters, count) == 0) {
            /* "%-m" reads one digit or two as "%m" does. */
            return is_parse && patterns[i].format[1] == '-' ? NULL : patterns[i].format;
        }
    }
    return NULL;
}

/* 'text' in single quotes; '' is one. */
static const char *append_quoted(const char *p, GString *out)
{
    if (p[1] == '\'') {
        g_string_append_c(out, '\'');
        return p + 2;
    }
    for (p++; *p != '\0' && *p != '\''; p++) {
        g_string_append(out, *p == '%' ? "%" : "");
        g_string_append_c(out, *p);
    }
    return *p == '\0' ? p : p + 1;
}

static const char *joda_pattern(TgTranslator *translator, const TgCall *call, gboolean is_parse)
{
    const char *p = tg_call_literal(translator, call, 1, "the pattern");
    g_autoptr(GString) out = g_string_new(NULL);

    while (p != NULL && *p != '\0') {
        gsize count = 1;

        if (*p == '\'') {
            p = append_quoted(p, out);
            continue;
        }
        if (!g_ascii_isalpha(*p)) {
            g_string_append(out, *p == '%' ? "%" : "");
            g_string_append_c(out, *p++);
            continue;
        }
        while (p[count] == *p) {
            count++;
        }
        const char *text = joda_letters(p, count, is_parse);

        if (text == NULL) {
            return tg_translate_fail(translator, call->nodes[1],
                                     "'%.*s' in a pattern is not supported", (int)count, p)
                .text;
        }
        g_string_append(out, text);
        p += count;
    }
    return tg_translate_text(translator, out->str);
}

static TgValue print_format_datetime(TgTranslator *translator, const TgCall *call)
{
    return tg_value(translator, &tg_sql_type_varchar, "strftime(%s, %s)", call->values[0].text,
                    joda_pattern(translator, call, FALSE));
}

static TgValue print_parse_datetime(TgTranslator *translator, const TgCall *call)
{
    return tg_value(translator, &tg_sql_type_timestamp_tz, "CAST(strptime(%s, %s) AS TIMESTAMPTZ)",
                    call->values[0].text, joda_pattern(translator, call, TRUE));
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

static TgValue print_zone_kept(TgTranslator *translator, const TgCall *call)
{
    return tg_translate_fail(translator, call->node,
                             "%s() gives a value that keeps its time zone, which is not supported; "
                             "write cast(x AT TIME ZONE '…' AS timestamp) for the local time",
                             call->name);
}

const TgFunction tg_functions_time[] = {
    {"date", "D", "D", "$1", NULL},
    {"date", "t", "D", "CAST($1 AS DATE)", NULL},
    {"date", "v", "D", "CAST(tg_date_only($1) AS DATE)", NULL},
    {"date_parse", "vv", NULL, NULL, print_date_parse},
    {"date_format", "tv", NULL, NULL, print_date_format},
    {"format_datetime", "tv", NULL, NULL, print_format_datetime},
    {"parse_datetime", "vv", NULL, NULL, print_parse_datetime},
    {"date_add", "sIt", NULL, NULL, print_date_add},
    {"date_diff", "stt", NULL, NULL, print_date_diff},
    {"date_trunc", "st", NULL, NULL, print_date_trunc},
    {"from_unixtime", "n", "Z", "tg_from_unixtime(CAST($1 AS DOUBLE))", NULL},
    {"from_unixtime", "nv", NULL, NULL, print_zone_kept},
    {"at_timezone", "tv", NULL, NULL, print_zone_kept},
    {"with_timezone", "Tv", "Z", "timezone($2, $1)", NULL},
    {"to_unixtime", "t", "d", "epoch($1)", NULL},
    {"from_iso8601_timestamp", "v", "Z", "CAST($1 AS TIMESTAMPTZ)", NULL},
    {"from_iso8601_date", "v", "D", "tg_iso_date($1)", NULL},
    {"to_iso8601", "D", "v", "strftime($1, '%Y-%m-%d')", NULL},
    {"to_iso8601", "T", "v", "strftime($1, '%Y-%m-%dT%H:%M:%S.%g')", NULL},
    {"to_iso8601", "Z", "v", "strftime($1, '%Y-%m-%dT%H:%M:%S.%gZ')", NULL},
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
    {"now", "", NULL, NULL, print_now},
    {"current_date", "", NULL, NULL, print_now},
    {"current_timestamp", "", NULL, NULL, print_now},
    {"localtimestamp", "", NULL, NULL, print_now},
    {"current_time", "", NULL, NULL, print_now},
    {"localtime", "", NULL, NULL, print_now},
    {"current_timezone", "", "v", "'UTC'", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

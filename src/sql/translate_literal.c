/* Numbers, texts, dates, intervals. */
#include <string.h>

#include "sql/translate.h"

static TgValue integer(TgTranslator *translator, const TgNode *node)
{
    char *end = NULL;
    guint64 value = 0;

    errno = 0;
    value = g_ascii_strtoull(node->text, &end, 10);
    if (errno != 0 || value > (guint64)G_MAXINT64) {
        return tg_translate_fail(translator, node, "the number %s is too large for bigint",
                                 node->text);
    }
    if (value > G_MAXINT32) {
        return tg_value(translator, &tg_sql_type_bigint, "CAST(%s AS BIGINT)", node->text);
    }
    return tg_value(translator, &tg_sql_type_integer, "%" G_GUINT64_FORMAT, value);
}

/* A decimal's digits: leading zeros do not count (Trino), those behind the point do. */
static TgValue decimal(TgTranslator *translator, const TgNode *node, const char *text)
{
    const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
    const char *point = strchr(digits, '.');
    gsize scale = point == NULL ? 0 : strlen(point + 1);
    gsize whole = 0;

    if (strspn(digits, "0123456789.") != strlen(digits) || *digits == '\0' ||
        (point != NULL && strchr(point + 1, '.') != NULL)) {
        return tg_translate_fail(translator, node, "'%s' is not a decimal", text);
    }
    while (*digits == '0') {
        digits++;
    }
    whole = strspn(digits, "0123456789");
    if (MAX(whole + scale, 1) > 38) {
        return tg_translate_fail(translator, node, "a decimal has at most 38 digits");
    }
    const TgSqlType *type = tg_sql_type_new(translator->arena, TG_SQL_DECIMAL,
                                            (guint)MAX(whole + scale, 1), (guint)scale);

    return tg_value(translator, type, "CAST('%s' AS DECIMAL(%u,%u))", text, type->precision,
                    type->scale);
}

static TgValue binary(TgTranslator *translator, const TgNode *node)
{
    g_autoptr(GString) out = g_string_new("CAST('");
    guint digits = 0;

    for (const char *p = node->text; *p != '\0'; p++) {
        if (*p == ' ') {
            continue;
        }
        if (!g_ascii_isxdigit(*p)) {
            return tg_translate_fail(translator, node, "X'…' holds hex digits alone");
        }
        g_string_append(out, digits++ % 2 == 0 ? "\\x" : "");
        g_string_append_c(out, *p);
    }
    if (digits % 2 != 0) {
        return tg_translate_fail(translator, node, "X'…' needs an even number of digits");
    }
    return tg_value(translator, &tg_sql_type_varbinary, "%s' AS BLOB)", out->str);
}

/* Digits behind the point of the second, as Trino types a literal. */
static guint fraction_digits(const char *text)
{
    const char *point = strrchr(text, '.');

    return point == NULL ? 0 : (guint)strspn(point + 1, "0123456789");
}

/* A zone behind a timestamp: "UTC", "+09:00", "Asia/Tokyo"; NULL: none. */
static const char *find_zone(const char *text)
{
    const char *time = strchr(text, ':');
    const char *p = time == NULL ? NULL : strpbrk(time, " +-Z");

    return p;
}

static TgValue timestamp(TgTranslator *translator, const TgNode *node)
{
    const char *zone = find_zone(node->text);
    const char *text = tg_translate_text(translator, node->text);
    guint digits = 0;

    if (zone == NULL) {
        const TgSqlType *type =
            tg_sql_type_new(translator->arena, TG_SQL_TIMESTAMP, fraction_digits(node->text), 0);

        return tg_value(translator, type, "CAST(%s AS TIMESTAMP)", text);
    }
    const char *local =
        tg_sql_arena_copy(translator->arena, node->text, (gsize)(zone - node->text));
    const TgSqlType *type = NULL;

    digits = fraction_digits(local);
    type = tg_sql_type_new(translator->arena, TG_SQL_TIMESTAMP_TZ, digits, 0);
    if (strstr(zone, "UTC") == NULL && strpbrk(zone, "+-") == NULL && strcmp(zone, "Z") != 0) {
        return tg_zone_from_local(translator,
                                  tg_value(translator, &tg_sql_type_timestamp,
                                           "CAST(%s AS TIMESTAMP)",
                                           tg_translate_text(translator, local)),
                                  tg_value(translator, type, "%s",
                                           tg_translate_text(translator, zone + strspn(zone, " "))),
                                  TRUE);
    }
    if (strstr(zone, "UTC") != NULL) {
        return tg_value(
            translator, type, "CAST(%s AS TIMESTAMPTZ)",
            tg_translate_text(translator, tg_sql_arena_printf(translator->arena, "%s+00", local)));
    }
    while (*zone == ' ') {
        zone++;
    }
    return tg_zone_from_local(translator,
                              tg_value(translator, &tg_sql_type_timestamp, "CAST(%s AS TIMESTAMP)",
                                       tg_translate_text(translator, local)),
                              tg_value(translator, type, "%s", tg_translate_text(translator, zone)),
                              TRUE);
}

static TgValue typed(TgTranslator *translator, const TgNode *node)
{
    const char *text = tg_translate_text(translator, node->text);
    const TgSqlType *type = node->type;

    switch ((int)type->id) {
    case TG_SQL_TIME:
        return tg_value(
            translator,
            tg_sql_type_new(translator->arena, TG_SQL_TIME, fraction_digits(node->text), 0),
            "CAST(%s AS TIME)", text);
    case TG_SQL_TIMESTAMP:
    case TG_SQL_TIMESTAMP_TZ:
        return timestamp(translator, node);
    case TG_SQL_DECIMAL:
        return decimal(translator, node, node->text);
    case TG_SQL_JSON:
        return tg_value(translator, type, "tg_json_parse(%s)", text);
    case TG_SQL_CHAR:
    case TG_SQL_ARRAY:
    case TG_SQL_MAP:
    case TG_SQL_ROW:
    case TG_SQL_UNKNOWN:
        return tg_translate_fail(translator, node, "no literal of type %s can be written so",
                                 tg_translate_type_name(translator, type));
    default:
        return tg_value(translator, type, "CAST(%s AS %s)", text,
                        tg_sql_type_duckdb(translator->arena, type));
    }
}

TgValue tg_translate_negative(TgTranslator *translator, const TgNode *node)
{
    guint64 value = 0;

    errno = 0;
    value = g_ascii_strtoull(node->text, NULL, 10);
    if (errno == 0 && value == (guint64)G_MAXINT32 + 1) {
        return tg_value(translator, &tg_sql_type_integer, "CAST(-2147483648 AS INTEGER)");
    }
    if (errno == 0 && value == (guint64)G_MAXINT64 + 1) {
        return tg_value(translator, &tg_sql_type_bigint, "CAST(-9223372036854775808 AS BIGINT)");
    }
    TgValue positive = tg_translate_literal(translator, node);

    return tg_value(translator, positive.type, "(-%s)", positive.text);
}

TgValue tg_translate_interval(TgTranslator *translator, const TgNode *node)
{
    gboolean is_month = strcmp(node->extra, "month") == 0 || strcmp(node->extra, "year") == 0;
    const char *text = node->text;

    if (strcmp(node->extra, "week") == 0 || strcmp(node->extra, "quarter") == 0) {
        return tg_translate_fail(translator, node, "there is no interval of %ss", node->extra);
    }
    gsize length = strspn(text, "+-0123456789.");

    if (*text == '\0' || text[length] != '\0' || length > 18) {
        return tg_translate_fail(translator, node, "'%s' is not a number of %ss", text,
                                 node->extra);
    }
    return tg_value(translator, is_month ? &tg_sql_type_interval_month : &tg_sql_type_interval_day,
                    "(INTERVAL '%s%s' %s)", tg_node_has(node, TG_FLAG_NEGATIVE) ? "-" : "", text,
                    node->extra);
}

TgValue tg_translate_literal(TgTranslator *translator, const TgNode *node)
{
    switch ((int)node->kind) {
    case TG_NODE_NULL:
        return tg_value(translator, &tg_sql_type_unknown, "NULL");
    case TG_NODE_BOOLEAN:
        return tg_value(translator, &tg_sql_type_boolean, "%s", node->text);
    case TG_NODE_INTEGER:
        return integer(translator, node);
    case TG_NODE_DECIMAL:
        return decimal(translator, node, node->text);
    case TG_NODE_DOUBLE:
        return tg_value(translator, &tg_sql_type_double, "CAST('%s' AS DOUBLE)", node->text);
    case TG_NODE_STRING:
        return tg_value(translator, &tg_sql_type_varchar, "%s",
                        tg_translate_text(translator, node->text));
    case TG_NODE_BINARY:
        return binary(translator, node);
    default:
        return typed(translator, node);
    }
}

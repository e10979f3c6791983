/* JSON: paths are Trino's, a text that is no JSON gives NULL. */
#include <string.h>

#include "sql/function.h"

/* Behind ["name"] or ['name'], which is written as ."name"; NULL when it does not end so. */
static const char *append_quoted_key(const char *p, GString *out)
{
    const char *close = strchr(p + 2, p[1]);

    if (close == NULL || close[1] != ']') {
        return NULL;
    }
    g_string_append_printf(out, ".\"%.*s\"", (int)(close - p - 2), p + 2);
    return close + 2;
}

/* A path of Trino's as DuckDB writes it; "" (and a failure) when it cannot. */
static const char *json_path(TgTranslator *translator, const TgCall *call, guint index)
{
    const char *p = tg_call_literal(translator, call, index, "a JSON path");
    g_autoptr(GString) out = g_string_new(NULL);

    if (p == NULL) {
        return "''";
    }
    if (g_str_has_prefix(p, "lax ") || g_str_has_prefix(p, "strict ")) {
        p = strchr(p, ' ') + 1;
    }
    if (*p != '$') {
        return tg_translate_fail(translator, call->nodes[index], "Invalid JSON path: '%s'", p).text;
    }
    while (p != NULL && *p != '\0') {
        if (p[0] == '[' && (p[1] == '"' || p[1] == '\'')) {
            p = append_quoted_key(p, out);
        } else if (*p == '*' || *p == '?') {
            return tg_translate_fail(translator, call->nodes[index],
                                     "wildcards and filters in a JSON path are not supported")
                .text;
        } else {
            g_string_append_c(out, *p++);
        }
    }
    return p == NULL ? tg_translate_fail(translator, call->nodes[index], "Invalid JSON path").text
                     : tg_translate_text(translator, out->str);
}

/* json_value, json_query, json_exists: paths of SQL/JSON as far as they name members and items. */
static TgValue print_path(TgTranslator *translator, const TgCall *call)
{
    static const struct {
        const char *name;
        const char *macro;
        const TgSqlType *type;
    } rows[] = {
        {"json_value", "tg_json_value", &tg_sql_type_varchar},
        {"json_query", "tg_json_query", &tg_sql_type_varchar},
        {"json_exists", "tg_json_exists", &tg_sql_type_boolean},
    };
    const char *path = tg_call_literal(translator, call, 1, "a JSON path");
    gsize i = 0;

    if (path == NULL || (!g_str_has_prefix(path, "lax ") && !g_str_has_prefix(path, "strict "))) {
        return tg_translate_fail(translator, call->nodes[1],
                                 "a JSON path begins with 'lax' or 'strict' here");
    }
    if (strpbrk(path, "()+-*?@<>=!&|/%{}") != NULL || strstr(path, "last") != NULL) {
        return tg_translate_fail(
            translator, call->nodes[1],
            "methods, filters, wildcards and arithmetic in a JSON path are not supported");
    }
    while (strcmp(rows[i].name, call->name) != 0) {
        i++;
    }
    return tg_value(translator, rows[i].type, "%s(%s, %s)", rows[i].macro, call->values[0].text,
                    json_path(translator, call, 1));
}

/* json_array_contains(json, x): x is a boolean, a number or a text. */
static TgValue print_contains(TgTranslator *translator, const TgCall *call)
{
    TgValue value = call->values[1];

    if (value.type->id == TG_SQL_UNKNOWN) {
        return tg_value(translator, &tg_sql_type_boolean, "CAST(NULL AS BOOLEAN)");
    }
    const char *name = value.type->id == TG_SQL_BOOLEAN     ? "boolean"
                       : tg_sql_type_is_integer(value.type) ? "bigint"
                       : value.type->id == TG_SQL_DOUBLE    ? "double"
                       : value.type->id == TG_SQL_VARCHAR   ? "varchar"
                                                            : NULL;

    if (name == NULL) {
        return tg_translate_fail(translator, call->node, "json_array_contains() does not take %s",
                                 tg_translate_type_name(translator, value.type));
    }
    return tg_value(translator, &tg_sql_type_boolean, "tg_json_contains_%s(%s, %s)", name,
                    call->values[0].text, value.text);
}

/* json_array(…) leaves NULL out; an array or a map in it is another thing. */
static TgValue print_json_array(TgTranslator *translator, const TgCall *call)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < call->count; i++) {
        if (call->values[i].type->count > 0) {
            return tg_translate_fail(translator, call->nodes[i],
                                     "json_array() of %s is not supported",
                                     tg_translate_type_name(translator, call->values[i].type));
        }
        g_string_append_printf(out, "%sCAST(%s AS VARCHAR)", i == 0 ? "" : ", ",
                               tg_json_from(translator, call->nodes[i], call->values[i]).text);
    }
    return tg_value(translator, &tg_sql_type_varchar, "('[' || array_to_string([%s], ',') || ']')",
                    out->str);
}

const TgFunction tg_functions_json[] = {
    {"json_extract", "Jv", "j", "tg_json_extract($1, $2)", NULL},
    {"json_extract_scalar", "Jv", "v", "tg_json_extract_scalar($1, $2)", NULL},
    {"json_value", "Jv", NULL, NULL, print_path},
    {"json_query", "Jv", NULL, NULL, print_path},
    {"json_exists", "Jv", NULL, NULL, print_path},
    {"json_size", "Jv", "b", "tg_json_size($1, $2)", NULL},
    {"json_parse", "v", "j", "tg_json_parse($1)", NULL},
    {"json_format", "j", "v", "CAST($1 AS VARCHAR)", NULL},
    {"json_array_length", "J", "b", "CAST(tg_json_array_length($1) AS BIGINT)", NULL},
    {"json_array_contains", "J.", NULL, NULL, print_contains},
    {"json_array_get", "JI", "j", "tg_json_array_get($1, $2)", NULL},
    {"is_json_scalar", "J", "B", "tg_is_json_scalar($1)", NULL},
    {"json_array", "", "v", "'[]'", NULL},
    {"json_array", ".*", NULL, NULL, print_json_array},
    {NULL, NULL, NULL, NULL, NULL},
};

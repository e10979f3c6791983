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

static TgValue print_path(TgTranslator *translator, const TgCall *call)
{
    static const struct {
        const char *name;
        const char *macro;
        const TgSqlType *type;
    } rows[] = {
        {"json_extract_scalar", "tg_json_scalar", &tg_sql_type_varchar},
        {"json_value", "tg_json_scalar", &tg_sql_type_varchar},
        {"json_extract", "tg_json_extract", &tg_sql_type_json},
        {"json_size", "tg_json_size", &tg_sql_type_bigint},
        {"json_query", "tg_json_query", &tg_sql_type_varchar},
        {"json_exists", "tg_json_exists", &tg_sql_type_boolean},
    };
    gsize i = 0;

    while (strcmp(rows[i].name, call->name) != 0) {
        i++;
    }
    return tg_value(translator, rows[i].type, "%s(%s, %s)", rows[i].macro, call->values[0].text,
                    json_path(translator, call, 1));
}

const TgFunction tg_functions_json[] = {
    {"json_extract", "Jv", NULL, NULL, print_path},
    {"json_extract_scalar", "Jv", NULL, NULL, print_path},
    {"json_value", "Jv", NULL, NULL, print_path},
    {"json_query", "Jv", NULL, NULL, print_path},
    {"json_exists", "Jv", NULL, NULL, print_path},
    {"json_size", "Jv", NULL, NULL, print_path},
    {"json_parse", "v", "j", "tg_json_parse($1)", NULL},
    {"json_format", "j", "v", "CAST($1 AS VARCHAR)", NULL},
    {"json_array_length", "J", "b", "CAST(tg_json_array_length($1) AS BIGINT)", NULL},
    {"json_array_contains", "J.", "B", "json_contains($1, to_json($2))", NULL},
    {"json_array_get", "JI", "j", "json_extract($1, '$[' || $2 || ']')", NULL},
    {"is_json_scalar", "J", "B", "json_type($1) NOT IN ('OBJECT', 'ARRAY')", NULL},
    {"json_object", ".*", "v", "CAST(json_object($*) AS VARCHAR)", NULL},
    {"json_array", ".*", "v", "CAST(json_array($*) AS VARCHAR)", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

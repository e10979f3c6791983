/* Regular expressions: RE2 (DuckDB's) where it gives the same answers, else tg_regexp_…, which is
 * PCRE2. */
#include <string.h>

#include "sql/function.h"

/* What RE2 lacks or means otherwise: look-around, back-references, possessive and atomic groups,
 * classes within classes, \Z \h \R \X \G, names of groups as Java writes them. */
static gboolean needs_pcre(const char *pattern)
{
    static const char *const signs[] = {"(?=", "(?!", "(?<", "(?>",  "&&",  "++",
                                        "*+",  "?+",  "}+",  "\\Z",  "\\R", "\\X",
                                        "\\G", "\\k", "\\e", "\\cA", "\\N"};

    for (gsize i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (strstr(pattern, signs[i]) != NULL) {
            return TRUE;
        }
    }
    for (const char *p = pattern; (p = strchr(p, '\\')) != NULL && p[1] != '\0'; p += 2) {
        if (p[1] >= '1' && p[1] <= '9') {
            return TRUE;
        }
    }
    return FALSE;
}

/* a[b&&c] is of Java alone. */
static gboolean is_java_only(const char *pattern)
{
    return strstr(pattern, "&&") != NULL || strstr(pattern, "\\h") != NULL ||
           strstr(pattern, "\\H") != NULL;
}

static const char *literal_pattern(const TgCall *call)
{
    return call->nodes[1]->kind == TG_NODE_STRING ? call->nodes[1]->text : NULL;
}

/* $1 is \1 in RE2; NULL: the replacement holds more than groups of one digit. */
static const char *re2_replacement(TgTranslator *translator, const char *text)
{
    g_autoptr(GString) out = g_string_new(NULL);

    if (strchr(text, '\\') != NULL) {
        return NULL;
    }
    for (; *text != '\0'; text++) {
        if (*text != '$') {
            g_string_append_c(out, *text);
            continue;
        }
        if (text[1] != '0' || g_ascii_isdigit(text[2])) {
            return NULL;
        }
        g_string_append(out, "\\0");
        text++;
    }
    return tg_translate_text(translator, out->str);
}

static TgValue print_replace(TgTranslator *translator, const TgCall *call)
{
    const char *pattern = literal_pattern(call);
    const char *text = call->values[0].text;
    const char *by = "''";

    if (call->count > 2 && call->nodes[2]->kind == TG_NODE_LAMBDA) {
        return tg_translate_fail(translator, call->nodes[2],
                                 "regexp_replace() with a lambda is not supported");
    }
    if (call->count > 2) {
        by = call->nodes[2]->kind == TG_NODE_STRING
                 ? re2_replacement(translator, call->nodes[2]->text)
                 : NULL;
    }
    if (pattern == NULL || by == NULL || needs_pcre(pattern)) {
        return tg_value(translator, &tg_sql_type_varchar, "tg_regexp_replace(%s, %s, %s)", text,
                        call->values[1].text, call->count > 2 ? call->values[2].text : "''");
    }
    return tg_value(translator, &tg_sql_type_varchar, "regexp_replace(%s, %s, %s, 'g')", text,
                    call->values[1].text, by);
}

static TgValue print_extract(TgTranslator *translator, const TgCall *call)
{
    const char *pattern = literal_pattern(call);
    gboolean is_all = strcmp(call->name, "regexp_extract_all") == 0;
    const TgSqlType *type =
        is_all ? tg_sql_type_array(translator->arena, &tg_sql_type_varchar) : &tg_sql_type_varchar;

    if (pattern == NULL || call->count > 2 || needs_pcre(pattern) || is_all) {
        return tg_value(translator, type, "tg_%s(%s, %s, %s)", call->name, call->values[0].text,
                        call->values[1].text, call->count > 2 ? call->values[2].text : "0");
    }
    return tg_value(translator, type, "tg_regexp_first(%s, %s)", call->values[0].text,
                    call->values[1].text);
}

static TgValue print_like(TgTranslator *translator, const TgCall *call)
{
    const char *pattern = literal_pattern(call);

    return tg_value(translator, &tg_sql_type_boolean, "%s(%s, %s)",
                    pattern == NULL || needs_pcre(pattern) ? "tg_regexp_like" : "regexp_matches",
                    call->values[0].text, call->values[1].text);
}

/* Checks what no engine here knows, and prints the call. */
static TgValue print_regexp(TgTranslator *translator, const TgCall *call)
{
    const char *pattern = literal_pattern(call);

    if (pattern != NULL && is_java_only(pattern)) {
        return tg_translate_fail(
            translator, call->nodes[1],
            "intersections of classes (&&) and \\h, \\H in a regular expression are not supported");
    }
    if (strcmp(call->name, "regexp_like") == 0) {
        return print_like(translator, call);
    }
    return strcmp(call->name, "regexp_replace") == 0 ? print_replace(translator, call)
                                                     : print_extract(translator, call);
}

const TgFunction tg_functions_regexp[] = {
    {"regexp_like", "vv", NULL, NULL, print_regexp},
    {"regexp_extract", "vv", NULL, NULL, print_regexp},
    {"regexp_extract", "vvI", NULL, NULL, print_regexp},
    {"regexp_extract_all", "vv", NULL, NULL, print_regexp},
    {"regexp_extract_all", "vvI", NULL, NULL, print_regexp},
    {"regexp_replace", "vv", NULL, NULL, print_regexp},
    {"regexp_replace", "vvv", NULL, NULL, print_regexp},
    {"regexp_replace", "vvF", NULL, NULL, print_regexp},
    {"regexp_split", "vv", "av", "tg_regexp_split($1, $2)", NULL},
    {"regexp_count", "vv", "b", "tg_regexp_count($1, $2)", NULL},
    {"regexp_position", "vv", "i", "CAST(tg_regexp_position($1, $2, 1, 1) AS INTEGER)", NULL},
    {"regexp_position", "vvI", "i", "CAST(tg_regexp_position($1, $2, $3, 1) AS INTEGER)", NULL},
    {"regexp_position", "vvII", "i", "CAST(tg_regexp_position($1, $2, $3, $4) AS INTEGER)", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

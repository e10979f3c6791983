/* Texts, regular expressions, binary, URLs. */
#include <string.h>

#include "sql/function.h"

/* Java's $1 is RE2's \1; a backslash takes away the meaning of what follows. */
static TgValue print_regexp_replace(TgTranslator *translator, const TgCall *call)
{
    const char *text = tg_call_literal(translator, call, 2, "the replacement");
    g_autoptr(GString) out = g_string_new(NULL);

    for (; text != NULL && *text != '\0'; text++) {
        if (*text == '$' && g_ascii_isdigit(text[1])) {
            g_string_append_printf(out, "\\%c", *++text);
        } else if (*text == '$') {
            return tg_translate_fail(translator, call->nodes[2],
                                     "named groups (${name}) in a replacement are not supported");
        } else if (*text == '\\' && text[1] != '\0') {
            g_string_append(out, *++text == '\\' ? "\\\\" : "");
            g_string_append(out, *text == '\\' ? "" : (char[]){*text, '\0'});
        } else {
            g_string_append_c(out, *text);
        }
    }
    return tg_value(translator, &tg_sql_type_varchar, "regexp_replace(%s, %s, %s, 'g')",
                    call->values[0].text, call->values[1].text,
                    tg_translate_text(translator, out->str));
}

static TgValue print_concat(TgTranslator *translator, const TgCall *call)
{
    TgNode node = *call->node;
    TgValue value = call->values[0];

    node.text = "||";
    for (guint i = 1; i < call->count; i++) {
        value = tg_translate_arithmetic(translator, &node, value, call->values[i]);
    }
    return value;
}

static TgValue print_trim(TgTranslator *translator, const TgCall *call)
{
    const char *side = call->node->kind == TG_NODE_TRIM ? call->node->text : "both";
    const char *name = "trim";

    if (strcmp(call->name, "ltrim") == 0 || strcmp(side, "leading") == 0) {
        name = "ltrim";
    } else if (strcmp(call->name, "rtrim") == 0 || strcmp(side, "trailing") == 0) {
        name = "rtrim";
    }
    return tg_value(translator, &tg_sql_type_varchar, "%s(%s, %s)", name, call->values[0].text,
                    call->count > 1 ? call->values[1].text : "tg_blanks()");
}

/* One verb of Java's format: flags, width, precision, letter. */
static gboolean format_verb(TgTranslator *translator, const TgCall *call, const char **p,
                            guint index, GString *out)
{
    const char *start = *p;
    gsize length = strspn(start, "0123456789.");
    char letter = start[length];
    TgValue value = call->values[index];

    if (index >= call->count) {
        (void)tg_translate_fail(translator, call->node, "format() has fewer values than verbs");
        return FALSE;
    }
    if (g_str_has_prefix(start, ",d") && tg_sql_type_is_integer(value.type)) {
        *p += 2;
        g_string_append_printf(out, "format('{:,}', %s)", value.text);
        return TRUE;
    }
    *p += length + 1;
    if (letter == 's' && length == 0) {
        value =
            tg_translate_cast(translator, call->nodes[index], value, &tg_sql_type_varchar, FALSE);
        g_string_append(out, value.text);
        return TRUE;
    }
    if (letter == 'd' && strchr(start, '.') != start && tg_sql_type_is_integer(value.type)) {
        g_string_append_printf(out, "printf('%%%.*sd', %s)", (int)length, start, value.text);
        return TRUE;
    }
    if (letter == 'f' && tg_sql_type_is_numeric(value.type)) {
        g_string_append_printf(out, "printf('%%%.*sf', CAST(%s AS DOUBLE))", (int)length, start,
                               value.text);
        return TRUE;
    }
    (void)tg_translate_fail(translator, call->nodes[0],
                            "format(): '%%%.*s' with %s is not supported; use %%s, %%d, %%f", 8,
                            start, tg_translate_type_name(translator, value.type));
    return FALSE;
}

static TgValue print_format(TgTranslator *translator, const TgCall *call)
{
    const char *p = tg_call_literal(translator, call, 0, "the format");
    g_autoptr(GString) out = g_string_new("concat(''");
    guint index = 1;

    while (p != NULL && *p != '\0') {
        gsize plain = strcspn(p, "%");

        g_string_append(out, ", ");
        if (plain > 0 || p[1] == '%') {
            char *text = tg_sql_arena_copy(translator->arena, p, plain == 0 ? 1 : plain);

            g_string_append(out, tg_translate_text(translator, text));
            p += plain == 0 ? 2 : plain;
            continue;
        }
        p++;
        if (!format_verb(translator, call, &p, index++, out)) {
            break;
        }
    }
    return tg_value(translator, &tg_sql_type_varchar, "%s)", out->str);
}

static TgValue print_typeof(TgTranslator *translator, const TgCall *call)
{
    return tg_value(
        translator, &tg_sql_type_varchar, "%s",
        tg_translate_text(translator, tg_translate_type_name(translator, call->values[0].type)));
}

const TgFunction tg_functions_text[] = {
    {"length", "v", "b", "length($1)", NULL},
    {"length", "x", "b", "octet_length($1)", NULL},
    {"lower", "v", "v", "lower($1)", NULL},
    {"upper", "v", "v", "upper($1)", NULL},
    {"substr", "vI", "v", "tg_substr($1, $2)", NULL},
    {"substr", "vII", "v", "tg_substr_length($1, $2, $3)", NULL},
    {"strpos", "vv", "b", "strpos($1, $2)", NULL},
    {"split", "vv", "av", "string_split($1, $2)", NULL},
    {"split", "vvI", "av", "tg_split_limit($1, $2, $3)", NULL},
    {"split_part", "vvI", "v", "tg_split_part($1, $2, $3)", NULL},
    {"split_to_map", "vvv", "mvv", "tg_split_to_map($1, $2, $3)", NULL},
    {"lpad", "vIv", "v", "lpad($1, CAST($2 AS INTEGER), $3)", NULL},
    {"rpad", "vIv", "v", "rpad($1, CAST($2 AS INTEGER), $3)", NULL},
    {"reverse", "v", "v", "reverse($1)", NULL},
    {"reverse", "a", "1", "list_reverse($1)", NULL},
    {"replace", "vv", "v", "replace($1, $2, '')", NULL},
    {"replace", "vvv", "v", "replace($1, $2, $3)", NULL},
    {"concat", "..*", NULL, NULL, print_concat},
    {"concat_ws", "va", "v", "array_to_string($2, $1)", NULL},
    {"concat_ws", "vv*", "v", "concat_ws($*)", NULL},
    {"chr", "I", "v", "chr(CAST($1 AS INTEGER))", NULL},
    {"codepoint", "v", "i", "unicode($1)", NULL},
    {"trim", "v", NULL, NULL, print_trim},
    {"trim", "vv", NULL, NULL, print_trim},
    {"ltrim", "v", NULL, NULL, print_trim},
    {"ltrim", "vv", NULL, NULL, print_trim},
    {"rtrim", "v", NULL, NULL, print_trim},
    {"rtrim", "vv", NULL, NULL, print_trim},
    {"starts_with", "vv", "B", "starts_with($1, $2)", NULL},
    {"translate", "vvv", "v", "translate($1, $2, $3)", NULL},
    {"levenshtein_distance", "vv", "b", "levenshtein($1, $2)", NULL},
    {"hamming_distance", "vv", "b", "hamming($1, $2)", NULL},
    {"normalize", "v", "v", "nfc_normalize($1)", NULL},
    {"luhn_check", "v", "B", "tg_luhn_check($1)", NULL},
    {"format", "v.*", NULL, NULL, print_format},
    {"typeof", ".", NULL, NULL, print_typeof},
    {"to_utf8", "v", "x", "encode($1)", NULL},
    {"from_utf8", "x", "v", "decode($1)", NULL},
    {"regexp_like", "vv", "B", "regexp_matches($1, $2)", NULL},
    {"regexp_extract", "vv", "v", "tg_regexp_extract($1, $2, 0)", NULL},
    {"regexp_extract", "vvI", "v", "tg_regexp_extract($1, $2, $3)", NULL},
    {"regexp_extract_all", "vv", "av", "regexp_extract_all($1, $2)", NULL},
    {"regexp_extract_all", "vvI", "av", "regexp_extract_all($1, $2, $3)", NULL},
    {"regexp_replace", "vv", "v", "regexp_replace($1, $2, '', 'g')", NULL},
    {"regexp_replace", "vvv", NULL, NULL, print_regexp_replace},
    {"regexp_split", "vv", "av", "regexp_split_to_array($1, $2)", NULL},
    {"regexp_count", "vv", "b", "len(regexp_extract_all($1, $2))", NULL},
    {"to_hex", "x", "v", "hex($1)", NULL},
    {"from_hex", "v", "x", "from_hex($1)", NULL},
    {"to_base64", "x", "v", "to_base64($1)", NULL},
    {"from_base64", "v", "x", "from_base64($1)", NULL},
    {"to_base64url", "x", "v", "replace(replace(to_base64($1), '+', '-'), '/', '_')", NULL},
    {"from_base64url", "v", "x", "from_base64(replace(replace($1, '-', '+'), '_', '/'))", NULL},
    {"md5", "x", "x", "unhex(md5($1))", NULL},
    {"sha1", "x", "x", "unhex(sha1($1))", NULL},
    {"sha256", "x", "x", "unhex(sha256($1))", NULL},
    {"url_encode", "v", "v", "replace(url_encode($1), '%20', '+')", NULL},
    {"url_decode", "v", "v", "url_decode(replace($1, '+', ' '))", NULL},
    {"url_extract_protocol", "v", "v", "tg_url_part($1, 2)", NULL},
    {"url_extract_host", "v", "v", "tg_url_host($1)", NULL},
    {"url_extract_port", "v", "b", "tg_url_port($1)", NULL},
    {"url_extract_path", "v", "v", "tg_url_part($1, 5)", NULL},
    {"url_extract_query", "v", "v", "tg_url_part($1, 7)", NULL},
    {"url_extract_fragment", "v", "v", "tg_url_part($1, 9)", NULL},
    {"url_extract_parameter", "vv", "v", "tg_url_parameter($1, $2)", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* Texts, regular expressions, binary, URLs. */
#include <string.h>

#include "sql/function.h"

static TgValue print_concat(TgTranslator *translator, const TgCall *call)
{
    TgNode node = *call->node;
    TgValue value = {NULL, NULL};

    node.text = "||";
    for (guint i = 0; i < call->count && call->count > 2; i++) {
        if (call->values[i].type->id == TG_SQL_UNKNOWN) { /* of many values NULL is a text */
            call->values[i] = tg_value(translator, &tg_sql_type_varchar, "CAST(NULL AS VARCHAR)");
        }
    }
    value = call->values[0];
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

static gboolean has_text(const TgSqlType *type)
{
    gboolean found = type->id == TG_SQL_VARCHAR && type->precision == 0;

    for (guint i = 0; i < type->count && !found; i++) {
        found = has_text(type->items[i]);
    }
    return found;
}

/* Of a text Trino tells the length, which is not kept here. */
static TgValue print_typeof(TgTranslator *translator, const TgCall *call)
{
    if (has_text(call->values[0].type) && call->nodes[0]->kind != TG_NODE_CAST &&
        !tg_translate_is_stored(translator, call->nodes[0])) {
        return tg_translate_fail(
            translator, call->node,
            "typeof() of a text is not supported, as its length is not known; cast it to varchar");
    }
    return tg_value(
        translator, &tg_sql_type_varchar, "%s",
        tg_translate_text(translator, tg_translate_type_name(translator, call->values[0].type)));
}

const TgFunction tg_functions_text[] = {
    {"length", "v", "b", "length($1)", NULL},
    {"length", "x", "b", "octet_length($1)", NULL},
    {"lower", "v", "v", "tg_lower($1)", NULL},
    {"upper", "v", "v", "tg_upper($1)", NULL},
    {"substr", "vI", "v", "tg_substr($1, $2)", NULL},
    {"substr", "vII", "v", "tg_substr_length($1, $2, $3)", NULL},
    {"substr", "xI", "x", "tg_binary_part($1, $2, 9223372036854775807)", NULL},
    {"substr", "xII", "x", "tg_binary_part($1, $2, $3)", NULL},
    {"substring", "vI", "v", "tg_substr($1, $2)", NULL},
    {"substring", "vII", "v", "tg_substr_length($1, $2, $3)", NULL},
    {"substring", "xI", "x", "tg_binary_part($1, $2, 9223372036854775807)", NULL},
    {"substring", "xII", "x", "tg_binary_part($1, $2, $3)", NULL},
    {"strpos", "vv", "b", "strpos($1, $2)", NULL},
    {"strpos", "vvI", "b", "tg_strpos($1, $2, $3)", NULL},
    {"index", "vv", "b", "strpos($1, $2)", NULL},
    {"split", "vv", "av", "tg_split($1, $2)", NULL},
    {"split", "vvI", "av", "tg_split_limit($1, $2, $3)", NULL},
    {"split_part", "vvI", "v", "tg_split_part($1, $2, $3)", NULL},
    {"split_to_map", "vvv", "mvv", "tg_split_to_map($1, $2, $3)", NULL},
    {"split_to_multimap", "vvv", "mvav", "tg_multimap(tg_split_pairs($1, $2, $3))", NULL},
    {"lpad", "vIv", "v", "tg_lpad($1, $2, $3)", NULL},
    {"rpad", "vIv", "v", "tg_rpad($1, $2, $3)", NULL},
    {"lpad", "xIx", "x", "tg_binary_lpad($1, $2, $3)", NULL},
    {"rpad", "xIx", "x", "tg_binary_rpad($1, $2, $3)", NULL},
    {"reverse", "v", "v", "reverse($1)", NULL},
    {"reverse", "x", "x", "tg_binary_reverse($1)", NULL},
    {"reverse", "a", "1", "list_reverse($1)", NULL},
    {"replace", "vv", "v", "replace($1, $2, '')", NULL},
    {"replace", "vvv", "v", "tg_replace($1, $2, $3)", NULL},
    {"concat", "..*", NULL, NULL, print_concat},
    {"concat_ws", "va", "v",
     "CASE WHEN $1 IS NOT NULL THEN coalesce(array_to_string($2, $1), CASE WHEN $2 IS NOT NULL "
     "THEN '' END) END",
     NULL},
    {"concat_ws", "vv*", "v", "concat_ws($*)", NULL},
    {"chr", "I", "v", "tg_chr($1)", NULL},
    {"codepoint", "v", "i", "tg_codepoint($1)", NULL},
    {"trim", "v", NULL, NULL, print_trim},
    {"trim", "vv", NULL, NULL, print_trim},
    {"ltrim", "v", NULL, NULL, print_trim},
    {"ltrim", "vv", NULL, NULL, print_trim},
    {"rtrim", "v", NULL, NULL, print_trim},
    {"rtrim", "vv", NULL, NULL, print_trim},
    {"starts_with", "vv", "B", "starts_with($1, $2)", NULL},
    {"translate", "vvv", "v", "translate($1, $2, $3)", NULL},
    {"levenshtein_distance", "vv", "b", "tg_levenshtein($1, $2)", NULL},
    {"hamming_distance", "vv", "b", "tg_hamming($1, $2)", NULL},
    {"normalize", "v", "v", "tg_normalize($1, 'NFC')", NULL},
    {"normalize", "vv", "v", "tg_normalize($1, $2)", NULL},
    {"soundex", "v", "v", "tg_soundex($1)", NULL},
    {"format_number", "d", "v", "tg_short_number($1)", NULL},
    {"human_readable_seconds", "d", "v", "tg_human_readable_seconds($1)", NULL},
    {"luhn_check", "v", "B", "tg_luhn_check($1)", NULL},
    {"format", "v.*", NULL, NULL, tg_print_format},
    {"typeof", ".", NULL, NULL, print_typeof},
    {"to_utf8", "v", "x", "encode($1)", NULL},
    {"from_utf8", "x", "v", "tg_from_utf8($1, chr(65533))", NULL},
    {"from_utf8", "xv", "v", "tg_from_utf8($1, $2)", NULL},
    {"from_utf8", "xI", "v", "tg_from_utf8($1, chr(CAST($2 AS INTEGER)))", NULL},
    {"to_hex", "x", "v", "hex($1)", NULL},
    {"from_hex", "v", "x", "tg_from_hex($1)", NULL},
    {"to_base64", "x", "v", "to_base64($1)", NULL},
    {"from_base64", "v", "x", "tg_from_base64($1)", NULL},
    {"to_base64url", "x", "v", "replace(replace(to_base64($1), '+', '-'), '/', '_')", NULL},
    {"from_base64url", "v", "x", "tg_from_base64(replace(replace($1, '-', '+'), '_', '/'))", NULL},
    {"md5", "x", "x", "unhex(md5($1))", NULL},
    {"sha1", "x", "x", "unhex(sha1($1))", NULL},
    {"sha256", "x", "x", "unhex(sha256($1))", NULL},
    {"sha512", "x", "x", "tg_sha512($1)", NULL},
    {"xxhash64", "x", "x", "tg_xxhash64($1)", NULL},
    {"murmur3", "x", "x", "tg_murmur3($1)", NULL},
    {"crc32", "x", "b", "tg_crc32($1)", NULL},
    {"hmac_md5", "xx", "x", "tg_hmac_md5($1, $2)", NULL},
    {"hmac_sha1", "xx", "x", "tg_hmac_sha1($1, $2)", NULL},
    {"hmac_sha256", "xx", "x", "tg_hmac_sha256($1, $2)", NULL},
    {"hmac_sha512", "xx", "x", "tg_hmac_sha512($1, $2)", NULL},
    {"to_base32", "x", "v", "tg_to_base32($1)", NULL},
    {"from_base32", "v", "x", "tg_from_base32($1)", NULL},
    {"to_big_endian_32", "I", "x", "tg_to_big_endian_32(CAST($1 AS INTEGER))", NULL},
    {"to_big_endian_64", "I", "x", "tg_to_big_endian_64(CAST($1 AS BIGINT))", NULL},
    {"from_big_endian_32", "x", "i", "tg_from_big_endian_32($1)", NULL},
    {"from_big_endian_64", "x", "b", "tg_from_big_endian_64($1)", NULL},
    {"to_ieee754_32", "f", "x", "tg_to_ieee754_32(CAST($1 AS FLOAT))", NULL},
    {"to_ieee754_64", "d", "x", "tg_to_ieee754_64($1)", NULL},
    {"from_ieee754_32", "x", "f", "tg_from_ieee754_32($1)", NULL},
    {"from_ieee754_64", "x", "d", "tg_from_ieee754_64($1)", NULL},
    {"url_encode", "v", "v", "tg_url_encode($1)", NULL},
    {"url_decode", "v", "v", "tg_url_decode($1)", NULL},
    {"url_extract_protocol", "v", "v", "tg_url_part($1, 'scheme')", NULL},
    {"url_extract_host", "v", "v", "tg_url_part($1, 'host')", NULL},
    {"url_extract_port", "v", "b", "tg_url_port($1)", NULL},
    {"url_extract_path", "v", "v", "tg_url_part($1, 'path')", NULL},
    {"url_extract_query", "v", "v", "tg_url_part($1, 'query')", NULL},
    {"url_extract_fragment", "v", "v", "tg_url_part($1, 'fragment')", NULL},
    {"url_extract_parameter", "vv", "v", "tg_url_parameter($1, $2)", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* DuckDB's macros that give Trino's answers. A failing row is a cast of 'tg_error: …', not error():
 * that one is volatile, so that TRY could not hold it and nothing could be computed ahead. */
#include "sql/function.h"

#define MACRO(signature, body) "CREATE MACRO " signature " AS " body
#define FAIL(message) "CAST('tg_error: " message "' AS INTEGER)"
#define URL "'^(([^:/?#]+):)(//([^/?#]*))?([^?#]*)(\\?([^#]*))?(#(.*))?$'"

const char *const tg_sql_macros[] = {
    /* n / d of whole numbers, rounded half away from zero */
    MACRO(
        "tg_round_div(n, d)",
        "CASE WHEN d = 0 THEN CAST(" FAIL(
            "Division by zero") " AS HUGEINT) "
                                "WHEN (n < 0) = (d < 0) THEN (2 * abs(n) + abs(d)) // (2 * abs(d)) "
                                "ELSE -((2 * abs(n) + abs(d)) // (2 * abs(d))) END"),
    MACRO("tg_array_index(i, n)",
          "CASE WHEN i > n THEN " FAIL(
              "Array subscript must be less than or equal to array length") " WHEN i < 1 "
                                                                            "THEN " FAIL("SQL "
                                                                                         "array "
                                                                                         "indices "
                                                                                         "start at "
                                                                                         "1") " ELS"
                                                                                              "E i "
                                                                                              "EN"
                                                                                              "D"),
    MACRO("tg_sqrt(x)", "CASE WHEN x < 0 THEN CAST('nan' AS DOUBLE) ELSE sqrt(x) END"),
    MACRO("tg_width_bucket(x, low, high, n)",
          "CASE WHEN x < low THEN 0 WHEN x >= high THEN CAST(n AS BIGINT) + 1 "
          "ELSE CAST(floor((x - low) / ((high - low) / n)) AS BIGINT) + 1 END"),
    MACRO("tg_bit_count(x, bits)",
          "CAST(bit_count(CASE WHEN bits = 64 THEN x ELSE x & ((CAST(1 AS BIGINT) << bits) - 1) "
          "END) AS BIGINT)"),
    MACRO("tg_from_base(x, base)",
          "CASE base WHEN 16 THEN CAST('0x' || x AS BIGINT) WHEN 2 THEN CAST('0b' || x AS BIGINT) "
          "WHEN 10 THEN CAST(x AS BIGINT) ELSE " FAIL(
              "from_base() knows the bases 2, 10, 16") " END"),
    /* casts */
    MACRO(
        "tg_whole(x)",
        "CASE WHEN regexp_matches(x, '[^0-9+\\-\\s]') THEN 'not a whole number: ' || x ELSE x END"),
    MACRO("tg_date_only(x)",
          "CASE WHEN regexp_matches(trim(x), '^[+-]?[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}$') THEN x "
          "ELSE 'not a date: ' || x END"),
    MACRO("tg_time_text(x)", "left(CAST(x AS VARCHAR) || CASE WHEN strpos(CAST(x AS VARCHAR), '.') "
                             "= 0 THEN '.000' ELSE '000' END, 12)"),
    MACRO("tg_round_timestamp(x, unit)",
          "CASE WHEN epoch_us(x) % unit = 0 THEN x ELSE make_timestamp(CAST(round(epoch_us(x) / "
          "CAST(unit AS DOUBLE)) AS BIGINT) * unit) END"),
    MACRO("tg_round_timestamptz(x, unit)",
          "CASE WHEN epoch_us(x) % unit = 0 THEN x ELSE make_timestamptz(CAST(round(epoch_us(x) / "
          "CAST(unit AS DOUBLE)) AS BIGINT) * unit) END"),
    MACRO("tg_from_unixtime(x)", "make_timestamptz(CAST(round(x * 1000) AS BIGINT) * 1000)"),
    MACRO("tg_iso_date(x)",
          "CASE WHEN strpos(x, 'W') > 0 THEN CAST(strptime(x, '%G-W%V-%u') AS DATE) "
          "ELSE CAST(x AS DATE) END"),
    /* texts */
    MACRO("tg_blanks()", "concat(' ', chr(9), chr(10), chr(11), chr(12), chr(13))"),
    MACRO("tg_substr(s, i)", "CASE WHEN s IS NULL THEN NULL WHEN i = 0 OR abs(i) > length(s) THEN "
                             "'' ELSE substr(s, i) END"),
    MACRO("tg_substr_length(s, i, n)",
          "CASE WHEN s IS NULL THEN NULL WHEN i = 0 OR n <= 0 OR abs(i) > length(s) THEN '' "
          "ELSE substr(s, i, n) END"),
    MACRO("tg_split_part(s, d, i)",
          "CASE WHEN i < 1 THEN CAST(" FAIL(
              "Index must be greater than zero") " AS VARCHAR) "
                                                 "WHEN i > len(string_split(s, d)) THEN NULL ELSE "
                                                 "split_part(s, d, i) END"),
    MACRO("tg_split_limit(s, d, n)",
          "CASE WHEN len(string_split(s, d)) <= n THEN string_split(s, d) ELSE "
          "list_append(list_slice(string_split(s, d), 1, n - 1), "
          "array_to_string(list_slice(string_split(s, d), n, len(string_split(s, d))), d)) END"),
    MACRO("tg_split_to_map(s, entry, pair)",
          "map_from_entries(list_transform(list_filter(string_split(s, entry), lambda e: e <> ''), "
          "lambda e: struct_pack(key := split_part(e, pair, 1), value := substr(e, strpos(e, pair) "
          "+ length(pair)))))"),
    MACRO("tg_luhn_check(s)",
          "list_sum(list_transform(range(length(s)), lambda i: CASE WHEN i % 2 = 1 THEN "
          "(CAST(s[length(s) - i] AS INTEGER) * 2) // 10 + (CAST(s[length(s) - i] AS INTEGER) * 2) "
          "% 10 ELSE CAST(s[length(s) - i] AS INTEGER) END)) % 10 = 0"),
    MACRO("tg_regexp_extract(s, p, g)",
          "CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END"),
    MACRO("tg_url_part(u, g)", "CASE WHEN regexp_matches(u, " URL ") AND strpos(u, ' ') = 0 THEN "
                               "regexp_extract(u, " URL ", g) END"),
    MACRO("tg_url_host(u)", "regexp_replace(regexp_replace(tg_url_part(u, 4), '^[^@]*@', ''), "
                            "':[0-9]*$', '')"),
    MACRO("tg_url_port(u)",
          "TRY_CAST(regexp_extract(tg_url_part(u, 4), ':([0-9]+)$', 1) AS BIGINT)"),
    MACRO("tg_url_parameter(u, n)",
          "url_decode(replace(list_extract(list_transform(list_filter(string_split(tg_url_part(u, "
          "7), '&'), lambda e: split_part(e, '=', 1) = n), lambda e: CASE WHEN strpos(e, '=') = 0 "
          "THEN '' ELSE substr(e, strpos(e, '=') + 1) END), 1), '+', ' '))"),
    /* JSON */
    MACRO("tg_json_parse(x)", "CAST(tg_json_sorted(CAST(json(x) AS VARCHAR)) AS JSON)"),
    MACRO("tg_json_extract(x, p)", "CASE WHEN json_valid(x) THEN json_extract(x, p) END"),
    MACRO("tg_json_scalar(x, p)",
          "CASE WHEN json_valid(x) THEN CASE WHEN json_type(x, p) NOT IN ('OBJECT', 'ARRAY') THEN "
          "json_extract_string(x, p) END END"),
    MACRO("tg_json_query(x, p)",
          "CASE WHEN json_valid(x) THEN CAST(json_extract(x, p) AS VARCHAR) END"),
    MACRO("tg_json_exists(x, p)", "CASE WHEN json_valid(x) THEN json_exists(x, p) END"),
    MACRO("tg_json_size(x, p)",
          "CASE WHEN json_valid(x) THEN CASE json_type(x, p) WHEN 'OBJECT' THEN "
          "CAST(len(json_keys(x, p)) AS BIGINT) WHEN 'ARRAY' THEN CAST(json_array_length(x, p) AS "
          "BIGINT) WHEN NULL THEN NULL ELSE 0 END END"),
    MACRO("tg_json_array_length(x)",
          "CASE WHEN json_valid(x) THEN CASE WHEN json_type(x) = 'ARRAY' THEN json_array_length(x) "
          "END END"),
    /* lists */
    MACRO("tg_contains(l, x)",
          "CASE WHEN l IS NULL OR x IS NULL THEN NULL WHEN list_contains(l, x) THEN true "
          "WHEN list_count(l) < len(l) THEN NULL ELSE false END"),
    MACRO("tg_list_distinct(l)", "list_filter(l, lambda e, i: list_position(l, e) = i)"),
    MACRO(
        "tg_list_intersect(a, b)",
        "list_filter(a, lambda e, i: list_position(a, e) = i AND list_position(b, e) IS NOT NULL)"),
    MACRO("tg_list_except(a, b)",
          "list_filter(a, lambda e, i: list_position(a, e) = i AND list_position(b, e) IS NULL)"),
    MACRO("tg_list_max(l)", "CASE WHEN list_count(l) = len(l) THEN list_max(l) END"),
    MACRO("tg_list_min(l)", "CASE WHEN list_count(l) = len(l) THEN list_min(l) END"),
    MACRO("tg_list_position(l, x)", "CASE WHEN l IS NOT NULL AND x IS NOT NULL THEN "
                                    "CAST(coalesce(list_position(l, x), 0) AS BIGINT) END"),
    MACRO("tg_list_remove(l, x)",
          "CASE WHEN x IS NOT NULL THEN list_filter(l, lambda e: e IS DISTINCT FROM x) END"),
    MACRO("tg_slice(l, s, n)",
          "CASE WHEN s = 0 OR n < 0 THEN list_slice(l, " FAIL(
              "slice() starts at 1 or counts from "
              "the end") ", 1) WHEN n = 0 THEN list_slice(l, 2, 1) WHEN s > 0 THEN list_slice(l, "
                         "s, s + n - 1) "
                         "WHEN -s > len(l) THEN list_slice(l, 2, 1) "
                         "ELSE list_slice(l, len(l) + s + 1, len(l) + s + n) END"),
    MACRO("tg_sequence(a, b)",
          "CASE WHEN a <= b THEN generate_series(a, b) ELSE generate_series(a, b, -1) END"),
    MACRO("tg_any_match(l)", "CASE WHEN list_contains(l, true) THEN true WHEN list_count(l) < "
                             "len(l) THEN NULL ELSE l IS NOT NULL AND false END"),
    MACRO("tg_all_match(l)", "CASE WHEN list_contains(l, false) THEN false WHEN list_count(l) < "
                             "len(l) THEN NULL WHEN l IS NULL THEN NULL ELSE true END"),
    MACRO("tg_none_match(l)", "NOT tg_any_match(l)"),
    MACRO("tg_map_bigint(m)",
          "map_from_entries(list_transform(map_entries(m), lambda e: struct_pack(key := e.key, "
          "value := CAST(e.value AS BIGINT))))"),
    NULL,
};

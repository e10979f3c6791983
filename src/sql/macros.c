/* DuckDB's macros that give Trino's answers. A failing row is a cast of 'tg_error: …', not error():
 * that one is volatile, so that TRY could not hold it and nothing could be computed ahead. */
#include "sql/function.h"

#define MACRO(signature, body) "CREATE MACRO " signature " AS " body
#define FAIL(message) "CAST('tg_error: " message "' AS INTEGER)"

const char *const tg_sql_macros[] = {
    /* n / d of whole numbers, rounded half away from zero */
    MACRO("tg_round_div(n, d)",
          "CASE WHEN d = 0 THEN CAST(" FAIL(
              "Division by zero") " AS HUGEINT) "
                                  "WHEN (n < 0) = (d < 0) THEN (2 * abs(n) + abs(d)) // (2 * "
                                  "abs(d)) "
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
    MACRO("tg_scale_millis(i, x, divides)",
          "to_microseconds(CAST(trunc(CASE WHEN divides THEN (epoch_us(i) // 1000) / x ELSE "
          "(epoch_us(i) // 1000) * x END) AS BIGINT) * 1000)"),
    MACRO("tg_scale_months(i, x, divides)",
          "to_months(CAST(trunc(CASE WHEN divides THEN tg_interval_months(i) / x ELSE "
          "tg_interval_months(i) * x END) AS INTEGER))"),
    MACRO("tg_bound(n)",
          "CASE WHEN n <= 0 THEN " FAIL("random(): the bound is above 0") " ELSE n END"),
    MACRO("tg_finite(x)", "CASE WHEN isfinite(x) THEN x END"),
    MACRO("tg_quantile(q)",
          "CASE WHEN q < 0 OR q > 1 THEN CAST(" FAIL(
              "a percentile is from 0 to 1") " AS DOUBLE) ELSE least(1e0, q + 1e-12) END"),
    MACRO("tg_quantiles(l)", "list_transform(l, lambda q: least(1e0, CAST(q AS DOUBLE) + 1e-12))"),
    MACRO("tg_map_first(l)", "map_from_entries(list_filter(l, lambda e, i: "
                             "list_position(list_transform(l, lambda x: x.key), e.key) = i))"),
    MACRO("tg_sqrt(x)", "CASE WHEN x < 0 THEN CAST('nan' AS DOUBLE) ELSE sqrt(x) END"),
    MACRO("tg_round_whole(x, n)", "CASE WHEN n >= 0 THEN CAST(x AS HUGEINT) WHEN n < -19 THEN "
                                  "0 ELSE tg_round_div(CAST(x AS HUGEINT), CAST(pow(10, -n) "
                                  "AS HUGEINT)) * CAST(pow(10, -n) AS HUGEINT) END"),
    MACRO("tg_width_bucket_list(x, l)",
          "CASE WHEN isnan(x) OR len(l) = 0 THEN CAST(" FAIL(
              "width_bucket() needs a number and bins") " AS BIGINT) "
                                                        "WHEN x IS NOT NULL AND l IS NOT NULL "
                                                        "THEN len(list_filter(l, lambda b: b "
                                                        "<= x)) END"),
    /* casts */
    MACRO("tg_whole(x)",
          "CASE WHEN NOT regexp_matches(x, '[^-0-9+\\s]') THEN x WHEN regexp_matches(x, "
          "'^[-+]?[0-9０-９]+$') THEN translate(x, "
          "'０１２３４５６７８９', '0123456789') ELSE 'not a whole number: ' || x END"),
    MACRO("tg_decimal_text(t)", "CASE WHEN starts_with(t, '.') THEN '0' || t WHEN "
                                "starts_with(t, '-.') THEN '-0' || substr(t, 2) ELSE t END"),
    MACRO("tg_boolean_text(x)", "CASE WHEN lower(x) IN ('t', 'true', '1', 'f', 'false', '0') "
                                "THEN x ELSE 'not a boolean: ' || x END"),
    MACRO("tg_digits_text(x)",
          "CASE WHEN regexp_matches(x, '^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$') "
          "THEN x WHEN regexp_matches(x, '[０-９]') AND "
          "regexp_matches(x, '^[-+]?[0-9０-９]+([.][0-9０-９]*)?$') THEN translate(x, "
          "'０１２３４５６７８９', '0123456789') ELSE 'not a decimal: ' || x END"),
    MACRO("tg_number_text(x)", "CASE WHEN regexp_matches(x, '[^-0-9eE+.\\s]') AND trim(x) NOT "
                               "IN ('NaN', 'Infinity', '-Infinity', '+Infinity') "
                               "THEN 'not a number: ' || x ELSE x END"),
    MACRO("tg_finite_text(x, t, most)",
          "CASE WHEN abs(x) >= most THEN 'out of range: ' || t ELSE t END"),
    MACRO("tg_timestamp_time(x)", "CAST(CASE WHEN epoch_us(x) < 0 AND epoch_us(x) % 1000000 <> "
                                  "0 THEN x - INTERVAL 1 second ELSE x END AS TIME)"),
    MACRO("tg_to_real(x)", "CASE WHEN abs(x) >= 3.4028235677973366e38 AND NOT isnan(x) THEN "
                           "CAST(CASE WHEN x < 0 THEN '-inf' ELSE 'inf' "
                           "END AS FLOAT) ELSE CAST(x AS FLOAT) END"),
    MACRO("tg_round_real(x)",
          "CASE WHEN x >= 9223372036854775807 THEN CAST(9223372036854775807 AS HUGEINT) WHEN x "
          "<= -9223372036854775808 THEN "
          "CAST(-9223372036854775808 AS HUGEINT) ELSE CAST(round(x) AS HUGEINT) END"),
    MACRO("tg_interval_day_text(x)",
          "printf('%s%d %02d:%02d:%02d.%03d', CASE WHEN tg_interval_ms(x) < 0 THEN '-' ELSE '' "
          "END, abs(tg_interval_ms(x)) // 86400000, "
          "abs(tg_interval_ms(x)) // 3600000 % 24, abs(tg_interval_ms(x)) // 60000 % 60, "
          "abs(tg_interval_ms(x)) // 1000 % 60, "
          "abs(tg_interval_ms(x)) % 1000)"),
    MACRO("tg_interval_ms(x)", "CAST(epoch_us(x) // 1000 AS BIGINT)"),
    MACRO("tg_interval_months(x)", "(year(x) * 12 + month(x))"),
    MACRO("tg_interval_month_text(x)",
          "printf('%s%d-%d', CASE WHEN tg_interval_months(x) < 0 THEN '-' ELSE '' END, "
          "abs(tg_interval_months(x)) // 12, abs(tg_interval_months(x)) % 12)"),
    MACRO("tg_time_text(x)", "CAST(x AS VARCHAR) || CASE WHEN strpos(CAST(x AS VARCHAR), '.') "
                             "= 0 THEN '.000000' ELSE '000000' END"),
    MACRO("tg_round_timestamp(x, unit)",
          "CASE WHEN epoch_us(x) % unit = 0 THEN x ELSE make_timestamp((epoch_us(x) + unit // "
          "2 + 864000000000000000) // unit * unit - 864000000000000000) END"),
    MACRO("tg_round_timestamptz(x, unit)",
          "CASE WHEN epoch_us(x) % unit = 0 THEN x ELSE make_timestamptz((epoch_us(x) + unit // "
          "2 + 864000000000000000) // unit * unit - 864000000000000000) END"),
    MACRO("tg_from_unixtime(x)", "make_timestamptz(CAST(round(x * 1000) AS BIGINT) * 1000)"),
    MACRO("tg_iso_zone(x)", "tg_iso_zone_of(x)"),
    MACRO("tg_iso_timestamp(x)", "tg_iso_local(x)"),
    MACRO("tg_iso_instant(x)",
          "CASE WHEN tg_zone_name(tg_iso_zone(x)) <> 'UTC' THEN CAST(" FAIL(
              "from_iso8601_timestamp() of a column whose texts have other time zones than UTC "
              "is not supported") " AS TIMESTAMPTZ) ELSE "
                                  "CAST(tg_iso_timestamp(x) AS TIMESTAMPTZ) END"),
    MACRO("tg_iso_date(x)", "tg_iso_day(x)"),
    /* values with a zone of their own: STRUCT(t, l, z) */
    MACRO("tg_zone_name(z)", "CASE WHEN z IN ('Z', 'GMT', '+00:00', '-00:00', 'Etc/UTC', 'UT', "
                             "'Zulu') THEN 'UTC' ELSE z END"),
    MACRO("tg_offset_name(n)", "printf('%s%02d:%02d', CASE WHEN n < 0 THEN '-' ELSE '+' END, "
                               "abs(CAST(n AS BIGINT)) // 60, abs(CAST(n AS BIGINT)) % 60)"),
    MACRO("tg_zone_shift(z)", "to_minutes(tg_zone_minutes(z))"),
    MACRO("tg_zone_local(t, z)", "CASE WHEN z = 'UTC' THEN CAST(t AS TIMESTAMP) WHEN left(z, "
                                 "1) IN ('+', '-') THEN CAST(t AS TIMESTAMP) + "
                                 "tg_zone_shift(z) ELSE timezone(z, t) END"),
    MACRO("tg_zone_instant(l, z)",
          "CASE WHEN z = 'UTC' THEN CAST(l AS TIMESTAMPTZ) WHEN left(z, 1) IN ('+', '-') THEN "
          "CAST(l - "
          "tg_zone_shift(z) AS TIMESTAMPTZ) WHEN timezone(z, timezone(z, l) - INTERVAL 1 hour) "
          "= l THEN timezone(z, l) - INTERVAL 1 hour ELSE timezone(z, l) END"),
    /* lists of one hold what is used many times, as a macro would repeat it */
    MACRO("tg_zoned(t, z)", "list_extract(list_transform([struct_pack(t := t, z := "
                            "tg_zone_name(z))], lambda tg_p: CASE WHEN tg_p.t IS NOT NULL AND "
                            "tg_p.z IS NOT NULL THEN struct_pack(t := tg_p.t, l := "
                            "tg_zone_local(tg_p.t, tg_p.z), z := tg_p.z) END), 1)"),
    MACRO("tg_zoned_from(l, z)", "list_extract(list_transform([struct_pack(l := l, z := "
                                 "tg_zone_name(z))], lambda tg_q: tg_zoned(tg_zone_instant(tg_q.l, "
                                 "tg_q.z), tg_q.z)), 1)"),
    /* a literal: a local time that a clock skips is an error */
    MACRO("tg_zoned_literal(l, z)",
          "list_extract(list_transform([tg_zoned_from(l, z)], lambda tg_s: CASE WHEN tg_s.l <> l "
          "THEN CAST(CAST(" FAIL(
              "this local time does not exist in the time zone") " AS VARCHAR) AS STRUCT(t "
                                                                 "TIMESTAMPTZ, l TIMESTAMP, z "
                                                                 "VARCHAR)) ELSE "
                                                                 "tg_s END), 1)"),
    MACRO("tg_zone_seconds(x)",
          "CAST(epoch(struct_extract_at(x, 2)) - epoch(struct_extract_at(x, 1)) AS BIGINT)"),
    MACRO("tg_text_zoned(x, n)", "tg_zoned_from(tg_text_timestamp(x, n), tg_text_zone(x, n))"),
    /* texts */
    MACRO("tg_blanks()", "concat(' ', chr(9), chr(10), chr(11), chr(12), chr(13))"),
    MACRO("tg_substr(s, i)", "CASE WHEN s IS NULL THEN NULL WHEN i = 0 OR abs(i) > length(s) THEN "
                             "'' ELSE substr(s, i) END"),
    MACRO("tg_substr_length(s, i, n)",
          "CASE WHEN s IS NULL OR i IS NULL OR n IS NULL THEN NULL WHEN i = 0 OR n <= 0 OR "
          "abs(i) > length(s) THEN '' "
          "ELSE substr(s, i, n) END"),
    MACRO("tg_split_part(s, d, i)",
          "CASE WHEN s IS NULL OR d IS NULL THEN NULL WHEN i < 1 THEN CAST(" FAIL(
              "Index must be greater than zero") " AS VARCHAR) "
                                                 "WHEN i > len(string_split(s, d)) OR (s = '' "
                                                 "AND d = '') THEN NULL ELSE "
                                                 "split_part(s, d, i) END"),
    MACRO("tg_split(s, d)", "string_split(s, CASE WHEN d = '' THEN CAST(" FAIL(
                                "split(): the delimiter is empty") " AS VARCHAR) ELSE d END)"),
    MACRO("tg_split_limit(s, d, n)",
          "CASE WHEN s IS NULL OR n IS NULL THEN NULL WHEN len(tg_split(s, d)) <= "
          "tg_positive(n) THEN tg_split(s, d) ELSE "
          "list_append(list_slice(tg_split(s, d), 1, n - 1), "
          "array_to_string(list_slice(tg_split(s, d), n, len(tg_split(s, d))), d)) END"),
    MACRO("tg_positive(n)", "CASE WHEN n <= 0 THEN " FAIL("the limit is 1 or more") " ELSE n END"),
    MACRO("tg_split_pairs(s, entry, pair)",
          "list_transform(list_filter(string_split(s, entry), lambda e, i: NOT (e = '' AND i = "
          "len(string_split(s, entry)))), lambda e: CASE WHEN len(string_split(e, pair)) <> 2 "
          "THEN "
          "struct_pack(key := CAST(" FAIL("split_to_map(): an entry is not one key and one "
                                          "value") " AS VARCHAR), value := '') ELSE "
                                                   "struct_pack(key := split_part(e, pair, 1), "
                                                   "value := split_part(e, pair, 2)) END)"),
    MACRO("tg_split_to_map(s, entry, pair)", "map_from_entries(tg_split_pairs(s, entry, pair))"),
    MACRO("tg_multimap(l)",
          "map_from_entries(list_transform(tg_list_distinct(list_transform(l, lambda e: "
          "e.key)), lambda k: struct_pack(key := k, "
          "value := list_transform(list_filter(l, lambda e: e.key = k), lambda e: e.value))))"),
    MACRO("tg_regexp_first(s, p)",
          "CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, 0) END"),
    MACRO("tg_replace(s, a, b)",
          "CASE WHEN a = '' THEN tg_replace_empty(s, b) ELSE replace(s, a, b) END"),
    MACRO("tg_lpad(s, n, p)",
          "CASE WHEN s IS NULL THEN NULL WHEN n < 0 OR n > 2147483647 OR p = '' THEN CAST(" FAIL(
              "a pad needs a length of 0 or more and something to pad with") " AS VARCHAR) ELSE "
                                                                             "lpad(s, CAST(n AS "
                                                                             "INTEGER), p) END"),
    MACRO("tg_rpad(s, n, p)",
          "CASE WHEN s IS NULL THEN NULL WHEN n < 0 OR n > 2147483647 OR p = '' THEN CAST(" FAIL(
              "a pad needs a length of 0 or more and something to pad with") " AS VARCHAR) ELSE "
                                                                             "rpad(s, CAST(n AS "
                                                                             "INTEGER), p) END"),
    MACRO("tg_codepoint(s)", "CASE WHEN length(s) <> 1 THEN " FAIL(
                                 "codepoint() needs one character") " ELSE unicode(s) END"),
    MACRO("tg_chr(n)",
          "CASE WHEN n < 1 OR n > 1114111 THEN CAST(" FAIL(
              "chr() needs a code point from 1 to 1114111") " AS VARCHAR) ELSE chr(CAST(n AS "
                                                            "INTEGER)) END"),
    MACRO("tg_from_hex(s)",
          "from_hex(CASE WHEN length(s) % 2 = 1 THEN 'an odd number of digits' ELSE s END)"),
    MACRO("tg_strpos(s, t, n)",
          "CASE WHEN n = 0 THEN CAST(" FAIL(
              "strpos(): the instance is not 0") " AS BIGINT) "
                                                 "WHEN s IS NULL OR t IS NULL OR n IS NULL "
                                                 "THEN NULL WHEN t = '' THEN 1 ELSE "
                                                 "coalesce(list_extract(list_filter("
                                                 "range(1, length(s) + 1), lambda i: substr(s, "
                                                 "i, length(t)) = t), n), 0) END"),
    MACRO("tg_java_timestamp(x)", "strftime(x, CASE WHEN epoch_us(x) % 60000000 = 0 THEN "
                                  "'%Y-%m-%dT%H:%M' WHEN epoch_us(x) % 1000000 = 0 THEN "
                                  "'%Y-%m-%dT%H:%M:%S' WHEN epoch_us(x) % 1000 = 0 THEN "
                                  "'%Y-%m-%dT%H:%M:%S.%g' ELSE '%Y-%m-%dT%H:%M:%S.%f' END)"),
    /* JSON */
    MACRO("tg_json_parse(x)", "CAST(tg_json_sorted(CAST(json(x) AS VARCHAR)) AS JSON)"),
    MACRO("tg_json_number(t)",
          "CASE WHEN t IN ('NaN', 'Infinity', '-Infinity') THEN '\"' || t || '\"' ELSE t END"),
    MACRO("tg_json_decimal(t)",
          "CASE WHEN regexp_matches(t, '^-?0[.]0{6}') THEN CAST(CAST(" FAIL(
              "a decimal below 0.000001 in JSON is not supported") " AS VARCHAR) AS VARCHAR) "
                                                                   "ELSE t END"),
    MACRO("tg_json_varchar(j)",
          "CASE CASE WHEN json_type(j) = 'DOUBLE' AND NOT regexp_matches(CAST(j AS VARCHAR), "
          "'[.eE]') THEN 'BIG' ELSE json_type(j) END WHEN 'BIG' THEN CAST(j AS VARCHAR) WHEN "
          "'DOUBLE' THEN tg_double_text(CAST(j AS DOUBLE)) WHEN 'OBJECT' THEN CAST(" FAIL(
              "cannot cast a JSON object to varchar") " AS VARCHAR) WHEN 'ARRAY' THEN "
                                                      "CAST(" FAIL("cannot cast a JSON array "
                                                                   "to varchar") " AS VARCHAR) "
                                                                                 "ELSE "
                                                                                 "json_extract_"
                                                                                 "string(j, "
                                                                                 "'$') END"),
    MACRO("tg_json_or_null(j)", "CASE WHEN json_type(j) <> 'NULL' THEN j END"),
    MACRO("tg_json_items(j)", "CASE json_type(j) WHEN 'ARRAY' THEN CAST(j AS JSON[]) WHEN "
                              "'NULL' THEN NULL ELSE CAST('tg_error: "
                              "this JSON is no array' AS JSON[]) END"),
    MACRO("tg_json_entries(j)",
          "CASE json_type(j) WHEN 'OBJECT' THEN map_entries(CAST(j AS MAP(VARCHAR, JSON))) "
          "WHEN 'NULL' THEN NULL ELSE "
          "map_entries(CAST('tg_error: this JSON is no object' AS MAP(VARCHAR, JSON))) END"),
    MACRO("tg_json_field(j, n, i, c)",
          "tg_json_or_null(CASE json_type(j) WHEN 'OBJECT' THEN json_extract(j, '$.\"' || n || "
          "'\"') WHEN 'ARRAY' THEN CASE WHEN "
          "json_array_length(j) = c THEN json_extract(j, '$[' || i || ']') ELSE "
          "CAST('tg_error: this JSON array has another number of items' AS "
          "JSON) END ELSE CAST('tg_error: this JSON is no object' AS JSON) END)"),
    MACRO("tg_json_extract(x, p)",
          "CAST(tg_json_compact(CASE WHEN json_valid(x) THEN tg_json_pick(x, p) END) AS JSON)"),
    MACRO("tg_json_extract_scalar(x, p)",
          "tg_json_plain(CASE WHEN json_valid(x) THEN tg_json_pick(x, p) END)"),
    MACRO("tg_json_plain(t)", "CASE left(t, 1) WHEN '\"' THEN json_extract_string(t, '$') WHEN "
                              "'{' THEN NULL WHEN '[' THEN NULL WHEN 'n' "
                              "THEN NULL ELSE t END"),
    MACRO("tg_json_value(x, p)", "CASE WHEN json_valid(x) THEN CASE WHEN json_type(x, p) NOT "
                                 "IN ('OBJECT', 'ARRAY') THEN "
                                 "json_extract_string(x, p) END END"),
    MACRO("tg_json_array_get(x, i)",
          "CASE WHEN x IS NULL THEN NULL WHEN i < 0 THEN CAST('tg_error: json_array_get() counts "
          "from 0' AS JSON) WHEN "
          "json_valid(x) THEN CASE json_type(x, '$[' || i || ']') WHEN 'VARCHAR' THEN CAST("
          "'tg_error: json_array_get() of a text is not supported; use json_extract()' AS "
          "JSON) WHEN 'NULL' THEN NULL ELSE json_extract(x, "
          "'$[' || i || ']') END END"),
    MACRO("tg_is_json_scalar(x)", "json_type(x) NOT IN ('OBJECT', 'ARRAY')"),
    MACRO("tg_json_contains_boolean(x, v)",
          "CASE WHEN v IS NOT NULL AND json_valid(x) THEN CASE WHEN json_type(x) = 'ARRAY' "
          "THEN list_contains(list_transform(CAST(x AS JSON[]), "
          "lambda e: CAST(e AS VARCHAR)), CAST(v AS VARCHAR)) END END"),
    MACRO("tg_json_contains_bigint(x, v)",
          "CASE WHEN v IS NOT NULL AND json_valid(x) THEN CASE WHEN json_type(x) = 'ARRAY' "
          "THEN list_contains(list_transform(CAST(x AS JSON[]), "
          "lambda e: CAST(e AS VARCHAR)), CAST(v AS VARCHAR)) END END"),
    MACRO("tg_json_contains_double(x, v)",
          "CASE WHEN v IS NOT NULL AND json_valid(x) THEN CASE WHEN json_type(x) = 'ARRAY' THEN "
          "list_contains(list_transform(CAST(x AS JSON[]), "
          "lambda e: CASE WHEN json_type(e) = 'DOUBLE' THEN CAST(e AS DOUBLE) END), v) END END"),
    MACRO("tg_json_contains_varchar(x, v)",
          "CASE WHEN v IS NOT NULL AND json_valid(x) THEN CASE WHEN json_type(x) = 'ARRAY' "
          "THEN list_contains(list_transform(CAST(x AS JSON[]), "
          "lambda e: CASE WHEN json_type(e) = 'VARCHAR' THEN json_extract_string(e, '$') END), "
          "v) END END"),
    MACRO("tg_json_query(x, p)",
          "CASE WHEN json_valid(x) THEN CAST(json_extract(x, p) AS VARCHAR) END"),
    MACRO("tg_json_exists(x, p)",
          "CASE WHEN json_valid(x) THEN json_exists(x, p) WHEN x IS NOT NULL THEN false END"),
    MACRO("tg_json_size(x, p)",
          "CASE left(tg_json_size_of(x, p), 1) WHEN '{' THEN "
          "CAST(len(json_keys(tg_json_size_of(x, p))) AS BIGINT) WHEN '[' THEN "
          "CAST(json_array_length(tg_json_size_of(x, p)) AS BIGINT) ELSE CASE WHEN "
          "tg_json_size_of(x, p) IS NOT NULL THEN 0 END END"),
    MACRO("tg_json_size_of(x, p)", "CASE WHEN json_valid(x) THEN tg_json_pick(x, p) END"),
    MACRO("tg_json_array_length(x)", "CASE WHEN json_valid(x) THEN CASE WHEN json_type(x) = "
                                     "'ARRAY' THEN json_array_length(x) "
                                     "END END"),
    /* lists */
    MACRO("tg_no_nulls(l)", "CASE WHEN list_count(l) < len(l) THEN list_slice(l, " FAIL(
                                "arrays with NULL have no order") ", 1) ELSE l END"),
    MACRO("tg_contains(l, x)",
          "CASE WHEN l IS NULL OR x IS NULL THEN NULL WHEN list_contains(l, x) THEN true "
          "WHEN list_count(l) < len(l) THEN NULL ELSE false END"),
    MACRO("tg_list_distinct(l)", "list_filter(l, lambda e, i: list_position(l, e) = i)"),
    MACRO("tg_list_intersect(a, b)", "list_filter(a, lambda e, i: list_position(a, e) = i AND "
                                     "list_position(b, e) IS NOT NULL)"),
    MACRO("tg_list_except(a, b)",
          "list_filter(a, lambda e, i: list_position(a, e) = i AND list_position(b, e) IS NULL)"),
    MACRO("tg_list_max(l)", "CASE WHEN list_count(l) = len(l) THEN list_max(l) END"),
    MACRO("tg_list_max_number(l)",
          "CASE WHEN list_count(l) = len(l) THEN coalesce(list_max(list_filter(l, lambda e: "
          "NOT isnan(e))), list_max(l)) END"),
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
    MACRO("tg_sequence(a, b)", "tg_sequence_step(a, b, CASE WHEN a <= b THEN 1 ELSE -1 END)"),
    MACRO("tg_sequence_step(a, b, s)",
          "generate_series(a, CASE WHEN s = 0 OR (s > 0 AND a > b) OR (s < 0 AND a < b) "
          "THEN " FAIL("sequence(): the step leads away from the end") " WHEN abs((CAST(b AS "
                                                                       "HUGEINT) - a) // s) >= "
                                                                       "10000 THEN " FAIL(
                                                                           "sequence() has "
                                                                           "more than 10000 "
                                                                           "items") " ELSE b "
                                                                                    "END, s)"),
    MACRO("tg_sequence_time(a, b, step)",
          "tg_sequence_times(a, step, CASE WHEN tg_interval_months(step) <> 0 THEN "
          "date_sub('month', a, b) // "
          "tg_interval_months(step) ELSE (epoch_us(b) - epoch_us(a)) // epoch_us(step) END, a "
          "<> b AND ((a < b) <> (epoch_us(step) > 0)))"),
    MACRO("tg_sequence_times(a, step, n, is_away)",
          "CASE WHEN a IS NULL OR n IS NULL THEN NULL ELSE list_transform(range(0, 1 + CASE WHEN "
          "is_away THEN " FAIL("sequence(): the step leads away from the end") " WHEN n >= 10000 "
                                                                               "THEN " FAIL(
                                                                                   "sequence() "
                                                                                   "has more "
                                                                                   "than 10000 "
                                                                                   "items") " ELS"
                                                                                            "E n "
                                                                                            "END)"
                                                                                            ", "
                                                                                            "lamb"
                                                                                            "da "
                                                                                            "i: "
                                                                                            "a + "
                                                                                            "CAST"
                                                                                            "(i "
                                                                                            "AS "
                                                                                            "INTE"
                                                                                            "GER)"
                                                                                            " * "
                                                                                            "step"
                                                                                            ") "
                                                                                            "EN"
                                                                                            "D"),
    MACRO("tg_list_union(a, b)", "CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN "
                                 "tg_list_distinct(list_concat(a, b)) END"),
    MACRO("tg_list_both(a, b)",
          "CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN tg_list_intersect(a, b) END"),
    MACRO("tg_list_minus(a, b)", "CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN CASE WHEN "
                                 "len(b) = 0 THEN a ELSE tg_list_except(a, b) END END"),
    MACRO("tg_list_overlap(a, b)",
          "CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN list_has_any(list_filter(a, lambda "
          "e: e IS NOT NULL), list_filter(b, lambda e: e IS NOT NULL)) THEN true WHEN "
          "(list_count(a) < len(a) AND len(b) > "
          "0) OR (list_count(b) < len(b) AND len(a) > 0) THEN NULL ELSE false END"),
    MACRO("tg_element_at(l, i)", "list_extract(l, CASE WHEN i = 0 THEN " FAIL(
                                     "SQL array indices start at 1") " ELSE i END)"),
    MACRO("tg_count(n)", "CASE WHEN n < 0 THEN " FAIL("a count is 0 or more") " ELSE n END"),
    MACRO("tg_trim_array(l, n)", "CASE WHEN n < 0 OR n > len(l) THEN list_slice(l, " FAIL(
                                     "trim_array(): the count is from 0 to the length of the "
                                     "array") ", 1) WHEN n = len(l) THEN list_slice(l, 2, 1) "
                                              "ELSE list_slice(l, 1, len(l) - n) END"),
    MACRO("tg_any_match(l)", "CASE WHEN l IS NULL THEN NULL WHEN list_contains(l, true) THEN "
                             "true WHEN list_count(l) < "
                             "len(l) THEN NULL ELSE false END"),
    MACRO("tg_all_match(l)", "CASE WHEN list_contains(l, false) THEN false WHEN list_count(l) < "
                             "len(l) THEN NULL WHEN l IS NULL THEN NULL ELSE true END"),
    MACRO("tg_none_match(l)", "NOT tg_any_match(l)"),
    MACRO("tg_map_bigint(m)",
          "map_from_entries(list_transform(map_entries(m), lambda e: struct_pack(key := e.key, "
          "value := CAST(e.value AS BIGINT))))"),
    NULL,
};

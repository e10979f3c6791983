/* DuckDB's macros for arrays and maps; see macros.c. */
#include "sql/sql.h"

#define MACRO(signature, body) "CREATE MACRO " signature " AS " body
#define FAIL(message) "CAST('tg_error: " message "' AS INTEGER)"
#define ENTRIES_MAX "10000" /* of sequence(), as in Trino */

const char *const tg_sql_macros_collection[] = {
    MACRO("tg_subscript(i)",
          "CASE WHEN i = 0 THEN " FAIL("SQL array indices start at 1") " ELSE i END"),
    MACRO("tg_repeat_count(n)",
          "CASE WHEN n < 0 THEN " FAIL("the count of repeat() must not be negative") " ELSE n END"),
    MACRO("tg_trim_array(l, n)",
          "CASE WHEN l IS NULL OR n IS NULL THEN NULL WHEN n < 0 OR n > len(l) THEN list_slice(l, "
          "1, " FAIL("trim_array() cannot take away so many") ") ELSE list_slice(l, 1, len(l) - n) "
                                                              "END"),
    MACRO("tg_array_union(a, b)",
          "CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE list_filter(list_concat(a, b), lambda "
          "e, i: list_position(list_concat(a, b), e) = i) END"),
    MACRO("tg_array_intersect(a, b)",
          "CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE list_filter(a, lambda e, i: "
          "list_position(a, e) = i AND list_position(b, e) IS NOT NULL) END"),
    /* Trino leaves duplicates alone when nothing is to be taken away. */
    MACRO("tg_array_except(a, b)",
          "CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN len(b) = 0 THEN a ELSE list_filter(a, "
          "lambda e, i: list_position(a, e) = i AND list_position(b, e) IS NULL) END"),
    MACRO("tg_arrays_overlap(a, b)",
          "CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN list_has_any(a, b) THEN true WHEN "
          "len(a) = 0 OR len(b) = 0 THEN false WHEN list_count(a) < len(a) OR list_count(b) < "
          "len(b) THEN NULL ELSE false END"),
    MACRO("tg_contains_sequence(a, b)",
          "CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE len(b) = 0 OR len(list_filter(range(1, "
          "len(a) - len(b) + 2), lambda i: list_slice(a, i, i + len(b) - 1) IS NOT DISTINCT FROM "
          "b)) > 0 END"),
    MACRO("tg_ngrams(l, n)",
          "CASE WHEN n < 1 THEN [list_slice(l, 1, " FAIL(
              "ngrams() needs a number greater than zero") ")] WHEN n >= len(l) THEN [l] ELSE "
                                                           "list_transform(range(1, len(l) - n + "
                                                           "2), lambda i: list_slice(l, i, i + n "
                                                           "- 1)) END"),
    /* NaN comes before all numbers here, and behind them in DuckDB. */
    MACRO("tg_max_number(l)",
          "CASE WHEN list_count(l) = len(l) THEN coalesce(list_max(list_filter(l, lambda e: NOT "
          "isnan(e))), list_max(l)) END"),
    MACRO("tg_any_of(l)", "CASE WHEN l IS NULL THEN NULL WHEN list_contains(l, true) THEN true "
                          "WHEN list_count(l) < len(l) THEN NULL ELSE false END"),
    MACRO("tg_all_of(l)", "CASE WHEN l IS NULL THEN NULL WHEN list_contains(l, false) THEN false "
                          "WHEN list_count(l) < len(l) THEN NULL ELSE true END"),
    MACRO("tg_array_histogram(l)",
          "CASE WHEN l IS NULL THEN NULL ELSE map_from_entries(list_transform(list_filter("
          "tg_array_union(l, []), lambda k: k IS NOT NULL), lambda k: struct_pack(key := k, value "
          ":= len(list_filter(l, lambda e: e = k))))) "
          "END"),
    MACRO("tg_sequence_step(a, b, s)",
          "CASE WHEN s = 0 OR (s > 0) <> (b >= a) AND a <> b THEN generate_series(" FAIL(
              "sequence(): the step does not lead from the start to the "
              "stop") ", b) WHEN abs((b - a) // s) >= " ENTRIES_MAX
                      " THEN generate_series(" FAIL(
                          "sequence() gives at most 10000 entries") ", b) ELSE generate_series(a, "
                                                                    "b, s) END"),
    MACRO("tg_sequence_to(a, b)",
          "CASE WHEN a <= b THEN tg_sequence_step(a, b, 1) ELSE tg_sequence_step(a, b, -1) END"),
    /* The n-th entry is n steps from the start, so that ends of months stay. */
    MACRO("tg_sequence_months(a, b, m)",
          "list_filter(list_transform(range(0, CASE WHEN m = 0 OR "
          "(m > 0) <> (b >= a) AND a <> b "
          "THEN " FAIL("sequence(): the step does not lead from the start to "
                       "the stop") " ELSE "
                                   "abs(date_diff('month', a, b)) // abs(m) "
                                   "+ 1 END), lambda i: a + to_months(CAST(i "
                                   "* m AS "
                                   "INTEGER))), lambda e: CASE WHEN m > 0 "
                                   "THEN e <= b ELSE e >= b END)"),
    MACRO("tg_sequence_micros(a, b, u)",
          "list_transform(tg_sequence_step(epoch_us(a), epoch_us(b), u), lambda e: "
          "make_timestamp(e))"),
    /* ---- maps out of rows: the first of a key counts, no key is NULL */
    MACRO("tg_map_first(l)",
          "CASE WHEN l IS NULL THEN NULL WHEN list_unique(list_transform(l, lambda e: e.key)) = "
          "len(l) THEN map_from_entries(l) ELSE map_from_entries(list_filter(list_filter(l, lambda "
          "e: e.key IS NOT NULL), lambda e, i: list_position(list_transform(list_filter(l, lambda "
          "x: x.key IS NOT NULL), lambda x: x.key), e.key) = i)) END"),
    MACRO("tg_multimap(l)",
          "CASE WHEN l IS NULL THEN NULL ELSE map_from_entries(list_transform(list_filter("
          "tg_array_union(list_transform(l, lambda e: e.key), []), lambda k: k IS NOT NULL), "
          "lambda k: struct_pack(key := k, value := "
          "list_transform(list_filter(l, lambda e: e.key = k), lambda e: e.value)))) END"),
    MACRO("tg_multimap_checked(l)",
          "CASE WHEN len(list_filter(l, lambda e: e.key IS NULL)) > 0 THEN "
          "tg_multimap(list_slice(l, 1, " FAIL("map key cannot be null") ")) ELSE tg_multimap(l) "
                                                                         "END"),
    MACRO("tg_map_union(l)",
          "CASE WHEN l IS NULL THEN NULL ELSE tg_map_first(flatten(list_transform(list_filter(l, "
          "lambda m: m IS NOT NULL), lambda m: map_entries(m)))) END"),
    MACRO("tg_most_frequent(m, n)",
          "map_from_entries(list_transform(list_slice(list_sort(list_transform(map_entries(m), "
          "lambda e: struct_pack(c := -CAST(e.value AS BIGINT), k := e.key))), 1, n), lambda e: "
          "struct_pack(key := e.k, value := -e.c)))"),
    /* ---- aggregates */
    MACRO("tg_fraction(q)",
          "CASE WHEN q < 0 OR q > 1 THEN " FAIL("Percentile must be between 0 and 1") " ELSE "
                                                                                      "least(q + "
                                                                                      "1e-9, 1) "
                                                                                      "END"),
    MACRO("tg_ln_or_nan(x)", "CASE WHEN x < 0 THEN CAST('nan' AS DOUBLE) WHEN x = 0 THEN "
                             "CAST('-inf' AS DOUBLE) ELSE ln(x) END"),
    MACRO("tg_if_finite(x)", "CASE WHEN isfinite(x) THEN x END"),
    MACRO("tg_months_of(i)", "(date_part('year', i) * 12 + date_part('month', i))"),
    NULL,
};

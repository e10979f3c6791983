/* DuckDB's macros for arrays and maps; see macros.c. */
#include "sql/sql.h"

#define MACRO(signature, body) "CREATE MACRO " signature " AS " body
#define FAIL(message) "CAST('tg_error: " message "' AS INTEGER)"

const char *const tg_sql_macros_collection[] = {
    MACRO("tg_array_union(a, b)",
          "CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE list_filter(list_concat(a, b), lambda "
          "e, i: list_position(list_concat(a, b), e) = i) END"),
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
    MACRO("tg_array_histogram(l)",
          "CASE WHEN l IS NULL THEN NULL ELSE map_from_entries(list_transform(list_filter("
          "tg_array_union(l, []), lambda k: k IS NOT NULL), lambda k: struct_pack(key := k, value "
          ":= len(list_filter(l, lambda e: e = k))))) "
          "END"),
    MACRO("tg_multimap_checked(l)",
          "CASE WHEN len(list_filter(l, lambda e: e.key IS NULL)) > 0 THEN "
          "tg_multimap(list_slice(l, 1, " FAIL("map key cannot be null") ")) ELSE tg_multimap(l) "
                                                                         "END"),
    MACRO("tg_most_frequent(m, n)",
          "map_from_entries(list_transform(list_slice(list_sort(list_transform(map_entries(m), "
          "lambda e: struct_pack(c := -CAST(e.value AS BIGINT), k := e.key))), 1, n), lambda e: "
          "struct_pack(key := e.k, value := -e.c)))"),
    /* ---- aggregates */
    MACRO("tg_ln_or_nan(x)", "CASE WHEN x < 0 THEN CAST('nan' AS DOUBLE) WHEN x = 0 THEN "
                             "CAST('-inf' AS DOUBLE) ELSE ln(x) END"),
    MACRO("tg_months_of(i)", "(date_part('year', i) * 12 + date_part('month', i))"),
    NULL,
};

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
    /* ---- vectors */
    MACRO("tg_same_length(a, b)", "CASE WHEN len(a) <> len(b) THEN " FAIL(
                                      "the arguments must have the same length") " ELSE "
                                                                                 "0 "
                                                                                 "END"),
    MACRO("tg_dot_product(a, b)",
          "CASE WHEN a IS NULL OR b IS NULL OR tg_same_length(a, b) IS NULL OR list_count(a) < "
          "len(a) OR list_count(b) < len(b) THEN NULL ELSE coalesce(list_sum(list_transform("
          "list_zip(a, b), lambda z: struct_extract_at(z, 1) * struct_extract_at(z, 2))), "
          "0.0::DOUBLE) "
          "END"),
    MACRO("tg_euclidean_distance(a, b)",
          "CASE WHEN a IS NULL OR b IS NULL OR tg_same_length(a, b) IS NULL OR list_count(a) < "
          "len(a) OR list_count(b) < len(b) THEN NULL ELSE sqrt(coalesce(list_sum(list_transform("
          "list_zip(a, b), lambda z: pow(struct_extract_at(z, 1) - struct_extract_at(z, 2), 2))), "
          "0.0::DOUBLE)) END"),
    MACRO("tg_vector_length(a)",
          "CASE WHEN tg_dot_product(a, a) = 0 THEN CAST(" FAIL(
              "the magnitude of a vector cannot be zero") " AS DOUBLE) ELSE "
                                                          "sqrt(tg_dot_product(a, a)) END"),
    MACRO("tg_cosine_similarity(a, b)",
          "(tg_dot_product(a, b) / (tg_vector_length(a) * tg_vector_length(b)))"),
    MACRO("tg_cosine_distance(a, b)", "(1 - tg_cosine_similarity(a, b))"),
    MACRO("tg_map_length(m)", "sqrt(coalesce(list_sum(list_transform(map_values(m), lambda v: v * "
                              "v)), 0.0::DOUBLE))"),
    MACRO("tg_cosine_similarity_map(a, b)",
          "CASE WHEN a IS NULL OR b IS NULL OR list_count(map_values(a)) < cardinality(a) OR "
          "list_count(map_values(b)) < cardinality(b) OR tg_map_length(a) = 0 OR tg_map_length(b) "
          "= 0 THEN NULL ELSE coalesce(list_sum(list_transform(list_filter(map_entries(a), lambda "
          "e: map_contains(b, e.key)), lambda e: e.value * map_extract_value(b, e.key))), "
          "0.0::DOUBLE) / (tg_map_length(a) * tg_map_length(b)) END"),
    MACRO("tg_degrees_ok(x, most)",
          "CASE WHEN abs(x) > most THEN CAST(" FAIL(
              "a latitude is from -90 to 90, a longitude from -180 to 180") " AS DOUBLE) ELSE "
                                                                            "radians(x) END"),
    /* Vincenty's formula on a sphere, in kilometres. */
    MACRO("tg_great_circle_distance(la, lo, lb, lp)",
          "(6371.01 * atan2(sqrt(pow(cos(tg_degrees_ok(lb, 90)) * sin(tg_degrees_ok(lo, 180) - "
          "tg_degrees_ok(lp, 180)), 2) + pow(cos(tg_degrees_ok(la, 90)) * sin(radians(lb)) - "
          "sin(radians(la)) * cos(radians(lb)) * cos(radians(lo) - radians(lp)), 2)), "
          "sin(radians(la)) * sin(radians(lb)) + cos(radians(la)) * cos(radians(lb)) * "
          "cos(radians(lo) - radians(lp))))"),
    /* ---- aggregates */
    MACRO("tg_ln_or_nan(x)", "CASE WHEN x < 0 THEN CAST('nan' AS DOUBLE) WHEN x = 0 THEN "
                             "CAST('-inf' AS DOUBLE) ELSE ln(x) END"),
    MACRO("tg_months_of(i)", "(date_part('year', i) * 12 + date_part('month', i))"),
    NULL,
};

/* Which partitions a filter of GetPartitions lets through. */
#include "endpoint/partition_filter.h"

#include "params/params.h"

/* Of the keys day (date), n (int), name (string), price (decimal). */
static json_t *keys_new(void)
{
    return json_pack("[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}, {s:s, s:s}]", "Name", "day", "Type",
                     "date", "Name", "n", "Type", "int", "Name", "name", "Type", "string", "Name",
                     "price", "Type", "decimal(10,2)");
}

static gboolean matches(const char *text)
{
    g_autoptr(json_t) keys = keys_new();
    g_autoptr(json_t) values = json_pack("[s, s, s, s]", "2024-03-05", "10", "it's a_b", "9.50");
    g_autoptr(GError) error = NULL;
    g_autoptr(TgPartitionFilter) filter = tg_partition_filter_parse(text, keys, &error);

    g_test_message("%s: %s", text, error == NULL ? "" : error->message);
    g_assert_no_error(error);
    return tg_partition_filter_matches(filter, values);
}

static void test_values_compare_as_their_types_say(void)
{
    static const char *const fits[] = {
        "day = '2024-03-05'",
        "day >= DATE '2024-03-01' AND day < '2024-04-01'",
        "n = 10",
        "n > 9", /* as texts '10' < '9' */
        "n BETWEEN 9 AND 11",
        "n IN (1, 10, 100)",
        "N != 11",
        "\"n\" <> 11",
        "`name` = 'it''s a_b'",
        "name LIKE 'it%b'",
        "name LIKE 'it_s a_b'",
        "price = 9.5",
        "price < 10",
        "'2024-03-04' < day",
        "name IS NOT NULL",
        "NOT (n = 1 OR n = 2)",
        "(n = 1) OR (n = 10)",
        "n = 1 OR n = 10 AND name = 'it''s a_b'",
        "name NOT IN ('a', 'b')",
        "n NOT BETWEEN 1 AND 9",
        "name NOT LIKE 'x%'",
    };
    static const char *const fails[] = {
        "day = '2024-03-06'", "n < 9",      "n IN (1, 2)", "name LIKE 'it'",
        "name IS NULL",       "NOT n = 10", "price > 9.5", "n = 10 AND name = 'x'",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(fits); i++) {
        g_assert_true(matches(fits[i]));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(fails); i++) {
        g_assert_false(matches(fails[i]));
    }
}

static void test_broken_filters_are_refused(void)
{
    static const char *const texts[] = {
        "n",         "n =",     "n = 1 AND",   "(n = 1",         "n = 1)",
        "nope = 1",  "n IN ()", "n IN (1",     "n BETWEEN 1",    "name LIKE",
        "n = 'open", "n IS 1",  "n = 1 n = 2", "; DROP TABLE t", "n == 1",
        "n NOT = 1", "= 1",     "AND",
    };
    g_autoptr(json_t) keys = keys_new();

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TgPartitionFilter) filter = tg_partition_filter_parse(texts[i], keys, &error);

        g_test_message("%s", texts[i]);
        g_assert_null(filter);
        g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    }
}

static void test_depth_and_length_have_limits(void)
{
    g_autoptr(json_t) keys = keys_new();
    g_autofree char *open = g_strnfill(10000, '(');
    g_autofree char *deep = g_strconcat(open, "n = 1", NULL);
    g_autofree char *text = g_strnfill(TG_PARTITION_FILTER_BYTES_MAX, 'x');
    g_autofree char *longer = g_strdup_printf("name = '%s'", text);

    g_assert_null(tg_partition_filter_parse(deep, keys, NULL));
    g_assert_null(tg_partition_filter_parse(longer, keys, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/endpoint/partition_filter/values-compare-as-their-types-say",
                    test_values_compare_as_their_types_say);
    g_test_add_func("/endpoint/partition_filter/broken-filters-are-refused",
                    test_broken_filters_are_refused);
    g_test_add_func("/endpoint/partition_filter/depth-and-length-have-limits",
                    test_depth_and_length_have_limits);
    return g_test_run();
}

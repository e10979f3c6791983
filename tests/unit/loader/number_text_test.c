/* Numbers as Java reads and prints them. */
#include "loader/number_text.h"

#include <float.h>
#include <math.h>
#include <string.h>

static void test_reads_longs_as_java(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        gint64 value;
    } rows[] = {
        {"0", TRUE, 0},
        {"+5", TRUE, 5},
        {"-9223372036854775808", TRUE, G_MININT64},
        {"9223372036854775807", TRUE, G_MAXINT64},
        {"9223372036854775808", FALSE, 0},
        {"99999999999999999999", FALSE, 0},
        {"", FALSE, 0},
        {"-", FALSE, 0},
        {" 1", FALSE, 0},
        {"1_0", FALSE, 0},
        {"1.0", FALSE, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gint64 value = 0;

        g_test_message("'%s'", rows[i].text);
        g_assert_cmpint(tg_int64_parse(rows[i].text, strlen(rows[i].text), &value), ==, rows[i].ok);
        g_assert_cmpint(value, ==, rows[i].ok ? rows[i].value : 0);
    }
}

static void test_reads_and_prints_doubles_as_java(void)
{
    static const struct {
        const char *text;
        const char *printed; /* NULL: refused */
    } rows[] = {
        {"0", "0.0"},
        {"-0", "-0.0"},
        {"1.", "1.0"},
        {".5", "0.5"},
        {"1e10", "1.0E10"},
        {"9999999.0", "9999999.0"},
        {"12345678.9", "1.23456789E7"},
        {"0.001", "0.001"},
        {"0.0001", "1.0E-4"},
        {"123456789012345678", "1.2345678901234568E17"},
        {"1e309", "Infinity"},
        {"4.9e-324", "4.9E-324"},
        {"NaN", "NaN"},
        {"-Infinity", "-Infinity"},
        {"inf", NULL},
        {"nan", NULL},
        {"0x1p3", "8.0"},
        {"0x10", NULL},
        {"1d", "1.0"},
        {"1F", "1.0"},
        {"1_0", NULL},
        {" 1.5 ", "1.5"},
        {"1 5", NULL},
        {"", NULL},
        {"2.2250738585072014E-308", "2.2250738585072014E-308"},
        {"0.30000000000000004", "0.30000000000000004"},
        {"100", "100.0"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        double value = 0.0;
        char printed[TG_DOUBLE_TEXT_BYTES];

        g_test_message("'%s'", rows[i].text);
        g_assert_cmpint(tg_double_parse(rows[i].text, strlen(rows[i].text), &value), ==,
                        rows[i].printed != NULL);
        if (rows[i].printed != NULL) {
            (void)tg_double_format(value, printed);
            g_assert_cmpstr(printed, ==, rows[i].printed);
        }
    }
}

static void test_decimals_keep_all_digits_or_are_refused(void)
{
    static const struct {
        const char *text;
        guint precision, scale;
        const char *printed;
    } rows[] = {
        {"12.3", 5, 2, "12.30"},
        {"-0.05", 5, 2, "-0.05"},
        {"123.45", 5, 2, "123.45"},
        {"1234.5", 5, 2, NULL},
        {"1.234", 5, 2, NULL},
        {"1.230", 5, 2, "1.23"},
        {"007", 3, 0, "7"},
        {"999999999999999999", 18, 0, "999999999999999999"},
        {"-1000000000000000000", 19, 0, "-1000000000000000000"},
        {"1000000000000000000", 18, 0, NULL},
        {"9999999999999999.99", 18, 2, "9999999999999999.99"},
        {"99999999999999999", 18, 2, NULL},
        {"000000000000000000000000.5", 2, 1, "0.5"},
        {"0", 38, 38, "0.00000000000000000000000000000000000000"},
        {"5.", 2, 1, "5.0"},
        {"1.2.3", 5, 2, NULL},
        {"-", 5, 2, NULL},
        {"1 ", 5, 2, NULL},
        {"12345678901234567890123456789012345678", 38, 0, "12345678901234567890123456789012345678"},
        {"-99999999999999999999999999999999999999", 38, 0,
         "-99999999999999999999999999999999999999"},
        {"999999000093235602471151206369999999999", 38, 0, NULL}, /* 39 digits */
        {"340282366920938463463374607431768211457", 38, 0, NULL}, /* 2^128 + 1 */
        {"0000000000000000000000000000000000000000000001", 38, 0, "1"},
        {"0.0005", 4, 4, "0.0005"},
        {"0.00050", 4, 4, "0.0005"},
        {"12345678901234567890.5", 22, 2, "12345678901234567890.50"},
        {"1", 2, 2, NULL},
        {"-0", 5, 2, "0.00"},
        {"", 5, 2, NULL},
        {"1e3", 5, 2, NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        TgInt128 value = 0;
        char printed[TG_DECIMAL_TEXT_BYTES];

        g_test_message("'%s'", rows[i].text);
        g_assert_cmpint(tg_decimal_parse(rows[i].text, strlen(rows[i].text), rows[i].precision,
                                         rows[i].scale, &value),
                        ==, rows[i].printed != NULL);
        if (rows[i].printed != NULL) {
            (void)tg_decimal_format(value, rows[i].scale, printed);
            g_assert_cmpstr(printed, ==, rows[i].printed);
        }
    }
}

/* As a number of `digits` digits would have it, whatever the way to find them. */
static gboolean reads_back(double value, gboolean is_single, int digits)
{
    char text[64];

    (void)g_snprintf(text, sizeof text, "%.*e", digits - 1, value);
    double back = g_ascii_strtod(text, NULL);

    return is_single ? (float)back == (float)value : back == value;
}

static void check_shortest(double value, gboolean is_single)
{
    char digits[TG_DOUBLE_TEXT_BYTES];
    int exponent = tg_double_shortest(value, is_single, digits);
    int count = (int)strlen(digits);
    g_autofree char *text = g_strdup_printf("%c.%se%d", digits[0], digits + 1, exponent);
    double back = g_ascii_strtod(text, NULL);

    g_test_message("%.17g as %s", value, text);
    g_assert_true(is_single ? (float)back == (float)value : back == value);
    g_assert_true(count == 1 || digits[count - 1] != '0');
    g_assert_false(count > 1 && reads_back(value, is_single, count - 1));
}

static void test_doubles_have_the_fewest_digits_that_read_back(void)
{
    for (int i = 0; i < 20000; i++) {
        guint64 bits = ((guint64)g_test_rand_int() << 32u | (guint32)g_test_rand_int()) >> 1u;
        double any = 0.0;
        double decimal =
            (double)g_test_rand_int_range(1, G_MAXINT32) / pow(10, g_test_rand_int_range(0, 13));

        memcpy(&any, &bits, sizeof any);
        if (isfinite(any) && any > 0) {
            check_shortest(any, FALSE);
        }
        check_shortest(decimal, FALSE);
        check_shortest((double)(float)decimal, TRUE);
        check_shortest(decimal * 1e-310, FALSE);
    }
}

static void test_doubles_at_the_edges_have_the_fewest_digits(void)
{
    static const double edges[] = {5e-324,
                                   1e-323,
                                   2.2250738585072014e-308,
                                   DBL_MAX,
                                   1e-7,
                                   9.999e-8,
                                   1e15,
                                   1e15 - 1,
                                   999999999999999.9,
                                   9007199254740993.0,
                                   1e22,
                                   1e23,
                                   0.3,
                                   0.1 + 0.2,
                                   123456789012345.6};

    for (gsize i = 0; i < G_N_ELEMENTS(edges); i++) {
        check_shortest(edges[i], FALSE);
        check_shortest(nextafter(edges[i], 0), FALSE);
    }
    check_shortest(1e-45, TRUE);
    check_shortest(FLT_MAX, TRUE);
    check_shortest(16777216, TRUE);
}

static void test_integers_have_all_their_digits(void)
{
    static const gint64 values[] = {0,    9,     10,       -1,         99,        100,
                                    9999, 10000, 12345678, G_MAXINT64, G_MININT64};

    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        char text[TG_DECIMAL_TEXT_BYTES];
        g_autofree char *wanted = g_strdup_printf("%" G_GINT64_FORMAT, values[i]);

        g_assert_cmpuint(tg_int64_format(values[i], text), ==, strlen(wanted));
        g_assert_cmpstr(text, ==, wanted);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loader/number_text/decimals-keep-all-digits-or-are-refused",
                    test_decimals_keep_all_digits_or_are_refused);
    g_test_add_func("/loader/number_text/doubles-at-the-edges-have-the-fewest-digits",
                    test_doubles_at_the_edges_have_the_fewest_digits);
    g_test_add_func("/loader/number_text/doubles-have-the-fewest-digits-that-read-back",
                    test_doubles_have_the_fewest_digits_that_read_back);
    g_test_add_func("/loader/number_text/integers-have-all-their-digits",
                    test_integers_have_all_their_digits);
    g_test_add_func("/loader/number_text/reads-and-prints-doubles-as-java",
                    test_reads_and_prints_doubles_as_java);
    g_test_add_func("/loader/number_text/reads-longs-as-java", test_reads_longs_as_java);
    return g_test_run();
}

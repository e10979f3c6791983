/* Numbers as Java reads and prints them. */
#include "loader/number_text.h"

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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loader/number_text/decimals-keep-all-digits-or-are-refused",
                    test_decimals_keep_all_digits_or_are_refused);
    g_test_add_func("/loader/number_text/reads-and-prints-doubles-as-java",
                    test_reads_and_prints_doubles_as_java);
    g_test_add_func("/loader/number_text/reads-longs-as-java", test_reads_longs_as_java);
    return g_test_run();
}

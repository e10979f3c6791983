/* java.util.Properties as text. */
#include "params/properties.h"

#include <string.h>

#include "params/params.h"

static const struct {
    const char *text;
    const char *json; /* NULL: an error that says `says` */
    const char *says;
} rows[] = {
    {"", "{}", NULL},
    {"a=1\nb = 2\nc:3\nd 4\n e\t=\t5 \n",
     "{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\",\"d\":\"4\","
     "\"e\":\"5 \"}",
     NULL},
    {"# one\n  ! two\n\na=#x\r\nb=2\rc=3", "{\"a\":\"#x\",\"b\":\"2\",\"c\":\"3\"}", NULL},
    {"a=1\\\n   2\\\r\n 3\nb", "{\"a\":\"123\",\"b\":\"\"}", NULL},
    {"a\\=b\\:c\\ d=x\\ty\\\\\\q", "{\"a=b:c d\":\"x\\ty\\\\q\"}", NULL},
    {"a=\\u00e9\\uD83D\\uDD11", "{\"a\":\"\xc3\xa9\xf0\x9f\x94\x91\"}", NULL},
    {"a==b\nb=x=y", "{\"a\":\"=b\",\"b\":\"x=y\"}", NULL},
    {"a=1\na=2", "{\"a\":\"2\"}", NULL},
    {"a=\\", "{\"a\":\"\"}", NULL},
    {"x=1\na=\\u12", NULL, "t:2:"},
    {"a=\\uzzzz", NULL, "hexadecimal"},
    {"a=\xff", NULL, "UTF-8"},
};

static void test_reads_what_java_reads(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(json_t) got = json_object();
        g_autoptr(GError) error = NULL;
        gboolean ok = tg_properties_parse(got, rows[i].text, "t", &error);
        g_autofree char *json = tg_params_to_json(got);

        if (rows[i].json != NULL) {
            g_assert_no_error(error);
            g_assert_cmpstr(json, ==, rows[i].json);
        } else {
            g_assert_false(ok);
            g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
            g_assert_nonnull(strstr(error->message, rows[i].says));
        }
    }
}

static void test_a_missing_file_is_not_found(void)
{
    g_autoptr(json_t) got = json_object();
    g_autoptr(GError) error = NULL;

    g_assert_false(tg_properties_load(got, "/nonexistent/config", &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/params/properties/reads-what-java-reads", test_reads_what_java_reads);
    g_test_add_func("/params/properties/a-missing-file-is-not-found",
                    test_a_missing_file_is_not_found);
    return g_test_run();
}

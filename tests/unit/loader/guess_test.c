/* Guessing configs from samples. */
#include <string.h>

#include "params/params.h"
#include "support/loader.h"

static json_t *guess(TgTestLoad *load, const char *yaml, gboolean exact_types)
{
    g_autoptr(json_t) config = tg_test_load_parse(yaml);
    TgLoaderJob job = tg_test_load_job(load, config, exact_types);
    g_autoptr(GError) error = NULL;
    json_t *guessed = tg_loader_guess(&job, &error);

    g_assert_no_error(error);
    return guessed;
}

static char *columns_of(const json_t *config)
{
    const json_t *parser = json_object_get(json_object_get(config, "in"), "parser");
    GString *text = g_string_new(NULL);
    json_t *column = NULL;
    size_t index = 0;

    json_array_foreach (json_object_get(parser, "columns"), index, column) {
        const char *format = json_string_value(json_object_get(column, "format"));

        g_string_append_printf(text, "%s %s%s%s;",
                               json_string_value(json_object_get(column, "name")),
                               json_string_value(json_object_get(column, "type")),
                               format == NULL ? "" : " ", format == NULL ? "" : format);
    }
    return g_string_free(text, FALSE);
}

static void test_columns(void)
{
    static const struct {
        const char *text;
        gboolean exact;
        const char *columns;
    } rows[] = {
        {"id,n\n1,a\n2,b\n", FALSE, "id long;n string;"},
        {"id,n,v\n1,NA,1.5\n2,7,NA\n", TRUE, "id long;n long;v double;"},
        {"id,n\n1,NA\n2,x\n", TRUE, "id long;n string;"},
        {"id,zip\n1,00123\n2,00456\n", TRUE, "id long;zip string;"},
        {"id,n\n1,12345678901234567890\n", TRUE, "id long;n string;"},
        {"id,yn\n1,yes\n2,no\n", FALSE, "id long;yn boolean;"},
        {"id,yn\n1,yes\n2,no\n", TRUE, "id long;yn string;"},
        {"id,t\n1,2015-01-27T19:23:49Z\n", FALSE, "id long;t timestamp %Y-%m-%dT%H:%M:%S%z;"},
        {"id,t\n1,27/01/2015\n", FALSE, "id long;t timestamp %d/%m/%Y;"},
        {"id,t\n1,20150127\n", FALSE, "id long;t timestamp %Y%m%d;"},
        {"id,t\n1,20150127\n", TRUE, "id long;t long;"},
        {"1,a,1.5\n2,b,2.5\n", FALSE, "c0 long;c1 string;c2 double;"},
        {"id|name\n1|a\n2|b\n", FALSE, "id long;name string;"},
        {"id,j\n1,\"{\"\"a\"\":1}\"\n", FALSE, "id long;j json;"},
        {"title\n\nid,v\n1,2\n3,4\n", FALSE, "id long;v long;"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TgTestLoad) load = tg_test_load_new();

        tg_test_load_write_text(load, "a.csv", rows[i].text);
        g_autoptr(json_t) config =
            guess(load, "in: {type: file, path_prefix: a.csv}\n", rows[i].exact);
        g_autofree char *columns = columns_of(config);

        g_test_message("%s", rows[i].text);
        g_assert_cmpstr(columns, ==, rows[i].columns);
    }
}

static void test_finds_the_decoder(void)
{
    static const guint8 packed[] = {0x1f, 0x8b, 0x08, 0,    0,    0,    0,    0,    2,    0xff,
                                    0xcb, 0x4c, 0xd1, 0xc9, 0xe3, 0x32, 0xd4, 0x49, 0xe4, 0x32,
                                    0xd2, 0x49, 0xe2, 0x32, 0xd6, 0x49, 0xe6, 0x02, 0,    0x99,
                                    0xc2, 0x51, 0x93, 0x11, 0,    0,    0};
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    tg_test_load_write(load, "a.csv.gz", packed, sizeof packed);
    g_autoptr(json_t) config = guess(load, "in: {type: file, path_prefix: a.csv.gz}\n", TRUE);
    g_autofree char *columns = columns_of(config);

    g_assert_cmpstr(columns, ==, "id long;n string;");
}

static void test_an_exact_load_guesses_what_is_missing(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    tg_test_load_write_text(load, "a.csv", "id,n\n1,NA\n2,7\n");
    tg_test_load_run(load, "in: {type: file, path_prefix: a.csv}\nout: {type: stdout}\n", TRUE);
    g_assert_cmpstr(load->printed->str, ==, "1,\n2,7\n");
    g_assert_nonnull(strstr(load->log->str, "Guessed columns: id long, n long"));
}

static void test_nothing_to_guess_from_is_an_error(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    tg_test_load_write_text(load, "a.csv", "");
    g_autofree char *empty = tg_test_load_fail(
        load, "in: {type: file, path_prefix: a.csv}\nout: {type: stdout}\n", TRUE);
    g_autofree char *missing =
        tg_test_load_fail(load, "in: {type: file, path_prefix: nope}\nout: {type: stdout}\n", TRUE);

    g_assert_nonnull(strstr(empty, "nothing to guess from"));
    g_assert_nonnull(strstr(missing, "no file begins with"));
}

static void test_previews_as_embulk(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    g_autoptr(json_t) config = tg_test_load_parse(
        "in: {type: file, path_prefix: a.csv, parser: {type: csv, columns: [{name: id, type: "
        "long}, {name: t, type: timestamp, format: '%Y-%m-%d %H:%M:%S.%N'}, {name: s, type: "
        "string}]}}\n");
    TgLoaderJob job = tg_test_load_job(load, config, FALSE);
    g_auto(TgLoaderSample) sample = {0};
    g_autoptr(GError) error = NULL;

    tg_test_load_write_text(load, "a.csv", "1000000,2015-01-27 19:23:49.5,日本\n,,\n");
    g_assert_true(tg_loader_preview(&job, &sample, &error));
    g_autofree char *table = tg_loader_sample_format(&sample, FALSE);
    g_autofree char *vertical = tg_loader_sample_format(&sample, TRUE);

    g_assert_cmpstr(table, ==,
                    "+-----------+-----------------------------+----------+\n"
                    "|   id:long |                 t:timestamp | s:string |\n"
                    "+-----------+-----------------------------+----------+\n"
                    "| 1,000,000 | 2015-01-27 19:23:49.500 UTC |       日本 |\n"
                    "|           |                             |          |\n"
                    "+-----------+-----------------------------+----------+\n");
    g_assert_nonnull(strstr(vertical, " t (timestamp) : 2015-01-27T19:23:49.500Z\n"));
    g_assert_nonnull(strstr(vertical, " s (   string) : null\n"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loader/guess/an-exact-load-guesses-what-is-missing",
                    test_an_exact_load_guesses_what_is_missing);
    g_test_add_func("/loader/guess/columns", test_columns);
    g_test_add_func("/loader/guess/finds-the-decoder", test_finds_the_decoder);
    g_test_add_func("/loader/guess/nothing-to-guess-from-is-an-error",
                    test_nothing_to_guess_from_is_an_error);
    g_test_add_func("/loader/preview/previews-as-embulk", test_previews_as_embulk);
    return g_test_run();
}

/* The csv parser, through loads that print their rows. */
#include <string.h>

#include "params/params.h"
#include "support/loader.h"

#define IN "in: {type: file, path_prefix: a.csv, parser: {type: csv, "
#define OUT "}}\nout: {type: stdout}\nexec: {min_output_tasks: 1, max_threads: 1}\n"
#define THREE "columns: [{name: a, type: string}, {name: b, type: string}, {name: c, type: string}]"

static gboolean contains(const char *text, const char *part)
{
    g_test_message("%s", text);
    return strstr(text, part) != NULL;
}

static void test_rows_as_embulk(void)
{
    static const struct {
        const char *options, *text, *printed;
    } rows[] = {
        {"", "1,2,3\n4,5,6", "1,2,3\n4,5,6\n"},
        {"", "1,2,3\r\n4,5,6\r7,8,9\n", "1,2,3\n4,5,6\n7,8,9\n"},
        {"", "\n\n1,2,3\n\n", "1,2,3\n"},
        {"", "1,\"a,\"\"b\",3\n", "1,a,\"b,3\n"},
        {"", "1,\"a\\\"b\\n\",3\n", "1,a\"b\\n,3\n"},
        {"", "1,2\n1,2,3,4\n1,2,3\n", "1,2,3\n"},
        {"allow_optional_columns: true, ", "1,2\n", "1,2,\n"},
        {"allow_extra_columns: true, ", "1,2,3,4\n", "1,2,3\n"},
        {"trim_if_not_quoted: true, ", " 1 , \"2\" ,3  \n", "1,2,3\n"},
        {"delimiter: '||', ", "1||2|x||3\n", "1,2|x,3\n"},
        {"quote: null, ", "\"1,2\",3\n", "\"1,2\",3\n"},
        {"comment_line_marker: '#', ", "#no\n1,2,3\n", "1,2,3\n"},
        {"skip_header_lines: 2, ", "x\ny\n1,2,3\n", "1,2,3\n"},
        {"newline: LF, ", "1,\"a\r\nb\",3\n", "1,a\nb,3\n"},
        {"", "1,\"open,2,3\n4,5,6\n", "4,5,6\n"},
        {"max_quoted_size_limit: 3, ", "1,\"abcd\",3\n1,\"abc\",3\n", "1,abc,3\n"},
        {"", "1,\"a\"x,3\n4,5,6\n", "4,5,6\n"},
        {"null_string: '-', ", "-,\"-\",x\n", ",,x\n"},
        {"line_delimiter_recognized: LF, ", "1,2,3\r\n", "1,2,3\r\n"},
        {"quotes_in_quoted_fields: ACCEPT_STRAY_QUOTES_ASSUMING_NO_DELIMITERS_IN_FIELDS, ",
         "1,\"a\"b\",3\n", "1,a\"b,3\n"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TgTestLoad) load = tg_test_load_new();
        g_autofree char *yaml = g_strconcat(IN, rows[i].options, THREE OUT, NULL);

        g_test_message("row %u", (guint)i);
        tg_test_load_write_text(load, "a.csv", rows[i].text);
        tg_test_load_run(load, yaml, FALSE);
        g_assert_cmpstr(load->printed->str, ==, rows[i].printed);
    }
}

static void test_types_as_embulk(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    tg_test_load_write_text(load, "a.csv",
                            "1,1.5,yes,2015-01-27,\"{\"\"a\"\": 1}\"\n,,,,\nx,1,1,2015-01-27,1\n");
    tg_test_load_run(load,
                     IN "columns: [{name: l, type: long}, {name: d, type: double}, "
                        "{name: b, type: boolean}, {name: t, type: timestamp, format: '%Y-%m-%d'}, "
                        "{name: j, type: json}]" OUT,
                     FALSE);
    g_assert_cmpstr(load->printed->str, ==, "1,1.5,true,2015-01-27,{\"a\":1}\n,,,,\n");
    g_assert_true(contains(load->log->str, "WARN Skipped line "));
    g_assert_true(contains(load->log->str, "a.csv:3"));
    g_assert_cmpint(json_integer_value(json_object_get(load->report.receipt, "rows_rejected")), ==,
                    1);
}

/* A file much larger than a block: every record arrives once, whatever the threads. */
static void test_blocks_are_cut_at_records(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    g_autoptr(GString) text = g_string_new("id,text,n\n");
    guint64 sum = 0;

    for (guint i = 0; i < 150000; i++) {
        g_string_append_printf(text, "%u,\"line one\nof %u, \"\"quoted\"\"\",%u\n", i, i, i % 7);
        sum += i;
    }
    tg_test_load_write_text(load, "a.csv", text->str);
    tg_test_load_run(load,
                     "in: {type: file, path_prefix: a.csv, parser: {type: csv, skip_header_lines: "
                     "1, columns: [{name: id, type: long}, {name: text, type: string}, {name: n, "
                     "type: long}]}}\nout: {type: stdout}\n",
                     TRUE);
    const char *at = load->printed->str;
    const char *end = at + load->printed->len;
    guint64 seen = 0;

    while (at < end) { /* two lines a row; not strstr, which is slow on long texts under ASan */
        guint64 id = 0;

        for (; g_ascii_isdigit(*at); at++) {
            id = id * 10 + (guint64)(*at - '0');
        }
        seen += id;
        g_assert_cmpmem(at, 9, ",line one", 9);
        at = memchr(at, '\n', end - at);
        at = memchr(at + 1, '\n', end - at - 1);
        at++;
    }
    g_assert_cmpuint(seen, ==, sum);
    g_assert_cmpint(json_integer_value(json_object_get(load->report.receipt, "rows_written")), ==,
                    150000);
}

static void test_exact_stops_at_the_wrong_type_in_row_300000(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    g_autoptr(GString) text = g_string_new("id,n\n");

    for (guint i = 2; i <= 310000; i++) {
        g_string_append_printf(text, "%u,%s\n", i, i == 300000 ? "abc" : "1");
    }
    tg_test_load_write_text(load, "a.csv", text->str);
    g_autofree char *message = tg_test_load_fail(
        load,
        "in: {type: file, path_prefix: a.csv, parser: {type: csv, skip_header_lines: 1, columns: "
        "[{name: id, type: long}, {name: n, type: long}]}}\nout: {type: s3_parquet, bucket: b}\n",
        TRUE);

    g_assert_true(contains(message, "a.csv:300000:8: column 'n' (long): 'abc' is not an integer"));
    g_assert_true(contains(message, "300000 | 300000,abc"));
    g_assert_true(contains(message, "in.parser.columns"));
}

static void test_exact_says_what_is_wrong_with_the_bytes(void)
{
    static const struct {
        const char *bytes;
        gsize size;
        const char *options, *expected;
    } rows[] = {
        {"1,\xff\n", 4, "", "is not valid UTF-8"},
        {"1\0,x\n", 5, "", "is not an integer"},
        {"1,2,3\n", 6, "", "Too many columns"},
        {"1\n", 2, "", "Too few columns"},
        {"1,\"x\n", 5, "", "Unexpected end of line"},
        {"1,x\n", 4, "charset: nonsense, ", "charset: 'nonsense' is not known"},
        {"1,\xff\n", 4, "charset: EUC-JP, ", "byte 2 is not of the charset"},
        {"99999999999999999999,x\n", 23, "", "is not an integer of 64 bits"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TgTestLoad) load = tg_test_load_new();
        g_autofree char *yaml =
            g_strconcat(IN, rows[i].options,
                        "columns: [{name: n, type: long}, {name: s, type: string}]" OUT, NULL);

        tg_test_load_write(load, "a.csv", rows[i].bytes, rows[i].size);
        g_autofree char *message = tg_test_load_fail(load, yaml, TRUE);

        g_assert_true(contains(message, rows[i].expected));
    }
}

static void test_exact_drops_a_byte_order_mark_and_keeps_nul_in_texts(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    tg_test_load_write(load, "a.csv",
                       "\xef\xbb\xbf"
                       "1,a\0b\n",
                       9);
    tg_test_load_run(load, IN "columns: [{name: n, type: long}, {name: s, type: string}]" OUT,
                     TRUE);
    g_assert_cmpmem(load->printed->str, load->printed->len, "1,a\0b\n", 6);
}

static void test_a_line_without_end_is_refused(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    gsize size = (gsize)100 * 1024 * 1024;
    g_autofree char *text = g_malloc(size);

    memset(text, 'x', size);
    tg_test_load_write(load, "a.csv", text, size);
    g_autofree char *message = tg_test_load_fail(load, IN THREE OUT, TRUE);

    g_assert_true(contains(message, "a.csv:1: the record is longer than 16 MiB"));
}

static void test_reads_japanese_charsets(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    tg_test_load_write_text(load, "a.csv", "\x83\x5c\x95\x5c,\x8f\x5c\x94\x5c,\xca\xdd\n");
    tg_test_load_run(load, IN "charset: Shift_JIS, " THREE OUT, FALSE);
    g_assert_cmpstr(load->printed->str, ==, "ソ表,十能,ﾊﾝ\n");
}

static void test_options_that_make_no_sense_are_refused(void)
{
    static const struct {
        const char *options, *expected;
    } rows[] = {
        {"delimiter: '', ", "'delimiter' must not be empty"},
        {"quote: ab, ", "'quote' must be one ASCII character"},
        {"header_line: true, skip_header_lines: 1, ", "'header_line' is invalid"},
        {"stop_on_invalid_record: maybe, ", "stop_on_invalid_record"},
        {"newline: X, ", "must be CRLF, LF or CR"},
        {"quotes_in_quoted_fields: X, ", "'quotes_in_quoted_fields' must be"},
        {"skip_header_lines: -1, ", "must not be negative"},
        {"null_strings: x, ", "'null_strings' must be a list"},
        {"default_timezone: Mars, columns: [{name: t, type: timestamp}], x: ", "'Mars' is unknown"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TgTestLoad) load = tg_test_load_new();
        g_autofree char *yaml = g_strconcat(
            IN, rows[i].options, g_str_has_suffix(rows[i].options, "x: ") ? "1" : THREE, OUT, NULL);

        tg_test_load_write_text(load, "a.csv", "1,2,3\n");
        g_autofree char *message = tg_test_load_fail(load, yaml, FALSE);

        g_assert_true(contains(message, rows[i].expected));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loader/csv/a-line-without-end-is-refused",
                    test_a_line_without_end_is_refused);
    g_test_add_func("/loader/csv/blocks-are-cut-at-records", test_blocks_are_cut_at_records);
    g_test_add_func("/loader/csv/exact-drops-a-byte-order-mark-and-keeps-nul-in-texts",
                    test_exact_drops_a_byte_order_mark_and_keeps_nul_in_texts);
    g_test_add_func("/loader/csv/exact-says-what-is-wrong-with-the-bytes",
                    test_exact_says_what_is_wrong_with_the_bytes);
    g_test_add_func("/loader/csv/exact-stops-at-the-wrong-type-in-row-300000",
                    test_exact_stops_at_the_wrong_type_in_row_300000);
    g_test_add_func("/loader/csv/options-that-make-no-sense-are-refused",
                    test_options_that_make_no_sense_are_refused);
    g_test_add_func("/loader/csv/reads-japanese-charsets", test_reads_japanese_charsets);
    g_test_add_func("/loader/csv/rows-as-embulk", test_rows_as_embulk);
    g_test_add_func("/loader/csv/types-as-embulk", test_types_as_embulk);
    return g_test_run();
}

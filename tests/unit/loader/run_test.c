/* The transaction: tasks, config diffs, resuming, mistakes in configs. */
#include <glib/gstdio.h>
#include <string.h>

#include "params/params.h"
#include "support/loader.h"

#define PARSER "parser: {type: csv, stop_on_invalid_record: true, columns: [{name: n, type: long}]}"

static void test_all_files_of_a_prefix_are_loaded_and_remembered(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    guint64 sum = 0;

    tg_test_load_write_text(load, "in/a1.csv", "1\n");
    tg_test_load_write_text(load, "in/a2.csv", "2\n");
    tg_test_load_write_text(load, "in/sub/a3.csv", "4\n");
    tg_test_load_write_text(load, "in/b.csv", "8\n");
    tg_test_load_run(load, "in: {type: file, path_prefix: in/a, " PARSER "}\nout: {type: stdout}\n",
                     FALSE);
    g_auto(GStrv) lines = g_strsplit(load->printed->str, "\n", -1);

    for (char **line = lines; *line != NULL; line++) {
        sum += g_ascii_strtoull(*line, NULL, 10);
    }
    g_assert_cmpuint(sum, ==, 3);
    g_assert_cmpstr(json_string_value(json_object_get(
                        json_object_get(load->report.config_diff, "in"), "last_path")),
                    ==, "in/a2.csv");
    tg_test_load_run(load,
                     "in: {type: file, path_prefix: in/a, last_path: in/a1.csv, " PARSER
                     "}\nout: {type: stdout}\n",
                     FALSE);
    g_assert_cmpstr(load->printed->str, ==, "2\n");
}

static void test_batches_are_scattered_over_output_tasks(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < 20000; i++) {
        g_string_append_printf(text, "%u\n", i);
    }
    tg_test_load_write_text(load, "a.csv", text->str);
    tg_test_load_run(load,
                     "in: {type: file, path_prefix: a.csv, " PARSER "}\n"
                     "out: {type: file, path_prefix: out/o, file_ext: csv, formatter: {type: csv, "
                     "header_line: false, newline: LF}}\n"
                     "exec: {min_output_tasks: 3}\n",
                     FALSE);
    g_autofree char *first = tg_test_load_read(load, "out/o000.00.csv");
    g_autofree char *second = tg_test_load_read(load, "out/o001.00.csv");
    g_autofree char *third = tg_test_load_read(load, "out/o002.00.csv");

    g_assert_cmpuint(strlen(first) + strlen(second) + strlen(third), ==, text->len);
    g_assert_cmpuint(strlen(second), >, 0);
}

static void test_a_failed_task_lets_the_others_finish_and_is_resumed(void)
{
    static const char yaml[] =
        "in: {type: file, path_prefix: in/, " PARSER "}\n"
        "out: {type: file, path_prefix: out/o, file_ext: csv, formatter: {type: csv, header_line: "
        "false, newline: LF}}\nexec: {min_output_tasks: 1, max_threads: 1}\n";
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    tg_test_load_write_text(load, "in/a.csv", "1\n");
    tg_test_load_write_text(load, "in/b.csv", "x\n");
    tg_test_load_write_text(load, "in/c.csv", "3\n");
    g_autofree char *message = tg_test_load_fail(load, yaml, FALSE);
    g_autofree char *third = tg_test_load_read(load, "out/o002.00.csv");

    g_assert_nonnull(strstr(message, "b.csv:1"));
    g_assert_cmpstr(third, ==, "3\n");
    g_assert_nonnull(load->report.resume_state);

    tg_test_load_write_text(load, "in/a.csv", "not read again\n");
    tg_test_load_write_text(load, "in/b.csv", "2\n");
    g_autoptr(json_t) config = tg_test_load_parse(yaml);
    TgLoaderJob job = tg_test_load_job(load, config, FALSE);
    g_autoptr(json_t) state = json_incref(load->report.resume_state);
    g_autoptr(GError) error = NULL;

    job.resume_state = state;
    tg_loader_report_clear(&load->report);
    g_assert_true(tg_loader_run(&job, &load->report, &error));
    g_autofree char *second = tg_test_load_read(load, "out/o001.00.csv");
    g_autofree char *first = tg_test_load_read(load, "out/o000.00.csv");

    g_assert_cmpstr(first, ==, "1\n");
    g_assert_cmpstr(second, ==, "2\n");
}

static void test_mistakes_in_configs_are_named(void)
{
    static const struct {
        const char *yaml, *expected;
    } rows[] = {
        {"out: {type: stdout}\n", "'in' must be a map"},
        {"in: {type: file, path_prefix: a, " PARSER "}\n", "'out' is missing"},
        {"in: {type: fil, path_prefix: a}\nout: {type: stdout}\n", "did you mean 'file'"},
        {"in: {path_prefix: a}\nout: {type: stdout}\n", "'in' has no 'type'"},
        {"in: {type: file, " PARSER "}\nout: {type: stdout}\n", "'path_prefix' is required"},
        {"in: {type: file, path_prefix: a}\nout: {type: stdout}\n", "in.parser is missing"},
        {"in: {type: file, path_prefix: a, parser: {type: csvv}}\nout: {type: stdout}\n",
         "did you mean 'csv'"},
        {"in: {type: file, path_prefix: a, parser: {type: csv, columns: [{name: a, type: "
         "integer}]}}\nout: {type: stdout}\n",
         "unknown type 'integer'"},
        {"in: {type: file, path_prefix: nodir/x, " PARSER "}\nout: {type: stdout}\n",
         "there is no such file or folder"},
        {"in: {type: file, path_prefix: a, " PARSER ", decoders: [{type: rar}]}\nout: {type: "
         "stdout}\n",
         "no plug-in of type 'rar'"},
        {"in: {type: file, path_prefix: a, " PARSER "}\nfilters: [{type: nope}]\nout: {type: "
         "stdout}\n",
         "filters: there is no plug-in of type 'nope'"},
        {"in: {type: file, path_prefix: a, " PARSER "}\nout: {type: file, path_prefix: o}\n",
         "out.formatter is missing"},
        {"in: {type: file, path_prefix: a, " PARSER "}\nout: {type: file, path_prefix: o, "
         "formatter: {type: csv}}\n",
         "'file_ext' is required"},
        {"in: {type: file, path_prefix: a, " PARSER "}\nout: {type: stdout}\nexec: 3\n",
         "'exec' must be a map"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TgTestLoad) load = tg_test_load_new();

        tg_test_load_write_text(load, "a.csv", "1\n");
        g_autofree char *message = tg_test_load_fail(load, rows[i].yaml, FALSE);

        g_test_message("%s", message);
        g_assert_nonnull(strstr(message, rows[i].expected));
    }
}

static void test_unknown_options_are_warned_about(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    tg_test_load_write_text(load, "a.csv", "1\n");
    tg_test_load_run(
        load, "in: {type: file, path_prefix: a, path_prefx: b, " PARSER "}\nout: {type: 'null'}\n",
        FALSE);
    g_assert_nonnull(
        strstr(load->log->str, "in: unknown option 'path_prefx' is ignored (did you mean "));
}

static void test_an_unreadable_file_is_told(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();
    g_autofree char *path = g_build_filename(load->folder, "a.csv", NULL);

    tg_test_load_write_text(load, "a.csv", "1\n");
    g_assert_cmpint(g_chmod(path, 0), ==, 0);
    if (g_access(path, R_OK) == 0) {
        g_test_skip("root may read everything");
        return;
    }
    g_autofree char *message = tg_test_load_fail(
        load, "in: {type: file, path_prefix: a, " PARSER "}\nout: {type: 'null'}\n", FALSE);

    g_assert_nonnull(strstr(message, "no permission"));
}

static void test_an_output_folder_that_cannot_be_made_is_told(void)
{
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    tg_test_load_write_text(load, "a.csv", "1\n");
    tg_test_load_write_text(load, "out", "a file");
    g_autofree char *message =
        tg_test_load_fail(load,
                          "in: {type: file, path_prefix: a, " PARSER "}\nout: {type: file, "
                          "path_prefix: out/x, file_ext: csv, formatter: {type: csv}}\n",
                          FALSE);

    g_assert_nonnull(strstr(message, "out"));
}

static void test_broken_gzip_is_told(void)
{
    static const guint8 cut[] = {0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 2, 0xff, 0xcb, 0x4c};
    static const char yaml[] =
        "in: {type: file, path_prefix: a.gz, decoders: [{type: gzip}], " PARSER
        "}\nout: {type: 'null'}\n";
    g_autoptr(TgTestLoad) load = tg_test_load_new();

    tg_test_load_write_text(load, "a.gz", "not gzip");
    g_autofree char *corrupt = tg_test_load_fail(load, yaml, FALSE);

    tg_test_load_write(load, "a.gz", cut, sizeof cut);
    g_autofree char *truncated = tg_test_load_fail(load, yaml, FALSE);

    g_assert_nonnull(strstr(corrupt, "a.gz: "));
    g_assert_nonnull(strstr(truncated, "end too early"));
}

static void test_encoders_are_read_back_by_decoders(void)
{
    static const char *const names[] = {"gzip", "bzip2"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(TgTestLoad) load = tg_test_load_new();
        g_autofree char *write = g_strdup_printf(
            "in: {type: file, path_prefix: a, " PARSER "}\nout: {type: file, path_prefix: p, "
            "file_ext: z, formatter: {type: csv, header_line: false}, encoders: [{type: %s, level: "
            "1}]}\nexec: {min_output_tasks: 1}\n",
            names[i]);
        g_autofree char *read =
            g_strdup_printf("in: {type: file, path_prefix: p, decoders: [{type: %s}], " PARSER
                            "}\nout: {type: stdout}\nexec: {min_output_tasks: 1}\n",
                            names[i]);
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint row = 0; row < 30000; row++) {
            g_string_append_printf(text, "%u\n", row);
        }
        tg_test_load_write_text(load, "a.csv", text->str);
        tg_test_load_run(load, write, FALSE);
        tg_test_load_run(load, read, FALSE);
        g_assert_cmpstr(load->printed->str, ==, text->str);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loader/run/a-failed-task-lets-the-others-finish-and-is-resumed",
                    test_a_failed_task_lets_the_others_finish_and_is_resumed);
    g_test_add_func("/loader/run/all-files-of-a-prefix-are-loaded-and-remembered",
                    test_all_files_of_a_prefix_are_loaded_and_remembered);
    g_test_add_func("/loader/run/an-output-folder-that-cannot-be-made-is-told",
                    test_an_output_folder_that_cannot_be_made_is_told);
    g_test_add_func("/loader/run/an-unreadable-file-is-told", test_an_unreadable_file_is_told);
    g_test_add_func("/loader/run/batches-are-scattered-over-output-tasks",
                    test_batches_are_scattered_over_output_tasks);
    g_test_add_func("/loader/run/broken-gzip-is-told", test_broken_gzip_is_told);
    g_test_add_func("/loader/run/encoders-are-read-back-by-decoders",
                    test_encoders_are_read_back_by_decoders);
    g_test_add_func("/loader/run/mistakes-in-configs-are-named",
                    test_mistakes_in_configs_are_named);
    g_test_add_func("/loader/run/unknown-options-are-warned-about",
                    test_unknown_options_are_warned_about);
    return g_test_run();
}

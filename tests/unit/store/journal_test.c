/* A file of JSON lines: what is there whole counts, the last of a name. */
#include "store/journal.h"

#include <glib/gstdio.h>
#include <string.h>

#include "params/params.h"

typedef struct {
    char *folder;
    char *path;
} Place;

static void set_up(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    place->folder = g_dir_make_tmp("tegaru-journal-XXXXXX", NULL);
    place->path = g_build_filename(place->folder, "made", "+main.jsonl", NULL);
}

static void tear_down(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *folder = g_path_get_dirname(place->path);

    (void)g_unlink(place->path);
    (void)g_rmdir(folder);
    (void)g_rmdir(place->folder);
    g_free(place->folder);
    g_free(place->path);
}

static void append(TgJournal *journal, const char *name, int value, gboolean is_flushed)
{
    g_autoptr(json_t) document = json_pack("{s:s, s:i}", "fullName", name, "value", value);
    g_autoptr(GError) error = NULL;

    g_assert_true(tg_journal_append(journal, document, is_flushed, &error));
    g_assert_no_error(error);
}

static json_int_t value_of(const char *path, const char *name)
{
    g_autoptr(TgJournal) journal = tg_journal_new(path);
    g_autoptr(json_t) document = tg_journal_get(journal, name);

    return document == NULL ? -1 : json_integer_value(json_object_get(document, "value"));
}

static void test_the_last_line_of_a_name_counts(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(TgJournal) journal = tg_journal_new(place->path);

    g_assert_cmpint(value_of(place->path, "+a"), ==, -1);
    append(journal, "+a", 1, TRUE);
    append(journal, "+b", 2, FALSE);
    append(journal, "+a", 3, FALSE);
    g_assert_cmpint(value_of(place->path, "+a"), ==, 3);
    g_assert_cmpint(value_of(place->path, "+b"), ==, 2);
    g_assert_cmpint(value_of(place->path, "+"), ==, -1);
}

static void test_two_programs_append_to_one_file(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(TgJournal) one = tg_journal_new(place->path);
    g_autoptr(TgJournal) other = tg_journal_new(place->path);

    append(one, "+a", 1, FALSE);
    append(other, "+b", 2, FALSE);
    append(one, "+c", 3, FALSE);
    g_assert_cmpint(value_of(place->path, "+b"), ==, 2);
    g_assert_cmpint(value_of(place->path, "+c"), ==, 3);
}

/* A crash cut the last line short: it is not there, and the next one is. */
static void test_half_a_line_does_no_harm(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    static const char half[] = "{\"fullName\":\"+a\",\"value\":1}\n{\"fullName\":\"+b\",\"val";
    g_autofree char *folder = g_path_get_dirname(place->path);
    g_autoptr(TgJournal) journal = tg_journal_new(place->path);

    g_assert_cmpint(g_mkdir_with_parents(folder, 0777), ==, 0);
    g_assert_true(g_file_set_contents(place->path, half, -1, NULL));
    g_assert_cmpint(value_of(place->path, "+a"), ==, 1);
    g_assert_cmpint(value_of(place->path, "+b"), ==, -1);
    append(journal, "+c", 3, FALSE);
    g_assert_cmpint(value_of(place->path, "+c"), ==, 3);
    append(journal, "+b", 4, FALSE);
    g_assert_cmpint(value_of(place->path, "+b"), ==, 4);
}

static void test_lines_of_another_kind_are_left_alone(Place *place,
                                                      gconstpointer data G_GNUC_UNUSED)
{
    static const char odd[] =
        "\n{}\nhello\n{\"fullName\":\"+a\n{\"fullName\":\"+b\",\"value\":2}\n";
    g_autofree char *folder = g_path_get_dirname(place->path);

    g_assert_cmpint(g_mkdir_with_parents(folder, 0777), ==, 0);
    g_assert_true(g_file_set_contents(place->path, odd, -1, NULL));
    g_assert_cmpint(value_of(place->path, "+b"), ==, 2);
    g_assert_cmpint(value_of(place->path, "hello"), ==, -1);
}

static void test_a_place_that_cannot_be_written_is_named(Place *place,
                                                         gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *below = g_build_filename(place->folder, "file", "x.jsonl", NULL);
    g_autofree char *file = g_build_filename(place->folder, "file", NULL);
    g_autoptr(TgJournal) journal = tg_journal_new(below);
    g_autoptr(json_t) document = json_pack("{s:s}", "fullName", "+a");
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(file, "", 0, NULL));
    g_assert_false(tg_journal_append(journal, document, FALSE, &error));
    g_assert_nonnull(strstr(error->message, "file"));
    (void)g_unlink(file);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(Place *place, gconstpointer data);
    } tests[] = {
        {"/store/journal/the-last-line-of-a-name-counts", test_the_last_line_of_a_name_counts},
        {"/store/journal/two-programs-append-to-one-file", test_two_programs_append_to_one_file},
        {"/store/journal/half-a-line-does-no-harm", test_half_a_line_does_no_harm},
        {"/store/journal/lines-of-another-kind-are-left-alone",
         test_lines_of_another_kind_are_left_alone},
        {"/store/journal/a-place-that-cannot-be-written-is-named",
         test_a_place_that_cannot_be_written_is_named}};

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add(tests[i].name, Place, NULL, set_up, tests[i].run, tear_down);
    }
    return g_test_run();
}

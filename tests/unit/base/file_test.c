/* Whole files: limits, atomic writes, paths that stay below a folder. */
#include "base/file.h"

#include <glib/gstdio.h>

typedef struct {
    char *folder;
} Fixture;

static void set_up(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    f->folder = g_dir_make_tmp("tegaru-file-XXXXXX", NULL);
    g_assert_nonnull(f->folder);
}

static void tear_down(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_true(tg_file_remove_folder(f->folder, NULL));
    g_free(f->folder);
}

static void test_reads_back_what_was_written(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *path = g_build_filename(f->folder, "a", "b", "x.txt", NULL);
    g_autofree char *text = NULL;
    gsize size = 0;
    g_autoptr(GError) error = NULL;

    g_assert_true(tg_file_write(path, "a\0b", 3, &error));
    g_assert_true(tg_file_read(path, 3, &text, &size, &error));
    g_assert_no_error(error);
    g_assert_cmpmem(text, size, "a\0b", 3);
}

static void test_refuses_a_file_over_the_limit(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *path = g_build_filename(f->folder, "x", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(tg_file_write(path, "12345", 5, NULL));
    g_assert_false(tg_file_read(path, 4, &text, NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    g_assert_null(text);
}

static void test_a_missing_file_and_a_folder_are_named(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *path = g_build_filename(f->folder, "none", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) folder = NULL;

    g_assert_false(tg_file_read(path, 10, &text, NULL, &missing));
    g_assert_error(missing, TG_ERROR, TG_ERROR_NOT_FOUND);
    g_assert_false(tg_file_read(f->folder, 10, &text, NULL, &folder));
    g_assert_error(folder, TG_ERROR, TG_ERROR_CONFIG);
}

static void test_a_failed_write_leaves_nothing(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *inside = g_build_filename(f->folder, "file", "below.txt", NULL);
    g_autofree char *file = g_build_filename(f->folder, "file", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(tg_file_write(file, "old", 3, NULL));
    g_assert_false(tg_file_write(inside, "new", 3, &error));
    g_assert_nonnull(error);
}

static void test_paths_stay_below_the_folder(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    static const char *const bad[] = {"/etc/passwd", "../x", "a/../../x", "", ".."};
    g_autofree char *good = tg_file_resolve_below(f->folder, "queries/a.sql", NULL);

    g_assert_nonnull(good);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = tg_file_resolve_below(f->folder, bad[i], &error);

        g_assert_null(path);
        g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    }
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/base/file/reads-back-what-was-written", test_reads_back_what_was_written);
    ADD("/base/file/refuses-a-file-over-the-limit", test_refuses_a_file_over_the_limit);
    ADD("/base/file/a-missing-file-and-a-folder-are-named",
        test_a_missing_file_and_a_folder_are_named);
    ADD("/base/file/a-failed-write-leaves-nothing", test_a_failed_write_leaves_nothing);
    ADD("/base/file/paths-stay-below-the-folder", test_paths_stay_below_the_folder);
    return g_test_run();
}

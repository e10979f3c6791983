/* The store in a folder: whole objects, listing, refusals. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/file.h"
#include "object/store.h"

typedef struct {
    char *folder;
    TgObjectStore *store;
} World;

static void set_up(World *world, gconstpointer data G_GNUC_UNUSED)
{
    world->folder = g_dir_make_tmp("tegaru-object-XXXXXX", NULL);
    world->store = tg_object_store_new_folder(world->folder);
}

static void tear_down(World *world, gconstpointer data G_GNUC_UNUSED)
{
    tg_object_store_free(world->store);
    g_assert_true(tg_file_remove_folder(world->folder, NULL));
    g_free(world->folder);
}

static void put(const World *world, const char *url, const char *text)
{
    TgObjectDraft draft = {NULL, NULL};
    g_autoptr(GError) error = NULL;

    g_assert_true(tg_object_begin(world->store, url, &draft, &error));
    g_assert_true(g_file_set_contents(draft.path, text, -1, &error));
    g_assert_true(tg_object_commit(world->store, &draft, NULL, &error));
    g_assert_no_error(error);
}

static char *list(const World *world, const char *url)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) all = tg_object_list(world->store, url, &error);
    GString *text = g_string_new(NULL);

    g_assert_no_error(error);
    for (guint i = 0; i < all->len; i++) {
        const TgObjectInfo *info = all->pdata[i];

        g_string_append_printf(text, "%s%s:%" G_GINT64_FORMAT, i == 0 ? "" : " ",
                               info->url + strlen("s3://"), info->size_bytes);
    }
    return g_string_free(text, FALSE);
}

#define assert_lists(world, url, wanted)                                                           \
    do {                                                                                           \
        g_autofree char *listed = list(world, url);                                                \
        g_assert_cmpstr(listed, ==, wanted);                                                       \
    } while (0)

static void test_an_object_appears_whole(World *world, gconstpointer data G_GNUC_UNUSED)
{
    TgObjectDraft draft = {NULL, NULL};
    g_autofree char *text = NULL;

    g_assert_true(tg_object_begin(world->store, "s3://b/k/x", &draft, NULL));
    g_assert_true(g_file_set_contents(draft.path, "half", -1, NULL));
    assert_lists(world, "s3://b/", "");
    g_assert_true(tg_object_commit(world->store, &draft, NULL, NULL));
    assert_lists(world, "s3://b/", "b/k/x:4");
    g_assert_true(tg_object_read(world->store, "s3://b/k/x", 100, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "half");
}

static void test_lists_by_prefix_sorted_by_key(World *world, gconstpointer data G_GNUC_UNUSED)
{
    put(world, "s3://b/t/2", "22");
    put(world, "s3://b/t/10", "1");
    put(world, "s3://b/t.x/a", "333");
    put(world, "s3://c/t/1", "4");
    assert_lists(world, "s3://b/t", "b/t.x/a:3 b/t/10:1 b/t/2:2");
    assert_lists(world, "s3://b/t/", "b/t/10:1 b/t/2:2");
    assert_lists(world, "s3://b/t/1", "b/t/10:1");
    assert_lists(world, "s3://none/", "");
}

static void test_the_etag_changes_with_the_content(World *world, gconstpointer data G_GNUC_UNUSED)
{
    put(world, "s3://b/k", "one");
    g_autoptr(GPtrArray) before = tg_object_list(world->store, "s3://b/k", NULL);

    put(world, "s3://b/k", "two");
    g_autoptr(GPtrArray) after = tg_object_list(world->store, "s3://b/k", NULL);

    g_assert_cmpstr(((TgObjectInfo *)before->pdata[0])->etag, !=,
                    ((TgObjectInfo *)after->pdata[0])->etag);
}

static void test_a_copy_outlives_its_source(World *world, gconstpointer data G_GNUC_UNUSED)
{
    put(world, "s3://b/k", "one");
    g_assert_true(tg_object_copy(world->store, "s3://b/k", "s3://b/sub/copy", NULL));
    put(world, "s3://b/k", "other");
    g_assert_true(tg_object_remove(world->store, "s3://b/k", NULL));
    assert_lists(world, "s3://b/", "b/sub/copy:3");
}

static void test_removes_a_prefix_and_its_empty_folders(World *world,
                                                        gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *below = g_build_filename(world->folder, "b", "t", NULL);
    guint count = 0;
    gint64 bytes = 0;

    put(world, "s3://b/t/x/1", "22");
    put(world, "s3://b/t/y/2", "333");
    put(world, "s3://b/other", "1");
    g_assert_true(tg_object_remove_prefix(world->store, "s3://b/t/", &count, &bytes, NULL));
    g_assert_cmpuint(count, ==, 2);
    g_assert_cmpint(bytes, ==, 5);
    g_assert_false(g_file_test(below, G_FILE_TEST_EXISTS));
    assert_lists(world, "s3://b/", "b/other:1");
}

static void test_places_that_a_folder_cannot_hold_are_refused(World *world,
                                                              gconstpointer data G_GNUC_UNUSED)
{
    static const char *const wrong[] = {
        "s3://b/../x", "s3://b/a//b", "s3://b/./x", "s3://.drafts/x",
        "s3://",       "file:///x",   "b/k",        "s3://b/x/"};

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        TgObjectDraft draft = {NULL, NULL};
        g_autoptr(GError) error = NULL;

        g_assert_false(tg_object_begin(world->store, wrong[i], &draft, &error));
        g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    }
}

static void test_a_missing_object_is_not_found(World *world, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_false(tg_object_read(world->store, "s3://b/none", 10, &text, NULL, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_NOT_FOUND);
    g_assert_true(tg_object_remove(world->store, "s3://b/none", NULL));
}

static void test_a_failed_commit_keeps_the_older_object(World *world,
                                                        gconstpointer data G_GNUC_UNUSED)
{
    TgObjectDraft draft = {NULL, NULL};
    g_autoptr(GError) error = NULL;

    put(world, "s3://b/k", "old");
    g_assert_true(tg_object_begin(world->store, "s3://b/k", &draft, NULL)); /* nothing is written */
    g_assert_false(tg_object_commit(world->store, &draft, NULL, &error));
    g_assert_nonnull(error);
    assert_lists(world, "s3://b/", "b/k:3");
}

static void add(const char *name, void (*test)(World *, gconstpointer))
{
    g_autofree char *path = g_strconcat("/object/folder/", name, NULL);

    g_test_add(path, World, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("an-object-appears-whole", test_an_object_appears_whole);
    add("lists-by-prefix-sorted-by-key", test_lists_by_prefix_sorted_by_key);
    add("the-etag-changes-with-the-content", test_the_etag_changes_with_the_content);
    add("a-copy-outlives-its-source", test_a_copy_outlives_its_source);
    add("removes-a-prefix-and-its-empty-folders", test_removes_a_prefix_and_its_empty_folders);
    add("places-that-a-folder-cannot-hold-are-refused",
        test_places_that_a_folder_cannot_hold_are_refused);
    add("a-missing-object-is-not-found", test_a_missing_object_is_not_found);
    add("a-failed-commit-keeps-the-older-object", test_a_failed_commit_keeps_the_older_object);
    return g_test_run();
}

/* Local secrets: keys, places, rights. */
#include "store/secret_folder.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

typedef struct {
    char *top;
    char *first; /* our home; does not exist */
    char *last;  /* Digdag's */
    TgSecretFolder *folder;
} Place;

static void set_up(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    place->top = g_dir_make_tmp("tegaru-test-XXXXXX", NULL);
    place->first = g_build_filename(place->top, "tegaru", NULL);
    place->last = g_build_filename(place->top, "digdag", NULL);
    const char *const homes[] = {place->first, place->last, NULL};

    place->folder = tg_secret_folder_new(homes);
}

static void tear_down(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    (void)tg_file_remove_folder(place->top, NULL);
    tg_secret_folder_free(place->folder);
    g_free(place->top);
    g_free(place->first);
    g_free(place->last);
}

static void check_value(const Place *place, const char *key, const char *value)
{
    g_autofree char *got = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(tg_secret_folder_get(place->folder, key, &got, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(got, ==, value);
}

static void test_keys_are_checked(void)
{
    static const struct {
        const char *key;
        gboolean ok;
    } rows[] = {{"a", TRUE},     {"a.b", TRUE},      {"aws.access-key_id", TRUE},
                {"a1", TRUE},    {"", FALSE},        {".", FALSE},
                {"a.", FALSE},   {".a", FALSE},      {"a..b", FALSE},
                {"1a", FALSE},   {"a-", FALSE},      {"a_", FALSE},
                {"../a", FALSE}, {"a/b", FALSE},     {"a b", FALSE},
                {"-a", FALSE},   {"\xc3\xa9", FALSE}};
    g_autofree char *longest = g_strnfill(255, 'k');
    g_autofree char *longer = g_strnfill(256, 'k');

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (tg_secret_folder_is_key(rows[i].key) != rows[i].ok) {
            g_test_message("'%s'", rows[i].key);
            g_test_fail();
        }
    }
    g_assert_true(tg_secret_folder_is_key(longest));
    g_assert_false(tg_secret_folder_is_key(longer));
}

static void test_a_secret_is_for_its_owner_alone(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *folder = g_build_filename(place->last, "secrets", NULL);
    g_autofree char *path = g_build_filename(folder, "a.b", NULL);
    struct stat status;

    g_assert_true(tg_secret_folder_set(place->folder, "a.b", "v1", NULL));
    g_assert_cmpint(g_chmod(path, 0644), ==, 0);
    g_assert_true(tg_secret_folder_set(place->folder, "a.b", "v2", NULL));
    check_value(place, "a.b", "v2");
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
    g_assert_cmpint(stat(folder, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0700);
}

static void test_our_home_comes_first_when_it_exists(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_true(tg_secret_folder_set(place->folder, "a", "digdag", NULL));
    g_assert_true(tg_secret_folder_set(place->folder, "b", "digdag", NULL));
    g_assert_true(tg_file_make_folder(place->first, NULL));
    g_assert_true(tg_secret_folder_set(place->folder, "a", "ours", NULL));
    check_value(place, "a", "ours");
    check_value(place, "b", "digdag");
    g_autoptr(GPtrArray) keys = tg_secret_folder_keys(place->folder);

    g_assert_cmpuint(keys->len, ==, 2);
    g_assert_cmpstr(keys->pdata[0], ==, "a");
    g_assert_true(tg_secret_folder_delete(place->folder, "a", NULL));
    check_value(place, "a", NULL);
    g_assert_true(tg_secret_folder_delete(place->folder, "a", NULL));
}

static void test_wrong_keys_and_values_are_refused(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *longer = g_strnfill(TG_SECRET_VALUE_BYTES_MAX + 1, 'v');
    g_autoptr(GError) bad_key = NULL;
    g_autoptr(GError) bad_value = NULL;
    g_autoptr(GError) no_delete = NULL;

    g_assert_false(tg_secret_folder_set(place->folder, "../x", "v", &bad_key));
    g_assert_error(bad_key, TG_ERROR, TG_ERROR_CONFIG);
    g_assert_false(tg_secret_folder_set(place->folder, "x", longer, &bad_value));
    g_assert_error(bad_value, TG_ERROR, TG_ERROR_CONFIG);
    g_assert_null(strstr(bad_value->message, "vvv"));
    g_assert_false(tg_secret_folder_delete(place->folder, "../x", &no_delete));
    check_value(place, "../x", NULL);
}

static void test_an_unreadable_file_is_an_error(Place *place, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *path = g_build_filename(place->last, "secrets", "x", NULL);
    g_autofree char *got = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(tg_file_make_folder(path, NULL));
    g_assert_false(tg_secret_folder_get(place->folder, "x", &got, &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
}

#define ADD(path, function) g_test_add(path, Place, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/secret_folder/keys-are-checked", test_keys_are_checked);
    ADD("/store/secret_folder/a-secret-is-for-its-owner-alone",
        test_a_secret_is_for_its_owner_alone);
    ADD("/store/secret_folder/our-home-comes-first-when-it-exists",
        test_our_home_comes_first_when_it_exists);
    ADD("/store/secret_folder/wrong-keys-and-values-are-refused",
        test_wrong_keys_and_values_are_refused);
    ADD("/store/secret_folder/an-unreadable-file-is-an-error", test_an_unreadable_file_is_an_error);
    return g_test_run();
}

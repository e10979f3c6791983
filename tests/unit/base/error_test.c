/* What an error means for its receiver. */
#include "base/error.h"

#include <errno.h>

static void test_maps_codes(void)
{
    g_autoptr(GError) config = g_error_new(TG_ERROR, TG_ERROR_CONFIG, "x");
    g_autoptr(GError) retry = g_error_new(TG_ERROR, TG_ERROR_RETRY, "x");
    g_autoptr(GError) cancelled = g_error_new(TG_ERROR, TG_ERROR_CANCELLED, "x");

    g_assert_cmpint(tg_error_exit_status(config), ==, 1);
    g_assert_cmpint(tg_error_http_status(config), ==, 400);
    g_assert_false(tg_error_is_retryable(config));
    g_assert_true(tg_error_is_retryable(retry));
    g_assert_cmpint(tg_error_exit_status(cancelled), ==, 130);
}

static void test_a_full_disk_is_said_in_words(void)
{
    g_autoptr(GError) error = NULL;

    tg_error_set_file(&error, ENOSPC, "write", "out.csv");
    g_assert_error(error, TG_ERROR, TG_ERROR_RETRY);
    g_assert_cmpstr(error->message, ==,
                    "cannot write 'out.csv': no space left on the device; free some and run again");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/error/maps-codes", test_maps_codes);
    g_test_add_func("/base/error/a-full-disk-is-said-in-words", test_a_full_disk_is_said_in_words);
    return g_test_run();
}

/* Errors that point into a text. */
#include "base/source.h"

#include <string.h>

static TgSource source_of(const char *text)
{
    return (TgSource){.name = "daily.dig", .text = text, .size_bytes = strlen(text)};
}

static void test_counts_lines_and_characters(void)
{
    TgSource source = source_of("a: 1\nüx: 2\n");
    TgPlace place = tg_source_place(&source, strlen("a: 1\nü"));

    g_assert_cmpuint(place.line, ==, 2);
    g_assert_cmpuint(place.column, ==, 2);
}

static void test_shows_the_line_with_a_caret(void)
{
    TgSource source = source_of("a: 1\nschedle: x\n");
    g_autoptr(GError) error = NULL;

    tg_source_error(&error, &source, (TgPlace){2, 3}, "unknown key");
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
    g_assert_cmpstr(error->message, ==,
                    "daily.dig:2:3: unknown key\n     2 | schedle: x\n       |   ^");
}

static void test_cuts_a_huge_line(void)
{
    g_autofree char *line = g_strnfill(1000000, 'x');
    TgSource source = source_of(line);
    g_autoptr(GError) error = NULL;

    tg_source_error(&error, &source, (TgPlace){1, 500000}, "here");
    g_assert_cmpuint(strlen(error->message), <, 400);
}

static void test_survives_bytes_that_are_no_text(void)
{
    TgSource source = {.name = "bad", .text = "\xff\xfe\0z", .size_bytes = 4};
    g_autoptr(GError) error = NULL;

    tg_source_error(&error, &source, (TgPlace){1, 4}, "bad bytes");
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/source/counts-lines-and-characters", test_counts_lines_and_characters);
    g_test_add_func("/base/source/shows-the-line-with-a-caret", test_shows_the_line_with_a_caret);
    g_test_add_func("/base/source/cuts-a-huge-line", test_cuts_a_huge_line);
    g_test_add_func("/base/source/survives-bytes-that-are-no-text",
                    test_survives_bytes_that_are_no_text);
    return g_test_run();
}

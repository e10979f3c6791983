/* Bodies in chunks, cut at every place, and broken ones. */
#include "endpoint/chunked.h"

#include <string.h>

static gboolean add(gpointer data, const char *bytes, gsize size, GError **error G_GNUC_UNUSED)
{
    g_string_append_len(data, bytes, (gssize)size);
    return TRUE;
}

static gboolean refuse(gpointer data G_GNUC_UNUSED, const char *bytes G_GNUC_UNUSED,
                       gsize size G_GNUC_UNUSED, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_RETRY, "the disk is full");
    return FALSE;
}

/* What comes out of a body that is pushed in pieces of this size; NULL: it is refused. */
static char *decode(const char *body, gsize piece, char **out_trailer)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(TgChunked) chunked = tg_chunked_new(add, out);
    gsize size = strlen(body);

    for (gsize at = 0; at < size; at += piece) {
        if (!tg_chunked_push(chunked, body + at, MIN(piece, size - at), NULL)) {
            return NULL;
        }
    }
    if (!tg_chunked_end(chunked, NULL)) {
        return NULL;
    }
    if (out_trailer != NULL) {
        *out_trailer = g_strdup(tg_chunked_trailer(chunked, "x-amz-checksum-crc32"));
    }
    return g_strdup(out->str);
}

#define SIGNED                                                                                     \
    "5;chunk-signature=ab01\r\nhello\r\nA;chunk-signature=ab02\r\n, world! ;\r\n"                  \
    "0;chunk-signature=ab03\r\n\r\n"
#define TRAILED "5\r\nhello\r\n0\r\nX-Amz-Checksum-Crc32: NhCmhg==\r\n\r\n"

static void test_pieces_of_any_size(void)
{
    for (gsize piece = 1; piece < strlen(SIGNED) + 1; piece++) {
        g_autofree char *text = decode(SIGNED, piece, NULL);

        g_assert_cmpstr(text, ==, "hello, world! ;");
    }
}

static void test_trailers_follow_the_last_chunk(void)
{
    for (gsize piece = 1; piece < strlen(TRAILED) + 1; piece++) {
        g_autofree char *trailer = NULL;
        g_autofree char *text = decode(TRAILED, piece, &trailer);

        g_assert_cmpstr(text, ==, "hello");
        g_assert_cmpstr(trailer, ==, "NhCmhg==");
    }
}

static void test_broken_bodies_are_refused(void)
{
    static const char *const bodies[] = {
        "hello",                                  /* no size */
        "5\r\nhell",                              /* ends in a chunk */
        "5\r\nhello\r\n",                         /* no last chunk */
        "5\r\nhello, world\r\n0\r\n\r\n",         /* longer than it says */
        "-5\r\nhello\r\n0\r\n\r\n",               /* no number */
        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n" /* more than a number holds */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_autofree char *text = decode(bodies[i], 3, NULL);

        g_test_message("%s", bodies[i]);
        g_assert_null(text);
    }
}

static void test_endless_lines_are_refused(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(TgChunked) chunked = tg_chunked_new(add, out);
    g_autofree char *line = g_strnfill(1 << 20, 'a');
    g_autoptr(GError) error = NULL;

    (void)(tg_chunked_push(chunked, "5;x=", 4, &error) &&
           tg_chunked_push(chunked, line, strlen(line), &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_CONFIG);
}

static void test_a_failing_writer_ends_it(void)
{
    g_autoptr(TgChunked) chunked = tg_chunked_new(refuse, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_false(tg_chunked_push(chunked, TRAILED, strlen(TRAILED), &error));
    g_assert_error(error, TG_ERROR, TG_ERROR_RETRY);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/endpoint/chunked/pieces-of-any-size", test_pieces_of_any_size);
    g_test_add_func("/endpoint/chunked/trailers-follow-the-last-chunk",
                    test_trailers_follow_the_last_chunk);
    g_test_add_func("/endpoint/chunked/broken-bodies-are-refused", test_broken_bodies_are_refused);
    g_test_add_func("/endpoint/chunked/endless-lines-are-refused", test_endless_lines_are_refused);
    g_test_add_func("/endpoint/chunked/a-failing-writer-ends-it", test_a_failing_writer_ends_it);
    return g_test_run();
}

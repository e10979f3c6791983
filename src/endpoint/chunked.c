/* A small state machine: a line with a size, the bytes, an empty line, and again. */
#include "endpoint/chunked.h"

#include <string.h>

#define LINE_BYTES_MAX 4096
#define TRAILERS_MAX 20
#define CHUNK_BYTES_MAX (G_GUINT64_CONSTANT(1) << 33)

typedef enum { AT_SIZE, IN_BYTES, AFTER_BYTES, AT_TRAILER, AT_END } State;

struct TgChunked {
    TgChunkedWrite write;
    gpointer data;
    State state;
    GString *line;
    guint64 left; /* of the chunk */
    GHashTable *trailers;
};

TgChunked *tg_chunked_new(TgChunkedWrite write, gpointer data)
{
    TgChunked *chunked = g_new0(TgChunked, 1);

    chunked->write = write;
    chunked->data = data;
    chunked->line = g_string_new(NULL);
    chunked->trailers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return chunked;
}

void tg_chunked_free(TgChunked *chunked)
{
    if (chunked != NULL) {
        g_string_free(chunked->line, TRUE);
        g_hash_table_unref(chunked->trailers);
        g_free(chunked);
    }
}

static gboolean fail(GError **error, const char *what)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "the aws-chunked body is broken: %s", what);
    return FALSE;
}

/* "1f4[;chunk-signature=…]" */
static gboolean take_size(TgChunked *chunked, GError **error)
{
    const char *text = chunked->line->str;
    gsize digits = strspn(text, "0123456789abcdefABCDEF");

    if (digits == 0 || digits > 12 || (text[digits] != '\0' && text[digits] != ';')) {
        return fail(error, "a chunk has no size");
    }
    chunked->left = g_ascii_strtoull(text, NULL, 16);
    if (chunked->left > CHUNK_BYTES_MAX) {
        return fail(error, "a chunk is too large");
    }
    chunked->state = chunked->left == 0 ? AT_TRAILER : IN_BYTES;
    return TRUE;
}

static gboolean take_trailer(TgChunked *chunked, GError **error)
{
    const char *text = chunked->line->str;
    const char *colon = strchr(text, ':');

    if (*text == '\0') {
        chunked->state = AT_END;
        return TRUE;
    }
    if (colon == NULL || g_hash_table_size(chunked->trailers) >= TRAILERS_MAX) {
        return fail(error, "its trailers cannot be read");
    }
    g_hash_table_replace(chunked->trailers, g_ascii_strdown(text, colon - text),
                         g_strstrip(g_strdup(colon + 1)));
    return TRUE;
}

static gboolean take_line(TgChunked *chunked, GError **error)
{
    gboolean ok = TRUE;

    if (chunked->line->len > 0 && chunked->line->str[chunked->line->len - 1] == '\r') {
        g_string_truncate(chunked->line, chunked->line->len - 1);
    }
    if (chunked->state == AT_SIZE) {
        ok = take_size(chunked, error);
    } else if (chunked->state == AFTER_BYTES) {
        ok = chunked->line->len == 0 || fail(error, "a chunk is longer than its size");
        chunked->state = AT_SIZE;
    } else {
        ok = take_trailer(chunked, error);
    }
    g_string_truncate(chunked->line, 0);
    return ok;
}

/* One character of a line. */
static gboolean take_character(TgChunked *chunked, char c, GError **error)
{
    if (c == '\n') {
        return take_line(chunked, error);
    }
    if (chunked->line->len >= LINE_BYTES_MAX) {
        return fail(error, "a line is too long");
    }
    g_string_append_c(chunked->line, c);
    return TRUE;
}

/* As many bytes of a chunk as there are. */
static gboolean take_bytes(TgChunked *chunked, const char *bytes, gsize size_bytes, GError **error)
{
    if (!chunked->write(chunked->data, bytes, size_bytes, error)) {
        return FALSE;
    }
    chunked->left -= size_bytes;
    chunked->state = chunked->left == 0 ? AFTER_BYTES : IN_BYTES;
    return TRUE;
}

gboolean tg_chunked_push(TgChunked *chunked, const char *bytes, gsize size_bytes, GError **error)
{
    gboolean ok = TRUE;

    while (ok && size_bytes > 0) {
        gsize taken = chunked->state == IN_BYTES ? (gsize)MIN(chunked->left, size_bytes) : 1;

        if (chunked->state == AT_END) {
            return fail(error, "bytes follow its end");
        }
        ok = chunked->state == IN_BYTES ? take_bytes(chunked, bytes, taken, error)
                                        : take_character(chunked, *bytes, error);
        bytes += taken;
        size_bytes -= taken;
    }
    return ok;
}

gboolean tg_chunked_end(const TgChunked *chunked, GError **error)
{
    /* Some clients leave out the last empty line. */
    return chunked->state == AT_END || (chunked->state == AT_TRAILER && chunked->line->len == 0) ||
           fail(error, "its end is missing");
}

const char *tg_chunked_trailer(const TgChunked *chunked, const char *name)
{
    return g_hash_table_lookup(chunked->trailers, name);
}

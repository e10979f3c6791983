/* Cutting a stream of JSON texts into values. */
#include <string.h>

#include "loader/parser/json.h"

#define READ_BYTES ((gsize)64 * 1024)

struct JsonCut {
    TgStream *stream;
    JsonEscapes escapes;
    TgJsonNumbers numbers;
    GString *buffer; /* bytes from `at` on are not used yet */
    gsize at;
    gboolean is_at_end;
    guint64 line; /* of `at`, from 1 */
    guint64 value_line;
    GString *text; /* of the value */
    GString *repaired;
};

JsonCut *json_cut_new(TgStream *take_stream, JsonEscapes escapes, TgJsonNumbers numbers)
{
    JsonCut *cut = g_new0(JsonCut, 1);

    cut->stream = take_stream;
    cut->escapes = escapes;
    cut->numbers = numbers;
    cut->buffer = g_string_new(NULL);
    cut->text = g_string_new(NULL);
    cut->repaired = g_string_new(NULL);
    cut->line = 1;
    return cut;
}

void json_cut_free(JsonCut *cut)
{
    if (cut == NULL) {
        return;
    }
    tg_stream_free(cut->stream);
    (void)g_string_free(cut->buffer, TRUE);
    (void)g_string_free(cut->text, TRUE);
    (void)g_string_free(cut->repaired, TRUE);
    g_free(cut);
}

char *json_cut_place(const JsonCut *cut)
{
    return g_strdup_printf("%s:%" G_GUINT64_FORMAT, cut->stream->name, cut->value_line);
}

const char *json_cut_file(const JsonCut *cut)
{
    return cut->stream->name;
}

guint64 json_cut_line(const JsonCut *cut)
{
    return cut->value_line;
}

static gboolean fail(const JsonCut *cut, const char *reason, GError **error)
{
    g_autofree char *place = json_cut_place(cut);

    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: the text %s; correct it", place, reason);
    return FALSE;
}

static gboolean read_more(JsonCut *cut, GError **error)
{
    gsize kept = 0;

    g_string_erase(cut->buffer, 0, (gssize)cut->at);
    cut->at = 0;
    kept = cut->buffer->len;
    if (kept > JSON_VALUE_BYTES_MAX) {
        return fail(cut, "has a value of more than 64 MiB, the limit", error);
    }
    g_string_set_size(cut->buffer, kept + READ_BYTES);
    gssize got = tg_stream_read_full(cut->stream, cut->buffer->str + kept, READ_BYTES, error);

    g_string_set_size(cut->buffer, kept + (gsize)MAX(got, 0));
    cut->is_at_end = got >= 0 && (gsize)got < READ_BYTES;
    return got >= 0;
}

/* Where the value that begins at `at` ends: behind its last bracket, or where a scalar stops.
 * 0: not in the buffer. */
static gsize find_end(const JsonCut *cut)
{
    const char *text = cut->buffer->str;
    guint depth = 0;
    gboolean in_string = FALSE;

    for (gsize i = cut->at; i < cut->buffer->len; i++) {
        char c = text[i];

        if (in_string) {
            i += c == '\\' ? 1 : 0;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = TRUE;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth -= depth > 0 ? 1 : 0;
        } else if (depth > 0 || !g_ascii_isspace(c)) {
            continue;
        }
        if (depth == 0 && !in_string && i >= cut->at) {
            return g_ascii_isspace(c) ? i : i + 1;
        }
    }
    return cut->is_at_end ? cut->buffer->len : 0;
}

static gboolean is_valid_escape(const char *at, const char *end)
{
    guint digits = 0;

    if (*at == 'u') {
        while (digits < 4 && at + digits + 1 < end && g_ascii_isxdigit(at[digits + 1])) {
            digits++;
        }
        return digits == 4;
    }
    return *at != '\0' && strchr("\"\\/bfnrt", *at) != NULL;
}

/* Drops the backslash of an escape that JSON does not know, and with SKIP what follows it. */
static void repair_escapes(JsonCut *cut, const char *text, gsize size)
{
    const char *end = text + size;

    g_string_truncate(cut->repaired, 0);
    for (const char *at = text; at < end; at++) {
        if (*at != '\\' || at + 1 == end) {
            g_string_append_c(cut->repaired, *at);
        } else if (is_valid_escape(at + 1, end)) {
            g_string_append_len(cut->repaired, at, 2);
            at++;
        } else if (cut->escapes == JSON_ESCAPES_SKIP) {
            at++;
        }
    }
}

static void count_lines(JsonCut *cut, gsize until)
{
    for (; cut->at < until; cut->at++) {
        cut->line += cut->buffer->str[cut->at] == '\n' ? 1 : 0;
    }
}

/* Goes to the next value; FALSE with the error set, *out_has FALSE at the end. */
static gboolean skip_blanks(JsonCut *cut, gboolean *out_has, GError **error)
{
    for (;;) {
        gsize start = cut->at;

        while (start < cut->buffer->len && g_ascii_isspace(cut->buffer->str[start])) {
            start++;
        }
        count_lines(cut, start);
        *out_has = start < cut->buffer->len;
        cut->value_line = cut->line;
        if (*out_has || cut->is_at_end) {
            return TRUE;
        }
        if (!read_more(cut, error)) {
            return FALSE;
        }
    }
}

gboolean json_cut_next(JsonCut *cut, const char **out, gsize *out_size, GError **error)
{
    gboolean has = FALSE;
    gsize end = 0;
    gsize used = 0;

    *out = NULL;
    if (!skip_blanks(cut, &has, error)) {
        return FALSE;
    }
    if (!has) {
        return TRUE;
    }
    while ((end = find_end(cut)) == 0) {
        if (!read_more(cut, error)) {
            return FALSE;
        }
    }
    const char *text = cut->buffer->str + cut->at;
    gsize size = end - cut->at;

    if (cut->escapes != JSON_ESCAPES_PASS) {
        repair_escapes(cut, text, size);
        text = cut->repaired->str;
        size = cut->repaired->len;
    }
    g_string_truncate(cut->text, 0);
    const char *reason = tg_json_text_append(cut->text, text, size, cut->numbers, &used);

    if (reason != NULL || used != size) {
        return fail(cut, reason == NULL ? "is not JSON" : reason, error);
    }
    count_lines(cut, end);
    *out = cut->text->str;
    *out_size = cut->text->len;
    return TRUE;
}

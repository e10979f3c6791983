/* A list of patterns, tried at each byte that can begin one. */
#include "base/redact.h"

#include <string.h>

#define VALUE_BYTES_MIN 3   /* shorter ones stand everywhere by chance */
#define ENCODED_BYTES_MIN 4 /* of a value that is looked for in other forms */
#define LINE_BYTES_MIN 8    /* of one line of a longer secret, as a key's PEM text */
#define MARK "***"

/* How a pattern may be written in the text. */
typedef enum { FORM_PLAIN, FORM_URL, FORM_JSON, FORM_BASE64 } Form;

typedef struct {
    Form form;
    char *bytes;
    gsize size;
} Pattern;

struct TgRedactor {
    GRWLock lock;
    GHashTable *values; /* set of those added already */
    GArray *patterns;   /* of Pattern */
    gboolean first[256];
};

struct TgRedactStream {
    TgRedactor *redactor;
    GString *held;
};

/* The text at hand, and how far a pattern has come in it. */
typedef struct {
    const char *text;
    gsize size;
    gsize at;
} Reader;

typedef enum { MATCH_NO, MATCH_YES, MATCH_CUT } Match; /* CUT: the text ends before it is decided */

static void pattern_clear(gpointer data)
{
    g_free(((Pattern *)data)->bytes);
}

TgRedactor *tg_redactor_new(void)
{
    TgRedactor *redactor = g_new0(TgRedactor, 1);

    g_rw_lock_init(&redactor->lock);
    redactor->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    redactor->patterns = g_array_new(FALSE, FALSE, sizeof(Pattern));
    g_array_set_clear_func(redactor->patterns, pattern_clear);
    return redactor;
}

void tg_redactor_free(TgRedactor *redactor)
{
    if (redactor != NULL) {
        g_hash_table_unref(redactor->values);
        g_array_unref(redactor->patterns);
        g_rw_lock_clear(&redactor->lock);
        g_free(redactor);
    }
}

static void add_pattern(TgRedactor *redactor, Form form, const char *bytes, gsize size)
{
    Pattern pattern = {.form = form, .bytes = g_memdup2(bytes, size), .size = size};

    g_array_append_val(redactor->patterns, pattern);
    redactor->first[(guchar)bytes[0]] = TRUE;
    if (form == FORM_URL || form == FORM_BASE64) {
        redactor->first['%'] = TRUE;
        redactor->first['+'] = TRUE;
        redactor->first['-'] = TRUE;
        redactor->first['/'] = TRUE;
        redactor->first['_'] = TRUE;
    }
    if (form == FORM_JSON) {
        redactor->first['\\'] = TRUE;
    }
}

/* What of the base64 text depends on the value alone when `before` bytes stand in front of it. */
static void add_base64(TgRedactor *redactor, const char *value, gsize size, gsize before)
{
    static const gsize skipped[] = {0, 2, 3}; /* characters that bytes in front take part in */
    g_autofree guchar *padded = g_malloc0(before + size);

    memcpy(padded + before, value, size);
    g_autofree char *encoded = g_base64_encode(padded, before + size);
    gsize end = (before + size) * 8 / 6; /* the one after may depend on what follows */

    add_pattern(redactor, FORM_BASE64, encoded + skipped[before], end - skipped[before]);
}

static void add_lines(TgRedactor *redactor, const char *value)
{
    g_auto(GStrv) lines = g_strsplit(value, "\n", -1);

    if (lines[0] == NULL || lines[1] == NULL) {
        return;
    }
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *line = g_strstrip(lines[i]);

        if (strlen(line) >= LINE_BYTES_MIN && !g_str_has_prefix(line, "-----")) {
            add_pattern(redactor, FORM_PLAIN, line, strlen(line));
        }
    }
}

void tg_redactor_add(TgRedactor *redactor, const char *value)
{
    g_autofree char *bare = g_strstrip(g_strdup(value));
    gsize size = strlen(bare);

    if (redactor == NULL || size < VALUE_BYTES_MIN || strcmp(bare, "true") == 0 ||
        strcmp(bare, "false") == 0) {
        return;
    }
    g_rw_lock_writer_lock(&redactor->lock);
    if (g_hash_table_add(redactor->values, g_strdup(bare))) {
        add_pattern(redactor, FORM_PLAIN, bare, size);
        add_lines(redactor, bare);
        for (gsize before = 0; before < 3 && size >= ENCODED_BYTES_MIN; before++) {
            add_base64(redactor, bare, size, before);
        }
        if (size >= ENCODED_BYTES_MIN) {
            add_pattern(redactor, FORM_URL, bare, size);
            add_pattern(redactor, FORM_JSON, bare, size);
        }
    }
    g_rw_lock_writer_unlock(&redactor->lock);
}

/* The value of `count` hex digits at `from`. */
static Match read_hex(const Reader *reader, gsize from, gsize count, guint *out)
{
    *out = 0;
    for (gsize i = from; i < from + count; i++) {
        if (i >= reader->size) {
            return MATCH_CUT;
        }
        if (!g_ascii_isxdigit(reader->text[i])) {
            return MATCH_NO;
        }
        *out = *out * 16 + (guint)g_ascii_xdigit_value(reader->text[i]);
    }
    return MATCH_YES;
}

/* One byte behind '%'. */
static Match read_percent(Reader *reader, char *out)
{
    guint value = 0;
    Match match = read_hex(reader, reader->at + 1, 2, &value);

    if (match == MATCH_YES) {
        *out = (char)value;
        reader->at += 3;
    }
    return match;
}

/* "\uXXXX", also as a pair of surrogates, as UTF-8. */
static Match read_unicode(Reader *reader, char *out, gsize *out_size)
{
    guint high = 0;
    guint low = 0;
    Match match = read_hex(reader, reader->at + 2, 4, &high);

    if (match != MATCH_YES) {
        return match;
    }
    if (high < 0xD800 || high > 0xDBFF) {
        *out_size = (gsize)g_unichar_to_utf8(high, out);
        reader->at += 6;
        return MATCH_YES;
    }
    if (reader->at + 7 >= reader->size) {
        return MATCH_CUT;
    }
    if (reader->text[reader->at + 6] != '\\' || reader->text[reader->at + 7] != 'u') {
        return MATCH_NO;
    }
    match = read_hex(reader, reader->at + 8, 4, &low);
    if (match != MATCH_YES) {
        return match;
    }
    *out_size = (gsize)g_unichar_to_utf8(0x10000 + ((high & 0x3FFU) << 10) + (low & 0x3FFU), out);
    reader->at += 12;
    return MATCH_YES;
}

/* What stands behind a backslash in JSON. */
static Match read_escape(Reader *reader, char *out, gsize *out_size)
{
    static const char names[] = "nrtbf\"\\/";
    static const char meanings[] = "\n\r\t\b\f\"\\/";

    if (reader->at + 1 >= reader->size) {
        return MATCH_CUT;
    }
    if (reader->text[reader->at + 1] == 'u') {
        return read_unicode(reader, out, out_size);
    }
    const char *found = strchr(names, reader->text[reader->at + 1]);

    if (found == NULL || *found == '\0') {
        return MATCH_NO;
    }
    out[0] = meanings[found - names];
    *out_size = 1;
    reader->at += 2;
    return MATCH_YES;
}

/* The next bytes that the text stands for. */
static Match read_bytes(Reader *reader, Form form, char *out, gsize *out_size)
{
    char c = reader->text[reader->at];

    *out_size = 1;
    if (c == '%' && (form == FORM_URL || form == FORM_BASE64)) {
        return read_percent(reader, out);
    }
    if (c == '\\' && form == FORM_JSON) {
        return read_escape(reader, out, out_size);
    }
    out[0] = c;
    reader->at++;
    return MATCH_YES;
}

static gboolean is_same(char got, char wanted, Form form)
{
    if (got == wanted) {
        return TRUE;
    }
    if (form == FORM_URL) {
        return got == '+' && wanted == ' ';
    }
    return form == FORM_BASE64 && ((got == '-' && wanted == '+') || (got == '_' && wanted == '/'));
}

/* base64 tools break lines; two characters at most, so that the text held back stays short. */
static void skip_line_end(Reader *reader)
{
    for (guint i = 0; i < 2 && reader->at < reader->size; i++) {
        if (reader->text[reader->at] == '\n' || reader->text[reader->at] == '\r') {
            reader->at++;
        }
    }
}

/* Whether the next bytes of the pattern, from `done` on, are these. */
static gboolean continues(const Pattern *pattern, gsize done, const char *bytes, gsize count)
{
    if (done + count > pattern->size) {
        return FALSE;
    }
    for (gsize i = 0; i < count; i++) {
        if (!is_same(bytes[i], pattern->bytes[done + i], pattern->form)) {
            return FALSE;
        }
    }
    return TRUE;
}

static Match match_at(const Pattern *pattern, Reader *reader)
{
    gsize done = 0;

    while (done < pattern->size) {
        char bytes[8];
        gsize count = 0;

        if (done > 0 && pattern->form == FORM_BASE64) {
            skip_line_end(reader);
        }
        if (reader->at >= reader->size) {
            return MATCH_CUT;
        }
        Match match = read_bytes(reader, pattern->form, bytes, &count);

        if (match != MATCH_YES) {
            return match;
        }
        if (!continues(pattern, done, bytes, count)) {
            return MATCH_NO;
        }
        done += count;
    }
    return MATCH_YES;
}

/* How many bytes at `at` are a secret: 0 for none. *out_cut: more text could make it one. */
static gsize find_at(const TgRedactor *redactor, const char *text, gsize size, gsize at,
                     gboolean *out_cut)
{
    gsize longest = 0;

    *out_cut = FALSE;
    for (guint i = 0; i < redactor->patterns->len; i++) {
        Reader reader = {.text = text, .size = size, .at = at};
        Match match = match_at(&g_array_index(redactor->patterns, Pattern, i), &reader);

        if (match == MATCH_YES) {
            longest = MAX(longest, reader.at - at);
        }
        *out_cut = *out_cut || match == MATCH_CUT;
    }
    return longest;
}

/* Appends to `out` (NULL: only looks) and gives how far it came: all of it when is_final. */
static gsize scan(TgRedactor *redactor, const char *text, gsize size, gboolean is_final,
                  GString *out)
{
    gsize shown = 0;
    gsize at = 0;

    g_rw_lock_reader_lock(&redactor->lock);
    while (at < size) {
        gboolean is_cut = FALSE;
        gsize found =
            redactor->first[(guchar)text[at]] ? find_at(redactor, text, size, at, &is_cut) : 0;

        if (is_cut && !is_final) {
            break;
        }
        if (found == 0) {
            at++;
            continue;
        }
        g_string_append_len(out, text + shown, (gssize)(at - shown));
        g_string_append(out, MARK);
        at += found;
        shown = at;
    }
    g_string_append_len(out, text + shown, (gssize)(at - shown));
    g_rw_lock_reader_unlock(&redactor->lock);
    return at;
}

char *tg_redactor_text(TgRedactor *redactor, const char *text)
{
    GString *out = NULL;

    if (redactor == NULL || text == NULL) {
        return g_strdup(text);
    }
    out = g_string_new(NULL);
    (void)scan(redactor, text, strlen(text), TRUE, out);
    return g_string_free(out, FALSE);
}

static json_t *redact_text(TgRedactor *redactor, const json_t *value)
{
    GString *out = g_string_new(NULL);

    (void)scan(redactor, json_string_value(value), json_string_length(value), TRUE, out);
    json_t *text = json_stringn_nocheck(out->str, out->len);

    (void)g_string_free(out, TRUE);
    return text;
}

/* NOLINTNEXTLINE(misc-no-recursion): params/yaml.c and the JSON readers bound the depth */
json_t *tg_redactor_json(TgRedactor *redactor, const json_t *value)
{
    const char *key = NULL;
    json_t *item = NULL;
    json_t *copy = NULL;
    gsize i = 0;

    if (redactor == NULL || value == NULL) {
        return json_incref((json_t *)value);
    }
    if (json_is_string(value)) {
        return redact_text(redactor, value);
    }
    if (json_is_array(value)) {
        copy = json_array();
        json_array_foreach (value, i, item) {
            json_array_append_new(copy, tg_redactor_json(redactor, item));
        }
        return copy;
    }
    if (json_is_object(value)) {
        copy = json_object();
        json_object_foreach ((json_t *)value, key, item) {
            g_autofree char *safe_key = tg_redactor_text(redactor, key);

            json_object_set_new_nocheck(copy, safe_key, tg_redactor_json(redactor, item));
        }
        return copy;
    }
    return json_incref((json_t *)value);
}

gboolean tg_redactor_finds(TgRedactor *redactor, const json_t *value)
{
    gboolean has_none = redactor == NULL || value == NULL;

    if (!has_none) {
        g_rw_lock_reader_lock(&redactor->lock);
        has_none = redactor->patterns->len == 0;
        g_rw_lock_reader_unlock(&redactor->lock);
    }
    if (has_none) {
        return FALSE;
    }
    json_t *copy = tg_redactor_json(redactor, value);
    gboolean found = !json_equal(copy, value);

    json_decref(copy);
    return found;
}

TgRedactStream *tg_redact_stream_new(TgRedactor *redactor)
{
    TgRedactStream *stream = g_new0(TgRedactStream, 1);

    stream->redactor = redactor;
    stream->held = g_string_new(NULL);
    return stream;
}

void tg_redact_stream_free(TgRedactStream *stream)
{
    if (stream != NULL) {
        (void)g_string_free(stream->held, TRUE);
        g_free(stream);
    }
}

void tg_redact_stream_push(TgRedactStream *stream, const char *bytes, gsize size_bytes,
                           GString *out)
{
    if (stream->redactor == NULL) {
        g_string_append_len(out, bytes, (gssize)size_bytes);
        return;
    }
    g_string_append_len(stream->held, bytes, (gssize)size_bytes);
    gsize done = scan(stream->redactor, stream->held->str, stream->held->len, FALSE, out);

    g_string_erase(stream->held, 0, (gssize)done);
}

void tg_redact_stream_end(TgRedactStream *stream, GString *out)
{
    if (stream->redactor != NULL) {
        (void)scan(stream->redactor, stream->held->str, stream->held->len, TRUE, out);
        g_string_truncate(stream->held, 0);
    }
}

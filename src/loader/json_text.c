/* A JSON reader that writes what it reads. */
#include "loader/json_text.h"

#include <string.h>

#include "loader/number_text.h"
#include "loader/utf8.h"

typedef struct {
    const char *at;
    const char *end;
    GString *out;
    TgJsonNumbers numbers;
    guint depth;
    const char *reason;
} JsonText;

static gboolean append_value(JsonText *self);

static gboolean fail(JsonText *self, const char *reason)
{
    self->reason = reason;
    return FALSE;
}

static void skip_blanks(JsonText *self)
{
    while (self->at < self->end && strchr(" \t\r\n", *self->at) != NULL && *self->at != '\0') {
        self->at++;
    }
}

static gboolean take_hex(JsonText *self, guint *out)
{
    guint value = 0;

    if (self->end - self->at < 4) {
        return FALSE;
    }
    for (guint i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(*self->at++);

        if (digit < 0) {
            return FALSE;
        }
        value = value * 16 + (guint)digit;
    }
    *out = value;
    return TRUE;
}

/* A character in the text of a JSON string: what must be escaped is. */
static void append_character(GString *out, gunichar character)
{
    static const char shorts[] = "\b\f\n\r\t\"\\";
    static const char letters[] = "bfnrt\"\\";
    const char *found = character < 128 && character != 0 ? strchr(shorts, (int)character) : NULL;

    if (found != NULL) {
        g_string_append_c(out, '\\');
        g_string_append_c(out, letters[found - shorts]);
    } else if (character < 0x20) {
        g_string_append_printf(out, "\\u%04X", character);
    } else {
        g_string_append_unichar(out, character);
    }
}

/* What follows "\u": one code unit, or two that make a pair. */
static gboolean append_unicode(JsonText *self)
{
    guint unit = 0;
    guint second = 0;

    if (!take_hex(self, &unit)) {
        return fail(self, "has a bad \\u escape in its JSON");
    }
    if (unit >= 0xd800 && unit < 0xdc00 && self->end - self->at >= 6 && self->at[0] == '\\' &&
        self->at[1] == 'u') {
        self->at += 2;
        if (!take_hex(self, &second) || second < 0xdc00 || second > 0xdfff) {
            return fail(self, "has half a surrogate pair in its JSON");
        }
        unit = 0x10000 + ((unit - 0xd800) << 10u) + (second - 0xdc00);
    }
    append_character(self->out, unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit);
    return TRUE;
}

static gboolean append_escape(JsonText *self)
{
    static const char letters[] = "bfnrt\"\\/";
    static const char meant[] = "\b\f\n\r\t\"\\/";
    char letter = (char)(self->at < self->end ? *self->at++ : '\0');
    const char *found = letter == '\0' ? NULL : strchr(letters, letter);

    if (letter == 'u') {
        return append_unicode(self);
    }
    if (found == NULL) {
        return fail(self, "has an unknown escape in its JSON");
    }
    append_character(self->out, (gunichar)meant[found - letters]);
    return TRUE;
}

static gboolean append_string(JsonText *self)
{
    g_string_append_c(self->out, '"');
    for (self->at++;;) {
        const char *start = self->at;

        while (self->at < self->end && *self->at != '"' && *self->at != '\\' &&
               (guchar)*self->at >= 0x20) {
            self->at++;
        }
        tg_utf8_append_repaired(self->out, start, (gsize)(self->at - start));
        if (self->at == self->end) {
            return fail(self, "has a string in its JSON that does not end");
        }
        char found = *self->at++;

        if (found == '"') {
            g_string_append_c(self->out, '"');
            return TRUE;
        }
        if (found != '\\') {
            return fail(self, "has a control character in a string of its JSON");
        }
        if (!append_escape(self)) {
            return FALSE;
        }
    }
}

static gboolean append_number(JsonText *self)
{
    const char *start = self->at;
    gint64 integer = 0;
    double real = 0.0;
    char text[TG_DOUBLE_TEXT_BYTES];

    while (self->at < self->end && *self->at != '\0' &&
           strchr("+-.0123456789eE", *self->at) != NULL) {
        self->at++;
    }
    gsize size = (gsize)(self->at - start);
    gboolean is_integer = size > 0 && memchr(start, '.', size) == NULL &&
                          memchr(start, 'e', size) == NULL && memchr(start, 'E', size) == NULL;
    gsize zero_at = *start == '-' ? 1 : 0;

    if (size == 0 || *start == '+' || *start == '.' ||
        (size > zero_at + 1 && start[zero_at] == '0' && g_ascii_isdigit(start[zero_at + 1])) ||
        !tg_double_parse(start, size, &real)) {
        return fail(self, "is not JSON");
    }
    if (self->numbers == TG_JSON_KEEP_NUMBERS) {
        g_string_append_len(self->out, start, (gssize)size);
        return TRUE;
    }
    if (!is_integer) {
        (void)tg_double_format(real, text);
        g_string_append(self->out, text);
        return TRUE;
    }
    if (!tg_int64_parse(start, size, &integer)) {
        return fail(self, "has an integer in its JSON that exceeds 64 bits");
    }
    g_string_append_printf(self->out, "%" G_GINT64_FORMAT, integer);
    return TRUE;
}

static gboolean append_word(JsonText *self)
{
    static const char *const words[] = {"true", "false", "null"};

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        gsize length = strlen(words[i]);

        if ((gsize)(self->end - self->at) >= length && memcmp(self->at, words[i], length) == 0) {
            self->at += length;
            g_string_append(self->out, words[i]);
            return TRUE;
        }
    }
    return append_number(self);
}

/* The name of a member with its colon. */
static gboolean append_name(JsonText *self)
{
    if (self->at == self->end || *self->at != '"' || !append_string(self)) {
        return fail(self, "is not JSON");
    }
    skip_blanks(self);
    if (self->at == self->end || *self->at++ != ':') {
        return fail(self, "is not JSON");
    }
    g_string_append_c(self->out, ':');
    return TRUE;
}

/* The members of an object or the elements of a list. */
static gboolean append_members(JsonText *self, char close)
{
    gboolean has_more = TRUE;

    g_string_append_c(self->out, *self->at++);
    skip_blanks(self);
    if (self->at < self->end && *self->at == close) {
        has_more = FALSE;
    }
    while (has_more) {
        skip_blanks(self);
        if ((close == '}' && !append_name(self)) || !append_value(self)) {
            return FALSE;
        }
        skip_blanks(self);
        if (self->at == self->end || (*self->at != ',' && *self->at != close)) {
            return fail(self, "is not JSON");
        }
        has_more = *self->at == ',';
        if (has_more) {
            self->at++;
            g_string_append_c(self->out, ',');
        }
    }
    self->at++;
    g_string_append_c(self->out, close);
    return TRUE;
}

static gboolean append_value(JsonText *self)
{
    gboolean ok = FALSE;

    skip_blanks(self);
    if (self->at == self->end) {
        return fail(self, "is not JSON");
    }
    if (++self->depth > TG_JSON_DEPTH_MAX) {
        return fail(self, "has JSON that is nested too deeply");
    }
    switch (*self->at) {
    case '{':
        ok = append_members(self, '}');
        break;
    case '[':
        ok = append_members(self, ']');
        break;
    case '"':
        ok = append_string(self);
        break;
    default:
        ok = append_word(self);
        break;
    }
    self->depth--;
    return ok;
}

const char *tg_json_text_append(GString *out, const char *text, gsize size_bytes,
                                TgJsonNumbers numbers, gsize *out_used)
{
    JsonText self = {.at = text, .end = text + size_bytes, .out = out, .numbers = numbers};

    *out_used = 0;
    skip_blanks(&self);
    if (self.at == self.end) {
        return NULL;
    }
    if (!append_value(&self)) {
        return self.reason;
    }
    const char *after = self.at;

    skip_blanks(&self);
    *out_used = self.at == self.end ? size_bytes : (gsize)(after - text);
    return NULL;
}

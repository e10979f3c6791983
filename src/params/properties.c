/* One logical line at a time. */
#include "params/properties.h"

#include <string.h>

#include "base/file.h"

#define FILE_BYTES_MAX ((gsize)1024 * 1024)

typedef struct {
    const char *at;
    guint line;
    const char *name;
} Reader;

static gboolean is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static gboolean is_end(char c)
{
    return c == '\0' || c == '\n' || c == '\r';
}

/* Over one line end, "\r\n" as one. */
static void skip_line_end(Reader *reader)
{
    if (reader->at[0] == '\r' && reader->at[1] == '\n') {
        reader->at++;
    }
    if (*reader->at != '\0') {
        reader->at++;
        reader->line++;
    }
}

static void skip_spaces(Reader *reader)
{
    while (is_space(*reader->at)) {
        reader->at++;
    }
}

/* The code unit of \uXXXX; `at` is at the first digit. */
static gboolean read_unit(Reader *reader, gunichar *out, GError **error)
{
    *out = 0;
    for (guint i = 0; i < 4; i++) {
        if (!g_ascii_isxdigit(reader->at[i])) {
            g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                        "%s:%u: a backslash and u need four hexadecimal digits", reader->name,
                        reader->line);
            return FALSE;
        }
        *out = *out * 16 + (gunichar)g_ascii_xdigit_value(reader->at[i]);
    }
    reader->at += 4;
    return TRUE;
}

static gboolean read_unicode(Reader *reader, GString *out, GError **error)
{
    gunichar high = 0;
    gunichar low = 0;

    if (!read_unit(reader, &high, error)) {
        return FALSE;
    }
    if (high >= 0xD800 && high <= 0xDBFF && reader->at[0] == '\\' && reader->at[1] == 'u') {
        reader->at += 2;
        if (!read_unit(reader, &low, error)) {
            return FALSE;
        }
        high = 0x10000 + ((high & 0x3FFU) << 10) + (low & 0x3FFU);
    }
    g_string_append_unichar(out, g_unichar_validate(high) && high != 0 ? high : 0xFFFD);
    return TRUE;
}

/* What stands behind a backslash. */
static gboolean read_escape(Reader *reader, GString *out, GError **error)
{
    static const char names[] = "tnrf";
    static const char meanings[] = "\t\n\r\f";
    char c = *reader->at;

    if (is_end(c)) {
        skip_line_end(reader);
        skip_spaces(reader);
        return TRUE;
    }
    reader->at++;
    if (c == 'u') {
        return read_unicode(reader, out, error);
    }
    const char *found = strchr(names, c);

    g_string_append_c(out, found == NULL ? c : meanings[found - names]);
    return TRUE;
}

/* Up to the end of the line, or of the key. */
static gboolean read_part(Reader *reader, gboolean is_key, GString *out, GError **error)
{
    while (!is_end(*reader->at)) {
        char c = *reader->at;

        if (is_key && (is_space(c) || c == '=' || c == ':')) {
            return TRUE;
        }
        reader->at++;
        if (c != '\\') {
            g_string_append_c(out, c);
        } else if (!read_escape(reader, out, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean read_pair(Reader *reader, json_t *into, GError **error)
{
    g_autoptr(GString) key = g_string_new(NULL);
    g_autoptr(GString) value = g_string_new(NULL);

    if (!read_part(reader, TRUE, key, error)) {
        return FALSE;
    }
    skip_spaces(reader);
    if (*reader->at == '=' || *reader->at == ':') {
        reader->at++;
        skip_spaces(reader);
    }
    if (!read_part(reader, FALSE, value, error)) {
        return FALSE;
    }
    json_object_set_new(into, key->str, json_string(value->str));
    return TRUE;
}

gboolean tg_properties_parse(json_t *into, const char *text, const char *name, GError **error)
{
    Reader reader = {.at = text, .line = 1, .name = name};

    if (!g_utf8_validate(text, -1, NULL)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "%s: not UTF-8 text", name);
        return FALSE;
    }
    while (*reader.at != '\0') {
        skip_spaces(&reader);
        if (*reader.at == '#' || *reader.at == '!') {
            reader.at += strcspn(reader.at, "\r\n");
        } else if (!is_end(*reader.at) && !read_pair(&reader, into, error)) {
            return FALSE;
        }
        skip_line_end(&reader);
    }
    return TRUE;
}

gboolean tg_properties_load(json_t *into, const char *path, GError **error)
{
    g_autofree char *text = NULL;

    return tg_file_read(path, FILE_BYTES_MAX, &text, NULL, error) &&
           tg_properties_parse(into, text, path, error);
}

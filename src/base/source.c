/* Error messages with file:line:column, the line and a caret. */
#include "base/source.h"

#include <string.h>

#define EXCERPT_CHARS 96

TgPlace tg_source_place(const TgSource *source, gsize offset)
{
    TgPlace place = {1, 1};
    gsize end = MIN(offset, source->size_bytes);

    for (gsize i = 0; i < end; i++) {
        unsigned char byte = (unsigned char)source->text[i];

        if (byte == '\n') {
            place.line++;
            place.column = 1;
        } else if ((byte & 0xC0) != 0x80) { /* not inside a UTF-8 character */
            place.column++;
        }
    }
    return place;
}

/* The line `line` of the source without its end; FALSE when there is none. */
static gboolean find_line(const TgSource *source, guint line, const char **start, gsize *size)
{
    const char *p = source->text;
    const char *end = source->text + source->size_bytes;

    for (guint i = 1; i < line; i++) {
        const char *newline = memchr(p, '\n', (gsize)(end - p));

        if (newline == NULL) {
            return FALSE;
        }
        p = newline + 1;
    }
    const char *newline = memchr(p, '\n', (gsize)(end - p));

    *start = p;
    *size = (gsize)((newline == NULL ? end : newline) - p);
    return TRUE;
}

static void append_excerpt(GString *out, const TgSource *source, TgPlace place)
{
    const char *start = NULL;
    gsize size = 0;
    guint skipped = 0;

    if (source->text == NULL || !find_line(source, place.line, &start, &size)) {
        return;
    }
    size = MIN(size, (gsize)4 * (place.column + EXCERPT_CHARS)); /* a line may be huge */
    g_autofree char *line = g_utf8_make_valid(start, (gssize)size);

    for (char *p = line; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7F) {
            *p = '.';
        }
    }
    if (place.column > EXCERPT_CHARS / 2) {
        skipped = place.column - EXCERPT_CHARS / 2;
    }
    glong length = g_utf8_strlen(line, -1);
    glong from = MIN((glong)skipped, length);
    g_autofree char *shown = g_utf8_substring(line, from, MIN(length, from + EXCERPT_CHARS));

    g_string_append_printf(out, "\n%6u | %s\n       | ", place.line, shown);
    for (guint i = skipped + 1; i < place.column; i++) {
        g_string_append_c(out, ' ');
    }
    g_string_append_c(out, '^');
}

void tg_source_error(GError **error, const TgSource *source, TgPlace place, const char *format, ...)
{
    g_autoptr(GString) out = g_string_new(source->name);
    va_list arguments;

    if (place.line > 0) {
        g_string_append_printf(out, ":%u:%u", place.line, MAX(place.column, 1));
    }
    g_string_append(out, ": ");
    va_start(arguments, format);
    g_string_append_vprintf(out, format, arguments);
    va_end(arguments);
    if (place.line > 0) {
        append_excerpt(out, source, place);
    }
    g_set_error_literal(error, TG_ERROR, TG_ERROR_CONFIG, out->str);
}

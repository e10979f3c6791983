/* The scanner of digdag.js, extended syntax. */
#include "script/template.h"

#include <string.h>

static void part_free(gpointer data)
{
    TgTemplatePart *part = data;

    g_free(part->text);
    g_free(part);
}

/* Takes the text. */
static void add_part(GPtrArray *parts, gboolean is_expression, char *take_text)
{
    TgTemplatePart *part = g_new(TgTemplatePart, 1);

    part->is_expression = is_expression;
    part->text = take_text;
    g_ptr_array_add(parts, part);
}

static void add_literal(GPtrArray *parts, const char *start, gsize size)
{
    GString *out = NULL;

    if (size == 0) {
        return;
    }
    out = g_string_sized_new(size);
    for (gsize i = 0; i < size; i++) {
        if (start[i] == '$' && i + 1 < size && start[i + 1] == '$') {
            i++;
        }
        g_string_append_c(out, start[i]);
    }
    add_part(parts, FALSE, g_string_free(out, FALSE));
}

/* `${secret:…}`: lower-case letters and a colon: somebody else's template. */
static gboolean is_reference(const char *after_brace)
{
    const char *p = after_brace;

    while (*p >= 'a' && *p <= 'z') {
        p++;
    }
    return p > after_brace && *p == ':';
}

static const char *find_start(const char *text)
{
    const char *p = text;

    while ((p = strstr(p, "${")) != NULL) {
        if (p[2] != '\0' && !is_reference(p + 2)) {
            return p;
        }
        p += 1;
    }
    return NULL;
}

static const char *find_end(const char *expression)
{
    int depth = 0;

    for (const char *p = expression; *p != '\0'; p++) {
        if (*p == '{') {
            depth++;
        } else if (*p == '}' && --depth < 0) {
            return p;
        }
    }
    return NULL;
}

GPtrArray *tg_template_split(const char *text)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(part_free);
    const char *rest = text;

    for (;;) {
        const char *start = find_start(rest);
        const char *end = start == NULL ? NULL : find_end(start + 2);

        add_literal(parts, rest, start == NULL ? strlen(rest) : (gsize)(start - rest));
        if (start == NULL) {
            return parts;
        }
        if (end == NULL) {
            add_literal(parts, start, strlen(start));
            return parts;
        }
        if (end > start + 2) {
            add_part(parts, TRUE, g_strndup(start + 2, (gsize)(end - start - 2)));
        }
        rest = end + 1;
    }
}

/* A small scanner that knows strings, comments and regular expressions, and spots newer syntax. */
#include "script/es5.h"

#include <string.h>

/* Where the string that starts at p (a quote) ends: after the closing quote. */
static const char *skip_quoted(const char *p)
{
    char quote = *p++;

    while (*p != '\0' && *p != quote) {
        p += *p == '\\' && p[1] != '\0' ? 2 : 1;
    }
    return *p == '\0' ? p : p + 1;
}

static const char *skip_regex(const char *p)
{
    gboolean in_class = FALSE;

    for (p++; *p != '\0' && *p != '\n' && (*p != '/' || in_class); p++) {
        if (*p == '\\' && p[1] != '\0') {
            p++;
        } else if (*p == '[') {
            in_class = TRUE;
        } else if (*p == ']') {
            in_class = FALSE;
        }
    }
    return *p == '\0' ? p : p + 1;
}

static const char *skip_comment(const char *p)
{
    const char *end = p[1] == '/' ? strchr(p, '\n') : strstr(p + 2, "*/");

    if (end == NULL) {
        return p + strlen(p);
    }
    return p[1] == '/' ? end : end + 2;
}

static gboolean is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$';
}

/* A `/` divides after a value, and begins a regular expression elsewhere. */
static gboolean slash_divides(char last)
{
    return is_word(last) || last == ')' || last == ']' || last == '}' || last == '"';
}

static const char *newer_word(const char *word, gsize size, const char *after)
{
    static const char *const words[] = {"let", "const", "class", "async", "await", "yield"};

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        /* `let` and `async` are plain names in ES5 unless another name follows */
        if (strlen(words[i]) == size && strncmp(words[i], word, size) == 0 &&
            (*after == ' ' && (is_word(after[1]) || after[1] == '{' || after[1] == '['))) {
            return words[i];
        }
    }
    return NULL;
}

static const char *newer_mark(const char *p)
{
    static const char *const marks[] = {"=>", "...", "**", "?.", "??", "`"};

    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
        if (strncmp(p, marks[i], strlen(marks[i])) == 0 &&
            !(marks[i][0] == '?' && marks[i][1] == '.' && g_ascii_isdigit(p[2]))) {
            return marks[i];
        }
    }
    return NULL;
}

const char *tg_es5_find_newer(const char *script)
{
    const char *p = script;
    char last = '\0'; /* the last character that is no space */

    while (*p != '\0') {
        const char *found = NULL;

        if (*p == '\'' || *p == '"') {
            p = skip_quoted(p);
            last = '"';
        } else if (*p == '/' && (p[1] == '/' || p[1] == '*')) {
            p = skip_comment(p);
        } else if (*p == '/' && !slash_divides(last)) {
            p = skip_regex(p);
            last = '"';
        } else if (is_word(*p)) {
            const char *start = p;

            while (is_word(*p)) {
                p++;
            }
            found = last == '.' ? NULL : newer_word(start, (gsize)(p - start), p);
            last = 'a';
        } else {
            found = newer_mark(p);
            last = g_ascii_isspace(*p) ? last : *p;
            p++;
        }
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

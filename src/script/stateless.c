/* A conservative look at the tokens. */
#include "script/stateless.h"

#include <string.h>

#define NAME_BYTES_MAX 64

/* Names that lead to what all evaluations share, or that run other code. */
static gboolean is_harmful(const char *name)
{
    static const char *const names[] = {"Array",  "Boolean",   "Function",    "Object", "RegExp",
                                        "apply",  "arguments", "bind",        "call",   "const",
                                        "delete", "eval",      "for",         "global", "lang",
                                        "let",    "print",     "this",        "var",    "while",
                                        "with",   "prototype", "constructor", "do",     NULL};

    return g_strv_contains(names, name) || g_str_has_prefix(name, "__") ||
           g_str_has_prefix(name, "define") || g_str_has_suffix(name, "Error") ||
           strstr(name, "ocale") != NULL || g_str_has_prefix(name, "relativeTime") ||
           g_str_has_prefix(name, "suppress") || g_str_has_prefix(name, "set");
}

static gboolean is_name(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$';
}

/* Behind a string; NULL: it does not end. */
static const char *skip_string(const char *p)
{
    char quote = *p++;

    while (*p != '\0' && *p != quote) {
        p += *p == '\\' && p[1] != '\0' ? 2 : 1;
    }
    return *p == quote ? p + 1 : NULL;
}

/* Behind a name; NULL: a harmful one. */
static const char *skip_name(const char *p)
{
    char name[NAME_BYTES_MAX];
    gsize size = 0;

    while (is_name(p[size])) {
        size++;
    }
    if (size >= sizeof name) {
        return NULL;
    }
    memcpy(name, p, size);
    name[size] = '\0';
    return is_harmful(name) ? NULL : p + size;
}

/* Behind `==`, `===`, `!=`, `<=` and their like; NULL: an assignment. `p` is at the sign. */
static const char *skip_equals(const char *p, char before)
{
    gsize size = strspn(p, "=");

    if (size >= 2 || strchr("!<>", before) != NULL) {
        return p + size;
    }
    return NULL;
}

/* Behind `[`: the start of a list, or of an index that must be a number; NULL: some other. */
static const char *skip_bracket(const char *p, char before)
{
    gsize digits = strspn(p + 1, "0123456789");
    gboolean is_index = is_name(before) || (before != '\0' && strchr(")]\"'", before) != NULL);

    return !is_index || (digits > 0 && p[1 + digits] == ']') ? p + 1 : NULL;
}

/* Behind one token; `before` is the last character before it that is no blank. NULL: not sure. */
static const char *skip_token(const char *p, char before)
{
    if (*p == '\'' || *p == '"') {
        return skip_string(p);
    }
    if (is_name(*p)) {
        return skip_name(p);
    }
    if (*p == '=') {
        return before == '\0' ? NULL : skip_equals(p, before);
    }
    if (*p == '[') {
        return skip_bracket(p, before);
    }
    if ((*p == '+' || *p == '-') && p[1] == *p) {
        return NULL;
    }
    if ((*p == '<' || *p == '>') && p[1] == *p && strchr(p, '=') != NULL) {
        return NULL; /* `<<=` */
    }
    if (*p == '/' && !is_name(before) && before != ')') {
        return NULL; /* a regular expression */
    }
    return strchr("\\`@#", *p) == NULL && (guchar)*p < 0x80 ? p + 1 : NULL;
}

gboolean tg_script_is_stateless(const char *expression)
{
    char before = '\0';

    for (const char *p = expression; *p != '\0';) {
        const char *next = g_ascii_isspace(*p) ? p + 1 : skip_token(p, before);

        if (next == NULL) {
            return FALSE;
        }
        before = g_ascii_isspace(*p) ? before : next[-1];
        p = next;
    }
    return TRUE;
}

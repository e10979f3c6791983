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

/* Where the reading is; `last` is the last character that is no space, 'a' for a word, '"' for a
 * literal. */
typedef struct {
    const char *p;
    char last;
    char before_brace; /* `last` at the latest `{` */
} Reader;

/* A word: newer syntax unless it is the name of a member. */
static const char *read_word(Reader *reader)
{
    const char *start = reader->p;
    gboolean is_member = reader->last == '.';
    gboolean is_radix = *start == '0' && start[1] != '\0' && strchr("bBoO", start[1]) != NULL;

    while (is_word(*reader->p)) {
        reader->p++;
    }
    reader->last = 'a';
    if (is_radix) {
        return "a number with 0b or 0o";
    }
    return is_member ? NULL : newer_word(start, (gsize)(reader->p - start), reader->p);
}

static const char *read_mark(Reader *reader)
{
    const char *found = newer_mark(reader->p);

    /* `({[` and its like: a computed key; `{[` alone may be a block */
    if (*reader->p == '[' && reader->last == '{' && reader->before_brace != '\0' &&
        strchr("(=,:[?&|", reader->before_brace) != NULL) {
        return "a computed key";
    }
    if (*reader->p == '{') {
        reader->before_brace = reader->last;
    }
    reader->last = g_ascii_isspace(*reader->p) ? reader->last : *reader->p;
    reader->p++;
    return found;
}

/* Reads one token and gives the newer syntax in it, or NULL. */
static const char *read_token(Reader *reader)
{
    char c = *reader->p;

    if (c == '\'' || c == '"') {
        reader->p = skip_quoted(reader->p);
        reader->last = '"';
        return NULL;
    }
    if (c == '/' && (reader->p[1] == '/' || reader->p[1] == '*')) {
        reader->p = skip_comment(reader->p);
        return NULL;
    }
    if (c == '/' && !slash_divides(reader->last)) {
        reader->p = skip_regex(reader->p);
        reader->last = '"';
        return NULL;
    }
    return is_word(c) ? read_word(reader) : read_mark(reader);
}

const char *tg_es5_find_newer(const char *script)
{
    Reader reader = {.p = script};

    while (*reader.p != '\0') {
        const char *found = read_token(&reader);

        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

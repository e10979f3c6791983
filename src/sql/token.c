/* The lexer: both grammars (Hive's and Trino's) share it. */
#include "sql/token.h"

#include <string.h>

typedef struct {
    TgSqlArena *arena;
    const TgSource *source;
    const char *p;
    const char *end;
    GArray *tokens;
    GError **error;
} Lexer;

static void fail(const Lexer *lexer, const char *at, const char *message)
{
    TgPlace place = tg_source_place(lexer->source, (gsize)(at - lexer->source->text));

    tg_source_error(lexer->error, lexer->source, place, "%s", message);
}

static gboolean is_word_start(char c)
{
    return g_ascii_isalpha(c) || c == '_' || (guchar)c >= 0x80;
}

static gboolean is_word(char c)
{
    return is_word_start(c) || g_ascii_isdigit(c) || c == '@' || c == '$';
}

static char peek(const Lexer *lexer, gsize ahead)
{
    if ((gsize)(lexer->end - lexer->p) <= ahead) {
        return '\0';
    }
    return lexer->p[ahead];
}

static void add(Lexer *lexer, TgTokenKind kind, const char *start, const char *text)
{
    TgToken token = {.kind = kind,
                     .offset = (guint32)(start - lexer->source->text),
                     .end = (guint32)(lexer->p - lexer->source->text),
                     .text = (char *)text};

    if (kind == TG_TOKEN_QUOTED) { /* END has no character: the text need not end with a NUL */
        token.mark = *start;
    }
    g_array_append_val(lexer->tokens, token);
}

/* A comment of either kind; FALSE when it is not closed. */
static gboolean skip_comment(Lexer *lexer)
{
    gboolean is_line = *lexer->p == '-';
    const char *close =
        g_strstr_len(lexer->p + 2, lexer->end - lexer->p - 2, is_line ? "\n" : "*/");

    if (close == NULL && !is_line) {
        fail(lexer, lexer->p, "this comment is not closed: '*/' is missing");
        return FALSE;
    }
    lexer->p = close == NULL ? lexer->end : close + (is_line ? 1 : 2);
    return TRUE;
}

/* White space and comments; FALSE when a comment is not closed. */
static gboolean skip_blank(Lexer *lexer)
{
    while (lexer->p < lexer->end) {
        gboolean is_comment = (peek(lexer, 0) == '-' && peek(lexer, 1) == '-') ||
                              (peek(lexer, 0) == '/' && peek(lexer, 1) == '*');

        if (!is_comment && !g_ascii_isspace(*lexer->p)) {
            return TRUE;
        }
        if (!is_comment) {
            lexer->p++;
        } else if (!skip_comment(lexer)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Text between marks; a doubled mark stands for one. NULL when it is not closed. */
static char *read_quoted(Lexer *lexer, char mark)
{
    const char *start = lexer->p++;
    g_autoptr(GString) text = g_string_new(NULL);

    while (lexer->p < lexer->end) {
        char c = *lexer->p++;

        if (c != mark) {
            g_string_append_c(text, c);
        } else if (peek(lexer, 0) == mark) {
            g_string_append_c(text, mark);
            lexer->p++;
        } else {
            return tg_sql_arena_copy(lexer->arena, text->str, text->len);
        }
    }
    fail(lexer, start,
         mark == '\'' ? "this text is not closed: a ' is missing"
                      : "this name is not closed: its closing quote is missing");
    return NULL;
}

static gboolean read_text(Lexer *lexer, TgTokenKind kind)
{
    const char *start = lexer->p;
    char *text = NULL;

    if (kind == TG_TOKEN_BINARY) {
        lexer->p++;
    }
    text = read_quoted(lexer, *lexer->p);
    if (text == NULL) {
        return FALSE;
    }
    if (kind == TG_TOKEN_QUOTED && *text == '\0') {
        fail(lexer, start, "a name of no characters");
        return FALSE;
    }
    add(lexer, kind, start, text);
    return TRUE;
}

static void skip_digits(Lexer *lexer)
{
    while (g_ascii_isdigit(peek(lexer, 0)) ||
           (peek(lexer, 0) == '_' && g_ascii_isdigit(peek(lexer, 1)))) {
        lexer->p++;
    }
}

/* 0x1F, 0o17, 0b101: the token's text is in decimal digits. */
static gboolean read_based(Lexer *lexer, guint base, const char *digits)
{
    const char *start = lexer->p;
    g_autoptr(GString) text = g_string_new(NULL);
    guint64 value = 0;
    gboolean overflows = FALSE;

    lexer->p += 2;
    for (; lexer->p < lexer->end && is_word(*lexer->p); lexer->p++) {
        const char *digit = strchr(digits, g_ascii_tolower(*lexer->p));

        if (*lexer->p == '_') {
            continue;
        }
        if (digit == NULL || digit - digits >= (gssize)base) {
            fail(lexer, start,
                 "a number in another base with a digit that this base does not have");
            return FALSE;
        }
        overflows = overflows || value > G_MAXUINT64 / base;
        value = value * base + (guint64)(digit - digits);
        g_string_append_c(text, *lexer->p);
    }
    if (text->len == 0 || overflows || value > (guint64)G_MAXINT64) {
        fail(lexer, start, "a number in another base without digits, or too large for bigint");
        return FALSE;
    }
    g_string_printf(text, "%" G_GUINT64_FORMAT, value);
    add(lexer, TG_TOKEN_INTEGER, start, tg_sql_arena_copy(lexer->arena, text->str, text->len));
    return TRUE;
}

/* The text without the '_' between digits. */
static char *plain_digits(Lexer *lexer, const char *start)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (const char *p = start; p < lexer->p; p++) {
        if (*p != '_') {
            g_string_append_c(text, *p);
        }
    }
    return tg_sql_arena_copy(lexer->arena, text->str, text->len);
}

static gboolean read_number(Lexer *lexer)
{
    static const char digits[] = "0123456789abcdef";
    const char *start = lexer->p;
    TgTokenKind kind = TG_TOKEN_INTEGER;
    int base = *start == '0' ? g_ascii_tolower(peek(lexer, 1)) : 0;

    if (base == 'x' || base == 'o' || base == 'b') {
        return read_based(lexer, base == 'x' ? 16 : (base == 'o' ? 8 : 2), digits);
    }

    skip_digits(lexer);
    if (peek(lexer, 0) == '.') {
        kind = TG_TOKEN_DECIMAL;
        lexer->p++;
        skip_digits(lexer);
    }
    if (g_ascii_tolower(peek(lexer, 0)) == 'e') {
        gsize sign = peek(lexer, 1) == '+' || peek(lexer, 1) == '-' ? 1 : 0;

        if (g_ascii_isdigit(peek(lexer, 1 + sign))) {
            kind = TG_TOKEN_DOUBLE;
            lexer->p += 1 + sign;
            skip_digits(lexer);
        }
    }
    /* A column may begin with digits in Athena when quoted only. */
    if (lexer->p < lexer->end && is_word(*lexer->p)) {
        fail(lexer, start, "a name must not begin with a digit; put it in double quotes");
        return FALSE;
    }
    add(lexer, kind, start, plain_digits(lexer, start));
    return TRUE;
}

static gboolean read_sign(Lexer *lexer)
{
    static const char *const two[] = {"<>", "!=", "<=", ">=", "||", "->", "=>"};
    const char *start = lexer->p;

    for (gsize i = 0; i < G_N_ELEMENTS(two); i++) {
        if (start[0] == two[i][0] && peek(lexer, 1) == two[i][1]) {
            lexer->p += 2;
            add(lexer, TG_TOKEN_SIGN, start, tg_sql_arena_copy(lexer->arena, start, 2));
            return TRUE;
        }
    }
    if (strchr("(),.;+-*/%=<>[]?:{}", *start) == NULL || *start == '\0') {
        fail(lexer, start, "a character that SQL does not have here");
        return FALSE;
    }
    lexer->p++;
    add(lexer, TG_TOKEN_SIGN, start, tg_sql_arena_copy(lexer->arena, start, 1));
    return TRUE;
}

static gboolean read_token(Lexer *lexer)
{
    const char *start = lexer->p;
    char c = *start;

    if ((c == 'x' || c == 'X') && peek(lexer, 1) == '\'') {
        return read_text(lexer, TG_TOKEN_BINARY);
    }
    if (is_word_start(c)) {
        while (lexer->p < lexer->end && is_word(*lexer->p)) {
            lexer->p++;
        }
        add(lexer, TG_TOKEN_WORD, start,
            tg_sql_arena_copy(lexer->arena, start, (gsize)(lexer->p - start)));
        return TRUE;
    }
    if (c == '\'') {
        return read_text(lexer, TG_TOKEN_STRING);
    }
    if (c == '"' || c == '`') {
        return read_text(lexer, TG_TOKEN_QUOTED);
    }
    if (g_ascii_isdigit(c) || (c == '.' && g_ascii_isdigit(peek(lexer, 1)))) {
        return read_number(lexer);
    }
    return read_sign(lexer);
}

GArray *tg_sql_tokens(TgSqlArena *arena, const TgSource *source, GError **error)
{
    Lexer lexer = {arena, source, source->text, source->text + source->size_bytes, NULL, error};
    g_autoptr(GArray) tokens = g_array_new(FALSE, TRUE, sizeof(TgToken));
    const char *bad = NULL;

    lexer.tokens = tokens;
    if (!g_utf8_validate(source->text, (gssize)source->size_bytes, &bad)) {
        fail(&lexer, bad, "a NUL or bytes that are not UTF-8");
        return NULL;
    }
    for (;;) {
        if (!skip_blank(&lexer)) {
            return NULL;
        }
        if (lexer.p == lexer.end) {
            break;
        }
        if (!read_token(&lexer)) {
            return NULL;
        }
    }
    add(&lexer, TG_TOKEN_END, lexer.p, tg_sql_arena_copy(arena, "", 0));
    return g_steal_pointer(&tokens);
}

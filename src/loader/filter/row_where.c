/* The text of `where`, by recursive descent: OR of ANDs of NOTs of comparisons. */
#include <string.h>

#include "loader/filter/row.h"
#include "loader/number_text.h"

typedef enum {
    TOKEN_END,
    TOKEN_SYMBOL, /* operators, parentheses and keywords, in `text` */
    TOKEN_NAME,
    TOKEN_LITERAL
} TokenKind;

typedef struct {
    const char *start;
    const char *at;
    const TgSchema *schema;
    guint depth;
    TokenKind kind; /* of the token that is next */
    GString *text;
    RowKind literal; /* of a literal */
    gsize place;     /* bytes from the start */
} Where;

static gboolean fail(const Where *where, GError **error, const char *wanted)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "'where', character %zu: %s expected before '%.30s'; keywords are in capitals",
                where->place + 1, wanted, where->start + where->place);
    return FALSE;
}

/* '…' or "…" behind its first quote, with escapes. */
static gboolean read_quoted(Where *where, char quote, GError **error)
{
    static const char letters[] = "btnfr\"'\\";
    static const char values[] = "\b\t\n\f\r\"'\\";

    for (where->at++; *where->at != quote; where->at++) {
        const char *found = NULL;

        if (*where->at == '\0' || *where->at == '\n' || *where->at == '\r') {
            return fail(where, error, "a closing quote");
        }
        if (*where->at != '\\') {
            g_string_append_c(where->text, *where->at);
            continue;
        }
        where->at++;
        found = *where->at == '\0' ? NULL : strchr(letters, *where->at);
        if (found == NULL) {
            return fail(where, error, "a known escape");
        }
        g_string_append_c(where->text, values[found - letters]);
    }
    where->at++;
    return TRUE;
}

static gboolean is_word(char character)
{
    return g_ascii_isalnum(character) || character == '_';
}

static gboolean is_keyword(const char *word)
{
    static const char *const words[] = {"AND",    "OR", "NOT",  "START_WITH", "END_WITH", "INCLUDE",
                                        "REGEXP", "IS", "NULL", "TIMESTAMP",  NULL};

    return g_strv_contains(words, word);
}

static gboolean read_word(Where *where)
{
    while (is_word(*where->at)) {
        g_string_append_c(where->text, *where->at++);
    }
    const char *word = where->text->str;

    where->kind = is_keyword(word) ? TOKEN_SYMBOL : TOKEN_NAME;
    if (strcmp(word, "true") == 0 || strcmp(word, "TRUE") == 0 || strcmp(word, "false") == 0 ||
        strcmp(word, "FALSE") == 0) {
        where->kind = TOKEN_LITERAL;
        where->literal = ROW_BOOLEAN;
    }
    return TRUE;
}

static gboolean read_number(Where *where)
{
    do {
        g_string_append_c(where->text, *where->at++);
    } while (g_ascii_isdigit(*where->at) || (*where->at == '.' && g_ascii_isdigit(where->at[1]) &&
                                             strchr(where->text->str, '.') == NULL));
    where->kind = TOKEN_LITERAL;
    where->literal = ROW_NUMBER;
    return TRUE;
}

static gboolean read_symbol(Where *where, GError **error)
{
    static const char *const symbols[] = {"<=", ">=", "<>", "!=", "<", ">", "=", "(", ")"};

    for (gsize i = 0; i < G_N_ELEMENTS(symbols); i++) {
        if (g_str_has_prefix(where->at, symbols[i])) {
            g_string_append(where->text, symbols[i]);
            where->at += strlen(symbols[i]);
            where->kind = TOKEN_SYMBOL;
            return TRUE;
        }
    }
    return fail(where, error, "a name, a literal or an operator");
}

static gboolean next_token(Where *where, GError **error)
{
    while (*where->at != '\0' && strchr(" \t\r\n", *where->at) != NULL) {
        where->at++;
    }
    g_string_truncate(where->text, 0);
    where->place = (gsize)(where->at - where->start);
    if (*where->at == '\0') {
        where->kind = TOKEN_END;
        return TRUE;
    }
    if (*where->at == '\'' || *where->at == '"') {
        where->kind = *where->at == '"' ? TOKEN_NAME : TOKEN_LITERAL;
        where->literal = ROW_TEXT;
        return read_quoted(where, *where->at, error);
    }
    if (g_ascii_isdigit(*where->at) || (*where->at == '-' && g_ascii_isdigit(where->at[1]))) {
        return read_number(where);
    }
    if (g_ascii_isalpha(*where->at) || *where->at == '_') {
        return read_word(where);
    }
    return read_symbol(where, error);
}

static gboolean is_symbol(const Where *where, const char *text)
{
    return where->kind == TOKEN_SYMBOL && strcmp(where->text->str, text) == 0;
}

static gboolean expect(Where *where, const char *symbol, GError **error)
{
    return is_symbol(where, symbol) ? next_token(where, error) : fail(where, error, symbol);
}

/* A literal, with TIMESTAMP in front or not. */
static gboolean read_literal(Where *where, RowLiteral *out, GError **error)
{
    gboolean is_time = is_symbol(where, "TIMESTAMP");

    if (is_time && !next_token(where, error)) {
        return FALSE;
    }
    if (where->kind != TOKEN_LITERAL || (is_time && where->literal == ROW_BOOLEAN)) {
        return fail(where, error, "a literal");
    }
    *out = (RowLiteral){.kind = where->literal,
                        .text = g_strdup(where->text->str),
                        .truth = g_ascii_strcasecmp(where->text->str, "true") == 0};
    return next_token(where, error);
}

static gboolean read_column(Where *where, guint *out, GError **error)
{
    int index = -1;

    if (where->kind != TOKEN_NAME) {
        return fail(where, error, "the name of a column");
    }
    index = tg_schema_find(where->schema, where->text->str);
    if (index < 0) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'where': there is no column '%s'",
                    where->text->str);
        return FALSE;
    }
    *out = (guint)index;
    return next_token(where, error);
}

static gboolean read_operator(Where *where, RowOperator *out, GError **error)
{
    static const struct {
        const char *text;
        RowOperator operator;
    } operators[] = {{"=", ROW_EQ},
                     {"!=", ROW_NE},
                     {"<>", ROW_NE},
                     {">", ROW_GT},
                     {">=", ROW_GE},
                     {"<", ROW_LT},
                     {"<=", ROW_LE},
                     {"START_WITH", ROW_START_WITH},
                     {"END_WITH", ROW_END_WITH},
                     {"INCLUDE", ROW_INCLUDE},
                     {"REGEXP", ROW_REGEXP}};

    for (gsize i = 0; i < G_N_ELEMENTS(operators); i++) {
        if (is_symbol(where, operators[i].text)) {
            *out = operators[i].operator;
            return next_token(where, error);
        }
    }
    return fail(where, error, "an operator");
}

/* Behind "column IS". */
static RowNode *read_is(Where *where, guint column, GError **error)
{
    if (!next_token(where, error)) {
        return NULL;
    }
    gboolean is_negated = is_symbol(where, "NOT");

    if ((is_negated && !next_token(where, error)) || !expect(where, "NULL", error)) {
        return NULL;
    }
    RowNode *node = row_node_new_is_null(column);

    return is_negated ? row_node_new_not(node) : node;
}

static RowNode *read_comparison(Where *where, GError **error)
{
    gboolean is_swapped = where->kind != TOKEN_NAME;
    RowLiteral literal = {0};
    RowOperator operator= ROW_EQ;
    guint column = 0;
    RowNode *node = NULL;
    gboolean ok =
        is_swapped ? read_literal(where, &literal, error) : read_column(where, &column, error);

    if (ok && !is_swapped && is_symbol(where, "IS")) {
        return read_is(where, column, error);
    }
    ok = ok && read_operator(where, &operator, error);
    if (ok && is_swapped && operator== ROW_REGEXP) {
        ok = fail(where, error, "the column on the left of REGEXP");
    }
    ok = ok &&
         (is_swapped ? read_column(where, &column, error) : read_literal(where, &literal, error));
    if (ok) {
        node = row_node_new_compare(where->schema, column, operator, & literal, error);
    }
    if (node != NULL) {
        node->is_swapped = is_swapped;
    }
    g_free(literal.text);
    return node;
}

static RowNode *read_or(Where *where, GError **error);

static RowNode *read_group(Where *where, GError **error)
{
    g_autoptr(RowNode) node = next_token(where, error) ? read_or(where, error) : NULL;

    if (node == NULL || !expect(where, ")", error)) {
        return NULL;
    }
    return g_steal_pointer(&node);
}

static RowNode *read_not(Where *where, GError **error)
{
    RowNode *node = NULL;

    if (++where->depth > ROW_DEPTH_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG, "'where' is nested too deep");
        return NULL;
    }
    if (is_symbol(where, "NOT")) {
        node = next_token(where, error) ? read_not(where, error) : NULL;
        node = node == NULL ? NULL : row_node_new_not(node);
    } else if (is_symbol(where, "(")) {
        node = read_group(where, error);
    } else {
        node = read_comparison(where, error);
    }
    where->depth--;
    return node;
}

static RowNode *read_list(Where *where, gboolean is_or, GError **error)
{
    g_autoptr(RowNode) list = row_node_new_logical(is_or);

    do {
        RowNode *child = is_or ? read_list(where, FALSE, error) : read_not(where, error);

        if (child == NULL) {
            return NULL;
        }
        g_ptr_array_add(list->children, child);
        if (!is_symbol(where, is_or ? "OR" : "AND")) {
            return g_steal_pointer(&list);
        }
    } while (next_token(where, error));
    return NULL;
}

static RowNode *read_or(Where *where, GError **error)
{
    return read_list(where, TRUE, error);
}

RowNode *row_where_parse(const char *text, const TgSchema *schema, GError **error)
{
    g_autoptr(GString) token = g_string_new(NULL);
    Where where = {.start = text, .at = text, .schema = schema, .text = token};
    g_autoptr(RowNode) node = next_token(&where, error) ? read_or(&where, error) : NULL;

    if (node == NULL) {
        return NULL;
    }
    if (where.kind != TOKEN_END) {
        (void)fail(&where, error, "AND, OR or the end");
        return NULL;
    }
    return g_steal_pointer(&node);
}

/* Tokens at hand, failures, and the entry of the parser. */
#include "sql/parse.h"

#include <string.h>

#include "base/suggest.h"

/* Trino's reserved words: as names they need quotes. */
static const char *const reserved[] = {
    "alter",    "and",    "as",      "between",   "by",     "case",      "cast", "constraint",
    "create",   "cross",  "cube",    "distinct",  "drop",   "else",      "end",  "escape",
    "except",   "exists", "extract", "false",     "for",    "from",      "full", "group",
    "grouping", "having", "in",      "inner",     "insert", "intersect", "into", "is",
    "join",     "left",   "like",    "natural",   "not",    "null",      "on",   "or",
    "order",    "outer",  "right",   "rollup",    "select", "table",     "then", "true",
    "union",    "unnest", "using",   "values",    "when",   "where",     "with", "current_date",
    "limit",    "offset", "fetch",   "recursive", NULL};

static const char *const suggested[] = {
    "select", "from",     "where",  "group",   "having",    "order",     "limit",      "offset",
    "join",   "left",     "right",  "inner",   "outer",     "full",      "cross",      "union",
    "all",    "distinct", "except", "between", "values",    "with",      "insert",     "into",
    "create", "table",    "drop",   "alter",   "partition", "location",  "database",   "describe",
    "show",   "explain",  "unnest", "lateral", "using",     "intersect", "and",        "as",
    "by",     "end",      "then",   "when",    "case",      "external",  "partitions", NULL};

static const TgToken *token_at(const TgParser *parser, guint index)
{
    return &g_array_index(parser->tokens, TgToken, MIN(index, parser->tokens->len - 1));
}

const TgToken *tg_parser_peek(const TgParser *parser)
{
    return token_at(parser, parser->at);
}

const TgToken *tg_parser_peek_at(const TgParser *parser, guint ahead)
{
    return token_at(parser, parser->at + ahead);
}

const TgToken *tg_parser_next(TgParser *parser)
{
    const TgToken *token = tg_parser_peek(parser);

    parser->at = MIN(parser->at + 1, parser->tokens->len - 1);
    return token;
}

guint32 tg_parser_offset(const TgParser *parser)
{
    return tg_parser_peek(parser)->offset;
}

gpointer tg_parser_fail_at(TgParser *parser, guint32 offset, const char *format, ...)
{
    va_list arguments;

    if (parser->error == NULL) {
        va_start(arguments, format);
        g_autofree char *message = g_strdup_vprintf(format, arguments);

        va_end(arguments);
        tg_source_error(&parser->error, parser->source, tg_source_place(parser->source, offset),
                        "%s", message);
    }
    parser->at = parser->tokens->len - 1;
    return NULL;
}

gpointer tg_parser_fail_expected(TgParser *parser, const char *expected)
{
    const TgToken *token = tg_parser_peek(parser);
    g_autofree char *hint = NULL;

    if (token->kind == TG_TOKEN_END) {
        return tg_parser_fail_at(parser, token->offset, "the statement ends too early: expected %s",
                                 expected);
    }
    hint = token->kind == TG_TOKEN_WORD ? tg_suggest_phrase(token->text, suggested) : NULL;
    if (hint != NULL) {
        const char *near = tg_suggest_one(token->text, suggested);

        if (near != NULL && g_ascii_strcasecmp(near, token->text) == 0) {
            *hint = '\0'; /* the word itself, at a wrong place */
        }
    }
    return tg_parser_fail_at(parser, token->offset, "expected %s, found '%s'%s", expected,
                             token->text, hint == NULL ? "" : hint);
}

/* Words are asked for so often that the first letter is compared before the call; `word` is in
 * lower case. */
static gboolean is_same_word(const char *text, const char *word)
{
    return (*text | 0x20) == *word && g_ascii_strcasecmp(text, word) == 0;
}

gboolean tg_parser_is_word(const TgParser *parser, guint ahead, const char *word)
{
    const TgToken *token = tg_parser_peek_at(parser, ahead);

    return token->kind == TG_TOKEN_WORD && is_same_word(token->text, word);
}

gboolean tg_parser_accept(TgParser *parser, const char *word)
{
    if (!tg_parser_is_word(parser, 0, word)) {
        return FALSE;
    }
    (void)tg_parser_next(parser);
    return TRUE;
}

gboolean tg_parser_accept_two(TgParser *parser, const char *first, const char *second)
{
    if (!tg_parser_is_word(parser, 0, first) || !tg_parser_is_word(parser, 1, second)) {
        return FALSE;
    }
    (void)tg_parser_next(parser);
    (void)tg_parser_next(parser);
    return TRUE;
}

gboolean tg_parser_expect(TgParser *parser, const char *word)
{
    if (tg_parser_accept(parser, word)) {
        return TRUE;
    }
    g_autofree char *upper = g_ascii_strup(word, -1);

    (void)tg_parser_fail_expected(parser, upper);
    return FALSE;
}

gboolean tg_parser_is_sign(const TgParser *parser, guint ahead, const char *sign)
{
    const TgToken *token = tg_parser_peek_at(parser, ahead);

    return token->kind == TG_TOKEN_SIGN && strcmp(token->text, sign) == 0;
}

gboolean tg_parser_accept_sign(TgParser *parser, const char *sign)
{
    if (!tg_parser_is_sign(parser, 0, sign)) {
        return FALSE;
    }
    (void)tg_parser_next(parser);
    return TRUE;
}

gboolean tg_parser_expect_sign(TgParser *parser, const char *sign)
{
    if (tg_parser_accept_sign(parser, sign)) {
        return TRUE;
    }
    g_autofree char *expected = g_strdup_printf("'%s'", sign);

    (void)tg_parser_fail_expected(parser, expected);
    return FALSE;
}

gboolean tg_parser_is_name(const TgParser *parser, guint ahead)
{
    const TgToken *token = tg_parser_peek_at(parser, ahead);

    if (token->kind == TG_TOKEN_QUOTED) {
        return TRUE;
    }
    if (token->kind != TG_TOKEN_WORD) {
        return FALSE;
    }
    for (guint i = 0; reserved[i] != NULL; i++) {
        if (is_same_word(token->text, reserved[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

char *tg_parser_name_as_written(TgParser *parser)
{
    if (!tg_parser_is_name(parser, 0)) {
        return tg_parser_fail_expected(parser, "a name");
    }
    return tg_parser_next(parser)->text;
}

char *tg_parser_name(TgParser *parser)
{
    const char *name = tg_parser_name_as_written(parser);

    return name == NULL ? NULL : tg_sql_arena_lower(parser->arena, name);
}

char *tg_parser_string(TgParser *parser)
{
    if (tg_parser_peek(parser)->kind != TG_TOKEN_STRING) {
        return tg_parser_fail_expected(parser, "a text in single quotes");
    }
    return tg_parser_next(parser)->text;
}

gboolean tg_parser_enter(TgParser *parser)
{
    if (parser->depth >= TG_SQL_DEPTH_MAX) {
        (void)tg_parser_fail_at(parser, tg_parser_offset(parser),
                                "nested more than %d levels deep; use WITH to name the parts",
                                TG_SQL_DEPTH_MAX);
        return FALSE;
    }
    parser->depth++;
    return TRUE;
}

void tg_parser_leave(TgParser *parser)
{
    parser->depth--;
}

TgNode *tg_parser_node(TgParser *parser, TgNodeKind kind, GPtrArray *items)
{
    TgNode *node = tg_node_new(parser->arena, kind, 0, items->len);

    for (guint i = 0; i < items->len; i++) {
        node->items[i] = items->pdata[i];
    }
    return node;
}

TgNode *tg_parser_list(TgParser *parser, guint32 offset, const GPtrArray *items)
{
    TgNode *list = tg_parser_node(parser, TG_NODE_LIST, (GPtrArray *)items);

    list->offset = offset;
    return list;
}

static gboolean parse_tokens(TgParser *parser, GError **error)
{
    tg_parse_statement(parser);
    (void)tg_parser_accept_sign(parser, ";");
    if (parser->error == NULL && tg_parser_peek(parser)->kind != TG_TOKEN_END) {
        (void)tg_parser_fail_expected(parser, "the end of the statement");
    }
    if (parser->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&parser->error));
        return FALSE;
    }
    return TRUE;
}

TgStatement *tg_statement_parse(const char *text, gsize size_bytes, const char *source_name,
                                GError **error)
{
    g_autoptr(TgStatement) statement = g_new0(TgStatement, 1);
    g_autoptr(GArray) tokens = NULL;

    statement->arena = tg_sql_arena_new();
    statement->source_name = g_strdup(source_name == NULL ? "<query>" : source_name);
    if (size_bytes > TG_SQL_BYTES_MAX) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "%s: the statement has %" G_GSIZE_FORMAT " bytes, more than %" G_GSIZE_FORMAT,
                    statement->source_name, size_bytes, TG_SQL_BYTES_MAX);
        return NULL;
    }
    statement->source_text = g_strndup(text, size_bytes);
    statement->source = (TgSource){statement->source_name, text, size_bytes};
    tokens = tg_sql_tokens(statement->arena, &statement->source, error);
    if (tokens == NULL) {
        return NULL;
    }
    statement->source.text = statement->source_text; /* no NUL inside: the lexer refused it */
    TgParser parser = {.statement = statement,
                       .arena = statement->arena,
                       .source = &statement->source,
                       .tokens = tokens};

    return parse_tokens(&parser, error) ? g_steal_pointer(&statement) : NULL;
}

void tg_statement_clear_json(TgStatement *statement)
{
    json_decref(statement->columns);
    json_decref(statement->partition_keys);
    json_decref(statement->properties);
    json_decref(statement->partitions);
    json_decref(statement->storage);
    if (statement->column_names != NULL) {
        g_ptr_array_unref(statement->column_names);
    }
    if (statement->arguments != NULL) {
        g_ptr_array_unref(statement->arguments);
    }
}

void tg_statement_free(TgStatement *statement)
{
    if (statement == NULL) {
        return;
    }
    tg_statement_clear_json(statement);
    if (statement->views != NULL) {
        g_ptr_array_unref(statement->views);
    }
    tg_sql_arena_free(statement->arena);
    g_free(statement->source_name);
    g_free(statement->source_text);
    g_free(statement);
}

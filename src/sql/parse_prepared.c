/* PREPARE, EXECUTE, DEALLOCATE, and texts whose `?` get values. */
#include <string.h>

#include "sql/parse.h"

/* The source from a place up to the last token that was read. */
static char *text_since(const TgParser *parser, guint32 start)
{
    guint32 end = g_array_index(parser->tokens, TgToken, parser->at - 1).end;

    return tg_sql_arena_copy(parser->arena, parser->source->text + start, end - start);
}

/* PREPARE name FROM statement: the statement is checked now, and kept as a text. */
static void parse_prepare(TgParser *parser)
{
    TgStatement *statement = parser->statement;
    TgStatement inner = {.arena = parser->arena};
    guint32 start = 0;

    (void)tg_parser_next(parser);
    statement->prepared_name = tg_parser_name(parser);
    (void)tg_parser_expect(parser, "from");
    start = tg_parser_offset(parser);
    if (tg_parser_is_word(parser, 0, "prepare") || tg_parser_is_word(parser, 0, "execute") ||
        tg_parser_is_word(parser, 0, "deallocate")) {
        (void)tg_parser_fail_at(parser, start, "this statement cannot be prepared");
        return;
    }
    parser->statement = &inner;
    parser->takes_parameters = TRUE;
    tg_parse_statement(parser);
    parser->takes_parameters = FALSE;
    parser->statement = statement;
    tg_statement_clear_json(&inner);
    if (parser->error == NULL) {
        statement->query_text = text_since(parser, start);
    }
    statement->kind = TG_STATEMENT_PREPARE;
}

/* One value of USING, as it is written. */
static void parse_argument(TgParser *parser)
{
    guint32 start = tg_parser_offset(parser);

    (void)tg_parse_expression(parser);
    if (parser->error == NULL) {
        g_ptr_array_add(parser->statement->arguments, text_since(parser, start));
    }
}

/* EXECUTE name [USING value, …] */
static void parse_execute(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    statement->kind = TG_STATEMENT_EXECUTE;
    (void)tg_parser_next(parser);
    statement->prepared_name = tg_parser_name(parser);
    statement->arguments = g_ptr_array_new();
    if (tg_parser_accept(parser, "using")) {
        do {
            parse_argument(parser);
        } while (tg_parser_accept_sign(parser, ","));
    }
    g_ptr_array_add(statement->arguments, NULL);
}

gboolean tg_parse_prepared(TgParser *parser)
{
    if (tg_parser_is_word(parser, 0, "prepare")) {
        parse_prepare(parser);
    } else if (tg_parser_is_word(parser, 0, "execute")) {
        parse_execute(parser);
    } else if (tg_parser_is_word(parser, 0, "deallocate")) {
        (void)tg_parser_next(parser);
        (void)tg_parser_expect(parser, "prepare");
        parser->statement->kind = TG_STATEMENT_DEALLOCATE;
        parser->statement->prepared_name = tg_parser_name(parser);
    } else {
        return FALSE;
    }
    return TRUE;
}

/* ---- values for `?` ------------------------------------------------------------------------- */

/* Whether a text is one expression and nothing else, so that a value cannot change the statement
 * around it. */
static gboolean check_value(const char *text, guint number, GError **error)
{
    g_autoptr(TgSqlArena) arena = tg_sql_arena_new();
    g_autofree char *name = g_strdup_printf("parameter %u", number);
    TgSource source = {name, text, strlen(text)};
    g_autoptr(GArray) tokens = tg_sql_tokens(arena, &source, error);

    if (tokens == NULL) {
        return FALSE;
    }
    TgParser parser = {.arena = arena, .source = &source, .tokens = tokens};

    (void)tg_parse_expression(&parser);
    if (parser.error == NULL && tg_parser_peek(&parser)->kind != TG_TOKEN_END) {
        (void)tg_parser_fail_expected(&parser, "the end of the value");
    }
    if (parser.error != NULL) {
        g_propagate_error(error, parser.error);
        return FALSE;
    }
    return TRUE;
}

static gboolean fail_count(const char *name, guint marks, guint values, GError **error)
{
    g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                "%s: Incorrect number of parameters: expected %u but found %u", name, marks,
                values);
    return FALSE;
}

/* A line feed ends a comment at the value's end. */
static void append_value(GString *out, const char *value)
{
    gboolean is_digits = *value != '\0' && strspn(value, "0123456789") == strlen(value);

    g_string_append_printf(out, is_digits ? "%s" : "(%s\n)", value);
}

gboolean tg_sql_bind(const char *text, const char *source_name, const char *const *values,
                     char **out, GError **error)
{
    g_autoptr(TgSqlArena) arena = tg_sql_arena_new();
    const char *name = source_name == NULL ? "<query>" : source_name;
    TgSource source = {name, text, strlen(text)};
    g_autoptr(GArray) tokens = tg_sql_tokens(arena, &source, error);
    g_autoptr(GString) bound = g_string_new(NULL);
    guint count = g_strv_length((char **)values);
    guint32 at = 0;
    guint marks = 0;

    if (tokens == NULL) {
        return FALSE;
    }
    for (guint i = 0; i < count; i++) {
        if (!check_value(values[i], i + 1, error)) {
            g_prefix_error(error, "%s: ", name);
            return FALSE;
        }
    }
    for (guint i = 0; i < tokens->len; i++) {
        const TgToken *token = &g_array_index(tokens, TgToken, i);

        if (token->kind != TG_TOKEN_SIGN || *token->text != '?') {
            continue;
        }
        if (marks < count) {
            g_string_append_len(bound, text + at, token->offset - at);
            append_value(bound, values[marks]);
            at = token->end;
        }
        marks++;
    }
    if (marks != count) {
        return fail_count(name, marks, count, error);
    }
    g_string_append(bound, text + at);
    *out = g_string_free(g_steal_pointer(&bound), FALSE);
    return TRUE;
}

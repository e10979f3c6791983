/* Inside of the parser: shared by the files parse_*.c. */
#pragma once

#include "sql/sql.h"
#include "sql/token.h"

#define TG_PARSE_CHAIN_MAX 1000 /* of `a + b + c …`, joins, unions */
#define TG_PARSE_LIST_MAX 50000

/* After the first failure the parser stands at the END token, so that every loop ends. */
typedef struct {
    TgStatement *statement;
    TgSqlArena *arena;
    const TgSource *source;
    GArray *tokens;
    guint at;
    guint depth;
    gboolean takes_parameters; /* in PREPARE, where `?` stands for any value */
    GError *error;
} TgParser;

/* The token at hand and those after it; END repeats. */
const TgToken *tg_parser_peek(const TgParser *parser);
const TgToken *tg_parser_peek_at(const TgParser *parser, guint ahead);
const TgToken *tg_parser_next(TgParser *parser);
guint32 tg_parser_offset(const TgParser *parser);

/* Records the first failure, at a place in the text; gives NULL. */
gpointer tg_parser_fail_at(TgParser *parser, guint32 offset, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* "expected X, found Y" at the token at hand, with a likely keyword. */
gpointer tg_parser_fail_expected(TgParser *parser, const char *expected);

/* Words are compared without case and never match quoted names. */
gboolean tg_parser_is_word(const TgParser *parser, guint ahead, const char *word);
gboolean tg_parser_accept(TgParser *parser, const char *word);
gboolean tg_parser_accept_two(TgParser *parser, const char *first, const char *second);
gboolean tg_parser_expect(TgParser *parser, const char *word);

gboolean tg_parser_is_sign(const TgParser *parser, guint ahead, const char *sign);
gboolean tg_parser_accept_sign(TgParser *parser, const char *sign);
gboolean tg_parser_expect_sign(TgParser *parser, const char *sign);

/* Whether the token at hand can be a name (reserved words need quotes). */
gboolean tg_parser_is_name(const TgParser *parser, guint ahead);

/* A name in lower case, or as written; a failure when there is none. */
char *tg_parser_name(TgParser *parser);
char *tg_parser_name_as_written(TgParser *parser);

/* A text in quotes. */
char *tg_parser_string(TgParser *parser);

/* Depth of recursion; FALSE (and a failure) when it is too deep. Every TRUE needs a leave. */
gboolean tg_parser_enter(TgParser *parser);
void tg_parser_leave(TgParser *parser);

/* A list node of the collected children. */
TgNode *tg_parser_list(TgParser *parser, guint32 offset, const GPtrArray *items);
TgNode *tg_parser_node(TgParser *parser, TgNodeKind kind, GPtrArray *items);

/* parse_expression.c, parse_call.c */
TgNode *tg_parse_expression(TgParser *parser);
TgNode *tg_parse_value(TgParser *parser);
TgNode *tg_parse_primary(TgParser *parser);
TgNode *tg_parse_call(TgParser *parser, guint32 offset, const char *name);
TgNode *tg_parse_special(TgParser *parser);
TgNode *tg_parse_window(TgParser *parser);
TgNode *tg_parse_sort_list(TgParser *parser);
const TgSqlType *tg_parse_type(TgParser *parser);
TgNode *tg_parse_expression_list(TgParser *parser, const char *close);

/* parse_query.c, parse_relation.c */
TgNode *tg_parse_query(TgParser *parser);
TgNode *tg_parse_relation(TgParser *parser);
gboolean tg_parse_is_query(const TgParser *parser);
TgNode *tg_parse_names(TgParser *parser);

/* parse_prepared.c: FALSE when the statement is none of these. */
gboolean tg_parse_prepared(TgParser *parser);

/* parse.c: frees what is not of the arena. */
void tg_statement_clear_json(TgStatement *statement);

/* parse_statement.c, parse_ddl.c, parse_table.c, parse_show.c */
void tg_parse_statement(TgParser *parser);
void tg_parse_table_name(TgParser *parser);
void tg_parse_create(TgParser *parser);
void tg_parse_create_table(TgParser *parser);
void tg_parse_drop(TgParser *parser);
void tg_parse_alter(TgParser *parser);
void tg_parse_show(TgParser *parser);
void tg_parse_describe(TgParser *parser);
json_t *tg_parse_properties(TgParser *parser);
json_t *tg_parse_columns(TgParser *parser);
gboolean tg_parse_if_exists(TgParser *parser, gboolean is_not);

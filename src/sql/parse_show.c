/* SHOW … and DESCRIBE. */
#include <string.h>

#include "sql/parse.h"

/* [LIKE] 'pattern' */
static void parse_pattern(TgParser *parser)
{
    gboolean has_like = tg_parser_accept(parser, "like");

    if (has_like || tg_parser_peek(parser)->kind == TG_TOKEN_STRING) {
        parser->statement->pattern = tg_parser_string(parser);
    }
}

static void parse_in_database(TgParser *parser)
{
    if (tg_parser_accept(parser, "in") || tg_parser_accept(parser, "from")) {
        parser->statement->database = tg_parser_name(parser);
    }
}

static void parse_show_columns(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    statement->kind = TG_STATEMENT_SHOW_COLUMNS;
    if (!tg_parser_accept(parser, "in")) {
        (void)tg_parser_expect(parser, "from");
    }
    tg_parse_table_name(parser);
    parse_in_database(parser);
}

static void parse_show_properties(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    statement->kind = TG_STATEMENT_SHOW_PROPERTIES;
    tg_parse_table_name(parser);
    if (tg_parser_accept_sign(parser, "(")) {
        statement->pattern = tg_parser_string(parser);
        (void)tg_parser_expect_sign(parser, ")");
    }
}

void tg_parse_show(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    (void)tg_parser_next(parser);
    if (tg_parser_accept(parser, "databases") || tg_parser_accept(parser, "schemas")) {
        statement->kind = TG_STATEMENT_SHOW_DATABASES;
        parse_pattern(parser);
    } else if (tg_parser_accept(parser, "tables")) {
        statement->kind = TG_STATEMENT_SHOW_TABLES;
        parse_in_database(parser);
        parse_pattern(parser);
    } else if (tg_parser_accept(parser, "views")) {
        statement->kind = TG_STATEMENT_SHOW_VIEWS;
        parse_in_database(parser);
        parse_pattern(parser);
    } else if (tg_parser_accept(parser, "partitions")) {
        statement->kind = TG_STATEMENT_SHOW_PARTITIONS;
        tg_parse_table_name(parser);
    } else if (tg_parser_accept(parser, "columns")) {
        parse_show_columns(parser);
    } else if (tg_parser_accept_two(parser, "create", "table") ||
               tg_parser_accept_two(parser, "create", "view")) {
        statement->kind = TG_STATEMENT_SHOW_CREATE_TABLE;
        tg_parse_table_name(parser);
    } else if (tg_parser_accept(parser, "tblproperties")) {
        parse_show_properties(parser);
    } else {
        (void)tg_parser_fail_expected(
            parser, "DATABASES, TABLES, VIEWS, PARTITIONS, COLUMNS, CREATE TABLE or TBLPROPERTIES");
    }
}

void tg_parse_describe(TgParser *parser)
{
    parser->statement->kind = TG_STATEMENT_DESCRIBE;
    (void)tg_parser_next(parser);
    if (!tg_parser_accept(parser, "extended")) {
        (void)tg_parser_accept(parser, "formatted");
    }
    tg_parse_table_name(parser);
}

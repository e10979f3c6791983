/* DDL in Hive's grammar: databases, views, DROP, ALTER TABLE. */
#include <string.h>

#include "sql/parse.h"

/* A name of a column with its type in Hive's words. */
static gboolean parse_column(TgParser *parser, json_t *into)
{
    const char *name = tg_parser_name(parser);
    const TgSqlType *type = NULL;
    const char *hive = NULL;

    if (name == NULL) {
        return FALSE;
    }
    guint32 offset = tg_parser_offset(parser);

    type = tg_parse_type(parser);
    if (type == NULL) {
        return FALSE;
    }
    hive = tg_sql_type_hive(parser->arena, type);
    if (hive == NULL) {
        (void)tg_parser_fail_at(parser, offset, "a table cannot have a column of type %s",
                                tg_sql_type_trino(parser->arena, type));
        return FALSE;
    }
    json_t *column = json_pack("{s:s, s:s}", "Name", name, "Type", hive);

    if (tg_parser_accept(parser, "comment")) {
        const char *comment = tg_parser_string(parser);

        (void)json_object_set_new(column, "Comment", json_string(comment == NULL ? "" : comment));
    }
    (void)json_array_append_new(into, column);
    return TRUE;
}

/* (name type [COMMENT '…'], …) */
json_t *tg_parse_columns(TgParser *parser)
{
    json_t *columns = json_array();

    (void)tg_parser_expect_sign(parser, "(");
    do {
        if (!parse_column(parser, columns)) {
            break;
        }
    } while (tg_parser_accept_sign(parser, ","));
    (void)tg_parser_expect_sign(parser, ")");
    return columns;
}

static void parse_create_database(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    statement->kind = TG_STATEMENT_CREATE_DATABASE;
    parser->at += 2;
    statement->if_exists = tg_parse_if_exists(parser, TRUE);
    statement->database = tg_parser_name(parser);
    if (tg_parser_accept(parser, "comment")) {
        statement->comment = tg_parser_string(parser);
    }
    if (tg_parser_accept(parser, "location")) {
        statement->location = tg_parser_string(parser);
    }
    if (tg_parser_accept_two(parser, "with", "dbproperties")) {
        statement->properties = tg_parse_properties(parser);
    }
}

static void parse_create_view(TgParser *parser)
{
    TgStatement *statement = parser->statement;
    guint32 start = 0;
    guint32 end = 0;

    statement->kind = TG_STATEMENT_CREATE_VIEW;
    (void)tg_parser_next(parser);
    statement->or_replace = tg_parser_accept_two(parser, "or", "replace");
    (void)tg_parser_expect(parser, "view");
    tg_parse_table_name(parser);
    (void)tg_parser_expect(parser, "as");
    start = tg_parser_offset(parser);
    statement->query = tg_parse_query(parser);
    if (parser->error == NULL) {
        end = g_array_index(parser->tokens, TgToken, parser->at - 1).end;
        statement->query_text =
            tg_sql_arena_copy(parser->arena, parser->source->text + start, end - start);
    }
}

void tg_parse_create(TgParser *parser)
{
    if (tg_parser_is_word(parser, 1, "database") || tg_parser_is_word(parser, 1, "schema")) {
        parse_create_database(parser);
    } else if (tg_parser_is_word(parser, 1, "view") || tg_parser_is_word(parser, 1, "or")) {
        parse_create_view(parser);
    } else {
        tg_parse_create_table(parser);
    }
}

static void parse_drop_database(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    statement->kind = TG_STATEMENT_DROP_DATABASE;
    statement->if_exists = tg_parse_if_exists(parser, FALSE);
    statement->database = tg_parser_name(parser);
    statement->cascade = tg_parser_accept(parser, "cascade");
    (void)tg_parser_accept(parser, "restrict");
}

void tg_parse_drop(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    (void)tg_parser_next(parser);
    if (tg_parser_accept(parser, "database") || tg_parser_accept(parser, "schema")) {
        parse_drop_database(parser);
        return;
    }
    if (tg_parser_accept(parser, "view")) {
        statement->kind = TG_STATEMENT_DROP_VIEW;
    } else if (tg_parser_accept(parser, "table")) {
        statement->kind = TG_STATEMENT_DROP_TABLE;
    } else {
        (void)tg_parser_fail_expected(parser, "TABLE, VIEW or DATABASE");
        return;
    }
    statement->if_exists = tg_parse_if_exists(parser, FALSE);
    tg_parse_table_name(parser);
}

/* (k = 'v', k2 = 5) */
static json_t *parse_partition_spec(TgParser *parser)
{
    json_t *spec = json_object();

    (void)tg_parser_expect_sign(parser, "(");
    do {
        const char *name = tg_parser_name(parser);
        const TgToken *value = NULL;

        (void)tg_parser_expect_sign(parser, "=");
        (void)tg_parser_accept(parser, "date");
        value = tg_parser_peek(parser);
        if (name == NULL || (value->kind != TG_TOKEN_STRING && value->kind != TG_TOKEN_INTEGER)) {
            (void)tg_parser_fail_expected(parser, "a text in single quotes or a number");
            break;
        }
        (void)json_object_set_new(spec, name, json_string(tg_parser_next(parser)->text));
    } while (tg_parser_accept_sign(parser, ","));
    (void)tg_parser_expect_sign(parser, ")");
    return spec;
}

/* PARTITION (…) [LOCATION '…'] PARTITION (…) …, with or without commas between them */
static void parse_partitions(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    statement->partitions = json_array();
    do {
        json_t *partition = json_object();

        (void)json_array_append_new(statement->partitions, partition);
        (void)tg_parser_expect(parser, "partition");
        (void)json_object_set_new(partition, "spec", parse_partition_spec(parser));
        if (tg_parser_accept(parser, "location")) {
            const char *location = tg_parser_string(parser);

            (void)json_object_set_new(partition, "location",
                                      json_string(location == NULL ? "" : location));
        }
        (void)tg_parser_accept_sign(parser, ",");
    } while (tg_parser_is_word(parser, 0, "partition"));
}

static void parse_add(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    if (tg_parser_accept(parser, "columns")) {
        statement->kind = TG_STATEMENT_ADD_COLUMNS;
        statement->columns = tg_parse_columns(parser);
        return;
    }
    statement->kind = TG_STATEMENT_ADD_PARTITIONS;
    statement->if_exists = tg_parse_if_exists(parser, TRUE);
    parse_partitions(parser);
}

static void parse_set(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    if (tg_parser_accept(parser, "location")) {
        statement->kind = TG_STATEMENT_SET_LOCATION;
        statement->location = tg_parser_string(parser);
    } else if (tg_parser_accept(parser, "tblproperties")) {
        statement->kind = TG_STATEMENT_SET_PROPERTIES;
        statement->properties = tg_parse_properties(parser);
    } else {
        (void)tg_parser_fail_expected(parser, "LOCATION or TBLPROPERTIES");
    }
}

/* CHANGE [COLUMN] old new type [COMMENT '…'] [FIRST | AFTER other] */
static void parse_change(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    statement->kind = TG_STATEMENT_CHANGE_COLUMN;
    (void)tg_parser_accept(parser, "column");
    statement->column_name = tg_parser_name(parser);
    statement->columns = json_array();
    (void)parse_column(parser, statement->columns);
    if (tg_parser_accept(parser, "first")) {
        statement->after = "";
    } else if (tg_parser_accept(parser, "after")) {
        statement->after = tg_parser_name(parser);
    }
}

/* PARTITION (…) SET LOCATION '…', or PARTITION (…) RENAME TO PARTITION (…) */
static void parse_alter_partition(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    parse_partitions(parser);
    if (tg_parser_accept_two(parser, "rename", "to")) {
        json_t *from = json_incref(json_array_get(statement->partitions, 0));

        statement->kind = TG_STATEMENT_RENAME_PARTITION;
        json_decref(statement->partitions);
        statement->partitions = NULL;
        if (tg_parser_is_word(parser, 0, "partition")) {
            parse_partitions(parser);
            (void)json_array_insert_new(statement->partitions, 0, from);
        } else {
            json_decref(from);
            (void)tg_parser_fail_expected(parser, "PARTITION");
        }
        return;
    }
    statement->kind = TG_STATEMENT_SET_LOCATION;
    (void)tg_parser_expect(parser, "set");
    (void)tg_parser_expect(parser, "location");
    statement->location = tg_parser_string(parser);
}

void tg_parse_alter(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    (void)tg_parser_next(parser);
    (void)tg_parser_expect(parser, "table");
    tg_parse_table_name(parser);
    if (tg_parser_accept(parser, "add")) {
        parse_add(parser);
    } else if (tg_parser_accept(parser, "set")) {
        parse_set(parser);
    } else if (tg_parser_accept(parser, "drop")) {
        statement->kind = TG_STATEMENT_DROP_PARTITIONS;
        statement->if_exists = tg_parse_if_exists(parser, FALSE);
        parse_partitions(parser);
    } else if (tg_parser_is_word(parser, 0, "partition")) {
        parse_alter_partition(parser);
    } else if (tg_parser_accept_two(parser, "replace", "columns")) {
        statement->kind = TG_STATEMENT_REPLACE_COLUMNS;
        statement->columns = tg_parse_columns(parser);
    } else if (tg_parser_accept(parser, "change")) {
        parse_change(parser);
    } else {
        (void)tg_parser_fail_expected(
            parser,
            "ADD PARTITION, ADD COLUMNS, REPLACE COLUMNS, CHANGE COLUMN, DROP PARTITION, SET "
            "LOCATION or SET TBLPROPERTIES");
    }
}

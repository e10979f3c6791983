/* Statements: which one it is, CTAS and INSERT. */
#include <string.h>

#include "sql/parse.h"

const char *tg_statement_kind_name(TgStatementKind kind)
{
    static const char *const names[] = {
        [TG_STATEMENT_SELECT] = "SELECT",
        [TG_STATEMENT_EXPLAIN] = "EXPLAIN",
        [TG_STATEMENT_CTAS] = "CREATE TABLE AS",
        [TG_STATEMENT_INSERT] = "INSERT INTO",
        [TG_STATEMENT_UNLOAD] = "UNLOAD",
        [TG_STATEMENT_PREPARE] = "PREPARE",
        [TG_STATEMENT_EXECUTE] = "EXECUTE",
        [TG_STATEMENT_DEALLOCATE] = "DEALLOCATE PREPARE",
        [TG_STATEMENT_CREATE_DATABASE] = "CREATE DATABASE",
        [TG_STATEMENT_DROP_DATABASE] = "DROP DATABASE",
        [TG_STATEMENT_CREATE_TABLE] = "CREATE EXTERNAL TABLE",
        [TG_STATEMENT_DROP_TABLE] = "DROP TABLE",
        [TG_STATEMENT_ADD_PARTITIONS] = "ALTER TABLE ADD PARTITION",
        [TG_STATEMENT_DROP_PARTITIONS] = "ALTER TABLE DROP PARTITION",
        [TG_STATEMENT_SET_LOCATION] = "ALTER TABLE SET LOCATION",
        [TG_STATEMENT_SET_PROPERTIES] = "ALTER TABLE SET TBLPROPERTIES",
        [TG_STATEMENT_ADD_COLUMNS] = "ALTER TABLE ADD COLUMNS",
        [TG_STATEMENT_REPLACE_COLUMNS] = "ALTER TABLE REPLACE COLUMNS",
        [TG_STATEMENT_CHANGE_COLUMN] = "ALTER TABLE CHANGE COLUMN",
        [TG_STATEMENT_RENAME_PARTITION] = "ALTER TABLE RENAME PARTITION",
        [TG_STATEMENT_CREATE_VIEW] = "CREATE VIEW",
        [TG_STATEMENT_DROP_VIEW] = "DROP VIEW",
        [TG_STATEMENT_SHOW_DATABASES] = "SHOW DATABASES",
        [TG_STATEMENT_SHOW_TABLES] = "SHOW TABLES",
        [TG_STATEMENT_SHOW_PARTITIONS] = "SHOW PARTITIONS",
        [TG_STATEMENT_SHOW_COLUMNS] = "SHOW COLUMNS",
        [TG_STATEMENT_SHOW_CREATE_TABLE] = "SHOW CREATE TABLE",
        [TG_STATEMENT_SHOW_PROPERTIES] = "SHOW TBLPROPERTIES",
        [TG_STATEMENT_SHOW_VIEWS] = "SHOW VIEWS",
        [TG_STATEMENT_DESCRIBE] = "DESCRIBE",
        [TG_STATEMENT_REPAIR] = "MSCK REPAIR TABLE",
    };

    return names[kind];
}

/* `lake.flights` in one pair of quotes, as SHOW CREATE TABLE prints it: names have no points. */
static void split_name(TgParser *parser)
{
    TgStatement *statement = parser->statement;
    const char *point = statement->table == NULL ? NULL : strchr(statement->table, '.');

    if (point != NULL && statement->database == NULL) {
        statement->database =
            tg_sql_arena_copy(parser->arena, statement->table, (gsize)(point - statement->table));
        statement->table = point + 1;
    }
}

/* [database.]table, quoted either way. */
void tg_parse_table_name(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    statement->table_offset = tg_parser_offset(parser);
    statement->table = tg_parser_name(parser);
    while (tg_parser_accept_sign(parser, ".")) {
        if (statement->database != NULL && strcmp(statement->database, "awsdatacatalog") != 0) {
            (void)tg_parser_fail_at(parser, statement->table_offset,
                                    "only the catalog awsdatacatalog is known here");
        }
        statement->database = statement->table;
        statement->table = tg_parser_name(parser);
    }
    split_name(parser);
}

/* IF EXISTS, or IF NOT EXISTS. */
gboolean tg_parse_if_exists(TgParser *parser, gboolean is_not)
{
    if (!tg_parser_accept(parser, "if")) {
        return FALSE;
    }
    if (is_not) {
        (void)tg_parser_expect(parser, "not");
    }
    (void)tg_parser_expect(parser, "exists");
    return TRUE;
}

/* ['a', 'b'] */
static json_t *parse_text_list(TgParser *parser)
{
    json_t *list = json_array();

    (void)tg_parser_expect_sign(parser, "[");
    if (tg_parser_accept_sign(parser, "]")) {
        return list;
    }
    do {
        const char *text = tg_parser_string(parser);

        (void)json_array_append_new(list, json_string(text == NULL ? "" : text));
    } while (tg_parser_accept_sign(parser, ","));
    (void)tg_parser_expect_sign(parser, "]");
    return list;
}

/* A value of WITH (…) or TBLPROPERTIES: text, number, boolean or ARRAY['…']. */
static json_t *parse_property(TgParser *parser)
{
    const TgToken *token = tg_parser_peek(parser);

    if (tg_parser_accept(parser, "array")) {
        return parse_text_list(parser);
    }
    if (token->kind != TG_TOKEN_STRING && token->kind != TG_TOKEN_INTEGER &&
        token->kind != TG_TOKEN_QUOTED && token->kind != TG_TOKEN_WORD) {
        (void)tg_parser_fail_expected(parser, "a value: a text in single quotes");
    }
    return json_string(tg_parser_next(parser)->text);
}

/* ('key' = 'value', …), or (key = value, …) */
json_t *tg_parse_properties(TgParser *parser)
{
    json_t *properties = json_object();

    (void)tg_parser_expect_sign(parser, "(");
    do {
        const TgToken *token = tg_parser_peek(parser);

        if (token->kind != TG_TOKEN_STRING && token->kind != TG_TOKEN_QUOTED &&
            token->kind != TG_TOKEN_WORD) {
            (void)tg_parser_fail_expected(parser, "the name of a property");
            break;
        }
        const char *name = tg_parser_next(parser)->text;

        (void)tg_parser_expect_sign(parser, "=");
        (void)json_object_set_new(properties, name, parse_property(parser));
    } while (tg_parser_accept_sign(parser, ","));
    (void)tg_parser_expect_sign(parser, ")");
    return properties;
}

/* CREATE TABLE [IF NOT EXISTS] t [WITH (…)] AS query [WITH [NO] DATA] */
static void parse_ctas(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    statement->kind = TG_STATEMENT_CTAS;
    parser->at += 2;
    statement->if_exists = tg_parse_if_exists(parser, TRUE);
    tg_parse_table_name(parser);
    if (tg_parser_accept(parser, "comment")) {
        statement->comment = tg_parser_string(parser);
    }
    if (tg_parser_accept(parser, "with")) {
        statement->properties = tg_parse_properties(parser);
    }
    (void)tg_parser_expect(parser, "as");
    statement->query = tg_parse_query(parser);
    if (tg_parser_accept(parser, "with")) {
        statement->no_data = tg_parser_accept(parser, "no");
        (void)tg_parser_expect(parser, "data");
    }
}

static void parse_insert(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    statement->kind = TG_STATEMENT_INSERT;
    (void)tg_parser_next(parser);
    (void)tg_parser_expect(parser, "into");
    tg_parse_table_name(parser);
    if (tg_parser_is_sign(parser, 0, "(") && !tg_parse_is_query(parser)) {
        TgNode *names = tg_parse_names(parser);

        statement->column_names = g_ptr_array_new();
        for (guint i = 0; i < names->count; i++) {
            const char *name = names->items[i]->text == NULL ? "" : names->items[i]->text;

            g_ptr_array_add(statement->column_names, tg_sql_arena_lower(parser->arena, name));
        }
    }
    statement->query = tg_parse_query(parser);
}

/* UNLOAD (query) TO 's3://…/' WITH (format = 'PARQUET', …) */
static void parse_unload(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    statement->kind = TG_STATEMENT_UNLOAD;
    (void)tg_parser_next(parser);
    (void)tg_parser_expect_sign(parser, "(");
    statement->query = tg_parse_query(parser);
    (void)tg_parser_expect_sign(parser, ")");
    (void)tg_parser_expect(parser, "to");
    statement->location = tg_parser_string(parser);
    if (tg_parser_accept(parser, "with")) {
        statement->properties = tg_parse_properties(parser);
    }
}

/* One of the words, in lower case; NULL and a failure when it is none. */
static const char *parse_choice(TgParser *parser, const char *const *words)
{
    g_autofree char *list = NULL;

    for (guint i = 0; words[i] != NULL; i++) {
        if (tg_parser_accept(parser, words[i])) {
            return words[i];
        }
    }
    list = g_strjoinv(", ", (char **)words);
    return tg_parser_fail_expected(parser, list);
}

/* (FORMAT JSON, TYPE LOGICAL) */
static void parse_explain_options(TgParser *parser)
{
    static const char *const formats[] = {"text", "json", "graphviz", NULL};
    static const char *const types[] = {"logical", "distributed", "io", "validate", NULL};
    TgStatement *statement = parser->statement;

    (void)tg_parser_expect_sign(parser, "(");
    do {
        if (tg_parser_accept(parser, "format")) {
            statement->explain_format = parse_choice(parser, formats);
        } else {
            (void)tg_parser_expect(parser, "type");
            statement->explain_type = parse_choice(parser, types);
        }
    } while (tg_parser_accept_sign(parser, ","));
    (void)tg_parser_expect_sign(parser, ")");
}

static void parse_explain(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    statement->kind = TG_STATEMENT_EXPLAIN;
    (void)tg_parser_next(parser);
    statement->is_analyze = tg_parser_accept(parser, "analyze");
    (void)tg_parser_accept(parser, "verbose");
    if (tg_parser_is_sign(parser, 0, "(") && !tg_parse_is_query(parser)) {
        parse_explain_options(parser);
    }
    statement->query = tg_parse_query(parser);
}

/* CREATE TABLE … AS: the word AS comes before the statement's end, outside of brackets. */
static gboolean is_ctas(const TgParser *parser)
{
    guint open = 0;

    if (!tg_parser_is_word(parser, 0, "create") || !tg_parser_is_word(parser, 1, "table")) {
        return FALSE;
    }
    for (guint ahead = 2; tg_parser_peek_at(parser, ahead)->kind != TG_TOKEN_END; ahead++) {
        open += tg_parser_is_sign(parser, ahead, "(") ? 1 : 0;
        open -= tg_parser_is_sign(parser, ahead, ")") && open > 0 ? 1 : 0;
        if (open == 0 && tg_parser_is_word(parser, ahead, "as")) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What is part of Athena's SQL, but not done here. */
static gboolean refuse(TgParser *parser)
{
    static const char *const words[] = {"update", "delete",   "merge", "optimize", "vacuum",
                                        "call",   "truncate", "grant", "revoke",   "analyze"};

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (tg_parser_is_word(parser, 0, words[i])) {
            g_autofree char *upper = g_ascii_strup(words[i], -1);

            (void)tg_parser_fail_at(parser, tg_parser_offset(parser),
                                    "%s is not supported by the local engine", upper);
            return TRUE;
        }
    }
    return FALSE;
}

static void parse_repair(TgParser *parser)
{
    parser->statement->kind = TG_STATEMENT_REPAIR;
    (void)tg_parser_next(parser);
    (void)tg_parser_expect(parser, "repair");
    (void)tg_parser_expect(parser, "table");
    tg_parse_table_name(parser);
}

void tg_parse_statement(TgParser *parser)
{
    if (tg_parser_peek(parser)->kind == TG_TOKEN_END || tg_parser_is_sign(parser, 0, ";")) {
        (void)tg_parser_fail_at(parser, 0, "there is no statement in this text");
    } else if (tg_parse_is_query(parser)) {
        parser->statement->kind = TG_STATEMENT_SELECT;
        parser->statement->query = tg_parse_query(parser);
    } else if (is_ctas(parser)) {
        parse_ctas(parser);
    } else if (tg_parser_is_word(parser, 0, "create")) {
        tg_parse_create(parser);
    } else if (tg_parser_is_word(parser, 0, "insert")) {
        parse_insert(parser);
    } else if (tg_parser_is_word(parser, 0, "drop")) {
        tg_parse_drop(parser);
    } else if (tg_parser_is_word(parser, 0, "alter")) {
        tg_parse_alter(parser);
    } else if (tg_parser_is_word(parser, 0, "show")) {
        tg_parse_show(parser);
    } else if (tg_parser_is_word(parser, 0, "describe") || tg_parser_is_word(parser, 0, "desc")) {
        tg_parse_describe(parser);
    } else if (tg_parser_is_word(parser, 0, "explain")) {
        parse_explain(parser);
    } else if (tg_parser_is_word(parser, 0, "unload")) {
        parse_unload(parser);
    } else if (tg_parser_is_word(parser, 0, "msck")) {
        parse_repair(parser);
    } else if (!tg_parse_prepared(parser) && !refuse(parser)) {
        (void)tg_parser_fail_expected(parser, "a statement: SELECT, WITH, INSERT, CREATE …");
    }
}

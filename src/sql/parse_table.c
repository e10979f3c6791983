/* CREATE EXTERNAL TABLE in Hive's grammar. */
#include <string.h>

#include "sql/parse.h"

/* Hive's escapes in a delimiter: \t, \001, \\. */
static char *unescape(TgParser *parser, const char *text)
{
    g_autofree char *plain = g_strcompress(text == NULL ? "" : text);

    return tg_sql_arena_copy(parser->arena, plain, strlen(plain));
}

static void set_text(json_t *object, const char *key, const char *text)
{
    json_t *value = json_string(text == NULL ? "" : text);

    /* "\0" and other texts that JSON cannot hold are no delimiter. */
    (void)json_object_set_new(object, key, value == NULL ? json_string("") : value);
}

/* FIELDS TERMINATED BY ',' ESCAPED BY '\\' … into the SerDe's parameters. */
static gboolean parse_delimiter(TgParser *parser, json_t *parameters)
{
    static const struct {
        const char *words[3];
        const char *key;
    } clauses[] = {
        {{"fields", "terminated", "by"}, "field.delim"},
        {{"collection", "items", "terminated"}, "colelction.delim"}, /* sic: Hive's own key */
        {{"map", "keys", "terminated"}, "mapkey.delim"},
        {{"lines", "terminated", "by"}, "line.delim"},
        {{"null", "defined", "as"}, "serialization.null.format"},
        {{"escaped", "by", NULL}, "escape.delim"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(clauses); i++) {
        guint words = clauses[i].words[2] == NULL ? 2 : 3;
        gboolean is_it = TRUE;

        for (guint j = 0; j < words && is_it; j++) {
            is_it = tg_parser_is_word(parser, j, clauses[i].words[j]);
        }
        if (is_it) {
            parser->at += words;
            (void)tg_parser_accept(parser, "by");
            set_text(parameters, clauses[i].key, unescape(parser, tg_parser_string(parser)));
            return TRUE;
        }
    }
    return FALSE;
}

static json_t *serde_parameters(json_t *storage)
{
    json_t *parameters = json_object_get(storage, "serde_properties");

    if (parameters == NULL) {
        parameters = json_object();
        (void)json_object_set_new(storage, "serde_properties", parameters);
    }
    return parameters;
}

static void parse_row_format(TgParser *parser, json_t *storage)
{
    if (tg_parser_accept(parser, "delimited")) {
        (void)json_object_set_new(storage, "is_delimited", json_true());
        while (parse_delimiter(parser, serde_parameters(storage))) {
        }
        return;
    }
    (void)tg_parser_expect(parser, "serde");
    set_text(storage, "serde", tg_parser_string(parser));
    if (tg_parser_accept_two(parser, "with", "serdeproperties")) {
        json_t *properties = tg_parse_properties(parser);

        (void)json_object_update(serde_parameters(storage), properties);
        json_decref(properties);
    }
}

static void parse_stored_as(TgParser *parser, json_t *storage)
{
    if (tg_parser_accept(parser, "inputformat")) {
        set_text(storage, "input_format", tg_parser_string(parser));
        (void)tg_parser_expect(parser, "outputformat");
        set_text(storage, "output_format", tg_parser_string(parser));
        return;
    }
    char *format = tg_parser_name(parser);

    set_text(storage, "stored_as", format);
}

static void parse_partitioned_by(TgParser *parser)
{
    if (parser->statement->partition_keys != NULL) {
        (void)tg_parser_fail_at(parser, tg_parser_offset(parser), "PARTITIONED BY stands twice");
        return;
    }
    parser->statement->partition_keys = tg_parse_columns(parser);
}

/* One clause after the columns; FALSE: there is none. */
static gboolean parse_clause(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    if (tg_parser_accept(parser, "comment")) {
        statement->comment = tg_parser_string(parser);
    } else if (tg_parser_accept_two(parser, "partitioned", "by")) {
        parse_partitioned_by(parser);
    } else if (tg_parser_accept_two(parser, "row", "format")) {
        parse_row_format(parser, statement->storage);
    } else if (tg_parser_accept_two(parser, "stored", "as")) {
        parse_stored_as(parser, statement->storage);
    } else if (tg_parser_accept(parser, "location")) {
        statement->location = tg_parser_string(parser);
    } else if (tg_parser_accept(parser, "tblproperties")) {
        json_decref(statement->properties);
        statement->properties = tg_parse_properties(parser);
    } else if (tg_parser_accept_two(parser, "with", "serdeproperties")) {
        json_t *properties = tg_parse_properties(parser);

        (void)json_object_update(serde_parameters(statement->storage), properties);
        json_decref(properties);
    } else if (tg_parser_is_word(parser, 0, "clustered")) {
        (void)tg_parser_fail_at(parser, tg_parser_offset(parser),
                                "bucketed tables (CLUSTERED BY) are not supported");
        return FALSE;
    } else {
        return FALSE;
    }
    return TRUE;
}

void tg_parse_create_table(TgParser *parser)
{
    TgStatement *statement = parser->statement;

    statement->kind = TG_STATEMENT_CREATE_TABLE;
    (void)tg_parser_next(parser);
    statement->is_external = tg_parser_accept(parser, "external");
    (void)tg_parser_expect(parser, "table");
    statement->if_exists = tg_parse_if_exists(parser, TRUE);
    tg_parse_table_name(parser);
    statement->storage = json_object();
    statement->columns = tg_parse_columns(parser);
    while (parse_clause(parser)) {
    }
    if (!statement->is_external && parser->error == NULL) {
        (void)tg_parser_fail_at(parser, 0,
                                "Iceberg tables are not supported; write CREATE EXTERNAL TABLE");
    }
}

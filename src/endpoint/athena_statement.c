/* What a text is, and what stands for its parameters. */
#include <string.h>

#include "endpoint/athena_internal.h"
#include "sql/sql.h"
#include "sql/token.h"

#define PARAMETERS_MAX 1000

void tg_endpoint_athena_statement_clear(TgAthenaStatement *statement)
{
    g_free(statement->sql);
    g_free(statement->prepare_name);
    g_free(statement->prepare_sql);
    *statement = (TgAthenaStatement){0};
}

/* ---- kinds ----------------------------------------------------------------------------------- */

typedef struct {
    TgStatementKind kind;
    const char *type;
    const char *substatement;
} KindRow;

static const KindRow kind_rows[] = {
    {TG_STATEMENT_SELECT, "DML", "SELECT"},
    {TG_STATEMENT_EXPLAIN, "DML", "EXPLAIN"},
    {TG_STATEMENT_CTAS, "DDL", "CREATE_TABLE_AS_SELECT"},
    {TG_STATEMENT_INSERT, "DML", "INSERT"},
    {TG_STATEMENT_UNLOAD, "DML", "UNLOAD"},
    {TG_STATEMENT_REPLACE_COLUMNS, "DDL", "ALTER_TABLE_REPLACE_COLUMNS"},
    {TG_STATEMENT_CHANGE_COLUMN, "DDL", "ALTER_TABLE_CHANGE_COLUMN"},
    {TG_STATEMENT_RENAME_PARTITION, "DDL", "ALTER_TABLE_RENAME_PARTITION"},
    {TG_STATEMENT_CREATE_DATABASE, "DDL", "CREATE_DATABASE"},
    {TG_STATEMENT_DROP_DATABASE, "DDL", "DROP_DATABASE"},
    {TG_STATEMENT_CREATE_TABLE, "DDL", "CREATE_TABLE"},
    {TG_STATEMENT_DROP_TABLE, "DDL", "DROP_TABLE"},
    {TG_STATEMENT_ADD_PARTITIONS, "DDL", "ALTER_TABLE_ADD_PARTITION"},
    {TG_STATEMENT_DROP_PARTITIONS, "DDL", "ALTER_TABLE_DROP_PARTITION"},
    {TG_STATEMENT_SET_LOCATION, "DDL", "ALTER_TABLE_SET_LOCATION"},
    {TG_STATEMENT_SET_PROPERTIES, "DDL", "ALTER_TABLE_SET_TBLPROPERTIES"},
    {TG_STATEMENT_ADD_COLUMNS, "DDL", "ALTER_TABLE_ADD_COLUMNS"},
    {TG_STATEMENT_CREATE_VIEW, "DDL", "CREATE_VIEW"},
    {TG_STATEMENT_DROP_VIEW, "DDL", "DROP_VIEW"},
    {TG_STATEMENT_SHOW_DATABASES, "UTILITY", "SHOW_DATABASES"},
    {TG_STATEMENT_SHOW_TABLES, "UTILITY", "SHOW_TABLES"},
    {TG_STATEMENT_SHOW_PARTITIONS, "UTILITY", "SHOW_PARTITIONS"},
    {TG_STATEMENT_SHOW_COLUMNS, "UTILITY", "SHOW_COLUMNS"},
    {TG_STATEMENT_SHOW_CREATE_TABLE, "UTILITY", "SHOW_CREATE_TABLE"},
    {TG_STATEMENT_SHOW_PROPERTIES, "UTILITY", "SHOW_TBLPROPERTIES"},
    {TG_STATEMENT_SHOW_VIEWS, "UTILITY", "SHOW_VIEWS"},
    {TG_STATEMENT_DESCRIBE, "UTILITY", "DESCRIBE_TABLE"},
    {TG_STATEMENT_REPAIR, "DDL", "MSCK_REPAIR_TABLE"},
};

static void set_kind(TgAthenaStatement *out, TgStatementKind kind)
{
    out->statement_type = "DDL";
    for (gsize i = 0; i < G_N_ELEMENTS(kind_rows); i++) {
        if (kind_rows[i].kind == kind) {
            out->statement_type = kind_rows[i].type;
            out->substatement = kind_rows[i].substatement;
        }
    }
    out->has_rows = kind == TG_STATEMENT_SELECT;
    out->has_header = out->has_rows || kind == TG_STATEMENT_EXPLAIN;
    out->is_ctas = kind == TG_STATEMENT_CTAS;
    out->is_update = out->is_ctas || kind == TG_STATEMENT_INSERT || kind == TG_STATEMENT_UNLOAD;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static gboolean is_sign(const TgToken *token, const char *sign)
{
    return token->kind == TG_TOKEN_SIGN && strcmp(token->text, sign) == 0;
}

static gboolean is_word(const TgToken *token, const char *word)
{
    return token->kind == TG_TOKEN_WORD && g_ascii_strcasecmp(token->text, word) == 0;
}

static GArray *tokens_of(TgSqlArena *arena, const char *text, GError **error)
{
    TgSource source = {"<query>", text, strlen(text)};

    return tg_sql_tokens(arena, &source, error);
}

/* Puts parameters where '?' stand. */
static char *fill_in(const char *sql, const GArray *tokens, const json_t *parameters,
                     GError **error)
{
    GString *filled = g_string_new(NULL);
    gsize used = 0;
    guint32 at = 0;

    for (guint i = 0; i < tokens->len; i++) {
        const TgToken *token = &g_array_index(tokens, TgToken, i);
        const char *value = json_string_value(json_array_get(parameters, used));

        if (!is_sign(token, "?")) {
            continue;
        }
        g_string_append_len(filled, sql + at, (gssize)(token->offset - at));
        g_string_append_printf(filled, " %s ", value == NULL ? "" : value);
        at = token->end;
        used++;
    }
    g_string_append(filled, sql + at);
    if (used != json_array_size(parameters)) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "INVALID_PARAMETER_USAGE: Incorrect number of parameters: expected %zu but "
                    "found %zu",
                    used, json_array_size(parameters));
        g_string_free(filled, TRUE);
        return NULL;
    }
    return g_string_free(filled, FALSE);
}

/* The texts between commas from a token on, that are in no parentheses. */
static json_t *split_values(const char *sql, const GArray *tokens, guint first)
{
    json_t *values = json_array();
    guint32 start = g_array_index(tokens, TgToken, first).offset;
    int depth = 0;

    for (guint i = first; i < tokens->len; i++) {
        const TgToken *token = &g_array_index(tokens, TgToken, i);
        gboolean is_end = token->kind == TG_TOKEN_END || is_sign(token, ";");

        depth += is_sign(token, "(") || is_sign(token, "[") ? 1 : 0;
        depth -= is_sign(token, ")") || is_sign(token, "]") ? 1 : 0;
        if (is_end || (depth == 0 && is_sign(token, ","))) {
            json_array_append_new(values,
                                  json_stringn(sql + start, (gsize)(token->offset - start)));
            start = token->end;
        }
        if (is_end) {
            break;
        }
    }
    return values;
}

/* ---- prepared statements --------------------------------------------------------------------- */

static char *prepared_text(TgEndpoint *endpoint, const char *work_group, const char *name,
                           GError **error)
{
    g_autoptr(json_t) prepared = NULL;
    const char *text = NULL;

    if (!tg_kept_get(endpoint->kept, TG_ATHENA_PREPARED, work_group, name, &prepared, error)) {
        return NULL;
    }
    text = json_string_value(json_object_get(prepared, "QueryStatement"));
    if (text == NULL) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "PreparedStatement %s was not found in workGroup %s", name, work_group);
    }
    return g_strdup(text);
}

/* EXECUTE name [USING value, …]: the text and its values. */
static char *execute_text(TgEndpoint *endpoint, const char *work_group, const char *sql,
                          const GArray *tokens, json_t **io_parameters, GError **error)
{
    const TgToken *name = &g_array_index(tokens, TgToken, 1);
    const TgToken *using = &g_array_index(tokens, TgToken, MIN(2, tokens->len - 1));

    if (is_word(using, "using") && tokens->len > 4) {
        json_decref(*io_parameters);
        *io_parameters = split_values(sql, tokens, 3);
    }
    return prepared_text(endpoint, work_group, name->text, error);
}

/* PREPARE name FROM text, DEALLOCATE PREPARE name. */
static gboolean read_prepare(const char *sql, const GArray *tokens, TgAthenaStatement *out,
                             GError **error)
{
    gboolean is_prepare = is_word(&g_array_index(tokens, TgToken, 0), "prepare");

    if (tokens->len < 4 || (is_prepare && !is_word(&g_array_index(tokens, TgToken, 2), "from"))) {
        g_set_error(error, TG_ERROR, TG_ERROR_CONFIG,
                    "write PREPARE name FROM statement, or DEALLOCATE PREPARE name");
        return FALSE;
    }
    out->statement_type = is_prepare ? "DML" : "UTILITY";
    out->substatement = is_prepare ? "PREPARE" : "DEALLOCATE";
    out->prepare_name = g_strdup(g_array_index(tokens, TgToken, is_prepare ? 1 : 2).text);
    if (is_prepare) {
        out->prepare_sql = g_strdup(sql + g_array_index(tokens, TgToken, 3).offset);
    }
    out->sql = g_strdup(sql);
    return TRUE;
}

/* The text to run, filled in. */
static gboolean read_text(TgEndpoint *endpoint, const char *work_group, const char *sql,
                          json_t **io_parameters, TgAthenaStatement *out, GError **error)
{
    TgSqlArena *arena = tg_sql_arena_new();
    g_autoptr(GArray) tokens = tokens_of(arena, sql, error);
    const TgToken *first = tokens == NULL ? NULL : &g_array_index(tokens, TgToken, 0);
    g_autofree char *text = NULL;
    gboolean ok = tokens != NULL;

    if (ok && (is_word(first, "prepare") || is_word(first, "deallocate"))) {
        ok = read_prepare(sql, tokens, out, error);
    } else if (ok && is_word(first, "execute") && tokens->len > 2) {
        text = execute_text(endpoint, work_group, sql, tokens, io_parameters, error);
        g_clear_pointer(&tokens, g_array_unref);
        tokens = text == NULL ? NULL : tokens_of(arena, text, error);
        out->sql = tokens == NULL ? NULL : fill_in(text, tokens, *io_parameters, error);
        ok = out->sql != NULL;
    } else if (ok) {
        out->sql = fill_in(sql, tokens, *io_parameters, error);
        ok = out->sql != NULL;
    }
    tg_sql_arena_free(arena);
    return ok;
}

gboolean tg_endpoint_athena_statement_read(TgEndpoint *endpoint, const char *work_group,
                                           const char *sql, const json_t *parameters,
                                           TgAthenaStatement *out, GError **error)
{
    json_t *given = parameters == NULL ? json_array() : json_deep_copy(parameters);
    g_auto(TgAthenaStatement) read = {0};
    gboolean ok = json_array_size(given) <= PARAMETERS_MAX &&
                  read_text(endpoint, work_group, sql, &given, &read, error);

    json_decref(given);
    if (!ok) {
        return FALSE;
    }
    if (read.prepare_name == NULL) {
        g_autoptr(TgStatement) statement =
            tg_statement_parse(read.sql, strlen(read.sql), NULL, error);

        if (statement == NULL) {
            return FALSE;
        }
        set_kind(&read, statement->kind);
    }
    *out = read;
    read = (TgAthenaStatement){0};
    return TRUE;
}

/* ---- messages -------------------------------------------------------------------------------- */

/* What our words are called in Athena. */
static const struct {
    const char *words;
    const char *kind;
} message_rows[] = {
    {"database '", "SCHEMA_NOT_FOUND: "},
    {"there is no column ", "COLUMN_NOT_FOUND: "},
    {"there is no function ", "FUNCTION_NOT_FOUND: "},
    {"ivision by zero", "DIVISION_BY_ZERO: "},
    {"could not be cast", "INVALID_CAST_ARGUMENT: "},
    {"Could not convert", "INVALID_CAST_ARGUMENT: "},
    {"already exists", "TABLE_ALREADY_EXISTS: "},
};

/* A message that names its kind itself ("HIVE_PATH_ALREADY_EXISTS: …") keeps it. */
static const char *kind_of(const GError *error, const char *words, gboolean has_place)
{
    gsize size = strspn(words, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

    if (size > 3 && words[size] == ':') {
        return "";
    }
    for (gsize i = 0; i < G_N_ELEMENTS(message_rows); i++) {
        if (strstr(words, message_rows[i].words) != NULL) {
            return message_rows[i].kind;
        }
    }
    return error->code == TG_ERROR_NOT_FOUND ? "TABLE_NOT_FOUND: "
           : has_place                       ? "SYNTAX_ERROR: "
                                             : "";
}

/* "<query>:3:8: words", then lines with the place: "line 3:8: words". */
char *tg_endpoint_athena_message(const GError *error)
{
    static const char start[] = "<query>:";
    const char *text = error->message;
    g_autofree char *line = g_strndup(text, strcspn(text, "\n"));
    const char *words = line;
    gboolean has_place = g_str_has_prefix(line, start);

    if (has_place) {
        words = line + sizeof start - 1;
    }
    return g_strdup_printf("%s%s%s", kind_of(error, words, has_place), has_place ? "line " : "",
                           words);
}
